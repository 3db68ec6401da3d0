//! Evaluates config modules and prints a line of JSON for each: what its names hold, how it ended, how long it took.
//!
//! usage: `evaluate [--root DIR] [--cwd DIR] [--env NAME[=VALUE]]... [--cpus N] FILE...`, where `DIR` is what the
//! modules see as `/` and `FILE` a path in it. A variable without a value has one that is not known; so has the number
//! of processors where `N` is 0.

#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout)] // For a person who looks into something.

#[path = "../tests/support"]
mod support {
    mod world;
    pub(crate) use world::*;
}

use std::path::Path;
use std::time::Instant;

use imgscan_model::Shape;
use serde_json::{Value as Json, json};
use support::{World, known, show};

fn main() {
    let mut world = World::default();
    let mut root = String::from("/");
    let mut cwd = String::from("/app");
    let mut files = Vec::new();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut next = || args.next().expect("an option has a value");
        match arg.as_str() {
            "--root" => root = next(),
            "--cwd" => cwd = next(),
            "--cpus" => world.cpus = Some(next().parse().expect("a number")).filter(|n| *n > 0),
            "--env" => {
                let variable = next();
                match variable.split_once('=') {
                    Some((name, value)) => world.set(name, value),
                    None => world.set_opaque(&variable, Shape::Any),
                }
            }
            _ => files.push(arg),
        }
    }
    world.cwd = cwd.clone();
    world.path = vec![cwd.into()];
    fill(&mut world, Path::new(&root), "");
    for file in files {
        let source = std::fs::read_to_string(Path::new(&root).join(file.trim_start_matches('/')))
            .expect("the module is there");
        world.file = file;
        let start = Instant::now();
        let outcome = world.run(&source);
        let spent = start.elapsed();
        let names: Vec<Json> = outcome
            .bindings
            .iter()
            .map(|b| json!([b.name, known(&b.value), show(&b.value), b.condition]))
            .collect();
        let line = json!({
            "file": world.file, "us": spent.as_micros(), "names": names, "end": format!("{:?}", outcome.end),
            "open": outcome.open, "problems": outcome.problems.iter().map(|p| &p.message).collect::<Vec<_>>(),
        });
        println!("{line}");
    }
}

/// Puts the texts under a directory into the world.
fn fill(world: &mut World, dir: &Path, inside: &str) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let inside = format!("{inside}/{name}");
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => {
                world.files.add_dir(&inside);
                fill(world, &entry.path(), &inside);
            }
            Ok(kind) if kind.is_file() => {
                if let Ok(text) = std::fs::read_to_string(entry.path()) {
                    world.files.add(&inside, &text);
                }
            }
            _ => {}
        }
    }
}

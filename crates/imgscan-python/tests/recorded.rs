//! Programs under `testdata/programs` with the answers of the real interpreter, which `IMGSCAN_RECORD=1` asks anew.
//!
//! A program begins with comments that say what it runs in: `# env NAME=VALUE` is set, `# unknown NAME: A | B` is not
//! known to the evaluation and is each of these values for the real interpreter, `# unknown cpus: 1 | 8` likewise.
//! `# expressions` has the expressions judged too that stand for values which are not known.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // A test.

mod support {
    pub mod judge;
    pub mod python;
    mod world;
    pub(crate) use world::*;
}

use std::path::PathBuf;

use imgscan_model::Shape;
use serde_json::Value as Json;
use support::World;
use support::judge::{Tally, complaint, misjudged, report, texts};
use support::python::{Python, parse};

/// What a program's first lines say.
#[derive(Default)]
struct Setting {
    fixed: Vec<(String, String)>,
    unknown: Vec<(String, Vec<String>)>,
    cpus: Vec<u32>,
    expressions: bool,
}

impl Setting {
    fn of(source: &str) -> Setting {
        let mut setting = Setting::default();
        for line in source.lines().map_while(|l| l.strip_prefix("# ")) {
            if line == "expressions" {
                setting.expressions = true;
            } else if let Some((name, value)) = line.strip_prefix("env ").and_then(|l| l.split_once('=')) {
                setting.fixed.push((name.to_owned(), value.to_owned()));
            } else if let Some((name, values)) = line.strip_prefix("unknown ").and_then(|l| l.split_once(':'))
            {
                let values: Vec<String> = values.split('|').map(|v| v.trim().to_owned()).collect();
                match name {
                    "cpus" => setting.cpus = values.iter().map(|v| v.parse().expect("a number")).collect(),
                    name => setting.unknown.push((name.to_owned(), values)),
                }
            }
        }
        setting
    }

    /// Every world that is tried: variables and processors.
    fn worlds(&self) -> Vec<(Vec<(String, String)>, u32)> {
        let count = self.unknown.iter().map(|(_, v)| v.len()).chain([self.cpus.len(), 1]).max().unwrap_or(1);
        let world = |at: usize| {
            let chosen = self.unknown.iter().map(|(n, v)| (n.clone(), v[at % v.len()].clone()));
            let env = self.fixed.iter().cloned().chain(chosen).collect();
            (env, *self.cpus.get(at % self.cpus.len().max(1)).unwrap_or(&4))
        };
        (0..count).map(world).collect()
    }

    fn world(&self) -> World {
        let mut world = World::default();
        self.fixed.iter().for_each(|(n, v)| world.set(n, v));
        self.unknown.iter().for_each(|(n, _)| world.set_opaque(n, Shape::Any));
        world.cpus = self.cpus.is_empty().then_some(4);
        world
    }
}

fn programs() -> Vec<PathBuf> {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/programs");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(dir).expect("programs").map(|e| e.expect("a file").path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "py"));
    files.sort();
    files
}

#[test]
fn recorded_answers_hold() {
    let mut failures = Vec::new();
    let mut python = std::env::var_os("IMGSCAN_RECORD").map(|_| Python::found().expect("python3").0);
    for file in programs() {
        let source = std::fs::read_to_string(&file).expect("a program");
        let setting = Setting::of(&source);
        let outcome = setting.world().run(&source);
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let answers_file = file.with_extension("json");
        if let Some(python) = &mut python {
            let texts = if setting.expressions { texts(&outcome) } else { Vec::new() };
            let answers: Vec<Json> = setting
                .worlds()
                .iter()
                .map(|(env, cpus)| python.ask(&source, env, *cpus, &texts, None))
                .collect();
            let text = serde_json::to_string_pretty(&answers).expect("JSON");
            std::fs::write(&answers_file, text + "\n").expect("it can be written");
        }
        let text = std::fs::read_to_string(&answers_file).expect("recorded answers");
        let answers: Vec<Json> = serde_json::from_str(&text).expect("JSON");
        assert_eq!(answers.len(), setting.worlds().len(), "{name}: record it anew");
        for answer in &answers {
            let answer = parse(answer);
            let mut tally = Tally::default();
            let strange = |text: &String| !answer.texts.contains_key(text);
            if setting.expressions && texts(&outcome).iter().any(strange) {
                failures.push(format!("{name}: record it anew"));
            }
            if let Some(found) =
                complaint(&outcome, &answer, &mut tally).or_else(|| misjudged(&outcome, &answer))
            {
                failures.push(report(&name, &found, &source, &outcome));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n=====\n"));
}

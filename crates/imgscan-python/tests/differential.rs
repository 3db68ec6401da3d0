//! Generated programs against a real interpreter: a few always, where `python3` is on the path; as many as
//! `IMGSCAN_CASES` says, 20,000 by default, with `IMGSCAN_TRUTH=1`. `IMGSCAN_SEED` is the first seed, `PYTHON` the
//! interpreter.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // A test.

mod support {
    pub mod generate;
    pub mod judge;
    pub mod python;
    mod world;
    pub(crate) use world::*;
}

use std::path::Path;
use std::sync::OnceLock;

use imgscan_model::Shape;
use support::World;
use support::generate::{Generator, SIBLINGS};
use support::judge::{Tally, complaint, misjudged, report, texts};
use support::python::Python;

/// Most complaints that are collected before a run ends.
const COMPLAINTS: usize = 8;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

/// The seeds to go through.
fn seeds(always: u64) -> std::ops::Range<u64> {
    let truth = std::env::var_os("IMGSCAN_TRUTH").is_some();
    let (first, count) = match truth {
        true => (number("IMGSCAN_SEED", 1_000_000), number("IMGSCAN_CASES", 20_000)),
        false => (number("IMGSCAN_SEED", 0), number("IMGSCAN_CASES", always)),
    };
    println!("seeds {first} to {}", first + count);
    first..first + count
}

/// The directory of the programs, with the files beside them.
fn root() -> &'static str {
    static ROOT: OnceLock<String> = OnceLock::new();
    ROOT.get_or_init(|| {
        let root = concat!(env!("CARGO_TARGET_TMPDIR"), "/beside");
        for (name, text) in SIBLINGS {
            let file = Path::new(root).join(name);
            std::fs::create_dir_all(file.parent().expect("a directory")).expect("it can be made");
            std::fs::write(file, text).expect("it can be written");
        }
        root.to_owned()
    })
}

/// The world of a program: the files beside it and these variables.
fn world(set: &[(&str, &str)], version: (u8, u8)) -> World {
    let root = root();
    let mut world = World::with_env(set);
    world.files.add_dir(root);
    for (name, text) in SIBLINGS {
        world.files.add(&format!("{root}/{name}"), text);
    }
    world.version = Some(version);
    world.file = format!("{root}/gunicorn.conf.py");
    world.cwd = root.to_owned();
    world.path = vec![root.into()];
    world
}

const SETS: [[(&str, &str); 6]; 4] = [
    [
        ("PORT", "9000"),
        ("WORKERS", "3"),
        ("APP_ENV", "production"),
        ("DEBUG", "1"),
        ("EMPTY", ""),
        ("HOST", "::1"),
    ],
    [
        ("PORT", "x"),
        ("WORKERS", "007"),
        ("APP_ENV", "dev"),
        ("DEBUG", "false"),
        ("EMPTY", ""),
        ("TIMEOUT", "60"),
    ],
    [
        ("PORT", "80"),
        ("WORKERS", " 2 "),
        ("APP_ENV", ""),
        ("DEBUG", "yes"),
        ("EMPTY", " "),
        ("TIMEOUT", "1.5"),
    ],
    [("PORT", "0"), ("WORKERS", "-1"), ("APP_ENV", "a"), ("DEBUG", ""), ("EMPTY", "7"), ("HOST", "é")],
];

fn pairs(set: &[(&str, &str)]) -> Vec<(String, String)> {
    set.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

/// Everything known: values, exceptions, and their order are those of the real interpreter.
#[test]
fn programs_come_out_as_in_the_real_interpreter() {
    let Some((mut python, version)) = Python::found() else { return };
    let mut tally = Tally::default();
    let mut failures: Vec<String> = Vec::new();
    for seed in seeds(120) {
        let source = Generator::new(seed).program();
        let env = SETS[usize::try_from(seed).unwrap() % SETS.len()];
        let outcome = world(&env, version).run(&source);
        let answer = python.run(&source, &pairs(&env), 4, &[], Some(root()));
        tally.programs += 1;
        if let Some(complaint) = complaint(&outcome, &answer, &mut tally) {
            failures.push(report(&format!("seed {seed}"), &complaint, &source, &outcome));
            if failures.len() >= COMPLAINTS {
                break;
            }
        }
    }
    println!("{tally:?}");
    assert!(failures.is_empty(), "{}", failures.join("\n=====\n"));
}

/// Processors and some variables are not known: what is claimed holds for every value they may have, and expressions
/// come to the real values.
#[test]
fn what_is_claimed_without_knowing_holds_whatever_is_true() {
    let Some((mut python, version)) = Python::found() else { return };
    let mut tally = Tally::default();
    let mut failures: Vec<String> = Vec::new();
    for seed in seeds(30) {
        let source = Generator::new(seed ^ 0x5555).program();
        let mut world = world(&[("WORKERS", "3"), ("EMPTY", "")], version);
        world.cpus = None;
        world.set_opaque("PORT", Shape::Number);
        world.set_opaque("APP_ENV", Shape::Any);
        world.set_opaque("HOST", Shape::Word);
        let outcome = world.run(&source);
        tally.programs += 1;
        // Expressions are about the environment as it was in the beginning.
        let changed = ["os.environ[", "os.environ |=", ".update(", ".pop(", ".setdefault("]
            .iter()
            .any(|w| source.contains(w));
        let texts = if changed { Vec::new() } else { texts(&outcome) };
        if let Some(failure) = in_every_world(&mut python, &source, &texts, &outcome, &mut tally) {
            failures.push(format!("seed {seed} {failure}"));
            if failures.len() >= COMPLAINTS {
                break;
            }
        }
    }
    println!("{tally:?}");
    assert!(failures.is_empty(), "{}", failures.join("\n=====\n"));
}

fn in_every_world(
    python: &mut Python,
    source: &str,
    texts: &[String],
    outcome: &imgscan_python::Outcome,
    tally: &mut Tally,
) -> Option<String> {
    let worlds = [
        (1, "80", "production", "h"),
        (2, "-7", "", "a.b:80"),
        (8, "007", " x ", "é"),
        (3, "65535", "a", "0"),
    ];
    worlds.into_iter().find_map(|(cpus, port, app, host)| {
        let env = [("WORKERS", "3"), ("EMPTY", ""), ("PORT", port), ("APP_ENV", app), ("HOST", host)];
        let answer = python.run(source, &pairs(&env), cpus, texts, Some(root()));
        let found = complaint(outcome, &answer, tally).or_else(|| misjudged(outcome, &answer))?;
        let what = format!("cpus={cpus} PORT={port} APP_ENV={app:?} HOST={host}");
        Some(report(&what, &found, source, outcome))
    })
}

//! Generated programs against a real interpreter. Asked for with `IMGSCAN_TRUTH=1`; `IMGSCAN_CASES` says how many
//! programs, `IMGSCAN_SEED` which is the first, `PYTHON` which interpreter.

mod support {
    pub mod generate;
    pub mod python;
    mod world;
    pub(crate) use world::*;
}

use imgscan_model::Shape;
use imgscan_python::{End, Outcome, PyValue};
use support::generate::Generator;
use support::python::{Answer, Python};
use support::{World, known, show};

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

/// How the names of all programs came out.
#[derive(Debug, Default)]
struct Tally {
    programs: u64,
    finished: u64,
    raised: u64,
    unsure: u64,
    exact: u64,
    symbolic: u64,
    unknown: u64,
}

/// What stands against the real interpreter's answer; `None` where nothing does.
fn complaint(outcome: &Outcome, answer: &Answer, tally: &mut Tally) -> Option<String> {
    if answer.error.as_deref() == Some("slow") {
        return None;
    }
    match (&outcome.end, &answer.error, answer.exit) {
        (End::Finished, None, None) => {}
        (End::Raised { message, .. }, Some(error), None) => {
            tally.raised += 1;
            let class = |text: &str| text.split(':').next().unwrap_or("").to_owned();
            let same = message == error || !message.contains(": ") && class(message) == class(error);
            return (!same).then(|| format!("raised `{message}`, not `{error}`"));
        }
        (End::Exited { status, .. }, None, Some(exit)) => {
            return status
                .is_some_and(|s| i64::from(s) != exit)
                .then(|| format!("status {status:?}, not {exit}"));
        }
        (End::Unknown { .. }, Some(_), _) | (End::Unknown { .. }, _, Some(_)) => {
            tally.unsure += 1;
            return None;
        }
        (End::Unknown { .. }, None, None) => tally.unsure += 1,
        (end, error, exit) => return Some(format!("ended {end:?}, not {error:?} {exit:?}")),
    }
    tally.finished += 1;
    for binding in &outcome.bindings {
        let real = answer.names.iter().find(|(name, _)| *name == binding.name);
        match (real, &binding.condition) {
            (None, None) => return Some(format!("`{}` is not bound", binding.name)),
            (None, Some(_)) => continue,
            (Some((_, real)), _) => match known(&binding.value) {
                Some(ours) if ours != *real => {
                    return Some(format!("`{}` is {real}, not {ours}", binding.name));
                }
                Some(_) => tally.exact += 1,
                None if matches!(binding.value, PyValue::Unknown { .. }) => tally.unknown += 1,
                None => tally.symbolic += 1,
            },
        }
    }
    if outcome.open.is_none() {
        for (name, _) in &answer.names {
            if !outcome.bindings.iter().any(|b| b.name == *name) {
                return Some(format!("`{name}` is bound"));
            }
        }
        // The order of first assignment, as far as it is certain.
        let certain = outcome.bindings.iter().all(|b| b.condition.is_none());
        let ours: Vec<&str> = outcome.bindings.iter().map(|b| b.name.as_str()).collect();
        let theirs: Vec<&str> = answer.names.iter().map(|(n, _)| n.as_str()).collect();
        if certain && matches!(outcome.end, End::Finished) && ours != theirs {
            return Some(format!("the order is {theirs:?}, not {ours:?}"));
        }
    }
    None
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

fn report(seed: u64, what: &str, complaint: &str, source: &str, outcome: &Outcome) -> String {
    let names: Vec<String> = outcome
        .bindings
        .iter()
        .map(|b| format!("{} = {} {:?}", b.name, show(&b.value), b.condition))
        .collect();
    format!("seed {seed} {what}: {complaint}\n{source}\n--\n{}\n{:?}\n", names.join("\n"), outcome.end)
}

/// Everything known: values, exceptions, and their order are those of the real interpreter.
#[test]
fn programs_come_out_as_in_the_real_interpreter() {
    if std::env::var_os("IMGSCAN_TRUTH").is_none() {
        return;
    }
    let mut python = Python::found();
    let mut tally = Tally::default();
    let mut failures: Vec<String> = Vec::new();
    let first = number("IMGSCAN_SEED", 0);
    for seed in first..first + number("IMGSCAN_CASES", 2_000) {
        let source = Generator::new(seed).program();
        let env = SETS[usize::try_from(seed).unwrap() % SETS.len()];
        let mut world = World::with_env(&env);
        world.cpus = Some(4);
        let outcome = world.run(&source);
        let answer = python.run(&source, &pairs(&env), 4, &[]);
        tally.programs += 1;
        if let Some(complaint) = complaint(&outcome, &answer, &mut tally) {
            failures.push(report(seed, "known", &complaint, &source, &outcome));
            if failures.len() >= 5 {
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
    if std::env::var_os("IMGSCAN_TRUTH").is_none() {
        return;
    }
    let mut python = Python::found();
    let mut tally = Tally::default();
    let mut failures: Vec<String> = Vec::new();
    let first = number("IMGSCAN_SEED", 0);
    'programs: for seed in first..first + number("IMGSCAN_CASES", 2_000) {
        let source = Generator::new(seed ^ 0x5555).program();
        if std::env::var_os("IMGSCAN_TRACE").is_some() {
            std::fs::write("/tmp/last.py", format!("# {seed}\n{source}")).unwrap();
        }
        let mut world = World::with_env(&[("WORKERS", "3"), ("EMPTY", "")]);
        world.cpus = None;
        world.set_opaque("PORT", Shape::Number);
        world.set_opaque("APP_ENV", Shape::Any);
        world.set_opaque("HOST", Shape::Word);
        let outcome = world.run(&source);
        tally.programs += 1;
        let texts: Vec<(String, String)> = outcome
            .bindings
            .iter()
            .filter_map(|b| match &b.value {
                PyValue::Symbolic { text, .. } => Some((b.name.clone(), text.clone())),
                _ => None,
            })
            .collect();
        let assigned: bool = source.contains("os.environ['");
        for (cpus, port, app, host) in [
            (1, "80", "production", "h"),
            (2, "-7", "", "a.b:80"),
            (8, "007", " x ", "é"),
            (3, "65535", "a", "0"),
        ] {
            let env =
                pairs(&[("PORT", port), ("APP_ENV", app), ("HOST", host), ("WORKERS", "3"), ("EMPTY", "")]);
            let answer = python.run(&source, &env, cpus, &texts);
            let mut found = complaint(&outcome, &answer, &mut tally);
            // Expressions are about the environment as it was in the beginning.
            if found.is_none() && answer.error.is_none() && answer.exit.is_none() && !assigned {
                for (name, shown) in &answer.texts {
                    let real = answer.names.iter().find(|(n, _)| n == name);
                    if let Some((_, real)) = real
                        && real != shown
                    {
                        let text = &texts.iter().find(|(n, _)| n == name).unwrap().1;
                        found = Some(format!("`{name}` is {real}, and `{text}` comes to {shown}"));
                    }
                }
            }
            if let Some(complaint) = found {
                let what = format!("cpus={cpus} PORT={port} APP_ENV={app:?} HOST={host}");
                failures.push(report(seed, &what, &complaint, &source, &outcome));
                if failures.len() >= 5 {
                    break 'programs;
                }
                continue 'programs;
            }
        }
    }
    println!("{tally:?}");
    assert!(failures.is_empty(), "{}", failures.join("\n=====\n"));
}

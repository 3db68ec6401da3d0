//! Whether what is claimed of a program stands against what the real interpreter made of it.

#![allow(dead_code, unreachable_pub)] // Each test uses its own part.

use std::collections::BTreeSet;

use imgscan_python::{End, Outcome, PyValue};

use super::python::Answer;
use super::{known, show};

/// How the names of all programs came out.
#[derive(Debug, Default)]
pub struct Tally {
    pub programs: u64,
    pub finished: u64,
    pub raised: u64,
    pub unsure: u64,
    pub exact: u64,
    pub symbolic: u64,
    pub unknown: u64,
}

/// What stands against the real interpreter's answer; `None` where nothing does.
pub fn complaint(outcome: &Outcome, answer: &Answer, tally: &mut Tally) -> Option<String> {
    if answer.error.as_deref() == Some("slow") {
        return None;
    }
    match (&outcome.end, &answer.error, answer.exit) {
        (End::Finished, None, None) => {}
        (End::Raised { message, .. }, Some(error), None) => {
            tally.raised += 1;
            let class = |text: &str| text.split(':').next().unwrap_or("").to_owned();
            let same = message.trim_end() == error.trim_end()
                || !message.contains(": ") && class(message) == class(error);
            return (!same).then(|| format!("raised `{message}`, not `{error}`"));
        }
        (End::Exited { status, .. }, None, Some(exit)) => {
            let other = status.is_some_and(|s| i64::from(s) != exit);
            return other.then(|| format!("status {status:?}, not {exit}"));
        }
        (End::Unknown { .. }, Some(_), _) | (End::Unknown { .. }, _, Some(_)) => {
            tally.unsure += 1;
            return None;
        }
        (End::Unknown { .. }, None, None) => tally.unsure += 1,
        (end, error, exit) => return Some(format!("ended {end:?}, not {error:?} {exit:?}")),
    }
    tally.finished += 1;
    names(outcome, answer, tally).or_else(|| order(outcome, answer))
}

/// The values of the names, and that none is missing.
fn names(outcome: &Outcome, answer: &Answer, tally: &mut Tally) -> Option<String> {
    for binding in &outcome.bindings {
        let real = answer.names.iter().find(|(name, _)| *name == binding.name);
        match (real, &binding.condition) {
            (None, None) => return Some(format!("`{}` is not bound", binding.name)),
            (None, Some(_)) => {}
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
    let missing = |name: &str| !outcome.bindings.iter().any(|b| b.name == name);
    match outcome.open {
        Some(_) => None,
        None => answer.names.iter().find(|(n, _)| missing(n)).map(|(name, _)| format!("`{name}` is bound")),
    }
}

/// The order of first assignment, as far as it is certain.
fn order(outcome: &Outcome, answer: &Answer) -> Option<String> {
    let certain = outcome.open.is_none() && outcome.bindings.iter().all(|b| b.condition.is_none());
    let ours: Vec<&str> = outcome.bindings.iter().map(|b| b.name.as_str()).collect();
    let theirs: Vec<&str> = answer.names.iter().map(|(n, _)| n.as_str()).collect();
    (certain && matches!(outcome.end, End::Finished) && ours != theirs)
        .then(|| format!("the order is {theirs:?}, not {ours:?}"))
}

/// The expressions that stand for values which are not known, by name.
fn expressions(outcome: &Outcome) -> Vec<(String, String)> {
    let text = |value: &PyValue| match value {
        PyValue::Symbolic { text, .. } => Some(text.clone()),
        _ => None,
    };
    outcome.bindings.iter().filter_map(|b| Some((b.name.clone(), text(&b.value)?))).collect()
}

/// The same expressions, once each.
pub fn texts(outcome: &Outcome) -> Vec<String> {
    let all: BTreeSet<String> = expressions(outcome).into_iter().map(|(_, text)| text).collect();
    all.into_iter().collect()
}

/// Whether every expression comes to the value that its name really has. Expressions are about the environment as it
/// was in the beginning.
pub fn misjudged(outcome: &Outcome, answer: &Answer) -> Option<String> {
    if answer.error.is_some() || answer.exit.is_some() {
        return None;
    }
    expressions(outcome).into_iter().find_map(|(name, text)| {
        let (_, real) = answer.names.iter().find(|(n, _)| *n == name)?;
        let shown = answer.texts.get(&text)?;
        // A function or a class of the program is shown by its name, which means nothing outside of it.
        let own =
            |b: &imgscan_python::Binding| shown.contains(&format!("error: name '{}' is not defined", b.name));
        if outcome.bindings.iter().any(own) {
            return None;
        }
        (shown != real).then(|| format!("`{name}` is {real}, and `{text}` comes to {shown}"))
    })
}

/// A complaint with all that is needed to look into it.
pub fn report(what: &str, complaint: &str, source: &str, outcome: &Outcome) -> String {
    let names: Vec<String> = outcome
        .bindings
        .iter()
        .map(|b| format!("{} = {} {:?}", b.name, show(&b.value), b.condition))
        .collect();
    format!("{what}: {complaint}\n{source}\n--\n{}\n{:?}\n", names.join("\n"), outcome.end)
}

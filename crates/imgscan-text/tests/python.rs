//! The readers against CPython's own modules: `testdata/python.jsonl` holds random texts with the answers of
//! `shlex`, `configparser` (3.11), python-dotenv 1.2 and honcho 2.0.

#![allow(clippy::unwrap_used, clippy::panic)] // A test helper fails by panicking.

use imgscan_model::{Env, EnvSource, Origin, Text};
use imgscan_text::ini::{self, Ini};
use imgscan_text::py_shlex::{Lexer, SPLIT, SplitError};
use imgscan_text::{dotenv, procfile};
use serde_json::{Value, json};

fn file(text: &str) -> Text {
    Text::new(text, Origin::LayerFile { layer: None, path: "/x".into(), span: None, instruction: None })
}

fn tokens(lexer: &Lexer, text: &str) -> Value {
    match lexer.tokens(&file(text)) {
        Ok(tokens) => tokens.iter().map(|token| token.word.raw()).collect(),
        Err(SplitError::Refused(message, _)) => json!({ "error": message }),
        Err(SplitError::Unknown(_)) => Value::Null,
    }
}

fn read_ini(dialect: &ini::Dialect, text: &str) -> Value {
    let mut held = Ini::default();
    if let Err(refused) = held.read(&file(text), dialect) {
        let kinds = [
            ("section '", "DuplicateSectionError"),
            ("option '", "DuplicateOptionError"),
            ("File contains", "MissingSectionHeaderError"),
            ("Source contains", "ParsingError"),
        ];
        let kind = kinds.iter().find(|(start, _)| refused.message.starts_with(start)).unwrap().1;
        return json!({ "error": kind });
    }
    let entries = |entries: &[ini::Entry]| -> Value {
        entries.iter().map(|e| json!([e.key, e.value.as_ref().map(|v| v.raw().to_owned())])).collect()
    };
    json!({
        "sections": held.sections.iter().map(|s| json!([s.name, entries(&s.entries)])).collect::<Vec<_>>(),
        "defaults": entries(&held.defaults),
    })
}

fn read_dotenv(overriding: bool, text: &str) -> Value {
    let mut env = Env::default();
    for (name, value) in [("OUT", "outer"), ("B", "envB")] {
        env.set(name, Text::new(value, Origin::image_env(name, value, None)), EnvSource::Image);
    }
    let (bindings, _) = dotenv::read(&file(text));
    let mut all: Vec<Value> = Vec::new();
    // A bare name is `None` in python-dotenv and no variable here: it is left out of both.
    for (name, value, _) in dotenv::resolve(&bindings, &env, overriding) {
        // Where versions disagree the value is unknown, which is no error.
        if value.known().is_none() {
            return Value::Null;
        }
        all.push(json!([name, value.raw()]));
    }
    all.into()
}

fn read_honcho(text: &str) -> Value {
    match procfile::read_env(&file(text)) {
        Ok(pairs) => pairs.iter().map(|(name, value, _)| json!([name, value.raw()])).collect(),
        Err(refused) => json!({ "error": refused.message }),
    }
}

/// The answer without bare names, and each name once at its last place, as this crate gives it.
fn comparable(kind: &str, answer: &Value) -> Value {
    match answer {
        Value::Array(pairs) if kind.starts_with("dotenv") => {
            pairs.iter().filter(|pair| !pair[1].is_null()).cloned().collect()
        }
        other => other.clone(),
    }
}

#[test]
fn every_text_reads_as_python_reads_it() {
    let supervisor =
        Lexer { posix: false, whitespace_split: false, commenters: "#", wordchars: "/.+-():", open: false };
    let posix = Lexer { posix: true, whitespace_split: false, commenters: "#", wordchars: "", open: false };
    let mut failed = Vec::new();
    let mut count = 0;
    for line in include_str!("../testdata/python.jsonl").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let (kind, text) = (case["kind"].as_str().unwrap(), case["text"].as_str().unwrap());
        let answer = match kind {
            "split" => tokens(&SPLIT, text),
            "supervisor" => tokens(&supervisor, text),
            "posix" => tokens(&posix, text),
            "ini" => read_ini(&ini::PYTHON, text),
            "ini-supervisor" => read_ini(&ini::SUPERVISOR, text),
            "dotenv" => read_dotenv(false, text),
            "dotenv-over" => read_dotenv(true, text),
            "honcho" => read_honcho(text),
            other => panic!("{other}"),
        };
        count += 1;
        let wanted = comparable(kind, &case["answer"]);
        if answer != wanted && !answer.is_null() {
            failed.push(format!("{kind} {text:?}\n   got {answer}\n  want {wanted}"));
        }
    }
    let first = failed.iter().take(25).cloned().collect::<Vec<_>>().join("\n");
    assert!(failed.is_empty(), "{} of {count} differ\n{first}", failed.len());
}

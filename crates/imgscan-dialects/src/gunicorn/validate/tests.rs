//! Values that the real validators were handed, and what they made of them (`testdata/gunicorn/validators.jsonl`).
//! `GUNICORN_VALIDATORS` may name a file with more of them.

#![allow(clippy::cmp_owned)] // JSON numbers of any size are compared as they are written.

use std::collections::BTreeMap;

use imgscan_model::testing::MemoryFiles;
use imgscan_python::{Arity, PyValue};
use serde_json::Value as Json;

use super::*;

fn value(json: &Json) -> PyValue {
    let fields = json.as_object().unwrap();
    let (tag, held) = fields.iter().next().unwrap();
    let text = || held.as_str().unwrap_or("").to_owned();
    let items = || held.as_array().unwrap().iter().map(value).collect();
    let module = fields.get("module").and_then(Json::as_str).map(str::to_owned);
    match tag.as_str() {
        "None" => PyValue::None,
        "Bool" => PyValue::Bool(held.as_bool().unwrap()),
        "Int" => PyValue::Int(text().parse().unwrap()),
        "Float" => PyValue::Float(text().parse().unwrap()),
        "Str" => PyValue::Str(text()),
        "Bytes" => {
            PyValue::Bytes(held.as_array().unwrap().iter().map(|b| b.as_u64().unwrap() as u8).collect())
        }
        "List" => PyValue::List(items()),
        "Tuple" => PyValue::Tuple(items()),
        "Set" => PyValue::Set(items()),
        "Dict" => {
            PyValue::Dict(held.as_array().unwrap().iter().map(|p| (value(&p[0]), value(&p[1]))).collect())
        }
        "Class" => PyValue::Class { module, name: text() },
        "Module" => PyValue::Module(text()),
        "Function" => PyValue::Function { module, name: text(), arity: fields["arity"].as_u64().map(arity) },
        _ => PyValue::Object { type_name: text(), text: fields["text"].as_str().unwrap().to_owned() },
    }
}

fn arity(count: u64) -> Arity {
    let count = count as usize;
    Arity { required: count, positional: count, varargs: false, required_keywords: 0, parameters: count }
}

/// The modules that the recorded import strings name.
fn import(module: &str, name: &str) -> Imported {
    let function =
        |arity| Imported::Value(PyValue::Function { module: Some(module.into()), name: name.into(), arity });
    match (module, name) {
        ("os", "getcwd") => function(None),
        ("os.path", "join") | ("json", "dumps") => function(Some(arity(1))),
        ("os", _) => Imported::NoAttribute,
        ("", _) => Imported::NoModule("Empty module name".into()),
        _ => Imported::NoModule(format!("No module named '{}'", module.split('.').next().unwrap())),
    }
}

#[derive(Debug, PartialEq)]
enum Answer {
    Exact,
    Open,
    Wrong(String),
}

fn judge(json: &Json, world: &World<'_>) -> Answer {
    let number = Number::of(json["version"].as_str().unwrap());
    let validator = Validator::of(json["validator"].as_str().unwrap(), number);
    let verdict = validator.check(&value(&json["value"]), world);
    match (verdict, json.get("stored"), json["refused"].as_str()) {
        (Ok(stored), _, _) if stored.doubt.is_some() => Answer::Open,
        (Ok(stored), Some(expected), _) if same(&stored.value, &value(expected)) => Answer::Exact,
        (Ok(stored), Some(expected), _) => Answer::Wrong(format!("{:?}, really {expected}", stored.value)),
        (Ok(stored), None, refused) => {
            Answer::Wrong(format!("{:?}, really refused: {refused:?}", stored.value))
        }
        (Err(message), None, Some(expected)) if message == expected || shows_an_object(expected) => {
            Answer::Exact
        }
        (Err(message), None, expected) => Answer::Wrong(format!("refused: {message}, really {expected:?}")),
        (Err(message), Some(expected), _) => Answer::Wrong(format!("refused: {message}, really {expected}")),
    }
}

/// Floats that are no number are equal to nothing, and the order of a set is Python's own.
fn same(one: &PyValue, other: &PyValue) -> bool {
    match (one, other) {
        (PyValue::Float(a), PyValue::Float(b)) => a == b || a.is_nan() && b.is_nan(),
        (PyValue::Set(a), PyValue::List(b)) => a.len() == b.len(),
        (PyValue::Object { text: a, .. }, PyValue::Object { text: b, .. }) => a == b,
        (PyValue::Function { name: a, .. }, PyValue::Function { name: b, .. }) => a == b,
        (a, b) => a == b,
    }
}

/// Addresses, the paths of modules and the order of sets are not told.
fn shows_an_object(message: &str) -> bool {
    message.contains('<') || message.contains("{'b', 'a'}") || message.contains("Ellipsis")
}

#[test]
fn values_fare_as_in_the_real_validators() {
    let kept = format!("{}/../../testdata/gunicorn/validators.jsonl", env!("CARGO_MANIFEST_DIR"));
    let path = std::env::var("GUNICORN_VALIDATORS").unwrap_or(kept);
    let files = MemoryFiles::new()
        .file(
            "/etc/passwd",
            "root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33::/var/www:/usr/sbin/nologin\n",
        )
        .file("/etc/group", "root:x:0:\nwww-data:x:33:\n")
        .dir("/srv/app")
        .dir("/tmp")
        .dir("/etc");
    let world = World { files: &files, cwd: Some("/srv/app"), ids: (Some(0), Some(0)), import: &import };
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    let mut wrong = Vec::new();
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let json: Json = serde_json::from_str(line).unwrap();
        let answer = judge(&json, &world);
        let word = match &answer {
            Answer::Exact => "exact",
            Answer::Open => "open",
            Answer::Wrong(_) => "wrong",
        };
        *counts.entry(word).or_default() += 1;
        let shown = format!("{} {} {}", json["validator"], json["version"], json["written"]);
        match answer {
            Answer::Wrong(fault) => wrong.push(format!("{shown}: {fault}")),
            Answer::Open if std::env::var_os("SHOW_OPEN").is_some() => println!("open: {shown}"),
            _ => {}
        }
    }
    println!("{counts:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What `gunicorn.util.parse_address` made of texts (`testdata/gunicorn/addresses.jsonl`).
#[test]
fn addresses_are_cut_as_gunicorn_cuts_them() {
    use address::{Address, AddressError, parse_address};
    let path = format!("{}/../../testdata/gunicorn/addresses.jsonl", env!("CARGO_MANIFEST_DIR"));
    let mut wrong = Vec::new();
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let json: Json = serde_json::from_str(line).unwrap();
        let old = json["version"].as_str().unwrap().starts_with("19.");
        let right = match parse_address(json["text"].as_str().unwrap(), "8000", old) {
            Ok(Address::Unix(path)) => json["address"] == path,
            Ok(Address::Descriptor(number)) => json["address"].to_string() == number.to_string(),
            Ok(Address::Tcp(host, port)) => {
                json["address"][0] == host && json["address"][1].to_string() == port.to_string()
            }
            Err(AddressError::Refused(message)) => json["refused"] == message,
            Err(AddressError::Unsure) => true,
        };
        if !right {
            wrong.push(line.to_owned());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

//! Random command lines, values of `GUNICORN_CMD_ARGS` and config files, with what real gunicorn made of them
//! (`testdata/gunicorn/arguments.jsonl`). `GUNICORN_ARGUMENTS` may name a file with more of them.

#![allow(clippy::unwrap_used)] // Test data that is not as expected is a fault of the test.

mod gunicorn;

use std::collections::BTreeMap;

use imgscan_model::{StartStatus, Value};
use serde_json::Value as Json;

use gunicorn::case::{equal, pairs, strings};
use gunicorn::setup::{Start, installed, process};
use imgscan_dialects::Dialect;
use imgscan_dialects::gunicorn::Gunicorn;
use imgscan_model::Server;

fn answer(json: &Json) -> Server {
    let env: Vec<(String, String)> = pairs(&json["env"])
        .into_iter()
        .map(|(k, v)| (k.to_owned(), v.as_str().unwrap().to_owned()))
        .collect();
    let start = Start { argv: &strings(&json["argv"]), env: &env, cwd: "/srv/app", user: "", cpus: 4 };
    let mut files = installed(json["version"].as_str().unwrap()).dir("/srv/app");
    for (path, text) in pairs(&json["files"]) {
        files = files.file(path, text.as_str().unwrap());
    }
    let mut process = process(&start, files);
    let number = |at: usize| json["python"][at].as_u64().unwrap() as u8;
    process.program.python_version = Some((number(0), number(1)));
    Gunicorn.read(&process).server
}

fn defaults(version: &str) -> BTreeMap<String, Value> {
    let json = serde_json::json!({"argv": ["gunicorn", "app:app"], "version": version, "python": [3, 11]});
    answer(&json).settings.into_iter().map(|(name, setting)| (name, setting.value().clone())).collect()
}

/// What differs; `None` where something is said to be unknown.
fn faults(json: &Json, defaults: &BTreeMap<String, Value>) -> Option<Vec<String>> {
    let server = answer(json);
    let message = server.start.message.clone().unwrap_or_default();
    if let Some(expected) = json["error"].as_str() {
        let expected = expected.lines().next().unwrap_or("").split(" at 0x").next().unwrap_or("");
        return match server.start.status {
            // Releases of one minor version refuse some lines in different words.
            StartStatus::Fails if json["exit"] == 2 && json["python"][1].as_u64() >= Some(12) => {
                Some(Vec::new())
            }
            StartStatus::Fails if message.contains(expected) && json["exit"] != 0 => Some(Vec::new()),
            StartStatus::Exits if json["exit"] == 0 => Some(Vec::new()),
            StartStatus::Unknown => None,
            status => Some(vec![format!("{status:?} {message}, really {expected}")]),
        };
    }
    let mut faults = Vec::new();
    // What gunicorn's arbiter would refuse was not asked.
    if server.start.status == StartStatus::Fails && message.contains("error: ") {
        faults.push(format!("refused: {message}"));
    }
    let mut open = false;
    for (name, setting) in &server.settings {
        let value = setting.value();
        let right = match (&json["set"][name], value) {
            (_, Value::Unknown { .. } | Value::Symbolic { .. }) => {
                open = true;
                continue;
            }
            (Json::Null, value) if json["set"].get(name).is_none() => Some(value) == defaults.get(name),
            (expected, Value::Known(data)) => equal(data, expected),
            (_, Value::Unset) => false,
        };
        if !right {
            faults.push(format!("{name} is {value}, really {}", json["set"][name]));
        }
    }
    if open && faults.is_empty() { None } else { Some(faults) }
}

#[test]
fn arguments_are_read_as_gunicorn_reads_them() {
    let kept = format!("{}/../../testdata/gunicorn/arguments.jsonl", env!("CARGO_MANIFEST_DIR"));
    let path = std::env::var("GUNICORN_ARGUMENTS").unwrap_or(kept);
    let mut by_version = BTreeMap::new();
    let (mut exact, mut open, mut wrong) = (0, 0, Vec::new());
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let json: Json = serde_json::from_str(line).unwrap();
        let version = json["version"].as_str().unwrap().to_owned();
        let defaults = by_version.entry(version.clone()).or_insert_with(|| defaults(&version));
        match faults(&json, defaults) {
            None => {
                open += 1;
                if std::env::var_os("SHOW_OPEN").is_some() {
                    println!("open: {line}");
                }
            }
            Some(faults) if faults.is_empty() => exact += 1,
            Some(faults) => wrong.push(format!("{line}\n    {}", faults.join("; "))),
        }
    }
    println!("exact {exact}, open {open}, wrong {}", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

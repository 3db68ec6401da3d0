//! `testdata/honcho.jsonl`: random Procfiles, `.env` files and calls with what honcho 2.0.0 started.

#![allow(clippy::unwrap_used, clippy::panic)] // A test helper fails by panicking.

use imgscan_launch::launch;
use imgscan_model::testing::MemoryFiles;
use imgscan_model::{ImageConfig, ImageEnv, Overrides, Process};
use serde_json::{Value, json};

const NAMES: [&str; 6] = ["A", "B", "C", "D", "PORT", "HONCHO_PROCESS_NAME"];

fn start(case: &Value) -> Vec<Value> {
    let mut files =
        MemoryFiles::new().program("/bin/dash").link("/bin/sh", "dash").program("/usr/local/bin/probe");
    files = files.program("/usr/local/bin/honcho").dir("/srv/sub");
    for (name, text) in case["files"].as_object().unwrap() {
        files = files.file(&format!("/srv/{name}"), text.as_str().unwrap());
    }
    let env = case["env"].as_object().unwrap().iter();
    let config = ImageConfig {
        cmd: Some(
            case["argv"].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect(),
        ),
        env: env.map(|(name, value)| ImageEnv::new(name, value.as_str().unwrap(), None)).collect(),
        working_dir: "/srv".to_owned(),
        ..ImageConfig::default()
    };
    let launched = launch(&config, files.shared(), &Overrides::default());
    launched.processes.iter().filter(|process| process.program.name == "probe").map(found).collect()
}

fn found(process: &Process) -> Value {
    let env =
        NAMES.iter().filter_map(|name| Some((name.to_string(), json!(process.env.value(name)?.display()))));
    json!({
        "argv": process.argv.iter().map(|word| word.display()).collect::<Vec<_>>(),
        "env": Value::Object(env.collect()),
        "cwd": process.cwd.display(),
    })
}

#[test]
fn every_procfile_starts_what_honcho_starts() {
    let mut failed = Vec::new();
    let mut count = 0;
    for line in include_str!("../testdata/honcho.jsonl").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        count += 1;
        let answer = case["answer"].as_array().unwrap();
        let found = start(&case);
        // honcho ends all processes when the first ends, perhaps before another has spoken.
        let silent = answer.is_empty() && !case["stderr"].as_str().unwrap().is_empty();
        let missing: Vec<&Value> = answer.iter().filter(|process| !found.contains(process)).collect();
        if !missing.is_empty() || (silent && !found.is_empty()) {
            failed.push(format!("{line}\n   got {}\n  lack {missing:?}", json!(found)));
        }
    }
    let first = failed.iter().take(8).cloned().collect::<Vec<_>>().join("\n");
    assert!(failed.is_empty(), "{} of {count} differ\n{first}", failed.len());
}

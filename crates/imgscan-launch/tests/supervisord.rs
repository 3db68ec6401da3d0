//! `testdata/supervisord.jsonl`: random configurations with what supervisor 4.2.5's own `ServerOptions` makes of them.

#![allow(clippy::unwrap_used, clippy::panic)] // A test helper fails by panicking.

use imgscan_launch::{Launched, launch};
use imgscan_model::testing::MemoryFiles;
use imgscan_model::{ImageConfig, ImageEnv, Overrides, Process, Text};
use serde_json::{Value, json};

const PASSWD: &str =
    "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n";
const NAMES: [&str; 6] = ["A", "B", "S", "PORT", "PATH", "8000"];

fn start(files: &Value) -> Launched {
    let mut image = MemoryFiles::new().file("/etc/passwd", PASSWD);
    for (name, text) in files.as_object().unwrap() {
        image = image.file(&format!("/cfg/{name}"), text.as_str().unwrap());
    }
    let config = ImageConfig {
        cmd: Some(["supervisord", "-c", "/cfg/supervisord.conf"].map(str::to_owned).to_vec()),
        env: [("PATH", "/usr/bin:/bin"), ("PORT", "8000"), ("HOME", "/root")]
            .map(|(name, value)| ImageEnv::new(name, value, None))
            .to_vec(),
        ..ImageConfig::default()
    };
    launch(&config, image.shared(), &Overrides::default())
}

fn known(text: Option<&Text>) -> Value {
    text.map_or(Value::Null, |text| json!(text.display()))
}

fn found(process: &Process) -> Value {
    let env: Vec<Value> = NAMES.iter().map(|name| known(process.env.value(name))).collect();
    json!({
        "name": known(process.env.value("SUPERVISOR_PROCESS_NAME")),
        "group": known(process.env.value("SUPERVISOR_GROUP_NAME")),
        "argv": process.argv.iter().map(|word| word.display()).collect::<Vec<_>>(),
        "env": env,
        "directory": known(Some(&process.cwd)),
        "user": known(Some(&process.user)),
    })
}

fn wanted(program: &Value) -> Value {
    let own = &program["env"];
    let outer = |name: &str| match name {
        "PORT" => json!("8000"),
        "PATH" => json!("/usr/bin:/bin"),
        _ => Value::Null,
    };
    let value = |name: &&str| own.get(*name).cloned().unwrap_or_else(|| outer(name));
    json!({
        "name": program["name"],
        "group": program["group"],
        "argv": program["argv"],
        "env": NAMES.iter().map(value).collect::<Vec<_>>(),
        "directory": program["directory"].as_str().unwrap_or("/"),
        "user": program["user"].as_str().unwrap_or(""),
    })
}

/// What differs between imgscan's answer and supervisord's.
fn difference(case: &Value) -> Option<String> {
    let launched = start(&case["files"]);
    let says = |part: &str| launched.problems.iter().any(|problem| problem.message.contains(part));
    if let Some(error) = case["answer"]["error"].as_str() {
        // A variable that is missing may be given at run time; a second mistake is one anyway.
        let missing = error.contains("ENV_NOPE') which") && says("refuses to start");
        return (!missing && !says("does not start")).then(|| format!("supervisord says: {error}"));
    }
    let programs = case["answer"]["ok"].as_array().unwrap();
    // `ServerOptions` lists a group's programs as written; they are started by priority.
    let mut wanted: Vec<Value> = programs.iter().filter(|p| !p["argv"].is_null()).map(wanted).collect();
    let none =
        wanted.is_empty() && launched.processes.iter().all(|process| process.program.name == "supervisord");
    let mut found: Vec<Value> = launched.processes.iter().map(found).collect();
    found.sort_by_key(|process| process["name"].to_string());
    wanted.sort_by_key(|process| process["name"].to_string());
    let unsplit = programs.iter().any(|program| program["argv"].is_null());
    if (found != wanted && !none) || (unsplit && !says("its command cannot be split")) {
        let problems: Vec<&str> = launched.problems.iter().map(|problem| problem.message.as_str()).collect();
        return Some(format!("got  {found:?}\nwant {wanted:?}\n{problems:?}"));
    }
    None
}

#[test]
fn every_configuration_starts_what_supervisord_starts() {
    let mut failed = Vec::new();
    let mut count = 0;
    for line in include_str!("../testdata/supervisord.jsonl").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        count += 1;
        if let Some(difference) = difference(&case) {
            let conf = case["files"].as_object().unwrap().values().map(|t| t.as_str().unwrap().to_owned());
            failed.push(format!("{}\n{difference}", conf.collect::<Vec<_>>().join("\n---\n")));
        }
    }
    let first = failed.iter().take(4).cloned().collect::<Vec<_>>().join("\n=====\n");
    assert!(failed.is_empty(), "{} of {count} differ\n{first}", failed.len());
}

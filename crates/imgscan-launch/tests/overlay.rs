//! Answers of real runtimes and shells (`testdata/overlay.jsonl`).

#![allow(clippy::unwrap_used, clippy::panic)] // A test helper fails by panicking.

use std::sync::Arc;

use imgscan_launch::{Launched, RunOptions, launch};
use imgscan_model::testing::MemoryFiles;
use imgscan_model::{FileView, ImageConfig, ImageEnv, Origin, Overrides, Pid1Role, Text};
use serde_json::Value;

const CASES: &str = include_str!("../testdata/overlay.jsonl");

fn cases(area: &str) -> Vec<Value> {
    let all = CASES.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let found: Vec<Value> = all.filter(|case| case["area"] == area).collect();
    assert!(!found.is_empty());
    found
}

fn strings(value: &Value) -> Option<Vec<String>> {
    Some(value.as_array()?.iter().map(|word| word.as_str().unwrap().to_owned()).collect())
}

fn words(value: &Value) -> Option<Vec<Text>> {
    let origin = || Origin::Overlay { file: "pod.yaml".into(), span: None };
    Some(strings(value)?.into_iter().map(|word| Text::new(word, origin())).collect())
}

fn config(entrypoint: &Value, cmd: &Value, env: &Value) -> ImageConfig {
    let env = strings(env).unwrap_or_default();
    let var =
        |pair: &String| pair.split_once('=').map(|(name, value)| ImageEnv::new(name, value, None)).unwrap();
    ImageConfig {
        entrypoint: strings(entrypoint),
        cmd: strings(cmd),
        env: env.iter().map(var).collect(),
        ..ImageConfig::default()
    }
}

fn argv(launched: &Launched) -> Vec<&str> {
    launched.argv.iter().map(|word| word.known().unwrap()).collect()
}

fn empty() -> Arc<dyn FileView> {
    MemoryFiles::new().shared()
}

#[test]
fn kubernetes_merges_command_and_args() {
    for case in cases("k8s.command") {
        let (image, container) = (&case["input"]["image_config"], &case["input"]["container"]);
        let overrides = Overrides {
            entrypoint: words(&container["command"]),
            args: words(&container["args"]),
            ..Overrides::default()
        };
        let launched =
            launch(&config(&image["Entrypoint"], &image["Cmd"], &image["Env"]), empty(), &overrides);
        assert_eq!(argv(&launched), strings(&case["expected"]["argv"]).unwrap(), "{}", case["id"]);
    }
}

#[test]
fn docker_merges_words_and_environment() {
    for case in cases("docker") {
        let (input, expected) = (&case["input"], &case["expected"]);
        if input["image"].is_object() {
            let (image, user) = (&input["image"], &input["user"]);
            let overrides = Overrides {
                entrypoint: words(&user["entrypoint"]),
                args: words(&user["cmd"]),
                ..Overrides::default()
            };
            let launched =
                launch(&config(&image["Entrypoint"], &image["Cmd"], &Value::Null), empty(), &overrides);
            let wanted = strings(&expected["argv"]).unwrap_or_default();
            assert_eq!(argv(&launched), wanted, "{}", case["id"]);
        } else {
            environment(&case);
        }
    }
}

fn environment(case: &Value) {
    let (input, expected) = (&case["input"], &case["expected"]);
    let host = |name: &str| input["host_env"][name].as_str().map(str::to_owned);
    let options = RunOptions {
        env: strings(&input["cli_env"]).unwrap_or_default(),
        env_files: input["env_file"].as_str().map(|text| ("x.env".into(), text.into())).into_iter().collect(),
        ..RunOptions::default()
    };
    let launched = launch(
        &config(&Value::Null, &Value::Null, &input["image_env"]),
        empty(),
        &options.overrides(&host).unwrap(),
    );
    let value = |name: &str| launched.env.value(name).and_then(Text::known).map(str::to_owned);
    for (name, wanted) in expected["env"].as_object().unwrap() {
        assert_eq!(value(name).as_deref(), wanted.as_str(), "{} {name}", case["id"]);
    }
    for name in strings(&expected["absent"]).unwrap_or_default() {
        assert_eq!(value(&name), None, "{} {name}", case["id"]);
    }
}

#[test]
fn each_shell_keeps_or_leaves_pid_1_as_the_real_one_does() {
    let mut failed = Vec::new();
    for case in cases("pid1") {
        let shell = case["input"]["/bin/sh ->"].as_str().unwrap();
        let files = MemoryFiles::new()
            .program(&format!("/bin/{shell}"))
            .link("/bin/sh", shell)
            .program("/usr/bin/gunicorn")
            .program("/usr/bin/tee");
        let config = config(&case["input"]["argv"], &Value::Null, &Value::Null);
        let launched = launch(&config, files.shared(), &Overrides::default());
        let found = launched.processes.first().map(|process| {
            let role = if process.pid1.role == Pid1Role::Server { &process.program.name } else { "sh" };
            (process.program.name.clone(), role.to_owned(), process.pid1.signals_reach_server)
        });
        let expected = &case["expected"];
        let wanted = (
            "gunicorn".to_owned(),
            expected["pid1"].as_str().unwrap().to_owned(),
            expected["SIGTERM_reaches_server"].as_bool(),
        );
        if found.as_ref() != Some(&wanted) {
            failed.push(format!("{}: {found:?} instead of {wanted:?}", case["id"]));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn gunicorn_gets_its_words_and_environment_as_they_are() {
    for case in cases("gunicorn") {
        let input = &case["input"];
        let env = input["env"].as_object().unwrap();
        let env: Vec<Value> =
            env.iter().map(|(k, v)| format!("{k}={}", v.as_str().unwrap()).into()).collect();
        let config = config(&input["argv"], &Value::Null, &env.into());
        let files = MemoryFiles::new().program("/usr/local/bin/gunicorn").shared();
        let launched = launch(&config, files, &Overrides::default());
        let [process] = &launched.processes[..] else { panic!("{}", case["id"]) };
        let argv: Vec<&str> = process.argv.iter().map(|word| word.known().unwrap()).collect();
        assert_eq!(argv, strings(&input["argv"]).unwrap());
        assert_eq!((process.program.name.as_str(), process.program.words), ("gunicorn", 1));
        assert_eq!(process.pid1.role, Pid1Role::Server);
    }
}

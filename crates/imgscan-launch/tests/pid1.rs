//! `testdata/pid1.jsonl`: which process number `gunicorn` had when dash 0.5.12, bash 5.2.15 and busybox 1.35 ran a text
//! as PID 1 of a process namespace.

#![allow(clippy::unwrap_used, clippy::panic)] // A test helper fails by panicking.

use imgscan_launch::launch;
use imgscan_model::testing::MemoryFiles;
use imgscan_model::{ImageConfig, ImageEnv, Overrides, Pid1Role};
use serde_json::Value;

#[test]
fn the_server_is_pid_1_where_it_really_is() {
    let mut failed = Vec::new();
    let mut count = 0;
    for line in include_str!("../testdata/pid1.jsonl").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let (shell, text) = (case["shell"].as_str().unwrap(), case["text"].as_str().unwrap());
        let mut files = MemoryFiles::new()
            .program(&format!("/bin/{shell}"))
            .link("/bin/sh", shell)
            .program("/usr/bin/gunicorn")
            .dir("/tmp");
        for program in ["env", "cat", "tee", "time", "true", "false"] {
            files = files.program(&format!("/usr/bin/{program}"));
        }
        let config = ImageConfig {
            cmd: Some(["/bin/sh", "-c", text].map(str::to_owned).to_vec()),
            env: vec![ImageEnv::new("PATH", "/usr/bin:/bin", None)],
            ..ImageConfig::default()
        };
        let launched = launch(&config, files.shared(), &Overrides::default());
        let found: Vec<bool> = launched
            .processes
            .iter()
            .filter(|process| process.program.name == "gunicorn")
            .map(|process| process.pid1.role == Pid1Role::Server)
            .collect();
        let wanted: Vec<bool> = case["pids"].as_array().unwrap().iter().map(|pid| pid == 1).collect();
        count += 1;
        if found != wanted {
            failed.push(format!("{shell} -c {text:?}: {found:?} instead of {wanted:?}"));
        }
    }
    assert!(failed.is_empty(), "{} of {count} differ\n{}", failed.len(), failed.join("\n"));
}

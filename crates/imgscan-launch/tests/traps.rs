//! `testdata/traps.jsonl`: which signal `gunicorn` got under dash 0.5.12, bash 5.2.15 and busybox 1.35 as PID 1 of a
//! process namespace, when that was sent SIGTERM; `null` where it got none that it had the time to react to.

#![allow(clippy::unwrap_used, clippy::panic)] // A test helper fails by panicking.

use imgscan_launch::launch;
use imgscan_model::testing::MemoryFiles;
use imgscan_model::{ImageConfig, ImageEnv, Overrides};
use serde_json::Value;

#[test]
fn what_is_said_of_signals_is_so() {
    let (mut failed, mut known) = (Vec::new(), 0);
    for line in include_str!("../testdata/traps.jsonl").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let (shell, script) = (case["shell"].as_str().unwrap(), case["script"].as_str().unwrap());
        let files = MemoryFiles::new()
            .program(&format!("/bin/{shell}"))
            .link("/bin/sh", shell)
            .program("/usr/bin/gunicorn")
            .program("/usr/bin/cat")
            .dir("/tmp")
            .executable("/e.sh", &format!("#!/bin/sh\n{script}"));
        let config = ImageConfig {
            cmd: Some(vec!["/e.sh".to_owned()]),
            env: vec![ImageEnv::new("PATH", "/usr/bin:/bin", None)],
            ..ImageConfig::default()
        };
        let launched = launch(&config, files.shared(), &Overrides::default());
        let [process] = launched.processes.as_slice() else { panic!("{script}") };
        let said = process.pid1.signals_reach_server;
        known += usize::from(said.is_some());
        if said.is_some_and(|said| said != (case["received"] == 15)) {
            failed.push(format!("{shell}: {script}\n    said {said:?}, got {}", case["received"]));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(known > 10, "only {known} known");
}

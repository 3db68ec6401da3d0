//! `cargo xtask truth`: comparisons with real servers that take too long for the ordinary tests. They live beside the
//! tests of the crate they judge and do nothing there unless `IMGSCAN_TRUTH` is set.

use std::process::Command;

use crate::{Failure, root};

/// A server with the tests that ask it.
struct Judge {
    name: &'static str,
    package: &'static str,
    test: &'static str,
    /// What the names of its tests begin with.
    filter: &'static str,
}

const JUDGES: &[Judge] =
    &[Judge { name: "nginx", package: "imgscan-dialects", test: "nginx", filter: "truth::" }];

/// Asks the servers that are named, all of them where none is. `KEY=VALUE` words go into the environment of the tests
/// (`IMGSCAN_SEED`, `IMGSCAN_COUNT` …).
pub fn run(words: &[String]) -> Result<(), Failure> {
    let (settings, names): (Vec<&String>, Vec<&String>) = words.iter().partition(|w| w.contains('='));
    if let Some(unknown) = names.iter().find(|n| !JUDGES.iter().any(|j| j.name == n.as_str())) {
        let known: Vec<&str> = JUDGES.iter().map(|j| j.name).collect();
        return Err(format!("`{unknown}` is no server of these: {}", known.join(", ")).into());
    }
    for judge in JUDGES.iter().filter(|j| names.is_empty() || names.iter().any(|n| *n == j.name)) {
        let mut command = Command::new(env!("CARGO"));
        command.args(["test", "--package", judge.package, "--test", judge.test, "--", judge.filter]);
        command.args(["--nocapture", "--test-threads", "1"]).current_dir(root()).env("IMGSCAN_TRUTH", "1");
        command.envs(settings.iter().filter_map(|s| s.split_once('=')));
        if !command.status()?.success() {
            return Err(format!("{} and imgscan differ", judge.name).into());
        }
    }
    Ok(())
}

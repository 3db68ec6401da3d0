//! Data flows one way: which crate may use which. The right-hand column of `crates/README.md`, proved.

use serde_json::Value;

use crate::{Failure, root};

/// Each crate with the crates of ours that it may use. Dev-dependencies are free, except that nothing but tests and
/// xtask uses the test kit.
const ROOMS: &[(&str, &[&str])] = &[
    ("imgscan-model", &[]),
    ("imgscan-cache", &["model"]),
    ("imgscan-source", &["model", "cache"]),
    ("imgscan-layers", &["model"]),
    ("imgscan-python", &["model"]),
    ("imgscan-shell", &["model"]),
    ("imgscan-text", &["model"]),
    ("imgscan-launch", &["model", "shell", "text"]),
    ("imgscan-dialects", &["model", "python", "text"]),
    ("imgscan-rules", &["model"]),
    ("imgscan-assert", &["model"]),
    ("imgscan-policy", &["model", "assert"]),
    ("imgscan-scan", &["model", "cache", "source", "layers", "launch", "dialects", "rules", "text"]),
    ("imgscan-report", &["model"]),
    (
        "imgscan",
        &[
            "model", "source", "layers", "dialects", "rules", "scan", "report", "policy", "assert", "launch",
            "cache",
        ],
    ),
    ("imgscan-testkit", &[]),
];

/// Crates that use another room than they may, and crates that no line above speaks of.
pub fn faults() -> Result<Vec<String>, Failure> {
    let output = std::process::Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()?;
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let mut faults = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or("");
        if name == "xtask" {
            continue;
        }
        let Some((_, allowed)) = ROOMS.iter().find(|(room, _)| *room == name) else {
            faults.push(format!("`{name}` has no line in xtask/src/tidy/rooms.rs"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let used = dependency["name"].as_str().unwrap_or("");
            let Some(short) = used.strip_prefix("imgscan-") else { continue };
            if dependency["kind"].is_null() && !allowed.contains(&short) {
                faults.push(format!("`{name}` may not use `{used}`"));
            }
        }
    }
    Ok(faults)
}

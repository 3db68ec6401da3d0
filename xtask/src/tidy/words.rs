//! Words that must not be committed: paths of one machine, marks of unfinished work.

use std::fs;

use crate::{Failure, files, root};

/// Spelled in halves so that this file does not find itself.
const MACHINE: [&str; 4] =
    [concat!("/wo", "rk/"), concat!("/fa", "rm/"), concat!("/tmp/bash", "_jobs"), concat!("/root", "/.")];
const UNFINISHED: [&str; 5] = [
    concat!("to", "do!("),
    concat!("unimpl", "emented!("),
    concat!("FIX", "ME"),
    concat!("XX", "X:"),
    concat!("simplified for ", "now"),
];

/// Lines with such a word.
pub fn faults() -> Result<Vec<String>, Failure> {
    let mut faults = Vec::new();
    for ending in [".rs", ".toml", ".md", ".recipe", ".yml", ".yaml"] {
        for path in files(&root(), ending)? {
            let text = fs::read_to_string(&path).unwrap_or_default();
            for (number, line) in text.lines().enumerate() {
                let unfinished = ending == ".rs" && UNFINISHED.iter().any(|w| line.contains(w));
                if unfinished || MACHINE.iter().any(|w| line.contains(w)) {
                    let path = path.strip_prefix(root()).unwrap_or(&path).display();
                    faults.push(format!("{path}:{}: `{}`", number + 1, line.trim()));
                }
            }
        }
    }
    Ok(faults)
}

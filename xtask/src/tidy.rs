//! The house in order. Each check answers with every fault it finds; the ordinary tests run all of them.

mod book;
mod links;
mod manifests;
mod rooms;
mod words;

use crate::Failure;

/// A check with its name; it answers with the faults it finds, one sentence each with the place.
pub struct Check {
    /// Its name.
    pub name: &'static str,
    /// Finds the faults.
    pub faults: fn() -> Result<Vec<String>, Failure>,
}

/// All checks.
pub const CHECKS: &[Check] = &[
    Check { name: "crates use only the rooms they may", faults: rooms::faults },
    Check { name: "every dependency says what it is for", faults: manifests::faults },
    Check { name: "no dead links in the docs", faults: links::faults },
    Check { name: "the book is whole and its proofs exist", faults: book::faults },
    Check { name: "nothing of one machine, nothing unfinished", faults: words::faults },
];

/// Runs all checks and prints their faults.
pub fn run(_: &[String]) -> Result<(), Failure> {
    let mut count = 0;
    for check in CHECKS {
        let faults = (check.faults)()?;
        println!("{} {}", if faults.is_empty() { "ok  " } else { "FAIL" }, check.name);
        faults.iter().for_each(|fault| println!("     {fault}"));
        count += faults.len();
    }
    if count == 0 { Ok(()) } else { Err(format!("{count} faults").into()) }
}

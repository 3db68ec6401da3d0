//! Every file of `testdata/cases`.

#![allow(clippy::unwrap_used, clippy::panic)] // A test helper fails by panicking.

mod support;

use support::Case;

#[test]
fn every_case_starts_what_it_must() {
    // Another directory, to look at scripts that are not kept here.
    let dir = std::env::var("IMGSCAN_CASES");
    let dir = dir.unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/cases").to_owned());
    let mut paths: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut failed = Vec::new();
    let mut count = 0;
    for path in paths {
        let file = path.file_stem().unwrap().to_string_lossy().into_owned();
        for case in Case::read_all(&std::fs::read_to_string(&path).unwrap()) {
            count += 1;
            failed.extend(case.failures().into_iter().map(|line| format!("{file} / {}: {line}", case.name)));
        }
    }
    assert!(failed.is_empty(), "{} failures in {count} cases:\n{}", failed.len(), failed.join("\n"));
}

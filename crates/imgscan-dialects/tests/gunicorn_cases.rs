//! Configurations that real gunicorn was started with, in many versions, and its answers
//! (`testdata/gunicorn/*cases.jsonl`): no value may differ from the real one, and no start that failed may pass.
//! `GUNICORN_CASES` may name a file with other cases.

#![allow(clippy::unwrap_used)] // Test data that is not as expected is a fault of the test.

mod gunicorn;

use gunicorn::case::{Case, Outcome};

const TESTDATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata");

/// Cases that gunicorn's loader takes and its arbiter refuses: they were recorded before the arbiter, so that a start
/// that fails is right there.
const FAIL_LATER: [&str; 6] = [
    "D36-worker-class-obj",
    "E08-exec-form-dollar",
    "C15b-raw-env-bad",
    "D85-worker-class-typo",
    "E12-fd-bind-old",
    "D36b-worker-class-obj-str-old",
];

#[test]
fn no_value_differs_from_the_real_one() {
    let named = std::env::var("GUNICORN_CASES").ok();
    let kept = ["cases.jsonl", "more_cases.jsonl"].map(|name| format!("{TESTDATA}/gunicorn/{name}"));
    let files = named.map_or(kept.to_vec(), |name| vec![name]);
    let mut counts = [0; 3];
    let mut wrong = Vec::new();
    for case in files.iter().flat_map(|file| Case::load(file)) {
        for version in &case.versions {
            let (outcome, faults) = case.judge(version, FAIL_LATER.contains(&case.id.as_str()));
            counts[outcome as usize] += 1;
            wrong.extend(faults.into_iter().map(|fault| format!("{} {version}: {fault}", case.id)));
            if outcome == Outcome::Open && std::env::var_os("SHOW_OPEN").is_some() {
                println!("open: {} {version}", case.id);
            }
        }
    }
    let [exact, open, refuted] = counts;
    println!("exact {exact}, open {open}, wrong {refuted}");
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}

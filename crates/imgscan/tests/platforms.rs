//! Several platforms under one tag: scanned together, compared, told apart.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // What is not as expected is a fault of the test.

mod common;

use common::{imgscan, recipes, stdout, workdir};
use imgscan_testkit::{layout, recipe};
use serde_json::Value;

/// An index of two platforms; each is `flag-beats-env` with a time-out of its own.
fn index(name: &str, timeouts: [&str; 2]) -> String {
    let dir = workdir().join(format!("recipes-{name}"));
    std::fs::create_dir_all(dir.join("bases")).unwrap();
    for base in std::fs::read_dir(recipes().join("bases")).unwrap() {
        let base = base.unwrap();
        std::fs::copy(base.path(), dir.join("bases").join(base.file_name())).unwrap();
    }
    let text = std::fs::read_to_string(recipes().join("flag-beats-env.recipe")).unwrap();
    let images: Vec<_> = [("linux/amd64", timeouts[0]), ("linux/arm64", timeouts[1])]
        .into_iter()
        .map(|(platform, timeout)| {
            let path = dir.join(format!("{}.recipe", platform.replace('/', "-")));
            let timeout = format!("\"--timeout\", \"{timeout}\"");
            let text = text.replace("\"--timeout\", \"60\"", &timeout);
            std::fs::write(&path, format!("platform {platform}\n{text}")).unwrap();
            layout::build(&recipe::load(&path).unwrap()).unwrap()
        })
        .collect();
    let layout = workdir().join(name);
    drop(std::fs::remove_dir_all(&layout));
    layout::write(&layout, "latest", &images).unwrap();
    format!("oci:{name}")
}

fn findings(reference: &str) -> Vec<Value> {
    let output = imgscan(&["scan", reference, "--platform", "all", "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let results = report["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    results
        .iter()
        .flat_map(|r| r["findings"].as_array().unwrap().clone())
        .filter(|f| f["code"] == "IMG008")
        .collect()
}

#[test]
fn platforms_that_disagree_are_told() {
    let found = findings(&index("disagree", ["60", "90"]));
    assert_eq!(found.len(), 1);
    let message = "gunicorn starts otherwise on linux/arm64 than on linux/amd64: `timeout` is 90, not 60";
    assert_eq!(found[0]["message"], message);
    assert_eq!(found[0]["setting"], "timeout");
    assert_eq!(found[0]["locations"][0]["origin"]["kind"], "image-cmd");
}

#[test]
fn platforms_that_agree_are_not() {
    assert_eq!(findings(&index("agree", ["60", "60"])), Vec::<Value>::new());
}

#[test]
fn platforms_can_be_set_against_each_other() {
    let reference = index("apart", ["60", "90"]);
    let words =
        ["diff", &reference, "--platform", "linux/amd64", "--other-platform", "linux/arm64", "--exit-code"];
    let output = imgscan(&words);
    assert_eq!(output.status.code(), Some(1));
    let shown = stdout(&output);
    assert!(shown.contains("gunicorn.timeout\n  - 60  flag in CMD\n  + 90  flag in CMD\n"), "{shown}");
}

#[test]
fn an_assertion_holds_on_every_platform_or_not_at_all() {
    let reference = index("asserted", ["60", "90"]);
    let status =
        |expression: &str| imgscan(&["assert", &reference, expression, "--platform", "all"]).status.code();
    assert_eq!(status("gunicorn.timeout >= 60"), Some(0));
    assert_eq!(status("gunicorn.timeout == 60"), Some(1));
}

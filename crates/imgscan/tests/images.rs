//! Every test image through the built binary: the findings that its recipe expects (`# finds CODE [setting]` lines),
//! no other; a report that fits its schema; the same bytes twice.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // What is not as expected is a fault of the test.

mod common;

use common::{image, imgscan, names, recipes, report, stdout};
use serde_json::Value;

/// The `# finds` lines of a recipe, sorted.
fn expected(name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(recipes().join(format!("{name}.recipe"))).unwrap();
    let mut lines: Vec<String> =
        text.lines().filter_map(|l| l.strip_prefix("# finds ")).map(|l| l.trim().to_owned()).collect();
    lines.sort();
    lines
}

/// The findings of a report in the same form, sorted.
fn found(report: &Value) -> Vec<String> {
    let mut lines: Vec<String> = report["results"][0]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| match f["setting"].as_str() {
            Some(setting) => format!("{} {setting}", f["code"].as_str().unwrap()),
            None => f["code"].as_str().unwrap().to_owned(),
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn every_image_gives_the_findings_that_its_recipe_expects() {
    let mut faults = String::new();
    for name in names() {
        let found = found(&report(&[&image(&name)]));
        let expected = expected(&name);
        if found != expected {
            faults.push_str(&format!("{name}:\n  expected {expected:?}\n  found    {found:?}\n"));
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn every_report_fits_the_published_schema() {
    let schema = include_str!("../../../docs/report-v1.schema.json");
    let validator = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    for name in names() {
        let report = report(&[&image(&name), "--stats"]);
        let faults: Vec<String> =
            validator.iter_errors(&report).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(faults.is_empty(), "{name}: {faults:#?}");
    }
}

#[test]
fn the_same_image_gives_the_same_bytes() {
    for name in names() {
        let reference = image(&name);
        for format in ["json", "text"] {
            let bytes = || stdout(&imgscan(&["scan", "--format", format, &reference]));
            assert_eq!(bytes(), bytes(), "{name} as {format}");
        }
    }
}

#[test]
fn every_image_as_people_see_it() {
    for name in names() {
        insta::assert_snapshot!(name.clone(), stdout(&imgscan(&[&image(&name)])));
    }
}

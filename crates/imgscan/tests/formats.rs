//! Every format over every test image: all of them tell the same findings, and each fits the rules of its readers.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // What is not as expected is a fault of the test.

mod common;

use std::path::PathBuf;
use std::sync::OnceLock;

use common::{image, imgscan, names, stderr, workdir};
use serde_json::Value;

const FORMATS: [&str; 9] =
    ["json", "sarif", "junit", "github", "gitlab", "gitlab-security", "markdown", "html", "text"];

/// The reports of one run in all formats.
struct Reports {
    name: String,
    dir: PathBuf,
}

impl Reports {
    /// Scans an image once, under a policy where one is given.
    fn of(name: &str, policy: Option<&str>) -> Self {
        let dir = workdir().join("formats");
        std::fs::create_dir_all(&dir).unwrap();
        let reference = image(name);
        let name = policy.map_or_else(|| name.to_owned(), |_| format!("{name}-under-a-policy"));
        let outputs: Vec<String> = FORMATS
            .iter()
            .map(|format| format!("{format}={}", dir.join(format!("{name}.{format}")).display()))
            .collect();
        let mut words = vec!["scan", reference.as_str(), "--exit-zero"];
        outputs.iter().for_each(|output| words.extend(["-o", output]));
        words.extend(policy.iter().flat_map(|p| ["--config", p]));
        let output = imgscan(&words);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", stderr(&output));
        Reports { name, dir }
    }

    fn text(&self, format: &str) -> String {
        std::fs::read_to_string(self.dir.join(format!("{}.{format}", self.name))).unwrap()
    }

    fn json(&self, format: &str) -> Value {
        serde_json::from_str(&self.text(format)).unwrap_or_else(|e| panic!("{} {format}: {e}", self.name))
    }

    /// The codes of the findings in the JSON report, sorted: those that count, or those that are ignored.
    fn codes(&self, counted: bool) -> Vec<String> {
        let report = self.json("json");
        let findings = report["results"][0]["findings"].as_array().unwrap();
        let fitting = findings.iter().filter(|f| f["suppressed"].is_null() == counted);
        sorted(fitting.map(|f| f["code"].as_str().unwrap().to_owned()))
    }
}

fn sorted(codes: impl Iterator<Item = String>) -> Vec<String> {
    let mut codes: Vec<String> = codes.collect();
    codes.sort();
    codes
}

fn each(check: impl Fn(&Reports)) {
    // Scanned once for all tests of this file.
    static ALL: OnceLock<Vec<Reports>> = OnceLock::new();
    ALL.get_or_init(scanned).iter().for_each(check);
}

/// Every image, and one of them under a policy.
fn scanned() -> Vec<Reports> {
    std::fs::create_dir_all(workdir()).unwrap();
    let policy = "[[ignore]]\ncode = \"OVR005\"\nreason = \"known\"\n\n[[expect]]\nassert = 'gunicorn.timeout >= 31s'\n";
    std::fs::write(workdir().join("formats.toml"), policy).unwrap();
    let plain = names().into_iter().map(|name| Reports::of(&name, None));
    plain.chain([Reports::of("incident", Some("formats.toml"))]).collect()
}

#[test]
fn all_formats_tell_the_same_findings() {
    each(|reports| {
        let name = &reports.name;
        let (counted, ignored) = (reports.codes(true), reports.codes(false));
        let all = sorted(counted.iter().chain(&ignored).cloned());
        let text = |value: &Value| value.as_str().unwrap().to_owned();

        let sarif = reports.json("sarif");
        let results = sarif["runs"][0]["results"].as_array().unwrap();
        assert_eq!(sorted(results.iter().map(|r| text(&r["ruleId"]))), all, "{name}: sarif");
        let marked = results.iter().filter(|r| !r["suppressions"].is_null()).map(|r| text(&r["ruleId"]));
        assert_eq!(sorted(marked), ignored, "{name}: suppressions of sarif");

        let junit = reports.text("junit");
        let junit = roxmltree::Document::parse(&junit).unwrap();
        let with = |tag: &str| {
            let cases = junit.descendants().filter(|n| n.has_tag_name("testcase"));
            let fitting = cases.filter(|n| n.children().any(|c| c.has_tag_name(tag)));
            sorted(fitting.map(|n| n.attribute("name").unwrap().split(' ').next().unwrap().to_owned()))
        };
        assert_eq!((with("failure"), with("skipped")), (counted.clone(), ignored.clone()), "{name}: junit");

        let github = reports.text("github");
        let titles = github.lines().filter_map(|l| l.split("title=").nth(1)?.split(' ').next());
        assert_eq!(sorted(titles.map(str::to_owned)), counted, "{name}: github");

        let gitlab = reports.json("gitlab");
        let issues = gitlab.as_array().unwrap().iter().map(|i| text(&i["check_name"]));
        assert_eq!(sorted(issues), counted, "{name}: gitlab");

        let security = reports.json("gitlab-security");
        let found = security["vulnerabilities"].as_array().unwrap();
        let found = found.iter().map(|v| text(&v["identifiers"][0]["value"]));
        assert_eq!(sorted(found), counted, "{name}: gitlab-security");

        let shown = reports.text("text");
        let shown = shown.lines().filter_map(|l| {
            let (severity, rest) = l.split_once('[')?;
            ["high", "medium", "low", "info"].contains(&severity).then(|| rest.split(']').next())?
        });
        assert_eq!(sorted(shown.map(str::to_owned)), counted, "{name}: text");

        for format in ["markdown", "html"] {
            let page = reports.text(format);
            assert!(counted.iter().all(|code| page.contains(code.as_str())), "{name}: {format}");
        }
    });
}

/// The faults that a JSON Schema finds in a report.
fn faults(schema: &str, report: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    validator.iter_errors(report).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

fn sarif_faults(report: &Value) -> Vec<String> {
    // The published pattern of a language has a bracket too many, and strict readers of expressions refuse it.
    let published = include_str!("../../../testdata/schemas/sarif-2.1.0.json").replace("{2}]?$", "{2}$");
    faults(&published, report)
}

#[test]
fn sarif_fits_its_schema_and_the_rules_of_code_scanning() {
    each(|reports| {
        let sarif = reports.json("sarif");
        let faults = sarif_faults(&sarif);
        assert!(faults.is_empty(), "{}: {faults:#?}", reports.name);
        for result in sarif["runs"][0]["results"].as_array().unwrap() {
            // Code scanning refuses a result without a place, and takes `name:` for a scheme.
            let locations = result["locations"].as_array().unwrap();
            assert!(!locations.is_empty(), "{}: {result}", reports.name);
            for location in locations {
                let uri = location["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
                assert!(!uri.is_empty() && !uri.starts_with('/') && !uri.contains(':'), "{uri}");
                assert!(location["physicalLocation"]["region"]["startLine"].as_u64().unwrap() >= 1);
            }
            assert!(!result["partialFingerprints"].as_object().unwrap().is_empty());
        }
    });
}

#[test]
fn junit_counts_its_cases() {
    each(|reports| {
        let text = reports.text("junit");
        let document = roxmltree::Document::parse(&text).unwrap();
        assert!(document.root_element().has_tag_name("testsuites"));
        for suite in document.root_element().children().filter(roxmltree::Node::is_element) {
            let count = |attribute: &str| -> usize { suite.attribute(attribute).unwrap().parse().unwrap() };
            let with = |tag: &str| suite.descendants().filter(|n| n.has_tag_name(tag)).count();
            assert_eq!(count("tests"), with("testcase"), "{}", reports.name);
            assert_eq!(count("failures"), with("failure"), "{}", reports.name);
            assert_eq!(count("errors"), with("error"), "{}", reports.name);
            assert_eq!(count("skipped"), with("skipped"), "{}", reports.name);
        }
    });
}

/// By `xmllint` (libxml2), where it is installed: there is no validator of XML Schema in Rust that is kept.
#[test]
fn junit_fits_the_schema_of_jenkins() {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/schemas/junit-10.xsd");
    let mut files = Vec::new();
    each(|_| ());
    for entry in std::fs::read_dir(workdir().join("formats")).unwrap() {
        files.push(entry.unwrap().path());
    }
    files.retain(|file| file.extension().is_some_and(|e| e == "junit"));
    assert!(files.len() > names().len(), "no reports in {}", workdir().display());
    let validator =
        std::process::Command::new("xmllint").args(["--noout", "--schema", schema]).args(&files).output();
    match validator {
        Ok(output) => assert!(output.status.success(), "{}", stderr(&output)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            println!("left out: `xmllint` is not installed")
        }
        Err(e) => panic!("{e}"),
    }
}

/// `docs.gitlab.com/ci/testing/code_quality`, as far as it binds.
#[test]
fn gitlab_code_quality_gets_what_it_requires() {
    each(|reports| {
        let issues = reports.json("gitlab");
        let mut seen = std::collections::BTreeSet::new();
        for issue in issues.as_array().unwrap() {
            assert!(
                ["info", "minor", "major", "critical", "blocker"]
                    .contains(&issue["severity"].as_str().unwrap())
            );
            assert!(!issue["description"].as_str().unwrap().is_empty());
            let path = issue["location"]["path"].as_str().unwrap();
            assert!(!path.starts_with("./") && !path.starts_with('/'), "{path}");
            assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() >= 1);
            let fingerprint = issue["fingerprint"].as_str().unwrap().to_owned();
            assert!(seen.insert(fingerprint.clone()), "{}: {fingerprint} twice", reports.name);
        }
    });
}

#[test]
fn gitlab_container_scanning_gets_what_its_schema_demands() {
    let schema = include_str!("../../../testdata/schemas/gitlab-container-scanning-15.2.1.json");
    each(|reports| {
        let faults = faults(schema, &reports.json("gitlab-security"));
        assert!(faults.is_empty(), "{}: {faults:#?}", reports.name);
    });
}

/// A report that leaves an image out must not look like one of an image without findings.
#[test]
fn every_format_that_can_tells_what_was_not_scanned() {
    each(|_| ());
    let output = |format: &str| {
        let output = imgscan(&["scan", "oci:incident", "oci:not-there", "--exit-zero", "--format", format]);
        String::from_utf8(output.stdout).unwrap()
    };
    for format in ["json", "junit", "github", "markdown", "html", "text"] {
        assert!(output(format).contains("not-there"), "{format}");
    }
    let sarif: Value = serde_json::from_str(&output("sarif")).unwrap();
    assert!(sarif_faults(&sarif).is_empty());
    let run = sarif["runs"].as_array().unwrap().last().unwrap();
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert!(
        invocation["toolExecutionNotifications"][0]["message"]["text"]
            .as_str()
            .unwrap()
            .contains("not-there")
    );
    let security: Value = serde_json::from_str(&output("gitlab-security")).unwrap();
    let schema = include_str!("../../../testdata/schemas/gitlab-container-scanning-15.2.1.json");
    assert!(faults(schema, &security).is_empty());
    assert_eq!(security["scan"]["status"], "failure");
    assert!(security["scan"]["messages"][0]["value"].as_str().unwrap().contains("not-there"));
}

/// Elements that have no end tag.
const VOID: [&str; 4] = ["meta", "br", "hr", "input"];

#[test]
fn the_page_asks_nobody_for_anything_and_is_whole() {
    each(|reports| {
        let page = reports.text("html");
        assert!(page.starts_with("<!DOCTYPE html>"));
        for foreign in ["<script", "<link", "<img", "<iframe", "src=", "@import", "url(", "javascript:"] {
            assert!(!page.contains(foreign), "{}: {foreign}", reports.name);
        }
        assert!(page.contains("name=\"viewport\"") && page.contains("@media print"));
        let mut open: Vec<&str> = Vec::new();
        let body = page.split_once("<html").unwrap().1;
        for tag in body.split('<').skip(1) {
            let name = tag.split([' ', '>', '\n']).next().unwrap();
            match name.strip_prefix('/') {
                Some("html") => {}
                Some(closed) => assert_eq!(open.pop(), Some(closed), "{}", reports.name),
                None if VOID.contains(&name) => {}
                None => open.push(name),
            }
        }
        assert!(open.is_empty(), "{}: {open:?} is left open", reports.name);
    });
}

//! SARIF 2.1.0, as GitHub code scanning takes it for an image.
//!
//! Paths are relative and file-like; what has no file (an `ENV`, a word of `CMD`) is shown at the `Dockerfile` with a
//! logical location; fingerprints stay the same from tag to tag; what is ignored stands as a suppression. Images that
//! could not be scanned are told in a run of their own, so that nobody takes their old results for mended.

use std::collections::BTreeMap;

use imgscan_model::{Finding, ImageReport, InputError, Label, Report, ReportedFinding, Role, Severity};
use serde_json::{Value, json};

use crate::location::{FileLine, logical};
use crate::redact::Redactor;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The report as one SARIF log, a run for each image and platform.
///
/// # Errors
/// None that can happen: the log holds only text and numbers.
pub fn render(report: &Report, version: &str) -> serde_json::Result<String> {
    let mut runs: Vec<Value> = report.results.iter().map(|image| run(image, version)).collect();
    if !report.errors.is_empty() {
        runs.push(failures(&report.errors, version));
    }
    let log = json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": runs });
    serde_json::to_string_pretty(&log).map(|text| text + "\n")
}

fn run(image: &ImageReport, version: &str) -> Value {
    let redactor = Redactor::new(image);
    let mut rules: BTreeMap<&str, Value> = BTreeMap::new();
    for finding in image.findings.iter().map(|f| &f.finding) {
        rules.entry(finding.code).or_insert_with(|| rule(finding));
    }
    let codes: Vec<&str> = rules.keys().copied().collect();
    let results: Vec<Value> = image.findings.iter().map(|f| result(f, &codes, &redactor)).collect();
    let platform = image.platform.as_ref().map(ToString::to_string).unwrap_or_default();
    json!({
        "tool": { "driver": {
            "name": "imgscan",
            "version": version,
            "rules": rules.into_values().collect::<Vec<_>>(),
        }},
        // One analysis for each repository and platform: a new tag replaces the results of the old one.
        "automationDetails": { "id": format!("imgscan/{}/{platform}/", repository(&image.reference)) },
        "columnKind": "unicodeCodePoints",
        "properties": {
            "imageReference": redactor.prose(&image.reference),
            "imageDigest": image.digest,
            "platform": platform,
        },
        "results": results,
    })
}

/// What could not be scanned, as notifications of a run that did not succeed.
fn failures(errors: &[InputError], version: &str) -> Value {
    let notifications: Vec<Value> = errors
        .iter()
        .map(|e| json!({ "level": "error", "message": { "text": format!("{}: {}", e.input, e.message) } }))
        .collect();
    json!({
        "tool": { "driver": { "name": "imgscan", "version": version } },
        "automationDetails": { "id": "imgscan/not-scanned/" },
        "invocations": [{ "executionSuccessful": false, "toolExecutionNotifications": notifications }],
        "results": [],
    })
}

/// A reference without tag and digest.
fn repository(reference: &str) -> &str {
    let bare = reference.split('@').next().unwrap_or(reference);
    match bare.rfind(':') {
        Some(colon) if !bare[colon..].contains('/') && colon > 0 && bare[..colon].contains('/') => {
            &bare[..colon]
        }
        _ => bare,
    }
}

fn rule(finding: &Finding) -> Value {
    json!({
        "id": finding.code,
        "name": finding.name,
        "shortDescription": { "text": finding.title },
        "defaultConfiguration": { "level": level(finding.severity) },
        "properties": { "tags": ["configuration"], "problem.severity": problem_severity(finding.severity) },
    })
}

fn result(reported: &ReportedFinding, codes: &[&str], redactor: &Redactor) -> Value {
    let finding = &reported.finding;
    let mut text = redactor.prose(&finding.message);
    if let Some(help) = &finding.help {
        text.push_str(&format!("\n\nhelp: {}", redactor.prose(help)));
    }
    let of = |role: Role| -> Vec<Value> {
        let labels = finding.labels.iter().enumerate().filter(|(_, l)| l.role == role);
        labels.map(|(i, label)| location(i, label, redactor)).collect()
    };
    let mut result = json!({
        "ruleId": finding.code,
        "ruleIndex": codes.iter().position(|c| *c == finding.code),
        "level": level(finding.severity),
        "message": { "text": text },
        "locations": of(Role::Primary),
        "partialFingerprints": { "imgscan/v1": finding.fingerprint() },
        "properties": { "confidence": format!("{:?}", finding.confidence).to_lowercase() },
    });
    let related = of(Role::Related);
    if !related.is_empty() {
        result["relatedLocations"] = json!(related);
    }
    if let Some(suppressed) = &reported.suppressed {
        let kind = if suppressed.by.starts_with('/') { "inSource" } else { "external" };
        result["suppressions"] = json!([{ "kind": kind, "justification": suppressed.reason }]);
    }
    result
}

fn location(id: usize, label: &Label, redactor: &Redactor) -> Value {
    let file = FileLine::of(&label.origin);
    let region = match file.columns {
        Some((column, end_line, end_column)) => {
            json!({ "startLine": file.line, "startColumn": column, "endLine": end_line, "endColumn": end_column })
        }
        None => json!({ "startLine": file.line }),
    };
    let mut location = json!({
        "id": id,
        "physicalLocation": { "artifactLocation": { "uri": file.uri() }, "region": region },
        "message": { "text": redactor.prose(&label.text) },
    });
    if let Some((name, kind)) = logical(&label.origin) {
        location["logicalLocations"] = json!([{ "fullyQualifiedName": redactor.image(&name), "kind": kind }]);
    }
    location
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

fn problem_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "recommendation",
    }
}

#[cfg(test)]
mod tests {
    use super::repository;

    #[test]
    fn an_analysis_is_named_without_its_tag() {
        assert_eq!(repository("gcr.io/p/app:1.2"), "gcr.io/p/app");
        assert_eq!(repository("127.0.0.1:5000/shop/app@sha256:00"), "127.0.0.1:5000/shop/app");
        assert_eq!(repository("127.0.0.1:5000/shop/app:1"), "127.0.0.1:5000/shop/app");
        assert_eq!(repository("oci:incident"), "oci:incident");
    }
}

//! GitLab Code Quality: a JSON list that a merge request shows beside the changed lines.

use std::collections::BTreeMap;

use imgscan_model::{Report, Severity};
use serde_json::{Value, json};

use crate::location::FileLine;
use crate::redact::Redactor;

/// The findings that count, as GitLab's Code Quality report.
///
/// # Errors
/// None that can happen: the list holds only text and numbers.
pub fn render(report: &Report) -> serde_json::Result<String> {
    let mut issues: Vec<Value> = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for image in &report.results {
        let redactor = Redactor::new(image);
        for finding in image.findings.iter().filter(|f| f.suppressed.is_none()).map(|f| &f.finding) {
            let (path, line) = match finding.primary().map(FileLine::of) {
                Some(file) => (file.path, file.line),
                None => ("Dockerfile".to_owned(), 1),
            };
            let help = finding
                .help
                .as_deref()
                .map(|h| format!(" (help: {})", redactor.prose(h)))
                .unwrap_or_default();
            issues.push(json!({
                "description": format!("{}: {}{help}", image.reference, redactor.prose(&finding.message)),
                "check_name": finding.code,
                "fingerprint": numbered(&mut seen, finding.fingerprint()),
                "severity": severity(finding.severity),
                "location": { "path": path, "lines": { "begin": line } },
            }));
        }
    }
    serde_json::to_string_pretty(&issues).map(|text| text + "\n")
}

/// GitLab shows one issue for each fingerprint: the same one in another image or on another line gets a number.
fn numbered(seen: &mut BTreeMap<String, usize>, fingerprint: String) -> String {
    let count = seen.entry(fingerprint.clone()).or_insert(0);
    *count += 1;
    if *count == 1 { fingerprint } else { format!("{fingerprint}#{count}") }
}

/// GitLab knows info, minor, major, critical and blocker.
fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
        Severity::Info => "info",
    }
}

//! GitLab's container-scanning report (security report schema 15): what the security tab and policies of GitLab read.
//!
//! GitLab knows packages with vulnerabilities there and nothing else, so a finding is dressed as one: the "package" is the
//! server, with its version, and the identifier the rule.

use imgscan_model::{Finding, ImageReport, Report, Severity};
use serde_json::{Value, json};

use crate::location::FileLine;
use crate::redact::Redactor;

/// The schema that is followed.
const SCHEMA: &str = "15.2.1";
/// The schema wants a time, and a report holds no clock: where the image tells no time of its own, this stands.
const NO_TIME: &str = "1970-01-01T00:00:00";
/// Characters that the schema lets a description have, and a solution; GitLab refuses the whole report for one more.
const DESCRIPTION: usize = 1_048_576;
const SOLUTION: usize = 7_000;

/// The findings that count, as GitLab's container-scanning report.
///
/// # Errors
/// None that can happen: the report holds only text and numbers.
pub fn render(report: &Report, version: &str) -> serde_json::Result<String> {
    let vulnerabilities: Vec<Value> = report.results.iter().flat_map(vulnerabilities).collect();
    let tool = json!({
        "id": "imgscan",
        "name": "imgscan",
        "version": version,
        "vendor": { "name": "imgscan" },
    });
    let made = report.results.first().map_or(NO_TIME.to_owned(), created);
    let status = if report.errors.is_empty() { "success" } else { "failure" };
    let failed = report.errors.iter().map(|e| format!("{}: {}", e.input, e.message));
    let messages: Vec<Value> = failed.map(|text| json!({ "level": "fatal", "value": text })).collect();
    let report = json!({
        "version": SCHEMA,
        "scan": {
            "analyzer": tool,
            "scanner": tool,
            "type": "container_scanning",
            "start_time": made,
            "end_time": made,
            "status": status,
            "messages": messages,
        },
        "vulnerabilities": vulnerabilities,
    });
    serde_json::to_string_pretty(&report).map(|text| text + "\n")
}

fn vulnerabilities(image: &ImageReport) -> Vec<Value> {
    let redactor = Redactor::new(image);
    let counted = image.findings.iter().filter(|f| f.suppressed.is_none()).map(|f| &f.finding);
    counted.map(|finding| vulnerability(image, finding, &redactor)).collect()
}

fn vulnerability(image: &ImageReport, finding: &Finding, redactor: &Redactor) -> Value {
    let server = image.servers.iter().find(|s| finding.process.as_deref() == Some(s.id.as_str()));
    let package = server.map_or("image", |s| s.name.as_str());
    let version = server.and_then(|s| s.version.as_deref()).unwrap_or("unknown");
    let place = finding.primary().map(FileLine::of);
    let place = place.map(|f| format!(" ({}:{})", f.path, f.line)).unwrap_or_default();
    let platform = image.platform.as_ref().map_or_else(|| "unknown".to_owned(), ToString::to_string);
    let reference = redactor.prose(&image.reference);
    let mut vulnerability = json!({
        "id": format!("{reference}/{platform}/{}", finding.fingerprint()),
        "name": finding.title,
        "description": at_most(DESCRIPTION, format!("{}{place}", redactor.prose(&finding.message))),
        "severity": severity(finding.severity),
        "location": {
            "dependency": { "package": { "name": package }, "version": redactor.prose(version) },
            "operating_system": platform,
            "image": reference,
        },
        "identifiers": [{ "type": "imgscan", "name": finding.code, "value": finding.code }],
    });
    if let Some(help) = &finding.help {
        vulnerability["solution"] = json!(at_most(SOLUTION, redactor.prose(help)));
    }
    vulnerability
}

/// A text of no more than so many characters; of a longer one, its beginning and an ellipsis.
fn at_most(characters: usize, mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(characters) {
        let end = text[..end].char_indices().next_back().map_or(0, |(at, _)| at);
        text.truncate(end);
        text.push('…');
    }
    text
}

/// The image's own time in GitLab's form: seconds, without a zone.
fn created(image: &ImageReport) -> String {
    let text = image.config.created.as_deref().and_then(|t| t.get(..NO_TIME.len())).unwrap_or(NO_TIME);
    let fits = text
        .bytes()
        .zip(NO_TIME.bytes())
        .all(|(byte, like)| if like.is_ascii_digit() { byte.is_ascii_digit() } else { byte == like });
    if fits { text.to_owned() } else { NO_TIME.to_owned() }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
        Severity::Info => "Info",
    }
}

#[cfg(test)]
mod tests {
    use super::at_most;

    #[test]
    fn a_text_is_cut_at_a_character() {
        for (text, cut) in [("", ""), ("äöü", "äöü"), ("äöüß", "äö…")] {
            assert_eq!(at_most(3, text.to_owned()), cut);
        }
    }
}

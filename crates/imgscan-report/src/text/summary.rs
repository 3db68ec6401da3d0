//! The last line.

use imgscan_model::{Report, Severity};

use super::ink::Ink;

/// `2 findings: 1 high, 1 info; 1 suppressed; 1 input without a result`.
pub(super) fn line(report: &Report, ink: &Ink<'_>) -> String {
    let all = || report.results.iter().flat_map(|r| &r.findings);
    let count = |severity| all().filter(|f| f.suppressed.is_none() && f.finding.severity == severity).count();
    let levels = [
        (Severity::High, "high"),
        (Severity::Medium, "medium"),
        (Severity::Low, "low"),
        (Severity::Info, "info"),
    ];
    let counted: Vec<(usize, String)> = levels
        .into_iter()
        .map(|(severity, word)| (count(severity), ink.severity(severity, word)))
        .filter(|(n, _)| *n > 0)
        .collect();
    let total: usize = counted.iter().map(|(n, _)| n).sum();
    let mut parts = vec![match total {
        0 => ink.good("no findings"),
        1 => format!("1 finding: {}", list(&counted)),
        n => format!("{n} findings: {}", list(&counted)),
    }];
    let suppressed = all().filter(|f| f.suppressed.is_some()).count();
    if suppressed > 0 {
        parts.push(format!("{suppressed} suppressed"));
    }
    match report.errors.len() {
        0 => {}
        1 => parts.push(ink.bad("1 input without a result")),
        n => parts.push(ink.bad(&format!("{n} inputs without a result"))),
    }
    parts.join("; ") + "\n"
}

fn list(counted: &[(usize, String)]) -> String {
    counted.iter().map(|(n, word)| format!("{n} {word}")).collect::<Vec<_>>().join(", ")
}

//! Two reports side by side, as far as they disagree.

use imgscan_model::{Change, Differences, Finding, Side};

use super::ink::Ink;
use super::place;

/// What changed, ending with a line break.
pub(super) fn list(before: &str, after: &str, differences: &Differences, ink: &Ink<'_>) -> String {
    let mut out = format!("- {}\n+ {}\n", ink.prose(before), ink.prose(after));
    if differences.is_empty() {
        out.push_str("\nthe servers start with the same settings, and the findings are the same\n");
        return out;
    }
    for change in differences.processes.iter().chain(&differences.settings) {
        out.push_str(&block(change, ink));
    }
    out.push_str(&findings("findings that appeared", '+', &differences.appeared, ink));
    out.push_str(&findings("findings that are gone", '-', &differences.gone, ink));
    out
}

fn block(change: &Change, ink: &Ink<'_>) -> String {
    let side = |sign: char, side: &Option<Side>| match side {
        None => format!("  {sign} {}\n", ink.dim("not there")),
        Some(side) => {
            let who = side.setting.as_ref().map(|s| format!("  {}", ink.dim(&place::who(s.winner(), ink))));
            format!("  {sign} {}{}\n", ink.image(&side.text), who.unwrap_or_default())
        }
    };
    let head = ink.bold(&ink.prose(&change.what));
    format!("\n{head}\n{}{}", side('-', &change.before), side('+', &change.after))
}

fn findings(title: &str, sign: char, findings: &[Finding], ink: &Ink<'_>) -> String {
    if findings.is_empty() {
        return String::new();
    }
    let mut out = format!("\n{}\n", ink.bold(title));
    for finding in findings {
        let code = ink.severity(finding.severity, finding.code);
        out.push_str(&format!("  {sign} {code} {}\n", ink.prose(&finding.message)));
    }
    out
}

//! Rules: what is wrong, or surprising, in the settings and processes of an image. One file a rule.
//!
//! A rule reads no files: it sees [`Facts`]. Its doc comment is its page, its struct carries its metadata, and its
//! tests stand below it, a silent twin beside each case that speaks. A new rule is one file and one line in
//! [`registry`].

#[macro_use]
mod rule;
mod address;
mod command;
mod draft;
mod facts;
#[cfg(test)]
mod fixture;
mod gunicorn;
mod link;
mod nearest;
mod nginx;
pub mod pages;
mod registry;
mod rules;
mod signals;

use imgscan_model::Finding;

pub use facts::{Facts, LostReader, WhatIf};
pub use rule::{Meta, Rule};
pub use rules::img008::compare_platforms;

/// All rules, sorted by code.
pub fn all() -> &'static [&'static dyn Rule] {
    registry::RULES
}

/// The rule of this code (`OVR005`) or name (`config-never-read`).
pub fn find(code_or_name: &str) -> Option<&'static dyn Rule> {
    let is_meant =
        |r: &&&dyn Rule| r.meta().code.eq_ignore_ascii_case(code_or_name) || r.meta().name == code_or_name;
    all().iter().find(is_meant).copied()
}

/// What all rules find: most severe first, then by code, then by place.
pub fn run(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = all().iter().flat_map(|rule| rule.check(facts)).collect();
    sort(&mut findings);
    findings
}

/// Puts findings into report order: most severe first, then by code, then by place.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(order);
}

/// The order of findings in a report.
fn order(a: &Finding, b: &Finding) -> std::cmp::Ordering {
    let place = |f: &Finding| f.labels.first().map(|l| l.origin.clone());
    (b.severity.cmp(&a.severity))
        .then_with(|| a.code.cmp(b.code))
        .then_with(|| place(a).cmp(&place(b)))
        .then_with(|| a.process.cmp(&b.process))
        .then_with(|| a.message.cmp(&b.message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_never_reused() {
        let list: Vec<String> = all()
            .iter()
            .map(|r| {
                format!("{} {} {:?}: {}", r.meta().code, r.meta().name, r.meta().severity, r.meta().title)
            })
            .collect();
        insta::assert_snapshot!(list.join("\n"));
    }

    #[test]
    fn rules_are_sorted_and_unlike() {
        let codes: Vec<&str> = all().iter().map(|r| r.meta().code).collect();
        let mut sorted = codes.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(codes, sorted);
        let mut names: Vec<&str> = all().iter().map(|r| r.meta().name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), codes.len());
    }

    #[test]
    fn a_rule_is_found_by_code_and_by_name() {
        assert_eq!(find("ovr005").map(|r| r.meta().name), Some("config-never-read"));
        assert_eq!(find("config-never-read").map(|r| r.meta().code), Some("OVR005"));
        assert!(find("OVR999").is_none());
    }
}

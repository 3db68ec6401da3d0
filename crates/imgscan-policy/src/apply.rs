//! A policy over the findings of one report.

use std::cmp::Reverse;

use globset::GlobMatcher;
use imgscan_model::report::Suppression;
use imgscan_model::{Finding, ImageReport, Origin, Problem};

use crate::baseline::Baseline;
use crate::config::{Ignore, Policy};
use crate::day::Day;
use crate::inline;

/// What a policy did to a report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Ignores that have run out and would have fitted: each speaks up as a problem of the report.
    pub expired: Vec<Problem>,
}

/// Changes severities, drops what is switched off or too unsure, and marks what is ignored or known.
pub fn apply(report: &mut ImageReport, policy: &Policy, baseline: Option<&Baseline>, today: Day) -> Outcome {
    let mut outcome = Outcome::default();
    report.findings.retain(|f| is_wanted(&f.finding, policy));
    for reported in &mut report.findings {
        let options = policy.rules.get(reported.finding.code);
        if let Some(severity) = options.and_then(|o| o.severity).flatten() {
            reported.finding.severity = severity;
        }
        let finding = &reported.finding;
        for ignore in policy.ignores.iter().filter(|i| fits(i, finding, &report.reference)) {
            let by = format!("{}:{}", policy.file, ignore.line);
            if ignore.until.is_some_and(|until| until < today) {
                outcome.expired.push(ran_out(ignore, finding, &by));
            } else if reported.suppressed.is_none() {
                let until = ignore.until.map(|u| u.to_string());
                reported.suppressed = Some(Suppression { reason: ignore.reason.clone(), until, by });
            }
        }
        if reported.suppressed.is_none() {
            reported.suppressed = said_inline(finding, &report.excerpts);
        }
        if reported.suppressed.is_none() && baseline.is_some_and(|b| b.knows(finding)) {
            let reason = "known when the baseline was written".to_owned();
            reported.suppressed = Some(Suppression { reason, until: None, by: "baseline".into() });
        }
    }
    // Within a severity and a code the order of places stays.
    report.findings.sort_by_key(|f| (Reverse(f.finding.severity), f.finding.code));
    report.problems.extend(outcome.expired.iter().cloned());
    outcome
}

/// Whether the rule is on, sure enough, and speaks of nothing that its options leave out.
fn is_wanted(finding: &Finding, policy: &Policy) -> bool {
    let options = policy.rules.get(finding.code).cloned().unwrap_or_default();
    let least = options.min_confidence.or(policy.min_confidence);
    let any = |globs: &[GlobMatcher], name: Option<&str>| {
        name.is_some_and(|name| globs.iter().any(|glob| glob.is_match(name)))
    };
    let variable = match finding.primary() {
        Some(Origin::ImageEnv { name, .. }) => Some(&**name),
        _ => None,
    };
    options.severity != Some(None)
        && least.is_none_or(|least| finding.confidence >= least)
        && !any(&options.exclude_paths, finding.primary().and_then(Origin::path))
        && !any(&options.exclude_env, variable)
        && !any(&options.exclude_settings, finding.setting.as_deref())
}

fn fits(ignore: &Ignore, finding: &Finding, reference: &str) -> bool {
    let path = finding.primary().and_then(Origin::path);
    ignore.code.as_ref().is_none_or(|code| code == finding.code)
        && ignore.setting.as_ref().is_none_or(|s| finding.setting.as_ref() == Some(s))
        && ignore.path.as_ref().is_none_or(|glob| path.is_some_and(|p| glob.is_match(p)))
        && ignore.image.as_ref().is_none_or(|glob| glob.is_match(reference))
}

fn ran_out(ignore: &Ignore, finding: &Finding, by: &str) -> Problem {
    let until = ignore.until.map(|u| u.to_string()).unwrap_or_default();
    Problem::new(format!("the ignore of `{}` at {by} ran out on {until}: {}", finding.code, ignore.reason))
}

fn said_inline(finding: &Finding, excerpts: &imgscan_model::report::Excerpts) -> Option<Suppression> {
    let origin = finding.primary()?;
    let text = excerpts.get(origin)?;
    let (reason, line) = inline::reason(text, origin.span()?.line, finding.code)?;
    Some(Suppression { reason, until: None, by: format!("{}:{line}", origin.path().unwrap_or("")) })
}

//! A policy over the findings of one report.

use imgscan_model::report::Suppression;
use imgscan_model::{Finding, ImageReport, Origin, Problem};

use crate::baseline::Baseline;
use crate::config::{Day, Ignore, Policy};
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
    let sure = |finding: &Finding| policy.min_confidence.is_none_or(|least| finding.confidence >= least);
    let on = |finding: &Finding| policy.severity.get(finding.code) != Some(&None);
    report.findings.retain(|f| sure(&f.finding) && on(&f.finding));
    for reported in &mut report.findings {
        if let Some(Some(severity)) = policy.severity.get(reported.finding.code) {
            reported.finding.severity = *severity;
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
    report.findings.sort_by_key(|f| std::cmp::Reverse(f.finding.severity));
    report.problems.extend(outcome.expired.iter().cloned());
    outcome
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

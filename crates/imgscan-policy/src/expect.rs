//! Expectations that an image does not meet, as findings: every format shows them, and every ignore fits them.

use std::sync::Arc;

use imgscan_model::{
    Confidence, Finding, ImageReport, Judgement, Label, Origin, ReportedFinding, Role, Severity, Span,
    Verdict,
};

use crate::config::{Expectation, Policy};

/// What a finding about an expectation needs to know of its rule.
#[derive(Clone, Copy, Debug)]
pub struct ExpectRule {
    /// Its code.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its title.
    pub title: &'static str,
}

/// The expectations that concern an image, in order, with the places they are written at.
pub fn expectations<'a>(
    policy: &'a Policy,
    reference: &str,
) -> impl Iterator<Item = (&'a Expectation, Origin)> {
    let reference = reference.to_owned();
    let file: Arc<str> = policy.file.as_str().into();
    policy.expectations.iter().filter(move |e| e.is_about(&reference)).map(move |expectation| {
        let line = u32::try_from(expectation.line).unwrap_or(u32::MAX);
        (expectation, Origin::Overlay { file: Arc::clone(&file), span: Some(Span::point(line, 1)) })
    })
}

/// Adds a finding for an expectation that does not hold: by `fails` where it fails, by `undecided` where it cannot be
/// told. [`crate::apply`] comes after it, so that ignores fit it. Both are certain, for it is certain that nothing
/// speaks for the expectation: `min-confidence` must not let it pass.
pub fn found(
    report: &mut ImageReport,
    judgement: &Judgement,
    severity: Severity,
    fails: ExpectRule,
    undecided: ExpectRule,
) {
    let verdict = judgement.verdict();
    let (rule, says) = match verdict {
        Verdict::Holds => return,
        Verdict::Fails => (fails, "does not hold"),
        Verdict::Undecided => (undecided, "cannot be told"),
    };
    let against = judgement.cases.iter().find(|c| c.verdict == verdict);
    let settings = against.map(|c| c.settings.as_slice()).unwrap_or_default();
    let mut because: Vec<String> = settings
        .iter()
        .map(|(name, setting)| {
            let text = if setting.winner().secret { "[redacted]".to_owned() } else { setting.text() };
            format!("`{name}` is {text}")
        })
        .collect();
    because.extend(against.and_then(|c| c.scope.as_ref()).map(|s| format!("in {}", s.path.join(" > "))));
    because.extend(against.and_then(|c| c.note.clone()));
    let because = if because.is_empty() { String::new() } else { format!(": {}", because.join(", ")) };
    let mut labels = vec![Label {
        role: Role::Primary,
        origin: judgement.origin.clone(),
        text: judgement.reason.clone().unwrap_or_else(|| "demanded here".to_owned()),
    }];
    for (name, setting) in settings {
        let origin = setting.winner().origin().clone();
        labels.push(Label { role: Role::Related, origin, text: format!("`{name}` is set here") });
    }
    let (process, setting) = match settings.first().and_then(|(name, _)| name.split_once('.')) {
        Some((process, setting)) => (Some(process.to_owned()), Some(setting.to_owned())),
        None => (None, None),
    };
    let finding = Finding {
        code: rule.code,
        name: rule.name,
        title: rule.title,
        severity,
        confidence: Confidence::Certain,
        message: format!("`{}` {says}{because}", judgement.text),
        process,
        setting,
        labels,
        help: None,
    };
    report.findings.push(ReportedFinding::from(finding));
}

//! What imgscan says about an image.

use imgscan_model as model;
use schemars::JsonSchema;
use serde::Serialize;

use super::Origin;
use crate::redact::Redactor;

/// A finding.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Finding {
    /// The rule's code, e.g. `OVR005`.
    pub code: String,
    /// The rule's name, e.g. `config-never-read`.
    pub name: String,
    /// How bad it is.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// The rule's title.
    pub title: String,
    /// What was found, in one sentence with the values in it.
    pub message: String,
    /// The process it is about; null where it is about none.
    pub process: Option<String>,
    /// The setting it is about; null where it is about none.
    pub setting: Option<String>,
    /// Places, the primary one first.
    pub locations: Vec<Location>,
    /// The exact change that mends it, when known.
    pub help: Option<String>,
    /// Why it does not count for the exit status; null where it does.
    pub suppressed: Option<Suppression>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Breaks things.
    High,
    /// Surprises people.
    Medium,
    /// Better changed some day.
    Low,
    /// Good to know.
    Info,
}

/// How sure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// All inputs are in the image or in the options.
    Certain,
    /// One usual assumption is made.
    Likely,
    /// Depends on the run time.
    Possible,
}

/// A place in a finding.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Location {
    /// What part it plays.
    pub role: Role,
    /// The place.
    pub origin: Origin,
    /// A few words about it.
    pub label: String,
}

/// What part a place plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The place it is about.
    Primary,
    /// A place that explains it.
    Related,
}

/// Why a finding does not count.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Suppression {
    /// The reason given.
    pub reason: String,
    /// The day until which it holds.
    pub until: Option<String>,
    /// Where it is written.
    pub by: String,
}

impl Finding {
    pub(super) fn new(reported: &model::ReportedFinding, redactor: &Redactor) -> Self {
        let finding = &reported.finding;
        Finding {
            code: finding.code.to_owned(),
            name: finding.name.to_owned(),
            severity: finding.severity.into(),
            confidence: finding.confidence.into(),
            title: finding.title.to_owned(),
            message: redactor.prose(&finding.message),
            process: finding.process.clone(),
            setting: finding.setting.clone(),
            locations: finding.labels.iter().map(|l| Location::new(l, redactor)).collect(),
            help: finding.help.as_deref().map(|help| redactor.prose(help)),
            suppressed: reported.suppressed.as_ref().map(|s| Suppression {
                reason: s.reason.clone(),
                until: s.until.clone(),
                by: s.by.clone(),
            }),
        }
    }
}

impl Location {
    fn new(label: &model::Label, redactor: &Redactor) -> Self {
        Location {
            role: match label.role {
                model::Role::Primary => Role::Primary,
                model::Role::Related => Role::Related,
            },
            origin: Origin::new(&label.origin, redactor),
            label: redactor.prose(&label.text),
        }
    }
}

impl From<model::Severity> for Severity {
    fn from(severity: model::Severity) -> Self {
        match severity {
            model::Severity::High => Severity::High,
            model::Severity::Medium => Severity::Medium,
            model::Severity::Low => Severity::Low,
            model::Severity::Info => Severity::Info,
        }
    }
}

impl From<model::Confidence> for Confidence {
    fn from(confidence: model::Confidence) -> Self {
        match confidence {
            model::Confidence::Certain => Confidence::Certain,
            model::Confidence::Likely => Confidence::Likely,
            model::Confidence::Possible => Confidence::Possible,
        }
    }
}

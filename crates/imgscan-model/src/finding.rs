//! What imgscan says about an image.

use crate::origin::Origin;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Better changed some day.
    Low,
    /// Surprises people.
    Medium,
    /// Breaks things.
    High,
}

/// How sure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Confidence {
    /// Depends on the run time.
    Possible,
    /// One usual assumption is made.
    Likely,
    /// All inputs are in the image or in the options.
    Certain,
}

/// What part a place plays in a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The place it is about.
    Primary,
    /// A place that explains it.
    Related,
}

/// A place in a finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// What part it plays.
    pub role: Role,
    /// The place.
    pub origin: Origin,
    /// A few words for under the caret.
    pub text: String,
}

/// A finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The rule's code, e.g. `OVR005`.
    pub code: &'static str,
    /// The rule's name, e.g. `config-never-read`.
    pub name: &'static str,
    /// The rule's title.
    pub title: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// What was found, in one sentence with the values in it.
    pub message: String,
    /// The id of the process it is about.
    pub process: Option<String>,
    /// The setting it is about.
    pub setting: Option<String>,
    /// Places, the primary one first.
    pub labels: Vec<Label>,
    /// The exact change that mends it, when we know one.
    pub help: Option<String>,
}

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

impl Finding {
    /// The place it is about.
    pub fn primary(&self) -> Option<&Origin> {
        self.labels.iter().find(|l| l.role == Role::Primary).map(|l| &l.origin)
    }

    /// A name that stays the same from tag to tag, e.g. `OVR005/gunicorn/timeout//opt/conf/gunicorn.conf.py`: what the
    /// finding is about (rule, process, setting, the file or variable at its primary place) and nothing that moves
    /// with a rebuild (no layer, no line, no value).
    pub fn fingerprint(&self) -> String {
        let place = self.primary().map(unmoving).unwrap_or_default();
        let part = |text: &Option<String>| text.clone().unwrap_or_default();
        format!("{}/{}/{}/{place}", self.code, part(&self.process), part(&self.setting))
    }
}

/// A place without what a rebuild moves.
fn unmoving(origin: &Origin) -> String {
    match origin {
        Origin::LayerFile { path, .. } => path.to_string(),
        Origin::ImageEnv { name, .. } => format!("ENV {name}"),
        Origin::ImageCmd { .. } => "CMD".into(),
        Origin::ImageEntrypoint { .. } => "ENTRYPOINT".into(),
        Origin::ImageConfig { field, .. } => field.to_string(),
        Origin::Default { server, .. } => format!("default of {server}"),
        Origin::Overlay { file, .. } => file.to_string(),
        Origin::Option { flag, .. } => flag.to_string(),
        Origin::Runtime { what } => what.to_string(),
    }
}

//! The answer to `imgscan diff`.

use imgscan_model as model;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Finding, Setting};
use crate::redact::Redactor;

/// What two images, or one image under two sets of options, disagree about: `imgscan/diff/v1`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Differences {
    /// `imgscan/diff/v1`.
    pub schema: &'static str,
    /// The first reference as typed.
    pub before: String,
    /// The second reference as typed.
    pub after: String,
    /// Servers that only one side starts, and starts that end otherwise.
    pub processes: Vec<Change>,
    /// Settings whose effective value differs.
    pub settings: Vec<Change>,
    /// Findings of the second that the first does not have.
    pub appeared: Vec<Finding>,
    /// Findings of the first that the second does not have.
    pub gone: Vec<Finding>,
}

/// Something that is one thing before and another after; null where it is not there.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Change {
    /// What, e.g. `gunicorn.timeout`.
    pub what: String,
    /// Before.
    pub before: Option<Side>,
    /// After.
    pub after: Option<Side>,
}

/// One side of a change.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Side {
    /// As a person would write it.
    pub text: String,
    /// The setting with everything that tried to set it; null for processes.
    pub setting: Option<Setting>,
}

impl Differences {
    /// The differences in the contract's types, credentials of both images taken out.
    pub fn new(before: &model::ImageReport, after: &model::ImageReport, found: &model::Differences) -> Self {
        let (then, now) = (Redactor::new(before), Redactor::new(after));
        let side = |side: &Option<model::Side>, redactor: &Redactor| {
            side.as_ref().map(|side| Side {
                text: redactor.image(&side.text),
                setting: side.setting.as_ref().map(|s| Setting::new(s, redactor)),
            })
        };
        let changes = |changes: &[model::Change]| {
            let change = |c: &model::Change| Change {
                what: then.prose(&now.prose(&c.what)),
                before: side(&c.before, &then),
                after: side(&c.after, &now),
            };
            changes.iter().map(change).collect()
        };
        let findings = |findings: &[model::Finding], redactor: &Redactor| {
            findings.iter().map(|f| Finding::new(&f.clone().into(), redactor)).collect()
        };
        Differences {
            schema: "imgscan/diff/v1",
            before: then.prose(&before.reference),
            after: now.prose(&after.reference),
            processes: changes(&found.processes),
            settings: changes(&found.settings),
            appeared: findings(&found.appeared, &now),
            gone: findings(&found.gone, &then),
        }
    }
}

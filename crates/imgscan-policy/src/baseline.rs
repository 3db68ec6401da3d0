//! Findings that were there when imgscan came: known, not counted, and gone from the list when they are mended.

use std::collections::BTreeSet;

use imgscan_model::Finding;
use serde::{Deserialize, Serialize};

/// A list of known findings. One list may serve many images: a fingerprint says nothing of tag or layer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    known: BTreeSet<String>,
}

/// The file: `{"schema": "imgscan/baseline/v1", "findings": ["…"]}`.
#[derive(Serialize, Deserialize)]
struct File {
    schema: String,
    findings: BTreeSet<String>,
}

const SCHEMA: &str = "imgscan/baseline/v1";

impl Baseline {
    /// Reads a baseline file.
    ///
    /// # Errors
    /// Where it is no baseline, in one sentence.
    pub fn read(text: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text).map_err(|e| format!("no baseline: {e}"))?;
        if file.schema != SCHEMA {
            return Err(format!("no baseline: its schema is `{}`, not `{SCHEMA}`", file.schema));
        }
        Ok(Baseline { known: file.findings })
    }

    /// The baseline of some findings.
    pub fn of<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Self {
        Baseline { known: findings.into_iter().map(Finding::fingerprint).collect() }
    }

    /// The text of the file: sorted, a line a finding, so that its changes read well in review.
    pub fn write(&self) -> String {
        let file = File { schema: SCHEMA.into(), findings: self.known.clone() };
        // A set of strings can always be written.
        serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
    }

    /// Whether a finding is known.
    pub fn knows(&self, finding: &Finding) -> bool {
        self.known.contains(&finding.fingerprint())
    }
}

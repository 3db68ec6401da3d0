//! What two reports disagree about.

use crate::finding::Finding;
use crate::setting::Setting;

/// The differences of two reports, the first one being "before".
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Differences {
    /// Servers that only one of them starts, and starts that end otherwise.
    pub processes: Vec<Change>,
    /// Settings whose effective value differs.
    pub settings: Vec<Change>,
    /// Findings that are new.
    pub appeared: Vec<Finding>,
    /// Findings that are gone.
    pub gone: Vec<Finding>,
}

/// Something that is one thing before and another after.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What: `gunicorn.timeout`, `nginx http/server:0 client_max_body_size`, `gunicorn`.
    pub what: String,
    /// Before; `None` where it was not there.
    pub before: Option<Side>,
    /// After; `None` where it is not there.
    pub after: Option<Side>,
}

/// One side of a change.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// The value as a person would write it; a credential is replaced.
    pub text: String,
    /// The setting it is the effective value of, for saying who sets it.
    pub setting: Option<Setting>,
}

impl Differences {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Differences::default()
    }
}

//! What became of a statement about an image's settings.

use crate::origin::Origin;
use crate::report::ScopeRef;
use crate::setting::Setting;

/// What becomes of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It holds.
    Holds,
    /// It does not.
    Fails,
    /// It hangs on something that is not known. It counts as failed: nobody lets it pass.
    Undecided,
}

/// A statement with what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The expression as written.
    pub text: String,
    /// Why it is demanded.
    pub reason: Option<String>,
    /// Where it is written.
    pub origin: Origin,
    /// One for each process and scope that it speaks of.
    pub cases: Vec<JudgedCase>,
}

impl Judgement {
    /// Of all cases: failed where one fails, undecided where one cannot be told. A statement without a case has
    /// nothing that speaks for it.
    pub fn verdict(&self) -> Verdict {
        let any = |verdict| self.cases.iter().any(|c| c.verdict == verdict);
        match () {
            () if any(Verdict::Fails) || self.cases.is_empty() => Verdict::Fails,
            () if any(Verdict::Undecided) => Verdict::Undecided,
            () => Verdict::Holds,
        }
    }
}

/// A statement about certain processes, in a certain scope.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgedCase {
    /// What became of it here.
    pub verdict: Verdict,
    /// The scope, for servers that have scopes.
    pub scope: Option<ScopeRef>,
    /// The settings that it speaks of, as `process.setting`, in the order of the expression.
    pub settings: Vec<(String, Setting)>,
    /// Why there is nothing to judge, e.g. `the container starts no gunicorn`.
    pub note: Option<String>,
}

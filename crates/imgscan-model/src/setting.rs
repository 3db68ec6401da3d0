//! Everything that tried to set a setting, and who won.

use std::sync::Arc;

use crate::origin::{Origin, Place};
use crate::value::Value;

/// By which way a candidate speaks, weakest first in the order of most servers. The order that counts is each
/// dialect's own rank table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// The server's built-in default.
    Default,
    /// A default that the server takes from the environment (`WEB_CONCURRENCY`, `PORT` …).
    EnvDefault,
    /// A config file.
    File,
    /// An environment variable that the server reads itself (`UVICORN_*`, `KONG_*` …).
    Env,
    /// Arguments in an environment variable (`GUNICORN_CMD_ARGS`).
    EnvArgs,
    /// The command line.
    Flag,
    /// A program around the server.
    App,
}

/// What became of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// It won.
    Effective,
    /// Something stronger replaced it.
    Overridden,
    /// It stands in a file that the process never loads.
    NotLoaded,
    /// A default or an environment default that something stronger always beats.
    Dead,
    /// The server refuses it.
    Invalid,
}

/// An environment variable that decides a value, set or not: `timeout = int(os.getenv("TIMEOUT", "30"))`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvRead {
    /// Its name.
    pub name: String,
    /// What stands in for it where it is unset; `None` where that is not known, or nothing does.
    pub default: Option<String>,
}

/// One thing that tried to set a setting. There is no way to make one without a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// By which way it speaks.
    pub source: Source,
    /// The value, after the server's own conversion.
    pub value: Value,
    /// The value as written.
    pub text: String,
    /// What became of it.
    pub status: Status,
    /// Where it stands and what it came through.
    pub place: Place,
    /// The environment variables that decide the value, as far as its file reads them.
    pub reads: Vec<EnvRead>,
    /// Whether it holds something like a credential.
    pub secret: bool,
}

impl Candidate {
    /// A candidate whose fate is not decided yet: it counts as overridden until the resolver says otherwise.
    pub fn new(source: Source, value: Value, place: Place) -> Self {
        let text = value.to_string();
        Candidate { source, value, text, status: Status::Overridden, place, reads: Vec::new(), secret: false }
    }

    /// The same with the text as written.
    #[must_use]
    pub fn written(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self
    }

    /// The same with another status.
    #[must_use]
    pub fn status(mut self, status: Status) -> Self {
        self.status = status;
        self
    }

    /// Where it stands.
    pub fn origin(&self) -> &Origin {
        &self.place.origin
    }
}

/// A setting with everything that tried to set it: the winner first, then strongest to weakest. There is always at
/// least one candidate, for "nobody sets it" too (the default, or [`Value::Unset`]).
/// Cheap to clone: scopes that inherit a setting share it.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    candidates: Arc<Vec<Candidate>>,
    /// The effective value, where it is not simply the winner's: a winner that is there only on some runs, values
    /// that accumulate over several places.
    joined: Option<Arc<Joined>>,
}

/// An effective value that no single candidate has.
#[derive(Debug, PartialEq)]
struct Joined {
    value: Value,
    text: String,
}

impl Setting {
    /// A setting that `winner` decides. It becomes effective.
    pub fn new(winner: Candidate, losers: Vec<Candidate>) -> Self {
        let mut candidates = vec![winner.status(Status::Effective)];
        candidates.extend(losers);
        Setting { candidates: Arc::new(candidates), joined: None }
    }

    /// The same with an effective value that no single candidate has.
    #[must_use]
    pub fn joined(self, value: Value) -> Self {
        let text = value.to_string();
        self.joined_as(value, text)
    }

    /// The same with the value as the server's own language writes it.
    #[must_use]
    pub fn joined_as(mut self, value: Value, text: String) -> Self {
        self.joined = Some(Arc::new(Joined { value, text }));
        self
    }

    /// The effective value.
    pub fn value(&self) -> &Value {
        self.joined.as_deref().map_or(&self.winner().value, |joined| &joined.value)
    }

    /// The effective value as a person would write it.
    pub fn text(&self) -> String {
        match &self.joined {
            Some(joined) => joined.text.clone(),
            None => self.winner().text.clone(),
        }
    }

    /// The candidate that won.
    pub fn winner(&self) -> &Candidate {
        &self.candidates[0]
    }

    /// Everything that tried, the winner first.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// Everything that tried and lost, strongest first.
    pub fn losers(&self) -> &[Candidate] {
        &self.candidates[1..]
    }

    /// Adds one that lost (a file that is never loaded, say), behind the others.
    pub fn add_loser(&mut self, candidate: Candidate) {
        Arc::make_mut(&mut self.candidates).push(candidate);
    }

    /// Whether anything in the image or its overlays tries to set it (defaults aside).
    pub fn is_touched(&self) -> bool {
        self.candidates.iter().any(|c| c.source != Source::Default)
    }
}

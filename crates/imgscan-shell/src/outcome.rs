//! How a path through a script ends.

use std::fmt;

use imgscan_model::{Origin, Problem, Text};

use crate::state::State;

/// An exit status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is this.
    Known(u8),
    /// It is not known; the text names what it hangs on, e.g. `nc -z db 5432`.
    Unknown(String),
    /// It is not 0; which it is is not known.
    Failed(String),
}

impl Status {
    /// Whether it is 0; `None` where that is not known.
    pub fn is_success(&self) -> Option<bool> {
        match self {
            Status::Known(n) => Some(*n == 0),
            Status::Unknown(_) => None,
            Status::Failed(_) => Some(false),
        }
    }
}

/// As the number, or `?`.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Status::Known(n) => write!(f, "{n}"),
            Status::Unknown(_) | Status::Failed(_) => f.write_str("?"),
        }
    }
}

/// How a path ends.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// The shell ends.
    Exit(Status),
    /// `exec` (or the shell's own habit with the last command) put a program in its place.
    Replaced,
    /// The shell waits for a program that stays: a server in the foreground, or a `wait` for one in the background.
    /// What follows in the script runs only when that program ends.
    Stays {
        /// Where it waits.
        origin: Origin,
        /// What it waits for, as written.
        what: String,
    },
    /// It cannot be told how it goes on from here (a bound, a line that cannot be read).
    Lost {
        /// Where.
        origin: Option<Origin>,
        /// Why, in words.
        reason: String,
    },
}

/// A path through the script, with the shell's state where it ends.
#[derive(Clone)]
pub struct PathEnd {
    /// The state at the end: files, variables, reads.
    pub state: State,
    /// How it ends.
    pub end: End,
    /// Under which condition this path is taken, as text; `None` where it always is (or where every other path ends
    /// without a server).
    pub condition: Option<String>,
    /// What it wrote to its standard output, if that is known.
    pub output: Option<Text>,
    /// Programs that stay in the background, as written, with the commands that start them.
    pub staying: Vec<(String, Origin)>,
    /// What could not be read or followed on the way.
    pub problems: Vec<Problem>,
}

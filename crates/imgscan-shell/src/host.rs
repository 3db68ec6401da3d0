//! The side of the caller: programs that this crate does not evaluate itself.

use imgscan_model::{Env, FileError, Node, Origin, StartFiles, Text};

use crate::outcome::{End, PathEnd, Status};
use crate::state::Budget;

/// Whether a program takes the shell's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaces {
    /// No: the shell stays its parent.
    No,
    /// By `exec`.
    Exec,
    /// The shell does so of its own accord, since nothing is left to do (bash and busybox with `-c`; dash does not).
    Habit,
}

/// Where a standard stream of a program leads.
#[derive(Clone, Debug, PartialEq)]
pub enum Stream {
    /// The container's own.
    Inherited,
    /// `/dev/null`.
    Null,
    /// Input with this content: a here-document, a file, a pipe.
    Content(Text),
    /// A pipe to the next program, or to a command substitution.
    Pipe,
    /// A file, by its path.
    File(String),
    /// Closed, or not known.
    Other,
}

/// A program that the script starts and that this crate does not evaluate itself.
#[derive(Clone)]
pub struct Command {
    /// Its words. One with a part of shape [`Words`](imgscan_model::Shape::Words) may stand for none or several.
    pub argv: Vec<Text>,
    /// What its name leads to, along `PATH`: the executable with its links resolved. `NotFound` where nothing is
    /// there; other errors where that cannot be told.
    pub program: Result<Node, FileError>,
    /// Its environment: the exported variables and the assignments before the command.
    pub env: Env,
    /// Its working directory.
    pub cwd: Text,
    /// Its user, as written (`""` is root).
    pub user: Text,
    /// The files as it sees them when it starts.
    pub files: StartFiles,
    /// The shell's umask, when known.
    pub umask: Option<u32>,
    /// What `nproc` answers, when it is given.
    pub cpus: Option<u32>,
    /// Whether it takes the place of the shell.
    pub replaces: Replaces,
    /// Whether it runs in the background (`&`, or a part of a background list).
    pub background: bool,
    /// Whether it runs in a subshell: `( )`, a pipeline, a command substitution. The shell itself stays.
    pub subshell: bool,
    /// Whether it is a part of a pipeline.
    pub pipeline: bool,
    /// Whether its output is wanted by a command substitution.
    pub substituted: bool,
    /// Its standard input.
    pub stdin: Stream,
    /// Its standard output.
    pub stdout: Stream,
    /// Its standard error.
    pub stderr: Stream,
    /// The command in the script.
    pub origin: Origin,
    /// The command as written.
    pub text: String,
    /// The condition under which it runs, as text; `None` where it always does.
    pub condition: Option<String>,
    /// The signals that the script traps at this point (`TERM`), and those it ignores (`trap '' TERM`).
    pub traps: Vec<(String, bool)>,
    /// How many shells stand above the program. Hand it on to the shells that it starts.
    pub depth: usize,
    /// The steps that are left: hand it on to the shells that this program starts.
    pub budget: Budget,
}

/// What comes of a program.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is not known what it does. If it replaces the shell the path ends; else its status and output are unknown.
    NotFollowed,
    /// It ends.
    Ended {
        /// Its status.
        status: Status,
        /// What it writes to its standard output; `None` where not known.
        output: Option<Text>,
    },
    /// It stays: a server, or something that waits for one.
    Stays,
}

/// One way in which a program may go.
#[derive(Clone)]
pub struct External {
    /// What comes of it.
    pub outcome: Outcome,
    /// The files after it.
    pub files: StartFiles,
    /// Under which condition it goes this way; `None` where it always does.
    pub condition: Option<String>,
}

impl External {
    /// It is not known what `command` does; the files stay as they are.
    pub fn not_followed(command: &Command) -> Vec<External> {
        vec![External { outcome: Outcome::NotFollowed, files: command.files.clone(), condition: None }]
    }

    /// `command` stays.
    pub fn stays(command: &Command) -> Vec<External> {
        vec![External { outcome: Outcome::Stays, files: command.files.clone(), condition: None }]
    }

    /// What the paths of another script are for the one that started it.
    pub fn of_paths(ends: Vec<PathEnd>) -> Vec<External> {
        ends.into_iter().map(External::of_path).collect()
    }

    fn of_path(path: PathEnd) -> External {
        let outcome = match path.end {
            End::Exit(status) => Outcome::Ended { status, output: path.output },
            End::Stays { .. } => Outcome::Stays,
            End::Replaced | End::Lost { .. } => Outcome::NotFollowed,
        };
        External { outcome, files: path.state.files, condition: path.condition }
    }
}

/// The caller's side.
pub trait Host: Send {
    /// A program that this crate does not evaluate itself. More than one answer forks the path; none ends it.
    fn external(&mut self, command: &Command) -> Vec<External>;
}

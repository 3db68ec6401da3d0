//! The interpreter: follows a script along every path that it may take.
//!
//! A function that runs a command takes a shell and answers with the shells on which the script goes on, one for each
//! path. Paths that end (exit, a program in the shell's place, a server that stays) leave through [`Interp::end`].

mod assign;
mod branch;
mod case;
mod compound;
mod cond;
mod external;
mod fork;
mod function;
mod join;
mod list;
mod loops;
mod pipeline;
mod redirect;
mod rematch;
mod settle;
mod simple;
mod subshell;
mod substitute;
mod tail;
mod trap;

use std::collections::HashSet;

use imgscan_model::limits;

use crate::builtin;
use crate::host::Host;
use crate::outcome::{End, PathEnd, Status};
use crate::shell::{Shell, World};
use crate::state::State;
use crate::syntax::Script;
use crate::tool::Ran;

pub(crate) use assign::{Assigned, readonly_error};
pub(crate) use external::{Call, Program, look_up};
pub(crate) use simple::Words;

/// Why an expansion or builtin stops the command it stands in.
#[derive(Clone, Debug)]
pub(crate) enum Stop {
    /// The shell ends.
    Exit(Status),
    /// bash gives up the line: a text of `-c` ends, a script goes on with its next line.
    Discard,
    /// It cannot be told how it goes on.
    Lost(String),
    /// The path ends here in this way.
    End(End),
}

impl Stop {
    pub(crate) fn exit(status: u8) -> Stop {
        Stop::Exit(Status::Known(status))
    }
}

/// Where a path goes after a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    Next,
    Break(usize),
    Continue(usize),
    Return,
    Discard,
}

/// A path on which the script goes on.
pub(crate) struct Path {
    pub shell: Box<Shell>,
    pub flow: Flow,
}

pub(crate) type Paths = Vec<Path>;

/// A path that ended.
pub(crate) struct Ended {
    pub shell: Box<Shell>,
    pub end: End,
}

/// The interpreter of one run.
pub(crate) struct Interp<'h> {
    pub(crate) host: &'h mut dyn Host,
    /// Ended paths of the shell and the subshells under way, innermost last.
    levels: Vec<Vec<Ended>>,
    /// Commands that bash and busybox put in their own place, by address.
    tails: HashSet<usize>,
    /// Nesting of commands.
    nesting: usize,
    /// Over 0 while something is only tried: the host is not told.
    mute: usize,
    /// Whether a failure of the command under way is asked about.
    tested: bool,
    /// Counts what was found unknown, to tell whether a stretch of script holds anything of the kind.
    unknowns: u64,
}

/// Most nested commands, calls of functions multiplied out. Together with the frame sizes measured in debug builds
/// this stays far below [`limits::PARSER_STACK`].
const NESTING: usize = limits::DEPTH * 5;

/// A path on which nothing happens.
pub(crate) fn next(shell: Box<Shell>) -> Paths {
    vec![Path { shell, flow: Flow::Next }]
}

/// A path on which a command ended with a status.
pub(crate) fn done(mut shell: Box<Shell>, status: u8) -> Paths {
    shell.set_status(Status::Known(status));
    next(shell)
}

impl<'h> Interp<'h> {
    pub(crate) fn new(host: &'h mut dyn Host) -> Self {
        Interp {
            host,
            levels: Vec::new(),
            tails: HashSet::new(),
            nesting: 0,
            mute: 0,
            tested: false,
            unknowns: 0,
        }
    }

    /// Follows a whole script.
    pub(crate) fn run(mut self, script: &Script, state: State) -> Vec<PathEnd> {
        let depth = state.depth;
        let shell = Box::new(Shell::of(state, script.unit.clone()));
        self.levels.push(Vec::new());
        if depth > limits::DEPTH {
            self.lose(shell, "shells start one another without end");
        } else {
            if shell.local.options.command_string {
                self.tails = tail::tails(script, shell.local.dialect);
            }
            let paths = self.lines(&script.lines, shell);
            for path in paths {
                let status = path.shell.local.status.clone();
                self.exit(path.shell, status);
            }
        }
        let ended = self.levels.pop().unwrap_or_default();
        settle::path_ends(ended)
    }

    /// Takes one step of the budget.
    pub(crate) fn step(&mut self, shell: &mut Shell) -> Result<(), Stop> {
        self.steps(shell, 1)
    }

    /// Takes steps of the budget.
    pub(crate) fn steps(&mut self, shell: &mut Shell, steps: u64) -> Result<(), Stop> {
        if shell.budget.take(steps) {
            Ok(())
        } else {
            Err(Stop::Lost(format!("more than {} steps are not followed", limits::STEPS)))
        }
    }

    /// A path ends.
    fn end(&mut self, shell: Box<Shell>, end: End) {
        if let Some(level) = self.levels.last_mut() {
            level.push(Ended { shell, end });
            if level.len() > limits::PATHS * 4 {
                settle::thin_out(level);
            }
        }
    }

    /// It cannot be told how a path goes on.
    pub(crate) fn lose(&mut self, mut shell: Box<Shell>, reason: impl Into<String>) {
        let reason = reason.into();
        let origin = shell.here();
        shell.problem(origin.clone(), reason.clone());
        self.end(shell, End::Lost { origin: Some(origin), reason });
    }

    /// What follows from a stop.
    pub(crate) fn stop(&mut self, mut shell: Box<Shell>, stop: Stop) -> Paths {
        match stop {
            Stop::Exit(status) => {
                if status.is_success() != Some(true) {
                    shell.complain();
                }
                self.exit(shell, status);
                Vec::new()
            }
            Stop::Lost(reason) => {
                self.lose(shell, reason);
                Vec::new()
            }
            Stop::End(end) => {
                self.end(shell, end);
                Vec::new()
            }
            Stop::Discard => {
                shell.complain();
                shell.set_status(Status::Known(1));
                vec![Path { shell, flow: Flow::Discard }]
            }
        }
    }

    /// The paths after a builtin or utility that did what it does.
    pub(crate) fn ran(&mut self, ran: Ran, mut shell: Box<Shell>) -> Paths {
        match ran {
            Ran::Status(status) => {
                if status > 1 {
                    shell.complain();
                }
                return done(shell, status);
            }
            Ran::Unsure => {
                self.unknowns += 1;
                builtin::unknown_status(&mut shell);
            }
            Ran::Asked(key) => {
                self.unknowns += 1;
                builtin::unknown_status(&mut shell);
                shell.local.status_key = Some(key);
            }
            Ran::Unknown(reason) => self.unknown_result(&mut shell, Some(reason)),
            Ran::Host => self.unknown_result(&mut shell, None),
            Ran::Never(what) => {
                let origin = shell.here();
                self.end(shell, End::Stays { origin, what });
                return Vec::new();
            }
        }
        next(shell)
    }

    /// Runs `inner` one command deeper.
    pub(crate) fn nested(
        &mut self,
        shell: Box<Shell>,
        inner: impl FnOnce(&mut Self, Box<Shell>) -> Paths,
    ) -> Paths {
        if self.nesting >= NESTING {
            self.lose(shell, "commands are nested too deeply to be followed");
            return Vec::new();
        }
        self.nesting += 1;
        let paths = inner(self, shell);
        self.nesting -= 1;
        paths
    }

    /// Runs `inner` in a subshell: what ends in it comes back as ended paths.
    fn level(&mut self, inner: impl FnOnce(&mut Self) -> Paths) -> (Paths, Vec<Ended>) {
        self.levels.push(Vec::new());
        let paths = inner(self);
        (paths, self.levels.pop().unwrap_or_default())
    }

    /// The shell goes on after a subshell: its own side as it was, the world as the subshell left it.
    fn after_subshell(before: &Shell, world: World) -> Box<Shell> {
        let mut shell = Box::new(before.clone());
        shell.world = world;
        shell
    }
}

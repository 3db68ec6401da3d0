//! Shell scripts and `sh -c` texts, read and not run.
//!
//! [`parse`] turns a text into a [`Script`] and never fails; [`run`] follows the script from a [`State`] (variables,
//! positional parameters, files) along every path that it may take and answers with one [`PathEnd`] each. Utilities of
//! a known meaning (`echo`, `sed`, `find` …) are evaluated here, on the file tree of the image; every other program
//! goes to the caller's [`Host`], which knows wrappers, servers and other scripts.
//!
//! What cannot be told is a hole in a [`Text`](imgscan_model::Text) with the reason, or a fork of the path with its
//! condition; it is never guessed.

mod arith;
mod builtin;
mod dialect;
mod expand;
mod host;
mod interp;
mod outcome;
mod pattern;
mod regex;
mod shell;
mod stack;
mod state;
mod syntax;
mod texts;
mod tool;
mod trim;

pub use dialect::Dialect;
pub use host::{Command, External, Host, Outcome, Replaces, Stream};
pub use outcome::{End, PathEnd, Status};
pub use state::{Budget, EnvRead, Options, State, Value, Variable, Variables};
pub use syntax::{Script, parse};

/// Follows a script along every path that it may take, the likeliest first.
///
/// Runs on a stack of its own, so that hostile scripts cannot overflow the caller's. At most
/// [`PATHS`](imgscan_model::limits::PATHS) paths are followed at once; over that, paths are joined and what differs
/// between them is unknown.
pub fn run(script: &Script, state: State, host: &mut dyn Host) -> Vec<PathEnd> {
    stack::with_room(|| interp::Interp::new(host).run(script, state)).unwrap_or_default()
}

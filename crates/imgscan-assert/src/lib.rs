//! A small language for what must hold of the settings that servers start with.
//!
//! ```text
//! gunicorn.timeout == 0 || gunicorn.timeout >= 300s
//! nginx.client_max_body_size <= 10m && nginx.proxy_read_timeout > gunicorn.timeout
//! gunicorn.worker_class in ["gthread", "sync"]
//! any(gunicorn.bind, "^unix:") && source(gunicorn.workers) == "file"
//! ```
//!
//! Logic has three values: what is not known makes an expression *undecided*, unless the rest decides it
//! (`false && unknown` is false). An undecided expression does not hold. `docs/reference/assertions.md` tells the whole
//! language; [`Expression::parse`] reads it, [`judge`] holds it against an
//! image; [`Settings`] is where settings come from.

mod eval;
mod image;
mod operand;
mod parse;
mod syntax;
#[cfg(test)]
mod tests;
mod token;

pub use eval::{Fact, Fault, Lookup};
pub use image::{Settings, judge};
pub use imgscan_model::Verdict;
pub use syntax::{Expression, Name, SyntaxError};

/// What a setting's number counts: decides what `10m` means beside it, and whether a bare number may stand there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Seconds; a bare number counts seconds (gunicorn).
    Seconds,
    /// Milliseconds; a bare number is refused, for nginx itself reads `60` as seconds.
    Milliseconds,
    /// Bytes; a bare number counts bytes.
    Bytes,
}

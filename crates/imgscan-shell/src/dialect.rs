//! Which shell reads a text.

use imgscan_model::{FileView, path};

/// Which shell reads a text, with the versions whose behaviour is followed (and against which the tests compare).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// dash 0.5.12.
    Dash,
    /// bash 5.2.
    Bash,
    /// bash 5.2 in POSIX mode, as when it is called by the name `sh`.
    BashPosix,
    /// The `ash` of busybox 1.35.
    Ash,
    /// A POSIX shell that cannot be seen (the image has no `/bin/sh`, or one that is not known): what its kind
    /// disagrees on is unknown.
    Posix,
}

impl Dialect {
    /// The shell that `interpreter` (a path as in `#!/bin/sh`) leads to in the image; `None` where that is no shell.
    pub fn at(files: &dyn FileView, interpreter: &str) -> Option<Dialect> {
        let called = path::name(interpreter);
        let resolved = files.resolve(interpreter).ok();
        let program = resolved.as_ref().map_or(called, |node| path::name(&node.path));
        Dialect::named(called, program)
    }

    /// The shell called `called` whose program is `program` (both base names): `("sh", "dash")`, `("sh", "busybox")`.
    pub fn named(called: &str, program: &str) -> Option<Dialect> {
        let called = called.trim_start_matches('-');
        match (called, program) {
            ("sh", "bash") => Some(Dialect::BashPosix),
            ("bash" | "rbash", _) | (_, "bash" | "rbash") => Some(Dialect::Bash),
            ("dash", _) | (_, "dash") => Some(Dialect::Dash),
            ("ash", _) | ("sh", "busybox" | "ash") | (_, "ash") => Some(Dialect::Ash),
            ("sh", _) => Some(Dialect::Posix),
            _ => None,
        }
    }

    /// Whether it is bash, in whichever mode.
    pub fn is_bash(self) -> bool {
        matches!(self, Dialect::Bash | Dialect::BashPosix)
    }
}

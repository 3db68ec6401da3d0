//! Exit statuses. The kind of an error alone decides them; the table stands in `docs/report-v1.md`.

use std::process::ExitCode;

use imgscan_model::InputErrorKind;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: done.
    Done,
    /// 1: a finding at or above `--fail-on`.
    Finding,
    /// 2: the command line is wrong.
    Usage,
    /// 3: an image could not be had.
    Unavailable,
    /// 4: an image is damaged or over a bound.
    Damaged,
    /// 5: the report could not be written.
    Unwritable,
    /// 101: a bug.
    Bug,
}

impl Exit {
    /// The status of an input that failed.
    pub(crate) fn of(kind: InputErrorKind) -> Self {
        match kind {
            InputErrorKind::Damaged | InputErrorKind::Limit => Exit::Damaged,
            InputErrorKind::NotFound
            | InputErrorKind::Unauthorized
            | InputErrorKind::Network
            | InputErrorKind::Unsupported
            | InputErrorKind::Platform => Exit::Unavailable,
        }
    }

    /// Of several images: the first of 4, 3, 1, 0 that holds for any. A bug and an unwritable report beat all.
    pub(crate) fn worst(self, other: Self) -> Self {
        let rank = |exit| match exit {
            Exit::Bug => 6,
            Exit::Usage => 5,
            Exit::Unwritable => 4,
            Exit::Damaged => 3,
            Exit::Unavailable => 2,
            Exit::Finding => 1,
            Exit::Done => 0,
        };
        if rank(other) > rank(self) { other } else { self }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::Finding => 1,
            Exit::Usage => 2,
            Exit::Unavailable => 3,
            Exit::Damaged => 4,
            Exit::Unwritable => 5,
            Exit::Bug => 101,
        })
    }
}

/// Why a command gave no answer.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The status.
    pub(crate) exit: Exit,
    /// What happened, in one sentence.
    pub(crate) message: String,
    /// What to do about it, when we know.
    pub(crate) help: Option<String>,
}

impl Failure {
    /// The same with the place it is about.
    pub(crate) fn at(self, place: &str) -> Self {
        Failure { message: format!("{place}: {}", self.message), ..self }
    }

    /// A command line that is wrong. A `help:` line in the text becomes the help.
    pub(crate) fn usage(message: impl ToString) -> Self {
        let message = message.to_string();
        let (message, help) = match message.split_once("\nhelp: ") {
            Some((message, help)) => (message.to_owned(), Some(help.to_owned())),
            None => (message, None),
        };
        Failure { exit: Exit::Usage, message, help }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_images_the_worst_counts() {
        let worst = |all: &[Exit]| all.iter().copied().fold(Exit::Done, Exit::worst);
        assert_eq!(worst(&[Exit::Finding, Exit::Damaged, Exit::Unavailable]), Exit::Damaged);
        assert_eq!(worst(&[Exit::Finding, Exit::Unavailable]), Exit::Unavailable);
        assert_eq!(worst(&[Exit::Done, Exit::Finding]), Exit::Finding);
        assert_eq!(worst(&[]), Exit::Done);
    }
}

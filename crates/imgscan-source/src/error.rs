//! What can go wrong on the way from a reference to verified bytes.

use std::io;

/// The kind of an error. It alone decides the exit status and stands in the report (`errors[].kind`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Nothing of that name is there: no such file, repository, tag or digest.
    NotFound,
    /// The registry refused: no or wrong credentials, or not allowed.
    Unauthorized,
    /// The other side could not be reached or did not answer as it should: DNS, TLS, resets, 429, 5xx, time-outs.
    Network,
    /// It is there and whole, and it is nothing imgscan can read: schema 1, a Helm chart, a signature.
    Unsupported,
    /// The bytes are not what they are said to be: a digest or size that does not match, a blob that is missing.
    Damaged,
    /// A bound of `imgscan_model::limits` was passed.
    Limit,
    /// The image is there, but not for the platform asked for.
    Platform,
}

impl ErrorKind {
    /// The word in the report.
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorKind::NotFound => "not-found",
            ErrorKind::Unauthorized => "unauthorized",
            ErrorKind::Network => "network",
            ErrorKind::Unsupported => "unsupported",
            ErrorKind::Damaged => "damaged",
            ErrorKind::Limit => "limit",
            ErrorKind::Platform => "platform",
        }
    }

    /// The exit status of a run in which this happened: 3 where the image could not be had, 4 where it is damaged or
    /// over a bound.
    pub fn exit_status(self) -> u8 {
        match self {
            ErrorKind::Damaged | ErrorKind::Limit => 4,
            _ => 3,
        }
    }
}

/// Why an image, or a part of it, could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SourceError {
    /// Its kind.
    pub kind: ErrorKind,
    /// What happened and where, in one sentence; text of other parties in it is escaped and cut.
    pub message: String,
    /// What the user can do, where we know it.
    pub help: Option<String>,
}

impl SourceError {
    /// An error of a kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        SourceError { kind, message: message.into(), help: None }
    }

    /// The same error with advice.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The error that a layer's reader wrapped into an [`io::Error`], however deep decoders have wrapped it again.
    pub fn find(error: &io::Error) -> Option<&SourceError> {
        let mut inner: Option<&(dyn std::error::Error + 'static)> =
            error.get_ref().map(|e| e as &(dyn std::error::Error + 'static));
        while let Some(error) = inner {
            if let Some(found) = error.downcast_ref::<SourceError>() {
                return Some(found);
            }
            inner = match error.downcast_ref::<io::Error>() {
                Some(io) => io.get_ref().map(|e| e as &(dyn std::error::Error + 'static)),
                None => error.source(),
            };
        }
        None
    }

    /// An error of the local file system about a path.
    pub(crate) fn file(path: &std::path::Path, error: &io::Error) -> Self {
        let path = crate::shown::path(path);
        match error.kind() {
            io::ErrorKind::NotFound => {
                SourceError::new(ErrorKind::NotFound, format!("`{path}` does not exist"))
            }
            io::ErrorKind::PermissionDenied => {
                SourceError::new(ErrorKind::Unauthorized, format!("`{path}` may not be read by this user"))
            }
            _ => SourceError::new(ErrorKind::Damaged, format!("`{path}` cannot be read: {error}")),
        }
    }

    /// The same error with a word in front that says what it is about.
    #[must_use]
    pub(crate) fn about(mut self, what: impl std::fmt::Display) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }
}

impl From<SourceError> for io::Error {
    fn from(error: SourceError) -> Self {
        let kind = match error.kind {
            ErrorKind::NotFound => io::ErrorKind::NotFound,
            ErrorKind::Unauthorized => io::ErrorKind::PermissionDenied,
            ErrorKind::Network => io::ErrorKind::ConnectionAborted,
            _ => io::ErrorKind::InvalidData,
        };
        io::Error::new(kind, error)
    }
}

/// Short makers of errors, by kind.
macro_rules! makers {
    ($($name:ident => $kind:ident),*) => {$(
        pub(crate) fn $name(message: impl Into<String>) -> SourceError {
            SourceError::new(ErrorKind::$kind, message)
        }
    )*};
}
makers! { not_found => NotFound, unauthorized => Unauthorized, network => Network, unsupported => Unsupported,
damaged => Damaged, over_limit => Limit, wrong_platform => Platform }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_error_is_found_through_two_wrappings() {
        let inner = io::Error::from(damaged("digest differs"));
        let outer = io::Error::new(io::ErrorKind::InvalidData, inner);
        assert_eq!(SourceError::find(&outer).map(|e| e.kind), Some(ErrorKind::Damaged));
        assert!(SourceError::find(&io::Error::other("plain")).is_none());
    }
}

//! What can go wrong on the way from a reference to verified bytes.

use std::io;

/// The kind of an error. It alone decides the exit status and stands in the report (`errors[].kind`).
pub use imgscan_model::InputErrorKind as ErrorKind;

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

//! What can go wrong with a blob as a whole. The kind of an error decides the exit status.

use std::io;

/// A layer that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LayerError {
    /// The stream that was handed in failed (the network, a digest that does not match, a deadline). It is passed on
    /// as it came.
    #[error(transparent)]
    Read(io::Error),
    /// The bytes are not what they should be: corrupt compression, a tar that breaks off. Exit status 4.
    #[error("{0}")]
    Damaged(String),
    /// The layer is larger, longer or deeper than [`imgscan_model::limits`] allow. Exit status 4.
    #[error("{0}")]
    Limit(String),
    /// The layer is in a form that imgscan does not read (encrypted, an unknown compression). Exit status 4.
    #[error("{0}")]
    Unsupported(String),
    /// The writer that a file was to be copied to failed.
    #[error("{0}")]
    Write(io::Error),
}

/// A config blob that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// It is not a config blob, or a field that decides what starts has a type it cannot have. Exit status 4.
    #[error("{0}")]
    Damaged(String),
    /// It is larger than [`imgscan_model::limits`] allow. Exit status 4.
    #[error("{0}")]
    Limit(String),
}

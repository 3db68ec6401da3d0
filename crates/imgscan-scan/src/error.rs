//! Why a scan has no result.

use imgscan_layers::{ConfigError, LayerError};
use imgscan_model::InputErrorKind;
use imgscan_source::SourceError;

/// Why a scan has no result.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The image, or a part of it, could not be had.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The config blob cannot be read.
    #[error("config blob: {0}")]
    Config(#[from] ConfigError),
    /// A layer cannot be read.
    #[error("layer {index}{}: {error}", .instruction.as_deref().map(|i| format!(" (`{i}`)")).unwrap_or_default())]
    Layer {
        /// Index of the layer, counted from 0 at the base.
        index: u32,
        /// The instruction that made it, when history tells it.
        instruction: Option<String>,
        /// What is wrong.
        error: LayerError,
    },
    /// The thread that reads content of the image ended without an answer: a bug.
    #[error("the reader of the image's files ended without an answer")]
    Bug,
}

impl ScanError {
    /// The kind, which alone decides the exit status; `None` for a bug.
    pub fn kind(&self) -> Option<InputErrorKind> {
        match self {
            ScanError::Source(error) => Some(error.kind),
            ScanError::Config(ConfigError::Damaged(_)) => Some(InputErrorKind::Damaged),
            ScanError::Config(ConfigError::Limit(_)) => Some(InputErrorKind::Limit),
            ScanError::Layer { error, .. } => Some(match error {
                LayerError::Limit(_) => InputErrorKind::Limit,
                LayerError::Read(_) | LayerError::Write(_) => InputErrorKind::Network,
                LayerError::Damaged(_) | LayerError::Unsupported(_) => InputErrorKind::Damaged,
            }),
            ScanError::Bug => None,
        }
    }

    /// What to do about it, when we know.
    pub fn help(&self) -> Option<&str> {
        match self {
            ScanError::Source(error) => error.help.as_deref(),
            _ => None,
        }
    }
}

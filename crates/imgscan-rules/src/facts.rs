//! What rules see.

use imgscan_model::{FileView, ImageConfig, Layer, Server, Text};

/// Everything that is known about an image when the rules run.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The config blob.
    pub config: &'a ImageConfig,
    /// Its layers.
    pub layers: &'a [Layer],
    /// The servers that the container starts, in order.
    pub servers: &'a [Server],
    /// The index of the image's files before the start: for looking up what exists, never for content.
    pub files: &'a dyn FileView,
    /// Whether options or deployment files stand over the image (then what the image sets may not be what runs).
    pub overridden: bool,
    /// Answers to "what would it be without …", resolved by the scan.
    pub what_if: &'a [WhatIf],
    /// The words that the runtime executes as PID 1, before anything is followed; empty where not known.
    pub argv: &'a [Text],
    /// Environment variables that start scripts, wrappers and supervisors ask for, set or not.
    pub reads_env: &'a [String],
    /// Variables that lost their reader because a config file stands in another's place.
    pub lost_readers: &'a [LostReader],
}

impl<'a> Facts<'a> {
    /// Facts about an image of which nothing is known but what is given.
    pub fn new(
        config: &'a ImageConfig,
        layers: &'a [Layer],
        servers: &'a [Server],
        files: &'a dyn FileView,
    ) -> Self {
        Facts {
            config,
            layers,
            servers,
            files,
            overridden: false,
            what_if: &[],
            argv: &[],
            reads_env: &[],
            lost_readers: &[],
        }
    }
}

/// A setting that would be different without one layer's version of a config file.
#[derive(Clone, Debug, PartialEq)]
pub struct WhatIf {
    /// Id of the server.
    pub server: String,
    /// The setting.
    pub setting: String,
    /// The layer that is left out.
    pub layer: u32,
    /// The file whose version in that layer decides.
    pub path: String,
    /// The effective value with the layer, as text.
    pub with: String,
    /// The effective value without it, as text.
    pub without: String,
}

/// A config file of the base image that reads environment variables which the one that is loaded instead does not.
#[derive(Clone, Debug, PartialEq)]
pub struct LostReader {
    /// Id of the server.
    pub server: String,
    /// The file that is loaded.
    pub loaded: String,
    /// The file of the base image that would be loaded otherwise: an earlier version of the same path, or another.
    pub replaced: String,
    /// The layer that holds the replaced file.
    pub layer: u32,
    /// The variables that only the replaced file reads.
    pub names: Vec<String>,
}

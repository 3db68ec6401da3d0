//! What rules see.

use imgscan_model::{FileView, ImageConfig, Layer, Server};

/// Everything that is known about an image when the rules run.
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

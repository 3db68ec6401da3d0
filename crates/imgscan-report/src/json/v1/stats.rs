//! What a run took. Differs from run to run; only `--stats` prints it.

use imgscan_model as model;
use schemars::JsonSchema;
use serde::Serialize;

/// What the scan of an image took.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Stats {
    /// Wall time in milliseconds.
    pub elapsed_ms: u64,
    /// Requests sent to registries.
    pub requests: u64,
    /// Bytes received from registries.
    pub bytes_fetched: u64,
    /// What was read of each layer, base first.
    pub layers: Vec<LayerRead>,
}

/// What was read of a layer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LayerRead {
    /// Index of the layer.
    pub index: u32,
    /// From where: `registry`, `cache`, `file` …
    pub from: String,
    /// Compressed bytes read.
    pub bytes: u64,
}

impl Stats {
    pub(super) fn new(stats: &model::Stats) -> Self {
        Stats {
            elapsed_ms: u64::try_from(stats.elapsed.as_millis()).unwrap_or(u64::MAX),
            requests: stats.requests,
            bytes_fetched: stats.bytes_fetched,
            layers: stats
                .layers
                .iter()
                .map(|l| LayerRead { index: l.index, from: l.from.clone(), bytes: l.bytes })
                .collect(),
        }
    }
}

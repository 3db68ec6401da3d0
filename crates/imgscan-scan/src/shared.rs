//! What the scans of a run share: the cache on disk, the layers in memory, the leave to read.

use std::fmt;
use std::io::BufReader;
use std::sync::Arc;
use std::thread;

use imgscan_cache::{Cache, Kind};
use imgscan_layers::{Keep, LayerIndex};
use imgscan_model::Layer;

use crate::pool::{Permits, Pool};

/// What the scans of a run share. No value of a report depends on it.
pub struct Shared {
    cache: Option<Arc<Cache>>,
    pub(crate) pool: Pool,
    pub(crate) permits: Permits,
    pub(crate) jobs: usize,
    /// Layers at least as large are read by their table of contents, in bytes.
    pub(crate) listed_from: u64,
}

/// Smaller layers are read whole: they are not larger than what is fetched of a table of contents, and of its files, at once.
const LISTED_FROM: u64 = 256 << 10;

impl Default for Shared {
    fn default() -> Self {
        Shared::new(None, 0)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("cache", &self.cache).field("jobs", &self.jobs).finish_non_exhaustive()
    }
}

impl Shared {
    /// With a cache on disk, if one is given, and so many layers read at once over all images; 0 for one per processor.
    pub fn new(cache: Option<Arc<Cache>>, jobs: usize) -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let jobs = if jobs == 0 { cores } else { jobs };
        Shared { cache, pool: Pool::default(), permits: Permits::new(jobs), jobs, listed_from: LISTED_FROM }
    }

    /// Layers from so many bytes on are read by their table of contents where they have one: all with 0, none with
    /// [`u64::MAX`]. No value of a report depends on it.
    #[must_use]
    pub fn listed_from(self, bytes: u64) -> Self {
        Shared { listed_from: bytes, ..self }
    }

    /// The index of a layer from the cache.
    pub(crate) fn cached(&self, key: &str, keep: &Keep) -> Option<LayerIndex> {
        let file = self.cache.as_ref()?.get(Kind::Index, key)?;
        LayerIndex::read_from(BufReader::with_capacity(64 << 10, file), keep).ok()
    }

    /// Writes the index of a layer to the cache. What cannot be written is not kept.
    pub(crate) fn remember(&self, key: &str, index: &LayerIndex) {
        if let Some(cache) = &self.cache {
            drop(cache.put(Kind::Index, key, |to| index.write_to(to)));
        }
    }

    /// A file of a layer that was asked for before, in this run or another.
    pub(crate) fn file(&self, layer: &str, path: &Arc<str>) -> Option<Vec<u8>> {
        if let Some(bytes) = self.pool.file(layer, path) {
            return Some(bytes.to_vec());
        }
        self.cache.as_ref()?.get_bytes(Kind::Text, &file_key(layer, path))
    }

    /// Keeps a file that was asked for.
    pub(crate) fn remember_file(&self, layer: &str, path: &Arc<str>, bytes: &[u8]) {
        self.pool.keep_file(layer, path, bytes);
        if let Some(cache) = &self.cache {
            drop(cache.put_bytes(Kind::Text, &file_key(layer, path), bytes));
        }
    }
}

/// What a layer is known by: its digest, what its manifest says of it, and how it was read. `None` where the source
/// has no digest for it.
pub(crate) fn layer_key(layer: &Layer) -> Option<String> {
    let (digest, media_type) = (layer.digest.as_ref()?, &layer.media_type);
    Some(format!("{digest} {media_type:?} {}", LayerIndex::VERSION))
}

/// A path may hold any character; quoted, it is one line.
fn file_key(layer: &str, path: &str) -> String {
    format!("{layer} {path:?}")
}

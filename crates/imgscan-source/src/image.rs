//! An image as a source hands it over: its manifest and config, verified, and its layers, verified while they are read.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use imgscan_model::{Platform, Problem};

use crate::digest::Digest;
use crate::error::SourceError;

/// Where an image came from (`source` in the report).
pub use imgscan_model::SourceKind;

/// A layer as manifest and config describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerDescriptor {
    /// Index, counted from 0 at the base.
    pub index: u32,
    /// Digest of the blob; `None` where the source has none (`docker save` names layers by diff ID only).
    pub digest: Option<Digest>,
    /// Digest of the uncompressed tar, as the config lists it; `None` where manifest and config disagree about how
    /// many layers there are.
    pub diff_id: Option<Digest>,
    /// Media type as the manifest says it. It may be wrong: the first bytes of the blob decide.
    pub media_type: String,
    /// Bytes of the blob.
    pub size: u64,
    /// Annotations of the descriptor.
    pub annotations: BTreeMap<String, String>,
}

/// What an image consists of.
#[derive(Clone)]
pub enum Content {
    /// Layers, the base first.
    Layers(Layers),
    /// A directory that holds the merged files; nothing tells who wrote what.
    Rootfs(PathBuf),
}

/// The layers of an image. Cheap to clone; may be read from several threads at once, and again.
#[derive(Clone)]
pub struct Layers {
    pub(crate) descriptors: Arc<[LayerDescriptor]>,
    pub(crate) reader: Arc<dyn OpenLayer>,
}

/// How a source opens a layer.
pub(crate) trait OpenLayer: Send + Sync {
    /// The verified bytes of a layer.
    fn open(&self, index: usize) -> Result<Box<dyn Read + Send>, SourceError>;

    /// Some bytes of a layer, unverified; `None` where they cannot be had alone.
    fn range(&self, _index: usize, _from: u64, _length: u64) -> Result<Option<Vec<u8>>, SourceError> {
        Ok(None)
    }
}

impl Layers {
    /// What manifest and config say of each layer, the base first.
    pub fn descriptors(&self) -> &[LayerDescriptor] {
        &self.descriptors
    }

    /// Number of layers.
    pub fn len(&self) -> usize {
        self.descriptors.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.descriptors.is_empty()
    }

    /// Reads the blob of a layer, from its start. Retries and resumption are the reader's own affair.
    ///
    /// Size and digest are checked over the bytes received. The check is done before the last bytes are handed out:
    /// whoever has read as many bytes as the descriptor says has read verified bytes. Whoever stops earlier has
    /// read bytes that nobody has verified, and must not believe them: read to the end.
    ///
    /// # Errors
    /// Where the blob cannot be opened; [`Read::read`] of the reader fails with an [`std::io::Error`] that
    /// [`SourceError::find`] turns back into the reason.
    pub fn open(&self, index: usize) -> Result<Box<dyn Read + Send>, SourceError> {
        if index >= self.descriptors.len() {
            let count = self.descriptors.len();
            return Err(crate::error::not_found(format!(
                "the image has {count} layers, none of index {index}"
            )));
        }
        self.reader.open(index)
    }

    /// So many bytes of the blob of a layer, from an offset on, by one request. `None` where the source does not give them
    /// alone: it knows no ranges, gives another one, or does not hold them.
    ///
    /// **Nobody has verified them**: the digest of a blob covers all of it. Whoever asks has digests of its parts that the
    /// manifest vouches for.
    ///
    /// # Errors
    /// Where the source cannot be reached.
    pub fn range(&self, index: usize, from: u64, length: u64) -> Result<Option<Vec<u8>>, SourceError> {
        let size = self.descriptors.get(index).map_or(0, |layer| layer.size);
        let inside = from.checked_add(length).is_some_and(|end| end <= size);
        if inside && length > 0 { self.reader.range(index, from, length) } else { Ok(None) }
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Content::Layers(layers) => f.debug_tuple("Layers").field(&layers.descriptors).finish(),
            Content::Rootfs(path) => f.debug_tuple("Rootfs").field(path).finish(),
        }
    }
}

/// One image for one platform.
#[derive(Clone, Debug)]
pub struct Image {
    /// The reference as typed.
    pub reference: String,
    /// Where it came from.
    pub source: SourceKind,
    /// Digest of the manifest that was read; `None` where the source has none.
    pub digest: Option<Digest>,
    /// Platform, as the config says it; where the config is silent, as the index says it.
    pub platform: Platform,
    /// The manifest as received, verified; `None` where the source has none.
    pub manifest: Option<Arc<[u8]>>,
    /// The config as received, verified: a JSON object.
    pub config: Arc<[u8]>,
    /// Digest of the config; `None` where the source has none (a root filesystem's).
    pub config_digest: Option<Digest>,
    /// Its files.
    pub content: Content,
    /// What is odd about it and was passed over.
    pub problems: Vec<Problem>,
}

impl Image {
    /// The layers; none for a root filesystem.
    pub fn layers(&self) -> &[LayerDescriptor] {
        match &self.content {
            Content::Layers(layers) => layers.descriptors(),
            Content::Rootfs(_) => &[],
        }
    }
}

//! What every place that holds images by digest can do: a registry, a layout, an archive. What is done with it
//! (choosing, verifying) is written once, for all.

use std::io::Read;
use std::sync::Arc;

use imgscan_model::limits;

use crate::descriptor::Descriptor;
use crate::error::{SourceError, damaged, over_limit};
use crate::verify::Verified;

/// What a descriptor describes. Registries keep manifests and blobs in different places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Manifest,
    Config,
    Layer,
}

impl Part {
    /// The word in messages.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Part::Manifest => "manifest",
            Part::Config => "config",
            Part::Layer => "layer",
        }
    }

    /// Most bytes of it.
    pub(crate) fn most(self) -> u64 {
        match self {
            Part::Manifest => limits::MANIFEST_BYTES,
            Part::Config => limits::CONFIG_BYTES,
            Part::Layer => limits::LAYER_BYTES,
        }
    }
}

/// A place that holds images by digest.
pub(crate) trait Store: Send + Sync {
    /// The bytes that are kept under a descriptor's digest, unverified.
    fn open(&self, part: Part, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError>;

    /// Some bytes of a layer, unverified; `None` where they cannot be had alone.
    fn range(&self, _: &Descriptor, _from: u64, _length: u64) -> Result<Option<Vec<u8>>, SourceError> {
        Ok(None)
    }
}

/// The bytes under a descriptor, verified while they are read.
pub(crate) fn open_verified(
    store: &dyn Store,
    part: Part,
    descriptor: &Descriptor,
) -> Result<Box<dyn Read + Send>, SourceError> {
    let what = format!("{} `{}`", part.word(), descriptor.digest);
    if descriptor.size > part.most() {
        let (size, most) = (descriptor.size, part.most());
        return Err(over_limit(format!("{what} is said to have {size} bytes; imgscan reads at most {most}")));
    }
    let inner = store.open(part, descriptor)?;
    Ok(Box::new(Verified::new(inner, what, &descriptor.digest, Some(descriptor.size))))
}

/// A manifest or config whole, verified.
pub(crate) fn read(store: &dyn Store, part: Part, descriptor: &Descriptor) -> Result<Arc<[u8]>, SourceError> {
    let mut bytes = Vec::new();
    let mut reader = open_verified(store, part, descriptor)?;
    reader.read_to_end(&mut bytes).map_err(|error| match SourceError::find(&error) {
        Some(found) => found.clone(),
        None => damaged(format!("{} `{}` cannot be read: {error}", part.word(), descriptor.digest)),
    })?;
    Ok(bytes.into())
}

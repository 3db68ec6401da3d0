//! Manifests, indexes of images and configs that were read before, by digest; and the digest that a tag had.
//!
//! A document is what its digest says, wherever it was kept. Of a tag only the registry knows what it is now: it is asked
//! for the digest alone, and only where a document of that digest may be at hand.

use std::io::{Cursor, Read};
use std::sync::Arc;

use imgscan_cache::{Cache, Kind};

use crate::descriptor::Descriptor;
use crate::digest::{Digest, Hasher};
use crate::error::{SourceError, damaged};
use crate::registry_name::RegistryName;
use crate::resolve::Document;
use crate::store::{Part, Store};

/// What was read before.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory(Option<Arc<Cache>>);

impl Memory {
    pub(crate) fn new(cache: Option<Arc<Cache>>) -> Self {
        Memory(cache)
    }

    /// The document of a digest, checked.
    pub(crate) fn document(&self, digest: &Digest) -> Option<Vec<u8>> {
        let bytes = self.0.as_ref()?.get_bytes(Kind::Document, &digest.to_string())?;
        is(&bytes, digest).then_some(bytes)
    }

    /// Keeps a document that has been checked.
    pub(crate) fn keep(&self, digest: &Digest, bytes: &[u8]) {
        if let Some(cache) = &self.0 {
            // What cannot be kept is fetched again.
            drop(cache.put_bytes(Kind::Document, &digest.to_string(), bytes));
        }
    }

    /// What a name stood for when it was read last, if that is at hand.
    pub(crate) fn named(&self, name: &RegistryName) -> Option<Document> {
        let bytes = self.0.as_ref()?.get_bytes(Kind::Tag, &name.to_string())?;
        let text = String::from_utf8(bytes).ok()?;
        let (digest, media_type) = text.split_once(' ')?;
        let digest: Digest = digest.parse().ok()?;
        let raw = self.document(&digest)?.into();
        let media_type = (!media_type.is_empty()).then(|| media_type.to_owned());
        Some(Document { raw, digest, media_type })
    }

    /// Keeps what a name stands for.
    pub(crate) fn keep_named(&self, name: &RegistryName, document: &Document) {
        self.keep(&document.digest, &document.raw);
        if let Some(cache) = &self.0 {
            let media_type = document.media_type.as_deref().unwrap_or("");
            let text = format!("{} {media_type}", document.digest);
            drop(cache.put_bytes(Kind::Tag, &name.to_string(), text.as_bytes()));
        }
    }
}

/// A store whose manifests and configs are looked for among those that were read before.
pub(crate) struct Remembering {
    pub(crate) inner: Arc<dyn Store>,
    pub(crate) memory: Memory,
}

impl Store for Remembering {
    fn range(&self, layer: &Descriptor, from: u64, length: u64) -> Result<Option<Vec<u8>>, SourceError> {
        self.inner.range(layer, from, length)
    }

    fn open(&self, part: Part, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError> {
        if part == Part::Layer || self.memory.0.is_none() {
            return self.inner.open(part, descriptor);
        }
        if let Some(bytes) = self.memory.document(&descriptor.digest) {
            return Ok(Box::new(Cursor::new(bytes)));
        }
        // One byte more than it may have is enough to see that it is too long; whoever reads it says so.
        let mut bytes = Vec::new();
        let most = descriptor.size.min(part.most()).saturating_add(1);
        let read = self.inner.open(part, descriptor)?.take(most).read_to_end(&mut bytes);
        read.map_err(|error| match SourceError::find(&error) {
            Some(found) => found.clone(),
            None => damaged(format!("{} `{}` cannot be read: {error}", part.word(), descriptor.digest)),
        })?;
        if is(&bytes, &descriptor.digest) {
            self.memory.keep(&descriptor.digest, &bytes);
        }
        Ok(Box::new(Cursor::new(bytes)))
    }
}

fn is(bytes: &[u8], digest: &Digest) -> bool {
    let mut hasher = Hasher::new(digest.algorithm());
    hasher.update(bytes);
    hasher.finish() == *digest
}

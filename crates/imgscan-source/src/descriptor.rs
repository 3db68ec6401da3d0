//! Descriptors, checked: a digest that is one, a size that is no negative number.

use std::collections::BTreeMap;

use imgscan_model::Platform;
use oci_distribution::manifest::{ImageIndexEntry, OciDescriptor};

use crate::digest::Digest;
use crate::error::{SourceError, damaged};
use crate::platform;

/// What a manifest or index says of a blob or manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Descriptor {
    pub(crate) media_type: String,
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    pub(crate) annotations: BTreeMap<String, String>,
    /// Places outside the store from where it may be had.
    pub(crate) urls: Vec<String>,
}

/// An entry of an index.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) descriptor: Descriptor,
    pub(crate) platform: Option<Platform>,
}

/// Checks a descriptor; `what` says in an error what it describes.
pub(crate) fn descriptor(what: &str, from: OciDescriptor) -> Result<Descriptor, SourceError> {
    check(what, from.media_type, &from.digest, from.size, from.annotations, from.urls)
}

/// Checks an entry of an index.
pub(crate) fn entry(from: ImageIndexEntry) -> Result<Entry, SourceError> {
    let platform = from
        .platform
        .map(|p| platform::normal(&p.os.to_string(), &p.architecture.to_string(), p.variant.as_deref()));
    let descriptor =
        check("an entry of the index", from.media_type, &from.digest, from.size, from.annotations, None)?;
    Ok(Entry { descriptor, platform })
}

fn check(
    what: &str,
    media_type: String,
    digest: &str,
    size: i64,
    annotations: Option<BTreeMap<String, String>>,
    urls: Option<Vec<String>>,
) -> Result<Descriptor, SourceError> {
    let digest = digest.parse().map_err(|error| damaged(format!("{what}: {error}")))?;
    let size = u64::try_from(size).map_err(|_| damaged(format!("{what} is said to have {size} bytes")))?;
    Ok(Descriptor {
        media_type,
        digest,
        size,
        annotations: annotations.unwrap_or_default(),
        urls: urls.unwrap_or_default(),
    })
}

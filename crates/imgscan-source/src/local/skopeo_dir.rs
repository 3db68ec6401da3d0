//! What `skopeo copy … dir:FOLDER` writes: `manifest.json`, and blobs named by the digits of their digest; of an index
//! also `HEX.manifest.json` (containers-transports(5), `dir:path`).

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use imgscan_model::limits;

use super::Request;
use super::files::{Directory, Files, read_small};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::error::{SourceError, damaged, not_found};
use crate::image::{Image, SourceKind};
use crate::resolve::{Document, Resolver};
use crate::store::{Part, Store};

/// Whether a directory is one of skopeo's.
pub(crate) fn is(folder: &Path) -> bool {
    let version = std::fs::metadata(folder.join("version"));
    folder.join("manifest.json").is_file()
        && version.is_ok_and(|data| data.is_file() && data.len() < 100)
        && std::fs::read(folder.join("version"))
            .is_ok_and(|text| text.starts_with(b"Directory Transport Version"))
}

/// The images in it.
pub(crate) fn open(folder: &Path, request: &Request<'_>) -> Result<Vec<Image>, SourceError> {
    let files = Directory::new(folder)?;
    let place = files.place().to_owned();
    let raw = read_small(&files, "manifest.json", limits::MANIFEST_BYTES)?;
    let raw = raw.ok_or_else(|| not_found(format!("`{place}` has no `manifest.json`")))?;
    let document = Document { digest: Digest::of(&raw), raw: raw.into(), media_type: None };
    let store = Arc::new(Blobs { files });
    Resolver::new(store, request.reference.typed(), SourceKind::OciLayout, request.choice).images(document)
}

struct Blobs {
    files: Directory,
}

impl Store for Blobs {
    fn open(&self, part: Part, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError> {
        let digest = &descriptor.digest;
        let name = match part {
            Part::Manifest => format!("{}.manifest.json", digest.hex()),
            Part::Config | Part::Layer => digest.hex().to_owned(),
        };
        let missing =
            || damaged(format!("the {} `{digest}` is not in `{}`", part.word(), self.files.place()));
        Ok(self.files.open(&name)?.ok_or_else(missing)?.reader)
    }
}

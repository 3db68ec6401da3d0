//! Images in the storage folder of Podman, Buildah, CRI-O and skopeo (containers/storage): `DRIVER-images/images.json`,
//! manifest and config beside it, `DRIVER-layers/layers.json`, and a directory for each layer.
//!
//! A layer is no tar there. Its directory and its tar-split together give the tar byte for byte, so that it is held to
//! its diff ID; manifest and config are held to their digests. What cannot be verified is not read.

mod images;
mod layers;
mod places;
mod tar_split;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use imgscan_model::{Problem, limits};

use super::Request;
use super::files::{Directory, Files, read_small};
use crate::config::ConfigHead;
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::environment::Environment;
use crate::error::{ErrorKind, SourceError, damaged, unsupported};
use crate::image::{Content, Image, Layers, SourceKind};
use crate::manifest::{self, ImageManifest, Manifest};
use crate::resolve::{check_platform, unknown_platform};
use crate::store::{self, Part, Store};
use images::{BigData, ImageRecord};

/// What a reference names.
pub(crate) struct Named<'a> {
    pub(crate) driver: Option<&'a str>,
    pub(crate) root: Option<&'a Path>,
    /// The image's name or ID.
    pub(crate) name: &'a str,
}

/// How a storage driver lays out the directories of layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Driver {
    Overlay,
    Vfs,
}

/// A storage folder: the graph root.
struct Folder {
    files: Directory,
    root: PathBuf,
    driver: Driver,
}

impl Driver {
    fn word(self) -> &'static str {
        match self {
            Driver::Overlay => "overlay",
            Driver::Vfs => "vfs",
        }
    }
}

impl Folder {
    /// A list of records that the folder keeps; none, where there is no such list.
    fn list<T: serde::de::DeserializeOwned>(&self, of: &str) -> Result<Vec<T>, SourceError> {
        let name = format!("{0}-{of}/{of}.json", self.driver.word());
        let raw = read_small(&self.files, &name, limits::STORE_LIST_BYTES).map_err(explained)?;
        let Some(raw) = raw else { return Ok(Vec::new()) };
        let place = self.files.place();
        serde_json::from_slice(&raw).map_err(|e| damaged(format!("`{name}` in `{place}` is damaged: {e}")))
    }
}

/// The image of a name, in the folder that was named or in the user's own.
pub(crate) fn open(
    named: &Named<'_>,
    environment: &Environment,
    request: &Request<'_>,
) -> Result<Vec<Image>, SourceError> {
    let folders = places::folders(named, environment)?;
    let (folder, record, digest) = images::find(&folders, named.name)?;
    let about = |e: SourceError| e.about(format!("`{}`", crate::shown::text(request.reference.typed())));
    let image = image(&folders, folder, &record, digest, request).map_err(about)?;
    check_platform(request.choice, &image).map_err(about)?;
    Ok(vec![image])
}

fn image(
    folders: &[Folder],
    folder: &Folder,
    record: &ImageRecord,
    digest: Option<Digest>,
    request: &Request<'_>,
) -> Result<Image, SourceError> {
    let data = BigData::new(folder, record)?;
    let raw = data.manifest(digest.as_ref())?;
    let Manifest::Image(ImageManifest { config: descriptor, layers, mut problems }) =
        manifest::parse("its manifest", &raw, None)?
    else {
        return Err(unsupported("it is a manifest list, which has no layers of its own")
            .with_help("name one of its images; `podman manifest inspect NAME` lists them"));
    };
    let config = store::read(&data, Part::Config, &descriptor)?;
    let head = ConfigHead::parse(&config)?;
    let chain = layers::chain(folders, &record.layer)?;
    if chain.len() != layers.len() {
        let (stored, told) = (chain.len(), layers.len());
        problems.push(Problem::new(format!("the manifest lists {told} layers, the storage folder {stored}")));
    }
    let (descriptors, reader) = layers::opened(folders, chain, &head.diff_ids.unwrap_or_default())?;
    if head.platform.is_none() {
        problems.push(Problem::new("the config does not tell the image's platform"));
    }
    Ok(Image {
        reference: request.reference.typed().to_owned(),
        source: SourceKind::OciLayout,
        digest: Some(Digest::of(&raw)),
        platform: head.platform.unwrap_or_else(unknown_platform),
        manifest: Some(raw.into()),
        config,
        config_digest: Some(descriptor.digest),
        content: Content::Layers(Layers { descriptors, reader: Arc::new(reader) }),
        problems,
    })
}

impl Store for BigData<'_> {
    fn open(&self, part: Part, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError> {
        let digest = &descriptor.digest;
        let missing =
            || damaged(format!("the {} `{digest}` is not in `{}`", part.word(), self.folder.files.place()));
        Ok(self.file(&digest.to_string())?.ok_or_else(missing)?.reader)
    }
}

/// What can be done where something of the folder may not be read: files of a user's containers belong to IDs of the
/// user's own namespace.
fn explained(error: SourceError) -> SourceError {
    match error.kind {
        ErrorKind::Unauthorized if error.help.is_none() => error.with_help(
            "for images of this user run it in the user's namespace, `podman unshare imgscan …`; for those of root with `sudo`",
        ),
        _ => error,
    }
}

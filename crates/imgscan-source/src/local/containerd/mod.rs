//! Images that containerd holds in its folder: names in `meta.db`, blobs by digest in the content store.
//!
//! ```text
//! io.containerd.metadata.v1.bolt/meta.db         v1/NAMESPACE/images/NAME/target/{digest,mediatype,size}
//! io.containerd.content.v1.content/blobs/sha256/HEX
//! ```
//!
//! Every blob is held to its digest, as in an OCI layout (containerd, `core/metadata/buckets.go` and
//! `plugins/content/local`).

mod bolt;
mod names;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use imgscan_model::limits;

use super::Request;
use super::files::{Directory, Files};
use crate::descriptor::Descriptor;
use crate::environment::Environment;
use crate::error::{ErrorKind, SourceError, damaged, not_found};
use crate::image::{Image, SourceKind};
use crate::resolve::Resolver;
use crate::store::{Part, Store};

const DATABASE: &str = "io.containerd.metadata.v1.bolt/meta.db";
const CONTENT: &str = "io.containerd.content.v1.content";
/// Where containerd itself, k3s, RKE2 and MicroK8s keep it.
const FOLDERS: [&str; 4] = [
    "/var/lib/containerd",
    "/var/lib/rancher/k3s/agent/containerd",
    "/var/lib/rancher/rke2/agent/containerd",
    "/var/snap/microk8s/common/var/lib/containerd",
];
const SETTINGS: &str = "/etc/containerd/config.toml";

/// The images of a name, in the folder that was named or in containerd's own.
pub(crate) fn open(
    folder: Option<&Path>,
    name: &str,
    environment: &Environment,
    request: &Request<'_>,
) -> Result<Vec<Image>, SourceError> {
    let folder = match folder {
        Some(folder) => folder.to_owned(),
        None => usual_folder(environment)?,
    };
    let target = names::find(&folder.join(DATABASE), name).map_err(|e| explained(e, &folder))?;
    let files = Directory::new(&folder.join(CONTENT)).map_err(|e| explained(e, &folder))?;
    let store = Arc::new(Content { files });
    let resolver = Resolver::new(store, request.reference.typed(), SourceKind::OciLayout, request.choice);
    resolver.images(resolver.document(&target)?)
}

/// The folder that containerd's settings name, else the first usual one that is there.
fn usual_folder(environment: &Environment) -> Result<PathBuf, SourceError> {
    if let Some(root) = environment.system(SETTINGS).and_then(|path| root_in(&path)) {
        return Ok(root);
    }
    let found = FOLDERS.iter().filter_map(|folder| environment.system(folder)).find(|path| path.is_dir());
    found.ok_or_else(|| {
        let list = FOLDERS.map(|folder| format!("`{folder}`")).join(", ");
        not_found(format!("no folder of containerd is there: none of {list}")).with_help(
            "name it: `containerd:[FOLDER]NAME`; or give the image: `ctr images export - NAME | imgscan -`",
        )
    })
}

/// `root` in containerd's settings. Settings that cannot be read name none: the usual folder is looked at.
fn root_in(settings: &Path) -> Option<PathBuf> {
    let file = std::fs::File::open(settings).ok()?;
    let mut text = String::new();
    file.take(limits::CONFIG_BYTES).read_to_string(&mut text).ok()?;
    let root = text.parse::<toml::Table>().ok()?.get("root")?.as_str()?.to_owned();
    (!root.is_empty()).then(|| PathBuf::from(root))
}

/// What can be done where the folder is not what it should be.
fn explained(error: SourceError, folder: &Path) -> SourceError {
    let folder = crate::shown::path(folder);
    match error.kind {
        _ if error.help.is_some() => error,
        ErrorKind::Unauthorized => error.with_help(
            "containerd's folder belongs to root: run it with `sudo`, or `ctr images export - NAME | imgscan -`",
        ),
        ErrorKind::NotFound => {
            let help = format!("`{folder}` is no folder of containerd; name it: `containerd:[FOLDER]NAME`");
            error.with_help(help)
        }
        _ => error,
    }
}

/// The content store. What a descriptor names need not be there: containerd fetches what this machine needs.
struct Content {
    files: Directory,
}

impl Store for Content {
    fn open(&self, part: Part, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError> {
        let digest = &descriptor.digest;
        let (word, place) = (part.word(), self.files.place());
        let opened = self.files.open(&digest.blob_path());
        let opened = opened.map_err(|e| explained(e, Path::new(place)))?;
        let Some(opened) = opened else {
            let help = match part {
                Part::Layer => {
                    "containerd may drop layers once they are unpacked (`discard_unpacked_layers`); fetch them again: `ctr content fetch NAME`"
                }
                Part::Manifest | Part::Config => {
                    "containerd fetches what this machine's platform needs; for another: `ctr content fetch --platform PLATFORM NAME`"
                }
            };
            let message = format!("the {word} `{digest}` is not in containerd's content store `{place}`");
            return Err(not_found(message).with_help(help));
        };
        if opened.size != descriptor.size {
            let (is, said) = (opened.size, descriptor.size);
            return Err(damaged(format!(
                "the {word} `{digest}` in `{place}` has {is} bytes; its descriptor tells {said}"
            )));
        }
        Ok(opened.reader)
    }
}

//! `layers.json`: the layers of a storage folder, each with its parent; and their reading.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use imgscan_model::limits;
use serde::Deserialize;

use super::tar_split::TarSplit;
use super::{Driver, Folder};
use crate::config::DiffIds;
use crate::digest::Digest;
use crate::error::{SourceError, damaged, not_found, over_limit, unsupported};
use crate::image::{LayerDescriptor, OpenLayer};
use crate::shown;
use crate::verify::Verified;

/// A layer of `layers.json`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct LayerRecord {
    id: String,
    #[serde(default)]
    parent: Option<String>,
    /// Digest of its tar.
    #[serde(default)]
    diff_digest: Option<String>,
    /// Bytes of its tar.
    #[serde(default)]
    diff_size: Option<i64>,
}

/// A layer and the number of the folder it lies in.
pub(super) struct Stored {
    folder: usize,
    record: LayerRecord,
}

/// The layers from the base to `top`. A layer of one folder may have its parent in another.
pub(super) fn chain(folders: &[Folder], top: &str) -> Result<Vec<Stored>, SourceError> {
    let mut chain = Vec::new();
    if top.is_empty() {
        return Ok(chain);
    }
    let mut known: HashMap<String, Stored> = HashMap::new();
    for (folder, at) in folders.iter().enumerate() {
        for record in at.list::<LayerRecord>("layers")? {
            known.entry(record.id.clone()).or_insert(Stored { folder, record });
        }
    }
    let mut next = Some(top.to_owned());
    while let Some(id) = next.filter(|id| !id.is_empty()) {
        // What was taken is not there a second time: a circle ends here.
        let Some(stored) = known.remove(&id) else {
            let id = shown::text(&id);
            return Err(damaged(format!("its layer `{id}` is not in `layers.json`, or is its own parent")));
        };
        check_id(&id)?;
        next = stored.record.parent.clone();
        chain.push(stored);
        if chain.len() > limits::LAYERS {
            return Err(over_limit(format!("it has more than {} layers", limits::LAYERS)));
        }
    }
    chain.reverse();
    Ok(chain)
}

/// An ID is part of a path.
pub(super) fn check_id(id: &str) -> Result<(), SourceError> {
    let known = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    match !id.is_empty() && id.len() <= limits::NAME_BYTES && id.bytes().all(known) {
        true => Ok(()),
        false => Err(damaged(format!("`{}` is no ID", shown::text(id)))),
    }
}

/// A layer that can be read.
struct Layer {
    diff_id: Digest,
    size: Option<u64>,
    directory: PathBuf,
    tar_split: PathBuf,
}

/// Layers that are put together from their directories and held to their diff IDs.
pub(super) struct StoredLayers(Vec<Layer>);

/// What config and folder say of the layers, and how they are read.
pub(super) fn opened(
    folders: &[Folder],
    chain: Vec<Stored>,
    ids: &DiffIds,
) -> Result<(Arc<[LayerDescriptor]>, StoredLayers), SourceError> {
    if ids.count != chain.len() {
        let (stored, ids) = (chain.len(), ids.count);
        return Err(damaged(format!(
            "the storage folder has {stored} layers of it, the config {ids} diff IDs: nothing verifies them"
        )));
    }
    let mut descriptors = Vec::with_capacity(chain.len());
    let mut layers = Vec::with_capacity(chain.len());
    for (index, (stored, id)) in chain.into_iter().zip(&ids.ids).enumerate() {
        let diff_id: Digest = id.parse().map_err(|e| damaged(format!("diff ID {index}: {e}")))?;
        let layer = layer(folders, &stored, diff_id).map_err(|e| e.about(format!("layer {index}")))?;
        descriptors.push(LayerDescriptor {
            index: u32::try_from(index).unwrap_or(u32::MAX),
            digest: None,
            diff_id: Some(layer.diff_id.clone()),
            media_type: "application/vnd.oci.image.layer.v1.tar".to_owned(),
            size: layer.size.unwrap_or(0),
            annotations: BTreeMap::new(),
        });
        layers.push(layer);
    }
    Ok((descriptors.into(), StoredLayers(layers)))
}

fn layer(folders: &[Folder], stored: &Stored, diff_id: Digest) -> Result<Layer, SourceError> {
    let Stored { folder, record } = stored;
    let LayerRecord { id, .. } = record;
    let folder = folders.get(*folder).ok_or_else(|| damaged("its folder is gone"))?;
    if let Some(told) = record.diff_digest.as_ref().filter(|told| **told != diff_id.to_string()) {
        let told = shown::text(told);
        return Err(damaged(format!(
            "`layers.json` gives `{id}` the diff ID `{told}`, the config `{diff_id}`"
        )));
    }
    let driver = folder.driver.word();
    let of_layer = folder.root.join(driver);
    let directory = match folder.driver {
        Driver::Overlay => of_layer.join(id).join("diff"),
        Driver::Vfs => of_layer.join("dir").join(id),
    };
    let save = "give the image itself: `podman save --format oci-archive NAME | imgscan -`";
    if of_layer.join(id).join("composefs-data").exists() {
        return Err(
            unsupported(format!("`{id}` is kept as composefs, which imgscan does not read")).with_help(save)
        );
    }
    let tar_split = folder.root.join(format!("{driver}-layers/{id}.tar-split.gz"));
    for path in [&directory, &tar_split] {
        if let Err(error) = std::fs::symlink_metadata(path) {
            let error = match error.kind() {
                std::io::ErrorKind::NotFound => {
                    let path = shown::path(path);
                    not_found(format!("`{path}` is not there: without it nothing gives the layer's tar"))
                        .with_help(save)
                }
                _ => SourceError::file(path, &error),
            };
            return Err(super::explained(error));
        }
    }
    let size = record.diff_size.and_then(|size| u64::try_from(size).ok()).filter(|size| *size > 0);
    if let Some(size) = size.filter(|size| *size > limits::LAYER_UNPACKED_BYTES) {
        let most = limits::LAYER_UNPACKED_BYTES;
        return Err(over_limit(format!("`{id}` is said to have {size} bytes; at most {most}")));
    }
    Ok(Layer { diff_id, size, directory, tar_split })
}

impl OpenLayer for StoredLayers {
    fn open(&self, index: usize) -> Result<Box<dyn Read + Send>, SourceError> {
        let layer = self.0.get(index).ok_or_else(|| not_found(format!("no layer of index {index}")))?;
        let what = format!("layer {index}, put together from `{}`", shown::path(&layer.directory));
        let inner = TarSplit::open(&layer.tar_split, &layer.directory)?;
        Ok(Box::new(Verified::new(inner, what, &layer.diff_id, layer.size)))
    }
}

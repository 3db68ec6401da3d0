//! Images written as OCI layouts, the same bytes every time.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use flate2::{Compression as Level, GzBuilder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::lazy::{self, Item};
use crate::recipe::{Compression, Entry, EntryKind, ImageSpec, LayerSpec};

/// A blob with its digest and media type.
#[derive(Clone, Debug)]
pub struct Blob {
    /// `sha256:…`.
    pub digest: String,
    /// Its media type.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Annotations of its descriptor.
    pub annotations: BTreeMap<String, String>,
}

/// An image as blobs: what a registry holds.
#[derive(Clone, Debug)]
pub struct BuiltImage {
    /// The manifest.
    pub manifest: Blob,
    /// The config blob.
    pub config: Blob,
    /// The layers, base first.
    pub layers: Vec<Blob>,
    /// `platform` as an index describes it.
    pub platform: Value,
}

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// `sha256:…` of some bytes.
pub fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
    format!("sha256:{hex}")
}

impl Blob {
    /// A blob of some bytes.
    pub fn new(media_type: &'static str, bytes: Vec<u8>) -> Self {
        Blob { digest: digest(&bytes), media_type, bytes, annotations: BTreeMap::new() }
    }

    /// Its descriptor.
    pub fn descriptor(&self) -> Value {
        let mut descriptor =
            json!({ "mediaType": self.media_type, "digest": self.digest, "size": self.bytes.len() });
        if !self.annotations.is_empty() {
            descriptor["annotations"] = json!(self.annotations);
        }
        descriptor
    }
}

/// The blobs of an image.
pub fn build(spec: &ImageSpec) -> io::Result<BuiltImage> {
    let mut layers = Vec::new();
    let mut diff_ids = Vec::new();
    for layer in &spec.layers {
        let (blob, diff_id) = pack(layer)?;
        diff_ids.push(diff_id);
        layers.push(blob);
    }
    let (os, architecture, variant) = &spec.platform;
    let mut platform = json!({ "os": os, "architecture": architecture });
    if let Some(variant) = variant {
        platform["variant"] = json!(variant);
    }
    let mut config = json!({ "created": "1970-01-01T00:00:00Z" });
    for (key, value) in platform.as_object().into_iter().flatten() {
        config[key] = value.clone();
    }
    config["config"] = Value::Object(spec.config.clone());
    config["rootfs"] = json!({ "type": "layers", "diff_ids": diff_ids });
    config["history"] = json!(spec.history);
    let config = Blob::new(CONFIG, serde_json::to_vec(&config)?);
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config.descriptor(),
        "layers": layers.iter().map(Blob::descriptor).collect::<Vec<_>>(),
    });
    let manifest = Blob::new(MANIFEST, serde_json::to_vec(&manifest)?);
    Ok(BuiltImage { manifest, config, layers, platform })
}

/// An image index over several images.
pub fn index(images: &[BuiltImage]) -> io::Result<Blob> {
    let manifests: Vec<Value> = images
        .iter()
        .map(|image| {
            let mut descriptor = image.manifest.descriptor();
            descriptor["platform"] = image.platform.clone();
            descriptor
        })
        .collect();
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests });
    Ok(Blob::new(INDEX, serde_json::to_vec(&index)?))
}

/// Writes an OCI layout with one tag: an image, or an index where there are several.
pub fn write(dir: &Path, tag: &str, images: &[BuiltImage]) -> io::Result<()> {
    let blobs = dir.join("blobs/sha256");
    fs::create_dir_all(&blobs)?;
    let save = |blob: &Blob| fs::write(blobs.join(blob.digest.trim_start_matches("sha256:")), &blob.bytes);
    for image in images {
        std::iter::once(&image.manifest).chain([&image.config]).chain(&image.layers).try_for_each(save)?;
    }
    let mut top = match images {
        [one] => one.manifest.descriptor(),
        several => {
            let index = index(several)?;
            save(&index)?;
            index.descriptor()
        }
    };
    top["annotations"] = json!({ "org.opencontainers.image.ref.name": tag });
    let layout = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [top] });
    fs::write(dir.join("index.json"), serde_json::to_vec(&layout)?)?;
    fs::write(dir.join("oci-layout"), br#"{"imageLayoutVersion":"1.0.0"}"#)
}

/// The bare tar of a layer: entries in order, directories above them not added, every time stamp 0.
fn tar_of(layer: &LayerSpec) -> io::Result<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    layer.entries.iter().try_for_each(|entry| append(&mut builder, entry))?;
    builder.into_inner()
}

fn append(builder: &mut tar::Builder<Vec<u8>>, entry: &Entry) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_mode(entry.mode);
    header.set_uid(entry.uid);
    header.set_gid(entry.gid);
    header.set_mtime(0);
    header.set_size(0);
    match &entry.kind {
        EntryKind::File(bytes) => {
            header.set_size(bytes.len() as u64);
            header.set_entry_type(tar::EntryType::Regular);
            builder.append_data(&mut header, &entry.path, bytes.as_slice())
        }
        EntryKind::Dir => {
            header.set_entry_type(tar::EntryType::Directory);
            builder.append_data(&mut header, format!("{}/", entry.path), io::empty())
        }
        EntryKind::Symlink(target) => {
            header.set_entry_type(tar::EntryType::Symlink);
            builder.append_link(&mut header, &entry.path, target)
        }
        EntryKind::Hardlink(target) => {
            header.set_entry_type(tar::EntryType::Link);
            builder.append_link(&mut header, &entry.path, target)
        }
    }
}

/// An entry as a layer lists it that tells what it holds.
fn item(entry: &Entry) -> io::Result<Item> {
    let mut builder = tar::Builder::new(Vec::new());
    append(&mut builder, entry)?;
    let mut blocks = builder.into_inner()?;
    let (kind, link, body) = match &entry.kind {
        EntryKind::File(bytes) => ("reg", "", bytes.as_slice()),
        EntryKind::Dir => ("dir", "", &[][..]),
        EntryKind::Symlink(target) => ("symlink", target.as_str(), &[][..]),
        EntryKind::Hardlink(target) => ("hardlink", target.as_str(), &[][..]),
    };
    // Two blocks of zeros end a tar; the body stands before them.
    blocks.truncate(blocks.len() - 1024 - body.len().next_multiple_of(512));
    let (name, link, body) = (entry.path.clone(), link.to_owned(), body.to_vec());
    Ok(Item { blocks, body, name, kind, link, mode: entry.mode, uid: entry.uid, gid: entry.gid })
}

/// The blob of a layer and the digest of its tar.
fn pack(layer: &LayerSpec) -> io::Result<(Blob, String)> {
    const GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
    const ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";
    let items = || layer.entries.iter().map(item);
    let listed = |media_type, layer: lazy::Layer| {
        let blob = Blob { annotations: layer.annotations, ..Blob::new(media_type, layer.bytes) };
        (blob, layer.diff_id)
    };
    let tar = match layer.compression {
        Compression::Estargz => return Ok(listed(GZIP, lazy::estargz(items())?)),
        Compression::ZstdChunked => return Ok(listed(ZSTD, lazy::zstd_chunked(items())?)),
        _ => tar_of(layer)?,
    };
    let diff_id = digest(&tar);
    let blob = match layer.compression {
        Compression::Zstd => Blob::new(ZSTD, zstd::encode_all(tar.as_slice(), 3)?),
        Compression::Gzip => {
            let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Level::new(6));
            encoder.write_all(&tar)?;
            Blob::new(GZIP, encoder.finish()?)
        }
        _ => Blob::new("application/vnd.oci.image.layer.v1.tar", tar),
    };
    Ok((blob, diff_id))
}

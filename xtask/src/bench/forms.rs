//! How a layer is packed.

use std::collections::BTreeMap;
use std::io::{self, Write};

use flate2::{Compression, GzBuilder};
use imgscan_testkit::layout::digest;
use imgscan_testkit::lazy::{self, Item};

use super::trees::{Entry, Kind, Tree, write_tar};

/// A form of layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One gzip member at the usual level, as Docker and BuildKit write it.
    Gzip,
    /// One zstd frame at level 3, as BuildKit writes it.
    Zstd,
    /// eStargz: a gzip member for each file, and a table of contents.
    Estargz,
    /// zstd:chunked: a zstd frame for each file, and a table of contents.
    ZstdChunked,
}

/// A packed layer.
pub struct Layer {
    /// The blob.
    pub bytes: Vec<u8>,
    /// Digest of its tar.
    pub diff_id: String,
    /// Annotations of its descriptor.
    pub annotations: BTreeMap<String, String>,
}

impl Form {
    /// The media type of its layers.
    pub fn media_type(self) -> &'static str {
        match self {
            Form::Gzip | Form::Estargz => "application/vnd.oci.image.layer.v1.tar+gzip",
            Form::Zstd | Form::ZstdChunked => "application/vnd.oci.image.layer.v1.tar+zstd",
        }
    }

    /// Packs a tree.
    pub fn pack(self, tree: &Tree) -> io::Result<Layer> {
        let lazy = match self {
            Form::Gzip | Form::Zstd => return self.whole(tree),
            Form::Estargz => lazy::estargz(tree.entries.iter().map(item))?,
            Form::ZstdChunked => lazy::zstd_chunked(tree.entries.iter().map(item))?,
        };
        Ok(Layer { bytes: lazy.bytes, diff_id: lazy.diff_id, annotations: lazy.annotations })
    }

    fn whole(self, tree: &Tree) -> io::Result<Layer> {
        let mut tar = Vec::new();
        write_tar(tree, &mut tar)?;
        let diff_id = digest(&tar);
        let bytes = match self {
            Form::Zstd | Form::ZstdChunked => zstd::encode_all(tar.as_slice(), 3)?,
            Form::Gzip | Form::Estargz => {
                let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::new(6));
                encoder.write_all(&tar)?;
                encoder.finish()?
            }
        };
        Ok(Layer { bytes, diff_id, annotations: BTreeMap::new() })
    }
}

fn item(entry: &Entry) -> io::Result<Item> {
    let (kind, link) = match &entry.kind {
        Kind::Machine(..) | Kind::Text(_) => ("reg", ""),
        Kind::Dir => ("dir", ""),
        Kind::Link(target) => ("symlink", target.as_str()),
    };
    Ok(Item {
        blocks: entry.blocks()?,
        body: entry.body()?,
        name: entry.path.clone(),
        kind,
        link: link.to_owned(),
        mode: entry.mode,
        uid: 0,
        gid: 0,
    })
}

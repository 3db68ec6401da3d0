//! Layers that tell what they hold: eStargz and zstd:chunked, written as their specifications say
//! (stargz-snapshotter `docs/estargz.md`; containers/storage `pkg/chunked/internal/minimal/compression.go`).

use std::collections::BTreeMap;
use std::io::{self, Write};

use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};

use crate::layout::digest;

/// Longest chunk of a file that is packed as one piece.
const CHUNK: usize = 4 << 20;

/// An entry of the tar.
pub struct Item {
    /// Its header blocks.
    pub blocks: Vec<u8>,
    /// Its body.
    pub body: Vec<u8>,
    /// Its path.
    pub name: String,
    /// `reg`, `dir`, `symlink`, `hardlink`.
    pub kind: &'static str,
    /// The target of a link.
    pub link: String,
    /// Permission bits.
    pub mode: u32,
    /// Owner.
    pub uid: u64,
    /// Group.
    pub gid: u64,
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

/// Pieces of the tar, each packed on its own, and the table of contents.
struct Pieces {
    pack: fn(&[u8]) -> io::Result<Vec<u8>>,
    /// Whether a piece with a file's bytes goes on with what follows the file.
    joined: bool,
    bytes: Vec<u8>,
    open: Vec<u8>,
    tar: Vec<u8>,
    entries: Vec<Value>,
}

impl Pieces {
    fn new(pack: fn(&[u8]) -> io::Result<Vec<u8>>, joined: bool) -> Self {
        Pieces { pack, joined, bytes: Vec::new(), open: Vec::new(), tar: Vec::new(), entries: Vec::new() }
    }

    fn write(&mut self, bytes: &[u8]) {
        self.tar.extend_from_slice(bytes);
        self.open.extend_from_slice(bytes);
    }

    fn close(&mut self) -> io::Result<()> {
        if !self.open.is_empty() {
            let packed = (self.pack)(&self.open)?;
            self.bytes.extend_from_slice(&packed);
            self.open.clear();
        }
        Ok(())
    }

    fn add(&mut self, item: &Item) -> io::Result<()> {
        self.write(&item.blocks);
        let mut entry = json!({ "type": item.kind, "name": item.name, "mode": item.mode });
        for (key, value) in [("uid", item.uid), ("gid", item.gid), ("size", item.body.len() as u64)] {
            if value > 0 {
                entry[key] = json!(value);
            }
        }
        if !item.link.is_empty() {
            entry["linkName"] = json!(item.link);
        }
        if item.kind == "reg" {
            entry["digest"] = json!(digest(&item.body));
        }
        let several = item.body.len() > CHUNK;
        for (index, chunk) in item.body.chunks(CHUNK).enumerate() {
            self.close()?;
            let mut entry =
                if index == 0 { entry.clone() } else { json!({ "type": "chunk", "name": item.name }) };
            entry["offset"] = json!(self.bytes.len());
            entry["chunkDigest"] = json!(digest(chunk));
            if several {
                entry["chunkSize"] = json!(chunk.len());
                entry["chunkOffset"] = json!(index * CHUNK);
            }
            self.write(chunk);
            if !self.joined {
                self.close()?;
                entry["endOffset"] = json!(self.bytes.len());
            }
            self.entries.push(entry);
        }
        if item.body.is_empty() {
            self.entries.push(entry);
        }
        self.write(&vec![0; (item.body.len().wrapping_neg()) % 512]);
        Ok(())
    }

    fn table(&self) -> io::Result<Vec<u8>> {
        Ok(serde_json::to_vec(&json!({ "version": 1, "entries": self.entries }))?)
    }
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::new(6));
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn zstd(bytes: &[u8]) -> io::Result<Vec<u8>> {
    zstd::encode_all(bytes, 3)
}

/// An eStargz layer.
pub fn estargz(items: impl Iterator<Item = io::Result<Item>>) -> io::Result<Layer> {
    let mut pieces = Pieces::new(gzip, true);
    for item in items {
        pieces.add(&item?)?;
    }
    pieces.close()?;
    let table = pieces.table()?;
    let offset = pieces.bytes.len();
    let mut header = tar::Header::new_gnu();
    header.set_path("stargz.index.json")?;
    header.set_mode(0o444);
    header.set_size(table.len() as u64);
    header.set_entry_type(tar::EntryType::Regular);
    header.set_cksum();
    pieces.write(header.as_bytes());
    pieces.write(&table);
    pieces.write(&vec![0; table.len().wrapping_neg() % 512]);
    pieces.write(&[0; 1024]);
    pieces.close()?;
    pieces.bytes.extend_from_slice(&estargz_footer(offset));
    let annotations =
        BTreeMap::from([("containerd.io/snapshot/stargz/toc.digest".to_owned(), digest(&table))]);
    Ok(Layer { diff_id: digest(&pieces.tar), bytes: pieces.bytes, annotations })
}

/// An empty gzip member whose extra field tells where the table is.
fn estargz_footer(offset: usize) -> Vec<u8> {
    let mut footer = vec![0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 26, 0, b'S', b'G', 22, 0];
    footer.extend_from_slice(format!("{offset:016x}STARGZ").as_bytes());
    footer.extend_from_slice(&[1, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]);
    footer
}

/// A zstd:chunked layer.
pub fn zstd_chunked(items: impl Iterator<Item = io::Result<Item>>) -> io::Result<Layer> {
    let mut pieces = Pieces::new(zstd, false);
    for item in items {
        pieces.add(&item?)?;
    }
    pieces.write(&[0; 1024]);
    pieces.close()?;
    let table = pieces.table()?;
    let packed = zstd(&table)?;
    let skippable = |bytes: &mut Vec<u8>, content: &[u8]| {
        bytes.extend_from_slice(&[0x50, 0x2a, 0x4d, 0x18]);
        bytes.extend_from_slice(&(content.len() as u32).to_le_bytes());
        bytes.extend_from_slice(content);
    };
    let offset = pieces.bytes.len() as u64 + 8;
    skippable(&mut pieces.bytes, &packed);
    let numbers = [offset, packed.len() as u64, table.len() as u64, 1, 0, 0, 0];
    let mut footer: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
    footer.extend_from_slice(b"GNUlInUx");
    skippable(&mut pieces.bytes, &footer);
    let name = |end: &str| format!("io.github.containers.zstd-chunked.{end}");
    let position = format!("{offset}:{}:{}:1", packed.len(), table.len());
    let annotations =
        BTreeMap::from([(name("manifest-checksum"), digest(&packed)), (name("manifest-position"), position)]);
    Ok(Layer { diff_id: digest(&pieces.tar), bytes: pieces.bytes, annotations })
}

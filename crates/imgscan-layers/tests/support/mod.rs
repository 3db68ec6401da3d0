//! Small tars, written entry by entry.

#![allow(dead_code, clippy::unwrap_used)]

use std::io::Write;
use std::sync::Arc;

use imgscan_layers::{Keep, LayerIndex, MergedView, read_layer};

#[derive(Clone)]
pub(crate) struct Tar {
    bytes: Vec<u8>,
    mode: u32,
    owner: (u64, u64),
}

impl Tar {
    pub(crate) fn new() -> Self {
        Tar { bytes: Vec::new(), mode: 0o644, owner: (0, 0) }
    }

    pub(crate) fn mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }

    pub(crate) fn owner(mut self, uid: u64, gid: u64) -> Self {
        self.owner = (uid, gid);
        self
    }

    pub(crate) fn file(self, path: &str, content: &str) -> Self {
        self.entry(b'0', path.as_bytes(), "", content.as_bytes())
    }

    pub(crate) fn raw_name(self, path: &[u8], content: &str) -> Self {
        self.entry(b'0', path, "", content.as_bytes())
    }

    pub(crate) fn dir(self, path: &str) -> Self {
        self.entry(b'5', path.as_bytes(), "", b"")
    }

    pub(crate) fn symlink(self, path: &str, target: &str) -> Self {
        self.entry(b'2', path.as_bytes(), target, b"")
    }

    pub(crate) fn hard_link(self, path: &str, target: &str) -> Self {
        self.entry(b'1', path.as_bytes(), target, b"")
    }

    pub(crate) fn special(self, path: &str) -> Self {
        self.entry(b'3', path.as_bytes(), "", b"")
    }

    /// An entry; a long path goes before it in a GNU record.
    pub(crate) fn entry(mut self, typeflag: u8, path: &[u8], target: &str, body: &[u8]) -> Self {
        if path.len() > 100 {
            self = self.entry(b'L', b"././@LongLink", "", &[path, b"\0"].concat());
        }
        let mut header = tar::Header::new_gnu();
        let name = &mut header.as_mut_bytes()[..100];
        let length = path.len().min(100);
        name[..length].copy_from_slice(&path[..length]);
        header.as_old_mut().linkflag = [typeflag];
        header.set_mode(if typeflag == b'5' { 0o755 } else { self.mode });
        header.set_uid(self.owner.0);
        header.set_gid(self.owner.1);
        header.set_size(body.len() as u64);
        header.set_link_name_literal(target).unwrap();
        self.header(header).body(body)
    }

    /// A header as it is, with its checksum.
    pub(crate) fn header(mut self, mut header: tar::Header) -> Self {
        header.set_cksum();
        self.bytes.extend_from_slice(header.as_bytes());
        self
    }

    /// A body with its padding.
    pub(crate) fn body(mut self, body: &[u8]) -> Self {
        self.bytes.extend_from_slice(body);
        self.bytes.resize(self.bytes.len().next_multiple_of(512), 0);
        self
    }

    /// The entries without the end of the archive.
    pub(crate) fn into_entries(self) -> Vec<u8> {
        self.bytes
    }

    pub(crate) fn bytes(mut self) -> Vec<u8> {
        self.bytes.extend_from_slice(&[0; 1024]);
        self.bytes
    }

    pub(crate) fn gzip(self) -> Vec<u8> {
        gzip(&self.bytes())
    }
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn index(bytes: &[u8], keep: &Keep) -> LayerIndex {
    read_layer(bytes, "", keep).unwrap()
}

/// The layers one over another, layer N made by `RUN N`.
pub(crate) fn view(layers: &[Tar]) -> MergedView {
    let keep = Keep::default_rules();
    let indexes = layers.iter().map(|tar| Arc::new(index(&tar.clone().gzip(), &keep))).collect();
    let instructions: Vec<Option<Arc<str>>> =
        (0..layers.len()).map(|i| Some(format!("RUN {i}").into())).collect();
    MergedView::new(indexes, &instructions)
}

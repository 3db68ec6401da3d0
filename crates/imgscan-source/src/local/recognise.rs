//! What lies at a path: told by its first bytes or its entries, never by its name.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Kinds of things that hold an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A directory in the OCI image layout.
    OciLayout,
    /// A tar, maybe compressed.
    Archive,
    /// A directory that looks like a root filesystem, or one that skopeo wrote.
    Rootfs,
}

/// How a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    Tar,
    Gzip,
    Zstd,
    /// A compression that no tool writes images in.
    Foreign(&'static str),
}

/// What lies at a path, if it is something we know.
pub(crate) fn path(path: &Path) -> Option<Found> {
    let data = std::fs::metadata(path).ok()?;
    if data.is_dir() {
        return directory(path);
    }
    if !data.is_file() {
        return None;
    }
    let mut head = Vec::new();
    File::open(path).ok()?.take(512).read_to_end(&mut head).ok()?;
    packing(&head).map(|_| Found::Archive)
}

fn directory(path: &Path) -> Option<Found> {
    if path.join("oci-layout").is_file() || path.join("index.json").is_file() {
        return Some(Found::OciLayout);
    }
    let root = ["etc", "usr", "bin"].iter().any(|name| path.join(name).is_dir());
    let known = root || super::skopeo_dir::is(path) || super::rootfs::config_of(path).is_some();
    known.then_some(Found::Rootfs)
}

/// How a file that begins with these (up to 512) bytes is packed; `None` where it is nothing we know.
pub(crate) fn packing(head: &[u8]) -> Option<Packing> {
    const MAGIC: [(&[u8], Packing); 5] = [
        (&[0x1f, 0x8b], Packing::Gzip),
        (&[0x28, 0xb5, 0x2f, 0xfd], Packing::Zstd),
        (&[0xfd, b'7', b'z', b'X', b'Z', 0], Packing::Foreign("xz")),
        (b"BZh", Packing::Foreign("bzip2")),
        (b"PK\x03\x04", Packing::Foreign("zip")),
    ];
    if let Some((_, packing)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(*packing);
    }
    let block: &[u8; 512] = head.get(..512)?.try_into().ok()?;
    let header = tar::Header::from_byte_slice(block);
    let sum: u32 =
        block.iter().enumerate().map(|(i, b)| if (148..156).contains(&i) { 32 } else { u32::from(*b) }).sum();
    (header.cksum().is_ok_and(|stored| stored == sum)).then_some(Packing::Tar)
}

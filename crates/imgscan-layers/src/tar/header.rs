//! One 512-byte header block, old V7, POSIX ustar, star or GNU.

use tar::Header;

use super::number::{numeric, text};

/// Size of everything in a tar.
pub(crate) const BLOCK: usize = 512;

/// What a header says, before the records that go before it are applied.
#[derive(Debug)]
pub(crate) struct Fields {
    pub(crate) typeflag: u8,
    pub(crate) path: Vec<u8>,
    pub(crate) link: Vec<u8>,
    pub(crate) mode: i64,
    pub(crate) uid: i64,
    pub(crate) gid: i64,
    pub(crate) size: i64,
}

/// What is wrong with a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    Checksum,
    Number(&'static str),
}

/// Reads a header block.
pub(crate) fn read(header: &Header) -> Result<Fields, Wrong> {
    let old = header.as_old();
    let expected = numeric(&old.cksum).ok_or(Wrong::Checksum)?;
    if !checksums(header.as_bytes()).contains(&expected) {
        return Err(Wrong::Checksum);
    }
    let number = |field: &[u8], name| numeric(field).ok_or(Wrong::Number(name));
    let mut path = text(&old.name).to_vec();
    let prefix = prefix(header);
    if !prefix.is_empty() {
        path = [prefix, b"/", &path].concat();
    }
    Ok(Fields {
        typeflag: old.linkflag[0],
        path,
        link: text(&old.linkname).to_vec(),
        mode: number(&old.mode, "mode")?,
        uid: number(&old.uid, "owner")?,
        gid: number(&old.gid, "group")?,
        size: number(&old.size, "size")?,
    })
}

/// The sum of all bytes with the checksum field as blanks: unsigned as POSIX says, and signed as old writers made it.
fn checksums(block: &[u8; BLOCK]) -> [i64; 2] {
    let mut sums = [0, 0];
    for (i, byte) in block.iter().enumerate() {
        let byte = if (148..156).contains(&i) { b' ' } else { *byte };
        sums[0] += i64::from(byte);
        sums[1] += i64::from(byte.cast_signed());
    }
    sums
}

/// The start of a long path: 155 bytes in ustar, 131 in star. GNU keeps times there; a header that says GNU and has
/// no times there comes from Go before 1.8, which wrote a prefix (Go, `archive/tar/reader.go`, `readHeader`).
fn prefix(header: &Header) -> &[u8] {
    let ends = header.as_bytes().get(508..) == Some(b"tar\0");
    if let Some(ustar) = header.as_ustar() {
        let length = if ends { 131 } else { 155 };
        return text(ustar.prefix.get(..length).unwrap_or_default());
    }
    let Some(gnu) = header.as_gnu() else { return &[] };
    let time = |field: &[u8]| field.first() == Some(&0) || numeric(field).is_some();
    if time(&gnu.atime) && time(&gnu.ctime) {
        return &[];
    }
    let prefix = text(header.as_bytes().get(345..500).unwrap_or_default());
    if prefix.is_ascii() { prefix } else { &[] }
}

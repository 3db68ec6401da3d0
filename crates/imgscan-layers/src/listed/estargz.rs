//! eStargz (stargz-snapshotter `docs/estargz.md`): a gzip member for each chunk; the table is the file
//! `stargz.index.json` at the end of the tar, in a member of its own; the last 51 bytes are an empty member whose extra
//! field tells where that begins.

use std::io::{self, Read};

use super::chunks::Chunk;
use super::digest::{Hashing, Sum};
use super::records::Listing;
use super::{Fetch, fetch_within};
use crate::error::LayerError;
use crate::index::LayerIndex;
use crate::keep::Keep;
use crate::tar::Walk;
use crate::unpack::Unpacked;

const FOOTER: u64 = 51;
/// The header of the empty member, up to the text in its extra field.
const FOOTER_START: [u8; 16] = [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 26, 0, b'S', b'G', 22, 0];
const TABLE: &[u8] = b"stargz.index.json";
/// Bytes of a tar header.
const HEADER: u64 = 512;
/// Fetched first: footer and, most often, the whole table, which takes about 1/240 of a layer.
const TAIL: u64 = 64 << 10;
const TAIL_SHARE: u64 = 200;

/// Reads the layer by its table.
pub(super) fn read(
    expected: &Sum,
    size: u64,
    fetch: &mut Fetch<'_>,
    keep: &Keep,
) -> Result<Option<LayerIndex>, LayerError> {
    let tail_at = size.saturating_sub(TAIL.max(size / TAIL_SHARE));
    let Some(tail) = fetch_within(fetch, (tail_at, size - tail_at), size)? else { return Ok(None) };
    let Some(table_at) = table_offset(&tail) else { return Ok(None) };
    let Some(end) = size.checked_sub(FOOTER).filter(|end| table_at < *end) else { return Ok(None) };
    let mut packed = match tail_at.checked_sub(table_at) {
        None | Some(0) => Vec::new(),
        Some(missing) => match fetch_within(fetch, (table_at, missing), size)? {
            Some(bytes) => bytes,
            None => return Ok(None),
        },
    };
    let in_tail = usize::try_from(table_at.saturating_sub(tail_at)).unwrap_or(usize::MAX);
    packed.extend_from_slice(tail.get(in_tail..tail.len() - FOOTER as usize).unwrap_or_default());
    drop(tail);
    let listing = Listing::new(keep, (size, table_at));
    match parse(&packed, listing, expected, (table_at, end)) {
        Err(LayerError::Limit(why)) => Err(LayerError::Limit(why)),
        parsed => Ok(parsed.ok().flatten()),
    }
}

fn table_offset(tail: &[u8]) -> Option<u64> {
    let footer = tail.last_chunk::<{ FOOTER as usize }>()?;
    let text = footer.strip_prefix(&FOOTER_START)?.get(..22)?.strip_suffix(b"STARGZ")?;
    u64::from_str_radix(std::str::from_utf8(text).ok()?, 16).ok()
}

fn parse(
    packed: &[u8],
    mut listing: Listing,
    expected: &Sum,
    (from, end): (u64, u64),
) -> Result<Option<LayerIndex>, LayerError> {
    let mut walk = Walk::new(Unpacked::new(packed, "")?);
    let Some(entry) = walk.next()?.filter(|entry| entry.path == TABLE && !entry.is_sparse()) else {
        return Ok(None);
    };
    let mut json = Hashing::new(Body(&mut walk));
    if !listing.read(&mut json)? || json.finish().ok().as_ref() != Some(expected) {
        return Ok(None);
    }
    // A container of the image sees the table as a file, too.
    let chunk = Chunk { body: 0, offset: from, end, inner: HEADER, size: entry.size, sum: *expected };
    Ok(if listing.file(&entry, [chunk])? { listing.finish() } else { None })
}

/// The body of the entry that a walk stands at.
struct Body<'a, R>(&'a mut Walk<R>);

impl<R: Read> Read for Body<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let piece = self.0.body().map_err(|error| io::Error::other(error.to_string()))?;
        let count = piece.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), piece.get(..count)) {
            to.copy_from_slice(from);
        }
        self.0.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_footer_of_the_specification_tells_an_offset() {
        let mut footer = FOOTER_START.to_vec();
        footer.extend_from_slice(b"00000000000001a2STARGZ");
        footer.extend_from_slice(&[1, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(table_offset(&footer), Some(0x1a2));
        footer[20] = b'x';
        assert_eq!(table_offset(&footer), None);
        assert_eq!(table_offset(&footer[1..]), None);
        assert_eq!(table_offset(&[0; 51]), None);
    }
}

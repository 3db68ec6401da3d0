//! zstd:chunked (containers/storage `pkg/chunked`): a zstd frame for each chunk; the table, compressed, in a skippable frame
//! at the end. The manifest's annotation says where, so the footer is not needed.

use std::io::{self, Read};

use imgscan_model::limits;

use super::announced::Position;
use super::digest;
use super::records::Listing;
use super::{Fetch, fetch_within};
use crate::error::LayerError;
use crate::index::LayerIndex;
use crate::keep::Keep;
use crate::unpack::Unpacked;

/// Reads the layer by its table.
pub(super) fn read(
    position: &Position,
    size: u64,
    fetch: &mut Fetch<'_>,
    keep: &Keep,
) -> Result<Option<LayerIndex>, LayerError> {
    if position.unpacked > limits::LISTED_TABLE_BYTES {
        return Ok(None);
    }
    let Some(packed) = fetch_within(fetch, (position.offset, position.length), size)? else {
        return Ok(None);
    };
    if digest::of(&packed) != position.sum {
        return Ok(None);
    }
    let listing = Listing::new(keep, (size, position.offset));
    match parse(&packed, listing, position.unpacked) {
        Err(LayerError::Limit(why)) => Err(LayerError::Limit(why)),
        parsed => Ok(parsed.ok().flatten()),
    }
}

fn parse(packed: &[u8], mut listing: Listing, unpacked: u64) -> Result<Option<LayerIndex>, LayerError> {
    let mut json = Json(Unpacked::new(packed, "")?).take(unpacked);
    Ok(if listing.read(&mut json)? { listing.finish() } else { None })
}

/// Decompressed bytes as a reader.
struct Json<R>(Unpacked<R>);

impl<R: Read> Read for Json<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| io::Error::other(error.to_string()))
    }
}

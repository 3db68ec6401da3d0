//! Layers that list what they hold: eStargz and zstd:chunked. The table of contents is fetched by one or two Range requests
//! and the files that somebody asks for by one each; nothing else of the blob is.
//!
//! Every byte that is used is verified: the manifest's digest covers the annotation, the annotation's digest the table,
//! the table's digests the chunks. Whatever does not fit (no annotation, no Range, another digest, a table with a gap) is no
//! error: the layer is read whole then, and its own digest decides.
//!
//! What the table says of names, modes and links is believed as far as the manifest vouches for it. That it says the same as
//! the tar can only be seen by reading the whole layer; the runtimes that mount such layers lazily believe it in the
//! same way (stargz-snapshotter `docs/verification.md`; containers/storage `pkg/chunked`).

mod announced;
mod chunks;
mod digest;
mod estargz;
mod records;
mod zstd_chunked;

use imgscan_model::limits;

use crate::error::LayerError;
use crate::index::LayerIndex;
use crate::keep::Keep;
use crate::unpack::Form;
pub use announced::Announced;
pub(crate) use chunks::{Chunk, Chunks};
pub use chunks::{Part, Request, fetch_parts};

/// Gives the bytes of a blob from an offset on, exactly as many as asked for; `None` where they cannot be had alone.
pub type Fetch<'a> = dyn FnMut(u64, u64) -> Result<Option<Vec<u8>>, LayerError> + 'a;

/// Reads a layer of `size` bytes by its table of contents. `None` where that is not possible: then it is to be read whole, as
/// also where the media type promises another compression than the table's, which is a problem that a whole read tells.
///
/// # Errors
///
/// What `fetch` fails with, and [`LayerError::Limit`].
pub fn read_listed(
    announced: &Announced,
    (media_type, size): (&str, u64),
    fetch: &mut Fetch<'_>,
    keep: &Keep,
) -> Result<Option<LayerIndex>, LayerError> {
    let form = match announced {
        Announced::Estargz { .. } => Form::Gzip,
        Announced::ZstdChunked(_) => Form::Zstd,
    };
    if Form::of_media_type(media_type) != Some(form) {
        return Ok(None);
    }
    match announced {
        Announced::Estargz { table } => estargz::read(table, size, fetch, keep),
        Announced::ZstdChunked(position) => zstd_chunked::read(position, size, fetch, keep),
    }
}

/// Bytes from an offset on, where they lie in the blob and are no more than are fetched at once.
fn fetch_within(
    fetch: &mut Fetch<'_>,
    (from, length): (u64, u64),
    size: u64,
) -> Result<Option<Vec<u8>>, LayerError> {
    let inside = from.checked_add(length).is_some_and(|end| end <= size);
    if !inside || length == 0 || length > limits::LISTED_FETCH_BYTES {
        return Ok(None);
    }
    Ok(fetch(from, length)?.filter(|bytes| bytes.len() as u64 == length))
}

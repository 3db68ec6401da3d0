//! Where the bytes of the files lie in a layer that lists them, and how they are fetched.

use std::collections::BTreeMap;
use std::sync::Arc;

use imgscan_model::limits;

use super::digest::{self, SHA256_BYTES, Sum};
use super::{Fetch, fetch_within};
use crate::error::LayerError;
use crate::index::LayerIndex;
use crate::keep::Reservation;
use crate::read::HEAD;
use crate::unpack::Unpacked;

/// A piece of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// The number that the index knows the file's body by.
    pub(crate) body: u32,
    /// Where in the blob the gzip member or zstd frame begins that holds it, and where the next one does.
    pub(crate) offset: u64,
    pub(crate) end: u64,
    /// Where in the decompressed member it begins (eStargz, `innerOffset`).
    pub(crate) inner: u64,
    /// Its uncompressed bytes.
    pub(crate) size: u64,
    /// Their SHA-256.
    pub(crate) sum: Sum,
}

/// Bytes of a chunk in a stored index.
const CHUNK_BYTES: usize = 4 + 4 * 8 + SHA256_BYTES;

impl Chunk {
    /// The chunk as a stored index holds it.
    pub(crate) fn to_bytes(self) -> [u8; CHUNK_BYTES] {
        let mut bytes = [0; CHUNK_BYTES];
        let numbers = [self.offset, self.end, self.inner, self.size].map(u64::to_le_bytes);
        let all = self.body.to_le_bytes().into_iter().chain(numbers.into_iter().flatten()).chain(self.sum);
        bytes.iter_mut().zip(all).for_each(|(to, from)| *to = from);
        bytes
    }

    /// The chunk that was stored.
    pub(crate) fn from_bytes(bytes: [u8; CHUNK_BYTES]) -> Option<Chunk> {
        let (body, rest) = bytes.split_first_chunk()?;
        let (numbers, sum) = rest.split_last_chunk()?;
        let [offset, end, inner, size] = *numbers.as_chunks().0 else { return None };
        let [offset, end, inner, size] = [offset, end, inner, size].map(u64::from_le_bytes);
        Some(Chunk { body: u32::from_le_bytes(*body), offset, end, inner, size, sum: *sum })
    }
}

/// The chunks of all files of a layer, by body and in the order of the file.
pub(crate) struct Chunks {
    pub(crate) list: Vec<Chunk>,
    /// The bytes of the blob; no chunk lies behind them.
    pub(crate) blob: u64,
    pub(crate) memory: Reservation,
}

impl Chunks {
    fn of(&self, body: u32) -> &[Chunk] {
        let from = self.list.partition_point(|chunk| chunk.body < body);
        let to = self.list.partition_point(|chunk| chunk.body <= body);
        self.list.get(from..to).unwrap_or_default()
    }
}

/// How much of a file is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Its first bytes, as many as say what it is.
    Start,
    /// All of it.
    Whole,
}

/// A file, or its start, that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its path in the layer.
    pub path: Arc<str>,
    /// How much of it.
    pub part: Part,
}

/// Chunks that lie so near to each other that one request for all is cheaper than one for each, in bytes between them
/// (measured on loopback and by what a round trip to a registry costs at 100 Mbit/s).
const NEAR: u64 = 32 << 10;

/// Fetches files of a layer that lists them, in the order of the requests; a path that is no regular file of the layer has no
/// bytes. `None` where some chunk cannot be had alone or is not what the table says: then the layer is to be read whole.
///
/// # Errors
///
/// What `fetch` fails with.
pub fn fetch_parts(
    index: &LayerIndex,
    requests: &[Request],
    fetch: &mut Fetch<'_>,
) -> Result<Option<Vec<Vec<u8>>>, LayerError> {
    let Some(chunks) = &index.chunks else { return Ok(None) };
    let mut parts: Vec<Vec<u8>> = vec![Vec::new(); requests.len()];
    // By their place in the blob: which request they are of, and which of its pieces.
    let mut wanted: Vec<(&Chunk, usize, usize)> = Vec::new();
    for (number, request) in requests.iter().enumerate() {
        let Some((body, size)) = index.body_of(&request.path) else { continue };
        let of_file = chunks.of(body);
        let count = if request.part == Part::Start { of_file.len().min(1) } else { of_file.len() };
        if size > 0 && count == 0 || request.part == Part::Whole && size > limits::READ_FILE_BYTES {
            return Ok(None);
        }
        wanted.extend(of_file.iter().take(count).zip(0..).map(|(chunk, piece)| (chunk, number, piece)));
    }
    wanted.sort_by_key(|(chunk, ..)| chunk.offset);
    let mut pieces: BTreeMap<(usize, usize), Vec<u8>> = BTreeMap::new();
    let mut rest = wanted.as_slice();
    while let Some((near, behind)) = rest.split_at_checked(run(rest)).filter(|(near, _)| !near.is_empty()) {
        let Some(span) = Span::fetch(near, chunks.blob, fetch)? else { return Ok(None) };
        for (chunk, number, piece) in near {
            let Some(bytes) = span.chunk(chunk) else { return Ok(None) };
            pieces.insert((*number, *piece), bytes);
        }
        rest = behind;
    }
    for ((number, _), bytes) in pieces {
        if let Some(part) = parts.get_mut(number) {
            part.extend_from_slice(&bytes);
        }
    }
    for (request, part) in requests.iter().zip(&mut parts) {
        if request.part == Part::Start {
            part.truncate(HEAD);
        }
    }
    Ok(Some(parts))
}

/// How many of the chunks, which are in the order of the blob, are fetched by one request.
fn run(wanted: &[(&Chunk, usize, usize)]) -> usize {
    let Some((first, ..)) = wanted.first() else { return 0 };
    let mut end = first.end;
    let near = wanted.iter().take_while(|(chunk, ..)| {
        let fits = chunk.end.max(end).saturating_sub(first.offset) <= limits::LISTED_FETCH_BYTES;
        let near = chunk.offset <= end.saturating_add(NEAR) && fits;
        end = end.max(chunk.end);
        near
    });
    // One that is too large alone is refused where it is fetched.
    near.count().max(1)
}

/// Some bytes of the blob.
struct Span {
    from: u64,
    bytes: Vec<u8>,
}

impl Span {
    fn fetch(
        chunks: &[(&Chunk, usize, usize)],
        blob: u64,
        fetch: &mut Fetch<'_>,
    ) -> Result<Option<Span>, LayerError> {
        let from = chunks.iter().map(|(chunk, ..)| chunk.offset).min().unwrap_or(0);
        let end = chunks.iter().map(|(chunk, ..)| chunk.end).max().unwrap_or(0);
        let bytes = fetch_within(fetch, (from, end.saturating_sub(from)), blob)?;
        Ok(bytes.map(|bytes| Span { from, bytes }))
    }

    /// The bytes of a chunk, verified.
    fn chunk(&self, chunk: &Chunk) -> Option<Vec<u8>> {
        if chunk.size > limits::LISTED_CHUNK_BYTES {
            return None;
        }
        let at = |offset: u64| usize::try_from(offset.checked_sub(self.from)?).ok();
        let packed = self.bytes.get(at(chunk.offset)?..at(chunk.end)?)?;
        let mut unpacked = Unpacked::new(packed, "").ok()?;
        if !unpacked.skip(chunk.inner).ok()? {
            return None;
        }
        let mut bytes = vec![0; usize::try_from(chunk.size).ok()?];
        let whole = unpacked.read(&mut bytes).ok()? == bytes.len();
        (whole && digest::of(&bytes) == chunk.sum).then_some(bytes)
    }
}

//! Sparse files: only the stretches that hold data stand in the tar.

use imgscan_model::limits;
use tar::{GnuExtSparseHeader, Header};

use super::number::numeric;

/// Most stretches of one file: what fits into a record of the largest size allowed.
const STRETCHES: usize = limits::HEADER_RECORD_BYTES as usize / 16;

/// A stretch of data in a sparse file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) offset: u64,
    pub(crate) length: u64,
}

/// Where the data of a sparse file belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Map {
    /// Known from the headers.
    Known(Vec<Stretch>),
    /// PAX format 1.0: the map is the start of the entry's body.
    InBody,
}

/// The stretches of a map in which offsets and lengths take turns.
pub(crate) fn pairs(numbers: &[u64]) -> Option<Vec<Stretch>> {
    let (pairs, rest) = numbers.as_chunks::<2>();
    if !rest.is_empty() || pairs.len() > STRETCHES {
        return None;
    }
    Some(pairs.iter().map(|[offset, length]| Stretch { offset: *offset, length: *length }).collect())
}

/// The stretches in a GNU header, and whether more blocks of them follow. The real size comes with them.
pub(crate) fn of_gnu(header: &Header) -> Option<(Vec<Stretch>, bool, u64)> {
    let gnu = header.as_gnu()?;
    let mut stretches = Vec::new();
    for sparse in &gnu.sparse {
        if sparse.offset[0] == 0 {
            break;
        }
        stretches.push(stretch(&sparse.offset, &sparse.numbytes)?);
    }
    Some((stretches, gnu.isextended[0] != 0, u64::try_from(numeric(&gnu.realsize)?).ok()?))
}

/// Adds the stretches of a further block; `Some(true)` when yet another follows.
pub(crate) fn extend(stretches: &mut Vec<Stretch>, block: &GnuExtSparseHeader) -> Option<bool> {
    for sparse in &block.sparse {
        if sparse.offset[0] == 0 {
            break;
        }
        stretches.push(stretch(&sparse.offset, &sparse.numbytes)?);
    }
    if stretches.len() > STRETCHES { None } else { Some(block.isextended[0] != 0) }
}

fn stretch(offset: &[u8], length: &[u8]) -> Option<Stretch> {
    Some(Stretch {
        offset: u64::try_from(numeric(offset)?).ok()?,
        length: u64::try_from(numeric(length)?).ok()?,
    })
}

/// Whether the stretches follow one another within a file of `size` bytes and take `stored` bytes at most.
pub(crate) fn fit(stretches: &[Stretch], size: u64, stored: u64) -> bool {
    let (mut at, mut sum) = (0u64, 0u64);
    for stretch in stretches {
        let Some(end) = stretch.offset.checked_add(stretch.length).filter(|end| *end <= size) else {
            return false;
        };
        if stretch.offset < at {
            return false;
        }
        (at, sum) = (end, sum.saturating_add(stretch.length));
    }
    sum <= stored
}

//! Reads the files of bbolt, the key-value store that containerd keeps its names in (go.etcd.io/bbolt, `page.go`,
//! `bucket.go`, `db.go`). Only looks, takes no lock: pages are never changed in place while a meta page points at them,
//! and [`Bolt::unchanged`] tells whether one was written meanwhile.
//!
//! Nothing in a file is believed: every offset is held against its page, every page against the file, and what is
//! read and how deep are bounded.

use std::cell::Cell;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use imgscan_model::limits;

use crate::error::{SourceError, damaged, over_limit};

/// Bytes of a page's header: id (8), flags (2), count (2), overflow (4).
const HEADER: usize = 16;
/// Bytes of one element of a page, of either kind.
const ELEMENT: usize = 16;
const BRANCH: u16 = 0x01;
const LEAF: u16 = 0x02;
/// Flag of an element whose value is a bucket.
const BUCKET: u32 = 0x01;
const MAGIC: u32 = 0xED0C_DAED;
const VERSION: u32 = 2;
/// Bytes of a meta page behind the header that its checksum covers, and those of the checksum.
const META: usize = 56;

/// Bytes are in the order of the machine that wrote them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

/// What a valid meta page tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Meta {
    order: Order,
    page_size: u64,
    /// Page of the root bucket.
    root: u64,
    transaction: u64,
}

/// An open file.
pub(crate) struct Bolt {
    file: File,
    length: u64,
    /// The file, for messages.
    shown: String,
    meta: Meta,
    /// Bytes that may still be read and copied: elements of a hostile page may all be the same large one.
    left: Cell<u64>,
}

/// A bucket: a tree of pages, or one page inside a value.
#[derive(Clone, Debug)]
pub(crate) enum Bucket {
    Tree(u64),
    Inline(Vec<u8>),
}

/// What stands under a key.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    Value(Vec<u8>),
    Bucket(Bucket),
}

impl Bolt {
    /// Opens a file and reads its newest valid meta page.
    pub(crate) fn open(path: &Path) -> Result<Self, SourceError> {
        let unreadable = |e: std::io::Error| SourceError::file(path, &e);
        let data = std::fs::metadata(path).map_err(unreadable)?;
        let shown = crate::shown::path(path);
        if !data.is_file() {
            return Err(damaged(format!("`{shown}` is no regular file")));
        }
        let file = File::open(path).map_err(unreadable)?;
        let length = data.len();
        let meta = newest_meta(&file).ok_or_else(|| {
            damaged(format!(
                "`{shown}` is no bbolt file, or a damaged one: neither of its meta pages is valid"
            ))
        })?;
        Ok(Bolt { file, length, shown, meta, left: Cell::new(limits::BOLT_BYTES) })
    }

    /// The bucket that holds all others.
    pub(crate) fn root(&self) -> Bucket {
        Bucket::Tree(self.meta.root)
    }

    /// Whether nothing was written since it was opened. Where something was, pages that were read may have been used
    /// for something else.
    pub(crate) fn unchanged(&self) -> bool {
        newest_meta(&self.file) == Some(self.meta)
    }

    /// The bucket under a key; `None` where there is none.
    pub(crate) fn bucket(&self, of: &Bucket, key: &[u8]) -> Result<Option<Bucket>, SourceError> {
        let found = self.entries(of)?.into_iter().find(|(name, _)| name == key);
        Ok(found.and_then(|(_, entry)| match entry {
            Entry::Bucket(bucket) => Some(bucket),
            Entry::Value(_) => None,
        }))
    }

    /// Everything in a bucket, in the order of the keys.
    pub(crate) fn entries(&self, bucket: &Bucket) -> Result<Vec<(Vec<u8>, Entry)>, SourceError> {
        let mut found = Vec::new();
        match bucket {
            Bucket::Tree(page) => self.walk(*page, 0, &mut found)?,
            Bucket::Inline(page) => self.leaf(page, &mut found)?,
        }
        Ok(found)
    }

    fn walk(&self, id: u64, depth: usize, found: &mut Vec<(Vec<u8>, Entry)>) -> Result<(), SourceError> {
        if depth > limits::BOLT_DEPTH {
            let most = limits::BOLT_DEPTH;
            return Err(over_limit(format!("`{}`: its pages lie more than {most} deep", self.shown)));
        }
        let page = self.page(id)?;
        let flags = self.u16(&page, 8)?;
        match flags {
            LEAF => self.leaf(&page, found),
            BRANCH => {
                for index in 0..self.count(&page)? {
                    let child = self.u64(&page, HEADER + index * ELEMENT + 8)?;
                    self.walk(child, depth + 1, found)?;
                }
                Ok(())
            }
            other => Err(self.broken(format!("page {id} is of the unknown kind {other:#x}"))),
        }
    }

    /// The elements of a leaf page.
    fn leaf(&self, page: &[u8], found: &mut Vec<(Vec<u8>, Entry)>) -> Result<(), SourceError> {
        if self.u16(page, 8)? != LEAF {
            return Err(self.broken("a bucket within a value is no leaf"));
        }
        for index in 0..self.count(page)? {
            let at = HEADER + index * ELEMENT;
            let field = |offset: usize| self.u32(page, at + offset).map(|n| n as usize);
            let (flags, start, key, value) =
                (self.u32(page, at)?, field(4)?.saturating_add(at), field(8)?, field(12)?);
            self.spend((key as u64).saturating_add(value as u64))?;
            let middle = start.saturating_add(key);
            let key = self.slice(page, start, key)?.to_vec();
            let value = self.slice(page, middle, value)?;
            let entry = match flags & BUCKET != 0 {
                true => Entry::Bucket(self.bucket_of(value)?),
                false => Entry::Value(value.to_vec()),
            };
            found.push((key, entry));
        }
        Ok(())
    }

    /// A bucket's value: the page of its root (8), a sequence (8); with root 0 its only page follows.
    fn bucket_of(&self, value: &[u8]) -> Result<Bucket, SourceError> {
        match self.u64(value, 0)? {
            0 => Ok(Bucket::Inline(self.slice(value, 16, value.len().saturating_sub(16))?.to_vec())),
            root => Ok(Bucket::Tree(root)),
        }
    }

    /// A page with those it flows over into.
    fn page(&self, id: u64) -> Result<Vec<u8>, SourceError> {
        let offset = id.checked_mul(self.meta.page_size).filter(|offset| *offset < self.length);
        let offset = offset.ok_or_else(|| self.broken(format!("page {id} is behind its end")))?;
        let header = self.read(offset, HEADER as u64)?;
        let size = (u64::from(self.u32(&header, 12)?) + 1).saturating_mul(self.meta.page_size);
        self.spend(size)?;
        let page = self.read(offset, size)?;
        match self.u64(&page, 0)? {
            own if own == id => Ok(page),
            own => Err(self.broken(format!("page {id} calls itself {own}"))),
        }
    }

    fn read(&self, offset: u64, size: u64) -> Result<Vec<u8>, SourceError> {
        if offset.checked_add(size).is_none_or(|end| end > self.length) {
            return Err(self.broken("a page is cut off"));
        }
        let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
        self.file.read_exact_at(&mut bytes, offset).map_err(|e| self.broken(e.to_string()))?;
        Ok(bytes)
    }

    fn spend(&self, bytes: u64) -> Result<(), SourceError> {
        let most = limits::BOLT_BYTES;
        let left = self.left.get().checked_sub(bytes);
        let over = || over_limit(format!("`{}`: the names in it take more than {most} bytes", self.shown));
        self.left.set(left.ok_or_else(over)?);
        Ok(())
    }

    fn broken(&self, what: impl std::fmt::Display) -> SourceError {
        damaged(format!("`{}` is damaged: {what}", self.shown))
    }

    fn slice<'a>(&self, bytes: &'a [u8], at: usize, length: usize) -> Result<&'a [u8], SourceError> {
        let end = at.checked_add(length);
        end.and_then(|end| bytes.get(at..end)).ok_or_else(|| self.broken("an element lies outside its page"))
    }

    fn count(&self, page: &[u8]) -> Result<usize, SourceError> {
        self.u16(page, 10).map(usize::from)
    }

    fn u16(&self, bytes: &[u8], at: usize) -> Result<u16, SourceError> {
        let number = self.meta.order.number(self.slice(bytes, at, 2)?);
        Ok(u16::try_from(number).unwrap_or(u16::MAX))
    }

    fn u32(&self, bytes: &[u8], at: usize) -> Result<u32, SourceError> {
        let number = self.meta.order.number(self.slice(bytes, at, 4)?);
        Ok(u32::try_from(number).unwrap_or(u32::MAX))
    }

    fn u64(&self, bytes: &[u8], at: usize) -> Result<u64, SourceError> {
        Ok(self.meta.order.number(self.slice(bytes, at, 8)?))
    }
}

impl Order {
    /// The number that at most eight bytes are.
    fn number(self, bytes: &[u8]) -> u64 {
        let add = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        match self {
            Order::Little => bytes.iter().rev().fold(0, add),
            Order::Big => bytes.iter().fold(0, add),
        }
    }
}

/// The valid meta page of the latest transaction: pages 0 and 1 are written in turn. The size of a page is told by them
/// only; the second is looked for at every size there is (`db.getPageSize`).
fn newest_meta(file: &File) -> Option<Meta> {
    let first = meta_at(file, 0);
    let sizes = (9..=16).map(|power| 1_u64 << power);
    let second = match first {
        Some(meta) => meta_at(file, meta.page_size),
        None => sizes.filter_map(|size| meta_at(file, size).filter(|m| m.page_size == size)).next(),
    };
    [first, second].into_iter().flatten().max_by_key(|meta| meta.transaction)
}

fn meta_at(file: &File, offset: u64) -> Option<Meta> {
    let mut bytes = [0u8; HEADER + META + 8];
    file.read_exact_at(&mut bytes, offset).ok()?;
    let body = bytes.get(HEADER..)?;
    let (covered, sum) = body.split_at_checked(META)?;
    let order = [Order::Little, Order::Big]
        .into_iter()
        .find(|o| o.number(bytes.get(HEADER..HEADER + 4).unwrap_or_default()) == u64::from(MAGIC))?;
    let number = |at: usize, length: usize| covered.get(at..at + length).map(|b| order.number(b));
    let page_size = number(8, 4)?;
    let sound = number(4, 4)? == u64::from(VERSION)
        && order.number(sum) == fnv1a(covered)
        && page_size.is_power_of_two()
        && (512..=65_536).contains(&page_size);
    sound.then_some(Meta { order, page_size, root: number(16, 8)?, transaction: number(48, 8)? })
}

/// The 64-bit FNV-1a hash.
fn fnv1a(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
#[path = "bolt_tests.rs"]
mod tests;

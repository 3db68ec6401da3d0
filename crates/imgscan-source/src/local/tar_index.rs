//! The files in a tar, by name, so that they can be read in any order and by several threads at once.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use imgscan_model::limits;

use super::files::{Files, Opened};
use crate::error::{SourceError, damaged, over_limit};

const BLOCK: u64 = 512;

/// Where each file of a tar lies.
pub(crate) struct TarIndex {
    file: Arc<File>,
    place: String,
    entries: HashMap<String, Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    File {
        offset: u64,
        size: u64,
    },
    /// A link to another entry, by its name in the tar (`docker save` before 1.10 links equal layers).
    Link(String),
}

impl Entry {
    fn link_bytes(&self) -> usize {
        match self {
            Entry::File { .. } => 0,
            Entry::Link(target) => target.len(),
        }
    }
}

impl TarIndex {
    /// Reads the headers of a plain tar.
    pub(crate) fn read(file: File, place: &str) -> Result<Self, SourceError> {
        let length = file.metadata().map_err(|e| damaged(format!("`{place}`: {e}")))?.len();
        let mut walk = Walk { file: &file, length, offset: 0, place, name: None, link: None, size: None };
        let mut entries = HashMap::new();
        let mut names = 0;
        while let Some((name, entry)) = walk.next()? {
            names += name.len() + entry.link_bytes();
            let (count, bytes) = (limits::ARCHIVE_ENTRIES, limits::ARCHIVE_NAME_BYTES);
            if entries.len() >= count || names > bytes {
                let message = format!("`{place}` has more than {count} entries, or {bytes} bytes of names");
                return Err(over_limit(message));
            }
            // Two files of one name: which one counts would depend on who reads.
            if entries.insert(name.clone(), entry.clone()).is_some_and(|old| old != entry)
                && is_root_document(&name)
            {
                return Err(damaged(format!("`{place}` holds `{name}` twice")));
            }
        }
        Ok(TarIndex { file: Arc::new(file), place: place.to_owned(), entries })
    }

    /// Whether there is a file of this name.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    fn find(&self, name: &str) -> Option<(u64, u64)> {
        let mut name = name.to_owned();
        for _ in 0..limits::LINK_DEPTH {
            match self.entries.get(&name)? {
                Entry::File { offset, size } => return Some((*offset, *size)),
                Entry::Link(target) => name.clone_from(target),
            }
        }
        None
    }
}

fn is_root_document(name: &str) -> bool {
    matches!(name, "index.json" | "manifest.json" | "oci-layout")
}

impl Files for TarIndex {
    fn open(&self, name: &str) -> Result<Option<Opened>, SourceError> {
        Ok(self.find(name).map(|(offset, size)| Opened {
            size,
            reader: Box::new(Section { file: Arc::clone(&self.file), offset, left: size }),
        }))
    }

    fn place(&self) -> &str {
        &self.place
    }
}

/// A part of a file, read without moving the file's own position.
struct Section {
    file: Arc<File>,
    offset: u64,
    left: u64,
}

impl Read for Section {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let Some(buffer) = buffer.get_mut(..most) else { return Ok(0) };
        let count = self.file.read_at(buffer, self.offset)?;
        self.offset += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}

/// A walk over the headers of a tar: ustar, GNU long names, PAX `path`, `linkpath` and `size`.
struct Walk<'a> {
    file: &'a File,
    length: u64,
    offset: u64,
    place: &'a str,
    /// What records before an entry said of it.
    name: Option<String>,
    link: Option<String>,
    size: Option<u64>,
}

impl Walk<'_> {
    /// The next file or link with a name, or the end.
    fn next(&mut self) -> Result<Option<(String, Entry)>, SourceError> {
        while let Some(header) = self.header()? {
            let size = self.size.take().map_or_else(|| self.size_of(&header), Ok)?;
            let data = self.offset;
            self.skip(size)?;
            match header.entry_type() {
                tar::EntryType::GNULongName => self.name = Some(self.record_text(data, size)?),
                tar::EntryType::GNULongLink => self.link = Some(self.record_text(data, size)?),
                tar::EntryType::XHeader => self.pax(data, size)?,
                kind => {
                    let name = self.name.take().unwrap_or_else(|| lossy(&header.path_bytes()));
                    let link = self.link.take().or_else(|| header.link_name_bytes().map(|l| lossy(&l)));
                    let name = clean(&name);
                    if let Some(entry) = entry(kind, &name, link.as_deref(), data, size) {
                        return Ok(Some((name, entry)));
                    }
                }
            }
        }
        Ok(None)
    }

    /// The next header; `None` at the end: a block of zeros, or the end of the file.
    fn header(&mut self) -> Result<Option<tar::Header>, SourceError> {
        if self.offset >= self.length {
            return Ok(None);
        }
        let mut block = [0u8; 512];
        if self.file.read_exact_at(&mut block, self.offset).is_err() {
            return Err(self.cut_off());
        }
        if block.iter().all(|b| *b == 0) {
            return Ok(None);
        }
        let header = tar::Header::from_byte_slice(&block).clone();
        let sum: u32 = block
            .iter()
            .enumerate()
            .map(|(i, b)| if (148..156).contains(&i) { 32 } else { u32::from(*b) })
            .sum();
        if !header.cksum().is_ok_and(|stored| stored == sum) {
            let (place, offset) = (self.place, self.offset);
            return Err(damaged(format!(
                "`{place}` is no tar at byte {offset}: the checksum of the header is wrong"
            )));
        }
        self.offset += BLOCK;
        Ok(Some(header))
    }

    fn size_of(&self, header: &tar::Header) -> Result<u64, SourceError> {
        // Links and directories have no data, whatever their size field says (POSIX.1-1988 archives of old tars).
        let dataless = matches!(
            header.entry_type(),
            tar::EntryType::Link
                | tar::EntryType::Symlink
                | tar::EntryType::Directory
                | tar::EntryType::Char
                | tar::EntryType::Block
                | tar::EntryType::Fifo
        );
        if dataless {
            return Ok(0);
        }
        let (place, offset) = (self.place, self.offset - BLOCK);
        header
            .entry_size()
            .map_err(|e| damaged(format!("`{place}`: the header at byte {offset} has no size: {e}")))
    }

    /// Passes over data and its padding, which must be there.
    fn skip(&mut self, size: u64) -> Result<(), SourceError> {
        let end =
            self.offset.checked_add(size).filter(|end| *end <= self.length).ok_or_else(|| self.cut_off())?;
        self.offset = end.next_multiple_of(BLOCK);
        Ok(())
    }

    fn cut_off(&self) -> SourceError {
        let (place, length) = (self.place, self.length);
        damaged(format!("`{place}` is cut off: it ends at byte {length} in the middle of an entry"))
    }

    fn record(&self, offset: u64, size: u64) -> Result<Vec<u8>, SourceError> {
        if size > limits::HEADER_RECORD_BYTES {
            let (place, most) = (self.place, limits::HEADER_RECORD_BYTES);
            return Err(over_limit(format!("`{place}`: a header record has {size} bytes; at most {most}")));
        }
        let mut bytes = vec![0u8; usize::try_from(size).unwrap_or(0)];
        self.file.read_exact_at(&mut bytes, offset).map_err(|_| self.cut_off())?;
        Ok(bytes)
    }

    fn record_text(&self, offset: u64, size: u64) -> Result<String, SourceError> {
        let bytes = self.record(offset, size)?;
        let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
        Ok(lossy(bytes.get(..end).unwrap_or(&bytes)))
    }

    fn pax(&mut self, offset: u64, size: u64) -> Result<(), SourceError> {
        let bytes = self.record(offset, size)?;
        for record in tar::PaxExtensions::new(&bytes) {
            let record =
                record.map_err(|e| damaged(format!("`{}`: a PAX record is broken: {e}", self.place)))?;
            let value = record.value_bytes();
            match record.key_bytes() {
                b"path" => self.name = Some(lossy(value)),
                b"linkpath" => self.link = Some(lossy(value)),
                b"size" => {
                    let number = std::str::from_utf8(value).ok().and_then(|v| v.parse().ok());
                    let bad = || damaged(format!("`{}`: a PAX size is no number", self.place));
                    self.size = Some(number.ok_or_else(bad)?);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn entry(kind: tar::EntryType, name: &str, link: Option<&str>, offset: u64, size: u64) -> Option<Entry> {
    match kind {
        tar::EntryType::Regular | tar::EntryType::Continuous => Some(Entry::File { offset, size }),
        tar::EntryType::Link => link.map(|l| Entry::Link(clean(l))),
        tar::EntryType::Symlink => {
            let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
            link.map(|l| Entry::Link(clean(&format!("{folder}/{l}"))))
        }
        _ => None,
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A path inside the archive without `.`, `..` and leading slashes: an archive has no outside.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}

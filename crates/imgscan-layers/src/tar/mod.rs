//! The tar walk: entries one after another, in memory that does not grow with them.
//!
//! The `tar` crate's own iterator keeps long names and PAX records whole, however long they are; here its
//! [`tar::Header`] is decoded and everything else has a bound. What an entry means is what Go's `archive/tar`
//! (`reader.go`, Go 1.22) makes of it, because Docker, containerd, CRI-O and podman read layers with it: a PAX record
//! beats the header, a GNU long name beats both, global PAX records are not applied, links and directories have no
//! body whatever size they claim.

mod header;
mod number;
mod pax;
pub(crate) mod sparse;

use std::io::Read;

use imgscan_model::limits;
use tar::{GnuExtSparseHeader, Header};

use crate::error::LayerError;
use crate::unpack::Unpacked;
use header::{BLOCK, Fields, Wrong};
use pax::Pax;
use sparse::{Map, Stretch};

/// What an entry makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Dir,
    Symlink,
    Hardlink,
    /// A device or fifo.
    Special,
    /// A PAX header for the whole archive, with records that would change entries if it were applied.
    Global,
    /// A type that no container runtime unpacks, as its letter.
    Other(char),
}

/// An entry as the runtimes see it.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    /// Its path as written.
    pub(crate) path: Vec<u8>,
    /// The target of a link as written.
    pub(crate) link: Vec<u8>,
    /// Permission bits.
    pub(crate) mode: u16,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// Size of the file, holes included.
    pub(crate) size: u64,
    sparse: Option<Map>,
}

impl Entry {
    /// An entry as a table of contents lists it: its kind, its path and its link's target, its mode, its owner, its size.
    pub(crate) fn listed(
        kind: Kind,
        (path, link): (&str, &str),
        mode: i64,
        (uid, gid): (u32, u32),
        size: u64,
    ) -> Self {
        let (path, link) = (path.as_bytes().to_vec(), link.as_bytes().to_vec());
        Entry { kind, path, link, mode: (mode & 0o7777) as u16, uid, gid, size, sparse: None }
    }

    /// Whether its body holds more or less than the file's bytes in order.
    pub(crate) fn is_sparse(&self) -> bool {
        self.sparse.is_some()
    }
}

/// Records that go before an entry.
#[derive(Default)]
struct Before {
    pax: Pax,
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
}

/// Walks the entries of a tar.
pub(crate) struct Walk<R> {
    bytes: Unpacked<R>,
    /// Bytes of the current entry's body that were not read, and the padding after them.
    body: u64,
    padding: u64,
    entries: u64,
}

impl<R: Read> Walk<R> {
    pub(crate) fn new(bytes: Unpacked<R>) -> Self {
        Walk { bytes, body: 0, padding: 0, entries: 0 }
    }

    /// The stream that is walked.
    pub(crate) fn bytes(&mut self) -> &mut Unpacked<R> {
        &mut self.bytes
    }

    /// Entries so far.
    pub(crate) fn entries(&self) -> u64 {
        self.entries
    }

    /// The next entry; its body can be read until the one after it is asked for.
    pub(crate) fn next(&mut self) -> Result<Option<Entry>, LayerError> {
        let mut before = Before::default();
        loop {
            self.pass_body()?;
            let Some(block) = self.header()? else { return Ok(None) };
            let fields = header::read(&block).map_err(|wrong| self.wrong(wrong))?;
            self.body = u64::try_from(fields.size).map_err(|_| self.damaged("a negative size"))?;
            self.padding = padding(self.body);
            match fields.typeflag {
                b'x' => before.pax = self.pax()?,
                b'L' => before.path = Some(self.long_text()?),
                b'K' => before.link = Some(self.long_text()?),
                b'g' => {
                    let pax = self.pax()?;
                    if pax != Pax::default() {
                        return Ok(Some(global()));
                    }
                    before = Before::default();
                }
                _ => {
                    self.entries += 1;
                    if self.entries > limits::LAYER_ENTRIES as u64 {
                        let most = limits::LAYER_ENTRIES;
                        return Err(LayerError::Limit(format!("the layer has more than {most} entries")));
                    }
                    return self.entry(&block, fields, before).map(Some);
                }
            }
        }
    }

    /// The next header block, `None` at the end of the archive: two blocks of zeros, one at the very end, or none at
    /// all (Go takes all three).
    fn header(&mut self) -> Result<Option<Header>, LayerError> {
        let mut block = Header::new_old();
        let count = self.bytes.read(block.as_mut_bytes())?;
        if count == 0 {
            return Ok(None);
        }
        if count < BLOCK {
            return Err(self.breaks_off());
        }
        if block.as_bytes().iter().any(|b| *b != 0) {
            return Ok(Some(block));
        }
        let count = self.bytes.read(block.as_mut_bytes())?;
        if count != 0 && (count < BLOCK || block.as_bytes().iter().any(|b| *b != 0)) {
            return Err(self.damaged("a block of zeros among the entries"));
        }
        Ok(None)
    }

    fn entry(&mut self, block: &Header, fields: Fields, before: Before) -> Result<Entry, LayerError> {
        let Before { mut pax, path, link } = before;
        let size = pax.size.unwrap_or(fields.size);
        let size = u64::try_from(size).map_err(|_| self.damaged("a negative size"))?;
        let path = path.or(pax.path.take()).unwrap_or(fields.path);
        let kind = kind(fields.typeflag, &path);
        let owner = |id: i64| u32::try_from(id);
        let mut entry = Entry {
            kind,
            path,
            link: link.or(pax.link.take()).unwrap_or(fields.link),
            mode: (fields.mode & 0o7777) as u16,
            uid: owner(pax.uid.unwrap_or(fields.uid)).map_err(|_| self.damaged("an owner out of range"))?,
            gid: owner(pax.gid.unwrap_or(fields.gid)).map_err(|_| self.damaged("a group out of range"))?,
            size,
            sparse: None,
        };
        let has_body = matches!(kind, Kind::File | Kind::Other(_));
        self.body = if has_body { size } else { 0 };
        self.padding = padding(self.body);
        if fields.typeflag == b'S' {
            self.gnu_sparse(block, &mut entry)?;
        } else {
            self.pax_sparse(pax.sparse, &mut entry)?;
        }
        if !has_body {
            entry.size = 0;
        }
        Ok(entry)
    }

    fn gnu_sparse(&mut self, block: &Header, entry: &mut Entry) -> Result<(), LayerError> {
        let wrong = "a sparse map that makes no sense";
        let (mut stretches, mut more, size) = sparse::of_gnu(block).ok_or_else(|| self.damaged(wrong))?;
        while more {
            let mut further = GnuExtSparseHeader::new();
            if self.bytes.read(further.as_mut_bytes())? < BLOCK {
                return Err(self.breaks_off());
            }
            more = sparse::extend(&mut stretches, &further).ok_or_else(|| self.damaged(wrong))?;
        }
        self.set_map(entry, Map::Known(stretches), size)
    }

    /// The three PAX formats (`GNU tar` manual, "Storing Sparse Files"), told apart as Go does
    /// (`readGNUSparsePAXHeaders`).
    fn pax_sparse(&mut self, sparse: pax::Sparse, entry: &mut Entry) -> Result<(), LayerError> {
        let in_body = match (sparse.major.as_deref(), sparse.minor.as_deref()) {
            (Some(b"0"), Some(b"0" | b"1")) => false,
            (Some(b"1"), Some(b"0")) => true,
            (None, None) if !sparse.map.is_empty() => false,
            _ => return Ok(()),
        };
        if let Some(name) = sparse.name {
            entry.path = name;
        }
        let size = sparse.size.unwrap_or(entry.size);
        let map = if in_body {
            Map::InBody
        } else {
            let stretches = sparse::pairs(&sparse.map);
            Map::Known(stretches.ok_or_else(|| self.damaged("a sparse map that makes no sense"))?)
        };
        self.set_map(entry, map, size)
    }

    fn set_map(&mut self, entry: &mut Entry, map: Map, size: u64) -> Result<(), LayerError> {
        let fits = match &map {
            Map::Known(stretches) => sparse::fit(stretches, size, self.body),
            Map::InBody => true,
        };
        if entry.kind != Kind::File || !fits {
            return Err(self.damaged("a sparse map that makes no sense"));
        }
        entry.size = size;
        entry.sparse = Some(map);
        Ok(())
    }

    fn pax(&mut self) -> Result<Pax, LayerError> {
        let records = self.record()?;
        pax::read(&records).ok_or_else(|| self.damaged("a PAX header that breaks the format"))
    }

    fn long_text(&mut self) -> Result<Vec<u8>, LayerError> {
        let mut record = self.record()?;
        record.truncate(number::text(&record).len());
        Ok(record)
    }

    /// The body of a PAX header or a long name, whole.
    fn record(&mut self) -> Result<Vec<u8>, LayerError> {
        if self.body > limits::HEADER_RECORD_BYTES {
            return Err(LayerError::Limit(format!(
                "entry {} of the layer's tar has a header record of {} bytes, more than the {} that are read",
                self.entries + 1,
                self.body,
                limits::HEADER_RECORD_BYTES
            )));
        }
        let mut record = vec![0; usize::try_from(self.body).unwrap_or(0)];
        if self.bytes.read(&mut record)? < record.len() {
            return Err(self.breaks_off());
        }
        self.body = 0;
        Ok(record)
    }

    /// The next piece of the entry's body as it is stored; empty at its end.
    pub(crate) fn body(&mut self) -> Result<&[u8], LayerError> {
        if self.body == 0 {
            return Ok(&[]);
        }
        if self.bytes.fill()?.is_empty() {
            return Err(self.breaks_off());
        }
        let available = self.bytes.fill()?;
        let count = usize::try_from(self.body).unwrap_or(usize::MAX).min(available.len());
        Ok(available.get(..count).unwrap_or_default())
    }

    /// Goes past bytes of the body that were looked at.
    pub(crate) fn consume(&mut self, count: usize) {
        self.bytes.consume(count);
        self.body -= (count as u64).min(self.body);
    }

    /// Gives the rest of a file's body to `sink`, holes as zeros, piece by piece.
    pub(crate) fn copy_body<E: From<LayerError>>(
        &mut self,
        entry: &Entry,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let stretches = match &entry.sparse {
            None => return self.copy(self.body, sink),
            Some(Map::Known(stretches)) => stretches.clone(),
            Some(Map::InBody) => self.map_in_body(entry.size)?,
        };
        let mut at = 0;
        for stretch in stretches {
            zeros(stretch.offset - at, sink)?;
            self.copy(stretch.length, sink)?;
            at = stretch.offset + stretch.length;
        }
        zeros(entry.size - at, sink)
    }

    fn copy<E: From<LayerError>>(
        &mut self,
        mut count: u64,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        while count > 0 {
            let piece = self.body()?;
            let length = usize::try_from(count).unwrap_or(usize::MAX).min(piece.len());
            sink(piece.get(..length).unwrap_or_default())?;
            self.consume(length);
            count -= length as u64;
        }
        Ok(())
    }

    /// The map of PAX format 1.0: decimal numbers, a line each, the count of stretches first, filled up with zeros to
    /// a whole block.
    fn map_in_body(&mut self, size: u64) -> Result<Vec<Stretch>, LayerError> {
        let start = self.body;
        let mut numbers = Vec::new();
        let mut wanted = None;
        while wanted.is_none_or(|wanted| (numbers.len() as u64) < wanted) {
            let line = self.line()?;
            let number =
                number::decimal(&line).ok_or_else(|| self.damaged("a sparse map that makes no sense"))?;
            match wanted {
                None => wanted = Some(number.saturating_mul(2).min(limits::HEADER_RECORD_BYTES)),
                Some(_) => numbers.push(number),
            }
        }
        let rest = padding(start - self.body);
        for _ in 0..rest {
            self.body()?;
            self.consume(1);
        }
        let stretches = sparse::pairs(&numbers).filter(|stretches| sparse::fit(stretches, size, self.body));
        stretches.ok_or_else(|| self.damaged("a sparse map that makes no sense"))
    }

    fn line(&mut self) -> Result<Vec<u8>, LayerError> {
        let mut line = Vec::new();
        loop {
            let byte = self.body()?.first().copied();
            self.consume(1);
            match byte {
                Some(b'\n') => return Ok(line),
                Some(byte) if line.len() < 20 => line.push(byte),
                _ => return Err(self.damaged("a sparse map that makes no sense")),
            }
        }
    }

    fn pass_body(&mut self) -> Result<(), LayerError> {
        let rest = self.body.saturating_add(self.padding);
        (self.body, self.padding) = (0, 0);
        if self.bytes.skip(rest)? { Ok(()) } else { Err(self.breaks_off()) }
    }

    fn wrong(&self, wrong: Wrong) -> LayerError {
        match wrong {
            Wrong::Checksum if self.entries == 0 => {
                LayerError::Damaged("the layer is not a tar archive".to_owned())
            }
            Wrong::Checksum => self.damaged("a header whose checksum does not match"),
            Wrong::Number(field) => self.damaged(&format!("a {field} that is no number")),
        }
    }

    fn breaks_off(&self) -> LayerError {
        LayerError::Damaged(format!("the layer's tar breaks off in or after entry {}", self.entries))
    }

    fn damaged(&self, what: &str) -> LayerError {
        LayerError::Damaged(format!("the layer's tar has {what} at or after entry {}", self.entries))
    }
}

fn global() -> Entry {
    let (path, link) = (Vec::new(), Vec::new());
    Entry { kind: Kind::Global, path, link, mode: 0, uid: 0, gid: 0, size: 0, sparse: None }
}

fn kind(typeflag: u8, path: &[u8]) -> Kind {
    match typeflag {
        // Before POSIX, a directory was a file whose name ends in a slash.
        0 if path.ends_with(b"/") => Kind::Dir,
        0 | b'0' | b'7' | b'S' => Kind::File,
        b'1' => Kind::Hardlink,
        b'2' => Kind::Symlink,
        b'3' | b'4' | b'6' => Kind::Special,
        b'5' => Kind::Dir,
        other => Kind::Other(other.into()),
    }
}

/// Zeros after `size` bytes up to a whole block.
fn padding(size: u64) -> u64 {
    size.wrapping_neg() % BLOCK as u64
}

fn zeros<E>(mut count: u64, sink: &mut dyn FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
    const ZEROS: [u8; 4096] = [0; 4096];
    while count > 0 {
        let length = usize::try_from(count).unwrap_or(usize::MAX).min(ZEROS.len());
        sink(ZEROS.get(..length).unwrap_or_default())?;
        count -= length as u64;
    }
    Ok(())
}

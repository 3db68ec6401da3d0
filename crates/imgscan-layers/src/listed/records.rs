//! The table of contents: one JSON object for each entry of the tar and for each further chunk of a large file, in the tar's
//! order (stargz-snapshotter `docs/estargz.md`, "TOC"; containers/storage `internal/minimal/compression.go`).

use std::fmt;
use std::io::{BufReader, Read};

use imgscan_model::limits;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::chunks::{Chunk, Chunks};
use super::digest;
use crate::error::LayerError;
use crate::index::LayerIndex;
use crate::index::build::{Builder, Refusal};
use crate::index::name::display;
use crate::index::node::Start;
use crate::keep::{Keep, Reservation};
use crate::read::add;
use crate::tar::{Entry, Kind};

/// One entry of the table. What is left out is zero or empty.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Record {
    #[serde(rename = "type")]
    kind: String,
    name: String,
    link_name: String,
    size: u64,
    mode: i64,
    uid: u32,
    gid: u32,
    offset: u64,
    end_offset: u64,
    inner_offset: u64,
    chunk_offset: u64,
    chunk_size: u64,
    chunk_digest: String,
    digest: String,
}

/// A file whose chunks are being listed.
struct Open {
    body: u32,
    name: String,
    size: u64,
    /// Bytes of it that the chunks so far hold.
    listed: u64,
    /// Where its last chunk ends, if the table says so.
    end: u64,
}

/// A layer's index while its table is read.
pub(super) struct Listing {
    builder: Builder,
    chunks: Vec<Chunk>,
    memory: Reservation,
    open: Option<Open>,
    entries: u64,
    /// Bytes of the blob, and where in it those of files end.
    blob: u64,
    end: u64,
}

/// Why a table is of no use.
enum Unfit {
    /// The layer is read whole.
    Useless,
    Layer(LayerError),
}

impl From<LayerError> for Unfit {
    fn from(error: LayerError) -> Self {
        Unfit::Layer(error)
    }
}

const USELESS: Result<(), Unfit> = Err(Unfit::Useless);

impl Listing {
    pub(super) fn new(keep: &Keep, (blob, end): (u64, u64)) -> Self {
        Listing {
            builder: Builder::new(keep),
            chunks: Vec::new(),
            memory: Reservation::of_tables(keep.budget()),
            open: None,
            entries: 0,
            blob,
            end,
        }
    }

    /// Takes in a table; `false` where it cannot be used.
    pub(super) fn read(&mut self, json: &mut impl Read) -> Result<bool, LayerError> {
        let mut failed = None;
        let mut reader = BufReader::with_capacity(64 << 10, json.take(limits::LISTED_TABLE_BYTES));
        let mut json = serde_json::Deserializer::from_reader(&mut reader);
        let read = json.deserialize_map(Table { listing: self, failed: &mut failed });
        let whole = read.is_ok() && json.end().is_ok();
        match failed {
            Some(Unfit::Layer(error)) => Err(error),
            Some(Unfit::Useless) => Ok(false),
            None => Ok(whole && self.close()),
        }
    }

    /// Adds one more file that the table itself does not list.
    pub(super) fn file(&mut self, entry: &Entry, chunks: [Chunk; 1]) -> Result<bool, LayerError> {
        let Some(body) = self.entry(entry)? else { return Ok(false) };
        self.chunks.extend(chunks.map(|chunk| Chunk { body, ..chunk }));
        Ok(self.affordable())
    }

    fn record(&mut self, record: Record) -> Result<(), Unfit> {
        if record.kind == "chunk" {
            let follows = self.open.as_ref().is_some_and(|open| {
                open.listed == record.chunk_offset && (record.name.is_empty() || record.name == open.name)
            });
            return if follows { self.chunk(&record) } else { USELESS };
        }
        // What is no UTF-8 was replaced when the table was written: its name is not known.
        if !self.close() || record.name.contains('\u{fffd}') || record.link_name.contains('\u{fffd}') {
            return USELESS;
        }
        let kind = match record.kind.as_str() {
            "reg" => Kind::File,
            "dir" => Kind::Dir,
            "symlink" => Kind::Symlink,
            "hardlink" => Kind::Hardlink,
            "char" | "block" | "fifo" => Kind::Special,
            _ => return USELESS,
        };
        let size = if kind == Kind::File { record.size } else { 0 };
        let owner = (record.uid, record.gid);
        let entry = Entry::listed(kind, (&record.name, &record.link_name), record.mode, owner, size);
        let Some(body) = self.entry(&entry)? else { return USELESS };
        if size > 0 {
            let end = record.end_offset;
            self.open = Some(Open { body, name: record.name.clone(), size, listed: 0, end });
            return self.chunk(&record);
        }
        Ok(())
    }

    /// Adds an entry to the index, and answers the number of its body.
    fn entry(&mut self, entry: &Entry) -> Result<Option<u32>, LayerError> {
        self.entries += 1;
        if self.entries > limits::LAYER_ENTRIES as u64 {
            return Ok(None);
        }
        let Ok(body) = u32::try_from(self.entries - 1) else { return Ok(None) };
        let start = if entry.size == 0 { Start::Empty } else { Start::Unread };
        let added = add(&mut self.builder, entry, &mut |builder, place, meta| {
            builder.file(place, meta, (body, entry.size), start)
        });
        match added {
            Ok(()) => {}
            Err(Refusal::PassedOver(words)) => self.builder.problems.add_at(&display(&entry.path), &words),
            Err(Refusal::Stop(error)) => return Err(error),
        }
        Ok(Some(body))
    }

    fn chunk(&mut self, record: &Record) -> Result<(), Unfit> {
        let Some(open) = &mut self.open else { return USELESS };
        let rest = open.size - open.listed;
        let size = if record.chunk_size == 0 { rest } else { record.chunk_size };
        // A file of one chunk needs no digest for it beside its own.
        let whole = size == open.size;
        let text =
            if whole && record.chunk_digest.is_empty() { &record.digest } else { &record.chunk_digest };
        let Some(sum) =
            digest::parse(text).filter(|_| (1..=rest).contains(&size) && record.offset < self.end)
        else {
            return USELESS;
        };
        open.listed += size;
        let end = if whole { open.end } else { 0 };
        let (body, offset, inner) = (open.body, record.offset, record.inner_offset);
        self.chunks.push(Chunk { body, offset, end, inner, size, sum });
        if self.affordable() { Ok(()) } else { USELESS }
    }

    fn affordable(&mut self) -> bool {
        self.memory.grow((self.chunks.len() * size_of::<Chunk>()) as u64)
    }

    /// Ends the file that is open; `false` where chunks of it are missing.
    fn close(&mut self) -> bool {
        self.open.take().is_none_or(|open| open.listed == open.size)
    }

    /// The index; `None` where chunks lie in each other's way.
    pub(super) fn finish(mut self) -> Option<LayerIndex> {
        self.set_ends()?;
        self.chunks.shrink_to_fit();
        let mut index = self.builder.finish(self.entries, 0);
        index.chunks = Some(Chunks { list: self.chunks, blob: self.blob, memory: self.memory });
        Some(index)
    }

    /// A chunk ends where the table says, or where the next one begins.
    fn set_ends(&mut self) -> Option<()> {
        let mut starts: Vec<u64> = self.chunks.iter().map(|chunk| chunk.offset).collect();
        starts.sort_unstable();
        for chunk in &mut self.chunks {
            let next = starts.partition_point(|start| *start <= chunk.offset);
            let next = starts.get(next).copied().unwrap_or(self.end);
            if chunk.end == 0 {
                chunk.end = next;
            }
            if chunk.end <= chunk.offset {
                return None;
            }
        }
        Some(())
    }
}

/// The object around the entries.
struct Table<'t> {
    listing: &'t mut Listing,
    failed: &'t mut Option<Unfit>,
}

impl<'de> Visitor<'de> for Table<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of contents")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = false;
        while let Some(key) = map.next_key::<String>()? {
            if key != "entries" {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            if seen {
                return Err(serde::de::Error::duplicate_field("entries"));
            }
            seen = true;
            map.next_value_seed(Entries { listing: &mut *self.listing, failed: &mut *self.failed })?;
        }
        if seen { Ok(()) } else { Err(serde::de::Error::missing_field("entries")) }
    }
}

/// The entries, taken in one by one: a table may be large.
struct Entries<'t> {
    listing: &'t mut Listing,
    failed: &'t mut Option<Unfit>,
}

impl<'de> serde::de::DeserializeSeed<'de> for Entries<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the entries of a table of contents")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(record) = entries.next_element::<Record>()? {
            if let Err(unfit) = self.listing.record(record) {
                *self.failed = Some(unfit);
                return Err(serde::de::Error::custom("of no use"));
            }
        }
        Ok(())
    }
}

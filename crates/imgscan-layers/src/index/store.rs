//! A layer's index on disk, for a cache: little-endian numbers, a checksum at the end. Whatever a file holds, reading
//! it gives the index that was written or none.

use std::io::{self, Error, ErrorKind, Read, Write};
use std::sync::Arc;

use flate2::Crc;
use imgscan_model::limits;

use super::node::{Id, Kind, NODE_BYTES, Node, ROOT};
use super::{Kept, LayerIndex, LayerProblem, Shebang};
use crate::keep::{Keep, Reservation};
use crate::listed::{Chunk, Chunks};

/// The first bytes of a file, with the version of what follows. It changes whenever a layer would be read differently.
const MAGIC: &[u8; 16] = b"imgscan index 2\n";

impl LayerIndex {
    /// What a stored index is known by, beside its layer: the version of the reader that made it.
    pub const VERSION: &'static str = concat!("imgscan-", env!("CARGO_PKG_VERSION"), " index 2");

    /// Writes the index, the kept texts with it. The writer should be buffered.
    ///
    /// # Errors
    ///
    /// The writer's own.
    pub fn write_to(&self, writer: impl Write) -> io::Result<()> {
        let mut out = Out { writer, crc: Crc::new() };
        out.bytes(MAGIC)?;
        out.u64(self.entries)?;
        out.u64(self.unpacked)?;
        out.list(&self.nodes, |out, node| out.bytes(&node.to_bytes()))?;
        out.text(&self.names)?;
        out.list(&self.order, |out, id| out.u32(*id))?;
        out.list(&self.owners, |out, (uid, gid)| out.u32(*uid).and_then(|()| out.u32(*gid)))?;
        out.list(&self.large, |out, (body, size)| out.u32(*body).and_then(|()| out.u64(*size)))?;
        out.list(&self.shebangs, |out, s| {
            out.u32(s.body)?;
            out.u32(s.at)?;
            out.u32(s.len.into())
        })?;
        out.list(&self.kept, |out, (body, kept)| {
            out.u32(*body)?;
            match kept {
                Kept::NotText => out.u32(0),
                Kept::Text(text) => out.u32(1).and_then(|()| out.text(text)),
            }
        })?;
        out.list(&self.problems, |out, problem| {
            out.text(&problem.message)?;
            out.u32(problem.path.is_some().into())?;
            out.text(problem.path.as_deref().unwrap_or(""))
        })?;
        out.u32(self.chunks.is_some().into())?;
        if let Some(chunks) = &self.chunks {
            out.u64(chunks.blob)?;
            out.list(&chunks.list, |out, chunk| out.bytes(&chunk.to_bytes()))?;
        }
        let sum = out.crc.sum();
        out.u32(sum)
    }

    /// Reads an index that [`LayerIndex::write_to`] wrote. Its memory counts against the image that `keep` serves; texts
    /// that do not fit any more are left out, as on a first pass.
    ///
    /// # Errors
    ///
    /// The reader's own, and [`ErrorKind::InvalidData`] for anything that is not exactly such an index: the layer has to
    /// be read then.
    pub fn read_from(reader: impl Read, keep: &Keep) -> io::Result<LayerIndex> {
        let mut from = In { reader, crc: Crc::new(), memory: Reservation::of(keep.budget()), size: 0 };
        if from.bytes(MAGIC.len())? != MAGIC {
            return Err(invalid());
        }
        let (entries, unpacked) = (from.u64()?, from.u64()?);
        let nodes = from.records::<_, NODE_BYTES>(Node::from_bytes)?;
        let names = from.text()?;
        let order = from.records(|bytes| Some(u32::from_le_bytes(bytes)))?;
        let owners = from.list(8, |from| Ok((from.u32()?, from.u32()?)))?;
        let large = from.list(16, |from| Ok((from.u32()?, from.u64()?)))?;
        let shebangs = from.list(12, |from| {
            let (body, at, len) = (from.u32()?, from.u32()?, from.u32()?);
            Ok(Shebang { body, at, len: u16::try_from(len).map_err(|_| invalid())? })
        })?;
        let kept = from.list(32, |from| {
            let (body, is_text) = (from.u32()?, from.u32()?);
            let text = if is_text == 0 { None } else { Some(from.text()?) };
            Ok((body, text.map_or(Kept::NotText, |text| Kept::Text(text.into()))))
        })?;
        let problems = from.list(64, |from| {
            let message = from.text()?;
            let (has_path, path) = (from.u32()? != 0, from.text()?);
            Ok(LayerProblem { message, path: has_path.then(|| Arc::from(path)) })
        })?;
        let chunks = if from.u32()? == 0 { None } else { Some(from.chunks(keep)?) };
        let sum = from.crc.sum();
        if from.u32()? != sum || !from.is_at_end()? {
            return Err(invalid());
        }
        let kept = kept.into_iter().filter(|(_, kept)| affordable(kept, keep)).collect();
        let index = LayerIndex {
            nodes,
            names,
            order,
            owners,
            large,
            shebangs,
            kept,
            problems,
            entries,
            unpacked,
            chunks,
            memory: from.memory,
        };
        if index.is_tree() { Ok(index) } else { Err(invalid()) }
    }

    /// Whether every directory's children are its own, once each and in order, so that no walk runs in circles.
    fn is_tree(&self) -> bool {
        let Some(root) = self.node(ROOT) else { return false };
        let mut expected = 0u64;
        let all = self.nodes.iter().zip(0..).all(|(dir, id): (&Node, Id)| {
            if !dir.is_dir() || dir.is_dead() {
                return true;
            }
            expected += u64::from(dir.b);
            let children = self.children(dir);
            let sorted = children.is_sorted_by(|x, y| self.name_of(*x) < self.name_of(*y));
            let own = |child: &Id| self.node(*child).is_some_and(|node| node.parent == id && *child > id);
            children.len() as u64 == u64::from(dir.b) && sorted && children.iter().all(own)
        });
        all && root.kind == Kind::Dir && expected == self.order.len() as u64
    }

    fn name_of(&self, id: Id) -> &str {
        self.node(id).map_or("", |node| self.name(node))
    }
}

fn affordable(kept: &Kept, keep: &Keep) -> bool {
    match kept {
        Kept::Text(text) => keep.budget().keep(text.len() as u64 + crate::read::KEPT_OVERHEAD),
        Kept::NotText => true,
    }
}

fn invalid() -> Error {
    Error::new(ErrorKind::InvalidData, "not an index of a layer, or a damaged one")
}

struct Out<W> {
    writer: W,
    crc: Crc,
}

impl<W: Write> Out<W> {
    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.crc.update(bytes);
        self.writer.write_all(bytes)
    }

    fn u32(&mut self, number: u32) -> io::Result<()> {
        self.bytes(&number.to_le_bytes())
    }

    fn u64(&mut self, number: u64) -> io::Result<()> {
        self.bytes(&number.to_le_bytes())
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        self.u64(text.len() as u64)?;
        self.bytes(text.as_bytes())
    }

    fn list<T>(&mut self, items: &[T], one: impl Fn(&mut Self, &T) -> io::Result<()>) -> io::Result<()> {
        self.u64(items.len() as u64)?;
        items.iter().try_for_each(|item| one(self, item))
    }
}

struct In<R> {
    reader: R,
    crc: Crc,
    memory: Reservation,
    size: u64,
}

impl<R: Read> In<R> {
    fn bytes(&mut self, count: usize) -> io::Result<Vec<u8>> {
        // As many as were reserved: at once, and into their place.
        let mut bytes = vec![0; count];
        self.read(&mut bytes)?;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.read(&mut bytes)?;
        Ok(bytes)
    }

    fn read(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        self.reader.read_exact(bytes).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => invalid(),
            _ => error,
        })?;
        self.crc.update(bytes);
        Ok(())
    }

    fn u32(&mut self) -> io::Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> io::Result<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// A number of bytes that is about to be taken, if the image may have it.
    fn length(&mut self, of_one: u64) -> io::Result<usize> {
        let count = self.u64()?;
        let size =
            count.checked_mul(of_one).filter(|size| *size <= limits::INDEX_BYTES).ok_or_else(invalid)?;
        self.size += size;
        if !self.memory.grow(self.size) {
            return Err(invalid());
        }
        usize::try_from(count).map_err(|_| invalid())
    }

    fn text(&mut self) -> io::Result<String> {
        let length = self.length(1)?;
        String::from_utf8(self.bytes(length)?).map_err(|_| invalid())
    }

    fn list<T>(&mut self, size: usize, one: impl Fn(&mut Self) -> io::Result<T>) -> io::Result<Vec<T>> {
        let count = self.length(size as u64)?;
        (0..count).map(|_| one(self)).collect()
    }

    /// As [`In::list`], for what is as long each time and of which there is much: read at once.
    fn records<T, const N: usize>(&mut self, one: impl Fn([u8; N]) -> Option<T>) -> io::Result<Vec<T>> {
        let count = self.length(N as u64)?;
        let bytes = self.bytes(count.checked_mul(N).ok_or_else(invalid)?)?;
        let (records, _) = bytes.as_chunks::<N>();
        records.iter().map(|record| one(*record).ok_or_else(invalid)).collect()
    }

    /// The chunks of a listed layer. They count against a bound of their own.
    fn chunks(&mut self, keep: &Keep) -> io::Result<Chunks> {
        let blob = self.u64()?;
        let index = std::mem::replace(&mut self.memory, Reservation::of_tables(keep.budget()));
        let size = std::mem::take(&mut self.size);
        let list = self.records(Chunk::from_bytes)?;
        self.size = size;
        let memory = std::mem::replace(&mut self.memory, index);
        let sorted = list.is_sorted_by_key(|chunk| chunk.body);
        if sorted { Ok(Chunks { list, blob, memory }) } else { Err(invalid()) }
    }

    fn is_at_end(&mut self) -> io::Result<bool> {
        let mut rest = Vec::new();
        (&mut self.reader).take(1).read_to_end(&mut rest).map(|count| count == 0)
    }
}

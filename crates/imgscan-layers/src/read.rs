//! One pass over a layer's blob: what it holds ([`read_layer`]), or some of its files ([`extract`], [`copy_file`]).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};
use std::sync::Arc;

use imgscan_model::{Magic, limits};

use crate::error::LayerError;
use crate::index::build::{Builder, Meta, Place, Refusal};
use crate::index::name::display;
use crate::index::node::Start;
use crate::index::{Kept, LayerIndex};
use crate::keep::{Candidate, Keep, Wish};
use crate::tar::{Entry, Kind, Walk};
use crate::unpack::Unpacked;

/// Bytes of a file that are looked at to say what it is: `#!` and 255 bytes more.
pub(crate) const HEAD: usize = 257;

/// Bytes of a script's first line that are kept, `#!` not counted (Linux reads 256 with it).
const SHEBANG: usize = 255;

/// What a kept text takes beside its bytes: so many empty ones are no way around the bound.
pub(crate) const KEPT_OVERHEAD: u64 = 64;

/// Reads a layer. `media_type` is what the manifest says of it; it may be empty, and the bytes have the last word.
///
/// The stream is read to its very end, so that whoever hands it in can check its digest there; an error that the
/// stream itself gives is passed on, also where the bytes before it made no sense.
///
/// # Errors
///
/// See [`LayerError`]. A layer over one of the [`limits`] is left where it stands.
pub fn read_layer(blob: impl Read, media_type: &str, keep: &Keep) -> Result<LayerIndex, LayerError> {
    let mut walk = Walk::new(Unpacked::new(blob, media_type)?);
    let read = index(&mut walk, keep);
    to_the_end(&mut walk, read)
}

/// The stream's own error goes before what its bytes seemed to say.
fn to_the_end<R: Read, T>(walk: &mut Walk<R>, read: Result<T, LayerError>) -> Result<T, LayerError> {
    if let Err(LayerError::Damaged(_) | LayerError::Unsupported(_)) = &read {
        walk.bytes().drain()?;
    }
    read
}

fn index<R: Read>(walk: &mut Walk<R>, keep: &Keep) -> Result<LayerIndex, LayerError> {
    let mut builder = Builder::new(keep);
    if let Some(message) = walk.bytes().mislabelled.take() {
        builder.problems.add(message);
    }
    while let Some(entry) = walk.next()? {
        let added = add(&mut builder, &entry, &mut |builder, place, meta| {
            file(builder, walk, &entry, (place, meta), keep)
        });
        match added {
            Ok(()) => {}
            Err(Refusal::PassedOver(words)) => builder.problems.add_at(&display(&entry.path), &words),
            Err(Refusal::Stop(error)) => return Err(error),
        }
    }
    let garbage = walk.bytes().finish()?;
    if garbage > 0 {
        builder.problems.add(format!("{garbage} bytes of garbage follow the layer's compressed data"));
    }
    Ok(builder.finish(walk.entries(), walk.bytes().total()))
}

/// How a regular file gets into the index.
type AddFile<'a> = dyn FnMut(&mut Builder, &Place<'_>, Meta) -> Result<(), LayerError> + 'a;

/// Adds an entry to the index.
pub(crate) fn add(builder: &mut Builder, entry: &Entry, file: &mut AddFile<'_>) -> Result<(), Refusal> {
    match entry.kind {
        Kind::Global => {
            let message = "PAX records for the whole archive are not applied, as in container runtimes";
            builder.problems.add(message.to_owned());
            return Ok(());
        }
        Kind::Other(letter) => {
            let words = format!("is an entry of type `{letter}`, which no container runtime unpacks");
            return Err(Refusal::PassedOver(words));
        }
        _ => {}
    }
    let Some(place) = builder.place(&entry.path)? else { return Ok(()) };
    if builder.whiteout(&place)? {
        return Ok(());
    }
    let meta = Meta { mode: entry.mode, uid: entry.uid, gid: entry.gid };
    match entry.kind {
        Kind::Dir => builder.dir(&place, meta)?,
        Kind::Special => builder.special(&place, meta)?,
        Kind::Symlink => builder.symlink(&place, meta, &entry.link)?,
        Kind::Hardlink => {
            if !builder.hard_link(&place, meta, &entry.link)? {
                let target = String::from_utf8_lossy(&entry.link);
                let words = format!("is a hard link to `{target:.256}`, which is not in its layer");
                builder.problems.add_at(&builder.path(&place), &words);
            }
        }
        _ => file(builder, &place, meta)?,
    }
    Ok(())
}

fn file<R: Read>(
    builder: &mut Builder,
    walk: &mut Walk<R>,
    entry: &Entry,
    (place, meta): (&Place<'_>, Meta),
    keep: &Keep,
) -> Result<(), LayerError> {
    let body = body_number(walk)?;
    let wish = if entry.size == 0 || entry.size > limits::KEPT_FILE_BYTES {
        Wish::No
    } else {
        let path = builder.path(place);
        keep.wish(Candidate { path: &path, size: entry.size, mode: meta.mode.into() })
    };
    let mut text = head(walk, entry, wish)?;
    let start = if entry.is_sparse() { Start::Unknown } else { start_of(entry.size, &text) };
    let wanted = wish == Wish::Yes || (wish == Wish::IfScript && start == Start::Script);
    if start == Start::Script {
        builder.script(body, &text)?;
    }
    if wanted && keep.budget().keep(entry.size + KEPT_OVERHEAD) {
        walk.copy_body(entry, &mut |piece| {
            text.extend_from_slice(piece);
            Ok::<(), LayerError>(())
        })?;
        let kept = String::from_utf8(text).map_or(Kept::NotText, |text| Kept::Text(text.into()));
        builder.keep(body, kept);
    }
    builder.file(place, meta, (body, entry.size), start)
}

/// The first bytes of a file. Of a sparse file, none: where they stand is only worked out for a file that is kept.
fn head<R: Read>(walk: &mut Walk<R>, entry: &Entry, wish: Wish) -> Result<Vec<u8>, LayerError> {
    let mut head = Vec::new();
    if entry.is_sparse() {
        return Ok(head);
    }
    if wish != Wish::No {
        head.reserve_exact(usize::try_from(entry.size).unwrap_or(0));
    }
    let wanted = HEAD.min(usize::try_from(entry.size).unwrap_or(usize::MAX));
    while head.len() < wanted {
        let piece = walk.body()?;
        let count = piece.len().min(wanted - head.len());
        head.extend_from_slice(piece.get(..count).unwrap_or_default());
        walk.consume(count);
    }
    Ok(head)
}

/// What the first bytes of a file of `size` bytes say.
pub(crate) fn start_of(size: u64, head: &[u8]) -> Start {
    match head {
        _ if size == 0 => Start::Empty,
        [0x7f, b'E', b'L', b'F', ..] => Start::Elf,
        [b'#', b'!', ..] => Start::Script,
        _ => Start::Other,
    }
}

/// The same as a node tells it, with the first line of a script.
pub(crate) fn magic_of(size: u64, head: &[u8]) -> Magic {
    match start_of(size, head) {
        Start::Empty => Magic::Empty,
        Start::Elf => Magic::Elf,
        Start::Script => Magic::Script(first_line(head.get(..HEAD).unwrap_or(head)).into()),
        Start::Other => Magic::Other,
        Start::Unknown | Start::Unread => Magic::Unknown,
    }
}

/// The first line of a script, without `#!`.
pub(crate) fn first_line(head: &[u8]) -> Cow<'_, str> {
    let line = head.get(2..).unwrap_or_default().split(|b| *b == b'\n').next().unwrap_or_default();
    display(line.get(..SHEBANG).unwrap_or(line))
}

/// Which entry of the tar is read: what the index knows a file's body by.
fn body_number<R: Read>(walk: &Walk<R>) -> Result<u32, LayerError> {
    let number = walk.entries().saturating_sub(1);
    u32::try_from(number).map_err(|_| LayerError::Limit(format!("the layer has more than {number} entries")))
}

/// A file that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extracted {
    /// Its path, as it was asked for.
    pub path: Arc<str>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Reads files out of a layer that was indexed before. Paths that are no regular file of the layer, and files larger
/// than [`limits::READ_FILE_BYTES`], are not among the answers. The stream is read to its very end.
///
/// # Errors
///
/// As [`read_layer`].
pub fn extract(
    blob: impl Read,
    media_type: &str,
    index: &LayerIndex,
    paths: &[Arc<str>],
) -> Result<Vec<Extracted>, LayerError> {
    let mut wanted: BTreeMap<u32, Vec<Arc<str>>> = BTreeMap::new();
    for path in paths {
        if let Some((body, size)) = index.body_of(path)
            && size <= limits::READ_FILE_BYTES
        {
            wanted.entry(body).or_default().push(Arc::clone(path));
        }
    }
    let bodies: BTreeSet<u32> = wanted.keys().copied().collect();
    let mut found: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    visit(blob, media_type, &bodies, &mut |body, piece| {
        found.entry(body).or_default().extend_from_slice(piece);
        Ok(())
    })?;
    let mut extracted = Vec::new();
    for (body, paths) in wanted {
        let bytes = found.remove(&body).unwrap_or_default();
        extracted.extend(paths.into_iter().map(|path| Extracted { path, bytes: bytes.clone() }));
    }
    Ok(extracted)
}

/// Copies one file out of a layer that was indexed before, of any size, piece by piece. Answers its size, or `None`
/// when `path` is no regular file of the layer (then nothing is read). The stream is read to its very end.
///
/// # Errors
///
/// As [`read_layer`], and [`LayerError::Write`] when `to` fails.
pub fn copy_file(
    blob: impl Read,
    media_type: &str,
    index: &LayerIndex,
    path: &str,
    to: &mut dyn Write,
) -> Result<Option<u64>, LayerError> {
    let Some((body, size)) = index.body_of(path) else { return Ok(None) };
    visit(blob, media_type, &BTreeSet::from([body]), &mut |_, piece| to.write_all(piece))?;
    Ok(Some(size))
}

enum VisitError {
    Layer(LayerError),
    Write(io::Error),
}

impl From<LayerError> for VisitError {
    fn from(error: LayerError) -> Self {
        VisitError::Layer(error)
    }
}

/// Gives the bodies asked for to `sink`, piece by piece.
fn visit(
    blob: impl Read,
    media_type: &str,
    bodies: &BTreeSet<u32>,
    sink: &mut dyn FnMut(u32, &[u8]) -> io::Result<()>,
) -> Result<(), LayerError> {
    let mut walk = Walk::new(Unpacked::new(blob, media_type)?);
    let visited = visit_entries(&mut walk, bodies, sink);
    to_the_end(&mut walk, visited)
}

fn visit_entries<R: Read>(
    walk: &mut Walk<R>,
    bodies: &BTreeSet<u32>,
    sink: &mut dyn FnMut(u32, &[u8]) -> io::Result<()>,
) -> Result<(), LayerError> {
    let last = bodies.last().copied();
    while let Some(entry) = walk.next()? {
        let body = body_number(walk)?;
        if entry.kind == Kind::File && bodies.contains(&body) {
            let copied = walk.copy_body(&entry, &mut |piece| sink(body, piece).map_err(VisitError::Write));
            copied.map_err(|error| match error {
                VisitError::Layer(error) => error,
                VisitError::Write(error) => LayerError::Write(error),
            })?;
        }
        if last.is_none_or(|last| body >= last) {
            break;
        }
    }
    walk.bytes().drain().map(|_| ())
}

//! The OCI image layout, in a directory or in a tar: `index.json` and `blobs/ALGORITHM/HEX`.

use std::io::Read;
use std::sync::Arc;

use imgscan_model::limits;

use super::Request;
use super::files::{Files, read_small};
use crate::descriptor::{Descriptor, Entry};
use crate::digest::Digest;
use crate::error::{SourceError, damaged, not_found};
use crate::image::{Image, SourceKind};
use crate::manifest::{self, Manifest};
use crate::reference::Pick;
use crate::registry_name::RegistryName;
use crate::resolve::Resolver;
use crate::store::{Part, Store};

/// The name or tag of an image in a layout (OCI image specification, annotations).
const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// The full name, as containerd and Docker write it.
const IMAGE_NAME: &str = "io.containerd.image.name";

/// The images that are asked for.
pub(crate) fn open(
    files: Arc<dyn Files>,
    source: SourceKind,
    request: &Request<'_>,
) -> Result<Vec<Image>, SourceError> {
    let place = files.place().to_owned();
    let Some(raw) = read_small(files.as_ref(), "index.json", limits::MANIFEST_BYTES)? else {
        return Err(not_found(format!("`{place}` is no OCI image layout: it has no `index.json`")));
    };
    let what = format!("`index.json` in `{place}`");
    let Manifest::Index(entries) = manifest::parse(&what, &raw, Some(manifest::MEDIA_TYPES[2]))? else {
        return Err(damaged(format!("{what} is no index")));
    };
    let picked = pick(entries, request.pick, &place)?;
    let store: Arc<dyn Store> = Arc::new(Blobs { files });
    let resolver = Resolver::new(store, request.reference.typed(), source, request.choice);
    match picked {
        Picked::One(entry) => resolver.images(resolver.document(&entry.descriptor)?),
        Picked::Platforms(entries) => resolver.images_of(entries),
    }
}

/// What was picked of `index.json`.
enum Picked {
    /// One image or index, whatever its platform: there is nothing to choose from here.
    One(Entry),
    /// The same image for several platforms.
    Platforms(Vec<Entry>),
}

fn pick(entries: Vec<Entry>, pick: &Pick, place: &str) -> Result<Picked, SourceError> {
    // By digest even an attestation may be asked for; it is then refused with its name.
    let mut chosen: Vec<Entry> = match pick {
        Pick::Digest(digest) => return by_digest(entries, digest, place),
        Pick::Index(index) => return by_index(entries, *index, place),
        Pick::Only => entries.iter().filter(|e| manifest::is_usable(e)).cloned().collect(),
        Pick::Name(name) => by_name(&entries, name, place)?,
    };
    let same_name = chosen.iter().all(|e| name(e) == chosen.first().and_then(name));
    match chosen.len() {
        0 if entries.is_empty() => Err(not_found(format!("`{place}` holds no image"))),
        // Nothing in it is an image: opening the first says what it is instead.
        0 => entries
            .into_iter()
            .next()
            .map(Picked::One)
            .ok_or_else(|| not_found(format!("`{place}` holds no image"))),
        1 => Ok(Picked::One(chosen.remove(0))),
        _ if same_name => Ok(Picked::Platforms(chosen)),
        _ => Err(several(&chosen, place)),
    }
}

/// A digest may be that of an entry, or of a manifest further down.
fn by_digest(entries: Vec<Entry>, digest: &Digest, place: &str) -> Result<Picked, SourceError> {
    let found = entries.into_iter().find(|e| e.descriptor.digest == *digest);
    found
        .map(Picked::One)
        .ok_or_else(|| not_found(format!("`index.json` in `{place}` lists no manifest `{digest}`")))
}

fn by_index(entries: Vec<Entry>, index: usize, place: &str) -> Result<Picked, SourceError> {
    let count = entries.len();
    let found = entries.into_iter().nth(index);
    found.map(Picked::One).ok_or_else(|| not_found(format!("`{place}` holds {count} images, counted from 0")))
}

/// The name as it stands; else the full name; else the tag of a full name, where only one has it.
fn by_name(entries: &[Entry], wanted: &str, place: &str) -> Result<Vec<Entry>, SourceError> {
    let annotated = |key: &str| -> Vec<Entry> {
        entries
            .iter()
            .filter(|e| e.descriptor.annotations.get(key).is_some_and(|n| n == wanted))
            .cloned()
            .collect()
    };
    for key in [REF_NAME, IMAGE_NAME] {
        let found = annotated(key);
        if !found.is_empty() {
            return Ok(found);
        }
    }
    let full = |text: &str| RegistryName::parse(text).ok();
    let by_full = |accept: &dyn Fn(&RegistryName) -> bool| -> Vec<Entry> {
        let names = |e: &Entry| [IMAGE_NAME, REF_NAME].map(|key| e.descriptor.annotations.get(key).cloned());
        let matches =
            |e: &&Entry| names(e).into_iter().flatten().filter_map(|n| full(&n)).any(|n| accept(&n));
        entries.iter().filter(matches).cloned().collect()
    };
    let want = full(wanted);
    let mut found = by_full(&|name| want.as_ref() == Some(name));
    if found.is_empty() {
        found = by_full(&|name| name.tag.as_deref() == Some(wanted));
    }
    if found.is_empty() {
        return Err(not_found(format!("`{place}` holds no image `{}`", crate::shown::text(wanted)))
            .with_help(listing(entries)));
    }
    Ok(found)
}

fn name(entry: &Entry) -> Option<&String> {
    let annotations = &entry.descriptor.annotations;
    annotations.get(IMAGE_NAME).or_else(|| annotations.get(REF_NAME))
}

fn several(entries: &[Entry], place: &str) -> SourceError {
    let count = entries.len();
    not_found(format!("`{place}` holds {count} images, and none was named")).with_help(listing(entries))
}

fn listing(entries: &[Entry]) -> String {
    let names: Vec<String> = entries
        .iter()
        .take(20)
        .map(|e| match name(e) {
            Some(name) => format!("`:{}`", crate::shown::text(name)),
            None => format!("`@{}`", e.descriptor.digest),
        })
        .collect();
    match names.is_empty() {
        true => "it holds none at all".to_owned(),
        false => format!("it holds {}; add one behind the path", names.join(", ")),
    }
}

/// `blobs/` of a layout.
struct Blobs {
    files: Arc<dyn Files>,
}

impl Store for Blobs {
    fn open(&self, part: Part, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError> {
        let digest = &descriptor.digest;
        let (word, place) = (part.word(), self.files.place());
        let Some(opened) = self.files.open(&digest.blob_path())? else {
            return Err(damaged(format!("the {word} `{digest}` is not in `{place}`")));
        };
        if opened.size != descriptor.size {
            let (is, said) = (opened.size, descriptor.size);
            return Err(damaged(format!(
                "the {word} `{digest}` in `{place}` has {is} bytes; its descriptor tells {said}"
            )));
        }
        Ok(opened.reader)
    }
}

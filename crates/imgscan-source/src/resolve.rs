//! From a manifest or an index to images: which platform, which config, which layers. One way for every store.

use std::cell::Cell;
use std::io::Read;
use std::sync::Arc;

use imgscan_model::{Platform, Problem, limits};

use crate::config::ConfigHead;
use crate::descriptor::{Descriptor, Entry};
use crate::digest::Digest;
use crate::error::{SourceError, damaged, over_limit, unsupported, wrong_platform};
use crate::image::{Content, Image, LayerDescriptor, Layers, OpenLayer, SourceKind};
use crate::manifest::{self, ImageManifest, Manifest};
use crate::platform::{self, PlatformChoice};
use crate::store::{self, Part, Store};

/// A manifest or index as received and verified.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) raw: Arc<[u8]>,
    pub(crate) digest: Digest,
    /// The media type that a descriptor or a header told.
    pub(crate) media_type: Option<String>,
}

/// What is resolved, for whom.
pub(crate) struct Resolver<'a> {
    pub(crate) store: Arc<dyn Store>,
    /// The reference as typed.
    pub(crate) reference: &'a str,
    pub(crate) source: SourceKind,
    pub(crate) choice: &'a PlatformChoice,
    /// Bytes of documents read so far.
    held: Cell<u64>,
}

/// A manifest read, with the platform that an index told of it.
struct Candidate {
    document: Document,
    manifest: ImageManifest,
    platform: Option<Platform>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        reference: &'a str,
        source: SourceKind,
        choice: &'a PlatformChoice,
    ) -> Self {
        Resolver { store, reference, source, choice, held: Cell::new(0) }
    }

    /// The images behind a document, in the order of its index.
    pub(crate) fn images(&self, document: Document) -> Result<Vec<Image>, SourceError> {
        match self.parse(&document)? {
            Manifest::Image(manifest) => {
                let image = self.image(Candidate { document, manifest, platform: None })?;
                self.check_platform(&image)?;
                Ok(vec![image])
            }
            Manifest::Index(entries) => self.images_of(entries),
        }
    }

    /// The images behind the entries of an index.
    pub(crate) fn images_of(&self, entries: Vec<Entry>) -> Result<Vec<Image>, SourceError> {
        match self.choice.wanted() {
            None => self.every(entries),
            Some(want) => Ok(vec![self.one(&want, entries)?]),
        }
    }

    /// The document that a descriptor names.
    pub(crate) fn document(&self, descriptor: &Descriptor) -> Result<Document, SourceError> {
        let raw = self.read(Part::Manifest, descriptor)?;
        Ok(Document {
            raw,
            digest: descriptor.digest.clone(),
            media_type: Some(descriptor.media_type.clone()),
        })
    }

    fn read(&self, part: Part, descriptor: &Descriptor) -> Result<Arc<[u8]>, SourceError> {
        let held = self.held.get().saturating_add(descriptor.size);
        if held > limits::DOCUMENT_BYTES {
            let most = limits::DOCUMENT_BYTES;
            return Err(self.about(over_limit(format!(
                "its manifests and configs have more than {most} bytes together"
            ))));
        }
        self.held.set(held);
        store::read(self.store.as_ref(), part, descriptor).map_err(|e| self.about(e))
    }

    fn about(&self, error: SourceError) -> SourceError {
        error.about(format!("`{}`", crate::shown::text(self.reference)))
    }

    fn parse(&self, document: &Document) -> Result<Manifest, SourceError> {
        let what = format!("`{}`", crate::shown::text(self.reference));
        manifest::parse(&what, &document.raw, document.media_type.as_deref())
    }

    /// Every usable manifest of an index and of the indexes in it.
    fn candidates(
        &self,
        entries: Vec<Entry>,
        depth: usize,
        found: &mut Vec<Candidate>,
    ) -> Result<(), SourceError> {
        for entry in entries.into_iter().filter(manifest::is_usable) {
            if found.iter().any(|c| c.document.digest == entry.descriptor.digest) {
                continue;
            }
            let document = self.document(&entry.descriptor)?;
            match self.parse(&document)? {
                Manifest::Index(entries) => self.candidates(entries, self.deeper(depth)?, found)?,
                Manifest::Image(manifest) => {
                    found.push(Candidate { document, manifest, platform: entry.platform })
                }
            }
            if found.len() > limits::INDEX_ENTRIES {
                let most = limits::INDEX_ENTRIES;
                return Err(self.about(over_limit(format!("its indexes hold more than {most} images"))));
            }
        }
        Ok(())
    }

    fn deeper(&self, depth: usize) -> Result<usize, SourceError> {
        let most = limits::INDEX_DEPTH;
        if depth >= most {
            let message = format!("indexes lie within indexes more than {most} deep");
            return Err(self.about(over_limit(message)));
        }
        Ok(depth + 1)
    }

    fn every(&self, entries: Vec<Entry>) -> Result<Vec<Image>, SourceError> {
        let mut found = Vec::new();
        self.candidates(entries, 0, &mut found)?;
        if found.is_empty() {
            return Err(self.about(unsupported("its index holds no image")));
        }
        found.into_iter().map(|candidate| self.image(candidate)).collect()
    }

    /// The image for one platform. Nothing is fetched that the index itself answers.
    fn one(&self, want: &Platform, entries: Vec<Entry>) -> Result<Image, SourceError> {
        let mut seen = Vec::new();
        if let Some(image) = self.find(want, entries, 0, &mut seen)? {
            return Ok(image);
        }
        if seen.is_empty() {
            return Err(self.about(unsupported("its index holds no image")));
        }
        seen.sort();
        seen.dedup();
        let list = seen.iter().map(|p| format!("`{p}`")).collect::<Vec<_>>().join(", ");
        let asked = match self.choice {
            PlatformChoice::Default => format!("this machine's platform, `{want}`"),
            _ => format!("`{want}`"),
        };
        let first = seen.first().map_or_else(String::new, ToString::to_string);
        Err(self
            .about(wrong_platform(format!("it is built for {list}, not for {asked}")))
            .with_help(format!("choose one with `--platform {first}`, or all with `--platform all`")))
    }

    fn find(
        &self,
        want: &Platform,
        entries: Vec<Entry>,
        depth: usize,
        seen: &mut Vec<Platform>,
    ) -> Result<Option<Image>, SourceError> {
        let usable: Vec<Entry> = entries.into_iter().filter(manifest::is_usable).collect();
        let sole = usable.len() == 1;
        let told = usable.iter().filter(|e| !manifest::is_index(&e.descriptor.media_type));
        let best = told
            .filter_map(|e| Some((platform::distance(want, e.platform.as_ref()?)?, e)))
            .min_by_key(|(distance, _)| *distance);
        if let Some((_, entry)) = best {
            return self.of_entry(entry).map(Some);
        }
        seen.extend(usable.iter().filter_map(|e| e.platform.clone()));
        for entry in usable.iter().filter(|e| manifest::is_index(&e.descriptor.media_type)) {
            let document = self.document(&entry.descriptor)?;
            if let Manifest::Index(entries) = self.parse(&document)?
                && let Some(image) = self.find(want, entries, self.deeper(depth)?, seen)?
            {
                return Ok(Some(image));
            }
        }
        // The index says nothing about these; their configs do.
        let mut best: Option<(u32, Image)> = None;
        let silent = |e: &&Entry| e.platform.is_none() && !manifest::is_index(&e.descriptor.media_type);
        for entry in usable.iter().filter(silent) {
            let image = self.of_entry(entry)?;
            if sole && *self.choice == PlatformChoice::Default {
                return Ok(Some(image));
            }
            seen.push(image.platform.clone());
            if let Some(distance) = platform::distance(want, &image.platform)
                && best.as_ref().is_none_or(|(least, _)| distance < *least)
            {
                best = Some((distance, image));
            }
        }
        Ok(best.map(|(_, image)| image))
    }

    fn of_entry(&self, entry: &Entry) -> Result<Image, SourceError> {
        let document = self.document(&entry.descriptor)?;
        match self.parse(&document)? {
            Manifest::Image(manifest) => {
                self.image(Candidate { document, manifest, platform: entry.platform.clone() })
            }
            Manifest::Index(_) => Err(self.about(damaged("its index calls an index an image"))),
        }
    }

    fn image(&self, candidate: Candidate) -> Result<Image, SourceError> {
        let Candidate { document, manifest, platform } = candidate;
        let ImageManifest { config: descriptor, mut layers, mut problems } = manifest;
        let config = self.read(Part::Config, &descriptor)?;
        let head = ConfigHead::parse(&config).map_err(|e| self.about(e))?;
        if let (Some(index), Some(config)) = (&platform, &head.platform)
            && index != config
        {
            problems
                .push(Problem::new(format!("the index calls this image `{index}`, its config `{config}`")));
        }
        if let Some(ids) = head.diff_ids.as_ref().filter(|ids| ids.count != layers.len()) {
            let (ids, layers) = (ids.count, layers.len());
            problems
                .push(Problem::new(format!("the manifest lists {layers} layers, the config {ids} diff IDs")));
        }
        let count = layers.len();
        let descriptors =
            layers.iter_mut().enumerate().map(|(index, l)| layer(index, l, &head, count)).collect();
        let reader = Arc::new(StoreLayers { store: Arc::clone(&self.store), layers });
        Ok(Image {
            reference: self.reference.to_owned(),
            source: self.source,
            digest: Some(document.digest),
            platform: head.platform.clone().or(platform).unwrap_or_else(unknown_platform),
            manifest: Some(document.raw),
            config,
            config_digest: Some(descriptor.digest),
            content: Content::Layers(Layers { descriptors, reader }),
            problems,
        })
    }

    /// A single image has one platform; it must be the one asked for, where one was asked for.
    fn check_platform(&self, image: &Image) -> Result<(), SourceError> {
        check_platform(self.choice, image).map_err(|e| self.about(e))
    }
}

/// The platform of an image whose config and index are silent.
pub(crate) fn unknown_platform() -> Platform {
    Platform { os: "unknown".to_owned(), architecture: "unknown".to_owned(), variant: None }
}

/// Whether a single image is for the platform asked for. One that does not tell its platform is.
pub(crate) fn check_platform(choice: &PlatformChoice, image: &Image) -> Result<(), SourceError> {
    let PlatformChoice::One(want) = choice else { return Ok(()) };
    let have = &image.platform;
    if *have == unknown_platform() || platform::distance(want, have).is_some() {
        return Ok(());
    }
    Err(wrong_platform(format!("it is built for `{have}` only, not for `{want}`"))
        .with_help(format!("leave out `--platform`, or give `--platform {have}`")))
}

fn layer(index: usize, descriptor: &mut Descriptor, head: &ConfigHead, count: usize) -> LayerDescriptor {
    let ids = head.diff_ids.as_ref().filter(|ids| ids.count == count);
    LayerDescriptor {
        index: u32::try_from(index).unwrap_or(u32::MAX),
        digest: Some(descriptor.digest.clone()),
        diff_id: ids.and_then(|ids| ids.ids.get(index)).and_then(|id| id.parse().ok()),
        media_type: descriptor.media_type.clone(),
        size: descriptor.size,
        // They may be many, and nobody else wants them.
        annotations: std::mem::take(&mut descriptor.annotations),
    }
}

/// Layers that a store keeps by digest.
struct StoreLayers {
    store: Arc<dyn Store>,
    layers: Vec<Descriptor>,
}

impl OpenLayer for StoreLayers {
    fn open(&self, index: usize) -> Result<Box<dyn Read + Send>, SourceError> {
        match self.layers.get(index) {
            Some(descriptor) => store::open_verified(self.store.as_ref(), Part::Layer, descriptor),
            None => Err(crate::error::not_found(format!("no layer of index {index}"))),
        }
    }

    fn range(&self, index: usize, from: u64, length: u64) -> Result<Option<Vec<u8>>, SourceError> {
        self.layers.get(index).map_or(Ok(None), |descriptor| self.store.range(descriptor, from, length))
    }
}

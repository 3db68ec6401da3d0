//! A repository of a registry: its manifests and blobs.

use std::io::Read;
use std::sync::Arc;

use imgscan_model::limits;
use reqwest::Url;

use super::auth::Scope;
use super::blob::BlobName;
use super::failure::Tries;
use super::session::{Ask, Session};
use crate::descriptor::Descriptor;
use crate::digest::{Digest, Hasher};
use crate::error::{ErrorKind, SourceError, damaged, unsupported};
use crate::manifest::MEDIA_TYPES;
use crate::registry_name::RegistryName;
use crate::remember::Memory;
use crate::resolve::Document;
use crate::store::{Part, Store};

/// A repository of a registry.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) session: Arc<Session>,
    pub(super) repository: String,
    /// Whether foreign layers are fetched from where their descriptors say.
    pub(super) foreign: bool,
}

/// A manifest as received.
struct Received {
    raw: Vec<u8>,
    /// `Content-Type`.
    media_type: Option<String>,
    /// `Docker-Content-Digest`.
    told: Option<String>,
}

impl Place {
    fn ask(&self, path: String) -> Ask {
        Ask { path, accept: None, range: None, head: false, scope: Scope::pull(&self.repository) }
    }

    /// A manifest or index, by tag or digest, verified where a digest is known. What was read before is not fetched again
    /// where its name still stands for it.
    pub(super) fn manifest(&self, name: &RegistryName, memory: &Memory) -> Result<Document, SourceError> {
        if let Some(known) = memory.named(name)
            && (name.digest.as_ref() == Some(&known.digest)
                || self.digest_now(name)? == Some(known.digest.clone()))
        {
            return Ok(known);
        }
        let document = self.fetch_manifest(name)?;
        memory.keep_named(name, &document);
        Ok(document)
    }

    /// The digest that a tag has now, by a HEAD request, which registries that count pulls do not count. `None` where the
    /// registry does not tell.
    fn digest_now(&self, name: &RegistryName) -> Result<Option<Digest>, SourceError> {
        let mut ask = self.ask(format!("{}/manifests/{}", self.repository, name.version()));
        ask.accept = Some(MEDIA_TYPES.join(", "));
        ask.head = true;
        let http = &self.session.http;
        let answer = http.wait(async { self.session.send(&ask, &mut Tries::new(http)).await })?;
        if answer.status() != 200 {
            return Ok(None);
        }
        let told = answer.headers().get("docker-content-digest").and_then(|d| d.to_str().ok());
        Ok(told.and_then(|told| told.parse().ok()))
    }

    fn fetch_manifest(&self, name: &RegistryName) -> Result<Document, SourceError> {
        let Received { raw, media_type, told } =
            self.manifest_bytes(&name.version(), &format!("`{name}`"))?;
        let mut digest = Digest::of(&raw);
        let mut expected: Vec<(&str, Digest)> = Vec::new();
        if let Some(asked) = &name.digest {
            expected.push(("it was asked for as", asked.clone()));
        }
        // By tag this header is all that there is against damage on the way.
        if let Some(told) = told.and_then(|t| t.parse().ok()) {
            expected.push(("the registry calls it", told));
        }
        for (who, wanted) in expected {
            let mut hasher = Hasher::new(wanted.algorithm());
            hasher.update(&raw);
            let found = hasher.finish();
            if found != wanted {
                let count = raw.len();
                return Err(damaged(format!(
                    "`{name}`: the {count} bytes received as its manifest have the digest `{found}`; {who} `{wanted}`"
                )));
            }
            digest = name.digest.clone().unwrap_or(digest);
        }
        Ok(Document { raw: raw.into(), digest, media_type })
    }

    fn manifest_bytes(&self, version: &str, what: &str) -> Result<Received, SourceError> {
        let mut ask = self.ask(format!("{}/manifests/{version}", self.repository));
        ask.accept = Some(MEDIA_TYPES.join(", "));
        let (headers, raw) =
            self.session.http.wait(self.session.small(&ask, what, limits::MANIFEST_BYTES))?;
        let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let media_type = text("content-type").map(|t| t.split(';').next().unwrap_or("").trim().to_owned());
        Ok(Received { raw, media_type, told: text("docker-content-digest") })
    }

    fn open(&self, part: Part, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError> {
        if part == Part::Manifest {
            let digest = descriptor.digest.to_string();
            let what = format!("the manifest `{digest}`");
            return match self.manifest_bytes(&digest, &what) {
                Ok(Received { raw, .. }) => Ok(Box::new(std::io::Cursor::new(raw))),
                // The index names it: the image is not whole.
                Err(error) if error.kind == ErrorKind::NotFound => {
                    Err(SourceError { kind: ErrorKind::Damaged, ..error })
                }
                Err(error) => Err(error),
            };
        }
        let name = self.blob(part, descriptor);
        match name.clone().open() {
            Err(error) if error.kind == ErrorKind::Damaged && !descriptor.urls.is_empty() => {
                self.open_foreign(name, descriptor)
            }
            opened => Ok(Box::new(opened?)),
        }
    }

    fn blob(&self, part: Part, descriptor: &Descriptor) -> BlobName {
        BlobName {
            session: Arc::clone(&self.session),
            repository: self.repository.clone(),
            digest: descriptor.digest.clone(),
            size: descriptor.size,
            word: part.word(),
            elsewhere: None,
        }
    }

    /// A layer that the registry does not hold because others must give it out (Windows base layers).
    fn open_foreign(
        &self,
        name: BlobName,
        descriptor: &Descriptor,
    ) -> Result<Box<dyn Read + Send>, SourceError> {
        let shown = descriptor.urls.first().map(|url| crate::shown::text(url)).unwrap_or_default();
        if !self.foreign {
            let digest = &descriptor.digest;
            return Err(unsupported(format!("the layer `{digest}` is not in the registry but at `{shown}`"))
                .with_help("imgscan fetches it from there when it is told to: `--foreign-layers`"));
        }
        let urls = descriptor.urls.iter().take(limits::TRIES as usize).filter_map(|url| Url::parse(url).ok());
        let mut last = damaged(format!("the layer's address `{shown}` is no URL"));
        for url in urls {
            match (BlobName { elsewhere: Some(url), ..name.clone() }).open() {
                Ok(stream) => return Ok(Box::new(stream)),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

/// Repositories that hold the same image, the first choice first.
pub(super) struct RegistryStore {
    pub(super) places: Vec<Place>,
}

impl Store for RegistryStore {
    /// Only the place that is asked first for the whole blob is asked: what it does not give alone is read whole.
    fn range(&self, layer: &Descriptor, from: u64, length: u64) -> Result<Option<Vec<u8>>, SourceError> {
        let place = self.places.first();
        place.map_or(Ok(None), |place| place.blob(Part::Layer, layer).range(from, length))
    }

    fn open(&self, part: Part, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError> {
        let mut last = None;
        for place in &self.places {
            match place.open(part, descriptor) {
                Ok(reader) => return Ok(reader),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| unsupported("there is nowhere to ask")))
    }
}

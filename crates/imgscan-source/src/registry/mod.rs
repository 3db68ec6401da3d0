//! Registries, by the OCI distribution specification.
//!
//! `oci-client` gives the grammar of names and the types of manifests. The protocol is ours, because that client reads
//! manifests and tokens without a bound, follows any token server, asks for `/v2/` before every request, and tries
//! nothing a second time.

mod address;
mod answer;
mod auth;
mod blob;
mod challenge;
mod failure;
mod http;
mod listing;
mod proxy;
mod registries_conf;
mod session;
mod tls;
mod token;

use std::collections::HashMap;
use std::io::Read;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use imgscan_model::limits;
use reqwest::Url;

use crate::credentials::Keychain;
use crate::descriptor::Descriptor;
use crate::digest::{Digest, Hasher};
use crate::error::{ErrorKind, SourceError, damaged, unsupported};
use crate::image::{Image, SourceKind};
use crate::local;
use crate::manifest::MEDIA_TYPES;
use crate::options::Options;
use crate::platform::PlatformChoice;
use crate::reference::Reference;
use crate::registry_name::RegistryName;
use crate::resolve::{Document, Resolver};
use crate::store::{Part, Store};
pub(crate) use address::is_loopback;
use auth::Scope;
use blob::BlobName;
pub(crate) use http::{Call, Http};
pub use listing::Referrer;
use registries_conf::{Location, RegistriesConf};
use session::{Ask, Session};
pub(crate) use token::{form, small_json};

/// All registries of a run.
pub(crate) struct Registries {
    options: Arc<Options>,
    started: Instant,
    http: OnceLock<Result<Arc<Http>, SourceError>>,
    conf: OnceLock<Result<RegistriesConf, SourceError>>,
    /// By name, by whether the user named it, by whether it is insecure.
    sessions: Mutex<HashMap<(String, bool, bool), Arc<Session>>>,
}

impl Registries {
    /// Nothing is started yet.
    pub(crate) fn new(options: Options) -> Self {
        Registries {
            options: Arc::new(options),
            started: Instant::now(),
            http: OnceLock::new(),
            conf: OnceLock::new(),
            sessions: Mutex::default(),
        }
    }

    fn http(&self) -> Result<Arc<Http>, SourceError> {
        let http = self.http.get_or_init(|| Http::new(Arc::clone(&self.options), self.started).map(Arc::new));
        http.clone()
    }

    fn conf(&self) -> Result<&RegistriesConf, SourceError> {
        let conf = self.conf.get_or_init(|| RegistriesConf::load(&self.options.environment));
        conf.as_ref().map_err(Clone::clone)
    }

    /// The session with a registry; one for a run. Credentials that the user gave are for the registry that the user
    /// named (`own`), and not for a mirror of it.
    fn session(&self, registry: &str, own: bool, insecure: bool) -> Result<Arc<Session>, SourceError> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (registry.to_owned(), own, insecure);
        if let Some(session) = sessions.get(&key) {
            return Ok(Arc::clone(session));
        }
        let options = &self.options;
        let keychain = Keychain::new(registry, &options.credentials, own, &options.environment);
        let session = Arc::new(Session::new(self.http()?, registry, keychain, insecure)?);
        sessions.insert(key, Arc::clone(&session));
        Ok(session)
    }

    /// Where an image is asked for, in order: the mirrors of the options, those of `registries.conf`, the registry.
    fn places(&self, name: &RegistryName) -> Result<Vec<Place>, SourceError> {
        let given = self.options.mirrors.iter().filter_map(|mirror| mirrored(&mirror.of, &mirror.at, name));
        let all: Vec<Location> = given.chain(self.conf()?.locations(name)?).collect();
        let place = |location: Location| {
            let own = location.registry == name.registry;
            let session = self.session(&location.registry, own, location.insecure)?;
            let foreign = self.options.foreign_layers;
            Ok(Place { session, repository: location.repository, foreign })
        };
        all.into_iter().map(place).collect()
    }

    /// The images behind a name: from the first mirror that has it, else from the registry itself.
    pub(crate) fn open(
        &self,
        reference: &Reference,
        name: &RegistryName,
        choice: &PlatformChoice,
    ) -> Result<Vec<Image>, SourceError> {
        let mut places = self.places(name)?;
        let (served, document) = first_that_has_it(&places, name)?;
        // What the serving mirror lacks, the ones behind it and the registry itself may have.
        let store = Arc::new(RegistryStore { places: places.split_off(served) });
        let resolver = Resolver { store, reference: reference.typed(), source: SourceKind::Registry, choice };
        resolver.images(document)
    }

    /// The tags of a repository.
    pub(crate) fn tags(&self, name: &RegistryName) -> Result<Vec<String>, SourceError> {
        let session = self.session(&name.registry, true, false)?;
        listing::tags(&session, &name.repository)
    }

    /// The repositories of a registry.
    pub(crate) fn catalog(&self, registry: &str) -> Result<Vec<String>, SourceError> {
        listing::catalog(self.session(registry, true, false)?.as_ref())
    }

    /// What refers to a manifest.
    pub(crate) fn referrers(
        &self,
        name: &RegistryName,
        digest: &Digest,
        artifact_type: Option<&str>,
    ) -> Result<Vec<Referrer>, SourceError> {
        let session = self.session(&name.registry, true, false)?;
        listing::referrers(&session, &name.repository, digest, artifact_type)
    }

    /// Images of an engine on this machine.
    pub(crate) fn daemon(
        &self,
        name: &str,
        _request: &local::Request<'_>,
    ) -> Result<Vec<Image>, SourceError> {
        let name = crate::shown::text(name);
        Err(unsupported(format!("`{name}`: no engine is asked"))
            .with_help(format!("save the image and read that: `docker save {name} | imgscan -`")))
    }
}

/// A repository of a registry.
#[derive(Clone)]
struct Place {
    session: Arc<Session>,
    repository: String,
    /// Whether foreign layers are fetched from where their descriptors say.
    foreign: bool,
}

/// Where a mirror keeps an image, if it mirrors the place where the image lies.
fn mirrored(of: &str, at: &str, name: &RegistryName) -> Option<Location> {
    let whole = format!("{}/{}", name.registry, name.repository);
    let rest = whole.strip_prefix(of.trim_end_matches('/')).and_then(|rest| rest.strip_prefix('/'))?;
    let (registry, path) = at.trim_end_matches('/').split_once('/').unwrap_or((at.trim_end_matches('/'), ""));
    let repository = if path.is_empty() { rest.to_owned() } else { format!("{path}/{rest}") };
    Some(Location { registry: registry.to_owned(), repository, insecure: false })
}

/// The manifest from the first place that has it. What the registry itself says is the answer where none has.
fn first_that_has_it(places: &[Place], name: &RegistryName) -> Result<(usize, Document), SourceError> {
    let mut last = None;
    for (index, place) in places.iter().enumerate() {
        match place.manifest(name) {
            Ok(document) => return Ok((index, document)),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| unsupported("there is nowhere to ask")))
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
        Ask { path, accept: None, range: None, scope: Scope::pull(&self.repository) }
    }

    /// A manifest or index, by tag or digest, verified where a digest is known.
    fn manifest(&self, name: &RegistryName) -> Result<Document, SourceError> {
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
        let name = BlobName {
            session: Arc::clone(&self.session),
            repository: self.repository.clone(),
            digest: descriptor.digest.clone(),
            size: descriptor.size,
            word: part.word(),
            elsewhere: None,
        };
        match name.clone().open() {
            Err(error) if error.kind == ErrorKind::Damaged && !descriptor.urls.is_empty() => {
                self.open_foreign(name, descriptor)
            }
            opened => Ok(Box::new(opened?)),
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
struct RegistryStore {
    places: Vec<Place>,
}

impl Store for RegistryStore {
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

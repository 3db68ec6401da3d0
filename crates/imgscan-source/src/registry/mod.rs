//! Registries, by the OCI distribution specification.
//!
//! `oci-client` gives the grammar of names and the types of manifests. The protocol is ours, because that client reads
//! manifests and tokens without a bound, follows any token server, asks for `/v2/` before every request, and tries
//! nothing a second time.

mod address;
mod answer;
mod auth;
mod blob;
mod certs_d;
mod challenge;
mod failure;
mod http;
mod listing;
mod place;
mod proxy;
mod registries_conf;
mod session;
mod tls;
mod token;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use crate::credentials::Keychain;
use crate::digest::Digest;
use crate::environment::Environment;
use crate::error::{SourceError, unsupported};
use crate::image::{Image, SourceKind};
use crate::options::Options;
use crate::platform::PlatformChoice;
use crate::reference::Reference;
use crate::registry_name::RegistryName;
use crate::remember::{Memory, Remembering};
use crate::resolve::{Document, Resolver};
pub(crate) use address::is_loopback;
pub(crate) use answer::error as answer_error;
pub(crate) use http::{Call, Engine, Http};
pub use listing::Referrer;
use place::{Place, RegistryStore};
use registries_conf::{Location, RegistriesConf};
use session::Session;
pub(crate) use token::{form, small_json};

/// All registries of a run.
pub(crate) struct Registries {
    options: Arc<Options>,
    /// Manifests and configs that were read before.
    memory: Memory,
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
            memory: Memory::new(options.cache.clone()),
            options: Arc::new(options),
            started: Instant::now(),
            http: OnceLock::new(),
            conf: OnceLock::new(),
            sessions: Mutex::default(),
        }
    }

    /// The HTTP clients; made when they are first wanted.
    pub(crate) fn http(&self) -> Result<Arc<Http>, SourceError> {
        let http = self.http.get_or_init(|| Http::new(Arc::clone(&self.options), self.started).map(Arc::new));
        http.clone()
    }

    /// The variables and the home directory that are consulted.
    pub(crate) fn environment(&self) -> &Environment {
        &self.options.environment
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
        let (served, document) = first_that_has_it(&places, name, &self.memory)?;
        // What the serving mirror lacks, the ones behind it and the registry itself may have.
        let inner = Arc::new(RegistryStore { places: places.split_off(served) });
        let store = Arc::new(Remembering { inner, memory: self.memory.clone() });
        let resolver = Resolver::new(store, reference.typed(), SourceKind::Registry, choice);
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
fn first_that_has_it(
    places: &[Place],
    name: &RegistryName,
    memory: &Memory,
) -> Result<(usize, Document), SourceError> {
    let mut last = None;
    for (index, place) in places.iter().enumerate() {
        match place.manifest(name, memory) {
            Ok(document) => return Ok((index, document)),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| unsupported("there is nowhere to ask")))
}

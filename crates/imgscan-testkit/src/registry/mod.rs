//! A registry in the same process: it speaks the OCI distribution specification on a free port of 127.0.0.1, asks for
//! credentials as strictly as the real ones, and misbehaves on demand.

mod auth;
mod fault;
mod http;
mod serve;
mod tls;

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use auth::{Access, Tokens};
pub use fault::{Fault, On, Times};

use crate::layout::{self, Blob, BuiltImage};

/// A running registry. It stops when it is dropped.
pub struct Registry {
    shared: Arc<Shared>,
    address: SocketAddr,
}

/// What the threads of the connections share.
struct Shared {
    access: Access,
    address: SocketAddr,
    tls: Option<Arc<rustls::ServerConfig>>,
    stopping: AtomicBool,
    content: Mutex<Content>,
    faults: Mutex<Vec<fault::Armed>>,
    seen: Mutex<Vec<Seen>>,
    issued: Mutex<Vec<auth::Issued>>,
    /// Tokens given out so far; none is given out twice.
    tokens: AtomicUsize,
}

/// What the registry holds.
#[derive(Default)]
struct Content {
    /// (repository, tag or digest) → media type and bytes.
    manifests: BTreeMap<(String, String), (String, Vec<u8>)>,
    /// Digest → bytes, whether they match or not.
    blobs: BTreeMap<String, Vec<u8>>,
    /// (repository, digest of the subject) → descriptors.
    referrers: BTreeMap<(String, String), Vec<serde_json::Value>>,
    /// Whether the referrers API is there; without it there is only the tag schema.
    referrers_api: bool,
}

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// `GET`, `HEAD`, `POST`.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Header fields, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
    /// Status that was answered; 0 where nothing was.
    pub status: u16,
}

impl Seen {
    /// A header field.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Registry {
    /// A registry that lets anybody read.
    pub fn start() -> io::Result<Self> {
        Registry::with(Access::Anybody)
    }

    /// A registry that wants credentials.
    pub fn with(access: Access) -> io::Result<Self> {
        Registry::launch(access, None)
    }

    /// A registry that speaks TLS with the certificate of [`tls_authority`], which is good for `localhost`, 127.0.0.1
    /// and ::1. `client` says whether it wants a client certificate of the same authority.
    pub fn with_tls(access: Access, client: bool) -> io::Result<Self> {
        Registry::launch(access, Some(tls::server(client)?))
    }

    fn launch(access: Access, tls: Option<Arc<rustls::ServerConfig>>) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let content = Mutex::new(Content { referrers_api: true, ..Content::default() });
        let shared = Arc::new(Shared {
            access,
            address,
            tls,
            stopping: AtomicBool::new(false),
            content,
            faults: Mutex::default(),
            seen: Mutex::default(),
            issued: Mutex::default(),
            tokens: AtomicUsize::new(0),
        });
        let for_thread = Arc::clone(&shared);
        std::thread::Builder::new().name("registry".into()).spawn(move || {
            for stream in listener.incoming() {
                if for_thread.stopping.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&for_thread);
                if let Ok(stream) = stream {
                    std::thread::spawn(move || serve::connection(&shared, stream));
                }
            }
        })?;
        Ok(Registry { shared, address })
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Puts images under a tag: one as it is, several under an index. The digest of the tag's manifest.
    pub fn push(&self, repository: &str, tag: &str, images: &[BuiltImage]) -> io::Result<String> {
        for image in images {
            self.put_blob(&image.config);
            image.layers.iter().for_each(|layer| self.put_blob(layer));
            self.put_manifest(
                repository,
                &image.manifest.digest,
                image.manifest.media_type,
                &image.manifest.bytes,
            );
        }
        let top = match images {
            [one] => one.manifest.clone(),
            several => layout::index(several)?,
        };
        self.put_manifest(repository, tag, top.media_type, &top.bytes);
        self.put_manifest(repository, &top.digest, top.media_type, &top.bytes);
        Ok(top.digest)
    }

    /// Puts any bytes as a manifest under a tag or digest, and under their true digest.
    pub fn put_manifest(&self, repository: &str, version: &str, media_type: &str, bytes: &[u8]) {
        let mut content = lock(&self.shared.content);
        for version in [version.to_owned(), layout::digest(bytes)] {
            content
                .manifests
                .insert((repository.to_owned(), version), (media_type.to_owned(), bytes.to_vec()));
        }
    }

    /// Puts a blob.
    pub fn put_blob(&self, blob: &Blob) {
        self.put_blob_as(&blob.digest, &blob.bytes);
    }

    /// Puts any bytes as a blob of any digest.
    pub fn put_blob_as(&self, digest: &str, bytes: &[u8]) {
        lock(&self.shared.content).blobs.insert(digest.to_owned(), bytes.to_vec());
    }

    /// Takes a blob away.
    pub fn remove_blob(&self, digest: &str) {
        lock(&self.shared.content).blobs.remove(digest);
    }

    /// Says that a manifest (its descriptor) is about another one, for the referrers API.
    pub fn put_referrer(&self, repository: &str, subject: &str, descriptor: serde_json::Value) {
        let key = (repository.to_owned(), subject.to_owned());
        lock(&self.shared.content).referrers.entry(key).or_default().push(descriptor);
    }

    /// Takes the referrers API away, as registries before distribution-spec 1.1.
    pub fn without_referrers_api(&self) {
        lock(&self.shared.content).referrers_api = false;
    }

    /// Arms a fault. Of several that fit, the one armed first goes first.
    pub fn fault(&self, on: On, fault: Fault, times: Times) {
        lock(&self.shared.faults).push(fault::Armed::new(on, fault, times));
    }

    /// Every request so far, in the order of their answers.
    pub fn seen(&self) -> Vec<Seen> {
        lock(&self.shared.seen).clone()
    }

    /// How many requests so far.
    pub fn requests(&self) -> usize {
        lock(&self.shared.seen).len()
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        lock(&self.shared.seen).clear();
    }

    /// Makes every token that was given out invalid, as if its time were over.
    pub fn expire_tokens(&self) {
        lock(&self.shared.issued).clear();
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        // Wakes the listener, so that it sees that it is to stop.
        let _ = TcpStream::connect(self.address);
    }
}

/// The PEM of the authority that signed the certificate of [`Registry::with_tls`].
pub fn tls_authority() -> &'static str {
    tls::AUTHORITY
}

/// The PEMs of a client certificate of that authority and of its key.
pub fn tls_client() -> (&'static str, &'static str) {
    (tls::CLIENT, tls::CLIENT_KEY)
}

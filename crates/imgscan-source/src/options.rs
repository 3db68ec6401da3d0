//! What a caller may choose about getting images.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use imgscan_cache::Cache;
use imgscan_model::limits;

use crate::credentials::CredentialOptions;
use crate::environment::Environment;

/// Options of [`crate::Sources`]. `Options::default()` is what the command line uses when nothing is given.
#[derive(Clone, Debug)]
pub struct Options {
    /// Credentials given by the user; without them they are looked up as [`crate::credentials`] tells.
    pub credentials: CredentialOptions,
    /// Mirrors, tried in order before the registry itself.
    pub mirrors: Vec<Mirror>,
    /// TLS.
    pub tls: TlsOptions,
    /// Registries (`host` or `host:port`) that may be spoken to over plain http, and whose certificate is not checked.
    /// Loopback may always.
    pub insecure: Vec<String>,
    /// Whether layers with a foreign URL (`urls` in the descriptor) are fetched from there.
    pub foreign_layers: bool,
    /// Time that everything together may take.
    pub deadline: Duration,
    /// First wait before something that may pass is tried again; it trebles each time.
    pub backoff: Duration,
    /// Told what goes on; may be called from several threads at once.
    pub progress: Progress,
    /// Where manifests and configs are kept for the next time; nowhere, if there is none.
    pub cache: Option<Arc<Cache>>,
    /// Environment variables and home directory that are consulted.
    pub environment: Environment,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            credentials: CredentialOptions::default(),
            mirrors: Vec::new(),
            tls: TlsOptions::default(),
            insecure: Vec::new(),
            foreign_layers: false,
            deadline: limits::DEADLINE,
            backoff: limits::BACKOFF,
            progress: Progress::default(),
            cache: None,
            environment: Environment::of_process(),
        }
    }
}

/// `--mirror HOST=MIRROR`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    /// Registry that is mirrored, e.g. `docker.io`; may go on with a path, e.g. `docker.io/library`.
    pub of: String,
    /// Where: `host`, `host:port`, and a path that replaces the one of `of`.
    pub at: String,
}

/// Certificates.
#[derive(Clone, Debug, Default)]
pub struct TlsOptions {
    /// PEM files with certificate authorities that are trusted besides the system's.
    pub ca_files: Vec<PathBuf>,
    /// PEM files with a client certificate (and its chain) and its key.
    pub client: Option<ClientCertificate>,
}

/// A client certificate.
#[derive(Clone, Debug)]
pub struct ClientCertificate {
    /// PEM file with the certificate and its chain.
    pub certificate: PathBuf,
    /// PEM file with the key.
    pub key: PathBuf,
}

/// What goes on, for a progress line and for `--stats`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A request was sent to this URL (without query).
    Request {
        /// Its URL without query.
        url: String,
    },
    /// A blob begins to be read.
    BlobStarted {
        /// Its digest or name.
        blob: String,
        /// Bytes it is said to have.
        size: u64,
    },
    /// Bytes of a blob were received.
    BlobBytes {
        /// Its digest or name.
        blob: String,
        /// Bytes received since the last event.
        bytes: u64,
    },
    /// Something failed that may pass; it is tried again.
    Retry {
        /// What failed, as a sentence.
        reason: String,
        /// How long we wait.
        wait: Duration,
    },
}

/// A hook that is told of [`Event`]s.
#[derive(Clone, Default)]
pub struct Progress(Option<Arc<dyn Fn(Event) + Send + Sync>>);

impl Progress {
    /// A hook.
    pub fn new(hook: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Progress(Some(Arc::new(hook)))
    }

    /// Tells it; the event is made only when somebody listens.
    pub(crate) fn tell(&self, event: impl FnOnce() -> Event) {
        if let Some(hook) = &self.0 {
            hook(event());
        }
    }
}

impl std::fmt::Debug for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Progress(hook)" } else { "Progress(none)" })
    }
}

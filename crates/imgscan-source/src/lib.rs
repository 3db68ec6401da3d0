//! A reference becomes verified bytes.
//!
//! [`Reference`] is the one grammar; [`Sources::open`] answers it with [`Image`]s, wherever they lie: in a registry, an
//! OCI layout, an archive, a root filesystem, on standard input. No byte of a manifest, a config or a layer is handed
//! out as good before its digest and its size are checked over the bytes received, whatever headers say.
//!
//! The outside is synchronous: layers are read by the caller's own threads. The runtime of the HTTP client is made when
//! the first registry is asked, and no type of it shows.

mod config;
mod credentials;
mod daemon;
mod descriptor;
mod digest;
mod environment;
mod error;
mod image;
mod local;
mod manifest;
mod options;
mod platform;
mod reference;
mod registry;
mod registry_name;
mod remember;
mod resolve;
mod shown;
mod sources;
mod store;
mod verify;

pub use credentials::{Credential, CredentialOptions, Secret};
pub use digest::{Algorithm, Digest, DigestError};
pub use environment::Environment;
pub use error::{ErrorKind, SourceError};
pub use image::{Content, Image, LayerDescriptor, Layers, SourceKind};
pub use options::{ClientCertificate, Event, Mirror, Options, Progress, TlsOptions};
pub use platform::{PlatformChoice, PlatformError};
pub use reference::{Pick, Reference, ReferenceError, Target};
pub use registry::Referrer;
pub use registry_name::RegistryName;
pub use sources::Sources;

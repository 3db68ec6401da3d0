//! Certificates for tests. The keys are as public as this file; the key of the authority was thrown away.

use std::io;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

/// The authority.
pub(super) const AUTHORITY: &str = include_str!("../../data/tls/authority.pem");
/// A client's certificate.
pub(super) const CLIENT: &str = include_str!("../../data/tls/client.pem");
/// Its key.
pub(super) const CLIENT_KEY: &str = include_str!("../../data/tls/client.key");
const SERVER: &str = include_str!("../../data/tls/server.pem");
const SERVER_KEY: &str = include_str!("../../data/tls/server.key");

/// The configuration of a server that maybe wants a client certificate.
pub(super) fn server(client: bool) -> io::Result<Arc<ServerConfig>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    let certificate = CertificateDer::from_pem_slice(SERVER.as_bytes()).map_err(io::Error::other)?;
    let key = PrivateKeyDer::from_pem_slice(SERVER_KEY.as_bytes()).map_err(io::Error::other)?;
    let builder = if client {
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_slice(AUTHORITY.as_bytes()).map_err(io::Error::other)?;
        roots.add(authority).map_err(io::Error::other)?;
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
        builder.with_client_cert_verifier(verifier.map_err(io::Error::other)?)
    } else {
        builder.with_no_client_auth()
    };
    builder.with_single_cert(vec![certificate], key).map(Arc::new).map_err(io::Error::other)
}

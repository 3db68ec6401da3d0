//! TLS: the system's authorities and the user's, client certificates, the `ring` provider.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use crate::error::{ErrorKind, SourceError, network};
use crate::options::TlsOptions;

/// Whom a client trusts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Roots {
    /// Nobody: it speaks plain http.
    None,
    /// The system's authorities and the user's.
    Trusted,
    /// Anybody: the user named the host as insecure.
    Anything,
}

/// The configuration of a client.
pub(crate) fn config(roots: Roots, options: &TlsOptions) -> Result<ClientConfig, SourceError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|e| network(format!("TLS cannot be set up: {e}")))?;
    let builder = match roots {
        Roots::None => {
            return Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth());
        }
        Roots::Trusted => builder.with_root_certificates(authorities(options)?),
        Roots::Anything => {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(AcceptAnything { provider }))
        }
    };
    let Some(client) = &options.client else { return Ok(builder.with_no_client_auth()) };
    let key = PrivateKeyDer::from_pem_file(&client.key).map_err(|e| bad_pem(&client.key, "key", &e))?;
    builder.with_client_auth_cert(certificates(&client.certificate)?, key).map_err(|e| {
        SourceError::new(ErrorKind::Unauthorized, format!("the client certificate cannot be used: {e}"))
    })
}

fn authorities(options: &TlsOptions) -> Result<RootCertStore, SourceError> {
    let mut store = RootCertStore::empty();
    // The files that OpenSSL would read, or those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name.
    let system = rustls_native_certs::load_native_certs();
    store.add_parsable_certificates(system.certs);
    for file in &options.ca_files {
        for certificate in certificates(file)? {
            store.add(certificate).map_err(|e| bad_pem(file, "certificate", &e))?;
        }
    }
    if store.is_empty() {
        return Err(network("no certificate authority is trusted on this machine")
            .with_help("install the package `ca-certificates`, or give one with `--ca-file`"));
    }
    Ok(store)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, SourceError> {
    let found = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let found = found.map_err(|e| bad_pem(file, "certificate", &e))?;
    if found.is_empty() {
        return Err(bad_pem(file, "certificate", &"there is none in it"));
    }
    Ok(found)
}

fn bad_pem(file: &Path, what: &str, error: &dyn std::fmt::Display) -> SourceError {
    let file = crate::shown::path(file);
    SourceError::new(ErrorKind::Unauthorized, format!("the {what} in `{file}` cannot be used: {error}"))
}

/// Takes any certificate, for hosts that the user named as insecure. Signatures of the handshake are still checked.
#[derive(Debug)]
struct AcceptAnything {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AcceptAnything {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

//! Credentials for registries: given by the user, or looked up where other tools keep them.

mod docker_config;
mod secret;

use crate::environment::Environment;
use crate::error::SourceError;
pub use secret::Secret;

/// Credentials that the user gave. They are for the registry of the reference, never for a mirror or a redirect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CredentialOptions {
    /// What was given; looked up where nothing was.
    pub given: Option<Credential>,
    /// Whether nothing is looked up at all.
    pub anonymous: bool,
}

/// What proves who we are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// User name and password.
    Basic {
        /// User name.
        username: String,
        /// Password, or what the registry takes in its place.
        password: Secret,
    },
    /// A refresh token (`identitytoken`) that a token server changes into access tokens.
    Identity(Secret),
    /// An access token (`registrytoken`) that is sent to the registry as it is.
    Bearer(Secret),
}

/// Where credentials are looked up for a repository of a registry.
pub(crate) fn look_up(
    environment: &Environment,
    registry: &str,
    repository: &str,
) -> Result<Option<Credential>, SourceError> {
    docker_config::look_up(environment, registry, repository)
}

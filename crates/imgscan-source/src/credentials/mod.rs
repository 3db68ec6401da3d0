//! Credentials for registries: given by the user, or looked up where other tools keep them.
//!
//! Nothing is looked up before a registry has asked for credentials. Then, in this order:
//!
//! 1. what the user gave (`--username`, `--token-stdin` …), or `IMGSCAN_TOKEN`, or `IMGSCAN_USERNAME` with
//!    `IMGSCAN_PASSWORD`; for the registry that the user named, not for a mirror of it;
//! 2. for Google's registries, Google's own, as `gcrane` does;
//! 3. the files of Docker and Podman, and the helpers they name;
//! 4. for `ghcr.io`, `GITHUB_TOKEN`, which GitHub sets in its workflows;
//! 5. none.
//!
//! A place that fails (a helper that is not installed) is no end: the next one is asked. Only where the registry then
//! refuses does the error tell what had failed.

mod docker_config;
mod google;
mod helper;
mod secret;

use crate::environment::Environment;
use crate::registry::Http;
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

impl Credential {
    /// User name and password.
    pub fn basic(username: impl Into<String>, password: impl Into<String>) -> Self {
        Credential::Basic { username: username.into(), password: Secret::new(password) }
    }

    /// What a user name and a secret mean in files and helpers: `<token>` stands for an identity token.
    fn of_pair(username: &str, secret: &str) -> Self {
        match username {
            "<token>" => Credential::Identity(Secret::new(secret)),
            _ => Credential::basic(username, secret),
        }
    }
}

/// What was found for a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) credential: Option<Credential>,
    /// What failed on the way, in words.
    pub(crate) failed: Vec<String>,
}

/// Where the credentials for one registry come from.
pub(crate) struct Keychain {
    registry: String,
    options: CredentialOptions,
    environment: Environment,
}

impl Keychain {
    /// For a registry of this name. `own`: it is the one that the user named.
    pub(crate) fn new(
        registry: &str,
        options: &CredentialOptions,
        own: bool,
        environment: &Environment,
    ) -> Self {
        let given = options.given.clone().or_else(|| of_variables(environment)).filter(|_| own);
        let options = CredentialOptions { given, anonymous: options.anonymous };
        Keychain { registry: registry.to_owned(), options, environment: environment.clone() }
    }

    /// The credential for a repository.
    pub(crate) async fn find(&self, http: &Http, repository: &str) -> Found {
        let mut found = Found { credential: self.options.given.clone(), failed: Vec::new() };
        if found.credential.is_some() || self.options.anonymous {
            return found;
        }
        if google::is_google(&self.registry) {
            found.credential = google::credential(http, &self.environment, &mut found.failed).await;
        }
        if found.credential.is_none() {
            // Helpers are programs that may take seconds.
            let look_up =
                || docker_config::look_up(&self.environment, &self.registry, repository, &mut found.failed);
            found.credential = tokio::task::block_in_place(look_up);
        }
        if found.credential.is_none() && self.registry == "ghcr.io" {
            let name = self.environment.get("GITHUB_ACTOR").unwrap_or_else(|| "github".to_owned());
            found.credential =
                self.environment.get("GITHUB_TOKEN").map(|token| Credential::basic(name, token));
        }
        found
    }
}

fn of_variables(environment: &Environment) -> Option<Credential> {
    if let Some(token) = environment.get("IMGSCAN_TOKEN") {
        return Some(Credential::Bearer(Secret::new(token)));
    }
    let pair = environment.get("IMGSCAN_USERNAME").zip(environment.get("IMGSCAN_PASSWORD"));
    pair.map(|(username, password)| Credential::of_pair(&username, &password))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use super::*;
    use crate::Options;

    fn find(registry: &str, own: bool, variables: &[(&str, &str)]) -> Option<Credential> {
        let environment = Environment::of(variables.iter().copied());
        let options = Arc::new(Options { environment: environment.clone(), ..Options::default() });
        let http = Http::new(options, Instant::now()).unwrap();
        let keychain = Keychain::new(registry, &CredentialOptions::default(), own, &environment);
        http.wait(async { Ok(keychain.find(&http, "a/b").await) }).unwrap().credential
    }

    #[test]
    fn the_variables_of_imgscan_are_for_the_registry_that_was_named() {
        let variables = [("IMGSCAN_USERNAME", "u"), ("IMGSCAN_PASSWORD", "p")];
        assert_eq!(find("quay.io", true, &variables), Some(Credential::basic("u", "p")));
        assert_eq!(find("quay.io", false, &variables), None);
        assert_eq!(find("quay.io", true, &variables[..1]), None);
        assert_eq!(
            find("quay.io", true, &[("IMGSCAN_TOKEN", "t")]),
            Some(Credential::Bearer(Secret::new("t")))
        );
    }

    #[test]
    fn the_token_of_github_is_for_its_registry_only() {
        let variables = [("GITHUB_TOKEN", "t"), ("GITHUB_ACTOR", "octocat")];
        assert_eq!(find("ghcr.io", true, &variables), Some(Credential::basic("octocat", "t")));
        assert_eq!(find("quay.io", true, &variables), None);
    }

    #[test]
    fn secrets_are_not_printed() {
        let shown = format!("{:?}", Credential::basic("user", "hunter2"));
        assert!(shown.contains("user") && !shown.contains("hunter2"), "{shown}");
    }
}

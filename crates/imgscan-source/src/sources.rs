//! The door: a reference goes in, images come out.

use std::io::{IsTerminal, Read};
use std::sync::{Mutex, PoisonError};

use crate::daemon;
use crate::digest::Digest;
use crate::error::{ErrorKind, SourceError, unsupported};
use crate::image::Image;
use crate::local::{Request, Wanted, containerd, containers_storage};
use crate::options::Options;
use crate::platform::PlatformChoice;
use crate::reference::{Pick, Reference, Target};
use crate::registry::{Referrer, Registries};
use crate::registry_name::RegistryName;

/// Every place that images can be had from. One for a run: what was learned of a registry (its challenge, its tokens,
/// its connections) serves all images of the run. May be used from several threads at once.
pub struct Sources {
    registries: Registries,
    stdin: Mutex<Stdin>,
}

/// Standard input, which can be read once.
enum Stdin {
    Process,
    Given(Box<dyn Read + Send>),
    Taken,
}

impl Sources {
    /// Costs nothing: runtime, TLS and credentials are made when the first registry is asked.
    pub fn new(options: Options) -> Self {
        Sources { registries: Registries::new(options), stdin: Mutex::new(Stdin::Process) }
    }

    /// With something else in the place of standard input.
    pub fn with_stdin(options: Options, stdin: impl Read + Send + 'static) -> Self {
        Sources { registries: Registries::new(options), stdin: Mutex::new(Stdin::Given(Box::new(stdin))) }
    }

    /// The images behind a reference: one, or for [`PlatformChoice::All`] one for each platform, in the order of the
    /// index. Manifests and configs are read and verified; layers are not yet touched.
    ///
    /// Blocks, as the readers of layers do: an asynchronous caller gives it a thread of its own.
    ///
    /// # Errors
    /// Where there is no such image, where it cannot be had, or where it is damaged or none that imgscan can read.
    pub fn open(&self, reference: &Reference, choice: &PlatformChoice) -> Result<Vec<Image>, SourceError> {
        let request = |pick| Request { reference, choice, pick };
        match reference.target() {
            Target::Registry(name) => self
                .registries
                .open(reference, name, choice)
                .map_err(|error| engine_hint(reference.typed(), error)),
            Target::OciLayout { path, pick } => request(pick).layout(path),
            Target::OciArchive { path, pick } => request(pick).archive(path, Wanted::Oci),
            Target::DockerArchive { path, pick } => request(pick).archive(path, Wanted::Docker),
            Target::Archive { path, pick } => request(pick).archive(path, Wanted::Any),
            Target::Rootfs { path } => request(&Pick::Only).directory(path),
            Target::Stdin => request(&Pick::Only).stream(self.take_stdin()?, "standard input"),
            Target::ContainersStorage { driver, root, name } => {
                let named =
                    containers_storage::Named { driver: driver.as_deref(), root: root.as_deref(), name };
                containers_storage::open(&named, self.registries.environment(), &request(&Pick::Only))
            }
            Target::Containerd { root, name } => {
                let environment = self.registries.environment();
                containerd::open(root.as_deref(), name, environment, &request(&Pick::Only))
            }
            Target::Daemon { name } => daemon::open(&self.registries.http()?, name, &request(&Pick::Only)),
        }
    }

    /// The tags of a repository, in the registry's order.
    ///
    /// # Errors
    /// Where the registry refuses, lacks it, or cannot be reached.
    pub fn tags(&self, name: &RegistryName) -> Result<Vec<String>, SourceError> {
        self.registries.tags(name)
    }

    /// The repositories of a registry, in its order. Most public registries refuse this.
    ///
    /// # Errors
    /// Where the registry refuses, or cannot be reached.
    pub fn catalog(&self, registry: &str) -> Result<Vec<String>, SourceError> {
        self.registries.catalog(registry)
    }

    /// What refers to a manifest of a repository: signatures, SBOMs, attestations; only those of a type, if one is given.
    ///
    /// # Errors
    /// Where the registry refuses, or cannot be reached. A manifest that nothing refers to is no error.
    pub fn referrers(
        &self,
        name: &RegistryName,
        digest: &Digest,
        artifact_type: Option<&str>,
    ) -> Result<Vec<Referrer>, SourceError> {
        self.registries.referrers(name, digest, artifact_type)
    }

    fn take_stdin(&self) -> Result<Box<dyn Read + Send>, SourceError> {
        let mut stdin = self.stdin.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *stdin, Stdin::Taken) {
            Stdin::Given(stdin) => Ok(stdin),
            Stdin::Process if std::io::stdin().is_terminal() => {
                Err(unsupported("`-` is an archive on standard input, and that is a terminal")
                    .with_help("give it one: `docker save IMAGE | imgscan -`"))
            }
            Stdin::Process => Ok(Box::new(std::io::stdin())),
            Stdin::Taken => Err(unsupported("`-` stands twice; standard input can be read only once")),
        }
    }
}

/// `docker:nginx` is the tag `nginx` of Docker Hub's image `docker`; other tools mean the engine's image `nginx`. Where
/// the tag is not there, that may have been meant.
fn engine_hint(typed: &str, error: SourceError) -> SourceError {
    let name = typed.strip_prefix("docker:").or_else(|| typed.strip_prefix("podman:"));
    match name.filter(|name| error.kind == ErrorKind::NotFound && !name.starts_with('/')) {
        Some(name) => error.with_help(format!(
            "for the image `{name}` of the engine on this machine type `docker-daemon:{name}`"
        )),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{network, not_found};

    #[test]
    fn a_tag_of_docker_may_have_meant_the_engine() {
        let help = |typed, error| engine_hint(typed, error).help;
        assert!(help("docker:nginx", not_found("gone")).is_some_and(|h| h.contains("`docker-daemon:nginx`")));
        assert_eq!(help("docker:dind", network("down")), None);
        assert_eq!(help("docker://nginx", not_found("gone")), None);
        assert_eq!(help("nginx", not_found("gone")), None);
    }
}

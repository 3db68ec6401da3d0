//! The one grammar of image references.
//!
//! ```text
//! [docker://|registry:]REGISTRY/REPOSITORY[:TAG][@DIGEST]   Docker Hub's short names too
//! oci:DIRECTORY[:IMAGE][@DIGEST]                            (oci-dir:, ocidir://)
//! oci-archive:FILE[:IMAGE][@DIGEST]
//! docker-archive:FILE[:NAME[:TAG]]                          or FILE:@N, the N-th image from 0
//! dir:ROOTFS                                                or a directory that skopeo wrote
//! docker-daemon:NAME[:TAG]                                  (docker:)
//! containers-storage:[[[DRIVER@]ROOT]]NAME[:TAG][@DIGEST]   or an image's ID; brackets as skopeo writes them
//! containerd:[[ROOT]][NAMESPACE/]NAME                       the brackets hold the folder, as above
//! -                                                         an archive on standard input
//! PATH                                                      recognised for what it is
//! ```

use std::fmt;
use std::path::{Path, PathBuf};

use crate::digest::Digest;
use crate::local::recognise::{self, Found};
use crate::registry_name::RegistryName;

/// A reference to an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    typed: String,
    target: Target,
}

/// What a reference points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A registry.
    Registry(RegistryName),
    /// A directory in the OCI image layout.
    OciLayout {
        /// The directory.
        path: PathBuf,
        /// Which image in it.
        pick: Pick,
    },
    /// A tar of the OCI image layout.
    OciArchive {
        /// The file.
        path: PathBuf,
        /// Which image in it.
        pick: Pick,
    },
    /// What `docker save` writes.
    DockerArchive {
        /// The file.
        path: PathBuf,
        /// Which image in it.
        pick: Pick,
    },
    /// A root filesystem with a config beside it.
    Rootfs {
        /// The directory.
        path: PathBuf,
    },
    /// A file that is some archive of images; which kind is told by what is in it.
    Archive {
        /// The file.
        path: PathBuf,
        /// Which image in it.
        pick: Pick,
    },
    /// An archive on standard input.
    Stdin,
    /// An image that a Docker or Podman engine on this machine holds.
    Daemon {
        /// Its name as the engine knows it, or its ID.
        name: String,
    },
    /// An image in the storage folder of Podman, Buildah or CRI-O.
    ContainersStorage {
        /// The storage driver, if one was named.
        driver: Option<String>,
        /// The graph root, if one was named.
        root: Option<PathBuf>,
        /// The image's name or ID.
        name: String,
    },
    /// An image in the folder of containerd.
    Containerd {
        /// The folder, if one was named.
        root: Option<PathBuf>,
        /// The image's name; it may begin with a namespace.
        name: String,
    },
}

/// Which image of several that a directory or file holds.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Pick {
    /// The only one.
    #[default]
    Only,
    /// The one of this name or tag.
    Name(String),
    /// The one whose manifest has this digest.
    Digest(Digest),
    /// The one at this place, from 0.
    Index(usize),
}

/// Why a text is no reference. The command line is wrong (status 2).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no image reference: {reason}", crate::shown::text(.text))]
pub struct ReferenceError {
    /// What was typed.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
    /// What to type instead, where we know it.
    pub help: Option<String>,
}

impl Reference {
    /// Reads a reference. Looks at the file system where the text may be a path.
    ///
    /// # Errors
    /// Where the text is no reference.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let target = target(text)?;
        Ok(Reference { typed: text.to_owned(), target })
    }

    /// The text as typed.
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// What it points at.
    pub fn target(&self) -> &Target {
        &self.target
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.typed)
    }
}

impl fmt::Display for Pick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pick::Only => Ok(()),
            Pick::Name(name) => write!(f, ":{name}"),
            Pick::Digest(digest) => write!(f, "@{digest}"),
            Pick::Index(index) => write!(f, ":@{index}"),
        }
    }
}

pub(crate) fn refuse(text: &str, reason: impl Into<String>) -> ReferenceError {
    ReferenceError { text: text.to_owned(), reason: reason.into(), help: None }
}

/// What each word before a colon means.
#[derive(Clone, Copy)]
enum Scheme {
    Registry,
    OciLayout,
    OciArchive,
    DockerArchive,
    Rootfs,
    Daemon,
    ContainersStorage,
    Containerd,
}

/// The words, ours first, then those of peers (skopeo, crane, syft, trivy, regctl) that mean the same.
const SCHEMES: [(&str, Scheme); 16] = [
    ("oci:", Scheme::OciLayout),
    ("oci-archive:", Scheme::OciArchive),
    ("docker-archive:", Scheme::DockerArchive),
    ("dir:", Scheme::Rootfs),
    ("docker-daemon:", Scheme::Daemon),
    ("containers-storage:", Scheme::ContainersStorage),
    ("containerd:", Scheme::Containerd),
    ("docker://", Scheme::Registry),
    ("registry:", Scheme::Registry),
    ("oci://", Scheme::Registry),
    ("oci-registry:", Scheme::Registry),
    ("oci-dir:", Scheme::OciLayout),
    ("ocidir://", Scheme::OciLayout),
    ("rootfs:", Scheme::Rootfs),
    ("docker:", Scheme::Daemon),
    ("podman:", Scheme::Daemon),
];

/// Words of peers that we answer with what to type instead.
const FOREIGN: [(&str, &str); 6] = [
    ("https://", "type the registry's host and the repository without `https://`"),
    (
        "http://",
        "type the registry's host and the repository without `http://`; name the host with `--insecure` if it has no TLS",
    ),
    ("singularity:", "Singularity images hold no layers; convert the image it was built from"),
    ("sif:", "Singularity images hold no layers; convert the image it was built from"),
    ("tarball:", "type `docker-archive:FILE` or `oci-archive:FILE`"),
    ("file:", "type the path alone; what lies there is recognised"),
];

fn target(text: &str) -> Result<Target, ReferenceError> {
    if text == "-" {
        return Ok(Target::Stdin);
    }
    if text.is_empty() {
        return Err(refuse(text, "it is empty"));
    }
    // The longest word first: `oci://` is a registry, `oci:` a directory.
    let scheme = SCHEMES.iter().filter(|(word, _)| text.starts_with(word)).max_by_key(|(word, _)| word.len());
    if let Some((word, scheme)) = scheme {
        let rest = text.get(word.len()..).unwrap_or("");
        if !is_repository_or_host(word, rest) {
            return of_scheme(text, *scheme, rest);
        }
    }
    if let Some((_, help)) = FOREIGN.iter().find(|(word, _)| text.starts_with(word)) {
        return Err(ReferenceError {
            help: Some((*help).to_owned()),
            ..refuse(text, "it is another tool's form")
        });
    }
    if let Some(word) = unknown_scheme(text).filter(|_| !Path::new(text).exists()) {
        let help = "type a registry's host and the repository, or `oci:DIR`, `oci-archive:FILE`, `docker-archive:FILE`, \
                    `dir:DIR`, `docker-daemon:NAME`, `containers-storage:NAME`, `containerd:NAME`";
        return Err(ReferenceError {
            help: Some(help.to_owned()),
            ..refuse(text, format!("`{word}://` is no place that images are read from"))
        });
    }
    if let Some(target) = by_path(text) {
        return Ok(target);
    }
    if let Some(id) = image_id(text) {
        let help = format!("an image on this machine is `docker-daemon:{id}` or `containers-storage:{id}`");
        return Err(ReferenceError {
            help: Some(help),
            ..refuse(text, "it is the ID of an image, which no registry knows")
        });
    }
    Ok(Target::Registry(RegistryName::parse(text)?))
}

/// The word of a URL, `s3` of `s3://bucket/x`.
fn unknown_scheme(text: &str) -> Option<&str> {
    let (word, _) = text.split_once("://")?;
    let is_word = word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    is_word.then_some(word)
}

/// The ID that engines give images: 64 hexadecimal digits, with or without `sha256:`. No repository has such a name
/// (distribution, `reference.ParseNormalizedNamed`).
fn image_id(text: &str) -> Option<&str> {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    let is_id = digits.len() == 64 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    is_id.then_some(text)
}

/// Whether a word before a colon is no scheme after all: `docker:dind` and `registry:2` are tags of Docker Hub's
/// images of these names, and `registry:5000/app` is a host with a port. Only a rest with a `/` or `:` of its own is
/// read as a name behind these words.
fn is_repository_or_host(word: &str, rest: &str) -> bool {
    let port = rest
        .split_once('/')
        .is_some_and(|(port, _)| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()));
    matches!(word, "docker:" | "podman:" | "registry:") && (port || !rest.contains(['/', ':', '@']))
}

fn of_scheme(text: &str, scheme: Scheme, rest: &str) -> Result<Target, ReferenceError> {
    if rest.is_empty() {
        return Err(refuse(text, "nothing follows the colon"));
    }
    Ok(match scheme {
        Scheme::Registry => Target::Registry(RegistryName::parse(rest.trim_start_matches("//"))?),
        Scheme::OciLayout => {
            let (path, pick) = path_and_pick(text, rest)?;
            Target::OciLayout { path, pick }
        }
        Scheme::OciArchive => {
            let (path, pick) = path_and_pick(text, rest)?;
            Target::OciArchive { path, pick }
        }
        Scheme::DockerArchive => {
            let (path, pick) = path_and_pick(text, rest)?;
            Target::DockerArchive { path, pick }
        }
        Scheme::Rootfs => Target::Rootfs { path: PathBuf::from(rest) },
        Scheme::Daemon => Target::Daemon { name: rest.trim_start_matches("//").to_owned() },
        Scheme::ContainersStorage => {
            let (store, name) = store_and_name(text, rest)?;
            let (driver, root) =
                match store.map(|s| s.split_once('@').map_or((None, s), |(d, r)| (Some(d), r))) {
                    Some((driver, root)) => (driver, Some(graph_root(text, root)?)),
                    None => (None, None),
                };
            Target::ContainersStorage { driver: driver.map(str::to_owned), root, name }
        }
        Scheme::Containerd => {
            let (store, name) = store_and_name(text, rest)?;
            let root = store.map(|s| absolute(text, s)).transpose()?;
            Target::Containerd { root, name }
        }
    })
}

/// What stands in brackets in front of a name, and the name.
fn store_and_name<'a>(text: &str, rest: &'a str) -> Result<(Option<&'a str>, String), ReferenceError> {
    let (store, name) = match rest.strip_prefix('[').map(|inside| inside.split_once(']')) {
        Some(Some((store, name))) => (Some(store), name),
        Some(None) => return Err(refuse(text, "the bracket `[` is not closed")),
        None => (None, rest),
    };
    let name = name.trim_start_matches("//");
    match name.is_empty() {
        true => Err(refuse(text, "no image is named")),
        false => Ok((store, name.to_owned())),
    }
}

/// The graph root of `ROOT[+RUNROOT][:OPTIONS]` (containers/image, `storage.Transport.ParseReference`). The rest is for
/// who mounts.
fn graph_root(text: &str, spec: &str) -> Result<PathBuf, ReferenceError> {
    let spec = spec.split_once(':').map_or(spec, |(paths, _)| paths);
    absolute(text, spec.split_once('+').map_or(spec, |(root, _)| root))
}

fn absolute(text: &str, path: &str) -> Result<PathBuf, ReferenceError> {
    match Path::new(path).is_absolute() {
        true => Ok(PathBuf::from(path)),
        false => Err(refuse(text, "the brackets hold the storage folder as an absolute path")),
    }
}

/// A path and the image named behind it. A path may hold colons itself, so the longest path that exists is taken;
/// where none exists the first colon ends it, as in skopeo.
fn path_and_pick(text: &str, rest: &str) -> Result<(PathBuf, Pick), ReferenceError> {
    if Path::new(rest).exists() {
        return Ok((PathBuf::from(rest), Pick::Only));
    }
    if let Some((path, digest)) = rest.rsplit_once('@')
        && digest.contains(':')
    {
        let digest = digest.parse().map_err(|e| refuse(text, format!("{e}")))?;
        let path = path_and_pick(text, path)?.0;
        return Ok((path, Pick::Digest(digest)));
    }
    let colons: Vec<usize> = rest.match_indices(':').map(|(at, _)| at).collect();
    let end = colons.iter().rev().find(|at| rest.get(..**at).is_some_and(|path| Path::new(path).exists()));
    let Some(end) = end.or(colons.first()).copied() else {
        return Ok((PathBuf::from(rest), Pick::Only));
    };
    let (path, name) = (rest.get(..end).unwrap_or(""), rest.get(end + 1..).unwrap_or(""));
    let pick = match name.strip_prefix('@') {
        Some(index) => {
            let index = index
                .parse()
                .map_err(|_| refuse(text, format!("`@{index}` is no place in a file; write `@0`")))?;
            Pick::Index(index)
        }
        None if name.is_empty() => Pick::Only,
        None => Pick::Name(name.to_owned()),
    };
    Ok((PathBuf::from(path), pick))
}

/// A text without a scheme that is a path: one that can be nothing else, or one at which something we know lies.
fn by_path(text: &str) -> Option<Target> {
    let only_a_path = text.starts_with(['/', '.', '~']) || text.contains("//");
    let (path, pick) = match path_and_pick(text, text) {
        Ok(found) if Path::new(&found.0).exists() => found,
        _ => (PathBuf::from(text), Pick::Only),
    };
    match recognise::path(&path) {
        Some(Found::OciLayout) => Some(Target::OciLayout { path, pick }),
        Some(Found::Archive) => Some(Target::Archive { path, pick }),
        Some(Found::Rootfs) if pick == Pick::Only => Some(Target::Rootfs { path }),
        // It is left to the opening to say that nothing is there, or nothing that we know.
        _ if only_a_path && path.is_dir() => Some(Target::Rootfs { path }),
        _ => only_a_path.then_some(Target::Archive { path, pick }),
    }
}

#[cfg(test)]
#[path = "reference_tests.rs"]
mod tests;

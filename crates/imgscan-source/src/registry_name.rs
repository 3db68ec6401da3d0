//! Names of images in registries, by the grammar of the distribution project (`reference/reference.go`).
//!
//! `oci-client` has this grammar as one regular expression; making it takes 70 ms and 17 MB, more than a whole scan may.

use std::fmt;
use std::net::Ipv6Addr;

use crate::digest::Digest;
use crate::reference::{ReferenceError, refuse};

/// Longest repository name (`RepositoryNameTotalLengthMax`).
const LONGEST_NAME: usize = 255;
/// Longest tag.
const LONGEST_TAG: usize = 128;
const DOCKER_HUB: &str = "docker.io";

/// An image in a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryName {
    /// Host and port; `docker.io` for Docker Hub.
    pub registry: String,
    /// Repository, e.g. `library/nginx`.
    pub repository: String,
    /// Tag; `None` only where a digest is given.
    pub tag: Option<String>,
    /// Digest of the manifest or index. Where it is given, the tag is not looked at.
    pub digest: Option<Digest>,
}

impl RegistryName {
    /// Reads `registry/repository:tag@digest`, short names of Docker Hub too.
    ///
    /// # Errors
    /// Where the text is no such name.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let bad = |reason: String| refuse(text, reason);
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest.parse::<Digest>().map_err(|e| bad(e.to_string()))?)),
            None => (text, None),
        };
        let (registry, path) = split_host(name);
        let (path, tag) = match path.rsplit_once(':') {
            Some((path, tag)) => (path, Some(tag)),
            None => (path, None),
        };
        if !is_host(&registry) {
            return Err(bad(format!("`{}` is no host", crate::shown::text(&registry))));
        }
        if let Some(reason) = wrong_path(path) {
            let help =
                Some(path.to_ascii_lowercase()).filter(|lower| lower != path && wrong_path(lower).is_none());
            let help = help.map(|lower| format!("did you mean `{}`?", text.replacen(path, &lower, 1)));
            return Err(ReferenceError { help, ..bad(reason) });
        }
        if let Some(tag) = tag
            && !is_tag(tag)
        {
            let tag = crate::shown::text(tag);
            return Err(bad(format!(
                "`{tag}` is no tag: 1 to 128 letters, digits, `_`, `.` and `-`, no `.` or `-` first"
            )));
        }
        let repository = match registry == DOCKER_HUB && !path.contains('/') {
            true => format!("library/{path}"),
            false => path.to_owned(),
        };
        let tag = tag.map(str::to_owned).or_else(|| digest.is_none().then(|| "latest".to_owned()));
        Ok(RegistryName { registry, repository, tag, digest })
    }

    /// Digest or tag: what stands in the URL of the manifest.
    pub fn version(&self) -> String {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => digest.to_string(),
            (None, Some(tag)) => tag.clone(),
            (None, None) => "latest".to_owned(),
        }
    }
}

impl fmt::Display for RegistryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        self.digest.as_ref().map_or(Ok(()), |digest| write!(f, "@{digest}"))
    }
}

/// Host and path. The part before the first `/` is a host where it cannot be a path, or is `localhost`
/// (`splitDockerDomain`). Hosts are told apart by name servers without regard to case (RFC 4343), so here as well.
fn split_host(name: &str) -> (String, &str) {
    match name.split_once('/') {
        Some((host, path)) if host.contains(['.', ':', '[']) || host == "localhost" || has_capitals(host) => {
            let host = host.to_ascii_lowercase();
            (if host == "index.docker.io" { DOCKER_HUB.to_owned() } else { host }, path)
        }
        _ => (DOCKER_HUB.to_owned(), name),
    }
}

fn has_capitals(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_uppercase())
}

/// `host`, `host:port`, `[v6]`, `[v6]:port`.
fn is_host(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[') {
        let Some((address, behind)) = inner.split_once(']') else { return false };
        let port = behind.is_empty() || behind.strip_prefix(':').is_some_and(is_port);
        return port && address.parse::<Ipv6Addr>().is_ok();
    }
    let (labels, port) = host.split_once(':').map_or((host, None), |(h, p)| (h, Some(p)));
    let label = |label: &str| {
        let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
        let bytes = label.as_bytes();
        edge(bytes.first())
            && edge(bytes.last())
            && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
    };
    port.is_none_or(is_port) && labels.split('.').all(label)
}

fn is_port(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

fn is_tag(tag: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let mut bytes = tag.bytes();
    tag.len() <= LONGEST_TAG
        && bytes.next().is_some_and(word)
        && bytes.all(|b| word(b) || b == b'.' || b == b'-')
}

/// Why a path is no repository; `None` where it is one.
fn wrong_path(path: &str) -> Option<String> {
    if path.is_empty() {
        return Some("the repository is missing".to_owned());
    }
    if has_capitals(path) {
        return Some("a repository is written in lower case".to_owned());
    }
    if path.len() > LONGEST_NAME {
        return Some(format!("a repository has at most {LONGEST_NAME} characters"));
    }
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-/".contains(c);
    if let Some(c) = path.chars().find(|c| !known(*c)) {
        return Some(format!("`{}` may not stand in a repository", crate::shown::text(&c.to_string())));
    }
    let component = path.split('/').find(|component| !is_component(component))?;
    Some(format!(
        "`{component}` is no part of a repository: letters and digits, with `.`, `_`, `__` or dashes between them"
    ))
}

/// `[a-z0-9]+` with separators between: one dot, one or two underscores, any number of dashes.
fn is_component(component: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let separator = |s: &str| matches!(s, "" | "." | "_" | "__") || s.bytes().all(|b| b == b'-');
    component.starts_with(alphanumeric)
        && component.ends_with(alphanumeric)
        && component.split(alphanumeric).all(separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_of_distribution() {
        // Of `reference_test.go`.
        for good in [
            "test_com",
            "test.com:tag",
            "a-b/c--d",
            "a__b",
            "sub-dom1.foo.com/bar/baz/quux",
            "xn--n3h.com/x",
            "b.gcr.io/test.example.com/my-app:test.example.com",
            "foo_bar.com:8080",
            "foo/foo_bar.com:8080",
            "A.com/x",
        ] {
            assert!(RegistryName::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            ":justtag",
            "@sha256:ff",
            "repo@sha256:ffff",
            "Uppercase:tag",
            "lib/Uppercase",
            "a//b",
            "a/",
            "/a",
            "-foo/bar",
            "foo/bar-",
            "foo._bar",
            "a___b",
            "foo..bar",
            "test:5000/Uppercase/lowercase:tag",
            "domain/-a",
            "a:-tag",
            "a:.tag",
            "host:99999/x",
            "host:/x",
            "[::1/x",
            "[fe80::1%25en0]:5000/x",
            "-h.com/x",
        ] {
            assert!(RegistryName::parse(bad).is_err(), "{bad}");
        }
        let long = "a/".repeat(128) + "a";
        assert!(RegistryName::parse(&long).is_err());
        assert!(RegistryName::parse(&format!("a:{}", "t".repeat(129))).is_err());
        assert!(RegistryName::parse(&format!("a:{}", "t".repeat(128))).is_ok());
    }

    #[test]
    fn it_is_the_grammar_of_oci_client() {
        for text in [
            "nginx",
            "gcr.io/p/app:tag",
            "localhost/x",
            "localhost:5000/a/b:c",
            "a.b/c",
            "docker.io/x",
            "docker.io/a/b",
            "index.docker.io/nginx:1",
            "quay.io/a__b/c--d.e:V_1.2-x",
        ] {
            let theirs: oci_distribution::Reference = text.parse().unwrap();
            assert_eq!(RegistryName::parse(text).unwrap().to_string(), theirs.whole(), "{text}");
        }
    }
}

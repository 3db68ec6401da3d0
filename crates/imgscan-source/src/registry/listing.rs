//! Lists that a registry keeps: its repositories, the tags of one, what refers to a manifest. They come in pages.

use imgscan_model::limits;
use oci_distribution::manifest::{ImageIndexEntry, OCI_IMAGE_INDEX_MEDIA_TYPE};
use reqwest::header::{HeaderMap, LINK};
use serde::Deserialize;

use super::address::same_origin;
use super::auth::Scope;
use super::session::{Ask, Session};
use crate::descriptor;
use crate::digest::{Algorithm, Digest};
use crate::error::{ErrorKind, SourceError, damaged, over_limit};
use crate::manifest;

/// A manifest that refers to another one: a signature, an SBOM, an attestation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referrer {
    /// Digest of the manifest that refers.
    pub digest: Digest,
    /// Its media type.
    pub media_type: String,
    /// What it is (`artifactType`).
    pub artifact_type: Option<String>,
    /// Its size in bytes.
    pub size: u64,
}

/// A page of a list.
#[derive(Deserialize)]
struct Names {
    #[serde(alias = "tags", alias = "repositories")]
    names: Option<Vec<String>>,
}

/// An index of referrers.
#[derive(Deserialize)]
struct Index {
    manifests: Vec<ImageIndexEntry>,
}

/// The tags of a repository, as the registry orders them.
pub(super) fn tags(session: &Session, repository: &str) -> Result<Vec<String>, SourceError> {
    let what = format!("the list of tags of `{}/{repository}`", session.name());
    names(session, format!("{repository}/tags/list"), Scope::pull(repository), &what)
}

/// The repositories of a registry.
pub(super) fn catalog(session: &Session) -> Result<Vec<String>, SourceError> {
    let what = format!("the list of repositories of `{}`", session.name());
    names(session, "_catalog".to_owned(), Scope::catalog(), &what)
}

fn names(session: &Session, path: String, scope: Scope, what: &str) -> Result<Vec<String>, SourceError> {
    let mut all = Vec::new();
    pages(session, path, scope, what, &mut |page: Names| all.extend(page.names.unwrap_or_default()))?;
    Ok(all)
}

/// What refers to a manifest. Registries without the API keep it under a tag (distribution specification 1.1,
/// "Referrers Tag Schema").
pub(super) fn referrers(
    session: &Session,
    repository: &str,
    digest: &Digest,
    artifact_type: Option<&str>,
) -> Result<Vec<Referrer>, SourceError> {
    let what = format!("what refers to `{}/{repository}@{digest}`", session.name());
    let mut entries = Vec::new();
    let mut take = |page: Index| entries.extend(page.manifests);
    let scope = || Scope::pull(repository);
    match pages(session, format!("{repository}/referrers/{digest}"), scope(), &what, &mut take) {
        Err(error) if error.kind == ErrorKind::NotFound => {
            let algorithm = match digest.algorithm() {
                Algorithm::Sha256 => "sha256",
                Algorithm::Sha512 => "sha512",
            };
            let path = format!("{repository}/manifests/{algorithm}-{}", digest.hex());
            match pages(session, path, scope(), &what, &mut take) {
                Err(error) if error.kind == ErrorKind::NotFound => {}
                other => other?,
            }
        }
        other => other?,
    }
    let wanted =
        |e: &ImageIndexEntry| artifact_type.is_none_or(|wanted| e.artifact_type.as_deref() == Some(wanted));
    let referrer = |from: ImageIndexEntry| {
        let artifact_type = from.artifact_type.clone();
        let found = descriptor::entry(from).map_err(|e| e.about(&what))?.descriptor;
        Ok(Referrer { digest: found.digest, media_type: found.media_type, artifact_type, size: found.size })
    };
    entries.into_iter().filter(wanted).map(referrer).collect()
}

/// Gives every page of a list to `take`.
fn pages<T: for<'a> Deserialize<'a>>(
    session: &Session,
    path: String,
    scope: Scope,
    what: &str,
    take: &mut dyn FnMut(T),
) -> Result<(), SourceError> {
    let accept = Some(format!("{OCI_IMAGE_INDEX_MEDIA_TYPE}, application/json"));
    let mut ask = Ask { path, accept, range: None, head: false, scope };
    let mut total = 0;
    for _ in 0..limits::LIST_PAGES {
        let (headers, body) = session.http.wait(session.small(&ask, what, limits::MANIFEST_BYTES))?;
        total += body.len();
        if total > limits::LIST_BYTES {
            return Err(over_limit(format!("{what} has more than {} bytes", limits::LIST_BYTES)));
        }
        manifest::check_values(what, &body)?;
        let page = serde_json::from_slice(&body)
            .map_err(|e| damaged(format!("`{}` answers no list for {what}: {e}", session.name())))?;
        take(page);
        match next(session, &ask, &headers)? {
            Some(path) => ask.path = path,
            None => return Ok(()),
        }
    }
    Err(over_limit(format!("{what} has more than {} pages", limits::LIST_PAGES)))
}

/// The path of the next page: `Link: </v2/…>; rel="next"` (RFC 8288). It must lie in the same registry.
fn next(session: &Session, ask: &Ask, headers: &HeaderMap) -> Result<Option<String>, SourceError> {
    let link = headers.get(LINK).and_then(|l| l.to_str().ok()).unwrap_or("");
    let Some((target, rest)) = link.trim().strip_prefix('<').and_then(|l| l.split_once('>')) else {
        return Ok(None);
    };
    if !rest.replace([' ', '"'], "").contains("rel=next") {
        return Ok(None);
    }
    let here = session.url(&ask.path)?;
    let elsewhere = || {
        let target = crate::shown::text(target);
        damaged(format!("`{}` sends its list on to `{target}`, which is elsewhere", session.name()))
    };
    let there = here.join(target).map_err(|_| elsewhere())?;
    if !same_origin(&here, &there) || there == here {
        return Err(elsewhere());
    }
    let query = there.query().map(|query| format!("?{query}")).unwrap_or_default();
    Ok(Some(format!("{}{query}", there.path())))
}

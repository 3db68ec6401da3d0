//! `images.json`: the images of a storage folder, their names, and the files kept beside it (containers/storage,
//! `images.go`; containers/image, `storage/storage_src.go`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use imgscan_model::limits;
use serde::Deserialize;

use super::super::files::{Files, Opened, read_small};
use super::{Folder, explained};
use crate::digest::Digest;
use crate::error::{SourceError, damaged, not_found};
use crate::registry_name::RegistryName;
use crate::shown;

/// Shortest beginning of an ID that is taken for one (containers/image, `minimumTruncatedIDLength`).
const SHORTEST_ID: usize = 3;

/// An image of `images.json`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct ImageRecord {
    pub(super) id: String,
    /// Digest of its manifest.
    #[serde(default)]
    digest: Option<String>,
    #[serde(default)]
    names: Option<Vec<String>>,
    /// ID of its topmost layer; empty for an image without layers.
    #[serde(default)]
    pub(super) layer: String,
    #[serde(default)]
    big_data_names: Option<Vec<String>>,
}

impl ImageRecord {
    fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().flatten().map(String::as_str)
    }

    fn has_manifest(&self, digest: &Digest) -> bool {
        let key = manifest_key(digest);
        self.big_data_names.iter().flatten().any(|name| *name == key)
    }
}

fn manifest_key(digest: &Digest) -> String {
    format!("manifest-{digest}")
}

/// The image of a name or ID, from the first folder that has it, and the digest that the name holds.
pub(super) fn find<'a>(
    folders: &'a [Folder],
    wanted: &str,
) -> Result<(&'a Folder, ImageRecord, Option<Digest>), SourceError> {
    let wanted = Wanted::new(wanted);
    let mut all = Vec::new();
    for folder in folders {
        let records: Vec<ImageRecord> = folder.list("images")?;
        if let Some(record) = wanted.choose(&records)? {
            return Ok((folder, record.clone(), wanted.digest()));
        }
        all.extend(records);
    }
    let place = folders.first().map_or("", |folder| folder.files.place());
    Err(not_found(format!("there is no image `{}` in `{place}`", shown::text(wanted.text)))
        .with_help(listing(&all, wanted.text)))
}

/// A name as typed, in the ways it may be meant.
struct Wanted<'a> {
    text: &'a str,
    /// The beginning of an ID.
    id: Option<&'a str>,
    full: Option<RegistryName>,
    /// A name without a host is also that of what was built here (Podman calls it `localhost/NAME`).
    built: Option<RegistryName>,
}

impl<'a> Wanted<'a> {
    fn new(text: &'a str) -> Self {
        // `NAME@ID` and `@ID`, as skopeo writes them; `sha256:ID`, as `podman images` prints them.
        let id = text.rsplit_once('@').map_or(text, |(_, id)| id);
        let id = if text.contains('@') { id } else { text.strip_prefix("sha256:").unwrap_or(id) };
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        let id = Some(id).filter(|id| (SHORTEST_ID..=64).contains(&id.len()) && id.bytes().all(hex));
        let full = RegistryName::parse(text).ok();
        let host = text.split('/').next().filter(|_| text.contains('/'));
        let short = !host.is_some_and(|host| host.contains(['.', ':']) || host == "localhost");
        let built = short.then(|| RegistryName::parse(&format!("localhost/{text}")).ok()).flatten();
        Wanted { text, id, full, built }
    }

    fn digest(&self) -> Option<Digest> {
        self.full.as_ref().and_then(|name| name.digest.clone())
    }

    /// The image that goes by the name; else, for a short name, the one whose full name ends like it. Where several do,
    /// none is guessed.
    fn choose<'r>(&self, records: &'r [ImageRecord]) -> Result<Option<&'r ImageRecord>, SourceError> {
        let by_name = |record: &&ImageRecord| self.is_id(record) || self.names(record, RegistryName::eq);
        let by_end = |record: &&ImageRecord| self.built.is_some() && self.names(record, ends_like);
        let mut found: Vec<&ImageRecord> = records.iter().filter(by_name).collect();
        if found.is_empty() {
            found = records.iter().filter(by_end).collect();
        }
        match found.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            several => {
                let names =
                    several.iter().map(|r| format!("`{}`", shown::text(r.names().next().unwrap_or(&r.id))));
                let names = names.collect::<Vec<_>>().join(", ");
                let text = shown::text(self.text);
                Err(not_found(format!("`{text}` is the name of {} images", several.len()))
                    .with_help(format!("name one in full, or its ID: {names}")))
            }
        }
    }

    fn is_id(&self, record: &ImageRecord) -> bool {
        self.id.is_some_and(|id| record.id.starts_with(id))
    }

    /// Whether one of an image's names is `like` what was typed; with a digest, its tag does not matter.
    fn names(&self, record: &ImageRecord, like: fn(&RegistryName, &RegistryName) -> bool) -> bool {
        let wanted = [&self.full, &self.built].into_iter().flatten();
        wanted.into_iter().any(|want| {
            record.names().filter_map(|name| RegistryName::parse(name).ok()).any(|have| match &want.digest {
                None => like(&have, want),
                Some(digest) => {
                    let have = RegistryName { tag: want.tag.clone(), digest: want.digest.clone(), ..have };
                    like(&have, want) && record.has_manifest(digest)
                }
            })
        })
    }
}

fn ends_like(have: &RegistryName, want: &RegistryName) -> bool {
    let path = want.repository.strip_prefix("library/").unwrap_or(&want.repository);
    let end = have.repository.strip_suffix(path);
    have.tag == want.tag && end.is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// What there is instead; those whose names end alike come first.
fn listing(records: &[ImageRecord], wanted: &str) -> String {
    let last =
        |name: &str| name.rsplit('/').next().and_then(|n| n.split([':', '@']).next()).map(str::to_owned);
    let mut names: Vec<&str> = records.iter().flat_map(ImageRecord::names).collect();
    names.sort_by_key(|name| last(name) != last(wanted));
    let shown: Vec<String> = names.iter().take(20).map(|name| format!("`{}`", shown::text(name))).collect();
    match shown.is_empty() {
        true => "it holds no image with a name; `podman images` lists those of this user, `sudo podman images` those of root".to_owned(),
        false => format!("it holds {}", shown.join(", ")),
    }
}

/// The files of an image: its manifests and its config.
pub(super) struct BigData<'a> {
    pub(super) folder: &'a Folder,
    record: &'a ImageRecord,
}

impl<'a> BigData<'a> {
    pub(super) fn new(folder: &'a Folder, record: &'a ImageRecord) -> Result<Self, SourceError> {
        super::layers::check_id(&record.id)?;
        Ok(BigData { folder, record })
    }

    /// The file kept under a key.
    pub(super) fn file(&self, key: &str) -> Result<Option<Opened>, SourceError> {
        self.folder.files.open(&self.path(key)).map_err(explained)
    }

    fn path(&self, key: &str) -> String {
        format!("{}-images/{}/{}", self.folder.driver.word(), self.record.id, file_name(key))
    }

    /// The manifest of a digest, or else the image's own. An image that was pulled by the digest of an index keeps that
    /// too; the manifest is then its own.
    pub(super) fn manifest(&self, digest: Option<&Digest>) -> Result<Vec<u8>, SourceError> {
        let own: Option<Digest> = self.record.digest.as_ref().and_then(|digest| digest.parse().ok());
        let mut held = own.as_ref();
        for digest in digest.into_iter().chain(own.as_ref()) {
            let Some(raw) = self.whole(&manifest_key(digest))? else { continue };
            check(&raw, digest)?;
            if !is_list(&raw) {
                return Ok(raw);
            }
            held = None;
        }
        let place = self.folder.files.place();
        let raw =
            self.whole("manifest")?.ok_or_else(|| damaged(format!("its manifest is not in `{place}`")))?;
        held.map_or(Ok(()), |digest| check(&raw, digest))?;
        Ok(raw)
    }

    fn whole(&self, key: &str) -> Result<Option<Vec<u8>>, SourceError> {
        read_small(&self.folder.files, &self.path(key), limits::MANIFEST_BYTES).map_err(explained)
    }
}

/// Holds a manifest to its digest.
fn check(raw: &[u8], digest: &Digest) -> Result<(), SourceError> {
    let found = Digest::of(raw);
    match digest.algorithm() == found.algorithm() && found != *digest {
        true => Err(damaged(format!("its manifest `{digest}` has the digest `{found}`"))),
        false => Ok(()),
    }
}

fn is_list(raw: &[u8]) -> bool {
    use crate::manifest::{Manifest, parse};
    matches!(parse("a manifest", raw, None), Ok(Manifest::Index(_)))
}

/// The name of the file that a key is kept in (`makeBigDataBaseName`).
fn file_name(key: &str) -> String {
    let plain = |b: u8| b == b'.' || b.is_ascii_digit() || b.is_ascii_lowercase();
    match !matches!(key, "" | "." | "..") && key.bytes().all(plain) {
        true => key.to_owned(),
        false => format!("={}", STANDARD.encode(key)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: &str, names: &[&str]) -> ImageRecord {
        let names = Some(names.iter().map(|name| (*name).to_owned()).collect());
        let digest = format!("sha256:{}", "d".repeat(64));
        let big_data_names = Some(vec![format!("manifest-{digest}")]);
        ImageRecord { id: id.repeat(64), digest: Some(digest), names, layer: String::new(), big_data_names }
    }

    #[test]
    fn names_are_found_as_podman_and_skopeo_spell_them() {
        let records = [
            record("a", &["docker.io/library/nginx:latest", "quay.io/shop/web:2"]),
            record("b", &["localhost/app:1"]),
            record("c", &["localhost/twice:1"]),
            record("e", &["docker.io/library/twice:1"]),
            record("f", &[]),
        ];
        let digest = "d".repeat(64);
        let by_digest = format!("quay.io/shop/web@sha256:{digest}");
        let other_digest = format!("quay.io/shop/web@sha256:{}", "0".repeat(64));
        let whole = "b".repeat(64);
        let with_id = format!("localhost/app@{whole}");
        for (text, id) in [
            ("nginx", Some("a")),
            ("docker.io/library/nginx", Some("a")),
            ("docker.io/nginx:latest", Some("a")),
            ("nginx:1", None),
            ("shop/web:2", Some("a")),
            ("web:2", Some("a")),
            ("eb:2", None),
            ("docker.io/web:2", None),
            ("app:1", Some("b")),
            ("localhost/app:1", Some("b")),
            ("localhost/nginx", None),
            ("bbb", Some("b")),
            ("bb", None),
            (whole.as_str(), Some("b")),
            (with_id.as_str(), Some("b")),
            ("sha256:fff", Some("f")),
            (by_digest.as_str(), Some("a")),
            (other_digest.as_str(), None),
        ] {
            let found = Wanted::new(text).choose(&records).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(found.map(|r| &r.id[..1]), id, "{text}");
        }
        let error = Wanted::new("twice:1").choose(&records).unwrap_err();
        assert!(error.message.contains("2 images"), "{error}");
        assert!(error.help.unwrap().contains("`docker.io/library/twice:1`"));
    }

    #[test]
    fn files_are_called_as_containers_storage_calls_them() {
        assert_eq!(file_name("manifest"), "manifest");
        assert_eq!(file_name("sha256:ab"), "=c2hhMjU2OmFi");
        assert_eq!(file_name(".."), "=Li4=");
    }
}

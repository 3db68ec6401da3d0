//! Manifests and indexes: read strictly, because a document that may be read in two ways is an attack (CVE-2021-41190).

use imgscan_model::{Problem, limits};
use oci_distribution::manifest as media;
use oci_distribution::manifest::{ImageIndexEntry, OciDescriptor};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::descriptor::{self, Descriptor, Entry};
use crate::error::{SourceError, damaged, over_limit, unsupported};
use crate::shown;

/// Every media type of a manifest or index that imgscan reads, for the `Accept` header.
pub(crate) const MEDIA_TYPES: [&str; 4] = [
    media::OCI_IMAGE_MEDIA_TYPE,
    media::IMAGE_MANIFEST_MEDIA_TYPE,
    media::OCI_IMAGE_INDEX_MEDIA_TYPE,
    media::IMAGE_MANIFEST_LIST_MEDIA_TYPE,
];
const INDEX_TYPES: [&str; 2] = [media::OCI_IMAGE_INDEX_MEDIA_TYPE, media::IMAGE_MANIFEST_LIST_MEDIA_TYPE];
const IMAGE_TYPES: [&str; 2] = [media::OCI_IMAGE_MEDIA_TYPE, media::IMAGE_MANIFEST_MEDIA_TYPE];
const CONFIG_TYPES: [&str; 2] = [media::IMAGE_CONFIG_MEDIA_TYPE, media::IMAGE_DOCKER_CONFIG_MEDIA_TYPE];
const SCHEMA_1: [&str; 2] = [
    "application/vnd.docker.distribution.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v1+prettyjws",
];

/// A document, read.
#[derive(Clone, Debug)]
pub(crate) enum Manifest {
    Image(ImageManifest),
    Index(Vec<Entry>),
}

/// The manifest of an image.
#[derive(Clone, Debug)]
pub(crate) struct ImageManifest {
    pub(crate) config: Descriptor,
    pub(crate) layers: Vec<Descriptor>,
    pub(crate) problems: Vec<Problem>,
}

/// The fields that tell what a document is. Serde refuses a field that stands in it twice.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shape {
    schema_version: Option<i64>,
    media_type: Option<String>,
    manifests: Option<IgnoredAny>,
    config: Option<IgnoredAny>,
    layers: Option<IgnoredAny>,
    fs_layers: Option<IgnoredAny>,
    artifact_type: Option<String>,
}

/// An index. Go writes an empty list as `null`.
#[derive(Deserialize)]
struct IndexFields {
    manifests: Option<Vec<ImageIndexEntry>>,
}

/// An image's manifest.
#[derive(Deserialize)]
struct ImageFields {
    config: OciDescriptor,
    layers: Option<Vec<OciDescriptor>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Image,
    Index,
}

/// Whether this media type is that of an index.
pub(crate) fn is_index(media_type: &str) -> bool {
    INDEX_TYPES.contains(&media_type)
}

/// Whether an entry of an index is an image or an index: not an attestation of BuildKit, not a signature.
pub(crate) fn is_usable(entry: &Entry) -> bool {
    let known = MEDIA_TYPES.contains(&entry.descriptor.media_type.as_str());
    let attestation = entry.descriptor.annotations.contains_key("vnd.docker.reference.type")
        || entry.platform.as_ref().is_some_and(|p| p.os == "unknown" && p.architecture == "unknown");
    known && !attestation
}

/// Reads a document. `claimed` is the media type that the descriptor or the `Content-Type` header told.
pub(crate) fn parse(what: &str, raw: &[u8], claimed: Option<&str>) -> Result<Manifest, SourceError> {
    check_values(what, raw)?;
    let shape: Shape = from_json(what, raw)?;
    let kind = kind(what, &shape, claimed)?;
    match kind {
        Kind::Index => index(what, raw),
        Kind::Image => {
            let artifact_type = shape.artifact_type.filter(|t| !t.is_empty());
            image(what, raw, artifact_type)
        }
    }
}

/// Holds a document to a number of values before it is built in memory, where each takes much more room than in JSON.
pub(crate) fn check_values(what: &str, raw: &[u8]) -> Result<(), SourceError> {
    let most = limits::MANIFEST_VALUES;
    if raw.iter().filter(|byte| **byte == b',').count() > most {
        return Err(over_limit(format!("{what} holds more than {most} values")));
    }
    Ok(())
}

fn from_json<'a, T: Deserialize<'a>>(what: &str, raw: &'a [u8]) -> Result<T, SourceError> {
    serde_json::from_slice(raw).map_err(|error| {
        let start = shown::bytes(raw.get(..raw.len().min(60)).unwrap_or(raw));
        damaged(format!("{what} is no manifest: {error}; it begins with `{start}`"))
    })
}

/// What a document is. Shape, its own media type and the one claimed from outside must agree.
fn kind(what: &str, shape: &Shape, claimed: Option<&str>) -> Result<Kind, SourceError> {
    let own = shape.media_type.as_deref().filter(|t| !t.is_empty());
    let schema_1 = [own, claimed].into_iter().flatten().any(|t| SCHEMA_1.contains(&t));
    if shape.schema_version == Some(1) || shape.fs_layers.is_some() || schema_1 {
        return Err(unsupported(format!(
            "{what} is in the old schema 1, which holds no config and no layer sizes"
        ))
        .with_help("push it again with a current Docker, or convert it: `skopeo copy --format v2s2`"));
    }
    let by_shape = match (shape.manifests.is_some(), shape.config.is_some() || shape.layers.is_some()) {
        (true, true) => {
            return Err(damaged(format!(
                "{what} has `manifests` and also `layers` or `config`: index and image at once"
            )));
        }
        (true, false) => Kind::Index,
        (false, true) => Kind::Image,
        (false, false) => {
            let said = own.or(claimed).unwrap_or("nothing");
            let said = shown::text(said);
            return Err(unsupported(format!(
                "{what} is no image and no index; its media type says `{said}`"
            )));
        }
    };
    for media_type in [own, claimed].into_iter().flatten() {
        let by_type = match media_type {
            t if INDEX_TYPES.contains(&t) => Kind::Index,
            t if IMAGE_TYPES.contains(&t) => Kind::Image,
            _ => continue,
        };
        if by_type != by_shape {
            let media_type = shown::text(media_type);
            return Err(damaged(format!(
                "{what} is said to be `{media_type}` and is not: index and image are confused"
            )));
        }
    }
    Ok(by_shape)
}

fn index(what: &str, raw: &[u8]) -> Result<Manifest, SourceError> {
    let IndexFields { manifests } = from_json(what, raw)?;
    let manifests = manifests.unwrap_or_default();
    let count = manifests.len();
    if count > limits::INDEX_ENTRIES {
        let most = limits::INDEX_ENTRIES;
        return Err(over_limit(format!("{what} lists {count} manifests; imgscan follows at most {most}")));
    }
    let entries = manifests.into_iter().map(descriptor::entry).collect::<Result<_, _>>();
    Ok(Manifest::Index(entries.map_err(|error: SourceError| error.about(what))?))
}

fn image(what: &str, raw: &[u8], artifact_type: Option<String>) -> Result<Manifest, SourceError> {
    let manifest: ImageFields = from_json(what, raw)?;
    let described = manifest.layers.unwrap_or_default();
    let types: Vec<&str> = described.iter().map(|l| l.media_type.as_str()).collect();
    if let Some(error) = not_an_image(what, &manifest.config.media_type, artifact_type.as_deref(), &types) {
        return Err(error);
    }
    let count = described.len();
    if count > limits::LAYERS {
        return Err(over_limit(format!(
            "{what} has {count} layers; imgscan reads at most {}",
            limits::LAYERS
        )));
    }
    let config = descriptor::descriptor("the config", manifest.config).map_err(|e| e.about(what))?;
    let mut layers = Vec::with_capacity(count);
    let mut problems = Vec::new();
    for (index, layer) in described.into_iter().enumerate() {
        let layer = descriptor::descriptor(&format!("layer {index}"), layer).map_err(|e| e.about(what))?;
        if layer.size > limits::LAYER_BYTES {
            let (size, most) = (layer.size, limits::LAYER_BYTES);
            return Err(over_limit(format!(
                "{what}: layer {index} is said to have {size} bytes; at most {most}"
            )));
        }
        if !is_layer(&layer.media_type) {
            let (media_type, digest) = (shown::text(&layer.media_type), &layer.digest);
            let message = format!(
                "layer {index} (`{digest}`) has the unknown media type `{media_type}`; its first bytes decide what it is"
            );
            problems.push(Problem::new(message));
        }
        layers.push(layer);
    }
    Ok(Manifest::Image(ImageManifest { config, layers, problems }))
}

/// Whether a media type is that of a layer with files, of whatever compression.
fn is_layer(media_type: &str) -> bool {
    const STARTS: [&str; 4] = [
        "application/vnd.oci.image.layer.v1.tar",
        "application/vnd.oci.image.layer.nondistributable.v1.tar",
        "application/vnd.docker.image.rootfs.diff.tar",
        "application/vnd.docker.image.rootfs.foreign.diff.tar",
    ];
    const ENDS: [&str; 6] = ["", "+gzip", "+zstd", ".gzip", ".zstd", "+zstd:chunked"];
    STARTS.iter().any(|start| media_type.strip_prefix(start).is_some_and(|end| ENDS.contains(&end)))
}

/// The words for manifests that carry something else than an image.
fn not_an_image(what: &str, config: &str, artifact: Option<&str>, layers: &[&str]) -> Option<SourceError> {
    if layers.iter().any(|t| t.ends_with("+encrypted")) {
        return Some(unsupported(format!("{what} has encrypted layers, which imgscan cannot read")));
    }
    let artifact = artifact.filter(|t| !CONFIG_TYPES.contains(t));
    if CONFIG_TYPES.contains(&config)
        && artifact.is_none()
        && (layers.is_empty() || layers.iter().any(|t| is_layer(t)))
    {
        return None;
    }
    let all = || artifact.into_iter().chain([config]).chain(layers.iter().copied());
    const KNOWN: [(&str, &str); 10] = [
        ("vnd.cncf.helm", "a Helm chart"),
        ("simplesigning", "a cosign signature"),
        ("vnd.dev.sigstore.bundle", "a sigstore bundle"),
        ("cncf.notary", "a Notary signature"),
        ("in-toto", "an attestation"),
        ("vnd.dsse", "an attestation"),
        ("spdx", "an SBOM"),
        ("cyclonedx", "an SBOM"),
        ("vnd.docker.plugin", "a Docker plugin"),
        ("wasm", "a WebAssembly module"),
    ];
    if let Some((_, name)) = KNOWN.iter().find(|(word, _)| all().any(|t| t.contains(word))) {
        return Some(unsupported(format!("{what} is {name}, not a container image")));
    }
    // A config of a strange type with ordinary layers may still be an image; its config will tell.
    if artifact.is_none()
        && !config.is_empty()
        && layers.iter().any(|t| is_layer(t))
        && config.ends_with("json")
    {
        return None;
    }
    let said = shown::text(artifact.unwrap_or(config));
    Some(unsupported(format!("{what} is no container image but `{said}`")))
}

#[cfg(test)]
#[path = "manifest_tests.rs"]
mod tests;

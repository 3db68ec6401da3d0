//! What `docker save` writes: `manifest.json`, a config for each image, and layers as tars.
//!
//! The oldest layout keeps `ID/layer.tar`, Docker since 25.0 `blobs/sha256/…`, other tools (crane, kaniko, Bazel)
//! compressed layers under names of their own. None of them gives a layer a digest but the config: its diff ID, the
//! digest of the uncompressed tar. That is what is verified.

use std::io::Read;
use std::sync::Arc;

use imgscan_model::{Problem, limits};
use serde::Deserialize;

use super::Request;
use super::files::{Files, read_small};
use super::recognise::Packing;
use super::unpack::unpack;
use crate::config::ConfigHead;
use crate::digest::Digest;
use crate::error::{SourceError, damaged, not_found, over_limit};
use crate::image::{Content, Image, LayerDescriptor, Layers, OpenLayer, SourceKind};
use crate::manifest;
use crate::reference::Pick;
use crate::registry_name::RegistryName;
use crate::resolve::{check_platform, unknown_platform};
use crate::verify::Verified;

/// An image of `manifest.json`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Option<Vec<String>>,
}

/// The images that are asked for.
pub(crate) fn open(files: &Arc<dyn Files>, request: &Request<'_>) -> Result<Vec<Image>, SourceError> {
    let place = files.place();
    let missing = || not_found(format!("`{place}` has no `manifest.json`"));
    let raw = read_small(files.as_ref(), "manifest.json", limits::MANIFEST_BYTES)?.ok_or_else(missing)?;
    manifest::check_values(&format!("`manifest.json` in `{place}`"), &raw)?;
    let saved: Vec<Saved> = serde_json::from_slice(&raw).map_err(|e| {
        damaged(format!("`manifest.json` in `{place}` is not what `docker save` writes: {e}"))
    })?;
    let chosen = pick(&saved, request.pick, place)?;
    // Several engines write one entry for each platform of a name.
    let images =
        chosen.into_iter().map(|saved| image(files, saved, request)).collect::<Result<Vec<_>, _>>()?;
    by_platform(images, request)
}

fn pick<'a>(saved: &'a [Saved], pick: &Pick, place: &str) -> Result<Vec<&'a Saved>, SourceError> {
    let none =
        |what: String| Err(not_found(format!("`{place}` holds no image {what}")).with_help(listing(saved)));
    let found: Vec<&Saved> = match pick {
        Pick::Only => saved.iter().collect(),
        Pick::Index(index) => saved.get(*index).into_iter().collect(),
        Pick::Digest(digest) => saved.iter().filter(|s| s.config.contains(digest.hex())).collect(),
        Pick::Name(name) => {
            let want = RegistryName::parse(name).ok();
            let same = |tag: &String| tag == name || want.is_some() && RegistryName::parse(tag).ok() == want;
            saved.iter().filter(|s| s.repo_tags.iter().flatten().any(same)).collect()
        }
    };
    if found.is_empty() {
        return match pick {
            Pick::Only => Err(not_found(format!("`{place}` holds no image"))),
            Pick::Name(name) => none(format!("`{}`", crate::shown::text(name))),
            Pick::Index(index) => none(format!("at place {index}, counted from 0")),
            Pick::Digest(digest) => none(format!("with the config `{digest}`")),
        };
    }
    let names = |s: &Saved| s.repo_tags.clone().unwrap_or_default();
    if found.iter().any(|s| names(s) != found.first().map(|s| names(s)).unwrap_or_default()) {
        let count = found.len();
        return Err(not_found(format!("`{place}` holds {count} images, and none was named"))
            .with_help(listing(saved)));
    }
    Ok(found)
}

fn listing(saved: &[Saved]) -> String {
    let names: Vec<String> = saved
        .iter()
        .enumerate()
        .take(20)
        .map(|(index, s)| match s.repo_tags.iter().flatten().next() {
            Some(tag) => format!("`:{}`", crate::shown::text(tag)),
            None => format!("`:@{index}`"),
        })
        .collect();
    format!("it holds {}; add one behind the path", names.join(", "))
}

/// The images for the platform asked for. One image alone is it, if the user asked for none.
fn by_platform(mut images: Vec<Image>, request: &Request<'_>) -> Result<Vec<Image>, SourceError> {
    let about = |e: SourceError| e.about(format!("`{}`", crate::shown::text(request.reference.typed())));
    let Some(want) = request.choice.wanted() else { return Ok(images) };
    if images.len() == 1 {
        images.iter().try_for_each(|image| check_platform(request.choice, image)).map_err(about)?;
        return Ok(images);
    }
    let distance = |i: &Image| crate::platform::distance(&want, &i.platform);
    let Some(least) = images.iter().filter_map(distance).min() else {
        let list = images.iter().map(|i| format!("`{}`", i.platform)).collect::<Vec<_>>().join(", ");
        return Err(about(crate::error::wrong_platform(format!("it is built for {list}, not for `{want}`"))));
    };
    images.retain(|i| distance(i) == Some(least));
    match images.len() {
        1 => Ok(images),
        count => Err(about(
            not_found(format!("it holds {count} images for `{want}`, and none was named"))
                .with_help("add `:@0`, `:@1` … behind the path"),
        )),
    }
}

fn image(files: &Arc<dyn Files>, saved: &Saved, request: &Request<'_>) -> Result<Image, SourceError> {
    let place = files.place();
    let missing =
        || damaged(format!("the config `{}` is not in `{place}`", crate::shown::text(&saved.config)));
    let config = read_small(files.as_ref(), &saved.config, limits::CONFIG_BYTES)?.ok_or_else(missing)?;
    let digest = Digest::of(&config);
    let mut problems = Vec::new();
    // Docker names the config by its digest; where a tool does, it is held to it.
    if let Some(named) = named_digest(&saved.config)
        && named != digest
    {
        return Err(damaged(format!("the config `{named}` in `{place}` has the digest `{digest}`")));
    }
    let head = ConfigHead::parse(&config).map_err(|e| e.about(format!("`{place}`")))?;
    let names = saved.layers.clone().unwrap_or_default();
    if names.len() > limits::LAYERS {
        return Err(over_limit(format!("`{place}` has {} layers; at most {}", names.len(), limits::LAYERS)));
    }
    let ids = head.diff_ids.clone().unwrap_or_default();
    if ids.count != names.len() {
        let (layers, ids) = (names.len(), ids.count);
        return Err(damaged(format!(
            "`manifest.json` in `{place}` lists {layers} layers, the config {ids} diff IDs: nothing verifies them"
        )));
    }
    let layers =
        names.iter().zip(&ids.ids).enumerate().map(|(index, (name, id))| layer(files, index, name, id));
    let layers = layers.collect::<Result<Vec<_>, _>>()?;
    if head.platform.is_none() {
        problems.push(Problem::new("the config does not tell the image's platform"));
    }
    let descriptors = layers.iter().map(|(descriptor, _)| descriptor.clone()).collect();
    let reader = Arc::new(SavedLayers { files: Arc::clone(files), layers });
    Ok(Image {
        reference: request.reference.typed().to_owned(),
        source: SourceKind::DockerArchive,
        digest: None,
        platform: head.platform.unwrap_or_else(unknown_platform),
        manifest: None,
        config: config.into(),
        config_digest: Some(digest),
        content: Content::Layers(Layers { descriptors, reader }),
        problems,
    })
}

/// The digest in a name like `HEX.json`, `blobs/sha256/HEX` or `sha256:HEX`.
fn named_digest(name: &str) -> Option<Digest> {
    let last = name.rsplit(['/', ':']).next()?;
    format!("sha256:{}", last.strip_suffix(".json").unwrap_or(last)).parse().ok()
}

fn layer(
    files: &Arc<dyn Files>,
    index: usize,
    name: &str,
    id: &str,
) -> Result<(LayerDescriptor, String), SourceError> {
    let place = files.place();
    let diff_id: Digest = id.parse().map_err(|e| damaged(format!("diff ID {index} in `{place}`: {e}")))?;
    let missing = || damaged(format!("layer {index}, `{}`, is not in `{place}`", crate::shown::text(name)));
    let size = files.open(name)?.ok_or_else(missing)?.size;
    let descriptor = LayerDescriptor {
        index: u32::try_from(index).unwrap_or(u32::MAX),
        digest: None,
        diff_id: Some(diff_id),
        media_type: "application/vnd.docker.image.rootfs.diff.tar".to_owned(),
        size,
        annotations: std::collections::BTreeMap::new(),
    };
    Ok((descriptor, name.to_owned()))
}

/// Layers that are verified by their diff ID, uncompressed on the way where they are packed.
struct SavedLayers {
    files: Arc<dyn Files>,
    layers: Vec<(LayerDescriptor, String)>,
}

impl OpenLayer for SavedLayers {
    fn open(&self, index: usize) -> Result<Box<dyn Read + Send>, SourceError> {
        let place = self.files.place();
        let missing = || damaged(format!("layer {index} is not in `{place}`"));
        let (descriptor, name) = self.layers.get(index).ok_or_else(missing)?;
        let opened = self.files.open(name)?.ok_or_else(missing)?;
        let diff_id = descriptor.diff_id.as_ref().ok_or_else(missing)?;
        let what = format!("layer {index}, `{}`, in `{place}`", crate::shown::text(name));
        let plain = unpack(opened.reader, name, limits::LAYER_UNPACKED_BYTES)?;
        let packed = matches!(plain.packing, Some(Packing::Gzip | Packing::Zstd));
        Ok(Box::new(Verified::new(plain.reader, what, diff_id, (!packed).then_some(opened.size))))
    }
}

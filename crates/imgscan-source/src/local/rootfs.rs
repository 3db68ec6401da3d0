//! A root filesystem with a config beside it. Nothing in it tells which instruction wrote what; nothing is verified.
//!
//! The config of `DIR` is the first of `DIR.json`, `DIR.config.json` and `config.json` in the parent directory. It is
//! an image's config blob, or what `docker inspect IMAGE` (or `podman inspect`) prints.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use imgscan_model::limits;
use serde_json::{Map, Value, json};

use super::Request;
use super::files::{Directory, Files, read_small};
use crate::config::ConfigHead;
use crate::error::{SourceError, damaged, not_found};
use crate::image::{Content, Image, SourceKind};
use crate::resolve::{check_platform, unknown_platform};

/// The file that holds the config of a root filesystem.
pub(crate) fn config_of(root: &Path) -> Option<PathBuf> {
    names(root).into_iter().find(|path| path.is_file())
}

/// The places where a config is looked for, in order.
fn names(root: &Path) -> Vec<PathBuf> {
    // `.` and `rootfs/` have a name and a parent too.
    let root = std::fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    let Some(parent) = root.parent() else { return Vec::new() };
    let name = root.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    [format!("{name}.json"), format!("{name}.config.json"), "config.json".to_owned()]
        .into_iter()
        .map(|file| parent.join(file))
        .collect()
}

/// The image that a root filesystem and its config make.
pub(crate) fn open(root: &Path, request: &Request<'_>) -> Result<Vec<Image>, SourceError> {
    let directory = Directory::new(root)?;
    let shown = directory.place();
    let Some(path) = config_of(root) else {
        let list =
            names(root).iter().map(|p| format!("`{}`", crate::shown::path(p))).collect::<Vec<_>>().join(", ");
        return Err(not_found(format!(
            "the root filesystem `{shown}` has no config: none of {list} is there"
        ))
        .with_help("write the image's config there, e.g. `docker inspect IMAGE > ROOTFS.json`"));
    };
    let file = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = Directory::new(path.parent().unwrap_or(Path::new("/")))?;
    let raw = read_small(&beside, &file, limits::CONFIG_BYTES)?;
    let about = |e: SourceError| e.about(format!("`{}`", crate::shown::path(&path)));
    let config = image_config(raw.unwrap_or_default()).map_err(about)?;
    let head = ConfigHead::parse(&config).map_err(about)?;
    let image = Image {
        reference: request.reference.typed().to_owned(),
        source: SourceKind::Rootfs,
        digest: None,
        platform: head.platform.unwrap_or_else(unknown_platform),
        manifest: None,
        config,
        config_digest: None,
        content: Content::Rootfs(root.to_owned()),
        problems: Vec::new(),
    };
    check_platform(request.choice, &image).map_err(about)?;
    Ok(vec![image])
}

/// An image config as it stands, or made of what `inspect` prints: `[{"Architecture": …, "Os": …, "Config": {…}}]`.
fn image_config(raw: Vec<u8>) -> Result<Arc<[u8]>, SourceError> {
    let value: Value = serde_json::from_slice(&raw).map_err(|e| damaged(format!("it is no JSON: {e}")))?;
    let inspected = match value {
        Value::Array(mut items) if items.len() == 1 => items.remove(0),
        Value::Array(items) => {
            return Err(damaged(format!("it holds {} inspected images; one is needed", items.len())));
        }
        other => other,
    };
    let Some(config) = inspected.get("Config").filter(|c| c.is_object()) else {
        return Ok(raw.into());
    };
    let mut image = Map::new();
    for (to, from) in
        [("architecture", "Architecture"), ("os", "Os"), ("variant", "Variant"), ("created", "Created")]
    {
        if let Some(text) = inspected.get(from).and_then(Value::as_str).filter(|t| !t.is_empty()) {
            image.insert(to.to_owned(), json!(text));
        }
    }
    image.insert("config".to_owned(), config.clone());
    if let Some(history) = inspected.get("History").filter(|h| h.is_array()) {
        image.insert("history".to_owned(), history.clone());
    }
    Ok(Value::Object(image).to_string().into_bytes().into())
}

//! The image as its config blob and manifest describe it.

use std::fmt;
use std::sync::Arc;

use crate::origin::Origin;
use crate::secret;
use crate::text::Text;

/// `os/architecture[/variant]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Platform {
    /// Operating system, e.g. `linux`.
    pub os: String,
    /// Architecture as Go names it, e.g. `amd64`.
    pub architecture: String,
    /// Variant, e.g. `v8`.
    pub variant: Option<String>,
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.as_ref().map_or(Ok(()), |v| write!(f, "/{v}"))
    }
}

/// A Dockerfile instruction as history tells it, in the Dockerfile's own spelling as far as it can be had back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// The keyword in capitals (`COPY`, `ENV`); empty where the builder is not Docker-like.
    pub keyword: String,
    /// The whole line, e.g. `COPY gunicorn.conf.py /opt/conf/`.
    pub text: Arc<str>,
}

/// One entry of the config's `history`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// `created_by` as it stands.
    pub created_by: String,
    /// `created` as it stands.
    pub created: Option<String>,
    /// `comment` as it stands.
    pub comment: Option<String>,
    /// `author` as it stands.
    pub author: Option<String>,
    /// Whether the entry made no layer.
    pub empty_layer: bool,
    /// What it says in Dockerfile words, when it can be told.
    pub instruction: Option<Instruction>,
    /// Index of the layer that it made, when that is certain.
    pub layer: Option<u32>,
}

/// A layer as manifest and config describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Index, counted from 0 at the base.
    pub index: u32,
    /// Digest of the blob (`sha256:…`); `None` where the source has none.
    pub digest: Option<String>,
    /// Digest of the uncompressed tar; `None` where the config does not list it.
    pub diff_id: Option<String>,
    /// Media type as the manifest says.
    pub media_type: String,
    /// Size of the blob in bytes.
    pub size: u64,
    /// The instruction that made it, when history tells it.
    pub instruction: Option<Arc<str>>,
}

/// An `ENV` of the image config.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageEnv {
    /// Its name.
    pub name: String,
    /// Its value; marked as a secret where name or value look like one.
    pub value: Text,
    /// The `ENV` instruction, when history tells it.
    pub instruction: Option<Arc<str>>,
}

impl ImageEnv {
    /// A variable of the image with its place.
    pub fn new(name: &str, value: &str, instruction: Option<Arc<str>>) -> Self {
        let text = Text::new(value, Origin::image_env(name, value, instruction.clone()));
        let secret = !value.is_empty() && (secret::is_secret_name(name) || secret::is_secret_value(value));
        ImageEnv { name: name.to_owned(), value: if secret { text.into_secret() } else { text }, instruction }
    }
}

/// The config blob.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImageConfig {
    /// Digest of the blob; `None` where the source has none.
    pub digest: Option<String>,
    /// When it was made, as it stands.
    pub created: Option<String>,
    /// `Entrypoint`; `None` where unset.
    pub entrypoint: Option<Vec<String>>,
    /// The `ENTRYPOINT` instruction, when history tells it.
    pub entrypoint_instruction: Option<Arc<str>>,
    /// `Cmd`; `None` where unset.
    pub cmd: Option<Vec<String>>,
    /// The `CMD` instruction, when history tells it.
    pub cmd_instruction: Option<Arc<str>>,
    /// `Env` in order; the last of a name counts.
    pub env: Vec<ImageEnv>,
    /// `WorkingDir`; empty where unset.
    pub working_dir: String,
    /// `User`; empty where unset.
    pub user: String,
    /// `StopSignal`.
    pub stop_signal: Option<String>,
    /// `ExposedPorts`, sorted.
    pub exposed_ports: Vec<String>,
    /// `Volumes`, sorted.
    pub volumes: Vec<String>,
    /// `Labels`, sorted by name.
    pub labels: Vec<(String, String)>,
    /// `Shell` of the build, where recorded.
    pub shell: Option<Vec<String>>,
    /// `Healthcheck.Test`, where recorded.
    pub healthcheck: Option<Vec<String>>,
    /// `history` in order.
    pub history: Vec<History>,
    /// `rootfs.diff_ids` in order.
    pub diff_ids: Vec<String>,
    /// What made each layer, base first: its instruction, or in brackets what several instructions made together
    /// (`(squashed by buildah: COPY, CMD)`). `None` where history does not tell it for certain.
    pub layer_instructions: Vec<Option<Arc<str>>>,
}

impl ImageConfig {
    /// The instruction (last one wins) of the config field that a keyword sets, e.g. `STOPSIGNAL`.
    pub fn instruction(&self, keyword: &str) -> Option<Arc<str>> {
        self.history
            .iter()
            .rev()
            .filter_map(|h| h.instruction.as_ref())
            .find(|i| i.keyword == keyword)
            .map(|i| Arc::clone(&i.text))
    }

    /// The origin of a config field, e.g. `("StopSignal", "STOPSIGNAL")`. The instruction is named only when it gives
    /// the value that stands in the config: tools that change an image afterwards leave no history.
    pub fn field(&self, field: &str, keyword: &str) -> Origin {
        let value = match field {
            "StopSignal" => self.stop_signal.as_deref(),
            "User" => Some(self.user.as_str()),
            "WorkingDir" => Some(self.working_dir.as_str()),
            _ => None,
        };
        let says = |text: &Arc<str>| {
            let said = text.get(keyword.len()..).unwrap_or("").trim();
            // buildah records a line before variables in it are replaced, and a relative directory as written.
            value.is_none_or(|value| {
                said == value || said.contains('$') || value.ends_with(&format!("/{said}"))
            })
        };
        Origin::ImageConfig { field: field.into(), instruction: self.instruction(keyword).filter(says) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_names_only_an_instruction_that_gives_its_value() {
        let said = |keyword: &str, text: &str| History {
            created_by: text.to_owned(),
            created: None,
            comment: None,
            author: None,
            empty_layer: true,
            instruction: Some(Instruction { keyword: keyword.to_owned(), text: text.into() }),
            layer: None,
        };
        let config = ImageConfig {
            stop_signal: Some("SIGINT".to_owned()),
            user: "root".to_owned(),
            working_dir: "/srv/app".to_owned(),
            history: vec![
                said("STOPSIGNAL", "STOPSIGNAL SIGINT"),
                said("USER", "USER app"),
                said("WORKDIR", "WORKDIR app"),
            ],
            ..ImageConfig::default()
        };
        assert_eq!(config.field("StopSignal", "STOPSIGNAL").instruction(), Some("STOPSIGNAL SIGINT"));
        assert_eq!(config.field("User", "USER").instruction(), None);
        assert_eq!(config.field("WorkingDir", "WORKDIR").instruction(), Some("WORKDIR app"));
    }
}

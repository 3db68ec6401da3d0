//! Where a value was read.

use imgscan_model as model;
use schemars::JsonSchema;
use serde::Serialize;

use crate::redact::Redactor;

/// Where a value was read. Lines and columns count from 1, layers from 0 at the base; columns and offsets count
/// characters, and an end is the place after the last character.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Origin {
    /// A file of a layer.
    LayerFile {
        /// The layer; null for a root file system without layers.
        layer: Option<u32>,
        /// Absolute path in the image.
        path: String,
        /// First line; null for the file as a whole.
        line: Option<u32>,
        /// Column of the first character.
        column: Option<u32>,
        /// Last line.
        end_line: Option<u32>,
        /// Column after the last character.
        end_column: Option<u32>,
        /// The Dockerfile instruction that made the layer, when history tells it.
        instruction: Option<String>,
    },
    /// An `ENV` of the image config.
    ImageEnv {
        /// The variable.
        name: String,
        /// First character of its value that is meant.
        start: u32,
        /// Character after the last that is meant.
        end: u32,
        /// The `ENV` instruction, when history tells it.
        instruction: Option<String>,
    },
    /// A word of `CMD`.
    ImageCmd {
        /// Index of the word.
        index: u32,
        /// First character of the word that is meant; null for the whole word.
        #[serde(skip_serializing_if = "Option::is_none")]
        start: Option<u32>,
        /// Character after the last that is meant.
        #[serde(skip_serializing_if = "Option::is_none")]
        end: Option<u32>,
        /// The `CMD` instruction, when history tells it.
        instruction: Option<String>,
    },
    /// A word of `ENTRYPOINT`.
    ImageEntrypoint {
        /// Index of the word.
        index: u32,
        /// First character of the word that is meant; null for the whole word.
        #[serde(skip_serializing_if = "Option::is_none")]
        start: Option<u32>,
        /// Character after the last that is meant.
        #[serde(skip_serializing_if = "Option::is_none")]
        end: Option<u32>,
        /// The `ENTRYPOINT` instruction, when history tells it.
        instruction: Option<String>,
    },
    /// Another field of the image config.
    ImageConfig {
        /// The field's JSON name, e.g. `StopSignal`.
        field: String,
        /// The instruction that set it, when history tells it.
        instruction: Option<String>,
    },
    /// The server's own default.
    Default {
        /// The server.
        server: String,
        /// Its version, when known.
        version: Option<String>,
    },
    /// A deployment file laid over the image.
    Overlay {
        /// The file as named by the user.
        file: String,
        /// First line; null for the file as a whole.
        line: Option<u32>,
        /// Column of the first character.
        column: Option<u32>,
        /// Last line.
        end_line: Option<u32>,
        /// Column after the last character.
        end_column: Option<u32>,
    },
    /// A command-line option of imgscan.
    Option {
        /// The option, e.g. `--env`.
        flag: String,
        /// What was given.
        text: String,
        /// First character of the text that is meant; null for the whole text.
        #[serde(skip_serializing_if = "Option::is_none")]
        start: Option<u32>,
        /// Character after the last that is meant.
        #[serde(skip_serializing_if = "Option::is_none")]
        end: Option<u32>,
    },
    /// What a container runtime provides by itself.
    Runtime {
        /// What it is, e.g. `HOSTNAME`.
        what: String,
    },
}

impl Origin {
    pub(super) fn new(origin: &model::Origin, redactor: &Redactor) -> Self {
        let told =
            |instruction: &Option<std::sync::Arc<str>>| instruction.as_deref().map(|i| redactor.image(i));
        match origin {
            model::Origin::LayerFile { layer, path, span, instruction } => Origin::LayerFile {
                layer: *layer,
                path: redactor.prose(path),
                line: span.map(|s| s.line),
                column: span.map(|s| s.column),
                end_line: span.map(|s| s.end_line),
                end_column: span.map(|s| s.end_column),
                instruction: told(instruction),
            },
            model::Origin::ImageEnv { name, start, end, instruction } => Origin::ImageEnv {
                name: name.to_string(),
                start: *start,
                end: *end,
                instruction: told(instruction),
            },
            model::Origin::ImageCmd { index, chars, instruction } => Origin::ImageCmd {
                index: *index,
                start: chars.map(|c| c.0),
                end: chars.map(|c| c.1),
                instruction: told(instruction),
            },
            model::Origin::ImageEntrypoint { index, chars, instruction } => Origin::ImageEntrypoint {
                index: *index,
                start: chars.map(|c| c.0),
                end: chars.map(|c| c.1),
                instruction: told(instruction),
            },
            model::Origin::ImageConfig { field, instruction } => {
                Origin::ImageConfig { field: field.to_string(), instruction: told(instruction) }
            }
            model::Origin::Default { server, version } => {
                Origin::Default { server: server.to_string(), version: version.as_deref().map(str::to_owned) }
            }
            model::Origin::Overlay { file, span } => Origin::Overlay {
                file: file.to_string(),
                line: span.map(|s| s.line),
                column: span.map(|s| s.column),
                end_line: span.map(|s| s.end_line),
                end_column: span.map(|s| s.end_column),
            },
            model::Origin::Option { flag, text, chars } => Origin::Option {
                flag: flag.to_string(),
                text: redactor.image(text),
                start: chars.map(|c| c.0),
                end: chars.map(|c| c.1),
            },
            model::Origin::Runtime { what } => Origin::Runtime { what: what.to_string() },
        }
    }
}

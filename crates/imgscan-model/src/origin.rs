//! Where a value was written.

use std::sync::Arc;

/// A stretch of a text file. Lines and columns count from 1; columns count characters (Unicode scalar values).
/// `end_column` is the column after the last character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// First line.
    pub line: u32,
    /// Column of the first character.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// Column after the last character.
    pub end_column: u32,
}

impl Span {
    /// The span of a whole single line from `column` on, when the end is not known.
    pub fn point(line: u32, column: u32) -> Self {
        Span { line, column, end_line: line, end_column: column }
    }
}

/// Where a value was read: the leaf of every statement imgscan makes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// A file of a layer.
    LayerFile {
        /// Index of the layer, counted from 0 at the base; `None` for a root file system without layers.
        layer: Option<u32>,
        /// Absolute path in the image.
        path: Arc<str>,
        /// Where in the file; `None` for the file as a whole.
        span: Option<Span>,
        /// The Dockerfile instruction that made the layer, when history tells it.
        instruction: Option<Arc<str>>,
    },
    /// An `ENV` of the image config. `start` and `end` count characters in its value.
    ImageEnv {
        /// The variable's name.
        name: Arc<str>,
        /// First character of the part meant.
        start: u32,
        /// Character after the last of the part meant.
        end: u32,
        /// The `ENV` instruction, when history tells it.
        instruction: Option<Arc<str>>,
    },
    /// A word of `CMD`.
    ImageCmd {
        /// Index of the word.
        index: u32,
        /// Characters of the word that are meant; `None` for the whole word.
        chars: Option<(u32, u32)>,
        /// The `CMD` instruction, when history tells it.
        instruction: Option<Arc<str>>,
    },
    /// A word of `ENTRYPOINT`.
    ImageEntrypoint {
        /// Index of the word.
        index: u32,
        /// Characters of the word that are meant; `None` for the whole word.
        chars: Option<(u32, u32)>,
        /// The `ENTRYPOINT` instruction, when history tells it.
        instruction: Option<Arc<str>>,
    },
    /// Another field of the image config, by its JSON name (`StopSignal`, `WorkingDir`, `User` …).
    ImageConfig {
        /// The field's JSON name.
        field: Arc<str>,
        /// The instruction that set it, when history tells it.
        instruction: Option<Arc<str>>,
    },
    /// The server's own default.
    Default {
        /// The server, e.g. `gunicorn`.
        server: Arc<str>,
        /// Its version, when known.
        version: Option<Arc<str>>,
    },
    /// A deployment file laid over the image (Kubernetes, compose, an env file).
    Overlay {
        /// The file as named by the user.
        file: Arc<str>,
        /// Where in it.
        span: Option<Span>,
    },
    /// A command-line option of imgscan that stands for what only the run time knows.
    Option {
        /// The option, e.g. `--env`.
        flag: Arc<str>,
        /// What was given.
        text: Arc<str>,
        /// Characters of `text` that are meant.
        chars: Option<(u32, u32)>,
    },
    /// What a container runtime provides by itself (`HOME`, `HOSTNAME`, the default `PATH`).
    Runtime {
        /// What it is, e.g. `HOSTNAME`.
        what: Arc<str>,
    },
}

impl Origin {
    /// The whole value of an `ENV`.
    pub fn image_env(name: &str, value: &str, instruction: Option<Arc<str>>) -> Self {
        Origin::ImageEnv { name: name.into(), start: 0, end: count(value), instruction }
    }

    /// The server's built-in default.
    pub fn default_of(server: &str, version: Option<&str>) -> Self {
        Origin::Default { server: server.into(), version: version.map(Into::into) }
    }

    /// The path, for an origin in a file of the image.
    pub fn path(&self) -> Option<&str> {
        match self {
            Origin::LayerFile { path, .. } => Some(path),
            _ => None,
        }
    }

    /// The layer, for an origin in a file of the image.
    pub fn layer(&self) -> Option<u32> {
        match self {
            Origin::LayerFile { layer, .. } => *layer,
            _ => None,
        }
    }

    /// The span, where the origin is a text with lines.
    pub fn span(&self) -> Option<Span> {
        match self {
            Origin::LayerFile { span, .. } | Origin::Overlay { span, .. } => *span,
            _ => None,
        }
    }

    /// The Dockerfile instruction behind it, when history tells it.
    pub fn instruction(&self) -> Option<&str> {
        match self {
            Origin::LayerFile { instruction, .. }
            | Origin::ImageEnv { instruction, .. }
            | Origin::ImageCmd { instruction, .. }
            | Origin::ImageEntrypoint { instruction, .. }
            | Origin::ImageConfig { instruction, .. } => instruction.as_deref(),
            Origin::Default { .. }
            | Origin::Overlay { .. }
            | Origin::Option { .. }
            | Origin::Runtime { .. } => None,
        }
    }

    /// The same place with another span; unchanged where the origin has no lines.
    pub fn with_span(&self, new: Span) -> Self {
        let mut origin = self.clone();
        if let Origin::LayerFile { span, .. } | Origin::Overlay { span, .. } = &mut origin {
            *span = Some(new);
        }
        origin
    }

    /// The same place narrowed to `chars` (counted from the start of this origin's own text); unchanged where the
    /// origin has lines or no text.
    pub fn with_chars(&self, from: u32, to: u32) -> Self {
        let mut origin = self.clone();
        match &mut origin {
            Origin::ImageEnv { start, end, .. } => (*start, *end) = (*start + from, *start + to),
            Origin::ImageCmd { chars, .. }
            | Origin::ImageEntrypoint { chars, .. }
            | Origin::Option { chars, .. } => {
                let base = chars.map_or(0, |(start, _)| start);
                *chars = Some((base + from, base + to));
            }
            _ => {}
        }
        origin
    }
}

/// A place and the places a value came through before it, nearest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Where the value stands.
    pub origin: Origin,
    /// The ENV that a template or `os.getenv` read, the script line that exported it …
    pub via: Vec<Origin>,
}

impl Place {
    /// A place with nothing behind it.
    pub fn new(origin: Origin) -> Self {
        Place { origin, via: Vec::new() }
    }
}

pub(crate) fn count(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

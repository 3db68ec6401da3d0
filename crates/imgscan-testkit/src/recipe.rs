//! Images from small text recipes.
//!
//! A recipe reads like a Dockerfile. An instruction that makes a layer is followed by what the layer holds, a `+`
//! line an entry, `|` lines its text:
//!
//! ```text
//! USE bases/python-3.11 VERSION=20.1.0
//! COPY gunicorn.conf.py /opt/conf/
//! + file /opt/conf/gunicorn.conf.py
//! | timeout = 0
//! ENV GUNICORN_CMD_ARGS="--workers=3"
//! CMD ["gunicorn", "app:application"]
//! ```
//!
//! | line | meaning |
//! |---|---|
//! | `# …` | a comment |
//! | `platform OS/ARCH[/VARIANT]` | of the image; `linux/amd64` where absent |
//! | `builder buildkit\|classic\|none` | how history is spelled; `buildkit` where absent |
//! | `compression gzip\|zstd\|none\|estargz\|zstd:chunked` | of the layers from here on; `gzip` where absent |
//! | `USE NAME K=V …` | the lines of `NAME.recipe`, `${K}` replaced |
//! | `HISTORY {json}` | a history entry as it stands, for builders that spell it otherwise |
//! | `INSTRUCTION …` | a Dockerfile instruction |
//! | `+ file PATH [mode=0644] [uid=0] [gid=0]` | a regular file, its text in the `\|` lines below |
//! | `+ elf PATH` | a program that is only its magic number |
//! | `+ dir PATH`, `+ link PATH -> TARGET`, `+ hard PATH = PATH` | as they say |
//! | `+ whiteout PATH`, `+ opaque DIR` | deletions as layers spell them |

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

/// Why a recipe could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// A file could not be read.
    #[error("cannot read `{path}`: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line is wrong.
    #[error("{path}:{line}: {message}")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
}

/// How a layer blob is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// One gzip member.
    Gzip,
    /// One zstd frame.
    Zstd,
    /// A bare tar.
    None,
    /// eStargz, with its table of contents announced.
    Estargz,
    /// zstd:chunked, with its table of contents announced.
    ZstdChunked,
}

/// What an entry of a layer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file with its bytes.
    File(Vec<u8>),
    /// A directory.
    Dir,
    /// A symbolic link.
    Symlink(String),
    /// A hard link.
    Hardlink(String),
}

/// An entry of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its path without a leading slash.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
    /// Permission bits.
    pub mode: u32,
    /// Owner.
    pub uid: u64,
    /// Group.
    pub gid: u64,
}

/// A layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerSpec {
    /// Its entries in order.
    pub entries: Vec<Entry>,
    /// How its blob is compressed.
    pub compression: Compression,
}

/// An image, ready to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageSpec {
    /// `os`, `architecture`, `variant`.
    pub platform: (String, String, Option<String>),
    /// The `config` object of the config blob.
    pub config: Map<String, Value>,
    /// The `history` array.
    pub history: Vec<Value>,
    /// Its layers, base first.
    pub layers: Vec<LayerSpec>,
}

#[derive(Clone, Copy, PartialEq)]
enum Builder {
    BuildKit,
    Classic,
    None,
}

struct Reader {
    image: ImageSpec,
    builder: Builder,
    compression: Compression,
}

/// The image of a recipe file. `USE` looks beside it and in the folders above it.
pub fn load(path: &Path) -> Result<ImageSpec, RecipeError> {
    let text = read(path)?;
    parse(path, &text)
}

/// The image of a recipe's text. `path` is for messages and for `USE`.
pub fn parse(path: &Path, text: &str) -> Result<ImageSpec, RecipeError> {
    let image = ImageSpec {
        platform: ("linux".into(), "amd64".into(), None),
        config: Map::new(),
        history: Vec::new(),
        layers: Vec::new(),
    };
    let mut reader = Reader { image, builder: Builder::BuildKit, compression: Compression::Gzip };
    reader.lines(path, text)?;
    Ok(reader.image)
}

fn read(path: &Path) -> Result<String, RecipeError> {
    fs::read_to_string(path).map_err(|source| RecipeError::Read { path: path.to_owned(), source })
}

impl Reader {
    fn lines(&mut self, path: &Path, text: &str) -> Result<(), RecipeError> {
        // Whether the last instruction already has its layer.
        let mut open = false;
        for (number, line) in text.lines().enumerate() {
            let fail =
                |message: String| RecipeError::Line { path: path.to_owned(), line: number + 1, message };
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(text) = line.strip_prefix('|') {
                self.text(text.strip_prefix(' ').unwrap_or(text))
                    .ok_or_else(|| fail("text without a file".into()))?;
            } else if let Some(rest) = line.strip_prefix("+ ") {
                let entry = entry(rest).ok_or_else(|| fail(format!("cannot read entry `{rest}`")))?;
                if !open {
                    self.open_layer().ok_or_else(|| fail("an entry before any instruction".into()))?;
                    open = true;
                }
                if let Some(layer) = self.image.layers.last_mut() {
                    layer.entries.push(entry);
                }
            } else {
                open = false;
                let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
                self.line(path, word, rest.trim()).map_err(|e| match e {
                    LineError::Here(message) => fail(message),
                    LineError::There(error) => error,
                })?;
            }
        }
        Ok(())
    }

    fn line(&mut self, path: &Path, word: &str, rest: &str) -> Result<(), LineError> {
        match word {
            "platform" => {
                let mut parts = rest.split('/').map(str::to_owned);
                let (os, arch) = (parts.next(), parts.next());
                self.image.platform = (os.unwrap_or_default(), arch.unwrap_or_default(), parts.next());
            }
            "builder" => {
                self.builder = match rest {
                    "buildkit" => Builder::BuildKit,
                    "classic" => Builder::Classic,
                    "none" => Builder::None,
                    other => return Err(format!("unknown builder `{other}`").into()),
                };
            }
            "compression" => {
                self.compression = match rest {
                    "gzip" => Compression::Gzip,
                    "zstd" => Compression::Zstd,
                    "none" => Compression::None,
                    "estargz" => Compression::Estargz,
                    "zstd:chunked" => Compression::ZstdChunked,
                    other => return Err(format!("unknown compression `{other}`").into()),
                };
            }
            "USE" => self.include(path, rest)?,
            "HISTORY" => {
                let entry = serde_json::from_str(rest).map_err(|e| LineError::Here(e.to_string()))?;
                self.image.history.push(entry);
            }
            keyword if keyword.chars().all(|c| c.is_ascii_uppercase()) => self.instruction(keyword, rest)?,
            other => return Err(format!("unknown word `{other}`").into()),
        }
        Ok(())
    }

    fn include(&mut self, from: &Path, rest: &str) -> Result<(), LineError> {
        let mut words = rest.split_whitespace();
        let name = words.next().unwrap_or("");
        let found =
            from.ancestors().skip(1).map(|dir| dir.join(format!("{name}.recipe"))).find(|p| p.is_file());
        let path = found.ok_or_else(|| LineError::Here(format!("no `{name}.recipe` here or above")))?;
        let mut text = read(&path).map_err(LineError::There)?;
        for word in words {
            let (key, value) = word.split_once('=').unwrap_or((word, ""));
            text = text.replace(&format!("${{{key}}}"), value);
        }
        self.lines(&path, &text).map_err(LineError::There)
    }

    fn instruction(&mut self, keyword: &str, rest: &str) -> Result<(), String> {
        let config = &mut self.image.config;
        match keyword {
            "ENV" => {
                let env = config.entry("Env").or_insert_with(|| json!([]));
                for (key, value) in pairs(rest)? {
                    let list = env.as_array_mut().ok_or("`Env` is no list")?;
                    list.retain(|e| e.as_str().is_none_or(|e| !e.starts_with(&format!("{key}="))));
                    list.push(json!(format!("{key}={value}")));
                }
            }
            "CMD" | "ENTRYPOINT" => {
                let name = if keyword == "CMD" { "Cmd" } else { "Entrypoint" };
                config.insert(name.into(), json!(command(rest)));
            }
            "SHELL" => drop(config.insert("Shell".into(), json!(command(rest)))),
            "WORKDIR" => drop(config.insert("WorkingDir".into(), json!(rest))),
            "USER" => drop(config.insert("User".into(), json!(rest))),
            "STOPSIGNAL" => drop(config.insert("StopSignal".into(), json!(rest))),
            "EXPOSE" | "VOLUME" => {
                let name = if keyword == "EXPOSE" { "ExposedPorts" } else { "Volumes" };
                let set = config.entry(name).or_insert_with(|| json!({}));
                for word in rest.split_whitespace() {
                    let bare = keyword == "EXPOSE" && !word.contains('/');
                    set[if bare { format!("{word}/tcp") } else { word.to_owned() }] = json!({});
                }
            }
            "LABEL" => {
                let labels = config.entry("Labels").or_insert_with(|| json!({}));
                for (key, value) in pairs(rest)? {
                    labels[key] = json!(value);
                }
            }
            "HEALTHCHECK" => {
                let text = rest.strip_prefix("CMD ").unwrap_or(rest);
                config.insert("Healthcheck".into(), json!({ "Test": ["CMD-SHELL", text] }));
            }
            _ => {}
        }
        self.history(keyword, rest);
        Ok(())
    }

    fn history(&mut self, keyword: &str, rest: &str) {
        let words = |text: &str| {
            let words: Vec<String> = command(text).iter().map(|w| format!("{w:?}")).collect();
            format!("[{}]", words.join(" "))
        };
        let entry = match self.builder {
            Builder::None => return,
            Builder::BuildKit => {
                let text = match keyword {
                    "CMD" | "ENTRYPOINT" | "SHELL" => format!("{keyword} {}", words(rest)),
                    "RUN" => format!("RUN /bin/sh -c {rest} # buildkit"),
                    "COPY" | "ADD" => format!("{keyword} {rest} # buildkit"),
                    "EXPOSE" if !rest.contains('/') => format!("EXPOSE [{}/tcp]", rest.replace(' ', "/tcp ")),
                    "EXPOSE" | "VOLUME" => format!("{keyword} [{rest}]"),
                    _ => format!("{keyword} {rest}"),
                };
                json!({ "created": EPOCH, "created_by": text, "comment": "buildkit.dockerfile.v0" })
            }
            Builder::Classic => {
                let text = match keyword {
                    "RUN" => format!("/bin/sh -c {rest}"),
                    "CMD" | "ENTRYPOINT" | "SHELL" => format!("/bin/sh -c #(nop)  {keyword} {}", words(rest)),
                    "COPY" | "ADD" => {
                        let to = rest.rsplit(' ').next().unwrap_or("/");
                        format!("/bin/sh -c #(nop) {keyword} file:{:064x} in {to} ", self.image.history.len())
                    }
                    _ => format!("/bin/sh -c #(nop)  {keyword} {rest}"),
                };
                json!({ "created": EPOCH, "created_by": text })
            }
        };
        let mut entry = entry;
        entry["empty_layer"] = json!(true);
        self.image.history.push(entry);
    }

    /// Gives the last instruction a layer.
    fn open_layer(&mut self) -> Option<()> {
        if self.builder != Builder::None || !self.image.history.is_empty() {
            let entry = self.image.history.last_mut()?;
            entry.as_object_mut()?.shift_remove("empty_layer");
        }
        self.image.layers.push(LayerSpec { entries: Vec::new(), compression: self.compression });
        Some(())
    }

    /// Adds a line to the last file.
    fn text(&mut self, line: &str) -> Option<()> {
        match &mut self.image.layers.last_mut()?.entries.last_mut()?.kind {
            EntryKind::File(bytes) => {
                bytes.extend_from_slice(line.as_bytes());
                bytes.push(b'\n');
                Some(())
            }
            _ => None,
        }
    }
}

/// The moment every recipe was built at: the same bytes every time.
const EPOCH: &str = "1970-01-01T00:00:00Z";

enum LineError {
    Here(String),
    There(RecipeError),
}

impl<T: Into<String>> From<T> for LineError {
    fn from(message: T) -> Self {
        LineError::Here(message.into())
    }
}

fn entry(rest: &str) -> Option<Entry> {
    let (word, rest) = rest.split_once(' ')?;
    let file = |path: &str, bytes: Vec<u8>, mode| Entry {
        path: path.trim_start_matches('/').to_owned(),
        kind: EntryKind::File(bytes),
        mode,
        uid: 0,
        gid: 0,
    };
    let of = |path: &str, kind, mode| Entry { kind, ..file(path, Vec::new(), mode) };
    let mut entry = match word {
        "file" => file(rest.split_whitespace().next()?, Vec::new(), 0o644),
        "elf" => {
            file(rest.split_whitespace().next()?, b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec(), 0o755)
        }
        "dir" => of(rest.split_whitespace().next()?, EntryKind::Dir, 0o755),
        "link" => {
            let (path, target) = rest.split_once(" -> ")?;
            of(path, EntryKind::Symlink(target.to_owned()), 0o777)
        }
        "hard" => {
            let (path, target) = rest.split_once(" = ")?;
            of(path, EntryKind::Hardlink(target.trim_start_matches('/').to_owned()), 0o644)
        }
        "whiteout" => {
            let (dir, name) = rest.rsplit_once('/')?;
            file(&format!("{dir}/.wh.{name}"), Vec::new(), 0o644)
        }
        "opaque" => file(&format!("{}/.wh..wh..opq", rest.trim_end_matches('/')), Vec::new(), 0o644),
        _ => return None,
    };
    for option in rest.split_whitespace().filter_map(|w| w.split_once('=')) {
        match option {
            ("mode", mode) => entry.mode = u32::from_str_radix(mode, 8).ok()?,
            ("uid", uid) => entry.uid = uid.parse().ok()?,
            ("gid", gid) => entry.gid = gid.parse().ok()?,
            _ => {}
        }
    }
    Some(entry)
}

/// The words of a `CMD`: a JSON list, or a text for the shell.
fn command(rest: &str) -> Vec<String> {
    serde_json::from_str(rest).unwrap_or_else(|_| vec!["/bin/sh".into(), "-c".into(), rest.to_owned()])
}

/// `K=V K2="v 2"`, quotes taken off.
fn pairs(rest: &str) -> Result<Vec<(String, String)>, String> {
    let mut out = Vec::new();
    let mut chars = rest.chars().peekable();
    while chars.peek().is_some() {
        let key: String = chars.by_ref().take_while(|c| *c != '=').collect();
        let mut value = String::new();
        let mut quote = None;
        for c in chars.by_ref() {
            match (c, quote) {
                ('"' | '\'', None) => quote = Some(c),
                (c, Some(q)) if c == q => quote = None,
                (' ', None) => break,
                (c, _) => value.push(c),
            }
        }
        if quote.is_some() {
            return Err(format!("unclosed quote in `{rest}`"));
        }
        out.push((key.trim().to_owned(), value));
    }
    Ok(out)
}

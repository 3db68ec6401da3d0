//! The config blob (`application/vnd.oci.image.config.v1+json`, Docker's `container.image.v1+json`).
//!
//! Fields that decide what starts (`Entrypoint`, `Cmd`, `Env`, `WorkingDir`, `User`) must have their type: Docker and
//! containerd refuse an image in which they have not, and anything else would be a guess. A wrong type elsewhere is a
//! problem, and the field counts as absent.

mod json;

use std::sync::Arc;

use imgscan_model::{History, ImageConfig, ImageEnv, Origin, Problem, limits};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::ConfigError;
use crate::history;
use json::{List, Mismatch, Object};

/// Reads a config blob. `digest` is the blob's digest, where the source has one.
///
/// # Errors
///
/// [`ConfigError::Limit`] when it is larger than [`limits::CONFIG_BYTES`] or a list in it is longer than
/// [`limits::CONFIG_ITEMS`]; [`ConfigError::Damaged`] when it is no JSON object or a field that decides what starts
/// has a wrong type.
pub fn read_config(bytes: &[u8], digest: Option<&str>) -> Result<(ImageConfig, Vec<Problem>), ConfigError> {
    if bytes.len() as u64 > limits::CONFIG_BYTES {
        return Err(ConfigError::Limit(format!(
            "the config blob has {} bytes, more than the {} that are read",
            bytes.len(),
            limits::CONFIG_BYTES
        )));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| {
        ConfigError::Damaged("the config blob is not UTF-8 text, so it is no JSON".to_owned())
    })?;
    let blob = serde_json::from_str::<Object<'_>>(text).map_err(|error| not_an_object(text, &error))?;
    let mut reader = Reader { problems: Vec::new() };
    let mut config = reader.config(&blob)?;
    config.digest = digest.map(str::to_owned);
    reader.problems.extend(history::attribute(&mut config));
    Ok((config, reader.problems))
}

fn not_an_object(text: &str, error: &serde_json::Error) -> ConfigError {
    if !error.is_data() {
        let (line, column) = (error.line(), error.column());
        return ConfigError::Damaged(format!("the config blob breaks JSON at line {line}, column {column}"));
    }
    match json::mismatch(text, error) {
        Mismatch::Type(found) => {
            ConfigError::Damaged(format!("the config blob is {found}; an object must stand there"))
        }
        Mismatch::TooMany => too_many("the config blob"),
    }
}

fn too_many(what: &str) -> ConfigError {
    ConfigError::Limit(format!("{what} has more than {} elements", limits::CONFIG_ITEMS))
}

struct Reader {
    problems: Vec<Problem>,
}

impl Reader {
    fn config(&mut self, blob: &Object<'_>) -> Result<ImageConfig, ConfigError> {
        let run: Object<'_> = must(blob, "", "config", "an object")?.unwrap_or_else(Object::empty);
        let healthcheck: Option<Object<'_>> = self.may(&run, "config.", "Healthcheck", "an object");
        let rootfs: Option<Object<'_>> = self.may(blob, "", "rootfs", "an object");
        let mut config = ImageConfig {
            created: self.may(blob, "", "created", "a string"),
            entrypoint: self.words(&run, "Entrypoint")?,
            cmd: self.words(&run, "Cmd")?,
            env: self.env(&run)?,
            working_dir: must(&run, "config.", "WorkingDir", "a string")?.unwrap_or_default(),
            user: must(&run, "config.", "User", "a string")?.unwrap_or_default(),
            stop_signal: self
                .may::<String>(&run, "config.", "StopSignal", "a string")
                .filter(|s| !s.is_empty()),
            exposed_ports: self.keys(&run, "ExposedPorts"),
            volumes: self.keys(&run, "Volumes"),
            labels: self.labels(&run),
            shell: self.strings(&run, "config.", "Shell"),
            healthcheck: healthcheck.and_then(|check| self.strings(&check, "config.Healthcheck.", "Test")),
            history: self.history(blob),
            ..ImageConfig::default()
        };
        if let Some(rootfs) = rootfs {
            config.diff_ids = self.strings(&rootfs, "rootfs.", "diff_ids").unwrap_or_default();
        }
        Ok(config)
    }

    /// `Entrypoint` or `Cmd`. Docker takes a bare string for a list of one word and an empty list for nothing.
    fn words(&mut self, run: &Object<'_>, field: &'static str) -> Result<Option<Vec<String>>, ConfigError> {
        let Some(raw) = run.get(field) else { return Ok(None) };
        let words = match json::read::<List<String>>(raw) {
            Ok(List(words)) => words,
            Err(Mismatch::TooMany) => return Err(too_many(&format!("`config.{field}`"))),
            Err(Mismatch::Type(_)) => {
                let word: String = must(run, "config.", field, "a list of strings")?.unwrap_or_default();
                self.problem(
                    field,
                    format!("`config.{field}` is a string; it is taken for a list of one word"),
                );
                vec![word]
            }
        };
        if let Some(word) = words.iter().find(|w| w.contains('\0')) {
            let at = word.find('\0').unwrap_or(0);
            return Err(ConfigError::Damaged(format!(
                "a word of `config.{field}` holds a NUL at byte {at}; no program can be started with it"
            )));
        }
        if words.first().is_some_and(String::is_empty) {
            self.problem(field, format!("the first word of `config.{field}` is empty"));
        }
        Ok(Some(words).filter(|w| !w.is_empty()))
    }

    /// `Env`: what is no `NAME=value` sets nothing.
    fn env(&mut self, run: &Object<'_>) -> Result<Vec<ImageEnv>, ConfigError> {
        let items: Option<List<String>> = must(run, "config.", "Env", "a list of strings")?;
        let mut env = Vec::new();
        for (index, item) in items.map_or_else(Vec::new, |list| list.0).iter().enumerate() {
            match item.split_once('=') {
                Some((name, value)) if !name.is_empty() && !item.contains('\0') => {
                    env.push(ImageEnv::new(name, value, None));
                }
                Some(("", _)) => {
                    self.problem(
                        "Env",
                        format!("element {index} of `config.Env` has no name before its `=`"),
                    );
                }
                Some(_) => self.problem("Env", format!("element {index} of `config.Env` holds a NUL")),
                None => self.problem(
                    "Env",
                    format!("element {index} of `config.Env` has no `=`, so it sets no variable"),
                ),
            }
        }
        Ok(env)
    }

    fn keys(&mut self, run: &Object<'_>, field: &'static str) -> Vec<String> {
        let object: Option<Object<'_>> = self.may(run, "config.", field, "an object");
        let fields = object.map_or_else(Vec::new, Object::into_fields);
        let mut keys: Vec<String> = fields.into_iter().map(|(key, _)| key).collect();
        keys.sort();
        keys.dedup();
        keys
    }

    fn labels(&mut self, run: &Object<'_>) -> Vec<(String, String)> {
        let object: Option<Object<'_>> = self.may(run, "config.", "Labels", "an object");
        let mut labels: Vec<(String, String)> = Vec::new();
        for (name, raw) in object.map_or_else(Vec::new, Object::into_fields) {
            match json::read(raw) {
                Ok(value) => labels.push((name, value)),
                Err(_) => self.problem("Labels", format!("label `{name}` is not a string")),
            }
        }
        // Stable, so that of several with one name the last stays last and wins below.
        labels.sort_by(|a, b| a.0.cmp(&b.0));
        labels.reverse();
        labels.dedup_by(|a, b| a.0 == b.0);
        labels.reverse();
        labels
    }

    fn history(&mut self, blob: &Object<'_>) -> Vec<History> {
        let entries: Vec<&RawValue> = self.list(blob, "", "history", "a list of objects").unwrap_or_default();
        entries.iter().enumerate().map(|(index, raw)| self.entry(index, raw)).collect()
    }

    fn entry(&mut self, index: usize, raw: &RawValue) -> History {
        let at = format!("history[{index}].");
        let entry = json::read::<Object<'_>>(raw).unwrap_or_else(|_| {
            self.problem("history", format!("`history[{index}]` is not an object"));
            Object::empty()
        });
        History {
            created_by: self.may(&entry, &at, "created_by", "a string").unwrap_or_default(),
            created: self.may(&entry, &at, "created", "a string"),
            comment: self.may(&entry, &at, "comment", "a string"),
            author: self.may(&entry, &at, "author", "a string"),
            empty_layer: self.may(&entry, &at, "empty_layer", "a truth value").unwrap_or(false),
            instruction: None,
            layer: None,
        }
    }

    fn strings(&mut self, object: &Object<'_>, at: &str, field: &str) -> Option<Vec<String>> {
        self.list(object, at, field, "a list of strings")
    }

    fn list<'a, T: Deserialize<'a>>(
        &mut self,
        object: &Object<'a>,
        at: &str,
        field: &str,
        wanted: &str,
    ) -> Option<Vec<T>> {
        self.may::<List<T>>(object, at, field, wanted).map(|list| list.0)
    }

    /// A field that may be left out when it is not what it should be.
    fn may<'a, T: Deserialize<'a>>(
        &mut self,
        object: &Object<'a>,
        at: &str,
        field: &str,
        wanted: &str,
    ) -> Option<T> {
        match must(object, at, field, wanted) {
            Ok(value) => value,
            Err(error) => {
                self.problem(field, format!("{error}; it is left out"));
                None
            }
        }
    }

    fn problem(&mut self, field: &str, message: String) {
        let origin = Origin::ImageConfig { field: Arc::from(field), instruction: None };
        self.problems.push(Problem::at(origin, message));
    }
}

/// A field that must be what it should be, or absent.
fn must<'a, T: Deserialize<'a>>(
    object: &Object<'a>,
    at: &str,
    field: &str,
    wanted: &str,
) -> Result<Option<T>, ConfigError> {
    let Some(raw) = object.get(field) else { return Ok(None) };
    json::read(raw).map(Some).map_err(|mismatch| match mismatch {
        Mismatch::Type(found) => {
            ConfigError::Damaged(format!("`{at}{field}` is {found}; {wanted} must stand there"))
        }
        Mismatch::TooMany => too_many(&format!("`{at}{field}`")),
    })
}

//! Prefixes and the main file (`ngx_process_options`, `ngx_get_full_name`).

use imgscan_model::{Text, path};

use crate::nginx::installed::Installed;
use crate::nginx::options::Options;

/// Where nginx looks for files.
#[derive(Clone, Debug)]
pub struct Paths {
    /// The main file as nginx names it.
    pub conf_file: String,
    /// The word that names it, where one does.
    pub conf_asked: Option<Text>,
    /// The directory of the main file, with a slash at the end: where a relative `include` is looked for.
    pub conf_prefix: String,
    /// `-p` or the compiled-in prefix, with a slash at the end; `None` where it is not known.
    pub prefix: Option<String>,
    /// The working directory.
    cwd: String,
}

/// What keeps the paths from being known.
#[derive(Clone, Debug, PartialEq)]
pub struct Unclear {
    /// What is not known.
    pub what: &'static str,
    /// The word, where one says it.
    pub word: Option<Text>,
}

impl Paths {
    /// The paths of a program with its options. `cwd` is the working directory, where it is known.
    ///
    /// # Errors
    ///
    /// Where the main file cannot be told.
    pub fn new(options: &Options, installed: &Installed, cwd: Option<&str>) -> Result<Paths, Unclear> {
        let prefix = match &options.prefix {
            None => installed.prefix.clone(),
            Some(text) => {
                let known = text.known();
                let word = Some(text.clone());
                Some(with_slash(known.ok_or(Unclear { what: "the prefix", word })?))
            }
        };
        let conf_asked = options.conf.clone();
        let named = match &conf_asked {
            None => installed.conf_path.clone(),
            Some(text) => {
                let word = Some(text.clone());
                text.known().ok_or(Unclear { what: "the main file", word })?.to_owned()
            }
        };
        let conf_file = match (&prefix, named.starts_with('/')) {
            (_, true) => named,
            (Some(prefix), false) => format!("{prefix}{named}"),
            (None, false) => return Err(Unclear { what: "the compiled-in prefix", word: conf_asked }),
        };
        if !conf_file.starts_with('/') && cwd.is_none() {
            return Err(Unclear { what: "the working directory", word: conf_asked });
        }
        let conf_prefix = match conf_file.rfind('/') {
            Some(at) if at > 0 => conf_file.get(..=at).unwrap_or("/").to_owned(),
            _ => prefix.clone().unwrap_or_else(|| "/".to_owned()),
        };
        let cwd = cwd.unwrap_or("/").to_owned();
        Ok(Paths { conf_file, conf_asked, conf_prefix, prefix, cwd })
    }

    /// A name relative to the main file's directory, as nginx writes it.
    pub fn in_conf(&self, name: &str) -> String {
        if name.starts_with('/') { name.to_owned() } else { format!("{}{name}", self.conf_prefix) }
    }

    /// A name relative to the prefix, as nginx writes it; `None` where the prefix is not known.
    pub fn in_prefix(&self, name: &str) -> Option<String> {
        if name.starts_with('/') {
            return Some(name.to_owned());
        }
        self.prefix.as_ref().map(|prefix| format!("{prefix}{name}"))
    }

    /// A name of nginx's as an absolute path. Dots stay: where they lead depends on links.
    pub fn absolute(&self, name: &str) -> String {
        if name.starts_with('/') {
            name.to_owned()
        } else {
            format!("{}/{name}", self.cwd.trim_end_matches('/'))
        }
    }

    /// A path found by a pattern, in the form in which nginx named the pattern.
    pub fn as_named(&self, pattern: &str, found: &str) -> String {
        if pattern.starts_with('/') {
            return found.to_owned();
        }
        let prefix = format!("{}/", self.cwd.trim_end_matches('/'));
        found.strip_prefix(&prefix).unwrap_or(found).to_owned()
    }

    /// The directories in which config files of this nginx usually stand.
    pub fn conf_dir(&self) -> String {
        path::join("/", &self.absolute(&self.conf_prefix))
    }
}

fn with_slash(dir: &str) -> String {
    if dir.ends_with('/') || dir.is_empty() { dir.to_owned() } else { format!("{dir}/") }
}

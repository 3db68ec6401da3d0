//! A Python interpreter of the image, and how it is called.

use std::sync::Arc;

use imgscan_model::{FileView, Text, path};

use crate::call::Call;
use crate::getopt::Refused;

/// A Python interpreter.
#[derive(Clone, Debug)]
pub(crate) struct Interpreter {
    /// Its path, links resolved; `None` where it is not in the image.
    pub path: Option<Arc<str>>,
    /// `(major, minor)`, when it can be told.
    pub version: Option<(u8, u8)>,
    /// The directory whose `bin` held it when it was found, links not resolved: a virtual environment is known by that.
    pub prefix: Option<String>,
    /// The directory above the `bin` of the resolved file.
    pub base_prefix: Option<String>,
}

impl Interpreter {
    /// The interpreter called `invoked`, whose file is called `resolved`; `None` where neither is a Python.
    pub(crate) fn named(invoked: &str, resolved: &str, path: Option<Arc<str>>, call: &Call) -> Option<Self> {
        let by_file = version_of_name(resolved);
        let by_word = version_of_name(invoked);
        if by_file.is_none() && by_word.is_none() {
            return None;
        }
        let found = path.as_ref().and_then(|_| found_at(call));
        let prefix = found.as_deref().and_then(prefix_of);
        let base_prefix = path.as_deref().and_then(prefix_of);
        let named = by_file.flatten().or(by_word.flatten());
        let version = named
            .or_else(|| prefix.as_deref().and_then(|prefix| version_of_venv(&call.files, prefix)))
            .or_else(|| base_prefix.as_deref().and_then(|prefix| version_of_libraries(&call.files, prefix)));
        Some(Interpreter { path, version, prefix, base_prefix })
    }
}

/// Where the word in `argv[0]` was found.
fn found_at(call: &Call) -> Option<String> {
    let word = call.argv.first()?.known()?;
    match crate::lookup::look_up(word, &call.env, &call.cwd, &call.files) {
        crate::lookup::Lookup::Found { path, .. } => Some(path),
        _ => None,
    }
}

/// `/usr/local` for `/usr/local/bin/python3`.
fn prefix_of(program: &str) -> Option<String> {
    let dir = path::parent(program);
    matches!(path::name(dir), "bin" | "sbin").then(|| path::parent(dir).to_owned())
}

/// `Some(Some((3, 11)))` for `python3.11`, `Some(None)` for `python3`, `None` for what is no Python.
fn version_of_name(name: &str) -> Option<Option<(u8, u8)>> {
    let rest = name.strip_prefix("python").or_else(|| name.strip_prefix("pypy"))?;
    let rest = rest.trim_end_matches(['t', 'd']);
    if rest.is_empty() {
        return Some(None);
    }
    match rest.split_once('.') {
        None => rest.parse::<u8>().ok().map(|_| None),
        Some((major, minor)) => Some(Some((major.parse().ok()?, minor.parse().ok()?))),
    }
}

/// `version = 3.11.4` or `version_info = 3.11.4.final.0` of a virtual environment's `pyvenv.cfg`.
fn version_of_venv(files: &dyn FileView, prefix: &str) -> Option<(u8, u8)> {
    let text = files.read(&format!("{prefix}/pyvenv.cfg")).ok()?;
    let value = text.raw().lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        matches!(key.trim(), "version" | "version_info").then(|| value.trim())
    })?;
    let mut numbers = value.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// The one `lib/pythonX.Y` below a prefix.
fn version_of_libraries(files: &dyn FileView, prefix: &str) -> Option<(u8, u8)> {
    let names = files.list(&format!("{}/lib", prefix.trim_end_matches('/'))).ok()?;
    let mut versions = names.iter().filter_map(|name| version_of_name(name).flatten());
    versions.next().filter(|_| versions.next().is_none())
}

/// What Python is told to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// `-m`: index of the word that names the module.
    Module(usize),
    /// A file: index of its word.
    Script(usize),
    /// `-c`: index of the word with the code.
    Code(usize),
    /// Nothing: an interactive session, or `--version`.
    Nothing,
}

/// How Python is called.
#[derive(Clone, Debug)]
pub(crate) struct Invocation {
    pub what: What,
    /// `-I` or `-E`: the environment is not read.
    pub ignores_env: bool,
    /// `-I` or `-s`: no packages of the user.
    pub no_user_site: bool,
    /// `-I` or `-P`: nothing is put in front of `sys.path`.
    pub safe_path: bool,
    /// `-S`: no site packages.
    pub no_site: bool,
}

/// CPython's short options (`Python/getopt.c` `SHORT_OPTS`): those without a value.
const FLAGS: &str = "bBdEhiIJOPqRsStuvVx?";
/// Those with one. `-c` and `-m` end the options.
const VALUES: &str = "WX";

impl Invocation {
    /// Reads the words after `python`.
    pub(crate) fn read(argv: &[Text]) -> Result<Self, Refused> {
        let mut found = Invocation {
            what: What::Nothing,
            ignores_env: false,
            no_user_site: false,
            safe_path: false,
            no_site: false,
        };
        let mut at = 1;
        while let Some(word) = argv.get(at) {
            if !word.raw().starts_with('-') || word.raw() == "-" {
                found.what = if word.raw() == "-" { What::Nothing } else { What::Script(at) };
                return Ok(found);
            }
            at = match word.raw() {
                "--" => {
                    found.what = if at + 1 < argv.len() { What::Script(at + 1) } else { What::Nothing };
                    return Ok(found);
                }
                "--check-hash-based-pycs" => at + 2,
                "--help" | "--version" | "--help-all" | "--help-env" | "--help-xoptions" => return Ok(found),
                raw if raw.starts_with("--") => return Err(refused(at, word)),
                _ => match found.cluster(word, at)? {
                    Some(next) => next,
                    None => return Ok(found),
                },
            };
        }
        Ok(found)
    }

    /// Reads a cluster of short options; the index of the next word, or `None` where `-c`, `-m` or `-V` ends them.
    fn cluster(&mut self, word: &Text, at: usize) -> Result<Option<usize>, Refused> {
        let raw = word.raw();
        for (offset, letter) in raw.char_indices().skip(1) {
            let last = offset + letter.len_utf8() == raw.len();
            match letter {
                'm' if last => {
                    self.what = What::Module(at + 1);
                    return Ok(None);
                }
                'c' => {
                    self.what = What::Code(if last { at + 1 } else { at });
                    return Ok(None);
                }
                'V' | 'h' | '?' => return Ok(None),
                'E' => self.ignores_env = true,
                's' => self.no_user_site = true,
                'P' => self.safe_path = true,
                'S' => self.no_site = true,
                'I' => (self.ignores_env, self.no_user_site, self.safe_path) = (true, true, true),
                other if VALUES.contains(other) => return Ok(Some(if last { at + 2 } else { at + 1 })),
                other if FLAGS.contains(other) => {}
                _ => return Err(refused(at, word)),
            }
        }
        Ok(Some(at + 1))
    }
}

fn refused(word: usize, text: &Text) -> Refused {
    Refused { word, message: format!("option `{}` is not followed", text.display()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use imgscan_model::Origin;

    fn what(line: &str) -> What {
        let words: Vec<Text> =
            line.split(' ').map(|w| Text::new(w, Origin::Runtime { what: "test".into() })).collect();
        Invocation::read(&words).unwrap().what
    }

    #[test]
    fn options_of_python_end_at_the_module_the_code_or_the_file() {
        assert_eq!(what("python -u -X dev -m gunicorn -c x"), What::Module(5));
        assert_eq!(what("python -um gunicorn"), What::Module(2));
        assert_eq!(what("python3 -OO -Wignore manage.py -m x"), What::Script(3));
        assert_eq!(what("python -Ic pass"), What::Code(2));
        assert_eq!(what("python -- -x.py"), What::Script(2));
        assert_eq!(what("python -V -m x"), What::Nothing);
    }

    #[test]
    fn names_of_interpreters() {
        assert_eq!(version_of_name("python3.11"), Some(Some((3, 11))));
        assert_eq!(version_of_name("python3"), Some(None));
        assert_eq!(version_of_name("pypy3.10"), Some(Some((3, 10))));
        assert_eq!(version_of_name("python3.13t"), Some(Some((3, 13))));
        assert_eq!(version_of_name("python-build"), None);
        assert_eq!(version_of_name("pytest"), None);
    }
}

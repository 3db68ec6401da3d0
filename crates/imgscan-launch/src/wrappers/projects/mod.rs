//! Managers of Python projects: they find the project's virtual environment and run a command in it.

mod conda;
mod pdm;
mod pipenv;
mod poetry;
mod pyenv;
mod uv;

use imgscan_model::{EnvSource, FileError, FileView, Text, path};
use imgscan_text::py_shlex;
use imgscan_text::toml::{self, Item};

use super::{Stuck, Wrapper, made};
use crate::call::Call;
use crate::lookup;

pub(super) static WRAPPERS: &[Wrapper] =
    &[poetry::WRAPPER, pipenv::WRAPPER, uv::WRAPPER, pdm::WRAPPER, conda::WRAPPER, pyenv::WRAPPER];

/// Enters a virtual environment: its `bin` comes first in `PATH`, `VIRTUAL_ENV` names it.
fn enter(call: &Call, inner: &mut Call, dir: &str) {
    inner.env.set("VIRTUAL_ENV", made(call, dir), EnvSource::Script);
    put_in_path(call, inner, &format!("{dir}/bin"));
    inner.env.unset("PYTHONHOME");
}

/// Puts a directory in front of `PATH`.
fn put_in_path(call: &Call, inner: &mut Call, dir: &str) {
    let old = inner.env.value("PATH").cloned().unwrap_or_default();
    let path = Text::concat([&made(call, dir), &made(call, ":"), &old]);
    inner.env.set("PATH", path, EnvSource::Script);
}

/// The nearest directory at or above `from` that holds a file of this name; at most `depth` directories are tried.
fn directory_with(files: &dyn FileView, from: &str, name: &str, depth: usize) -> Option<String> {
    let mut dirs =
        std::iter::once(from).chain(imgscan_model::files::ancestors(from)).chain(["/"]).take(depth);
    dirs.find(|dir| files.exists(&path::join(dir, name)) == Some(true)).map(str::to_owned)
}

/// A project file, where it is. One that cannot be read is said by the caller's own words.
fn project_file(call: &Call, file: &str) -> Result<Option<Item>, Stuck> {
    match call.files.read(file) {
        Ok(text) => match toml::read(&text) {
            Ok(item) => Ok(Some(item)),
            Err(refused) => Err(Stuck::Elsewhere {
                origin: refused.origin.unwrap_or_else(|| call.origin(0)),
                message: format!("`{file}` cannot be read: {}", refused.message),
            }),
        },
        Err(FileError::NotFound | FileError::NotADirectory) => Ok(None),
        Err(error) => Err(Stuck::at(0, format!("`{file}`: {error}"))),
    }
}

/// A directory that stands in the image.
fn is_dir(files: &dyn FileView, dir: &str) -> bool {
    files.resolve(dir).is_ok_and(|node| node.is_dir())
}

/// A known, non-empty variable.
fn variable<'a>(call: &'a Call, name: &str) -> Option<&'a str> {
    call.env.value(name).and_then(Text::known).filter(|value| !value.is_empty())
}

/// The call's working directory, which every project is found from.
fn working_dir(call: &Call) -> Result<String, Stuck> {
    let cwd = call.cwd.known().map(str::to_owned);
    cwd.ok_or_else(|| Stuck::at(0, "the project is not known: the working directory is not"))
}

/// A path as seen from the working directory.
fn at(call: &Call, word: &str) -> Result<String, Stuck> {
    lookup::at(word, &call.cwd).ok_or_else(|| Stuck::at(0, "the working directory is not known"))
}

/// A command line of a project file, split by Python's `shlex`.
fn split(line: &Text) -> Result<Vec<Text>, Stuck> {
    let refused = |message: &str| Stuck::at(0, format!("`{}` cannot be split: {message}", line.display()));
    match py_shlex::split(line) {
        Ok(words) => Ok(words.into_iter().map(|split| split.word).collect()),
        Err(py_shlex::SplitError::Refused(message, _)) => Err(refused(message)),
        Err(py_shlex::SplitError::Unknown(_)) => Err(refused("a part of it is not known")),
    }
}

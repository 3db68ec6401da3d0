//! `sys.path`: the directories in which an interpreter finds packages.
//!
//! CPython `Modules/getpath.py`, `Lib/site.py`; Debian's `dist-packages` patch of the latter. The directories of the
//! standard library are left out: what they hold is part of the interpreter.

use std::sync::Arc;

use imgscan_model::{FileView, Text, limits, path};

use super::interpreter::{Interpreter, Invocation};
use crate::call::Call;
use crate::lookup;

/// The directories that hold packages, first one first. `first` is what the way of starting puts in front.
pub(crate) fn compute(
    call: &Call,
    interpreter: &Interpreter,
    invocation: &Invocation,
    first: Option<&str>,
) -> Vec<Arc<str>> {
    let mut dirs = Dirs { found: Vec::new() };
    let env = |name: &str| {
        let value = call.env.value(name).and_then(Text::known);
        value.filter(|value| !value.is_empty() && !invocation.ignores_env)
    };
    if !invocation.safe_path && env("PYTHONSAFEPATH").is_none() {
        first.into_iter().for_each(|dir| dirs.add(dir));
    }
    for entry in env("PYTHONPATH").into_iter().flat_map(|list| list.split(':')) {
        let entry = if entry.is_empty() { "." } else { entry };
        lookup::at(entry, &call.cwd).into_iter().for_each(|dir| dirs.add(&dir));
    }
    if invocation.no_site {
        return dirs.found;
    }
    if !invocation.no_user_site && env("PYTHONNOUSERSITE").is_none() {
        user_site(call, interpreter, &mut dirs);
    }
    for dir in site_dirs(&call.files, interpreter) {
        dirs.add_site(&call.files, &dir);
    }
    dirs.found
}

/// Directories, each once.
struct Dirs {
    found: Vec<Arc<str>>,
}

impl Dirs {
    fn add(&mut self, dir: &str) {
        let dir = path::join("/", dir);
        if self.found.len() < limits::CONFIG_FILES / 10 && !self.found.iter().any(|held| **held == *dir) {
            self.found.push(dir.into());
        }
    }

    /// A directory of packages with its `.pth` files, whose lines name further directories (`site.addpackage`).
    fn add_site(&mut self, files: &dyn FileView, dir: &str) {
        self.add(dir);
        let names = files.list(dir).unwrap_or_default();
        for name in names.iter().filter(|name| name.ends_with(".pth") && !name.starts_with('.')) {
            let Ok(text) = files.read(&format!("{dir}/{name}")) else { continue };
            for line in text.raw().lines().map(str::trim_end) {
                let code = line.starts_with("import ") || line.starts_with("import\t");
                if line.trim().is_empty() || line.starts_with('#') || code {
                    continue;
                }
                let named = path::join(dir, line);
                if files.exists(&named) == Some(true) {
                    self.add(&named);
                }
            }
        }
    }
}

/// `~/.local/lib/pythonX.Y/site-packages`, where it is; a virtual environment has none unless it takes the system's.
fn user_site(call: &Call, interpreter: &Interpreter, dirs: &mut Dirs) {
    let venv = interpreter.prefix.as_deref().and_then(|prefix| venv_settings(&call.files, prefix));
    if venv.is_some_and(|venv| !venv.system_packages) {
        return;
    }
    let base = call.env.value("PYTHONUSERBASE").and_then(Text::known).map(str::to_owned);
    let home = || call.env.value("HOME").and_then(Text::known).map(|home| format!("{home}/.local"));
    let (Some(base), Some((major, minor))) = (base.or_else(home), interpreter.version) else { return };
    let dir = format!("{base}/lib/python{major}.{minor}/site-packages");
    if call.files.exists(&dir) == Some(true) {
        dirs.add_site(&call.files, &dir);
    }
}

/// What `pyvenv.cfg` says.
struct Venv {
    /// `home`: where the base interpreter's program is.
    home: Option<String>,
    system_packages: bool,
}

fn venv_settings(files: &dyn FileView, prefix: &str) -> Option<Venv> {
    let text = files.read(&format!("{prefix}/pyvenv.cfg")).ok()?;
    let mut venv = Venv { home: None, system_packages: false };
    for line in text.raw().lines() {
        let Some((key, value)) = line.split_once('=') else { continue };
        match key.trim().to_ascii_lowercase().as_str() {
            "home" => venv.home = Some(value.trim().to_owned()),
            "include-system-site-packages" => {
                venv.system_packages = value.trim().eq_ignore_ascii_case("true")
            }
            _ => {}
        }
    }
    Some(venv)
}

/// The site directories of an interpreter: those of its virtual environment, then the system's where that takes them.
fn site_dirs(files: &dyn FileView, interpreter: &Interpreter) -> Vec<String> {
    let mut prefixes: Vec<String> = Vec::new();
    let venv = interpreter.prefix.as_deref().and_then(|prefix| Some((prefix, venv_settings(files, prefix)?)));
    match venv {
        Some((prefix, venv)) => {
            prefixes.push(prefix.to_owned());
            if venv.system_packages {
                prefixes.extend(venv.home.as_deref().map(|home| path::parent(home).to_owned()));
            }
        }
        None => prefixes.extend(interpreter.base_prefix.clone().or_else(|| interpreter.prefix.clone())),
    }
    prefixes.iter().flat_map(|prefix| dirs_of_prefix(files, prefix, interpreter.version)).collect()
}

/// The directories below one prefix that are there. Debian's interpreter in `/usr` looks into
/// `/usr/local/lib/pythonX.Y/dist-packages` and `/usr/lib/python3/dist-packages`.
fn dirs_of_prefix(files: &dyn FileView, prefix: &str, version: Option<(u8, u8)>) -> Vec<String> {
    let prefix = prefix.trim_end_matches('/');
    let libraries = match version {
        Some((major, minor)) => vec![format!("python{major}.{minor}")],
        None => python_dirs(files, &format!("{prefix}/lib")),
    };
    let mut dirs: Vec<String> = Vec::new();
    for library in &libraries {
        if prefix == "/usr" {
            dirs.push(format!("/usr/local/lib/{library}/dist-packages"));
        }
        dirs.push(format!("{prefix}/lib/{library}/site-packages"));
        dirs.push(format!("{prefix}/lib64/{library}/site-packages"));
    }
    if prefix == "/usr" {
        dirs.push("/usr/lib/python3/dist-packages".to_owned());
        dirs.extend(libraries.iter().map(|library| format!("/usr/lib/{library}/dist-packages")));
    }
    dirs.retain(|dir| files.resolve(dir).is_ok_and(|node| node.is_dir()));
    dirs
}

/// `python3.11` and its like in a `lib` directory.
fn python_dirs(files: &dyn FileView, lib: &str) -> Vec<String> {
    let names = files.list(lib).unwrap_or_default();
    names.iter().filter(|name| name.starts_with("python3.")).map(|name| name.to_string()).collect()
}

/// What can be told where the interpreter is not in the image: `PYTHONPATH`, and the directory of packages in which a
/// distribution of this name is installed, where there is but one.
pub(crate) fn of_absent(call: &Call, distribution: &str) -> (Vec<Arc<str>>, Option<(u8, u8)>) {
    let mut dirs = Dirs { found: Vec::new() };
    let list = call.env.value("PYTHONPATH").and_then(Text::known).filter(|list| !list.is_empty());
    for entry in list.into_iter().flat_map(|list| list.split(':')) {
        let entry = if entry.is_empty() { "." } else { entry };
        lookup::at(entry, &call.cwd).into_iter().for_each(|dir| dirs.add(&dir));
    }
    let held = holding(&call.files, distribution);
    let [only] = &held[..] else { return (dirs.found, None) };
    dirs.add_site(&call.files, only);
    (dirs.found, version_in_path(only))
}

/// `(3, 11)` for `/usr/lib/python3.11/site-packages`.
fn version_in_path(dir: &str) -> Option<(u8, u8)> {
    dir.split('/')
        .filter_map(|part| part.strip_prefix("python")?.split_once('.'))
        .find_map(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)))
}

/// The directories of packages in which a distribution is installed.
fn holding(files: &dyn FileView, distribution: &str) -> Vec<Arc<str>> {
    let mut dirs: Vec<Arc<str>> = Vec::new();
    let prefix = format!("{distribution}-");
    let metadata = |name: &str| {
        name.starts_with(&prefix) && (name.ends_with(".dist-info") || name.ends_with(".egg-info"))
    };
    files.for_each_named(&metadata, &mut |node| {
        let dir = path::parent(&node.path);
        let packages = dir.ends_with("/site-packages") || dir.ends_with("/dist-packages");
        if packages && !dirs.iter().any(|held| **held == *dir) {
            dirs.push(dir.into());
        }
    });
    dirs
}

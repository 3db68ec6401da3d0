//! `pyenv exec` (pyenv 2 `libexec/pyenv-exec`, `pyenv-version-name`, `pyenv-version-file`), which its shims call.

use imgscan_model::{EnvSource, FileView, Program, Text, path};

use super::{directory_with, put_in_path, variable};
use crate::call::{Call, Executor};
use crate::wrappers::{Stuck, Tree, Unwrapped, Wrapper, made};

pub(super) const WRAPPER: Wrapper = Wrapper::of_script(&["pyenv"], |text| text.contains("PYENV_"), pyenv);

fn pyenv(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    if call.argv.get(program.words).map(Text::raw) != Some("exec") {
        return Err(Stuck::Ends);
    }
    let mut inner = Tree::Exec.start(call, program.words + 1, Executor::Shell)?;
    let home = || variable(call, "HOME").map(|home| format!("{home}/.pyenv"));
    let root = variable(call, "PYENV_ROOT").map(str::to_owned).or_else(home);
    let root = root.ok_or_else(|| Stuck::at(0, "`PYENV_ROOT` is not known"))?;
    let names = chosen(call, &root)?;
    let command = inner.argv.first().and_then(Text::known).unwrap_or_default().to_owned();
    let dir = names.iter().filter_map(|name| version_dir(call, &root, name)).find(|dir| {
        call.files.resolve(&format!("{dir}/bin/{command}")).is_ok_and(|node| node.is_executable())
    });
    match dir {
        Some(dir) => {
            put_in_path(call, &mut inner, &format!("{dir}/bin"));
            inner.env.set("PYENV_VERSION", made(call, &names.join(":")), EnvSource::Script);
        }
        None if names.iter().any(|name| name == "system") => without_shims(call, &mut inner, &root),
        None => {
            return Err(Stuck::at(
                0,
                format!("pyenv: `{command}` is in none of the versions {}", names.join(", ")),
            ));
        }
    }
    Ok(Unwrapped::one(inner).reading(&["PYENV_VERSION", "PYENV_ROOT"]))
}

/// `PYENV_VERSION`, else the nearest `.python-version`, else `version` below the root, else `system`.
fn chosen(call: &Call, root: &str) -> Result<Vec<String>, Stuck> {
    if let Some(names) = variable(call, "PYENV_VERSION") {
        return Ok(names.split(':').map(str::to_owned).collect());
    }
    let cwd = super::working_dir(call)?;
    let from = variable(call, "PYENV_DIR").unwrap_or(&cwd);
    let near = directory_with(&call.files, from, ".python-version", usize::MAX);
    let file = near.map_or_else(|| format!("{root}/version"), |dir| path::join(&dir, ".python-version"));
    let text = call.files.read(&file).map(|text| text.raw().to_owned()).unwrap_or_default();
    let words = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let names: Vec<String> =
        words.flat_map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect();
    Ok(if names.is_empty() { vec!["system".to_owned()] } else { names })
}

/// The directory of a version; `3.11` stands for the newest `3.11.x`.
fn version_dir(call: &Call, root: &str, name: &str) -> Option<String> {
    let name = name.strip_prefix("python-").unwrap_or(name);
    let exact = format!("{root}/versions/{name}");
    if call.files.exists(&exact) == Some(true) {
        return Some(exact);
    }
    let names = call.files.list(&format!("{root}/versions")).ok()?;
    let patch = |entry: &str| entry.strip_prefix(name)?.strip_prefix('.')?.parse::<u32>().ok();
    let newest = names.iter().filter_map(|entry| Some((patch(entry)?, entry))).max()?;
    Some(format!("{root}/versions/{}", newest.1))
}

/// The system's own program: the shims go out of `PATH`.
fn without_shims(call: &Call, inner: &mut Call, root: &str) {
    let Some(path) = call.env.value("PATH").and_then(Text::known) else { return };
    let shims = format!("{root}/shims");
    let kept: Vec<&str> = path.split(':').filter(|dir| *dir != shims).collect();
    inner.env.set("PATH", made(call, &kept.join(":")), EnvSource::Script);
}

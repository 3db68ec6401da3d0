//! `pdm run` (pdm 2.26 `cli/commands/run.py`): it stays and passes SIGTERM on.

use imgscan_model::{EnvSource, FileView, Program, Text, path};
use imgscan_text::dotenv;
use imgscan_text::toml::Item;

use super::{directory_with, enter, is_dir, project_file, split, variable, working_dir};
use crate::call::{Call, Executor};
use crate::getopt::Grammar;
use crate::wrappers::{Stuck, Tree, Unwrapped, Wrapper, assume, made};

pub(super) const WRAPPER: Wrapper = Wrapper::custom(&["pdm"], &["pdm.core", "pdm"], pdm);

const GRAMMAR: Grammar = Grammar {
    flags: "hVvqnIgslj",
    values: "cpk",
    optional: "",
    long_flags: &[
        "help",
        "version",
        "verbose",
        "quiet",
        "no-cache",
        "ignore-python",
        "non-interactive",
        "global",
        "site-packages",
        "list",
        "json",
        "recreate",
    ],
    long_values: &["config", "project", "venv", "skip"],
    long_optional: &[],
    abbreviated: true,
    one_dash: false,
};

fn pdm(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let global = GRAMMAR.parse(&call.argv, program.words)?;
    if call.argv.get(global.rest).map(Text::raw) != Some("run") {
        return Err(Stuck::Ends);
    }
    let options = GRAMMAR.parse(&call.argv, global.rest + 1)?;
    if options.has(&["h", "help", "l", "list", "j", "json"]) {
        return Err(Stuck::Ends);
    }
    if options.has(&["venv", "g", "global"]) {
        return Err(Stuck::at(global.rest, "`pdm run` in a named environment is not followed"));
    }
    let given = options.value(&["p", "project"]).or_else(|| global.value(&["p", "project"]));
    let from = match given.and_then(Text::known) {
        Some(dir) => super::at(call, dir)?,
        None => working_dir(call)?,
    };
    let project = directory_with(&call.files, &from, "pyproject.toml", usize::MAX).unwrap_or(from);
    let mut inner = Tree::Fork(Some(true)).start(call, options.rest, Executor::Kernel)?;
    match environment(call, &project) {
        Some(dir) => enter(call, &mut inner, &dir),
        None => assume(&mut inner, "which interpreter `pdm run` uses is not in the image"),
    }
    task(call, &project, &mut inner)?;
    Ok(Unwrapped::one(inner).reading(&["VIRTUAL_ENV", "PDM_IGNORE_ACTIVE_VENV"]))
}

/// The interpreter of `.pdm-python`, else the active environment, else `.venv`.
fn environment(call: &Call, project: &str) -> Option<String> {
    if let Ok(text) = call.files.read(&path::join(project, ".pdm-python")) {
        let python = text.raw().trim().to_owned();
        return Some(path::parent(path::parent(&python)).to_owned()).filter(|_| !python.is_empty());
    }
    let active = variable(call, "VIRTUAL_ENV").filter(|_| variable(call, "PDM_IGNORE_ACTIVE_VENV").is_none());
    let own = path::join(project, ".venv");
    active.map(str::to_owned).or_else(|| is_dir(&call.files, &own).then_some(own))
}

/// A name of `[tool.pdm.scripts]` stands for its command, run in the project's directory.
fn task(call: &Call, project: &str, inner: &mut Call) -> Result<(), Stuck> {
    let Some(name) = inner.argv.first().and_then(Text::known).map(str::to_owned) else { return Ok(()) };
    let Some(file) = project_file(call, &path::join(project, "pyproject.toml"))? else { return Ok(()) };
    let Some(scripts) = file.get(&["tool", "pdm", "scripts"]) else { return Ok(()) };
    if let Some(shared) = scripts.get(&["_"]) {
        options(call, project, shared, inner)?;
    }
    let Some(script) = scripts.get(&[&name]) else { return Ok(()) };
    let hooks = [format!("pre_{name}"), format!("post_{name}")];
    if hooks.iter().any(|hook| scripts.get(&[hook]).is_some()) {
        assume(inner, format!("the scripts that pdm runs around `{name}` are not followed"));
    }
    let line = match script {
        Item::Text(line) => Some(line),
        Item::Table(_) => {
            options(call, project, script, inner)?;
            script.get(&["cmd"]).and_then(Item::text)
        }
        _ => None,
    };
    let line = line.filter(|line| !line.raw().contains(['{', '$']));
    let line =
        line.ok_or_else(|| Stuck::at(0, format!("script `{name}` of `pyproject.toml` is not followed")))?;
    let mut words = split(line)?;
    words.extend(inner.argv.drain(..).skip(1));
    inner.argv = words;
    inner.cwd = made(call, project);
    Ok(())
}

/// `env` and `env_file` of a script.
fn options(call: &Call, project: &str, script: &Item, inner: &mut Call) -> Result<(), Stuck> {
    let (file, overriding) = match script.get(&["env_file"]) {
        Some(Item::Text(file)) => (Some(file), false),
        Some(table) => (table.get(&["override"]).and_then(Item::text), true),
        None => (None, false),
    };
    if let Some(file) = file.and_then(Text::known) {
        let file = path::join(project, file);
        let text = call.files.read(&file).map_err(|error| Stuck::at(0, format!("`{file}`: {error}")))?;
        for (name, value, _) in dotenv::resolve(&dotenv::read(&text).0, &inner.env, overriding) {
            if overriding || inner.env.get(&name).is_none() {
                inner.env.set(&name, value, EnvSource::Script);
            }
        }
    }
    if let Some(Item::Table(pairs)) = script.get(&["env"]) {
        for (name, value) in pairs {
            let value = value.text().filter(|value| !value.raw().contains('$'));
            let value =
                value.ok_or_else(|| Stuck::at(0, format!("`env.{name}` of a pdm script is not followed")))?;
            inner.env.set(name, value.clone(), EnvSource::Script);
        }
    }
    if script.get(&["working_dir"]).is_some() {
        return Err(Stuck::at(0, "`working_dir` of a pdm script is not followed"));
    }
    Ok(())
}

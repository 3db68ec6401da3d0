//! `uv run` (uv 0.9 `crates/uv-cli/src/lib.rs` `RunArgs`, `crates/uv/src/commands/project/run.rs`).

use imgscan_model::{EnvSource, FileView, Program, Text, path};
use imgscan_text::dotenv;

use super::{at, directory_with, enter, is_dir, variable, working_dir};
use crate::call::{Call, Executor};
use crate::getopt::Grammar;
use crate::wrappers::{Stuck, Tree, Unwrapped, Wrapper, assume, made};

pub(super) const WRAPPER: Wrapper = Wrapper::custom(&["uv"], &["uv"], uv);

/// Options of `uv` and of `uv run`: clap takes the global ones in both places.
const GRAMMAR: Grammar = Grammar {
    flags: "hqvnmsU",
    values: "piPfCw",
    optional: "",
    long_flags: &[
        "help",
        "quiet",
        "verbose",
        "no-cache",
        "offline",
        "no-config",
        "no-progress",
        "native-tls",
        "preview",
        "no-preview",
        "managed-python",
        "no-managed-python",
        "no-python-downloads",
        "all-extras",
        "no-all-extras",
        "dev",
        "no-dev",
        "only-dev",
        "no-default-groups",
        "all-groups",
        "module",
        "no-editable",
        "editable",
        "inexact",
        "exact",
        "no-env-file",
        "isolated",
        "active",
        "no-active",
        "no-sync",
        "locked",
        "frozen",
        "no-frozen",
        "script",
        "gui-script",
        "all-packages",
        "no-project",
        "no-index",
        "reinstall",
        "upgrade",
        "compile-bytecode",
        "no-build",
        "no-binary",
        "refresh",
        "no-sources",
        "no-build-isolation",
        "show-resolution",
    ],
    long_values: &[
        "extra",
        "no-extra",
        "group",
        "no-group",
        "only-group",
        "env-file",
        "with",
        "with-editable",
        "with-requirements",
        "project",
        "directory",
        "config-file",
        "python",
        "package",
        "index",
        "default-index",
        "index-url",
        "extra-index-url",
        "find-links",
        "upgrade-package",
        "reinstall-package",
        "index-strategy",
        "keyring-provider",
        "resolution",
        "prerelease",
        "fork-strategy",
        "exclude-newer",
        "exclude-newer-package",
        "link-mode",
        "config-setting",
        "no-build-isolation-package",
        "no-build-package",
        "no-binary-package",
        "refresh-package",
        "cache-dir",
        "allow-insecure-host",
        "color",
        "python-preference",
        "python-platform",
        "max-recursion-depth",
        "no-sources-package",
        "preview-features",
    ],
    long_optional: &[],
    abbreviated: false,
    one_dash: false,
};

fn uv(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let global = GRAMMAR.parse(&call.argv, program.words)?;
    if call.argv.get(global.rest).map(Text::raw) != Some("run") {
        return Err(Stuck::Ends);
    }
    let mut options = GRAMMAR.parse(&call.argv, global.rest + 1)?;
    options.options.splice(0..0, global.options);
    if options.has(&["h", "help"]) {
        return Err(Stuck::Ends);
    }
    let mut base = call.clone();
    if let Some(dir) = options.value(&["directory"]) {
        base.cwd = crate::wrappers::env::directory(call, dir);
    }
    let mut inner = Tree::Fork(Some(true)).start(&base, options.rest, Executor::Libc)?;
    if options.has(&["m", "module"]) {
        inner.argv.splice(0..0, [made(call, "python"), made(call, "-m")]);
    } else if options.has(&["s", "script", "gui-script"]) || is_python_file(&base, &inner.argv) {
        inner.argv.insert(0, made(call, "python"));
    }
    let dir = environment(
        &base,
        options.value(&["project"]),
        options.has(&["active"]),
        options.has(&["no-project"]),
    )?;
    match dir {
        Some(dir) => enter(call, &mut inner, &dir),
        None => assume(&mut inner, "`uv run` finds no virtual environment of the project in the image"),
    }
    let extra = ["with", "with-editable", "with-requirements", "isolated", "w"];
    if options.has(&extra) {
        assume(&mut inner, "`uv run` makes another environment with further packages when it starts");
    }
    env_files(&base, &options.options, options.has(&["no-env-file"]), &mut inner)?;
    let reads = ["VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "UV_ENV_FILE", "UV_NO_ENV_FILE"];
    Ok(Unwrapped::one(inner).reading(&reads))
}

/// A first word that ends in `.py` and is a file, or a directory with `__main__.py`.
fn is_python_file(call: &Call, argv: &[Text]) -> bool {
    let Some(path) =
        argv.first().and_then(Text::known).and_then(|word| at(call, word).ok().map(|path| (word, path)))
    else {
        return false;
    };
    let (word, path) = path;
    let file = call.files.resolve(&path).is_ok_and(|node| node.is_file());
    (file && (word.ends_with(".py") || word.ends_with(".pyw")))
        || call.files.exists(&format!("{path}/__main__.py")) == Some(true)
}

/// The project's environment: `UV_PROJECT_ENVIRONMENT`, else `.venv` beside the `pyproject.toml`; outside of a project
/// the active one, else the nearest `.venv`.
fn environment(
    call: &Call,
    project: Option<&Text>,
    active: bool,
    no_project: bool,
) -> Result<Option<String>, Stuck> {
    let from = match project.and_then(Text::known) {
        Some(dir) => at(call, dir)?,
        None => working_dir(call)?,
    };
    let own = variable(call, "VIRTUAL_ENV").map(str::to_owned);
    let project = directory_with(&call.files, &from, "pyproject.toml", usize::MAX).filter(|_| !no_project);
    if let Some(project) = project {
        if active && own.is_some() {
            return Ok(own);
        }
        let dir = match variable(call, "UV_PROJECT_ENVIRONMENT") {
            Some(dir) if dir.starts_with('/') => dir.to_owned(),
            Some(dir) => path::join(&project, dir),
            None => path::join(&project, ".venv"),
        };
        return Ok(is_dir(&call.files, &dir).then_some(dir));
    }
    let near =
        || directory_with(&call.files, &from, ".venv", usize::MAX).map(|dir| path::join(&dir, ".venv"));
    Ok(own.or_else(near))
}

/// `--env-file`, `UV_ENV_FILE`: variables that are not set yet; of two files the later wins.
fn env_files(
    call: &Call,
    options: &[crate::getopt::Given],
    off: bool,
    inner: &mut Call,
) -> Result<(), Stuck> {
    if off || variable(call, "UV_NO_ENV_FILE").is_some() {
        return Ok(());
    }
    let given: Vec<String> = options
        .iter()
        .filter(|option| option.name == "env-file")
        .filter_map(|option| option.value.as_ref()?.known().map(str::to_owned))
        .collect();
    let listed = || {
        variable(call, "UV_ENV_FILE")
            .into_iter()
            .flat_map(|list| list.split(' ').map(str::to_owned))
            .collect()
    };
    let files: Vec<String> = if given.is_empty() { listed() } else { given };
    for file in files.iter().rev() {
        let file = at(call, file)?;
        let text = call.files.read(&file).map_err(|error| Stuck::at(0, format!("`{file}`: {error}")))?;
        for (name, value) in dotenv::plain(&text) {
            if inner.env.get(&name).is_none() {
                inner.env.set(&name, value, EnvSource::Script);
            }
        }
    }
    Ok(())
}

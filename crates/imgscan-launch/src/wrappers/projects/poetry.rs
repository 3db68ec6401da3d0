//! `poetry run` (poetry 2 `console/commands/run.py`, `utils/env/env_manager.py` `get`).

use imgscan_model::{Program, path};
use imgscan_text::toml::Item;

use super::{directory_with, enter, is_dir, project_file, variable, working_dir};
use crate::call::{Call, Executor};
use crate::getopt::Grammar;
use crate::wrappers::{Stuck, Tree, Unwrapped, Wrapper, assume};

pub(super) const WRAPPER: Wrapper =
    Wrapper::custom(&["poetry"], &["poetry.console.application", "poetry"], poetry);

/// Options before the command's name.
const GRAMMAR: Grammar = Grammar {
    flags: "hqVnv",
    values: "CP",
    optional: "",
    long_flags: &[
        "help",
        "quiet",
        "version",
        "ansi",
        "no-ansi",
        "no-interaction",
        "no-plugins",
        "no-cache",
        "verbose",
    ],
    long_values: &["directory", "project"],
    long_optional: &[],
    abbreviated: false,
    one_dash: false,
};

fn poetry(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let options = GRAMMAR.parse(&call.argv, program.words)?;
    if call.argv.get(options.rest).map(imgscan_model::Text::raw) != Some("run") {
        return Err(Stuck::Ends);
    }
    let own = GRAMMAR.parse(&call.argv, options.rest + 1)?;
    let mut base = call.clone();
    if let Some(dir) = options.value(&["C", "directory"]) {
        base.cwd = crate::wrappers::env::directory(call, dir);
    }
    let from = match options.value(&["P", "project"]).and_then(imgscan_model::Text::known) {
        Some(dir) => super::at(call, dir)?,
        None => working_dir(&base)?,
    };
    let Some(project) = directory_with(&call.files, &from, "pyproject.toml", usize::MAX) else {
        return Err(Stuck::at(0, "`poetry` finds no `pyproject.toml`: it does not start"));
    };
    let mut inner = Tree::Exec.start(&base, own.rest, Executor::Libc)?;
    entry_point(call, &project, own.rest)?;
    match environment(call, &project)? {
        Place::Venv(dir) => enter(call, &mut inner, &dir),
        Place::System => {}
        Place::Unsure(why) => assume(&mut inner, why),
    }
    let reads = [
        "VIRTUAL_ENV",
        "POETRY_VIRTUALENVS_CREATE",
        "POETRY_VIRTUALENVS_IN_PROJECT",
        "POETRY_VIRTUALENVS_PATH",
    ];
    Ok(Unwrapped::one(inner).reading(&reads))
}

/// A command that names an entry point of the project calls that function itself.
fn entry_point(call: &Call, project: &str, at: usize) -> Result<(), Stuck> {
    let Some(name) = call.argv.get(at).and_then(imgscan_model::Text::known) else { return Ok(()) };
    let Some(file) = project_file(call, &path::join(project, "pyproject.toml"))? else { return Ok(()) };
    let tables: [&[&str]; 2] = [&["tool", "poetry", "scripts"], &["project", "scripts"]];
    match tables.iter().find_map(|table| file.get(table)?.get(&[name])) {
        Some(entry) => {
            let function = entry.text().map(|text| text.display()).unwrap_or_default();
            Err(Stuck::at(
                at,
                format!("`{name}` is the project's own function `{function}`, which is not followed"),
            ))
        }
        None => Ok(()),
    }
}

/// Where the command runs.
enum Place {
    Venv(String),
    System,
    Unsure(String),
}

/// An active environment, else `.venv` of the project, else the one below poetry's cache, else the system.
fn environment(call: &Call, project: &str) -> Result<Place, Stuck> {
    let active = variable(call, "VIRTUAL_ENV").or_else(|| variable(call, "CONDA_PREFIX"));
    if let Some(active) = active.filter(|_| variable(call, "CONDA_DEFAULT_ENV") != Some("base")) {
        return Ok(Place::Venv(active.to_owned()));
    }
    let settings = Settings::read(call, project)?;
    let own = path::join(project, ".venv");
    if settings.flag(call, "in-project") != Some(false) && is_dir(&call.files, &own) {
        return Ok(Place::Venv(own));
    }
    if settings.flag(call, "create") == Some(false) {
        return Ok(Place::System);
    }
    let Some(dir) = settings.directory(call) else {
        return Ok(Place::Unsure("where poetry keeps its virtual environments is not known".to_owned()));
    };
    let name = name_of(call, project)?;
    let found: Vec<String> = imgscan_model::FileView::list(&call.files, &dir)
        .unwrap_or_default()
        .iter()
        .filter(|entry| belongs(entry, &name))
        .map(|entry| format!("{dir}/{entry}"))
        .collect();
    Ok(match &found[..] {
        [only] => Place::Venv(only.clone()),
        [] => Place::Unsure(
            "`poetry run` finds no virtual environment of the project in the image and makes an empty one"
                .to_owned(),
        ),
        _ => Place::Unsure("several virtual environments of the project are in the image".to_owned()),
    })
}

/// `NAME-HASH-pyX.Y`, where the hash is of the project's path: eight characters.
fn belongs(entry: &str, name: &str) -> bool {
    let rest = entry.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
    rest.is_some_and(|rest| rest.char_indices().nth(8).is_some_and(|(at, _)| rest[at..].starts_with("-py")))
}

/// The name in front of the hash: lower-case, 42 characters at most.
fn name_of(call: &Call, project: &str) -> Result<String, Stuck> {
    let file = project_file(call, &path::join(project, "pyproject.toml"))?;
    let tables: [&[&str]; 2] = [&["project", "name"], &["tool", "poetry", "name"]];
    let name = file
        .and_then(|file| tables.iter().find_map(|table| Some(file.get(table)?.text()?.raw().to_lowercase())));
    let special = |c: char| " $`!*@\"\\\r\n\t".contains(c);
    let name = name.unwrap_or_else(|| "non-package-mode".to_owned());
    Ok(name.chars().map(|c| if special(c) { '_' } else { c }).take(42).collect())
}

/// `poetry.toml` of the project, and the user's `config.toml`.
struct Settings {
    files: Vec<Item>,
}

impl Settings {
    fn read(call: &Call, project: &str) -> Result<Self, Stuck> {
        let mut files = Vec::new();
        files.extend(project_file(call, &path::join(project, "poetry.toml"))?);
        let user = variable(call, "POETRY_CONFIG_DIR").map(str::to_owned);
        let config = variable(call, "XDG_CONFIG_HOME").map(|dir| format!("{dir}/pypoetry"));
        let home = variable(call, "HOME").map(|home| format!("{home}/.config/pypoetry"));
        if let Some(dir) = user.or(config).or(home) {
            files.extend(project_file(call, &format!("{dir}/config.toml"))?);
        }
        Ok(Settings { files })
    }

    /// `virtualenvs.NAME`: `POETRY_VIRTUALENVS_NAME`, then the files.
    fn flag(&self, call: &Call, name: &str) -> Option<bool> {
        let by_env = variable(call, &variable_of(name)).map(|value| matches!(value, "true" | "1"));
        by_env.or_else(|| self.files.iter().find_map(|file| file.get(&["virtualenvs", name])?.bool()))
    }

    fn directory(&self, call: &Call) -> Option<String> {
        let cache = || {
            let own = variable(call, "POETRY_CACHE_DIR").map(str::to_owned);
            let set =
                self.files.iter().find_map(|file| Some(file.get(&["cache-dir"])?.text()?.raw().to_owned()));
            let xdg = variable(call, "XDG_CACHE_HOME").map(|dir| format!("{dir}/pypoetry"));
            let home = variable(call, "HOME").map(|home| format!("{home}/.cache/pypoetry"));
            own.or(set).or(xdg).or(home)
        };
        let own = variable(call, &variable_of("path")).map(str::to_owned);
        let set = || {
            let mut texts = self.files.iter().filter_map(|file| file.get(&["virtualenvs", "path"])?.text());
            texts.next().map(|text| text.raw().to_owned())
        };
        let dir = own.or_else(set).unwrap_or_else(|| "{cache-dir}/virtualenvs".to_owned());
        if dir.contains("{cache-dir}") { Some(dir.replace("{cache-dir}", &cache()?)) } else { Some(dir) }
    }
}

fn variable_of(name: &str) -> String {
    format!("POETRY_VIRTUALENVS_{}", name.to_uppercase().replace('-', "_"))
}

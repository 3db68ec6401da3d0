//! `pipenv run` (pipenv 2024 and later: `routines/shell.py` `do_run`, `cmdparse.py`, `utils/environment.py`).

use imgscan_model::{EnvSource, FileView, Origin, Problem, Program, Text, path};
use imgscan_text::dotenv;
use imgscan_text::toml::Item;

use super::{at, directory_with, enter, is_dir, project_file, split, variable, working_dir};
use crate::call::{Call, Executor};
use crate::getopt::Grammar;
use crate::wrappers::env::assignment;
use crate::wrappers::{Stuck, Tree, Unwrapped, Wrapper, assume};

pub(super) const WRAPPER: Wrapper = Wrapper::custom(&["pipenv"], &["pipenv", "pipenv.cli"], pipenv);

const GRAMMAR: Grammar = Grammar {
    flags: "qvh",
    values: "",
    optional: "",
    long_flags: &[
        "quiet",
        "verbose",
        "help",
        "system",
        "site-packages",
        "clear",
        "where",
        "venv",
        "py",
        "envs",
        "rm",
        "bare",
        "man",
        "support",
        "version",
    ],
    long_values: &["python", "pypi-mirror"],
    long_optional: &[],
    abbreviated: false,
    one_dash: false,
};

fn pipenv(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let options = GRAMMAR.parse(&call.argv, program.words)?;
    if call.argv.get(options.rest).map(Text::raw) != Some("run") {
        return Err(Stuck::Ends);
    }
    let own = GRAMMAR.parse(&call.argv, options.rest + 1)?;
    let project = project(call)?;
    let mut inner = Tree::Exec.start(call, own.rest, Executor::Kernel)?;
    let mut unwrapped = Unwrapped::default();
    load_env_file(call, &project, &mut inner, &mut unwrapped.problems)?;
    if !own.has(&["system"]) {
        match environment(&inner, &project) {
            Some(dir) => enter(call, &mut inner, &dir),
            None => {
                assume(&mut inner, "`pipenv run` finds no virtual environment of the project in the image")
            }
        }
    }
    script(call, &project, &mut inner)?;
    inline_variables(&mut inner);
    expand_variables(&mut inner)?;
    for (name, value) in [("PIPENV_ACTIVE", "1"), ("PIPENV_PROJECT_DIR", project.as_str())] {
        inner.env.set(name, super::made(call, value), EnvSource::Script);
    }
    unwrapped.calls = vec![inner];
    let reads = [
        "PIPENV_PIPFILE",
        "PIPENV_DOTENV_LOCATION",
        "PIPENV_DONT_LOAD_ENV",
        "PIPENV_VENV_IN_PROJECT",
        "WORKON_HOME",
    ];
    unwrapped.reads = reads.map(str::to_owned).to_vec();
    Ok(unwrapped)
}

/// The directory of the `Pipfile`: `PIPENV_PIPFILE`, else at most three directories up.
fn project(call: &Call) -> Result<String, Stuck> {
    if let Some(file) = variable(call, "PIPENV_PIPFILE") {
        return Ok(path::parent(&at(call, file)?).to_owned());
    }
    let cwd = working_dir(call)?;
    Ok(directory_with(&call.files, &cwd, "Pipfile", 4).unwrap_or(cwd))
}

/// `.env` of the project, which beats the environment.
fn load_env_file(
    call: &Call,
    project: &str,
    inner: &mut Call,
    problems: &mut Vec<Problem>,
) -> Result<(), Stuck> {
    let off = variable(call, "PIPENV_DONT_LOAD_ENV")
        .is_some_and(|value| !matches!(value, "0" | "false" | "no" | "off"));
    if off {
        return Ok(());
    }
    let file = match variable(call, "PIPENV_DOTENV_LOCATION") {
        Some(file) => at(call, file)?,
        None => path::join(project, ".env"),
    };
    let Ok(text) = call.files.read(&file) else { return Ok(()) };
    let (bindings, skipped) = dotenv::read(&text);
    for line in skipped {
        problems.push(Problem::at(line.origin, "python-dotenv cannot read this line and passes over it"));
    }
    for (name, value, _) in dotenv::resolve(&bindings, &call.env, true) {
        inner.env.set(&name, value, EnvSource::Script);
    }
    Ok(())
}

/// The active environment, else `.venv` of the project, else the one below `WORKON_HOME`.
fn environment(call: &Call, project: &str) -> Option<String> {
    if variable(call, "PIPENV_IGNORE_VIRTUALENVS").is_none()
        && let Some(active) = variable(call, "VIRTUAL_ENV")
    {
        return Some(active.to_owned());
    }
    let own = path::join(project, ".venv");
    if is_dir(&call.files, &own) {
        return Some(own);
    }
    let home = || variable(call, "HOME").map(|home| format!("{home}/.local/share/virtualenvs"));
    let dir = variable(call, "WORKON_HOME").map(str::to_owned).or_else(home)?;
    let name = format!("{}-", path::name(project));
    let names = call.files.list(&dir).ok()?;
    let mut found = names.iter().filter(|entry| entry.starts_with(&name));
    let only = found.next().filter(|_| found.next().is_none())?;
    Some(format!("{dir}/{only}"))
}

/// A name of `[scripts]` in the `Pipfile` stands for its command line.
fn script(call: &Call, project: &str, inner: &mut Call) -> Result<(), Stuck> {
    let Some(name) = inner.argv.first().and_then(Text::known).map(str::to_owned) else { return Ok(()) };
    let Some(file) = project_file(call, &path::join(project, "Pipfile"))? else { return Ok(()) };
    match file.get(&["scripts", &name]) {
        None => Ok(()),
        Some(Item::Text(line)) => {
            let mut words = split(line)?;
            words.extend(inner.argv.drain(..).skip(1));
            inner.argv = words;
            Ok(())
        }
        Some(_) => Err(Stuck::at(0, format!("script `{name}` of `Pipfile` is not followed"))),
    }
}

/// `NAME=value` in front of the command.
fn inline_variables(inner: &mut Call) {
    while inner.argv.len() > 1 {
        let valid = |name: &str| {
            name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        let Some((name, value)) = inner.argv.first().and_then(assignment).filter(|(name, _)| valid(name))
        else {
            return;
        };
        inner.env.set(&name, value, EnvSource::Script);
        inner.argv.remove(0);
    }
}

/// `os.path.expandvars` on every argument: `$NAME` and `${NAME}` of what is set.
fn expand_variables(inner: &mut Call) -> Result<(), Stuck> {
    let env = inner.env.clone();
    for (index, word) in inner.argv.iter_mut().enumerate().skip(1) {
        let raw = word.raw().to_owned();
        let mut pieces: Vec<Text> = Vec::new();
        let mut kept = 0;
        let mut from = 0;
        while let Some(start) = raw.get(from..).and_then(|rest| rest.find('$')).map(|found| from + found) {
            let rest = &raw[start + 1..];
            let (name, width) = match rest.strip_prefix('{') {
                Some(braced) => match braced.find('}') {
                    Some(end) => (&braced[..end], end + 3),
                    None => break,
                },
                None => {
                    let end =
                        rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                    (&rest[..end], end + 1)
                }
            };
            if let Some(value) = env.value(name).filter(|_| !name.is_empty()) {
                let place = word.place(start..start + width).map(|place| place.origin);
                let place: Origin = place.ok_or_else(|| Stuck::at(index, "a word without a place"))?;
                pieces.extend([word.slice(kept..start), value.through(&place)]);
                kept = start + width;
            }
            from = start + width;
        }
        if !pieces.is_empty() {
            pieces.push(word.slice(kept..raw.len()));
            *word = Text::concat(&pieces);
        }
    }
    Ok(())
}

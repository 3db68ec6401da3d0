//! circusd (circus 0.19 `config.py`, `watcher.py`, `process.py`): each `[watcher:x]` is a command, split by
//! `shlex.split` after `$(circus.…)` is replaced. Its environment is what `[env]` and `[env:x]` set and nothing else,
//! unless `copy_env` is set.

use imgscan_model::{EnvSource, FileView, LaunchStep, Launcher, Pid1Role, Program, Text, path};
use imgscan_text::ini::{self, Entry, Ini, Section};
use imgscan_text::py_shlex;

use crate::call::{Call, Executor, Parent, Placement};
use crate::getopt::Grammar;
use crate::glob::{fits, glob};
use crate::lookup;
use crate::wrappers::{Stuck, Unwrapped, Wrapper, assume, directory, made};

pub(super) static WRAPPERS: &[Wrapper] =
    &[Wrapper::custom(&["circusd"], &["circus.circusd", "circus.__main__"], circusd)];

const GRAMMAR: Grammar = Grammar {
    flags: "h",
    values: "",
    optional: "",
    long_flags: &["help", "daemon", "version"],
    long_values: &["log-level", "log-output", "logger-config", "pidfile"],
    long_optional: &[],
    abbreviated: true,
    one_dash: false,
};

fn circusd(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let options = GRAMMAR.parse(&call.argv, program.words)?;
    if options.has(&["h", "help", "version"]) {
        return Err(Stuck::Ends);
    }
    let file = call.argv.get(options.rest).and_then(Text::known).and_then(|file| lookup::at(file, &call.cwd));
    let file = file.ok_or(Stuck::Ends)?;
    let ini = read(call, &file)?;
    let shared = section(&ini, "env");
    let mut watchers: Vec<&Section> =
        ini.sections.iter().filter(|section| section.name.starts_with("watcher:")).collect();
    watchers.sort_by(|a, b| a.name.cmp(&b.name));
    let mut unwrapped = Unwrapped::default();
    for watcher in watchers {
        if flag(watcher, "autostart", true) {
            unwrapped.calls.push(process(call, &ini, watcher, &shared)?);
        }
    }
    Ok(unwrapped)
}

/// The file with its `include` and `include_dir`.
fn read(call: &Call, file: &str) -> Result<Ini, Stuck> {
    let mut ini = Ini::default();
    add(call, file, &mut ini)?;
    let here = path::parent(file);
    let listed = |key: &str| {
        let value =
            ini.get("circus", key).and_then(|entry| entry.value.as_ref()).map(|value| value.raw().to_owned());
        value.unwrap_or_default()
    };
    let mut patterns: Vec<String> = listed("include").split_whitespace().map(str::to_owned).collect();
    patterns.extend(listed("include_dir").split_whitespace().map(|dir| format!("{dir}/*.ini")));
    for pattern in patterns {
        for included in glob(&call.files, &path::join(here, &pattern)) {
            add(call, &included, &mut ini)?;
        }
    }
    Ok(ini)
}

fn add(call: &Call, file: &str, ini: &mut Ini) -> Result<(), Stuck> {
    let text = call.files.read(file).map_err(|error| Stuck::at(0, format!("`{file}`: {error}")))?;
    ini.read(&text, &ini::CIRCUS).map_err(|refused| Stuck::Elsewhere {
        origin: refused.origin.unwrap_or_else(|| call.origin(0)),
        message: format!("`circusd` does not start: {}", refused.message),
    })
}

fn section(ini: &Ini, name: &str) -> Vec<Entry> {
    ini.section(name).map(|section| section.entries.clone()).unwrap_or_default()
}

fn flag(section: &Section, key: &str, default: bool) -> bool {
    let value =
        section.get(key).and_then(|entry| entry.value.as_ref()).map(|value| value.raw().to_lowercase());
    value.map_or(default, |value| matches!(value.as_str(), "1" | "true" | "yes" | "on"))
}

fn process(call: &Call, ini: &Ini, watcher: &Section, shared: &[Entry]) -> Result<Call, Stuck> {
    let mut inner = call.clone();
    set_environment(ini, watcher, shared, &mut inner);
    let entry = watcher.get("cmd").ok_or_else(|| Stuck::Elsewhere {
        origin: watcher.origin.clone(),
        message: format!("`circusd` does not start: `[{}]` has no `cmd`", watcher.name),
    })?;
    let mut argv = words(call, &inner, entry)?;
    if let Some(args) = watcher.get("args") {
        argv.extend(words(call, &inner, args)?);
    }
    if let Some(dir) = watcher.get("working_dir").and_then(|entry| entry.value.as_ref()) {
        inner.cwd = directory(call, dir);
    }
    if let Some(user) = watcher.get("uid").and_then(|entry| entry.value.clone()) {
        inner.user = user;
    }
    if watcher.get("virtualenv").is_some() || flag(watcher, "copy_path", false) {
        assume(&mut inner, "what circus adds to `PYTHONPATH` is not followed");
    }
    inner.steps.push(LaunchStep {
        what: format!("circus [{}]", watcher.name),
        launcher: Launcher::Supervisor,
        origin: entry.origin.clone(),
    });
    inner.parents.push(Parent {
        role: Pid1Role::Supervisor,
        program: call.argv.first().map(Text::display).unwrap_or_default(),
        passes: Some(true),
        whole_group: flag(watcher, "stop_children", false),
        because: "circus stops its watchers on SIGTERM".to_owned(),
        origin: call.origin(0),
    });
    if flag(watcher, "shell", false) {
        return Err(Stuck::Elsewhere {
            origin: entry.origin.clone(),
            message: "`shell = True` of a circus watcher is not followed".to_owned(),
        });
    }
    if inner.env.get("PATH").is_none() {
        // Python's `os.defpath`.
        inner.search = Some(made(call, "/bin:/usr/bin"));
    }
    inner.argv = argv;
    inner.place = Placement::Last;
    inner.executor = Executor::Kernel;
    inner.written = None;
    inner.depth += 1;
    Ok(inner)
}

/// `[env]` and every `[env:PATTERN]` that fits the watcher's name, over a new environment or, with `copy_env`, the old.
fn set_environment(ini: &Ini, watcher: &Section, shared: &[Entry], inner: &mut Call) {
    let name = watcher.name.trim_start_matches("watcher:");
    let mut own: Vec<Entry> = shared.to_vec();
    for section in &ini.sections {
        let Some(patterns) = section.name.strip_prefix("env:") else { continue };
        if patterns.split(',').any(|pattern| fits(pattern.trim(), name)) {
            own.extend(section.entries.iter().cloned());
        }
    }
    if !flag(watcher, "copy_env", false) {
        inner.env.clear();
    }
    for entry in own {
        inner.env.set(&entry.key, entry.value.clone().unwrap_or_default(), EnvSource::Script);
    }
}

/// A command line with `$(circus.env.NAME)` replaced, of the watcher's environment, else of circus's own.
fn words(call: &Call, inner: &Call, entry: &Entry) -> Result<Vec<Text>, Stuck> {
    let refused = |message: String| Stuck::Elsewhere {
        origin: entry.origin.clone(),
        message: format!("`cmd`: {message}"),
    };
    let line = entry.value.clone().unwrap_or_default();
    let raw = line.raw();
    let mut pieces: Vec<Text> = Vec::new();
    let mut kept = 0;
    for (at, _) in raw.match_indices("$(circus.") {
        let Some((inside, _)) = raw[at + 2..].split_once(')') else { continue };
        let name = inside.strip_prefix("circus.env.").map(str::to_lowercase);
        let held = |env: &imgscan_model::Env| {
            env.iter().find(|var| Some(var.name.to_lowercase()) == name).map(|var| var.value.clone())
        };
        let value = held(&inner.env).or_else(|| held(&call.env));
        let value = value.ok_or_else(|| refused(format!("`$({inside})` is not followed")))?;
        pieces.extend([line.slice(kept..at), value.through(&entry.origin)]);
        kept = at + inside.len() + 3;
    }
    if raw.to_lowercase().contains("((circus") || raw.contains("$WID") || raw.contains("$(WID)") {
        return Err(refused("variables of circus are not followed".to_owned()));
    }
    pieces.push(line.slice(kept..raw.len()));
    match py_shlex::split(&Text::concat(&pieces)) {
        Ok(words) => Ok(words.into_iter().map(|split| split.word).collect()),
        Err(py_shlex::SplitError::Refused(message, _)) => Err(refused(message.to_owned())),
        Err(py_shlex::SplitError::Unknown(_)) => Err(refused("a part of it is not known".to_owned())),
    }
}

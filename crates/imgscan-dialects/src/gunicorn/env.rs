//! Defaults that gunicorn takes from the environment when `gunicorn.config` is imported.

use imgscan_model::{FileError, Place, Source, Text, path};
use imgscan_python::PyValue;

use super::context::{Context, home};
use super::load::{Attempt, Load};
use super::py::number::{self, IntError};
use super::settings::{Spec, Table};
use super::value;

/// Variables that every version reads itself: for defaults, for its arguments and while it runs (`gunicorn/config.py`,
/// `arbiter.py`, `systemd.py`, `util.py`, the workers).
const READ_BY_ALL: [&str; 11] = [
    "GUNICORN_CMD_ARGS",
    "WEB_CONCURRENCY",
    "PORT",
    "FORWARDED_ALLOW_IPS",
    "SENDFILE",
    "PWD",
    "LISTEN_FDS",
    "LISTEN_PID",
    "GUNICORN_FD",
    "GUNICORN_PID",
    "NOTIFY_SOCKET",
];

/// The variables that a version reads itself.
pub(crate) fn reads(table: &Table) -> Vec<String> {
    let mut names: Vec<String> = READ_BY_ALL.iter().map(|name| (*name).to_owned()).collect();
    names.push("SCRIPT_NAME".to_owned());
    names.extend(table.specs.iter().flat_map(|spec| spec.from.iter().cloned()));
    names.sort();
    names.dedup();
    names
}

/// What the class bodies of `gunicorn.config` do at import, before anything else: `int(WEB_CONCURRENCY)`.
pub(crate) fn import(load: &mut Load<'_>, context: &Context<'_>) {
    let Some(text) = context.process.env.value("WEB_CONCURRENCY") else { return };
    let origin = text.whole().map(|place| place.origin);
    match text.known().map(number::decimal) {
        Some(Err(IntError::Invalid(message))) => load.fail(&format!("ValueError: {message}"), origin),
        Some(Err(IntError::Unsure)) => load.doubt("`WEB_CONCURRENCY` may or may not be a number", origin),
        None if !value::is_number(text) => load.doubt("`WEB_CONCURRENCY` may not be a number", origin),
        _ => {}
    }
}

/// The defaults that differ from those in an empty environment.
pub(crate) fn defaults(load: &mut Load<'_>, context: &Context<'_>) {
    let table = load.table();
    for spec in &table.specs {
        match spec.name.as_str() {
            "chdir" => {
                let here = context
                    .cwd
                    .clone()
                    .map_or_else(|| unknown("the working directory is not known"), PyValue::Str);
                load.default(spec, &here);
            }
            "user" => own_id(load, spec, context.ids.0, "user"),
            "group" => own_id(load, spec, context.ids.1, "group"),
            "control_socket" if !spec.from.is_empty() => control_socket(load, spec, context),
            _ => spec.from.iter().for_each(|name| from_variable(load, spec, name, context)),
        }
    }
}

fn unknown(reason: &str) -> PyValue {
    PyValue::Unknown { reason: reason.to_owned(), needs: Vec::new() }
}

fn own_id(load: &mut Load<'_>, spec: &Spec, id: Option<u32>, what: &str) {
    match id {
        Some(id) => load.default(spec, &PyValue::Int(id.into())),
        None => load.default(spec, &unknown(&format!("the {what} of the process is not known"))),
    }
}

/// `WEB_CONCURRENCY`, `PORT` and `FORWARDED_ALLOW_IPS`.
fn from_variable(load: &mut Load<'_>, spec: &Spec, name: &str, context: &Context<'_>) {
    let Some(text) = context.process.env.value(name) else { return };
    let value = match name {
        "WEB_CONCURRENCY" => number_of(text),
        "PORT" => PyValue::List(vec![value::text(&behind("0.0.0.0:", text))]),
        _ => value::text(text),
    };
    set(load, spec, &value, text);
}

/// The text with something before it, from the same place.
fn behind(prefix: &str, text: &Text) -> Text {
    let origin =
        text.whole().map_or_else(|| imgscan_model::Origin::Runtime { what: "PORT".into() }, |p| p.origin);
    Text::concat([&Text::derived(prefix, origin), text])
}

fn number_of(text: &Text) -> PyValue {
    match text.known().map(number::decimal) {
        Some(Ok(number)) => PyValue::Int(number),
        // gunicorn has ended at import; the value is listed as it stands.
        Some(Err(_)) => value::text(text),
        None => value::symbolic_text(text, "int"),
    }
}

/// A class default that comes from the environment is validated when the settings are made.
fn set(load: &mut Load<'_>, spec: &Spec, value: &PyValue, text: &Text) {
    let Some(place) = text.whole() else { return };
    let origin = place.origin.clone();
    let attempt = Attempt {
        source: Source::EnvDefault,
        value,
        place,
        written: None,
        reads: Vec::new(),
        secret: text.is_secret(),
    };
    if let Err(message) = load.set(&spec.name, attempt) {
        load.fail(&format!("Error: {message}"), Some(origin));
    }
}

/// From 25.2 on: `$XDG_RUNTIME_DIR/gunicorn.ctl` if that directory exists, else below the home directory
/// (`_get_default_control_socket`).
fn control_socket(load: &mut Load<'_>, spec: &Spec, context: &Context<'_>) {
    let env = &context.process.env;
    if let Some(text) = env.value("XDG_RUNTIME_DIR").filter(|text| !text.is_empty()) {
        match text.known().map(|dir| is_dir(context, dir)) {
            Some(Some(true)) => {
                let dir = text.known().unwrap_or("");
                return set(load, spec, &PyValue::Str(super::py::path::join(dir, "gunicorn.ctl")), text);
            }
            Some(Some(false)) => {}
            _ => {
                return load.default(
                    spec,
                    &unknown("whether the directory in `XDG_RUNTIME_DIR` exists is not known"),
                );
            }
        }
    }
    match env.value("HOME") {
        Some(text) => {
            // Every container has a `HOME`, mostly from its runtime: the default stays a default.
            let value = match text.known() {
                Some(home) => PyValue::Str(in_home(home)),
                None => value::symbolic_text(text, "str"),
            };
            load.default_from(spec, &value, text.whole());
        }
        None => {
            let value =
                home_of_user(context).map_or_else(|| unknown("the user's home is not known"), PyValue::Str);
            load.default(spec, &value);
        }
    }
}

fn is_dir(context: &Context<'_>, dir: &str) -> Option<bool> {
    match context.files().resolve(&context.open_path(dir)?) {
        Ok(node) => Some(node.is_dir()),
        Err(FileError::Unknown(_)) => None,
        Err(_) => Some(false),
    }
}

/// `~/.gunicorn/gunicorn.ctl` with `~` as `os.path.expanduser` has it.
fn in_home(home: &str) -> String {
    let home = match home.trim_end_matches('/') {
        "" => "/",
        home => home,
    };
    super::py::path::join(home, ".gunicorn/gunicorn.ctl")
}

/// Without `HOME` the entry in `/etc/passwd`; without one `~` stays as it is.
fn home_of_user(context: &Context<'_>) -> Option<String> {
    match home(context.files(), context.ids.0?) {
        Ok(Some(home)) => Some(in_home(&home)),
        Ok(None) => Some("~/.gunicorn/gunicorn.ctl".to_owned()),
        Err(_) => None,
    }
}

/// Whether the process was handed listeners or is a re-executed master, which then counts instead of `bind`.
pub(crate) fn inherited_listeners(context: &Context<'_>) -> Option<(String, Place)> {
    ["LISTEN_PID", "GUNICORN_PID", "GUNICORN_FD"].iter().find_map(|name| {
        let place = context.process.env.value(name)?.whole()?;
        Some(((*name).to_owned(), place))
    })
}

/// The name of the program as argparse shows it.
pub(crate) fn program(context: &Context<'_>, table: &Table) -> String {
    if context.runs_package() {
        return if table.at_least(22, 0, 0) { "gunicorn" } else { "__main__.py" }.to_owned();
    }
    if context.process.program.is_module {
        return "wsgiapp.py".to_owned();
    }
    let word = context.process.argv.first().and_then(Text::known).unwrap_or("gunicorn");
    path::name(word).to_owned()
}

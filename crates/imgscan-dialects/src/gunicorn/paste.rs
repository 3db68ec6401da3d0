//! `--paste FILE`: an application described in a PasteDeploy file, which before 20.0 also holds settings.

use imgscan_model::{Origin, Place, Source};
use imgscan_python::PyValue;
use imgscan_text::ini::{self, Dialect, Entry, Ini, Section};

use super::args::{Args, Namespace};
use super::context::Context;
use super::load::{Attempt, Load};
use super::modules::Found;
use super::py::path::abspath;
use super::py::text::{repr_str, str_of};

/// PasteDeploy's `NicerConfigParser`: keys keep their case.
const PASTE: Dialect = Dialect { lower_keys: false, ..ini::PYTHON };

/// `WSGIApplication.init` with `--paste`. Answers whether the option is given: then the file names the application.
pub(crate) fn init(args: &Args, cli: &Namespace, context: &Context<'_>, load: &mut Load<'_>) -> bool {
    let Some(taken) = args.value(cli, "paste") else { return false };
    let origin = taken.words.last().and_then(|w| w.place.clone()).map(|p| p.origin);
    let PyValue::Str(asked) = &taken.value else {
        unknown(load, &format!("the paste file is `{}`", str_of(&taken.value)), origin);
        return true;
    };
    if asked.is_empty() {
        return false;
    }
    let Some(directory) = &context.cwd else {
        unknown(load, "the paste file is relative to a directory that is not known", origin);
        return true;
    };
    let file = abspath(directory, asked.split('#').next().unwrap_or(asked));
    let checks = [Check::Import, Check::File];
    let old = !load.table().at_least(20, 0, 0);
    // 19.x looks for the file before it imports PasteDeploy.
    let ordered: Vec<&Check> = if old { checks.iter().rev().collect() } else { checks.iter().collect() };
    for check in ordered {
        check.run(&file, origin.as_ref(), context, load);
    }
    if context.files().exists(&file) == Some(false) {
        return true;
    }
    let text = match context.files().read(&file) {
        Ok(text) if text.known().is_some() => text,
        Ok(_) => {
            unknown(load, &format!("the content of `{file}` hangs on the run time"), origin);
            return true;
        }
        Err(error) => {
            unknown(load, &format!("`{file}`: {error}"), origin);
            return true;
        }
    };
    let mut read = Ini::default();
    match read.read(&text, &PASTE) {
        Ok(()) => apply(&read, &file, taken.words.last().and_then(|w| w.place.clone()), load),
        Err(refused) => load.fail(&format!("Error: {}", refused.message), refused.origin),
    }
    true
}

/// What has to be there.
enum Check {
    Import,
    File,
}

impl Check {
    fn run(&self, file: &str, origin: Option<&Origin>, context: &Context<'_>, load: &mut Load<'_>) {
        match self {
            Check::File if context.files().exists(file) == Some(false) => {
                load.fail(&format!("Error: {} not found", repr_str(file)), origin.cloned());
            }
            Check::File => {}
            Check::Import => match context.package(&context.import_path, "paste.deploy") {
                Found::Missing(message) => load.fail(&format!("Error: {message}"), origin.cloned()),
                Found::Unknown(reason) => load.doubt(&reason, origin.cloned()),
                _ => {}
            },
        }
    }
}

fn unknown(load: &mut Load<'_>, reason: &str, origin: Option<Origin>) {
    load.doubt(reason, origin);
    let old = !load.table().at_least(20, 0, 0);
    let specs = load.table().specs.iter().map(|s| s.name.clone());
    let names = specs.filter(|name| old || name == "logconfig" || name == "default_proc_name").collect();
    load.open(Source::App, names, reason, Vec::new());
}

fn apply(read: &Ini, file: &str, word: Option<Place>, load: &mut Load<'_>) {
    let place = word.unwrap_or_else(|| Place::new(load.default_origin()));
    let old = !load.table().at_least(20, 0, 0);
    if old {
        match server(read) {
            Some(section) => return server_settings(read, section, file, place, load),
            None => {
                let message = format!("No section 'main' (prefixed by 'server') found in config {file}");
                return load.fail(&format!("Error: {message}"), Some(place.origin));
            }
        }
    }
    set(load, "default_proc_name", &PyValue::Str(file.to_owned()), place.clone());
    if read.section("loggers").is_some() {
        set(load, "logconfig", &PyValue::Str(file.to_owned()), place);
    }
}

fn set(load: &mut Load<'_>, name: &str, value: &PyValue, place: Place) {
    let origin = place.origin.clone();
    let attempt =
        Attempt { source: Source::App, value, place, written: None, reads: Vec::new(), secret: false };
    if let Err(message) = load.set(name, attempt) {
        load.fail(&format!("Error: {message}"), Some(origin));
    }
}

/// The section that PasteDeploy takes for the server: `[server:main]`, else `[server]`.
fn server(read: &Ini) -> Option<&Section> {
    read.section("server:main").or_else(|| read.section("server"))
}

/// `gunicorn.app.pasterapp.paste_config` (19.x): the address from `host` and `port`, then the entries of `[DEFAULT]`
/// and of the server's section that are settings. A key that `[DEFAULT]` has too counts as global.
fn server_settings(read: &Ini, section: &Section, file: &str, place: Place, load: &mut Load<'_>) {
    let global = |key: &str| read.defaults.iter().any(|entry| entry.key == key);
    let own: Vec<&Entry> = section.entries.iter().filter(|entry| !global(&entry.key)).collect();
    if let Some(entry) = own.iter().copied().chain(&read.defaults).find(|entry| is_special(entry)) {
        let reason = format!("`{}` of a paste file is not followed", entry.key);
        return unknown(load, &reason, Some(entry.origin.clone()));
    }
    let text = |key: &str| own.iter().find(|e| e.key == key).map(|e| raw(e)).filter(|v| !v.is_empty());
    if !text("use").is_some_and(|used| used.starts_with("egg:gunicorn")) {
        load.doubt("the paste file names another server", Some(section.origin.clone()));
    }
    let address = match (text("host"), text("port")) {
        (Some(host), Some(port)) => Some(PyValue::Str(format!("{host}:{port}"))),
        (Some(host), None) => {
            Some(PyValue::List(host.split(',').map(|h| PyValue::Str(h.to_owned())).collect()))
        }
        _ => None,
    };
    let host = own.iter().find(|e| e.key == "host").map(|entry| Place::new(entry.origin.clone()));
    if let (Some(address), Some(host)) = (address, host) {
        set(load, "bind", &address, host);
    }
    set(load, "default_proc_name", &PyValue::Str(file.to_owned()), place.clone());
    if read.section("loggers").is_some() {
        set(load, "logconfig", &PyValue::Str(file.to_owned()), place);
    }
    for entry in read.defaults.iter().chain(own) {
        if load.table().get(&entry.key).is_some() {
            let place = entry.value.as_ref().and_then(imgscan_model::Text::whole);
            let place = place.unwrap_or_else(|| Place::new(entry.origin.clone()));
            set(load, &entry.key, &PyValue::Str(raw(entry)), place);
        }
    }
}

fn raw(entry: &Entry) -> String {
    entry.value.as_ref().map_or_else(String::new, |value| value.raw().to_owned())
}

/// Interpolation, `set` and `get`, another file.
fn is_special(entry: &Entry) -> bool {
    let value = raw(entry);
    value.contains('%')
        || value.starts_with("config:")
        || entry.key.starts_with("set ")
        || entry.key.starts_with("get ")
}

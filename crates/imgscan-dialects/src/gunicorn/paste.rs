//! `--paste FILE`: an application described in a PasteDeploy file, which before 20.0 also holds settings.

use imgscan_model::{Place, Source, Text};
use imgscan_python::PyValue;

use super::args::{Args, Namespace};
use super::context::Context;
use super::load::{Attempt, Load};
use super::modules::Found;
use super::py::path::abspath;
use super::py::text::{repr_str, str_of, strip};

/// An entry of an INI file with its place.
struct Entry {
    section: String,
    key: String,
    value: Text,
}

/// What an INI file holds, as far as `configparser` reads it.
struct Ini {
    sections: Vec<String>,
    entries: Vec<Entry>,
}

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
    if context.files().exists(&file) == Some(false) {
        load.fail(&format!("Error: {} not found", repr_str(&file)), origin);
        return true;
    }
    match context.package("paste.deploy") {
        Found::Missing(message) => load.fail(&format!("Error: {message}"), origin.clone()),
        Found::Unknown(reason) => load.doubt(&reason, origin.clone()),
        _ => {}
    }
    match context.files().read(&file).map_err(|e| e.to_string()).and_then(|text| parse(&text)) {
        Ok(ini) => apply(&ini, &file, taken.words.last().and_then(|w| w.place.clone()), load),
        Err(reason) => unknown(load, &format!("`{file}`: {reason}"), origin),
    }
    true
}

fn unknown(load: &mut Load<'_>, reason: &str, origin: Option<imgscan_model::Origin>) {
    load.doubt(reason, origin);
    let old = !load.table().at_least(20, 0, 0);
    let specs = load.table().specs.iter().map(|s| s.name.clone());
    let names = specs.filter(|name| old || name == "logconfig" || name == "default_proc_name").collect();
    load.open(Source::App, names, reason, Vec::new());
}

fn apply(ini: &Ini, file: &str, word: Option<Place>, load: &mut Load<'_>) {
    let place = word.unwrap_or_else(|| Place::new(load.default_origin()));
    let old = !load.table().at_least(20, 0, 0);
    if old {
        server_address(ini, load);
    }
    set(load, "default_proc_name", &PyValue::Str(file.to_owned()), place.clone());
    if ini.sections.iter().any(|s| s == "loggers") {
        set(load, "logconfig", &PyValue::Str(file.to_owned()), place);
    }
    if old {
        server_settings(ini, file, load);
    }
}

fn set(load: &mut Load<'_>, name: &str, value: &PyValue, place: Place) {
    let origin = place.origin.clone();
    let attempt = Attempt { source: Source::App, value, place, written: None, secret: false };
    if let Err(message) = load.set(name, attempt) {
        load.fail(&format!("Error: {message}"), Some(origin));
    }
}

/// The section that PasteDeploy takes for the server: `[server:main]`, else `[server]`.
fn server(ini: &Ini) -> Option<&str> {
    let found = |wanted: &str| ini.sections.iter().find(|s| *s == wanted).map(String::as_str);
    found("server:main").or_else(|| found("server"))
}

fn entry<'i>(ini: &'i Ini, section: &str, key: &str) -> Option<&'i Entry> {
    ini.entries.iter().find(|e| e.section == section && e.key == key)
}

/// `host` and `port` make one address; `host` alone is a list cut at commas.
fn server_address(ini: &Ini, load: &mut Load<'_>) {
    let Some(section) = server(ini) else { return };
    let text = |key: &str| entry(ini, section, key).map(|e| e.value.raw()).filter(|v| !v.is_empty());
    let value = match (text("host"), text("port")) {
        (Some(host), Some(port)) => PyValue::Str(format!("{host}:{port}")),
        (Some(host), None) => PyValue::List(host.split(',').map(|h| PyValue::Str(h.to_owned())).collect()),
        _ => return,
    };
    if let Some(place) = entry(ini, section, "host").and_then(|e| e.value.whole()) {
        set(load, "bind", &value, place);
    }
}

/// The entries of `[DEFAULT]`, then those of the server's section, that are settings.
fn server_settings(ini: &Ini, file: &str, load: &mut Load<'_>) {
    let Some(section) = server(ini) else {
        let message = format!("No section 'main' (prefixed by 'server') found in config {file}");
        return load.fail(&format!("Error: {message}"), None);
    };
    let section = section.to_owned();
    for wanted in ["DEFAULT", &section] {
        for entry in ini.entries.iter().filter(|e| e.section == wanted) {
            if load.table().get(&entry.key).is_none() || matches!(entry.key.as_str(), "host" | "port") {
                continue;
            }
            if let Some(place) = entry.value.whole() {
                set(load, &entry.key, &PyValue::Str(entry.value.raw().to_owned()), place);
            }
        }
    }
}

/// Reads an INI file as far as it holds nothing but sections and entries of one line each.
fn parse(text: &Text) -> Result<Ini, String> {
    let Some(known) = text.known() else { return Err("its content hangs on the run time".to_owned()) };
    let mut ini = Ini { sections: Vec::new(), entries: Vec::new() };
    let mut at = 0;
    for line in known.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let body = strip(line);
        if body.is_empty() || body.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with([' ', '\t']) {
            return Err(format!("a line that continues another is not followed: `{body}`"));
        }
        if let Some(section) = body.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            ini.sections.push(section.0.to_owned());
            continue;
        }
        let (Some(section), Some(cut)) = (ini.sections.last(), body.find(['=', ':'])) else {
            return Err(format!("`{body}` is no entry of a section"));
        };
        let key = strip(&body[..cut]).to_owned();
        let value = strip(&body[cut + 1..]);
        let special = value.contains('%')
            || key.starts_with("set ")
            || key.starts_with("get ")
            || value.starts_with("config:");
        if special && (section.starts_with("server") || section == "DEFAULT") {
            return Err(format!("`{body}` is not followed"));
        }
        let from = start + line.rfind(value).unwrap_or(0);
        ini.entries.push(Entry {
            section: section.clone(),
            key,
            value: text.slice(from..from + value.len()),
        });
    }
    Ok(ini)
}

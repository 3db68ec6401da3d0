//! `python-decouple`: `config('NAME', default=…, cast=…)` (decouple.py of version 3).

use std::rc::Rc;

use imgscan_model::path;

use super::{library, native, state};
use crate::interp::{Args, Fallback, Interp, Res, Stop};
use crate::object::{Dict, Id, Kind, Native, Object, Type, Value};

pub(super) static FUNCTIONS: [Native; 6] = [
    native("decouple", "Csv", csv),
    native("decouple", "Config", config),
    native("decouple", "AutoConfig", auto_config),
    native("decouple", "RepositoryEnv", repository_env),
    native("decouple", "RepositoryEmpty", repository_empty),
    native("decouple", "RepositoryIni", repository_ini),
];

/// `config` and the exception.
pub(super) fn special(interp: &mut Interp<'_>, name: &str) -> Res<Option<Value>> {
    Ok(match name {
        "config" => Some(library(interp, "decouple.Config", vec![("auto", Value::bool(true))])),
        "UndefinedValueError" => Some(Value::new(Kind::Type(Type::DecoupleUndefined))),
        _ => None,
    })
}

fn unclear(words: impl Into<Rc<str>>) -> Stop {
    Stop::Opaque(Box::new(Value::unknown(words)))
}

/// `Config(repository)`
fn config(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let repository = interp.only("Config", args)?;
    Ok(library(interp, "decouple.Config", vec![("repository", repository)]))
}

/// `AutoConfig(search_path=None)`
fn auto_config(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [search] = interp.params("AutoConfig", args, ["search_path"], 0)?;
    let search = search.unwrap_or_else(Value::none);
    Ok(library(interp, "decouple.Config", vec![("auto", Value::bool(true)), ("search", search)]))
}

/// `RepositoryEnv(path)`: a dict of what the file says.
fn repository_env(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(source), encoding] = interp.params("RepositoryEnv", args, ["source", "encoding"], 1)? else {
        return Ok(Value::none());
    };
    let encoding = match encoding {
        Some(encoding) => interp.text(&encoding)?.to_string(),
        None => "utf-8".to_owned(),
    };
    let text = super::files::read_text(interp, &source, Some(&encoding))?;
    let content = interp.text(&text)?;
    let mut dict = Dict::default();
    let site = interp.here;
    for (name, value) in lines(&content) {
        dict.set_name(&name.into(), Value::str(value).traced(text.trace.clone()), site);
    }
    Ok(Value::object(interp.heap.add(Object::Dict(dict))))
}

fn repository_empty(interp: &mut Interp<'_>, _: Args) -> Res<Value> {
    Ok(Value::object(interp.heap.add(Object::Dict(Dict::default()))))
}

fn repository_ini(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Err(unclear("`RepositoryIni` is not modelled"))
}

/// `RepositoryEnv.__init__`
fn lines(content: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for line in content.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let Some((name, value)) = line.split_once('=') else { continue };
        let value = value.trim();
        let quoted = |quote: char| value.len() >= 2 && value.starts_with(quote) && value.ends_with(quote);
        let value =
            if quoted('\'') || quoted('"') { value.get(1..value.len() - 1).unwrap_or("") } else { value };
        out.push((name.trim().to_owned(), value.to_owned()));
    }
    out
}

/// The repository of `AutoConfig`: `settings.ini` or `.env` in the caller's directory or above it, but for the root.
fn found_repository(interp: &mut Interp<'_>, search: Option<Value>) -> Res<Value> {
    let mut directory = match search {
        Some(search) if !search.is_none() => super::os_path::text_of(interp, &search)?.to_string(),
        _ => match interp.caller_directory() {
            Some(directory) => directory,
            None => return Err(unclear("the directory of the file is not known")),
        },
    };
    loop {
        for name in ["settings.ini", ".env"] {
            let file = format!("{}/{name}", directory.trim_end_matches('/'));
            if super::files::is_uncertain(interp, &file) {
                return Err(unclear(format!("what stands at `{file}` is not known")));
            }
            match interp.world.files.resolve(&file) {
                Ok(node) if node.is_file() && name == ".env" => {
                    let source = Value::str(file);
                    return repository_env(interp, Args::of(vec![source]));
                }
                Ok(node) if node.is_file() => return Err(unclear(format!("`{file}` is not followed"))),
                Err(imgscan_model::FileError::Unknown(reason)) => return Err(unclear(reason)),
                _ => {}
            }
        }
        let parent = path::parent(&directory).to_owned();
        if parent == "/" || parent == directory {
            return repository_empty(interp, Args::default());
        }
        directory = parent;
    }
}

/// `config(option, default=…, cast=…)` and `config.get`
pub(super) fn call(interp: &mut Interp<'_>, id: Id, name: &str, args: Args) -> Res<Value> {
    if !matches!(name, "__call__" | "get") {
        return Err(unclear(format!("`{name}` of `decouple.config` is not modelled")));
    }
    let [Some(option), default, cast] = interp.params("config", args, ["option", "default", "cast"], 1)?
    else {
        return Ok(Value::none());
    };
    let key = interp.text(&option)?;
    let environ = interp.environ;
    let fallback = match &default {
        Some(default) => Fallback::Value(default),
        None => Fallback::None,
    };
    let found = interp.read_environ(environ, &key, fallback)?;
    let value = match found {
        Some(value) => value,
        None => {
            let repository = match state(interp, id, "repository") {
                Some(repository) => repository,
                None => {
                    let search = state(interp, id, "search");
                    found_repository(interp, search)?
                }
            };
            let Some(repository) =
                repository.id().filter(|id| matches!(interp.heap.get(*id), Object::Dict(_)))
            else {
                return Err(unclear("the repository is not modelled"));
            };
            let in_file = interp.dict_get(repository, &option, Fallback::None)?;
            match (in_file, default) {
                (Some(value), _) => interp.default_read(value),
                (None, Some(default)) => interp.default_read(default),
                (None, None) => {
                    let message = format!("{key} not found. Declare it as envvar or define a default value.");
                    let stop = interp.raise(Type::DecoupleUndefined, message);
                    return Err(interp.with_last_read(stop));
                }
            }
        }
    };
    match cast {
        None => Ok(value),
        Some(Value { kind: Kind::Type(Type::Bool), .. }) => boolean(interp, &value),
        Some(cast) => interp.call(&cast, Args::of(vec![value])),
    }
}

/// `Config._cast_boolean`
fn boolean(interp: &mut Interp<'_>, value: &Value) -> Res<Value> {
    let text = interp.plain_str(value)?;
    let truth = match text.to_lowercase().as_str() {
        "" => false,
        "y" | "yes" | "t" | "true" | "on" | "1" => true,
        "n" | "no" | "f" | "false" | "off" | "0" => false,
        // The words differ between versions of the package.
        _ => return Err(interp.raise_unclear(Type::ValueError)),
    };
    Ok(Value::bool(truth).traced(value.trace.clone()))
}

/// `Csv(cast=str, delimiter=',', strip=string.whitespace, post_process=list)`
fn csv(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let names = ["cast", "delimiter", "strip", "post_process"];
    let [cast, delimiter, strip, post] = interp.params("Csv", args, names, 0)?;
    let or_none = |value: Option<Value>| value.unwrap_or_else(Value::none);
    let options = vec![
        ("cast", or_none(cast)),
        ("delimiter", or_none(delimiter)),
        ("strip", or_none(strip)),
        ("post_process", or_none(post)),
    ];
    Ok(library(interp, "decouple.Csv", options))
}

/// `Csv.__call__(value)`
pub(super) fn csv_call(interp: &mut Interp<'_>, id: Id, args: Args) -> Res<Value> {
    let value = interp.only("Csv", args)?;
    let get = |interp: &Interp<'_>, name: &str| state(interp, id, name).filter(|v| !v.is_none());
    let (cast, post) = (get(interp, "cast"), get(interp, "post_process"));
    let delimiter = match get(interp, "delimiter") {
        Some(delimiter) => interp.text(&delimiter)?,
        None => ",".into(),
    };
    let strip: Rc<str> = match get(interp, "strip") {
        Some(strip) => interp.text(&strip)?,
        None => " \t\n\r\u{b}\u{c}".into(),
    };
    let mut items = Vec::new();
    if !value.is_none() {
        let text = interp.text(&value)?;
        if text.contains(['\'', '"', '\\', '#']) {
            return Err(unclear("quotes in a comma-separated list are not followed"));
        }
        for word in text.split(|c| delimiter.contains(c)).filter(|w| !w.is_empty()) {
            let word = Value::str(word.trim_matches(|c| strip.contains(c))).traced(value.trace.clone());
            items.push(match &cast {
                Some(cast) => interp.call(cast, Args::of(vec![word]))?,
                None => word,
            });
        }
    }
    let list = interp.list(items);
    match post {
        Some(post) => interp.call(&post, Args::of(vec![list])),
        None => Ok(list),
    }
}

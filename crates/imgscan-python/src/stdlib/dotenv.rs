//! `python-dotenv`: `load_dotenv`, `dotenv_values`, `find_dotenv`.

use std::rc::Rc;

use imgscan_model::path;

use super::native;
use crate::interp::{Args, Fallback, Interp, Res, Stop};
use crate::object::{Dict, Native, Object, Value};

pub(super) static FUNCTIONS: [Native; 3] = [
    native("dotenv", "load_dotenv", load_dotenv),
    native("dotenv", "dotenv_values", dotenv_values),
    native("dotenv", "find_dotenv", find_dotenv),
];

fn unclear(words: impl Into<Rc<str>>) -> Stop {
    Stop::Opaque(Box::new(Value::unknown(words)))
}

/// The `.env` in the directory or above it; the empty text where there is none.
fn search(interp: &Interp<'_>, start: &str, name: &str) -> Res<String> {
    let mut directory = start.to_owned();
    loop {
        let file = format!("{}/{name}", directory.trim_end_matches('/'));
        if super::files::is_uncertain(interp, &file) {
            return Err(unclear(format!("what stands at `{file}` is not known")));
        }
        match interp.world.files.resolve(&file) {
            Ok(node) if node.is_file() => return Ok(file),
            Err(imgscan_model::FileError::Unknown(reason)) => return Err(unclear(reason)),
            _ => {}
        }
        let parent = path::parent(&directory).to_owned();
        if parent == directory {
            return Ok(String::new());
        }
        directory = parent;
    }
}

fn find_dotenv(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let names = ["filename", "raise_error_if_not_found", "usecwd"];
    let [filename, fails, cwd] = interp.params("find_dotenv", args, names, 0)?;
    let filename = match filename {
        Some(filename) => interp.text(&filename)?,
        None => ".env".into(),
    };
    let fails = interp.flag(fails.as_ref(), false)?;
    let start = match interp.flag(cwd.as_ref(), false)? {
        true => super::os::directory(interp),
        false => interp.caller_directory(),
    };
    let Some(start) = start else { return Err(unclear("the directory of the file is not known")) };
    let found = search(interp, &start, &filename)?;
    if found.is_empty() && fails {
        return Err(interp.raise(crate::object::Type::OsError, "File not found"));
    }
    Ok(Value::str(found))
}

/// The pairs of the file that the arguments name, and the trace of its text.
fn pairs(interp: &mut Interp<'_>, file: Option<&Value>) -> Res<Vec<(String, Option<String>, Value)>> {
    let file = match file.filter(|f| !f.is_none()) {
        Some(file) => super::os_path::text_of(interp, file)?.to_string(),
        None => {
            let Some(start) = interp.caller_directory() else {
                return Err(unclear("the directory of the file is not known"));
            };
            search(interp, &start, ".env")?
        }
    };
    if file.is_empty() {
        return Ok(Vec::new());
    }
    let target = Value::str(file.as_str());
    let there = super::os_path::question(interp, "isfile", &file)?;
    match there.kind {
        crate::object::Kind::Bool(true) => {}
        crate::object::Kind::Bool(false) => return Ok(Vec::new()),
        _ => return Err(Stop::Opaque(Box::new(there))),
    }
    let text = super::files::read_text(interp, &target, Some("utf-8"))?;
    let content = interp.text(&text)?;
    match parse(&content) {
        Some(pairs) => Ok(pairs.into_iter().map(|(name, value)| (name, value, text.clone())).collect()),
        None => Err(unclear(format!("`{file}` is written in a way that is not followed"))),
    }
}

/// `load_dotenv(dotenv_path=None, stream=None, verbose=False, override=False, …)`
fn load_dotenv(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let names = ["dotenv_path", "stream", "verbose", "override", "interpolate", "encoding"];
    let environ = interp.environ;
    let unknown_values = args.values().any(|v| !v.is_known());
    let [file, stream, _, replaces, interpolates, _] = interp.params("load_dotenv", args, names, 0)?;
    let result = match unknown_values || stream.is_some_and(|s| !s.is_none()) {
        true => Err(unclear("which file `load_dotenv` reads is not known")),
        false => pairs(interp, file.as_ref()),
    };
    let pairs = match result {
        Ok(pairs) => pairs,
        Err(Stop::Opaque(culprit)) => {
            // It may have set anything.
            let reason = interp.why(&culprit);
            interp.open_dict(environ, &reason);
            return Ok(Value::unknown(reason));
        }
        Err(stop) => return Err(stop),
    };
    let replaces = interp.flag(replaces.as_ref(), false)?;
    let interpolates = interp.flag(interpolates.as_ref(), true)?;
    let any = !pairs.is_empty();
    let site = interp.here;
    for (name, value, text) in pairs {
        let Some(value) = value else { continue };
        let key: Rc<str> = name.as_str().into();
        let is_set = interp.heap.dict(environ).and_then(|d| d.name(&key)).map(|e| e.maybe.clone());
        match is_set {
            Some(None) if !replaces => continue,
            Some(Some(_)) => {
                interp.open_dict(environ, &format!("whether `{name}` is set before is not known"));
                continue;
            }
            _ => {}
        }
        let value = if interpolates { interpolate(interp, &value, replaces)? } else { Value::str(value) };
        let value = value.also(&text.trace);
        interp.bind_in(environ, &key, value, site);
    }
    Ok(Value::bool(any))
}

/// `dotenv_values(dotenv_path=None, …)`
fn dotenv_values(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let names = ["dotenv_path", "stream", "verbose", "interpolate", "encoding"];
    let [file, stream, ..] = interp.params("dotenv_values", args, names, 0)?;
    if stream.is_some_and(|s| !s.is_none()) {
        return Err(unclear("a stream of `dotenv_values` is not followed"));
    }
    let mut dict = Dict { kind: crate::object::DictKind::Ordered, ..Dict::default() };
    let site = interp.here;
    for (name, value, text) in pairs(interp, file.as_ref())? {
        let value = match value {
            Some(value) if value.contains('$') => {
                return Err(unclear("interpolation in `dotenv_values` is not followed"));
            }
            Some(value) => Value::str(value).traced(text.trace),
            None => Value::none(),
        };
        dict.set_name(&name.into(), value, site);
    }
    Ok(Value::object(interp.heap.add(Object::Dict(dict))))
}

/// `${NAME}` and `${NAME:-default}` of the environment.
fn interpolate(interp: &mut Interp<'_>, text: &str, replaces: bool) -> Res<Value> {
    let Some(at) = text.find("${") else { return Ok(Value::str(text)) };
    let _ = replaces;
    let mut out = text.get(..at).unwrap_or("").to_owned();
    let mut rest = text.get(at..).unwrap_or("");
    let mut trace = crate::object::Trace::default();
    let environ = interp.environ;
    while let Some(inner) = rest.strip_prefix("${") {
        let Some(end) = inner.find('}') else {
            out.push_str(rest);
            return Ok(Value::str(out).traced(trace));
        };
        let body = inner.get(..end).unwrap_or("");
        let (name, default) = body.split_once(":-").unwrap_or((body, ""));
        match interp.read_environ(environ, &name.into(), Fallback::None)? {
            Some(value) => {
                trace = trace.merge(&value.trace);
                out.push_str(&interp.text(&value)?);
            }
            None => out.push_str(default),
        }
        rest = inner.get(end + 1..).unwrap_or("");
        let next = rest.find("${").unwrap_or(rest.len());
        out.push_str(rest.get(..next).unwrap_or(""));
        rest = rest.get(next..).unwrap_or("");
    }
    Ok(Value::str(out).traced(trace))
}

/// The pairs of a `.env` as python-dotenv reads it; `None` where a line is written in a rarer way.
fn parse(content: &str) -> Option<Vec<(String, Option<String>)>> {
    let mut pairs = Vec::new();
    for line in content.lines() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").map_or(line, str::trim_start);
        let Some((name, value)) = line.split_once('=') else {
            let plain = line.chars().all(|c| c == '_' || c.is_ascii_alphanumeric());
            if !plain {
                return None;
            }
            pairs.push((line.to_owned(), None));
            continue;
        };
        let name = name.trim();
        if !name.chars().all(|c| c == '_' || c == '.' || c == '-' || c.is_ascii_alphanumeric())
            || name.is_empty()
        {
            return None;
        }
        let value = value.trim_start();
        let value = match value.chars().next() {
            Some(quote @ ('\'' | '"')) => {
                let inner = value.get(1..)?;
                let end = inner.find(quote)?;
                let (inner, tail) = inner.split_at(end);
                let tail = tail.get(1..)?.trim();
                if inner.contains('\\') || !(tail.is_empty() || tail.starts_with('#')) {
                    return None;
                }
                inner.to_owned()
            }
            _ => {
                let end =
                    [" #", "\t#"].iter().filter_map(|mark| value.find(mark)).min().unwrap_or(value.len());
                if value.starts_with('#') {
                    return None;
                }
                value.get(..end)?.trim_end().to_owned()
            }
        };
        pairs.push((name.to_owned(), Some(value)));
    }
    Some(pairs)
}

//! `django-environ`: `env = environ.Env(…)`, `env('NAME')`, `env.int('NAME', default=…)` (environ.py of version 0.11).

use std::rc::Rc;

use super::{library, method, native, state};
use crate::interp::{Args, Fallback, Interp, Res, Stop};
use crate::object::value::Native;
use crate::object::{Dict, Id, Kind, Object, Type, Value};

static ENV: Native = native("environ", "Env", make);
static READ: Native = native("environ", "read_env", read_env);

/// `Env` and its exception.
pub(super) fn special(interp: &mut Interp<'_>, name: &str) -> Res<Option<Value>> {
    let _ = interp;
    Ok(match name {
        "Env" => Some(Value::new(Kind::Native(&ENV))),
        "ImproperlyConfigured" => Some(Value::new(Kind::Type(Type::ImproperlyConfigured))),
        _ => None,
    })
}

/// Attributes of the class `Env`, which is modelled as a function.
pub(super) fn class_attribute(native: &Native, name: &str) -> Option<Value> {
    (std::ptr::eq(native, &raw const ENV) && name == "read_env").then(|| Value::new(Kind::Native(&READ)))
}

fn unclear(words: impl Into<Rc<str>>) -> Stop {
    Stop::Opaque(Box::new(Value::unknown(words)))
}

/// `Env(NAME=(cast, default), …)`
fn make(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    interp.expect_closed(&args)?;
    let mut scheme = Dict::default();
    let site = interp.here;
    for (name, value) in args.keywords {
        scheme.set_name(&name, value, site);
    }
    let scheme = Value::object(interp.heap.add(Object::Dict(scheme)));
    Ok(library(interp, "environ.Env", vec![("scheme", scheme)]))
}

/// `Env.read_env(path)`: it may set anything that is not set.
fn read_env(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [file, ..] =
        interp.params("read_env", args, ["env_file", "overwrite", "parse_comments", "encoding"], 0)?;
    let environ = interp.environ;
    let there = match file.filter(|f| !f.is_none()) {
        Some(file) if file.is_known() => {
            let path = super::os_path::text_of(interp, &file)?;
            super::os_path::question(interp, "isfile", &path)?
        }
        _ => Value::unknown("which file `read_env` reads is not known"),
    };
    if !matches!(there.kind, Kind::Bool(false)) {
        interp.open_dict(environ, "`read_env` of a file is not followed");
    }
    Ok(Value::none())
}

/// A method of an `Env`.
pub(super) fn attribute(interp: &mut Interp<'_>, value: &Value, name: &str) -> Res<Option<Value>> {
    let _ = interp;
    Ok(Some(match name {
        "str" | "int" | "bool" | "float" | "list" | "get_value" | "unicode" => method(value, name),
        "read_env" => Value::new(Kind::Native(&READ)),
        _ => Value::unknown(format!("`{name}` of `environ.Env` is not modelled")),
    }))
}

/// `env(NAME, cast=None, default=…)` and its short forms (`Env.get_value`).
pub(super) fn call(interp: &mut Interp<'_>, id: Id, name: &str, mut args: Args) -> Res<Value> {
    interp.expect_closed(&args)?;
    let mut cast = match name {
        "int" => Some(Value::new(Kind::Type(Type::Int))),
        "bool" => Some(Value::new(Kind::Type(Type::Bool))),
        "float" => Some(Value::new(Kind::Type(Type::Float))),
        "list" => Some(Value::new(Kind::Type(Type::List))),
        "str" | "unicode" => Some(Value::new(Kind::Type(Type::Str))),
        _ => args.take("cast").filter(|c| !c.is_none()),
    };
    if name == "list" && args.take("cast").is_some_and(|c| !c.is_none()) {
        return Err(unclear("a list with a cast is not followed"));
    }
    let mut default = args.take("default");
    let mut positional = args.positional.into_iter();
    let Some(variable) = positional.next() else { return Err(interp.raise_unclear(Type::TypeError)) };
    if let Some(second) = positional.next() {
        // The second argument is the cast of `env` itself, the default of the short forms.
        if matches!(name, "__call__" | "get_value") { cast = Some(second) } else { default = Some(second) }
    }
    if let Some(third) = positional.next() {
        default = Some(third);
    }
    let key = interp.text(&variable)?;
    let scheme = state(interp, id, "scheme").and_then(|s| s.id());
    if let Some(entry) = scheme.and_then(|id| interp.heap.dict(id)).and_then(|d| d.name(&key)).cloned() {
        match &entry.value.kind {
            Kind::Tuple(pair) => {
                cast = cast.or_else(|| pair.first().cloned());
                default = default.or_else(|| pair.get(1).cloned());
            }
            _ => cast = cast.or_else(|| Some(entry.value.clone())),
        }
    }
    let environ = interp.environ;
    let fallback = match &default {
        Some(default) => Fallback::Value(default),
        None => Fallback::None,
    };
    let value = match interp.read_environ(environ, &key, fallback)? {
        Some(value) => value,
        None => match &default {
            // A default is given back as it is.
            Some(default) => return Ok(interp.default_read(default.clone())),
            None => {
                let stop =
                    interp.raise(Type::ImproperlyConfigured, format!("Set the {key} environment variable"));
                return Err(interp.with_last_read(stop));
            }
        },
    };
    let text = interp.text(&value)?;
    if text.starts_with('$') {
        return Err(unclear("a value that names another variable is not followed"));
    }
    if let Some(default) = &default {
        if default.is_none() && text.is_empty() {
            return Ok(Value::none().traced(value.trace));
        }
        if default.as_str() == Some(&*text) {
            return Ok(value);
        }
        if cast.is_none() && !default.is_none() {
            cast = interp.class_of(default).map(|class| Value::new(Kind::Type(class)));
        }
    }
    parse(interp, &value, &text, cast.as_ref())
}

/// `Env.parse_value`
fn parse(interp: &mut Interp<'_>, value: &Value, text: &str, cast: Option<&Value>) -> Res<Value> {
    let class = match cast {
        None => return Ok(value.clone()),
        Some(Value { kind: Kind::Type(class), .. }) => *class,
        Some(_) => return Err(unclear("this cast is not followed")),
    };
    let parsed = match class {
        Type::Str => Value::str(text),
        Type::Int => return interp.call(&Value::new(Kind::Type(Type::Int)), Args::of(vec![value.clone()])),
        Type::Bool => match crate::number::parse::int(text, 10) {
            Ok(n) => Value::bool(n != 0.into()),
            Err(_) => {
                let lower = text.to_lowercase();
                Value::bool(matches!(lower.trim(), "true" | "on" | "ok" | "y" | "yes" | "1"))
            }
        },
        Type::Float
            if text.chars().all(|c| c.is_ascii_digit() || c == '.') && text.matches('.').count() <= 1 =>
        {
            return interp.call(&Value::new(Kind::Type(Type::Float)), Args::of(vec![value.clone()]));
        }
        Type::List => {
            let items = text.split(',').filter(|w| !w.is_empty());
            let items = items.map(|w| Value::str(w).traced(value.trace.clone())).collect();
            interp.list(items)
        }
        _ => return Err(unclear("this cast is not followed")),
    };
    Ok(parsed.also(&value.trace))
}

//! The libraries that are modelled: the part of the standard library that configurations use, and a few packages
//! that read settings.

mod ast;
mod collections;
mod contextlib;
mod copy;
mod dataclasses;
mod decouple;
mod dotenv;
pub(crate) mod environ;
pub(crate) mod files;
mod functools;
mod itertools;
mod json;
mod logging;
mod math;
mod misc;
mod names;
mod os;
mod os_path;
pub(crate) mod pathlib;
mod process;
pub(crate) mod regex;
mod shlex;
mod string;
mod sys;
mod textwrap;
mod time;

pub(crate) use sys::path as sys_path;

use std::rc::Rc;

use crate::interp::{Args, Interp, Res, Stop};
use crate::object::value::NativeCall;
use crate::object::{Id, Kind, Native, Object, Type, Value};

use names::Known;
pub(crate) use names::{has_module, is_package};

/// A row of a module's table.
const fn native(module: &'static str, name: &'static str, call: NativeCall) -> Native {
    Native { module, name, call }
}

/// The functions of a modelled module.
fn functions(module: &str) -> &'static [Native] {
    match module {
        "os" => &os::FUNCTIONS,
        "os.path" => &os_path::FUNCTIONS,
        "sys" => &sys::FUNCTIONS,
        "multiprocessing" | "psutil" | "platform" | "socket" => &process::FUNCTIONS,
        "json" => &json::FUNCTIONS,
        "io" => &files::FUNCTIONS,
        "re" => &regex::FUNCTIONS,
        "math" => &math::FUNCTIONS,
        "shlex" => &shlex::FUNCTIONS,
        "string" => &string::FUNCTIONS,
        "textwrap" => &textwrap::FUNCTIONS,
        "functools" => &functools::FUNCTIONS,
        "itertools" => &itertools::FUNCTIONS,
        "collections" => &collections::FUNCTIONS,
        "dataclasses" => &dataclasses::FUNCTIONS,
        "contextlib" => &contextlib::FUNCTIONS,
        "copy" => &copy::FUNCTIONS,
        "ast" => &ast::FUNCTIONS,
        "logging" | "warnings" | "atexit" | "abc" | "typing" | "inspect" => &logging::FUNCTIONS,
        "time" | "datetime" | "random" | "secrets" | "uuid" | "getpass" | "tempfile" => &time::FUNCTIONS,
        "distutils.util" | "operator" | "importlib" | "glob" | "base64" => &misc::FUNCTIONS,
        "decouple" => &decouple::FUNCTIONS,
        "dotenv" | "dotenv.main" => &dotenv::FUNCTIONS,
        _ => &[],
    }
}

/// The module's name where a library knows it by another one.
fn canonical(module: &str) -> &str {
    match module {
        "posixpath" => "os.path",
        "posix" => "os",
        "typing_extensions" => "typing",
        other => other,
    }
}

/// `module.name` of a modelled module; `None` where there is no such attribute.
pub(crate) fn attribute(interp: &mut Interp<'_>, module: &str, name: &str) -> Res<Option<Value>> {
    let module = canonical(module);
    if let Some(value) = special(interp, module, name)? {
        return Ok(Some(value));
    }
    if let Some(native) = functions(module).iter().find(|f| f.module == module && f.name == name) {
        let known = !matches!(names::look_up(module, name, interp.version(), true), Known::Missing);
        if known {
            return Ok(Some(Value::new(Kind::Native(native))));
        }
    }
    let submodule = format!("{module}.{name}");
    if has_module(&submodule, interp.version()) == Some(true) {
        return Ok(Some(interp.modelled(&submodule)));
    }
    match names::look_up(module, name, interp.version(), is_harmless(module)) {
        Known::Value(value) => Ok(Some(value)),
        Known::Missing if is_modelled_package(module) || !is_standard(module) => {
            Ok(Some(Value::external(module, name, crate::object::ExternalKind::Unclear, false)))
        }
        Known::Missing => Ok(None),
        Known::Module(name) if has_module(&name, interp.version()) == Some(true) => {
            Ok(Some(interp.modelled(&name)))
        }
        Known::Module(_) | Known::Unclear => {
            let harmless = is_harmless(module);
            Ok(Some(Value::external(module, name, crate::object::ExternalKind::Unclear, harmless)))
        }
    }
}

fn is_standard(module: &str) -> bool {
    has_module(module, None) != Some(false)
}

/// Attributes that are neither functions nor constants of the tables.
fn special(interp: &mut Interp<'_>, module: &str, name: &str) -> Res<Option<Value>> {
    match module {
        "os" => os::special(interp, name),
        "sys" => sys::special(interp, name),
        "json" | "json.decoder" => Ok(json::special(name)),
        "re" => Ok(regex::special(name)),
        "collections" => Ok(collections::special(name)),
        "pathlib" => Ok(pathlib::special(name)),
        "math" => Ok(math::special(name)),
        "types" | "functools" | "io" | "typing" | "socket" | "enum" => Ok(misc::special(module, name)),
        "decouple" => decouple::special(interp, name),
        "environ" => environ::special(interp, name),
        _ => Ok(None),
    }
}

/// Whether calls into a module neither raise nor change anything that the program can see.
fn is_harmless(module: &str) -> bool {
    matches!(
        module,
        "logging"
            | "logging.config"
            | "logging.handlers"
            | "warnings"
            | "typing"
            | "abc"
            | "atexit"
            | "gc"
            | "faulthandler"
            | "signal"
            | "collections.abc"
            | "datetime"
            | "syslog"
            | "traceback"
            | "numbers"
            | "tracemalloc"
            | "weakref"
            | "pprint"
    )
}

/// Whether a package that is not of the standard library is modelled.
pub(crate) fn is_modelled_package(name: &str) -> bool {
    matches!(name, "psutil" | "decouple" | "dotenv" | "dotenv.main" | "environ" | "typing_extensions")
}

/// Whether the module is in `sys.modules` before any configuration is read, so that no file of the image can stand
/// in for it.
pub(crate) fn is_loaded_early(name: &str) -> bool {
    matches!(
        name,
        "sys"
            | "builtins"
            | "os"
            | "posix"
            | "posixpath"
            | "time"
            | "io"
            | "abc"
            | "codecs"
            | "stat"
            | "site"
            | "types"
            | "functools"
            | "collections"
            | "operator"
            | "re"
            | "enum"
            | "warnings"
            | "importlib"
            | "marshal"
            | "errno"
            | "signal"
            | "logging"
            | "argparse"
            | "inspect"
            | "socket"
            | "ssl"
            | "shlex"
            | "textwrap"
            | "traceback"
            | "threading"
            | "random"
            | "tempfile"
            | "copy"
            | "weakref"
            | "string"
            | "struct"
            | "math"
            | "datetime"
            | "email"
            | "html"
            | "urllib"
            | "pwd"
            | "grp"
            | "itertools"
            | "keyword"
            | "contextlib"
            | "ast"
            | "fcntl"
            | "select"
            | "selectors"
            | "locale"
            | "gettext"
    )
}

/// The names that `from module import *` brings; `None` where that is not known.
pub(crate) fn public_names(module: &str, version: Option<(u8, u8)>) -> Option<Vec<Rc<str>>> {
    names::star(canonical(module), version)
}

/// An attribute of a class of a library.
pub(crate) fn class_attribute(_: &mut Interp<'_>, class: Type, name: &str) -> Res<Option<Value>> {
    let unclear = matches!(
        class,
        Type::TextFile
            | Type::BinaryFile
            | Type::Pattern
            | Type::Match
            | Type::Complex
            | Type::ByteArray
            | Type::MemoryView
            | Type::Namespace
            | Type::Partial
    );
    Ok(unclear.then(|| Value::unknown(format!("`{}.{name}` is not modelled", class.name()))))
}

/// An attribute of a function that stands for a class.
pub(crate) fn function_attribute(native: &Native, name: &str) -> Option<Value> {
    environ::class_attribute(native, name)
}

/// A field of a file, a pattern or a match.
pub(crate) fn object_attribute(
    interp: &mut Interp<'_>,
    value: &Value,
    id: Id,
    name: &str,
) -> Res<Option<Value>> {
    match interp.heap.get(id) {
        Object::File(_) => Ok(files::attribute(interp, id, name)),
        Object::Pattern(_) | Object::Match(_) => Ok(regex::attribute(interp, value, id, name)),
        _ => Ok(None),
    }
}

/// A method of a file, a pattern or a match.
pub(crate) fn object_call(
    interp: &mut Interp<'_>,
    this: &Value,
    id: Id,
    name: &Rc<str>,
    args: Args,
) -> Res<Value> {
    match interp.heap.get(id) {
        Object::File(_) => files::call(interp, id, name, args),
        Object::Pattern(_) => regex::pattern_call(interp, id, name, args),
        Object::Match(_) => regex::match_call(interp, this, name, args),
        Object::Library(kind, state) => {
            let (kind, state) = (Rc::clone(kind), *state);
            library_call(interp, this, &kind, state, name, args)
        }
        _ => Err(Stop::Opaque(Box::new(Value::unknown(format!("`{name}` is not modelled"))))),
    }
}

/// An attribute of a model's object.
pub(crate) fn library_attribute(
    interp: &mut Interp<'_>,
    value: &Value,
    kind: &str,
    name: &str,
) -> Res<Option<Value>> {
    match kind {
        "environ.Env" => environ::attribute(interp, value, name),
        "decouple.Config" => Ok(Some(method(value, name))),
        string::TEMPLATE if matches!(name, "substitute" | "safe_substitute") => Ok(Some(method(value, name))),
        "contextlib.nullcontext" => Ok(None),
        _ => Ok(Some(Value::unknown(format!("`{name}` of `{kind}` is not modelled")))),
    }
}

/// A method bound to a model's object.
fn method(value: &Value, name: &str) -> Value {
    Value::new(Kind::Method(Rc::new((value.clone(), name.into()))))
}

/// A method of a model's object, or the object itself called (`__call__`).
fn library_call(
    interp: &mut Interp<'_>,
    this: &Value,
    kind: &str,
    state: Id,
    name: &str,
    args: Args,
) -> Res<Value> {
    let _ = this;
    match kind {
        "environ.Env" => environ::call(interp, state, name, args),
        "decouple.Config" => decouple::call(interp, state, name, args),
        string::TEMPLATE => string::call(interp, state, name, args),
        _ => Err(Stop::Opaque(Box::new(Value::unknown(format!("`{name}` of `{kind}` is not modelled"))))),
    }
}

/// Calls a model's object; `None` where it cannot be called.
pub(crate) fn call_library(interp: &mut Interp<'_>, id: Id, args: &Args) -> Option<Res<Value>> {
    let Object::Library(kind, state) = interp.heap.get(id) else { return None };
    let (kind, state, args) = (Rc::clone(kind), *state, args.clone());
    match &*kind {
        "environ.Env" => Some(environ::call(interp, state, "__call__", args)),
        "decouple.Config" => Some(decouple::call(interp, state, "__call__", args)),
        "decorator" => Some(functools::decorate(interp, state, args)),
        "decouple.Csv" => Some(decouple::csv_call(interp, state, args)),
        _ => None,
    }
}

/// A model's object with a namespace for its state.
fn library(interp: &mut Interp<'_>, kind: &str, state: Vec<(&str, Value)>) -> Value {
    let mut dict = crate::object::Dict::default();
    let site = interp.here;
    for (name, value) in state {
        dict.set_name(&name.into(), value, site);
    }
    let state = interp.heap.add(Object::Dict(dict));
    Value::object(interp.heap.add(Object::Library(kind.into(), state)))
}

/// A value of a model's state.
fn state(interp: &Interp<'_>, state: Id, name: &str) -> Option<Value> {
    interp.heap.dict(state).and_then(|d| d.name(name)).map(|e| e.value.clone())
}

/// The class of a function's result, where its arguments are not known.
pub(crate) fn result_class(module: &str, name: &str) -> Option<Type> {
    match (module, name) {
        (
            "os.path",
            "join" | "dirname" | "basename" | "abspath" | "realpath" | "normpath" | "expanduser"
            | "expandvars" | "relpath" | "commonprefix" | "commonpath",
        ) => Some(Type::Str),
        ("os.path", "exists" | "isfile" | "isdir" | "islink" | "lexists" | "isabs") => Some(Type::Bool),
        ("os", "fspath" | "getcwd") => Some(Type::Str),
        ("math", "floor" | "ceil" | "trunc" | "gcd") => Some(Type::Int),
        ("math", "isnan" | "isinf" | "isclose" | "isfinite") => Some(Type::Bool),
        ("math", _) => Some(Type::Float),
        ("json", "dumps") | ("shlex", "quote" | "join") | ("re", "escape" | "sub") => Some(Type::Str),
        ("textwrap", "dedent") => Some(Type::Str),
        ("shlex", "split") | ("re", "split" | "findall") => Some(Type::List),
        ("distutils.util", "strtobool") => Some(Type::Int),
        _ => None,
    }
}

/// Whether a function may raise on arguments that are not known.
pub(crate) fn may_raise(name: &str, _: &Args) -> bool {
    let calm = [
        "os.path.",
        "os.getenv",
        "os.fspath",
        "logging.",
        "json.dumps",
        "shlex.quote",
        "os.cpu_count",
        "copy.",
        "typing.",
        "functools.",
    ];
    !calm.iter().any(|prefix| name.starts_with(prefix))
}

//! `sys`

use std::rc::Rc;

use imgscan_model::Need;

use super::native;
use super::os::symbolic;
use crate::interp::{Args, Interp, Res, Stop};
use crate::object::instance::Field;
use crate::object::{ExternalKind, Native, Type, Value};

pub(super) static FUNCTIONS: [Native; 6] = [
    native("sys", "exit", exit),
    native("sys", "getdefaultencoding", default_encoding),
    native("sys", "setrecursionlimit", nothing),
    native("sys", "getrecursionlimit", unsure),
    native("sys", "intern", intern),
    native("sys", "exc_info", unsure),
];

/// Attributes that are no functions.
pub(super) fn special(interp: &mut Interp<'_>, name: &str) -> Res<Option<Value>> {
    Ok(Some(match name {
        "modules" => Value::object(interp.modules),
        "path" => path(interp),
        "argv" => argv(interp),
        "version_info" => version_info(interp)?,
        "platform" => Value::str("linux"),
        "byteorder" => {
            symbolic("sys.byteorder", Some(Type::Str), Need::Other("the machine's architecture".into()))
        }
        "maxsize" => {
            symbolic("sys.maxsize", Some(Type::Int), Need::Other("the machine's architecture".into()))
        }
        "version" => symbolic("sys.version", Some(Type::Str), Need::Other("the Python in the image".into())),
        "hexversion" => {
            symbolic("sys.hexversion", Some(Type::Int), Need::Other("the Python in the image".into()))
        }
        "executable" | "prefix" | "exec_prefix" | "base_prefix" | "base_exec_prefix" => {
            let text = format!("sys.{name}");
            symbolic(&text, Some(Type::Str), Need::Other("where Python is installed".into()))
        }
        "stdout" | "stderr" | "stdin" | "__stdout__" | "__stderr__" | "__stdin__" => {
            Value::external("sys", name, ExternalKind::Unclear, true)
        }
        "dont_write_bytecode" | "flags" | "implementation" => {
            Value::unknown(format!("`sys.{name}` is not modelled"))
        }
        _ => return Ok(None),
    }))
}

/// A value that is made once.
fn once(interp: &mut Interp<'_>, name: &'static str, make: impl FnOnce(&mut Interp<'_>) -> Value) -> Value {
    if let Some(value) = interp.singletons.get(name)
        && value.id().is_none_or(|id| interp.heap.has(id))
    {
        return value.clone();
    }
    let value = make(interp);
    interp.singletons.insert(name, value.clone());
    value
}

/// `sys.path`
pub(crate) fn path(interp: &mut Interp<'_>) -> Value {
    once(interp, "sys.path", |interp| {
        let items = interp.world.python_path.iter().map(|p| Value::str(&**p)).collect();
        interp.list(items)
    })
}

fn argv(interp: &mut Interp<'_>) -> Value {
    once(interp, "sys.argv", |interp| {
        let words: Vec<imgscan_model::Text> = interp.world.argv.to_vec();
        let mut items = Vec::new();
        for (at, word) in words.iter().enumerate() {
            let shown = format!("sys.argv[{at}]");
            let need = Need::Other("the command line".into());
            items.push(interp.text_value(word, &shown, &need));
        }
        interp.list(items)
    })
}

/// A named tuple of which the first two items are known.
fn version_info(interp: &mut Interp<'_>) -> Res<Value> {
    let Some((major, minor)) = interp.version() else {
        return Ok(symbolic("sys.version_info", None, Need::Other("the version of Python".into())));
    };
    if let Some(value) = interp.singletons.get("sys.version_info")
        && value.id().is_some_and(|id| interp.heap.has(id))
    {
        return Ok(value.clone());
    }
    let fields = ["major", "minor", "micro", "releaselevel", "serial"].map(|name| Field {
        name: name.into(),
        default: None,
        factory: None,
        in_init: true,
        keyword_only: false,
    });
    let class = interp.named_tuple_class(&Rc::from("version_info"), fields.to_vec(), Some("sys".into()))?;
    let unknown = || Value::unknown("the patch release of Python is not known");
    let items = vec![Value::int(major), Value::int(minor), unknown(), Value::str("final"), unknown()];
    let value = interp.new_instance(&class, Some(Value::tuple(items)));
    interp.singletons.insert("sys.version_info", value.clone());
    Ok(value)
}

fn exit(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [code] = interp.params("exit", args, ["$"], 0)?;
    let args = match code {
        Some(code) => vec![code],
        None => Vec::new(),
    };
    Err(interp.raise_with(Type::SystemExit, args))
}

fn default_encoding(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Ok(Value::str("utf-8"))
}

fn nothing(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Ok(Value::none())
}

fn intern(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    interp.only("intern", args)
}

fn unsure(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Err(Stop::Opaque(Box::new(Value::unknown("only the run time knows it"))))
}

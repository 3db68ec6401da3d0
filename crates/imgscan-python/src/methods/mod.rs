//! Methods of the builtin classes.

pub(crate) mod bytes;
mod dict;
mod list;
mod number;
mod set;
pub(crate) mod str;
mod text_case;
mod tuple;

use std::rc::Rc;

use crate::interp::{Args, Interp, Res, Stop};
use crate::object::{Kind, Object, Type, Value};

/// A method that a version added.
type Newer = (&'static str, (u8, u8));

/// The names of a class's methods, its bases' left out, with the version that added the newer ones.
fn names(class: Type) -> (&'static [&'static str], &'static [Newer]) {
    match class {
        Type::Str => (
            &[
                "capitalize",
                "casefold",
                "center",
                "count",
                "encode",
                "endswith",
                "expandtabs",
                "find",
                "format",
                "format_map",
                "index",
                "isalnum",
                "isalpha",
                "isascii",
                "isdecimal",
                "isdigit",
                "isidentifier",
                "islower",
                "isnumeric",
                "isprintable",
                "isspace",
                "istitle",
                "isupper",
                "join",
                "ljust",
                "lower",
                "lstrip",
                "maketrans",
                "partition",
                "replace",
                "rfind",
                "rindex",
                "rjust",
                "rpartition",
                "rsplit",
                "rstrip",
                "split",
                "splitlines",
                "startswith",
                "strip",
                "swapcase",
                "title",
                "translate",
                "upper",
                "zfill",
            ],
            &[("removeprefix", (3, 9)), ("removesuffix", (3, 9))],
        ),
        Type::Bytes => (
            &[
                "capitalize",
                "center",
                "count",
                "decode",
                "endswith",
                "expandtabs",
                "find",
                "fromhex",
                "hex",
                "index",
                "isalnum",
                "isalpha",
                "isascii",
                "isdigit",
                "islower",
                "isspace",
                "istitle",
                "isupper",
                "join",
                "ljust",
                "lower",
                "lstrip",
                "maketrans",
                "partition",
                "replace",
                "rfind",
                "rindex",
                "rjust",
                "rpartition",
                "rsplit",
                "rstrip",
                "split",
                "splitlines",
                "startswith",
                "strip",
                "swapcase",
                "title",
                "translate",
                "upper",
                "zfill",
            ],
            &[("removeprefix", (3, 9)), ("removesuffix", (3, 9))],
        ),
        Type::List => (
            &[
                "append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse",
                "sort",
            ],
            &[],
        ),
        Type::Tuple => (&["count", "index"], &[]),
        Type::Dict | Type::Environ => (
            &[
                "clear",
                "copy",
                "fromkeys",
                "get",
                "items",
                "keys",
                "pop",
                "popitem",
                "setdefault",
                "update",
                "values",
            ],
            &[],
        ),
        Type::OrderedDict => (&["move_to_end"], &[]),
        Type::DefaultDict => (&["default_factory"], &[]),
        Type::Counter => (&["most_common", "elements", "subtract"], &[("total", (3, 10))]),
        Type::Set => (
            &[
                "add",
                "clear",
                "copy",
                "difference",
                "difference_update",
                "discard",
                "intersection",
                "intersection_update",
                "isdisjoint",
                "issubset",
                "issuperset",
                "pop",
                "remove",
                "symmetric_difference",
                "symmetric_difference_update",
                "union",
                "update",
            ],
            &[],
        ),
        Type::FrozenSet => (
            &[
                "copy",
                "difference",
                "intersection",
                "isdisjoint",
                "issubset",
                "issuperset",
                "symmetric_difference",
                "union",
            ],
            &[],
        ),
        Type::DictKeys | Type::DictItems => (&["isdisjoint"], &[("mapping", (3, 10))]),
        Type::DictValues => (&[], &[("mapping", (3, 10))]),
        Type::Int => (
            &["as_integer_ratio", "bit_length", "conjugate", "from_bytes", "to_bytes"],
            &[("bit_count", (3, 10)), ("is_integer", (3, 12))],
        ),
        Type::Float => (&["as_integer_ratio", "conjugate", "fromhex", "hex", "is_integer"], &[]),
        Type::Range => (&["count", "index"], &[]),
        Type::Slice => (&["indices"], &[]),
        Type::Generator => (&["close", "send", "throw"], &[]),
        Type::BaseException => (&["with_traceback"], &[("add_note", (3, 11))]),
        Type::Path | Type::PosixPath => {
            (crate::stdlib::pathlib::CONCRETE, &[("is_junction", (3, 12)), ("walk", (3, 12))])
        }
        Type::PurePath | Type::PurePosixPath => (
            crate::stdlib::pathlib::PURE,
            &[
                ("is_relative_to", (3, 9)),
                ("with_stem", (3, 9)),
                ("with_segments", (3, 12)),
                ("full_match", (3, 13)),
            ],
        ),
        Type::Pattern => {
            (&["findall", "finditer", "fullmatch", "match", "scanner", "search", "split", "sub", "subn"], &[])
        }
        Type::Match => (&["end", "expand", "group", "groupdict", "groups", "span", "start"], &[]),
        Type::TextFile | Type::BinaryFile => (
            &[
                "close",
                "detach",
                "fileno",
                "flush",
                "isatty",
                "read",
                "readable",
                "readline",
                "readlines",
                "seek",
                "seekable",
                "tell",
                "truncate",
                "writable",
                "write",
                "writelines",
            ],
            &[],
        ),
        _ => (&[], &[]),
    }
}

/// Whether values of the class have the method.
pub(crate) fn exists(class: Type, name: &str, version: Option<(u8, u8)>) -> bool {
    let mut class = class;
    loop {
        let (always, newer) = names(class);
        if always.contains(&name) {
            return true;
        }
        if let Some((_, since)) = newer.iter().find(|(n, _)| *n == name) {
            return version.is_none_or(|v| v >= *since);
        }
        if class == Type::Object {
            return false;
        }
        class = class.base();
    }
}

/// Whether it is called on the class itself.
pub(crate) fn is_static(class: Type, name: &str) -> bool {
    matches!(
        (class, name),
        (Type::Dict | Type::OrderedDict | Type::DefaultDict | Type::Counter, "fromkeys")
            | (Type::Str | Type::Bytes, "maketrans")
            | (Type::Bytes | Type::Float, "fromhex")
            | (Type::Int | Type::Bool, "from_bytes")
            | (Type::Path | Type::PosixPath, "cwd" | "home")
    )
}

/// Whether it changes the object it is called on.
pub(crate) fn changes(class: Type, name: &str) -> bool {
    match class {
        Type::List => {
            matches!(name, "append" | "clear" | "extend" | "insert" | "pop" | "remove" | "reverse" | "sort")
        }
        Type::Dict | Type::Environ | Type::OrderedDict | Type::DefaultDict | Type::Counter => {
            matches!(name, "clear" | "pop" | "popitem" | "setdefault" | "update" | "move_to_end" | "subtract")
        }
        Type::Set => matches!(
            name,
            "add"
                | "clear"
                | "difference_update"
                | "discard"
                | "intersection_update"
                | "pop"
                | "remove"
                | "symmetric_difference_update"
                | "update"
        ),
        Type::TextFile | Type::BinaryFile | Type::Generator => true,
        _ => false,
    }
}

/// The class of the result, where it is not known.
pub(crate) fn result_class(class: Type, name: &str) -> Option<Type> {
    match (class, name) {
        (
            Type::Str,
            "capitalize" | "casefold" | "center" | "expandtabs" | "format" | "format_map" | "join" | "ljust"
            | "lower" | "lstrip" | "replace" | "rjust" | "rstrip" | "strip" | "swapcase" | "title"
            | "translate" | "upper" | "zfill" | "removeprefix" | "removesuffix",
        ) => Some(Type::Str),
        (Type::Str, name) if name.starts_with("is") || name == "startswith" || name == "endswith" => {
            Some(Type::Bool)
        }
        (Type::Str, "split" | "rsplit" | "splitlines") => Some(Type::List),
        (Type::Str, "partition" | "rpartition") => Some(Type::Tuple),
        (Type::Str, "find" | "rfind" | "index" | "rindex" | "count") => Some(Type::Int),
        (Type::Str, "encode") => Some(Type::Bytes),
        (Type::Bytes, "decode") => Some(Type::Str),
        (Type::List | Type::Tuple, "count" | "index") => Some(Type::Int),
        (Type::List, "append" | "clear" | "extend" | "insert" | "remove" | "reverse" | "sort") => {
            Some(Type::None)
        }
        (Type::Int, "bit_length" | "bit_count") => Some(Type::Int),
        (Type::Float, "is_integer") => Some(Type::Bool),
        (Type::TextFile, "read" | "readline") => Some(Type::Str),
        (Type::TextFile, "readlines") => Some(Type::List),
        (class, name) if class.is(Type::PurePath) => crate::stdlib::pathlib::result_class(name),
        _ => None,
    }
}

/// Whether a method certainly does not raise on arguments that are not known.
pub(crate) fn never_raises(interp: &Interp<'_>, class: Type, name: &str, args: &Args) -> bool {
    let all = |wanted: Type| args.positional.iter().all(|v| interp.class_of(v) == Some(wanted));
    match (class, name) {
        (
            Type::Str,
            "capitalize" | "casefold" | "lower" | "upper" | "swapcase" | "title" | "isalnum" | "isalpha"
            | "isascii" | "isdecimal" | "isdigit" | "isidentifier" | "islower" | "isnumeric" | "isprintable"
            | "isspace" | "istitle" | "isupper" | "splitlines",
        ) => true,
        (
            Type::Str,
            "strip" | "lstrip" | "rstrip" | "replace" | "startswith" | "endswith" | "find" | "count",
        ) => all(Type::Str),
        (Type::Str, "split" | "rsplit" | "partition" | "rpartition") => args.positional.iter().all(|v| {
            matches!(&v.kind, Kind::Str(text) if !text.is_empty())
                || matches!(v.kind, Kind::Int(_) | Kind::None)
        }),
        (Type::Str, "encode") => false,
        (Type::List, "append" | "clear" | "copy" | "reverse") => true,
        (Type::Dict, "copy" | "clear" | "keys" | "values" | "items") => true,
        (Type::Dict | Type::Environ, "get") => {
            args.positional.iter().take(1).all(|v| interp.class_of(v) == Some(Type::Str))
        }
        (class, _) if class.is(Type::PurePath) => true,
        _ => false,
    }
}

/// `this.name(*args)`; `this` may be the class itself.
pub(crate) fn call(interp: &mut Interp<'_>, this: &Value, name: &Rc<str>, args: Args) -> Res<Value> {
    if let Some(rest) = name.strip_prefix("super.") {
        return super_call(interp, this, rest, args);
    }
    if let Kind::Type(class) = &this.kind {
        return static_call(interp, *class, name, args);
    }
    match &this.kind {
        Kind::Str(text) => str::call(interp, &Rc::clone(text), name, args),
        Kind::Bytes(bytes) => bytes::call(interp, &Rc::clone(bytes), name, args),
        Kind::Tuple(items) => tuple::call(interp, &Rc::clone(items), name, args),
        Kind::Int(_) | Kind::Bool(_) | Kind::Float(_) | Kind::Range(_) | Kind::Slice(_) => {
            number::call(interp, this, name, args)
        }
        Kind::Path(path, concrete) => {
            let (path, concrete) = (Rc::clone(path), *concrete);
            crate::stdlib::pathlib::call(interp, &path, concrete, name, args)
        }
        Kind::Ref(id) => {
            let id = *id;
            match interp.heap.get(id) {
                Object::List(_) => list::call(interp, this, id, name, args),
                Object::Dict(_) => dict::call(interp, id, name, args),
                Object::Set(_) => set::call(interp, id, name, args),
                Object::View(..) => set::view_call(interp, this, name, args),
                Object::Property(get, set) => {
                    let (get, set) = (get.clone(), set.clone());
                    let function = interp.only(name, args)?;
                    let (get, set) = match &**name {
                        "getter" => (function, set),
                        "setter" => (get, function),
                        _ => (get, set),
                    };
                    Ok(Value::object(interp.heap.add(Object::Property(get, set))))
                }
                Object::Generator(_) => generator_call(interp, this, name, args),
                Object::Instance(_) => instance_call(interp, this, name, args),
                _ => crate::stdlib::object_call(interp, this, id, name, args),
            }
        }
        Kind::Symbolic(_) | Kind::Unknown(_) => unknown_call(interp, this, name, args),
        _ => Err(Stop::Opaque(Box::new(this.clone()))),
    }
}

/// A method of a string that is known in part.
fn unknown_call(interp: &mut Interp<'_>, this: &Value, name: &str, args: Args) -> Res<Value> {
    if let Kind::Symbolic(symbolic) = &this.kind
        && let Some(pieces) = &symbolic.pieces
        && let Some(result) = str::call_on_pieces(interp, &Rc::clone(pieces), name, &args)?
    {
        return Ok(result);
    }
    Err(Stop::Opaque(Box::new(this.clone())))
}

fn static_call(interp: &mut Interp<'_>, class: Type, name: &str, args: Args) -> Res<Value> {
    match (class, name) {
        (Type::Dict, "fromkeys") => dict::from_keys(interp, args),
        (Type::Str, "maketrans") => str::make_translation(interp, args),
        (Type::Path | Type::PosixPath, "cwd" | "home") => {
            crate::stdlib::pathlib::class_call(interp, name, args)
        }
        _ => {
            Err(Stop::Opaque(Box::new(Value::unknown(format!("`{}.{name}` is not modelled", class.name())))))
        }
    }
}

/// `super().method(…)` that ends at a class of the interpreter.
fn super_call(interp: &mut Interp<'_>, this: &Value, name: &str, args: Args) -> Res<Value> {
    let instance = match this.id().map(|id| (id, interp.heap.get(id))) {
        Some((id, Object::Instance(instance))) => Some((id, instance.clone())),
        _ => None,
    };
    match (name, instance) {
        ("__init__", Some((id, instance))) => {
            if instance.is_exception(&interp.heap)
                && let Some(Object::Instance(slot)) = interp.heap.get_mut(id)
            {
                slot.args = Some(Value::tuple(args.positional));
            }
            Ok(Value::none())
        }
        ("__setattr__", Some((_, instance))) => match args.positional.as_slice() {
            [name, value] if name.as_str().is_some() => {
                let site = interp.here;
                let key: Rc<str> = name.as_str().unwrap_or("").into();
                interp.bind_in(instance.names, &key, value.clone(), site);
                Ok(Value::none())
            }
            _ => Err(Stop::Opaque(Box::new(Value::unknown("`super().__setattr__` is not followed here")))),
        },
        ("__init_subclass__", _) => Ok(Value::none()),
        ("__str__" | "__repr__", Some((_, instance))) if instance.is_exception(&interp.heap) => {
            Err(Stop::Opaque(Box::new(Value::unknown("the text of an exception is not followed here"))))
        }
        _ => {
            let class = interp.type_name(this);
            let known =
                ["__eq__", "__hash__", "__str__", "__repr__", "__new__", "__getattribute__", "__delattr__"];
            if known.contains(&name) || name.starts_with("__") {
                return Err(Stop::Opaque(Box::new(Value::unknown(format!(
                    "`super().{name}` is not modelled"
                )))));
            }
            let _ = class;
            let message = format!("'super' object has no attribute '{name}'");
            Err(interp.raise(Type::AttributeError, message))
        }
    }
}

fn generator_call(interp: &mut Interp<'_>, this: &Value, name: &str, _: Args) -> Res<Value> {
    if name == "close"
        && let Some(id) = this.id()
        && interp.is_finished(id)
    {
        return Ok(Value::none());
    }
    Err(Stop::Opaque(Box::new(Value::unknown(format!("`{name}` of a generator is not followed")))))
}

fn instance_call(interp: &mut Interp<'_>, this: &Value, name: &str, args: Args) -> Res<Value> {
    match name {
        "with_traceback" => Ok(this.clone()),
        "add_note" => Ok(Value::none()),
        _ => {
            let _ = (interp, args);
            Err(Stop::Opaque(Box::new(Value::unknown(format!("`{name}` is not modelled")))))
        }
    }
}

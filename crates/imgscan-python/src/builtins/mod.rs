//! The builtin functions and classes.

mod construct;
mod numbers;
mod objects;
mod scopes;
mod sequences;

use crate::interp::{Args, Interp};
use crate::object::value::NativeCall;
use crate::object::{Kind, Native, Type, Value};

pub(crate) use construct::{construct, fill, make_set};
pub(crate) use scopes::with_frame;
pub(crate) use sequences::sort;

/// A row of the table.
const fn native(name: &'static str, call: NativeCall) -> Native {
    Native { module: "builtins", name, call }
}

/// The builtin functions; classes are [`Type`]s.
static FUNCTIONS: [Native; 44] = [
    native("abs", numbers::abs),
    native("all", sequences::all),
    native("any", sequences::any),
    native("ascii", objects::ascii),
    native("bin", numbers::bin),
    native("breakpoint", objects::breakpoint),
    native("callable", objects::callable),
    native("chr", numbers::chr),
    native("compile", scopes::compile),
    native("delattr", objects::delattr),
    native("dir", scopes::unbound),
    native("divmod", numbers::divmod),
    native("eval", scopes::unbound),
    native("exec", scopes::unbound),
    native("exit", objects::exit),
    native("format", objects::format),
    native("getattr", objects::getattr),
    native("globals", scopes::unbound),
    native("hasattr", objects::hasattr),
    native("hash", objects::hash),
    native("hex", numbers::hex),
    native("id", objects::id),
    native("input", objects::input),
    native("isinstance", objects::isinstance),
    native("issubclass", objects::issubclass),
    native("iter", sequences::iter),
    native("len", sequences::len),
    native("locals", scopes::unbound),
    native("max", sequences::max),
    native("min", sequences::min),
    native("next", sequences::next),
    native("oct", numbers::oct),
    native("open", crate::stdlib::files::open),
    native("ord", numbers::ord),
    native("pow", numbers::pow),
    native("print", objects::print),
    native("quit", objects::exit),
    native("repr", objects::repr),
    native("round", numbers::round),
    native("setattr", objects::setattr),
    native("sorted", sequences::sorted),
    native("sum", sequences::sum),
    native("vars", scopes::unbound),
    native("__import__", objects::import),
];

/// The builtin of this name.
pub(crate) fn lookup(interp: &Interp<'_>, name: &str) -> Option<Value> {
    match name {
        "True" => return Some(Value::bool(true)),
        "False" => return Some(Value::bool(false)),
        "None" => return Some(Value::none()),
        "NotImplemented" => return Some(Value::new(Kind::NotImplemented)),
        "Ellipsis" => return Some(Value::new(Kind::Ellipsis)),
        "__debug__" => {
            let optimized = interp.world.env.value("PYTHONOPTIMIZE").is_some_and(|v| !v.is_empty());
            return Some(Value::bool(!optimized));
        }
        "help" | "copyright" | "credits" | "license" => {
            return Some(Value::external("builtins", name, crate::object::ExternalKind::Unclear, true));
        }
        "aiter" | "anext" if interp.since(3, 10) => {
            return Some(Value::external("builtins", name, crate::object::ExternalKind::Function, false));
        }
        "EncodingWarning" if !interp.since(3, 10) => return None,
        "ExceptionGroup" | "BaseExceptionGroup" if !interp.since(3, 11) => return None,
        _ => {}
    }
    if let Some(class) = Type::builtin(name) {
        return Some(Value::new(Kind::Type(class)));
    }
    FUNCTIONS.iter().find(|f| f.name == name).map(|f| Value::new(Kind::Native(f)))
}

/// The class of a function's result, where its arguments are not known.
pub(crate) fn result_class(module: &str, name: &str) -> Option<Type> {
    match (module, name) {
        ("builtins", "len" | "ord" | "hash" | "id") => Some(Type::Int),
        ("builtins", "repr" | "ascii" | "bin" | "hex" | "oct" | "chr" | "format" | "input") => {
            Some(Type::Str)
        }
        ("builtins", "isinstance" | "issubclass" | "callable" | "hasattr" | "all" | "any") => {
            Some(Type::Bool)
        }
        ("builtins", "sorted") => Some(Type::List),
        ("builtins", "print" | "setattr" | "delattr") => Some(Type::None),
        ("builtins", _) => None,
        (module, name) => crate::stdlib::result_class(module, name),
    }
}

/// The same, where the classes of the arguments tell more.
pub(crate) fn result_class_of(interp: &Interp<'_>, module: &str, name: &str, args: &Args) -> Option<Type> {
    let first = || args.get(0).and_then(|v| interp.class_of(v));
    match (module, name) {
        ("builtins", "abs") if args.count() == 1 => match first() {
            Some(Type::Int | Type::Bool) => Some(Type::Int),
            Some(Type::Float) => Some(Type::Float),
            _ => None,
        },
        ("builtins", "round") if args.count() == 1 => {
            matches!(first(), Some(Type::Int | Type::Bool | Type::Float)).then_some(Type::Int)
        }
        ("builtins", "max" | "min") if args.keywords.is_empty() && args.count() > 1 => {
            let class = first()?;
            args.positional.iter().all(|v| interp.class_of(v) == Some(class)).then_some(class)
        }
        _ => result_class(module, name),
    }
}

/// The class of what a class makes, where the arguments are not known.
pub(crate) fn constructed_class(class: Type) -> Option<Type> {
    match class {
        Type::Type => None,
        Type::Path => Some(Type::PosixPath),
        Type::PurePath => Some(Type::PurePosixPath),
        class => Some(class),
    }
}

/// Whether a builtin may raise on arguments that are not known. `name` is as it is shown.
pub(crate) fn may_raise(interp: &Interp<'_>, name: &str, args: &Args) -> bool {
    let first = args.get(0);
    let class = first.and_then(|v| interp.class_of(v));
    let number = matches!(class, Some(Type::Int | Type::Bool | Type::Float));
    match name {
        "str" | "bool" | "repr" | "print" | "isinstance" | "type" | "id" | "callable" | "ascii"
        | "format" => args.positional.len() > 1 && name == "format",
        "int" => !(number || first.is_some_and(is_digits)),
        "float" => !(number || first.is_some_and(is_digits)),
        "abs" | "round" => !number,
        "len" => !matches!(
            class,
            Some(
                Type::Str | Type::List | Type::Dict | Type::Tuple | Type::Set | Type::Bytes | Type::FrozenSet
            )
        ),
        "max" | "min" => {
            let numbers = args
                .positional
                .iter()
                .all(|v| matches!(interp.class_of(v), Some(Type::Int | Type::Bool | Type::Float)));
            let texts = args.positional.iter().all(|v| interp.class_of(v) == Some(Type::Str));
            !(args.positional.len() > 1 && (numbers || texts))
        }
        "list" | "tuple" => !matches!(class, Some(Type::Str | Type::List | Type::Tuple)),
        "sorted" => !(first.is_some_and(|v| is_sortable(interp, v)) && args.positional.len() == args.count()),
        "set" => class != Some(Type::Str),
        "bin" | "hex" | "oct" => !matches!(class, Some(Type::Int | Type::Bool)),
        name => crate::stdlib::may_raise(name, args),
    }
}

/// Whether the items of a sequence are certainly all numbers or all strings.
fn is_sortable(interp: &Interp<'_>, value: &Value) -> bool {
    let classes: Option<Vec<Type>> = match &value.kind {
        Kind::Tuple(items) => items.iter().map(|v| interp.class_of(v)).collect(),
        Kind::Ref(id) if interp.heap.spoilt(*id).is_none() => match interp.heap.list(*id) {
            Some(items) => items.iter().map(|v| interp.class_of(v)).collect(),
            None => None,
        },
        _ => return interp.class_of(value) == Some(Type::Str),
    };
    classes.is_some_and(|classes| {
        classes.iter().all(|c| *c == Type::Str)
            || classes.iter().all(|c| matches!(c, Type::Int | Type::Bool | Type::Float))
    })
}

/// Whether a string is certainly a number.
fn is_digits(value: &Value) -> bool {
    match &value.kind {
        Kind::Symbolic(symbolic) => matches!(
            symbolic.pieces.as_deref(),
            Some([crate::object::Piece::Hole { shape: imgscan_model::Shape::Number, .. }])
        ),
        _ => false,
    }
}

/// The exception that a builtin raises where it dislikes its argument, where it can be but one.
pub(crate) fn raised_by(interp: &Interp<'_>, name: &str, args: &Args) -> Option<Type> {
    match name {
        "int" | "float" if args.count() == 1 => {
            let class = args.get(0).and_then(|v| interp.class_of(v));
            (class == Some(Type::Str)).then_some(Type::ValueError)
        }
        _ => None,
    }
}

/// Whether a builtin calls what it is given, or keeps it.
pub(crate) fn calls_back(name: &str) -> bool {
    matches!(
        name,
        "map"
            | "filter"
            | "sorted"
            | "max"
            | "min"
            | "iter"
            | "next"
            | "sum"
            | "list"
            | "tuple"
            | "set"
            | "dict"
            | "any"
            | "all"
            | "enumerate"
            | "zip"
            | "functools.reduce"
            | "functools.partial"
    )
}

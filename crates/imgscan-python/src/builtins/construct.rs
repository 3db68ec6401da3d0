//! Builtin classes called to make a value.

use std::rc::Rc;

use num_bigint::BigInt;
use num_traits::ToPrimitive;

use super::numbers::float_to_int;
use crate::format::repr::{bytes_repr, quoted};
use crate::interp::{Args, Interp, Next, Res, Stop};
use crate::number::parse::{self, TextFault};
use crate::object::dict::DictKind;
use crate::object::instance::{Iter, Set};
use crate::object::{Dict, Entry, Key, Kind, Object, Range, Type, Value};

/// `class(*args)`
pub(crate) fn construct(interp: &mut Interp<'_>, class: Type, args: Args) -> Res<Value> {
    match class {
        Type::Int => int(interp, args),
        Type::Float => float(interp, args),
        Type::Bool => bool(interp, args),
        Type::Str => str(interp, args),
        Type::Bytes => bytes(interp, args),
        Type::List => {
            let [value] = interp.params("list", args, ["$"], 0)?;
            let items = match value {
                Some(value) => interp.collect(&value)?,
                None => Vec::new(),
            };
            Ok(interp.list(items))
        }
        Type::Tuple => {
            let [value] = interp.params("tuple", args, ["$"], 0)?;
            match value {
                Some(value) if matches!(value.kind, Kind::Tuple(_)) => Ok(value),
                Some(value) => Ok(Value::tuple(interp.collect(&value)?)),
                None => Ok(Value::tuple(Vec::new())),
            }
        }
        Type::Dict | Type::OrderedDict => {
            let kind = if class == Type::Dict { DictKind::Plain } else { DictKind::Ordered };
            dict(interp, kind, args)
        }
        Type::DefaultDict => default_dict(interp, args),
        Type::Counter => counter(interp, args),
        Type::Set | Type::FrozenSet => {
            let [value] = interp.params(class.name(), args, ["$"], 0)?;
            let items = match value {
                Some(value) => interp.collect_any_order(&value)?,
                None => Vec::new(),
            };
            make_set(interp, items, class == Type::FrozenSet)
        }
        Type::Range => range(interp, args),
        Type::Slice => {
            interp.expect_closed(&args)?;
            let none = Value::none;
            let parts = match args.positional.as_slice() {
                [stop] => [none(), stop.clone(), none()],
                [start, stop] => [start.clone(), stop.clone(), none()],
                [start, stop, step] => [start.clone(), stop.clone(), step.clone()],
                _ => return Err(interp.raise_unclear(Type::TypeError)),
            };
            Ok(Value::new(Kind::Slice(Rc::new(parts))))
        }
        Type::Object => match args.positional.is_empty() && args.keywords.is_empty() {
            true => {
                let class = Value::new(Kind::Type(Type::Object));
                Ok(interp.new_instance(&class, None))
            }
            false => Err(interp.type_error("object() takes no arguments")),
        },
        Type::Type => type_of(interp, args),
        Type::None | Type::Ellipsis | Type::NotImplemented => Err(interp.raise_unclear(Type::TypeError)),
        Type::Enumerate | Type::Zip | Type::Map | Type::Filter | Type::Reversed => {
            adapter(interp, class, args)
        }
        Type::Property => {
            let [get, set, _, _] = interp.params("property", args, ["fget", "fset", "fdel", "doc"], 0)?;
            let get = get.unwrap_or_else(Value::none);
            let set = set.unwrap_or_else(Value::none);
            Ok(Value::object(interp.heap.add(Object::Property(get, set))))
        }
        Type::StaticMethod => {
            let inner = interp.only("staticmethod", args)?;
            Ok(Value::object(interp.heap.add(Object::StaticMethod(inner))))
        }
        Type::ClassMethod => {
            let inner = interp.only("classmethod", args)?;
            Ok(Value::object(interp.heap.add(Object::ClassMethod(inner))))
        }
        class if class.is(Type::PurePath) => {
            crate::stdlib::pathlib::construct(interp, class.is(Type::Path), args)
        }
        Type::Namespace => namespace(interp, args),
        Type::Partial => partial(interp, args),
        class if class.is_exception() => exception(interp, class, args),
        _ => Err(Stop::Opaque(Box::new(Value::unknown(format!("`{}` is not modelled", class.name()))))),
    }
}

fn exception(interp: &mut Interp<'_>, class: Type, args: Args) -> Res<Value> {
    interp.expect_closed(&args)?;
    let allowed = class.is(Type::ImportError) || class.is(Type::AttributeError) || class.is(Type::NameError);
    if !args.keywords.is_empty() && !allowed {
        let name = class.name();
        return Err(interp.type_error(format!("{name}() takes no keyword arguments")));
    }
    // `OSError(errno, …)` is one of its subclasses.
    let class = match (class, args.positional.as_slice()) {
        (Type::OsError, [code, _, ..]) => match code.as_int().and_then(|n| n.to_i64()) {
            Some(2) => Type::FileNotFoundError,
            Some(17) => Type::FileExistsError,
            Some(1 | 13) => Type::PermissionError,
            Some(20) => Type::NotADirectoryError,
            Some(21) => Type::IsADirectoryError,
            Some(4) => Type::InterruptedError,
            Some(11) => Type::BlockingIoError,
            Some(32) => Type::BrokenPipeError,
            Some(110) => Type::TimeoutError,
            Some(111) => Type::ConnectionRefusedError,
            Some(104) => Type::ConnectionResetError,
            Some(103) => Type::ConnectionAbortedError,
            Some(3) => Type::ProcessLookupError,
            Some(10) => Type::ChildProcessError,
            _ => class,
        },
        _ => class,
    };
    Ok(interp.exception(class, args.positional))
}

fn number_argument(interp: &Interp<'_>, value: &Value) -> bool {
    interp.is_unclear(value)
}

/// `int(x, base=10)`
fn int(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [value, base] = interp.params("int", args, ["$", "base"], 0)?;
    let Some(value) = value else {
        return match base {
            None => Ok(Value::int(0)),
            Some(_) => Err(interp.type_error("int() missing string argument")),
        };
    };
    interp.expect_known(&value)?;
    let base = match base {
        None => None,
        Some(base) => {
            let base = interp.count(&base)?;
            match u32::try_from(base) {
                Ok(base) if base == 0 || (2..=36).contains(&base) => Some(base),
                _ => return Err(interp.value_error("int() base must be >= 2 and <= 36, or 0")),
            }
        }
    };
    let text = match &value.kind {
        Kind::Str(text) => text.to_string(),
        Kind::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) if text.is_ascii() => text.to_owned(),
            _ => return Err(interp.raise_unclear(Type::ValueError)),
        },
        _ if base.is_some() => {
            return Err(interp.type_error("int() can't convert non-string with explicit base"));
        }
        Kind::Float(x) => return float_to_int(interp, *x),
        _ => {
            if let Some(n) = value.as_int() {
                return Ok(Value::int(n));
            }
            for method in ["__int__", "__index__", "__trunc__"] {
                if let Some(result) = interp.call_special(&value, method, &[])? {
                    return Ok(result);
                }
            }
            if number_argument(interp, &value) {
                return Err(Stop::Opaque(Box::new(value)));
            }
            let name = interp.type_name(&value);
            let noun = if interp.since(3, 10) { "a real number" } else { "a number" };
            let message =
                format!("int() argument must be a string, a bytes-like object or {noun}, not '{name}'");
            return Err(interp.type_error(message));
        }
    };
    interp.charge(text.len() / 16)?;
    match parse::int(&text, base.unwrap_or(10)) {
        Ok(n) => Ok(Value::int(n)),
        Err(TextFault::Unclear) => {
            Err(Stop::Opaque(Box::new(Value::unknown("whether the text is a number depends on the version"))))
        }
        Err(TextFault::Invalid) => {
            let shown = match &value.kind {
                Kind::Bytes(bytes) => bytes_repr(bytes),
                _ => quoted(&text),
            };
            let shown: String = shown.chars().take(200).collect();
            let base = base.unwrap_or(10);
            Err(interp.value_error(format!("invalid literal for int() with base {base}: {shown}")))
        }
    }
}

/// `float(x)`
fn float(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [value] = interp.params("float", args, ["$"], 0)?;
    let Some(value) = value else { return Ok(Value::float(0.0)) };
    interp.expect_known(&value)?;
    let text = match &value.kind {
        Kind::Float(x) => return Ok(Value::float(*x)),
        Kind::Str(text) => text.to_string(),
        Kind::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        _ => {
            if let Some(n) = value.as_int() {
                return interp.float_from_int(&n).map(Value::float);
            }
            if let Some(result) = interp.call_special(&value, "__float__", &[])? {
                return Ok(result);
            }
            if interp.is_unclear(&value) {
                return Err(Stop::Opaque(Box::new(value)));
            }
            let name = interp.type_name(&value);
            let noun = if interp.since(3, 10) { "a real number" } else { "a number" };
            return Err(
                interp.type_error(format!("float() argument must be a string or {noun}, not '{name}'"))
            );
        }
    };
    match parse::float(&text) {
        Ok(x) => Ok(Value::float(x)),
        Err(TextFault::Unclear) => {
            Err(Stop::Opaque(Box::new(Value::unknown("digits of other scripts are not followed"))))
        }
        Err(TextFault::Invalid) => {
            let shown = match &value.kind {
                Kind::Bytes(bytes) => bytes_repr(bytes),
                _ => quoted(&text),
            };
            Err(interp.value_error(format!("could not convert string to float: {shown}")))
        }
    }
}

/// `bool(x)`
fn bool(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [value] = interp.params("bool", args, ["$"], 0)?;
    let Some(value) = value else { return Ok(Value::bool(false)) };
    match interp.truth(&value)? {
        Ok(truth) => Ok(Value::bool(truth).traced(value.trace.harmless())),
        Err(_) => Err(Stop::Opaque(Box::new(value))),
    }
}

/// `str(x)`, `str(bytes, encoding)`
fn str(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [value, encoding, errors] = interp.params("str", args, ["object", "encoding", "errors"], 0)?;
    let Some(value) = value else { return Ok(Value::str("")) };
    if encoding.is_some() || errors.is_some() {
        return crate::methods::bytes::decode(interp, &value, encoding.as_ref(), errors.as_ref());
    }
    if let Kind::Symbolic(symbolic) = &value.kind
        && symbolic.choice.is_none()
    {
        if symbolic.class == Some(Type::Str) {
            return Ok(value);
        }
        // The text of a number is the number inside a string.
        if matches!(symbolic.class, Some(Type::Int)) {
            let mut text = crate::object::Symbolic::of_pieces(symbolic.to_pieces());
            text.text = format!("str({})", symbolic.text).into();
            return Ok(Value::symbolic(text).traced(value.trace));
        }
    }
    interp.str_of(&value).map(|text| text.also(&value.trace))
}

fn bytes(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [value, encoding, errors] = interp.params("bytes", args, ["source", "encoding", "errors"], 0)?;
    let Some(value) = value else { return Ok(Value::bytes(Vec::new())) };
    interp.expect_known(&value)?;
    match &value.kind {
        Kind::Str(text) => match encoding {
            Some(encoding) => {
                crate::methods::str::encode(interp, &Rc::clone(text), Some(&encoding), errors.as_ref())
            }
            None => Err(interp.type_error("string argument without an encoding")),
        },
        Kind::Bytes(_) => Ok(value),
        Kind::Int(_) | Kind::Bool(_) => {
            let count = interp.count(&value)?;
            match usize::try_from(count) {
                Ok(count) => {
                    interp.check_size(count)?;
                    Ok(Value::bytes(vec![0; count]))
                }
                Err(_) => Err(interp.value_error("negative count")),
            }
        }
        _ => {
            let mut out = Vec::new();
            for item in interp.collect(&value)? {
                let n = interp.index(&item)?;
                match u8::try_from(&n) {
                    Ok(byte) => out.push(byte),
                    Err(_) => return Err(interp.value_error("bytes must be in range(0, 256)")),
                }
            }
            Ok(Value::bytes(out))
        }
    }
}

/// A set of values.
pub(crate) fn make_set(interp: &mut Interp<'_>, items: Vec<Value>, frozen: bool) -> Res<Value> {
    let mut set = Set { frozen, ..Set::default() };
    for item in items {
        let key = interp.key(&item)?;
        set.items.entry(key).or_insert(item);
    }
    Ok(Value::object(interp.heap.add(Object::Set(set))))
}

fn dict(interp: &mut Interp<'_>, kind: DictKind, args: Args) -> Res<Value> {
    interp.expect_closed(&args)?;
    let mut out = Dict { kind, ..Dict::default() };
    match args.positional.as_slice() {
        [] => {}
        [source] => fill(interp, &mut out, source)?,
        many => {
            let given = many.len();
            return Err(interp.type_error(format!("dict expected at most 1 argument, got {given}")));
        }
    }
    let site = interp.here;
    for (name, value) in args.keywords {
        let value = interp.arrived(value, site);
        out.set_name(&name, value, site);
    }
    Ok(Value::object(interp.heap.add(Object::Dict(out))))
}

/// Adds what a mapping or an iterable of pairs holds.
pub(crate) fn fill(interp: &mut Interp<'_>, out: &mut Dict, source: &Value) -> Res<()> {
    interp.expect_known(source)?;
    if let Some(id) = source.id()
        && let Object::Dict(dict) = interp.heap.get(id)
    {
        let dict = dict.clone();
        interp.expect_state(id)?;
        interp.charge(dict.entries.len())?;
        // A copy of the environment is the environment as far as reads go.
        if dict.is_environ && out.entries.is_empty() {
            out.is_environ = true;
        }
        if dict.open.is_some() {
            interp.expect_certain(id)?;
        }
        for (key, entry) in dict.entries {
            out.entries.insert(key, entry);
        }
        return Ok(());
    }
    if interp.find_special(source, "keys")?.is_some() {
        return Err(Stop::Opaque(Box::new(Value::unknown("a mapping of the program's own is not followed"))));
    }
    let iter = interp.iter_of(source)?;
    let mut at = 0usize;
    loop {
        let item = match interp.next(&iter)? {
            Next::End => return Ok(()),
            Next::Unknown(value) => return Err(Stop::Opaque(Box::new(value))),
            Next::Item(item) => item,
        };
        let pair = match interp.collect(&item) {
            Ok(pair) => pair,
            Err(Stop::Raise(_)) if !interp.is_unclear(&item) => {
                let message =
                    format!("cannot convert dictionary update sequence element #{at} to a sequence");
                return Err(interp.type_error(message));
            }
            Err(stop) => return Err(stop),
        };
        let count = pair.len();
        let Ok([key, value]) = <[Value; 2]>::try_from(pair) else {
            let message =
                format!("dictionary update sequence element #{at} has length {count}; 2 is required");
            return Err(interp.value_error(message));
        };
        let hashed = interp.key(&key)?;
        let site = interp.here;
        let value = interp.arrived(value, site);
        out.set(hashed, key, value, site);
        interp.check_size(out.entries.len())?;
        at += 1;
    }
}

fn default_dict(interp: &mut Interp<'_>, mut args: Args) -> Res<Value> {
    interp.expect_closed(&args)?;
    let factory = if args.positional.is_empty() { Value::none() } else { args.positional.remove(0) };
    if !factory.is_none() && interp.is_callable(&factory)? == Some(false) {
        return Err(interp.type_error("first argument must be callable or None"));
    }
    dict(interp, DictKind::Default(factory), args)
}

fn counter(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    interp.expect_closed(&args)?;
    if !args.keywords.is_empty() || args.positional.len() > 1 {
        return Err(Stop::Opaque(Box::new(Value::unknown("this way to make a `Counter` is not followed"))));
    }
    let mut out = Dict { kind: DictKind::Counter, ..Dict::default() };
    // `None` is as good as nothing (`Counter.update`).
    if let Some(source) = args.positional.first().filter(|source| !source.is_none()) {
        if source.id().is_some_and(|id| matches!(interp.heap.get(id), Object::Dict(_))) {
            fill(interp, &mut out, source)?;
        } else {
            let mut counts: indexmap::IndexMap<Key, (Value, BigInt)> = indexmap::IndexMap::new();
            for item in interp.collect(source)? {
                let key = interp.key(&item)?;
                counts.entry(key).or_insert_with(|| (item, BigInt::from(0))).1 += 1;
            }
            let site = interp.here;
            for (key, (item, count)) in counts {
                out.entries.insert(key, Entry { key: item, value: Value::int(count), site, maybe: None });
            }
        }
    }
    Ok(Value::object(interp.heap.add(Object::Dict(out))))
}

fn range(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    interp.expect_closed(&args)?;
    if !args.keywords.is_empty() {
        return Err(interp.type_error("range() takes no keyword arguments"));
    }
    let (start, stop, step) = match args.positional.as_slice() {
        [stop] => (BigInt::from(0), interp.index(stop)?, BigInt::from(1)),
        [start, stop] => (interp.index(start)?, interp.index(stop)?, BigInt::from(1)),
        [start, stop, step] => (interp.index(start)?, interp.index(stop)?, interp.index(step)?),
        [] => return Err(interp.type_error("range expected at least 1 argument, got 0")),
        many => {
            let given = many.len();
            return Err(interp.type_error(format!("range expected at most 3 arguments, got {given}")));
        }
    };
    if step == BigInt::from(0) {
        return Err(interp.value_error("range() arg 3 must not be zero"));
    }
    Ok(Value::new(Kind::Range(Rc::new(Range { start, stop, step }))))
}

/// `type(value)`; classes made on the fly are not followed.
fn type_of(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    interp.expect_closed(&args)?;
    let [value] = args.positional.as_slice() else {
        return Err(Stop::Opaque(Box::new(Value::unknown("a class made by `type` is not followed"))));
    };
    if let Some(class) = interp.instance_class(value) {
        return Ok(class);
    }
    match interp.class_of(value) {
        Some(class) => Ok(Value::new(Kind::Type(class)).traced(value.trace.harmless())),
        None => Err(Stop::Opaque(Box::new(if value.is_known() {
            Value::unknown("its class is not known")
        } else {
            value.clone()
        }))),
    }
}

fn adapter(interp: &mut Interp<'_>, class: Type, mut args: Args) -> Res<Value> {
    interp.expect_closed(&args)?;
    let iter = match class {
        Type::Enumerate => {
            let [Some(inner), start] = interp.params("enumerate", args, ["iterable", "start"], 1)? else {
                return Ok(Value::none());
            };
            let count = match start {
                Some(start) => Value::int(interp.index(&start)?),
                None => Value::int(0),
            };
            Iter::Enumerate { inner: interp.iter_of(&inner)?, count }
        }
        Type::Zip => {
            let strict = args.take("strict");
            if strict.is_some() && interp.version().is_some() && !interp.since(3, 10) {
                return Err(interp.type_error("zip() takes no keyword arguments"));
            }
            let strict = interp.flag(strict.as_ref(), false)?;
            let inner = args.positional.iter().map(|v| interp.iter_of(v)).collect::<Res<Vec<_>>>()?;
            Iter::Zip { inner, strict }
        }
        Type::Map => {
            if args.positional.len() < 2 {
                return Err(interp.type_error("map() must have at least two arguments."));
            }
            let function = args.positional.remove(0);
            let inner = args.positional.iter().map(|v| interp.iter_of(v)).collect::<Res<Vec<_>>>()?;
            Iter::Map { function, inner }
        }
        Type::Filter => {
            let [Some(function), Some(inner)] = interp.params("filter", args, ["$", "$"], 2)? else {
                return Ok(Value::none());
            };
            Iter::Filter { function, inner: interp.iter_of(&inner)? }
        }
        _ => return reversed(interp, args),
    };
    Ok(interp.new_iter(iter))
}

fn reversed(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let value = interp.only("reversed", args)?;
    interp.expect_known(&value)?;
    if let Some(id) = value.id() {
        match interp.heap.get(id) {
            Object::List(items) => {
                let next = items.len().checked_sub(1);
                interp.expect_state(id)?;
                return Ok(interp.new_iter(Iter::ReversedList { list: id, next }));
            }
            Object::Dict(_) | Object::View(..) => {}
            Object::Instance(_) => {
                if let Some(result) = interp.call_special(&value, "__reversed__", &[])? {
                    return Ok(result);
                }
                if interp.tuple_items(&value).is_none() {
                    return Err(Stop::Opaque(Box::new(Value::unknown(
                        "reversing this object is not followed",
                    ))));
                }
            }
            _ if interp.is_unclear(&value) => return Err(Stop::Opaque(Box::new(value))),
            _ => {
                let name = interp.type_name(&value);
                return Err(interp.type_error(format!("'{name}' object is not reversible")));
            }
        }
    } else if !matches!(value.kind, Kind::Str(_) | Kind::Bytes(_) | Kind::Tuple(_) | Kind::Range(_)) {
        let name = interp.type_name(&value);
        return Err(interp.type_error(format!("'{name}' object is not reversible")));
    }
    let mut items = interp.collect(&value)?;
    items.reverse();
    Ok(interp.new_iter(Iter::Items { items: items.into(), next: 0, class: Type::Reversed }))
}

/// `types.SimpleNamespace(**names)`
fn namespace(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    interp.expect_closed(&args)?;
    if !args.positional.is_empty() {
        return Err(interp.raise_unclear(Type::TypeError));
    }
    let class = Value::new(Kind::Type(Type::Namespace));
    let instance = interp.new_instance(&class, None);
    if let Some(names) = instance.id().and_then(|id| interp.names_of(id)) {
        let site = interp.here;
        for (name, value) in args.keywords {
            interp.bind_in(names, &name, value, site);
        }
    }
    Ok(instance)
}

/// `functools.partial(function, *args, **keywords)`
fn partial(interp: &mut Interp<'_>, mut args: Args) -> Res<Value> {
    interp.expect_closed(&args)?;
    if args.positional.is_empty() {
        return Err(interp.raise_unclear(Type::TypeError));
    }
    let function = args.positional.remove(0);
    if interp.is_callable(&function)? == Some(false) {
        return Err(interp.type_error("the first argument must be callable"));
    }
    let object = Object::Partial { function, args: args.positional.into(), keywords: args.keywords.into() };
    Ok(Value::object(interp.heap.add(object)))
}

//! Builtins about objects.

use std::rc::Rc;

use crate::format::repr::to_ascii;
use crate::interp::{Args, Interp, Res, Stop};
use crate::object::{ExternalKind, Kind, Type, Value};

/// `repr(value)`
pub(super) fn repr(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let value = interp.only("repr", args)?;
    interp.repr_of(&value)
}

/// `ascii(value)`
pub(super) fn ascii(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let value = interp.only("ascii", args)?;
    let text = interp.plain_repr(&value)?;
    Ok(Value::str(to_ascii(&text)))
}

/// `format(value, spec='')`
pub(super) fn format(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(value), spec] = interp.params("format", args, ["$", "$"], 1)? else { return Ok(Value::none()) };
    let spec = match spec {
        Some(spec) => interp.text(&spec)?,
        None => "".into(),
    };
    interp.format_value(&value, &spec)
}

/// `callable(value)`
pub(super) fn callable(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let value = interp.only("callable", args)?;
    match interp.is_callable(&value)? {
        Some(answer) => Ok(Value::bool(answer)),
        None => Err(Stop::Opaque(Box::new(value))),
    }
}

/// `print(…)`: nothing that the program sees.
pub(super) fn print(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    for (name, _) in &args.keywords {
        if !matches!(&**name, "sep" | "end" | "file" | "flush") {
            return Err(interp.raise_unclear(Type::TypeError));
        }
    }
    for value in &args.positional {
        if interp.find_special(value, "__str__")?.is_some()
            || interp.find_special(value, "__repr__")?.is_some()
        {
            interp.str_of(value)?;
        }
    }
    let file: Vec<Value> =
        args.keywords.iter().filter(|(name, _)| &**name == "file").map(|(_, value)| value.clone()).collect();
    interp.escape(&file, "`print` wrote to it")?;
    Ok(Value::none())
}

/// `input(…)`: a container's standard input is not there.
pub(super) fn input(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Err(Stop::Opaque(Box::new(Value::unknown("what is typed is not known"))))
}

/// `breakpoint(…)`
pub(super) fn breakpoint(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Err(Stop::Opaque(Box::new(Value::unknown("a debugger is not followed"))))
}

/// `exit(code)` and `quit(code)`
pub(super) fn exit(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [code] = interp.params("exit", args, ["code"], 0)?;
    Err(interp.raise_with(Type::SystemExit, vec![code.unwrap_or_else(Value::none)]))
}

/// `hash(value)`: known of small whole numbers only; strings are salted.
pub(super) fn hash(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let value = interp.only("hash", args)?;
    interp.key(&value)?;
    match value.as_int() {
        Some(n) if n.bits() < 60 && n != (-1).into() => Ok(Value::int(n)),
        _ => Err(Stop::Opaque(Box::new(Value::unknown("hashes differ from run to run")))),
    }
}

/// `id(value)`
pub(super) fn id(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Err(Stop::Opaque(Box::new(Value::unknown("addresses differ from run to run"))))
}

/// `isinstance(value, class)`
pub(super) fn isinstance(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(value), Some(class)] = interp.params("isinstance", args, ["$", "$"], 2)? else {
        return Ok(Value::none());
    };
    if let Some(answer) = interp.isinstance(&value, &class)? {
        return Ok(Value::bool(answer));
    }
    Err(Stop::Opaque(Box::new(if value.is_known() {
        Value::unknown("its class is not known")
    } else {
        value
    })))
}

/// `issubclass(class, base)`
pub(super) fn issubclass(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(class), Some(base)] = interp.params("issubclass", args, ["$", "$"], 2)? else {
        return Ok(Value::none());
    };
    let bases = match &base.kind {
        Kind::Tuple(bases) => bases.to_vec(),
        _ => vec![base],
    };
    let mut unclear = false;
    for base in &bases {
        match interp.is_subclass(&class, base) {
            Some(true) => return Ok(Value::bool(true)),
            Some(false) => {}
            None => unclear = true,
        }
    }
    if unclear {
        return Err(Stop::Opaque(Box::new(Value::unknown("what a class derives from is not known"))));
    }
    Ok(Value::bool(false))
}

/// `getattr(value, name, default)`
pub(super) fn getattr(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(value), Some(name), default] = interp.params("getattr", args, ["$", "$", "$"], 2)? else {
        return Ok(Value::none());
    };
    let name = attribute_name(interp, "getattr", &name)?;
    let Some(default) = default else { return interp.get_attribute(&value, &name) };
    let (found, raised) = interp.catching(|interp| interp.find_attribute(&value, &name));
    if !raised.is_empty() {
        return Err(Stop::Opaque(Box::new(Value::unknown("whether the attribute is there is not known"))));
    }
    match found {
        Ok(Some(found)) if matches!(found.kind, Kind::Unknown(_)) && !value.is_known() => Ok(found),
        Ok(Some(found)) => match &found.kind {
            // Whether something that is not modelled has the attribute is not known.
            Kind::External(external) if external.kind == ExternalKind::Unclear => {
                Err(Stop::Opaque(Box::new(Value::unknown(format!("`{}` is not modelled", external.path())))))
            }
            _ => Ok(found),
        },
        Ok(None) => Ok(default),
        Err(Stop::Raise(exc)) if interp.is_exception_of(&exc.value, Type::AttributeError) == Some(true) => {
            Ok(default)
        }
        Err(stop) => Err(stop),
    }
}

/// `hasattr(value, name)`
pub(super) fn hasattr(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(value), Some(name)] = interp.params("hasattr", args, ["$", "$"], 2)? else {
        return Ok(Value::none());
    };
    let name = attribute_name(interp, "hasattr", &name)?;
    let (found, raised) = interp.catching(|interp| interp.find_attribute(&value, &name));
    if !raised.is_empty() {
        return Err(Stop::Opaque(Box::new(Value::unknown("whether the attribute is there is not known"))));
    }
    match found {
        Ok(Some(found)) => match &found.kind {
            Kind::External(external)
                if matches!(external.kind, ExternalKind::Class | ExternalKind::Function) =>
            {
                Ok(Value::bool(true))
            }
            Kind::External(_) | Kind::Unknown(_)
                if interp.is_unclear(&value) || is_opaque(interp, &value) =>
            {
                Err(Stop::Opaque(Box::new(Value::unknown("whether the attribute is there is not known"))))
            }
            _ => Ok(Value::bool(true)),
        },
        Ok(None) => Ok(Value::bool(false)),
        Err(Stop::Raise(exc)) if interp.is_exception_of(&exc.value, Type::AttributeError) == Some(true) => {
            Ok(Value::bool(false))
        }
        Err(stop) => Err(stop),
    }
}

/// Whether attributes of the object are made up where they are not known.
fn is_opaque(interp: &Interp<'_>, value: &Value) -> bool {
    use crate::object::Object;
    use crate::object::instance::ModuleSource;
    match value.id().map(|id| interp.heap.get(id)) {
        Some(Object::Module(module)) => !matches!(module.source, ModuleSource::Evaluated),
        Some(Object::Class(class)) => class.opaque.is_some(),
        _ => false,
    }
}

fn attribute_name(interp: &mut Interp<'_>, function: &str, name: &Value) -> Res<Rc<str>> {
    match &name.kind {
        Kind::Str(name) => Ok(Rc::clone(name)),
        _ if !name.is_known() => Err(Stop::Opaque(Box::new(name.clone()))),
        _ => {
            let _ = function;
            Err(interp.raise_unclear(Type::TypeError))
        }
    }
}

/// `setattr(value, name, new)`
pub(super) fn setattr(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(value), Some(name), Some(new)] = interp.params("setattr", args, ["$", "$", "$"], 3)? else {
        return Ok(Value::none());
    };
    if !name.is_known() {
        let id = value.id();
        let names = id.and_then(|id| interp.names_of(id));
        match names {
            Some(names) => interp.open_dict(names, "a name that is not known was set"),
            None => interp.changed_unknown(&value, &[&new]),
        }
        return Ok(Value::none());
    }
    let key = attribute_name(interp, "setattr", &name)?;
    let mut new = new;
    new.trace = new.trace.decided_by(&name.trace);
    interp.set_attribute(&value, &key, new)?;
    Ok(Value::none())
}

/// `delattr(value, name)`
pub(super) fn delattr(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(value), Some(name)] = interp.params("delattr", args, ["$", "$"], 2)? else {
        return Ok(Value::none());
    };
    if !name.is_known() {
        let names = value.id().and_then(|id| interp.names_of(id));
        match names {
            Some(names) => interp.open_dict(names, "a name that is not known was deleted"),
            None => interp.changed_unknown(&value, &[]),
        }
        return Ok(Value::none());
    }
    let key = attribute_name(interp, "delattr", &name)?;
    interp.delete_attribute(&value, &key)?;
    Ok(Value::none())
}

/// `__import__(name)`: the first package.
pub(super) fn import(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(name), _, _, from, level] =
        interp.params("__import__", args, ["name", "globals", "locals", "fromlist", "level"], 1)?
    else {
        return Ok(Value::none());
    };
    let name = interp.text(&name)?;
    if level.is_some_and(|l| l.as_int() != Some(0.into())) {
        return Err(Stop::Opaque(Box::new(Value::unknown("a relative `__import__` is not followed"))));
    }
    let leaf = interp.import_module(&name)?;
    let whole = match from {
        Some(from) => interp.expect_truth(&from)?,
        None => false,
    };
    match name.split_once('.') {
        Some((top, _)) if !whole => interp.import_module(top),
        _ => Ok(leaf),
    }
}

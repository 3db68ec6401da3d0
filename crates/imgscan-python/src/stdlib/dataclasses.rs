//! `dataclasses`

use super::{library, native};
use crate::interp::{Args, Interp, Res, Stop};
use crate::object::{Dict, DictKind, Kind, Native, Object, Type, Value};

pub(super) static FUNCTIONS: [Native; 5] = [
    native("dataclasses", "dataclass", dataclass),
    native("dataclasses", "field", field),
    native("dataclasses", "asdict", asdict),
    native("dataclasses", "astuple", unclear),
    native("dataclasses", "is_dataclass", is_dataclass),
];

/// `@dataclass` or `@dataclass(…)`
fn dataclass(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    interp.expect_closed(&args)?;
    match args.positional.first() {
        Some(class) => interp.make_dataclass(&class.clone(), &args.keywords),
        None => {
            let mut options = Dict::default();
            let site = interp.here;
            for (name, value) in args.keywords {
                options.set_name(&name, value, site);
            }
            let options = Value::object(interp.heap.add(Object::Dict(options)));
            Ok(library(interp, "decorator", vec![("dataclass", options)]))
        }
    }
}

/// `field(default=…, default_factory=…, …)`
fn field(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    interp.expect_closed(&args)?;
    if !args.positional.is_empty() {
        return Err(interp.raise_unclear(Type::TypeError));
    }
    let options: Vec<(&str, Value)> = args
        .keywords
        .iter()
        .filter(|(name, _)| matches!(&**name, "default" | "default_factory" | "init" | "kw_only"))
        .map(|(name, value)| (&**name, value.clone()))
        .collect();
    Ok(library(interp, "field", options))
}

fn asdict(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let value = interp.only("asdict", args)?;
    interp.expect_known(&value)?;
    if interp.tuple_items(&value).is_some() || value.id().is_none() && !interp.is_unclear(&value) {
        return Err(interp.type_error("asdict() should be called on dataclass instances"));
    }
    match fields_as_dict(interp, &value, 0)? {
        Some(dict) => Ok(dict),
        None => Err(Stop::Opaque(Box::new(Value::unknown("its fields are not known")))),
    }
}

/// `_asdict_inner` of `dataclasses.py` for an object with fields; `None` where it has none.
fn fields_as_dict(interp: &mut Interp<'_>, value: &Value, depth: usize) -> Res<Option<Value>> {
    let Some((_, fields)) = interp.fields_of(value) else { return Ok(None) };
    let mut dict = Dict::default();
    let site = interp.here;
    for (name, value) in fields {
        let value = in_depth(interp, &value, depth + 1)?;
        dict.set_name(&name, value, site);
    }
    Ok(Some(Value::object(interp.heap.add(Object::Dict(dict)))))
}

/// The same for what a field holds: dataclasses become dicts, containers are made anew, the rest is copied.
fn in_depth(interp: &mut Interp<'_>, value: &Value, depth: usize) -> Res<Value> {
    interp.charge(1)?;
    let stop = |words: &str| Err(Stop::Opaque(Box::new(Value::unknown(words))));
    if depth > imgscan_model::limits::DEPTH {
        return stop("the value nests too deeply");
    }
    let all = |interp: &mut Interp<'_>, items: &[Value]| -> Res<Vec<Value>> {
        items.iter().map(|item| in_depth(interp, item, depth + 1)).collect()
    };
    let id = match &value.kind {
        Kind::Tuple(items) => {
            let items = all(interp, items)?;
            return Ok(Value { kind: Kind::Tuple(items.into()), ..value.clone() });
        }
        Kind::Ref(id) => *id,
        _ => return Ok(value.clone()),
    };
    interp.expect_state(id)?;
    let made = match interp.heap.get(id).clone() {
        Object::List(items) => Object::List(all(interp, &items)?),
        Object::Dict(mut dict) if matches!(dict.kind, DictKind::Plain | DictKind::Ordered) => {
            for entry in dict.entries.values_mut() {
                entry.value = in_depth(interp, &entry.value, depth + 1)?;
            }
            Object::Dict(dict)
        }
        set @ Object::Set(_) => set,
        Object::Function(_) | Object::Class(_) | Object::Module(_) => return Ok(value.clone()),
        Object::Instance(_) if !interp.is_unclear(value) && interp.tuple_items(value).is_none() => {
            return match fields_as_dict(interp, value, depth)? {
                Some(dict) => Ok(dict),
                None => super::copy::deep_copy(interp, value),
            };
        }
        _ => return stop("`asdict` of what a field holds is not followed"),
    };
    Ok(Value { kind: Kind::Ref(interp.heap.add(made)), ..value.clone() })
}

fn is_dataclass(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let value = interp.only("is_dataclass", args)?;
    interp.expect_known(&value)?;
    let class = interp.instance_class(&value).unwrap_or(value);
    match class.id().map(|id| interp.heap.get(id)) {
        Some(Object::Class(class)) if class.opaque.is_none() => {
            Ok(Value::bool(class.fields.is_some() && class.tuple_fields.is_none()))
        }
        Some(Object::Class(_)) => Err(Stop::Opaque(Box::new(Value::unknown("its class is not modelled")))),
        _ => Ok(Value::bool(false)),
    }
}

fn unclear(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Err(Stop::Opaque(Box::new(Value::unknown("`dataclasses.astuple` is not modelled"))))
}

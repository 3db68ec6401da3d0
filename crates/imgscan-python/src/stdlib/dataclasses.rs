//! `dataclasses`

use super::{library, native};
use crate::interp::{Args, Interp, Res, Stop};
use crate::object::{Dict, Native, Object, Type, Value};

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
    let Some((_, fields)) = interp.fields_of(&value) else {
        return Err(Stop::Opaque(Box::new(Value::unknown("its fields are not known"))));
    };
    let mut dict = Dict::default();
    let site = interp.here;
    for (name, value) in fields {
        // Fields that are containers or dataclasses are copied in depth.
        if value.id().is_some() {
            return Err(Stop::Opaque(Box::new(Value::unknown("`asdict` in depth is not followed"))));
        }
        dict.set_name(&name, value, site);
    }
    Ok(Value::object(interp.heap.add(Object::Dict(dict))))
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

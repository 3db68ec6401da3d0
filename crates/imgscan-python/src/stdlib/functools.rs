//! `functools`

use std::rc::Rc;

use super::{library, native, state};
use crate::interp::{Args, Interp, Res, Stop};
use crate::object::{Id, Kind, Native, Object, Value};

pub(super) static FUNCTIONS: [Native; 6] = [
    native("functools", "wraps", wraps),
    native("functools", "update_wrapper", update_wrapper),
    native("functools", "lru_cache", lru_cache),
    native("functools", "cache", cache),
    native("functools", "reduce", reduce),
    native("functools", "total_ordering", cache),
];

/// `functools.wraps(wrapped)`: a decorator.
fn wraps(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(wrapped), ..] = interp.params("wraps", args, ["wrapped", "assigned", "updated"], 1)? else {
        return Ok(Value::none());
    };
    Ok(library(interp, "decorator", vec![("wraps", wrapped)]))
}

fn update_wrapper(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(wrapper), Some(wrapped), ..] =
        interp.params("update_wrapper", args, ["wrapper", "wrapped", "assigned", "updated"], 2)?
    else {
        return Ok(Value::none());
    };
    wrap(interp, &wrapper, &wrapped)?;
    Ok(wrapper)
}

/// Gives a function the name of the one it wraps.
fn wrap(interp: &mut Interp<'_>, wrapper: &Value, wrapped: &Value) -> Res<()> {
    let Some(id) = wrapper.id().filter(|id| matches!(interp.heap.get(*id), Object::Function(_))) else {
        return Ok(());
    };
    let names = interp.function_attributes(id);
    let site = interp.here;
    for name in ["__name__", "__qualname__", "__module__", "__doc__"] {
        if let Some(value) = interp.find_attribute(wrapped, name)? {
            interp.bind_in(names, &name.into(), value, site);
        }
    }
    interp.bind_in(names, &"__wrapped__".into(), wrapped.clone(), site);
    Ok(())
}

/// `functools.lru_cache`, with or without arguments: calls are what they are without it.
fn lru_cache(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    match args.positional.first() {
        Some(function) if interp.is_callable(function)? == Some(true) => Ok(function.clone()),
        _ => Ok(library(interp, "decorator", Vec::new())),
    }
}

fn cache(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    interp.only("cache", args)
}

/// Applies a decorator that a call made.
pub(super) fn decorate(interp: &mut Interp<'_>, id: Id, args: Args) -> Res<Value> {
    let target = interp.only("decorator", args)?;
    if let Some(wrapped) = state(interp, id, "wraps") {
        wrap(interp, &target, &wrapped)?;
    }
    if let Some(options) = state(interp, id, "dataclass")
        && let Some(Object::Dict(options)) = options.id().map(|id| interp.heap.get(id))
    {
        let options: Vec<(Rc<str>, Value)> = options
            .entries
            .values()
            .filter_map(|e| match &e.key.kind {
                Kind::Str(name) => Some((Rc::clone(name), e.value.clone())),
                _ => None,
            })
            .collect();
        return interp.make_dataclass(&target, &options);
    }
    Ok(target)
}

/// `functools.reduce(function, iterable, initial)`
fn reduce(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(function), Some(iterable), initial] =
        interp.params("reduce", args, ["$", "$", "initial"], 2)?
    else {
        return Ok(Value::none());
    };
    let mut items = interp.collect(&iterable)?.into_iter();
    let mut total = match initial.or_else(|| items.next()) {
        Some(first) => first,
        None => {
            let message = match interp.since(3, 11) {
                true => "reduce() of empty iterable with no initial value",
                false => "reduce() of empty sequence with no initial value",
            };
            return Err(interp.type_error(message));
        }
    };
    for item in items {
        total = interp.call(&function, Args::of(vec![total, item]))?;
    }
    if !total.is_known() && matches!(total.kind, Kind::Unknown(_)) {
        return Err(Stop::Opaque(Box::new(total)));
    }
    Ok(total)
}

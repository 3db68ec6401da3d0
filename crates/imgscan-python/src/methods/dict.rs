//! Methods of `dict`, of its relatives, and of `os.environ`.

use crate::interp::{Args, Fallback, Interp, Res, Stop};
use crate::object::instance::DictPart;
use crate::object::{Condition, Dict, DictKind, Id, Key, Kind, Object, Type, Value};

/// `this.name(*args)`
pub(super) fn call(interp: &mut Interp<'_>, id: Id, name: &str, args: Args) -> Res<Value> {
    match name {
        "get" => {
            let [Some(key), default] = interp.params("get", args, ["key", "default"], 1)? else {
                return Ok(Value::none());
            };
            let default = default.unwrap_or_else(Value::none);
            get(interp, id, &key, &default)
        }
        "keys" => view(interp, id, DictPart::Keys, name, args),
        "values" => view(interp, id, DictPart::Values, name, args),
        "items" => view(interp, id, DictPart::Items, name, args),
        "setdefault" => set_default(interp, id, args),
        "pop" => pop(interp, id, args),
        "popitem" => pop_item(interp, id, args),
        "update" => update(interp, id, args),
        "copy" => {
            let mut copy = interp.heap.dict(id).cloned().unwrap_or_default();
            interp.expect_state(id)?;
            if matches!(copy.kind, DictKind::Environ) {
                copy.kind = DictKind::Plain;
            }
            Ok(Value::object(interp.heap.add(Object::Dict(copy))))
        }
        "clear" => {
            if let Some(dict) = interp.heap.dict_mut(id) {
                dict.entries.clear();
                dict.open = None;
            }
            Ok(Value::none())
        }
        "fromkeys" => from_keys(interp, args),
        "move_to_end" => move_to_end(interp, id, args),
        "most_common" => most_common(interp, id, args),
        _ => Err(Stop::Opaque(Box::new(Value::unknown(format!("`dict.{name}` is not modelled"))))),
    }
}

/// `get(key, default)`
pub(crate) fn get(interp: &mut Interp<'_>, id: Id, key: &Value, default: &Value) -> Res<Value> {
    let environ = interp.heap.dict(id).is_some_and(|d| matches!(d.kind, DictKind::Environ));
    if environ && key.is_known() && key.as_str().is_none() {
        let name = interp.type_name(key);
        return Err(interp.type_error(format!("str expected, not {name}")));
    }
    match interp.dict_get(id, key, Fallback::Value(default))? {
        Some(value) => Ok(value),
        None => {
            let value = default.clone();
            let is_environ = interp.heap.dict(id).is_some_and(|d| d.is_environ);
            match is_environ && key.as_str().is_some() {
                true => Ok(interp.default_read(value)),
                false => Ok(value),
            }
        }
    }
}

fn view(interp: &mut Interp<'_>, id: Id, part: DictPart, name: &str, args: Args) -> Res<Value> {
    if !args.positional.is_empty() {
        return Err(interp.raise_unclear(Type::TypeError));
    }
    let _ = name;
    Ok(Value::object(interp.heap.add(Object::View(id, part))))
}

fn set_default(interp: &mut Interp<'_>, id: Id, args: Args) -> Res<Value> {
    let [Some(key), default] = interp.params("setdefault", args, ["key", "default"], 1)? else {
        return Ok(Value::none());
    };
    let default = default.unwrap_or_else(Value::none);
    let hashed = interp.key(&key)?;
    let maybe = interp.heap.dict(id).and_then(|d| d.entries.get(&hashed)).and_then(|e| e.maybe.clone());
    match interp.dict_get(id, &key, Fallback::Value(&default))? {
        Some(value) => {
            if maybe.is_some() {
                interp.set_item(&Value::object(id), &key, value.clone())?;
            }
            Ok(value)
        }
        None => {
            let environ = interp.heap.dict(id).is_some_and(|d| d.is_environ);
            let value = if environ { interp.default_read(default) } else { default };
            interp.set_item(&Value::object(id), &key, value.clone())?;
            Ok(value)
        }
    }
}

fn pop(interp: &mut Interp<'_>, id: Id, args: Args) -> Res<Value> {
    let [Some(key), default] = interp.params("pop", args, ["key", "default"], 1)? else {
        return Ok(Value::none());
    };
    let hashed = interp.key(&key)?;
    let found = match &default {
        Some(default) => interp.dict_get(id, &key, Fallback::Value(default))?,
        None => interp.dict_get(id, &key, Fallback::None)?,
    };
    if let Some(dict) = interp.heap.dict_mut(id) {
        dict.entries.shift_remove(&hashed);
    }
    match (found, default) {
        (Some(value), _) => Ok(value),
        (None, Some(default)) => {
            let environ = interp.heap.dict(id).is_some_and(|d| d.is_environ);
            Ok(if environ { interp.default_read(default) } else { default })
        }
        (None, None) => Err(interp.raise_with(Type::KeyError, vec![key])),
    }
}

fn pop_item(interp: &mut Interp<'_>, id: Id, args: Args) -> Res<Value> {
    let [last] = interp.params("popitem", args, ["last"], 0)?;
    let last = interp.flag(last.as_ref(), true)?;
    interp.expect_certain(id)?;
    let taken = interp.heap.dict_mut(id).and_then(|dict| match last {
        true => dict.entries.pop(),
        false => dict.entries.shift_remove_index(0),
    });
    match taken {
        Some((_, entry)) => Ok(Value::tuple(vec![entry.key, entry.value])),
        None => Err(interp.raise(Type::KeyError, "popitem(): dictionary is empty")),
    }
}

fn update(interp: &mut Interp<'_>, id: Id, args: Args) -> Res<Value> {
    if args.positional.len() > 1 {
        return Err(interp.raise_unclear(Type::TypeError));
    }
    let mut more = Dict::default();
    if let Some(open) = &args.open {
        return Err(Stop::Opaque(Box::new(open.clone())));
    }
    if let Some(source) = args.positional.first() {
        crate::builtins::fill(interp, &mut more, source)?;
        if let Some(reason) = more.open {
            return Err(Stop::Opaque(Box::new(Value::unknown(reason))));
        }
    }
    let target = Value::object(id);
    let entries: Vec<_> = more.entries.into_iter().collect();
    for (key, entry) in entries {
        interp.charge(1)?;
        match entry.maybe {
            None => interp.set_item(&target, &entry.key, entry.value)?,
            Some(condition) => maybe_set(interp, id, key, &entry.key, entry.value, &condition)?,
        }
    }
    for (name, value) in args.keywords {
        interp.set_item(&target, &Value::str(name), value)?;
    }
    Ok(Value::none())
}

/// Sets an entry that is there only under a condition.
fn maybe_set(
    interp: &mut Interp<'_>,
    id: Id,
    hashed: Key,
    key: &Value,
    value: Value,
    condition: &Condition,
) -> Res<()> {
    let before = interp.heap.dict(id).and_then(|d| d.entries.get(&hashed)).cloned();
    match before {
        Some(before) => {
            let joined = interp.join_values(condition, &value, &before.value);
            let maybe = before.maybe.map(|m| condition.or(&m));
            interp.set_item(&Value::object(id), key, joined)?;
            if let Some(entry) = interp.heap.dict_mut(id).and_then(|d| d.entries.get_mut(&hashed)) {
                entry.maybe = maybe;
            }
        }
        None => {
            interp.set_item(&Value::object(id), key, value)?;
            if let Some(entry) = interp.heap.dict_mut(id).and_then(|d| d.entries.get_mut(&hashed)) {
                entry.maybe = Some(condition.clone());
            }
        }
    }
    Ok(())
}

/// `dict.fromkeys(iterable, value=None)`
pub(super) fn from_keys(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(keys), value] = interp.params("fromkeys", args, ["$", "$"], 1)? else {
        return Ok(Value::none());
    };
    let value = value.unwrap_or_else(Value::none);
    let mut dict = Dict::default();
    let site = interp.here;
    for key in interp.collect(&keys)? {
        let hashed = interp.key(&key)?;
        dict.set(hashed, key, value.clone(), site);
    }
    Ok(Value::object(interp.heap.add(Object::Dict(dict))))
}

fn move_to_end(interp: &mut Interp<'_>, id: Id, args: Args) -> Res<Value> {
    let [Some(key), last] = interp.params("move_to_end", args, ["key", "last"], 1)? else {
        return Ok(Value::none());
    };
    let last = interp.flag(last.as_ref(), true)?;
    let hashed = interp.key(&key)?;
    interp.expect_certain(id)?;
    let Some(dict) = interp.heap.dict_mut(id) else { return Ok(Value::none()) };
    match dict.entries.get_index_of(&hashed) {
        Some(at) => {
            let to = if last { dict.entries.len() - 1 } else { 0 };
            dict.entries.move_index(at, to);
            Ok(Value::none())
        }
        None => Err(interp.raise_with(Type::KeyError, vec![key])),
    }
}

/// `Counter.most_common(n)`: by count, equal ones as they came.
fn most_common(interp: &mut Interp<'_>, id: Id, args: Args) -> Res<Value> {
    let [most] = interp.params("most_common", args, ["n"], 0)?;
    let most = match most {
        Some(most) if !most.is_none() => Some(usize::try_from(interp.count(&most)?).unwrap_or(0)),
        _ => None,
    };
    interp.expect_certain(id)?;
    let mut pairs: Vec<(num_bigint::BigInt, Value)> = Vec::new();
    for entry in
        interp.heap.dict(id).map(|d| d.entries.values().cloned().collect::<Vec<_>>()).unwrap_or_default()
    {
        let Kind::Int(count) = &entry.value.kind else {
            return Err(Stop::Opaque(Box::new(entry.value)));
        };
        pairs.push(((**count).clone(), Value::tuple(vec![entry.key, entry.value])));
    }
    pairs.sort_by(|a, b| b.0.cmp(&a.0));
    pairs.truncate(most.unwrap_or(pairs.len()));
    Ok(interp.list(pairs.into_iter().map(|(_, pair)| pair).collect()))
}

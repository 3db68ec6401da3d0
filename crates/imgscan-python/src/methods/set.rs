//! Methods of `set` and `frozenset`, and of the views of a dict.

use indexmap::IndexMap;

use crate::interp::{Args, Interp, Res, Stop};
use crate::object::instance::Set;
use crate::object::{Id, Key, Object, Type, Value};

type Items = IndexMap<Key, Value>;

/// `this.name(*args)`
pub(super) fn call(interp: &mut Interp<'_>, id: Id, name: &str, args: Args) -> Res<Value> {
    interp.expect_state(id)?;
    interp.expect_closed(&args)?;
    let Object::Set(set) = interp.heap.get(id) else { return Ok(Value::none()) };
    let set = set.clone();
    match name {
        "add" => {
            let item = interp.only("set.add", args)?;
            let key = interp.key(&item)?;
            edit(interp, id, |items| {
                items.entry(key).or_insert(item);
            });
            Ok(Value::none())
        }
        "discard" | "remove" => {
            let item = interp.only(name, args)?;
            let key = interp.key(&item)?;
            if name == "remove" && !set.items.contains_key(&key) {
                return Err(interp.raise_with(Type::KeyError, vec![item]));
            }
            edit(interp, id, |items| {
                items.shift_remove(&key);
            });
            Ok(Value::none())
        }
        "clear" => {
            edit(interp, id, Items::clear);
            Ok(Value::none())
        }
        "pop" => match set.items.len() {
            0 => Err(interp.raise(Type::KeyError, "pop from an empty set")),
            1 => {
                let only = set.items.into_values().next();
                edit(interp, id, Items::clear);
                Ok(only.unwrap_or_else(Value::none))
            }
            _ => Err(Stop::Opaque(Box::new(Value::unknown("the order of a set is not known")))),
        },
        "copy" => Ok(Value::object(interp.heap.add(Object::Set(set)))),
        "update" | "union" => {
            let mut items = set.items;
            for other in &args.positional {
                items.extend(elements(interp, other)?);
            }
            finish(interp, id, items, set.frozen, name == "update")
        }
        "intersection" | "intersection_update" => {
            let mut items = set.items;
            for other in &args.positional {
                let other = elements(interp, other)?;
                items.retain(|key, _| other.contains_key(key));
            }
            finish(interp, id, items, set.frozen, name.ends_with("update"))
        }
        "difference" | "difference_update" => {
            let mut items = set.items;
            for other in &args.positional {
                let other = elements(interp, other)?;
                items.retain(|key, _| !other.contains_key(key));
            }
            finish(interp, id, items, set.frozen, name.ends_with("update"))
        }
        "symmetric_difference" | "symmetric_difference_update" => {
            let other = interp.only(name, args)?;
            let other = elements(interp, &other)?;
            let mut items = set.items.clone();
            items.retain(|key, _| !other.contains_key(key));
            items.extend(other.into_iter().filter(|(key, _)| !set.items.contains_key(key)));
            finish(interp, id, items, set.frozen, name.ends_with("update"))
        }
        "isdisjoint" | "issubset" | "issuperset" => {
            let other = interp.only(name, args)?;
            let other = elements(interp, &other)?;
            Ok(Value::bool(related(name, &set.items, &other)))
        }
        _ => Err(Stop::Opaque(Box::new(Value::unknown(format!("`set.{name}` is not modelled"))))),
    }
}

fn related(name: &str, mine: &Items, other: &Items) -> bool {
    match name {
        "isdisjoint" => !mine.keys().any(|k| other.contains_key(k)),
        "issubset" => mine.keys().all(|k| other.contains_key(k)),
        _ => other.keys().all(|k| mine.contains_key(k)),
    }
}

fn edit(interp: &mut Interp<'_>, id: Id, change: impl FnOnce(&mut Items)) {
    if let Some(Object::Set(set)) = interp.heap.get_mut(id) {
        change(&mut set.items);
    }
}

fn elements(interp: &mut Interp<'_>, value: &Value) -> Res<Items> {
    let mut items = Items::new();
    for item in interp.collect_any_order(value)? {
        let key = interp.key(&item)?;
        items.entry(key).or_insert(item);
    }
    Ok(items)
}

fn finish(interp: &mut Interp<'_>, id: Id, items: Items, frozen: bool, in_place: bool) -> Res<Value> {
    interp.check_size(items.len())?;
    if in_place {
        edit(interp, id, |slot| *slot = items);
        return Ok(Value::none());
    }
    Ok(Value::object(interp.heap.add(Object::Set(Set { items, frozen }))))
}

/// A method of `dict.keys()` and the like.
pub(super) fn view_call(interp: &mut Interp<'_>, this: &Value, name: &str, args: Args) -> Res<Value> {
    match (name, interp.set_like(this)?) {
        ("isdisjoint", Some(mine)) => {
            let other = interp.only(name, args)?;
            let other = elements(interp, &other)?;
            Ok(Value::bool(related(name, &mine, &other)))
        }
        _ => Err(Stop::Opaque(Box::new(Value::unknown(format!("`{name}` of a view is not modelled"))))),
    }
}

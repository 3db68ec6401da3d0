//! `copy`

use std::collections::HashMap;

use super::native;
use crate::interp::{Args, Interp, Res, Stop};
use crate::object::instance::Instance;
use crate::object::{Id, Kind, Native, Object, Value};

pub(super) static FUNCTIONS: [Native; 2] =
    [native("copy", "copy", copy), native("copy", "deepcopy", deepcopy)];

fn copy(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let value = interp.only("copy", args)?;
    let Some(id) = value.id() else { return Ok(value) };
    interp.expect_state(id)?;
    if let Some(result) = interp.call_special(&value, "__copy__", &[])? {
        return Ok(result);
    }
    let copied = match interp.heap.get(id).clone() {
        object @ (Object::List(_) | Object::Set(_)) => object,
        Object::Dict(mut dict) => {
            if matches!(dict.kind, crate::object::DictKind::Environ) {
                return Err(Stop::Opaque(Box::new(Value::unknown("a copy of `os.environ` is not followed"))));
            }
            dict.is_environ = false;
            Object::Dict(dict)
        }
        Object::Function(_) | Object::Class(_) | Object::Module(_) => return Ok(value),
        _ => return Err(Stop::Opaque(Box::new(Value::unknown("copying this object is not followed")))),
    };
    Ok(Value::object(interp.heap.add(copied)).traced(value.trace))
}

fn deepcopy(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(value), _] = interp.params("deepcopy", args, ["x", "memo"], 1)? else {
        return Ok(Value::none());
    };
    deep_copy(interp, &value)
}

/// `copy.deepcopy(value)`
pub(super) fn deep_copy(interp: &mut Interp<'_>, value: &Value) -> Res<Value> {
    deep(interp, value, &mut HashMap::new(), 0)
}

/// A copy of a value and of everything it holds.
fn deep(interp: &mut Interp<'_>, value: &Value, done: &mut HashMap<Id, Id>, depth: usize) -> Res<Value> {
    interp.charge(1)?;
    if depth > imgscan_model::limits::DEPTH {
        return Err(Stop::Opaque(Box::new(Value::unknown("the value nests too deeply"))));
    }
    let id = match &value.kind {
        Kind::Tuple(items) => {
            let copied = items.iter().map(|i| deep(interp, i, done, depth + 1)).collect::<Res<Vec<_>>>()?;
            return Ok(Value { kind: Kind::Tuple(copied.into()), ..value.clone() });
        }
        Kind::Ref(id) => *id,
        _ => return Ok(value.clone()),
    };
    if let Some(copy) = done.get(&id) {
        return Ok(Value { kind: Kind::Ref(*copy), ..value.clone() });
    }
    interp.expect_state(id)?;
    if interp.find_special(value, "__deepcopy__")?.is_some() {
        return Err(Stop::Opaque(Box::new(Value::unknown("`__deepcopy__` is not followed"))));
    }
    let copy = match interp.heap.get(id).clone() {
        Object::List(items) => {
            let copy = interp.heap.add(Object::List(Vec::new()));
            done.insert(id, copy);
            let items = items.iter().map(|i| deep(interp, i, done, depth + 1)).collect::<Res<Vec<_>>>()?;
            if let Some(list) = interp.heap.list_mut(copy) {
                *list = items;
            }
            copy
        }
        Object::Dict(mut dict) if !matches!(dict.kind, crate::object::DictKind::Environ) => {
            let copy = interp.heap.add(Object::Dict(Default::default()));
            done.insert(id, copy);
            for entry in dict.entries.values_mut() {
                entry.value = deep(interp, &entry.value, done, depth + 1)?;
            }
            dict.is_environ = false;
            if let Some(slot) = interp.heap.get_mut(copy) {
                *slot = Object::Dict(dict);
            }
            copy
        }
        Object::Set(set) => interp.heap.add(Object::Set(set)),
        Object::Instance(instance) if !interp.is_unclear(value) && !instance.is_exception(&interp.heap) => {
            let names = deep(interp, &Value::object(instance.names), done, depth + 1)?;
            let args = match &instance.args {
                Some(args) => Some(deep(interp, args, done, depth + 1)?),
                None => None,
            };
            let names = names.id().unwrap_or(instance.names);
            interp.heap.add(Object::Instance(Instance { names, args, ..instance }))
        }
        Object::Function(_) | Object::Class(_) | Object::Module(_) | Object::Pattern(_) => id,
        _ => return Err(Stop::Opaque(Box::new(Value::unknown("copying this object is not followed")))),
    };
    Ok(Value { kind: Kind::Ref(copy), ..value.clone() })
}

//! Methods of `list`.

use num_bigint::BigInt;

use super::tuple;
use crate::interp::{Args, Interp, Res, Stop};
use crate::object::{Id, Type, Value};

/// `this.name(*args)`
pub(super) fn call(interp: &mut Interp<'_>, this: &Value, id: Id, name: &str, args: Args) -> Res<Value> {
    match name {
        "append" => {
            let item = interp.only("list.append", args)?;
            interp.stored_in(id, std::slice::from_ref(&item));
            let length = interp.heap.list(id).map_or(0, Vec::len);
            interp.check_size(length)?;
            if let Some(list) = interp.heap.list_mut(id) {
                list.push(item);
            }
            Ok(Value::none())
        }
        "extend" => {
            let more = interp.only("list.extend", args)?;
            let items = interp.collect(&more)?;
            interp.extend_list(id, items)?;
            Ok(Value::none())
        }
        "insert" => {
            let [Some(at), Some(item)] = interp.params("insert", args, ["$", "$"], 2)? else {
                return Ok(Value::none());
            };
            let at = interp.count(&at)?;
            interp.expect_state(id)?;
            if let Some(list) = interp.heap.list_mut(id) {
                let length = i64::try_from(list.len()).unwrap_or(i64::MAX);
                let at = if at < 0 { at.saturating_add(length).max(0) } else { at.min(length) };
                list.insert(usize::try_from(at).unwrap_or(0), item);
            }
            Ok(Value::none())
        }
        "pop" => pop(interp, id, args),
        "remove" => {
            let wanted = interp.only("list.remove", args)?;
            for (at, item) in interp.list_items(id)?.iter().enumerate() {
                if interp.equal(item, &wanted)? {
                    if let Some(list) = interp.heap.list_mut(id) {
                        list.remove(at);
                    }
                    return Ok(Value::none());
                }
            }
            Err(interp.value_error("list.remove(x): x not in list"))
        }
        "clear" => {
            if let Some(list) = interp.heap.list_mut(id) {
                list.clear();
            }
            Ok(Value::none())
        }
        "copy" => {
            let items = interp.list_items(id)?;
            Ok(interp.list(items))
        }
        "count" => {
            let items = interp.list_items(id)?;
            tuple::call(interp, &items, "count", args)
        }
        "index" => {
            let items = interp.list_items(id)?;
            let shown = args.get(0).cloned();
            let missing = match shown {
                Some(wanted) => match interp.plain_repr(&wanted) {
                    Ok(shown) => format!("{shown} is not in list"),
                    Err(Stop::Opaque(_)) => "list.index(x): x not in list".to_owned(),
                    Err(stop) => return Err(stop),
                },
                None => String::new(),
            };
            tuple::index(interp, &items, args, &missing)
        }
        "reverse" => {
            interp.expect_state(id)?;
            if let Some(list) = interp.heap.list_mut(id) {
                list.reverse();
            }
            Ok(Value::none())
        }
        "sort" => sort(interp, id, args),
        _ => {
            let _ = this;
            Err(Stop::Opaque(Box::new(Value::unknown(format!("`list.{name}` is not modelled")))))
        }
    }
}

fn pop(interp: &mut Interp<'_>, id: Id, args: Args) -> Res<Value> {
    let [at] = interp.params("pop", args, ["$"], 0)?;
    let at = match at {
        Some(at) => interp.index(&at)?,
        None => BigInt::from(-1),
    };
    interp.expect_state(id)?;
    let length = interp.heap.list(id).map_or(0, Vec::len);
    if length == 0 {
        return Err(interp.raise(Type::IndexError, "pop from empty list"));
    }
    match crate::interp::position(&at, length) {
        Some(at) => Ok(interp.heap.list_mut(id).map_or_else(Value::none, |list| list.remove(at))),
        None => Err(interp.raise(Type::IndexError, "pop index out of range")),
    }
}

fn sort(interp: &mut Interp<'_>, id: Id, mut args: Args) -> Res<Value> {
    interp.expect_closed(&args)?;
    let key = args.take("key");
    let reverse = args.take("reverse");
    if !args.positional.is_empty() {
        return Err(interp.type_error("sort() takes no positional arguments"));
    }
    let items = interp.list_items(id)?;
    let sorted = crate::builtins::sort(interp, items, key.as_ref(), reverse.as_ref())?;
    if let Some(list) = interp.heap.list_mut(id) {
        *list = sorted;
    }
    Ok(Value::none())
}

//! `collections`

use std::rc::Rc;

use super::native;
use crate::interp::{Args, Interp, Res};
use crate::object::instance::Field;
use crate::object::{Kind, Native, Type, Value};

pub(super) static FUNCTIONS: [Native; 1] = [native("collections", "namedtuple", named_tuple)];

/// The classes.
pub(super) fn special(name: &str) -> Option<Value> {
    let class = match name {
        "OrderedDict" => Type::OrderedDict,
        "defaultdict" => Type::DefaultDict,
        "Counter" => Type::Counter,
        _ => return None,
    };
    Some(Value::new(Kind::Type(class)))
}

/// `namedtuple(typename, field_names, defaults=None)`
fn named_tuple(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let names = ["typename", "field_names", "rename", "defaults", "module"];
    let [Some(name), Some(fields), rename, defaults, _] = interp.params("namedtuple", args, names, 2)? else {
        return Ok(Value::none());
    };
    if interp.flag(rename.as_ref(), false)? {
        return Err(interp.raise_unclear(Type::ValueError));
    }
    let name = interp.text(&name)?;
    let fields: Vec<Rc<str>> = match &fields.kind {
        Kind::Str(text) => text.replace(',', " ").split_whitespace().map(Rc::from).collect(),
        _ => {
            let items = interp.collect(&fields)?;
            items.iter().map(|i| interp.text(i)).collect::<Res<Vec<_>>>()?
        }
    };
    for (at, field) in fields.iter().enumerate() {
        let valid = field.chars().next().is_some_and(|c| c.is_ascii_alphabetic())
            && field.chars().all(|c| c == '_' || c.is_ascii_alphanumeric());
        if !valid || fields.iter().take(at).any(|other| other == field) {
            return Err(interp.raise_unclear(Type::ValueError));
        }
    }
    let defaults = match defaults {
        Some(defaults) if !defaults.is_none() => interp.collect(&defaults)?,
        _ => Vec::new(),
    };
    if defaults.len() > fields.len() {
        return Err(interp.type_error("Got more default values than field names"));
    }
    let first = fields.len() - defaults.len();
    let fields = fields
        .into_iter()
        .enumerate()
        .map(|(at, name)| Field {
            name,
            default: at.checked_sub(first).and_then(|i| defaults.get(i)).cloned(),
            factory: None,
            in_init: true,
            keyword_only: false,
        })
        .collect();
    interp.named_tuple_class(&name, fields, None)
}

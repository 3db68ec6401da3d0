//! `logging` and other libraries of which little more is needed than that they are harmless.

use super::native;
use crate::interp::{Args, Interp, Res, Stop};
use crate::object::{Native, Value};

pub(super) static FUNCTIONS: [Native; 9] = [
    native("logging", "getLevelName", level_name),
    native("atexit", "register", identity),
    native("abc", "abstractmethod", identity),
    native("typing", "cast", cast),
    native("typing", "overload", identity),
    native("typing", "final", identity),
    native("typing", "no_type_check", identity),
    native("typing", "runtime_checkable", identity),
    native("inspect", "isfunction", is_function),
];

const LEVELS: [(&str, i32); 8] = [
    ("CRITICAL", 50),
    ("FATAL", 50),
    ("ERROR", 40),
    ("WARN", 30),
    ("WARNING", 30),
    ("INFO", 20),
    ("DEBUG", 10),
    ("NOTSET", 0),
];

/// `logging.getLevelName(level)`: a name for a number, a number for a name.
fn level_name(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let value = interp.only("getLevelName", args)?;
    interp.expect_known(&value)?;
    if let Some(name) = value.as_str() {
        return Ok(match LEVELS.iter().find(|(n, _)| *n == name) {
            Some((_, level)) => Value::int(*level),
            None => Value::str(format!("Level {name}")),
        });
    }
    let Some(n) = value.as_int() else {
        return Err(Stop::Opaque(Box::new(Value::unknown("the name of this level is not known"))));
    };
    Ok(match n.to_string().as_str() {
        "50" => Value::str("CRITICAL"),
        "40" => Value::str("ERROR"),
        "30" => Value::str("WARNING"),
        "20" => Value::str("INFO"),
        "10" => Value::str("DEBUG"),
        "0" => Value::str("NOTSET"),
        other => Value::str(format!("Level {other}")),
    })
}

/// Decorators and registrations that give back what they are given.
fn identity(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let _ = interp;
    Ok(args.positional.into_iter().next().unwrap_or_else(Value::none))
}

fn cast(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [_, Some(value)] = interp.params("cast", args, ["typ", "val"], 2)? else { return Ok(Value::none()) };
    Ok(value)
}

fn is_function(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let value = interp.only("isfunction", args)?;
    interp.expect_known(&value)?;
    if interp.is_unclear(&value) {
        return Err(Stop::Opaque(Box::new(value)));
    }
    Ok(Value::bool(interp.class_of(&value) == Some(crate::object::Type::Function)))
}

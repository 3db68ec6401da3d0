//! What differs from run to run: the time, random numbers, names made up.

use imgscan_model::Need;

use super::native;
use super::os::symbolic;
use crate::interp::{Args, Interp, Res};
use crate::object::{Native, Type, Value};

pub(super) static FUNCTIONS: [Native; 14] = [
    native("time", "time", seconds),
    native("time", "monotonic", seconds),
    native("time", "perf_counter", seconds),
    native("time", "strftime", date_text),
    native("time", "ctime", date_text),
    native("time", "sleep", nothing),
    native("time", "tzset", nothing),
    native("random", "randint", random_int),
    native("random", "random", random_float),
    native("random", "randrange", random_int),
    native("random", "seed", nothing),
    native("secrets", "token_hex", random_text),
    native("getpass", "getuser", user),
    native("tempfile", "gettempdir", temporary),
];

fn seconds(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Ok(symbolic("time.time()", Some(Type::Float), Need::Time))
}

fn date_text(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Ok(symbolic("time.strftime(…)", Some(Type::Str), Need::Time))
}

fn nothing(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Ok(Value::none())
}

/// A random number is another one at each call: nothing may be concluded from two being written the same way.
fn random(text: &str, class: Type) -> Value {
    let _ = text;
    let unknown = crate::object::Unknown::new("it is random")
        .needing(std::rc::Rc::new([Need::Other("a random number".into())]));
    let unknown = crate::object::Unknown { class: Some(class), ..unknown };
    Value::new(crate::object::Kind::Unknown(std::rc::Rc::new(unknown)))
}

fn random_int(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Ok(random("random.randint(…)", Type::Int))
}

fn random_float(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Ok(random("random.random()", Type::Float))
}

fn random_text(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Ok(random("secrets.token_hex(…)", Type::Str))
}

fn user(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Ok(symbolic("getpass.getuser()", Some(Type::Str), Need::Other("the user".into())))
}

fn temporary(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Ok(symbolic(
        "tempfile.gettempdir()",
        Some(Type::Str),
        Need::Other("the directory for temporary files".into()),
    ))
}

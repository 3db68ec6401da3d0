//! `contextlib`

use super::{library, native};
use crate::interp::{Args, Interp, Res};
use crate::object::{Native, Object, Value};

pub(super) static FUNCTIONS: [Native; 4] = [
    native("contextlib", "suppress", suppress),
    native("contextlib", "nullcontext", nullcontext),
    native("contextlib", "redirect_stdout", nullcontext),
    native("contextlib", "redirect_stderr", nullcontext),
];

fn suppress(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    interp.expect_closed(&args)?;
    let classes = Value::tuple(args.positional);
    Ok(library(interp, "suppress", vec![("classes", classes)]))
}

fn nullcontext(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let given = args.positional.into_iter().next().unwrap_or_else(Value::none);
    Ok(Value::object(interp.heap.add(Object::Context(given))))
}

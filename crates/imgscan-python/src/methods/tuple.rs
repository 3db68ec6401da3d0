//! Methods of `tuple`.

use crate::interp::{Args, Interp, Res, Stop};
use crate::object::Value;

/// `this.name(*args)`
pub(super) fn call(interp: &mut Interp<'_>, items: &[Value], name: &str, args: Args) -> Res<Value> {
    match name {
        "count" => {
            let wanted = interp.only(name, args)?;
            let mut count = 0;
            for item in items {
                count += i32::from(interp.equal(item, &wanted)?);
            }
            Ok(Value::int(count))
        }
        "index" => index(interp, items, args, "tuple.index(x): x not in tuple"),
        _ => Err(Stop::Opaque(Box::new(Value::unknown(format!("`tuple.{name}` is not modelled"))))),
    }
}

/// `index(value, start, stop)` of a list or tuple.
pub(super) fn index(interp: &mut Interp<'_>, items: &[Value], args: Args, missing: &str) -> Res<Value> {
    let [Some(wanted), start, stop] = interp.params("index", args, ["$", "$", "$"], 1)? else {
        return Ok(Value::none());
    };
    let bound = |interp: &mut Interp<'_>, value: Option<Value>, default: usize| -> Res<usize> {
        let Some(value) = value else { return Ok(default) };
        let n = interp.count(&value)?;
        let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
        let n = if n < 0 { n.saturating_add(length).max(0) } else { n };
        Ok(usize::try_from(n).unwrap_or(0))
    };
    let start = bound(interp, start, 0)?;
    let stop = bound(interp, stop, items.len())?;
    for (at, item) in items.iter().enumerate().take(stop).skip(start) {
        if interp.equal(item, &wanted)? {
            return Ok(Value::int(at));
        }
    }
    Err(interp.value_error(missing))
}

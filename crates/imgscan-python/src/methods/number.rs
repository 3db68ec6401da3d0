//! Methods of numbers, ranges and slices.

use num_traits::Signed;

use crate::interp::{Args, Interp, Res, Stop};
use crate::object::{Kind, Value};

/// `this.name(*args)`
pub(super) fn call(interp: &mut Interp<'_>, this: &Value, name: &str, args: Args) -> Res<Value> {
    match (&this.kind, name) {
        (Kind::Float(x), "is_integer") => Ok(Value::bool(x.is_finite() && x.fract() == 0.0)),
        (Kind::Float(x), "conjugate") => Ok(Value::float(*x)),
        (Kind::Int(_) | Kind::Bool(_), "bit_length") => {
            Ok(Value::int(this.as_int().map_or(0, |n| n.abs().bits())))
        }
        (Kind::Int(_) | Kind::Bool(_), "bit_count") => {
            let count = this.as_int().map_or(0, |n| {
                let bytes = n.abs().to_bytes_le().1;
                bytes.iter().map(|b| u64::from(b.count_ones())).sum::<u64>()
            });
            Ok(Value::int(count))
        }
        (Kind::Int(_) | Kind::Bool(_), "conjugate") => Ok(this.as_int().map_or_else(Value::none, Value::int)),
        (Kind::Int(_) | Kind::Bool(_), "is_integer") => Ok(Value::bool(true)),
        (Kind::Range(_), "count" | "index") => {
            let wanted = interp.only(name, args)?;
            let held = interp.contains(this, &wanted)?;
            match (name, held, wanted.as_int()) {
                ("count", held, _) => Ok(Value::int(u8::from(held))),
                (_, true, Some(n)) => match &this.kind {
                    Kind::Range(range) => Ok(Value::int((n - &range.start) / &range.step)),
                    _ => Ok(Value::none()),
                },
                _ => {
                    let shown = interp.plain_repr(&wanted)?;
                    Err(interp.value_error(format!("{shown} is not in range")))
                }
            }
        }
        _ => {
            let class = interp.type_name(this);
            Err(Stop::Opaque(Box::new(Value::unknown(format!("`{class}.{name}` is not modelled")))))
        }
    }
}

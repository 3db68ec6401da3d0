//! `math`

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{FromPrimitive, Signed, Zero};

use super::native;
use crate::interp::{Args, Interp, Res, Stop};
use crate::object::{Kind, Native, Type, Value};
use crate::syntax::ir::BinOp;

pub(super) static FUNCTIONS: [Native; 21] = [
    native("math", "floor", floor),
    native("math", "ceil", ceil),
    native("math", "trunc", trunc),
    native("math", "sqrt", sqrt),
    native("math", "pow", pow),
    native("math", "log", log),
    native("math", "log2", log2),
    native("math", "log10", log10),
    native("math", "exp", exp),
    native("math", "fabs", fabs),
    native("math", "fmod", fmod),
    native("math", "gcd", gcd),
    native("math", "lcm", lcm),
    native("math", "isnan", isnan),
    native("math", "isinf", isinf),
    native("math", "isfinite", isfinite),
    native("math", "isclose", isclose),
    native("math", "factorial", factorial),
    native("math", "prod", prod),
    native("math", "copysign", copysign),
    native("math", "isqrt", isqrt),
];

/// The constants.
pub(super) fn special(name: &str) -> Option<Value> {
    Some(Value::float(match name {
        "pi" => std::f64::consts::PI,
        "e" => std::f64::consts::E,
        "tau" => std::f64::consts::TAU,
        "inf" => f64::INFINITY,
        "nan" => f64::NAN,
        _ => return None,
    }))
}

/// A real number argument.
fn real(interp: &mut Interp<'_>, value: &Value) -> Res<f64> {
    interp.expect_known(value)?;
    match &value.kind {
        Kind::Float(x) => Ok(*x),
        _ => match value.as_int() {
            Some(n) => interp.float_from_int(&n),
            None if interp.is_unclear(value) => Err(Stop::Opaque(Box::new(value.clone()))),
            None => match interp.call_special(value, "__float__", &[])? {
                Some(result) => real(interp, &result),
                None => {
                    let name = interp.type_name(value);
                    Err(interp.type_error(format!("must be real number, not {name}")))
                }
            },
        },
    }
}

fn unary(interp: &mut Interp<'_>, name: &str, args: Args) -> Res<f64> {
    let value = interp.only(&format!("math.{name}"), args)?;
    real(interp, &value)
}

/// `floor`, `ceil`, `trunc`: whole numbers stay.
fn whole(interp: &mut Interp<'_>, name: &str, args: Args, round: fn(f64) -> f64) -> Res<Value> {
    let value = interp.only(&format!("math.{name}"), args)?;
    interp.expect_known(&value)?;
    if let Some(n) = value.as_int() {
        return Ok(Value::int(n));
    }
    let x = match &value.kind {
        Kind::Float(x) => *x,
        _ => {
            let method = format!("__{name}__");
            if let Some(result) = interp.call_special(&value, &method, &[])? {
                return Ok(result);
            }
            if name == "trunc" && !interp.is_unclear(&value) {
                let class = interp.type_name(&value);
                return Err(interp.type_error(format!("type {class} doesn't define __trunc__ method")));
            }
            real(interp, &value)?
        }
    };
    match BigInt::from_f64(round(x)) {
        Some(n) => Ok(Value::int(n)),
        None if x.is_nan() => Err(interp.value_error("cannot convert float NaN to integer")),
        None => Err(interp.raise(Type::OverflowError, "cannot convert float infinity to integer")),
    }
}

fn floor(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    whole(interp, "floor", args, f64::floor)
}

fn ceil(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    whole(interp, "ceil", args, f64::ceil)
}

fn trunc(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    whole(interp, "trunc", args, f64::trunc)
}

/// `ValueError` of the domain; the words changed in 3.14.
fn domain(interp: &mut Interp<'_>) -> Stop {
    match interp.version() {
        Some(v) if v >= (3, 14) => interp.raise_unclear(Type::ValueError),
        _ => interp.value_error("math domain error"),
    }
}

fn sqrt(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let x = unary(interp, "sqrt", args)?;
    if x < 0.0 { Err(domain(interp)) } else { Ok(Value::float(x.sqrt())) }
}

fn pow(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(a), Some(b)] = interp.params("pow", args, ["$", "$"], 2)? else { return Ok(Value::none()) };
    let (x, y) = (real(interp, &a)?, real(interp, &b)?);
    let result = x.powf(y);
    if x.is_finite() && y.is_finite() {
        if result.is_nan() || x == 0.0 && y < 0.0 {
            return Err(domain(interp));
        }
        if result.is_infinite() {
            return Err(interp.raise(Type::OverflowError, "math range error"));
        }
    }
    Ok(Value::float(result))
}

fn positive(interp: &mut Interp<'_>, value: &Value) -> Res<f64> {
    if value.as_int().is_some_and(|n| n.bits() > 1_000) {
        return Err(Stop::Opaque(Box::new(Value::unknown("the number is larger than what is followed"))));
    }
    let x = real(interp, value)?;
    if x <= 0.0 { Err(domain(interp)) } else { Ok(x) }
}

fn log(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(value), base] = interp.params("log", args, ["$", "$"], 1)? else { return Ok(Value::none()) };
    let x = positive(interp, &value)?.ln();
    let Some(base) = base else { return Ok(Value::float(x)) };
    let base = positive(interp, &base)?.ln();
    if base == 0.0 {
        return Err(interp.raise_unclear(Type::ZeroDivisionError));
    }
    Ok(Value::float(x / base))
}

fn log2(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let value = interp.only("math.log2", args)?;
    Ok(Value::float(positive(interp, &value)?.log2()))
}

fn log10(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let value = interp.only("math.log10", args)?;
    Ok(Value::float(positive(interp, &value)?.log10()))
}

fn exp(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let x = unary(interp, "exp", args)?;
    let result = x.exp();
    if result.is_infinite() && x.is_finite() {
        return Err(interp.raise(Type::OverflowError, "math range error"));
    }
    Ok(Value::float(result))
}

fn fabs(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    Ok(Value::float(unary(interp, "fabs", args)?.abs()))
}

fn fmod(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(a), Some(b)] = interp.params("fmod", args, ["$", "$"], 2)? else { return Ok(Value::none()) };
    let (x, y) = (real(interp, &a)?, real(interp, &b)?);
    if y == 0.0 || x.is_infinite() { Err(domain(interp)) } else { Ok(Value::float(x % y)) }
}

fn folded(
    interp: &mut Interp<'_>,
    args: Args,
    first: i32,
    fold: fn(&BigInt, &BigInt) -> BigInt,
) -> Res<Value> {
    interp.expect_closed(&args)?;
    let mut total = BigInt::from(first);
    for value in &args.positional {
        let n = interp.index(value)?;
        total = fold(&total, &n);
        if total.bits() > 1 << 16 {
            return Err(Stop::Opaque(Box::new(Value::unknown("the number is larger than what is followed"))));
        }
    }
    Ok(Value::int(total.abs()))
}

fn gcd(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    folded(interp, args, 0, |a, b| a.gcd(b))
}

fn lcm(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    folded(interp, args, 1, |a, b| if a.is_zero() || b.is_zero() { BigInt::zero() } else { a.lcm(b) })
}

fn isnan(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    Ok(Value::bool(unary(interp, "isnan", args)?.is_nan()))
}

fn isinf(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    Ok(Value::bool(unary(interp, "isinf", args)?.is_infinite()))
}

fn isfinite(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    Ok(Value::bool(unary(interp, "isfinite", args)?.is_finite()))
}

fn isclose(interp: &mut Interp<'_>, mut args: Args) -> Res<Value> {
    let mut option = |interp: &mut Interp<'_>, name: &str, default: f64| match args.take(name) {
        Some(value) => real(interp, &value),
        None => Ok(default),
    };
    let relative = option(interp, "rel_tol", 1e-9)?;
    let absolute = option(interp, "abs_tol", 0.0)?;
    let [Some(a), Some(b)] = interp.params("isclose", args, ["a", "b"], 2)? else { return Ok(Value::none()) };
    let (x, y) = (real(interp, &a)?, real(interp, &b)?);
    if relative < 0.0 || absolute < 0.0 {
        return Err(interp.value_error("tolerances must be non-negative"));
    }
    if x == y {
        return Ok(Value::bool(true));
    }
    if x.is_infinite() || y.is_infinite() {
        return Ok(Value::bool(false));
    }
    let difference = (y - x).abs();
    let close =
        difference <= (relative * y).abs() || difference <= (relative * x).abs() || difference <= absolute;
    Ok(Value::bool(close))
}

fn factorial(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let value = interp.only("math.factorial", args)?;
    let n = interp.index(&value)?;
    if n.is_negative() {
        return Err(interp.value_error("factorial() not defined for negative values"));
    }
    match u32::try_from(&n) {
        Ok(n) if n <= 2_000 => {
            interp.charge(n as usize)?;
            Ok(Value::int((1..=n).fold(BigInt::from(1), |all, i| all * i)))
        }
        _ => Err(Stop::Opaque(Box::new(Value::unknown("the number is larger than what is followed")))),
    }
}

fn prod(interp: &mut Interp<'_>, mut args: Args) -> Res<Value> {
    let start = args.take("start").unwrap_or_else(|| Value::int(1));
    let value = interp.only("math.prod", args)?;
    let mut total = start;
    for item in interp.collect(&value)? {
        total = interp.binary(BinOp::Mul, &total, &item, false)?;
    }
    Ok(total)
}

fn copysign(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(a), Some(b)] = interp.params("copysign", args, ["$", "$"], 2)? else {
        return Ok(Value::none());
    };
    let (x, y) = (real(interp, &a)?, real(interp, &b)?);
    Ok(Value::float(x.copysign(y)))
}

fn isqrt(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let value = interp.only("math.isqrt", args)?;
    let n = interp.index(&value)?;
    if n.is_negative() {
        return Err(interp.value_error("isqrt() argument must be nonnegative"));
    }
    Ok(Value::int(n.sqrt()))
}

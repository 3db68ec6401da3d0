//! Builtins about numbers.

use num_bigint::BigInt;
use num_traits::{FromPrimitive, Signed, ToPrimitive};

use crate::interp::{Args, Interp, Res, Stop};
use crate::number::arithmetic;
use crate::object::{Kind, Type, Value};
use crate::syntax::ir::BinOp;

/// `abs(x)`
pub(super) fn abs(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let value = interp.only("abs", args)?;
    interp.expect_known(&value)?;
    if let Some(n) = value.as_int() {
        return Ok(Value::int(n.abs()));
    }
    if let Kind::Float(x) = value.kind {
        return Ok(Value::float(x.abs()));
    }
    if let Some(result) = interp.call_special(&value, "__abs__", &[])? {
        return Ok(result);
    }
    if interp.is_unclear(&value) {
        return Err(Stop::Opaque(Box::new(value)));
    }
    let name = interp.type_name(&value);
    Err(interp.type_error(format!("bad operand type for abs(): '{name}'")))
}

fn based(interp: &mut Interp<'_>, name: &str, args: Args, base: u32, prefix: &str) -> Res<Value> {
    let value = interp.only(name, args)?;
    let n = interp.index(&value)?;
    let sign = if n.is_negative() { "-" } else { "" };
    Ok(Value::str(format!("{sign}{prefix}{}", n.abs().to_str_radix(base))))
}

/// `bin(n)`
pub(super) fn bin(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    based(interp, "bin", args, 2, "0b")
}

/// `oct(n)`
pub(super) fn oct(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    based(interp, "oct", args, 8, "0o")
}

/// `hex(n)`
pub(super) fn hex(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    based(interp, "hex", args, 16, "0x")
}

/// `chr(n)`
pub(super) fn chr(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let value = interp.only("chr", args)?;
    let n = interp.index(&value)?;
    match n.to_u32() {
        Some(code) if (0xD800..0xE000).contains(&code) => {
            Err(Stop::Opaque(Box::new(Value::unknown("half of a surrogate pair is not followed"))))
        }
        Some(code) if code < 0x11_0000 => match char::from_u32(code) {
            Some(c) => Ok(Value::str(c.to_string())),
            None => Err(interp.value_error("chr() arg not in range(0x110000)")),
        },
        _ if n.bits() > 31 => Err(interp.raise_unclear(Type::OverflowError)),
        _ => Err(interp.value_error("chr() arg not in range(0x110000)")),
    }
}

/// `ord(c)`
pub(super) fn ord(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let value = interp.only("ord", args)?;
    interp.expect_known(&value)?;
    let length = match &value.kind {
        Kind::Str(text) => {
            let mut chars = text.chars();
            if let (Some(c), None) = (chars.next(), chars.next()) {
                return Ok(Value::int(u32::from(c)));
            }
            text.chars().count()
        }
        Kind::Bytes(bytes) => {
            if let [byte] = &**bytes {
                return Ok(Value::int(*byte));
            }
            bytes.len()
        }
        _ => {
            let name = interp.type_name(&value);
            return Err(interp.type_error(format!("ord() expected string of length 1, but {name} found")));
        }
    };
    Err(interp.type_error(format!("ord() expected a character, but string of length {length} found")))
}

/// `divmod(a, b)`
pub(super) fn divmod(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(a), Some(b)] = interp.params("divmod", args, ["$", "$"], 2)? else { return Ok(Value::none()) };
    interp.expect_known(&a)?;
    interp.expect_known(&b)?;
    let numeric = |v: &Value| v.as_int().is_some() || matches!(v.kind, Kind::Float(_));
    if !numeric(&a) || !numeric(&b) {
        if interp.is_unclear(&a) || interp.is_unclear(&b) {
            return Err(Stop::Opaque(Box::new(a)));
        }
        let (a, b) = (interp.type_name(&a), interp.type_name(&b));
        return Err(interp.type_error(format!("unsupported operand type(s) for divmod(): '{a}' and '{b}'")));
    }
    let zero = match (b.as_int(), &b.kind) {
        (Some(n), _) => n == BigInt::from(0),
        (None, Kind::Float(x)) => *x == 0.0,
        _ => false,
    };
    if zero {
        let floats = matches!(a.kind, Kind::Float(_)) || matches!(b.kind, Kind::Float(_));
        let words = match floats {
            true if interp.since(3, 13) && interp.version().is_some() => {
                return Err(interp.raise_unclear(Type::ZeroDivisionError));
            }
            true => "float divmod()",
            false => "integer division or modulo by zero",
        };
        return Err(interp.raise(Type::ZeroDivisionError, words));
    }
    let quotient = interp.binary(BinOp::FloorDiv, &a, &b, false)?;
    let rest = interp.binary(BinOp::Mod, &a, &b, false)?;
    Ok(Value::tuple(vec![quotient, rest]))
}

/// `pow(base, exp, mod)`
pub(super) fn pow(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(base), Some(exponent), modulus] = interp.params("pow", args, ["base", "exp", "mod"], 2)? else {
        return Ok(Value::none());
    };
    let modulus = match modulus {
        None => return interp.binary(BinOp::Pow, &base, &exponent, false),
        Some(modulus) if modulus.is_none() => return interp.binary(BinOp::Pow, &base, &exponent, false),
        Some(modulus) => modulus,
    };
    for value in [&base, &exponent, &modulus] {
        interp.expect_known(value)?;
    }
    match (base.as_int(), exponent.as_int(), modulus.as_int()) {
        (Some(base), Some(exponent), Some(modulus)) if !exponent.is_negative() && modulus.is_positive() => {
            if base.bits().max(exponent.bits()).max(modulus.bits()) > 4_096 {
                return Err(Stop::Opaque(Box::new(Value::unknown(
                    "the number is larger than what is followed",
                ))));
            }
            interp.charge(Interp::as_usize(&BigInt::from(exponent.bits())))?;
            let result = base.modpow(&exponent, &modulus);
            Ok(Value::int(result))
        }
        (Some(_), Some(_), Some(modulus)) if modulus == BigInt::from(0) => {
            Err(interp.value_error("pow() 3rd argument cannot be 0"))
        }
        _ => Err(Stop::Opaque(Box::new(Value::unknown("this power is not followed")))),
    }
}

/// `round(number, ndigits=None)`
pub(super) fn round(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(value), digits] = interp.params("round", args, ["number", "ndigits"], 1)? else {
        return Ok(Value::none());
    };
    interp.expect_known(&value)?;
    let digits = match digits {
        Some(digits) if !digits.is_none() => Some(interp.count(&digits)?),
        _ => None,
    };
    if let Some(n) = value.as_int() {
        return match digits {
            Some(digits) if digits < 0 => {
                let digits = u32::try_from(digits.unsigned_abs()).unwrap_or(u32::MAX);
                match arithmetic::int_round(&n, digits) {
                    Ok(n) => Ok(Value::int(n)),
                    Err(fault) => Err(interp.number_fault(fault)),
                }
            }
            _ => Ok(Value::int(n)),
        };
    }
    if let Kind::Float(x) = value.kind {
        return match digits {
            Some(digits) => Ok(Value::float(arithmetic::round_to(x, digits))),
            None => float_to_int(interp, arithmetic::round_half_even(x)),
        };
    }
    if let Some(result) = interp.call_special(&value, "__round__", &[])? {
        return Ok(result);
    }
    if interp.is_unclear(&value) {
        return Err(Stop::Opaque(Box::new(value)));
    }
    let name = interp.type_name(&value);
    Err(interp.type_error(format!("type {name} doesn't define __round__ method")))
}

/// A float with a whole value as an integer.
pub(crate) fn float_to_int(interp: &mut Interp<'_>, x: f64) -> Res<Value> {
    match BigInt::from_f64(x.trunc()) {
        Some(n) => Ok(Value::int(n)),
        None if x.is_nan() => Err(interp.value_error("cannot convert float NaN to integer")),
        None => Err(interp.raise(Type::OverflowError, "cannot convert float infinity to integer")),
    }
}

//! Integer and floating-point arithmetic (CPython's `longobject.c` and `floatobject.c`).

use std::cmp::Ordering;

use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive, Zero};

/// Why an operation has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// `ZeroDivisionError` with these words.
    ZeroDivision(&'static str),
    /// `OverflowError` with these words.
    Overflow(&'static str),
    /// `ValueError` with these words.
    Value(&'static str),
    /// The result is larger than what is followed.
    TooLarge,
    /// The result is a complex number.
    Complex,
}

/// Most bits of an integer that is followed.
const BITS: u64 = 1 << 16;

/// `int` to `float`: the nearest, ties to even.
pub(crate) fn to_float(n: &BigInt) -> Result<f64, Fault> {
    let x = ratio(n, &BigInt::from(1));
    if x.is_infinite() { Err(Fault::Overflow("int too large to convert to float")) } else { Ok(x) }
}

/// `a / b` of integers: the nearest float to the exact quotient, ties to even; infinite where it overflows.
fn ratio(a: &BigInt, b: &BigInt) -> f64 {
    const DIGITS: i64 = 53;
    if a.is_zero() {
        return 0.0;
    }
    let negative = (a.sign() == Sign::Minus) != (b.sign() == Sign::Minus);
    let (a, b) = (a.abs(), b.abs());
    let bits = |n: &BigInt| i64::try_from(n.bits()).unwrap_or(i64::MAX);
    // Two bits more than a float keeps, and fewer where the result is subnormal.
    let magnitude = bits(&a) - bits(&b);
    let lowest = -1074 - 2;
    let shift = (magnitude - DIGITS - 2).max(lowest);
    let (scaled_a, scaled_b) = if shift < 0 {
        (a << usize::try_from(-shift).unwrap_or(0), b)
    } else {
        (a, b << usize::try_from(shift).unwrap_or(0))
    };
    let (mut quotient, rest) = scaled_a.div_rem(&scaled_b);
    let mut exponent = shift;
    // Bits beyond what a float of this size keeps.
    let extra = (bits(&quotient) - DIGITS).max(-1074 - exponent).max(0);
    if extra > 0 {
        let unit = BigInt::from(1) << usize::try_from(extra).unwrap_or(0);
        let (mut kept, dropped) = quotient.div_rem(&unit);
        let half = &unit >> 1usize;
        let up = match dropped.cmp(&half) {
            Ordering::Greater => true,
            Ordering::Less => false,
            Ordering::Equal => !rest.is_zero() || kept.is_odd(),
        };
        if up {
            kept += 1;
        }
        quotient = kept;
        exponent += extra;
    }
    let mantissa = quotient.to_f64().unwrap_or(f64::INFINITY);
    let value = scale(mantissa, exponent);
    if negative { -value } else { value }
}

/// `x * 2**exponent`, in steps that lose nothing.
fn scale(mut x: f64, mut exponent: i64) -> f64 {
    while exponent > 0 {
        let step = exponent.min(1000);
        x *= 2f64.powi(i32::try_from(step).unwrap_or(1000));
        exponent -= step;
        if x.is_infinite() {
            return x;
        }
    }
    while exponent < 0 {
        let step = (-exponent).min(1000);
        x /= 2f64.powi(i32::try_from(step).unwrap_or(1000));
        exponent += step;
        if x == 0.0 {
            return x;
        }
    }
    x
}

/// `a / b`
pub(crate) fn int_true_div(a: &BigInt, b: &BigInt) -> Result<f64, Fault> {
    if b.is_zero() {
        return Err(Fault::ZeroDivision("division by zero"));
    }
    let x = ratio(a, b);
    if x.is_infinite() {
        Err(Fault::Overflow("integer division result too large for a float"))
    } else {
        Ok(x)
    }
}

/// `a // b` and `a % b`
pub(crate) fn int_divmod(a: &BigInt, b: &BigInt) -> Option<(BigInt, BigInt)> {
    if b.is_zero() { None } else { Some(a.div_mod_floor(b)) }
}

/// `a * b`
pub(crate) fn int_mul(a: &BigInt, b: &BigInt) -> Result<BigInt, Fault> {
    if a.bits() + b.bits() > BITS { Err(Fault::TooLarge) } else { Ok(a * b) }
}

/// `a << b`
pub(crate) fn int_shift_left(a: &BigInt, b: &BigInt) -> Result<BigInt, Fault> {
    if b.is_negative() {
        return Err(Fault::Value("negative shift count"));
    }
    if a.is_zero() {
        return Ok(BigInt::zero());
    }
    match b.to_u64() {
        Some(n) if a.bits() + n <= BITS => Ok(a << n),
        _ => Err(Fault::TooLarge),
    }
}

/// `a >> b`
pub(crate) fn int_shift_right(a: &BigInt, b: &BigInt) -> Result<BigInt, Fault> {
    if b.is_negative() {
        return Err(Fault::Value("negative shift count"));
    }
    Ok(match b.to_u64() {
        Some(n) if n < BITS * 2 => a >> n,
        _ if a.is_negative() => BigInt::from(-1),
        _ => BigInt::zero(),
    })
}

/// `a ** b` for `b >= 0`
pub(crate) fn int_pow(a: &BigInt, b: &BigInt) -> Result<BigInt, Fault> {
    let one = BigInt::from(1);
    if b.is_zero() || *a == one {
        return Ok(one);
    }
    if a.is_zero() {
        return Ok(BigInt::zero());
    }
    if *a == BigInt::from(-1) {
        return Ok(if b.is_even() { one } else { -one });
    }
    match b.to_u32() {
        Some(n) if a.bits().saturating_mul(u64::from(n)) <= BITS => Ok(a.pow(n)),
        _ => Err(Fault::TooLarge),
    }
}

/// `float_floor_div` and `float_rem` of CPython.
pub(crate) fn float_divmod(a: f64, b: f64) -> (f64, f64) {
    let mut rest = a % b;
    let mut quotient = (a - rest) / b;
    if rest != 0.0 {
        if (b < 0.0) != (rest < 0.0) {
            rest += b;
            quotient -= 1.0;
        }
    } else {
        rest = 0f64.copysign(b);
    }
    let floor = if quotient == 0.0 {
        0f64.copysign(a / b)
    } else {
        let floor = quotient.floor();
        if quotient - floor > 0.5 { floor + 1.0 } else { floor }
    };
    (floor, rest)
}

/// `a ** b` (`float_pow` of CPython).
pub(crate) fn float_pow(a: f64, b: f64) -> Result<f64, Fault> {
    if a == 0.0 && b < 0.0 {
        return Err(Fault::ZeroDivision("0.0 cannot be raised to a negative power"));
    }
    if a < 0.0 && a.is_finite() && b.is_finite() && b.fract() != 0.0 {
        return Err(Fault::Complex);
    }
    let result = a.powf(b);
    if result.is_infinite() && a.is_finite() && b.is_finite() {
        return Err(Fault::Overflow("(34, 'Numerical result out of range')"));
    }
    Ok(result)
}

/// `round(x)`: the nearest whole number, ties to even.
pub(crate) fn round_half_even(x: f64) -> f64 {
    x.round_ties_even()
}

/// `round(x, digits)` (`double_round` of CPython: correctly rounded through the decimal form).
pub(crate) fn round_to(x: f64, digits: i64) -> f64 {
    if !x.is_finite() || x == 0.0 || digits > 323 {
        return x;
    }
    if digits < -308 {
        return 0f64.copysign(x);
    }
    if let Ok(digits) = usize::try_from(digits) {
        return format!("{x:.digits$}").parse().unwrap_or(x);
    }
    // Fewer digits than the whole part has: round the exact decimal expansion by hand.
    let Some(whole) = num_traits::FromPrimitive::from_f64(x.trunc()) else { return x };
    let whole: BigInt = whole;
    let unit = BigInt::from(10).pow(u32::try_from(-digits).unwrap_or(0));
    let (quotient, rest) = whole.abs().div_rem(&unit);
    let twice: BigInt = rest * 2;
    let fraction = x.fract() != 0.0;
    let up = match twice.cmp(&unit) {
        Ordering::Greater => true,
        Ordering::Less => false,
        Ordering::Equal => fraction || quotient.is_odd(),
    };
    let rounded = (if up { quotient + 1 } else { quotient }) * unit;
    let value = to_float(&rounded).unwrap_or(f64::INFINITY);
    value.copysign(x)
}

/// `round(n, digits)` of an integer with `digits < 0`: ties to even.
pub(crate) fn int_round(n: &BigInt, digits: u32) -> Result<BigInt, Fault> {
    if digits > 5_000 {
        return Ok(BigInt::zero());
    }
    let unit = BigInt::from(10).pow(digits);
    let (quotient, rest) = n.div_mod_floor(&unit);
    let up = match (rest * 2u8).cmp(&unit) {
        Ordering::Greater => true,
        Ordering::Less => false,
        Ordering::Equal => quotient.is_odd(),
    };
    Ok((if up { quotient + 1 } else { quotient }) * unit)
}

/// How an integer compares to a float, exactly.
pub(crate) fn compare_int_float(a: &BigInt, b: f64) -> Option<Ordering> {
    if b.is_nan() {
        return None;
    }
    if b.is_infinite() {
        return Some(if b > 0.0 { Ordering::Less } else { Ordering::Greater });
    }
    let floor: BigInt = num_traits::FromPrimitive::from_f64(b.floor())?;
    Some(match a.cmp(&floor) {
        Ordering::Equal if b.fract() != 0.0 => Ordering::Less,
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn division_is_rounded_once() {
        let big = |s: &str| s.parse::<BigInt>().unwrap();
        assert_eq!(int_true_div(&big("1"), &big("3")), Ok(1.0 / 3.0));
        assert_eq!(int_true_div(&big("-7"), &big("2")), Ok(-3.5));
        let huge = BigInt::from(10).pow(400);
        assert_eq!(int_true_div(&(&huge * 3), &huge), Ok(3.0));
        assert_eq!(to_float(&big("9007199254740993")), Ok(9007199254740992.0));
        assert_eq!(to_float(&big("9007199254740995")), Ok(9007199254740996.0));
        assert!(matches!(to_float(&huge), Err(Fault::Overflow(_))));
        assert_eq!(int_true_div(&big("5"), &(BigInt::from(2).pow(1074))), Ok(5.0 * f64::from_bits(1)));
    }

    #[test]
    fn floor_division_of_floats_is_cpythons() {
        assert_eq!(float_divmod(7.5, 2.0), (3.0, 1.5));
        assert_eq!(float_divmod(-7.5, 2.0), (-4.0, 0.5));
        assert_eq!(float_divmod(1.0, 0.1), (9.0, 0.09999999999999995));
    }

    #[test]
    fn rounding_ties_go_to_even() {
        assert_eq!(round_to(2.675, 2), 2.67);
        assert_eq!(round_to(25.0, -1), 20.0);
        assert_eq!(round_to(35.0, -1), 40.0);
        assert_eq!(int_round(&BigInt::from(25), 1), Ok(BigInt::from(20)));
        assert_eq!(int_round(&BigInt::from(-35), 1), Ok(BigInt::from(-40)));
    }
}

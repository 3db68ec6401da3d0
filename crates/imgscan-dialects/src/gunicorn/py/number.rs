//! `int(text, base)` (CPython `Objects/longobject.c`, `PyLong_FromUnicodeObject`).

use num_bigint::BigInt;

use super::text::repr_str;

/// Why a text is no number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IntError {
    /// Python refuses it, with its words.
    Invalid(String),
    /// Digits outside ASCII, or more of them than some versions of Python convert.
    Unsure,
}

/// Most digits that every version of Python converts (`sys.set_int_max_str_digits`).
const DIGITS: usize = 4_300;

/// `int(text)`.
pub(crate) fn decimal(text: &str) -> Result<BigInt, IntError> {
    parse(text, 10)
}

/// `int(text, 0)`: the prefix decides the base.
pub(crate) fn any_base(text: &str) -> Result<BigInt, IntError> {
    parse(text, 0)
}

fn parse(text: &str, base: u32) -> Result<BigInt, IntError> {
    let blank =
        |c: char| if text.is_ascii() { " \t\n\r\x0b\x0c".contains(c) } else { super::text::is_space(c) };
    let body = text.trim_matches(blank);
    if body.chars().any(|c| !c.is_ascii() && c.is_numeric()) || body.len() > DIGITS {
        return Err(IntError::Unsure);
    }
    magnitude(body, base).ok_or_else(|| {
        IntError::Invalid(format!("invalid literal for int() with base {base}: {}", repr_str(text)))
    })
}

fn magnitude(body: &str, base: u32) -> Option<BigInt> {
    let (negative, body) = match body.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, body.strip_prefix('+').unwrap_or(body)),
    };
    let prefix = body.get(..2).unwrap_or("").to_ascii_lowercase();
    let (radix, digits) = match (base, prefix.as_str()) {
        (0, "0x") => (16, after_prefix(body)),
        (0, "0o") => (8, after_prefix(body)),
        (0, "0b") => (2, after_prefix(body)),
        _ => (10, body),
    };
    let well_spaced = !digits.starts_with('_') && !digits.ends_with('_') && !digits.contains("__");
    if digits.is_empty() || !well_spaced || !digits.chars().all(|c| c == '_' || c.is_digit(radix)) {
        return None;
    }
    let number = BigInt::parse_bytes(digits.replace('_', "").as_bytes(), radix)?;
    // `010` was octal once: with base 0 only zeros may follow a zero.
    if base == 0 && radix == 10 && digits.starts_with('0') && number != BigInt::ZERO {
        return None;
    }
    Some(if negative { -number } else { number })
}

/// What follows `0x`; one underscore may stand between.
fn after_prefix(body: &str) -> &str {
    let rest = body.get(2..).unwrap_or("");
    rest.strip_prefix('_').unwrap_or(rest)
}

/// gunicorn's `auto_int`: `022` is octal, all else as [`any_base`].
pub(crate) fn auto(text: &str) -> Result<BigInt, IntError> {
    let mut chars = text.chars();
    let octal = chars.next() == Some('0') && chars.next().is_some_and(|c| c.is_ascii_digit());
    if octal { any_base(&text.replacen('0', "0o", 1)) } else { any_base(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_python_reads_them() {
        for (text, number) in [("4", 4), (" 1_0 ", 10), ("+3", 3), ("-0", 0), ("007", 7), ("\t9\n", 9)] {
            assert_eq!(decimal(text), Ok(number.into()), "{text:?}");
        }
        for text in ["", "0x10", "1.5", "1__0", "_1", "1_", "- 1", "auto", "\x1c1", "１x"] {
            assert!(decimal(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_prefix_decides_the_base() {
        for (text, number) in
            [("0x10", 16), ("0B11", 3), ("0o22", 18), ("0x_f", 15), ("-0x1", -1), ("00", 0), ("60", 60)]
        {
            assert_eq!(any_base(text), Ok(number.into()), "{text:?}");
        }
        for text in ["030", "0x", "", "0x__1", "0b2", "1e3"] {
            assert!(any_base(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_leading_zero_is_octal_for_the_umask() {
        assert_eq!(auto("022"), Ok(18.into()));
        assert_eq!(auto("0o22"), Ok(18.into()));
        assert_eq!(auto("18"), Ok(18.into()));
        assert!(auto("08").is_err() && auto("99x").is_err());
    }

    #[test]
    fn the_words_of_the_refusal() {
        let expected = IntError::Invalid("invalid literal for int() with base 10: ''".into());
        assert_eq!(decimal(""), Err(expected));
    }
}

//! `int(text)` and `float(text)`.

use num_bigint::BigInt;
use num_traits::Num;

use super::Fault;

/// Whether Python counts a character as white space (`str.isspace`).
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// Why a text is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextFault {
    /// `ValueError`
    Invalid,
    /// It cannot be told: digits of other scripts, more digits than some versions convert.
    Unclear,
}

impl From<Fault> for TextFault {
    fn from(_: Fault) -> Self {
        TextFault::Unclear
    }
}

/// `int(text, base)`; `base` is 0 or 2 to 36.
pub(crate) fn int(text: &str, base: u32) -> Result<BigInt, TextFault> {
    let text = text.trim_matches(is_space);
    if !text.is_ascii() {
        // Digits of other scripts are digits to Python.
        return Err(if text.chars().any(char::is_numeric) { TextFault::Unclear } else { TextFault::Invalid });
    }
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let prefixed =
        |prefix: &str| lower.strip_prefix(prefix).map(|rest| rest.strip_prefix('_').unwrap_or(rest));
    let (base, digits, had_prefix) = match base {
        0 | 16 if prefixed("0x").is_some() => (16, prefixed("0x").unwrap_or(""), true),
        0 | 8 if prefixed("0o").is_some() => (8, prefixed("0o").unwrap_or(""), true),
        0 | 2 if prefixed("0b").is_some() => (2, prefixed("0b").unwrap_or(""), true),
        0 => (10, &*lower, false),
        base => (base, &*lower, true),
    };
    if digits.is_empty() || digits.starts_with('_') || digits.ends_with('_') || digits.contains("__") {
        return Err(TextFault::Invalid);
    }
    let plain: String = digits.chars().filter(|c| *c != '_').collect();
    if !plain.chars().all(|c| c.is_digit(base)) {
        return Err(TextFault::Invalid);
    }
    // With base 0 a decimal number has no leading zeros, except in zero itself.
    if !had_prefix && plain.len() > 1 && plain.starts_with('0') && plain.chars().any(|c| c != '0') {
        return Err(TextFault::Invalid);
    }
    // CPython refuses more than 4300 digits, but not in every patch release, nor for bases that are powers of two.
    if plain.len() > 4_300 {
        return Err(TextFault::Unclear);
    }
    let n = BigInt::from_str_radix(&plain, base).map_err(|_| TextFault::Invalid)?;
    Ok(if negative { -n } else { n })
}

/// `float(text)`
pub(crate) fn float(text: &str) -> Result<f64, TextFault> {
    let text = text.trim_matches(is_space);
    if !text.is_ascii() {
        return Err(if text.chars().any(char::is_numeric) { TextFault::Unclear } else { TextFault::Invalid });
    }
    let plain = if text.contains('_') { without_underscores(text)? } else { text.to_owned() };
    let unsigned = plain.trim_start_matches(['+', '-']);
    if plain.len() - unsigned.len() > 1 {
        return Err(TextFault::Invalid);
    }
    match unsigned.to_ascii_lowercase().as_str() {
        "inf" | "infinity" | "nan" => {}
        _ if unsigned.bytes().next().is_some_and(|b| b.is_ascii_digit() || b == b'.') => {}
        _ => return Err(TextFault::Invalid),
    }
    plain.parse().map_err(|_| TextFault::Invalid)
}

/// Underscores stand between digits only.
fn without_underscores(text: &str) -> Result<String, TextFault> {
    let bytes = text.as_bytes();
    let digit = |at: Option<&u8>| at.is_some_and(u8::is_ascii_digit);
    for (i, b) in bytes.iter().enumerate() {
        if *b == b'_' && !(i > 0 && digit(bytes.get(i - 1)) && digit(bytes.get(i + 1))) {
            return Err(TextFault::Invalid);
        }
    }
    Ok(text.replace('_', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_as_python_reads_them() {
        for (text, base, n) in
            [(" 12 ", 10, 12), ("-0x1F", 0, -31), ("1_000", 10, 1000), ("0b11", 0, 3), ("00", 0, 0)]
        {
            assert_eq!(int(text, base), Ok(BigInt::from(n)), "{text}");
        }
        for (text, base) in
            [("", 10), ("0x10", 10), ("1__0", 10), ("012", 0), ("1.5", 10), ("_1", 10), ("+-1", 10)]
        {
            assert_eq!(int(text, base), Err(TextFault::Invalid), "{text}");
        }
    }

    #[test]
    fn floats_as_python_reads_them() {
        for (text, x) in
            [("1e3", 1000.0), (" .5", 0.5), ("5.", 5.0), ("1_0.5", 10.5), ("-inf", f64::NEG_INFINITY)]
        {
            assert_eq!(float(text), Ok(x), "{text}");
        }
        for text in ["", "0x1p3", "1_.5", "--1", "infinit", "1e", "."] {
            assert_eq!(float(text), Err(TextFault::Invalid), "{text}");
        }
    }
}

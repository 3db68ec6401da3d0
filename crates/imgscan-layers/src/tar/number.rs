//! Numbers in tar headers: octal text, or base 256 (GNU, star) where the first bit is set.

/// A number as Go's `archive/tar` reads it (`parseNumeric`), which is what container runtimes go by. An empty field
/// is 0; `None` when it is no number or does not fit.
pub(crate) fn numeric(field: &[u8]) -> Option<i64> {
    match field.first() {
        Some(first) if first & 0x80 != 0 => base256(field),
        _ => octal(field),
    }
}

fn base256(field: &[u8]) -> Option<i64> {
    let negative = field.first()? & 0x40 != 0;
    let invert = if negative { 0xff } else { 0 };
    let mut value: u64 = 0;
    for (i, byte) in field.iter().enumerate() {
        let byte = byte ^ invert;
        if value >> 56 != 0 {
            return None;
        }
        value = value << 8 | u64::from(if i == 0 { byte & 0x7f } else { byte });
    }
    let value = i64::try_from(value).ok()?;
    Some(if negative { !value } else { value })
}

fn octal(field: &[u8]) -> Option<i64> {
    let blank = |b: &u8| *b == b' ' || *b == 0;
    let start = field.iter().position(|b| !blank(b)).unwrap_or(field.len());
    let digits = text(field.get(start..)?);
    let end = digits.iter().rposition(|b| !blank(b)).map_or(0, |last| last + 1);
    let digits = digits.get(..end)?;
    if digits.is_empty() {
        return Some(0);
    }
    let text = std::str::from_utf8(digits).ok().filter(|t| !t.starts_with('+'))?;
    i64::from_str_radix(text, 8).ok().filter(|n| *n >= 0)
}

/// A decimal number of a PAX record or a sparse map.
pub(crate) fn decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// A text field up to its first NUL.
pub(crate) fn text(field: &[u8]) -> &[u8] {
    let end = field.iter().position(|b| *b == 0).unwrap_or(field.len());
    field.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octal_as_writers_pad_it() {
        assert_eq!(numeric(b"0000644\0"), Some(0o644));
        assert_eq!(numeric(b"   644 \0"), Some(0o644));
        assert_eq!(numeric(b"\0\0\0\0"), Some(0));
        assert_eq!(numeric(b"777777777777"), Some(0o777_777_777_777));
        assert_eq!(numeric(b"12\0 9"), Some(0o12));
        for bad in [&b"9"[..], b"-1", b"+1", b"1 2", b"0x1"] {
            assert_eq!(numeric(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn base_256() {
        assert_eq!(numeric(b"\x80\0\0\0\0\0\0\x02\0\0\0\0"), Some(1 << 33));
        assert_eq!(numeric(&[0xff; 12]), Some(-1));
        assert_eq!(numeric(b"\x80\0\0\0\x80\0\0\0\0\0\0\0"), None);
        assert_eq!(numeric(b"\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), None);
    }
}

//! Numbers, sizes and times as nginx reads them (`src/core/ngx_string.c`, `src/core/ngx_parse.c`).

/// A whole number: decimal digits and nothing else (`ngx_atoi`). `None` where it is none or does not fit.
pub fn number(text: &str) -> Option<i64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Bytes with `k` or `m` in either case (`ngx_parse_size`).
pub fn size(text: &str) -> Option<i64> {
    scaled(text, |unit| match unit {
        b'k' | b'K' => Some(1 << 10),
        b'm' | b'M' => Some(1 << 20),
        _ => None,
    })
}

/// Bytes with `k`, `m` or `g` in either case (`ngx_parse_offset`).
pub fn offset(text: &str) -> Option<i64> {
    scaled(text, |unit| match unit {
        b'k' | b'K' => Some(1 << 10),
        b'm' | b'M' => Some(1 << 20),
        b'g' | b'G' => Some(1 << 30),
        _ => None,
    })
}

fn scaled(text: &str, scale: impl Fn(u8) -> Option<i64>) -> Option<i64> {
    match scale(*text.as_bytes().last()?) {
        Some(scale) => number(text.get(..text.len() - 1)?)?.checked_mul(scale),
        None => number(text),
    }
}

/// What a time is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds: `M` and `y` are known, `ms` is not.
    Seconds,
    /// Milliseconds: `ms` is known, `M` and `y` are not.
    Milliseconds,
}

/// A time in milliseconds (`ngx_parse_time`; a bare number is seconds). `None` where nginx refuses it.
pub fn time(text: &str, unit: Unit) -> Option<i64> {
    let total = parse_time(text.as_bytes(), unit == Unit::Seconds)?;
    // A time in seconds that does not fit as milliseconds is beyond every use.
    if unit == Unit::Seconds { Some(total.saturating_mul(1000)) } else { Some(total) }
}

/// `ngx_parse_time`. The steps are counted as there: each unit may follow a larger one only.
fn parse_time(text: &[u8], in_seconds: bool) -> Option<i64> {
    const MONTH: u8 = 2;
    let mut step = if in_seconds { 0 } else { MONTH };
    let (mut value, mut total, mut valid) = (0_i64, 0_i64, false);
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        at += 1;
        if byte.is_ascii_digit() {
            value = value.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
            valid = true;
            continue;
        }
        let millis = byte == b'm' && text.get(at) == Some(&b's');
        // The step, the last step that may stand before it, and its length in seconds.
        let (next, after, seconds) = match byte {
            b'y' => (1, 0, 60 * 60 * 24 * 365),
            b'M' => (MONTH, 1, 60 * 60 * 24 * 30),
            b'w' => (3, 2, 60 * 60 * 24 * 7),
            b'd' => (4, 3, 60 * 60 * 24),
            b'h' => (5, 4, 60 * 60),
            b'm' if millis && in_seconds => return None,
            b'm' if millis => (8, 7, 0),
            b'm' => (6, 5, 60),
            b's' => (7, 6, 1),
            b' ' => (9, 6, 1),
            _ => return None,
        };
        if step > after {
            return None;
        }
        step = next;
        at += usize::from(millis);
        let scale = match (millis, in_seconds) {
            (true, _) => 1,
            (false, true) => seconds,
            (false, false) => seconds * 1000,
        };
        total = total.checked_add(value.checked_mul(scale)?)?;
        value = 0;
        while text.get(at) == Some(&b' ') {
            at += 1;
        }
    }
    if !valid {
        return None;
    }
    let rest = if in_seconds { value } else { value.checked_mul(1000)? };
    total.checked_add(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(size("1K"), Some(1024));
        assert_eq!(size("10m"), Some(10 << 20));
        assert_eq!(size("1g"), None);
        assert_eq!(offset("1g"), Some(1 << 30));
        for bad in ["", "m", "10mb", "-1", "1.5m", " 1", "9223372036854775808", "9007199254740993k"] {
            assert_eq!(offset(bad), None, "{bad}");
        }
        assert_eq!(offset("0"), Some(0));
    }

    #[test]
    fn milliseconds() {
        let ms = |text| time(text, Unit::Milliseconds);
        assert_eq!(ms("90"), Some(90_000));
        assert_eq!(ms("1h 30m"), Some(5_400_000));
        assert_eq!(ms("1h30m"), Some(5_400_000));
        assert_eq!(ms("1s500ms"), Some(1_500));
        assert_eq!(ms("1m30"), Some(90_000));
        assert_eq!(ms("1m 30"), Some(90_000));
        assert_eq!(ms("0"), Some(0));
        for bad in ["1M", "1y", "60S", "1.5s", "-1", "off", "5min", "1ms5s", "$t", "", "1s 1s", "1s 1m"] {
            assert_eq!(ms(bad), None, "{bad}");
        }
    }

    #[test]
    fn seconds() {
        let s = |text| time(text, Unit::Seconds);
        assert_eq!(s("1M"), Some(30 * 86_400_000));
        assert_eq!(s("1y1M"), Some(395 * 86_400_000));
        assert_eq!(s("100ms"), None);
        assert_eq!(s("75"), Some(75_000));
    }
}

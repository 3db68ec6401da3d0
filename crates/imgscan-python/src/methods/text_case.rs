//! Letters and digits as Python's `str` sees them.
//!
//! Only ASCII is certain: what other characters are depends on the version of Unicode.

/// An answer about text, `None` where it hangs on characters outside of ASCII.
pub(super) type Answer = Option<bool>;

/// Whether every character is one of a kind, and there is one.
pub(super) fn every(text: &str, is: impl Fn(char) -> bool) -> Answer {
    if !text.is_ascii() {
        // One ASCII character that is not settles it.
        return if text.chars().any(|c| c.is_ascii() && !is(c)) { Some(false) } else { None };
    }
    Some(!text.is_empty() && text.chars().all(is))
}

/// `islower`: at least one letter, and none of the other case.
pub(super) fn is_lower(text: &str) -> Answer {
    if text.chars().any(|c| c.is_ascii_uppercase()) {
        return Some(false);
    }
    text.is_ascii().then(|| text.chars().any(|c| c.is_ascii_lowercase()))
}

/// `isupper`
pub(super) fn is_upper(text: &str) -> Answer {
    if text.chars().any(|c| c.is_ascii_lowercase()) {
        return Some(false);
    }
    text.is_ascii().then(|| text.chars().any(|c| c.is_ascii_uppercase()))
}

/// `istitle`
pub(super) fn is_title(text: &str) -> Answer {
    if !text.is_ascii() {
        return None;
    }
    let mut cased = false;
    let mut any = false;
    for c in text.chars() {
        if c.is_ascii_uppercase() {
            if cased {
                return Some(false);
            }
            cased = true;
            any = true;
        } else if c.is_ascii_lowercase() {
            if !cased {
                return Some(false);
            }
            any = true;
        } else {
            cased = false;
        }
    }
    Some(any)
}

/// `title()`
pub(super) fn title(text: &str) -> Option<String> {
    if !text.is_ascii() {
        return None;
    }
    let mut cased = false;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        out.push(if cased { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() });
        cased = c.is_ascii_alphabetic();
    }
    Some(out)
}

/// `capitalize()`
pub(super) fn capitalize(text: &str) -> Option<String> {
    if !text.is_ascii() {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    let mut chars = lower.chars();
    Some(match chars.next() {
        Some(first) => first.to_ascii_uppercase().to_string() + chars.as_str(),
        None => String::new(),
    })
}

/// `swapcase()`
pub(super) fn swap_case(text: &str) -> Option<String> {
    text.is_ascii().then(|| {
        text.chars()
            .map(|c| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
            .collect()
    })
}

/// Whether a character ends a line for `splitlines`.
pub(super) fn ends_line(c: char) -> bool {
    matches!(
        c,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}' | '\u{1d}' | '\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

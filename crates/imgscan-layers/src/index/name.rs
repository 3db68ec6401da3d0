//! Names as bytes to names as text.

use std::borrow::Cow;
use std::fmt::Write;

/// A name or a link's target as text: bytes that are not UTF-8 become `\xNN`.
pub(crate) fn display(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    Cow::Owned(text)
}

/// The components of a path as `filepath.Clean` leaves them, and whether it tries to climb out of the root.
pub(crate) fn clean(path: &[u8]) -> (Vec<&[u8]>, bool) {
    let mut names: Vec<&[u8]> = Vec::new();
    let mut climbs = false;
    for name in path.split(|b| *b == b'/') {
        match name {
            b"" | b"." => {}
            b".." => climbs |= names.pop().is_none(),
            name => names.push(name),
        }
    }
    (names, climbs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_not_text_are_shown() {
        assert_eq!(display(b"a\xffb\xc3"), "a\\xffb\\xc3");
        assert_eq!(display("é\u{1b}".as_bytes()), "é\u{1b}");
    }

    #[test]
    fn paths_are_cleaned_in_text() {
        let clean = |path: &'static str| {
            let (names, climbs) = clean(path.as_bytes());
            (names.iter().map(|n| std::str::from_utf8(n).unwrap()).collect::<Vec<_>>().join("/"), climbs)
        };
        assert_eq!(clean("./usr//bin/./x/"), ("usr/bin/x".to_owned(), false));
        assert_eq!(clean("/a/../b"), ("b".to_owned(), false));
        assert_eq!(clean("../../etc/passwd"), ("etc/passwd".to_owned(), true));
        assert_eq!(clean("./"), (String::new(), false));
    }
}

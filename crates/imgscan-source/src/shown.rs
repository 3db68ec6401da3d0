//! Text of other parties (registries, manifests, file names) as it may stand in a message: escaped and cut.

use std::fmt::Write as _;
use std::path::Path;

/// Most characters of foreign text in one message.
const LONGEST: usize = 300;

/// Text with control and direction-changing characters escaped, cut after 300 characters.
pub(crate) fn text(text: &str) -> String {
    let mut out = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == LONGEST {
            out.push('…');
            break;
        }
        if c.is_control() || is_format(c) {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// A path, shown as [`text`].
pub(crate) fn path(path: &Path) -> String {
    text(&path.to_string_lossy())
}

/// Bytes of an answer that should have been text.
pub(crate) fn bytes(bytes: &[u8]) -> String {
    text(String::from_utf8_lossy(bytes).trim())
}

/// Characters without a width that change how the text around them is read.
fn is_format(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    #[test]
    fn controls_and_direction_marks_are_escaped_and_long_text_is_cut() {
        assert_eq!(super::text("a\x1b[31m\u{202e}b"), "a\\u{1b}[31m\\u{202e}b");
        assert_eq!(super::text("größe"), "größe");
        assert_eq!(super::text(&"x".repeat(1000)).chars().count(), 301);
    }
}

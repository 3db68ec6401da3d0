//! Text of an image made safe for a terminal.
//!
//! Control characters (C0, DEL, C1), line and paragraph separators, and the characters that turn the direction of
//! text or are invisible are written as `\xNN` or `\u{NNNN}`. The excerpt library knows some of them, but not C1 and
//! not in paths; so everything goes through here first.

use std::borrow::Cow;

/// Whether a character may change how a terminal shows the text around it.
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // Zero-width and direction marks, line and paragraph separators, embeddings and isolates.
            '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            // Soft hyphen, byte order mark, interlinear annotations, the sign for unknown parts.
            | '\u{00AD}' | '\u{180E}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFC}'
            // Tags.
            | '\u{E0000}'..='\u{E007F}')
}

/// `c` as it may be shown.
pub fn push(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if !is_unsafe(c) => out.push(c),
        c if u32::from(c) < 0x100 => out.push_str(&format!("\\x{:02x}", u32::from(c))),
        c => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
    }
}

/// One line of text (a value, a path, a message) safe for a terminal.
pub fn line(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    text.chars().for_each(|c| push(&mut out, c));
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_a_terminal_gets_through() {
        assert_eq!(line("a\x1b[31mb\u{9b}c\u{202e}d\x7f\te\n"), "a\\x1b[31mb\\x9bc\\u{202e}d\\x7f\\te\\n");
        assert_eq!(line("tag\u{e0041}\u{200b}"), "tag\\u{e0041}\\u{200b}");
    }

    #[test]
    fn ordinary_text_is_left_alone() {
        assert!(matches!(line("grün 日本 é ✓"), Cow::Borrowed(_)));
    }
}

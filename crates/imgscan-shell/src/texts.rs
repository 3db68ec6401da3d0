//! Texts with provenance: what the interpreter and the utilities do with them over and over.

use std::ops::Range;

use imgscan_model::{Need, Opaque, Origin, Shape, Text};

/// A part that is not known but has an expression: `$(nproc)`.
pub(crate) fn symbol(text: impl Into<String>, shape: Shape, needs: Vec<Need>, origin: &Origin) -> Text {
    Text::opaque(Opaque { text: text.into(), needs, shape, reason: None }, origin.clone())
}

/// A part that is not known, with the reason.
pub(crate) fn unknown(reason: impl Into<String>, needs: Vec<Need>, origin: &Origin) -> Text {
    Text::unknown(reason, needs, origin.clone())
}

/// Two texts, one after the other.
pub(crate) fn join2(a: &Text, b: &Text) -> Text {
    if a.is_empty() && !b.is_empty() && !a.is_secret() {
        return b.clone();
    }
    if b.is_empty() && !a.is_empty() && !b.is_secret() {
        return a.clone();
    }
    Text::concat([a, b])
}

/// The text without the newlines at its end, as command substitution takes them away. A hole at the end may hold
/// newlines as well; its expression stands for what is left.
pub(crate) fn without_newlines(text: &Text) -> Text {
    let mut end = text.len();
    while end > 0 && text.raw().as_bytes().get(end - 1) == Some(&b'\n') && text.hole_at(end - 1).is_none() {
        end -= 1;
    }
    text.slice(0..end)
}

/// The lines of a text, each without its newline, and whether the last one had one.
pub(crate) fn lines(text: &Text) -> (Vec<Range<usize>>, bool) {
    let raw = text.raw();
    let mut lines = Vec::new();
    let mut start = 0;
    for (at, _) in raw.match_indices('\n') {
        lines.push(start..at);
        start = at + 1;
    }
    let ended = start == raw.len();
    if !ended {
        lines.push(start..raw.len());
    }
    (lines, ended)
}

/// Whether a text is certainly not empty, certainly empty, or neither.
pub(crate) fn is_nonempty(text: &Text) -> Option<bool> {
    if text.is_empty() {
        return Some(false);
    }
    let mut rest = text.len();
    for (range, opaque) in text.holes() {
        rest -= range.len();
        if matches!(opaque.shape, Shape::Number | Shape::Word) {
            return Some(true);
        }
    }
    if rest > 0 { Some(true) } else { None }
}

/// Puts together a text from pieces of another and new ones.
pub(crate) struct Builder<'a> {
    from: &'a Text,
    pieces: Vec<Text>,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(from: &'a Text) -> Self {
        Builder { from, pieces: Vec::new() }
    }

    /// A piece of the text as it stands.
    pub(crate) fn keep(&mut self, range: Range<usize>) {
        if !range.is_empty() {
            self.pieces.push(self.from.slice(range));
        }
    }

    /// New characters in the place of a piece, which is where they count as written.
    pub(crate) fn put(&mut self, text: &str, instead_of: Range<usize>) {
        if !text.is_empty() {
            self.pieces.push(self.from.slice(instead_of).respelled(text));
        }
    }

    /// Another text.
    pub(crate) fn add(&mut self, text: Text) {
        if !text.is_empty() {
            self.pieces.push(text);
        }
    }

    pub(crate) fn finish(self) -> Text {
        if self.pieces.is_empty() {
            return self.from.slice(0..0);
        }
        Text::concat(self.pieces.iter())
    }
}

/// Several texts with a separator between them.
pub(crate) fn joined(texts: &[Text], separator: &Text) -> Text {
    let mut pieces: Vec<&Text> = Vec::with_capacity(texts.len() * 2);
    for (i, text) in texts.iter().enumerate() {
        if i > 0 {
            pieces.push(separator);
        }
        pieces.push(text);
    }
    Text::concat(pieces)
}

/// What several texts wait for, each once.
pub(crate) fn needs_of<'a>(texts: impl IntoIterator<Item = &'a Text>) -> Vec<Need> {
    let mut needs: Vec<Need> = Vec::new();
    for text in texts {
        for need in text.needs() {
            if !needs.contains(&need) {
                needs.push(need);
            }
        }
    }
    needs
}

/// Whether each hole of a text is one word, so that the text may stand where a shell would split or read it.
pub(crate) fn holes_are_words(text: &Text) -> bool {
    text.holes().all(|(_, opaque)| matches!(opaque.shape, Shape::Number | Shape::Word))
}

//! `shlex.split(text)` (CPython `Lib/shlex.py`, posix mode, no comments, `whitespace_split`), over text that knows
//! where its parts stand.

use std::ops::Range;

use imgscan_model::{Shape, Text};

/// A word with the part of the text that it came from, quotes and all.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Split {
    /// The word.
    pub word: Text,
    /// The bytes of the text that make it up.
    pub range: Range<usize>,
}

/// Why a text does not split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SplitError {
    /// `ValueError`, with Python's words, at the byte where the trouble begins.
    Refused(&'static str, usize),
    /// A part that is not known may hold blanks and quotes.
    Unknown(Range<usize>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Between,
    Word,
    Quoted(char),
    /// After a backslash, with the state to go back to.
    Escaped(Option<char>),
}

/// Splits `text` into words.
pub(crate) fn split(text: &Text) -> Result<Vec<Split>, SplitError> {
    if let Some((range, _)) = text.holes().find(|(_, hole)| matches!(hole.shape, Shape::Any | Shape::Words)) {
        return Err(SplitError::Unknown(range));
    }
    let mut lexer =
        Lexer { text, words: Vec::new(), kept: Vec::new(), start: 0, state: State::Between, opened: 0 };
    for (at, c) in text.raw().char_indices() {
        lexer.step(at, c, text.hole_at(at).is_some());
    }
    lexer.finish()
}

struct Lexer<'a> {
    text: &'a Text,
    words: Vec<Split>,
    /// The ranges of the text that stay in the word.
    kept: Vec<Range<usize>>,
    start: usize,
    state: State,
    /// Where the quote or escape that is open began.
    opened: usize,
}

impl Lexer<'_> {
    fn step(&mut self, at: usize, c: char, hole: bool) {
        let blank = !hole && matches!(c, ' ' | '\t' | '\r' | '\n');
        match self.state {
            State::Between if blank => {}
            State::Word if blank => self.emit(at),
            State::Between | State::Word => {
                if self.state == State::Between {
                    self.start = at;
                }
                self.state = State::Word;
                match c {
                    '\'' | '"' if !hole => self.open(State::Quoted(c), at),
                    '\\' if !hole => self.open(State::Escaped(None), at),
                    _ => self.keep(at, c),
                }
            }
            State::Quoted(quote) if c == quote && !hole => self.state = State::Word,
            State::Quoted('"') if c == '\\' && !hole => self.state = State::Escaped(Some('"')),
            State::Quoted(_) => self.keep(at, c),
            State::Escaped(quote) => {
                // Between double quotes a backslash escapes only itself and the quote; before all else it stays.
                if quote.is_some() && (hole || c != '\\' && c != '"') {
                    self.keep(at - 1, '\\');
                }
                self.keep(at, c);
                self.state = quote.map_or(State::Word, State::Quoted);
            }
        }
    }

    fn open(&mut self, state: State, at: usize) {
        self.state = state;
        self.opened = at;
    }

    fn keep(&mut self, at: usize, c: char) {
        let end = at + c.len_utf8();
        match self.kept.last_mut() {
            Some(last) if last.end == at => last.end = end,
            _ => self.kept.push(at..end),
        }
    }

    fn emit(&mut self, end: usize) {
        let parts: Vec<Text> = self.kept.drain(..).map(|range| self.text.slice(range)).collect();
        let word = match parts.as_slice() {
            [] => self.text.slice(end..end),
            [one] => one.clone(),
            _ => Text::concat(&parts),
        };
        self.words.push(Split { word, range: self.start..end });
        self.state = State::Between;
    }

    fn finish(mut self) -> Result<Vec<Split>, SplitError> {
        match self.state {
            State::Quoted(_) => return Err(SplitError::Refused("No closing quotation", self.opened)),
            State::Escaped(_) => return Err(SplitError::Refused("No escaped character", self.opened)),
            State::Word => self.emit(self.text.len()),
            State::Between => {}
        }
        Ok(self.words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use imgscan_model::{Need, Opaque, Origin};

    fn env(text: &str) -> Text {
        Text::new(text, Origin::image_env("A", text, None))
    }

    fn words(text: &str) -> Result<Vec<String>, SplitError> {
        split(&env(text)).map(|words| words.iter().map(|w| w.word.raw().to_owned()).collect())
    }

    #[test]
    fn words_as_python_splits_them() {
        let cases: [(&str, &[&str]); 9] = [
            ("-w 3 # --timeout 99", &["-w", "3", "#", "--timeout", "99"]),
            ("a\\ b c\\\\", &["a b", "c\\"]),
            ("'' \"\"", &["", ""]),
            ("x'y z'\"w\"", &["xy zw"]),
            ("\"a\\\"b\\c\\\\\"", &["a\"b\\c\\"]),
            ("'a\\'", &["a\\"]),
            ("a\\\nb", &["a\nb"]),
            ("a\u{a0}b\x0bc", &["a\u{a0}b\x0bc"]),
            ("  ", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(words(text).unwrap(), expected, "{text:?}");
        }
    }

    #[test]
    fn what_python_refuses() {
        assert_eq!(words("--name 'x"), Err(SplitError::Refused("No closing quotation", 7)));
        assert_eq!(words("a\\"), Err(SplitError::Refused("No escaped character", 1)));
        assert_eq!(words("\"a\\"), Err(SplitError::Refused("No escaped character", 0)));
    }

    #[test]
    fn a_number_that_is_not_known_is_part_of_its_word_and_anything_else_is_not() {
        let hole = |shape| {
            Text::opaque(
                Opaque { text: "$(x)".into(), needs: vec![Need::CpuCount], shape, reason: None },
                Origin::image_env("A", "", None),
            )
        };
        let number = Text::concat([&env("-w '"), &hole(Shape::Number), &env("' -t 3")]);
        let split_number = split(&number).unwrap();
        assert_eq!(split_number.len(), 4);
        assert_eq!(split_number[1].word.display(), "$(x)");
        assert!(matches!(
            split(&Text::concat([&env("-w "), &hole(Shape::Any)])),
            Err(SplitError::Unknown(_))
        ));
    }

    #[test]
    fn a_word_knows_its_characters() {
        let text = env("-w 'é4'");
        let all = split(&text).unwrap();
        let Some(place) = text.place(all[1].range.clone()) else { panic!() };
        let Origin::ImageEnv { start, end, .. } = place.origin else { panic!() };
        assert_eq!((start, end), (3, 7));
    }
}

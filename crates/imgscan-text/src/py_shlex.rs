//! Python's `shlex` (CPython 3.11 `Lib/shlex.py`), over text that knows where its parts stand.
//!
//! [`split`] is `shlex.split(text)`; [`Lexer`] is `shlex.shlex` with the attributes that programs set.

use std::ops::Range;

use imgscan_model::{Shape, Text};

/// A word with the part of the text that it came from, quotes and all.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// The word.
    pub word: Text,
    /// The bytes of the text that make it up.
    pub range: Range<usize>,
}

/// Why a text does not split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SplitError {
    /// `ValueError`, with Python's words, at the byte where the trouble begins.
    Refused(&'static str, usize),
    /// A part that is not known may hold blanks and quotes.
    Unknown(Range<usize>),
}

/// The attributes of a `shlex.shlex`.
#[derive(Clone, Copy, Debug)]
pub struct Lexer {
    /// `posix`: quotes and escapes go, as in a shell; else quotes stay and there are no escapes.
    pub posix: bool,
    /// `whitespace_split`: only white space ends a word; else every character that is no word character is a word.
    pub whitespace_split: bool,
    /// `commenters`
    pub commenters: &'static str,
    /// What is added to `wordchars`, which are ASCII letters, digits and `_` (with `posix` Latin-1 letters too).
    pub wordchars: &'static str,
    /// Whether an unknown part that may hold blanks and quotes stays in its word, instead of being an error. The
    /// caller must take such a word for none or several then.
    pub open: bool,
}

/// `shlex.split`: posix, no comments.
pub const SPLIT: Lexer =
    Lexer { posix: true, whitespace_split: true, commenters: "", wordchars: "", open: false };

/// Splits `text` as `shlex.split` does.
///
/// # Errors
///
/// Where Python raises, and where an unknown part may hold several words.
pub fn split(text: &Text) -> Result<Vec<Split>, SplitError> {
    SPLIT.tokens(text)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Between,
    Word,
    Quoted(char),
    /// After a backslash, with the quote to go back into.
    Escaped(Option<char>),
}

impl Lexer {
    /// All tokens of `text`.
    ///
    /// # Errors
    ///
    /// Where Python raises, and where an unknown part may hold several words.
    pub fn tokens(&self, text: &Text) -> Result<Vec<Split>, SplitError> {
        let open = |shape| matches!(shape, Shape::Any | Shape::Words);
        let mut holes = text.holes().filter(|_| !self.open);
        if let Some((range, _)) = holes.find(|(_, hole)| open(hole.shape)) {
            return Err(SplitError::Unknown(range));
        }
        let mut run = Run {
            lexer: self,
            text,
            tokens: Vec::new(),
            kept: Vec::new(),
            start: 0,
            state: State::Between,
            opened: 0,
            quoted: false,
        };
        let mut comment = false;
        for (at, c) in text.raw().char_indices() {
            if comment {
                comment = c != '\n';
                continue;
            }
            comment = run.step(at, c, text.hole_at(at).is_some());
        }
        run.finish()
    }

    fn is_wordchar(&self, c: char) -> bool {
        let latin = self.posix && ('\u{c0}'..='\u{ff}').contains(&c) && c != '\u{d7}' && c != '\u{f7}';
        c.is_ascii_alphanumeric() || c == '_' || latin || self.wordchars.contains(c)
    }
}

struct Run<'a> {
    lexer: &'a Lexer,
    text: &'a Text,
    tokens: Vec<Split>,
    /// The ranges of the text that stay in the word.
    kept: Vec<Range<usize>>,
    start: usize,
    state: State,
    /// Where the quote or escape that is open began.
    opened: usize,
    /// Whether the word had quotes: it stands even if it is empty.
    quoted: bool,
}

impl Run<'_> {
    /// Takes a character; whether a comment begins with it.
    fn step(&mut self, at: usize, c: char, hole: bool) -> bool {
        match self.state {
            State::Between => return self.between(at, c, hole),
            State::Word => return self.word(at, c, hole),
            State::Quoted(quote) if c == quote && !hole => {
                if self.lexer.posix {
                    self.state = State::Word;
                } else {
                    self.keep(at, c);
                    self.emit(at + c.len_utf8());
                }
            }
            State::Quoted('"') if self.lexer.posix && c == '\\' && !hole => {
                self.state = State::Escaped(Some('"'))
            }
            State::Quoted(_) => self.keep(at, c),
            State::Escaped(quote) => {
                // Between double quotes a backslash escapes only itself and the quote; before all else it stays.
                if quote.is_some() && (hole || (c != '\\' && c != '"')) {
                    self.keep(at - 1, '\\');
                }
                self.keep(at, c);
                self.state = quote.map_or(State::Word, State::Quoted);
            }
        }
        false
    }

    fn between(&mut self, at: usize, c: char, hole: bool) -> bool {
        let lexer = self.lexer;
        if !hole && is_blank(c) {
            return false;
        }
        if !hole && lexer.commenters.contains(c) {
            return true;
        }
        self.start = at;
        match c {
            '\\' if lexer.posix && !hole => self.open(State::Escaped(None), at),
            _ if hole || lexer.is_wordchar(c) => {
                self.state = State::Word;
                self.keep(at, c);
            }
            '\'' | '"' => {
                self.open(State::Quoted(c), at);
                if !lexer.posix {
                    self.keep(at, c);
                }
            }
            _ if lexer.whitespace_split => {
                self.state = State::Word;
                self.keep(at, c);
            }
            _ => {
                self.keep(at, c);
                self.emit(at + c.len_utf8());
            }
        }
        false
    }

    fn word(&mut self, at: usize, c: char, hole: bool) -> bool {
        let lexer = self.lexer;
        if hole {
            self.keep(at, c);
            return false;
        }
        if is_blank(c) {
            self.end(at);
            return false;
        }
        if lexer.commenters.contains(c) {
            if lexer.posix {
                self.end(at);
            }
            return true;
        }
        match c {
            '\'' | '"' if lexer.posix => self.open(State::Quoted(c), at),
            '\\' if lexer.posix => self.open(State::Escaped(None), at),
            '\'' | '"' => self.keep(at, c),
            _ if lexer.whitespace_split || lexer.is_wordchar(c) => self.keep(at, c),
            _ => {
                self.end(at);
                return self.between(at, c, hole);
            }
        }
        false
    }

    fn open(&mut self, state: State, at: usize) {
        self.quoted |= matches!(state, State::Quoted(_));
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

    /// Ends a word, which counts if it has characters or had quotes.
    fn end(&mut self, at: usize) {
        if self.kept.is_empty() && !self.quoted {
            self.state = State::Between;
        } else {
            self.emit(at);
        }
    }

    fn emit(&mut self, end: usize) {
        let parts: Vec<Text> = self.kept.drain(..).map(|range| self.text.slice(range)).collect();
        let word = match parts.as_slice() {
            [] => self.text.slice(end..end),
            [one] => one.clone(),
            _ => Text::concat(&parts),
        };
        self.tokens.push(Split { word, range: self.start..end });
        self.state = State::Between;
        self.quoted = false;
    }

    fn finish(mut self) -> Result<Vec<Split>, SplitError> {
        match self.state {
            State::Quoted(_) => return Err(SplitError::Refused("No closing quotation", self.opened)),
            State::Escaped(_) => return Err(SplitError::Refused("No escaped character", self.opened)),
            State::Word => self.end(self.text.len()),
            State::Between => {}
        }
        Ok(self.tokens)
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

//! The reading position in a source, with a bound on how often characters are read again.

use std::cell::Cell;
use std::rc::Rc;

use super::tree::Span;

/// Why a stretch cannot be read.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// Byte at which it was found.
    pub at: usize,
    /// Why, in words.
    pub reason: String,
}

pub(crate) type Parsed<T> = Result<T, Fault>;

/// The characters that may still be read, shared by the parsers of nested texts. It makes parsing linear: grammar
/// that needs a second try (`$((` that is no arithmetic) reads some characters twice, and a hostile text that piles
/// such tries up runs out instead of taking long.
#[derive(Clone, Debug)]
pub(crate) struct Fuel(Rc<Cell<u64>>);

impl Fuel {
    /// Enough to read a text of `len` bytes sixty-four times.
    pub(crate) fn of(len: usize) -> Self {
        Fuel(Rc::new(Cell::new(len as u64 * 64 + 4096)))
    }

    fn burn(&self, amount: u64) -> bool {
        let left = self.0.get();
        self.0.set(left.saturating_sub(amount));
        left >= amount
    }

    fn is_out(&self) -> bool {
        self.0.get() == 0
    }
}

/// A position in a text.
pub(crate) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    fuel: Fuel,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str, fuel: Fuel) -> Self {
        Cursor { text, at: 0, fuel }
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn fuel(&self) -> Fuel {
        self.fuel.clone()
    }

    /// Goes back (or forth) to a byte where a character begins.
    pub(crate) fn jump(&mut self, at: usize) {
        self.at = at.min(self.text.len());
    }

    /// The byte here, line continuations passed over.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        while self.rest().starts_with("\\\n") {
            self.step(2);
        }
        self.raw_peek()
    }

    /// The byte here as it stands; none when the text is read too often.
    pub(crate) fn raw_peek(&self) -> Option<u8> {
        if self.fuel.is_out() { None } else { self.text.as_bytes().get(self.at).copied() }
    }

    /// The byte after the one here, as it stands.
    pub(crate) fn second(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at + 1).copied()
    }

    /// What is left, as it stands.
    pub(crate) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    /// Takes the character here.
    pub(crate) fn bump(&mut self) -> Option<char> {
        self.raw_peek()?;
        let c = self.rest().chars().next()?;
        self.step(c.len_utf8());
        Some(c)
    }

    /// Goes on by `bytes`, which must end at a character.
    pub(crate) fn step(&mut self, bytes: usize) {
        self.fuel.burn(bytes as u64);
        self.at = (self.at + bytes).min(self.text.len());
    }

    /// Takes `byte` if it is the one here.
    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.step(1);
        }
        found
    }

    /// Takes `text` if it stands here.
    pub(crate) fn eat_str(&mut self, text: &str) -> bool {
        self.peek();
        let found = self.rest().starts_with(text) && !self.fuel.is_out();
        if found {
            self.step(text.len());
        }
        found
    }

    /// Whether `text` stands here.
    pub(crate) fn looking_at(&mut self, text: &str) -> bool {
        self.peek();
        self.rest().starts_with(text) && !self.fuel.is_out()
    }

    pub(crate) fn is_out_of_fuel(&self) -> bool {
        self.fuel.is_out()
    }

    pub(crate) fn span_from(&self, start: usize) -> Span {
        Span::new(start, self.at)
    }

    pub(crate) fn fault(&self, reason: impl Into<String>) -> Fault {
        let reason =
            if self.fuel.is_out() { "its grammar is too intricate to be read".into() } else { reason.into() };
        Fault { at: self.at, reason }
    }
}

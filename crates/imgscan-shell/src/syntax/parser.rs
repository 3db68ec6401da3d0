//! The parser's state: position, dialect, depth, and the here-documents that wait for their bodies.

use std::collections::HashSet;
use std::sync::Arc;

use imgscan_model::{Text, limits};

use super::cursor::{Cursor, Fault, Fuel, Parsed};
use super::tree::{HereDoc, Line, Part, Script, Span, Unit};
use super::words::Place;
use crate::dialect::Dialect;

/// A here-document whose operator was read and whose body comes after the next newline.
pub(crate) struct Pending {
    pub index: usize,
    pub delimiter: String,
    pub quoted: bool,
    pub strip: bool,
}

pub(crate) struct Parser<'a> {
    pub(crate) cursor: Cursor<'a>,
    pub(crate) source: &'a Text,
    pub(crate) dialect: Dialect,
    pub(crate) depth: usize,
    pub(crate) here: Vec<HereDoc>,
    pub(crate) pending: Vec<Pending>,
    /// Where `$((` or `((` was tried as arithmetic and is none: not tried again.
    pub(crate) no_arithmetic: HashSet<usize>,
    /// Where a parenthesis would open an array (behind `name=`).
    pub(crate) array_allowed_at: Option<usize>,
    /// Whether extended patterns were switched on by the text so far.
    pub(crate) extglob: bool,
    /// What the command under way makes of them: it holds for the next ones.
    pub(crate) extglob_then: bool,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(source: &'a Text, dialect: Dialect, fuel: Fuel, depth: usize) -> Self {
        Parser {
            cursor: Cursor::new(source.raw(), fuel),
            source,
            dialect,
            depth,
            here: Vec::new(),
            pending: Vec::new(),
            no_arithmetic: HashSet::new(),
            array_allowed_at: None,
            extglob: false,
            extglob_then: false,
        }
    }

    /// Runs `inner` one level deeper; too deep is a fault.
    pub(crate) fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= limits::DEPTH {
            return Err(self.cursor.fault("it is nested too deeply to be read"));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// All complete commands of the source.
    pub(crate) fn script(mut self) -> Script {
        let mut lines = Vec::new();
        loop {
            self.skip_newlines();
            let start = self.cursor.at();
            self.extglob = self.extglob_then;
            if self.cursor.peek().is_none() {
                break;
            }
            match self.complete_command() {
                Ok(list) => lines.push(Line::List(list)),
                Err(fault) => lines.push(self.recover(start, fault)),
            }
        }
        if self.cursor.is_out_of_fuel() {
            let at = self.cursor.at();
            let reason = "the rest is too intricate to be read".to_owned();
            lines.push(Line::Broken { span: Span::new(at, self.source.len()), reason });
        }
        let unit = Unit { source: self.source.clone(), here: self.here };
        Script { lines, unit: Arc::new(unit) }
    }

    /// Goes on after the line in which the fault was found.
    fn recover(&mut self, start: usize, fault: Fault) -> Line {
        self.pending.clear();
        let at = self.cursor.at().max(fault.at);
        self.cursor.jump(at);
        let rest = self.cursor.rest();
        self.cursor.step(rest.find('\n').map_or(rest.len(), |n| n + 1));
        let end = self
            .source
            .raw()
            .get(fault.at..)
            .and_then(|r| r.find('\n'))
            .map_or(self.source.len(), |n| fault.at + n);
        Line::Broken { span: Span::new(fault.at.max(start).min(end), end), reason: fault.reason }
    }

    /// Parses pieces of this source, put together, as a script of its own.
    pub(crate) fn nested(&mut self, pieces: &[Span], at: usize) -> Parsed<Script> {
        if self.depth >= limits::DEPTH {
            return Err(Fault { at, reason: "it is nested too deeply to be read".into() });
        }
        let text = self.joined(pieces);
        let inner = Parser::new(&text, self.dialect, self.cursor.fuel(), self.depth + 1);
        Ok(inner.script())
    }

    /// The texts of pieces of this source, one after another.
    pub(crate) fn joined(&self, pieces: &[Span]) -> Text {
        let texts: Vec<Text> = pieces.iter().map(|span| self.source.slice(span.range())).collect();
        Text::concat(texts.iter())
    }

    /// The parts of a here-document's body.
    pub(crate) fn here_parts(&mut self, body: &Text) -> Parsed<HereDoc> {
        let mut inner = Parser::new(body, self.dialect, self.cursor.fuel(), self.depth + 1);
        let parts: Vec<Part> = inner.parts(Place::Here)?;
        let unit = Unit { source: body.clone(), here: inner.here };
        Ok(HereDoc { unit: Arc::new(unit), parts })
    }
}

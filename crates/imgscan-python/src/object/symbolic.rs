//! Values that only the run time knows.

use std::rc::Rc;

use imgscan_model::{Need, Shape};

use crate::format::repr::quoted;

use super::condition::Condition;
use super::heap::Id;
use super::types::Type;
use super::value::Value;

/// How tightly an expression binds, to know where parentheses are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Ternary,
    Or,
    And,
    Not,
    Compare,
    BitOr,
    BitXor,
    BitAnd,
    Shift,
    Sum,
    Product,
    Unary,
    Power,
    Atom,
}

/// Longest text of an expression, in bytes; longer ones are unknown with the same needs.
pub(crate) const LONGEST: usize = 1_000;

/// An expression over things of the run time.
#[derive(Clone, Debug)]
pub(crate) struct Symbolic {
    /// In Python.
    pub(crate) text: Rc<str>,
    pub(crate) level: Level,
    pub(crate) needs: Rc<[Need]>,
    /// Its class, where that is certain.
    pub(crate) class: Option<Type>,
    /// Of a string: what is known of it, in order.
    pub(crate) pieces: Option<Rc<[Piece]>>,
    /// Of a value that a condition decides.
    pub(crate) choice: Option<Rc<Choice>>,
    /// Of a number: it is at least this.
    pub(crate) least: Option<i64>,
    /// Objects that it may be, or hold.
    pub(crate) refs: Rc<[Id]>,
}

/// One of two values.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub(crate) condition: Condition,
    pub(crate) yes: Value,
    pub(crate) no: Value,
}

/// A piece of a string.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Text(Rc<str>),
    /// An expression whose string stands here.
    Hole {
        text: Rc<str>,
        level: Level,
        shape: Shape,
        needs: Rc<[Need]>,
    },
}

/// A value of which nothing can be told.
#[derive(Clone, Debug)]
pub(crate) struct Unknown {
    pub(crate) reason: Rc<str>,
    pub(crate) needs: Rc<[Need]>,
    /// Its class, where that is certain.
    pub(crate) class: Option<Type>,
    /// Objects that it may be, or hold.
    pub(crate) refs: Rc<[Id]>,
}

impl Piece {
    /// How long what is known of these pieces is, in bytes.
    pub(crate) fn known_length(pieces: &[Piece]) -> usize {
        pieces.iter().map(|piece| if let Piece::Text(text) = piece { text.len() } else { 0 }).sum()
    }
}

impl Unknown {
    pub(crate) fn new(reason: impl Into<Rc<str>>) -> Unknown {
        Unknown { reason: reason.into(), needs: Rc::new([]), class: None, refs: Rc::new([]) }
    }

    /// The same, waiting for something.
    pub(crate) fn needing(mut self, needs: Rc<[Need]>) -> Unknown {
        self.needs = needs;
        self
    }

    /// The same, perhaps one of these objects or holding them.
    pub(crate) fn reaching(mut self, refs: Rc<[Id]>) -> Unknown {
        self.refs = refs;
        self
    }
}

impl Symbolic {
    /// An expression.
    pub(crate) fn new(
        text: impl Into<Rc<str>>,
        level: Level,
        class: Option<Type>,
        needs: impl Into<Rc<[Need]>>,
    ) -> Symbolic {
        Symbolic {
            text: text.into(),
            level,
            needs: needs.into(),
            class,
            pieces: None,
            choice: None,
            least: None,
            refs: Rc::new([]),
        }
    }

    /// The same with a lower bound.
    pub(crate) fn at_least(mut self, least: i64) -> Symbolic {
        self.least = Some(least);
        self
    }

    /// A string of pieces. Adjacent texts are joined; one lone expression that is certainly a string stays itself.
    pub(crate) fn of_pieces(pieces: Vec<Piece>) -> Symbolic {
        let mut joined: Vec<Piece> = Vec::new();
        for piece in pieces {
            match (joined.last_mut(), piece) {
                (_, Piece::Text(text)) if text.is_empty() => {}
                (Some(Piece::Text(before)), Piece::Text(text)) => *before = format!("{before}{text}").into(),
                (_, piece) => joined.push(piece),
            }
        }
        let mut needs: Vec<Need> = Vec::new();
        for piece in &joined {
            if let Piece::Hole { needs: more, .. } = piece {
                add_needs(&mut needs, more);
            }
        }
        let (text, level) = string_expression(&joined);
        let mut symbolic = Symbolic::new(text, level, Some(Type::Str), needs);
        symbolic.pieces = Some(joined.into());
        symbolic
    }

    /// The pieces of a string; the whole expression as one piece where there are none.
    pub(crate) fn to_pieces(&self) -> Vec<Piece> {
        match &self.pieces {
            Some(pieces) => pieces.to_vec(),
            None => {
                let (text, level, shape) = match self.class {
                    Some(Type::Int) => (Rc::clone(&self.text), self.level, Shape::Number),
                    Some(Type::Bool | Type::Float | Type::None) => {
                        (Rc::clone(&self.text), self.level, Shape::Word)
                    }
                    Some(Type::Str) => (Rc::clone(&self.text), self.level, Shape::Any),
                    // By itself it would be no string.
                    _ => (format!("str({})", self.text).into(), Level::Atom, Shape::Any),
                };
                vec![Piece::Hole { text, level, shape, needs: Rc::clone(&self.needs) }]
            }
        }
    }

    /// Whether it is certainly true or false.
    pub(crate) fn truth(&self) -> Option<bool> {
        if self.least.is_some_and(|n| n > 0) {
            return Some(true);
        }
        let pieces = self.pieces.as_ref()?;
        let certain = pieces.iter().any(|p| match p {
            Piece::Text(text) => !text.is_empty(),
            Piece::Hole { shape, .. } => matches!(shape, Shape::Number | Shape::Word),
        });
        certain.then_some(true)
    }
}

/// Adds what is not there yet.
pub(crate) fn add_needs(into: &mut Vec<Need>, more: &[Need]) {
    for need in more {
        if !into.contains(need) {
            into.push(need.clone());
        }
    }
}

/// The pieces as one string expression that every version reads: an f-string where its holes can stand in one, a
/// single string expression as itself.
fn string_expression(pieces: &[Piece]) -> (String, Level) {
    if let [Piece::Hole { text, level, shape: Shape::Any, .. }] = pieces {
        return (text.to_string(), *level);
    }
    // Before 3.12 neither the outer quotes, nor a backslash, nor `#` can stand inside an expression.
    let holes =
        |part: &str| pieces.iter().any(|p| matches!(p, Piece::Hole { text, .. } if text.contains(part)));
    let text = match (holes("'"), holes("\"")) {
        _ if holes("\\") || holes("#") => format_call(pieces),
        (false, _) => f_string(pieces, "'", '\''),
        (true, false) => f_string(pieces, "\"", '"'),
        (true, true) if !holes("\"\"\"") => f_string(pieces, "\"\"\"", '"'),
        (true, true) => format_call(pieces),
    };
    (text, Level::Atom)
}

/// `'text {}'.format(expression)`
fn format_call(pieces: &[Piece]) -> String {
    let mut template = String::new();
    let mut arguments: Vec<&str> = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => template.push_str(&text.replace('{', "{{").replace('}', "}}")),
            Piece::Hole { text, .. } => {
                template.push_str("{}");
                arguments.push(text);
            }
        }
    }
    format!("{}.format({})", quoted(&template), arguments.join(", "))
}

/// The pieces between these marks, of which `quote` is the character.
fn f_string(pieces: &[Piece], mark: &str, quote: char) -> String {
    let mut body = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => {
                for c in text.chars() {
                    match c {
                        '{' => body.push_str("{{"),
                        '}' => body.push_str("}}"),
                        '\n' => body.push_str("\\n"),
                        '\r' => body.push_str("\\r"),
                        '\t' => body.push_str("\\t"),
                        c if c == quote || c == '\\' => body.extend(['\\', c]),
                        c => body.push(c),
                    }
                }
            }
            Piece::Hole { text, .. } => {
                body.push('{');
                // A brace would begin an escape.
                if text.starts_with('{') {
                    body.push(' ');
                }
                body.push_str(text);
                body.push('}');
            }
        }
    }
    format!("f{mark}{body}{mark}")
}

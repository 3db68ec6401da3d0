//! Values that only the run time knows.

use std::rc::Rc;

use imgscan_model::{Need, Shape};

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
        let text = f_string(&joined);
        let mut symbolic = Symbolic::new(text, Level::Atom, Some(Type::Str), needs);
        symbolic.pieces = Some(joined.into());
        symbolic
    }

    /// The pieces of a string; the whole expression as one piece where there are none.
    pub(crate) fn to_pieces(&self) -> Vec<Piece> {
        match &self.pieces {
            Some(pieces) => pieces.to_vec(),
            None => vec![Piece::Hole {
                text: Rc::clone(&self.text),
                shape: match self.class {
                    Some(Type::Int) => Shape::Number,
                    Some(Type::Bool | Type::Float | Type::None) => Shape::Word,
                    _ => Shape::Any,
                },
                needs: Rc::clone(&self.needs),
            }],
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

/// The pieces as one f-string that every version reads; a single string expression as itself.
fn f_string(pieces: &[Piece]) -> String {
    if let [Piece::Hole { text, shape: Shape::Any, .. }] = pieces {
        return text.to_string();
    }
    // Before 3.12 the outer quotes cannot stand inside an expression.
    let holes =
        |quote: char| pieces.iter().any(|p| matches!(p, Piece::Hole { text, .. } if text.contains(quote)));
    let (mark, quote) = match (holes('\''), holes('"')) {
        (false, _) => ("'", '\''),
        (true, false) => ("\"", '"'),
        (true, true) => ("\"\"\"", '"'),
    };
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

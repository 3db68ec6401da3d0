//! What an expression is made of.

use regex::Regex;

use crate::operand::Operand;

/// An expression that can be judged.
#[derive(Clone, Debug)]
pub struct Expression {
    pub(crate) text: String,
    pub(crate) root: Node,
    pub(crate) names: Vec<Name>,
}

/// A setting that an expression speaks of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// The server, or one process of it: `gunicorn`, `gunicorn-2`.
    pub process: String,
    /// The setting.
    pub setting: String,
    /// The character of the expression at which it starts, counted from 0.
    pub at: usize,
}

/// An expression that cannot be read (exit status 2).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// The character at which it goes wrong, counted from 0; the length of the text at its end.
    pub at: usize,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to write instead, when we know.
    pub help: Option<String>,
}

impl SyntaxError {
    pub(crate) fn new(at: usize, message: String, help: Option<&str>) -> Self {
        SyntaxError { at, message, help: help.map(str::to_owned) }
    }
}

/// A part of an expression with the character at which it starts.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) at: usize,
}

/// Kinds of parts.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// A value as written.
    Literal(Operand),
    /// `[a, b]`
    List(Vec<Node>),
    /// A setting: an index into the expression's names.
    Setting(usize),
    /// `!a`
    Not(Box<Node>),
    /// `a && b`
    And(Box<Node>, Box<Node>),
    /// `a || b`
    Or(Box<Node>, Box<Node>),
    /// `a == b` and the others.
    Compare(Comparison, Box<Node>, Box<Node>),
    /// `a in b`
    In(Box<Node>, Box<Node>),
    /// `a =~ "…"`
    Matches(Box<Node>, Regex),
    /// `a + b`, `a - b`, `a * b`
    Arithmetic(char, Box<Node>, Box<Node>),
    /// `any(a, "…")`, `all(a, "…")`; true for `all`.
    Each(bool, Box<Node>, Regex),
    /// `len(a)`
    Length(Box<Node>),
    /// `known(setting)`, `is_set(setting)`, `source(setting)`: a question about a setting, not about its value.
    About(Question, usize),
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Comparison {
    pub(crate) fn of(sign: &str) -> Option<Self> {
        Some(match sign {
            "==" => Comparison::Equal,
            "!=" => Comparison::Unequal,
            "<" => Comparison::Less,
            "<=" => Comparison::AtMost,
            ">" => Comparison::More,
            ">=" => Comparison::AtLeast,
            _ => return None,
        })
    }

    /// Whether it asks only for the same or not the same.
    pub(crate) fn is_equality(self) -> bool {
        matches!(self, Comparison::Equal | Comparison::Unequal)
    }
}

/// What can be asked about a setting besides its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// Whether its value is known.
    Known,
    /// Whether anybody sets it.
    IsSet,
    /// By which way the winner speaks.
    Source,
}

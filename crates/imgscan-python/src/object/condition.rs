//! What decides between two ways of the program, where that is not known.

use std::rc::Rc;

use imgscan_model::Need;

use super::symbolic::{Level, add_needs};
use super::trace::Trace;

/// A condition that is not known.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    /// In Python; in words where `words` says so.
    pub(crate) text: Rc<str>,
    pub(crate) level: Level,
    pub(crate) needs: Rc<[Need]>,
    /// The text is no Python: what hangs on it is unknown rather than symbolic.
    pub(crate) words: bool,
    /// What went into it.
    pub(crate) trace: Trace,
}

impl Condition {
    /// An expression.
    pub(crate) fn expression(
        text: impl Into<Rc<str>>,
        level: Level,
        needs: Rc<[Need]>,
        trace: Trace,
    ) -> Condition {
        Condition { text: text.into(), level, needs, words: false, trace }
    }

    /// Words.
    pub(crate) fn words(text: impl Into<Rc<str>>, needs: Rc<[Need]>, trace: Trace) -> Condition {
        Condition { text: text.into(), level: Level::Atom, needs, words: true, trace }
    }

    /// The text, in parentheses where it binds less tightly than `level`.
    pub(crate) fn at(&self, level: Level) -> String {
        if !self.words && self.level < level { format!("({})", self.text) } else { self.text.to_string() }
    }

    /// The opposite.
    pub(crate) fn not(&self) -> Condition {
        let text: Rc<str> = match (self.words, self.text.strip_prefix("not ")) {
            (true, _) => Rc::clone(&self.text),
            (false, Some(rest)) if self.level == Level::Not => rest.into(),
            (false, _) => format!("not {}", self.at(Level::Not)).into(),
        };
        // Without its `not` an expression may bind more loosely than it is known to: `Not` is the least it can be.
        let level = if self.words { Level::Atom } else { Level::Not };
        Condition { text, level, ..self.clone() }
    }

    /// Both.
    pub(crate) fn and(&self, other: &Condition) -> Condition {
        if self.text == other.text {
            return self.clone();
        }
        self.joined(other, "and", Level::And)
    }

    /// Either.
    pub(crate) fn or(&self, other: &Condition) -> Condition {
        if self.text == other.text {
            return self.clone();
        }
        self.joined(other, "or", Level::Or)
    }

    fn joined(&self, other: &Condition, word: &str, level: Level) -> Condition {
        let mut needs = self.needs.to_vec();
        add_needs(&mut needs, &other.needs);
        let words = self.words || other.words;
        let text = format!("{} {word} {}", self.at(level), other.at(level));
        let text = if text.len() > super::symbolic::LONGEST { "a long condition".to_owned() } else { text };
        let words = words || text == "a long condition";
        let level = if words { Level::Atom } else { level };
        Condition {
            text: text.into(),
            level,
            needs: needs.into(),
            words,
            trace: self.trace.merge(&other.trace),
        }
    }
}

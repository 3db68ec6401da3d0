//! A body that is running, and how its statements end.

use crate::object::instance::Scope;
use crate::object::{Condition, Heap, Value};

/// How a statement ended.
#[derive(Debug)]
pub(crate) enum Flow {
    Normal,
    Break,
    Continue,
    Return(Value),
}

/// A way that left the block under a condition.
#[derive(Debug)]
pub(crate) struct Left {
    pub(crate) heap: Heap,
    /// What was returned.
    pub(crate) value: Value,
    pub(crate) condition: Condition,
}

/// A loop that is running.
#[derive(Debug, Default)]
pub(crate) struct LoopExits {
    pub(crate) breaks: Vec<Left>,
    pub(crate) continues: Vec<Left>,
    /// How many conditions the path had at the start of the round.
    pub(crate) base: usize,
}

/// A body that is running.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) scope: Scope,
    /// Ways that returned under a condition.
    pub(crate) returns: Vec<Left>,
    pub(crate) loops: Vec<LoopExits>,
    /// How many conditions the path had when the body began.
    pub(crate) base: usize,
    /// The function's first argument, for `super()`.
    pub(crate) first: Option<Value>,
    /// Whether it is a class body, of which the names are not seen from functions within it.
    pub(crate) is_class: bool,
    /// How many loops over one of two values are being run for each.
    pub(crate) forks: usize,
}

impl Frame {
    /// A body that begins.
    pub(crate) fn new(scope: Scope, base: usize) -> Frame {
        Frame { scope, returns: Vec::new(), loops: Vec::new(), base, first: None, is_class: false, forks: 0 }
    }

    /// Whether as many loops as allowed are being run twice.
    pub(crate) fn is_forking(&self, most: usize) -> bool {
        self.forks >= most
    }
}

//! Following both ways where a condition is not known, and ways that leave early.

use imgscan_model::Need;

use crate::object::{Condition, Heap, Value};

use super::error::{Exc, Stop};
use super::frame::{Flow, Frame, Left};
use super::{Interp, MaybeEnd, Res};

/// Most ways out of a block that are kept apart.
const WAYS: usize = 24;
/// Most exceptions that one `try` keeps apart.
const RAISED: usize = 3;

/// Something that catches exceptions, and the ways that may have raised one.
#[derive(Debug)]
pub(crate) struct Catch {
    /// How many conditions the path had at its start.
    pub(crate) base: usize,
    pub(crate) raised: Vec<(Heap, Exc, Condition)>,
}

/// What two ways gave.
pub(crate) enum Forked<T> {
    /// Both; the heap of the first, and the interpreter holds the heap of the second.
    Both(Heap, T, T),
    /// One of them left with an exception, which was noted; the interpreter holds the heap of the other.
    One(T),
}

impl Interp<'_> {
    /// Follows both ways from the present state.
    pub(crate) fn fork<C, T>(
        &mut self,
        context: &mut C,
        condition: &Condition,
        yes: impl FnOnce(&mut Self, &mut C) -> Res<T>,
        no: impl FnOnce(&mut Self, &mut C) -> Res<T>,
    ) -> Res<Forked<T>> {
        self.charge(1 + self.heap.len() / 16)?;
        let before = self.heap.clone();
        let control = self.control.clone();
        self.control = self.control.decided_by(&condition.trace);
        self.path.push(condition.clone());
        let first = yes(self, context);
        self.path.pop();
        let negated = condition.not();
        let first_heap = std::mem::replace(&mut self.heap, before);
        self.heap.reserve(first_heap.len());
        self.path.push(negated.clone());
        let second = no(self, context);
        self.path.pop();
        self.control = control;
        match (first, second) {
            (Err(Stop::Bound(reason)), _) | (_, Err(Stop::Bound(reason))) => Err(Stop::Bound(reason)),
            (Ok(first), Ok(second)) => Ok(Forked::Both(first_heap, first, second)),
            (Err(first), Ok(second)) => {
                let second_heap = std::mem::replace(&mut self.heap, first_heap);
                let stop = self.settle(first);
                self.note_raised(stop, condition)?;
                self.restore(second_heap);
                Ok(Forked::One(second))
            }
            (Ok(first), Err(second)) => {
                let stop = self.settle(second);
                self.note_raised(stop, &negated)?;
                self.restore(first_heap);
                Ok(Forked::One(first))
            }
            (Err(first), Err(second)) => {
                let second_heap = std::mem::replace(&mut self.heap, first_heap);
                let stop = self.settle(first);
                self.note_raised(stop, condition)?;
                self.restore(second_heap);
                Err(second)
            }
        }
    }

    /// Takes up another way's heap; numbers given meanwhile stay taken.
    pub(crate) fn restore(&mut self, mut heap: Heap) {
        heap.reserve(self.heap.len());
        self.heap = heap;
    }

    /// A value that a builtin could not do without becomes "any exception".
    fn settle(&mut self, stop: Stop) -> Stop {
        match stop {
            Stop::Opaque(value) => self.raise_value(*value),
            other => other,
        }
    }

    /// Follows both ways of an expression and joins the values.
    pub(crate) fn fork_value(
        &mut self,
        frame: &mut Frame,
        condition: &Condition,
        yes: impl FnOnce(&mut Self, &mut Frame) -> Res<Value>,
        no: impl FnOnce(&mut Self, &mut Frame) -> Res<Value>,
    ) -> Res<Value> {
        match self.fork(frame, condition, yes, no)? {
            Forked::One(value) => Ok(value),
            Forked::Both(heap, first, second) => {
                self.join_heap(heap, condition)?;
                Ok(self.join_values(condition, &first, &second))
            }
        }
    }

    /// Follows both ways of a statement and joins what goes on; a way that leaves is kept for where it leads.
    pub(crate) fn fork_flow(
        &mut self,
        frame: &mut Frame,
        condition: &Condition,
        yes: impl FnOnce(&mut Self, &mut Frame) -> Res<Flow>,
        no: impl FnOnce(&mut Self, &mut Frame) -> Res<Flow>,
    ) -> Res<Flow> {
        let (heap, first, second) = match self.fork(frame, condition, yes, no)? {
            Forked::One(flow) => return Ok(flow),
            Forked::Both(heap, first, second) => (heap, first, second),
        };
        match (first, second) {
            (Flow::Normal, Flow::Normal) => self.join_heap(heap, condition).map(|()| Flow::Normal),
            (Flow::Break, Flow::Break) => self.join_heap(heap, condition).map(|()| Flow::Break),
            (Flow::Continue, Flow::Continue) => self.join_heap(heap, condition).map(|()| Flow::Continue),
            (Flow::Return(a), Flow::Return(b)) => {
                self.join_heap(heap, condition)?;
                Ok(Flow::Return(self.join_values(condition, &a, &b)))
            }
            (first, Flow::Normal) => {
                let normal = std::mem::replace(&mut self.heap, heap);
                self.leave(frame, first, condition)?;
                self.restore(normal);
                Ok(Flow::Normal)
            }
            (Flow::Normal, second) => {
                self.leave(frame, second, &condition.not())?;
                self.restore(heap);
                Ok(Flow::Normal)
            }
            (first, second) => {
                let other = std::mem::replace(&mut self.heap, heap);
                self.leave(frame, first, condition)?;
                self.restore(other);
                Ok(second)
            }
        }
    }

    /// Keeps a way that leaves its block under a condition; the interpreter holds its heap.
    pub(crate) fn leave(&mut self, frame: &mut Frame, flow: Flow, condition: &Condition) -> Res<()> {
        let base = match flow {
            Flow::Return(_) => frame.base,
            _ => frame.loops.last().map_or(frame.base, |l| l.base),
        };
        let condition = self.since_base(base, condition);
        let heap = self.heap.clone();
        let (list, value) = match flow {
            Flow::Normal => return Ok(()),
            Flow::Return(value) => (&mut frame.returns, value),
            Flow::Break => match frame.loops.last_mut() {
                Some(exits) => (&mut exits.breaks, Value::none()),
                None => return Ok(()),
            },
            Flow::Continue => match frame.loops.last_mut() {
                Some(exits) => (&mut exits.continues, Value::none()),
                None => return Ok(()),
            },
        };
        if list.len() >= WAYS
            && let Some(last) = list.pop()
        {
            let present = std::mem::replace(&mut self.heap, heap);
            let either = last.condition.or(&condition);
            let words = Condition { words: true, ..last.condition.clone() };
            self.join_heap(last.heap, &words)?;
            let value = self.join_values(&words, &last.value, &value);
            let heap = std::mem::replace(&mut self.heap, present);
            list.push(Left { heap, value, condition: either });
            return Ok(());
        }
        list.push(Left { heap, value, condition });
        Ok(())
    }

    /// The conditions that the path took since `base`, and one more.
    fn since_base(&self, base: usize, condition: &Condition) -> Condition {
        let mut taken = self.path.iter().skip(base);
        match taken.next() {
            None => condition.clone(),
            Some(first) => taken.fold(first.clone(), |all, c| all.and(c)).and(condition),
        }
    }

    /// Joins the ways that left early to the present state.
    pub(crate) fn join_left(&mut self, left: Vec<Left>) -> Res<()> {
        for way in left.into_iter().rev() {
            self.join_heap(way.heap, &way.condition)?;
        }
        Ok(())
    }

    /// Joins the ways that returned early to the present state and to what it returns; `None` where only they do.
    pub(crate) fn join_returns(&mut self, mut left: Vec<Left>, value: Option<Value>) -> Res<Option<Value>> {
        let mut result = match value {
            Some(value) => value,
            None => {
                let Some(last) = left.pop() else { return Ok(None) };
                self.restore(last.heap);
                last.value
            }
        };
        for way in left.into_iter().rev() {
            self.join_heap(way.heap, &way.condition)?;
            result = self.join_values(&way.condition, &way.value, &result);
        }
        Ok(Some(result))
    }

    /// Notes that the present state may have raised, under a condition.
    pub(crate) fn note_raised(&mut self, stop: Stop, condition: &Condition) -> Res<()> {
        let exc = match stop {
            Stop::Raise(exc) => *exc,
            Stop::Bound(reason) => return Err(Stop::Bound(reason)),
            Stop::Opaque(value) => Exc { value: *value, site: self.here },
        };
        let Some(base) = self.catches.last().map(|c| c.base) else {
            return self.note_end(&exc, condition);
        };
        self.charge(self.heap.len() / 16)?;
        let condition = self.since_base(base, condition);
        let heap = self.heap.clone();
        let full = self
            .catches
            .last_mut()
            .and_then(|c| if c.raised.len() >= RAISED { c.raised.pop() } else { None });
        let entry = match full {
            None => (heap, exc, condition),
            Some((other_heap, other, other_condition)) => {
                let present = std::mem::replace(&mut self.heap, heap);
                let words = Condition { words: true, ..other_condition.clone() };
                self.join_heap(other_heap, &words)?;
                let value = self.join_values(&words, &other.value, &exc.value);
                let joined = std::mem::replace(&mut self.heap, present);
                self.heap.reserve(joined.len());
                (joined, Exc { value, site: exc.site }, other_condition.or(&condition))
            }
        };
        if let Some(catch) = self.catches.last_mut() {
            catch.raised.push(entry);
        }
        Ok(())
    }

    /// Notes that the module may not reach its end.
    fn note_end(&mut self, exc: &Exc, condition: &Condition) -> Res<()> {
        if self.maybe_end.is_some() {
            return Ok(());
        }
        let condition = self.since_base(0, condition);
        let line = self.traceback_line(exc);
        let reason = match (line, condition.words) {
            (Some(line), false) => format!("raises `{line}` if `{}`", condition.text),
            (Some(line), true) => format!("may raise `{line}`: {}", condition.text),
            (None, false) => format!("may raise if `{}`", condition.text),
            (None, true) => format!("may raise: {}", condition.text),
        };
        self.maybe_end = Some(MaybeEnd { reason, site: exc.site });
        Ok(())
    }

    /// Notes that what is evaluated may raise; it goes on as if it did not. `what` is the expression.
    pub(crate) fn may_raise(&mut self, exception: Option<Value>, what: &str, needs: &[Need]) -> Res<()> {
        let trace = exception.as_ref().map(|e| e.trace.clone()).unwrap_or_default();
        let condition = Condition::words(format!("whether `{what}` raises"), needs.into(), trace);
        let value = exception.unwrap_or_else(|| Value::unknown(format!("`{what}` may raise")));
        let stop = self.raise_value(value);
        self.note_raised(stop, &condition)
    }

    /// Whether the way that is followed settles a condition.
    pub(crate) fn assumed(&self, condition: &Condition) -> Option<bool> {
        if condition.words || condition.needs.contains(&Need::Time) {
            return None;
        }
        let negated = condition.not();
        for known in self.path.iter().rev().filter(|c| !c.words) {
            if known.text == condition.text {
                return Some(true);
            }
            if known.text == negated.text {
                return Some(false);
            }
        }
        None
    }

    /// How many conditions the path has.
    pub(crate) fn path_length(&self) -> usize {
        self.path.len()
    }

    /// Runs `body` with something that catches what it may raise.
    pub(crate) fn catching<T>(
        &mut self,
        body: impl FnOnce(&mut Self) -> T,
    ) -> (T, Vec<(Heap, Exc, Condition)>) {
        self.catches.push(Catch { base: self.path.len(), raised: Vec::new() });
        let result = body(self);
        let raised = self.catches.pop().map(|c| c.raised).unwrap_or_default();
        (result, raised)
    }
}

//! Loops.

use crate::object::{Condition, Kind, Trace, Value};
use crate::syntax::ir::{For, While};

use super::error::Stop;
use super::frame::{Flow, Frame, Left, LoopExits};
use super::{Interp, Next, Res};

/// Most times the body of a loop with an unknown number of rounds is gone through until nothing new is lost.
const WIDENINGS: usize = 12;
/// Rounds of a `while` that may be left under unknown conditions before it is taken for one of unknown length.
const UNCERTAIN_ROUNDS: usize = 16;

/// How deep loops over one of two values are run for each.
const LOOP_FORKS: usize = 3;

/// How the rounds of a loop went.
enum Rounds {
    /// To their end: `else` runs.
    Ended,
    /// A `break` or `return` ended them.
    Left(Flow),
}

impl Interp<'_> {
    /// `for`
    pub(super) fn exec_for(&mut self, frame: &mut Frame, statement: &For) -> Res<Flow> {
        let value = self.eval(frame, &statement.iter)?;
        self.here = statement.iter.site;
        self.for_over(frame, statement, &value)
    }

    fn for_over(&mut self, frame: &mut Frame, statement: &For, value: &Value) -> Res<Flow> {
        // Over one of two values: the loop runs over each.
        if let Kind::Symbolic(symbolic) = &value.kind
            && let Some(choice) = symbolic.choice.clone()
            && !frame.is_forking(LOOP_FORKS)
        {
            frame.forks += 1;
            let flow = self.fork_flow(
                frame,
                &choice.condition,
                |interp, frame| interp.for_over(frame, statement, &choice.yes),
                |interp, frame| interp.for_over(frame, statement, &choice.no),
            );
            frame.forks -= 1;
            return flow;
        }
        let iter = match self.iter_of(value) {
            Ok(iter) if !statement.is_async => Ok(iter),
            Ok(_) => Err(Value::unknown("asynchronous iteration is not followed")),
            Err(Stop::Opaque(culprit)) => {
                let needs = self.needs_of(&culprit);
                if self.class_of(value).is_none() {
                    self.may_raise(None, "an iteration", &needs)?;
                }
                Err(*culprit)
            }
            Err(stop) => return Err(stop),
        };
        let control = self.control.clone();
        frame.loops.push(LoopExits { base: self.path_length(), ..LoopExits::default() });
        let rounds = match iter {
            Ok(iter) => self.for_rounds(frame, statement, &iter, &value.trace),
            Err(culprit) => self.for_unknown(frame, statement, &[value, &culprit]),
        };
        let flow = self.finish_loop(frame, rounds, &statement.orelse);
        self.control = control;
        flow
    }

    fn for_rounds(&mut self, frame: &mut Frame, statement: &For, iter: &Value, trace: &Trace) -> Res<Rounds> {
        self.control = self.control.decided_by(trace);
        loop {
            self.here = statement.iter.site;
            let item = match self.next(iter)? {
                Next::Item(item) => item,
                Next::End => return Ok(Rounds::Ended),
                Next::Unknown(culprit) => return self.for_unknown(frame, statement, &[iter, &culprit]),
            };
            self.assign(frame, &statement.target, item.also(trace), statement.target.site)?;
            match self.round(frame, &statement.body)? {
                Flow::Normal | Flow::Continue => {}
                flow => return Ok(Rounds::Left(flow)),
            }
        }
    }

    /// One round; ways that `continue` under a condition come together at its end.
    fn round(&mut self, frame: &mut Frame, body: &[crate::syntax::ir::Stmt]) -> Res<Flow> {
        if let Some(exits) = frame.loops.last_mut() {
            exits.base = self.path_length();
        }
        let flow = self.exec_block(frame, body);
        let continues = frame.loops.last_mut().map(|l| std::mem::take(&mut l.continues)).unwrap_or_default();
        let flow = match flow {
            Ok(flow) => flow,
            Err(stop) => return self.outlived(stop, continues),
        };
        if continues.is_empty() {
            return Ok(flow);
        }
        match flow {
            Flow::Normal | Flow::Continue => {
                self.join_left(continues)?;
                Ok(Flow::Normal)
            }
            // It goes on under a condition and leaves the loop otherwise.
            flow => {
                let condition = continues.iter().map(|l| l.condition.clone()).reduce(|a, b| a.or(&b));
                if let Some(condition) = condition {
                    self.leave(frame, flow, &condition.not())?;
                }
                self.join_returns(continues, None)?;
                Ok(Flow::Normal)
            }
        }
    }

    /// An exception ended the loop's body on this way; the ways that had left it before go on.
    fn outlived(&mut self, stop: Stop, ways: Vec<Left>) -> Res<Flow> {
        if let Stop::Bound(reason) = stop {
            return Err(Stop::Bound(reason));
        }
        let Some(condition) = ways.iter().map(|l| l.condition.clone()).reduce(|a, b| a.or(&b)) else {
            return Err(stop);
        };
        self.note_raised(stop, &condition.not())?;
        self.join_returns(ways, None)?;
        Ok(Flow::Normal)
    }

    fn finish_loop(
        &mut self,
        frame: &mut Frame,
        rounds: Res<Rounds>,
        orelse: &[crate::syntax::ir::Stmt],
    ) -> Res<Flow> {
        let exits = frame.loops.pop().unwrap_or_default();
        let flow = match rounds {
            Ok(Rounds::Ended) => self.exec_block(frame, orelse),
            Ok(Rounds::Left(Flow::Break)) => Ok(Flow::Normal),
            Ok(Rounds::Left(flow)) => Ok(flow),
            Err(stop) => Err(stop),
        };
        let flow = match flow {
            Ok(flow) => flow,
            Err(stop) => return self.outlived(stop, exits.breaks),
        };
        if exits.breaks.is_empty() {
            return Ok(flow);
        }
        match flow {
            Flow::Normal => {
                self.join_left(exits.breaks)?;
                Ok(Flow::Normal)
            }
            flow => {
                let condition = exits.breaks.iter().map(|l| l.condition.clone()).reduce(|a, b| a.or(&b));
                if let Some(condition) = condition {
                    self.leave(frame, flow, &condition.not())?;
                }
                self.join_returns(exits.breaks, None)?;
                Ok(Flow::Normal)
            }
        }
    }

    /// A `for` over something that is not known.
    fn for_unknown(&mut self, frame: &mut Frame, statement: &For, operands: &[&Value]) -> Res<Rounds> {
        let item = self.lost_iterator(operands);
        let trace = Interp::traces(operands.iter().copied());
        self.control = self.control.decided_by(&trace);
        self.unknown_rounds(frame, |interp, frame| {
            interp.assign(frame, &statement.target, item.clone(), statement.target.site)?;
            interp.round(frame, &statement.body)
        })
    }

    /// `while`
    pub(super) fn exec_while(&mut self, frame: &mut Frame, statement: &While) -> Res<Flow> {
        let control = self.control.clone();
        frame.loops.push(LoopExits { base: self.path_length(), ..LoopExits::default() });
        let rounds = self.while_rounds(frame, statement);
        let flow = self.finish_loop(frame, rounds, &statement.orelse);
        self.control = control;
        flow
    }

    fn while_rounds(&mut self, frame: &mut Frame, statement: &While) -> Res<Rounds> {
        loop {
            let uncertain = frame.loops.last().is_some_and(|l| l.breaks.len() >= UNCERTAIN_ROUNDS)
                || frame.returns.len() >= UNCERTAIN_ROUNDS;
            if uncertain {
                return self.while_unknown(frame, statement);
            }
            let test = self.eval(frame, &statement.test)?;
            match self.truth(&test)? {
                Ok(false) => return Ok(Rounds::Ended),
                Ok(true) => {}
                Err(_) => return self.while_unknown(frame, statement),
            }
            self.control = self.control.decided_by(&test.trace);
            match self.round(frame, &statement.body)? {
                Flow::Normal | Flow::Continue => {}
                flow => return Ok(Rounds::Left(flow)),
            }
        }
    }

    fn while_unknown(&mut self, frame: &mut Frame, statement: &While) -> Res<Rounds> {
        self.unknown_rounds(frame, |interp, frame| {
            let test = interp.eval(frame, &statement.test)?;
            interp.control = interp.control.decided_by(&test.trace);
            interp.round(frame, &statement.body)
        })
    }

    /// Rounds of which the number is not known: goes through the body until what is lost stays the same.
    fn unknown_rounds(
        &mut self,
        frame: &mut Frame,
        mut body: impl FnMut(&mut Self, &mut Frame) -> Res<Flow>,
    ) -> Res<Rounds> {
        let returns = frame.returns.len();
        let breaks = frame.loops.last().map_or(0, |l| l.breaks.len());
        let condition = unknown_rounds_condition();
        for _ in 0..WIDENINGS {
            frame.returns.truncate(returns);
            if let Some(exits) = frame.loops.last_mut() {
                exits.breaks.truncate(breaks);
            }
            let before = self.heap.clone();
            self.charge(1 + self.heap.len() / 16)?;
            self.path.push(condition.clone());
            let flow = body(self, frame);
            self.path.pop();
            match flow {
                Ok(Flow::Normal | Flow::Continue) => {}
                Ok(flow) => {
                    // A round always leaves, if there is one.
                    self.leave(frame, flow, &condition)?;
                    self.restore(before);
                    return Ok(Rounds::Ended);
                }
                Err(Stop::Bound(reason)) => return Err(Stop::Bound(reason)),
                Err(stop) => {
                    self.note_raised(stop, &condition)?;
                    self.restore(before);
                    return Ok(Rounds::Ended);
                }
            }
            if !self.widen(&before)? {
                return Ok(Rounds::Ended);
            }
        }
        Err(Stop::Bound("what a loop of unknown length changes could not be told".into()))
    }

    /// Goes through a piece of the program any number of times, for what it changes.
    pub(super) fn rounds(&mut self, mut body: impl FnMut(&mut Self) -> Res<()>) -> Res<()> {
        let condition = unknown_rounds_condition();
        for _ in 0..WIDENINGS {
            let before = self.heap.clone();
            self.charge(1 + self.heap.len() / 16)?;
            self.path.push(condition.clone());
            let result = body(self);
            self.path.pop();
            match result {
                Ok(()) => {}
                Err(Stop::Bound(reason)) => return Err(Stop::Bound(reason)),
                Err(stop) => self.note_raised(stop, &condition)?,
            }
            if !self.widen(&before)? {
                return Ok(());
            }
        }
        Err(Stop::Bound("what a comprehension changes could not be told".into()))
    }
}

/// The condition of a round that may not be gone.
fn unknown_rounds_condition() -> Condition {
    Condition::words("how many rounds a loop goes", std::rc::Rc::new([]), Trace::default())
}

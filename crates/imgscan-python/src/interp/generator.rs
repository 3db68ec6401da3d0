//! Generators: bodies that stop in the middle.

use std::rc::Rc;

use crate::object::instance::{GeneratorState, Scope};
use crate::object::{Id, Object, Value};
use crate::syntax::ir::{Block, Code, For, StmtKind, TargetKind, Try, While};

use super::comprehension::Round;
use super::error::Stop;
use super::frame::{Flow, Frame};
use super::{Interp, Next, Res};

/// What a generator function has left to do.
#[derive(Clone, Debug)]
pub(crate) struct Suspended {
    pub(crate) scope: Scope,
    /// Innermost last.
    pub(super) tasks: Vec<Task>,
    /// The statement that waits for what is sent in.
    pub(super) waiting: Option<(Block, usize)>,
}

/// A statement that is under way.
#[derive(Clone, Debug)]
pub(super) enum Task {
    Block {
        block: Block,
        next: usize,
    },
    For {
        statement: Rc<For>,
        iter: Value,
    },
    While {
        statement: Rc<While>,
    },
    Try {
        statement: Rc<Try>,
        phase: Phase,
    },
    /// A file or the like that is closed at the end.
    With {
        manager: Value,
    },
    /// `yield from`
    From {
        iter: Value,
    },
    /// Raised again once the statements above are done.
    Raise {
        exception: Box<super::Exc>,
    },
}

/// Where a `try` stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Body,
    Else,
    Handler,
}

/// What a step of a generator function came to.
enum Step {
    Yield(Value),
    Return,
    /// It is not followed, with the reason.
    Unclear(Value),
}

impl Suspended {
    /// A body that has not begun.
    pub(crate) fn new(code: &Code, scope: Scope) -> Suspended {
        let first = Task::Block { block: Rc::clone(&code.body), next: 0 };
        Suspended { scope, tasks: vec![first], waiting: None }
    }
}

fn unclear(words: &str) -> Step {
    Step::Unclear(Value::unknown(words))
}

impl Interp<'_> {
    fn set_generator(&mut self, id: Id, state: GeneratorState) {
        if let Some(Object::Generator(generator)) = self.heap.get_mut(id) {
            generator.state = state;
        }
    }

    /// `next(generator)`
    pub(super) fn next_of_generator(&mut self, id: Id) -> Res<Next> {
        let Object::Generator(generator) = self.heap.get(id) else { return Ok(Next::End) };
        let state = generator.state.clone();
        match state {
            GeneratorState::Done => Ok(Next::End),
            GeneratorState::Running => Err(self.value_error("generator already executing")),
            GeneratorState::Expression { inner, scope, mut open, started, first } => {
                self.set_generator(id, GeneratorState::Running);
                if !started {
                    open.push(first.clone());
                }
                let mut frame = Frame::new(scope.clone(), self.path_length());
                let control = self.control.clone();
                let result = self.next_element(&mut frame, &inner, &mut open);
                self.control = control;
                let next = match result {
                    Ok(next) => next,
                    Err(stop) => {
                        self.set_generator(id, GeneratorState::Done);
                        return Err(stop);
                    }
                };
                let state = match next {
                    Next::Item(_) => GeneratorState::Expression { inner, scope, open, started: true, first },
                    _ => GeneratorState::Done,
                };
                self.set_generator(id, state);
                if let Next::Unknown(_) = next {
                    self.spoil(id, "a generator hangs on a value that is not known");
                }
                Ok(next)
            }
            GeneratorState::Function(mut suspended) => {
                self.set_generator(id, GeneratorState::Running);
                let here = self.here;
                let control = self.control.clone();
                let step = self.resume(&mut suspended);
                self.control = control;
                self.here = here;
                match step {
                    Ok(Step::Yield(value)) => {
                        self.set_generator(id, GeneratorState::Function(suspended));
                        Ok(Next::Item(value))
                    }
                    Ok(Step::Return) => {
                        self.set_generator(id, GeneratorState::Done);
                        Ok(Next::End)
                    }
                    Ok(Step::Unclear(value)) => {
                        self.set_generator(id, GeneratorState::Done);
                        self.spoil(id, "a generator is not followed");
                        Ok(Next::Unknown(value))
                    }
                    Err(stop) => {
                        self.set_generator(id, GeneratorState::Done);
                        Err(stop)
                    }
                }
            }
        }
    }

    fn next_element(
        &mut self,
        frame: &mut Frame,
        inner: &crate::syntax::ir::ComprehensionInner,
        open: &mut Vec<Value>,
    ) -> Res<Next> {
        match self.next_round(frame, inner, open)? {
            Round::End => Ok(Next::End),
            Round::Unknown(value) => Ok(Next::Unknown(value)),
            Round::Element => {
                let value = self.eval(frame, &inner.element)?;
                Ok(Next::Item(Value { trace: value.trace.decided_by(&self.control), ..value }))
            }
        }
    }

    fn resume(&mut self, suspended: &mut Suspended) -> Res<Step> {
        let mut frame = Frame::new(suspended.scope.clone(), self.path_length());
        if let Some((block, at)) = suspended.waiting.take()
            && let Some(stmt) = block.get(at)
            && let StmtKind::Assign { targets, .. } = &stmt.kind
        {
            for target in targets {
                self.assign(&mut frame, target, Value::none(), stmt.site)?;
            }
        }
        loop {
            self.charge(1)?;
            let Some(task) = suspended.tasks.pop() else { return Ok(Step::Return) };
            let step = match self.perform(&mut frame, suspended, task) {
                Ok(step) => step,
                Err(Stop::Raise(exception)) => self.unwind(&mut frame, suspended, exception)?,
                Err(stop) => return Err(stop),
            };
            if let Some(step) = step {
                return Ok(step);
            }
            if !frame.returns.is_empty() || !frame.loops.is_empty() {
                return Ok(unclear("a generator leaves a block under a condition that is not known"));
            }
        }
    }

    fn perform(&mut self, frame: &mut Frame, suspended: &mut Suspended, task: Task) -> Res<Option<Step>> {
        match task {
            Task::Block { block, next } => {
                let Some(stmt) = block.get(next) else { return Ok(None) };
                suspended.tasks.push(Task::Block { block: Rc::clone(&block), next: next + 1 });
                if stmt.yields {
                    return self.begin(frame, suspended, &block, next);
                }
                match self.exec_statement(frame, stmt)? {
                    Flow::Normal => Ok(None),
                    Flow::Return(_) => Ok(Some(leave_all(suspended))),
                    Flow::Break => Ok(leave_loop(suspended, true)),
                    Flow::Continue => Ok(leave_loop(suspended, false)),
                }
            }
            Task::For { statement, iter } => match self.next(&iter)? {
                Next::Item(item) => {
                    let block = Rc::clone(&statement.body);
                    suspended.tasks.push(Task::For { statement: Rc::clone(&statement), iter });
                    suspended.tasks.push(Task::Block { block, next: 0 });
                    self.assign(frame, &statement.target, item, statement.target.site)?;
                    Ok(None)
                }
                Next::End => {
                    suspended.tasks.push(Task::Block { block: Rc::clone(&statement.orelse), next: 0 });
                    Ok(None)
                }
                Next::Unknown(value) => Ok(Some(Step::Unclear(value))),
            },
            Task::While { statement } => {
                let test = self.eval(frame, &statement.test)?;
                match self.truth(&test)? {
                    Ok(true) => {
                        let block = Rc::clone(&statement.body);
                        suspended.tasks.push(Task::While { statement });
                        suspended.tasks.push(Task::Block { block, next: 0 });
                        Ok(None)
                    }
                    Ok(false) => {
                        suspended.tasks.push(Task::Block { block: Rc::clone(&statement.orelse), next: 0 });
                        Ok(None)
                    }
                    Err(_) => Ok(Some(unclear("a generator hangs on a condition that is not known"))),
                }
            }
            Task::Try { statement, phase } => {
                let block = match phase {
                    Phase::Body => {
                        let block = Rc::clone(&statement.orelse);
                        suspended.tasks.push(Task::Try { statement, phase: Phase::Else });
                        block
                    }
                    Phase::Else | Phase::Handler => Rc::clone(&statement.finally),
                };
                suspended.tasks.push(Task::Block { block, next: 0 });
                Ok(None)
            }
            Task::With { manager } => {
                self.close_manager(&manager)?;
                Ok(None)
            }
            Task::From { iter } => match self.next(&iter)? {
                Next::Item(item) => {
                    suspended.tasks.push(Task::From { iter });
                    Ok(Some(Step::Yield(item)))
                }
                Next::End => Ok(None),
                Next::Unknown(value) => Ok(Some(Step::Unclear(value))),
            },
            Task::Raise { exception } => Err(Stop::Raise(exception)),
        }
    }

    /// Begins a statement that a `yield` stands in.
    fn begin(
        &mut self,
        frame: &mut Frame,
        suspended: &mut Suspended,
        block: &Block,
        at: usize,
    ) -> Res<Option<Step>> {
        use crate::syntax::ir::ExprKind;
        let Some(stmt) = block.get(at) else { return Ok(None) };
        self.here = stmt.site;
        match &stmt.kind {
            StmtKind::Expr(expr) => match &expr.kind {
                ExprKind::Yield(value) => {
                    let value = self.optional(frame, value.as_deref())?;
                    Ok(Some(Step::Yield(value)))
                }
                ExprKind::YieldFrom(inner) => {
                    let value = self.eval(frame, inner)?;
                    match self.iter_of(&value) {
                        Ok(iter) => {
                            suspended.tasks.push(Task::From { iter });
                            Ok(None)
                        }
                        Err(Stop::Opaque(value)) => Ok(Some(Step::Unclear(*value))),
                        Err(stop) => Err(stop),
                    }
                }
                _ => Ok(Some(unclear("a `yield` inside an expression is not followed"))),
            },
            StmtKind::Assign { targets, value }
                if targets.iter().all(|t| matches!(t.kind, TargetKind::Name(_))) =>
            {
                match &value.kind {
                    ExprKind::Yield(value) => {
                        suspended.waiting = Some((Rc::clone(block), at));
                        let value = self.optional(frame, value.as_deref())?;
                        Ok(Some(Step::Yield(value)))
                    }
                    _ => Ok(Some(unclear("a `yield` inside an expression is not followed"))),
                }
            }
            StmtKind::If(statement) => {
                let test = self.eval(frame, &statement.test)?;
                match self.truth(&test)? {
                    Ok(truth) => {
                        let block = if truth { &statement.body } else { &statement.orelse };
                        suspended.tasks.push(Task::Block { block: Rc::clone(block), next: 0 });
                        Ok(None)
                    }
                    Err(_) => Ok(Some(unclear("a generator hangs on a condition that is not known"))),
                }
            }
            StmtKind::For(statement) if !statement.is_async => {
                let value = self.eval(frame, &statement.iter)?;
                match self.iter_of(&value) {
                    Ok(iter) => {
                        suspended.tasks.push(Task::For { statement: Rc::clone(statement), iter });
                        Ok(None)
                    }
                    Err(Stop::Opaque(value)) => Ok(Some(Step::Unclear(*value))),
                    Err(stop) => Err(stop),
                }
            }
            StmtKind::While(statement) => {
                suspended.tasks.push(Task::While { statement: Rc::clone(statement) });
                Ok(None)
            }
            StmtKind::Try(statement) if !statement.is_star => {
                suspended.tasks.push(Task::Try { statement: Rc::clone(statement), phase: Phase::Body });
                suspended.tasks.push(Task::Block { block: Rc::clone(&statement.body), next: 0 });
                Ok(None)
            }
            StmtKind::With(statement) if !statement.is_async => {
                for (context, target) in &statement.items {
                    let manager = self.eval(frame, context)?;
                    let Some(entered) = self.enter_simple(&manager) else {
                        return Ok(Some(unclear("a context manager in a generator is not followed")));
                    };
                    if let Some(target) = target {
                        self.assign(frame, target, entered, target.site)?;
                    }
                    suspended.tasks.push(Task::With { manager });
                }
                suspended.tasks.push(Task::Block { block: Rc::clone(&statement.body), next: 0 });
                Ok(None)
            }
            _ => Ok(Some(unclear("a `yield` in this statement is not followed"))),
        }
    }

    /// An exception goes out through the statements that are under way.
    fn unwind(
        &mut self,
        frame: &mut Frame,
        suspended: &mut Suspended,
        exception: Box<super::Exc>,
    ) -> Res<Option<Step>> {
        while let Some(task) = suspended.tasks.pop() {
            match task {
                Task::With { manager } => self.close_manager(&manager)?,
                Task::Try { statement, phase } => {
                    if phase == Phase::Body {
                        match self.select_handler(frame, &statement, &exception)? {
                            super::tries::Selected::Handler(at) => {
                                let Some(handler) = statement.handlers.get(at) else { continue };
                                suspended.tasks.push(Task::Try {
                                    statement: Rc::clone(&statement),
                                    phase: Phase::Handler,
                                });
                                suspended
                                    .tasks
                                    .push(Task::Block { block: Rc::clone(&handler.body), next: 0 });
                                if let Some(name) = &handler.name {
                                    self.assign(frame, name, exception.value.clone(), handler.site)?;
                                }
                                return Ok(None);
                            }
                            super::tries::Selected::Unclear => {
                                return Ok(Some(unclear("which handler runs in a generator is not known")));
                            }
                            super::tries::Selected::None => {}
                        }
                    }
                    if !statement.finally.is_empty() {
                        suspended.tasks.push(Task::Raise { exception });
                        suspended.tasks.push(Task::Block { block: Rc::clone(&statement.finally), next: 0 });
                        return Ok(None);
                    }
                }
                _ => {}
            }
        }
        Err(Stop::Raise(exception))
    }
}

/// `return`: every statement under way is left.
fn leave_all(suspended: &mut Suspended) -> Step {
    let cleanup = suspended
        .tasks
        .iter()
        .any(|task| matches!(task, Task::Try { statement, .. } if !statement.finally.is_empty()));
    if cleanup {
        return unclear("a `return` through `finally` in a generator is not followed");
    }
    suspended.tasks.clear();
    Step::Return
}

/// `break` and `continue`: statements are left up to the loop.
fn leave_loop(suspended: &mut Suspended, ends: bool) -> Option<Step> {
    while let Some(task) = suspended.tasks.pop() {
        match task {
            Task::For { .. } | Task::While { .. } => {
                if !ends {
                    suspended.tasks.push(task);
                }
                return None;
            }
            Task::Try { statement, .. } if !statement.finally.is_empty() => {
                return Some(unclear("a `break` through `finally` in a generator is not followed"));
            }
            _ => {}
        }
    }
    None
}

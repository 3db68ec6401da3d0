//! Comprehensions and generator expressions.

use std::rc::Rc;

use crate::object::instance::{Generator, GeneratorState, Scope, Set};
use crate::object::{Dict, Id, Key, Kind, Object, Unknown, Value};
use crate::syntax::ir::{Comprehension, ComprehensionInner, ComprehensionKind};

use super::error::Stop;
use super::frame::Frame;
use super::{Interp, Next, Res};

/// What comes next of the loops of a comprehension.
pub(crate) enum Round {
    /// The targets are bound: the element can be evaluated.
    Element,
    End,
    Unknown(Value),
}

impl Interp<'_> {
    /// A comprehension.
    pub(crate) fn comprehension(&mut self, frame: &mut Frame, comprehension: &Comprehension) -> Res<Value> {
        let first = self.eval(frame, &comprehension.first)?;
        let inner = &comprehension.inner;
        let scope = self.comprehension_scope(frame);
        let iter = self.iter_of(&first);
        if comprehension.kind == ComprehensionKind::Generator {
            let first = match iter {
                Err(Stop::Opaque(value)) => {
                    return self.lost_comprehension(inner, scope, &[&first, &value]);
                }
                other => other?,
            };
            let state = GeneratorState::Expression {
                inner: Rc::clone(inner),
                scope,
                open: Vec::new(),
                started: false,
                first: first.clone(),
            };
            let generator = Generator { state };
            return Ok(Value::object(self.heap.add(Object::Generator(generator))).traced(first.trace));
        }
        let iter = match iter {
            Err(Stop::Opaque(value)) => {
                return self.lost_comprehension(inner, scope, &[&first, &value]);
            }
            other => other?,
        };
        let control = self.control.clone();
        let built = self.build(comprehension, iter, &scope);
        self.control = control;
        match built {
            Ok(mut value) => {
                value.trace = value.trace.merge(&first.trace);
                Ok(value)
            }
            Err(Stop::Opaque(culprit)) => self.lost_comprehension(inner, scope, &[&first, &culprit]),
            Err(stop) => Err(stop),
        }
    }

    fn comprehension_scope(&mut self, frame: &Frame) -> Scope {
        let locals = self.heap.add(Object::Dict(Dict::default()));
        let mut enclosing: Vec<Id> = Vec::new();
        if self.is_function_scope(frame) {
            enclosing.push(frame.scope.locals);
        }
        enclosing.extend(frame.scope.enclosing.iter().copied());
        Scope {
            locals,
            globals: frame.scope.globals,
            enclosing: enclosing.into(),
            class_cell: frame.scope.class_cell,
        }
    }

    /// Whether names of the frame can be seen from functions within it.
    pub(crate) fn is_function_scope(&self, frame: &Frame) -> bool {
        frame.scope.locals != frame.scope.globals && !frame.is_class
    }

    fn build(&mut self, comprehension: &Comprehension, first: Value, scope: &Scope) -> Res<Value> {
        let inner = &comprehension.inner;
        let mut frame = Frame::new(scope.clone(), self.path_length());
        let mut open = vec![first];
        let mut items: Vec<Value> = Vec::new();
        let mut set = Set::default();
        let mut dict = Dict::default();
        loop {
            match self.next_round(&mut frame, inner, &mut open)? {
                Round::End => break,
                Round::Unknown(value) => return Err(Stop::Opaque(Box::new(value))),
                Round::Element => {}
            }
            let element = self.eval(&mut frame, &inner.element)?;
            let element = Value { trace: element.trace.decided_by(&self.control), ..element };
            match comprehension.kind {
                ComprehensionKind::List | ComprehensionKind::Generator => items.push(element),
                ComprehensionKind::Set => {
                    let key = self.key(&element)?;
                    set.items.entry(key).or_insert(element);
                }
                ComprehensionKind::Dict => {
                    let value = match &inner.value {
                        Some(value) => self.eval(&mut frame, value)?,
                        None => Value::none(),
                    };
                    let key = self.key(&element)?;
                    let mut value = self.arrived(value, inner.site);
                    value.trace = value.trace.decided_by(&element.trace);
                    dict.set(key, element, value, inner.site);
                }
            }
            self.check_size(items.len().max(set.items.len()).max(dict.entries.len()))?;
        }
        Ok(match comprehension.kind {
            ComprehensionKind::List | ComprehensionKind::Generator => self.list(items),
            ComprehensionKind::Set => Value::object(self.heap.add(Object::Set(set))),
            ComprehensionKind::Dict => Value::object(self.heap.add(Object::Dict(dict))),
        })
    }

    /// The key of a value.
    pub(crate) fn key(&mut self, value: &Value) -> Res<Key> {
        match Key::of(value, &self.heap) {
            Ok(key) => Ok(key),
            Err(fault) => Err(self.key_fault(fault, value)),
        }
    }

    /// Goes on to the next element; `open` holds the iterators of the clauses that are open.
    pub(crate) fn next_round(
        &mut self,
        frame: &mut Frame,
        inner: &ComprehensionInner,
        open: &mut Vec<Value>,
    ) -> Res<Round> {
        while let Some(iter) = open.last().cloned() {
            let depth = open.len() - 1;
            let Some(clause) = inner.clauses.get(depth) else { return Ok(Round::End) };
            if clause.is_async {
                return Ok(Round::Unknown(Value::unknown("asynchronous iteration is not followed")));
            }
            let item = match self.next(&iter)? {
                Next::Item(item) => item,
                Next::End => {
                    open.pop();
                    continue;
                }
                Next::Unknown(value) => return Ok(Round::Unknown(value)),
            };
            let item = item.also(&iter.trace);
            self.assign(frame, &clause.target, item, clause.target.site)?;
            if let Some(round) = self.passes(frame, &clause.conditions)? {
                match round {
                    Ok(()) => {}
                    Err(value) => return Ok(Round::Unknown(value)),
                }
            } else {
                continue;
            }
            match inner.clauses.get(depth + 1) {
                None => return Ok(Round::Element),
                Some(next) => {
                    let Some(expr) = &next.iter else { return Ok(Round::End) };
                    let value = self.eval(frame, expr)?;
                    match self.iter_of(&value) {
                        Ok(iter) => open.push(iter),
                        Err(Stop::Opaque(value)) => return Ok(Round::Unknown(*value)),
                        Err(stop) => return Err(stop),
                    }
                }
            }
        }
        Ok(Round::End)
    }

    /// Whether all conditions hold: `None` where one does not, `Err` where that is not known.
    fn passes(
        &mut self,
        frame: &mut Frame,
        conditions: &[crate::syntax::ir::Expr],
    ) -> Res<Option<Result<(), Value>>> {
        for condition in conditions {
            let value = self.eval(frame, condition)?;
            match self.truth(&value)? {
                Ok(true) => self.control = self.control.decided_by(&value.trace),
                Ok(false) => {
                    self.control = self.control.decided_by(&value.trace);
                    return Ok(None);
                }
                Err(_) => {
                    let lost = self.lost_iterator(&[&value]);
                    return Ok(Some(Err(lost)));
                }
            }
        }
        Ok(Some(Ok(())))
    }

    /// A comprehension over something that is not known: what its parts change is unknown, and so is the result.
    fn lost_comprehension(
        &mut self,
        inner: &ComprehensionInner,
        scope: Scope,
        operands: &[&Value],
    ) -> Res<Value> {
        let mut inner_frame = Frame::new(scope, self.path_length());
        let unknown = self.lost_iterator(operands);
        let rounds = self.rounds(|interp| {
            for clause in &inner.clauses {
                interp.assign(&mut inner_frame, &clause.target, unknown.clone(), clause.target.site)?;
                for condition in &clause.conditions {
                    interp.eval(&mut inner_frame, condition)?;
                }
                if let Some(iter) = &clause.iter {
                    interp.eval(&mut inner_frame, iter)?;
                }
            }
            interp.eval(&mut inner_frame, &inner.element)?;
            if let Some(value) = &inner.value {
                interp.eval(&mut inner_frame, value)?;
            }
            Ok(())
        });
        rounds?;
        let reason = operands.iter().find_map(|v| match &v.kind {
            Kind::Unknown(unknown) => Some(Rc::clone(&unknown.reason)),
            _ => None,
        });
        let reason = reason.unwrap_or_else(|| "a comprehension hangs on a value that is not known".into());
        let needs: Vec<_> = operands.iter().flat_map(|v| self.needs_of(v).to_vec()).collect();
        let unknown = Unknown::new(reason).needing(needs.into()).reaching(self.refs_of(operands));
        let trace = Interp::traces(operands.iter().copied());
        Ok(Value::new(Kind::Unknown(Rc::new(unknown))).traced(trace))
    }
}

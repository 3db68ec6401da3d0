//! Statements.

use std::rc::Rc;

use crate::object::{Dict, Kind, Object, Type, Value};
use crate::syntax::ir::{Code, Decorated, Expr, If, Stmt, StmtKind, Target, TargetKind};

use super::error::{Exc, Stop};
use super::frame::{Flow, Frame};
use super::{Args, Interp, Res};

impl Interp<'_> {
    /// Statements one after another.
    pub(crate) fn exec_block(&mut self, frame: &mut Frame, block: &[Stmt]) -> Res<Flow> {
        self.deeper(|interp| {
            for stmt in block {
                match interp.exec_statement(frame, stmt)? {
                    Flow::Normal => {}
                    flow => return Ok(flow),
                }
            }
            Ok(Flow::Normal)
        })
    }

    /// One statement.
    pub(crate) fn exec_statement(&mut self, frame: &mut Frame, stmt: &Stmt) -> Res<Flow> {
        self.charge(1)?;
        self.here = stmt.site;
        match self.exec(frame, stmt) {
            // What the statement does is not known: nothing after it is either.
            Err(Stop::Opaque(value)) => {
                Err(Stop::Bound(format!("a statement is not followed: {}", self.why(&value)).into()))
            }
            other => other,
        }
    }

    fn exec(&mut self, frame: &mut Frame, stmt: &Stmt) -> Res<Flow> {
        match &stmt.kind {
            StmtKind::Expr(expr) => self.eval(frame, expr).map(|_| Flow::Normal),
            StmtKind::Assign { targets, value } => {
                let value = self.eval(frame, value)?;
                for target in targets {
                    self.assign(frame, target, value.clone(), stmt.site)?;
                }
                Ok(Flow::Normal)
            }
            StmtKind::AugAssign { target, op, value } => {
                self.augmented(frame, target, *op, value, stmt)?;
                Ok(Flow::Normal)
            }
            StmtKind::AnnAssign { target, annotation, value } => {
                self.annotated(frame, target, annotation, value.as_ref(), stmt)?;
                Ok(Flow::Normal)
            }
            StmtKind::Delete(targets) => {
                for target in targets {
                    self.delete(frame, target)?;
                }
                Ok(Flow::Normal)
            }
            StmtKind::If(inner) => self.exec_if(frame, inner),
            StmtKind::While(inner) => self.exec_while(frame, inner),
            StmtKind::For(inner) => self.exec_for(frame, inner),
            StmtKind::Try(inner) => self.exec_try(frame, inner),
            StmtKind::With(inner) => self.exec_with(frame, inner),
            StmtKind::Match(inner) => self.exec_match(frame, inner),
            StmtKind::Raise { error, cause } => self.exec_raise(frame, error.as_ref(), cause.as_ref(), stmt),
            StmtKind::Assert { test, message } => self.exec_assert(frame, test, message.as_ref(), stmt),
            StmtKind::Return(value) => Ok(Flow::Return(self.optional(frame, value.as_ref())?)),
            StmtKind::Break => Ok(Flow::Break),
            StmtKind::Continue => Ok(Flow::Continue),
            StmtKind::Pass => Ok(Flow::Normal),
            StmtKind::Import(names) => self.exec_import(frame, names).map(|()| Flow::Normal),
            StmtKind::ImportFrom(import) => {
                self.exec_import_from(frame, import, stmt.site).map(|()| Flow::Normal)
            }
            StmtKind::Def(def) => self.exec_def(frame, def, stmt).map(|()| Flow::Normal),
            StmtKind::Class(class) => self.exec_class(frame, class, stmt.site).map(|()| Flow::Normal),
        }
    }

    /// An expression that may be left out.
    pub(crate) fn optional(&mut self, frame: &mut Frame, expr: Option<&Expr>) -> Res<Value> {
        match expr {
            Some(expr) => self.eval(frame, expr),
            None => Ok(Value::none()),
        }
    }

    fn exec_if(&mut self, frame: &mut Frame, statement: &If) -> Res<Flow> {
        let test = self.eval(frame, &statement.test)?;
        let condition = match self.truth(&test)? {
            Err(condition) => condition,
            Ok(truth) => {
                let control = self.control.clone();
                self.control = self.control.decided_by(&test.trace);
                let block = if truth { &statement.body } else { &statement.orelse };
                let result = self.exec_block(frame, block);
                if !statement.jumps || !matches!(result, Ok(Flow::Normal)) {
                    self.control = control;
                }
                if result.is_ok() {
                    for name in &statement.decides {
                        self.decide(frame, name, &test.trace);
                    }
                }
                return result;
            }
        };
        let flow = self.fork_flow(
            frame,
            &condition,
            |interp, frame| interp.exec_block(frame, &statement.body),
            |interp, frame| interp.exec_block(frame, &statement.orelse),
        )?;
        for name in &statement.decides {
            self.decide(frame, name, &test.trace);
        }
        Ok(flow)
    }

    fn exec_raise(
        &mut self,
        frame: &mut Frame,
        error: Option<&Expr>,
        cause: Option<&Expr>,
        stmt: &Stmt,
    ) -> Res<Flow> {
        let Some(error) = error else {
            return Err(match self.handled.last().cloned() {
                Some(value) => Stop::Raise(Box::new(Exc { value, site: stmt.site })),
                None => self.raise(Type::RuntimeError, "No active exception to reraise"),
            });
        };
        let value = self.eval(frame, error)?;
        if let Some(cause) = cause {
            self.eval(frame, cause)?;
        }
        self.here = stmt.site;
        let is_class = match &value.kind {
            Kind::Type(class) => class.is_exception(),
            Kind::Ref(id) => matches!(self.heap.get(*id), Object::Class(_)),
            _ => false,
        };
        let value = if is_class { self.call(&value, Args::default())? } else { value };
        self.here = stmt.site;
        let is_exception = match value.id().map(|id| self.heap.get(id)) {
            Some(Object::Instance(instance)) => instance.is_exception(&self.heap) || self.is_unclear(&value),
            _ => !value.is_known() || self.is_unclear(&value),
        };
        if !is_exception {
            return Err(self.type_error("exceptions must derive from BaseException"));
        }
        let value = match value.kind {
            Kind::External(_) => Value::unknown("an exception that is not modelled"),
            _ => value,
        };
        Err(Stop::Raise(Box::new(Exc { value, site: stmt.site })))
    }

    fn exec_assert(
        &mut self,
        frame: &mut Frame,
        test: &Expr,
        message: Option<&Expr>,
        stmt: &Stmt,
    ) -> Res<Flow> {
        let value = self.eval(frame, test)?;
        let fail = |interp: &mut Self, frame: &mut Frame| -> Res<Flow> {
            let args = match message {
                Some(message) => vec![interp.eval(frame, message)?],
                None => Vec::new(),
            };
            interp.here = stmt.site;
            let stop = interp.raise_with(Type::AssertionError, args);
            Err(match stop {
                Stop::Raise(mut exc) => {
                    exc.value.trace = exc.value.trace.merge(&value.trace.harmless());
                    Stop::Raise(exc)
                }
                other => other,
            })
        };
        // `python -O` and PYTHONOPTIMIZE leave assertions out.
        let optimized = self.world.env.value("PYTHONOPTIMIZE").is_some_and(|v| !v.is_empty());
        match self.truth(&value)? {
            Ok(true) => Ok(Flow::Normal),
            Ok(false) if optimized => Ok(Flow::Normal),
            Ok(false) => fail(self, frame),
            Err(_) if optimized => Ok(Flow::Normal),
            Err(condition) => self.fork_flow(frame, &condition, |_, _| Ok(Flow::Normal), fail),
        }
    }

    fn exec_def(&mut self, frame: &mut Frame, def: &Decorated<Code>, stmt: &Stmt) -> Res<()> {
        let mut decorators = Vec::new();
        for decorator in &def.decorators {
            decorators.push((self.eval(frame, decorator)?, decorator.site));
        }
        let in_function = self.is_function_scope(frame);
        let mut value = self.make_function(frame, &def.inner, &def.defaults, in_function)?;
        for (decorator, site) in decorators.into_iter().rev() {
            self.here = site;
            value = self.call(&decorator, Args::of(vec![value]))?;
        }
        self.here = stmt.site;
        self.assign(frame, &def.target, value, stmt.site)
    }

    fn augmented(
        &mut self,
        frame: &mut Frame,
        target: &Target,
        op: crate::syntax::ir::BinOp,
        value: &Expr,
        stmt: &Stmt,
    ) -> Res<()> {
        match &target.kind {
            TargetKind::Name(name) => {
                self.here = target.site;
                let old = self.load_name(frame, name)?;
                let right = self.eval(frame, value)?;
                self.here = stmt.site;
                let result = self.binary(op, &old, &right, true)?;
                let made = self.made(result, &[old, right]);
                self.bind_name(frame, name, made, stmt.site);
            }
            TargetKind::Attr(object, name) => {
                let object = self.eval(frame, object)?;
                self.here = target.site;
                let old = self.get_attribute(&object, name)?;
                let right = self.eval(frame, value)?;
                self.here = stmt.site;
                let result = self.binary(op, &old, &right, true)?;
                self.set_attribute(&object, name, result)?;
            }
            TargetKind::Item(object, key) => {
                let object = self.eval(frame, object)?;
                let key = self.eval(frame, key)?;
                self.here = target.site;
                let old = self.get_item(&object, &key)?;
                let right = self.eval(frame, value)?;
                self.here = stmt.site;
                let result = self.binary(op, &old, &right, true)?;
                self.set_item(&object, &key, result)?;
            }
            TargetKind::Unpack { .. } => {}
        }
        Ok(())
    }

    fn annotated(
        &mut self,
        frame: &mut Frame,
        target: &Target,
        annotation: &Rc<Expr>,
        value: Option<&Expr>,
        stmt: &Stmt,
    ) -> Res<()> {
        if let Some(value) = value {
            let value = self.eval(frame, value)?;
            self.assign(frame, target, value, stmt.site)?;
        }
        // Annotations of local variables are never evaluated, and since 3.14 none is unless asked for.
        if self.is_function_scope(frame) || self.version().is_some_and(|v| v >= (3, 14)) && !frame.is_class {
            return Ok(());
        }
        let shown = self.eval(frame, annotation)?;
        let TargetKind::Name(name) = &target.kind else { return Ok(()) };
        let key: Rc<str> = "__annotations__".into();
        let locals = frame.scope.locals;
        let existing = self.heap.dict(locals).and_then(|d| d.name(&key)).and_then(|e| e.value.id());
        let annotations = match existing {
            Some(id) => id,
            None => {
                let id = self.heap.add(Object::Dict(Dict::default()));
                self.bind_in(locals, &key, Value::object(id), stmt.site);
                id
            }
        };
        self.bind_in(annotations, &name.id, shown, stmt.site);
        Ok(())
    }
}

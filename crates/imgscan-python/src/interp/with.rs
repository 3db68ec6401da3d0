//! `with`.

use std::rc::Rc;

use crate::object::{Condition, Heap, Kind, Object, Type, Value};
use crate::syntax::ir::With;

use super::error::{Exc, Stop};
use super::frame::{Flow, Frame};
use super::{Args, Interp, Res};

/// How a context manager behaves.
enum Manager {
    /// It lets exceptions through and closes something of its own.
    Simple(Value),
    /// It swallows exceptions of these classes.
    Suppress(Value),
    /// An object of the program.
    Own { exit: Value },
    /// It is not modelled.
    Unknown,
}

impl Interp<'_> {
    /// `with`
    pub(super) fn exec_with(&mut self, frame: &mut Frame, statement: &With) -> Res<Flow> {
        self.with_item(frame, statement, 0)
    }

    fn with_item(&mut self, frame: &mut Frame, statement: &With, at: usize) -> Res<Flow> {
        let Some((context, target)) = statement.items.get(at) else {
            return self.exec_block(frame, &statement.body);
        };
        let value = self.eval(frame, context)?;
        self.here = context.site;
        let (manager, entered) = self.enter(&value, statement.is_async)?;
        let (result, raised) = self.catching(|interp| {
            if let Some(target) = target {
                interp.assign(frame, target, entered, target.site)?;
            }
            interp.with_item(frame, statement, at + 1)
        });
        self.here = context.site;
        self.leave_manager(frame, &value, &manager, result, raised)
    }

    fn enter(&mut self, value: &Value, is_async: bool) -> Res<(Manager, Value)> {
        if let Some(entered) = self.enter_simple(value).filter(|_| !is_async) {
            return Ok((Manager::Simple(value.clone()), entered));
        }
        if let Some(id) = value.id()
            && let Object::Library(kind, state) = self.heap.get(id)
            && **kind == *"suppress"
        {
            let classes = self.heap.dict(*state).and_then(|d| d.name("classes")).map(|e| e.value.clone());
            return Ok((Manager::Suppress(classes.unwrap_or_else(Value::none)), Value::none()));
        }
        if let (Some(enter), Some(exit)) =
            (self.find_special(value, "__enter__")?, self.find_special(value, "__exit__")?)
        {
            let entered = self.call(&enter, Args::of(vec![value.clone()]))?;
            return Ok((Manager::Own { exit }, entered));
        }
        if self.is_unclear(value) || is_async {
            self.may_raise(None, "entering a context", &self.needs_of(value))?;
            let unknown = crate::object::Unknown::new("a context manager is not modelled")
                .reaching(self.refs_of(&[value]));
            return Ok((Manager::Unknown, Value::new(Kind::Unknown(Rc::new(unknown)))));
        }
        let name = self.type_name(value);
        Err(match self.since(3, 11) {
            true => self.type_error(format!("'{name}' object does not support the context manager protocol")),
            false => self.raise(Type::AttributeError, "__enter__"),
        })
    }

    /// What a simple context manager gives.
    pub(super) fn enter_simple(&mut self, value: &Value) -> Option<Value> {
        match self.heap.get(value.id()?) {
            Object::File(_) => Some(value.clone()),
            Object::Context(given) => Some(given.clone()),
            _ => None,
        }
    }

    /// Closes what a simple context manager holds.
    pub(super) fn close_manager(&mut self, value: &Value) -> Res<()> {
        if let Some(id) = value.id()
            && let Some(Object::File(file)) = self.heap.get_mut(id)
        {
            file.closed = true;
        }
        Ok(())
    }

    fn leave_manager(
        &mut self,
        frame: &mut Frame,
        value: &Value,
        manager: &Manager,
        result: Res<Flow>,
        raised: Vec<(Heap, Exc, Condition)>,
    ) -> Res<Flow> {
        let main = match result {
            Ok(flow) => self.exit_normally(value, manager).map(|()| flow),
            Err(Stop::Raise(exc)) => self.exit_raising(frame, value, manager, &exc),
            Err(stop) => return Err(stop),
        };
        self.join_raised(frame, main, raised, |interp, frame, exc| {
            interp.exit_raising(frame, value, manager, exc)
        })
    }

    fn exit_normally(&mut self, value: &Value, manager: &Manager) -> Res<()> {
        match manager {
            Manager::Simple(inner) => self.close_manager(inner),
            Manager::Own { exit } => {
                let none = Value::none();
                let args = vec![value.clone(), none.clone(), none.clone(), none];
                self.call(exit, Args::of(args)).map(|_| ())
            }
            Manager::Suppress(_) | Manager::Unknown => Ok(()),
        }
    }

    fn exit_raising(&mut self, frame: &mut Frame, value: &Value, manager: &Manager, exc: &Exc) -> Res<Flow> {
        let again = || Err(Stop::Raise(Box::new(exc.clone())));
        let swallowed = match manager {
            Manager::Simple(inner) => {
                self.close_manager(inner)?;
                return again();
            }
            Manager::Suppress(classes) => match self.matches_class(&exc.value, classes) {
                Some(true) => Ok(true),
                Some(false) => Ok(false),
                None => Err(self.words("which exception is raised", &exc.value)),
            },
            Manager::Own { exit } => {
                let class = self
                    .exception_class(&exc.value)
                    .unwrap_or_else(|| Value::unknown("an exception's class"));
                let trace = Value::unknown("tracebacks are not modelled");
                let args = vec![value.clone(), class, exc.value.clone(), trace];
                let result = self.call(exit, Args::of(args))?;
                self.truth(&result)?
            }
            Manager::Unknown => Err(self.words("whether a context manager swallows an exception", value)),
        };
        match swallowed {
            Ok(true) => Ok(Flow::Normal),
            Ok(false) => again(),
            Err(condition) => self.fork_flow(frame, &condition, |_, _| Ok(Flow::Normal), |_, _| again()),
        }
    }
}

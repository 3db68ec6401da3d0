//! What a call that is not followed may do: every object that it can reach is unknown after it.

use std::collections::HashSet;
use std::rc::Rc;

use crate::object::{Condition, Id, Object, Value};

use super::error::Stop;
use super::{Args, Interp, Res};

/// Most objects that are followed from the arguments of one call.
const REACHED: usize = 20_000;
/// Steps that the functions given to one such call may take to show what they change.
const CALLBACK_STEPS: u64 = 4_000;

impl Interp<'_> {
    /// Values were handed to something that is not followed.
    pub(crate) fn escape(&mut self, values: &[Value], reason: &str) -> Res<()> {
        let mut queue: Vec<Id> = self.refs_of(&values.iter().collect::<Vec<_>>()).to_vec();
        if queue.is_empty() {
            return Ok(());
        }
        let mut seen: HashSet<Id> = HashSet::new();
        let mut functions = Vec::new();
        while let Some(id) = queue.pop() {
            if !seen.insert(id) {
                continue;
            }
            self.charge(1)?;
            if seen.len() > REACHED {
                return Err(Stop::Bound("a call that is not followed reaches too many objects".into()));
            }
            self.reached(id, &mut queue, &mut functions);
            self.spoil_reached(id, reason);
        }
        for function in functions {
            self.maybe_called(function)?;
        }
        Ok(())
    }

    /// The objects that an object leads to.
    fn reached(&self, id: Id, queue: &mut Vec<Id>, functions: &mut Vec<Id>) {
        let mut add = |values: &[&Value]| queue.extend(self.refs_of(values).iter().copied());
        match self.heap.get(id) {
            Object::List(items) => items.iter().for_each(|v| add(&[v])),
            Object::Dict(dict) => dict.entries.values().for_each(|e| add(&[&e.key, &e.value])),
            Object::Set(set) => set.items.values().for_each(|v| add(&[v])),
            Object::Instance(instance) => {
                add(&[&instance.class]);
                instance.args.iter().for_each(|v| add(&[v]));
                queue.push(instance.names);
            }
            Object::Class(class) => {
                // Its methods may be called; the class itself is hardly ever changed.
                if let Some(names) = self.heap.dict(class.names) {
                    let found = names.entries.values().filter_map(|e| e.value.id());
                    functions.extend(found.filter(|id| matches!(self.heap.get(*id), Object::Function(_))));
                }
            }
            Object::Function(_) => functions.push(id),
            Object::Method(method) => add(&[&method.function, &method.this]),
            Object::Partial { function, args, .. } => {
                add(&[function]);
                args.iter().for_each(|v| add(&[v]));
            }
            Object::View(dict, _) => queue.push(*dict),
            Object::StaticMethod(inner) | Object::ClassMethod(inner) => add(&[inner]),
            Object::Property(get, set) => add(&[get, set]),
            _ => {}
        }
    }

    fn spoil_reached(&mut self, id: Id, reason: &str) {
        match self.heap.get(id) {
            Object::Function(_)
            | Object::Class(_)
            | Object::Module(_)
            | Object::Cell(_)
            | Object::Method(_) => {}
            Object::Instance(instance) => {
                let names = instance.names;
                self.open_dict(names, reason);
                self.spoil(names, reason);
            }
            // A namespace or the environment goes on with what is assigned later.
            Object::Dict(_) if self.is_namespace(id) => self.open_dict(id, reason),
            _ => self.spoil(id, reason),
        }
    }

    /// Whether a dict is `os.environ` or the namespace of a module.
    fn is_namespace(&self, id: Id) -> bool {
        id == self.environ
            || id == self.modules
            || self
                .heap
                .dict(id)
                .is_some_and(|d| d.name("__name__").is_some() && d.name("__builtins__").is_some())
    }

    /// A function may have been called, any number of times, with arguments that are not known: whatever it changes
    /// is unknown.
    fn maybe_called(&mut self, function: Id) -> Res<()> {
        let Object::Function(inner) = self.heap.get(function) else { return Ok(()) };
        if !changes_anything(&inner.code.body) {
            return Ok(());
        }
        let is_generator = inner.code.is_generator;
        let before = self.heap.clone();
        let limit = self.limit;
        self.limit = limit.min(self.steps + CALLBACK_STEPS);
        let unknown = Value::unknown("it is given by a call that is not followed");
        let mut result = Ok(());
        for _ in 0..4 {
            let start = self.heap.clone();
            let args = Args { open: Some(unknown.clone()), ..Args::default() };
            let (called, raised) = self.catching(|interp| {
                let made = interp.call_function(function, args)?;
                // What a generator does it does when it is walked over.
                if is_generator { interp.collect(&made).map(drop) } else { Ok(()) }
            });
            drop(raised);
            match called {
                Err(Stop::Bound(reason)) => {
                    result = Err(reason);
                    break;
                }
                Ok(_) | Err(_) => match self.widen(&start)? {
                    true => {}
                    false => break,
                },
            }
        }
        let over = self.limit < limit && self.steps >= self.limit;
        self.limit = limit;
        if result.is_err() || over {
            if self.steps > limit {
                return Err(Stop::Bound("the module takes too many steps".into()));
            }
            // It does too much to be followed: its module's names are unknown.
            self.restore(before);
            if let Object::Function(inner) = self.heap.get(function) {
                let globals = inner.globals;
                self.open_dict(globals, "a function that may have been called does too much to be followed");
            }
        }
        Ok(())
    }

    /// Something unknown was changed: whatever it may be is unknown from here on, and what was put into it too.
    pub(crate) fn changed_unknown(&mut self, value: &Value, put_in: &[&Value]) {
        let reason = "it may be what was changed through a value that is not known";
        for id in self.refs_of(&[value]).to_vec() {
            self.changed_somehow(id, reason);
        }
        for id in self.refs_of(put_in).to_vec() {
            self.changed_somehow(id, reason);
        }
    }

    /// An object was changed in a way that is not known.
    pub(crate) fn changed_somehow(&mut self, id: Id, reason: &str) {
        match self.heap.get(id) {
            Object::Dict(_) if self.is_namespace(id) => self.open_dict(id, reason),
            Object::Instance(instance) => {
                let names = instance.names;
                self.open_dict(names, reason);
            }
            Object::Function(_) | Object::Class(_) | Object::Module(_) | Object::Method(_) => {}
            _ => self.spoil(id, reason),
        }
    }

    /// Objects were put into a container of which the state is not known: they can be reached through it.
    pub(crate) fn stored_in(&mut self, container: Id, values: &[Value]) {
        if self.heap.spoilt(container).is_none() {
            return;
        }
        for id in self.refs_of(&values.iter().collect::<Vec<_>>()).to_vec() {
            if id != container {
                self.changed_somehow(id, "it was put into a container of which the state is not known");
            }
        }
    }

    /// A condition in words.
    pub(crate) fn words(&self, text: impl Into<Rc<str>>, value: &Value) -> Condition {
        Condition::words(text, self.needs_of(value), value.trace.clone())
    }
}

/// Whether a body could change anything outside of itself: a body of constants and of calls of nothing cannot.
fn changes_anything(block: &[crate::syntax::ir::Stmt]) -> bool {
    use crate::syntax::ir::{ExprKind, StmtKind};
    block.iter().any(|stmt| match &stmt.kind {
        StmtKind::Pass => false,
        StmtKind::Return(None) => false,
        StmtKind::Return(Some(value)) | StmtKind::Expr(value) => {
            !matches!(value.kind, ExprKind::Literal(_) | ExprKind::Name(_))
        }
        _ => true,
    })
}

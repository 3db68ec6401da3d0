//! Names: reading, binding, unbinding.

use std::rc::Rc;

use crate::builtins;
use crate::object::{Condition, Entry, Id, Step, Trace, Type, Value};
use crate::source::Site;
use crate::syntax::ir::{Name, Scope as Where};

use super::error::Stop;
use super::frame::Frame;
use super::{Interp, Res};

impl Interp<'_> {
    /// The namespace that a name is bound in.
    pub(crate) fn namespace(&self, frame: &Frame, scope: Where) -> Id {
        match scope {
            Where::Local | Where::Class => frame.scope.locals,
            Where::Global => frame.scope.globals,
            Where::Enclosing(depth) => {
                frame.scope.enclosing.get(depth).copied().unwrap_or(frame.scope.globals)
            }
        }
    }

    /// A name's value.
    pub(crate) fn load_name(&mut self, frame: &Frame, name: &Name) -> Res<Value> {
        let namespace = self.namespace(frame, name.scope);
        match name.scope {
            Where::Local => match self.find_name(namespace, &name.id)? {
                Found::Value(value) => Ok(value),
                Found::Missing => Err(self.unbound_local(&name.id)),
                Found::Either(value, condition) => {
                    let stop = self.unbound_local(&name.id);
                    self.bound_after_all(namespace, &name.id, stop, &condition)?;
                    Ok(value)
                }
            },
            Where::Enclosing(_) => match self.find_name(namespace, &name.id)? {
                Found::Value(value) => Ok(value),
                Found::Missing => Err(self.unbound_free(&name.id)),
                Found::Either(value, condition) => {
                    let stop = self.unbound_free(&name.id);
                    self.bound_after_all(namespace, &name.id, stop, &condition)?;
                    Ok(value)
                }
            },
            Where::Global => self.load_global(namespace, &name.id),
            Where::Class => match self.find_name(namespace, &name.id)? {
                Found::Value(value) => Ok(value),
                Found::Missing => self.load_global(frame.scope.globals, &name.id),
                Found::Either(value, condition) => {
                    let other = self.load_global(frame.scope.globals, &name.id)?;
                    Ok(self.join_values(&condition, &value, &other))
                }
            },
        }
    }

    /// A name of a module or of the builtins.
    pub(crate) fn load_global(&mut self, globals: Id, name: &Rc<str>) -> Res<Value> {
        match self.find_name(globals, name)? {
            Found::Value(value) => Ok(value),
            Found::Missing => match builtins::lookup(self, name) {
                Some(value) => Ok(value),
                None => Err(self.name_error(name)),
            },
            Found::Either(value, condition) => match builtins::lookup(self, name) {
                Some(builtin) => Ok(self.join_values(&condition, &value, &builtin)),
                None => {
                    let stop = self.name_error(name);
                    self.bound_after_all(globals, name, stop, &condition)?;
                    Ok(value)
                }
            },
        }
    }

    fn find_name(&self, namespace: Id, name: &str) -> Res<Found> {
        let Some(dict) = self.heap.dict(namespace) else { return Ok(Found::Missing) };
        let Some(entry) = dict.name(name) else {
            return Ok(match &dict.open {
                Some(reason) => Found::Value(Value::unknown(Rc::clone(reason))),
                None => Found::Missing,
            });
        };
        Ok(match &entry.maybe {
            None => Found::Value(entry.value.clone()),
            Some(condition) => match self.assumed(condition) {
                Some(true) => Found::Value(entry.value.clone()),
                Some(false) => Found::Missing,
                None => Found::Either(entry.value.clone(), condition.clone()),
            },
        })
    }

    /// A name that is bound under a condition was read: it goes on as if it were bound.
    fn bound_after_all(&mut self, namespace: Id, name: &str, stop: Stop, condition: &Condition) -> Res<()> {
        self.note_raised(stop, &condition.not())?;
        if let Some(dict) = self.heap.dict_mut(namespace)
            && let Some(entry) = dict.entries.get_mut(&crate::object::key::NameKey(name))
        {
            entry.maybe = None;
        }
        Ok(())
    }

    /// `NameError` of a global name.
    pub(crate) fn name_error(&mut self, name: &str) -> Stop {
        self.raise(Type::NameError, format!("name '{name}' is not defined"))
    }

    fn unbound_local(&mut self, name: &str) -> Stop {
        let message = if self.since(3, 11) {
            format!("cannot access local variable '{name}' where it is not associated with a value")
        } else {
            format!("local variable '{name}' referenced before assignment")
        };
        self.raise(Type::UnboundLocalError, message)
    }

    fn unbound_free(&mut self, name: &str) -> Stop {
        let message = if self.since(3, 11) {
            format!(
                "cannot access free variable '{name}' where it is not associated with a value in enclosing scope"
            )
        } else {
            format!("free variable '{name}' referenced before assignment in enclosing scope")
        };
        self.raise(Type::NameError, message)
    }

    /// Binds a name; `site` is the statement.
    pub(crate) fn bind_name(&mut self, frame: &Frame, name: &Name, value: Value, site: Site) {
        let namespace = self.namespace(frame, name.scope);
        self.bind_in(namespace, &name.id, value, site);
    }

    /// Binds a name in a namespace.
    pub(crate) fn bind_in(&mut self, namespace: Id, name: &Rc<str>, value: Value, site: Site) {
        let value = self.arrived(value, site);
        if let Some(dict) = self.heap.dict_mut(namespace) {
            dict.set_name(name, value, site);
        }
    }

    /// A value that is stored by a statement: it remembers where it was made and what decided the statement.
    pub(crate) fn arrived(&self, mut value: Value, site: Site) -> Value {
        if value.site.is_some() && !site.covers(value.site) {
            value.trace = value.trace.through(Step::Site(value.site));
        }
        value.trace = value.trace.decided_by(&self.control);
        value
    }

    /// Unbinds a name.
    pub(crate) fn delete_name(&mut self, frame: &Frame, name: &Name) -> Res<()> {
        let namespace = self.namespace(frame, name.scope);
        let found = self.find_name(namespace, &name.id)?;
        let missing = |interp: &mut Self| match name.scope {
            Where::Local => interp.unbound_local(&name.id),
            Where::Enclosing(_) => interp.unbound_free(&name.id),
            Where::Global | Where::Class => interp.name_error(&name.id),
        };
        match found {
            Found::Missing => return Err(missing(self)),
            Found::Value(_) => {
                // It may be there in a namespace that is not known in full.
                let there = self.heap.dict(namespace).is_some_and(|d| d.name(&name.id).is_some());
                if !there {
                    self.may_raise(None, &format!("del {}", name.id), &[])?;
                }
            }
            Found::Either(_, condition) => {
                let stop = missing(self);
                self.note_raised(stop, &condition.not())?;
            }
        }
        self.unbind(namespace, &name.id);
        Ok(())
    }

    /// Takes a name out of a namespace.
    pub(crate) fn unbind(&mut self, namespace: Id, name: &str) {
        if let Some(dict) = self.heap.dict_mut(namespace) {
            dict.entries.shift_remove(&crate::object::key::NameKey(name));
        }
    }

    /// Notes that a test decides what a name holds although it did not assign it.
    pub(crate) fn decide(&mut self, frame: &Frame, name: &Name, trace: &Trace) {
        if trace.reads().is_empty() {
            return;
        }
        let namespace = self.namespace(frame, name.scope);
        let Some(dict) = self.heap.dict(namespace) else { return };
        let Some(Entry { value, .. }) = dict.name(&name.id) else { return };
        let decided = value.trace.decided_by(trace);
        if let Some(dict) = self.heap.dict_mut(namespace)
            && let Some(entry) = dict.entries.get_mut(&crate::object::key::NameKey(&name.id))
        {
            entry.value.trace = decided;
        }
    }
}

/// What a look-up finds.
enum Found {
    Value(Value),
    Missing,
    /// The value where the condition holds, nothing else.
    Either(Value, Condition),
}

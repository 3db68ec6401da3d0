//! Exceptions, and the other reasons to stop evaluating.

use std::rc::Rc;

use crate::object::instance::Instance;
use crate::object::{Dict, Kind, Object, Type, Value};
use crate::source::Site;

use super::{Interp, Res};

/// Why evaluating stopped.
#[derive(Debug)]
pub(crate) enum Stop {
    /// An exception.
    Raise(Box<Exc>),
    /// A bound was passed: everything from here on is unknown.
    Bound(Rc<str>),
    /// A builtin met this value, which is not known, where it needs one that is.
    Opaque(Box<Value>),
}

/// An exception on its way.
#[derive(Clone, Debug)]
pub(crate) struct Exc {
    /// The exception object; unknown where any exception is meant.
    pub(crate) value: Value,
    /// Where it was raised.
    pub(crate) site: Site,
}

impl Interp<'_> {
    /// An exception with a message.
    pub(crate) fn raise(&mut self, class: Type, message: impl Into<Rc<str>>) -> Stop {
        let message = Value::str(message);
        self.raise_with(class, vec![message])
    }

    /// An exception with arguments.
    pub(crate) fn raise_with(&mut self, class: Type, args: Vec<Value>) -> Stop {
        let value = self.exception(class, args);
        self.raise_value(value)
    }

    /// An exception of which the class is certain and the message is not.
    pub(crate) fn raise_unclear(&mut self, class: Type) -> Stop {
        let message = Value::unknown("the message of the exception is not known");
        self.raise_with(class, vec![message])
    }

    /// An exception object raised here.
    pub(crate) fn raise_value(&mut self, value: Value) -> Stop {
        Stop::Raise(Box::new(Exc { value, site: self.here }))
    }

    /// A new exception object.
    pub(crate) fn exception(&mut self, class: Type, args: Vec<Value>) -> Value {
        let mut trace = crate::object::Trace::default();
        for arg in &args {
            trace = trace.merge(&arg.trace);
        }
        let names = self.heap.add(Object::Dict(Dict::default()));
        let class = Value::new(Kind::Type(class));
        let instance = Instance { class, names, args: Some(Value::tuple(args)) };
        let mut value = Value::object(self.heap.add(Object::Instance(instance)));
        value.site = self.here;
        value.traced(trace)
    }

    /// `TypeError`
    pub(crate) fn type_error(&mut self, message: impl Into<Rc<str>>) -> Stop {
        self.raise(Type::TypeError, message)
    }

    /// `ValueError`
    pub(crate) fn value_error(&mut self, message: impl Into<Rc<str>>) -> Stop {
        self.raise(Type::ValueError, message)
    }

    /// The last line of the traceback: `class: message`, or the class alone.
    pub(crate) fn traceback_line(&mut self, exc: &Exc) -> Option<String> {
        let id = exc.value.id()?;
        let Object::Instance(instance) = self.heap.get(id) else { return None };
        let class = instance.class.clone();
        let name = match &class.kind {
            Kind::Type(class) => self.exception_name(*class),
            Kind::Ref(id) => match self.heap.get(*id) {
                Object::Class(class) => match class.module.as_deref() {
                    Some("builtins" | "__main__") => class.qualname.to_string(),
                    Some(module) => format!("{module}.{}", class.qualname),
                    None => return None,
                },
                _ => return None,
            },
            _ => return None,
        };
        let text = match self.str_of(&exc.value) {
            Ok(text) => match text.as_str() {
                Some(text) => text.to_owned(),
                None => return Some(name),
            },
            Err(_) => return Some(name),
        };
        Some(if text.is_empty() { name } else { format!("{name}: {text}") })
    }

    /// As a traceback names a class of the interpreter.
    fn exception_name(&self, class: Type) -> String {
        match class {
            Type::ReError if self.version().is_some_and(|v| v >= (3, 13)) => "re.PatternError".to_owned(),
            // Where Django is installed, its own class is used.
            Type::ImproperlyConfigured if self.finds_module("django") => {
                "django.core.exceptions.ImproperlyConfigured".to_owned()
            }
            other => other.full_name(),
        }
    }

    /// The class of an exception object; `None` where any is meant.
    pub(crate) fn exception_class(&self, value: &Value) -> Option<Value> {
        match self.heap.get(value.id()?) {
            Object::Instance(instance) => Some(instance.class.clone()),
            _ => None,
        }
    }

    /// Turns "a builtin needs this value" into a plain result: `Err` stays what it is otherwise.
    pub(crate) fn or_opaque(result: Res<Value>) -> Res<Result<Value, Value>> {
        match result {
            Ok(value) => Ok(Ok(value)),
            Err(Stop::Opaque(value)) => Ok(Err(*value)),
            Err(stop) => Err(stop),
        }
    }
}

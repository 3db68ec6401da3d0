//! A value: what it is, where it was made, what it came through.

use std::fmt;
use std::rc::Rc;

use num_bigint::BigInt;

use super::heap::Id;
use super::symbolic::{Symbolic, Unknown};
use super::trace::Trace;
use super::types::Type;
use crate::interp::{Args, Interp, Res};
use crate::source::Site;

/// A value of the program.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) kind: Kind,
    /// The expression that made it.
    pub(crate) site: Site,
    pub(crate) trace: Trace,
}

/// What a value is. Immutable things stand here; mutable ones live in the heap.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    None,
    NotImplemented,
    Ellipsis,
    Bool(bool),
    Int(Rc<BigInt>),
    Float(f64),
    Str(Rc<str>),
    Bytes(Rc<[u8]>),
    Tuple(Rc<[Value]>),
    /// `slice(start, stop, step)`
    Slice(Rc<[Value; 3]>),
    Range(Rc<Range>),
    Type(Type),
    Native(&'static Native),
    /// A method of a builtin value, bound to it.
    Method(Rc<(Value, Rc<str>)>),
    /// A `pathlib` path, `true` where it is a concrete one.
    Path(Rc<str>, bool),
    Ref(Id),
    External(Rc<External>),
    Symbolic(Rc<Symbolic>),
    Unknown(Rc<Unknown>),
}

/// `range(start, stop, step)`
#[derive(Debug, PartialEq)]
pub(crate) struct Range {
    pub(crate) start: BigInt,
    pub(crate) stop: BigInt,
    pub(crate) step: BigInt,
}

/// The code of a builtin.
pub(crate) type NativeCall = fn(&mut Interp<'_>, Args) -> Res<Value>;

/// A builtin function or a function of a modelled library.
pub(crate) struct Native {
    pub(crate) module: &'static str,
    pub(crate) name: &'static str,
    pub(crate) call: NativeCall,
}

impl Native {
    /// Whether it stands for a class of a library: these begin with a capital letter.
    pub(crate) fn is_class(&self) -> bool {
        self.name.starts_with(|c: char| c.is_ascii_uppercase())
    }
}

impl fmt::Debug for Native {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.module, self.name)
    }
}

/// What is known of a thing outside of what is modelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExternalKind {
    Class,
    Function,
    /// A member of an enumeration that is a whole number too, with that number.
    Member(i64),
    /// An object of which nothing but its name is known.
    Unclear,
}

/// A thing of a library that is known by its name only.
#[derive(Debug)]
pub(crate) struct External {
    pub(crate) module: Rc<str>,
    pub(crate) name: Rc<str>,
    pub(crate) kind: ExternalKind,
    /// Calling it, or a method of it, neither raises nor changes anything that the program can see.
    pub(crate) harmless: bool,
}

impl External {
    /// As the program would write it.
    pub(crate) fn path(&self) -> String {
        match (&*self.module, &*self.name) {
            (module, "") => module.to_owned(),
            ("", name) => name.to_owned(),
            (module, name) => format!("{module}.{name}"),
        }
    }
}

impl Value {
    /// A value without a place.
    pub(crate) fn new(kind: Kind) -> Value {
        Value { kind, site: Site::default(), trace: Trace::default() }
    }

    /// The same with a trace.
    pub(crate) fn traced(mut self, trace: Trace) -> Value {
        self.trace = trace;
        self
    }

    /// The same with `trace` joined to its own.
    pub(crate) fn also(mut self, trace: &Trace) -> Value {
        self.trace = self.trace.merge(trace);
        self
    }

    /// `None`
    pub(crate) fn none() -> Value {
        Value::new(Kind::None)
    }

    /// A truth value.
    pub(crate) fn bool(value: bool) -> Value {
        Value::new(Kind::Bool(value))
    }

    /// A whole number.
    pub(crate) fn int(value: impl Into<BigInt>) -> Value {
        Value::new(Kind::Int(Rc::new(value.into())))
    }

    /// A floating-point number.
    pub(crate) fn float(value: f64) -> Value {
        Value::new(Kind::Float(value))
    }

    /// A string.
    pub(crate) fn str(value: impl Into<Rc<str>>) -> Value {
        Value::new(Kind::Str(value.into()))
    }

    /// Bytes.
    pub(crate) fn bytes(value: impl Into<Rc<[u8]>>) -> Value {
        Value::new(Kind::Bytes(value.into()))
    }

    /// A tuple.
    pub(crate) fn tuple(items: impl Into<Rc<[Value]>>) -> Value {
        Value::new(Kind::Tuple(items.into()))
    }

    /// An object of the heap.
    pub(crate) fn object(id: Id) -> Value {
        Value::new(Kind::Ref(id))
    }

    /// A value that is not known, with the reason.
    pub(crate) fn unknown(reason: impl Into<Rc<str>>) -> Value {
        Value::new(Kind::Unknown(Rc::new(Unknown::new(reason))))
    }

    /// A value that is an expression over things of the run time.
    pub(crate) fn symbolic(symbolic: Symbolic) -> Value {
        Value::new(Kind::Symbolic(Rc::new(symbolic)))
    }

    /// A thing of a library.
    pub(crate) fn external(module: &str, name: &str, kind: ExternalKind, harmless: bool) -> Value {
        Value::new(Kind::External(Rc::new(External {
            module: module.into(),
            name: name.into(),
            kind,
            harmless,
        })))
    }

    /// The string, if it is one.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number of an `int`, a `bool` or a member of an enumeration of whole numbers.
    pub(crate) fn as_int(&self) -> Option<BigInt> {
        match &self.kind {
            Kind::Int(n) => Some(BigInt::clone(n)),
            Kind::Bool(b) => Some(BigInt::from(u8::from(*b))),
            Kind::External(external) => match external.kind {
                ExternalKind::Member(n) => Some(BigInt::from(n)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The object, if it lives in the heap.
    pub(crate) fn id(&self) -> Option<Id> {
        match self.kind {
            Kind::Ref(id) => Some(id),
            _ => None,
        }
    }

    /// Whether it is `None`.
    pub(crate) fn is_none(&self) -> bool {
        matches!(self.kind, Kind::None)
    }

    /// Whether it is neither symbolic nor unknown (what it contains may be).
    pub(crate) fn is_known(&self) -> bool {
        !matches!(self.kind, Kind::Symbolic(_) | Kind::Unknown(_))
    }
}

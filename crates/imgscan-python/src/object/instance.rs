//! Functions, classes, instances and the other objects of the heap.

use std::rc::Rc;

use indexmap::IndexMap;

use super::heap::{Heap, Id, Object};
use super::key::Key;
use super::types::Type;
use super::value::{Kind, Value};
use crate::syntax::ir::{Code, ComprehensionInner};

/// A set or frozenset.
#[derive(Clone, Debug, Default)]
pub(crate) struct Set {
    pub(crate) items: IndexMap<Key, Value>,
    pub(crate) frozen: bool,
}

/// A function of the program.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) code: Rc<Code>,
    /// The module's namespace.
    pub(crate) globals: Id,
    /// Namespaces of the functions around it, nearest first.
    pub(crate) enclosing: Rc<[Id]>,
    /// The class it was defined in, for `super()`.
    pub(crate) class_cell: Option<Id>,
    /// Of the last positional parameters.
    pub(crate) defaults: Rc<[Value]>,
    /// Of keyword-only parameters, by name.
    pub(crate) keyword_defaults: Rc<[(Rc<str>, Value)]>,
    pub(crate) module: Option<Rc<str>>,
    /// Attributes set on it.
    pub(crate) attributes: Option<Id>,
}

/// A function bound to its first argument.
#[derive(Clone, Debug)]
pub(crate) struct BoundMethod {
    pub(crate) function: Value,
    pub(crate) this: Value,
}

/// A class of the program.
#[derive(Clone, Debug)]
pub(crate) struct Class {
    pub(crate) name: Rc<str>,
    pub(crate) qualname: Rc<str>,
    pub(crate) module: Option<Rc<str>>,
    pub(crate) bases: Rc<[Value]>,
    /// Method resolution order: this class, then those after it.
    pub(crate) order: Rc<[Value]>,
    /// Its namespace.
    pub(crate) names: Id,
    /// Why its behaviour is not known in full: a base or metaclass that is not modelled.
    pub(crate) opaque: Option<Rc<str>>,
    /// Fields of a dataclass, in order.
    pub(crate) fields: Option<Rc<[Field]>>,
    /// The members of an enumeration.
    pub(crate) is_enum: bool,
    /// A named tuple's field names.
    pub(crate) tuple_fields: Option<Rc<[Rc<str>]>>,
}

/// A field of a dataclass.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: Rc<str>,
    pub(crate) default: Option<Value>,
    pub(crate) factory: Option<Value>,
    pub(crate) in_init: bool,
    pub(crate) keyword_only: bool,
}

impl Field {
    /// A field that has to be given.
    pub(crate) fn required(name: &str) -> Field {
        Field { name: name.into(), default: None, factory: None, in_init: true, keyword_only: false }
    }
}

/// An object of a class: of the program, or an exception.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    pub(crate) class: Value,
    /// Its namespace.
    pub(crate) names: Id,
    /// `args` of an exception; the items of a named tuple.
    pub(crate) args: Option<Value>,
}

impl Instance {
    /// Whether equality of its class is identity.
    pub(crate) fn is_plain(&self, heap: &Heap) -> bool {
        let Kind::Ref(class) = self.class.kind else { return self.args.is_none() || self.is_exception(heap) };
        let Object::Class(class) = heap.get(class) else { return false };
        class.opaque.is_none()
            && class.fields.is_none()
            && class.tuple_fields.is_none()
            && class.order.iter().all(|base| match &base.kind {
                Kind::Ref(id) => match heap.get(*id) {
                    Object::Class(class) => match heap.get(class.names) {
                        Object::Dict(names) => {
                            names.name("__eq__").is_none() && names.name("__hash__").is_none()
                        }
                        _ => false,
                    },
                    _ => false,
                },
                _ => true,
            })
    }

    /// Whether it is an exception.
    pub(crate) fn is_exception(&self, heap: &Heap) -> bool {
        match &self.class.kind {
            Kind::Type(class) => class.is_exception(),
            Kind::Ref(id) => match heap.get(*id) {
                Object::Class(class) => {
                    class.order.iter().any(|c| matches!(c.kind, Kind::Type(t) if t.is_exception()))
                }
                _ => false,
            },
            _ => false,
        }
    }
}

/// A module.
#[derive(Clone, Debug)]
pub(crate) struct Module {
    pub(crate) name: Rc<str>,
    /// Its namespace: what was put there; what a modelled library brings comes on demand.
    pub(crate) names: Id,
    pub(crate) source: ModuleSource,
}

/// Where a module comes from.
#[derive(Clone, Debug)]
pub(crate) enum ModuleSource {
    /// It is evaluated; its namespace is complete.
    Evaluated,
    /// A library that is modelled: attributes are made on demand.
    Modelled,
    /// Nothing but its existence is known, with the reason.
    Opaque(Rc<str>),
    /// A file of an installed package that is evaluated when an attribute is asked for.
    Lazy(Rc<str>),
    /// A package directory without `__init__.py`.
    Namespace,
}

/// What an iterator walks over.
#[derive(Clone, Debug)]
pub(crate) enum Iter {
    /// Items that are fixed.
    Items {
        items: Rc<[Value]>,
        next: usize,
        class: Type,
    },
    /// A list, which may change under way.
    List {
        list: Id,
        next: usize,
    },
    /// A list from its end.
    ReversedList {
        list: Id,
        next: Option<usize>,
    },
    /// A dict: what is walked over, and how many entries there were at the start.
    Dict {
        dict: Id,
        next: usize,
        length: usize,
        part: DictPart,
    },
    Range {
        range: Rc<super::value::Range>,
        next: usize,
    },
    Enumerate {
        inner: Value,
        count: Value,
    },
    Zip {
        inner: Vec<Value>,
        strict: bool,
    },
    Map {
        function: Value,
        inner: Vec<Value>,
    },
    Filter {
        function: Value,
        inner: Value,
    },
    Chain {
        inner: Vec<Value>,
        current: Option<Value>,
    },
    /// Counts without an end: `itertools.count`.
    Count {
        next: Value,
        step: Value,
    },
    /// `iter(callable, sentinel)`
    Callable {
        function: Value,
        sentinel: Value,
    },
    /// `itertools.islice`
    Slice {
        inner: Value,
        skip: usize,
        left: Option<usize>,
        step: usize,
    },
    /// `itertools.cycle`: what was seen, and where it is.
    Cycle {
        inner: Option<Value>,
        seen: Vec<Value>,
        next: usize,
    },
    /// Has ended.
    Done,
}

/// What of a dict is walked over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DictPart {
    Keys,
    Values,
    Items,
}

impl DictPart {
    /// The class of the view.
    pub(crate) fn class(self) -> Type {
        match self {
            DictPart::Keys => Type::DictKeys,
            DictPart::Values => Type::DictValues,
            DictPart::Items => Type::DictItems,
        }
    }
}

/// A generator: a function or expression that has stopped in the middle.
#[derive(Clone, Debug)]
pub(crate) struct Generator {
    pub(crate) state: GeneratorState,
}

/// Where a generator stands.
#[derive(Clone, Debug)]
pub(crate) enum GeneratorState {
    /// A generator expression: its first iterator, its scope, and the iterators of the clauses that are open.
    Expression {
        inner: Rc<ComprehensionInner>,
        scope: Scope,
        open: Vec<Value>,
        started: bool,
        first: Value,
    },
    /// A generator function with what is left to do, innermost last.
    Function(Box<crate::interp::generator::Suspended>),
    Running,
    Done,
}

/// The namespaces that code runs in.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub(crate) locals: Id,
    pub(crate) globals: Id,
    pub(crate) enclosing: Rc<[Id]>,
    pub(crate) class_cell: Option<Id>,
}

/// A file that was opened.
#[derive(Clone, Debug)]
pub(crate) struct OpenFile {
    pub(crate) path: Rc<str>,
    /// What is in it; the reason where that is not known.
    pub(crate) content: Result<Value, Rc<str>>,
    /// How many bytes were read.
    pub(crate) at: usize,
    pub(crate) binary: bool,
    pub(crate) closed: bool,
    pub(crate) writable: bool,
}

/// A compiled regular expression.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    pub(crate) source: Rc<str>,
    pub(crate) flags: u32,
    pub(crate) regex: Rc<regex::Regex>,
}

/// A match of a regular expression.
#[derive(Clone, Debug)]
pub(crate) struct Match {
    pub(crate) subject: Value,
    /// Byte ranges of the groups, the whole match first.
    pub(crate) groups: Rc<[Option<(usize, usize)>]>,
    pub(crate) names: Rc<[(Rc<str>, usize)]>,
    pub(crate) pattern: Value,
}

//! Values as they leave the interpreter.

use std::rc::Rc;

use imgscan_model::{Need, limits, secret};

use crate::format::repr::quoted;
use crate::interp::Interp;
use crate::object::instance::Function;
use crate::object::symbolic::add_needs;
use crate::object::{DictKind, ExternalKind, Id, Kind, Object, Trace, Value};
use crate::outcome::{Arity, PyValue};

/// Most elements that leave in one value.
const ELEMENTS: usize = 100_000;

impl Interp<'_> {
    /// A value as it leaves.
    pub(crate) fn snapshot(&self, value: &Value) -> PyValue {
        let mut left = ELEMENTS;
        self.leaving(value, 0, &mut left)
    }

    fn unknown(reason: &str, needs: &[Need]) -> PyValue {
        PyValue::Unknown { reason: reason.to_owned(), needs: needs.to_vec() }
    }

    fn leaving(&self, value: &Value, depth: usize, left: &mut usize) -> PyValue {
        if depth > limits::DEPTH || *left == 0 {
            return Self::unknown("the value is larger than what is followed", &[]);
        }
        *left -= 1;
        match &value.kind {
            Kind::None => PyValue::None,
            Kind::NotImplemented => object("NotImplementedType", "NotImplemented"),
            Kind::Ellipsis => object("ellipsis", "Ellipsis"),
            Kind::Bool(b) => PyValue::Bool(*b),
            Kind::Int(n) => PyValue::Int((**n).clone()),
            Kind::Float(x) => PyValue::Float(*x),
            Kind::Str(text) => PyValue::Str(text.to_string()),
            Kind::Bytes(bytes) => PyValue::Bytes(bytes.to_vec()),
            Kind::Tuple(items) => PyValue::Tuple(self.leave_all(items, depth, left)),
            Kind::Slice(_) => object("slice", "slice(…)"),
            Kind::Range(range) => {
                object("range", &format!("range({}, {}, {})", range.start, range.stop, range.step))
            }
            Kind::Type(class) => {
                PyValue::Class { module: Some(class.module().to_owned()), name: class.name().to_owned() }
            }
            Kind::Native(native) if native.is_class() => {
                PyValue::Class { module: Some(native.module.to_owned()), name: native.name.to_owned() }
            }
            Kind::Native(native) => PyValue::Function {
                module: Some(native.module.to_owned()),
                name: native.name.to_owned(),
                arity: None,
            },
            Kind::Method(bound) => {
                let name = format!("{}.{}", self.type_name(&bound.0), bound.1);
                PyValue::Function { module: None, name, arity: None }
            }
            Kind::Path(path, concrete) => {
                let name = if *concrete { "PosixPath" } else { "PurePosixPath" };
                object(name, &format!("{name}({})", quoted(path)))
            }
            Kind::External(external) => {
                let module = Some(external.module.to_string());
                match external.kind {
                    ExternalKind::Class => PyValue::Class { module, name: external.name.to_string() },
                    ExternalKind::Function => {
                        PyValue::Function { module, name: external.name.to_string(), arity: None }
                    }
                    // Whoever takes whole numbers takes it as one.
                    ExternalKind::Member(n) => PyValue::Int(n.into()),
                    ExternalKind::Unclear => {
                        Self::unknown(&format!("`{}` is not followed", external.path()), &[])
                    }
                }
            }
            Kind::Symbolic(symbolic) => match self.express(value) {
                Some((text, _)) => PyValue::Symbolic {
                    text,
                    needs: symbolic.needs.to_vec(),
                    type_name: symbolic.class.map(|c| c.name()),
                },
                None => Self::unknown("it depends on an object that changed", &symbolic.needs),
            },
            Kind::Unknown(unknown) => Self::unknown(&unknown.reason, &unknown.needs),
            Kind::Ref(id) => self.leave_object(value, *id, depth, left),
        }
    }

    fn leave_all(&self, items: &[Value], depth: usize, left: &mut usize) -> Vec<PyValue> {
        items.iter().map(|item| self.leaving(item, depth + 1, left)).collect()
    }

    fn leave_object(&self, value: &Value, id: Id, depth: usize, left: &mut usize) -> PyValue {
        if let Some(spoilt) = self.heap.spoilt(id) {
            return match &spoilt.text {
                Some((text, _)) => PyValue::Symbolic {
                    text: text.to_string(),
                    needs: spoilt.needs.to_vec(),
                    type_name: self.class_of(value).map(|c| c.name()),
                },
                None => Self::unknown(&spoilt.reason, &spoilt.needs),
            };
        }
        match self.heap.get(id) {
            Object::List(items) => PyValue::List(self.leave_all(items, depth, left)),
            Object::Set(set) => {
                let items: Vec<Value> = set.items.values().cloned().collect();
                PyValue::Set(self.leave_all(&items, depth, left))
            }
            Object::Dict(dict) if matches!(dict.kind, DictKind::Environ) => object("_Environ", "os.environ"),
            Object::Dict(dict) => {
                if !dict.is_certain() {
                    return self.leave_uncertain(dict);
                }
                let pairs = dict.entries.values();
                PyValue::Dict(
                    pairs
                        .map(|e| {
                            (self.leaving(&e.key, depth + 1, left), self.leaving(&e.value, depth + 1, left))
                        })
                        .collect(),
                )
            }
            Object::Function(function) => self.leave_function(id, function, 0),
            Object::Method(method) => match method.function.id().map(|id| (id, self.heap.get(id))) {
                Some((id, Object::Function(function))) => self.leave_function(id, function, 1),
                _ => PyValue::Function { module: None, name: "method".to_owned(), arity: None },
            },
            Object::Partial { .. } => {
                PyValue::Object { type_name: "partial".to_owned(), text: "functools.partial(…)".to_owned() }
            }
            Object::Class(class) => PyValue::Class {
                module: class.module.as_ref().map(ToString::to_string),
                name: class.qualname.to_string(),
            },
            Object::Module(module) => PyValue::Module(module.name.to_string()),
            Object::Instance(_) => {
                let name = self.type_name(value);
                match self.tuple_items(value) {
                    // A named tuple is a tuple.
                    Some(items) => PyValue::Tuple(self.leave_all(&items, depth, left)),
                    None if self.is_opaque_instance(value) => {
                        Self::unknown(&format!("what an object of `{name}` is like is not known"), &[])
                    }
                    None => object(&name, &format!("<{name} object>")),
                }
            }
            Object::Library(kind, _) => Self::unknown(&format!("`{kind}` is not followed"), &[]),
            Object::Context(_) | Object::Gone | Object::Unmodelled | Object::Cell(_) => {
                Self::unknown("an object that is not modelled", &[])
            }
            _ => {
                let name = self.class_of(value).map_or("object", |c| c.name());
                object(name, &format!("<{name} object>"))
            }
        }
    }

    fn leave_uncertain(&self, dict: &crate::object::Dict) -> PyValue {
        let mut needs = Vec::new();
        let mut reason = dict.open.as_ref().map(ToString::to_string);
        for entry in dict.entries.values() {
            if let Some(condition) = &entry.maybe {
                add_needs(&mut needs, &condition.needs);
                reason.get_or_insert_with(|| format!("it depends on `{}`", condition.text));
            }
        }
        Self::unknown(&reason.unwrap_or_else(|| "its entries are not known".to_owned()), &needs)
    }

    fn leave_function(&self, id: Id, function: &Function, bound: usize) -> PyValue {
        let attribute = |name: &str| -> Option<String> {
            let names = self.heap.dict(function.attributes?)?;
            names.name(name).and_then(|e| e.value.as_str().map(str::to_owned))
        };
        let wrapped =
            function.attributes.and_then(|names| self.heap.dict(names)).and_then(|d| d.name("__wrapped__"));
        let arity = match wrapped.map(|e| e.value.id().map(|id| self.heap.get(id))) {
            // `inspect` looks at what a wrapper wraps.
            Some(Some(Object::Function(inner))) => Some(arity(inner, bound)),
            Some(_) => None,
            None => Some(arity(function, bound)),
        };
        let _ = id;
        PyValue::Function {
            module: attribute("__module__").or_else(|| function.module.as_ref().map(ToString::to_string)),
            name: attribute("__qualname__").unwrap_or_else(|| function.code.qualname.to_string()),
            arity,
        }
    }

    /// The traces of a value and of everything it holds, joined; whether a part of it has the form of a credential.
    pub(crate) fn deep_trace(&self, value: &Value) -> (Trace, bool) {
        let mut left = ELEMENTS;
        let mut secret = false;
        let trace = self.gather(value, 0, &mut left, &mut secret);
        (trace, secret)
    }

    fn gather(&self, value: &Value, depth: usize, left: &mut usize, secret: &mut bool) -> Trace {
        let mut trace = value.trace.clone();
        if depth > limits::DEPTH || *left == 0 {
            return trace;
        }
        *left -= 1;
        let mut add = |item: &Value, left: &mut usize, secret: &mut bool| {
            trace = trace.merge(&self.gather(item, depth + 1, left, secret));
        };
        match &value.kind {
            Kind::Str(text) => *secret |= looks_secret(text),
            Kind::Tuple(items) => items.iter().for_each(|i| add(i, left, secret)),
            Kind::Ref(id) if self.heap.spoilt(*id).is_none() => match self.heap.get(*id) {
                Object::List(items) => items.iter().for_each(|i| add(i, left, secret)),
                Object::Set(set) => set.items.values().for_each(|i| add(i, left, secret)),
                Object::Dict(dict) if !matches!(dict.kind, DictKind::Environ) => {
                    for entry in dict.entries.values() {
                        add(&entry.key, left, secret);
                        add(&entry.value, left, secret);
                    }
                }
                _ => {}
            },
            _ => {}
        }
        trace
    }
}

/// Whether a string has the form of a credential, or is `NAME=value` of one.
fn looks_secret(text: &str) -> bool {
    secret::is_secret_value(text)
        || text.split_once('=').is_some_and(|(name, value)| !value.is_empty() && secret::is_secret_name(name))
}

fn object(type_name: &str, text: &str) -> PyValue {
    PyValue::Object { type_name: type_name.to_owned(), text: text.to_owned() }
}

/// How many arguments a function takes; `bound` of them are given already.
fn arity(function: &Function, bound: usize) -> Arity {
    let params = &function.code.params;
    let positional = params.positional.len().saturating_sub(bound);
    let required = params.positional.len().saturating_sub(function.defaults.len()).saturating_sub(bound);
    let required_keywords = params
        .keyword_only
        .iter()
        .filter(|name| !function.keyword_defaults.iter().any(|(n, _): &(Rc<str>, Value)| n == *name))
        .count();
    let parameters = positional
        + params.keyword_only.len()
        + usize::from(params.varargs.is_some())
        + usize::from(params.kwargs.is_some());
    Arity { required, positional, varargs: params.varargs.is_some(), required_keywords, parameters }
}

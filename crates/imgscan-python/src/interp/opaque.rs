//! Results of operations on values that are not known, and the text of values as expressions.

use std::rc::Rc;

use imgscan_model::Need;

use crate::format::repr::{bytes_repr, quoted};
use crate::number::text::float_repr;
use crate::object::symbolic::{LONGEST, add_needs};
use crate::object::{Condition, DictKind, Kind, Level, Object, Symbolic, Type, Unknown, Value};

use super::error::Stop;
use super::join::least_of;
use super::{Args, Interp, Res};

/// How deep containers are shown as expressions.
const SHOWN: usize = 8;
/// How often alternatives are taken apart within each other.
const APART: usize = 3;

impl<'a> Interp<'a> {
    /// The class of a value where it is one of the interpreter's.
    pub(crate) fn class_of(&self, value: &Value) -> Option<Type> {
        Some(match &value.kind {
            Kind::None => Type::None,
            Kind::NotImplemented => Type::NotImplemented,
            Kind::Ellipsis => Type::Ellipsis,
            Kind::Bool(_) => Type::Bool,
            Kind::Int(_) => Type::Int,
            Kind::Float(_) => Type::Float,
            Kind::Str(_) => Type::Str,
            Kind::Bytes(_) => Type::Bytes,
            Kind::Tuple(_) => Type::Tuple,
            Kind::Slice(_) => Type::Slice,
            Kind::Range(_) => Type::Range,
            Kind::Type(_) => Type::Type,
            Kind::Native(_) | Kind::Method(_) => Type::Builtin,
            Kind::Path(_, true) => Type::PosixPath,
            Kind::Path(_, false) => Type::PurePosixPath,
            Kind::Symbolic(symbolic) => symbolic.class?,
            Kind::Unknown(unknown) => unknown.class?,
            Kind::External(_) => return None,
            Kind::Ref(id) => return self.class_of_object(*id),
        })
    }

    fn class_of_object(&self, id: crate::object::Id) -> Option<Type> {
        use crate::object::instance::{DictPart, Iter};
        Some(match self.heap.get(id) {
            Object::List(_) => Type::List,
            Object::Dict(dict) => dict.kind.class(),
            Object::Set(set) if set.frozen => Type::FrozenSet,
            Object::Set(_) => Type::Set,
            Object::Function(_) => Type::Function,
            Object::Method(_) => Type::Method,
            Object::Class(class) => match class.opaque {
                Some(_) => return None,
                None => Type::Type,
            },
            Object::Module(_) => Type::Module,
            Object::Generator(_) => Type::Generator,
            Object::View(_, part) => part.class(),
            Object::Property(..) => Type::Property,
            Object::StaticMethod(_) => Type::StaticMethod,
            Object::ClassMethod(_) => Type::ClassMethod,
            Object::Super { .. } => Type::Super,
            Object::File(file) if file.binary => Type::BinaryFile,
            Object::File(_) => Type::TextFile,
            Object::Pattern(_) => Type::Pattern,
            Object::Match(_) => Type::Match,
            Object::Partial { .. } => Type::Partial,
            Object::Instance(instance) => match &instance.class.kind {
                Kind::Type(class) => *class,
                _ => return None,
            },
            Object::Iter(iter) => match iter {
                Iter::Items { class, .. } => *class,
                Iter::List { .. } => Type::ListIterator,
                Iter::ReversedList { .. } => Type::Reversed,
                Iter::Dict { part: DictPart::Keys, .. } => Type::KeyIterator,
                Iter::Dict { part: DictPart::Values, .. } => Type::ValueIterator,
                Iter::Dict { part: DictPart::Items, .. } => Type::ItemIterator,
                Iter::Range { .. } => Type::RangeIterator,
                Iter::Enumerate { .. } => Type::Enumerate,
                Iter::Zip { .. } => Type::Zip,
                Iter::Map { .. } => Type::Map,
                Iter::Filter { .. } => Type::Filter,
                Iter::Callable { .. } => Type::CallableIterator,
                _ => return None,
            },
            Object::Cell(_)
            | Object::Context(_)
            | Object::Library(..)
            | Object::Unmodelled
            | Object::Gone => return None,
        })
    }

    /// `type(value).__name__`, as messages have it.
    pub(crate) fn type_name(&self, value: &Value) -> String {
        if let Some(class) = self.class_of(value) {
            return class.name().to_owned();
        }
        if let Some(id) = value.id()
            && let Object::Instance(instance) = self.heap.get(id)
            && let Some(class) = instance.class.id()
            && let Object::Class(class) = self.heap.get(class)
        {
            return class.name.to_string();
        }
        "object".to_owned()
    }

    /// The value as an expression; `None` where it is unknown or has no text.
    pub(crate) fn express(&self, value: &Value) -> Option<(String, Level)> {
        let mut out = String::new();
        let level = self.write_expression(value, &mut out, 0)?;
        Some((out, level))
    }

    /// The same, in parentheses where it binds less tightly than `least`.
    pub(crate) fn express_at(&self, value: &Value, least: Level) -> Option<String> {
        let (text, level) = self.express(value)?;
        Some(if level < least { format!("({text})") } else { text })
    }

    fn write_expression(&self, value: &Value, out: &mut String, depth: usize) -> Option<Level> {
        if out.len() > LONGEST * 2 || depth > SHOWN {
            return None;
        }
        match &value.kind {
            Kind::None => out.push_str("None"),
            Kind::NotImplemented => out.push_str("NotImplemented"),
            Kind::Ellipsis => out.push_str("..."),
            Kind::Bool(b) => out.push_str(if *b { "True" } else { "False" }),
            Kind::Int(n) if n.bits() < 2_000 => {
                out.push_str(&n.to_string());
                if n.sign() == num_bigint::Sign::Minus {
                    return Some(Level::Unary);
                }
            }
            Kind::Int(_) => return None,
            Kind::Float(x) => {
                out.push_str(&float_repr(*x));
                if x.is_sign_negative() {
                    return Some(Level::Unary);
                }
            }
            Kind::Str(text) => out.push_str(&quoted(text)),
            Kind::Bytes(bytes) => out.push_str(&bytes_repr(bytes)),
            Kind::Tuple(items) => {
                out.push('(');
                self.write_expressions(items, out, depth)?;
                out.push_str(if items.len() == 1 { ",)" } else { ")" });
            }
            Kind::Slice(_) => return None,
            Kind::Range(range) => {
                out.push_str(&format!("range({}, {}, {})", range.start, range.stop, range.step));
            }
            Kind::Type(class) => out.push_str(class.name()),
            Kind::Native(native) => match native.module {
                "builtins" => out.push_str(native.name),
                module => out.push_str(&format!("{module}.{}", native.name)),
            },
            Kind::Method(bound) => {
                let text = self.express_at(&bound.0, Level::Atom)?;
                out.push_str(&format!("{text}.{}", bound.1));
            }
            Kind::Path(path, _) => out.push_str(&format!("Path({})", quoted(path))),
            // What a call gave has no expression.
            Kind::External(external) if external.name.contains('…') => return None,
            Kind::External(external) => out.push_str(&external.path()),
            Kind::Symbolic(symbolic) => {
                if let (Some(choice), false) = (&symbolic.choice, symbolic.refs.is_empty()) {
                    // The objects may have changed since.
                    let (mut yes, mut no) = (String::new(), String::new());
                    self.write_expression(&choice.yes, &mut yes, depth + 1)?;
                    self.write_expression(&choice.no, &mut no, depth + 1)?;
                    out.push_str(&super::join::choice_text(&choice.condition, &yes, &no));
                    return Some(Level::Ternary);
                }
                out.push_str(&symbolic.text);
                return Some(symbolic.level);
            }
            Kind::Unknown(_) => return None,
            Kind::Ref(id) => return self.write_object_expression(*id, out, depth),
        }
        Some(Level::Atom)
    }

    fn write_object_expression(
        &self,
        id: crate::object::Id,
        out: &mut String,
        depth: usize,
    ) -> Option<Level> {
        if let Some(spoilt) = self.heap.spoilt(id) {
            let (text, level) = spoilt.text.as_ref()?;
            out.push_str(text);
            return Some(*level);
        }
        match self.heap.get(id) {
            Object::List(items) => {
                out.push('[');
                self.write_expressions(items, out, depth)?;
                out.push(']');
            }
            Object::Dict(dict) if dict.is_certain() && matches!(dict.kind, DictKind::Plain) => {
                out.push('{');
                for (i, entry) in dict.entries.values().enumerate() {
                    if i > 0 {
                        out.push_str(", ");
                    }
                    self.write_expression(&entry.key, out, depth + 1)?;
                    out.push_str(": ");
                    self.write_expression(&entry.value, out, depth + 1)?;
                }
                out.push('}');
            }
            Object::Dict(dict) if matches!(dict.kind, DictKind::Environ) => out.push_str("os.environ"),
            Object::Set(set) if !set.items.is_empty() && !set.frozen => {
                out.push('{');
                let items: Vec<Value> = set.items.values().cloned().collect();
                self.write_expressions(&items, out, depth)?;
                out.push('}');
            }
            Object::Set(set) if !set.frozen => out.push_str("set()"),
            Object::Function(function) => out.push_str(&function.code.qualname),
            Object::Class(class) => out.push_str(&class.qualname),
            Object::Module(module) => out.push_str(&module.name),
            _ => return None,
        }
        Some(Level::Atom)
    }

    fn write_expressions(&self, items: &[Value], out: &mut String, depth: usize) -> Option<()> {
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            self.write_expression(item, out, depth + 1)?;
        }
        Some(())
    }

    /// The result of an operation on values of which some are not known: an expression where all of them are, else
    /// unknown for the first reason.
    pub(crate) fn opaque(
        &mut self,
        text: Option<String>,
        level: Level,
        class: Option<Type>,
        operands: &[&Value],
        culprit: &Value,
    ) -> Value {
        let trace = Interp::traces(operands.iter().copied()).merge(&culprit.trace);
        let mut needs: Vec<Need> = Vec::new();
        let refs = self.refs_of(operands);
        for value in operands.iter().copied().chain([culprit]) {
            add_needs(&mut needs, &self.needs_of(value));
        }
        let unknown = operands.iter().copied().chain([culprit]).find_map(|v| match &v.kind {
            Kind::Unknown(unknown) => Some(Rc::clone(&unknown.reason)),
            _ => None,
        });
        let kind = match (unknown, text) {
            (None, Some(text)) if text.len() <= LONGEST && class.is_some_and(is_immutable) => {
                Kind::Symbolic(Rc::new(Symbolic::new(text, level, class, needs)))
            }
            // It can be changed: it is an object, of which the state is an expression until then. Where it may be
            // one of the operands, even that is not certain.
            (None, Some(text)) if text.len() <= LONGEST && (class.is_some() || refs.is_empty()) => {
                Kind::Ref(self.stateless(class, text.into(), level, needs.into()))
            }
            (reason, text) => {
                let reason = reason.unwrap_or_else(|| match text {
                    Some(_) => "the expression is too long to be followed".into(),
                    None => "it hangs on a value that is not known".into(),
                });
                Kind::Unknown(Rc::new(Unknown { reason, needs: needs.into(), class, refs }))
            }
        };
        Value { kind, site: self.here, trace }
    }

    /// An object of which the state is an expression.
    fn stateless(
        &mut self,
        class: Option<Type>,
        text: Rc<str>,
        level: Level,
        needs: Rc<[Need]>,
    ) -> crate::object::Id {
        let object = match class {
            Some(Type::List) => Object::List(Vec::new()),
            Some(Type::Dict) => Object::Dict(crate::object::Dict::default()),
            Some(Type::Set) => Object::Set(crate::object::instance::Set::default()),
            _ => Object::Unmodelled,
        };
        let id = self.heap.add(object);
        let reason = format!("it is `{text}`").into();
        self.heap
            .spoil(id, Rc::new(crate::object::heap::Spoilt { reason, needs, text: Some((text, level)) }));
        id
    }

    /// Runs an operation; where it meets a value that one of two values may be, it runs for both.
    pub(crate) fn apart(
        &mut self,
        values: &[Value],
        operation: &mut dyn FnMut(&mut Interp<'a>, &[Value]) -> Res<Value>,
    ) -> Res<Value> {
        let result = operation(self, values);
        let culprit = match self.doubted(result, values) {
            Err(Stop::Opaque(culprit)) => culprit,
            other => return other,
        };
        let choice = values.iter().enumerate().find_map(|(at, value)| match &value.kind {
            Kind::Symbolic(symbolic) => Some((at, Rc::clone(symbolic.choice.as_ref()?))),
            _ => None,
        });
        let Some((at, choice)) = choice else { return Err(Stop::Opaque(culprit)) };
        let with = |value: &Value| {
            let mut values = values.to_vec();
            if let Some(slot) = values.get_mut(at) {
                *slot = value.clone();
            }
            values
        };
        let (yes, no) = (with(&choice.yes), with(&choice.no));
        match self.assumed(&choice.condition) {
            Some(true) => return self.apart(&yes, operation),
            Some(false) => return self.apart(&no, operation),
            None => {}
        }
        if self.apart >= APART {
            return Err(Stop::Opaque(culprit));
        }
        self.apart += 1;
        let mut both: Operation<'_, 'a> = Operation { operation };
        let result = self.fork_any(&mut both, &choice.condition, &yes, &no);
        self.apart -= 1;
        result
    }

    /// A complaint about the class of an operand is none where that class is not known: the operation may raise.
    fn doubted(&self, result: Res<Value>, operands: &[Value]) -> Res<Value> {
        let Err(Stop::Raise(exc)) = &result else { return result };
        let of_class = [Type::TypeError, Type::AttributeError]
            .into_iter()
            .any(|class| self.is_exception_of(&exc.value, class) == Some(true));
        match operands.iter().find(|v| self.class_of(v).is_none() && self.is_unclear(v)) {
            Some(culprit) if of_class => Err(Stop::Opaque(Box::new(culprit.clone()))),
            _ => result,
        }
    }

    fn fork_any(
        &mut self,
        both: &mut Operation<'_, 'a>,
        condition: &Condition,
        yes: &[Value],
        no: &[Value],
    ) -> Res<Value> {
        // Either way may come to the same value that it cannot do without.
        let run = |values: Vec<Value>| {
            move |interp: &mut Interp<'a>, both: &mut Operation<'_, 'a>| match interp
                .apart(&values, both.operation)
            {
                Err(Stop::Opaque(value)) => Ok(Err(value)),
                other => other.map(Ok),
            }
        };
        match self.fork(both, condition, run(yes.to_vec()), run(no.to_vec()))? {
            super::fork::Forked::One(Ok(value)) => Ok(value),
            super::fork::Forked::One(Err(culprit)) => Err(Stop::Opaque(culprit)),
            super::fork::Forked::Both(heap, first, second) => {
                self.join_heap(heap, condition)?;
                match (first, second) {
                    (Ok(first), Ok(second)) => Ok(self.join_values(condition, &first, &second)),
                    (Err(culprit), _) | (_, Err(culprit)) => Err(Stop::Opaque(culprit)),
                }
            }
        }
    }

    /// The result of a call of a builtin that met a value it cannot do without.
    pub(crate) fn opaque_call(
        &mut self,
        name: Option<String>,
        args: &Args,
        class: Option<Type>,
        culprit: &Value,
    ) -> Value {
        let mut text = name;
        if let Some(out) = &mut text {
            out.push('(');
            let mut first = true;
            for (keyword, value) in args
                .positional
                .iter()
                .map(|v| (None, v))
                .chain(args.keywords.iter().map(|(k, v)| (Some(k), v)))
            {
                if !first {
                    out.push_str(", ");
                }
                first = false;
                if let Some(keyword) = keyword {
                    out.push_str(keyword);
                    out.push('=');
                }
                match self.express(value) {
                    Some((shown, _)) => out.push_str(&shown),
                    None => {
                        text = None;
                        break;
                    }
                }
                if out.len() > LONGEST * 2 {
                    break;
                }
            }
        }
        if let Some(out) = &mut text {
            if args.open.is_some() {
                out.push_str(", …");
            }
            out.push(')');
        }
        let operands: Vec<&Value> = args.values().collect();
        self.opaque(text, Level::Atom, class, &operands, culprit)
    }

    /// What a number is at least, where that is known.
    pub(crate) fn least(&self, value: &Value) -> Option<i64> {
        least_of(value)
    }
}

/// Whether values of the class never change.
pub(super) fn is_immutable(class: Type) -> bool {
    matches!(
        class,
        Type::None
            | Type::Bool
            | Type::Int
            | Type::Float
            | Type::Str
            | Type::Bytes
            | Type::Tuple
            | Type::Range
            | Type::PosixPath
            | Type::PurePosixPath
            | Type::FrozenSet
    )
}

/// The operation that runs for both of two values.
struct Operation<'o, 'a> {
    operation: &'o mut dyn FnMut(&mut Interp<'a>, &[Value]) -> Res<Value>,
}

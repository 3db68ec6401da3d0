//! Comparisons.

use std::cmp::Ordering;
use std::rc::Rc;

use num_traits::Zero;

use crate::number::arithmetic;
use crate::object::{Key, KeyFault, Kind, Level, Object, Type, Value};
use crate::syntax::ir::CmpOp;

use super::error::Stop;
use super::{Interp, Next, Res};

impl Interp<'_> {
    /// `left op right`
    pub(crate) fn compare(&mut self, op: CmpOp, left: &Value, right: &Value) -> Res<Value> {
        self.charge(1)?;
        let operands = [left.clone(), right.clone()];
        let result = self.apart(&operands, &mut |interp, values| match values {
            [left, right] => interp.compare_known(op, left, right),
            _ => Ok(Value::none()),
        });
        let trace = left.trace.merge(&right.trace).harmless();
        match Interp::or_opaque(result)? {
            Ok(result) => Ok(result.also(&trace)),
            Err(culprit) => {
                if let Some(result) = self.bounded(op, left, right) {
                    return Ok(Value::bool(result).traced(trace));
                }
                let text = match (self.express_at(left, Level::BitOr), self.express_at(right, Level::BitOr)) {
                    (Some(a), Some(b)) => Some(format!("{a} {} {b}", op.sign())),
                    _ => None,
                };
                if !self.compares(op, left, right) {
                    let shown = text.clone().unwrap_or_else(|| format!("… {} …", op.sign()));
                    let needs = self.needs_of(&culprit);
                    self.may_raise(None, &shown, &needs)?;
                }
                let value = self.opaque(text, Level::Compare, Some(Type::Bool), &[left, right], &culprit);
                Ok(Value { trace, ..value })
            }
        }
    }

    /// A comparison that the least value of a number settles.
    fn bounded(&self, op: CmpOp, left: &Value, right: &Value) -> Option<bool> {
        let literal = |value: &Value| value.as_int().and_then(|n| i64::try_from(n).ok());
        if let (Some(least), Some(n)) = (self.least(left), literal(right)) {
            return match op {
                CmpOp::Gt if least > n => Some(true),
                CmpOp::Ge if least >= n => Some(true),
                CmpOp::Lt if least >= n => Some(false),
                CmpOp::Le if least > n => Some(false),
                CmpOp::Eq if least > n => Some(false),
                CmpOp::Ne if least > n => Some(true),
                _ => None,
            };
        }
        if let (Some(n), Some(least)) = (literal(left), self.least(right)) {
            return match op {
                CmpOp::Lt if least > n => Some(true),
                CmpOp::Le if least >= n => Some(true),
                CmpOp::Gt if least >= n => Some(false),
                CmpOp::Ge if least > n => Some(false),
                CmpOp::Eq if least > n => Some(false),
                CmpOp::Ne if least > n => Some(true),
                _ => None,
            };
        }
        None
    }

    /// Whether the comparison certainly does not raise.
    fn compares(&self, op: CmpOp, left: &Value, right: &Value) -> bool {
        match op {
            CmpOp::Eq | CmpOp::Ne | CmpOp::Is | CmpOp::IsNot => true,
            CmpOp::In | CmpOp::NotIn => match (self.class_of(left), self.class_of(right)) {
                (Some(Type::Str), Some(Type::Str)) => true,
                (Some(a), Some(Type::List | Type::Tuple)) => a != Type::Slice,
                (Some(a), Some(Type::Dict | Type::Set | Type::FrozenSet | Type::Environ)) => {
                    matches!(a, Type::Str | Type::Int | Type::Bool | Type::Float | Type::None)
                }
                _ => false,
            },
            _ => {
                let number = |t: Type| matches!(t, Type::Int | Type::Bool | Type::Float);
                match (self.class_of(left), self.class_of(right)) {
                    (Some(a), Some(b)) => number(a) && number(b) || a == Type::Str && b == Type::Str,
                    _ => false,
                }
            }
        }
    }

    fn compare_known(&mut self, op: CmpOp, left: &Value, right: &Value) -> Res<Value> {
        match op {
            CmpOp::Eq | CmpOp::Ne => {
                if let Some(result) = self.rich_equal(op, left, right)? {
                    return Ok(result);
                }
                let equal = self.equal(left, right)?;
                Ok(Value::bool(equal == (op == CmpOp::Eq)))
            }
            CmpOp::Is => Ok(Value::bool(self.identical(left, right)?)),
            CmpOp::IsNot => Ok(Value::bool(!self.identical(left, right)?)),
            CmpOp::In => Ok(Value::bool(self.contains(right, left)?)),
            CmpOp::NotIn => Ok(Value::bool(!self.contains(right, left)?)),
            CmpOp::Lt | CmpOp::Le | CmpOp::Gt | CmpOp::Ge => {
                let (method, reflected) = match op {
                    CmpOp::Lt => ("__lt__", "__gt__"),
                    CmpOp::Le => ("__le__", "__ge__"),
                    CmpOp::Gt => ("__gt__", "__lt__"),
                    _ => ("__ge__", "__le__"),
                };
                if let Some(result) = self.rich(left, right, method, reflected)? {
                    return Ok(result);
                }
                if let Some(result) = self.subset(op, left, right)? {
                    return Ok(Value::bool(result));
                }
                let ordering = self.order(op, left, right)?;
                Ok(Value::bool(match (op, ordering) {
                    (_, None) => false,
                    (CmpOp::Lt, Some(o)) => o == Ordering::Less,
                    (CmpOp::Le, Some(o)) => o != Ordering::Greater,
                    (CmpOp::Gt, Some(o)) => o == Ordering::Greater,
                    (_, Some(o)) => o != Ordering::Less,
                }))
            }
        }
    }

    fn rich(&mut self, left: &Value, right: &Value, method: &str, reflected: &str) -> Res<Option<Value>> {
        for (this, other, method) in [(left, right, method), (right, left, reflected)] {
            if let Some(result) = self.call_special(this, method, std::slice::from_ref(other))?
                && !matches!(result.kind, Kind::NotImplemented)
            {
                return Ok(Some(result));
            }
        }
        Ok(None)
    }

    fn rich_equal(&mut self, op: CmpOp, left: &Value, right: &Value) -> Res<Option<Value>> {
        if op == CmpOp::Ne
            && let Some(result) = self.rich(left, right, "__ne__", "__ne__")?
        {
            return Ok(Some(result));
        }
        match self.rich(left, right, "__eq__", "__eq__")? {
            Some(result) if op == CmpOp::Ne => self.not(&result).map(Some),
            other => Ok(other),
        }
    }

    /// `left is right`
    pub(crate) fn identical(&mut self, left: &Value, right: &Value) -> Res<bool> {
        // Constants that exist once settle it whatever the class of the other says.
        for (a, b) in [(left, right), (right, left)] {
            if !b.is_known()
                && let (Some(known), Some(class)) = (self.class_of(a), self.class_of(b))
                && known != class
                && !matches!(b.kind, Kind::Unknown(_))
            {
                return Ok(false);
            }
        }
        self.expect_known(left)?;
        self.expect_known(right)?;
        for value in [left, right] {
            if value.id().is_some_and(|id| matches!(self.heap.get(id), Object::Unmodelled))
                && left.id() != right.id()
            {
                return Err(Stop::Opaque(Box::new(value.clone())));
            }
        }
        let unclear = |equal: bool| match equal {
            true => Err(Stop::Opaque(Box::new(Value::unknown(
                "whether equal values are one object is not known",
            )))),
            false => Ok(false),
        };
        match (&left.kind, &right.kind) {
            (Kind::None, Kind::None)
            | (Kind::Ellipsis, Kind::Ellipsis)
            | (Kind::NotImplemented, Kind::NotImplemented) => Ok(true),
            (Kind::Bool(a), Kind::Bool(b)) => Ok(a == b),
            (Kind::Type(a), Kind::Type(b)) => Ok(a == b),
            (Kind::Native(a), Kind::Native(b)) => Ok(std::ptr::eq(*a, *b)),
            (Kind::Ref(a), Kind::Ref(b)) => Ok(a == b),
            (Kind::Int(a), Kind::Int(b)) => unclear(a == b),
            (Kind::Float(a), Kind::Float(b)) => unclear(a == b || a.is_nan() && b.is_nan()),
            (Kind::Str(a), Kind::Str(b)) => unclear(a == b),
            (Kind::Bytes(a), Kind::Bytes(b)) => unclear(a == b),
            (Kind::Tuple(a), Kind::Tuple(b)) => match Rc::ptr_eq(a, b) {
                true => Ok(true),
                false => unclear(a.len() == b.len()),
            },
            (Kind::External(a), Kind::External(b)) => unclear(a.path() == b.path()),
            (Kind::External(_), Kind::None | Kind::Bool(_))
            | (Kind::None | Kind::Bool(_), Kind::External(_)) => unclear(true),
            (Kind::External(_), _) | (_, Kind::External(_)) => unclear(true),
            (Kind::Path(a, _), Kind::Path(b, _)) => unclear(a == b),
            (Kind::Range(a), Kind::Range(b)) => unclear(a == b),
            (Kind::Method(_), Kind::Method(_)) | (Kind::Slice(_), Kind::Slice(_)) => unclear(true),
            _ => Ok(false),
        }
    }

    /// `left == right`
    pub(crate) fn equal(&mut self, left: &Value, right: &Value) -> Res<bool> {
        self.charge(1)?;
        self.deeper(|interp| interp.equal_inner(left, right))
    }

    fn equal_inner(&mut self, left: &Value, right: &Value) -> Res<bool> {
        // Values of these classes are never equal to values of another of them.
        if (!left.is_known() || !right.is_known())
            && let (Some(a), Some(b)) = (self.class_of(left), self.class_of(right))
            && apart_classes(a, b)
        {
            return Ok(false);
        }
        self.expect_known(left)?;
        self.expect_known(right)?;
        if let (Some(a), Some(b)) = (left.as_int(), right.as_int()) {
            return Ok(a == b);
        }
        Ok(match (&left.kind, &right.kind) {
            (Kind::Float(a), Kind::Float(b)) => a == b,
            (Kind::Float(x), _) | (_, Kind::Float(x)) => match left.as_int().or_else(|| right.as_int()) {
                Some(n) => arithmetic::compare_int_float(&n, *x) == Some(Ordering::Equal),
                None if self.is_unclear(left) || self.is_unclear(right) => return self.unclear_equal(),
                None => false,
            },
            (Kind::Str(a), Kind::Str(b)) => a == b,
            (Kind::Bytes(a), Kind::Bytes(b)) => a == b,
            (Kind::Path(a, _), Kind::Path(b, _)) => a == b,
            (Kind::Tuple(a), Kind::Tuple(b)) => {
                let (a, b) = (Rc::clone(a), Rc::clone(b));
                return self.equal_items(&a, &b);
            }
            (Kind::Range(a), Kind::Range(b)) => {
                let (x, y) = (super::item::range_length(a), super::item::range_length(b));
                x == y && (x.is_zero() || a.start == b.start && (x == 1.into() || a.step == b.step))
            }
            (Kind::Slice(a), Kind::Slice(b)) => {
                let (a, b) = (Rc::clone(a), Rc::clone(b));
                return self.equal_items(&a[..], &b[..]);
            }
            (Kind::Ref(a), Kind::Ref(b)) if a == b && self.heap.spoilt(*a).is_none() => true,
            (Kind::Ref(a), Kind::Ref(b)) => return self.equal_objects(*a, *b, left, right),
            (Kind::External(a), Kind::External(b)) if a.path() == b.path() => {
                a.kind != crate::object::ExternalKind::Unclear || return self.unclear_equal()
            }
            (Kind::Method(_), Kind::Method(_)) => return self.unclear_equal(),
            _ if self.is_unclear(left) || self.is_unclear(right) => return self.unclear_equal(),
            (Kind::Ref(_), _) | (_, Kind::Ref(_)) => return self.equal_mixed(left, right),
            _ => super::join::same(left, right),
        })
    }

    fn unclear_equal(&self) -> Res<bool> {
        Err(Stop::Opaque(Box::new(Value::unknown("whether two objects are equal is not known"))))
    }

    /// A heap object and a plain value: equal only where the object's class says so.
    fn equal_mixed(&mut self, left: &Value, right: &Value) -> Res<bool> {
        match self.rich(left, right, "__eq__", "__eq__")? {
            Some(result) => self.expect_truth(&result),
            None => match (self.tuple_items(left), self.tuple_items(right)) {
                (Some(a), Some(b)) => self.equal_items(&a, &b),
                _ => Ok(false),
            },
        }
    }

    fn equal_items(&mut self, a: &[Value], b: &[Value]) -> Res<bool> {
        if a.len() != b.len() {
            return Ok(false);
        }
        let mut unclear = None;
        for (a, b) in a.iter().zip(b) {
            // The same object is equal to itself inside a container, even a NaN.
            if super::join::same(a, b) && a.is_known() && !matches!(a.kind, Kind::Float(x) if x.is_nan()) {
                continue;
            }
            match self.equal(a, b) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(Stop::Opaque(value)) => unclear = Some(value),
                Err(stop) => return Err(stop),
            }
        }
        match unclear {
            Some(value) => Err(Stop::Opaque(value)),
            None => Ok(true),
        }
    }

    fn equal_objects(
        &mut self,
        a: crate::object::Id,
        b: crate::object::Id,
        left: &Value,
        right: &Value,
    ) -> Res<bool> {
        self.expect_state(a)?;
        self.expect_state(b)?;
        match (self.heap.get(a).clone(), self.heap.get(b).clone()) {
            (Object::List(x), Object::List(y)) => self.equal_items(&x, &y),
            (Object::Dict(x), Object::Dict(y)) => {
                self.expect_certain(a)?;
                self.expect_certain(b)?;
                if x.entries.len() != y.entries.len() {
                    return Ok(false);
                }
                for (key, entry) in &x.entries {
                    match y.entries.get(key) {
                        Some(other) if self.equal(&entry.value, &other.value)? => {}
                        _ => return Ok(false),
                    }
                }
                Ok(true)
            }
            (Object::Set(x), Object::Set(y)) => {
                Ok(x.items.len() == y.items.len() && x.items.keys().all(|k| y.items.contains_key(k)))
            }
            (Object::View(..), _) | (_, Object::View(..)) => {
                match (self.set_like(left)?, self.set_like(right)?) {
                    (Some(x), Some(y)) => Ok(x.len() == y.len() && x.keys().all(|k| y.contains_key(k))),
                    _ => Ok(false),
                }
            }
            (Object::Instance(x), Object::Instance(y)) => {
                if let Some(result) = self.rich(left, right, "__eq__", "__eq__")? {
                    return self.expect_truth(&result);
                }
                if let (Some(p), Some(q)) = (self.fields_of(left), self.fields_of(right)) {
                    if !super::join::same(&x.class, &y.class) {
                        return Ok(false);
                    }
                    let p: Vec<Value> = p.1.into_iter().map(|(_, v)| v).collect();
                    let q: Vec<Value> = q.1.into_iter().map(|(_, v)| v).collect();
                    return self.equal_items(&p, &q);
                }
                match (self.tuple_items(left), self.tuple_items(right)) {
                    (Some(p), Some(q)) => self.equal_items(&p, &q),
                    _ if self.is_unclear(left) || self.is_unclear(right) => self.unclear_equal(),
                    _ => Ok(false),
                }
            }
            (Object::Instance(_), _) | (_, Object::Instance(_)) => {
                match self.rich(left, right, "__eq__", "__eq__")? {
                    Some(result) => self.expect_truth(&result),
                    None if self.is_unclear(left) || self.is_unclear(right) => self.unclear_equal(),
                    None => Ok(false),
                }
            }
            (Object::Method(_) | Object::Library(..), _) | (_, Object::Method(_) | Object::Library(..)) => {
                self.unclear_equal()
            }
            _ => Ok(false),
        }
    }

    /// The items of a tuple or a named tuple.
    pub(crate) fn tuple_items(&self, value: &Value) -> Option<Rc<[Value]>> {
        match &value.kind {
            Kind::Tuple(items) => Some(Rc::clone(items)),
            Kind::Ref(id) => match self.heap.get(*id) {
                Object::Instance(instance) if !instance.is_exception(&self.heap) => {
                    match instance.args.as_ref().map(|a| &a.kind) {
                        Some(Kind::Tuple(items)) => Some(Rc::clone(items)),
                        _ => None,
                    }
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn subset(&mut self, op: CmpOp, left: &Value, right: &Value) -> Res<Option<bool>> {
        let (Some(a), Some(b)) = (self.set_like(left)?, self.set_like(right)?) else { return Ok(None) };
        let within = |a: &indexmap::IndexMap<Key, Value>, b: &indexmap::IndexMap<Key, Value>| {
            a.keys().all(|k| b.contains_key(k))
        };
        Ok(Some(match op {
            CmpOp::Le => within(&a, &b),
            CmpOp::Lt => within(&a, &b) && a.len() < b.len(),
            CmpOp::Ge => within(&b, &a),
            _ => within(&b, &a) && b.len() < a.len(),
        }))
    }

    /// How two values are ordered; `None` for a NaN.
    pub(crate) fn order(&mut self, op: CmpOp, left: &Value, right: &Value) -> Res<Option<Ordering>> {
        self.charge(1)?;
        self.expect_known(left)?;
        self.expect_known(right)?;
        if let (Some(a), Some(b)) = (left.as_int(), right.as_int()) {
            return Ok(Some(a.cmp(&b)));
        }
        match (&left.kind, &right.kind) {
            (Kind::Float(a), Kind::Float(b)) => return Ok(a.partial_cmp(b)),
            (Kind::Float(a), _) => {
                if let Some(n) = right.as_int() {
                    return Ok(arithmetic::compare_int_float(&n, *a).map(Ordering::reverse));
                }
            }
            (_, Kind::Float(b)) => {
                if let Some(n) = left.as_int() {
                    return Ok(arithmetic::compare_int_float(&n, *b));
                }
            }
            (Kind::Str(a), Kind::Str(b)) => return Ok(Some(a.cmp(b))),
            (Kind::Bytes(a), Kind::Bytes(b)) => return Ok(Some(a.cmp(b))),
            (Kind::Path(a, _), Kind::Path(b, _)) => {
                let parts = |p: &str| p.split('/').map(str::to_owned).collect::<Vec<_>>();
                return Ok(Some(parts(a).cmp(&parts(b))));
            }
            _ => {}
        }
        if let (Some(a), Some(b)) = (self.tuple_items(left), self.tuple_items(right)) {
            return self.order_items(op, &a, &b);
        }
        if let (Kind::Ref(a), Kind::Ref(b)) = (&left.kind, &right.kind)
            && let (Object::List(_), Object::List(_)) = (self.heap.get(*a), self.heap.get(*b))
        {
            let (a, b) = (self.list_items(*a)?, self.list_items(*b)?);
            return self.order_items(op, &a, &b);
        }
        if self.is_unclear(left) || self.is_unclear(right) {
            return Err(Stop::Opaque(Box::new(Value::unknown("the order of two objects is not known"))));
        }
        let (a, b) = (self.type_name(left), self.type_name(right));
        let sign = op.sign();
        Err(self.type_error(format!("'{sign}' not supported between instances of '{a}' and '{b}'")))
    }

    fn order_items(&mut self, op: CmpOp, a: &[Value], b: &[Value]) -> Res<Option<Ordering>> {
        for (x, y) in a.iter().zip(b) {
            if super::join::same(x, y) && x.is_known() {
                continue;
            }
            if !self.equal(x, y)? {
                return self.order(op, x, y);
            }
        }
        Ok(Some(a.len().cmp(&b.len())))
    }

    /// `item in container`
    pub(crate) fn contains(&mut self, container: &Value, item: &Value) -> Res<bool> {
        self.expect_known(container)?;
        match &container.kind {
            Kind::Str(text) => {
                let text = Rc::clone(text);
                return match &item.kind {
                    Kind::Str(part) => Ok(text.contains(&**part)),
                    _ if !item.is_known() => Err(Stop::Opaque(Box::new(item.clone()))),
                    _ => {
                        let name = self.type_name(item);
                        Err(self
                            .type_error(format!("'in <string>' requires string as left operand, not {name}")))
                    }
                };
            }
            Kind::Tuple(items) => return self.any_equal(&Rc::clone(items), item),
            Kind::Bytes(bytes) => {
                let bytes = Rc::clone(bytes);
                return match &item.kind {
                    Kind::Bytes(part) if part.is_empty() => Ok(true),
                    Kind::Bytes(part) => Ok(bytes.windows(part.len()).any(|w| w == &**part)),
                    _ => {
                        let n = self.index(item)?;
                        Ok(bytes.iter().any(|b| n == (*b).into()))
                    }
                };
            }
            Kind::Range(range) => {
                self.expect_known(item)?;
                if let Some(n) = item.as_int() {
                    return Ok(super::item::range_holds(range, &n));
                }
                return match item.kind {
                    Kind::Float(_) => {
                        Err(Stop::Opaque(Box::new(Value::unknown("a float in a range is not followed"))))
                    }
                    _ => Ok(false),
                };
            }
            Kind::Ref(id) => return self.object_contains(container, *id, item),
            _ => {}
        }
        if self.is_unclear(container) {
            return Err(Stop::Opaque(Box::new(container.clone())));
        }
        let name = self.type_name(container);
        Err(self.type_error(format!("argument of type '{name}' is not iterable")))
    }

    fn any_equal(&mut self, items: &[Value], item: &Value) -> Res<bool> {
        let mut unclear = None;
        for candidate in items {
            if super::join::same(candidate, item) && candidate.is_known() {
                return Ok(true);
            }
            let equal = match self.rich_equal(CmpOp::Eq, candidate, item)? {
                Some(result) => self.expect_truth(&result),
                None => self.equal(candidate, item),
            };
            match equal {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(Stop::Opaque(value)) => unclear = Some(value),
                Err(stop) => return Err(stop),
            }
        }
        match unclear {
            Some(value) => Err(Stop::Opaque(value)),
            None => Ok(false),
        }
    }

    fn object_contains(&mut self, container: &Value, id: crate::object::Id, item: &Value) -> Res<bool> {
        self.expect_state(id)?;
        match self.heap.get(id) {
            Object::List(items) => {
                let items = items.clone();
                self.any_equal(&items, item)
            }
            Object::Dict(_) => self.dict_contains(id, item),
            Object::View(dict, crate::object::instance::DictPart::Keys) => {
                let dict = *dict;
                self.dict_contains(dict, item)
            }
            Object::Set(set) => {
                let set = set.clone();
                match Key::of(item, &self.heap) {
                    Ok(key) => Ok(set.items.contains_key(&key)),
                    Err(fault) => Err(self.key_fault(fault, item)),
                }
            }
            Object::Instance(_) => {
                if let Some(result) =
                    self.call_special(container, "__contains__", std::slice::from_ref(item))?
                {
                    return self.expect_truth(&result);
                }
                match self.tuple_items(container) {
                    Some(items) => self.any_equal(&items, item),
                    None => self.iterated_contains(container, item),
                }
            }
            _ => self.iterated_contains(container, item),
        }
    }

    fn iterated_contains(&mut self, container: &Value, item: &Value) -> Res<bool> {
        let iter = match self.iter_of(container) {
            Ok(iter) => iter,
            Err(Stop::Raise(exc)) if !self.is_unclear(container) => {
                let _ = exc;
                let name = self.type_name(container);
                return Err(self.type_error(format!("argument of type '{name}' is not iterable")));
            }
            Err(stop) => return Err(stop),
        };
        loop {
            match self.next(&iter)? {
                Next::End => return Ok(false),
                Next::Unknown(value) => return Err(Stop::Opaque(Box::new(value))),
                Next::Item(candidate) => {
                    if self.any_equal(&[candidate], item)? {
                        return Ok(true);
                    }
                }
            }
        }
    }

    fn dict_contains(&mut self, id: crate::object::Id, item: &Value) -> Res<bool> {
        let key = match Key::of(item, &self.heap) {
            Ok(key) => key,
            Err(fault) => return Err(self.key_fault(fault, item)),
        };
        let Some(dict) = self.heap.dict(id) else { return Ok(false) };
        let (is_environ, found) = (dict.is_environ, dict.entries.get(&key).map(|e| e.maybe.clone()));
        let open = dict.open.clone();
        match found {
            Some(None) => Ok(true),
            Some(Some(condition)) => match self.assumed(&condition) {
                Some(truth) => Ok(truth),
                None => Err(Stop::Opaque(Box::new(self.condition_value(&condition)))),
            },
            None if is_environ && matches!(&key, Key::Str(name) if &**name == "LC_CTYPE") => {
                Err(Stop::Opaque(Box::new(Value::unknown("the interpreter may set `LC_CTYPE` itself"))))
            }
            None => match open {
                Some(reason) => Err(Stop::Opaque(Box::new(Value::unknown(reason)))),
                None => Ok(false),
            },
        }
    }

    /// Why a value is no key.
    pub(crate) fn key_fault(&mut self, fault: KeyFault, value: &Value) -> Stop {
        match fault {
            KeyFault::Unhashable(class) => self.type_error(format!("unhashable type: '{}'", class.name())),
            KeyFault::Unclear if value.is_known() => {
                Stop::Opaque(Box::new(Value::unknown("what the key is equal to is not known")))
            }
            KeyFault::Unclear => Stop::Opaque(Box::new(value.clone())),
        }
    }
}

/// Whether values of the classes are never equal.
fn apart_classes(a: Type, b: Type) -> bool {
    let family = |t: Type| match t {
        Type::Int | Type::Bool | Type::Float => Some(0),
        Type::Str => Some(1),
        Type::None => Some(2),
        Type::Bytes => Some(3),
        Type::List => Some(4),
        Type::Tuple => Some(5),
        Type::Dict => Some(6),
        _ => None,
    };
    match (family(a), family(b)) {
        (Some(a), Some(b)) => a != b,
        _ => false,
    }
}

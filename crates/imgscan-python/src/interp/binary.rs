//! Operators of two operands.

use std::rc::Rc;

use num_bigint::BigInt;
use num_traits::{ToPrimitive, Zero};

use crate::number::{Fault, arithmetic};
use crate::object::{DictKind, ExternalKind, Kind, Level, Object, Piece, Symbolic, Type, Unknown, Value};
use crate::syntax::ir::BinOp;

use super::error::Stop;
use super::{Interp, Res};

/// A number of either kind.
enum Number {
    Int(BigInt),
    Float(f64),
}

impl Interp<'_> {
    /// `left op right`, or `left op= right`.
    pub(crate) fn binary(&mut self, op: BinOp, left: &Value, right: &Value, in_place: bool) -> Res<Value> {
        self.charge(1)?;
        let operands = [left.clone(), right.clone()];
        let result = self.apart(&operands, &mut |interp, values| match values {
            [left, right] => interp.binary_known(op, left, right, in_place),
            _ => Ok(Value::none()),
        });
        match Interp::or_opaque(result)? {
            Ok(result) if in_place && result.id().is_some() && result.id() == left.id() => Ok(result),
            Ok(result) => Ok(result.also(&left.trace).also(&right.trace)),
            Err(culprit) => match left.id() {
                // It changes the object itself, in a way that is not known.
                Some(id)
                    if in_place && !matches!(self.heap.get(id), Object::Function(_) | Object::Class(_)) =>
                {
                    let needs = self.needs_of(&culprit);
                    self.may_raise(None, &format!("… {}= …", op.sign()), &needs)?;
                    self.changed_somehow(id, "an operator changed it in a way that is not known");
                    self.stored_in(id, std::slice::from_ref(right));
                    match self.class_of(left) {
                        Some(_) => Ok(left.clone()),
                        None => self.binary_opaque(op, left, right, &culprit),
                    }
                }
                _ if in_place => self.in_place_opaque(op, left, right, &culprit),
                _ => self.binary_opaque(op, left, right, &culprit),
            },
        }
    }

    /// The operators' methods, their reflections, and the sign.
    fn methods_of(op: BinOp) -> (&'static str, &'static str, &'static str) {
        match op {
            BinOp::Add => ("__add__", "__radd__", "__iadd__"),
            BinOp::Sub => ("__sub__", "__rsub__", "__isub__"),
            BinOp::Mul => ("__mul__", "__rmul__", "__imul__"),
            BinOp::MatMul => ("__matmul__", "__rmatmul__", "__imatmul__"),
            BinOp::Div => ("__truediv__", "__rtruediv__", "__itruediv__"),
            BinOp::Mod => ("__mod__", "__rmod__", "__imod__"),
            BinOp::Pow => ("__pow__", "__rpow__", "__ipow__"),
            BinOp::LShift => ("__lshift__", "__rlshift__", "__ilshift__"),
            BinOp::RShift => ("__rshift__", "__rrshift__", "__irshift__"),
            BinOp::Or => ("__or__", "__ror__", "__ior__"),
            BinOp::Xor => ("__xor__", "__rxor__", "__ixor__"),
            BinOp::And => ("__and__", "__rand__", "__iand__"),
            BinOp::FloorDiv => ("__floordiv__", "__rfloordiv__", "__ifloordiv__"),
        }
    }

    fn binary_known(&mut self, op: BinOp, left: &Value, right: &Value, in_place: bool) -> Res<Value> {
        // A string that is known in part can be added to.
        if op == BinOp::Add
            && let (Some(Type::Str), Some(Type::Str)) = (self.class_of(left), self.class_of(right))
            && (!left.is_known() || !right.is_known())
        {
            return self.joined_text(left, right);
        }
        if op == BinOp::Mod
            && let Kind::Str(template) = &left.kind
        {
            return self.percent(&Rc::clone(template), right);
        }
        self.expect_known(left)?;
        self.expect_known(right)?;
        // These make another member of an enumeration.
        let is_flags = matches!(op, BinOp::Or | BinOp::And | BinOp::Xor)
            && [left, right].iter().any(|v| matches!(v.kind, Kind::External(_)));
        if let (false, Some(a), Some(b)) = (is_flags, number(left), number(right)) {
            return self.numeric(op, a, b, left, right, in_place);
        }
        if let Some(result) = self.binary_special(op, left, right, in_place)? {
            return Ok(result);
        }
        if let Some(result) = self.sequence_op(op, left, right, in_place)? {
            return Ok(result);
        }
        if let Some(result) = self.set_op(op, left, right, in_place)? {
            return Ok(result);
        }
        if let (BinOp::Div, Kind::Path(path, concrete)) = (op, &left.kind)
            && let Some(more) = self.path_text(right)
        {
            return Ok(Value::new(Kind::Path(crate::stdlib::pathlib::join(path, &more).into(), *concrete)));
        }
        if let (BinOp::Div, Kind::Path(path, concrete), Kind::Str(first)) = (op, &right.kind, &left.kind) {
            let joined = crate::stdlib::pathlib::join(&crate::stdlib::pathlib::normal(first), path);
            return Ok(Value::new(Kind::Path(joined.into(), *concrete)));
        }
        if op == BinOp::Or && self.is_type_like(left) && self.is_type_like(right) {
            return match self.since(3, 10) {
                true => Ok(Value::external("types", "UnionType", ExternalKind::Unclear, true)),
                false => Err(self.operand_error(op, left, right, in_place)),
            };
        }
        if self.is_unclear(left) || self.is_unclear(right) {
            let culprit = if self.is_unclear(left) { left } else { right };
            return Err(Stop::Opaque(Box::new(culprit.clone())));
        }
        Err(self.operand_error(op, left, right, in_place))
    }

    fn is_type_like(&self, value: &Value) -> bool {
        match &value.kind {
            Kind::Type(_) | Kind::None => true,
            Kind::External(external) => {
                matches!(external.kind, ExternalKind::Class | ExternalKind::Unclear)
            }
            Kind::Ref(id) => matches!(self.heap.get(*id), Object::Class(_)),
            _ => false,
        }
    }

    fn joined_text(&mut self, left: &Value, right: &Value) -> Res<Value> {
        let mut pieces: Vec<Piece> = Vec::new();
        for value in [left, right] {
            match &value.kind {
                Kind::Str(text) => pieces.push(Piece::Text(Rc::clone(text))),
                Kind::Symbolic(symbolic) if symbolic.choice.is_none() => pieces.extend(symbolic.to_pieces()),
                _ => return Err(Stop::Opaque(Box::new(value.clone()))),
            }
        }
        self.of_pieces(pieces)
    }

    fn numeric(
        &mut self,
        op: BinOp,
        a: Number,
        b: Number,
        left: &Value,
        right: &Value,
        in_place: bool,
    ) -> Res<Value> {
        let both_bool = matches!((&left.kind, &right.kind), (Kind::Bool(_), Kind::Bool(_)));
        if let (Number::Int(a), Number::Int(b)) = (&a, &b) {
            // As the work of multiplying and dividing grows.
            self.charge(usize::try_from(a.bits().saturating_mul(b.bits()) >> 17).unwrap_or(usize::MAX))?;
            let result = match op {
                BinOp::Add => Ok(Value::int(a + b)),
                BinOp::Sub => Ok(Value::int(a - b)),
                BinOp::Mul => arithmetic::int_mul(a, b).map(Value::int),
                BinOp::Div => arithmetic::int_true_div(a, b).map(Value::float),
                BinOp::FloorDiv => match arithmetic::int_divmod(a, b) {
                    Some((quotient, _)) => Ok(Value::int(quotient)),
                    None => Err(Fault::ZeroDivision(self.zero_words("//"))),
                },
                BinOp::Mod => match arithmetic::int_divmod(a, b) {
                    Some((_, rest)) => Ok(Value::int(rest)),
                    None => Err(Fault::ZeroDivision(self.zero_words("%"))),
                },
                BinOp::Pow if b.sign() == num_bigint::Sign::Minus => self.negative_power(a, b),
                BinOp::Pow => arithmetic::int_pow(a, b).map(Value::int),
                BinOp::LShift => arithmetic::int_shift_left(a, b).map(Value::int),
                BinOp::RShift => arithmetic::int_shift_right(a, b).map(Value::int),
                BinOp::Or if both_bool => Ok(Value::bool(!a.is_zero() || !b.is_zero())),
                BinOp::And if both_bool => Ok(Value::bool(!a.is_zero() && !b.is_zero())),
                BinOp::Xor if both_bool => Ok(Value::bool(a != b)),
                BinOp::Or => Ok(Value::int(a | b)),
                BinOp::And => Ok(Value::int(a & b)),
                BinOp::Xor => Ok(Value::int(a ^ b)),
                BinOp::MatMul => return Err(self.operand_error(op, left, right, in_place)),
            };
            return result.map_err(|fault| self.number_fault(fault));
        }
        let a = self.as_float(a)?;
        let b = self.as_float(b)?;
        let result = match op {
            BinOp::Add => Ok(a + b),
            BinOp::Sub => Ok(a - b),
            BinOp::Mul => Ok(a * b),
            BinOp::Div if b == 0.0 => Err(Fault::ZeroDivision(self.float_zero_words("/"))),
            BinOp::Div => Ok(a / b),
            BinOp::FloorDiv if b == 0.0 => Err(Fault::ZeroDivision(self.float_zero_words("//"))),
            BinOp::FloorDiv => Ok(arithmetic::float_divmod(a, b).0),
            BinOp::Mod if b == 0.0 => Err(Fault::ZeroDivision(self.float_zero_words("%"))),
            BinOp::Mod => Ok(arithmetic::float_divmod(a, b).1),
            BinOp::Pow => arithmetic::float_pow(a, b),
            _ => return Err(self.operand_error(op, left, right, in_place)),
        };
        match result {
            Ok(x) => Ok(Value::float(x)),
            Err(fault) => Err(self.number_fault(fault)),
        }
    }

    fn negative_power(&mut self, a: &BigInt, b: &BigInt) -> Result<Value, Fault> {
        if a.is_zero() {
            return Err(Fault::ZeroDivision(match self.since(3, 14) {
                true => "zero to a negative power",
                false => "0.0 cannot be raised to a negative power",
            }));
        }
        arithmetic::float_pow(arithmetic::to_float(a)?, arithmetic::to_float(b)?).map(Value::float)
    }

    /// The words changed with versions: 3.11 says "by zero", older ones name the operation; see `longobject.c`.
    fn zero_words(&self, op: &str) -> &'static str {
        match (op, self.version()) {
            ("//", _) => "integer division or modulo by zero",
            (_, Some(v)) if v < (3, 11) => "integer division or modulo by zero",
            _ => "integer modulo by zero",
        }
    }

    fn float_zero_words(&self, op: &str) -> &'static str {
        let old = self.version().is_some_and(|v| v < (3, 9));
        match op {
            "/" => "float division by zero",
            "%" if self.version().is_some_and(|v| v < (3, 13)) => "float modulo",
            "%" => "float modulo by zero",
            _ if old => "float divmod()",
            _ => "float floor division by zero",
        }
    }

    /// An exception for a number that cannot be had.
    pub(crate) fn number_fault(&mut self, fault: Fault) -> Stop {
        match fault {
            Fault::ZeroDivision(words) => self.raise(Type::ZeroDivisionError, words),
            Fault::Overflow(words) => self.raise(Type::OverflowError, words),
            Fault::Value(words) => self.raise(Type::ValueError, words),
            Fault::TooLarge => {
                Stop::Opaque(Box::new(Value::unknown("the number is larger than what is followed")))
            }
            Fault::Complex => Stop::Opaque(Box::new(Value::unknown("complex numbers are not followed"))),
        }
    }

    fn as_float(&mut self, number: Number) -> Res<f64> {
        match number {
            Number::Float(x) => Ok(x),
            Number::Int(n) => self.float_from_int(&n),
        }
    }

    /// `float(n)`
    pub(crate) fn float_from_int(&mut self, n: &BigInt) -> Res<f64> {
        arithmetic::to_float(n).map_err(|fault| self.number_fault(fault))
    }

    fn binary_special(
        &mut self,
        op: BinOp,
        left: &Value,
        right: &Value,
        in_place: bool,
    ) -> Res<Option<Value>> {
        let (method, reflected, augmented) = Interp::methods_of(op);
        if in_place
            && let Some(result) = self.call_special(left, augmented, std::slice::from_ref(right))?
            && !matches!(result.kind, Kind::NotImplemented)
        {
            return Ok(Some(result));
        }
        if let Some(result) = self.call_special(left, method, std::slice::from_ref(right))?
            && !matches!(result.kind, Kind::NotImplemented)
        {
            return Ok(Some(result));
        }
        if let Some(result) = self.call_special(right, reflected, std::slice::from_ref(left))?
            && !matches!(result.kind, Kind::NotImplemented)
        {
            return Ok(Some(result));
        }
        Ok(None)
    }

    fn sequence_op(&mut self, op: BinOp, left: &Value, right: &Value, in_place: bool) -> Res<Option<Value>> {
        match op {
            BinOp::Add => self.concatenate(left, right, in_place),
            BinOp::Mul => {
                match (self.is_sequence(left), right.as_int(), self.is_sequence(right), left.as_int()) {
                    (true, Some(n), ..) => self.repeat(left, &n, in_place).map(Some),
                    (_, _, true, Some(n)) => self.repeat(right, &n, false).map(Some),
                    (true, None, ..) if !self.is_unclear(right) => {
                        let name = self.type_name(right);
                        Err(self.type_error(format!("can't multiply sequence by non-int of type '{name}'")))
                    }
                    (false, _, true, None) if !self.is_unclear(left) => {
                        let name = self.type_name(left);
                        Err(self.type_error(format!("can't multiply sequence by non-int of type '{name}'")))
                    }
                    _ => Ok(None),
                }
            }
            BinOp::Mod if matches!(left.kind, Kind::Bytes(_)) => {
                Err(Stop::Opaque(Box::new(Value::unknown("formatting of bytes is not followed"))))
            }
            _ => Ok(None),
        }
    }

    fn is_sequence(&self, value: &Value) -> bool {
        match &value.kind {
            Kind::Str(_) | Kind::Bytes(_) | Kind::Tuple(_) => true,
            Kind::Ref(id) => matches!(self.heap.get(*id), Object::List(_)),
            _ => false,
        }
    }

    fn concatenate(&mut self, left: &Value, right: &Value, in_place: bool) -> Res<Option<Value>> {
        match (&left.kind, &right.kind) {
            (Kind::Str(a), Kind::Str(b)) => {
                self.check_size(a.len() + b.len())?;
                return Ok(Some(Value::str(format!("{a}{b}"))));
            }
            (Kind::Bytes(a), Kind::Bytes(b)) => {
                self.check_size(a.len() + b.len())?;
                return Ok(Some(Value::bytes([&**a, &**b].concat())));
            }
            (Kind::Tuple(a), Kind::Tuple(b)) => {
                self.check_size(a.len() + b.len())?;
                return Ok(Some(Value::tuple([&**a, &**b].concat())));
            }
            _ => {}
        }
        if let Some(id) = left.id()
            && matches!(self.heap.get(id), Object::List(_))
        {
            return self.concatenate_list(left, id, right, in_place).map(Some);
        }
        if self.is_unclear(right) {
            return Ok(None);
        }
        let name = self.type_name(right);
        match &left.kind {
            Kind::Str(_) => Err(self.type_error(format!("can only concatenate str (not \"{name}\") to str"))),
            Kind::Bytes(_) => Err(self.type_error(format!("can't concat {name} to bytes"))),
            Kind::Tuple(_) => {
                Err(self.type_error(format!("can only concatenate tuple (not \"{name}\") to tuple")))
            }
            _ => Ok(None),
        }
    }

    fn concatenate_list(
        &mut self,
        left: &Value,
        id: crate::object::Id,
        right: &Value,
        in_place: bool,
    ) -> Res<Value> {
        if in_place {
            let items = self.collect(right)?;
            self.extend_list(id, items)?;
            return Ok(left.clone());
        }
        let other = match right.id().map(|id| (id, self.heap.get(id))) {
            Some((other, Object::List(_))) => other,
            _ if self.is_unclear(right) => return Err(Stop::Opaque(Box::new(right.clone()))),
            _ => {
                let name = self.type_name(right);
                return Err(self.type_error(format!("can only concatenate list (not \"{name}\") to list")));
            }
        };
        let mut items = self.list_items(id)?;
        items.extend(self.list_items(other)?);
        self.check_size(items.len())?;
        Ok(self.list(items))
    }

    /// Adds items to a list.
    pub(crate) fn extend_list(&mut self, id: crate::object::Id, items: Vec<Value>) -> Res<()> {
        let length = self.heap.list(id).map_or(0, Vec::len) + items.len();
        self.check_size(length)?;
        self.charge(items.len())?;
        self.stored_in(id, &items);
        let control = self.control.clone();
        if let Some(list) = self.heap.list_mut(id) {
            list.extend(items.into_iter().map(|mut item| {
                item.trace = item.trace.decided_by(&control);
                item
            }));
        }
        Ok(())
    }

    fn repeat(&mut self, sequence: &Value, times: &BigInt, in_place: bool) -> Res<Value> {
        let times =
            if times.sign() == num_bigint::Sign::Minus { 0 } else { times.to_usize().unwrap_or(usize::MAX) };
        let sized = |interp: &mut Self, length: usize| interp.check_size(length.saturating_mul(times));
        match &sequence.kind {
            Kind::Str(text) => {
                sized(self, text.len())?;
                Ok(Value::str(if text.is_empty() { String::new() } else { text.repeat(times) }))
            }
            Kind::Bytes(bytes) => {
                sized(self, bytes.len())?;
                Ok(Value::bytes(if bytes.is_empty() { Vec::new() } else { bytes.repeat(times) }))
            }
            Kind::Tuple(items) => {
                sized(self, items.len())?;
                Ok(Value::tuple(repeated(items, times)))
            }
            Kind::Ref(id) => {
                let items = self.list_items(*id)?;
                sized(self, items.len())?;
                self.charge(items.len().saturating_mul(times))?;
                let repeated = repeated(&items, times);
                if in_place {
                    if let Some(list) = self.heap.list_mut(*id) {
                        *list = repeated;
                    }
                    return Ok(sequence.clone());
                }
                Ok(self.list(repeated))
            }
            _ => Ok(Value::none()),
        }
    }

    fn set_op(&mut self, op: BinOp, left: &Value, right: &Value, in_place: bool) -> Res<Option<Value>> {
        if !matches!(op, BinOp::Or | BinOp::And | BinOp::Sub | BinOp::Xor) {
            return Ok(None);
        }
        if let (Some(a), Some(b)) = (self.dict_id(left), self.dict_id(right))
            && op == BinOp::Or
        {
            return self.merge_dicts(left, a, b, in_place).map(Some);
        }
        let (Some(a), Some(b)) = (self.set_like(left)?, self.set_like(right)?) else { return Ok(None) };
        let frozen = match left.id().map(|id| self.heap.get(id)) {
            Some(Object::Set(set)) => set.frozen,
            _ => false,
        };
        let items = match op {
            BinOp::Or => a.iter().chain(b.iter()).map(|(k, v)| (k.clone(), v.clone())).collect(),
            BinOp::And => {
                a.iter().filter(|(k, _)| b.contains_key(*k)).map(|(k, v)| (k.clone(), v.clone())).collect()
            }
            BinOp::Sub => {
                a.iter().filter(|(k, _)| !b.contains_key(*k)).map(|(k, v)| (k.clone(), v.clone())).collect()
            }
            _ => {
                let only_b = b.iter().filter(|(k, _)| !a.contains_key(*k));
                let only_a = a.iter().filter(|(k, _)| !b.contains_key(*k));
                only_a.chain(only_b).map(|(k, v)| (k.clone(), v.clone())).collect()
            }
        };
        let set = crate::object::instance::Set { items, frozen };
        if in_place
            && !frozen
            && let Some(id) = left.id()
            && matches!(self.heap.get(id), Object::Set(_))
        {
            if let Some(slot) = self.heap.get_mut(id) {
                *slot = Object::Set(set);
            }
            return Ok(Some(left.clone()));
        }
        Ok(Some(Value::object(self.heap.add(Object::Set(set)))))
    }

    fn dict_id(&self, value: &Value) -> Option<crate::object::Id> {
        value.id().filter(|id| matches!(self.heap.get(*id), Object::Dict(_)))
    }

    /// `a | b` of dicts, since 3.9.
    fn merge_dicts(
        &mut self,
        left: &Value,
        a: crate::object::Id,
        b: crate::object::Id,
        in_place: bool,
    ) -> Res<Value> {
        let kinds = (self.heap.dict(a).map(|d| d.kind.clone()), self.heap.dict(b).map(|d| d.kind.clone()));
        let known = self.version().is_some();
        if known && !self.since(3, 9) {
            let right = Value::object(b);
            return Err(self.operand_error(BinOp::Or, left, &right, in_place));
        }
        if !matches!(kinds, (Some(DictKind::Plain), Some(DictKind::Plain))) {
            return Err(Stop::Opaque(Box::new(Value::unknown("joining these mappings is not followed"))));
        }
        self.expect_certain(a)?;
        self.expect_certain(b)?;
        let entries = self.heap.dict(b).map(|d| d.entries.clone()).unwrap_or_default();
        self.charge(entries.len())?;
        let target = match in_place {
            true => a,
            false => {
                let copy = self.heap.dict(a).cloned().unwrap_or_default();
                self.heap.add(Object::Dict(copy))
            }
        };
        if let Some(dict) = self.heap.dict_mut(target) {
            for (key, entry) in entries {
                dict.set(key, entry.key, entry.value, entry.site);
            }
        }
        Ok(if in_place { left.clone() } else { Value::object(target) })
    }

    fn operand_error(&mut self, op: BinOp, left: &Value, right: &Value, in_place: bool) -> Stop {
        let sign = match (op, in_place) {
            (BinOp::Pow, false) => "** or pow()".to_owned(),
            (op, true) => format!("{}=", op.sign()),
            (op, false) => op.sign().to_owned(),
        };
        let (left, right) = (self.type_name(left), self.type_name(right));
        self.type_error(format!("unsupported operand type(s) for {sign}: '{left}' and '{right}'"))
    }

    /// `left op= right` where it is not known what `left` is: an object that it may be may have been changed, and the
    /// result may be that object.
    fn in_place_opaque(&mut self, op: BinOp, left: &Value, right: &Value, culprit: &Value) -> Res<Value> {
        let refs = self.refs_of(&[left]);
        if refs.is_empty() || self.class_of(left).is_some_and(super::opaque::is_immutable) {
            return self.binary_opaque(op, left, right, culprit);
        }
        self.changed_unknown(left, &[right]);
        let mut result = self.binary_opaque(op, left, right, culprit)?;
        let unknown = Unknown::new("it may be what an operator changed in place")
            .needing(self.needs_of(&result))
            .reaching(self.refs_of(&[left, right]));
        result.kind = Kind::Unknown(Rc::new(unknown));
        Ok(result)
    }

    /// The result where an operand is not known.
    fn binary_opaque(&mut self, op: BinOp, left: &Value, right: &Value, culprit: &Value) -> Res<Value> {
        let level = level_of(op);
        let (left_level, right_level) = match op {
            BinOp::Pow => (Level::Atom, Level::Power),
            _ => (level, next(level)),
        };
        let text = match (self.express_at(left, left_level), self.express_at(right, right_level)) {
            (Some(a), Some(b)) => Some(format!("{a} {} {b}", op.sign())),
            _ => None,
        };
        let classes = (self.class_of(left), self.class_of(right));
        let (class, certain) = result_class(op, classes);
        let divides = matches!(op, BinOp::Div | BinOp::FloorDiv | BinOp::Mod);
        let by_zero = divides
            && class != Some(Type::Str)
            && self.least(right).is_none_or(|n| n <= 0)
            && !is_non_zero(right);
        if !certain || by_zero {
            let shown = text.clone().unwrap_or_else(|| format!("… {} …", op.sign()));
            let exception =
                by_zero.then(|| self.exception(Type::ZeroDivisionError, vec![Value::unknown("its words")]));
            let exception = if certain { exception } else { None };
            let needs = self.needs_of(culprit);
            self.may_raise(exception, &shown, &needs)?;
        }
        let mut value = self.opaque(text, level, class, &[left, right], culprit);
        if let Kind::Symbolic(symbolic) = &value.kind
            && class == Some(Type::Int)
            && let Some(least) = self.least_result(op, left, right)
        {
            value.kind = Kind::Symbolic(Rc::new(Symbolic::clone(symbolic).at_least(least)));
        }
        Ok(value)
    }

    fn least_result(&self, op: BinOp, left: &Value, right: &Value) -> Option<i64> {
        let (a, b) = (self.least(left)?, self.least(right)?);
        match op {
            BinOp::Add => a.checked_add(b),
            BinOp::Sub => match &right.kind {
                Kind::Int(_) => a.checked_sub(b),
                _ => None,
            },
            BinOp::Mul if a >= 0 && b >= 0 => a.checked_mul(b),
            BinOp::FloorDiv if a >= 0 && b > 0 && right.is_known() => a.checked_div(b),
            _ => None,
        }
    }
}

/// The items so many times.
fn repeated(items: &[Value], times: usize) -> Vec<Value> {
    let count = items.len().saturating_mul(times);
    items.iter().cycle().take(count).cloned().collect()
}

fn is_non_zero(value: &Value) -> bool {
    match &value.kind {
        Kind::Int(n) => !n.is_zero(),
        Kind::Float(x) => *x != 0.0,
        Kind::Bool(b) => *b,
        _ => false,
    }
}

fn number(value: &Value) -> Option<Number> {
    match &value.kind {
        Kind::Float(x) => Some(Number::Float(*x)),
        _ => value.as_int().map(Number::Int),
    }
}

/// How tightly an operator binds.
fn level_of(op: BinOp) -> Level {
    match op {
        BinOp::Or => Level::BitOr,
        BinOp::Xor => Level::BitXor,
        BinOp::And => Level::BitAnd,
        BinOp::LShift | BinOp::RShift => Level::Shift,
        BinOp::Add | BinOp::Sub => Level::Sum,
        BinOp::Mul | BinOp::MatMul | BinOp::Div | BinOp::Mod | BinOp::FloorDiv => Level::Product,
        BinOp::Pow => Level::Power,
    }
}

/// One level tighter.
fn next(level: Level) -> Level {
    match level {
        Level::BitOr => Level::BitXor,
        Level::BitXor => Level::BitAnd,
        Level::BitAnd => Level::Shift,
        Level::Shift => Level::Sum,
        Level::Sum => Level::Product,
        _ => Level::Unary,
    }
}

/// The class of a result, and whether the operands certainly go together.
fn result_class(op: BinOp, classes: (Option<Type>, Option<Type>)) -> (Option<Type>, bool) {
    let (Some(a), Some(b)) = classes else { return (None, false) };
    let int = |t: Type| matches!(t, Type::Int | Type::Bool);
    let number = |t: Type| int(t) || t == Type::Float;
    match op {
        BinOp::Div if number(a) && number(b) => (Some(Type::Float), true),
        // Zero has no negative powers.
        BinOp::Pow if int(a) && int(b) => (None, false),
        BinOp::Add | BinOp::Sub | BinOp::Mul | BinOp::FloorDiv | BinOp::Mod if int(a) && int(b) => {
            (Some(Type::Int), true)
        }
        BinOp::Add | BinOp::Sub | BinOp::Mul | BinOp::FloorDiv | BinOp::Mod if number(a) && number(b) => {
            (Some(Type::Float), true)
        }
        BinOp::Or | BinOp::And | BinOp::Xor if a == Type::Bool && b == Type::Bool => (Some(Type::Bool), true),
        BinOp::Or | BinOp::And | BinOp::Xor if int(a) && int(b) => (Some(Type::Int), true),
        BinOp::LShift | BinOp::RShift if int(a) && int(b) => (Some(Type::Int), false),
        BinOp::Add if a == b && matches!(a, Type::Str | Type::List | Type::Tuple | Type::Bytes) => {
            (Some(a), true)
        }
        BinOp::Mul if int(b) && matches!(a, Type::Str | Type::List | Type::Tuple | Type::Bytes) => {
            (Some(a), true)
        }
        BinOp::Mul if int(a) && matches!(b, Type::Str | Type::List | Type::Tuple | Type::Bytes) => {
            (Some(b), true)
        }
        BinOp::Mod if a == Type::Str => (Some(Type::Str), false),
        _ => (None, false),
    }
}

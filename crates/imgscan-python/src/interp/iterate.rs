//! Iteration.

use std::rc::Rc;

use num_bigint::BigInt;
use num_traits::ToPrimitive;

use crate::object::instance::{DictPart, Iter};
use crate::object::{Id, Key, Kind, Object, Type, Value};

use super::error::Stop;
use super::{Args, Interp, Res};

/// What an iterator gives next.
#[derive(Debug)]
pub(crate) enum Next {
    Item(Value),
    End,
    /// It cannot be told whether there is more, nor what; the value says why.
    Unknown(Value),
}

impl Interp<'_> {
    /// A new iterator.
    pub(crate) fn new_iter(&mut self, iter: Iter) -> Value {
        Value::object(self.heap.add(Object::Iter(iter)))
    }

    /// `iter(value)`
    pub(crate) fn iter_of(&mut self, value: &Value) -> Res<Value> {
        self.expect_known(value)?;
        let iter = match &value.kind {
            Kind::Tuple(items) => {
                Iter::Items { items: Rc::clone(items), next: 0, class: Type::TupleIterator }
            }
            Kind::Str(text) => {
                self.charge(text.len() / 4)?;
                let items: Vec<Value> =
                    text.chars().map(|c| Value::str(c.to_string()).traced(value.trace.clone())).collect();
                Iter::Items { items: items.into(), next: 0, class: Type::StrIterator }
            }
            Kind::Bytes(bytes) => {
                self.charge(bytes.len() / 4)?;
                let items: Vec<Value> = bytes.iter().map(|b| Value::int(*b)).collect();
                Iter::Items { items: items.into(), next: 0, class: Type::BytesIterator }
            }
            Kind::Range(range) => Iter::Range { range: Rc::clone(range), next: 0 },
            Kind::Ref(id) => return self.iter_of_object(value, *id),
            _ if self.is_unclear(value) => return Err(Stop::Opaque(Box::new(value.clone()))),
            _ => return Err(self.not_iterable(value)),
        };
        Ok(self.new_iter(iter))
    }

    fn not_iterable(&mut self, value: &Value) -> Stop {
        let name = self.type_name(value);
        self.type_error(format!("'{name}' object is not iterable"))
    }

    fn iter_of_object(&mut self, value: &Value, id: Id) -> Res<Value> {
        let iter = match self.heap.get(id) {
            Object::Iter(_) | Object::Generator(_) => return Ok(value.clone()),
            Object::List(_) => {
                self.expect_state(id)?;
                Iter::List { list: id, next: 0 }
            }
            Object::Dict(dict) => {
                let length = dict.entries.len();
                self.expect_certain(id)?;
                Iter::Dict { dict: id, next: 0, length, part: DictPart::Keys }
            }
            Object::View(dict, part) => {
                let (dict, part) = (*dict, *part);
                self.expect_certain(dict)?;
                let length = self.heap.dict(dict).map_or(0, |d| d.entries.len());
                Iter::Dict { dict, next: 0, length, part }
            }
            Object::Set(set) => {
                let items: Vec<Value> = set.items.values().cloned().collect();
                self.expect_state(id)?;
                if items.len() > 1 {
                    let refs = self.refs_of(&items.iter().collect::<Vec<_>>());
                    let unknown =
                        crate::object::Unknown::new("the order of a set is not known").reaching(refs);
                    return Err(Stop::Opaque(Box::new(Value::new(Kind::Unknown(Rc::new(unknown))))));
                }
                Iter::Items { items: items.into(), next: 0, class: Type::SetIterator }
            }
            Object::File(_) => {
                let lines = crate::stdlib::files::lines(self, id)?;
                Iter::Items { items: lines.into(), next: 0, class: Type::TextFile }
            }
            Object::Class(class) if class.is_enum => {
                let members = self.enum_members(id)?;
                Iter::Items { items: members.into(), next: 0, class: Type::Generator }
            }
            Object::Instance(_) => return self.iter_of_instance(value),
            _ if self.is_unclear(value) => return Err(Stop::Opaque(Box::new(value.clone()))),
            _ => return Err(self.not_iterable(value)),
        };
        let mut iter = self.new_iter(iter);
        iter.trace = value.trace.clone();
        Ok(iter)
    }

    fn iter_of_instance(&mut self, value: &Value) -> Res<Value> {
        if let Some(iter) = self.call_special(value, "__iter__", &[])? {
            return Ok(iter);
        }
        if let Some(items) = self.tuple_items(value) {
            return Ok(self.new_iter(Iter::Items { items, next: 0, class: Type::TupleIterator }));
        }
        let indexed = self.find_special(value, "__getitem__")?.is_some();
        if indexed || self.is_unclear(value) {
            return Err(Stop::Opaque(Box::new(Value::unknown("iteration by index is not followed"))));
        }
        Err(self.not_iterable(value))
    }

    /// `next(iter)`
    pub(crate) fn next(&mut self, iter: &Value) -> Res<Next> {
        self.charge(1)?;
        let Some(id) = iter.id() else { return Ok(Next::Unknown(iter.clone())) };
        if let Some(spoilt) = self.heap.spoilt(id) {
            return Ok(Next::Unknown(Value::unknown(Rc::clone(&spoilt.reason))));
        }
        match self.heap.get(id) {
            Object::Iter(state) => {
                let state = state.clone();
                self.deeper(|interp| interp.next_of(id, state))
            }
            Object::Generator(_) => self.deeper(|interp| interp.next_of_generator(id)),
            Object::Instance(_) => self.next_of_instance(iter),
            _ => {
                let name = self.type_name(iter);
                Err(self.type_error(format!("'{name}' object is not an iterator")))
            }
        }
    }

    fn next_of_instance(&mut self, iter: &Value) -> Res<Next> {
        match self.call_special(iter, "__next__", &[]) {
            Ok(Some(value)) => Ok(Next::Item(value)),
            Ok(None) if self.is_unclear(iter) => {
                Ok(Next::Unknown(Value::unknown("an iterator that is not modelled")))
            }
            Ok(None) => {
                let name = self.type_name(iter);
                Err(self.type_error(format!("iter() returned non-iterator of type '{name}'")))
            }
            Err(Stop::Raise(exc)) if self.is_exception_of(&exc.value, Type::StopIteration) == Some(true) => {
                Ok(Next::End)
            }
            Err(Stop::Opaque(value)) => Ok(Next::Unknown(*value)),
            Err(stop) => Err(stop),
        }
    }

    fn set_iter(&mut self, id: Id, state: Iter) {
        if let Some(slot) = self.heap.get_mut(id) {
            *slot = Object::Iter(state);
        }
    }

    fn next_of(&mut self, id: Id, state: Iter) -> Res<Next> {
        match state {
            Iter::Done => Ok(Next::End),
            Iter::Items { items, next, class } => match items.get(next).cloned() {
                Some(item) => {
                    self.set_iter(id, Iter::Items { items, next: next + 1, class });
                    Ok(Next::Item(item))
                }
                None => Ok(self.ended(id)),
            },
            Iter::List { list, next } => {
                if let Err(Stop::Opaque(value)) = self.expect_state(list) {
                    return Ok(Next::Unknown(*value));
                }
                match self.heap.list(list).and_then(|l| l.get(next)).cloned() {
                    Some(item) => {
                        self.set_iter(id, Iter::List { list, next: next + 1 });
                        Ok(Next::Item(item))
                    }
                    None => Ok(self.ended(id)),
                }
            }
            Iter::ReversedList { list, next } => {
                let item = next.and_then(|at| self.heap.list(list).and_then(|l| l.get(at)).cloned());
                match item {
                    Some(item) => {
                        let next = next.and_then(|at| at.checked_sub(1));
                        self.set_iter(id, Iter::ReversedList { list, next });
                        Ok(Next::Item(item))
                    }
                    None => Ok(self.ended(id)),
                }
            }
            Iter::Dict { dict, next, length, part } => self.next_of_dict(id, dict, next, length, part),
            Iter::Range { range, next } => {
                let at = &range.start + &range.step * BigInt::from(next);
                if super::item::range_holds(&range, &at) {
                    self.set_iter(id, Iter::Range { range, next: next + 1 });
                    return Ok(Next::Item(Value::int(at)));
                }
                Ok(self.ended(id))
            }
            Iter::Callable { function, sentinel } => {
                let value = self.call(&function, Args::default())?;
                if self.equal(&value, &sentinel)? {
                    return Ok(self.ended(id));
                }
                Ok(Next::Item(value))
            }
            other => self.next_of_adapter(id, other),
        }
    }

    fn ended(&mut self, id: Id) -> Next {
        self.set_iter(id, Iter::Done);
        Next::End
    }

    fn next_of_dict(&mut self, id: Id, dict: Id, next: usize, length: usize, part: DictPart) -> Res<Next> {
        if let Err(Stop::Opaque(value)) = self.expect_certain(dict) {
            return Ok(Next::Unknown(*value));
        }
        let present = self.heap.dict(dict).map_or(0, |d| d.entries.len());
        if present != length {
            return Err(self.raise(Type::RuntimeError, "dictionary changed size during iteration"));
        }
        let entry = self.heap.dict(dict).and_then(|d| d.entries.get_index(next)).map(|(_, e)| e.clone());
        let Some(entry) = entry else { return Ok(self.ended(id)) };
        self.set_iter(id, Iter::Dict { dict, next: next + 1, length, part });
        Ok(Next::Item(match part {
            DictPart::Keys => entry.key,
            DictPart::Values => entry.value,
            DictPart::Items => Value::tuple(vec![entry.key, entry.value]),
        }))
    }

    fn next_of_adapter(&mut self, id: Id, state: Iter) -> Res<Next> {
        match state {
            Iter::Enumerate { inner, count } => {
                let item = match self.next(&inner)? {
                    Next::Item(item) => item,
                    other => return Ok(other),
                };
                let more = self.binary(crate::syntax::ir::BinOp::Add, &count, &Value::int(1), false)?;
                self.set_iter(id, Iter::Enumerate { inner, count: more });
                Ok(Next::Item(Value::tuple(vec![count, item])))
            }
            Iter::Zip { inner, strict } => self.next_of_zip(&inner, strict),
            Iter::Map { function, inner } => {
                let mut args = Vec::new();
                for iter in &inner {
                    match self.next(iter)? {
                        Next::Item(item) => args.push(item),
                        other => return Ok(other),
                    }
                }
                Ok(Next::Item(self.call(&function, Args::of(args))?))
            }
            Iter::Filter { function, inner } => loop {
                let item = match self.next(&inner)? {
                    Next::Item(item) => item,
                    other => return Ok(other),
                };
                let test = match function.is_none() {
                    true => item.clone(),
                    false => self.call(&function, Args::of(vec![item.clone()]))?,
                };
                match self.truth(&test)? {
                    Ok(true) => return Ok(Next::Item(item)),
                    Ok(false) => {}
                    Err(_) => return Ok(Next::Unknown(self.lost_iterator(&[&item, &test]))),
                }
            },
            Iter::Chain { inner, current } => self.next_of_chain(id, inner, current),
            Iter::Count { next, step } => {
                let following = self.binary(crate::syntax::ir::BinOp::Add, &next, &step, false)?;
                self.set_iter(id, Iter::Count { next: following, step });
                Ok(Next::Item(next))
            }
            Iter::Slice { inner, skip, left, step } => self.next_of_slice(id, inner, skip, left, step),
            Iter::Cycle { inner, seen, next } => self.next_of_cycle(id, inner, seen, next),
            _ => Ok(Next::End),
        }
    }

    fn next_of_chain(&mut self, id: Id, mut inner: Vec<Value>, mut current: Option<Value>) -> Res<Next> {
        loop {
            if let Some(iter) = current.take() {
                match self.next(&iter)? {
                    Next::End => {}
                    other => {
                        self.set_iter(id, Iter::Chain { inner, current: Some(iter) });
                        return Ok(other);
                    }
                }
            }
            if inner.is_empty() {
                return Ok(self.ended(id));
            }
            let first = inner.remove(0);
            current = Some(self.iter_of(&first)?);
        }
    }

    fn next_of_zip(&mut self, inner: &[Value], strict: bool) -> Res<Next> {
        let mut items = Vec::new();
        for (at, iter) in inner.iter().enumerate() {
            match self.next(iter)? {
                Next::Item(item) => items.push(item),
                Next::Unknown(value) => return Ok(Next::Unknown(value)),
                Next::End if strict && at > 0 => {
                    let plural = if at == 1 { " " } else { "s 1-" };
                    let message = format!("zip() argument {} is shorter than argument{plural}{at}", at + 1);
                    return Err(self.value_error(message));
                }
                Next::End if strict => {
                    for (at, iter) in inner.iter().enumerate().skip(1) {
                        if let Next::Item(_) = self.next(iter)? {
                            let plural = if at == 1 { " " } else { "s 1-" };
                            let message =
                                format!("zip() argument {} is longer than argument{plural}{at}", at + 1);
                            return Err(self.value_error(message));
                        }
                    }
                    return Ok(Next::End);
                }
                Next::End => return Ok(Next::End),
            }
        }
        if items.is_empty() {
            return Ok(Next::End);
        }
        Ok(Next::Item(Value::tuple(items)))
    }

    fn next_of_slice(
        &mut self,
        id: Id,
        inner: Value,
        skip: usize,
        left: Option<usize>,
        step: usize,
    ) -> Res<Next> {
        if left == Some(0) {
            return Ok(self.ended(id));
        }
        let mut passed = 0;
        for _ in 0..skip {
            match self.next(&inner)? {
                Next::Item(_) => passed += 1,
                other => return Ok(other),
            }
            if left.is_some_and(|l| passed >= l) {
                return Ok(self.ended(id));
            }
        }
        let left = left.map(|l| l.saturating_sub(passed + 1));
        match self.next(&inner)? {
            Next::Item(item) => {
                self.set_iter(id, Iter::Slice { inner, skip: step - 1, left, step });
                Ok(Next::Item(item))
            }
            other => Ok(other),
        }
    }

    fn next_of_cycle(
        &mut self,
        id: Id,
        inner: Option<Value>,
        mut seen: Vec<Value>,
        next: usize,
    ) -> Res<Next> {
        if let Some(iter) = inner {
            match self.next(&iter)? {
                Next::Item(item) => {
                    seen.push(item.clone());
                    self.check_size(seen.len())?;
                    self.set_iter(id, Iter::Cycle { inner: Some(iter), seen, next });
                    return Ok(Next::Item(item));
                }
                Next::Unknown(value) => return Ok(Next::Unknown(value)),
                Next::End => {}
            }
        }
        match seen.get(next).cloned() {
            Some(item) => {
                let following = (next + 1) % seen.len().max(1);
                self.set_iter(id, Iter::Cycle { inner: None, seen, next: following });
                Ok(Next::Item(item))
            }
            None => Ok(self.ended(id)),
        }
    }

    /// A value for "from here on it is not known what the iterator gives".
    pub(crate) fn lost_iterator(&mut self, operands: &[&Value]) -> Value {
        let needs: Vec<_> = operands.iter().flat_map(|v| self.needs_of(v).to_vec()).collect();
        let unknown = crate::object::Unknown::new("an iteration hangs on a value that is not known")
            .needing(needs.into())
            .reaching(self.refs_of(operands));
        Value::new(Kind::Unknown(Rc::new(unknown)))
    }

    /// Every item, in order.
    pub(crate) fn collect(&mut self, value: &Value) -> Res<Vec<Value>> {
        match &value.kind {
            Kind::Tuple(items) => {
                self.charge(items.len())?;
                return Ok(items.to_vec());
            }
            Kind::Ref(id) if matches!(self.heap.get(*id), Object::List(_)) => return self.list_items(*id),
            _ => {}
        }
        let iter = self.iter_of(value)?;
        let mut items = Vec::new();
        loop {
            match self.next(&iter)? {
                Next::Item(item) => items.push(item),
                Next::End => return Ok(items),
                Next::Unknown(value) => return Err(Stop::Opaque(Box::new(value))),
            }
            self.check_size(items.len())?;
        }
    }

    /// Every item, in an order of our own where it is a set's.
    pub(crate) fn collect_any_order(&mut self, value: &Value) -> Res<Vec<Value>> {
        if let Some(id) = value.id()
            && let Object::Set(set) = self.heap.get(id)
        {
            let items: Vec<Value> = set.items.values().cloned().collect();
            self.expect_state(id)?;
            self.charge(items.len())?;
            return Ok(items);
        }
        self.collect(value)
    }

    /// The elements of a set or of a view of a dict.
    pub(crate) fn set_like(&mut self, value: &Value) -> Res<Option<indexmap::IndexMap<Key, Value>>> {
        let Some(id) = value.id() else { return Ok(None) };
        match self.heap.get(id) {
            Object::Set(set) => {
                let items = set.items.clone();
                self.expect_state(id)?;
                self.charge(items.len())?;
                Ok(Some(items))
            }
            Object::View(dict, part @ (DictPart::Keys | DictPart::Items)) => {
                let (dict, part) = (*dict, *part);
                self.expect_certain(dict)?;
                let entries: Vec<_> =
                    self.heap.dict(dict).map(|d| d.entries.clone()).unwrap_or_default().into_iter().collect();
                let mut items = indexmap::IndexMap::new();
                for (key, entry) in entries {
                    match part {
                        DictPart::Items => {
                            let pair = Value::tuple(vec![entry.key, entry.value]);
                            let key = match Key::of(&pair, &self.heap) {
                                Ok(key) => key,
                                Err(fault) => return Err(self.key_fault(fault, &pair)),
                            };
                            items.insert(key, pair);
                        }
                        _ => {
                            items.insert(key, entry.key);
                        }
                    }
                }
                Ok(Some(items))
            }
            _ => Ok(None),
        }
    }

    /// The items of a list of which the state is known.
    pub(crate) fn list_items(&mut self, id: Id) -> Res<Vec<Value>> {
        self.expect_state(id)?;
        let items = self.heap.list(id).cloned().unwrap_or_default();
        self.charge(items.len())?;
        Ok(items)
    }

    /// Stops where the state of an object is not known.
    pub(crate) fn expect_state(&self, id: Id) -> Res<()> {
        match self.heap.spoilt(id) {
            None => Ok(()),
            Some(spoilt) => {
                let kind = match &spoilt.text {
                    Some((text, level)) => {
                        let symbolic = crate::object::Symbolic::new(
                            Rc::clone(text),
                            *level,
                            None,
                            Rc::clone(&spoilt.needs),
                        );
                        Kind::Symbolic(Rc::new(symbolic))
                    }
                    None => {
                        let unknown = crate::object::Unknown::new(Rc::clone(&spoilt.reason))
                            .needing(Rc::clone(&spoilt.needs));
                        Kind::Unknown(Rc::new(unknown))
                    }
                };
                Err(Stop::Opaque(Box::new(Value::new(kind))))
            }
        }
    }

    /// Stops where it is not known which entries a dict has.
    pub(crate) fn expect_certain(&self, id: Id) -> Res<()> {
        self.expect_state(id)?;
        match self.heap.dict(id) {
            Some(dict) if !dict.is_certain() => {
                let reason = match (&dict.open, dict.entries.values().find_map(|e| e.maybe.as_ref())) {
                    (Some(reason), _) => Rc::clone(reason),
                    (None, Some(condition)) => format!("it depends on `{}`", condition.text).into(),
                    (None, None) => "the entries of a dict are not known".into(),
                };
                Err(Stop::Opaque(Box::new(Value::unknown(reason))))
            }
            _ => Ok(()),
        }
    }

    /// A length that fits.
    pub(crate) fn as_usize(n: &BigInt) -> usize {
        n.to_usize().unwrap_or(usize::MAX)
    }
}

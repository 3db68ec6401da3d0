//! Subscripts that read, slices, and lengths.

use std::rc::Rc;

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive, Zero};

use crate::object::{Condition, DictKind, ExternalKind, Id, Key, Kind, Level, Object, Range, Type, Value};

use super::error::Stop;
use super::reads::Fallback;
use super::{Args, Interp, Res};

/// How many numbers a range has.
pub(crate) fn range_length(range: &Range) -> BigInt {
    let span = if range.step.is_positive() { &range.stop - &range.start } else { &range.start - &range.stop };
    if span.is_positive() { span.div_ceil(&range.step.abs()) } else { BigInt::zero() }
}

/// Whether a range has the number.
pub(crate) fn range_holds(range: &Range, n: &BigInt) -> bool {
    let within = match range.step.is_positive() {
        true => range.start <= *n && *n < range.stop,
        false => range.stop < *n && *n <= range.start,
    };
    within && (n - &range.start).is_multiple_of(&range.step)
}

/// The positions that a slice takes of a sequence.
pub(crate) struct Positions {
    pub(crate) start: i64,
    pub(crate) stop: i64,
    pub(crate) step: i64,
}

impl Positions {
    /// The positions, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        let mut at = self.start;
        std::iter::from_fn(move || {
            let more = if self.step > 0 { at < self.stop } else { at > self.stop };
            if !more {
                return None;
            }
            let here = usize::try_from(at).ok()?;
            at = at.checked_add(self.step).unwrap_or(self.stop);
            Some(here)
        })
    }
}

impl Interp<'_> {
    /// `container[key]`
    pub(crate) fn get_item(&mut self, container: &Value, key: &Value) -> Res<Value> {
        self.charge(1)?;
        let operands = [container.clone(), key.clone()];
        let result = self.apart(&operands, &mut |interp, values| match values {
            [container, key] => interp.get_item_known(container, key),
            _ => Ok(Value::none()),
        });
        match Interp::or_opaque(result)? {
            Ok(value) => Ok(value.also(&key.trace).also(&container.trace)),
            Err(culprit) => {
                let text = match (self.express_at(container, Level::Atom), self.express(key)) {
                    (Some(a), Some((b, _))) => Some(format!("{a}[{b}]")),
                    _ => None,
                };
                let shown = text.clone().unwrap_or_else(|| "a look-up".to_owned());
                let needs = self.needs_of(&culprit);
                self.may_raise(None, &shown, &needs)?;
                let class = match self.class_of(container) {
                    Some(Type::Str) => Some(Type::Str),
                    _ => None,
                };
                let held = self.held_by(container);
                let operands: Vec<&Value> = [container, key].into_iter().chain(&held).collect();
                Ok(self.opaque(text, Level::Atom, class, &operands, &culprit))
            }
        }
    }

    /// What a container holds, as far as it may be found under a key that is not known.
    fn held_by(&self, container: &Value) -> Vec<Value> {
        match container.id().map(|id| self.heap.get(id)) {
            Some(Object::List(items)) => {
                items.iter().filter(|v| v.id().is_some()).take(64).cloned().collect()
            }
            Some(Object::Dict(dict)) => {
                dict.entries.values().map(|e| e.value.clone()).filter(|v| v.id().is_some()).take(64).collect()
            }
            _ => match &container.kind {
                Kind::Tuple(items) => items.iter().filter(|v| v.id().is_some()).take(64).cloned().collect(),
                _ => Vec::new(),
            },
        }
    }

    fn get_item_known(&mut self, container: &Value, key: &Value) -> Res<Value> {
        self.expect_known(container)?;
        if let Kind::Slice(parts) = &key.kind
            && let Some(result) = self.get_slice(container, &Rc::clone(parts))?
        {
            return Ok(result);
        }
        match &container.kind {
            Kind::Str(text) => {
                let text = Rc::clone(text);
                let index = self.item_index(key, "string indices must be integers", "str")?;
                let found = match text.is_ascii() {
                    true => position(&index, text.len()).and_then(|at| text.get(at..=at).map(str::to_owned)),
                    false => {
                        let chars: Vec<char> = text.chars().collect();
                        self.charge(chars.len() / 16)?;
                        position(&index, chars.len()).and_then(|at| chars.get(at)).map(char::to_string)
                    }
                };
                match found {
                    Some(text) => Ok(Value::str(text)),
                    None => Err(self.raise(Type::IndexError, "string index out of range")),
                }
            }
            Kind::Bytes(bytes) => {
                let bytes = Rc::clone(bytes);
                let index = self.item_index(key, "byte indices must be integers or slices", "bytes")?;
                match position(&index, bytes.len()).and_then(|at| bytes.get(at)) {
                    Some(byte) => Ok(Value::int(*byte)),
                    None => Err(self.raise(Type::IndexError, "index out of range")),
                }
            }
            Kind::Tuple(items) => {
                let items = Rc::clone(items);
                self.tuple_item(&items, key)
            }
            Kind::Range(range) => {
                let range = Rc::clone(range);
                let index = self.item_index(key, "range indices must be integers or slices", "range")?;
                let length = range_length(&range);
                let at = if index.is_negative() { &index + &length } else { index };
                if at.is_negative() || at >= length {
                    return Err(self.raise(Type::IndexError, "range object index out of range"));
                }
                Ok(Value::int(&range.start + &range.step * at))
            }
            Kind::Type(class) => self.generic_alias(*class),
            Kind::External(external) if external.kind != ExternalKind::Function => {
                let name = format!("{}[…]", external.name);
                Ok(Value::external(&external.module, &name, ExternalKind::Unclear, external.harmless))
            }
            Kind::Ref(id) => self.object_item(container, *id, key),
            _ => Err(self.not_subscriptable(container)),
        }
    }

    fn not_subscriptable(&mut self, container: &Value) -> Stop {
        if self.is_unclear(container) {
            return Stop::Opaque(Box::new(Value::unknown("what the object holds is not known")));
        }
        let name = self.type_name(container);
        self.type_error(format!("'{name}' object is not subscriptable"))
    }

    /// `list[int]` and the like, since 3.9.
    fn generic_alias(&mut self, class: Type) -> Res<Value> {
        let generic = matches!(
            class,
            Type::List
                | Type::Dict
                | Type::Tuple
                | Type::Set
                | Type::FrozenSet
                | Type::Type
                | Type::DefaultDict
                | Type::OrderedDict
                | Type::Counter
        );
        if generic && self.since(3, 9) {
            return Ok(Value::external("types", "GenericAlias", ExternalKind::Unclear, true));
        }
        let name = class.name();
        let message = match generic || self.since(3, 11) {
            true if !generic => format!("type '{name}' is not subscriptable"),
            _ => "'type' object is not subscriptable".to_owned(),
        };
        Err(self.type_error(message))
    }

    fn tuple_item(&mut self, items: &[Value], key: &Value) -> Res<Value> {
        let index = self.item_index(key, "tuple indices must be integers or slices", "tuple")?;
        match position(&index, items.len()).and_then(|at| items.get(at)) {
            Some(item) => Ok(item.clone()),
            None => Err(self.raise(Type::IndexError, "tuple index out of range")),
        }
    }

    /// An index; `words` begin the message where it is none.
    pub(super) fn item_index(&mut self, key: &Value, words: &str, class: &str) -> Res<BigInt> {
        self.expect_known(key)?;
        if let Some(n) = key.as_int() {
            return Ok(n);
        }
        if self.is_unclear(key) {
            return Err(Stop::Opaque(Box::new(Value::unknown("what an index is, is not known"))));
        }
        let name = self.type_name(key);
        let message = match class {
            "str" if !self.since(3, 11) => words.to_owned(),
            "str" => format!("{words}, not '{name}'"),
            _ => format!("{words}, not {name}"),
        };
        Err(self.type_error(message))
    }

    fn object_item(&mut self, container: &Value, id: Id, key: &Value) -> Res<Value> {
        match self.heap.get(id) {
            Object::List(_) => {
                self.expect_state(id)?;
                let index = self.item_index(key, "list indices must be integers or slices", "list")?;
                let item = self
                    .heap
                    .list(id)
                    .and_then(|l| position(&index, l.len()).and_then(|at| l.get(at)).cloned());
                match item {
                    Some(item) => Ok(item),
                    None => Err(self.raise(Type::IndexError, "list index out of range")),
                }
            }
            Object::Dict(_) => match self.dict_get(id, key, Fallback::None)? {
                Some(value) => Ok(value),
                None => self.missing_key(container, id, key),
            },
            Object::Class(class) => {
                if class.is_enum {
                    return self.enum_by_name(id, key);
                }
                let class = class.clone();
                match class.opaque {
                    Some(reason) => Err(Stop::Opaque(Box::new(Value::unknown(reason)))),
                    None => match self.class_attribute(container, "__class_getitem__")? {
                        Some(method) => self.call(&method, Args::of(vec![key.clone()])),
                        None => {
                            let message = match self.since(3, 11) {
                                true => format!("type '{}' is not subscriptable", class.name),
                                false => "'type' object is not subscriptable".to_owned(),
                            };
                            Err(self.type_error(message))
                        }
                    },
                }
            }
            Object::Instance(_) => {
                if let Some(result) =
                    self.call_special(container, "__getitem__", std::slice::from_ref(key))?
                {
                    return Ok(result);
                }
                match self.tuple_items(container) {
                    Some(items) => self.tuple_item(&items, key),
                    None => Err(self.not_subscriptable(container)),
                }
            }
            Object::Match(_) => crate::stdlib::regex::group(self, container, key),
            _ => Err(self.not_subscriptable(container)),
        }
    }

    /// A dict's value under a key; `None` where there is none.
    pub(crate) fn dict_get(&mut self, id: Id, key: &Value, fallback: Fallback<'_>) -> Res<Option<Value>> {
        let hashed = match Key::of(key, &self.heap) {
            Ok(hashed) => hashed,
            Err(fault) => return Err(self.key_fault(fault, key)),
        };
        self.expect_state(id)?;
        let Some(dict) = self.heap.dict(id) else { return Ok(None) };
        if dict.is_environ
            && let Key::Str(name) = &hashed
        {
            let name = Rc::clone(name);
            return self.read_environ(id, &name, fallback);
        }
        let Some(entry) = dict.entries.get(&hashed) else {
            return match &dict.open {
                Some(reason) => Err(Stop::Opaque(Box::new(Value::unknown(Rc::clone(reason))))),
                None => Ok(None),
            };
        };
        let (value, maybe) = (entry.value.clone(), entry.maybe.clone());
        let makes_missing = matches!(&dict.kind, DictKind::Default(factory) if !factory.is_none())
            || matches!(dict.kind, DictKind::Counter);
        match maybe {
            None => Ok(Some(value)),
            Some(condition) if makes_missing && matches!(fallback, Fallback::None) => {
                match self.assumed(&condition) {
                    Some(true) => Ok(Some(value)),
                    Some(false) => Ok(None),
                    None => {
                        let reason = format!("the item is there only if `{}`", condition.text);
                        Err(Stop::Opaque(Box::new(Value::unknown(reason).also(&value.trace))))
                    }
                }
            }
            Some(condition) => self.maybe_there(value, &condition, key, fallback),
        }
    }

    /// A value that is there where a condition holds, as a look-up finds it.
    pub(super) fn maybe_there(
        &mut self,
        value: Value,
        condition: &Condition,
        key: &Value,
        fallback: Fallback<'_>,
    ) -> Res<Option<Value>> {
        match (self.assumed(condition), fallback) {
            (Some(true), _) => Ok(Some(value)),
            (Some(false), _) => Ok(None),
            (None, Fallback::Value(other)) => Ok(Some(self.join_values(condition, &value, other))),
            (None, Fallback::None) => {
                let stop = self.raise_with(Type::KeyError, vec![key.clone()]);
                self.note_raised(stop, &condition.not())?;
                Ok(Some(value))
            }
        }
    }

    fn missing_key(&mut self, container: &Value, id: Id, key: &Value) -> Res<Value> {
        let (kind, is_environ) = match self.heap.dict(id) {
            Some(dict) => (dict.kind.clone(), dict.is_environ),
            None => (DictKind::Plain, false),
        };
        match kind {
            DictKind::Default(factory) if !factory.is_none() => {
                let value = self.call(&factory, Args::default())?;
                self.set_item(container, key, value.clone())?;
                return Ok(value);
            }
            DictKind::Counter => return Ok(Value::int(0)),
            DictKind::Environ if key.as_str().is_none() => {
                let name = self.type_name(key);
                return Err(self.type_error(format!("str expected, not {name}")));
            }
            _ => {}
        }
        let stop = self.raise_with(Type::KeyError, vec![key.clone()]);
        if is_environ {
            return Err(self.with_last_read(stop));
        }
        Err(stop)
    }

    /// The positions that a slice takes of a sequence of this length.
    pub(crate) fn positions(&mut self, parts: &[Value; 3], length: usize) -> Res<Positions> {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let mut numbers = [None; 3];
        for (number, part) in numbers.iter_mut().zip(parts) {
            self.expect_known(part)?;
            if part.is_none() {
                continue;
            }
            match part.as_int() {
                Some(n) => {
                    *number =
                        Some(n.to_i64().unwrap_or(if n.is_negative() { i64::MIN / 4 } else { i64::MAX / 4 }));
                }
                None => {
                    let message = "slice indices must be integers or None or have an __index__ method";
                    return Err(self.type_error(message));
                }
            }
        }
        let [start, stop, step] = numbers;
        let step = step.unwrap_or(1);
        if step == 0 {
            return Err(self.value_error("slice step cannot be zero"));
        }
        let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
        let clamp = |n: i64| if n < 0 { (n + length).max(low) } else { n.min(high) };
        let start = start.map_or(if step > 0 { low } else { high }, clamp);
        let stop = stop.map_or(if step > 0 { high } else { low }, clamp);
        Ok(Positions { start, stop, step })
    }

    /// `sequence[start:stop:step]`; `None` where it is no sequence of ours.
    fn get_slice(&mut self, container: &Value, parts: &[Value; 3]) -> Res<Option<Value>> {
        match &container.kind {
            Kind::Str(text) => {
                let text = Rc::clone(text);
                self.charge(text.len() / 16)?;
                if text.is_ascii() {
                    let positions = self.positions(parts, text.len())?;
                    let bytes = text.as_bytes();
                    let cut: String =
                        positions.iter().filter_map(|at| bytes.get(at)).map(|b| char::from(*b)).collect();
                    return Ok(Some(Value::str(cut)));
                }
                let chars: Vec<char> = text.chars().collect();
                let positions = self.positions(parts, chars.len())?;
                let cut: String = positions.iter().filter_map(|at| chars.get(at)).collect();
                Ok(Some(Value::str(cut)))
            }
            Kind::Bytes(bytes) => {
                let positions = self.positions(parts, bytes.len())?;
                let cut: Vec<u8> = positions.iter().filter_map(|at| bytes.get(at)).copied().collect();
                Ok(Some(Value::bytes(cut)))
            }
            Kind::Tuple(items) => {
                let items = Rc::clone(items);
                let positions = self.positions(parts, items.len())?;
                let cut: Vec<Value> = positions.iter().filter_map(|at| items.get(at)).cloned().collect();
                Ok(Some(Value::tuple(cut)))
            }
            Kind::Range(range) => {
                let range = Rc::clone(range);
                let length = range_length(&range);
                let positions = self.positions(parts, Interp::as_usize(&length))?;
                let at = |n: i64| &range.start + &range.step * BigInt::from(n);
                let cut = Range {
                    start: at(positions.start),
                    stop: at(positions.stop),
                    step: &range.step * BigInt::from(positions.step),
                };
                Ok(Some(Value::new(Kind::Range(Rc::new(cut)))))
            }
            Kind::Ref(id) => match self.heap.get(*id) {
                Object::List(_) => {
                    let items = self.list_items(*id)?;
                    let positions = self.positions(parts, items.len())?;
                    let cut: Vec<Value> = positions.iter().filter_map(|at| items.get(at)).cloned().collect();
                    Ok(Some(self.list(cut)))
                }
                _ => match self.tuple_items(container) {
                    Some(items) if self.find_special(container, "__getitem__")?.is_none() => {
                        let positions = self.positions(parts, items.len())?;
                        let cut: Vec<Value> =
                            positions.iter().filter_map(|at| items.get(at)).cloned().collect();
                        Ok(Some(Value::tuple(cut)))
                    }
                    _ => Ok(None),
                },
            },
            _ => Ok(None),
        }
    }

    /// `len(value)`
    pub(crate) fn length(&mut self, value: &Value) -> Res<usize> {
        self.expect_known(value)?;
        match &value.kind {
            Kind::Str(text) => return Ok(if text.is_ascii() { text.len() } else { text.chars().count() }),
            Kind::Bytes(bytes) => return Ok(bytes.len()),
            Kind::Tuple(items) => return Ok(items.len()),
            Kind::Range(range) => return Ok(Interp::as_usize(&range_length(range))),
            Kind::Ref(id) => match self.heap.get(*id) {
                Object::List(items) => {
                    let length = items.len();
                    return self.expect_state(*id).map(|()| length);
                }
                Object::Dict(dict) => {
                    let length = dict.entries.len();
                    return self.expect_certain(*id).map(|()| length);
                }
                Object::View(dict, _) => {
                    let dict = *dict;
                    self.expect_certain(dict)?;
                    return Ok(self.heap.dict(dict).map_or(0, |d| d.entries.len()));
                }
                Object::Set(set) => {
                    let length = set.items.len();
                    return self.expect_state(*id).map(|()| length);
                }
                Object::Instance(_) => {
                    if let Some(result) = self.call_special(value, "__len__", &[])? {
                        return Ok(Interp::as_usize(&self.index(&result)?));
                    }
                    if let Some(items) = self.tuple_items(value) {
                        return Ok(items.len());
                    }
                }
                Object::Class(class) if class.is_enum => return Ok(self.enum_members(*id)?.len()),
                _ => {}
            },
            _ => {}
        }
        if self.is_unclear(value) {
            return Err(Stop::Opaque(Box::new(Value::unknown("the length of an object is not known"))));
        }
        let name = self.type_name(value);
        Err(self.type_error(format!("object of type '{name}' has no len()")))
    }
}

/// Where an index, perhaps from the end, points to.
pub(crate) fn position(index: &BigInt, length: usize) -> Option<usize> {
    let at = if index.is_negative() { index + BigInt::from(length) } else { index.clone() };
    at.to_usize().filter(|at| *at < length)
}

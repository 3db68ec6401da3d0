//! Subscripts that write: `container[key] = value`, `del container[key]`, and what `os.environ` takes.

use std::rc::Rc;

use crate::object::{DictKind, Id, Key, Kind, Object, Type, Value};

use super::error::Stop;
use super::item::position;
use super::reads::Fallback;
use super::{Interp, Res};

impl Interp<'_> {
    /// `container[key] = value`
    pub(crate) fn set_item(&mut self, container: &Value, key: &Value, value: Value) -> Res<()> {
        self.charge(1)?;
        let Some(id) = container.id() else {
            if self.is_unclear(container) || !container.is_known() {
                self.changed_unknown(container, &[&value]);
                return self.may_raise(None, "an assignment to an item", &self.needs_of(container));
            }
            let name = self.type_name(container);
            return Err(self.type_error(format!("'{name}' object does not support item assignment")));
        };
        if self.heap.spoilt(id).is_some() {
            self.heap.get_mut(id);
            self.stored_in(id, std::slice::from_ref(&value));
            return Ok(());
        }
        match self.heap.get(id) {
            Object::List(_) => self.set_list_item(id, key, value),
            Object::Dict(_) => self.set_dict_item(id, key, value),
            Object::Instance(_) => {
                match self.call_special(container, "__setitem__", &[key.clone(), value.clone()])? {
                    Some(_) => Ok(()),
                    None if self.is_unclear(container) => {
                        self.changed_unknown(container, &[&value]);
                        Ok(())
                    }
                    None => {
                        let name = self.type_name(container);
                        Err(self.type_error(format!("'{name}' object does not support item assignment")))
                    }
                }
            }
            _ => {
                let name = self.type_name(container);
                Err(self.type_error(format!("'{name}' object does not support item assignment")))
            }
        }
    }

    fn set_list_item(&mut self, id: Id, key: &Value, value: Value) -> Res<()> {
        if let Kind::Slice(parts) = &key.kind {
            return self.set_list_slice(id, &Rc::clone(parts), &value);
        }
        if !key.is_known() {
            self.spoil(id, "an item under an index that is not known was set");
            self.stored_in(id, std::slice::from_ref(&value));
            return self.may_raise(None, "an assignment to an item", &self.needs_of(key));
        }
        let index = self.item_index(key, "list indices must be integers or slices", "list")?;
        let length = self.heap.list(id).map_or(0, Vec::len);
        let value = self.arrived(value, self.here);
        match position(&index, length) {
            Some(at) => {
                if let Some(slot) = self.heap.list_mut(id).and_then(|l| l.get_mut(at)) {
                    *slot = value;
                }
                Ok(())
            }
            None => Err(self.raise(Type::IndexError, "list assignment index out of range")),
        }
    }

    fn set_list_slice(&mut self, id: Id, parts: &[Value; 3], value: &Value) -> Res<()> {
        let items = match self.collect(value) {
            Err(Stop::Opaque(_)) => {
                self.spoil(id, "a slice was set to something that is not known");
                return Ok(());
            }
            other => other?,
        };
        let length = self.heap.list(id).map_or(0, Vec::len);
        let positions = self.positions(parts, length)?;
        if positions.step == 1 {
            let start = usize::try_from(positions.start).unwrap_or(0).min(length);
            let stop = usize::try_from(positions.stop).unwrap_or(0).clamp(start, length);
            if let Some(list) = self.heap.list_mut(id) {
                list.splice(start..stop, items);
            }
            return Ok(());
        }
        let slots: Vec<usize> = positions.iter().collect();
        if slots.len() != items.len() {
            let message = format!(
                "attempt to assign sequence of size {} to extended slice of size {}",
                items.len(),
                slots.len()
            );
            return Err(self.value_error(message));
        }
        if let Some(list) = self.heap.list_mut(id) {
            for (at, item) in slots.into_iter().zip(items) {
                if let Some(slot) = list.get_mut(at) {
                    *slot = item;
                }
            }
        }
        Ok(())
    }

    fn set_dict_item(&mut self, id: Id, key: &Value, value: Value) -> Res<()> {
        let is_environ = self.heap.dict(id).is_some_and(|d| matches!(d.kind, DictKind::Environ));
        if is_environ {
            self.check_variable(key, &value)?;
        }
        let hashed = match Key::of(key, &self.heap) {
            Ok(hashed) => hashed,
            Err(crate::object::KeyFault::Unclear) => {
                self.open_dict(id, "an entry under a key that is not known was set");
                self.stored_in(id, std::slice::from_ref(&value));
                return Ok(());
            }
            Err(fault) => return Err(self.key_fault(fault, key)),
        };
        let mut value = self.arrived(value, self.here);
        value.trace = value.trace.decided_by(&key.trace);
        let site = self.here;
        let length = self.heap.dict(id).map_or(0, |d| d.entries.len());
        self.check_size(length)?;
        if let Some(dict) = self.heap.dict_mut(id) {
            dict.set(hashed, key.clone(), value, site);
        }
        Ok(())
    }

    /// An entry under a key that is not known was set or removed: every value may be another.
    pub(crate) fn open_dict(&mut self, id: Id, reason: &str) {
        let Some(dict) = self.heap.dict(id).cloned() else { return };
        let mut open = dict.clone();
        let reason: Rc<str> = reason.into();
        for entry in open.entries.values_mut() {
            let refs = self.refs_of(&[&entry.value]);
            let needs = self.needs_of(&entry.value);
            let unknown = crate::object::Unknown::new(Rc::clone(&reason)).needing(needs).reaching(refs);
            entry.value.kind = Kind::Unknown(Rc::new(unknown));
        }
        open.open = Some(reason);
        if let Some(slot) = self.heap.dict_mut(id) {
            *slot = open;
        }
    }

    /// `del container[key]`
    pub(crate) fn delete_item(&mut self, container: &Value, key: &Value) -> Res<()> {
        let Some(id) = container.id() else {
            if self.is_unclear(container) || !container.is_known() {
                self.changed_unknown(container, &[]);
                return self.may_raise(None, "a deletion of an item", &self.needs_of(container));
            }
            let name = self.type_name(container);
            return Err(self.type_error(format!("'{name}' object doesn't support item deletion")));
        };
        if self.heap.spoilt(id).is_some() {
            self.heap.get_mut(id);
            return self.may_raise(None, "a deletion of an item", &self.needs_of(container));
        }
        match self.heap.get(id) {
            Object::List(_) => self.delete_list_item(id, key),
            Object::Dict(_) => self.delete_dict_item(id, key),
            Object::Instance(_) => {
                match self.call_special(container, "__delitem__", std::slice::from_ref(key))? {
                    Some(_) => Ok(()),
                    None => {
                        let name = self.type_name(container);
                        Err(self.type_error(format!("'{name}' object doesn't support item deletion")))
                    }
                }
            }
            _ => {
                let name = self.type_name(container);
                Err(self.type_error(format!("'{name}' object doesn't support item deletion")))
            }
        }
    }

    fn delete_list_item(&mut self, id: Id, key: &Value) -> Res<()> {
        let length = self.heap.list(id).map_or(0, Vec::len);
        if let Kind::Slice(parts) = &key.kind {
            let gone: std::collections::BTreeSet<usize> =
                self.positions(&Rc::clone(parts), length)?.iter().collect();
            if let Some(list) = self.heap.list_mut(id) {
                let mut at = 0;
                list.retain(|_| {
                    at += 1;
                    !gone.contains(&(at - 1))
                });
            }
            return Ok(());
        }
        if !key.is_known() {
            self.spoil(id, "an item under an index that is not known was deleted");
            return self.may_raise(None, "a deletion of an item", &self.needs_of(key));
        }
        let index = self.item_index(key, "list indices must be integers or slices", "list")?;
        match position(&index, length) {
            Some(at) => {
                if let Some(list) = self.heap.list_mut(id) {
                    list.remove(at);
                }
                Ok(())
            }
            None => Err(self.raise(Type::IndexError, "list assignment index out of range")),
        }
    }

    fn delete_dict_item(&mut self, id: Id, key: &Value) -> Res<()> {
        let hashed = match Key::of(key, &self.heap) {
            Ok(hashed) => hashed,
            Err(crate::object::KeyFault::Unclear) => {
                self.open_dict(id, "an entry under a key that is not known was deleted");
                return self.may_raise(None, "a deletion of an item", &self.needs_of(key));
            }
            Err(fault) => return Err(self.key_fault(fault, key)),
        };
        match self.dict_get(id, key, Fallback::None) {
            Ok(Some(_)) => {}
            Ok(None) => return Err(self.raise_with(Type::KeyError, vec![key.clone()])),
            Err(Stop::Opaque(_)) => self.may_raise(None, "a deletion of an item", &[])?,
            Err(stop) => return Err(stop),
        }
        let gone = self.heap.dict_mut(id).and_then(|dict| dict.entries.shift_remove(&hashed));
        match gone {
            Some(_) => Ok(()),
            // It was found as what may be there.
            None => self.may_raise(None, "a deletion of an item", &[]),
        }
    }

    /// What `os.environ` takes: strings without a NUL, under a name without `=` (`os._Environ.__setitem__`,
    /// `os_putenv_impl` of `posixmodule.c`).
    fn check_variable(&mut self, key: &Value, value: &Value) -> Res<()> {
        for part in [key, value] {
            match self.class_of(part) {
                Some(Type::Str) => {}
                Some(class) => return Err(self.type_error(format!("str expected, not {}", class.name()))),
                None if self.is_unclear(part) => {
                    self.may_raise(None, "an assignment to `os.environ`", &self.needs_of(part))?;
                }
                None => {}
            }
        }
        let name = key.as_str().unwrap_or_default();
        if name.contains('\0') || value.as_str().is_some_and(|v| v.contains('\0')) {
            return Err(self.value_error("embedded null byte"));
        }
        if name.contains('=') {
            return Err(self.value_error("illegal environment variable name"));
        }
        if key.is_known() && name.is_empty() {
            return Err(self.raise_with(Type::OsError, vec![Value::int(22), Value::str("Invalid argument")]));
        }
        Ok(())
    }
}

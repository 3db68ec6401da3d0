//! Loops of which the number of rounds is not known: what a round changes is unknown after it.

use std::rc::Rc;

use crate::object::heap::Spoilt;
use crate::object::{Condition, Heap, Id, Kind, Object, Unknown, Value};

use super::join::same;
use super::{Interp, Res};

/// Why a value is not known after such a loop.
const REASON: &str = "it changes in a loop of which the number of rounds is not known";

impl Interp<'_> {
    /// Joins the state after a round (the present one) to the one before it: whatever differs becomes unknown.
    /// Tells whether that says less than `before` did.
    pub(crate) fn widen(&mut self, before: &Heap) -> Res<bool> {
        let changed: Vec<Id> = self.heap.changed(before).collect();
        self.charge(changed.len() + 1)?;
        let mut lost = false;
        for id in changed {
            if before.has(id) && self.heap.has(id) {
                lost |= self.widen_object(id, before);
            }
        }
        Ok(lost)
    }

    fn widen_object(&mut self, id: Id, before: &Heap) -> bool {
        if let Some(spoilt) = before.spoilt(id) {
            self.heap.spoil(id, Rc::clone(spoilt));
            return false;
        }
        if self.heap.spoilt(id).is_some() {
            return true;
        }
        let (old, new) = (before.get(id).clone(), self.heap.get(id).clone());
        match (&old, &new) {
            (Object::Dict(old), Object::Dict(new)) => {
                let (dict, lost) = self.widen_dict(old, new);
                if let Some(slot) = self.heap.dict_mut(id) {
                    *slot = dict;
                }
                lost
            }
            (Object::List(old), Object::List(new)) if old.len() == new.len() => {
                let mut lost = false;
                let items = old.iter().zip(new).map(|(a, b)| self.widen_value(a, b, &mut lost)).collect();
                if let Some(list) = self.heap.list_mut(id) {
                    *list = items;
                }
                lost
            }
            (Object::Instance(_), Object::Instance(_))
            | (Object::Function(_), Object::Function(_))
            | (Object::Class(_), Object::Class(_))
            | (Object::Module(_), Object::Module(_)) => false,
            _ => {
                self.spoil(id, REASON);
                true
            }
        }
    }

    fn widen_dict(
        &mut self,
        old: &crate::object::Dict,
        new: &crate::object::Dict,
    ) -> (crate::object::Dict, bool) {
        let mut lost = old.open.is_none() && new.open.is_some();
        let mut dict = crate::object::Dict { entries: Default::default(), ..new.clone() };
        dict.open = old.open.clone().or_else(|| new.open.clone());
        let maybe = Condition::words("whether the loop runs at all", Rc::new([]), Default::default());
        for (key, a) in &old.entries {
            let Some(b) = new.entries.get(key) else {
                lost |= a.maybe.is_none();
                dict.entries
                    .insert(key.clone(), crate::object::Entry { maybe: Some(maybe.clone()), ..a.clone() });
                continue;
            };
            let value = self.widen_value(&a.value, &b.value, &mut lost);
            let is_maybe = a.maybe.clone().or_else(|| b.maybe.clone());
            lost |= a.maybe.is_none() && is_maybe.is_some();
            dict.entries.insert(key.clone(), crate::object::Entry { value, maybe: is_maybe, ..b.clone() });
        }
        for (key, b) in new.entries.iter().filter(|(key, _)| !old.entries.contains_key(*key)) {
            lost = true;
            dict.entries
                .insert(key.clone(), crate::object::Entry { maybe: Some(maybe.clone()), ..b.clone() });
        }
        (dict, lost)
    }

    fn widen_value(&mut self, old: &Value, new: &Value, lost: &mut bool) -> Value {
        let trace = old.trace.merge(&new.trace);
        if same(old, new) {
            return Value { trace, ..old.clone() };
        }
        let refs = self.refs_of(&[old, new]);
        if let Kind::Unknown(unknown) = &old.kind {
            *lost |= refs.iter().any(|id| !unknown.refs.contains(id)) && unknown.refs.len() < 8;
            let kind = Kind::Unknown(Rc::new(Unknown { refs, class: None, ..Unknown::clone(unknown) }));
            return Value { kind, site: new.site, trace };
        }
        *lost = true;
        let mut needs = self.needs_of(old).to_vec();
        crate::object::symbolic::add_needs(&mut needs, &self.needs_of(new));
        let unknown = Unknown::new(REASON).needing(needs.into()).reaching(refs);
        Value { kind: Kind::Unknown(Rc::new(unknown)), site: new.site, trace }
    }

    /// Notes that an object's state is not known from here on.
    pub(crate) fn spoil(&mut self, id: Id, reason: &str) {
        let spoilt = Spoilt { reason: reason.into(), needs: Rc::new([]), text: None };
        self.heap.spoil(id, Rc::new(spoilt));
    }
}

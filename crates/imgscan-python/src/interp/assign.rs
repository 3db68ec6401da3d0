//! Assigning and deleting.

use std::rc::Rc;

use crate::object::{Kind, Object, Value};
use crate::source::Site;
use crate::syntax::ir::{Target, TargetKind};

use super::error::Stop;
use super::frame::Frame;
use super::{Interp, Next, Res};

impl Interp<'_> {
    /// `target = value`; `site` is the statement.
    pub(crate) fn assign(&mut self, frame: &mut Frame, target: &Target, value: Value, site: Site) -> Res<()> {
        self.charge(1)?;
        match &target.kind {
            TargetKind::Name(name) => {
                self.bind_name(frame, name, value, site);
                Ok(())
            }
            TargetKind::Attr(object, name) => {
                let object = self.eval(frame, object)?;
                self.here = site;
                self.set_attribute(&object, name, value)
            }
            TargetKind::Item(object, key) => {
                let object = self.eval(frame, object)?;
                let key = self.eval(frame, key)?;
                self.here = site;
                self.set_item(&object, &key, value)
            }
            TargetKind::Unpack { before, star, after } => {
                self.here = target.site;
                let values = self.unpack(&value, before.len(), star.is_some(), after.len())?;
                let mut values = values.into_iter();
                let targets = before.iter().chain(star.iter().map(|s| &**s)).chain(after);
                for target in targets {
                    if let Some(value) = values.next() {
                        self.assign(frame, target, value, site)?;
                    }
                }
                Ok(())
            }
        }
    }

    /// The values for `before`, a star, and `after`.
    fn unpack(&mut self, value: &Value, before: usize, star: bool, after: usize) -> Res<Vec<Value>> {
        let count = before + after;
        let items = match self.unpacked(value, if star { None } else { Some(count) }) {
            Ok(items) => items,
            Err(Stop::Opaque(culprit)) => match self.unpack_choice(value, count) {
                Some(items) if !star => items,
                _ => return self.unpack_unknown(value, &culprit, before, star, after),
            },
            Err(stop) => return Err(stop),
        };
        let items: Vec<Value> = items.into_iter().map(|item| item.also(&value.trace)).collect();
        if !star {
            if items.len() > count {
                return Err(self.value_error(format!("too many values to unpack (expected {count})")));
            }
            if items.len() < count {
                let got = items.len();
                let message = format!("not enough values to unpack (expected {count}, got {got})");
                return Err(self.value_error(message));
            }
            return Ok(items);
        }
        if items.len() < count {
            let got = items.len();
            let message = format!("not enough values to unpack (expected at least {count}, got {got})");
            return Err(self.value_error(message));
        }
        let mut items = items;
        let tail = items.split_off(items.len() - after);
        let middle = items.split_off(before);
        let middle = self.list(middle);
        items.push(middle);
        items.extend(tail);
        Ok(items)
    }

    /// The items of what is unpacked; no more than are needed to see that there are too many.
    fn unpacked(&mut self, value: &Value, most: Option<usize>) -> Res<Vec<Value>> {
        if matches!(value.kind, Kind::Tuple(_))
            || value.id().is_some_and(|id| matches!(self.heap.get(id), Object::List(_)))
        {
            return self.collect(value);
        }
        let iter = match self.iter_of(value) {
            Ok(iter) => iter,
            Err(Stop::Raise(exc)) if self.not_iterable_at_all(value) => {
                let _ = exc;
                let name = self.type_name(value);
                return Err(self.type_error(format!("cannot unpack non-iterable {name} object")));
            }
            Err(stop) => return Err(stop),
        };
        let mut items = Vec::new();
        loop {
            match self.next(&iter)? {
                Next::Item(item) => items.push(item),
                Next::End => return Ok(items),
                Next::Unknown(value) => return Err(Stop::Opaque(Box::new(value))),
            }
            if most.is_some_and(|most| items.len() > most) {
                return Ok(items);
            }
            self.check_size(items.len())?;
        }
    }

    fn not_iterable_at_all(&self, value: &Value) -> bool {
        !self.is_unclear(value)
            && !matches!(value.id().map(|id| self.heap.get(id)), Some(Object::Instance(_)))
    }

    /// The items of one of two tuples, joined one by one; `None` where either has another length.
    fn unpack_choice(&mut self, value: &Value, count: usize) -> Option<Vec<Value>> {
        let Kind::Symbolic(symbolic) = &value.kind else { return None };
        let choice = Rc::clone(symbolic.choice.as_ref()?);
        let mut side = |side: &Value| match &side.kind {
            Kind::Tuple(items) => (items.len() == count).then(|| items.to_vec()),
            _ => self.unpack_choice(side, count),
        };
        let (yes, no) = (side(&choice.yes)?, side(&choice.no)?);
        Some(yes.iter().zip(&no).map(|(a, b)| self.join_values(&choice.condition, a, b)).collect())
    }

    fn unpack_unknown(
        &mut self,
        value: &Value,
        culprit: &Value,
        before: usize,
        star: bool,
        after: usize,
    ) -> Res<Vec<Value>> {
        let text = self.express_at(value, crate::object::Level::Atom);
        let shown = text.clone().unwrap_or_else(|| "unpacking".to_owned());
        let needs = self.needs_of(culprit);
        self.may_raise(None, &shown, &needs)?;
        let count = before + usize::from(star) + after;
        let mut values = Vec::with_capacity(count);
        for at in 0..count {
            let text = match star {
                false => text.as_ref().map(|text| format!("{text}[{at}]")),
                true => None,
            };
            let value = self.opaque(text, crate::object::Level::Atom, None, &[value], culprit);
            values.push(value);
        }
        Ok(values)
    }

    /// `del target`
    pub(crate) fn delete(&mut self, frame: &mut Frame, target: &Target) -> Res<()> {
        match &target.kind {
            TargetKind::Name(name) => {
                self.here = target.site;
                self.delete_name(frame, name)
            }
            TargetKind::Attr(object, name) => {
                let object = self.eval(frame, object)?;
                self.here = target.site;
                self.delete_attribute(&object, &Rc::clone(name))
            }
            TargetKind::Item(object, key) => {
                let object = self.eval(frame, object)?;
                let key = self.eval(frame, key)?;
                self.here = target.site;
                self.delete_item(&object, &key)
            }
            TargetKind::Unpack { before, star, after } => {
                for target in before.iter().chain(star.iter().map(|s| &**s)).chain(after) {
                    self.delete(frame, target)?;
                }
                Ok(())
            }
        }
    }
}

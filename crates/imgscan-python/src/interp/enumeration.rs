//! Enumerations.

use std::rc::Rc;

use crate::object::{Dict, Entry, Id, Key, Object, Type, Value};

use super::error::Stop;
use super::{Args, Interp, Res};

impl Interp<'_> {
    /// Turns the plain names of an `Enum` class into members.
    pub(super) fn make_enum(&mut self, id: Id) -> Res<()> {
        let Object::Class(class) = self.heap.get(id) else { return Ok(()) };
        let names = class.names;
        let dict = self.heap.dict(names).cloned().unwrap_or_default();
        let class_value = Value::object(id);
        let mut members: Vec<(Rc<str>, Value, Value)> = Vec::new();
        for entry in dict.entries.values() {
            let Some(name) = entry.key.as_str() else { continue };
            if name.starts_with('_') || self.is_descriptor(&entry.value) {
                if matches!(name, "_missing_" | "_generate_next_value_" | "__new__" | "_ignore_") {
                    self.give_up_enum(id);
                    return Ok(());
                }
                continue;
            }
            if !entry.value.is_known() || self.is_unclear(&entry.value) || entry.maybe.is_some() {
                self.give_up_enum(id);
                return Ok(());
            }
            members.push((name.into(), entry.value.clone(), entry.value.clone()));
        }
        let mut made: Vec<(Value, Value)> = Vec::new();
        let site = self.here;
        for (name, value, _) in members {
            // A second name of the same value is an alias.
            let mut alias = None;
            for (other, member) in &made {
                if self.equal(other, &value)? {
                    alias = Some(member.clone());
                }
            }
            let member = match alias {
                Some(member) => member,
                None => {
                    let member = self.new_instance(&class_value, None);
                    if let Some(inner) = member.id()
                        && let Object::Instance(instance) = self.heap.get(inner)
                    {
                        let own = instance.names;
                        for key in ["_name_", "name"] {
                            self.bind_in(own, &key.into(), Value::str(Rc::clone(&name)), site);
                        }
                        for key in ["_value_", "value"] {
                            self.bind_in(own, &key.into(), value.clone(), site);
                        }
                    }
                    made.push((value.clone(), member.clone()));
                    member
                }
            };
            self.bind_in(names, &name, member, site);
        }
        Ok(())
    }

    fn give_up_enum(&mut self, id: Id) {
        if let Some(Object::Class(class)) = self.heap.get_mut(id) {
            class.opaque = Some("this enumeration is not followed".into());
        }
    }

    fn is_descriptor(&self, value: &Value) -> bool {
        value.id().is_some_and(|id| {
            matches!(
                self.heap.get(id),
                Object::Function(_) | Object::Property(..) | Object::StaticMethod(_) | Object::ClassMethod(_)
            )
        })
    }

    /// The members with their names, aliases left out.
    fn members(&self, id: Id) -> Res<Vec<(Rc<str>, Value)>> {
        let Object::Class(class) = self.heap.get(id) else { return Ok(Vec::new()) };
        if let Some(reason) = &class.opaque {
            return Err(Stop::Opaque(Box::new(Value::unknown(Rc::clone(reason)))));
        }
        let Some(names) = self.heap.dict(class.names) else { return Ok(Vec::new()) };
        let mut members: Vec<(Rc<str>, Value)> = Vec::new();
        for entry in names.entries.values() {
            let (Some(name), Some(member)) = (entry.key.as_str(), entry.value.id()) else { continue };
            let Object::Instance(instance) = self.heap.get(member) else { continue };
            if instance.class.id() == Some(id) && !members.iter().any(|(_, m)| m.id() == Some(member)) {
                members.push((name.into(), entry.value.clone()));
            }
        }
        Ok(members)
    }

    /// The members of an enumeration, in order.
    pub(crate) fn enum_members(&self, id: Id) -> Res<Vec<Value>> {
        Ok(self.members(id)?.into_iter().map(|(_, member)| member).collect())
    }

    /// `Class.__members__`
    pub(super) fn enum_mapping(&mut self, id: Id) -> Res<Value> {
        let mut dict = Dict::default();
        for (name, member) in self.members(id)? {
            let entry =
                Entry { key: Value::str(Rc::clone(&name)), value: member, site: self.here, maybe: None };
            dict.entries.insert(Key::Str(name), entry);
        }
        Ok(Value::object(self.heap.add(Object::Dict(dict))))
    }

    /// `Class['NAME']`
    pub(super) fn enum_by_name(&mut self, id: Id, key: &Value) -> Res<Value> {
        self.expect_known(key)?;
        let found = self.members(id)?.into_iter().find(|(name, _)| key.as_str() == Some(&**name));
        match found {
            Some((_, member)) => Ok(member),
            None => Err(self.raise_with(Type::KeyError, vec![key.clone()])),
        }
    }

    /// `Class(value)`
    pub(super) fn enum_by_value(&mut self, id: Id, args: Args) -> Res<Value> {
        let wanted = self.only("Enum", args)?;
        self.expect_known(&wanted)?;
        for (_, member) in self.members(id)? {
            if member.id() == wanted.id() && wanted.id().is_some() {
                return Ok(member);
            }
            let value = self.get_attribute(&member, "value")?;
            if self.equal(&value, &wanted)? {
                return Ok(member);
            }
        }
        let name = match self.heap.get(id) {
            Object::Class(class) => Rc::clone(&class.qualname),
            _ => "Enum".into(),
        };
        let shown = self.plain_repr(&wanted)?;
        Err(self.value_error(format!("{shown} is not a valid {name}")))
    }
}

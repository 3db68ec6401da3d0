//! Truth values.

use std::rc::Rc;

use num_traits::Zero;

use crate::object::{Condition, ExternalKind, Kind, Object, Type, Value};

use super::{Interp, Res};

impl Interp<'_> {
    /// `bool(value)`, or the condition on which it hangs.
    pub(crate) fn truth(&mut self, value: &Value) -> Res<Result<bool, Condition>> {
        Ok(match &value.kind {
            Kind::None => Ok(false),
            Kind::NotImplemented | Kind::Ellipsis | Kind::Type(_) | Kind::Native(_) | Kind::Method(_) => {
                Ok(true)
            }
            Kind::Slice(_) | Kind::Path(..) => Ok(true),
            Kind::Bool(b) => Ok(*b),
            Kind::Int(n) => Ok(!n.is_zero()),
            Kind::Float(x) => Ok(*x != 0.0),
            Kind::Str(text) => Ok(!text.is_empty()),
            Kind::Bytes(bytes) => Ok(!bytes.is_empty()),
            Kind::Tuple(items) => Ok(!items.is_empty()),
            Kind::Range(range) => Ok(!super::item::range_length(range).is_zero()),
            Kind::External(external) => match external.kind {
                ExternalKind::Class | ExternalKind::Function => Ok(true),
                ExternalKind::Member(n) => Ok(n != 0),
                ExternalKind::Unclear => {
                    Err(self.unclear_truth(value, &format!("`{}` is true", external.path())))
                }
            },
            Kind::Ref(id) => return self.truth_of_object(value, *id),
            Kind::Symbolic(symbolic) => {
                if let Some(truth) = symbolic.truth() {
                    return Ok(Ok(truth));
                }
                if let Some(choice) = &symbolic.choice {
                    let choice = Rc::clone(choice);
                    return self.truth_of_choice(value, &choice);
                }
                let condition = Condition::expression(
                    Rc::clone(&symbolic.text),
                    symbolic.level,
                    Rc::clone(&symbolic.needs),
                    value.trace.clone(),
                );
                self.assumed(&condition).ok_or(condition)
            }
            Kind::Unknown(unknown) => Err(Condition::words(
                format!("a value that is not known ({})", unknown.reason),
                Rc::clone(&unknown.needs),
                value.trace.clone(),
            )),
        })
    }

    fn unclear_truth(&self, value: &Value, words: &str) -> Condition {
        Condition::words(format!("whether {words}"), self.needs_of(value), value.trace.clone())
    }

    fn truth_of_choice(
        &mut self,
        value: &Value,
        choice: &crate::object::symbolic::Choice,
    ) -> Res<Result<bool, Condition>> {
        match self.assumed(&choice.condition) {
            Some(true) => return self.truth(&choice.yes),
            Some(false) => return self.truth(&choice.no),
            None => {}
        }
        Ok(match (self.truth(&choice.yes)?, self.truth(&choice.no)?) {
            (Ok(a), Ok(b)) if a == b => Ok(a),
            (Ok(true), Ok(_)) => Err(choice.condition.clone()),
            (Ok(false), Ok(_)) => Err(choice.condition.not()),
            (Ok(true), Err(more)) => Err(choice.condition.or(&more)),
            (Ok(false), Err(more)) => Err(choice.condition.not().and(&more)),
            (Err(more), Ok(true)) => Err(choice.condition.not().or(&more)),
            (Err(more), Ok(false)) => Err(choice.condition.and(&more)),
            (Err(_), Err(_)) => Err(match self.express(value) {
                Some((text, level)) => {
                    Condition::expression(text, level, self.needs_of(value), value.trace.clone())
                }
                None => self.unclear_truth(value, "a value is true"),
            }),
        })
    }

    fn truth_of_object(&mut self, value: &Value, id: crate::object::Id) -> Res<Result<bool, Condition>> {
        if let Some(spoilt) = self.heap.spoilt(id) {
            let condition = match &spoilt.text {
                Some((text, level)) => Condition::expression(
                    Rc::clone(text),
                    *level,
                    Rc::clone(&spoilt.needs),
                    value.trace.clone(),
                ),
                None => Condition::words(
                    format!("an object whose state is not known ({})", spoilt.reason),
                    Rc::clone(&spoilt.needs),
                    value.trace.clone(),
                ),
            };
            return Ok(Err(condition));
        }
        Ok(match self.heap.get(id) {
            Object::List(items) => Ok(!items.is_empty()),
            Object::Set(set) => Ok(!set.items.is_empty()),
            Object::View(dict, _) => return self.truth_of_object(value, *dict),
            Object::Dict(dict) => {
                if dict.entries.values().any(|e| e.maybe.is_none()) {
                    Ok(true)
                } else if let Some(reason) = &dict.open {
                    Err(Condition::words(format!("a dict ({reason})"), Rc::new([]), value.trace.clone()))
                } else {
                    let any = dict.entries.values().filter_map(|e| e.maybe.clone());
                    match any.reduce(|a, b| a.or(&b)) {
                        Some(condition) => self.assumed(&condition).ok_or(condition),
                        None => Ok(false),
                    }
                }
            }
            Object::Instance(instance) => {
                if let Some(Kind::Tuple(items)) = instance.args.as_ref().map(|a| &a.kind)
                    && !instance.is_exception(&self.heap)
                {
                    return Ok(Ok(!items.is_empty()));
                }
                for method in ["__bool__", "__len__"] {
                    if let Some(result) = self.call_special(value, method, &[])? {
                        return self.truth(&result);
                    }
                }
                match self.is_opaque_instance(value) {
                    true => Err(self.unclear_truth(value, "an object is true")),
                    false => Ok(true),
                }
            }
            Object::Library(..) => Err(self.unclear_truth(value, "an object is true")),
            _ => Ok(true),
        })
    }

    /// `not value`
    pub(crate) fn not(&mut self, value: &Value) -> Res<Value> {
        let result = match self.truth(value)? {
            Ok(truth) => Value::bool(!truth),
            Err(condition) => self.condition_value(&condition.not()),
        };
        Ok(result.also(&value.trace.harmless()))
    }

    /// A condition as a truth value.
    pub(crate) fn condition_value(&self, condition: &Condition) -> Value {
        let kind = if condition.words {
            let reason = format!("it depends on {}", condition.text);
            let unknown = crate::object::Unknown::new(reason).needing(Rc::clone(&condition.needs));
            Kind::Unknown(Rc::new(crate::object::Unknown { class: Some(Type::Bool), ..unknown }))
        } else {
            let symbolic = crate::object::Symbolic::new(
                Rc::clone(&condition.text),
                condition.level,
                Some(Type::Bool),
                Rc::clone(&condition.needs),
            );
            Kind::Symbolic(Rc::new(symbolic))
        };
        Value::new(kind).traced(condition.trace.harmless())
    }
}

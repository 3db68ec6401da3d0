//! Joining two states and two values.

use std::rc::Rc;

use crate::object::dict::Entry;
use crate::object::heap::Spoilt;
use crate::object::instance::Set;
use crate::object::symbolic::{self, Choice, add_needs};
use crate::object::{Condition, Dict, Heap, Id, Kind, Level, Object, Step, Symbolic, Type, Unknown, Value};

use super::{Interp, Res};

/// Most objects that a value is remembered to reach.
const REFS: usize = 64;

/// Whether two values are the same thing wherever the program could ask.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (&a.kind, &b.kind) {
        (Kind::None, Kind::None)
        | (Kind::NotImplemented, Kind::NotImplemented)
        | (Kind::Ellipsis, Kind::Ellipsis) => true,
        (Kind::Bool(a), Kind::Bool(b)) => a == b,
        (Kind::Int(a), Kind::Int(b)) => a == b,
        (Kind::Float(a), Kind::Float(b)) => a.to_bits() == b.to_bits(),
        (Kind::Str(a), Kind::Str(b)) => a == b,
        (Kind::Bytes(a), Kind::Bytes(b)) => a == b,
        (Kind::Tuple(a), Kind::Tuple(b)) => {
            Rc::ptr_eq(a, b) || a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| same(a, b))
        }
        (Kind::Slice(a), Kind::Slice(b)) => a.iter().zip(b.iter()).all(|(a, b)| same(a, b)),
        (Kind::Range(a), Kind::Range(b)) => a == b,
        (Kind::Type(a), Kind::Type(b)) => a == b,
        (Kind::Native(a), Kind::Native(b)) => std::ptr::eq(*a, *b),
        (Kind::Method(a), Kind::Method(b)) => a.1 == b.1 && same(&a.0, &b.0),
        (Kind::Path(a, x), Kind::Path(b, y)) => a == b && x == y,
        (Kind::Ref(a), Kind::Ref(b)) => a == b,
        (Kind::External(a), Kind::External(b)) => a.module == b.module && a.name == b.name,
        (Kind::Symbolic(a), Kind::Symbolic(b)) => Rc::ptr_eq(a, b) || a.text == b.text && a.class == b.class,
        (Kind::Unknown(a), Kind::Unknown(b)) => Rc::ptr_eq(a, b),
        _ => false,
    }
}

impl Interp<'_> {
    /// Joins the state of the way on which `condition` holds to the present one, on which it does not.
    pub(crate) fn join_heap(&mut self, yes: Heap, condition: &Condition) -> Res<()> {
        self.heap.reserve(yes.len());
        let changed: Vec<Id> = self.heap.changed(&yes).collect();
        self.charge(changed.len())?;
        let mut both = Vec::new();
        for id in changed {
            match (yes.has(id), self.heap.has(id)) {
                (true, false) => self.heap.adopt(id, &yes),
                (true, true) => both.push(id),
                (false, _) => {}
            }
        }
        for id in both {
            self.join_object(id, &yes, condition);
        }
        Ok(())
    }

    fn join_object(&mut self, id: Id, yes: &Heap, condition: &Condition) {
        if let Some(spoilt) = yes.spoilt(id) {
            self.heap.spoil(id, Rc::clone(spoilt));
        }
        let (a, b) = (yes.get(id).clone(), self.heap.get(id).clone());
        let joined = match (&a, &b) {
            (Object::Dict(a), Object::Dict(b)) => Some(Object::Dict(self.join_dicts(condition, a, b))),
            (Object::List(a), Object::List(b)) if a.len() == b.len() => {
                let items = a.iter().zip(b).map(|(a, b)| self.join_values(condition, a, b)).collect();
                Some(Object::List(items))
            }
            (Object::Set(a), Object::Set(b)) if same_elements(a, b) => None,
            (Object::Instance(a), Object::Instance(b)) => match (&a.args, &b.args) {
                (Some(x), Some(y)) => {
                    let args = self.join_values(condition, x, y);
                    Some(Object::Instance(crate::object::instance::Instance {
                        args: Some(args),
                        ..b.clone()
                    }))
                }
                _ => None,
            },
            (Object::Cell(a), Object::Cell(b)) => match (a, b) {
                (Some(a), Some(b)) => Some(Object::Cell(Some(self.join_values(condition, a, b)))),
                _ => Some(Object::Cell(None)),
            },
            (Object::Function(_), Object::Function(_))
            | (Object::Class(_), Object::Class(_))
            | (Object::Module(_), Object::Module(_))
            | (Object::Method(_), Object::Method(_)) => None,
            _ => {
                self.spoil_either(id, yes, condition);
                None
            }
        };
        if let (Some(joined), Some(slot)) = (joined, self.heap.get_mut(id)) {
            *slot = joined;
        }
    }

    /// The object's state differs between the ways in a way that is not kept apart.
    fn spoil_either(&mut self, id: Id, yes: &Heap, condition: &Condition) {
        let value = Value::object(id);
        let no_text = self.express(&value).map(|(text, _)| text);
        let no_heap = std::mem::replace(&mut self.heap, yes.clone());
        let yes_text = self.express(&value).map(|(text, _)| text);
        self.heap = no_heap;
        let text = match (yes_text, no_text) {
            (Some(yes), Some(no)) if !condition.words => {
                let text = choice_text(condition, &yes, &no);
                (text.len() <= symbolic::LONGEST).then(|| (text.into(), Level::Ternary))
            }
            _ => None,
        };
        let reason = format!("it depends on {}", self.in_words(condition)).into();
        let spoilt = Spoilt { reason, needs: Rc::clone(&condition.needs), text };
        self.heap.spoil(id, Rc::new(spoilt));
    }

    fn join_dicts(&mut self, condition: &Condition, yes: &Dict, no: &Dict) -> Dict {
        let mut joined = Dict {
            entries: Default::default(),
            kind: no.kind.clone(),
            open: no.open.clone().or_else(|| yes.open.clone()),
            is_environ: no.is_environ,
        };
        let mut last = None;
        for (key, a) in &yes.entries {
            let entry = match no.entries.get_full(key) {
                Some((at, _, b)) => {
                    if last.is_some_and(|l| l > at) && joined.open.is_none() {
                        joined.open = Some("the order of the entries is not known".into());
                    }
                    last = Some(at);
                    self.join_entries(condition, a, b)
                }
                None => {
                    let maybe = match &a.maybe {
                        Some(more) => condition.and(more),
                        None => condition.clone(),
                    };
                    Entry { maybe: Some(maybe), ..a.clone() }
                }
            };
            joined.entries.insert(key.clone(), entry);
        }
        for (key, b) in no.entries.iter().filter(|(key, _)| !yes.entries.contains_key(*key)) {
            let condition = condition.not();
            let maybe = match &b.maybe {
                Some(more) => condition.and(more),
                None => condition,
            };
            joined.entries.insert(key.clone(), Entry { maybe: Some(maybe), ..b.clone() });
        }
        joined
    }

    fn join_entries(&mut self, condition: &Condition, a: &Entry, b: &Entry) -> Entry {
        let mut value = self.join_values(condition, &a.value, &b.value);
        if a.site != b.site && a.site.is_some() && b.site.is_some() {
            value.trace = value.trace.through(Step::Site(b.site));
        }
        let maybe = match (&a.maybe, &b.maybe) {
            (None, None) => None,
            (Some(x), Some(y)) if x.text == y.text => Some(x.clone()),
            // Bound on both ways where the one way binds it without a condition.
            (None, Some(y)) => Some(condition.or(y)),
            (Some(x), None) => Some(condition.not().or(x)),
            (Some(x), Some(y)) => Some(condition.and(x).or(&condition.not().and(y))),
        };
        Entry { key: a.key.clone(), value, site: a.site, maybe }
    }

    /// `yes if condition else no`
    pub(crate) fn join_values(&mut self, condition: &Condition, yes: &Value, no: &Value) -> Value {
        let trace = yes.trace.merge(&no.trace);
        if same(yes, no) {
            return Value { trace, ..yes.clone() };
        }
        let trace = trace.decided_by(&condition.trace);
        let refs = self.refs_of(&[yes, no]);
        let class = match (self.class_of(yes), self.class_of(no)) {
            (Some(a), Some(b)) if a == b => Some(a),
            _ => None,
        };
        let mut needs = condition.needs.to_vec();
        add_needs(&mut needs, &self.needs_of(yes));
        add_needs(&mut needs, &self.needs_of(no));
        let unknown = |reason: Rc<str>, needs| Unknown { reason, needs, class, refs: Rc::clone(&refs) };
        for side in [yes, no] {
            if let Kind::Unknown(inner) = &side.kind {
                let kind = Kind::Unknown(Rc::new(unknown(Rc::clone(&inner.reason), needs.into())));
                return Value { kind, site: yes.site, trace };
            }
        }
        let texts = (self.express(yes), self.express(no));
        let kind = match texts {
            (Some((a, _)), Some((b, _))) if !condition.words => {
                let text = choice_text(condition, &a, &b);
                if text.len() > symbolic::LONGEST {
                    Kind::Unknown(Rc::new(unknown(
                        "the expression is too long to be followed".into(),
                        needs.into(),
                    )))
                } else {
                    let mut symbolic = Symbolic::new(text, Level::Ternary, class, needs);
                    symbolic.least = least_of(yes).zip(least_of(no)).map(|(a, b)| a.min(b));
                    symbolic.refs = refs;
                    let choice = Choice { condition: condition.clone(), yes: yes.clone(), no: no.clone() };
                    symbolic.choice = Some(Rc::new(choice));
                    Kind::Symbolic(Rc::new(symbolic))
                }
            }
            _ => {
                let reason = format!("it depends on {}", self.in_words(condition)).into();
                Kind::Unknown(Rc::new(unknown(reason, needs.into())))
            }
        };
        Value { kind, site: if yes.site.is_some() { yes.site } else { no.site }, trace }
    }

    fn in_words(&self, condition: &Condition) -> String {
        if condition.words { condition.text.to_string() } else { format!("`{}`", condition.text) }
    }

    /// The heap objects that values are, hold, or may be.
    pub(crate) fn refs_of(&self, values: &[&Value]) -> Rc<[Id]> {
        let mut refs: Vec<Id> = Vec::new();
        for value in values {
            self.add_refs(value, &mut refs, 0);
        }
        refs.into()
    }

    fn add_refs(&self, value: &Value, refs: &mut Vec<Id>, depth: usize) {
        if refs.len() >= REFS || depth > 8 {
            return;
        }
        match &value.kind {
            Kind::Ref(id) if !refs.contains(id) => refs.push(*id),
            Kind::Tuple(items) => items.iter().for_each(|i| self.add_refs(i, refs, depth + 1)),
            Kind::Method(bound) => self.add_refs(&bound.0, refs, depth + 1),
            Kind::Symbolic(s) => s.refs.iter().for_each(|id| {
                if !refs.contains(id) {
                    refs.push(*id)
                }
            }),
            Kind::Unknown(u) => u.refs.iter().for_each(|id| {
                if !refs.contains(id) {
                    refs.push(*id)
                }
            }),
            _ => {}
        }
    }

    /// What a value waits for.
    pub(crate) fn needs_of(&self, value: &Value) -> Rc<[imgscan_model::Need]> {
        match &value.kind {
            Kind::Symbolic(s) => Rc::clone(&s.needs),
            Kind::Unknown(u) => Rc::clone(&u.needs),
            Kind::Ref(id) => {
                self.heap.spoilt(*id).map_or_else(|| Rc::new([]) as Rc<[_]>, |s| Rc::clone(&s.needs))
            }
            Kind::Tuple(items) => {
                let mut needs = Vec::new();
                items.iter().take(64).for_each(|i| add_needs(&mut needs, &self.needs_of(i)));
                needs.into()
            }
            _ => Rc::new([]),
        }
    }
}

fn same_elements(a: &Set, b: &Set) -> bool {
    a.items.len() == b.items.len() && a.items.keys().all(|k| b.items.contains_key(k))
}

/// What a whole number is at least.
pub(crate) fn least_of(value: &Value) -> Option<i64> {
    match &value.kind {
        Kind::Int(n) => i64::try_from(&**n).ok(),
        Kind::Symbolic(s) if s.class == Some(Type::Int) => s.least,
        _ => None,
    }
}

/// `yes if condition else no`, turned round where the condition is a negation.
pub(super) fn choice_text(condition: &Condition, yes: &str, no: &str) -> String {
    let (condition, yes, no) = match condition.text.strip_prefix("not ") {
        Some(_) if condition.level == Level::Not => (condition.not(), no, yes),
        _ => (condition.clone(), yes, no),
    };
    // Only the last of the three operands may be a conditional expression without parentheses.
    let first = if yes.contains(" if ") { format!("({yes})") } else { yes.to_owned() };
    format!("{first} if {} else {no}", condition.at(Level::Or))
}

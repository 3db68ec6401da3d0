//! `match`.

use std::rc::Rc;

use crate::object::{Condition, Key, Kind, Object, Type, Unknown, Value};
use crate::syntax::ir::{Case, CmpOp, Literal, Match, Pattern, Target};

use super::error::Stop;
use super::frame::{Flow, Frame};
use super::{Args, Interp, Res};

/// Whether a pattern matches, or on what that hangs.
type Verdict = Result<bool, Condition>;

impl Interp<'_> {
    /// `match`
    pub(super) fn exec_match(&mut self, frame: &mut Frame, statement: &Match) -> Res<Flow> {
        let subject = self.eval(frame, &statement.subject)?;
        self.match_from(frame, &statement.cases, &subject)
    }

    fn match_from(&mut self, frame: &mut Frame, cases: &[Case], subject: &Value) -> Res<Flow> {
        let Some((case, rest)) = cases.split_first() else { return Ok(Flow::Normal) };
        let mut bound = Vec::new();
        let verdict = self.matches(frame, &case.pattern, subject, &mut bound)?;
        match verdict {
            Ok(false) => {
                let control = self.control.clone();
                self.control = self.control.decided_by(&subject.trace);
                let flow = self.match_from(frame, rest, subject);
                self.control = control;
                flow
            }
            Ok(true) => {
                let control = self.control.clone();
                self.control = self.control.decided_by(&subject.trace);
                let flow = self.run_case(frame, case, rest, subject, bound);
                self.control = control;
                flow
            }
            Err(condition) => {
                self.bind_missing(&case.pattern, subject, &mut bound);
                self.fork_flow(
                    frame,
                    &condition,
                    |interp, frame| interp.run_case(frame, case, rest, subject, bound),
                    |interp, frame| interp.match_from(frame, rest, subject),
                )
            }
        }
    }

    /// The names of a pattern that matches under a condition are all bound where it does; of those that were not
    /// reached the values are not known.
    fn bind_missing<'p>(&self, pattern: &'p Pattern, subject: &Value, bound: &mut Vec<(&'p Target, Value)>) {
        let mut targets = Vec::new();
        pattern.captures(&mut targets);
        for target in targets {
            if !bound.iter().any(|(other, _)| other.is_same_name(target)) {
                let unknown = Unknown::new("what a pattern binds is not known")
                    .needing(self.needs_of(subject))
                    .reaching(self.refs_of(&[subject]));
                let value = Value::new(Kind::Unknown(Rc::new(unknown)));
                bound.push((target, value.traced(subject.trace.clone())));
            }
        }
    }

    fn run_case(
        &mut self,
        frame: &mut Frame,
        case: &Case,
        rest: &[Case],
        subject: &Value,
        bound: Vec<(&Target, Value)>,
    ) -> Res<Flow> {
        for (target, value) in bound {
            self.assign(frame, target, value, target.site)?;
        }
        let Some(guard) = &case.guard else { return self.exec_block(frame, &case.body) };
        let guard = self.eval(frame, guard)?;
        match self.truth(&guard)? {
            Ok(true) => self.exec_block(frame, &case.body),
            Ok(false) => self.match_from(frame, rest, subject),
            Err(condition) => self.fork_flow(
                frame,
                &condition,
                |interp, frame| interp.exec_block(frame, &case.body),
                |interp, frame| interp.match_from(frame, rest, subject),
            ),
        }
    }

    fn matches<'p>(
        &mut self,
        frame: &mut Frame,
        pattern: &'p Pattern,
        subject: &Value,
        bound: &mut Vec<(&'p Target, Value)>,
    ) -> Res<Verdict> {
        self.charge(1)?;
        match pattern {
            Pattern::Capture(target) => {
                if let Some(target) = target {
                    bound.push((target, subject.clone()));
                }
                Ok(Ok(true))
            }
            Pattern::As(inner, target) => {
                let verdict = self.matches(frame, inner, subject, bound)?;
                bound.push((target, subject.clone()));
                Ok(verdict)
            }
            Pattern::Value(expr) => {
                let value = self.eval(frame, expr)?;
                let equal = self.compare(CmpOp::Eq, subject, &value)?;
                self.truth(&equal)
            }
            Pattern::Singleton(literal) => {
                let value = match literal {
                    Literal::Bool(b) => Value::bool(*b),
                    _ => Value::none(),
                };
                let same = self.compare(CmpOp::Is, subject, &value)?;
                self.truth(&same)
            }
            Pattern::Or(alternatives) => {
                let mut unclear: Option<Condition> = None;
                for alternative in alternatives {
                    let mut inner = Vec::new();
                    match self.matches(frame, alternative, subject, &mut inner)? {
                        Ok(false) => {}
                        Ok(true) if unclear.is_none() => {
                            bound.extend(inner);
                            return Ok(Ok(true));
                        }
                        Ok(true) => return Ok(Err(self.unclear_match(subject))),
                        Err(condition) if inner.is_empty() => {
                            unclear = Some(match unclear {
                                Some(before) => before.or(&condition),
                                None => condition,
                            });
                        }
                        Err(_) => return Ok(Err(self.unclear_match(subject))),
                    }
                }
                Ok(match unclear {
                    Some(condition) => Err(condition),
                    None => Ok(false),
                })
            }
            Pattern::Sequence { before, star, after } => {
                self.matches_sequence(frame, before, star.as_ref(), after, subject, bound)
            }
            Pattern::Mapping { keys, rest } => {
                self.matches_mapping(frame, keys, rest.as_ref(), subject, bound)
            }
            Pattern::Class { class, positional, keywords } => {
                let class = self.eval(frame, class)?;
                self.matches_class_pattern(frame, &class, positional, keywords, subject, bound)
            }
        }
    }

    fn unclear_match(&self, subject: &Value) -> Condition {
        self.words("which pattern matches", subject)
    }

    fn matches_all<'p>(
        &mut self,
        frame: &mut Frame,
        pairs: Vec<(&'p Pattern, Value)>,
        bound: &mut Vec<(&'p Target, Value)>,
    ) -> Res<Verdict> {
        let mut unclear: Option<Condition> = None;
        for (pattern, value) in pairs {
            match self.matches(frame, pattern, &value, bound)? {
                Ok(true) => {}
                Ok(false) => return Ok(Ok(false)),
                Err(condition) => {
                    unclear = Some(match unclear {
                        Some(before) => before.and(&condition),
                        None => condition,
                    });
                }
            }
        }
        Ok(match unclear {
            Some(condition) => Err(condition),
            None => Ok(true),
        })
    }

    fn matches_sequence<'p>(
        &mut self,
        frame: &mut Frame,
        before: &'p [Pattern],
        star: Option<&'p Option<Target>>,
        after: &'p [Pattern],
        subject: &Value,
        bound: &mut Vec<(&'p Target, Value)>,
    ) -> Res<Verdict> {
        let items = match &subject.kind {
            Kind::Tuple(items) => items.to_vec(),
            Kind::Range(_) => self.collect(subject)?,
            Kind::Ref(id) if matches!(self.heap.get(*id), Object::List(_)) => match self.list_items(*id) {
                Ok(items) => items,
                Err(Stop::Opaque(_)) => return Ok(Err(self.unclear_match(subject))),
                Err(stop) => return Err(stop),
            },
            _ => match self.tuple_items(subject) {
                Some(items) => items.to_vec(),
                None if !subject.is_known() => {
                    return Ok(match self.class_of(subject) {
                        Some(Type::Str | Type::Int | Type::Float | Type::Bool | Type::None) => Ok(false),
                        _ => Err(self.unclear_match(subject)),
                    });
                }
                None if self.is_unclear(subject) => return Ok(Err(self.unclear_match(subject))),
                None => return Ok(Ok(false)),
            },
        };
        let fixed = before.len() + after.len();
        if items.len() < fixed || star.is_none() && items.len() != fixed {
            return Ok(Ok(false));
        }
        let tail = items.len() - after.len();
        let mut pairs: Vec<(&Pattern, Value)> = before.iter().zip(items.iter().cloned()).collect();
        pairs.extend(after.iter().zip(items.iter().skip(tail).cloned()));
        let verdict = self.matches_all(frame, pairs, bound)?;
        if let Some(Some(target)) = star {
            let middle: Vec<Value> = items.iter().take(tail).skip(before.len()).cloned().collect();
            let middle = self.list(middle);
            bound.push((target, middle));
        }
        Ok(verdict)
    }

    fn matches_mapping<'p>(
        &mut self,
        frame: &mut Frame,
        keys: &'p [(crate::syntax::ir::Expr, Pattern)],
        rest: Option<&'p Target>,
        subject: &Value,
        bound: &mut Vec<(&'p Target, Value)>,
    ) -> Res<Verdict> {
        let id = match subject.id().map(|id| (id, self.heap.get(id))) {
            Some((id, Object::Dict(_))) => id,
            _ if self.is_unclear(subject) => {
                return Ok(match self.class_of(subject) {
                    Some(Type::Str | Type::Int | Type::Float | Type::Bool | Type::None) => Ok(false),
                    _ => Err(self.unclear_match(subject)),
                });
            }
            _ => return Ok(Ok(false)),
        };
        if self.expect_certain(id).is_err() {
            return Ok(Err(self.unclear_match(subject)));
        }
        let mut taken = Vec::new();
        let mut pairs = Vec::new();
        for (key, pattern) in keys {
            let key = self.eval(frame, key)?;
            let hashed = self.key(&key)?;
            match self.heap.dict(id).and_then(|d| d.entries.get(&hashed)) {
                Some(entry) => pairs.push((pattern, entry.value.clone())),
                None => return Ok(Ok(false)),
            }
            taken.push(hashed);
        }
        let verdict = self.matches_all(frame, pairs, bound)?;
        if let Some(target) = rest {
            let mut left = self.heap.dict(id).cloned().unwrap_or_default();
            left.entries.retain(|key: &Key, _| !taken.contains(key));
            left.kind = crate::object::DictKind::Plain;
            left.is_environ = false;
            let value = Value::object(self.heap.add(Object::Dict(left)));
            bound.push((target, value));
        }
        Ok(verdict)
    }

    fn matches_class_pattern<'p>(
        &mut self,
        frame: &mut Frame,
        class: &Value,
        positional: &'p [Pattern],
        keywords: &'p [(std::rc::Rc<str>, Pattern)],
        subject: &Value,
        bound: &mut Vec<(&'p Target, Value)>,
    ) -> Res<Verdict> {
        match self.isinstance(subject, class)? {
            Some(true) => {}
            Some(false) => return Ok(Ok(false)),
            None => return Ok(Err(self.unclear_match(subject))),
        }
        let mut pairs: Vec<(&Pattern, Value)> = Vec::new();
        if let Some(first) = positional.first() {
            if let Kind::Type(_) = class.kind {
                // Builtin classes match themselves.
                pairs.push((first, subject.clone()));
                if positional.len() > 1 {
                    return Err(self.raise_unclear(Type::TypeError));
                }
            } else {
                let names = match self.class_attribute(class, "__match_args__")? {
                    Some(names) => self.collect(&names)?,
                    None => match self.fields_of(subject) {
                        Some((_, fields)) => fields.into_iter().map(|(name, _)| Value::str(name)).collect(),
                        None => return Ok(Err(self.unclear_match(subject))),
                    },
                };
                for (at, pattern) in positional.iter().enumerate() {
                    match names.get(at).and_then(|n| n.as_str().map(str::to_owned)) {
                        Some(name) => {
                            let value = self.get_attribute(subject, &name)?;
                            pairs.push((pattern, value));
                        }
                        None => return Err(self.raise_unclear(Type::TypeError)),
                    }
                }
            }
        }
        for (name, pattern) in keywords {
            match self.find_attribute(subject, name)? {
                Some(value) => pairs.push((pattern, value)),
                None => return Ok(Ok(false)),
            }
        }
        self.matches_all(frame, pairs, bound)
    }

    /// `isinstance(value, class)`; `None` where that is not known.
    pub(crate) fn isinstance(&mut self, value: &Value, class: &Value) -> Res<Option<bool>> {
        if let Kind::Tuple(classes) = &class.kind {
            let mut unclear = false;
            for class in classes.iter() {
                match self.isinstance(value, class)? {
                    Some(true) => return Ok(Some(true)),
                    Some(false) => {}
                    None => unclear = true,
                }
            }
            return Ok(if unclear { None } else { Some(false) });
        }
        match &class.kind {
            Kind::Type(_) => {}
            Kind::Ref(id) if matches!(self.heap.get(*id), Object::Class(_)) => {}
            _ if self.is_unclear(class) => return Ok(None),
            _ => {
                let message = match self.since(3, 10) {
                    true => "isinstance() arg 2 must be a type, a tuple of types, or a union",
                    false => "isinstance() arg 2 must be a type or tuple of types",
                };
                return Err(self.type_error(message));
            }
        }
        if let Some(mine) = self.instance_class(value) {
            return Ok(self.is_subclass(&mine, class));
        }
        if let Some(id) = value.id()
            && let Object::Class(inner) = self.heap.get(id)
        {
            return Ok(match class.kind {
                Kind::Type(Type::Type | Type::Object) => Some(true),
                _ if inner.opaque.is_some() => None,
                Kind::Type(_) => Some(false),
                _ => None,
            });
        }
        match (self.class_of(value), &class.kind) {
            (_, Kind::Type(Type::Object)) => Ok(Some(true)),
            (Some(mine), Kind::Type(wanted)) => Ok(Some(mine.is(*wanted))),
            (Some(_), Kind::Ref(_)) if value.is_known() => Ok(Some(false)),
            _ => Ok(None),
        }
    }

    /// The text that a path may be joined with.
    pub(crate) fn path_text(&self, value: &Value) -> Option<String> {
        match &value.kind {
            Kind::Str(text) => Some(text.to_string()),
            Kind::Path(path, _) => Some(path.to_string()),
            _ => None,
        }
    }

    /// Calls without arguments.
    pub(crate) fn call0(&mut self, callee: &Value) -> Res<Value> {
        self.call(callee, Args::default())
    }
}

//! Expressions.

use std::rc::Rc;

use crate::object::instance::Set;
use crate::object::{Dict, Kind, Level, Object, Piece, Symbolic, Type, Value};
use crate::syntax::ir::{Arg, Call, CmpOp, Element, Expr, ExprKind, FPiece, HolePiece, Literal, Ternary};

use super::error::Stop;
use super::frame::Frame;
use super::{Args, Interp, Res};

/// Entries of a dict display that are evaluated before their keys are hashed (`compiler_dict` of CPython).
const GROUP: usize = 15;

impl Interp<'_> {
    /// An expression's value.
    pub(crate) fn eval(&mut self, frame: &mut Frame, expr: &Expr) -> Res<Value> {
        self.charge(1)?;
        match self.deeper(|interp| interp.eval_inner(frame, expr)) {
            Err(Stop::Opaque(culprit)) => {
                self.here = expr.site;
                let needs = self.needs_of(&culprit);
                if !self.catches.is_empty() {
                    self.may_raise(None, "an expression", &needs)?;
                }
                let refs = self.refs_of(&[&culprit]);
                let reason = match &culprit.kind {
                    Kind::Unknown(unknown) => Rc::clone(&unknown.reason),
                    _ => format!("it hangs on {}", self.why(&culprit)).into(),
                };
                let unknown = crate::object::Unknown::new(reason).needing(needs).reaching(refs);
                let value = Value::new(Kind::Unknown(Rc::new(unknown))).traced(culprit.trace.clone());
                Ok(Value { site: expr.site, ..value })
            }
            other => other,
        }
    }

    fn eval_inner(&mut self, frame: &mut Frame, expr: &Expr) -> Res<Value> {
        match &expr.kind {
            ExprKind::Literal(literal) => Ok(self.literal(literal, expr)),
            ExprKind::Name(name) => {
                self.here = expr.site;
                self.load_name(frame, name)
            }
            ExprKind::Attr(value, name) => {
                let value = self.eval(frame, value)?;
                self.here = expr.site;
                let found = self.get_attribute(&value, name)?;
                Ok(if found.site.is_some() { found } else { Value { site: expr.site, ..found } })
            }
            ExprKind::Item(container, key) => {
                let container = self.eval(frame, container)?;
                let key = self.eval(frame, key)?;
                self.here = expr.site;
                let found = self.get_item(&container, &key)?;
                Ok(if found.site.is_some() { found } else { self.made(found, &[container, key]) })
            }
            ExprKind::Slice(parts) => {
                let mut values = [Value::none(), Value::none(), Value::none()];
                for (slot, part) in values.iter_mut().zip(parts.iter()) {
                    *slot = self.optional(frame, part.as_ref())?;
                }
                let trace = Interp::traces(&values);
                Ok(Value::new(Kind::Slice(Rc::new(values))).traced(trace))
            }
            ExprKind::Call(call) => self.eval_call(frame, call, expr),
            ExprKind::Binary(op, operands) => {
                let [left, right] = &**operands;
                let left = self.eval(frame, left)?;
                let right = self.eval(frame, right)?;
                self.here = expr.site;
                let value = self.binary(*op, &left, &right, false)?;
                Ok(self.made(value, &[left, right]))
            }
            ExprKind::Unary(op, operand) => {
                let operand = self.eval(frame, operand)?;
                self.here = expr.site;
                let value = self.unary(*op, &operand)?;
                Ok(self.made(value, &[operand]))
            }
            ExprKind::Bool(is_and, operands) => self.eval_bool(frame, *is_and, operands),
            ExprKind::Compare(first, rest) => {
                let first = self.eval(frame, first)?;
                self.eval_compare(frame, first, rest, expr)
            }
            ExprKind::Ternary(ternary) => self.eval_ternary(frame, ternary),
            ExprKind::Lambda(inner) => {
                let (code, defaults) = &**inner;
                let in_function = self.is_function_scope(frame);
                self.make_function(frame, code, defaults, in_function)
            }
            ExprKind::Tuple(elements) => {
                let items = self.elements(frame, elements)?;
                Ok(Value { site: expr.site, ..Value::tuple(items) })
            }
            ExprKind::List(elements) => {
                let items = self.elements(frame, elements)?;
                self.check_size(items.len())?;
                Ok(Value { site: expr.site, ..self.list(items) })
            }
            ExprKind::Set(elements) => {
                let mut set = Set::default();
                for item in self.elements(frame, elements)? {
                    let key = self.key(&item)?;
                    set.items.entry(key).or_insert(item);
                }
                Ok(Value { site: expr.site, ..Value::object(self.heap.add(Object::Set(set))) })
            }
            ExprKind::Dict(items) => self.eval_dict(frame, items, expr),
            ExprKind::Comprehension(comprehension) => {
                let value = self.comprehension(frame, comprehension)?;
                Ok(Value { site: expr.site, ..value })
            }
            ExprKind::FString(pieces) => {
                let mut trace = crate::object::Trace::default();
                let pieces = self.f_pieces(frame, pieces, &mut trace)?;
                self.here = expr.site;
                let value = match self.plain_pieces(&pieces) {
                    Ok(text) => Value::str(text),
                    Err(_) => self.of_pieces(pieces)?,
                };
                Ok(Value { site: expr.site, ..value.traced(trace) })
            }
            ExprKind::Walrus(inner) => {
                let (target, value) = &**inner;
                let value = self.eval(frame, value)?;
                self.assign(frame, target, value.clone(), expr.site)?;
                Ok(value)
            }
            ExprKind::Yield(_) | ExprKind::YieldFrom(_) => {
                Err(Stop::Opaque(Box::new(Value::unknown("a `yield` inside an expression is not followed"))))
            }
            ExprKind::Await(inner) => {
                self.eval(frame, inner)?;
                Err(Stop::Opaque(Box::new(Value::unknown("coroutines are not followed"))))
            }
            ExprKind::Unclear(reason) => Ok(Value { site: expr.site, ..Value::unknown(Rc::clone(reason)) }),
        }
    }

    fn literal(&mut self, literal: &Literal, expr: &Expr) -> Value {
        let kind = match literal {
            Literal::None => Kind::None,
            Literal::Ellipsis => Kind::Ellipsis,
            Literal::Bool(b) => Kind::Bool(*b),
            Literal::Int(n) => Kind::Int(Rc::clone(n)),
            Literal::Float(x) => Kind::Float(*x),
            Literal::Str(text) => Kind::Str(Rc::clone(text)),
            Literal::Bytes(bytes) => Kind::Bytes(Rc::clone(bytes)),
            Literal::Holes(pieces) => return self.hole_literal(pieces, expr),
        };
        Value { site: expr.site, ..Value::new(kind) }
    }

    /// A literal with parts of the source that are not known.
    fn hole_literal(&mut self, pieces: &[HolePiece], expr: &Expr) -> Value {
        let unit = usize::from(expr.site.unit).checked_sub(1).and_then(|i| self.units.get(i)).cloned();
        let lone = matches!(pieces, [HolePiece::Hole(_)]);
        let mut parts = Vec::new();
        for piece in pieces {
            match piece {
                HolePiece::Text(text) => parts.push(Piece::Text(Rc::clone(text))),
                HolePiece::Hole(index) => {
                    let Some(opaque) = unit.as_ref().and_then(|u| u.hole(*index)) else { continue };
                    if let Some(reason) = &opaque.reason {
                        let unknown =
                            crate::object::Unknown::new(reason.as_str()).needing(opaque.needs.clone().into());
                        return Value { site: expr.site, ..Value::new(Kind::Unknown(Rc::new(unknown))) };
                    }
                    // A bare number in the place of an expression; a word there could be anything.
                    let source = unit.as_ref().map_or("", |u| u.code());
                    let quoted = source
                        .get(expr.site.start as usize..expr.site.end as usize)
                        .is_some_and(|text| text.contains(['\'', '"']));
                    if lone && !quoted {
                        return match opaque.shape {
                            imgscan_model::Shape::Number => {
                                let class = Some(Type::Int);
                                let symbolic = Symbolic::new(
                                    opaque.text.as_str(),
                                    Level::Atom,
                                    class,
                                    opaque.needs.clone(),
                                );
                                Value { site: expr.site, ..Value::symbolic(symbolic) }
                            }
                            _ => Value {
                                site: expr.site,
                                ..Value::unknown("a part of the source is not known")
                            },
                        };
                    }
                    parts.push(Piece::Hole {
                        text: opaque.text.as_str().into(),
                        level: Level::Atom,
                        shape: opaque.shape,
                        needs: opaque.needs.clone().into(),
                    });
                }
            }
        }
        Value { site: expr.site, ..Value::symbolic(Symbolic::of_pieces(parts)) }
    }

    fn elements(&mut self, frame: &mut Frame, elements: &[Element]) -> Res<Vec<Value>> {
        let mut items = Vec::with_capacity(elements.len());
        for element in elements {
            let value = self.eval(frame, &element.value)?;
            if element.starred {
                self.here = element.value.site;
                let collected = match self.collect(&value) {
                    Err(Stop::Raise(_))
                        if !self.is_unclear(&value) && self.find_special(&value, "__iter__")?.is_none() =>
                    {
                        let name = self.type_name(&value);
                        return Err(match self.since(3, 9) {
                            true => self.type_error(format!("Value after * must be an iterable, not {name}")),
                            false => self.type_error(format!("'{name}' object is not iterable")),
                        });
                    }
                    other => other?,
                };
                items.extend(collected);
            } else {
                items.push(value);
            }
            self.check_size(items.len())?;
        }
        let control = &self.control;
        if !control.is_empty() {
            for item in &mut items {
                item.trace = item.trace.decided_by(control);
            }
        }
        Ok(items)
    }

    fn eval_dict(&mut self, frame: &mut Frame, items: &[(Option<Expr>, Expr)], expr: &Expr) -> Res<Value> {
        let mut dict = Dict::default();
        // Keys are hashed once all entries of a group are evaluated, as the compiler groups them.
        let mut group: Vec<(Value, Value)> = Vec::new();
        for (key, value) in items {
            let Some(key) = key else {
                self.put_entries(&mut dict, std::mem::take(&mut group), expr)?;
                let value = self.eval(frame, value)?;
                self.here = expr.site;
                self.merge_mapping(&mut dict, &value)?;
                continue;
            };
            let key = self.eval(frame, key)?;
            let value = self.eval(frame, value)?;
            group.push((key, value));
            if group.len() > GROUP {
                self.put_entries(&mut dict, std::mem::take(&mut group), expr)?;
            }
        }
        self.put_entries(&mut dict, group, expr)?;
        self.check_size(dict.entries.len())?;
        Ok(Value { site: expr.site, ..Value::object(self.heap.add(Object::Dict(dict))) })
    }

    fn put_entries(&mut self, dict: &mut Dict, entries: Vec<(Value, Value)>, expr: &Expr) -> Res<()> {
        self.here = expr.site;
        for (key, value) in entries {
            let mut value = self.arrived(value, expr.site);
            value.trace = value.trace.decided_by(&key.trace);
            match self.key(&key) {
                Ok(hashed) => dict.set(hashed, key, value, expr.site),
                Err(Stop::Opaque(culprit)) => {
                    let reason = format!("a key of the dict is not known ({})", self.why(&culprit));
                    dict.open = Some(reason.into());
                    for entry in dict.entries.values_mut() {
                        entry.value = Value::unknown("a key of the dict is not known");
                    }
                }
                Err(stop) => return Err(stop),
            }
        }
        Ok(())
    }

    /// Why a value is not known, in words.
    pub(crate) fn why(&self, value: &Value) -> String {
        match &value.kind {
            Kind::Unknown(unknown) => unknown.reason.to_string(),
            Kind::Symbolic(symbolic) => format!("`{}`", symbolic.text),
            _ => "it is not modelled".to_owned(),
        }
    }

    /// `{**mapping}`
    fn merge_mapping(&mut self, dict: &mut Dict, mapping: &Value) -> Res<()> {
        match mapping.id().map(|id| (id, self.heap.get(id))) {
            Some((id, Object::Dict(other))) => {
                let other = other.clone();
                match self.expect_certain(id) {
                    Ok(()) => {}
                    Err(Stop::Opaque(culprit)) => {
                        dict.open = Some(self.why(&culprit).into());
                        for entry in dict.entries.values_mut() {
                            entry.value = Value::unknown("a merged dict may have the key as well");
                        }
                        return Ok(());
                    }
                    Err(stop) => return Err(stop),
                }
                for (key, entry) in other.entries {
                    let value = entry.value.also(&mapping.trace);
                    dict.set(key, entry.key, value, entry.site);
                }
                Ok(())
            }
            _ if self.is_unclear(mapping) => {
                let why = self.why(mapping);
                for entry in dict.entries.values_mut() {
                    entry.value = Value::unknown("a merged mapping may have the key as well");
                }
                dict.open = Some(why.as_str().into());
                // Only a mapping can be merged.
                self.may_raise(None, &format!("{{**{}}}", why.trim_matches('`')), &[])
            }
            _ => {
                let name = self.type_name(mapping);
                Err(self.type_error(format!("'{name}' object is not a mapping")))
            }
        }
    }

    fn eval_bool(&mut self, frame: &mut Frame, is_and: bool, operands: &[Expr]) -> Res<Value> {
        let Some((first, rest)) = operands.split_first() else { return Ok(Value::none()) };
        let value = self.eval(frame, first)?;
        if rest.is_empty() {
            return Ok(value);
        }
        match self.truth(&value)? {
            // `and` goes on where the operand is true, `or` where it is false.
            Ok(truth) if truth == is_and => {
                let control = self.control.clone();
                self.control = self.control.decided_by(&value.trace);
                let next = self.eval_bool(frame, is_and, rest);
                self.control = control;
                let next = next?;
                self.default_of_read(&value, &next, is_and);
                let trace = next.trace.decided_by(&value.trace);
                Ok(next.traced(trace))
            }
            Ok(_) => {
                self.default_behind(&value, rest, is_and);
                Ok(value)
            }
            Err(condition) => {
                if is_and {
                    let kept = value.clone();
                    self.fork_value(
                        frame,
                        &condition,
                        |interp, frame| interp.eval_bool(frame, is_and, rest),
                        |_, _| Ok(kept),
                    )
                    .map(|joined| self.as_operation(is_and, &value, joined))
                } else {
                    let kept = value.clone();
                    self.fork_value(
                        frame,
                        &condition,
                        |_, _| Ok(kept),
                        |interp, frame| interp.eval_bool(frame, is_and, rest),
                    )
                    .map(|joined| self.as_operation(is_and, &value, joined))
                }
            }
        }
    }

    /// `a or b` reads better than `a if a else b`.
    fn as_operation(&self, is_and: bool, first: &Value, joined: Value) -> Value {
        let Kind::Symbolic(symbolic) = &joined.kind else { return joined };
        let Some(choice) = &symbolic.choice else { return joined };
        let (kept, other) = if is_and { (&choice.no, &choice.yes) } else { (&choice.yes, &choice.no) };
        if !super::join::same(kept, first) {
            return joined;
        }
        let (word, level, tighter) = match is_and {
            true => ("and", Level::And, Level::Not),
            false => ("or", Level::Or, Level::And),
        };
        match (self.express_at(first, level), self.express_at(other, tighter)) {
            (Some(a), Some(b)) => {
                let text = format!("{a} {word} {b}");
                let inner = Symbolic { text: text.into(), level, ..Symbolic::clone(symbolic) };
                Value { kind: Kind::Symbolic(Rc::new(inner)), ..joined }
            }
            _ => joined,
        }
    }

    fn eval_compare(
        &mut self,
        frame: &mut Frame,
        left: Value,
        rest: &[(CmpOp, Expr)],
        expr: &Expr,
    ) -> Res<Value> {
        let Some(((op, right), more)) = rest.split_first() else { return Ok(left) };
        let right = self.eval(frame, right)?;
        self.here = expr.site;
        let mut result = self.compare(*op, &left, &right)?;
        if matches!(op, CmpOp::In | CmpOp::NotIn) {
            result = self.noted_membership(result, &left, &right);
        }
        let result = self.made(result, &[left, right.clone()]);
        if more.is_empty() {
            return Ok(result);
        }
        match self.truth(&result)? {
            Ok(false) => Ok(result),
            Ok(true) => {
                let next = self.eval_compare(frame, right, more, expr)?;
                let trace = next.trace.merge(&result.trace);
                Ok(next.traced(trace))
            }
            Err(condition) => {
                let kept = result.clone();
                self.fork_value(
                    frame,
                    &condition,
                    |interp, frame| interp.eval_compare(frame, right, more, expr),
                    |_, _| Ok(kept),
                )
                .map(|joined| self.as_operation(true, &result, joined))
            }
        }
    }

    fn eval_ternary(&mut self, frame: &mut Frame, ternary: &Ternary) -> Res<Value> {
        let test = self.eval(frame, &ternary.test)?;
        match self.truth(&test)? {
            Ok(truth) => {
                let control = self.control.clone();
                self.control = self.control.decided_by(&test.trace);
                let value = self.eval(frame, if truth { &ternary.yes } else { &ternary.no });
                self.control = control;
                let value = value?;
                let trace = value.trace.decided_by(&test.trace);
                Ok(value.traced(trace))
            }
            Err(condition) => self.fork_value(
                frame,
                &condition,
                |interp, frame| interp.eval(frame, &ternary.yes),
                |interp, frame| interp.eval(frame, &ternary.no),
            ),
        }
    }

    fn eval_call(&mut self, frame: &mut Frame, call: &Call, expr: &Expr) -> Res<Value> {
        let callee = self.eval(frame, &call.func)?;
        let args = self.arguments(frame, &call.args, &callee)?;
        self.here = expr.site;
        if let Kind::Native(native) = &callee.kind
            && let Some(result) = crate::builtins::with_frame(self, frame, native, &args)?
        {
            return Ok(result);
        }
        if matches!(callee.kind, Kind::Type(Type::Super)) {
            return self.make_super(frame, &args);
        }
        let value = self.call(&callee, args)?;
        self.here = expr.site;
        Ok(if value.site.is_some() { value } else { Value { site: expr.site, ..value } })
    }

    /// The arguments of a call or the bases of a class.
    pub(crate) fn arguments(&mut self, frame: &mut Frame, args: &[Arg], callee: &Value) -> Res<Args> {
        let mut out = Args::default();
        for arg in args {
            match arg {
                Arg::Positional(expr) => {
                    let value = self.eval(frame, expr)?;
                    match out.open {
                        // Its position is not known.
                        Some(_) => out.open = Some(self.lost_iterator(&[&value])),
                        None => out.positional.push(value),
                    }
                }
                Arg::Starred(expr) => {
                    let value = self.eval(frame, expr)?;
                    self.here = expr.site;
                    match self.collect(&value) {
                        Ok(items) => {
                            out.positional.extend(items.into_iter().map(|item| item.also(&value.trace)))
                        }
                        Err(Stop::Opaque(culprit)) => out.open = Some(*culprit),
                        Err(Stop::Raise(_)) if self.is_plainly_not_iterable(&value) => {
                            // Beside other arguments it extends a list of them (`LIST_EXTEND` of CPython).
                            if self.since(3, 9)
                                && args
                                    .iter()
                                    .filter(|a| matches!(a, Arg::Positional(_) | Arg::Starred(_)))
                                    .count()
                                    > 1
                            {
                                let name = self.type_name(&value);
                                let words = format!("Value after * must be an iterable, not {name}");
                                return Err(self.type_error(words));
                            }
                            return Err(self.star_error(callee, &value, "*", "an iterable"));
                        }
                        Err(stop) => return Err(stop),
                    }
                }
                Arg::Keyword(name, expr) => {
                    let value = self.eval(frame, expr)?;
                    out.keywords.push((Rc::clone(name), value));
                }
                Arg::DoubleStarred(expr) => {
                    let value = self.eval(frame, expr)?;
                    self.here = expr.site;
                    self.double_starred(&mut out, callee, &value)?;
                }
            }
        }
        Ok(out)
    }

    fn is_plainly_not_iterable(&self, value: &Value) -> bool {
        matches!(
            value.kind,
            Kind::None
                | Kind::Int(_)
                | Kind::Float(_)
                | Kind::Bool(_)
                | Kind::Ellipsis
                | Kind::Type(_)
                | Kind::Native(_)
        )
    }

    fn star_error(&mut self, callee: &Value, value: &Value, star: &str, wanted: &str) -> Stop {
        let name = self.type_name(value);
        let function = match callee.id().map(|id| self.heap.get(id)) {
            Some(Object::Function(function)) => match (&function.module, self.since(3, 9)) {
                (Some(module), true) => format!("{module}.{}", function.code.qualname),
                (_, false) => function.code.name.to_string(),
                (None, true) => return self.raise_unclear(Type::TypeError),
            },
            _ => return self.raise_unclear(Type::TypeError),
        };
        self.type_error(format!("{function}() argument after {star} must be {wanted}, not {name}"))
    }

    fn double_starred(&mut self, out: &mut Args, callee: &Value, value: &Value) -> Res<()> {
        match value.id().map(|id| (id, self.heap.get(id))) {
            Some((id, Object::Dict(dict))) => {
                let dict = dict.clone();
                if let Err(Stop::Opaque(culprit)) = self.expect_certain(id) {
                    out.open = Some(*culprit);
                    return Ok(());
                }
                for entry in dict.entries.values() {
                    let Some(name) = entry.key.as_str() else {
                        return Err(self.type_error("keywords must be strings"));
                    };
                    if out.keywords.iter().any(|(n, _)| **n == *name) {
                        return Err(self.raise_unclear(Type::TypeError));
                    }
                    out.keywords.push((name.into(), entry.value.clone().also(&value.trace)));
                }
                Ok(())
            }
            _ if self.is_unclear(value) => {
                out.open = Some(value.clone());
                Ok(())
            }
            _ => Err(self.star_error(callee, value, "**", "a mapping")),
        }
    }

    fn f_pieces(
        &mut self,
        frame: &mut Frame,
        pieces: &[FPiece],
        trace: &mut crate::object::Trace,
    ) -> Res<Vec<Piece>> {
        let mut out = Vec::new();
        let mut size = 0;
        for piece in pieces {
            match piece {
                FPiece::Literal(Literal::Str(text)) => out.push(Piece::Text(Rc::clone(text))),
                FPiece::Literal(Literal::Holes(inner)) => {
                    let expr =
                        Expr { site: self.here, kind: ExprKind::Literal(Literal::Holes(Rc::clone(inner))) };
                    let value = self.hole_literal(inner, &expr);
                    match &value.kind {
                        Kind::Symbolic(symbolic) => out.extend(symbolic.to_pieces()),
                        _ => return Err(Stop::Opaque(Box::new(value))),
                    }
                }
                FPiece::Literal(_) => {}
                FPiece::Value { value, conversion, spec, debug } => {
                    if let Some(debug) = debug {
                        out.push(Piece::Text(Rc::clone(debug)));
                    }
                    let site = value.site;
                    let value = self.eval(frame, value)?;
                    *trace = trace.merge(&value.trace);
                    if value.site.is_some() && !site.covers(value.site) {
                        *trace = trace.through(crate::object::Step::Site(value.site));
                    }
                    let spec = match spec {
                        Some(spec) => {
                            let pieces = self.f_pieces(frame, spec, trace)?;
                            self.plain_pieces(&pieces)?
                        }
                        None => String::new(),
                    };
                    self.here = site;
                    let plain = conversion.is_none() && spec.is_empty();
                    let conversion = if debug.is_some() && plain { Some('r') } else { *conversion };
                    let formatted = self.f_value(&value, conversion, &spec)?;
                    size += Piece::known_length(&formatted);
                    self.check_size(size)?;
                    out.extend(formatted);
                }
            }
        }
        Ok(out)
    }

    /// A value inside an f-string; one that is not known stays an expression.
    fn f_value(&mut self, value: &Value, conversion: Option<char>, spec: &str) -> Res<Vec<Piece>> {
        match self.formatted(value, conversion, spec) {
            Err(Stop::Opaque(culprit)) => match (&value.kind, self.express(value)) {
                (Kind::Symbolic(symbolic), Some((text, _))) => {
                    // A call, so that it is an expression outside of the string too.
                    let converted = match conversion {
                        Some('r') => format!("repr({text})"),
                        Some('a') => format!("ascii({text})"),
                        Some(_) => format!("str({text})"),
                        None => text,
                    };
                    let text = match spec.is_empty() {
                        true if conversion.is_some() => converted,
                        true => format!("format({converted})"),
                        false => format!("format({converted}, {})", crate::format::repr::quoted(spec)),
                    };
                    Ok(vec![Piece::Hole {
                        text: text.into(),
                        level: Level::Atom,
                        shape: imgscan_model::Shape::Any,
                        needs: Rc::clone(&symbolic.needs),
                    }])
                }
                _ => Err(Stop::Opaque(culprit)),
            },
            other => other,
        }
    }
}

//! Calls.

use std::rc::Rc;

use crate::builtins;
use crate::methods;
use crate::object::instance::GeneratorState;
use crate::object::{ExternalKind, Id, Kind, Level, Object, Type, Value};

use super::error::Stop;
use super::{Args, Interp, Res};

/// What is called, once it is looked at.
pub(crate) enum Callable {
    Function(Id),
    Bound { function: Value, this: Value },
    Class(Id),
    Partial { function: Value, args: Rc<[Value]>, keywords: Rc<[(Rc<str>, Value)]> },
    Instance,
    Other,
}

impl Interp<'_> {
    /// `callee(*args)`
    pub(crate) fn call(&mut self, callee: &Value, args: Args) -> Res<Value> {
        self.charge(1)?;
        self.deeper(|interp| interp.call_inner(callee, args))
    }

    fn call_inner(&mut self, callee: &Value, args: Args) -> Res<Value> {
        match &callee.kind {
            Kind::Native(native) => {
                let shown = match native.module {
                    "builtins" => native.name.to_owned(),
                    module => format!("{module}.{}", native.name),
                };
                let class = builtins::result_class_of(self, native.module, native.name, &args);
                let call = native.call;
                self.guarded(Some(shown), args, class, &mut |interp, args| call(interp, args))
            }
            Kind::Type(class) => {
                let class = *class;
                let result = builtins::constructed_class(class);
                self.guarded(Some(class.name().to_owned()), args, result, &mut |interp, args| {
                    builtins::construct(interp, class, args)
                })
            }
            Kind::Method(bound) => self.call_method(&bound.0.clone(), &bound.1.clone(), args),
            Kind::Ref(id) => self.call_object(callee, *id, args),
            Kind::External(external) => {
                let external = Rc::clone(external);
                self.call_external(&external, args)
            }
            Kind::Symbolic(symbolic) => match &symbolic.choice {
                Some(choice) => {
                    let choice = Rc::clone(choice);
                    let mut context = args;
                    self.fork_call(&choice, &mut context)
                }
                None => self.call_unknown(callee, args),
            },
            Kind::Unknown(_) => self.call_unknown(callee, args),
            _ => {
                let name = self.type_name(callee);
                Err(self.type_error(format!("'{name}' object is not callable")))
            }
        }
    }

    fn fork_call(&mut self, choice: &crate::object::symbolic::Choice, args: &mut Args) -> Res<Value> {
        match self.assumed(&choice.condition) {
            Some(true) => return self.call(&choice.yes, args.clone()),
            Some(false) => return self.call(&choice.no, args.clone()),
            None => {}
        }
        let forked = self.fork(
            args,
            &choice.condition,
            |interp, args| interp.call(&choice.yes, args.clone()),
            |interp, args| interp.call(&choice.no, args.clone()),
        )?;
        self.join_forked(forked, &choice.condition)
    }

    fn call_object(&mut self, callee: &Value, id: Id, args: Args) -> Res<Value> {
        let callable = match self.heap.get(id) {
            Object::Function(_) => Callable::Function(id),
            Object::Method(method) => {
                Callable::Bound { function: method.function.clone(), this: method.this.clone() }
            }
            Object::Class(_) => Callable::Class(id),
            Object::Partial { function, args, keywords } => Callable::Partial {
                function: function.clone(),
                args: Rc::clone(args),
                keywords: Rc::clone(keywords),
            },
            // Callable itself since 3.10.
            Object::StaticMethod(inner) => Callable::Bound { function: inner.clone(), this: Value::none() },
            Object::Instance(_) => Callable::Instance,
            _ => Callable::Other,
        };
        match callable {
            Callable::Function(id) => self.call_function(id, args),
            Callable::Bound { function, .. } if matches!(self.heap.get(id), Object::StaticMethod(_)) => {
                self.call(&function, args)
            }
            Callable::Bound { function, this } => {
                let mut args = args;
                args.positional.insert(0, this);
                self.call(&function, args)
            }
            Callable::Class(id) => self.instantiate(id, args),
            Callable::Partial { function, args: first, keywords } => {
                let mut all =
                    Args { positional: first.to_vec(), keywords: keywords.to_vec(), open: args.open };
                all.positional.extend(args.positional);
                for (name, value) in args.keywords {
                    match all.keywords.iter_mut().find(|(n, _)| *n == name) {
                        Some((_, slot)) => *slot = value,
                        None => all.keywords.push((name, value)),
                    }
                }
                self.call(&function, all)
            }
            Callable::Instance => match self.find_special(callee, "__call__")? {
                Some(function) => {
                    let mut args = args;
                    args.positional.insert(0, callee.clone());
                    self.call(&function, args)
                }
                None => self.not_callable(callee, args),
            },
            Callable::Other => match crate::stdlib::call_library(self, id, &args) {
                Some(result) => self.library_result(callee, args, result),
                None => self.not_callable(callee, args),
            },
        }
    }

    /// The result of calling a model's object, which may not be able to do without a value.
    fn library_result(&mut self, callee: &Value, args: Args, result: Res<Value>) -> Res<Value> {
        let here = self.here;
        match Interp::or_opaque(result)? {
            Ok(value) => {
                let operands: Vec<Value> = args.values().cloned().collect();
                Ok(if value.site.is_some() { value } else { self.made(value, &operands) })
            }
            Err(culprit) => {
                self.here = here;
                let needs = self.needs_of(&culprit);
                let name = match callee.id().map(|id| self.heap.get(id)) {
                    Some(Object::Library(kind, _)) => kind.to_string(),
                    _ => String::new(),
                };
                self.may_raise(None, &format!("{name}(…)"), &needs)?;
                let value = self.opaque_call(None, &args, None, &culprit);
                Ok(self.made(value, &[]))
            }
        }
    }

    fn not_callable(&mut self, callee: &Value, args: Args) -> Res<Value> {
        if self.is_unclear(callee) {
            return self.call_unknown(callee, args);
        }
        let name = self.type_name(callee);
        Err(self.type_error(format!("'{name}' object is not callable")))
    }

    /// Runs a builtin. Where it meets a value it cannot do without, it runs for each of the two it may be, or its
    /// result is an expression.
    fn guarded(
        &mut self,
        shown: Option<String>,
        args: Args,
        class: Option<Type>,
        builtin: &mut dyn FnMut(&mut Self, Args) -> Res<Value>,
    ) -> Res<Value> {
        let here = self.here;
        let trace = args.trace();
        let values: Vec<Value> =
            args.positional.iter().chain(args.keywords.iter().map(|(_, v)| v)).cloned().collect();
        let names: Vec<Rc<str>> = args.keywords.iter().map(|(name, _)| Rc::clone(name)).collect();
        let count = args.positional.len();
        let open = args.open.clone();
        let result = self.apart(&values, &mut |interp, values| {
            let positional = values.iter().take(count).cloned().collect();
            let keywords = names.iter().cloned().zip(values.iter().skip(count).cloned()).collect();
            builtin(interp, Args { positional, keywords, open: open.clone() })
        });
        self.here = here;
        match Interp::or_opaque(result)? {
            Ok(mut value) => {
                let trace = if harmless_result(shown.as_deref(), &value) { trace.harmless() } else { trace };
                if !(value.site.is_some() && value.id().is_some()) {
                    value = self.made(value, &values);
                }
                Ok(value.also(&trace))
            }
            Err(culprit) => {
                let name = shown.unwrap_or_default();
                if builtins::may_raise(self, &name, &args) {
                    let text = self.opaque_call(Some(name.clone()), &args, class, &culprit);
                    let words = self.express(&text).map_or_else(|| format!("{name}(…)"), |(text, _)| text);
                    let needs = self.needs_of(&culprit);
                    let exception = builtins::raised_by(self, &name, &args)
                        .map(|class| self.exception(class, vec![Value::unknown("its words")]));
                    self.may_raise(exception, &words, &needs)?;
                }
                if builtins::calls_back(&name) {
                    let values: Vec<Value> = args.values().cloned().collect();
                    self.escape(&values, &format!("it was given to `{name}`"))?;
                }
                let value = self.opaque_call(Some(name), &args, class, &culprit);
                Ok(self.made(value, &values))
            }
        }
    }

    /// A value that the expression at hand made: it remembers which of its operands come from elsewhere.
    pub(crate) fn made(&self, mut value: Value, operands: &[Value]) -> Value {
        for operand in operands {
            if operand.site.is_some() && !self.here.covers(operand.site) {
                value.trace = value.trace.through(crate::object::Step::Site(operand.site));
            }
        }
        value.site = self.here;
        value
    }

    /// `this.name(*args)` of a builtin class.
    pub(crate) fn call_method(&mut self, this: &Value, name: &Rc<str>, mut args: Args) -> Res<Value> {
        let mut this = this.clone();
        if let Kind::Type(class) = this.kind
            && !methods::is_static(class, name)
            && class != Type::Type
        {
            if args.positional.is_empty() {
                if let Some(open) = args.open {
                    return Err(Stop::Opaque(Box::new(open)));
                }
                let class = class.name();
                let message = format!("unbound method {class}.{name}() needs an argument");
                return Err(self.type_error(message));
            }
            this = args.positional.remove(0);
            if !self.class_of(&this).is_some_and(|c| c.is(class))
                && this.is_known()
                && !self.is_unclear(&this)
            {
                return Err(self.raise_unclear(Type::TypeError));
            }
        }
        let class = self.class_of(&this);
        let mutates = this.id().is_some() && class.is_some_and(|c| methods::changes(c, name));
        if mutates {
            let control = self.control.clone();
            for value in args.positional.iter_mut().chain(args.keywords.iter_mut().map(|(_, v)| v)) {
                value.trace = value.trace.decided_by(&control);
            }
        }
        let shown = self.express_at(&this, Level::Atom).map(|text| format!("{text}.{name}"));
        let result_class = class.and_then(|c| methods::result_class(c, name));
        let mut with_this = args;
        with_this.positional.insert(0, this.clone());
        let here = self.here;
        let trace = with_this.trace();
        let operands: Vec<Value> =
            with_this.positional.iter().chain(with_this.keywords.iter().map(|(_, v)| v)).cloned().collect();
        let names: Vec<Rc<str>> = with_this.keywords.iter().map(|(name, _)| Rc::clone(name)).collect();
        let count = with_this.positional.len();
        let open = with_this.open.clone();
        let result = self.apart(&operands, &mut |interp, values| {
            let Some(this) = values.first() else { return Ok(Value::none()) };
            let positional = values.iter().take(count).skip(1).cloned().collect();
            let keywords = names.iter().cloned().zip(values.iter().skip(count).cloned()).collect();
            methods::call(interp, this, name, Args { positional, keywords, open: open.clone() })
        });
        self.here = here;
        match Interp::or_opaque(result)? {
            Ok(value) => {
                let trace = if harmless_result(None, &value) { trace.harmless() } else { trace };
                let value = if value.site.is_some() && value.id().is_some() {
                    value
                } else {
                    self.made(value, &operands)
                };
                Ok(value.also(&trace))
            }
            Err(culprit) => {
                if mutates && let Some(id) = this.id() {
                    self.changed_somehow(id, &format!("`{name}` was called with a value that is not known"));
                    let rest: Vec<Value> = operands.iter().skip(1).cloned().collect();
                    self.stored_in(id, &rest);
                }
                let args = Args {
                    positional: with_this.positional.into_iter().skip(1).collect(),
                    keywords: with_this.keywords,
                    open: with_this.open,
                };
                if !class.is_some_and(|c| methods::never_raises(self, c, name, &args)) {
                    let words =
                        shown.clone().map_or_else(|| format!("….{name}(…)"), |text| format!("{text}(…)"));
                    let needs = self.needs_of(&culprit);
                    self.may_raise(None, &words, &needs)?;
                }
                let value = self.opaque_call(shown, &args, result_class, &culprit);
                let value = value.also(&this.trace);
                Ok(self.made(value, &operands))
            }
        }
    }

    /// A call of a thing of a library that is not modelled.
    fn call_external(&mut self, external: &crate::object::External, args: Args) -> Res<Value> {
        let path = external.path();
        if external.harmless {
            let name = format!("{}(…)", external.name);
            let value = Value::external(&external.module, &name, ExternalKind::Unclear, true);
            return Ok(self.made(value, &[]).also(&args.trace()));
        }
        let values: Vec<Value> = args.values().cloned().collect();
        self.escape(&values, &format!("it was given to `{path}`, which is not followed"))?;
        self.may_raise(None, &format!("{path}(…)"), &[])?;
        let reason = format!("`{path}` is not followed");
        let refs = self.refs_of(&values.iter().collect::<Vec<_>>());
        let unknown = crate::object::Unknown::new(reason).reaching(refs);
        let value = Value::new(Kind::Unknown(Rc::new(unknown))).traced(args.trace());
        Ok(self.made(value, &values))
    }

    /// A call of something that is not known.
    pub(crate) fn call_unknown(&mut self, callee: &Value, args: Args) -> Res<Value> {
        let mut values: Vec<Value> = args.values().cloned().collect();
        values.push(callee.clone());
        let shown = self.express_at(callee, Level::Atom);
        let name = shown.clone().unwrap_or_else(|| "something that is not known".to_owned());
        self.escape(&values, &format!("it was given to `{name}`, which is not followed"))?;
        let needs = self.needs_of(callee);
        self.may_raise(None, &format!("{name}(…)"), &needs)?;
        let value = self.opaque_call(shown, &args, None, callee);
        Ok(self.made(value, &values))
    }

    /// Joins the values of two ways.
    pub(crate) fn join_forked(
        &mut self,
        forked: super::fork::Forked<Value>,
        condition: &crate::object::Condition,
    ) -> Res<Value> {
        match forked {
            super::fork::Forked::One(value) => Ok(value),
            super::fork::Forked::Both(heap, first, second) => {
                self.join_heap(heap, condition)?;
                Ok(self.join_values(condition, &first, &second))
            }
        }
    }

    /// Whether a value can be called; `None` where that is not known.
    pub(crate) fn is_callable(&mut self, value: &Value) -> Res<Option<bool>> {
        Ok(match &value.kind {
            Kind::Native(_) | Kind::Type(_) | Kind::Method(_) => Some(true),
            Kind::External(external) => match external.kind {
                ExternalKind::Class | ExternalKind::Function => Some(true),
                ExternalKind::Member(_) => Some(false),
                ExternalKind::Unclear => None,
            },
            Kind::Symbolic(symbolic) => match symbolic.class {
                Some(Type::Int | Type::Str | Type::Float | Type::Bool | Type::None | Type::List) => {
                    Some(false)
                }
                _ => None,
            },
            Kind::Unknown(_) => None,
            Kind::Ref(id) => match self.heap.get(*id) {
                Object::Function(_) | Object::Method(_) | Object::Class(_) | Object::Partial { .. } => {
                    Some(true)
                }
                Object::StaticMethod(_) => Some(self.since(3, 10)),
                Object::Instance(_) => match self.find_special(value, "__call__")? {
                    Some(_) => Some(true),
                    None if self.is_unclear(value) => None,
                    None => Some(false),
                },
                Object::Library(..) | Object::Context(_) => None,
                _ => Some(false),
            },
            _ => Some(false),
        })
    }

    /// Whether a generator is at its end.
    pub(crate) fn is_finished(&self, id: Id) -> bool {
        matches!(self.heap.get(id), Object::Generator(g) if matches!(g.state, GeneratorState::Done))
    }
}

/// Whether a result tells nothing of the credential that went in.
fn harmless_result(name: Option<&str>, value: &Value) -> bool {
    matches!(value.kind, Kind::Bool(_) | Kind::None)
        || matches!(name, Some("len" | "bool" | "isinstance" | "type"))
}

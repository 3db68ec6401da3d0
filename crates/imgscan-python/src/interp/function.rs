//! Functions of the program: making them, binding arguments, running them.

use std::rc::Rc;

use imgscan_model::limits;

use crate::object::instance::{Function, Generator, GeneratorState, Scope};
use crate::object::{Dict, Id, Kind, Object, Type, Value};
use crate::syntax::ir::{Code, Defaults};

use super::error::Stop;
use super::frame::{Flow, Frame};
use super::generator::Suspended;
use super::{Args, Interp, Res};

impl Interp<'_> {
    /// `def` or `lambda`: a function object.
    pub(crate) fn make_function(
        &mut self,
        frame: &mut Frame,
        code: &Rc<Code>,
        defaults: &Defaults,
        in_function: bool,
    ) -> Res<Value> {
        let mut positional = Vec::new();
        for default in &defaults.positional {
            positional.push(self.eval(frame, default)?);
        }
        let mut keywords = Vec::new();
        for (at, default) in &defaults.keywords {
            let value = self.eval(frame, default)?;
            if let Some(name) = code.params.keyword_only.get(*at) {
                keywords.push((Rc::clone(name), value));
            }
        }
        let mut enclosing: Vec<Id> = Vec::new();
        if in_function {
            enclosing.push(frame.scope.locals);
        }
        enclosing.extend(frame.scope.enclosing.iter().copied());
        let module =
            self.heap.dict(frame.scope.globals).and_then(|d| d.name("__name__")).map(|e| e.value.clone());
        let module = module.and_then(|name| match name.kind {
            Kind::Str(name) => Some(name),
            _ => None,
        });
        let function = Function {
            code: Rc::clone(code),
            globals: frame.scope.globals,
            enclosing: enclosing.into(),
            class_cell: frame.scope.class_cell,
            defaults: positional.into(),
            keyword_defaults: keywords.into(),
            module,
            attributes: None,
        };
        let id = self.heap.add(Object::Function(function));
        Ok(Value { site: code.site, ..Value::object(id) })
    }

    /// Runs a function.
    pub(crate) fn call_function(&mut self, id: Id, args: Args) -> Res<Value> {
        let Object::Function(function) = self.heap.get(id) else { return Ok(Value::none()) };
        let function = function.clone();
        let locals = self.heap.add(Object::Dict(Dict::default()));
        // Where it is not known how many arguments there are, there is a first one.
        let first = args.positional.first().or(args.open.as_ref()).cloned();
        self.bind_parameters(&function, args, locals)?;
        let scope = Scope {
            locals,
            globals: function.globals,
            enclosing: Rc::clone(&function.enclosing),
            class_cell: function.class_cell,
        };
        if function.code.is_async {
            return Ok(Value::unknown("coroutines are not followed"));
        }
        if function.code.is_generator {
            let suspended = Suspended::new(&function.code, scope);
            let state = GeneratorState::Function(Box::new(suspended));
            let generator = Generator { state };
            return Ok(Value::object(self.heap.add(Object::Generator(generator))));
        }
        if self.calls >= limits::DEPTH {
            let words = format!("calls nest deeper than the {} that are followed", limits::DEPTH);
            return Err(Stop::Bound(words.into()));
        }
        let mut frame = Frame::new(scope, self.path_length());
        frame.first = first;
        self.calls += 1;
        let here = self.here;
        let control = self.control.clone();
        let result = self.run_body(&mut frame, &function.code);
        self.control = control;
        self.here = here;
        self.calls -= 1;
        result
    }

    /// Runs a body to its end and joins the ways that returned early.
    fn run_body(&mut self, frame: &mut Frame, code: &Code) -> Res<Value> {
        let result = self.exec_block(frame, &code.body);
        let left = std::mem::take(&mut frame.returns);
        match result {
            Ok(flow) => {
                let value = match flow {
                    Flow::Return(value) => value,
                    _ => Value::none(),
                };
                Ok(self.join_returns(left, Some(value))?.unwrap_or_else(Value::none))
            }
            Err(Stop::Bound(reason)) => Err(Stop::Bound(reason)),
            Err(stop) if left.is_empty() => Err(stop),
            Err(stop) => {
                // It returns on some ways and raises on the rest.
                let condition = left.iter().map(|l| l.condition.clone()).reduce(|a, b| a.or(&b));
                if let Some(condition) = condition {
                    self.note_raised(stop, &condition.not())?;
                }
                Ok(self.join_returns(left, None)?.unwrap_or_else(Value::none))
            }
        }
    }

    /// Binds arguments to parameters.
    fn bind_parameters(&mut self, function: &Function, args: Args, locals: Id) -> Res<()> {
        let params = &function.code.params;
        let site = function.code.site;
        let open = args.open.clone();
        let mut values: Vec<(Rc<str>, Option<Value>)> =
            params.positional.iter().map(|name| (Rc::clone(name), None)).collect();
        let given = args.positional.len();
        let mut rest = Vec::new();
        for (at, value) in args.positional.into_iter().enumerate() {
            match values.get_mut(at) {
                Some((_, slot)) => *slot = Some(value),
                None => rest.push(value),
            }
        }
        if !rest.is_empty() && params.varargs.is_none() {
            return Err(self.too_many(function, given));
        }
        let mut keyword_only: Vec<(Rc<str>, Option<Value>)> =
            params.keyword_only.iter().map(|name| (Rc::clone(name), None)).collect();
        let mut extra = Dict::default();
        for (name, value) in args.keywords {
            let positional = values.iter_mut().skip(params.positional_only).find(|(n, _)| *n == name);
            let slot = positional.or_else(|| keyword_only.iter_mut().find(|(n, _)| *n == name));
            match slot {
                Some((_, slot @ None)) => *slot = Some(value),
                Some(_) => {
                    let shown = self.function_name(function);
                    return Err(
                        self.type_error(format!("{shown}() got multiple values for argument '{name}'"))
                    );
                }
                None if params.kwargs.is_some() => extra.set_name(&name, value, site),
                None => return Err(self.unexpected_keyword(function, &name)),
            }
        }
        self.fill_defaults(function, &mut values, &mut keyword_only, open.as_ref())?;
        for (name, value) in values.into_iter().chain(keyword_only) {
            if let Some(value) = value {
                self.bind_in(locals, &name, value, site);
            }
        }
        if let Some(name) = &params.varargs {
            let value = match &open {
                Some(open) => open.clone(),
                None => Value::tuple(rest),
            };
            self.bind_in(locals, name, value, site);
        }
        if let Some(name) = &params.kwargs {
            if let Some(open) = &open {
                extra.open = Some("further arguments are not known".into());
                let _ = open;
            }
            let value = Value::object(self.heap.add(Object::Dict(extra)));
            self.bind_in(locals, name, value, site);
        }
        Ok(())
    }

    fn fill_defaults(
        &mut self,
        function: &Function,
        values: &mut [(Rc<str>, Option<Value>)],
        keyword_only: &mut [(Rc<str>, Option<Value>)],
        open: Option<&Value>,
    ) -> Res<()> {
        let first_default = values.len().saturating_sub(function.defaults.len());
        let mut missing: Vec<Rc<str>> = Vec::new();
        for (at, (name, slot)) in values.iter_mut().enumerate() {
            if slot.is_some() {
                continue;
            }
            match (at.checked_sub(first_default).and_then(|i| function.defaults.get(i)), open) {
                (_, Some(open)) => *slot = Some(open.clone()),
                (Some(default), None) => *slot = Some(default.clone()),
                (None, None) => missing.push(Rc::clone(name)),
            }
        }
        if !missing.is_empty() {
            return Err(self.missing_arguments(function, &missing, "positional"));
        }
        for (name, slot) in keyword_only.iter_mut() {
            if slot.is_some() {
                continue;
            }
            let default = function.keyword_defaults.iter().find(|(n, _)| n == name);
            match (default, open) {
                (_, Some(open)) => *slot = Some(open.clone()),
                (Some((_, default)), None) => *slot = Some(default.clone()),
                (None, None) => missing.push(Rc::clone(name)),
            }
        }
        if !missing.is_empty() {
            return Err(self.missing_arguments(function, &missing, "keyword-only"));
        }
        Ok(())
    }

    /// As messages name a function: by its qualified name since 3.10.
    fn function_name(&self, function: &Function) -> Rc<str> {
        Rc::clone(if self.since(3, 10) { &function.code.qualname } else { &function.code.name })
    }

    fn missing_arguments(&mut self, function: &Function, missing: &[Rc<str>], kind: &str) -> Stop {
        let names: Vec<String> = missing.iter().map(|name| format!("'{name}'")).collect();
        let listed = match names.as_slice() {
            [] => String::new(),
            [one] => one.clone(),
            [one, two] => format!("{one} and {two}"),
            [first @ .., last] => format!("{}, and {last}", first.join(", ")),
        };
        let plural = if names.len() == 1 { "" } else { "s" };
        let shown = self.function_name(function);
        let count = names.len();
        self.type_error(format!("{shown}() missing {count} required {kind} argument{plural}: {listed}"))
    }

    fn unexpected_keyword(&mut self, function: &Function, name: &str) -> Stop {
        let shown = self.function_name(function);
        let params = &function.code.params;
        if params.positional.iter().take(params.positional_only).any(|p| **p == *name) {
            let message =
                format!("{shown}() got some positional-only arguments passed as keyword arguments: '{name}'");
            return self.type_error(message);
        }
        // Since 3.13 a near miss is suggested.
        if self.since(3, 13) && self.version().is_some() {
            return self.raise_unclear(Type::TypeError);
        }
        self.type_error(format!("{shown}() got an unexpected keyword argument '{name}'"))
    }

    fn too_many(&mut self, function: &Function, given: usize) -> Stop {
        let params = &function.code.params;
        let most = params.positional.len();
        let least = most.saturating_sub(function.defaults.len());
        let shown = self.function_name(function);
        let takes = if least == most { most.to_string() } else { format!("from {least} to {most}") };
        let plural = if most == 1 { "" } else { "s" };
        let verb = if given == 1 { "was" } else { "were" };
        // With keyword-only arguments given the message counts them too.
        if !params.keyword_only.is_empty() {
            return self.raise_unclear(Type::TypeError);
        }
        self.type_error(format!(
            "{shown}() takes {takes} positional argument{plural} but {given} {verb} given"
        ))
    }
}

//! Builtins that see the running frame: `globals`, `locals`, `vars`, `dir`, `exec`, `eval`, `super`.

use std::rc::Rc;

use imgscan_model::{Origin, Text};

use crate::interp::{Args, Frame, Interp, Res, Stop};
use crate::object::{Id, Kind, Native, Object, Type, Value};

/// The result, for the builtins that see the frame.
pub(crate) fn with_frame(
    interp: &mut Interp<'_>,
    frame: &mut Frame,
    native: &Native,
    args: &Args,
) -> Res<Option<Value>> {
    if native.module != "builtins" {
        return Ok(None);
    }
    let bare = args.positional.is_empty() && args.keywords.is_empty() && args.open.is_none();
    Ok(Some(match native.name {
        "globals" if bare => Value::object(frame.scope.globals),
        "locals" if bare => locals(interp, frame),
        "vars" if bare => locals(interp, frame),
        "vars" => vars(interp, args.clone())?,
        "dir" if bare => {
            let scope = frame.scope.locals;
            names_in(interp, scope)?
        }
        "dir" => return Err(Stop::Opaque(Box::new(Value::unknown("`dir` of an object is not modelled")))),
        "exec" => exec(interp, frame, args.clone())?,
        "eval" => eval(interp, frame, args.clone())?,
        _ => return Ok(None),
    }))
}

/// The same builtins called through another name or from a builtin.
pub(super) fn unbound(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Err(Stop::Bound("a builtin that sees the running frame is called in a way that is not followed".into()))
}

/// `compile(…)`
pub(super) fn compile(_: &mut Interp<'_>, args: Args) -> Res<Value> {
    match args.positional.as_slice() {
        // What `exec` and `eval` do with it they do with the source.
        [source, _, mode, ..] if matches!(mode.as_str(), Some("exec" | "eval")) => Ok(source.clone()),
        _ => Err(Stop::Opaque(Box::new(Value::unknown("compiled code is not followed")))),
    }
}

/// `locals()`: the namespace itself of a module or class, a copy of a function's.
fn locals(interp: &mut Interp<'_>, frame: &Frame) -> Value {
    let scope = frame.scope.locals;
    if scope == frame.scope.globals || frame.is_class {
        return Value::object(scope);
    }
    let copy = interp.heap.dict(scope).cloned().unwrap_or_default();
    Value::object(interp.heap.add(Object::Dict(copy)))
}

fn vars(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let value = interp.only("vars", args)?;
    interp.expect_known(&value)?;
    match interp.find_attribute(&value, "__dict__")? {
        Some(found) => Ok(found),
        None if interp.is_unclear(&value) => Err(Stop::Opaque(Box::new(value))),
        None => Err(interp.type_error("vars() argument must have __dict__ attribute")),
    }
}

/// `dir()`: the names of the namespace, sorted.
fn names_in(interp: &mut Interp<'_>, scope: Id) -> Res<Value> {
    interp.expect_certain(scope)?;
    let mut names: Vec<Value> = interp
        .heap
        .dict(scope)
        .map(|d| d.entries.values().map(|e| e.key.clone()).collect())
        .unwrap_or_default();
    names.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    Ok(interp.list(names))
}

/// The namespaces that `exec` and `eval` were given.
fn namespaces(interp: &mut Interp<'_>, frame: &Frame, args: &[Value]) -> Option<(Id, Id)> {
    let given = |value: Option<&Value>| value.filter(|v| !v.is_none()).cloned();
    let (globals, locals) = (given(args.first()), given(args.get(1)));
    let is_dict = |interp: &Interp<'_>, value: &Value| {
        value.id().filter(|id| matches!(interp.heap.get(*id), Object::Dict(_)))
    };
    match (globals, locals) {
        (None, None) => {
            let scope = frame.scope.locals;
            let locals = if scope == frame.scope.globals || frame.is_class {
                scope
            } else {
                let copy = interp.heap.dict(scope).cloned().unwrap_or_default();
                interp.heap.add(Object::Dict(copy))
            };
            Some((frame.scope.globals, locals))
        }
        (Some(globals), None) => is_dict(interp, &globals).map(|id| (id, id)),
        (Some(globals), Some(locals)) => Some((is_dict(interp, &globals)?, is_dict(interp, &locals)?)),
        (None, Some(locals)) => Some((frame.scope.globals, is_dict(interp, &locals)?)),
    }
}

/// The source that `exec` or `eval` was given; everything it may reach is unknown where that is not known.
fn source(interp: &mut Interp<'_>, frame: &Frame, args: &Args, what: &str) -> Res<Option<Rc<str>>> {
    match args.get(0).map(|v| &v.kind) {
        Some(Kind::Str(text)) => Ok(Some(Rc::clone(text))),
        Some(Kind::Bytes(bytes)) => Ok(std::str::from_utf8(bytes).ok().map(Into::into)),
        Some(_) => {
            let reason = format!("`{what}` of code that is not known may have changed it");
            for scope in [frame.scope.globals, frame.scope.locals] {
                interp.open_dict(scope, &reason);
            }
            let values: Vec<Value> = args.values().cloned().collect();
            interp.escape(&values, &reason)?;
            interp.may_raise(None, &format!("{what}(…)"), &[])?;
            Ok(None)
        }
        None => Err(interp.raise_unclear(Type::TypeError)),
    }
}

/// The code as a text whose place is the call.
fn code_text(interp: &Interp<'_>, code: &str) -> Text {
    let origin: Origin = interp.origin(interp.here);
    Text::derived(code, origin)
}

fn exec(interp: &mut Interp<'_>, frame: &mut Frame, args: Args) -> Res<Value> {
    let Some(code) = source(interp, frame, &args, "exec")? else { return Ok(Value::none()) };
    let rest: Vec<Value> = args.positional.iter().skip(1).cloned().collect();
    let Some((globals, locals)) = namespaces(interp, frame, &rest) else {
        return Err(Stop::Bound("`exec` in a namespace that is not known".into()));
    };
    let text = code_text(interp, &code);
    interp.run_code(globals, locals, &text)?;
    Ok(Value::none())
}

fn eval(interp: &mut Interp<'_>, frame: &mut Frame, args: Args) -> Res<Value> {
    let Some(code) = source(interp, frame, &args, "eval")? else {
        return Ok(Value::unknown("the code that was given to `eval` is not known"));
    };
    let rest: Vec<Value> = args.positional.iter().skip(1).cloned().collect();
    let Some((globals, locals)) = namespaces(interp, frame, &rest) else {
        return Err(Stop::Bound("`eval` in a namespace that is not known".into()));
    };
    let text = code_text(interp, code.trim_start_matches([' ', '\t']));
    let value = interp.run_expression(globals, locals, &text)?;
    Ok(value.also(&args.trace()))
}

//! Small parts of several libraries.

use super::native;
use crate::interp::{Args, Interp, Res, Stop};
use crate::object::{Kind, Native, Type, Value};

pub(super) static FUNCTIONS: [Native; 2] =
    [native("distutils.util", "strtobool", strtobool), native("importlib", "import_module", import_module)];

/// Classes and constants.
pub(super) fn special(module: &str, name: &str) -> Option<Value> {
    let class = match (module, name) {
        ("types", "SimpleNamespace") => Type::Namespace,
        ("types", "FunctionType" | "LambdaType") => Type::Function,
        ("types", "ModuleType") => Type::Module,
        ("types", "GeneratorType") => Type::Generator,
        ("types", "NoneType") => Type::None,
        ("functools", "partial") => Type::Partial,
        ("socket", "error") => Type::OsError,
        ("typing", "TYPE_CHECKING") => return Some(Value::bool(false)),
        _ => return None,
    };
    Some(Value::new(Kind::Type(class)))
}

/// `distutils.util.strtobool(val)`
fn strtobool(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(value)] = interp.params("strtobool", args, ["val"], 1)? else { return Ok(Value::none()) };
    let text = match &value.kind {
        Kind::Str(text) => text.to_lowercase(),
        _ if interp.is_unclear(&value) => return Err(Stop::Opaque(Box::new(value))),
        _ => return Err(interp.no_attribute(&value, "lower")),
    };
    match text.as_str() {
        "y" | "yes" | "t" | "true" | "on" | "1" => Ok(Value::int(1)),
        "n" | "no" | "f" | "false" | "off" | "0" => Ok(Value::int(0)),
        _ => {
            let shown = crate::format::repr::quoted(&text);
            Err(interp.value_error(format!("invalid truth value {shown}")))
        }
    }
}

/// `importlib.import_module(name, package=None)`
fn import_module(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(name), package] = interp.params("import_module", args, ["name", "package"], 1)? else {
        return Ok(Value::none());
    };
    let name = interp.text(&name)?;
    if !name.starts_with('.') {
        return interp.import_module(&name);
    }
    let package = match package {
        Some(package) if !package.is_none() => interp.text(&package)?,
        _ => {
            let message =
                format!("the 'package' argument is required to perform a relative import for '{name}'");
            return Err(interp.type_error(message));
        }
    };
    let dots = name.len() - name.trim_start_matches('.').len();
    let mut base = package.to_string();
    for _ in 1..dots {
        match base.rsplit_once('.') {
            Some((before, _)) => base = before.to_owned(),
            None => return Err(interp.raise_unclear(Type::ImportError)),
        }
    }
    let rest = name.trim_start_matches('.');
    let full = if rest.is_empty() { base } else { format!("{base}.{rest}") };
    interp.import_module(&full)
}

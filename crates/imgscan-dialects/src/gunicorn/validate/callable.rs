//! Classes and hooks.

use imgscan_python::{Arity, PyValue};

use super::scalars::string;
use super::{Imported, Stored, Verdict, World, undecided};
use crate::gunicorn::py::text::{is_inert, percent};

/// `validate_class`: a class, a function that returns one (it is called), or a text.
pub(super) fn class(value: &PyValue) -> Verdict {
    match value {
        PyValue::Class { .. } => Ok(Stored::sure(value.clone())),
        PyValue::Function { module: Some(module), .. } if module == "builtins" => {
            Err(percent("Not a string: %s", value))
        }
        PyValue::Function { name, .. } => Ok(Stored::unknown(format!(
            "gunicorn calls `{name}()` for the class; calls are not followed here"
        ))),
        other => string(other),
    }
}

/// `validate_callable(arity)`; without an arity any will do.
pub(super) fn callable(value: &PyValue, arity: Option<usize>, six: bool, world: &World<'_>) -> Verdict {
    let loaded;
    let value = match value {
        PyValue::Str(text) => match load(text, world)? {
            Ok(value) => {
                loaded = value;
                &loaded
            }
            Err(why) => return Ok(Stored::unknown(why)),
        },
        other => other,
    };
    match value {
        PyValue::Function { arity: Some(found), .. } => match arity {
            Some(wanted) if wanted != found.positional => {
                Err(format!("Value must have an arity of: {wanted}"))
            }
            _ => Ok(Stored::sure(value.clone())),
        },
        PyValue::Function { arity: None, name, .. } => {
            Ok(Stored::doubtful(value.clone(), format!("how many arguments `{name}` takes is not known")))
        }
        PyValue::Class { name, .. } => {
            Ok(Stored::doubtful(value.clone(), format!("how many arguments `{name}()` takes is not known")))
        }
        PyValue::Object { text, .. } if !is_inert(value) => {
            Ok(Stored::doubtful(value.clone(), format!("whether `{text}` can be called so is not known")))
        }
        PyValue::Symbolic { type_name: None, .. } | PyValue::Unknown { .. } => Ok(undecided(value)),
        other if six => Err(percent("Value is not six.callable: %s", other)),
        other => Err(percent("Value is not callable: %s", other)),
    }
}

/// The object that an import string names; `Ok(Err(why))` where that cannot be told.
fn load(text: &str, world: &World<'_>) -> Result<Result<PyValue, String>, String> {
    let Some((module, name)) = text.rsplit_once('.') else {
        return Err(format!("Value '{text}' is not import string. Format: module[.submodules...].object"));
    };
    match (world.import)(module, name) {
        Imported::Value(value) => Ok(Ok(value)),
        Imported::NoModule(message) => Err(message),
        Imported::NoAttribute => Err(format!("Can not load '{name}' from '{module}'")),
        Imported::Unknown(why) => Ok(Err(why)),
    }
}

/// `validate_post_request`: hooks of three or two arguments are wrapped.
pub(super) fn post_request(value: &PyValue, six: bool, world: &World<'_>) -> Verdict {
    let stored = callable(value, None, six, world)?;
    let PyValue::Function { arity: Some(arity), .. } = &stored.value else { return Ok(stored) };
    match arity.positional {
        4 => Ok(stored),
        2 | 3 => {
            let name = "validate_post_request.<locals>.<lambda>".to_owned();
            let arity =
                Arity { required: 4, positional: 4, varargs: false, required_keywords: 0, parameters: 4 };
            let module = Some("gunicorn.config".to_owned());
            Ok(Stored::sure(PyValue::Function { module, name, arity: Some(arity) }))
        }
        _ => Err("Value must have an arity of: 4".to_owned()),
    }
}

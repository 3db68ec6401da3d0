//! Users, groups, directories and TLS protocols.

use imgscan_model::{FileError, FileView, path};
use imgscan_python::PyValue;
use num_bigint::BigInt;

use super::scalars::{positive, string};
use super::{Stored, Verdict, World, undecided};
use crate::gunicorn::py::number;
use crate::gunicorn::py::path::{abspath, join};
use crate::gunicorn::py::text::{is_inert, no_attribute, repr, type_name};

/// `validate_user`
pub(super) fn user(value: &PyValue, world: &World<'_>) -> Verdict {
    id(value, world.ids.0, "user", "/etc/passwd", world)
}

/// `validate_group`
pub(super) fn group(value: &PyValue, world: &World<'_>) -> Verdict {
    id(value, world.ids.1, "group", "/etc/group", world)
}

/// `None` is the process's own, a number itself, digits that number, all else is looked up by name.
fn id(value: &PyValue, own: Option<u32>, kind: &str, database: &str, world: &World<'_>) -> Verdict {
    let text = match value {
        PyValue::None => {
            return Ok(own.map_or_else(
                || Stored {
                    doubt: None,
                    ..Stored::unknown(format!("the {kind} of the process is not known"))
                },
                |id| Stored::sure(PyValue::Int(id.into())),
            ));
        }
        PyValue::Int(_) | PyValue::Bool(_) => return Ok(Stored::sure(value.clone())),
        PyValue::Symbolic { type_name: Some("int"), .. } => return Ok(Stored::sure(value.clone())),
        PyValue::Str(text) => text,
        PyValue::Symbolic { .. } | PyValue::Bytes(_) => return Ok(undecided(value)),
        PyValue::Object { .. } if !is_inert(value) => return Ok(undecided(value)),
        other => return Err(no_attribute(other, "isdigit")),
    };
    if !text.is_empty() && text.chars().all(|c| c.is_ascii_digit()) {
        return Ok(number::decimal(text)
            .map_or_else(|_| Stored::unknown("the number is too long"), |n| Stored::sure(PyValue::Int(n))));
    }
    if text.chars().any(|c| !c.is_ascii() && c.is_numeric()) {
        return Ok(undecided(value));
    }
    match lookup(world.files, database, text) {
        Ok(Some(id)) => Ok(Stored::sure(PyValue::Int(id.into()))),
        Ok(None) => Err(format!("No such {kind}: '{text}'")),
        Err(error) => Ok(Stored::unknown(format!("`{database}`: {error}"))),
    }
}

/// The number of the first line with this name (`getpwnam`, `getgrnam` over files). No file counts as no line.
pub(crate) fn lookup(files: &dyn FileView, database: &str, name: &str) -> Result<Option<u32>, FileError> {
    let text = match files.read(database) {
        Ok(text) => text,
        Err(FileError::NotFound | FileError::NotADirectory) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(text) = text.known() else {
        return Err(FileError::Unknown("its content hangs on the run time".to_owned()));
    };
    let mut lines = text.lines().map(|line| line.split(':'));
    Ok(lines.find_map(|mut fields| {
        (fields.next() == Some(name)).then(|| fields.nth(1).and_then(|id| id.trim().parse().ok())).flatten()
    }))
}

/// `validate_chdir`: absolute from the directory that gunicorn was started in; it has to exist.
pub(super) fn chdir(value: &PyValue, world: &World<'_>) -> Verdict {
    let stored = string(value)?;
    let text = match &stored.value {
        PyValue::Str(text) => text,
        PyValue::None => {
            return Err(
                "join() argument must be str, bytes, or os.PathLike object, not 'NoneType'".to_owned()
            );
        }
        _ => return Ok(undecided(&stored.value)),
    };
    if !text.starts_with('/') && world.cwd.is_none() {
        return Ok(Stored::unknown("the directory it starts from is not known"));
    }
    let place = abspath("/", &join(world.cwd.unwrap_or("/"), text));
    let kept = PyValue::Str(place.clone());
    match world.files.exists(&path::join("/", &place)) {
        Some(true) => Ok(Stored::sure(kept)),
        Some(false) => Err(format!("can't chdir to {}", repr(&stored.value))),
        None => Ok(Stored::doubtful(kept, format!("whether `{place}` exists is not known"))),
    }
}

/// The protocols of Python's `ssl` that every build has, by name without `PROTOCOL_`.
const PROTOCOLS: [(&str, u8); 7] = [
    ("SSLv23", 2),
    ("TLS", 2),
    ("TLS_CLIENT", 16),
    ("TLS_SERVER", 17),
    ("TLSv1", 3),
    ("TLSv1_1", 4),
    ("TLSv1_2", 5),
];

/// `validate_ssl_version` of 20.x
pub(super) fn ssl_protocol(value: &PyValue) -> Verdict {
    match value {
        PyValue::Str(text) if text == "SSLv2" || text == "SSLv3" => {
            return Ok(Stored::unknown(format!("whether Python's `ssl` has `PROTOCOL_{text}` is not known")));
        }
        PyValue::Str(text) => {
            if let Some((_, number)) = PROTOCOLS.iter().find(|(name, _)| name == text) {
                return Ok(Stored::sure(PyValue::Int((*number).into())));
            }
        }
        PyValue::Symbolic { .. } | PyValue::Object { .. } => return Ok(undecided(value)),
        PyValue::List(_) | PyValue::Dict(_) | PyValue::Set(_) => {
            return Err(format!("unhashable type: '{}'", type_name(value).unwrap_or("object")));
        }
        _ => {}
    }
    match positive(value).map(|stored| stored.value) {
        Ok(PyValue::Int(number)) if PROTOCOLS.iter().any(|(_, n)| BigInt::from(*n) == number) => {
            Ok(Stored::sure(PyValue::Int(number)))
        }
        Ok(PyValue::Int(number)) if number < BigInt::from(2) => {
            Ok(Stored::unknown("whether Python's `ssl` has this protocol is not known"))
        }
        _ => {
            let names: Vec<&str> = PROTOCOLS.iter().map(|(name, _)| *name).collect();
            let shown = crate::gunicorn::py::text::str_of(value);
            Err(format!("Invalid ssl_version: {shown}. Valid options: {}", names.join(", ")))
        }
    }
}

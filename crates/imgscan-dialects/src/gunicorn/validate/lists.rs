//! Lists of texts, addresses, files and protocols.

use imgscan_model::path;
use imgscan_python::PyValue;

use super::scalars::string;
use super::{AddressRule, Stored, Verdict, World, undecided};
use crate::gunicorn::py::ip::{self, NetworkError};
use crate::gunicorn::py::text::{repr_str, strip, type_name};

/// The items stored, with the first doubt among them.
fn collect(items: impl Iterator<Item = Verdict>) -> Verdict {
    let mut values = Vec::new();
    let mut doubt = None;
    for item in items {
        let stored = item?;
        values.push(stored.value);
        doubt = doubt.or(stored.doubt);
    }
    Ok(Stored { value: PyValue::List(values), doubt })
}

/// `validate_list_string`: what is falsy is the empty list, a text is a list of itself, all else is iterated.
pub(super) fn of_strings(value: &PyValue) -> Verdict {
    match value {
        PyValue::None | PyValue::Bool(false) => Ok(Stored::sure(PyValue::List(Vec::new()))),
        PyValue::Str(text) if text.is_empty() => Ok(Stored::sure(PyValue::List(Vec::new()))),
        PyValue::Str(_) | PyValue::Symbolic { type_name: Some("str"), .. } => {
            collect(std::iter::once(string(value)))
        }
        PyValue::List(items) | PyValue::Tuple(items) => collect(items.iter().map(string)),
        PyValue::Dict(pairs) => collect(pairs.iter().map(|(key, _)| string(key))),
        PyValue::Bytes(bytes) => collect(bytes.iter().map(|b| string(&PyValue::Int((*b).into())))),
        PyValue::Set(items) => {
            let stored = collect(items.iter().map(string))?;
            match stored.value {
                // The order of a set is Python's own and changes from run to run.
                PyValue::List(items) if items.len() > 1 => {
                    Ok(Stored { value: PyValue::Set(items), ..stored })
                }
                _ => Ok(stored),
            }
        }
        PyValue::Int(number) if *number == 0.into() => Ok(Stored::sure(PyValue::List(Vec::new()))),
        PyValue::Float(number) if *number == 0.0 => Ok(Stored::sure(PyValue::List(Vec::new()))),
        PyValue::Symbolic { .. } | PyValue::Object { .. } | PyValue::Class { .. } => Ok(undecided(value)),
        other => Err(format!("'{}' object is not iterable", type_name(other).unwrap_or("object"))),
    }
}

/// `validate_string_to_list`: cut at commas; what stands between two commas with nothing is left out.
pub(super) fn from_string(value: &PyValue) -> Verdict {
    let stored = string(value)?;
    Ok(match stored.value {
        PyValue::Str(text) => Stored::sure(PyValue::List(cut(&text).map(PyValue::Str).collect())),
        PyValue::None => Stored::sure(PyValue::List(Vec::new())),
        _ => stored,
    })
}

fn cut(text: &str) -> impl Iterator<Item = String> {
    text.split(',').filter(|part| !part.is_empty()).map(|part| strip(part).to_owned())
}

/// `validate_string_to_addr_list`
pub(super) fn addresses(value: &PyValue, rule: AddressRule) -> Verdict {
    let stored = from_string(value)?;
    match &stored.value {
        PyValue::List(items) => collect(items.iter().map(|item| match item {
            PyValue::Str(text) if text != "*" => address(text, rule),
            other => Ok(Stored::sure(other.clone())),
        })),
        // An expression: its text is one, its addresses nobody knows.
        _ => Ok(undecided(value)),
    }
}

fn address(text: &str, rule: AddressRule) -> Verdict {
    let kept = PyValue::Str(text.to_owned());
    let unsure = || {
        Stored::doubtful(
            kept.clone(),
            format!("whether `{text}` is an address hangs on the version of Python"),
        )
    };
    if rule == AddressRule::Single {
        return match ip::is_address(text) {
            Some(true) => Ok(Stored::sure(kept)),
            Some(false) => Err(format!("{} does not appear to be an IPv4 or IPv6 address", repr_str(text))),
            None => Ok(unsure()),
        };
    }
    match ip::network(text, rule == AddressRule::Strict) {
        Ok(network) if rule == AddressRule::Objects => {
            Ok(Stored::sure(PyValue::Object { type_name: network.type_name.to_owned(), text: network.text }))
        }
        Ok(_) => Ok(Stored::sure(kept)),
        Err(NetworkError::HostBits) => Err(format!("{text} has host bits set")),
        Err(NetworkError::NoNetwork) => {
            Err(format!("{} does not appear to be an IPv4 or IPv6 network", repr_str(text)))
        }
        Err(NetworkError::Unsure) => Ok(unsure()),
    }
}

/// `validate_list_of_existing_files`, `validate_list_of_files_or_patterns`
pub(super) fn files(value: &PyValue, patterns: bool, world: &World<'_>) -> Verdict {
    let stored = of_strings(value)?;
    let (PyValue::List(items) | PyValue::Set(items)) = &stored.value else { return Ok(stored) };
    let mut doubt = stored.doubt.clone();
    for item in items {
        let PyValue::Str(text) = item else { continue };
        if patterns && text.contains(['*', '?', '[']) {
            continue;
        }
        match exists(text, world) {
            Some(true) => {}
            Some(false) => return Err(format!("File {text} does not exists.")),
            None => doubt = Some(format!("whether `{text}` exists is not known")),
        }
    }
    Ok(Stored { value: stored.value, doubt })
}

fn exists(text: &str, world: &World<'_>) -> Option<bool> {
    if text.is_empty() {
        return Some(false);
    }
    if !text.starts_with('/') && world.cwd.is_none() {
        return None;
    }
    world.files.exists(&path::join(world.cwd.unwrap_or("/"), text))
}

/// `validate_http_protocols`
pub(super) fn http_protocols(value: &PyValue, h3: bool) -> Verdict {
    let known: &[&str] = if h3 { &["h1", "h2", "h3"] } else { &["h1", "h2"] };
    let text = match value {
        PyValue::None => "",
        PyValue::Str(text) => text,
        PyValue::Symbolic { type_name: Some("str") | None, .. } => return Ok(undecided(value)),
        _ => return Err("http_protocols must be a string".to_owned()),
    };
    let names: Vec<String> =
        text.split(',').map(|part| strip(part).to_lowercase()).filter(|part| !part.is_empty()).collect();
    if let Some(bad) = names.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("Invalid protocol '{bad}'. Valid protocols: {}", known.join(", ")));
    }
    if names.iter().enumerate().any(|(i, name)| names.iter().skip(i + 1).any(|other| other == name)) {
        return Err("Duplicate protocols specified".to_owned());
    }
    let names = if names.is_empty() { vec!["h1".to_owned()] } else { names };
    Ok(Stored::sure(PyValue::List(names.into_iter().map(PyValue::Str).collect())))
}

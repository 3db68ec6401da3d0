//! Addresses: `gunicorn.util.parse_address` and the validators that use it.

use imgscan_python::PyValue;
use num_bigint::BigInt;

use super::scalars::string;
use super::{Stored, Verdict};
use crate::gunicorn::py::number::{self, IntError};
use crate::gunicorn::py::text::repr_str;

/// An address to listen at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// A socket in the file system, or an abstract one.
    Unix(String),
    /// A file descriptor that is inherited (from 20.0 on).
    Descriptor(BigInt),
    /// Host in lower case and port.
    Tcp(String, BigInt),
}

/// Why a text is no address: the text of the `RuntimeError`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AddressError {
    /// gunicorn's words.
    Refused(String),
    /// That hangs on what Python takes for a digit.
    Unsure,
}

/// `gunicorn.util.parse_address(text, default_port)`; `old` is that of 19.x, which knows no `fd://` and takes for a
/// port what follows the first colon as a whole.
pub(crate) fn parse_address(text: &str, default_port: &str, old: bool) -> Result<Address, AddressError> {
    if text.starts_with("unix:") {
        return Ok(Address::Unix(after_last_unix(text).to_owned()));
    }
    if let (Some(number), false) = (text.strip_prefix("fd://"), old) {
        let refused = format!("{} is not a valid file descriptor.", repr_str(number));
        return integer(number, refused).map(Address::Descriptor);
    }
    let text = text.strip_prefix("tcp://").map_or(text, |rest| rest.split("tcp://").next().unwrap_or(""));
    let (host, port) = if old { split_old(text, default_port) } else { split(text, default_port) };
    let refused = format!("{} is not a valid port number.", repr_str(port));
    // `str.isdigit` knows no sign, blank or underscore; `int` does.
    if old && port != default_port && (port.is_empty() || !port.chars().all(|c| c.is_numeric())) {
        return Err(AddressError::Refused(refused));
    }
    Ok(Address::Tcp(host.to_lowercase(), integer(port, refused)?))
}

fn integer(text: &str, refused: String) -> Result<BigInt, AddressError> {
    number::decimal(text).map_err(|error| match error {
        IntError::Invalid(_) => AddressError::Refused(refused),
        IntError::Unsure => AddressError::Unsure,
    })
}

/// `re.split('unix:(//)?', text)[-1]`
fn after_last_unix(text: &str) -> &str {
    let mut rest = text;
    while let Some(at) = rest.find("unix:") {
        let tail = &rest[at + "unix:".len()..];
        rest = tail.strip_prefix("//").unwrap_or(tail);
    }
    rest
}

fn split<'a>(text: &'a str, default_port: &'a str) -> (&'a str, &'a str) {
    if text.contains('[') && text.contains(']') {
        return (bracketed(text), text.split("]:").nth(1).unwrap_or(default_port));
    }
    if text.contains(':') {
        let mut parts = text.split(':');
        return (parts.next().unwrap_or(""), parts.next().unwrap_or(default_port));
    }
    (if text.is_empty() { "0.0.0.0" } else { text }, default_port)
}

fn split_old<'a>(text: &'a str, default_port: &'a str) -> (&'a str, &'a str) {
    let host = if text.contains('[') && text.contains(']') {
        bracketed(text)
    } else if text.is_empty() {
        "0.0.0.0"
    } else {
        text.split(':').next().unwrap_or("")
    };
    let rest = text.rsplit(']').next().unwrap_or(text);
    (host, rest.split_once(':').map_or(default_port, |(_, port)| port))
}

/// `text.split(']')[0][1:]`
fn bracketed(text: &str) -> &str {
    let head = text.split(']').next().unwrap_or("");
    head.char_indices().nth(1).map_or("", |(at, _)| &head[at..])
}

fn pair(host: &str, port: BigInt) -> PyValue {
    PyValue::Tuple(vec![PyValue::Str(host.to_owned()), PyValue::Int(port)])
}

/// `validate_hostport`
pub(super) fn host_port(value: &PyValue) -> Verdict {
    let stored = string(value)?;
    let PyValue::Str(text) = &stored.value else { return Ok(in_doubt(stored)) };
    let elements: Vec<&str> = text.split(':').collect();
    let [host, port] = elements.as_slice() else {
        return Err("Value must consist of: hostname:port".to_owned());
    };
    match number::decimal(port) {
        Ok(port) => Ok(Stored::sure(pair(host, port))),
        Err(IntError::Invalid(message)) => Err(message),
        Err(IntError::Unsure) => Ok(Stored::unknown(format!("`{port}` may or may not be a number"))),
    }
}

/// `validate_statsd_address`; `unix:PORT` still means a host called `unix`.
pub(super) fn statsd(value: &PyValue) -> Verdict {
    let stored = string(value)?;
    let PyValue::Str(text) = &stored.value else { return Ok(in_doubt(stored)) };
    let port = text.strip_prefix("unix:").filter(|p| !p.is_empty() && p.chars().all(|c| c.is_ascii_digit()));
    if let Some(Ok(port)) = port.map(number::decimal) {
        return Ok(Stored::sure(pair("unix", port)));
    }
    match parse_address(text, "8125", false) {
        Ok(Address::Unix(path)) => Ok(Stored::sure(PyValue::Str(path))),
        Ok(Address::Descriptor(number)) => Ok(Stored::sure(PyValue::Int(number))),
        Ok(Address::Tcp(host, port)) => Ok(Stored::sure(pair(&host, port))),
        Err(AddressError::Refused(_)) => Err("Value must be one of ('host:port', 'unix://PATH')".to_owned()),
        Err(AddressError::Unsure) => Ok(Stored::unknown(format!("`{text}` may or may not be an address"))),
    }
}

/// `None` stays; of an expression nobody knows whether it is an address.
fn in_doubt(stored: Stored) -> Stored {
    if stored.value == PyValue::None { stored } else { super::undecided(&stored.value) }
}

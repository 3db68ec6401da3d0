//! Truth values, numbers, texts and choices.

use imgscan_python::PyValue;
use num_bigint::BigInt;

use super::{Stored, Verdict, undecided};
use crate::gunicorn::py::number::{self, IntError};
use crate::gunicorn::py::text::{is_inert, percent, repr, strip, type_name};
use crate::gunicorn::value::is_surely_positive;

/// `validate_bool`
pub(super) fn boolean(value: &PyValue) -> Verdict {
    match value {
        PyValue::None | PyValue::Bool(_) => Ok(Stored::sure(value.clone())),
        PyValue::Symbolic { type_name: Some("bool"), .. } => Ok(Stored::sure(value.clone())),
        PyValue::Symbolic { type_name: Some("str") | None, .. } => Ok(undecided(value)),
        PyValue::Str(text) => match strip(&text.to_lowercase()) {
            "true" => Ok(Stored::sure(PyValue::Bool(true))),
            "false" => Ok(Stored::sure(PyValue::Bool(false))),
            _ => Err(format!("Invalid boolean: {text}")),
        },
        other => Err(percent("Invalid type for casting: %s", other)),
    }
}

/// `validate_string`: stripped; `None` stays.
pub(super) fn string(value: &PyValue) -> Verdict {
    match value {
        PyValue::None | PyValue::Symbolic { type_name: Some("str"), .. } => Ok(Stored::sure(value.clone())),
        PyValue::Str(text) => Ok(Stored::sure(PyValue::Str(strip(text).to_owned()))),
        PyValue::Symbolic { type_name: None, .. } => Ok(undecided(value)),
        other => Err(percent("Not a string: %s", other)),
    }
}

/// `validate_dict`
pub(super) fn dict(value: &PyValue) -> Verdict {
    match value {
        PyValue::Dict(_) | PyValue::Symbolic { type_name: Some("dict"), .. } => {
            Ok(Stored::sure(value.clone()))
        }
        PyValue::Symbolic { type_name: None, .. } => Ok(undecided(value)),
        // A subclass of `dict` is one.
        PyValue::Object { .. } if !is_inert(value) => Ok(undecided(value)),
        other => Err(percent("Value is not a dictionary: %s ", other)),
    }
}

/// `int(value, 0)` for what is no `int`, `int(value)` for what is.
fn integer(value: &PyValue) -> Result<Integer, String> {
    match value {
        PyValue::Int(number) => Ok(Integer::Known(number.clone())),
        PyValue::Bool(truth) => Ok(Integer::Known(BigInt::from(u8::from(*truth)))),
        PyValue::Str(text) => converted(text),
        PyValue::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) if text.is_ascii() => {
                converted(text).map_err(|m| m.replacen("base 0: ", "base 0: b", 1))
            }
            _ => Ok(Integer::Open),
        },
        PyValue::Symbolic { type_name: Some("int" | "bool" | "str") | None, .. } => Ok(Integer::Open),
        PyValue::Object { .. } if !is_inert(value) => Ok(Integer::Open),
        _ => Err("int() can't convert non-string with explicit base".to_owned()),
    }
}

enum Integer {
    Known(BigInt),
    Open,
}

fn converted(text: &str) -> Result<Integer, String> {
    match number::any_base(text) {
        Ok(number) => Ok(Integer::Known(number)),
        Err(IntError::Invalid(message)) => Err(message),
        Err(IntError::Unsure) => Ok(Integer::Open),
    }
}

/// An expression as the number it will be.
fn open_number(value: &PyValue) -> Stored {
    match value {
        PyValue::Symbolic { text, needs, type_name: Some("int" | "bool") }
            if is_surely_positive(text, needs) =>
        {
            Stored::sure(value.clone())
        }
        _ => undecided(value),
    }
}

/// `validate_pos_int`
pub(super) fn positive(value: &PyValue) -> Verdict {
    match integer(value)? {
        Integer::Known(number) if number < BigInt::ZERO => Err(format!("Value must be positive: {number}")),
        Integer::Known(number) => Ok(Stored::sure(PyValue::Int(number))),
        Integer::Open => Ok(open_number(value)),
    }
}

/// `validate_http2_window_size`
pub(super) fn http2_window_size(value: &PyValue) -> Verdict {
    let stored = positive(value)?;
    match &stored.value {
        PyValue::Int(number) if *number > BigInt::from(i32::MAX) => {
            Err(format!("HTTP/2 window size must be at most 2147483647: {number}"))
        }
        PyValue::Int(_) => Ok(stored),
        _ => Ok(undecided(value)),
    }
}

/// `validate_http2_stream_limit`
pub(super) fn http2_stream_limit(value: &PyValue) -> Verdict {
    let stored = positive(value)?;
    match &stored.value {
        PyValue::Int(number) if *number < BigInt::from(1) => {
            Err(format!("HTTP/2 max concurrent streams must be at least 1: {number}"))
        }
        PyValue::Int(_) => Ok(stored),
        _ => Ok(undecided(value)),
    }
}

/// `validate_http2_frame_size`
pub(super) fn http2_frame_size(value: &PyValue) -> Verdict {
    match integer(value)? {
        Integer::Known(number) if number < BigInt::from(16_384) || number > BigInt::from(16_777_215) => {
            Err(format!("http2_max_frame_size must be between 16384 and 16777215, got {number}"))
        }
        Integer::Known(number) => Ok(Stored::sure(PyValue::Int(number))),
        Integer::Open => Ok(undecided(value)),
    }
}

/// A setting that is one of a few words, in any case and with blanks around it.
pub(super) struct Choice {
    words: &'static [&'static str],
    /// What `None` becomes.
    none: Option<&'static str>,
    not_text: &'static str,
    not_listed: &'static str,
    /// Whether the message shows the value as it was given rather than in lower case.
    as_given: bool,
}

/// `validate_header_map_behaviour`
pub(super) static HEADER_MAP: Choice = Choice {
    words: &["drop", "refuse", "dangerous"],
    none: None,
    not_text: "Invalid type for casting: %s",
    not_listed: "Invalid header map behaviour: ",
    as_given: true,
};

/// `validate_asgi_loop`
pub(super) static ASGI_LOOP: Choice = Choice {
    words: &["auto", "asyncio", "uvloop"],
    none: Some("auto"),
    not_text: "Invalid type for casting: %s",
    not_listed: "Invalid ASGI loop: ",
    as_given: false,
};

/// `validate_asgi_lifespan`
pub(super) static ASGI_LIFESPAN: Choice = Choice {
    words: &["auto", "on", "off"],
    none: Some("auto"),
    not_text: "Invalid type for casting: %s",
    not_listed: "Invalid ASGI lifespan: ",
    as_given: false,
};

/// `validate_http_parser`
pub(super) static HTTP_PARSER: Choice = Choice {
    words: &["auto", "fast", "python"],
    none: Some("auto"),
    not_text: "http_parser must be a string",
    not_listed: "http_parser must be one of: auto, fast, python",
    as_given: false,
};

static HTTP2_CLEARTEXT: Choice = Choice {
    words: &["off", "prior-knowledge", "upgrade", "both"],
    none: Some("off"),
    not_text: "Invalid type for casting: %s",
    not_listed: "Invalid http2_cleartext: ",
    as_given: false,
};

impl Choice {
    /// The word in lower case, or the refusal.
    pub(super) fn check(&self, value: &PyValue) -> Verdict {
        match value {
            PyValue::None => {
                let none = self.none.map_or(PyValue::None, |word| PyValue::Str(word.to_owned()));
                Ok(Stored::sure(none))
            }
            PyValue::Str(text) => {
                let lower = text.to_lowercase();
                let word = strip(&lower);
                if self.words.contains(&word) {
                    return Ok(Stored::sure(PyValue::Str(word.to_owned())));
                }
                let shown = if self.as_given { text.as_str() } else { word };
                Err(if self.not_listed.ends_with(' ') {
                    format!("{}{shown}", self.not_listed)
                } else {
                    self.not_listed.to_owned()
                })
            }
            PyValue::Symbolic { type_name: Some("str") | None, .. } => Ok(undecided(value)),
            other => Err(percent(self.not_text, other)),
        }
    }
}

/// `validate_http2_cleartext`: a truth value means something too.
pub(super) fn http2_cleartext(value: &PyValue) -> Verdict {
    match value {
        PyValue::Bool(on) => {
            let word = if *on { "prior-knowledge" } else { "off" };
            Ok(Stored::sure(PyValue::Str(word.to_owned())))
        }
        PyValue::Symbolic { .. } => Ok(undecided(value)),
        other => HTTP2_CLEARTEXT.check(other),
    }
}

/// `validate_proxy_protocol`: a truth value or one of the words of the three modes.
pub(super) fn proxy_protocol(value: &PyValue) -> Verdict {
    let mode = match value {
        PyValue::None | PyValue::Bool(false) => "off",
        PyValue::Bool(true) => "auto",
        PyValue::Str(text) => match strip(&text.to_lowercase()) {
            "false" | "off" | "0" | "none" => "off",
            "true" | "auto" | "1" => "auto",
            "v1" => "v1",
            "v2" => "v2",
            _ => return Err("proxy_protocol must be: off, v1, v2, or auto".to_owned()),
        },
        PyValue::Symbolic { type_name: Some("str" | "bool") | None, .. } => return Ok(undecided(value)),
        _ => return Err("proxy_protocol must be string or bool".to_owned()),
    };
    Ok(Stored::sure(PyValue::Str(mode.to_owned())))
}

/// `validate_reload_engine`: a key of `reloader_engines`.
pub(super) fn reload_engine(value: &PyValue) -> Verdict {
    match value {
        PyValue::Str(text) if ["auto", "poll", "inotify"].contains(&text.as_str()) => {
            Ok(Stored::sure(value.clone()))
        }
        PyValue::Symbolic { type_name: Some("str") | None, .. } => Ok(undecided(value)),
        PyValue::List(_) | PyValue::Dict(_) | PyValue::Set(_) => {
            let kind = type_name(value).unwrap_or("object");
            Err(format!("unhashable type: '{kind}'"))
        }
        PyValue::Tuple(items) => Err(match items.as_slice() {
            [one] => format!("Invalid reload_engine: {}", repr(one)),
            _ => percent("%s", value),
        }),
        other => Err(format!("Invalid reload_engine: {}", repr(other))),
    }
}

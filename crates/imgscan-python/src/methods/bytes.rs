//! Methods of `bytes`.

use std::rc::Rc;

use crate::interp::{Args, Interp, Res, Stop};
use crate::object::{Kind, Type, Value};

/// `this.name(*args)`
pub(super) fn call(interp: &mut Interp<'_>, this: &Rc<[u8]>, name: &str, args: Args) -> Res<Value> {
    match name {
        "decode" => {
            let [encoding, errors] = interp.params("decode", args, ["encoding", "errors"], 0)?;
            let value = Value::bytes(Rc::clone(this));
            decode(interp, &value, encoding.as_ref(), errors.as_ref())
        }
        "hex" if args.positional.is_empty() => {
            Ok(Value::str(this.iter().map(|b| format!("{b:02x}")).collect::<String>()))
        }
        "upper" => Ok(Value::bytes(this.to_ascii_uppercase())),
        "lower" => Ok(Value::bytes(this.to_ascii_lowercase())),
        "strip" if args.positional.is_empty() => {
            let space = |b: &u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c);
            let start = this.iter().position(|b| !space(b)).unwrap_or(this.len());
            let end = this.iter().rposition(|b| !space(b)).map_or(start, |at| at + 1);
            Ok(Value::bytes(this.get(start..end).unwrap_or(&[]).to_vec()))
        }
        "startswith" | "endswith" => match args.positional.as_slice() {
            [Value { kind: Kind::Bytes(part), .. }] => Ok(Value::bool(match name {
                "startswith" => this.starts_with(part),
                _ => this.ends_with(part),
            })),
            _ => Err(not_modelled(name)),
        },
        _ => Err(not_modelled(name)),
    }
}

fn not_modelled(name: &str) -> Stop {
    Stop::Opaque(Box::new(Value::unknown(format!("`bytes.{name}` is not modelled"))))
}

/// `bytes.decode(encoding, errors)`
pub(crate) fn decode(
    interp: &mut Interp<'_>,
    value: &Value,
    encoding: Option<&Value>,
    errors: Option<&Value>,
) -> Res<Value> {
    interp.expect_known(value)?;
    let Kind::Bytes(bytes) = &value.kind else {
        let name = interp.type_name(value);
        let message = match &value.kind {
            Kind::Str(_) => "decoding str is not supported".to_owned(),
            _ => format!("decoding to str: need a bytes-like object, {name} found"),
        };
        return Err(interp.type_error(message));
    };
    let encoding = match encoding {
        Some(encoding) => interp.text(encoding)?.to_ascii_lowercase().replace('_', "-"),
        None => "utf-8".to_owned(),
    };
    let strict = match errors {
        Some(errors) => &*interp.text(errors)? == "strict",
        None => true,
    };
    match (encoding.as_str(), std::str::from_utf8(bytes)) {
        ("utf-8" | "utf8" | "u8" | "utf", Ok(text)) => Ok(Value::str(text)),
        ("ascii" | "us-ascii", Ok(text)) if text.is_ascii() => Ok(Value::str(text)),
        ("latin-1" | "latin1" | "iso-8859-1", _) => {
            Ok(Value::str(bytes.iter().map(|b| char::from(*b)).collect::<String>()))
        }
        ("utf-8" | "utf8" | "u8" | "utf" | "ascii" | "us-ascii", _) if strict => {
            Err(interp.raise_unclear(Type::UnicodeDecodeError))
        }
        _ => Err(Stop::Opaque(Box::new(Value::unknown("this decoding is not followed")))),
    }
}

//! `str`, `repr` and the string methods that gunicorn's validators use.

use imgscan_python::PyValue;

/// Whether `str.isspace` holds for the character: Unicode white space and the four information separators.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

/// `str.strip()`.
pub(crate) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// `type(value).__name__`, where it is certain.
pub(crate) fn type_name(value: &PyValue) -> Option<&str> {
    Some(match value {
        PyValue::None => "NoneType",
        PyValue::Bool(_) => "bool",
        PyValue::Int(_) => "int",
        PyValue::Float(_) => "float",
        PyValue::Str(_) => "str",
        PyValue::Bytes(_) => "bytes",
        PyValue::List(_) => "list",
        PyValue::Tuple(_) => "tuple",
        PyValue::Set(_) => "set",
        PyValue::Dict(_) => "dict",
        PyValue::Function { module: Some(module), name, .. } if is_built_in(module, name) => {
            "builtin_function_or_method"
        }
        PyValue::Function { .. } => "function",
        PyValue::Class { .. } => "type",
        PyValue::Module(_) => "module",
        PyValue::Object { type_name, .. } => type_name,
        PyValue::Symbolic { type_name, .. } => return *type_name,
        PyValue::Unknown { .. } => return None,
    })
}

/// Whether a function is written in C, as far as functions come under the names of settings.
fn is_built_in(module: &str, name: &str) -> bool {
    matches!(module, "builtins" | "posix" | "time" | "math")
        || module == "os" && matches!(name, "chdir" | "umask")
}

/// The text of the `AttributeError` where a value has no attribute of this name.
pub(crate) fn no_attribute(value: &PyValue, name: &str) -> String {
    let owner = match value {
        PyValue::Class { name, .. } => {
            format!("type object '{}'", name.rsplit('.').next().unwrap_or(name))
        }
        PyValue::Module(name) => format!("module '{name}'"),
        other => format!("'{}' object", type_name(other).unwrap_or("object")),
    };
    format!("{owner} has no attribute '{name}'")
}

/// Types of the standard library whose objects are neither numbers nor texts nor truth values, cannot be called and
/// are no dictionaries.
const INERT: [&str; 22] = [
    "ellipsis",
    "complex",
    "range",
    "slice",
    "generator",
    "PosixPath",
    "PurePosixPath",
    "datetime",
    "date",
    "time",
    "timedelta",
    "UUID",
    "Decimal",
    "Fraction",
    "Match",
    "Pattern",
    "Namespace",
    "zip",
    "map",
    "filter",
    "enumerate",
    "Logger",
];

/// Whether a value is an object that no validator for numbers, texts, truth values, dictionaries or functions takes.
pub(crate) fn is_inert(value: &PyValue) -> bool {
    matches!(value, PyValue::Object { type_name, .. } if INERT.contains(&type_name.as_str()))
}

/// `str(value)`; what is not known stands as its expression.
pub(crate) fn str_of(value: &PyValue) -> String {
    match value {
        PyValue::Str(text) => text.clone(),
        // `str(PosixPath('/app'))` is the path.
        PyValue::Object { type_name, text } if type_name.ends_with("Path") => {
            let inner = text.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
            inner.map_or(text.as_str(), |inner| inner.trim_matches(['\'', '"'])).to_owned()
        }
        other => repr(other),
    }
}

/// `repr(value)`; addresses of objects are left out, what is not known stands as its expression.
pub(crate) fn repr(value: &PyValue) -> String {
    match value {
        PyValue::None => "None".to_owned(),
        PyValue::Bool(true) => "True".to_owned(),
        PyValue::Bool(false) => "False".to_owned(),
        PyValue::Int(number) => number.to_string(),
        PyValue::Float(number) => repr_float(*number),
        PyValue::Str(text) => repr_str(text),
        PyValue::Bytes(bytes) => repr_bytes(bytes),
        PyValue::List(items) => format!("[{}]", joined(items)),
        PyValue::Tuple(items) if items.len() == 1 => format!("({},)", joined(items)),
        PyValue::Tuple(items) => format!("({})", joined(items)),
        PyValue::Set(items) if items.is_empty() => "set()".to_owned(),
        PyValue::Set(items) => format!("{{{}}}", joined(items)),
        PyValue::Dict(pairs) => {
            let pairs: Vec<String> = pairs.iter().map(|(k, v)| format!("{}: {}", repr(k), repr(v))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
        PyValue::Function { module: Some(module), name, .. } if is_built_in(module, name) => {
            format!("<built-in function {name}>")
        }
        PyValue::Function { name, .. } => format!("<function {name}>"),
        PyValue::Class { module: Some(module), name } if module != "builtins" => {
            format!("<class '{module}.{name}'>")
        }
        PyValue::Class { name, .. } => format!("<class '{name}'>"),
        PyValue::Module(name) => format!("<module '{name}'>"),
        PyValue::Object { type_name, text } if type_name == "range" => {
            text.strip_suffix(", 1)").map_or_else(|| text.clone(), |short| format!("{short})"))
        }
        PyValue::Object { text, .. } => text.clone(),
        PyValue::Symbolic { text, .. } => text.clone(),
        PyValue::Unknown { reason, .. } => format!("<unknown: {reason}>"),
    }
}

fn joined(items: &[PyValue]) -> String {
    items.iter().map(repr).collect::<Vec<_>>().join(", ")
}

/// `repr` of a string: single quotes unless the text holds one and no double quote.
pub(crate) fn repr_str(text: &str) -> String {
    let quote = quote_for(text.contains('\''), text.contains('"'));
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => out.extend(['\\', c]),
            c if is_printable(c) => out.push(c),
            c => out.push_str(&escaped(u32::from(c))),
        }
    }
    out.push(quote);
    out
}

fn quote_for(single: bool, double: bool) -> char {
    if single && !double { '"' } else { '\'' }
}

fn escaped(code: u32) -> String {
    match code {
        0..=0xff => format!("\\x{code:02x}"),
        0x100..=0xffff => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    }
}

/// `str.isprintable`, but for code points that Unicode has not assigned: no controls, no separators but the blank, no
/// format characters, no private use.
fn is_printable(c: char) -> bool {
    let hidden = matches!(c,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{10ffff}');
    c == ' ' || !(c.is_control() || c.is_whitespace() || hidden)
}

fn repr_bytes(bytes: &[u8]) -> String {
    let quote = quote_for(bytes.contains(&b'\''), bytes.contains(&b'"'));
    let mut out = format!("b{quote}");
    for byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b if char::from(*b) == quote => out.extend(['\\', quote]),
            b' '..=b'~' => out.push(char::from(*byte)),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push(quote);
    out
}

/// `repr` of a float: the shortest digits that read back, with an exponent below 1e-4 and from 1e16 on.
pub(crate) fn repr_float(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let size = number.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let text = format!("{number:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |e| ('-', e));
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    format!("{number:?}")
}

/// `template % value` for a template with one `%s`: a tuple is taken apart, so that only one of one item fits.
pub(crate) fn percent(template: &str, value: &PyValue) -> String {
    let shown = match value {
        PyValue::Tuple(items) => match items.as_slice() {
            [] => return "not enough arguments for format string".to_owned(),
            [one] => str_of(one),
            _ => return "not all arguments converted during string formatting".to_owned(),
        },
        other => str_of(other),
    };
    template.replacen("%s", &shown, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_quoted_as_python_quotes_them() {
        let cases = [
            ("a", "'a'"),
            ("it's", "\"it's\""),
            ("'\"", "'\\'\"'"),
            ("a\\b\n", "'a\\\\b\\n'"),
            ("\x1f\u{a0}é", "'\\x1f\\xa0é'"),
        ];
        for (text, expected) in cases {
            assert_eq!(repr_str(text), expected);
        }
    }

    #[test]
    fn floats_read_as_python_writes_them() {
        let cases = [
            (1.5, "1.5"),
            (2.0, "2.0"),
            (1e16, "1e+16"),
            (1e-5, "1e-05"),
            (123_456_789.0, "123456789.0"),
            (-0.0, "-0.0"),
        ];
        for (number, expected) in cases {
            assert_eq!(repr_float(number), expected);
        }
    }

    #[test]
    fn a_tuple_is_taken_apart_by_percent() {
        let one = PyValue::Tuple(vec![PyValue::Int(1.into())]);
        assert_eq!(percent("not a string: %s", &one), "not a string: 1");
        let two = PyValue::Tuple(vec![PyValue::None, PyValue::None]);
        assert_eq!(percent("not a string: %s", &two), "not all arguments converted during string formatting");
    }
}

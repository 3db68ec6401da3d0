//! `json`

use std::rc::Rc;

use num_bigint::BigInt;

use super::native;
use crate::interp::{Args, Interp, Res, Stop};
use crate::number::text::float_repr;
use crate::object::{Dict, Kind, Native, Object, Type, Value};

pub(super) static FUNCTIONS: [Native; 4] = [
    native("json", "loads", loads),
    native("json", "load", load),
    native("json", "dumps", dumps),
    native("json", "dump", dump),
];

/// The exception.
pub(super) fn special(name: &str) -> Option<Value> {
    (name == "JSONDecodeError").then(|| Value::new(Kind::Type(Type::JsonDecodeError)))
}

/// Deepest nesting that is followed.
const NESTING: usize = 200;

fn loads(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    if !args.keywords.is_empty() {
        return Err(Stop::Opaque(Box::new(Value::unknown("options of `json.loads` are not followed"))));
    }
    let value = interp.only("loads", args)?;
    interp.expect_known(&value)?;
    let text: Rc<str> = match &value.kind {
        Kind::Str(text) => Rc::clone(text),
        Kind::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => text.into(),
            Err(_) => return Err(interp.raise_unclear(Type::UnicodeDecodeError)),
        },
        _ => {
            let name = interp.type_name(&value);
            let message = format!("the JSON object must be str, bytes or bytearray, not {name}");
            return Err(interp.type_error(message));
        }
    };
    parse(interp, &text).map(|v| v.also(&value.trace))
}

fn load(interp: &mut Interp<'_>, mut args: Args) -> Res<Value> {
    if args.positional.is_empty() {
        return Err(interp.raise_unclear(Type::TypeError));
    }
    let file = args.positional.remove(0);
    let read = interp.get_attribute(&file, "read")?;
    let text = interp.call0(&read)?;
    args.positional.insert(0, text);
    loads(interp, args)
}

/// A JSON text being read.
struct Reader<'t> {
    text: &'t str,
    at: usize,
}

enum Fault {
    /// `JSONDecodeError` with these words at a byte.
    Words(String, usize),
    Unclear(&'static str),
}

fn parse(interp: &mut Interp<'_>, text: &str) -> Res<Value> {
    interp.charge(text.len() / 8)?;
    let mut reader = Reader { text, at: 0 };
    let result = if text.starts_with('\u{feff}') {
        Err(Fault::Words("Unexpected UTF-8 BOM (decode using utf-8-sig)".into(), 0))
    } else {
        reader.document(interp)
    };
    match result {
        Ok(value) => Ok(value),
        Err(Fault::Unclear(words)) => Err(Stop::Opaque(Box::new(Value::unknown(words)))),
        Err(Fault::Words(words, at)) => {
            let before = text.get(..at).unwrap_or("");
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
            let at = before.chars().count();
            let message = format!("{words}: line {line} column {column} (char {at})");
            Err(interp.raise(Type::JsonDecodeError, message))
        }
    }
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r']);
        self.at += rest.len() - trimmed.len();
    }

    fn expected(&self, words: &str) -> Fault {
        Fault::Words(words.to_owned(), self.at)
    }

    fn document(&mut self, interp: &mut Interp<'_>) -> Result<Value, Fault> {
        self.blanks();
        let value = self.value(interp, 0)?;
        self.blanks();
        if self.rest().is_empty() { Ok(value) } else { Err(self.expected("Extra data")) }
    }

    fn value(&mut self, interp: &mut Interp<'_>, depth: usize) -> Result<Value, Fault> {
        if depth > NESTING {
            return Err(Fault::Unclear("the JSON text nests too deeply"));
        }
        let rest = self.rest();
        for (word, value) in [
            ("null", Value::none()),
            ("true", Value::bool(true)),
            ("false", Value::bool(false)),
            ("NaN", Value::float(f64::NAN)),
            ("Infinity", Value::float(f64::INFINITY)),
            ("-Infinity", Value::float(f64::NEG_INFINITY)),
        ] {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        match rest.bytes().next() {
            Some(b'"') => self.string().map(Value::str),
            Some(b'[') => self.array(interp, depth),
            Some(b'{') => self.object(interp, depth),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.expected("Expecting value")),
        }
    }

    fn number(&mut self) -> Result<Value, Fault> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let digits = |from: usize| bytes.iter().skip(from).take_while(|b| b.is_ascii_digit()).count();
        let start = usize::from(bytes.first() == Some(&b'-'));
        let whole = match bytes.get(start) {
            Some(b'0') => 1,
            _ => digits(start),
        };
        if whole == 0 {
            return Err(self.expected("Expecting value"));
        }
        let mut end = start + whole;
        let mut is_float = false;
        if bytes.get(end) == Some(&b'.') && digits(end + 1) > 0 {
            end += 1 + digits(end + 1);
            is_float = true;
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            if digits(end + 1 + sign) > 0 {
                end += 1 + sign + digits(end + 1 + sign);
                is_float = true;
            }
        }
        let text = rest.get(..end).unwrap_or("");
        let value = match is_float {
            true => text.parse().map(Value::float).ok(),
            false if text.len() > 4_300 => None,
            false => text.parse::<BigInt>().map(Value::int).ok(),
        };
        self.at += end;
        value.ok_or(Fault::Unclear("the number is larger than what is followed"))
    }

    fn string(&mut self) -> Result<String, Fault> {
        let begin = self.at;
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = self.rest();
            let Some(c) = rest.chars().next() else {
                return Err(Fault::Words("Unterminated string starting at".into(), begin));
            };
            match c {
                '"' => {
                    self.at += 1;
                    return Ok(out);
                }
                '\\' => self.escape(&mut out, begin)?,
                c if c < ' ' => return Err(self.expected("Invalid control character at")),
                c => {
                    out.push(c);
                    self.at += c.len_utf8();
                }
            }
        }
    }

    fn escape(&mut self, out: &mut String, begin: usize) -> Result<(), Fault> {
        let Some(c) = self.rest().chars().nth(1) else {
            return Err(Fault::Words("Unterminated string starting at".into(), begin));
        };
        let plain = match c {
            '"' | '\\' | '/' => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.unicode(out),
            _ => return Err(Fault::Words("Invalid \\escape".into(), self.at)),
        };
        out.push(plain);
        self.at += 2;
        Ok(())
    }

    fn unicode(&mut self, out: &mut String) -> Result<(), Fault> {
        let unit = |text: &str| {
            let digits = text
                .get(2..6)
                .filter(|d| text.starts_with("\\u") && d.chars().all(|c| c.is_ascii_hexdigit()))?;
            u32::from_str_radix(digits, 16).ok()
        };
        let Some(first) = unit(self.rest()) else {
            return Err(Fault::Words("Invalid \\uXXXX escape".into(), self.at + 1));
        };
        self.at += 6;
        if (0xD800..0xDC00).contains(&first)
            && let Some(second) = unit(self.rest()).filter(|u| (0xDC00..0xE000).contains(u))
        {
            self.at += 6;
            let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            out.extend(char::from_u32(code));
            return Ok(());
        }
        match char::from_u32(first) {
            Some(c) => {
                out.push(c);
                Ok(())
            }
            None => Err(Fault::Unclear("half of a surrogate pair is not followed")),
        }
    }

    fn array(&mut self, interp: &mut Interp<'_>, depth: usize) -> Result<Value, Fault> {
        self.at += 1;
        let mut items = Vec::new();
        self.blanks();
        if self.rest().starts_with(']') {
            self.at += 1;
            return Ok(interp.list(items));
        }
        loop {
            items.push(self.value(interp, depth + 1)?);
            self.blanks();
            match self.rest().bytes().next() {
                Some(b',') => {
                    self.at += 1;
                    self.blanks();
                    self.trailing(interp, ']')?;
                }
                Some(b']') => {
                    self.at += 1;
                    return Ok(interp.list(items));
                }
                _ => return Err(self.expected("Expecting ',' delimiter")),
            }
        }
    }

    /// A comma before the end: since 3.13 it has words of its own.
    fn trailing(&self, interp: &Interp<'_>, end: char) -> Result<(), Fault> {
        if !self.rest().starts_with(end) || interp.version().is_some_and(|v| v < (3, 13)) {
            return Ok(());
        }
        Err(Fault::Unclear("a trailing comma in JSON: the words depend on the version"))
    }

    fn object(&mut self, interp: &mut Interp<'_>, depth: usize) -> Result<Value, Fault> {
        self.at += 1;
        let mut dict = Dict::default();
        let site = interp.here;
        self.blanks();
        if self.rest().starts_with('}') {
            self.at += 1;
            return Ok(Value::object(interp.heap.add(Object::Dict(dict))));
        }
        loop {
            if !self.rest().starts_with('"') {
                return Err(self.expected("Expecting property name enclosed in double quotes"));
            }
            let key = self.string()?;
            self.blanks();
            if !self.rest().starts_with(':') {
                return Err(self.expected("Expecting ':' delimiter"));
            }
            self.at += 1;
            self.blanks();
            let value = self.value(interp, depth + 1)?;
            dict.set_name(&key.into(), value, site);
            self.blanks();
            match self.rest().bytes().next() {
                Some(b',') => {
                    self.at += 1;
                    self.blanks();
                    self.trailing(interp, '}')?;
                }
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Value::object(interp.heap.add(Object::Dict(dict))));
                }
                _ => return Err(self.expected("Expecting ',' delimiter")),
            }
        }
    }
}

/// How a value is written.
struct Style {
    indent: Option<String>,
    item: String,
    key: String,
    sort: bool,
    ascii: bool,
}

fn dump(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Ok(Value::none())
}

fn dumps(interp: &mut Interp<'_>, mut args: Args) -> Res<Value> {
    interp.expect_closed(&args)?;
    let indent = match args.take("indent") {
        Some(value) if !value.is_none() => match &value.kind {
            Kind::Str(text) => Some(text.to_string()),
            _ => Some(" ".repeat(usize::try_from(interp.count(&value)?).unwrap_or(0).min(1_000))),
        },
        _ => None,
    };
    let (mut item, mut key) = (if indent.is_some() { "," } else { ", " }.to_owned(), ": ".to_owned());
    if let Some(separators) = args.take("separators").filter(|s| !s.is_none()) {
        let pair = interp.collect(&separators)?;
        let [first, second] = pair.as_slice() else { return Err(interp.raise_unclear(Type::ValueError)) };
        (item, key) = (interp.text(first)?.to_string(), interp.text(second)?.to_string());
    }
    let sort = args.take("sort_keys");
    let sort = interp.flag(sort.as_ref(), false)?;
    let ascii = args.take("ensure_ascii");
    let ascii = interp.flag(ascii.as_ref(), true)?;
    if !args.keywords.is_empty() {
        return Err(Stop::Opaque(Box::new(Value::unknown("options of `json.dumps` are not followed"))));
    }
    let value = interp.only("dumps", args)?;
    let style = Style { indent, item, key, sort, ascii };
    let mut out = String::new();
    write(interp, &value, &style, &mut out, 0)?;
    interp.check_size(out.len())?;
    Ok(Value::str(out))
}

fn string(text: &str, ascii: bool, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c if ascii && !(' '..='~').contains(&c) => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

fn number(x: f64) -> String {
    if x.is_nan() {
        "NaN".into()
    } else if x.is_infinite() {
        if x > 0.0 { "Infinity".into() } else { "-Infinity".into() }
    } else {
        float_repr(x)
    }
}

fn line(style: &Style, out: &mut String, depth: usize) {
    if let Some(indent) = &style.indent {
        out.push('\n');
        for _ in 0..depth {
            out.push_str(indent);
        }
    }
}

fn write(interp: &mut Interp<'_>, value: &Value, style: &Style, out: &mut String, depth: usize) -> Res<()> {
    interp.charge(1)?;
    interp.expect_known(value)?;
    if depth > NESTING {
        return Err(Stop::Opaque(Box::new(Value::unknown("the value nests too deeply"))));
    }
    interp.check_size(out.len())?;
    match &value.kind {
        Kind::None => out.push_str("null"),
        Kind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Kind::Int(_) => out.push_str(&interp.plain_repr(value)?),
        Kind::Float(x) => out.push_str(&number(*x)),
        Kind::Str(text) => string(text, style.ascii, out),
        Kind::Tuple(items) => return write_array(interp, &Rc::clone(items), style, out, depth),
        Kind::Ref(id) => {
            let id = *id;
            interp.expect_state(id)?;
            match interp.heap.get(id).clone() {
                Object::List(items) => return write_array(interp, &items, style, out, depth),
                Object::Dict(dict) if !matches!(dict.kind, crate::object::DictKind::Environ) => {
                    interp.expect_certain(id)?;
                    return write_object(interp, &dict, style, out, depth);
                }
                _ => match interp.tuple_items(value) {
                    Some(items) => return write_array(interp, &items, style, out, depth),
                    None => return Err(not_serializable(interp, value)),
                },
            }
        }
        _ => return Err(not_serializable(interp, value)),
    }
    Ok(())
}

fn not_serializable(interp: &mut Interp<'_>, value: &Value) -> Stop {
    if interp.is_unclear(value) {
        return Stop::Opaque(Box::new(Value::unknown("what the object is written as is not known")));
    }
    let name = interp.type_name(value);
    interp.type_error(format!("Object of type {name} is not JSON serializable"))
}

fn write_array(
    interp: &mut Interp<'_>,
    items: &[Value],
    style: &Style,
    out: &mut String,
    depth: usize,
) -> Res<()> {
    if items.is_empty() {
        out.push_str("[]");
        return Ok(());
    }
    out.push('[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push_str(&style.item);
        }
        line(style, out, depth + 1);
        write(interp, item, style, out, depth + 1)?;
    }
    line(style, out, depth);
    out.push(']');
    Ok(())
}

fn write_object(
    interp: &mut Interp<'_>,
    dict: &Dict,
    style: &Style,
    out: &mut String,
    depth: usize,
) -> Res<()> {
    if dict.entries.is_empty() {
        out.push_str("{}");
        return Ok(());
    }
    let mut entries: Vec<_> = dict.entries.values().cloned().collect();
    if style.sort {
        if !entries.iter().all(|e| e.key.as_str().is_some()) {
            return Err(Stop::Opaque(Box::new(Value::unknown(
                "sorting keys that are no strings is not followed",
            ))));
        }
        entries.sort_by(|a, b| a.key.as_str().cmp(&b.key.as_str()));
    }
    out.push('{');
    for (at, entry) in entries.iter().enumerate() {
        if at > 0 {
            out.push_str(&style.item);
        }
        line(style, out, depth + 1);
        let key = match &entry.key.kind {
            Kind::Str(key) => key.to_string(),
            Kind::None => "null".into(),
            Kind::Bool(b) => if *b { "true" } else { "false" }.into(),
            Kind::Int(_) => interp.plain_repr(&entry.key)?,
            Kind::Float(x) => number(*x),
            _ => {
                let name = interp.type_name(&entry.key);
                let message = format!("keys must be str, int, float, bool or None, not {name}");
                return Err(interp.type_error(message));
            }
        };
        string(&key, style.ascii, out);
        out.push_str(&style.key);
        write(interp, &entry.value, style, out, depth + 1)?;
    }
    line(style, out, depth);
    out.push('}');
    Ok(())
}

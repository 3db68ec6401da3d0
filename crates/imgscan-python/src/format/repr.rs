//! `repr` and `str` of values.

use std::rc::Rc;

use imgscan_model::limits;

use crate::interp::{Interp, Res, Stop};
use crate::number::text::float_repr;
use crate::object::instance::DictPart;
use crate::object::{DictKind, Kind, Object, Type, Value};

/// `repr` of a string.
pub(crate) fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if is_printable(c) => out.push(c),
            c => push_escape(&mut out, c),
        }
    }
    out.push(quote);
    out
}

/// `ascii` of a string's `repr`.
pub(crate) fn to_ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() { out.push(c) } else { push_escape(&mut out, c) }
    }
    out
}

fn push_escape(out: &mut String, c: char) {
    let code = u32::from(c);
    out.push_str(&match code {
        0..=0xFF => format!("\\x{code:02x}"),
        0x100..=0xFFFF => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    });
}

/// `str.isprintable` of one character: neither control, format, surrogate, private, unassigned nor a separator
/// other than the blank. Rust's own escaping follows the same categories.
pub(crate) fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return (' '..='~').contains(&c);
    }
    // Behind another character, so that combining marks are not escaped for being combining marks.
    let probe: String = ['a', c].into_iter().collect();
    !probe.escape_debug().any(|e| e == '\\')
}

/// `repr` of bytes.
pub(crate) fn bytes_repr(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut out = format!("b{quote}");
    for byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b if char::from(*b) == quote => {
                out.push('\\');
                out.push(quote);
            }
            b' '..=b'~' => out.push(char::from(*byte)),
            other => out.push_str(&format!("\\x{other:02x}")),
        }
    }
    out.push(quote);
    out
}

impl Interp<'_> {
    /// `str(value)`
    pub(crate) fn str_of(&mut self, value: &Value) -> Res<Value> {
        if let Kind::Str(_) = value.kind {
            return Ok(value.clone());
        }
        if !value.is_known() {
            return Err(Stop::Opaque(Box::new(value.clone())));
        }
        if let Some(id) = value.id()
            && let Object::Instance(_) = self.heap.get(id)
        {
            if let Some(result) = self.call_special(value, "__str__", &[])? {
                return self.expect_text(&result, "__str__");
            }
            let instance = match self.heap.get(id) {
                Object::Instance(instance) => instance.clone(),
                _ => return self.repr_of(value),
            };
            if instance.is_exception(&self.heap) {
                return self.exception_text(&instance);
            }
            return self.repr_of(value);
        }
        if let Kind::Path(path, _) = &value.kind {
            return Ok(Value::str(Rc::clone(path)).also(&value.trace));
        }
        self.repr_of(value)
    }

    /// `str` of an exception.
    fn exception_text(&mut self, instance: &crate::object::instance::Instance) -> Res<Value> {
        let args = match &instance.args {
            Some(args) => match &args.kind {
                Kind::Tuple(items) => Rc::clone(items),
                _ => return Err(Stop::Opaque(Box::new(args.clone()))),
            },
            None => return Ok(Value::str("")),
        };
        let class = match &instance.class.kind {
            Kind::Type(class) => Some(*class),
            _ => self.native_base(&instance.class),
        };
        match (&*args, class) {
            ([], _) => Ok(Value::str("")),
            ([only], Some(Type::KeyError)) => self.repr_of(only),
            ([code, words, rest @ ..], Some(class)) if class.is(Type::OsError) && rest.len() <= 3 => {
                let mut text = format!("[Errno {}] {}", self.plain_str(code)?, self.plain_str(words)?);
                if let Some(path) = rest.first() {
                    text.push_str(": ");
                    text.push_str(&self.plain_repr(path)?);
                }
                Ok(Value::str(text))
            }
            ([only], _) => self.str_of(only),
            (_, Some(class)) if class.is(Type::SyntaxError) => {
                Err(Stop::Opaque(Box::new(Value::unknown("the text of the exception is not known"))))
            }
            (many, _) => self.repr_of(&Value::tuple(many.to_vec())),
        }
    }

    /// `str` as a Rust string.
    pub(crate) fn plain_str(&mut self, value: &Value) -> Res<String> {
        let text = self.str_of(value)?;
        match text.as_str() {
            Some(text) => Ok(text.to_owned()),
            None => Err(Stop::Opaque(Box::new(text))),
        }
    }

    /// `repr` as a Rust string.
    pub(crate) fn plain_repr(&mut self, value: &Value) -> Res<String> {
        let text = self.repr_of(value)?;
        match text.as_str() {
            Some(text) => Ok(text.to_owned()),
            None => Err(Stop::Opaque(Box::new(text))),
        }
    }

    /// `repr(value)`
    pub(crate) fn repr_of(&mut self, value: &Value) -> Res<Value> {
        let mut out = String::new();
        self.write_repr(value, &mut out, &mut Vec::new())?;
        self.check_size(out.len())?;
        Ok(Value::str(out))
    }

    fn expect_text(&mut self, value: &Value, method: &str) -> Res<Value> {
        match &value.kind {
            Kind::Str(_) => Ok(value.clone()),
            Kind::Symbolic(_) | Kind::Unknown(_) => Err(Stop::Opaque(Box::new(value.clone()))),
            _ => {
                let message = format!("{method} returned non-string (type {})", self.type_name(value));
                Err(self.type_error(message))
            }
        }
    }

    fn unclear(words: &str) -> Stop {
        Stop::Opaque(Box::new(Value::unknown(words)))
    }

    fn write_repr(&mut self, value: &Value, out: &mut String, open: &mut Vec<crate::object::Id>) -> Res<()> {
        self.charge(1)?;
        if out.len() > limits::VALUE_SIZE || open.len() > limits::DEPTH {
            return Err(Interp::unclear("the text is too long to be followed"));
        }
        match &value.kind {
            Kind::None => out.push_str("None"),
            Kind::NotImplemented => out.push_str("NotImplemented"),
            Kind::Ellipsis => out.push_str("Ellipsis"),
            Kind::Bool(true) => out.push_str("True"),
            Kind::Bool(false) => out.push_str("False"),
            Kind::Int(n) => {
                // CPython refuses to convert more than 4300 digits, but not in every patch release.
                if n.bits() > 14_000 {
                    return Err(Interp::unclear("the number has too many digits to be shown"));
                }
                out.push_str(&n.to_string());
            }
            Kind::Float(x) => out.push_str(&float_repr(*x)),
            Kind::Str(text) => out.push_str(&quoted(text)),
            Kind::Bytes(bytes) => out.push_str(&bytes_repr(bytes)),
            Kind::Tuple(items) => {
                out.push('(');
                self.write_items(items, out, open)?;
                out.push_str(if items.len() == 1 { ",)" } else { ")" });
            }
            Kind::Slice(parts) => {
                out.push_str("slice(");
                self.write_items(&parts[..], out, open)?;
                out.push(')');
            }
            Kind::Range(range) => {
                out.push_str(&format!("range({}, {}", range.start, range.stop));
                if range.step != num_bigint::BigInt::from(1) {
                    out.push_str(&format!(", {}", range.step));
                }
                out.push(')');
            }
            Kind::Type(class) => out.push_str(&format!("<class '{}'>", class.full_name())),
            Kind::Native(native) => out.push_str(&format!("<built-in function {}>", native.name)),
            Kind::Path(path, concrete) => {
                let name = if *concrete { "PosixPath" } else { "PurePosixPath" };
                out.push_str(&format!("{name}({})", quoted(path)));
            }
            Kind::Ref(id) => return self.write_object(value, *id, out, open),
            Kind::Symbolic(_) | Kind::Unknown(_) => return Err(Stop::Opaque(Box::new(value.clone()))),
            Kind::Method(_) | Kind::External(_) => {
                return Err(Interp::unclear("the text holds the address of an object"));
            }
        }
        Ok(())
    }

    fn write_items(
        &mut self,
        items: &[Value],
        out: &mut String,
        open: &mut Vec<crate::object::Id>,
    ) -> Res<()> {
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            self.write_repr(item, out, open)?;
        }
        Ok(())
    }

    fn write_object(
        &mut self,
        value: &Value,
        id: crate::object::Id,
        out: &mut String,
        open: &mut Vec<crate::object::Id>,
    ) -> Res<()> {
        self.expect_state(id)?;
        let nested = open.contains(&id);
        match self.heap.get(id).clone() {
            Object::List(items) => {
                if nested {
                    out.push_str("[...]");
                    return Ok(());
                }
                open.push(id);
                out.push('[');
                self.write_items(&items, out, open)?;
                out.push(']');
                open.pop();
            }
            Object::Dict(dict) => {
                if nested {
                    out.push_str("{...}");
                    return Ok(());
                }
                self.expect_certain(id)?;
                open.push(id);
                self.write_dict(&dict, out, open)?;
                open.pop();
            }
            Object::Set(set) => {
                // The order of the elements is the hash table's.
                if set.items.len() > 1 {
                    return Err(Interp::unclear("the order of a set is not known"));
                }
                let items: Vec<Value> = set.items.values().cloned().collect();
                match (set.frozen, items.is_empty()) {
                    (true, true) => out.push_str("frozenset()"),
                    (false, true) => out.push_str("set()"),
                    (frozen, false) => {
                        out.push_str(if frozen { "frozenset({" } else { "{" });
                        self.write_items(&items, out, open)?;
                        out.push_str(if frozen { "})" } else { "}" });
                    }
                }
            }
            Object::View(dict, part) => self.write_view(dict, part, out, open)?,
            Object::Class(class) if class.opaque.is_none() && !class.is_enum => match class.module.as_deref()
            {
                Some("builtins") => out.push_str(&format!("<class '{}'>", class.qualname)),
                Some(module) => out.push_str(&format!("<class '{module}.{}'>", class.qualname)),
                None => return Err(Interp::unclear("the module of a class is not known")),
            },
            Object::Instance(_) => return self.write_instance(value, id, out, open),
            _ => return Err(Interp::unclear("the text holds the address of an object")),
        }
        Ok(())
    }

    fn write_dict(
        &mut self,
        dict: &crate::object::Dict,
        out: &mut String,
        open: &mut Vec<crate::object::Id>,
    ) -> Res<()> {
        let (before, after) = match &dict.kind {
            DictKind::Plain => ("{".to_owned(), "}"),
            DictKind::Environ => ("environ({".to_owned(), "})"),
            DictKind::Ordered if self.version().is_some_and(|v| v >= (3, 12)) => {
                match dict.entries.is_empty() {
                    true => ("OrderedDict(".to_owned(), ")"),
                    false => ("OrderedDict({".to_owned(), "})"),
                }
            }
            DictKind::Default(factory) => {
                let mut text = String::new();
                self.write_repr(&factory.clone(), &mut text, open)?;
                (format!("defaultdict({text}, {{"), "})")
            }
            DictKind::Ordered | DictKind::Counter => {
                return Err(Interp::unclear("how the dict is shown depends on the version"));
            }
        };
        out.push_str(&before);
        for (i, entry) in dict.entries.values().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            self.write_repr(&entry.key, out, open)?;
            out.push_str(": ");
            self.write_repr(&entry.value, out, open)?;
        }
        out.push_str(after);
        Ok(())
    }

    fn write_view(
        &mut self,
        dict: crate::object::Id,
        part: DictPart,
        out: &mut String,
        open: &mut Vec<crate::object::Id>,
    ) -> Res<()> {
        self.expect_certain(dict)?;
        let entries: Vec<_> =
            self.heap.dict(dict).map(|d| d.entries.values().cloned().collect()).unwrap_or_default();
        out.push_str(part.class().name());
        out.push_str("([");
        for (i, entry) in entries.iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            match part {
                DictPart::Keys => self.write_repr(&entry.key, out, open)?,
                DictPart::Values => self.write_repr(&entry.value, out, open)?,
                DictPart::Items => {
                    let pair = Value::tuple(vec![entry.key.clone(), entry.value.clone()]);
                    self.write_repr(&pair, out, open)?;
                }
            }
        }
        out.push_str("])");
        Ok(())
    }

    fn write_instance(
        &mut self,
        value: &Value,
        id: crate::object::Id,
        out: &mut String,
        open: &mut Vec<crate::object::Id>,
    ) -> Res<()> {
        if open.contains(&id) {
            return Err(Interp::unclear("the object contains itself"));
        }
        if let Some(text) = self.call_special(value, "__repr__", &[])? {
            let text = self.expect_text(&text, "__repr__")?;
            out.push_str(text.as_str().unwrap_or(""));
            return Ok(());
        }
        let Object::Instance(instance) = self.heap.get(id).clone() else { return Ok(()) };
        open.push(id);
        let result = self.write_known_instance(value, &instance, out, open);
        open.pop();
        result
    }

    fn write_known_instance(
        &mut self,
        value: &Value,
        instance: &crate::object::instance::Instance,
        out: &mut String,
        open: &mut Vec<crate::object::Id>,
    ) -> Res<()> {
        if instance.is_exception(&self.heap) {
            let name = self.type_name(value);
            out.push_str(&name);
            let Some(Kind::Tuple(args)) = instance.args.as_ref().map(|a| &a.kind) else {
                return Err(Interp::unclear("the arguments of an exception are not known"));
            };
            out.push('(');
            self.write_items(args, out, open)?;
            out.push(')');
            return Ok(());
        }
        match self.fields_of(value) {
            Some((name, fields)) => {
                out.push_str(&name);
                out.push('(');
                for (i, (field, value)) in fields.iter().enumerate() {
                    if i > 0 {
                        out.push_str(", ");
                    }
                    out.push_str(field);
                    out.push('=');
                    self.write_repr(value, out, open)?;
                }
                out.push(')');
                Ok(())
            }
            None => Err(Interp::unclear("the text holds the address of an object")),
        }
    }
}

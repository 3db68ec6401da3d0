//! `text.format(…)` and `format(value, spec)` (CPython's `string_format.h`).

use std::rc::Rc;

use super::repr::to_ascii;
use super::spec::{Spec, SpecFault};
use crate::interp::{Args, Interp, Res, Stop};
use crate::object::{Kind, Object, Piece, Symbolic, Type, Value};

/// A piece of a template.
#[derive(Debug)]
enum Part {
    Text(String),
    Field { name: String, conversion: Option<char>, spec: String },
}

/// How fields without a number are counted.
#[derive(Debug, Default)]
struct Numbering {
    next: usize,
    automatic: Option<bool>,
}

impl Interp<'_> {
    /// `template.format(*args, **keywords)`; pieces that are not known stay expressions.
    pub(crate) fn format_template(&mut self, template: &str, args: &Args) -> Res<Value> {
        let mut numbering = Numbering::default();
        let mut trace = crate::object::Trace::default();
        let pieces = self.format_pieces(template, args, &mut numbering, 2, &mut trace)?;
        let value = match pieces.iter().all(|p| matches!(p, Piece::Text(_))) {
            true => {
                let texts = pieces.iter().map(|p| if let Piece::Text(text) = p { &**text } else { "" });
                Value::str(texts.collect::<String>())
            }
            false => self.of_pieces(pieces)?,
        };
        Ok(value.traced(trace))
    }

    fn format_pieces(
        &mut self,
        template: &str,
        args: &Args,
        numbering: &mut Numbering,
        depth: usize,
        trace: &mut crate::object::Trace,
    ) -> Res<Vec<Piece>> {
        if depth == 0 {
            return Err(self.value_error("Max string recursion exceeded"));
        }
        let mut pieces = Vec::new();
        let mut size = 0;
        for part in self.parse_template(template)? {
            match part {
                Part::Text(text) => pieces.push(Piece::Text(text.into())),
                Part::Field { name, conversion, spec } => {
                    let value = self.field_value(&name, args, numbering)?;
                    *trace = trace.merge(&value.trace);
                    let spec = match spec.contains('{') {
                        true => {
                            let inner = self.format_pieces(&spec, args, numbering, depth - 1, trace)?;
                            self.plain_pieces(&inner)?
                        }
                        false => spec,
                    };
                    let formatted = self.formatted(&value, conversion, &spec)?;
                    size += Piece::known_length(&formatted);
                    self.check_size(size)?;
                    pieces.extend(formatted);
                }
            }
        }
        Ok(pieces)
    }

    /// A string of pieces, some of which are not known; it may grow no larger than one that is known.
    pub(crate) fn of_pieces(&mut self, pieces: Vec<Piece>) -> Res<Value> {
        let lengths = pieces.iter().map(|piece| match piece {
            Piece::Text(text) | Piece::Hole { text, .. } => text.len(),
        });
        self.check_size(lengths.sum())?;
        self.charge(pieces.len())?;
        Ok(Value::symbolic(Symbolic::of_pieces(pieces)))
    }

    /// Pieces that must all be known.
    pub(crate) fn plain_pieces(&self, pieces: &[Piece]) -> Res<String> {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(more) => text.push_str(more),
                Piece::Hole { .. } => {
                    let whole = Symbolic::of_pieces(pieces.to_vec());
                    return Err(Stop::Opaque(Box::new(Value::symbolic(whole))));
                }
            }
        }
        Ok(text)
    }

    /// A value converted and formatted: its text, or its expression.
    pub(crate) fn formatted(
        &mut self,
        value: &Value,
        conversion: Option<char>,
        spec: &str,
    ) -> Res<Vec<Piece>> {
        if !value.is_known() {
            let plain = matches!(conversion, None | Some('s')) && spec.is_empty();
            // `format` of a whole number without a specification is its digits, of a string itself.
            let symbolic_text = matches!(conversion, Some('s')) || self.class_of(value).is_some();
            return match plain && symbolic_text {
                true => self.pieces_of(value),
                false if plain && matches!(value.kind, Kind::Symbolic(_)) => self.pieces_of(value),
                false => Err(Stop::Opaque(Box::new(value.clone()))),
            };
        }
        let converted = match conversion {
            None => value.clone(),
            Some('s') => self.str_of(value)?,
            Some('r') => self.repr_of(value)?,
            Some('a') => Value::str(to_ascii(&self.plain_repr(value)?)),
            Some(other) => {
                let message = if other > ' ' && other < '\x7f' {
                    format!("Unknown conversion specifier {other}")
                } else {
                    format!("Unknown conversion specifier \\x{:x}", u32::from(other))
                };
                return Err(self.value_error(message));
            }
        };
        let text = self.format_value(&converted, spec)?;
        match &text.kind {
            Kind::Str(text) => Ok(vec![Piece::Text(Rc::clone(text))]),
            _ => self.pieces_of(&text),
        }
    }

    /// `format(value, spec)`
    pub(crate) fn format_value(&mut self, value: &Value, spec: &str) -> Res<Value> {
        self.expect_known(value)?;
        if let Some(result) = self.call_special(value, "__format__", &[Value::str(spec)])? {
            return Ok(result);
        }
        if spec.is_empty() {
            return self.str_of(value);
        }
        let type_name = self.type_name(value);
        let result = match &value.kind {
            Kind::Str(text) => Spec::parse(spec, &type_name).and_then(|s| s.text(text)),
            Kind::Int(n) => Spec::parse(spec, &type_name).and_then(|s| s.int(n)),
            Kind::Bool(b) => Spec::parse(spec, &type_name).and_then(|s| s.int(&u8::from(*b).into())),
            Kind::Float(x) => Spec::parse(spec, &type_name).and_then(|s| s.float(*x)),
            Kind::Path(..)
            | Kind::Native(_)
            | Kind::Type(_)
            | Kind::None
            | Kind::Bytes(_)
            | Kind::Tuple(_) => {
                let message = format!("unsupported format string passed to {type_name}.__format__");
                return Err(self.type_error(message));
            }
            Kind::Ref(id)
                if matches!(self.heap.get(*id), Object::List(_) | Object::Dict(_) | Object::Set(_)) =>
            {
                let message = format!("unsupported format string passed to {type_name}.__format__");
                return Err(self.type_error(message));
            }
            _ => Err(SpecFault::Unclear),
        };
        match result {
            Ok(text) => {
                self.check_size(text.len())?;
                Ok(Value::str(text).also(&value.trace))
            }
            Err(SpecFault::Value(words)) => Err(self.value_error(words)),
            Err(SpecFault::Overflow(words)) => Err(self.raise(Type::OverflowError, words)),
            Err(SpecFault::Unclear) => {
                Err(Stop::Opaque(Box::new(Value::unknown(format!("the format `{spec}` is not followed")))))
            }
        }
    }

    fn parse_template(&mut self, template: &str) -> Res<Vec<Part>> {
        let chars: Vec<char> = template.chars().collect();
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut at = 0;
        while let Some(c) = chars.get(at) {
            at += 1;
            match (c, chars.get(at)) {
                ('{', Some('{')) | ('}', Some('}')) => {
                    text.push(*c);
                    at += 1;
                }
                ('{', None) => return Err(self.value_error("Single '{' encountered in format string")),
                ('}', _) => return Err(self.value_error("Single '}' encountered in format string")),
                ('{', Some(_)) => {
                    if !text.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut text)));
                    }
                    let (part, next) = self.parse_field(&chars, at)?;
                    parts.push(part);
                    at = next;
                }
                _ => text.push(*c),
            }
        }
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        Ok(parts)
    }

    fn parse_field(&mut self, chars: &[char], start: usize) -> Res<(Part, usize)> {
        let mut name = String::new();
        let mut at = start;
        let mut bracket = false;
        loop {
            match chars.get(at) {
                None => return Err(self.value_error("expected '}' before end of string")),
                Some('[') => bracket = true,
                Some(']') => bracket = false,
                Some('{') => return Err(self.value_error("unexpected '{' in field name")),
                Some('}' | ':' | '!') if !bracket => break,
                Some(_) => {}
            }
            name.push(chars.get(at).copied().unwrap_or(' '));
            at += 1;
        }
        let mut conversion = None;
        if chars.get(at) == Some(&'!') {
            conversion = chars.get(at + 1).copied();
            match (conversion, chars.get(at + 2)) {
                (Some('}'), _) => return Err(self.value_error("unmatched '{' in format spec")),
                (None, _) => {
                    return Err(self.value_error("end of string while looking for conversion specifier"));
                }
                (_, None) => return Err(self.value_error("unmatched '{' in format spec")),
                (_, Some(':' | '}')) => at += 2,
                _ => return Err(self.value_error("expected ':' after conversion specifier")),
            }
        }
        let mut spec = String::new();
        if chars.get(at) == Some(&':') {
            at += 1;
            let mut depth = 1;
            loop {
                match chars.get(at) {
                    None => return Err(self.value_error("unmatched '{' in format spec")),
                    Some('{') => depth += 1,
                    Some('}') => depth -= 1,
                    Some(_) => {}
                }
                if depth == 0 {
                    break;
                }
                spec.push(chars.get(at).copied().unwrap_or(' '));
                at += 1;
            }
        }
        Ok((Part::Field { name, conversion, spec }, at + 1))
    }

    /// The value of `0.attr[key]`.
    fn field_value(&mut self, name: &str, args: &Args, numbering: &mut Numbering) -> Res<Value> {
        let end = name.find(['.', '[']).unwrap_or(name.len());
        let (first, mut rest) = name.split_at(end);
        let mut value = self.first_value(first, args, numbering)?;
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('.') {
                let end = after.find(['.', '[']).unwrap_or(after.len());
                let (attribute, more) = after.split_at(end);
                if attribute.is_empty() {
                    return Err(self.value_error("Empty attribute in format string"));
                }
                value = self.get_attribute(&value, attribute)?;
                rest = more;
            } else if let Some(after) = rest.strip_prefix('[') {
                let Some(end) = after.find(']') else {
                    return Err(self.value_error("Missing ']' in format string"));
                };
                let key = &after[..end];
                if key.is_empty() {
                    return Err(self.value_error("Empty attribute in format string"));
                }
                let key = match key.parse::<u64>() {
                    Ok(n) if key.bytes().all(|b| b.is_ascii_digit()) => Value::int(n),
                    _ => Value::str(key),
                };
                value = self.get_item(&value, &key)?;
                rest = &after[end + 1..];
            } else {
                return Err(self.value_error("Only '.' or '[' may follow ']' in format field specifier"));
            }
        }
        Ok(value)
    }

    fn first_value(&mut self, first: &str, args: &Args, numbering: &mut Numbering) -> Res<Value> {
        let is_number = !first.is_empty() && first.bytes().all(|b| b.is_ascii_digit());
        if first.is_empty() || is_number {
            let automatic = first.is_empty();
            if numbering.automatic.is_some_and(|before| before != automatic) {
                let message = if automatic {
                    "cannot switch from manual field specification to automatic field numbering"
                } else {
                    "cannot switch from automatic field numbering to manual field specification"
                };
                return Err(self.value_error(message));
            }
            numbering.automatic = Some(automatic);
            let index = match automatic {
                true => {
                    numbering.next += 1;
                    numbering.next - 1
                }
                false => first.parse().unwrap_or(usize::MAX),
            };
            return match args.positional.get(index) {
                Some(value) => Ok(value.clone()),
                None => {
                    let message = format!("Replacement index {index} out of range for positional args tuple");
                    Err(self.raise(Type::IndexError, message))
                }
            };
        }
        match args.keywords.iter().find(|(name, _)| &**name == first) {
            Some((_, value)) => Ok(value.clone()),
            None => Err(self.raise_with(Type::KeyError, vec![Value::str(first)])),
        }
    }
}

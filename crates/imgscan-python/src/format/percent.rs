//! `text % values` (CPython's `unicode_format.h`).

use std::rc::Rc;

use imgscan_model::Shape;
use num_bigint::BigInt;
use num_traits::{FromPrimitive, Signed};

use super::repr::to_ascii;
use super::spec::Spec;
use crate::interp::{Interp, Res, Stop};
use crate::object::{Kind, Level, Object, Piece, Trace, Type, Value};

/// One conversion: `%[(key)][flags][width][.precision]type`.
#[derive(Debug, Default)]
struct Conversion {
    left: bool,
    plus: bool,
    blank: bool,
    alternate: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
    kind: char,
}

impl Conversion {
    /// Whether a number is put in as it is.
    fn is_plain(&self) -> bool {
        !self.plus && !self.blank && self.width.is_none() && self.precision.is_none()
    }
}

/// The values that are put in.
struct Supply {
    items: Vec<Value>,
    next: usize,
    mapping: Option<Value>,
    whole: Value,
}

impl Interp<'_> {
    /// `template % values`; pieces that are not known stay expressions.
    pub(crate) fn percent(&mut self, template: &str, values: &Value) -> Res<Value> {
        let mapping = self.as_mapping(values);
        let items = match &values.kind {
            Kind::Tuple(items) => items.to_vec(),
            _ => vec![values.clone()],
        };
        let mut supply = Supply { items, next: 0, mapping, whole: values.clone() };
        let mut pieces: Vec<Piece> = Vec::new();
        let mut trace = values.trace.clone();
        let chars: Vec<char> = template.chars().collect();
        let mut at = 0;
        let mut plain = String::new();
        let mut keyed = false;
        while let Some(c) = chars.get(at) {
            self.charge(1)?;
            at += 1;
            if *c != '%' {
                plain.push(*c);
                continue;
            }
            let (key, conversion, next) = self.conversion(&chars, at, &mut supply)?;
            at = next;
            keyed |= key.is_some();
            if conversion.kind == '%' {
                plain.push('%');
                continue;
            }
            let value = match key {
                Some(key) => self.percent_key(&supply, &key)?,
                None => self.supply(&mut supply)?,
            };
            trace = trace.merge(&value.trace);
            for piece in self.convert(&conversion, &value, at)? {
                match piece {
                    Piece::Text(text) => plain.push_str(&text),
                    hole => {
                        pieces.push(Piece::Text(std::mem::take(&mut plain).into()));
                        pieces.push(hole);
                    }
                }
            }
            self.check_size(plain.len())?;
        }
        if !keyed && supply.mapping.is_none() && supply.next < supply.items.len() {
            return Err(self.type_error("not all arguments converted during string formatting"));
        }
        if pieces.is_empty() {
            return Ok(Value::str(plain).traced(trace));
        }
        pieces.push(Piece::Text(plain.into()));
        Ok(self.of_pieces(pieces)?.traced(trace))
    }

    /// A mapping takes `%(key)s`; anything with `[]` but tuples and strings counts.
    fn as_mapping(&self, values: &Value) -> Option<Value> {
        let is_mapping = match &values.kind {
            Kind::Ref(id) => {
                !matches!(self.heap.get(*id), Object::Set(_) | Object::Iter(_) | Object::Function(_))
            }
            _ => false,
        };
        is_mapping.then(|| values.clone())
    }

    fn conversion(
        &mut self,
        chars: &[char],
        start: usize,
        supply: &mut Supply,
    ) -> Res<(Option<String>, Conversion, usize)> {
        let mut at = start;
        let mut conversion = Conversion::default();
        let mut key = None;
        if chars.get(at) == Some(&'(') {
            let (text, next) = self.percent_name(chars, at + 1)?;
            if supply.mapping.is_none() {
                return Err(self.type_error("format requires a mapping"));
            }
            key = Some(text);
            at = next;
        }
        loop {
            match chars.get(at) {
                Some('-') => conversion.left = true,
                Some('+') => conversion.plus = true,
                Some(' ') => conversion.blank = true,
                Some('#') => conversion.alternate = true,
                Some('0') => conversion.zero = true,
                _ => break,
            }
            at += 1;
        }
        let (width, next) = self.percent_number(chars, at, supply)?;
        at = next;
        if let Some(width) = width {
            conversion.left |= width.is_negative();
            conversion.width = usize::try_from(width.abs()).ok();
        }
        if chars.get(at) == Some(&'.') {
            let (precision, next) = self.percent_number(chars, at + 1, supply)?;
            at = next;
            let precision = precision.unwrap_or_default();
            conversion.precision = Some(usize::try_from(precision).unwrap_or(0));
        }
        while matches!(chars.get(at), Some('h' | 'l' | 'L')) {
            at += 1;
        }
        let Some(kind) = chars.get(at) else { return Err(self.value_error("incomplete format")) };
        conversion.kind = *kind;
        let widest = 100_000;
        if conversion.width.is_some_and(|w| w > widest) || conversion.precision.is_some_and(|p| p > widest) {
            return Err(Stop::Opaque(Box::new(Value::unknown("the field is too wide to be followed"))));
        }
        Ok((key, conversion, at + 1))
    }

    fn percent_name(&mut self, chars: &[char], start: usize) -> Res<(String, usize)> {
        let mut depth = 1;
        let mut name = String::new();
        let mut at = start;
        loop {
            match chars.get(at) {
                None => return Err(self.value_error("incomplete format key")),
                Some(')') if depth == 1 => return Ok((name, at + 1)),
                Some(c) => {
                    match c {
                        '(' => depth += 1,
                        ')' => depth -= 1,
                        _ => {}
                    }
                    name.push(*c);
                }
            }
            at += 1;
        }
    }

    fn percent_number(
        &mut self,
        chars: &[char],
        start: usize,
        supply: &mut Supply,
    ) -> Res<(Option<BigInt>, usize)> {
        if chars.get(start) == Some(&'*') {
            let value = self.supply(supply)?;
            self.expect_known(&value)?;
            return match value.as_int() {
                Some(n) => Ok((Some(n), start + 1)),
                None => Err(self.type_error("* wants int")),
            };
        }
        let mut at = start;
        let mut digits = String::new();
        while let Some(c) = chars.get(at).filter(|c| c.is_ascii_digit()) {
            digits.push(*c);
            at += 1;
        }
        if digits.len() > 18 {
            return Err(self.value_error("width too big"));
        }
        Ok((digits.parse().ok(), at))
    }

    fn supply(&mut self, supply: &mut Supply) -> Res<Value> {
        if !supply.whole.is_known() {
            // A value that is not known may be a tuple.
            return Err(Stop::Opaque(Box::new(supply.whole.clone())));
        }
        match supply.items.get(supply.next) {
            Some(value) => {
                supply.next += 1;
                Ok(value.clone())
            }
            None => Err(self.type_error("not enough arguments for format string")),
        }
    }

    fn percent_key(&mut self, supply: &Supply, key: &str) -> Res<Value> {
        match &supply.mapping {
            Some(mapping) => self.get_item(&mapping.clone(), &Value::str(key)),
            None => Err(self.type_error("format requires a mapping")),
        }
    }

    fn convert(&mut self, conversion: &Conversion, value: &Value, at: usize) -> Res<Vec<Piece>> {
        let text = match conversion.kind {
            's' | 'r' | 'a' => {
                if !value.is_known() && conversion.kind == 's' && conversion.width.is_none() {
                    if conversion.precision.is_none() {
                        return self.pieces_of(value);
                    }
                    return Err(Stop::Opaque(Box::new(value.clone())));
                }
                let text = match conversion.kind {
                    's' => self.plain_str(value)?,
                    'r' => self.plain_repr(value)?,
                    _ => to_ascii(&self.plain_repr(value)?),
                };
                let cut: String = match conversion.precision {
                    Some(most) => text.chars().take(most).collect(),
                    None => text,
                };
                pad(conversion, "", &cut, false)
            }
            'd' | 'i' | 'u' if self.is_symbolic_int(value) && conversion.is_plain() => {
                return self.pieces_of(value);
            }
            'd' | 'i' | 'u' | 'o' | 'x' | 'X' => self.convert_int(conversion, value)?,
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => self.convert_float(conversion, value)?,
            'c' => self.convert_char(conversion, value)?,
            other => {
                let index = at - 1;
                let code = u32::from(other);
                let shown = if ('!'..='~').contains(&other) { other } else { '?' };
                let message = format!("unsupported format character '{shown}' (0x{code:x}) at index {index}");
                return Err(self.value_error(message));
            }
        };
        Ok(vec![Piece::Text(text.into())])
    }

    fn is_symbolic_int(&self, value: &Value) -> bool {
        matches!(&value.kind, Kind::Symbolic(s) if s.class == Some(Type::Int))
    }

    /// A value inside a string: its text, or its expression.
    pub(crate) fn pieces_of(&mut self, value: &Value) -> Res<Vec<Piece>> {
        match &value.kind {
            Kind::Symbolic(symbolic) => Ok(symbolic.to_pieces()),
            Kind::Unknown(_) => Err(Stop::Opaque(Box::new(value.clone()))),
            Kind::Ref(id) if self.heap.spoilt(*id).is_some_and(|s| s.text.is_some()) => {
                match self.express(value) {
                    Some((text, _)) => Ok(vec![Piece::Hole {
                        text: format!("str({text})").into(),
                        level: Level::Atom,
                        shape: Shape::Any,
                        needs: self.needs_of(value),
                    }]),
                    None => Err(Stop::Opaque(Box::new(value.clone()))),
                }
            }
            _ => match self.str_of(value) {
                Ok(text) => match &text.kind {
                    Kind::Str(text) => Ok(vec![Piece::Text(Rc::clone(text))]),
                    _ => Err(Stop::Opaque(Box::new(text))),
                },
                Err(stop) => Err(stop),
            },
        }
    }

    fn convert_int(&mut self, conversion: &Conversion, value: &Value) -> Res<String> {
        self.expect_known(value)?;
        let decimal = matches!(conversion.kind, 'd' | 'i' | 'u');
        let n = match (&value.kind, value.as_int()) {
            (_, Some(n)) => n,
            (Kind::Float(x), _) if decimal => match BigInt::from_f64(x.trunc()) {
                Some(n) => n,
                None if x.is_nan() => return Err(self.value_error("cannot convert float NaN to integer")),
                None => {
                    return Err(self.raise(Type::OverflowError, "cannot convert float infinity to integer"));
                }
            },
            _ => {
                let name = self.type_name(value);
                let (kind, noun) = match (conversion.kind, decimal, self.since(3, 10)) {
                    (kind, true, true) => (kind, "a real number"),
                    (kind, true, false) => (kind, "a number"),
                    (kind, false, _) => (kind, "an integer"),
                };
                return Err(self.type_error(format!("%{kind} format: {noun} is required, not {name}")));
            }
        };
        let (mut digits, prefix) = match conversion.kind {
            'o' => (n.abs().to_str_radix(8), "0o"),
            'x' => (n.abs().to_str_radix(16), "0x"),
            'X' => (n.abs().to_str_radix(16).to_uppercase(), "0X"),
            _ => (n.abs().to_str_radix(10), ""),
        };
        if let Some(least) = conversion.precision {
            digits = format!("{}{digits}", "0".repeat(least.saturating_sub(digits.len())));
        }
        let mut lead = sign(conversion, n.is_negative());
        if conversion.alternate {
            lead.push_str(prefix);
        }
        Ok(pad(conversion, &lead, &digits, true))
    }

    fn convert_float(&mut self, conversion: &Conversion, value: &Value) -> Res<String> {
        self.expect_known(value)?;
        let x = match &value.kind {
            Kind::Float(x) => *x,
            _ => match value.as_int() {
                Some(n) => self.float_from_int(&n)?,
                None => {
                    let name = self.type_name(value);
                    return Err(self.type_error(format!("must be real number, not {name}")));
                }
            },
        };
        let precision = conversion.precision.unwrap_or(6);
        let text = format!(".{precision}{}", conversion.kind);
        if conversion.alternate {
            return Err(Stop::Opaque(Box::new(Value::unknown(
                "the alternate form of a float is not followed",
            ))));
        }
        let spec = Spec::parse(&text, "float").and_then(|spec| spec.float(x));
        match spec {
            Ok(text) => {
                let negative = text.starts_with('-');
                let digits = text.trim_start_matches('-').to_owned();
                let numeric = x.is_finite();
                Ok(pad(conversion, &sign(conversion, negative), &digits, numeric))
            }
            Err(_) => Err(self.raise_unclear(Type::ValueError)),
        }
    }

    fn convert_char(&mut self, conversion: &Conversion, value: &Value) -> Res<String> {
        self.expect_known(value)?;
        if let Some(text) = value.as_str()
            && text.chars().count() == 1
        {
            return Ok(pad(conversion, "", text, false));
        }
        match value.as_int() {
            Some(n) => match u32::try_from(&n).ok().and_then(char::from_u32) {
                Some(c) => Ok(pad(conversion, "", &c.to_string(), false)),
                None => Err(self.raise(Type::OverflowError, "%c arg not in range(0x110000)")),
            },
            None => Err(self.raise_unclear(Type::TypeError)),
        }
    }

    /// Stops where a value is not known.
    pub(crate) fn expect_known(&self, value: &Value) -> Res<()> {
        // An object of which not even the class is known is no more use to a builtin than a value that is not known.
        let unmodelled = value.id().is_some_and(|id| matches!(self.heap.get(id), Object::Unmodelled));
        match value.is_known() && !unmodelled {
            true => Ok(()),
            false => Err(Stop::Opaque(Box::new(value.clone()))),
        }
    }

    /// The joined traces of values.
    pub(crate) fn traces<'v>(values: impl IntoIterator<Item = &'v Value>) -> Trace {
        values.into_iter().fold(Trace::default(), |all, v| all.merge(&v.trace))
    }
}

fn sign(conversion: &Conversion, negative: bool) -> String {
    match (negative, conversion.plus, conversion.blank) {
        (true, ..) => "-".into(),
        (false, true, _) => "+".into(),
        (false, false, true) => " ".into(),
        _ => String::new(),
    }
}

fn pad(conversion: &Conversion, lead: &str, body: &str, numeric: bool) -> String {
    let length = lead.chars().count() + body.chars().count();
    let missing = conversion.width.unwrap_or(0).saturating_sub(length);
    if conversion.left {
        return format!("{lead}{body}{}", " ".repeat(missing));
    }
    if conversion.zero && numeric {
        return format!("{lead}{}{body}", "0".repeat(missing));
    }
    format!("{}{lead}{body}", " ".repeat(missing))
}

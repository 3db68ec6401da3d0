//! Format specifications: `format(value, spec)` of strings and numbers (CPython's `formatter_unicode.c`).

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};

use crate::number::arithmetic;
use crate::number::text::{place_point, rounded, scientific, shortest};

/// Why a value could not be formatted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SpecFault {
    /// `ValueError` with these words.
    Value(String),
    /// `OverflowError` with these words.
    Overflow(String),
    /// It cannot be told.
    Unclear,
}

/// `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`
#[derive(Clone, Debug, Default)]
pub(crate) struct Spec {
    fill: Option<char>,
    align: Option<char>,
    sign: Option<char>,
    alternate: bool,
    zero: bool,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

/// Widest field that is followed.
const WIDEST: usize = 100_000;

impl Spec {
    /// A parsed specification. `type_name` is the formatted value's class, for the message.
    pub(crate) fn parse(text: &str, type_name: &str) -> Result<Spec, SpecFault> {
        let chars: Vec<char> = text.chars().collect();
        let mut at = 0;
        let mut spec = Spec::default();
        let is_align = |c: Option<&char>| matches!(c, Some('<' | '>' | '=' | '^'));
        if is_align(chars.get(1)) {
            spec.fill = chars.first().copied();
            spec.align = chars.get(1).copied();
            at = 2;
        } else if is_align(chars.first()) {
            spec.align = chars.first().copied();
            at = 1;
        }
        if let Some(sign @ ('+' | '-' | ' ')) = chars.get(at) {
            spec.sign = Some(*sign);
            at += 1;
        }
        if chars.get(at) == Some(&'z') {
            // Added in 3.11.
            return Err(SpecFault::Unclear);
        }
        if chars.get(at) == Some(&'#') {
            spec.alternate = true;
            at += 1;
        }
        if spec.fill.is_none() && chars.get(at) == Some(&'0') {
            spec.zero = true;
            at += 1;
            spec.fill = Some('0');
            if spec.align.is_none() {
                spec.align = Some('=');
            }
        }
        let (width, next) = number(&chars, at)?;
        spec.width = width.unwrap_or(0);
        at = next;
        if let Some(group @ (',' | '_')) = chars.get(at) {
            spec.grouping = Some(*group);
            at += 1;
            if matches!(chars.get(at), Some(',' | '_')) {
                let words = if chars.get(at) == Some(group) {
                    format!("Cannot specify '{group}' with '{group}'.")
                } else {
                    "Cannot specify both ',' and '_'.".to_owned()
                };
                return Err(SpecFault::Value(words));
            }
        }
        if chars.get(at) == Some(&'.') {
            let (precision, next) = number(&chars, at + 1)?;
            if precision.is_none() {
                return Err(SpecFault::Value("Format specifier missing precision".into()));
            }
            spec.precision = precision;
            at = next;
        }
        match chars.get(at..) {
            Some([]) | None => {}
            Some([kind]) => spec.kind = Some(*kind),
            Some(_) => {
                let words = format!("Invalid format specifier '{text}' for object of type '{type_name}'");
                return Err(SpecFault::Value(words));
            }
        }
        if spec.width > WIDEST || spec.precision.is_some_and(|p| p > WIDEST) {
            return Err(SpecFault::Unclear);
        }
        Ok(spec)
    }

    fn unknown_code(&self, type_name: &str) -> SpecFault {
        let kind = self.kind.unwrap_or(' ');
        SpecFault::Value(format!("Unknown format code '{kind}' for object of type '{type_name}'"))
    }

    /// `format(text, spec)`
    pub(crate) fn text(&self, text: &str) -> Result<String, SpecFault> {
        if !matches!(self.kind, None | Some('s')) {
            return Err(self.unknown_code("str"));
        }
        if let Some(sign) = self.sign {
            let words = if sign == ' ' {
                "Space not allowed in string format specifier"
            } else {
                "Sign not allowed in string format specifier"
            };
            return Err(SpecFault::Value(words.into()));
        }
        if self.alternate {
            return Err(SpecFault::Value("Alternate form (#) not allowed in string format specifier".into()));
        }
        // `0` before the width aligned strings like numbers until 3.10, which is an error.
        if self.align == Some('=') {
            if self.zero {
                return Err(SpecFault::Unclear);
            }
            return Err(SpecFault::Value("'=' alignment not allowed in string format specifier".into()));
        }
        if let Some(group) = self.grouping {
            return Err(SpecFault::Value(format!("Cannot specify '{group}' with 's'.")));
        }
        let cut: String = match self.precision {
            Some(most) => text.chars().take(most).collect(),
            None => text.to_owned(),
        };
        Ok(self.pad("", &cut, '<'))
    }

    /// `format(n, spec)` of an integer.
    pub(crate) fn int(&self, n: &BigInt) -> Result<String, SpecFault> {
        match self.kind {
            Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') => {
                let x = arithmetic::to_float(n)
                    .map_err(|_| SpecFault::Overflow("int too large to convert to float".into()))?;
                return self.float(x);
            }
            None | Some('b' | 'c' | 'd' | 'n' | 'o' | 'x' | 'X') => {}
            Some(_) => return Err(self.unknown_code("int")),
        }
        if self.precision.is_some() {
            return Err(SpecFault::Value("Precision not allowed in integer format specifier".into()));
        }
        if self.kind == Some('c') {
            return self.character(n);
        }
        let magnitude = n.abs();
        let (mut digits, prefix, group) = match self.kind {
            Some('b') => (magnitude.to_str_radix(2), "0b", 4),
            Some('o') => (magnitude.to_str_radix(8), "0o", 4),
            Some('x') => (magnitude.to_str_radix(16), "0x", 4),
            Some('X') => (magnitude.to_str_radix(16).to_uppercase(), "0X", 4),
            _ => (magnitude.to_str_radix(10), "", 3),
        };
        if let Some(separator) = self.grouping {
            if separator == ',' && group == 4 {
                let kind = self.kind.unwrap_or('d');
                return Err(SpecFault::Value(format!("Cannot specify ',' with '{kind}'.")));
            }
            if self.kind == Some('n') {
                return Err(SpecFault::Value(format!("Cannot specify '{separator}' with 'n'.")));
            }
            let lead = self.lead(n.is_negative()).len() + if self.alternate { prefix.len() } else { 0 };
            digits = self.grouped(&digits, "", separator, group, lead);
        }
        let mut lead = self.lead(n.is_negative());
        if self.alternate {
            lead.push_str(prefix);
        }
        Ok(self.pad(&lead, &digits, '>'))
    }

    fn character(&self, n: &BigInt) -> Result<String, SpecFault> {
        if self.sign.is_some() {
            return Err(SpecFault::Value("Sign not allowed with integer format specifier 'c'".into()));
        }
        if self.alternate {
            let words = "Alternate form (#) not allowed with integer format specifier 'c'";
            return Err(SpecFault::Value(words.into()));
        }
        let c = n.to_u32().and_then(char::from_u32);
        match c {
            Some(c) => Ok(self.pad("", &c.to_string(), '<')),
            None => Err(SpecFault::Overflow("%c arg not in range(0x110000)".into())),
        }
    }

    /// `format(x, spec)` of a float.
    pub(crate) fn float(&self, x: f64) -> Result<String, SpecFault> {
        let negative = x.is_sign_negative() && !x.is_nan();
        let upper = matches!(self.kind, Some('E' | 'F' | 'G'));
        let (whole, rest) = match self.kind {
            _ if !x.is_finite() => {
                let word = if x.is_nan() { "nan" } else { "inf" };
                let word = if upper { word.to_uppercase() } else { word.to_owned() };
                (word, if self.kind == Some('%') { "%".to_owned() } else { String::new() })
            }
            Some('f' | 'F') => split(&format!("{:.*}", self.precision.unwrap_or(6), x.abs())),
            Some('%') => {
                let (whole, rest) = split(&format!("{:.*}", self.precision.unwrap_or(6), (x * 100.0).abs()));
                (whole, format!("{rest}%"))
            }
            Some('e' | 'E') => {
                let (digits, exponent) = rounded(x, self.precision.unwrap_or(6) + 1);
                let text = scientific(&digits, exponent, if upper { 'E' } else { 'e' });
                split(&text)
            }
            Some('g' | 'G' | 'n') => split(&self.general(x, self.precision.unwrap_or(6).max(1), upper, 0)),
            None => match self.precision {
                Some(precision) => split(&self.general(x, precision.max(1), false, 1)),
                None => split(&plain(x)),
            },
            Some(_) => return Err(self.unknown_code("float")),
        };
        if self.alternate && x.is_finite() {
            return Err(SpecFault::Unclear);
        }
        let lead = self.lead(negative);
        let digits = match self.grouping {
            Some(separator) if x.is_finite() => {
                if self.kind == Some('n') {
                    return Err(SpecFault::Value(format!("Cannot specify '{separator}' with 'n'.")));
                }
                self.grouped(&whole, &rest, separator, 3, lead.len())
            }
            _ => format!("{whole}{rest}"),
        };
        Ok(self.pad(&lead, &digits, '>'))
    }

    /// `g`: `precision` significant digits. With `least` 1 there is always a digit behind the point, as where a
    /// precision is given without a type.
    fn general(&self, x: f64, precision: usize, upper: bool, least: i32) -> String {
        let (digits, exponent) = rounded(x, precision);
        let trimmed = digits.trim_end_matches('0');
        let trimmed = if trimmed.is_empty() { "0" } else { trimmed };
        let limit = i32::try_from(precision).unwrap_or(i32::MAX);
        // Without a type the switch to an exponent comes one digit earlier, to leave room for `.0`.
        if exponent < -4 || exponent >= limit - least {
            return scientific(trimmed, exponent, if upper { 'E' } else { 'e' });
        }
        let fixed = place_point(trimmed, exponent);
        if least == 1 && !fixed.contains('.') { format!("{fixed}.0") } else { fixed }
    }

    fn lead(&self, negative: bool) -> String {
        match (negative, self.sign) {
            (true, _) => "-".into(),
            (false, Some('+')) => "+".into(),
            (false, Some(' ')) => " ".into(),
            (false, _) => String::new(),
        }
    }

    /// Digits with separators, filled up with grouped zeros where zeros fill the field.
    fn grouped(&self, whole: &str, rest: &str, separator: char, size: usize, lead: usize) -> String {
        let group = |digits: &str| {
            let mut out = String::new();
            for (i, c) in digits.chars().enumerate() {
                if i > 0 && (digits.len() - i).is_multiple_of(size) {
                    out.push(separator);
                }
                out.push(c);
            }
            out
        };
        let mut digits = whole.to_owned();
        if self.fill == Some('0') && self.align == Some('=') {
            while group(&digits).len() + rest.len() + lead < self.width {
                digits.insert(0, '0');
            }
            // A separator is never first: one digit more where it would be.
        }
        format!("{}{rest}", group(&digits))
    }

    fn pad(&self, lead: &str, body: &str, usual: char) -> String {
        let length = lead.chars().count() + body.chars().count();
        let missing = self.width.saturating_sub(length);
        let fill = self.fill.unwrap_or(' ');
        let fills = |n: usize| fill.to_string().repeat(n);
        match self.align.unwrap_or(usual) {
            '<' => format!("{lead}{body}{}", fills(missing)),
            '^' => format!("{}{lead}{body}{}", fills(missing / 2), fills(missing - missing / 2)),
            '=' => format!("{lead}{}{body}", fills(missing)),
            _ => format!("{}{lead}{body}", fills(missing)),
        }
    }
}

/// A number of the specification and where it ends.
fn number(chars: &[char], start: usize) -> Result<(Option<usize>, usize), SpecFault> {
    let mut at = start;
    let mut value: Option<usize> = None;
    while let Some(digit) = chars.get(at).and_then(|c| c.to_digit(10)) {
        let next = value.unwrap_or(0).checked_mul(10).and_then(|v| v.checked_add(digit as usize));
        match next.filter(|n| i64::try_from(*n).is_ok()) {
            Some(next) => value = Some(next),
            None => return Err(SpecFault::Value("Too many decimal digits in format string".into())),
        }
        at += 1;
    }
    Ok((value, at))
}

/// The whole part, and the point with what follows.
fn split(text: &str) -> (String, String) {
    let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (whole, rest) = text.split_at(at);
    (whole.to_owned(), rest.to_owned())
}

/// `str(abs(x))`
fn plain(x: f64) -> String {
    if x == 0.0 {
        return "0.0".into();
    }
    let (_, digits, exponent) = shortest(x);
    if (-4..16).contains(&exponent) {
        let fixed = place_point(&digits, exponent);
        if fixed.contains('.') { fixed } else { format!("{fixed}.0") }
    } else {
        scientific(&digits, exponent, 'e')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(n: i64, spec: &str) -> String {
        Spec::parse(spec, "int").and_then(|s| s.int(&BigInt::from(n))).unwrap()
    }

    fn float(x: f64, spec: &str) -> String {
        Spec::parse(spec, "float").and_then(|s| s.float(x)).unwrap()
    }

    #[test]
    fn integers() {
        assert_eq!(int(7, "02d"), "07");
        assert_eq!(int(-7, "05"), "-0007");
        assert_eq!(int(255, "#x"), "0xff");
        assert_eq!(int(1234567, ","), "1,234,567");
        assert_eq!(int(1234, "012,"), "0,000,001,234");
        assert_eq!(int(5, "^7"), "   5   ");
        assert_eq!(int(5, "*<4"), "5***");
        assert_eq!(int(65, "c"), "A");
    }

    #[test]
    fn floats() {
        assert_eq!(float(2.5149, ".2f"), "2.51");
        assert_eq!(float(1e10, "g"), "1e+10");
        assert_eq!(float(0.0001, "g"), "0.0001");
        assert_eq!(float(1.5, ""), "1.5");
        assert_eq!(float(12345.678, ".3"), "1.23e+04");
        assert_eq!(float(123.0, ".3"), "1.23e+02");
        assert_eq!(float(12.0, ".3"), "12.0");
        assert_eq!(float(0.25, ".0%"), "25%");
        assert_eq!(float(1234.5, "010,.2f"), "001,234.50");
        assert_eq!(float(-1.0, "+.1e"), "-1.0e+00");
    }
}

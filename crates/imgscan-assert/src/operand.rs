//! Values in an expression, with what they count.

use std::cmp::Ordering;

use imgscan_model::Data;

use crate::Unit;

/// A value that is known. Settings and literals both become one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    /// Nobody sets it and there is no default.
    Unset,
    /// Python's `None`.
    None,
    /// A truth value, nginx's `on` and `off` among them.
    Bool(bool),
    /// A whole number that counts nothing we know of.
    Int(i128),
    /// A floating-point number.
    Float(f64),
    /// Milliseconds, and what a bare number beside it counts, in milliseconds.
    Time(i128, Option<i128>),
    /// Bytes.
    Size(i128),
    /// `10m`: minutes beside a time, mebibytes beside a size.
    Amount(i128),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Operand>),
    /// An object or a map: there, and not comparable.
    Opaque(String),
}

/// Most that a literal may say; a product of two of them still fits.
const LARGEST: i128 = i64::MAX as i128;

impl Operand {
    /// The value of a setting whose number counts `unit`.
    pub(crate) fn of(data: &Data, unit: Option<Unit>) -> Operand {
        match data {
            Data::None => Operand::None,
            Data::Bool(truth) => Operand::Bool(*truth),
            Data::Int(n) => match unit {
                Some(Unit::Seconds) => Operand::Time(i128::from(*n) * 1000, Some(1000)),
                Some(Unit::Milliseconds) => Operand::Time(i128::from(*n), None),
                Some(Unit::Bytes) => Operand::Size(i128::from(*n)),
                None => Operand::Int(i128::from(*n)),
            },
            Data::Float(x) => Operand::Float(*x),
            Data::Str(text) => Operand::Text(text.clone()),
            Data::List(items) => Operand::List(items.iter().map(|i| Operand::of(i, unit)).collect()),
            Data::Map(_) => Operand::Opaque("a map".into()),
            Data::Object { kind, .. } => Operand::Opaque(format!("an object of type `{kind}`")),
        }
    }

    /// A number with its unit, as written: `30`, `1.5`, `30s`, `10m`. The error says what is wrong.
    pub(crate) fn number(digits: &str, unit: &str) -> Result<Operand, String> {
        let plain = digits.replace('_', "");
        if plain.contains('.') {
            if !unit.is_empty() {
                return Err(format!("`{digits}{unit}`: a number with a unit is a whole one"));
            }
            return plain.parse().map(Operand::Float).map_err(|_| format!("`{digits}` is no number"));
        }
        let number: i128 = plain.parse().map_err(|_| format!("`{digits}` is no number"))?;
        let scaled = |by: i128| number.checked_mul(by).filter(|n| *n <= LARGEST);
        let time = |by: i128| scaled(by).map(|n| Operand::Time(n, None));
        let size = |by: i128| scaled(by).map(Operand::Size);
        let found = match unit {
            "" => scaled(1).map(Operand::Int),
            "m" => scaled(1 << 20).map(|_| Operand::Amount(number)),
            "ms" => time(1),
            "s" => time(1000),
            "min" => time(60_000),
            "h" => time(3_600_000),
            "d" => time(86_400_000),
            "w" => time(604_800_000),
            "k" | "K" | "KiB" => size(1 << 10),
            "M" | "MiB" => size(1 << 20),
            "g" | "G" | "GiB" => size(1 << 30),
            other => {
                return Err(format!(
                    "`{other}` is no unit: ms, s, m, min, h, d, w, or k, m, g, KiB, MiB, GiB"
                ));
            }
        };
        found.ok_or_else(|| format!("`{digits}{unit}` is too large"))
    }

    /// What it is, for messages.
    pub(crate) fn noun(&self) -> String {
        match self {
            Operand::Unset => "unset".into(),
            Operand::None => "`none`".into(),
            Operand::Bool(_) => "a truth value".into(),
            Operand::Int(_) | Operand::Float(_) => "a number".into(),
            Operand::Time(..) => "a time".into(),
            Operand::Size(_) => "a size".into(),
            Operand::Amount(n) => format!("`{n}m`"),
            Operand::Text(_) => "text".into(),
            Operand::List(_) => "a list".into(),
            Operand::Opaque(what) => what.clone(),
        }
    }

    fn is_absent(&self) -> bool {
        matches!(self, Operand::Unset | Operand::None)
    }

    /// Both sides as things that can be compared: an amount and a bare number take the unit of the other side. `None`
    /// where they do not go together.
    fn together(&self, other: &Operand) -> Option<(Operand, Operand)> {
        use Operand::{Amount, Int, Size, Time};
        let pair = |a: Operand, b: Operand| Some((a, b));
        match (self, other) {
            (Amount(n), Time(..)) => pair(Time(n.checked_mul(60_000)?, None), other.clone()),
            (Time(..), Amount(n)) => pair(self.clone(), Time(n.checked_mul(60_000)?, None)),
            (Amount(n), Size(_)) => pair(Size(n.checked_mul(1 << 20)?), other.clone()),
            (Size(_), Amount(n)) => pair(self.clone(), Size(n.checked_mul(1 << 20)?)),
            // Nothing is nothing in every unit.
            (Int(0), Time(..)) => pair(Time(0, None), other.clone()),
            (Time(..), Int(0)) => pair(self.clone(), Time(0, None)),
            (Int(n), Time(_, Some(by))) => pair(Time(n.checked_mul(*by)?, None), other.clone()),
            (Time(_, Some(by)), Int(n)) => pair(self.clone(), Time(n.checked_mul(*by)?, None)),
            (Int(n), Size(_)) => pair(Size(*n), other.clone()),
            (Size(_), Int(n)) => pair(self.clone(), Size(*n)),
            // nginx's numbers stay as they are written: `worker_connections 1024` is a text of digits.
            (Operand::Text(text), Int(_)) => pair(Int(digits(text)?), other.clone()),
            (Int(_), Operand::Text(text)) => pair(self.clone(), Int(digits(text)?)),
            _ => pair(self.clone(), other.clone()),
        }
    }

    /// Whether the two are the same; `None` where that is no question.
    pub(crate) fn same(&self, other: &Operand) -> Option<bool> {
        if self.is_absent() || other.is_absent() {
            return Some(self == other);
        }
        match self.together(other)? {
            (Operand::List(a), Operand::List(b)) => {
                if a.len() != b.len() {
                    return Some(false);
                }
                a.iter().zip(&b).try_fold(true, |all, (x, y)| Some(all && x.same(y)?))
            }
            (Operand::Bool(a), Operand::Bool(b)) => Some(a == b),
            (Operand::Text(a), Operand::Text(b)) => Some(a == b),
            (a, b) => a.order(&b).map(Ordering::is_eq),
        }
    }

    /// Which of two numbers, times or sizes is larger; `None` where that is no question.
    pub(crate) fn order(&self, other: &Operand) -> Option<Ordering> {
        match self.together(other)? {
            (Operand::Int(a), Operand::Int(b))
            | (Operand::Time(a, _), Operand::Time(b, _))
            | (Operand::Size(a), Operand::Size(b)) => Some(a.cmp(&b)),
            (Operand::Float(a), Operand::Float(b)) => a.partial_cmp(&b),
            (Operand::Int(a), Operand::Float(b)) => (a as f64).partial_cmp(&b),
            (Operand::Float(a), Operand::Int(b)) => a.partial_cmp(&(b as f64)),
            _ => None,
        }
    }

    /// A sum, difference or product; `None` where there is none.
    pub(crate) fn calculate(&self, sign: char, other: &Operand) -> Option<Operand> {
        use Operand::{Int, Size, Time};
        let whole = |a: i128, b: i128| match sign {
            '+' => a.checked_add(b),
            '-' => a.checked_sub(b),
            _ => a.checked_mul(b),
        };
        if sign == '*' {
            return match (self, other) {
                (Int(a), Int(b)) => whole(*a, *b).map(Int),
                (Int(n), Time(t, by)) | (Time(t, by), Int(n)) => whole(*t, *n).map(|t| Time(t, *by)),
                (Int(n), Size(s)) | (Size(s), Int(n)) => whole(*s, *n).map(Size),
                _ => None,
            };
        }
        match self.together(other)? {
            (Int(a), Int(b)) => whole(a, b).map(Int),
            (Time(a, by), Time(b, and)) => whole(a, b).map(|t| Time(t, by.or(and))),
            (Size(a), Size(b)) => whole(a, b).map(Size),
            _ => None,
        }
    }

    /// As one text, for patterns: a list of words is the words with blanks between.
    pub(crate) fn as_text(&self) -> Option<String> {
        match self {
            Operand::Text(text) => Some(text.clone()),
            Operand::List(items) => {
                let words: Option<Vec<String>> = items.iter().map(Operand::as_text).collect();
                words.map(|w| w.join(" "))
            }
            _ => None,
        }
    }
}

/// A text of digits and nothing else as the number it is.
fn digits(text: &str) -> Option<i128> {
    let is_number = !text.is_empty() && text.len() < 20 && text.bytes().all(|b| b.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

//! `seq` and `expr`.

use imgscan_model::{Shape, Text};

use super::{Job, Ran};
use crate::regex::{Regex, Syntax};
use crate::tool::Flavor;

/// `seq [first [step]] last`, whole numbers.
pub(super) fn seq(job: &mut Job<'_>) -> Ran {
    let mut separator = "\n".to_owned();
    let mut numbers = Vec::new();
    let mut args = job.args.iter();
    while let Some(arg) = args.next() {
        match arg.known() {
            Some("-s") => match args.next().and_then(|a| a.known()) {
                Some(text) => text.clone_into(&mut separator),
                None => return Ran::Unknown("options of `seq` are not followed".into()),
            },
            Some(text) => match text.parse::<i64>() {
                // Leading zeros and signs change the width.
                Ok(n) if text == n.to_string() => numbers.push(n),
                _ => return Ran::Unknown("`seq` of other than whole numbers is not followed".into()),
            },
            None => {
                let hole = job.hole(Shape::Any, arg);
                job.out(hole);
                return Ran::Status(0);
            }
        }
    }
    let (first, step, last) = match numbers.as_slice() {
        [last] => (1, 1, *last),
        [first, last] => (*first, 1, *last),
        [first, step, last] if *step != 0 => (*first, *step, *last),
        _ => return Ran::Status(1),
    };
    let count = (last.saturating_sub(first) / step).max(-1) + 1;
    if count > 100_000 {
        return Ran::Unknown("it writes too many numbers".into());
    }
    let items: Vec<String> =
        (0..count).filter_map(|i| first.checked_add(i.checked_mul(step)?)).map(|n| n.to_string()).collect();
    if job.charge(items.len() as u64).is_none() {
        return Ran::Unknown("it writes too many numbers".into());
    }
    if !items.is_empty() {
        let text = job.new_text(&(items.join(&separator) + "\n"));
        job.out(text);
    }
    Ran::Status(0)
}

/// A value of `expr`.
#[derive(Clone, Debug)]
struct Value(String);

impl Value {
    fn number(&self) -> Option<i64> {
        let digits = self.0.strip_prefix('-').unwrap_or(&self.0);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            None
        } else {
            self.0.parse().ok()
        }
    }

    /// Whether it counts as false: empty, or zero.
    fn is_null(&self) -> bool {
        self.0.is_empty() || self.number() == Some(0)
    }
}

/// Why there is no value.
enum Fault {
    /// Status 2.
    Refused,
    Unsure,
}

/// `expr`
pub(super) fn expr(job: &mut Job<'_>) -> Ran {
    let words: Option<Vec<&str>> = job.args.iter().map(|a| a.known()).collect();
    let Some(words) = words else {
        let whole = Text::concat(job.args.iter());
        let hole = job.hole(Shape::Any, &whole);
        let newline = job.new_text("\n");
        job.out(Text::concat([&hole, &newline]));
        return Ran::Unsure;
    };
    let mut reader = Expression { words: &words, at: 0, depth: 0, gnu: job.flavor == Flavor::Gnu };
    let value = match reader.or() {
        Ok(value) if reader.at == words.len() => value,
        Ok(_) | Err(Fault::Refused) => return Ran::Status(2),
        Err(Fault::Unsure) => return Ran::Unknown("its expression is not followed".into()),
    };
    let status = u8::from(value.is_null());
    let text = job.new_text(&format!("{}\n", value.0));
    job.out(text);
    Ran::Status(status)
}

struct Expression<'a> {
    words: &'a [&'a str],
    at: usize,
    depth: usize,
    gnu: bool,
}

impl Expression<'_> {
    fn eat(&mut self, operators: &[&'static str]) -> Option<&'static str> {
        let word = self.words.get(self.at)?;
        let found = operators.iter().find(|op| *op == word)?;
        self.at += 1;
        Some(found)
    }

    fn or(&mut self) -> Result<Value, Fault> {
        self.depth += 1;
        if self.depth > 50 {
            return Err(Fault::Unsure);
        }
        let mut left = self.and()?;
        while self.eat(&["|"]).is_some() {
            let right = self.and()?;
            left =
                if left.is_null() { if right.is_null() { Value("0".into()) } else { right } } else { left };
        }
        self.depth -= 1;
        Ok(left)
    }

    fn and(&mut self) -> Result<Value, Fault> {
        let mut left = self.comparison()?;
        while self.eat(&["&"]).is_some() {
            let right = self.comparison()?;
            left = if left.is_null() || right.is_null() { Value("0".into()) } else { left };
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Result<Value, Fault> {
        let mut left = self.sum()?;
        while let Some(op) = self.eat(&["=", "==", "!=", "<=", ">=", "<", ">"]) {
            let right = self.sum()?;
            let order = match (left.number(), right.number()) {
                (Some(a), Some(b)) => a.cmp(&b),
                _ => left.0.cmp(&right.0),
            };
            let holds = match op {
                "=" | "==" => order.is_eq(),
                "!=" => order.is_ne(),
                "<=" => order.is_le(),
                ">=" => order.is_ge(),
                "<" => order.is_lt(),
                _ => order.is_gt(),
            };
            left = Value(u8::from(holds).to_string());
        }
        Ok(left)
    }

    fn sum(&mut self) -> Result<Value, Fault> {
        let mut left = self.product()?;
        while let Some(op) = self.eat(&["+", "-"]) {
            let right = self.product()?;
            left = calculated(op, &left, &right)?;
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Value, Fault> {
        let mut left = self.matched()?;
        while let Some(op) = self.eat(&["*", "/", "%"]) {
            let right = self.matched()?;
            left = calculated(op, &left, &right)?;
        }
        Ok(left)
    }

    fn matched(&mut self) -> Result<Value, Fault> {
        let mut left = self.primary()?;
        while self.eat(&[":"]).is_some() {
            let pattern = self.primary()?;
            left = matches(&left.0, &pattern.0, self.gnu)?;
        }
        Ok(left)
    }

    fn primary(&mut self) -> Result<Value, Fault> {
        let word = *self.words.get(self.at).ok_or(Fault::Refused)?;
        self.at += 1;
        match word {
            "(" => {
                let value = self.or()?;
                if self.words.get(self.at) != Some(&")") {
                    return Err(Fault::Refused);
                }
                self.at += 1;
                Ok(value)
            }
            "length" if self.at < self.words.len() => {
                let value = self.primary()?;
                if value.0.is_ascii() { Ok(Value(value.0.len().to_string())) } else { Err(Fault::Unsure) }
            }
            "match" | "substr" | "index" | "+" | "quote" if self.at < self.words.len() => Err(Fault::Unsure),
            ")" => Err(Fault::Refused),
            word => Ok(Value(word.to_owned())),
        }
    }
}

fn calculated(op: &str, left: &Value, right: &Value) -> Result<Value, Fault> {
    let (a, b) = (left.number().ok_or(Fault::Refused)?, right.number().ok_or(Fault::Refused)?);
    let value = match op {
        "+" => a.checked_add(b),
        "-" => a.checked_sub(b),
        "*" => a.checked_mul(b),
        _ if b == 0 => return Err(Fault::Refused),
        "/" => a.checked_div(b),
        _ => a.checked_rem(b),
    };
    value.map(|n| Value(n.to_string())).ok_or(Fault::Unsure)
}

/// `text : pattern`: the first group, or how many characters matched.
fn matches(text: &str, pattern: &str, gnu: bool) -> Result<Value, Fault> {
    let syntax = Syntax { extended: false, ignore_case: false, awk: false, gnu };
    let regex = Regex::new(&format!("^{pattern}"), syntax).ok_or(Fault::Unsure)?;
    let chars: Vec<char> = text.chars().collect();
    let found = regex.find(&chars, 0).map_err(|_| Fault::Unsure)?.filter(|(start, _)| *start == 0);
    let text = |from: usize, to: usize| chars.get(from..to).unwrap_or(&[]).iter().collect::<String>();
    if regex.groups == 0 {
        return Ok(Value(found.map_or(0, |(_, end)| end).to_string()));
    }
    let Some(span) = found else { return Ok(Value(String::new())) };
    let groups = regex.captures(&chars, span, &[1]).map_err(|_| Fault::Unsure)?;
    let first = groups.first().copied().flatten();
    Ok(Value(first.map(|(from, to)| text(from, to)).unwrap_or_default()))
}

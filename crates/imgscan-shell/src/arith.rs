//! Arithmetic: `$(( ))`, `(( ))`, `let`, subscripts. 64-bit, wrapping, with C's operators; what hangs on the run time
//! stays an expression.

use imgscan_model::{Need, Text};

use crate::dialect::Dialect;

/// A number, known or not.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Num {
    Known(i64),
    Symbol(Symbol),
}

/// An expression over what only the run time knows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Symbol {
    pub text: String,
    pub needs: Vec<Need>,
    /// How tightly its outermost operator binds; [`ATOM`] where it has none.
    level: u8,
}

const ATOM: u8 = 100;

impl Symbol {
    /// A symbol that is written as `text`; parenthesised in larger expressions unless it is one word or `$(…)`.
    pub(crate) fn new(text: String, needs: Vec<Need>) -> Self {
        let atom =
            !text.contains(' ') || text.starts_with("$(") && text.ends_with(')') && !text[2..].contains("$(");
        Symbol { text, needs, level: if atom { ATOM } else { 0 } }
    }
}

/// Why there is no number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ArithError {
    /// The shell refuses the expression.
    Refused,
    /// The variable is unset and the shell treats that as an error.
    Unset(String),
    /// It has a value, which cannot be told.
    Unsure(String),
    /// Whether the shell accepts it cannot be told.
    Doubtful(String),
}

/// The variables that an expression reads and writes.
pub(crate) trait ArithVars {
    /// The value of a variable or array element; `None` where it is unset.
    fn read(&mut self, name: &str, index: Option<&Num>) -> Result<Option<Text>, ArithError>;
    /// Assigns.
    fn write(&mut self, name: &str, index: Option<&Num>, value: &Num) -> Result<(), ArithError>;
}

/// Evaluates an expression that is already expanded.
pub(crate) fn evaluate(text: &Text, dialect: Dialect, vars: &mut dyn ArithVars) -> Result<Num, ArithError> {
    Evaluation { dialect, vars, depth: 0 }.text(text)
}

struct Evaluation<'a> {
    dialect: Dialect,
    vars: &'a mut dyn ArithVars,
    depth: usize,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(i64),
    Name(String),
    Symbol(Symbol),
    Op(&'static str),
}

/// Longest first.
const OPERATORS: [&str; 38] = [
    "<<=", ">>=", "**", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+=", "-=", "*=", "/=",
    "%=", "&=", "^=", "|=", "+", "-", "*", "/", "%", "<", ">", "=", "!", "~", "&", "^", "|", "?", ":", "(",
    ")",
];

impl Evaluation<'_> {
    fn text(&mut self, text: &Text) -> Result<Num, ArithError> {
        let tokens = tokens(text, self.dialect)?;
        if tokens.is_empty() {
            // An empty expression is 0 in bash and busybox; dash refuses it.
            return if self.dialect.is_bash() || self.dialect == Dialect::Ash {
                Ok(Num::Known(0))
            } else {
                Err(ArithError::Refused)
            };
        }
        let mut parser = Tokens { tokens, at: 0, depth: 0 };
        let value = self.comma(&mut parser, true)?;
        if parser.peek().is_some() { Err(ArithError::Refused) } else { Ok(value) }
    }

    fn comma(&mut self, tokens: &mut Tokens, live: bool) -> Result<Num, ArithError> {
        let mut value = self.assignment(tokens, live)?;
        while tokens.eat(",") {
            if !self.dialect.is_bash() && self.dialect != Dialect::Ash {
                return Err(ArithError::Refused);
            }
            value = self.assignment(tokens, live)?;
        }
        Ok(value)
    }

    fn assignment(&mut self, tokens: &mut Tokens, live: bool) -> Result<Num, ArithError> {
        tokens.deeper()?;
        let start = tokens.at;
        if let Some(Token::Name(name)) = tokens.peek().cloned() {
            tokens.at += 1;
            let index = self.index(tokens, live)?;
            let op = ["=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "^=", "|="]
                .into_iter()
                .find(|op| tokens.eat(op));
            if let Some(op) = op {
                let right = self.assignment(tokens, live)?;
                tokens.depth -= 1;
                let value = match op.strip_suffix('=') {
                    Some("") | None => right,
                    Some(op) => {
                        let left = self.variable(&name, index.as_ref(), live)?;
                        binary(op, left, right, live)?
                    }
                };
                if live {
                    self.vars.write(&name, index.as_ref(), &value)?;
                }
                return Ok(value);
            }
            tokens.at = start;
        }
        let value = self.ternary(tokens, live)?;
        tokens.depth -= 1;
        Ok(value)
    }

    fn ternary(&mut self, tokens: &mut Tokens, live: bool) -> Result<Num, ArithError> {
        let condition = self.binary_level(tokens, 1, live)?;
        if !tokens.eat("?") {
            return Ok(condition);
        }
        let known = match &condition {
            Num::Known(n) => Some(*n != 0),
            Num::Symbol(_) => None,
        };
        let begin = tokens.at;
        if self.dialect == Dialect::Ash && tokens.tokens.iter().filter(|t| **t == Token::Op("?")).count() > 1
        {
            return Err(ArithError::Doubtful(
                "busybox reads a `?:` within another in a way of its own".into(),
            ));
        }
        let yes = self.comma(tokens, live && known != Some(false) && known.is_some())?;
        if !tokens.eat(":") {
            return Err(ArithError::Refused);
        }
        let no = self.ternary(tokens, live && known == Some(false))?;
        if self.dialect == Dialect::Ash && tokens.has_assignment(begin) {
            return Err(ArithError::Doubtful(
                "busybox reads an assignment in `?:` in a way of its own".into(),
            ));
        }
        match (known, condition) {
            (Some(true), _) => Ok(yes),
            (Some(false), _) => Ok(no),
            (None, Num::Symbol(symbol)) => {
                if live && tokens.has_assignment(begin) {
                    return Err(ArithError::Unsure("an assignment hangs on a condition".into()));
                }
                let (a, b, c) = (wrap(&Num::Symbol(symbol), 1), wrap(&yes, 1), wrap(&no, 0));
                let needs = union(&[&yes, &no], &a.1);
                Ok(Num::Symbol(Symbol { text: format!("{} ? {} : {}", a.0, b.0, c.0), needs, level: 0 }))
            }
            (None, known) => Ok(known),
        }
    }

    /// Operators of one level and all that bind tighter.
    fn binary_level(&mut self, tokens: &mut Tokens, level: u8, live: bool) -> Result<Num, ArithError> {
        const LEVELS: [&[&str]; 10] = [
            &["||"],
            &["&&"],
            &["|"],
            &["^"],
            &["&"],
            &["==", "!="],
            &["<=", ">=", "<", ">"],
            &["<<", ">>"],
            &["+", "-"],
            &["*", "/", "%"],
        ];
        let Some(operators) = LEVELS.get(usize::from(level) - 1) else { return self.power(tokens, live) };
        let mut left = self.binary_level(tokens, level + 1, live)?;
        while let Some(op) = operators.iter().find(|op| tokens.eat(op)) {
            let begin = tokens.at;
            let known = match &left {
                Num::Known(n) => Some(*n != 0),
                Num::Symbol(_) => None,
            };
            let goes_on = match *op {
                "&&" => known != Some(false),
                "||" => known != Some(true),
                _ => true,
            };
            let sure = !matches!(*op, "&&" | "||") || known.is_some();
            let right = self.binary_level(tokens, level + 1, live && goes_on && sure)?;
            if live && goes_on && !sure && tokens.has_assignment(begin) {
                return Err(ArithError::Unsure("an assignment hangs on a condition".into()));
            }
            left = binary(op, left, right, live)?;
        }
        Ok(left)
    }

    fn power(&mut self, tokens: &mut Tokens, live: bool) -> Result<Num, ArithError> {
        let base = self.unary(tokens, live)?;
        if !tokens.eat("**") {
            return Ok(base);
        }
        if !self.dialect.is_bash() && self.dialect != Dialect::Ash {
            return Err(ArithError::Refused);
        }
        tokens.deeper()?;
        let exponent = self.power(tokens, live)?;
        tokens.depth -= 1;
        binary("**", base, exponent, live)
    }

    fn unary(&mut self, tokens: &mut Tokens, live: bool) -> Result<Num, ArithError> {
        tokens.deeper()?;
        let value = self.unary_inner(tokens, live)?;
        tokens.depth -= 1;
        Ok(value)
    }

    fn unary_inner(&mut self, tokens: &mut Tokens, live: bool) -> Result<Num, ArithError> {
        for op in ["++", "--"] {
            if tokens.eat(op) {
                return self.step_before(tokens, op, live);
            }
        }
        for op in ["!", "~", "-", "+"] {
            if tokens.eat(op) {
                let value = self.unary(tokens, live)?;
                return Ok(match (op, value) {
                    ("!", Num::Known(n)) => Num::Known(i64::from(n == 0)),
                    ("~", Num::Known(n)) => Num::Known(!n),
                    ("-", Num::Known(n)) => Num::Known(n.wrapping_neg()),
                    (_, Num::Known(n)) => Num::Known(n),
                    (op, symbol) => {
                        let (text, needs) = wrap(&symbol, 50);
                        Num::Symbol(Symbol { text: format!("{op}{text}"), needs, level: 50 })
                    }
                });
            }
        }
        self.primary(tokens, live)
    }

    /// `++x`; without a variable behind it, two signs.
    fn step_before(&mut self, tokens: &mut Tokens, op: &str, live: bool) -> Result<Num, ArithError> {
        let has_steps = self.dialect.is_bash() || self.dialect == Dialect::Ash;
        match tokens.peek().cloned() {
            Some(Token::Name(name)) if has_steps => {
                tokens.at += 1;
                let index = self.index(tokens, live)?;
                let old = self.variable(&name, index.as_ref(), live)?;
                let new = binary(if op == "++" { "+" } else { "-" }, old, Num::Known(1), live)?;
                if live {
                    self.vars.write(&name, index.as_ref(), &new)?;
                }
                Ok(new)
            }
            Some(Token::Number(_)) | Some(Token::Op("(")) if op == "--" => self.unary(tokens, live),
            Some(_) if op == "++" => self.unary(tokens, live),
            _ => Err(ArithError::Doubtful("shells disagree on this expression".into())),
        }
    }

    fn primary(&mut self, tokens: &mut Tokens, live: bool) -> Result<Num, ArithError> {
        let Some(token) = tokens.peek().cloned() else { return Err(ArithError::Refused) };
        tokens.at += 1;
        match token {
            Token::Number(n) => Ok(Num::Known(n)),
            Token::Symbol(symbol) => Ok(Num::Symbol(symbol)),
            Token::Op("(") => {
                tokens.deeper()?;
                let value = self.comma(tokens, live)?;
                tokens.depth -= 1;
                if tokens.eat(")") { Ok(value) } else { Err(ArithError::Refused) }
            }
            Token::Op(_) => Err(ArithError::Refused),
            Token::Name(name) => {
                let index = self.index(tokens, live)?;
                let value = self.variable(&name, index.as_ref(), live)?;
                for op in ["++", "--"] {
                    if tokens.eat(op) {
                        if !self.dialect.is_bash() && self.dialect != Dialect::Ash {
                            return Err(ArithError::Refused);
                        }
                        let sign = if op == "++" { "+" } else { "-" };
                        let new = binary(sign, value.clone(), Num::Known(1), live)?;
                        if live {
                            self.vars.write(&name, index.as_ref(), &new)?;
                        }
                        break;
                    }
                }
                Ok(value)
            }
        }
    }

    /// A subscript, if one follows.
    fn index(&mut self, tokens: &mut Tokens, live: bool) -> Result<Option<Num>, ArithError> {
        if !tokens.eat("[") {
            return Ok(None);
        }
        tokens.deeper()?;
        let index = self.comma(tokens, live)?;
        tokens.depth -= 1;
        if tokens.eat("]") { Ok(Some(index)) } else { Err(ArithError::Refused) }
    }

    fn variable(&mut self, name: &str, index: Option<&Num>, live: bool) -> Result<Num, ArithError> {
        if !live {
            return Ok(Num::Known(0));
        }
        let Some(value) = self.vars.read(name, index)? else { return Ok(Num::Known(0)) };
        let trimmed = value.raw().trim_matches([' ', '\t', '\n']);
        if trimmed.is_empty() {
            return Ok(Num::Known(0));
        }
        if self.dialect.is_bash() || self.dialect == Dialect::Ash {
            self.depth += 1;
            if self.depth > 50 {
                return Err(ArithError::Refused);
            }
            let result = self.text(&value);
            self.depth -= 1;
            return result;
        }
        match tokens(&value, self.dialect)?.as_slice() {
            [Token::Number(n)] => Ok(Num::Known(*n)),
            [Token::Op("-"), Token::Number(n)] => Ok(Num::Known(n.wrapping_neg())),
            [Token::Op("+"), Token::Number(n)] => Ok(Num::Known(*n)),
            [Token::Symbol(symbol)] => Ok(Num::Symbol(symbol.clone())),
            _ => Err(ArithError::Refused),
        }
    }
}

struct Tokens {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Tokens {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn eat(&mut self, op: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Op(o)) if *o == op);
        self.at += usize::from(found);
        found
    }

    fn deeper(&mut self) -> Result<(), ArithError> {
        self.depth += 1;
        if self.depth > imgscan_model::limits::DEPTH {
            return Err(ArithError::Doubtful("the expression is nested too deeply".into()));
        }
        Ok(())
    }

    /// Whether something is assigned between `from` and here.
    fn has_assignment(&self, from: usize) -> bool {
        let assigns = |t: &Token| match t {
            Token::Op(op) => {
                matches!(*op, "++" | "--") || op.ends_with('=') && !matches!(*op, "==" | "!=" | "<=" | ">=")
            }
            _ => false,
        };
        self.tokens.get(from..self.at).is_some_and(|t| t.iter().any(assigns))
    }
}

fn tokens(text: &Text, dialect: Dialect) -> Result<Vec<Token>, ArithError> {
    let raw = text.raw();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = raw.get(at..).and_then(|r| r.chars().next()) {
        if let Some(opaque) = text.hole_at(at) {
            at += c.len_utf8();
            let glued =
                raw.get(at..).and_then(|r| r.chars().next()).is_some_and(|n| n.is_alphanumeric() || n == '_');
            if glued || text.hole_at(at).is_some() || opaque.reason.is_some() {
                let reason =
                    opaque.reason.clone().unwrap_or_else(|| format!("`{}` is not known", opaque.text));
                return Err(ArithError::Unsure(reason));
            }
            found.push(Token::Symbol(Symbol::new(opaque.text.clone(), opaque.needs.clone())));
            continue;
        }
        if c.is_ascii_whitespace() {
            at += 1;
        } else if c.is_ascii_digit() {
            let rest = raw.get(at..).unwrap_or("");
            let end =
                rest.find(|c: char| !c.is_ascii_alphanumeric() && !"#@_".contains(c)).unwrap_or(rest.len());
            if text.holes().any(|(hole, _)| hole.start == at + end) {
                return Err(ArithError::Unsure("a part of a number is not known".into()));
            }
            found.push(Token::Number(number(rest.get(..end).unwrap_or(""), dialect)?));
            at += end;
        } else if c.is_ascii_alphabetic() || c == '_' {
            let rest = raw.get(at..).unwrap_or("");
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            if text.holes().any(|(hole, _)| hole.start == at + end) {
                return Err(ArithError::Unsure("a part of a name is not known".into()));
            }
            found.push(Token::Name(rest.get(..end).unwrap_or("").to_owned()));
            at += end;
        } else {
            let rest = raw.get(at..).unwrap_or("");
            let op = OPERATORS.into_iter().chain([",", "[", "]"]).find(|op| rest.starts_with(op));
            let op = op.ok_or(ArithError::Refused)?;
            found.push(Token::Op(op));
            at += op.len();
        }
    }
    Ok(found)
}

/// A number as written: decimal, `0x…`, `0…`, and bash's `base#…`.
fn number(text: &str, dialect: Dialect) -> Result<i64, ArithError> {
    let too_large = || ArithError::Unsure(format!("`{text}` is too large"));
    let parse = |digits: &str, radix: u32| {
        if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
            return Err(ArithError::Refused);
        }
        i64::from_str_radix(digits, radix).map_err(|_| too_large())
    };
    if let Some((base, digits)) = text.split_once('#') {
        if !dialect.is_bash() {
            return Err(ArithError::Doubtful(format!("`{text}` is read by some shells only")));
        }
        let base: u32 = base.parse().map_err(|_| ArithError::Refused)?;
        return match base {
            2..=36 => parse(digits, base),
            37..=64 => Err(ArithError::Doubtful(format!("`{text}` is not read"))),
            _ => Err(ArithError::Refused),
        };
    }
    match text.strip_prefix("0x").or(text.strip_prefix("0X")) {
        Some(digits) => parse(digits, 16),
        None if text.len() > 1 && text.starts_with('0') => parse(text, 8),
        None => parse(text, 10),
    }
}

fn level_of(op: &str) -> u8 {
    match op {
        "||" => 1,
        "&&" => 2,
        "|" => 3,
        "^" => 4,
        "&" => 5,
        "==" | "!=" => 6,
        "<" | ">" | "<=" | ">=" => 7,
        "<<" | ">>" => 8,
        "+" | "-" => 9,
        "*" | "/" | "%" => 10,
        _ => 11,
    }
}

/// A number as it stands in an expression of at least this level, and what it waits for.
fn wrap(num: &Num, level: u8) -> (String, Vec<Need>) {
    match num {
        Num::Known(n) if *n < 0 => (format!("({n})"), Vec::new()),
        Num::Known(n) => (n.to_string(), Vec::new()),
        Num::Symbol(s) if s.level < level => (format!("({})", s.text), s.needs.clone()),
        Num::Symbol(s) => (s.text.clone(), s.needs.clone()),
    }
}

fn union(nums: &[&Num], first: &[Need]) -> Vec<Need> {
    let mut needs = first.to_vec();
    for num in nums {
        if let Num::Symbol(symbol) = num {
            for need in &symbol.needs {
                if !needs.contains(need) {
                    needs.push(need.clone());
                }
            }
        }
    }
    needs
}

fn binary(op: &str, left: Num, right: Num, live: bool) -> Result<Num, ArithError> {
    match (&left, &right) {
        (Num::Known(a), Num::Known(b)) => match known(op, *a, *b) {
            Err(ArithError::Refused) if !live => Ok(Num::Known(0)),
            result => result.map(Num::Known),
        },
        (Num::Known(0), _) if op == "&&" => Ok(Num::Known(0)),
        (Num::Known(a), _) if op == "||" && *a != 0 => Ok(Num::Known(1)),
        _ => {
            let level = level_of(op);
            let (a, b) = (wrap(&left, level), wrap(&right, level + 1));
            let needs = union(&[&right], &a.1);
            let text = format!("{} {op} {}", a.0, b.0);
            if text.len() > 4096 {
                return Err(ArithError::Unsure("the expression grows too long".into()));
            }
            Ok(Num::Symbol(Symbol { text, needs, level }))
        }
    }
}

fn known(op: &str, a: i64, b: i64) -> Result<i64, ArithError> {
    let shift = || u32::try_from(b).ok().filter(|b| *b < 64);
    let odd = || ArithError::Unsure("the result depends on the machine".into());
    Ok(match op {
        "||" => i64::from(a != 0 || b != 0),
        "&&" => i64::from(a != 0 && b != 0),
        "|" => a | b,
        "^" => a ^ b,
        "&" => a & b,
        "==" => i64::from(a == b),
        "!=" => i64::from(a != b),
        "<" => i64::from(a < b),
        ">" => i64::from(a > b),
        "<=" => i64::from(a <= b),
        ">=" => i64::from(a >= b),
        "<<" => shift().map(|b| a.wrapping_shl(b)).ok_or_else(odd)?,
        ">>" => shift().map(|b| a.wrapping_shr(b)).ok_or_else(odd)?,
        "+" => a.wrapping_add(b),
        "-" => a.wrapping_sub(b),
        "*" => a.wrapping_mul(b),
        "/" | "%" if b == 0 => return Err(ArithError::Refused),
        "/" => a.checked_div(b).ok_or_else(odd)?,
        "%" => a.checked_rem(b).ok_or_else(odd)?,
        "**" => {
            let exponent = u32::try_from(b).map_err(|_| ArithError::Refused)?;
            a.wrapping_pow(exponent)
        }
        _ => return Err(ArithError::Refused),
    })
}

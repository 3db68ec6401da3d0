//! Tokens to an expression: a descent by precedence.
//!
//! ```text
//! expression = all { "||" all }
//! all        = check { "&&" check }
//! check      = "!" check | sum [ ("==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "=~" | "!~") sum ]
//! sum        = product { ("+" | "-") product }
//! product    = value { "*" value }
//! value      = NUMBER [UNIT] | TEXT | "true" | "false" | "on" | "off" | "none" | "unset" | "[" { expression } "]"
//!            | "(" expression ")" | FUNCTION "(" { expression } ")" | PROCESS "." SETTING
//! ```

use regex::Regex;

use crate::operand::Operand;
use crate::syntax::{Comparison, Expression, Kind, Name, Node, Question, SyntaxError};
use crate::token::{Token, tokens};

/// Deepest nesting of brackets and negations.
const DEPTH: usize = 64;
/// Longest expression, in characters.
const LENGTH: usize = 10_000;
/// Largest compiled pattern, in bytes.
const PATTERN: usize = 1 << 20;

const FUNCTIONS: &str = "`any`, `all`, `len`, `known`, `is_set`, `source`";

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// Where it is none, with the place and what to write instead.
    pub fn parse(text: &str) -> Result<Expression, SyntaxError> {
        let end = text.chars().count();
        if end > LENGTH {
            return Err(SyntaxError::new(LENGTH, "the expression is too long".into(), None));
        }
        let tokens = tokens(text)?;
        let mut parser = Parser { tokens: &tokens, at: 0, end, depth: 0, names: Vec::new() };
        let root = parser.any()?;
        if let Some((token, at)) = tokens.get(parser.at) {
            let help = matches!(token, Token::Word(w) if w == "and" || w == "or")
                .then_some("`and` is `&&`, `or` is `||`");
            let message = format!("`{}` does not follow from what stands before it", token.written());
            return Err(SyntaxError::new(*at, message, help));
        }
        if parser.names.is_empty() {
            let message = "the expression speaks of no setting".to_owned();
            return Err(SyntaxError::new(
                0,
                message,
                Some("write `PROCESS.SETTING`, e.g. `gunicorn.timeout`"),
            ));
        }
        Ok(Expression { text: text.to_owned(), root, names: parser.names })
    }

    /// The expression as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The settings it speaks of, each once, in the order of their first mention.
    pub fn names(&self) -> &[Name] {
        &self.names
    }
}

struct Parser<'a> {
    tokens: &'a [(Token, usize)],
    at: usize,
    end: usize,
    depth: usize,
    names: Vec<Name>,
}

type Parsed = Result<Node, SyntaxError>;

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    fn place(&self) -> usize {
        self.tokens.get(self.at).map_or(self.end, |(_, at)| *at)
    }

    fn fault<T>(&self, message: impl Into<String>, help: Option<&str>) -> Result<T, SyntaxError> {
        Err(SyntaxError::new(self.place(), message.into(), help))
    }

    fn takes(&mut self, sign: &str) -> bool {
        let is_it = matches!(self.peek(), Some(Token::Sign(s)) if *s == sign);
        self.at += usize::from(is_it);
        is_it
    }

    fn expect(&mut self, sign: &str) -> Result<(), SyntaxError> {
        if self.takes(sign) {
            return Ok(());
        }
        match self.peek() {
            Some(token) => {
                self.fault(format!("`{sign}` should stand where `{}` stands", token.written()), None)
            }
            None => self.fault(format!("`{sign}` is missing at the end"), None),
        }
    }

    fn any(&mut self) -> Parsed {
        let mut left = self.all()?;
        while self.takes("||") {
            let (at, right) = (left.at, self.all()?);
            left = Node { kind: Kind::Or(Box::new(left), Box::new(right)), at };
        }
        Ok(left)
    }

    fn all(&mut self) -> Parsed {
        let mut left = self.check()?;
        while self.takes("&&") {
            let (at, right) = (left.at, self.check()?);
            left = Node { kind: Kind::And(Box::new(left), Box::new(right)), at };
        }
        Ok(left)
    }

    fn deeper(&mut self, read: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        if self.depth == DEPTH {
            return self.fault("the expression is nested too deeply", None);
        }
        self.depth += 1;
        let found = read(self);
        self.depth -= 1;
        found
    }

    fn check(&mut self) -> Parsed {
        let at = self.place();
        if self.takes("!") {
            let inner = self.deeper(Self::check)?;
            return Ok(Node { kind: Kind::Not(Box::new(inner)), at });
        }
        let left = self.sum()?;
        let sign = match self.peek() {
            Some(Token::Sign(sign)) => *sign,
            Some(Token::Word(word)) if word == "in" => "in",
            _ => return Ok(left),
        };
        let kind = if let Some(comparison) = Comparison::of(sign) {
            self.at += 1;
            let right = self.sum()?;
            Kind::Compare(comparison, Box::new(left), Box::new(right))
        } else if sign == "in" {
            self.at += 1;
            let right = self.sum()?;
            Kind::In(Box::new(left), Box::new(right))
        } else if sign == "=~" || sign == "!~" {
            self.at += 1;
            let pattern = self.pattern()?;
            let matches = Kind::Matches(Box::new(left), pattern);
            match sign {
                "=~" => matches,
                _ => Kind::Not(Box::new(Node { kind: matches, at })),
            }
        } else {
            return Ok(left);
        };
        if let Some(Token::Sign(sign)) = self.peek()
            && Comparison::of(sign).is_some()
        {
            return self.fault("comparisons do not chain", Some("write `a < b && b < c`"));
        }
        Ok(Node { kind, at })
    }

    fn pattern(&mut self) -> Result<Regex, SyntaxError> {
        let Some(Token::Text(text)) = self.peek() else {
            return self.fault("a pattern is a text in quotes", Some("e.g. `=~ \"^unix:\"`"));
        };
        let pattern = regex::RegexBuilder::new(text).size_limit(PATTERN).build();
        match pattern {
            Ok(pattern) => {
                self.at += 1;
                Ok(pattern)
            }
            // The library draws the pattern over several lines; its last one says what is wrong.
            Err(error) => {
                let error = error.to_string();
                let last = error.lines().last().unwrap_or("").trim_start_matches("error: ").to_owned();
                self.fault(format!("no pattern: {last}"), None)
            }
        }
    }

    fn sum(&mut self) -> Parsed {
        self.calculation(&["+", "-"], Self::product)
    }

    fn product(&mut self) -> Parsed {
        self.calculation(&["*"], Self::value)
    }

    fn calculation(&mut self, signs: &[&str], part: fn(&mut Self) -> Parsed) -> Parsed {
        let mut left = part(self)?;
        while let Some(sign) = signs.iter().find(|sign| self.takes(sign)) {
            let (at, right) = (left.at, part(self)?);
            let sign = sign.chars().next().unwrap_or('+');
            left = Node { kind: Kind::Arithmetic(sign, Box::new(left), Box::new(right)), at };
        }
        Ok(left)
    }

    fn value(&mut self) -> Parsed {
        let at = self.place();
        let Some(token) = self.peek().cloned() else {
            return self.fault("something is missing at the end", None);
        };
        let kind = match token {
            Token::Number(digits, unit) => match Operand::number(&digits, &unit) {
                Ok(number) => self.literal(number),
                Err(message) => return self.fault(message, None),
            },
            Token::Text(text) => self.literal(Operand::Text(text)),
            Token::Word(word) => return self.word(word),
            Token::Sign("(") => {
                self.at += 1;
                let inner = self.deeper(Self::any)?;
                self.expect(")")?;
                return Ok(Node { kind: inner.kind, at });
            }
            Token::Sign("[") => {
                self.at += 1;
                Kind::List(self.items("]")?)
            }
            Token::Sign(sign) => return self.fault(format!("`{sign}` stands where a value should"), None),
        };
        Ok(Node { kind, at })
    }

    fn literal(&mut self, value: Operand) -> Kind {
        self.at += 1;
        Kind::Literal(value)
    }

    /// Expressions with commas between, up to a closing sign.
    fn items(&mut self, close: &str) -> Result<Vec<Node>, SyntaxError> {
        let mut items = Vec::new();
        while !self.takes(close) {
            if !items.is_empty() {
                self.expect(",")?;
                if self.takes(close) {
                    break;
                }
            }
            items.push(self.deeper(Self::any)?);
        }
        Ok(items)
    }

    fn word(&mut self, word: String) -> Parsed {
        let at = self.place();
        let constant = match word.as_str() {
            "true" | "on" => Some(Operand::Bool(true)),
            "false" | "off" => Some(Operand::Bool(false)),
            "none" | "None" | "null" => Some(Operand::None),
            "unset" => Some(Operand::Unset),
            _ => None,
        };
        let follows = self.tokens.get(self.at + 1).map(|(token, _)| token);
        match (constant, follows) {
            (_, Some(Token::Sign("."))) => self.setting().map(|n| Node { kind: Kind::Setting(n), at }),
            (Some(value), _) => Ok(Node { kind: self.literal(value), at }),
            (None, Some(Token::Sign("("))) => self.function(&word),
            (None, _) => {
                let help =
                    format!("a setting is `PROCESS.SETTING`, e.g. `gunicorn.{word}`; text stands in quotes");
                self.fault(format!("`{word}` is no value"), Some(&help))
            }
        }
    }

    /// `PROCESS.SETTING`: its index among the names.
    fn setting(&mut self) -> Result<usize, SyntaxError> {
        let at = self.place();
        let help = Some("a setting is `PROCESS.SETTING`, e.g. `gunicorn.timeout`");
        let Some(Token::Word(process)) = self.peek().cloned() else {
            return self.fault("a setting should stand here", help);
        };
        self.at += 1;
        self.expect(".")?;
        let Some(Token::Word(setting)) = self.peek().cloned() else {
            return self.fault(format!("`{process}.` names no setting"), help);
        };
        self.at += 1;
        let known = self.names.iter().position(|n| n.process == process && n.setting == setting);
        Ok(known.unwrap_or_else(|| {
            self.names.push(Name { process, setting, at });
            self.names.len() - 1
        }))
    }

    fn function(&mut self, name: &str) -> Parsed {
        let at = self.place();
        let question = match name {
            "known" => Some(Question::Known),
            "is_set" => Some(Question::IsSet),
            "source" => Some(Question::Source),
            "any" | "all" | "len" => None,
            _ => {
                return self.fault(
                    format!("there is no function `{name}`"),
                    Some(&format!("there are {FUNCTIONS}")),
                );
            }
        };
        self.at += 2;
        let kind = match question {
            Some(question) => Kind::About(question, self.setting()?),
            None => {
                let value = Box::new(self.deeper(Self::any)?);
                if name == "len" {
                    Kind::Length(value)
                } else {
                    self.expect(",")?;
                    Kind::Each(name == "all", value, self.pattern()?)
                }
            }
        };
        self.expect(")")?;
        Ok(Node { kind, at })
    }
}

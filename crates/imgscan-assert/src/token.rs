//! Text to tokens.

use crate::syntax::SyntaxError;

/// What stands at a place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    /// A name: `gunicorn`, `gunicorn-2`, `true`.
    Word(String),
    /// A number with the letters that follow it at once: `30`, `30s`, `1.5`.
    Number(String, String),
    /// A text in quotes, without them.
    Text(String),
    /// An operator, a bracket, a comma or a dot.
    Sign(&'static str),
}

impl Token {
    /// As it is written, for messages.
    pub(crate) fn written(&self) -> String {
        match self {
            Token::Word(word) => word.clone(),
            Token::Number(digits, unit) => format!("{digits}{unit}"),
            Token::Text(text) => format!("\"{text}\""),
            Token::Sign(sign) => (*sign).to_owned(),
        }
    }
}

/// Longer ones first, so that `<=` is not `<`.
const SIGNS: [&str; 19] =
    ["==", "!=", "<=", ">=", "=~", "!~", "&&", "||", "<", ">", "!", "(", ")", "[", "]", ",", ".", "+", "-"];

/// The tokens of a text, each with the character at which it starts (counted from 0).
pub(crate) fn tokens(text: &str) -> Result<Vec<(Token, usize)>, SyntaxError> {
    let chars: Vec<char> = text.chars().collect();
    let mut lexer = Lexer { chars: &chars, at: 0 };
    let mut found = Vec::new();
    while let Some(c) = lexer.peek(0) {
        let start = lexer.at;
        if c.is_whitespace() {
            lexer.at += 1;
            continue;
        }
        found.push((lexer.token(c)?, start));
    }
    Ok(found)
}

struct Lexer<'a> {
    chars: &'a [char],
    at: usize,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn token(&mut self, c: char) -> Result<Token, SyntaxError> {
        match c {
            '"' | '\'' => self.text(c),
            c if c.is_ascii_digit() => Ok(self.number()),
            c if is_word(c) => Ok(Token::Word(self.word())),
            '*' => {
                self.at += 1;
                Ok(Token::Sign("*"))
            }
            c => {
                let found = SIGNS.into_iter().find(|sign| {
                    sign.chars().enumerate().all(|(ahead, wanted)| self.peek(ahead) == Some(wanted))
                });
                let Some(sign) = found else { return Err(self.odd(c)) };
                self.at += sign.len();
                Ok(Token::Sign(sign))
            }
        }
    }

    fn odd(&self, c: char) -> SyntaxError {
        let help = match c {
            '=' => Some("equality is `==`"),
            '&' => Some("`and` is `&&`"),
            '|' => Some("`or` is `||`"),
            _ => None,
        };
        SyntaxError::new(self.at, format!("`{c}` means nothing here"), help)
    }

    fn take(&mut self, fits: impl Fn(char) -> bool) -> String {
        let rest = self.chars.get(self.at..).unwrap_or_default();
        let taken: String = rest.iter().take_while(|c| fits(**c)).collect();
        self.at += taken.chars().count();
        taken
    }

    /// A name; the number of a second process belongs to it: `gunicorn-2.timeout`.
    fn word(&mut self) -> String {
        let mut word = self.take(is_word_or_digit);
        let digits = self
            .chars
            .get(self.at + 1..)
            .unwrap_or_default()
            .iter()
            .take_while(|c| c.is_ascii_digit())
            .count();
        let is_process = self.peek(0) == Some('-') && digits > 0 && self.peek(1 + digits) == Some('.');
        if is_process {
            self.at += 1;
            word.push('-');
            word.push_str(&self.take(|c| c.is_ascii_digit()));
        }
        word
    }

    fn number(&mut self) -> Token {
        let mut digits = self.take(|c| c.is_ascii_digit() || c == '_');
        if self.peek(0) == Some('.') && self.peek(1).is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
            digits.push('.');
            digits.push_str(&self.take(|c| c.is_ascii_digit()));
        }
        Token::Number(digits, self.take(is_word_or_digit))
    }

    /// A text in quotes; `\` takes the meaning from a quote and from itself, and stays before anything else, so that
    /// patterns read as they are.
    fn text(&mut self, quote: char) -> Result<Token, SyntaxError> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            match (self.peek(0), self.peek(1)) {
                (None, _) => return Err(SyntaxError::new(start, "this text has no end".to_owned(), None)),
                (Some(c), _) if c == quote => break,
                (Some('\\'), Some(c)) if c == quote || c == '\\' => {
                    // `\\` stays as it is: a pattern needs both.
                    if c == '\\' {
                        text.push('\\');
                    }
                    text.push(c);
                    self.at += 2;
                }
                (Some(c), _) => {
                    text.push(c);
                    self.at += 1;
                }
            }
        }
        self.at += 1;
        Ok(Token::Text(text))
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn is_word_or_digit(c: char) -> bool {
    is_word(c) || c.is_ascii_digit()
}

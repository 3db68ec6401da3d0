//! bash's `[[ … ]]`.

use super::cursor::Parsed;
use super::parser::Parser;
use super::tree::{Cond, Kind, Word};
use super::words::{Place, is_meta};

/// Operators between two words.
const BINARY: [&str; 15] =
    ["==", "=", "!=", "=~", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"];

impl Parser<'_> {
    /// `[[ … ]]`, the cursor at its beginning.
    pub(crate) fn double_bracket(&mut self) -> Parsed<Kind> {
        self.cursor.step(2);
        let cond = self.cond_or()?;
        self.expect_keyword("]]")?;
        Ok(Kind::Test(Box::new(cond)))
    }

    fn cond_or(&mut self) -> Parsed<Cond> {
        let mut left = self.cond_and()?;
        loop {
            self.skip_newlines();
            if !self.cursor.eat_str("||") {
                return Ok(left);
            }
            left = Cond::Or(Box::new(left), Box::new(self.cond_and()?));
        }
    }

    fn cond_and(&mut self) -> Parsed<Cond> {
        let mut left = self.deeper(Parser::cond_primary)?;
        loop {
            self.skip_newlines();
            if !self.cursor.eat_str("&&") {
                return Ok(left);
            }
            left = Cond::And(Box::new(left), Box::new(self.deeper(Parser::cond_primary)?));
        }
    }

    fn cond_primary(&mut self) -> Parsed<Cond> {
        self.skip_newlines();
        if self.keyword_is("!") {
            self.cursor.step(1);
            return Ok(Cond::Not(Box::new(self.deeper(Parser::cond_primary)?)));
        }
        if self.cursor.eat(b'(') {
            let inner = self.deeper(Parser::cond_or)?;
            self.skip_newlines();
            return if self.cursor.eat(b')') { Ok(inner) } else { Err(self.unexpected()) };
        }
        if self.keyword_is("]]") {
            return Err(self.unexpected());
        }
        let first = self.cond_word(Place::Command)?;
        let text = self.source.raw().get(first.span.range()).unwrap_or("").to_owned();
        self.skip_newlines();
        let is_unary = text.len() == 2 && text.starts_with('-') && text.as_bytes()[1].is_ascii_alphabetic();
        if is_unary && !self.at_cond_end() && self.binary_operator().is_none() {
            return Ok(Cond::Unary(text, self.cond_word(Place::Command)?));
        }
        match self.binary_operator() {
            Some(op) => {
                self.cursor.step(op.len());
                self.skip_blanks();
                let place = match op {
                    "=~" => Place::Regex,
                    "==" | "=" | "!=" => Place::Pattern,
                    _ => Place::Command,
                };
                Ok(Cond::Binary(op.to_owned(), first, self.cond_word(place)?))
            }
            None => Ok(Cond::Word(first)),
        }
    }

    fn cond_word(&mut self, place: Place) -> Parsed<Word> {
        self.array_allowed_at = None;
        let word = self.word(place)?;
        if word.span.start == word.span.end { Err(self.unexpected()) } else { Ok(word) }
    }

    fn at_cond_end(&mut self) -> bool {
        self.keyword_is("]]")
            || self.cursor.peek().is_none_or(|b| b == b')')
            || self.cursor.looking_at("&&")
            || self.cursor.looking_at("||")
    }

    /// The operator here, which a blank must follow (but for `<` and `>`).
    fn binary_operator(&mut self) -> Option<&'static str> {
        self.cursor.peek()?;
        let rest = self.cursor.rest();
        BINARY.into_iter().find(|op| {
            let ends = |b: &u8| is_meta(*b);
            rest.starts_with(op)
                && (op.len() == 1 && *op != "=" || rest.as_bytes().get(op.len()).is_none_or(ends))
        })
    }
}

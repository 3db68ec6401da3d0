//! Parameter expansions: `$x`, `${x:-y}` and all the rest of `${}`.

use super::cursor::{Fault, Parsed};
use super::parser::Parser;
use super::tree::{Absent, Arith, Index, Name, Param, ParamOp, Word};
use super::words::{Place, is_name_byte, is_name_start};

impl Parser<'_> {
    /// `$name`, `$1`, `$@`; the cursor stands behind the dollar sign. `None` where it stands for itself.
    pub(crate) fn plain_parameter(&mut self, start: usize) -> Option<Param> {
        let name = self.name(false)?;
        let span = self.cursor.span_from(start);
        Some(Param { name, index: None, indirect: false, op: ParamOp::Plain, span })
    }

    /// A parameter's name; of digits only the first unless `braced`.
    fn name(&mut self, braced: bool) -> Option<Name> {
        let byte = self.cursor.peek()?;
        if is_name_start(byte) {
            let mut name = String::new();
            while let Some(byte) = self.cursor.peek().filter(|b| is_name_byte(*b)) {
                name.push(char::from(byte));
                self.cursor.step(1);
            }
            return Some(Name::Variable(name));
        }
        if byte.is_ascii_digit() {
            let mut number = 0usize;
            while let Some(byte) = self.cursor.peek().filter(u8::is_ascii_digit) {
                number = number.saturating_mul(10).saturating_add(usize::from(byte - b'0'));
                self.cursor.step(1);
                if !braced {
                    break;
                }
            }
            return Some(Name::Positional(number));
        }
        if matches!(byte, b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!') {
            self.cursor.step(1);
            return Some(Name::Special(char::from(byte)));
        }
        None
    }

    /// `${…}`; the cursor stands at the opening brace.
    pub(crate) fn braced_parameter(&mut self, start: usize, quoted: bool) -> Parsed<Param> {
        self.cursor.step(1);
        let body = self.cursor.at();
        let parsed = self.deeper(|p| p.braced_body(quoted));
        let (name, index, indirect, op) = match parsed {
            Ok(Some(parsed)) if self.cursor.peek() == Some(b'}') => parsed,
            Err(fault) => return Err(fault),
            _ => {
                self.cursor.jump(body);
                self.parts(Place::Braced { quoted })?;
                (Name::Variable(String::new()), None, false, ParamOp::Bad)
            }
        };
        if !self.cursor.eat(b'}') {
            return Err(Fault { at: start, reason: "`${` is not closed".into() });
        }
        Ok(Param { name, index, indirect, op, span: self.cursor.span_from(start) })
    }

    /// What stands between the braces; `None` where no shell of this kind accepts it.
    fn braced_body(&mut self, quoted: bool) -> Parsed<Option<Braced>> {
        let body = self.cursor.at();
        if self.cursor.peek() == Some(b'#') {
            self.cursor.step(1);
            if let Some(name) = self.name(true) {
                let index = self.index()?;
                if self.cursor.peek() == Some(b'}') {
                    return Ok(Some((name, index, false, ParamOp::Length)));
                }
            }
            if self.cursor.looking_at("+}") || self.cursor.looking_at("=}") {
                return Ok(None);
            }
            self.cursor.jump(body);
        }
        let mut indirect = false;
        if self.dialect.has_bash_grammar() && self.cursor.peek() == Some(b'!') {
            self.cursor.step(1);
            indirect = self.cursor.peek().is_some_and(|b| is_name_byte(b) || matches!(b, b'@' | b'*' | b'#'));
            if !indirect {
                self.cursor.jump(body);
            }
        }
        let Some(name) = self.name(true) else { return Ok(None) };
        if indirect && (self.cursor.looking_at("*}") || self.cursor.looking_at("@}")) {
            let star = self.cursor.peek() == Some(b'*');
            self.cursor.step(1);
            return Ok(Some((name, None, true, ParamOp::Names { star })));
        }
        let index = self.index()?;
        let op = self.operator(quoted)?;
        Ok(op.map(|op| (name, index, indirect, op)))
    }

    fn index(&mut self) -> Parsed<Option<Index>> {
        if !self.dialect.has_bash_grammar() || self.cursor.peek() != Some(b'[') {
            return Ok(None);
        }
        self.cursor.step(1);
        for (text, index) in [("@]", Index::At), ("*]", Index::Star)] {
            if self.cursor.eat_str(text) {
                return Ok(Some(index));
            }
        }
        self.arithmetic(b']').map(|index| Some(Index::Of(index)))
    }

    /// The operator and its word; `None` where the shell has no such operator.
    fn operator(&mut self, quoted: bool) -> Parsed<Option<ParamOp>> {
        let Some(byte) = self.cursor.peek() else { return Ok(None) };
        let compat = self.dialect.has_compat_grammar();
        let bash = self.dialect.has_bash_grammar();
        match byte {
            b'}' => Ok(Some(ParamOp::Plain)),
            b':' => {
                self.cursor.step(1);
                let next = self.cursor.peek();
                match next.and_then(absent) {
                    Some(what) => self.absent(what, true, quoted).map(Some),
                    None if compat => self.substring().map(Some),
                    None => Ok(None),
                }
            }
            b'#' | b'%' => {
                self.cursor.step(1);
                let longest = self.cursor.eat(byte);
                let pattern = self.word(Place::BracedPattern { slash: false })?;
                Ok(Some(ParamOp::Trim { suffix: byte == b'%', longest, pattern }))
            }
            b'/' if compat => self.replace(quoted).map(Some),
            b'^' | b',' if bash => {
                self.cursor.step(1);
                let all = self.cursor.eat(byte);
                let pattern = self.word(Place::BracedPattern { slash: false })?;
                Ok(Some(ParamOp::Case { upper: byte == b'^', all, pattern }))
            }
            b'@' if bash => {
                self.cursor.step(1);
                let letter = self.cursor.bump();
                Ok(letter.filter(char::is_ascii_alphabetic).map(ParamOp::Transform))
            }
            _ => match absent(byte) {
                Some(what) => self.absent(what, false, quoted).map(Some),
                None => Ok(None),
            },
        }
    }

    fn absent(&mut self, what: Absent, colon: bool, quoted: bool) -> Parsed<ParamOp> {
        self.cursor.step(1);
        let word = self.word(Place::Braced { quoted })?;
        Ok(ParamOp::Absent { what, colon, word })
    }

    fn substring(&mut self) -> Parsed<ParamOp> {
        let offset = self.arithmetic_until(b":}", false)?;
        let length: Option<Arith> =
            if self.cursor.eat(b':') { Some(self.arithmetic_until(b"}", false)?) } else { None };
        Ok(ParamOp::Substring { offset, length })
    }

    fn replace(&mut self, quoted: bool) -> Parsed<ParamOp> {
        self.cursor.step(1);
        let mut all = false;
        let mut anchor = None;
        match self.cursor.peek() {
            Some(b'/') => {
                self.cursor.step(1);
                all = true;
            }
            Some(byte @ (b'#' | b'%')) if self.dialect.has_bash_grammar() => {
                self.cursor.step(1);
                anchor = Some(char::from(byte));
            }
            _ => {}
        }
        let pattern = self.word(Place::BracedPattern { slash: true })?;
        let with: Option<Word> =
            if self.cursor.eat(b'/') { Some(self.word(Place::Braced { quoted })?) } else { None };
        Ok(ParamOp::Replace { pattern, with, all, anchor })
    }
}

fn absent(byte: u8) -> Option<Absent> {
    match byte {
        b'-' => Some(Absent::Use),
        b'=' => Some(Absent::Assign),
        b'?' => Some(Absent::Fail),
        b'+' => Some(Absent::Alternative),
        _ => None,
    }
}

/// What stands between the braces: name, index, whether it is indirect, operation.
type Braced = (Name, Option<Index>, bool, ParamOp);

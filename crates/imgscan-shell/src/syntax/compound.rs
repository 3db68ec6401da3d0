//! Compound commands: groups, `if`, loops, `case`, functions.

use std::sync::Arc;

use super::cursor::Parsed;
use super::parser::Parser;
use super::tree::{Arith, Arm, ArmEnd, Command, Kind, List, Span, Word};
use super::words::{Place, is_meta, is_name_byte};

impl Parser<'_> {
    /// A compound command, if one begins here.
    pub(crate) fn compound(&mut self) -> Parsed<Option<Kind>> {
        if self.cursor.peek() == Some(b'(') {
            return self.parenthesized().map(Some);
        }
        let bash = self.dialect.has_bash_grammar();
        let kind = match self.keyword() {
            Some("{") => {
                self.cursor.step(1);
                let list = self.some_list()?;
                self.expect_keyword("}")?;
                Kind::Group(list)
            }
            Some("if") => self.if_command()?,
            Some("while") => self.loop_command(false)?,
            Some("until") => self.loop_command(true)?,
            Some("for") => self.for_command()?,
            Some("case") => self.case_command()?,
            Some("select") if bash => {
                self.cursor.step(6);
                // It asks a person: what is chosen is never known, so nothing of it is kept.
                self.named_loop()?;
                Kind::Select
            }
            Some("[[") if bash => self.double_bracket()?,
            Some("function") if self.dialect.has_compat_grammar() => self.function_keyword()?,
            Some("coproc") if bash => self.coproc()?,
            _ => return Ok(None),
        };
        Ok(Some(kind))
    }

    /// `( … )` or bash's `(( … ))`.
    fn parenthesized(&mut self) -> Parsed<Kind> {
        let start = self.cursor.at();
        let try_arithmetic = self.dialect.has_bash_grammar() && !self.no_arithmetic.contains(&start);
        if try_arithmetic && self.cursor.eat_str("((") {
            match self.arithmetic_in_parens() {
                Ok(arith) => return Ok(Kind::Arith(arith)),
                Err(fault) if self.cursor.is_out_of_fuel() => return Err(fault),
                Err(_) => {
                    self.no_arithmetic.insert(start);
                    self.cursor.jump(start);
                }
            }
        }
        self.cursor.step(1);
        let list = self.some_list()?;
        if self.cursor.eat(b')') { Ok(Kind::Subshell(list)) } else { Err(self.unexpected()) }
    }

    fn if_command(&mut self) -> Parsed<Kind> {
        self.cursor.step(2);
        let mut arms = Vec::new();
        loop {
            let condition = self.some_list()?;
            self.expect_keyword("then")?;
            let body = self.some_list()?;
            arms.push((condition, body));
            if self.keyword_is("elif") {
                self.cursor.step(4);
                continue;
            }
            let otherwise = if self.keyword_is("else") {
                self.cursor.step(4);
                Some(self.some_list()?)
            } else {
                None
            };
            self.expect_keyword("fi")?;
            return Ok(Kind::If { arms, otherwise });
        }
    }

    fn loop_command(&mut self, until: bool) -> Parsed<Kind> {
        self.cursor.step(5);
        let condition = self.some_list()?;
        let body = self.do_group()?;
        Ok(Kind::While { until, condition, body })
    }

    fn do_group(&mut self) -> Parsed<List> {
        self.expect_keyword("do")?;
        let body = self.some_list()?;
        self.expect_keyword("done")?;
        Ok(body)
    }

    fn for_command(&mut self) -> Parsed<Kind> {
        self.cursor.step(3);
        self.skip_blanks();
        if self.dialect.has_bash_grammar() && self.cursor.eat_str("((") {
            let init = self.arithmetic_until(b";", true)?;
            let condition = self.arithmetic_until(b";", true)?;
            let step: Arith = self.arithmetic_in_parens()?;
            self.skip_blanks();
            self.cursor.eat(b';');
            let body = self.loop_body()?;
            return Ok(Kind::ForArith { init, condition, step, body });
        }
        let (name, words, body) = self.named_loop()?;
        Ok(Kind::For { name, words, body })
    }

    /// `name [in words] ; do … done`
    fn named_loop(&mut self) -> Parsed<(Span, Option<Vec<Word>>, List)> {
        self.skip_blanks();
        let start = self.cursor.at();
        while self.cursor.peek().is_some_and(is_name_byte) {
            self.cursor.step(1);
        }
        let name = self.cursor.span_from(start);
        if name.start == name.end {
            return Err(self.unexpected());
        }
        self.skip_newlines();
        let mut words = None;
        if self.keyword_is("in") {
            self.cursor.step(2);
            words = Some(self.words_in_line()?);
        }
        self.skip_blanks();
        self.cursor.eat(b';');
        Ok((name, words, self.loop_body()?))
    }

    /// `do … done`, or bash's `{ … }` in its place.
    fn loop_body(&mut self) -> Parsed<List> {
        self.skip_newlines();
        if self.dialect.has_bash_grammar() && self.keyword_is("{") {
            self.cursor.step(1);
            let list = self.some_list()?;
            self.expect_keyword("}")?;
            return Ok(list);
        }
        self.do_group()
    }

    fn words_in_line(&mut self) -> Parsed<Vec<Word>> {
        let mut words = Vec::new();
        self.array_allowed_at = None;
        loop {
            self.skip_blanks();
            match self.cursor.peek() {
                None | Some(b';' | b'\n') => return Ok(words),
                Some(byte)
                    if is_meta(byte) && !self.cursor.looking_at("<(") && !self.cursor.looking_at(">(") =>
                {
                    return Err(self.unexpected());
                }
                Some(_) => {
                    let before = self.cursor.at();
                    words.push(self.word(Place::Command)?);
                    if self.cursor.at() == before {
                        return Err(self.unexpected());
                    }
                }
            }
        }
    }

    fn case_command(&mut self) -> Parsed<Kind> {
        self.cursor.step(4);
        self.skip_blanks();
        self.array_allowed_at = None;
        if self.cursor.peek().is_none_or(is_meta) {
            return Err(self.unexpected());
        }
        let subject = self.word(Place::Command)?;
        self.expect_keyword("in")?;
        let mut arms = Vec::new();
        loop {
            self.skip_newlines();
            if self.keyword_is("esac") {
                self.cursor.step(4);
                return Ok(Kind::Case { subject, arms });
            }
            if self.cursor.peek().is_none() {
                return Err(self.unexpected());
            }
            arms.push(self.deeper(Parser::arm)?);
        }
    }

    fn arm(&mut self) -> Parsed<Arm> {
        if self.cursor.eat(b'(') {
            self.skip_blanks();
        }
        let mut patterns = Vec::new();
        loop {
            self.skip_blanks();
            if self.cursor.peek().is_none_or(|b| is_meta(b) && b != b'(') {
                return Err(self.unexpected());
            }
            let before = self.cursor.at();
            patterns.push(self.word(Place::Case)?);
            self.skip_blanks();
            match self.cursor.peek() {
                Some(b'|') => self.cursor.step(1),
                Some(b')') => {
                    self.cursor.step(1);
                    break;
                }
                _ => return Err(self.unexpected()),
            }
            if self.cursor.at() == before {
                return Err(self.unexpected());
            }
        }
        let body = self.list()?;
        let end = if self.cursor.eat_str(";;&") {
            ArmEnd::TestNext
        } else if self.cursor.eat_str(";;") {
            ArmEnd::Leave
        } else if self.cursor.eat_str(";&") {
            ArmEnd::Fall
        } else if self.keyword_is("esac") {
            ArmEnd::Leave
        } else {
            return Err(self.unexpected());
        };
        Ok(Arm { patterns, body, end })
    }

    /// Whether `(` stands behind the first word of a command.
    pub(crate) fn at_function(&mut self) -> bool {
        let at = self.cursor.at();
        self.skip_blanks();
        let found = self.cursor.peek() == Some(b'(');
        if !found {
            self.cursor.jump(at);
        }
        found
    }

    /// `()` and the body of the function that `name` names.
    pub(crate) fn function_body(&mut self, name: Option<&Word>, start: usize) -> Parsed<Option<Command>> {
        let raw = self.source.raw();
        let name = name.and_then(|w| raw.get(w.span.range())).unwrap_or("").to_owned();
        let simple = name.bytes().all(|b| !matches!(b, b'$' | b'`' | b'"' | b'\'' | b'\\'));
        self.cursor.step(1);
        self.skip_blanks();
        if !simple || !self.cursor.eat(b')') {
            return Err(self.unexpected());
        }
        let kind = self.function_definition(name)?;
        Ok(Some(Command { kind, redirects: Vec::new(), span: self.cursor.span_from(start) }))
    }

    fn function_keyword(&mut self) -> Parsed<Kind> {
        self.cursor.step(8);
        self.skip_blanks();
        let start = self.cursor.at();
        while self.cursor.peek().is_some_and(|b| !is_meta(b)) {
            self.cursor.bump();
        }
        let name = self.source.raw().get(start..self.cursor.at()).unwrap_or("").to_owned();
        if name.is_empty() {
            return Err(self.unexpected());
        }
        self.skip_blanks();
        let at = self.cursor.at();
        if self.cursor.eat(b'(') {
            self.skip_blanks();
            if !self.cursor.eat(b')') {
                self.cursor.jump(at);
            }
        }
        self.function_definition(name)
    }

    fn function_definition(&mut self, name: String) -> Parsed<Kind> {
        self.skip_newlines();
        let body = self.deeper(Parser::function_command)?;
        Ok(Kind::Function { name, body: Arc::new(body) })
    }

    /// A command that may be the body of a function: a compound one.
    fn function_command(&mut self) -> Parsed<Command> {
        let start = self.cursor.at();
        let command = self.command()?;
        if matches!(command.kind, Kind::Simple { .. }) && self.dialect.is_bash() {
            self.cursor.jump(start);
            return Err(self.unexpected());
        }
        Ok(command)
    }

    fn coproc(&mut self) -> Parsed<Kind> {
        self.cursor.step(6);
        self.skip_blanks();
        self.deeper(Parser::command)?;
        Ok(Kind::Coproc)
    }
}

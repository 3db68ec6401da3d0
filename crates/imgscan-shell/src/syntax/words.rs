//! Words: quotes, backslashes, and what begins with a dollar sign.

use super::cursor::Parsed;
use super::parser::Parser;
use super::tree::{Arith, Element, Part, Script, Span, Substitution, Word};

/// Where a word stands, which decides what ends it and what quotes mean in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A word of a command: ends at blanks and operators.
    Command,
    /// An operand in `[[ ]]`, where extended patterns are always known.
    Pattern,
    /// A pattern of `case`.
    Case,
    /// The right side of `=~`: parentheses and `|` belong to it.
    Regex,
    /// The word in `${x:-word}`; `quoted` inside double quotes or a here-document.
    Braced { quoted: bool },
    /// The pattern in `${x#pattern}`, which is one even inside double quotes; `slash` ends it too in
    /// `${x/pattern/…}`.
    BracedPattern { slash: bool },
    /// Between double quotes.
    Double,
    /// The body of a here-document.
    Here,
}

impl Place {
    /// Whether what stands here is protected as by double quotes.
    fn is_quoted(self) -> bool {
        matches!(self, Place::Double | Place::Here | Place::Braced { quoted: true })
    }

    fn has_single_quotes(self) -> bool {
        !matches!(self, Place::Double | Place::Here | Place::Braced { quoted: true })
    }

    fn has_extended_patterns(self) -> bool {
        matches!(self, Place::Pattern | Place::BracedPattern { .. })
    }
}

/// Whether a byte ends a word of a command.
pub(crate) fn is_meta(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')')
}

/// Whether a byte may begin a variable's name.
pub(crate) fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

/// Whether a byte may stand in a variable's name.
pub(crate) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Collects parts; runs of characters of one kind become one part.
#[derive(Default)]
pub(crate) struct Parts {
    done: Vec<Part>,
}

impl Parts {
    pub(crate) fn push(&mut self, part: Part) {
        match (self.done.last_mut(), &part) {
            (Some(Part::Lit(last)), Part::Lit(next)) if last.end == next.start => last.end = next.end,
            _ => self.done.push(part),
        }
    }

    /// One more unquoted (or, inside quotes, quoted) character.
    fn character(&mut self, span: Span, quoted: bool) {
        match self.done.last_mut() {
            Some(Part::Quoted(last)) if quoted && last.end == span.start && last.end > last.start => {
                last.end = span.end;
            }
            _ => self.push(if quoted { Part::Quoted(span) } else { Part::Lit(span) }),
        }
    }

    pub(crate) fn finish(self) -> Vec<Part> {
        self.done
    }
}

impl Parser<'_> {
    /// A word of a command or the like. The cursor stands at its first character.
    pub(crate) fn word(&mut self, place: Place) -> Parsed<Word> {
        let start = self.cursor.at();
        let parts = self.parts(place)?;
        Ok(Word { parts, span: self.cursor.span_from(start) })
    }

    /// Parts up to what ends a word at this place; the end itself is left.
    pub(crate) fn parts(&mut self, place: Place) -> Parsed<Vec<Part>> {
        self.deeper(|p| p.parts_here(place))
    }

    fn parts_here(&mut self, place: Place) -> Parsed<Vec<Part>> {
        let mut parts = Parts::default();
        let mut parens = 0usize;
        while let Some(byte) = self.cursor.peek() {
            if self.ends(place, byte, parens) {
                break;
            }
            match byte {
                b'\\' => self.backslash(place, &mut parts),
                b'$' => self.dollar_or_literal(place, &mut parts)?,
                b'`' => parts.push(self.backquoted(place)?),
                b'\'' if place.has_single_quotes() => parts.push(self.single_quoted()?),
                b'"' if place != Place::Here => self.double_quote(place, &mut parts)?,
                b'<' | b'>' if place == Place::Command => parts.push(self.process()?),
                b'(' if place == Place::Regex => {
                    parens += 1;
                    self.literal(place, &mut parts);
                }
                b')' if place == Place::Regex => {
                    parens = parens.saturating_sub(1);
                    self.literal(place, &mut parts);
                }
                b'(' if matches!(place, Place::Command) => parts.push(self.array_literal()?),
                _ if self.at_extended_pattern(place) => parts.push(self.extended_pattern(place, byte)?),
                _ => self.literal(place, &mut parts),
            }
            if self.cursor.is_out_of_fuel() {
                return Err(self.cursor.fault(""));
            }
        }
        Ok(parts.finish())
    }

    /// Whether `byte`, which is here, ends a word at `place`.
    fn ends(&mut self, place: Place, byte: u8, parens: usize) -> bool {
        match place {
            Place::Command => is_meta(byte) && !self.at_process() && !self.at_array(byte),
            Place::Pattern | Place::Case => is_meta(byte),
            Place::Regex => {
                parens == 0 && matches!(byte, b' ' | b'\t' | b'\n' | b')' | b'&' | b';' | b'<' | b'>')
            }
            Place::Braced { .. } => byte == b'}',
            Place::BracedPattern { slash } => byte == b'}' || slash && byte == b'/',
            Place::Double => byte == b'"',
            Place::Here => false,
        }
    }

    fn literal(&mut self, place: Place, parts: &mut Parts) {
        let start = self.cursor.at();
        self.cursor.bump();
        parts.character(self.cursor.span_from(start), place.is_quoted());
    }

    fn backslash(&mut self, place: Place, parts: &mut Parts) {
        let start = self.cursor.at();
        let special = match self.cursor.second() {
            None => false,
            Some(next) if place.is_quoted() => match next {
                b'$' | b'`' | b'\\' => true,
                b'"' => place != Place::Here,
                b'}' => matches!(place, Place::Braced { .. } | Place::BracedPattern { .. }),
                _ => false,
            },
            Some(_) => true,
        };
        self.cursor.bump();
        if !special {
            parts.character(self.cursor.span_from(start), place.is_quoted());
            return;
        }
        let start = self.cursor.at();
        self.cursor.bump();
        parts.push(Part::Quoted(self.cursor.span_from(start)));
    }

    fn single_quoted(&mut self) -> Parsed<Part> {
        let open = self.cursor.at();
        self.cursor.step(1);
        let start = self.cursor.at();
        match self.cursor.rest().find('\'') {
            Some(length) => {
                self.cursor.step(length);
                let span = self.cursor.span_from(start);
                self.cursor.step(1);
                Ok(Part::Quoted(span))
            }
            None => {
                self.cursor.step(self.cursor.rest().len());
                Err(super::cursor::Fault { at: open, reason: "a single quote is not closed".into() })
            }
        }
    }

    /// A double quote: opens a quoted stretch. Inside a braced word that is itself quoted, its characters stay quoted.
    fn double_quote(&mut self, place: Place, parts: &mut Parts) -> Parsed<()> {
        let open = self.cursor.at();
        self.cursor.step(1);
        let inner = self.parts(Place::Double)?;
        if !self.cursor.eat(b'"') {
            return Err(super::cursor::Fault { at: open, reason: "a double quote is not closed".into() });
        }
        if place.is_quoted() {
            inner.into_iter().for_each(|p| parts.push(p))
        } else {
            parts.push(Part::Double(inner))
        }
        Ok(())
    }

    fn dollar_or_literal(&mut self, place: Place, parts: &mut Parts) -> Parsed<()> {
        let start = self.cursor.at();
        self.cursor.step(1);
        let quotes_known = !place.is_quoted();
        match self.cursor.peek() {
            Some(b'\'') if quotes_known && self.dialect.has_compat_grammar() => {
                parts.push(self.ansi_quoted()?)
            }
            Some(b'"') if quotes_known && self.dialect.has_bash_grammar() => {
                self.double_quote(place, parts)?
            }
            _ => match self.dollar(start, place.is_quoted())? {
                Some(part) => parts.push(part),
                None => parts.character(self.cursor.span_from(start), place.is_quoted()),
            },
        }
        Ok(())
    }

    /// What a dollar sign begins; the cursor stands behind it. `None` where it stands for itself.
    pub(crate) fn dollar(&mut self, start: usize, quoted: bool) -> Parsed<Option<Part>> {
        match self.cursor.peek() {
            Some(b'{') => self.braced_parameter(start, quoted).map(|p| Some(Part::Param(Box::new(p)))),
            Some(b'(') => self.dollar_paren(start).map(Some),
            Some(b'[') if self.dialect.has_bash_grammar() => {
                self.cursor.step(1);
                let arith = self.arithmetic(b']')?;
                Ok(Some(Part::Arith(Arith { span: self.cursor.span_from(start), ..arith })))
            }
            Some(_) => Ok(self.plain_parameter(start).map(|p| Part::Param(Box::new(p)))),
            None => Ok(None),
        }
    }

    /// `$(…)` or `$((…))`.
    fn dollar_paren(&mut self, start: usize) -> Parsed<Part> {
        if self.cursor.looking_at("((") && !self.no_arithmetic.contains(&start) {
            let here = self.cursor.at();
            self.cursor.step(2);
            match self.arithmetic_in_parens() {
                Ok(arith) => {
                    return Ok(Part::Arith(Arith { span: self.cursor.span_from(start), ..arith }));
                }
                // Only bash tries a command substitution then.
                Err(fault) if self.cursor.is_out_of_fuel() || !self.dialect.has_bash_grammar() => {
                    return Err(fault);
                }
                Err(_) => {
                    self.no_arithmetic.insert(start);
                    self.cursor.jump(here);
                }
            }
        }
        self.cursor.step(1);
        let list = self.substituted_list(start)?;
        Ok(Part::Command(Substitution::Inline(list), self.cursor.span_from(start)))
    }

    /// The list in `$(…)` or `<(…)` up to and with the closing parenthesis. Here-documents that begin in it end in
    /// it.
    fn substituted_list(&mut self, open: usize) -> Parsed<super::tree::List> {
        let pending = std::mem::take(&mut self.pending);
        let list = self.deeper(Parser::list);
        self.pending = pending;
        let list = list?;
        if !self.cursor.eat(b')') {
            let at_end = self.cursor.peek().is_none();
            let at = if at_end { open } else { self.cursor.at() };
            let reason = if at_end { "a command substitution is not closed" } else { "unexpected here" };
            return Err(super::cursor::Fault { at, reason: reason.into() });
        }
        Ok(list)
    }

    /// Backquotes: what stands between them, less a level of backslashes, is a script of its own.
    fn backquoted(&mut self, place: Place) -> Parsed<Part> {
        let open = self.cursor.at();
        self.cursor.step(1);
        let mut pieces: Vec<Span> = Vec::new();
        let mut start = self.cursor.at();
        loop {
            match self.cursor.raw_peek() {
                None => {
                    return Err(super::cursor::Fault {
                        at: open,
                        reason: "a backquote is not closed".into(),
                    });
                }
                Some(b'`') => break,
                Some(b'\\') => {
                    let strip = match self.cursor.second() {
                        Some(b'$' | b'`' | b'\\') => true,
                        Some(b'"') => place == Place::Double,
                        _ => false,
                    };
                    if strip {
                        pieces.push(self.cursor.span_from(start));
                        self.cursor.step(1);
                        start = self.cursor.at();
                    } else {
                        self.cursor.step(1);
                    }
                    self.cursor.bump();
                }
                Some(_) => {
                    self.cursor.bump();
                }
            }
        }
        pieces.push(self.cursor.span_from(start));
        self.cursor.step(1);
        let script: Script = self.nested(&pieces, open)?;
        Ok(Part::Command(Substitution::Own(Box::new(script)), self.cursor.span_from(open)))
    }

    /// Whether `<(` or `>(` stands here, in a shell that knows process substitution.
    fn at_process(&mut self) -> bool {
        self.dialect.has_compat_grammar() && (self.cursor.looking_at("<(") || self.cursor.looking_at(">("))
    }

    fn process(&mut self) -> Parsed<Part> {
        let start = self.cursor.at();
        let out = self.cursor.peek() == Some(b'>');
        self.cursor.step(2);
        let list = self.substituted_list(start)?;
        Ok(Part::Process { out, list, span: self.cursor.span_from(start) })
    }

    /// Whether the parenthesis here opens an array behind `name=` that stands as an argument.
    fn at_array(&mut self, byte: u8) -> bool {
        byte == b'(' && self.dialect.has_bash_grammar() && self.array_allowed_at == Some(self.cursor.at())
    }

    /// `(a b [3]=c)`, the cursor at the opening parenthesis.
    pub(crate) fn array_literal(&mut self) -> Parsed<Part> {
        self.elements().map(Part::Array)
    }

    /// The elements of an array literal.
    pub(crate) fn elements(&mut self) -> Parsed<Vec<Element>> {
        let open = self.cursor.at();
        self.cursor.step(1);
        let mut elements = Vec::new();
        loop {
            self.skip_newlines();
            match self.cursor.peek() {
                Some(b')') => {
                    self.cursor.step(1);
                    return Ok(elements);
                }
                None => {
                    return Err(super::cursor::Fault { at: open, reason: "an array is not closed".into() });
                }
                Some(byte) if is_meta(byte) && !self.at_process() => {
                    return Err(self.cursor.fault("unexpected in an array"));
                }
                Some(_) => elements.push(self.element()?),
            }
        }
    }

    fn element(&mut self) -> Parsed<Element> {
        let start = self.cursor.at();
        if self.cursor.peek() == Some(b'[') {
            self.cursor.step(1);
            if let Ok(index) = self.arithmetic(b']') {
                let append = self.cursor.looking_at("+=");
                if self.cursor.eat_str("+=") || self.cursor.eat(b'=') {
                    return Ok(Element { index: Some(index), append, value: self.word(Place::Command)? });
                }
            }
            self.cursor.jump(start);
        }
        Ok(Element { index: None, append: false, value: self.word(Place::Command)? })
    }

    /// Whether an extended pattern begins here (`@(` and the like).
    fn at_extended_pattern(&mut self, place: Place) -> bool {
        let known = self.dialect.has_bash_grammar()
            && (place.has_extended_patterns()
                || matches!(place, Place::Command | Place::Case) && self.extglob);
        known && ["?(", "*(", "+(", "@(", "!("].iter().any(|open| self.cursor.looking_at(open))
    }

    fn extended_pattern(&mut self, place: Place, kind: u8) -> Parsed<Part> {
        let open = self.cursor.at();
        self.cursor.step(2);
        let mut choices = Vec::new();
        loop {
            choices.push(self.deeper(|p| p.choice(place))?);
            match self.cursor.peek() {
                Some(b'|') => self.cursor.step(1),
                Some(b')') => {
                    self.cursor.step(1);
                    return Ok(Part::Extended(char::from(kind), choices));
                }
                _ => {
                    return Err(super::cursor::Fault { at: open, reason: "a pattern is not closed".into() });
                }
            }
        }
    }

    /// One choice in an extended pattern: up to `|` or `)`.
    fn choice(&mut self, place: Place) -> Parsed<Word> {
        let start = self.cursor.at();
        let mut parts = Parts::default();
        let inner = if matches!(place, Place::Command | Place::Case) { Place::Pattern } else { place };
        while let Some(byte) = self.cursor.peek() {
            match byte {
                b'|' | b')' => break,
                b'\\' => self.backslash(inner, &mut parts),
                b'$' => self.dollar_or_literal(inner, &mut parts)?,
                b'`' => parts.push(self.backquoted(inner)?),
                b'\'' => parts.push(self.single_quoted()?),
                b'"' => self.double_quote(inner, &mut parts)?,
                _ if self.at_extended_pattern(inner) => parts.push(self.extended_pattern(inner, byte)?),
                _ => {
                    let from = self.cursor.at();
                    self.cursor.bump();
                    parts.character(self.cursor.span_from(from), false);
                }
            }
        }
        Ok(Word { parts: parts.finish(), span: self.cursor.span_from(start) })
    }

    /// An arithmetic expression up to and with `))`.
    pub(crate) fn arithmetic_in_parens(&mut self) -> Parsed<Arith> {
        let arith = self.arithmetic(b')')?;
        if self.cursor.eat(b')') { Ok(arith) } else { Err(self.cursor.fault("`))` expected")) }
    }

    /// An arithmetic expression up to and with `close` (parentheses and brackets inside it are counted).
    pub(crate) fn arithmetic(&mut self, close: u8) -> Parsed<Arith> {
        self.deeper(|p| p.arithmetic_until(&[close], true))
    }

    /// An arithmetic expression up to one of `close`, which is taken where `take`.
    pub(crate) fn arithmetic_until(&mut self, close: &[u8], take: bool) -> Parsed<Arith> {
        let start = self.cursor.at();
        let mut parts = Parts::default();
        let mut open = 0usize;
        while let Some(byte) = self.cursor.peek() {
            if open == 0 && close.contains(&byte) {
                let span = self.cursor.span_from(start);
                if take {
                    self.cursor.step(1);
                }
                return Ok(Arith { parts: parts.finish(), span });
            }
            match byte {
                b'\\' => self.backslash(Place::Double, &mut parts),
                b'$' => self.dollar_or_literal(Place::Double, &mut parts)?,
                b'`' => parts.push(self.backquoted(Place::Double)?),
                b'\'' => parts.push(self.single_quoted()?),
                b'"' => self.double_quote(Place::Double, &mut parts)?,
                _ => {
                    match byte {
                        b'(' | b'[' | b'{' => open += 1,
                        b')' | b']' | b'}' => open = open.saturating_sub(1),
                        _ => {}
                    }
                    self.literal(Place::Double, &mut parts);
                }
            }
            if self.cursor.is_out_of_fuel() {
                break;
            }
        }
        Err(super::cursor::Fault { at: start, reason: "an arithmetic expression is not closed".into() })
    }
}

//! Lists, pipelines and simple commands.

use super::cursor::Parsed;
use super::parser::Parser;
use super::tree::{
    AndOr, Assign, AssignValue, Command, Connect, Fd, Item, Kind, List, Pipeline, Redirect, RedirectOp,
    Target, Word,
};
use super::words::{Place, is_meta, is_name_byte, is_name_start};

/// Words that end a list where a command could begin.
const CLOSERS: [&str; 8] = ["then", "else", "elif", "fi", "do", "done", "esac", "}"];

impl<'a> Parser<'a> {
    /// Passes over blanks and a comment.
    pub(crate) fn skip_blanks(&mut self) {
        while let Some(byte) = self.cursor.peek() {
            match byte {
                b' ' | b'\t' => self.cursor.step(1),
                b'#' => {
                    let rest = self.cursor.rest();
                    self.cursor.step(rest.find('\n').unwrap_or(rest.len()));
                }
                _ => break,
            }
        }
    }

    /// Passes over blanks, comments and newlines. A here-document that cannot be read shows when its command is
    /// parsed.
    pub(crate) fn skip_newlines(&mut self) {
        loop {
            self.skip_blanks();
            if self.cursor.peek() != Some(b'\n') {
                break;
            }
            if self.newline().is_err() {
                break;
            }
        }
    }

    /// A list and the newline behind it.
    pub(crate) fn complete_command(&mut self) -> Parsed<List> {
        let mut list = List::default();
        loop {
            self.item(&mut list)?;
            self.skip_blanks();
            match self.cursor.peek() {
                None => break,
                Some(b'\n') => {
                    self.newline()?;
                    break;
                }
                Some(_) if list.items.last().is_some_and(|i| i.ended) => {}
                Some(_) => return Err(self.unexpected()),
            }
        }
        Ok(list)
    }

    /// What stands here where nothing of the kind may stand.
    pub(crate) fn unexpected(&mut self) -> super::cursor::Fault {
        let rest = self.cursor.rest();
        let shown: String = match rest.chars().next() {
            None => return self.cursor.fault("unexpected end of the script"),
            Some('\n') => "newline".into(),
            Some(c) if c.is_ascii() && is_meta(c as u8) => {
                rest.chars().take(2).take_while(|x| *x == c).collect()
            }
            Some(_) => rest.chars().take_while(|c| !c.is_ascii() || !is_meta(*c as u8)).take(40).collect(),
        };
        self.cursor.fault(format!("unexpected `{shown}`"))
    }

    /// Items up to what closes the list: a closing word where a command could begin, `)`, `;;` or the end.
    pub(crate) fn list(&mut self) -> Parsed<List> {
        let mut list = List::default();
        loop {
            self.skip_newlines();
            if self.cursor.is_out_of_fuel() {
                return Err(self.cursor.fault(""));
            }
            if self.at_list_end() {
                return Ok(list);
            }
            self.item(&mut list)?;
            self.skip_blanks();
            let ended = list.items.last().is_some_and(|i| i.ended);
            match self.cursor.peek() {
                Some(b'\n') => {}
                _ if ended || self.at_list_end() => {}
                _ => return Err(self.unexpected()),
            }
        }
    }

    fn at_list_end(&mut self) -> bool {
        match self.cursor.peek() {
            None | Some(b')') => true,
            Some(b';') => self.cursor.looking_at(";;") || self.cursor.looking_at(";&"),
            Some(_) => self.keyword().is_some_and(|word| CLOSERS.contains(&word)),
        }
    }

    /// A list that must hold a command.
    pub(crate) fn some_list(&mut self) -> Parsed<List> {
        let list = self.deeper(Parser::list)?;
        if list.items.is_empty() { Err(self.unexpected()) } else { Ok(list) }
    }

    /// An and-or list with the `;` or `&` behind it.
    fn item(&mut self, list: &mut List) -> Parsed<()> {
        let start = self.cursor.at();
        let and_or = self.and_or()?;
        let span = self.cursor.span_from(start);
        self.skip_blanks();
        let mut item = Item { and_or, background: false, ended: false, span };
        if self.cursor.peek() == Some(b'&') && !self.cursor.looking_at("&&") {
            self.cursor.step(1);
            (item.background, item.ended) = (true, true);
        } else if self.cursor.peek() == Some(b';')
            && !self.cursor.looking_at(";;")
            && !self.cursor.looking_at(";&")
        {
            self.cursor.step(1);
            item.ended = true;
        }
        list.items.push(item);
        Ok(())
    }

    fn and_or(&mut self) -> Parsed<AndOr> {
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            self.skip_blanks();
            let connect = if self.cursor.eat_str("&&") {
                Connect::And
            } else if self.cursor.eat_str("||") {
                Connect::Or
            } else {
                return Ok(AndOr { first, rest });
            };
            self.skip_newlines();
            rest.push((connect, self.pipeline()?));
        }
    }

    fn pipeline(&mut self) -> Parsed<Pipeline> {
        let start = self.cursor.at();
        let mut pipeline =
            Pipeline { negated: false, timed: false, commands: Vec::new(), span: Default::default() };
        loop {
            match self.keyword() {
                Some("!") => {
                    pipeline.negated = !pipeline.negated;
                    self.cursor.step(1);
                }
                Some("time") if self.dialect.has_bash_grammar() => {
                    pipeline.timed = true;
                    self.cursor.step(4);
                    self.skip_blanks();
                    if self.keyword_is("-p") {
                        self.cursor.step(2);
                    }
                }
                _ => break,
            }
            self.skip_blanks();
        }
        let bare = matches!(self.cursor.peek(), None | Some(b'\n' | b';' | b')'));
        if !(bare && (pipeline.timed || pipeline.negated && self.dialect.has_bash_grammar())) {
            self.piped_commands(&mut pipeline)?;
        }
        pipeline.span = self.cursor.span_from(start);
        Ok(pipeline)
    }

    fn piped_commands(&mut self, pipeline: &mut Pipeline) -> Parsed<()> {
        loop {
            let mut command = self.deeper(Parser::command)?;
            let end = self.cursor.at();
            self.skip_blanks();
            if self.cursor.looking_at("||") || self.cursor.peek() != Some(b'|') {
                pipeline.commands.push(command);
                self.cursor.jump(end);
                return Ok(());
            }
            let at = self.cursor.at();
            self.cursor.step(1);
            if self.dialect.has_bash_grammar() && self.cursor.eat(b'&') {
                let span = self.cursor.span_from(at);
                let target = Target::Word(RedirectOp::DupOut, Word { parts: Vec::new(), span });
                command.redirects.push(Redirect { fd: Fd::Number(2), target, span });
            }
            pipeline.commands.push(command);
            self.skip_newlines();
        }
    }

    /// The unquoted word here, if it ends at a blank or operator: a keyword, perhaps. Nothing is taken.
    pub(crate) fn keyword(&mut self) -> Option<&'a str> {
        self.cursor.peek()?;
        let rest = self.cursor.rest();
        let end = rest.bytes().take(9).position(is_meta).unwrap_or(rest.len());
        if end == 0 || end > 8 { None } else { rest.get(..end) }
    }

    pub(crate) fn keyword_is(&mut self, word: &str) -> bool {
        self.keyword() == Some(word)
    }

    /// Takes a keyword, blanks and newlines before it passed over.
    pub(crate) fn expect_keyword(&mut self, word: &str) -> Parsed<()> {
        self.skip_newlines();
        if !self.keyword_is(word) {
            let fault = self.unexpected();
            let reason = format!("{}, `{word}` expected", fault.reason);
            return Err(super::cursor::Fault { reason, ..fault });
        }
        self.cursor.step(word.len());
        Ok(())
    }

    /// A command with its redirections.
    pub(crate) fn command(&mut self) -> Parsed<Command> {
        let start = self.cursor.at();
        if let Some(kind) = self.compound()? {
            let mut redirects = Vec::new();
            let mut end = self.cursor.at();
            loop {
                self.skip_blanks();
                let Some(redirect) = self.redirect()? else { break };
                redirects.push(redirect);
                end = self.cursor.at();
            }
            self.cursor.jump(end);
            return Ok(Command { kind, redirects, span: self.cursor.span_from(start) });
        }
        if self.keyword().is_some_and(|word| CLOSERS.contains(&word)) {
            return Err(self.unexpected());
        }
        self.simple(start)
    }

    fn simple(&mut self, start: usize) -> Parsed<Command> {
        let mut redirects = Vec::new();
        let mut assigns: Vec<Assign> = Vec::new();
        let mut words: Vec<Word> = Vec::new();
        let mut end = start;
        loop {
            self.skip_blanks();
            if let Some(redirect) = self.redirect()? {
                redirects.push(redirect);
            } else if words.is_empty() && self.at_assignment().is_some() {
                assigns.push(self.assignment()?);
            } else if self.at_word() {
                let word = self.command_word()?;
                words.push(word);
                if words.len() == 1
                    && assigns.is_empty()
                    && redirects.is_empty()
                    && self.at_function()
                    && let Some(function) = self.function_body(words.first(), start)?
                {
                    return Ok(function);
                }
                if self.dialect.has_test2_command() && words.len() == 1 && self.is_literally(&words, "[[") {
                    self.test2_words(&mut words)?;
                }
            } else {
                break;
            }
            end = self.cursor.at();
        }
        if assigns.is_empty() && words.is_empty() && redirects.is_empty() {
            return Err(self.unexpected());
        }
        self.cursor.jump(end);
        self.notice_extglob(&words);
        Ok(Command { kind: Kind::Simple { assigns, words }, redirects, span: self.cursor.span_from(start) })
    }

    fn at_word(&mut self) -> bool {
        match self.cursor.peek() {
            None => false,
            Some(b'<' | b'>') => {
                self.dialect.has_compat_grammar()
                    && (self.cursor.looking_at("<(") || self.cursor.looking_at(">("))
            }
            Some(byte) => !is_meta(byte),
        }
    }

    /// A word that is an argument: behind `name=` it may hold an array.
    fn command_word(&mut self) -> Parsed<Word> {
        self.array_allowed_at = self.at_assignment().filter(|_| self.dialect.has_bash_grammar());
        self.word(Place::Command)
    }

    /// Whether a word is exactly these unquoted characters.
    fn is_literally(&self, words: &[Word], text: &str) -> bool {
        words.last().is_some_and(|w| self.source.raw().get(w.span.range()) == Some(text))
    }

    /// busybox: the words behind `[[`, its `&&` and `||` among them.
    fn test2_words(&mut self, words: &mut Vec<Word>) -> Parsed<()> {
        loop {
            self.skip_blanks();
            if self.cursor.looking_at("&&") || self.cursor.looking_at("||") {
                let start = self.cursor.at();
                self.cursor.step(2);
                let span = self.cursor.span_from(start);
                words.push(Word { parts: vec![super::tree::Part::Lit(span)], span });
            } else if self.at_word() {
                let word = self.word(Place::Command)?;
                words.push(word);
                if self.is_literally(words, "]]") {
                    return Ok(());
                }
            } else {
                return Ok(());
            }
        }
    }

    /// bash reads one complete command before it runs it, so that `shopt -s extglob` changes how the next are read.
    fn notice_extglob(&mut self, words: &[Word]) {
        let raw = self.source.raw();
        let is =
            |word: Option<&Word>, text: &str| word.is_some_and(|w| raw.get(w.span.range()) == Some(text));
        if is(words.first(), "shopt") && words.iter().any(|w| is(Some(w), "extglob")) {
            self.extglob_then = words.iter().any(|w| is(Some(w), "-s"));
        }
    }

    /// Where the value begins, if an assignment stands here: `name=`, and in bash `name+=` and `name[…]=`.
    fn at_assignment(&mut self) -> Option<usize> {
        let first = self.cursor.peek()?;
        if !is_name_start(first) {
            return None;
        }
        let bash = self.dialect.has_bash_grammar();
        let rest = self.cursor.rest();
        let name = rest.bytes().position(|b| !is_name_byte(b))?;
        let behind = match rest.as_bytes().get(name)? {
            b'[' if bash => {
                let close = subscript_end(rest.get(name..)?)?;
                name + close
            }
            _ => name,
        };
        match rest.as_bytes().get(behind..)? {
            [b'=', ..] => Some(self.cursor.at() + behind + 1),
            [b'+', b'=', ..] if bash => Some(self.cursor.at() + behind + 2),
            _ => None,
        }
    }

    fn assignment(&mut self) -> Parsed<Assign> {
        let start = self.cursor.at();
        let mut name = String::new();
        while let Some(byte) = self.cursor.peek().filter(|b| is_name_byte(*b)) {
            name.push(char::from(byte));
            self.cursor.step(1);
        }
        let index = if self.cursor.eat(b'[') { Some(self.arithmetic(b']')?) } else { None };
        let append = self.cursor.eat(b'+');
        if !self.cursor.eat(b'=') {
            return Err(self.cursor.fault("`=` expected"));
        }
        let value = if self.cursor.peek() == Some(b'(') && self.dialect.has_bash_grammar() {
            AssignValue::Array(self.elements()?)
        } else {
            self.array_allowed_at = None;
            AssignValue::Word(self.word(Place::Command)?)
        };
        Ok(Assign { name, index, append, value, span: self.cursor.span_from(start) })
    }

    /// A redirection, if one stands here.
    fn redirect(&mut self) -> Parsed<Option<Redirect>> {
        let start = self.cursor.at();
        let fd = self.descriptor();
        let bash = self.dialect.has_bash_grammar();
        let both = fd == Fd::Default && self.dialect.has_compat_grammar();
        let op = if both && self.cursor.eat_str("&>>") {
            RedirectOp::BothAppend
        } else if both && self.cursor.eat_str("&>") {
            RedirectOp::Both
        } else if bash && self.cursor.eat_str("<<<") {
            RedirectOp::HereString
        } else if self.cursor.eat_str("<<-") {
            return self.here_redirect(start, fd, true).map(Some);
        } else if self.cursor.eat_str("<<") {
            return self.here_redirect(start, fd, false).map(Some);
        } else if self.cursor.looking_at("<(") || self.cursor.looking_at(">(") {
            self.cursor.jump(start);
            return Ok(None);
        } else if let Some((_, op)) = OPERATORS.iter().find(|(text, _)| self.cursor.eat_str(text)) {
            *op
        } else {
            self.cursor.jump(start);
            return Ok(None);
        };
        self.skip_blanks();
        self.array_allowed_at = None;
        if !self.at_word() {
            return Err(self.unexpected());
        }
        let word = self.word(Place::Command)?;
        Ok(Some(Redirect { fd, target: Target::Word(op, word), span: self.cursor.span_from(start) }))
    }

    fn here_redirect(&mut self, start: usize, fd: Fd, strip: bool) -> Parsed<Redirect> {
        let index = self.here_operator(strip)?;
        Ok(Redirect { fd, target: Target::Here(index), span: self.cursor.span_from(start) })
    }

    /// The number or `{name}` before a redirection operator; nothing is taken where no operator follows.
    fn descriptor(&mut self) -> Fd {
        let rest = {
            self.cursor.peek();
            self.cursor.rest()
        };
        let digits = rest.bytes().take(6).take_while(u8::is_ascii_digit).count();
        let is_operator = |at: usize| matches!(rest.as_bytes().get(at), Some(b'<' | b'>'));
        if digits > 0 && is_operator(digits) {
            self.cursor.step(digits);
            return Fd::Number(rest.get(..digits).and_then(|d| d.parse().ok()).unwrap_or(u32::MAX));
        }
        if self.dialect.has_bash_grammar()
            && let Some(inner) = rest.strip_prefix('{')
        {
            let name = inner.bytes().take_while(|b| is_name_byte(*b)).count();
            if name > 0 && inner.as_bytes().get(name) == Some(&b'}') && is_operator(name + 2) {
                self.cursor.step(name + 2);
                return Fd::Variable(inner.get(..name).unwrap_or("").to_owned());
            }
        }
        Fd::Default
    }
}

const OPERATORS: [(&str, RedirectOp); 7] = [
    ("<&", RedirectOp::DupIn),
    ("<>", RedirectOp::ReadWrite),
    ("<", RedirectOp::Read),
    (">>", RedirectOp::Append),
    (">&", RedirectOp::DupOut),
    (">|", RedirectOp::Clobber),
    (">", RedirectOp::Write),
];

/// The length of `[…]` at the start of `text`, on one line and with balanced brackets.
fn subscript_end(text: &str) -> Option<usize> {
    let mut open = 0usize;
    for (at, byte) in text.bytes().enumerate().take(4096) {
        match byte {
            b'[' => open += 1,
            b']' if open == 1 => return Some(at + 1),
            b']' => open -= 1,
            b'\n' => return None,
            _ => {}
        }
    }
    None
}

//! Reading `sed` scripts.

use imgscan_model::Text;

use super::script::{Action, Address, Command};
use crate::regex::{Regex, Syntax};

/// A script under way, up to `at`.
pub(super) struct Reader<'a> {
    pub text: &'a Text,
    raw: &'a str,
    pub at: usize,
    extended: bool,
    pub gnu: bool,
    pub commands: Vec<Command>,
    /// Labels with the commands they stand before.
    pub labels: Vec<(String, usize)>,
    /// Branches with the labels they go to; the empty one is the end.
    pub jumps: Vec<(usize, String)>,
    /// Blocks that are open.
    pub blocks: Vec<usize>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a Text, extended: bool, gnu: bool) -> Self {
        Reader {
            text,
            raw: text.raw(),
            at: 0,
            extended,
            gnu,
            commands: Vec::new(),
            labels: Vec::new(),
            jumps: Vec::new(),
            blocks: Vec::new(),
        }
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.raw.get(self.at..)?.chars().next()
    }

    pub(super) fn take(&mut self) -> Option<char> {
        let c = self.peek()?;
        if self.text.hole_at(self.at).is_some() {
            return None;
        }
        self.at += c.len_utf8();
        Some(c)
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        self.at += if found { c.len_utf8() } else { 0 };
        found
    }

    fn skip(&mut self, what: &[char]) {
        while self.peek().is_some_and(|c| what.contains(&c)) {
            self.at += 1;
        }
    }

    pub(super) fn script(&mut self) -> Option<()> {
        loop {
            self.skip(&[' ', '\t', '\n', ';']);
            if self.peek().is_none() {
                return Some(());
            }
            if self.eat('#') {
                if self.at == 1 && self.raw.starts_with("#n\n") {
                    return None;
                }
                self.line();
                continue;
            }
            self.command()?;
            if self.commands.len() > 1_000 {
                return None;
            }
        }
    }

    /// The rest of the line; the newline is left.
    fn line(&mut self) -> Text {
        let rest = self.raw.get(self.at..).unwrap_or("");
        let end = self.at + rest.find('\n').unwrap_or(rest.len());
        let line = self.text.slice(self.at..end);
        self.at = end;
        line
    }

    fn command(&mut self) -> Option<()> {
        let from = self.address()?;
        let mut to = None;
        self.skip(&[' ', '\t']);
        if from.is_some() && self.eat(',') {
            self.skip(&[' ', '\t']);
            to = match self.peek()? {
                '+' => {
                    self.at += 1;
                    Some(Address::Plus(self.number()?))
                }
                '~' => return None,
                _ => Some(self.address()??),
            };
        }
        let from = match (from, &to) {
            (Some(Address::Line(0)), Some(Address::Match(_))) if self.gnu => Some(Address::Zero),
            (Some(Address::Line(0)), _) => return None,
            (from, _) => from,
        };
        self.skip(&[' ', '\t']);
        let negated = self.eat('!');
        self.skip(&[' ', '\t', '!']);
        let letter = self.take()?;
        let index = self.commands.len();
        let takes_one = if self.gnu { "qQ" } else { "qQai=" };
        let takes_none = ":}";
        if takes_none.contains(letter) && from.is_some() || takes_one.contains(letter) && to.is_some() {
            return None;
        }
        let action = self.action(letter, index)?;
        self.commands.push(Command { from, to, negated, action });
        Some(())
    }

    /// The outer `None`: it cannot be read.
    fn address(&mut self) -> Option<Option<Address>> {
        Some(match self.peek() {
            Some('$') => {
                self.at += 1;
                Some(Address::Last)
            }
            Some(c) if c.is_ascii_digit() => {
                let first = self.number()?;
                if self.gnu && self.eat('~') {
                    Some(Address::Step(first, self.number()?))
                } else {
                    Some(Address::Line(first))
                }
            }
            Some('/') => {
                self.at += 1;
                Some(Address::Match(self.regex_until('/')?))
            }
            Some('\\') => {
                self.at += 1;
                let delimiter = self.take()?;
                Some(Address::Match(self.regex_until(delimiter)?))
            }
            _ => None,
        })
    }

    pub(super) fn number(&mut self) -> Option<usize> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        self.raw.get(start..self.at)?.parse().ok()
    }

    /// An expression of an address, with GNU's flag `I`. The inner `None` is the empty expression.
    fn regex_until(&mut self, delimiter: char) -> Option<Option<Regex>> {
        let pattern = self.delimited(delimiter)?;
        let ignore_case = self.eat('I');
        if self.peek() == Some('M') {
            return None;
        }
        self.regex(&pattern, ignore_case)
    }

    pub(super) fn regex(&self, pattern: &str, ignore_case: bool) -> Option<Option<Regex>> {
        if pattern.is_empty() {
            return if ignore_case { None } else { Some(None) };
        }
        let syntax = Syntax { extended: self.extended, ignore_case, awk: false, gnu: self.gnu };
        Regex::new(pattern, syntax).map(Some)
    }

    /// The characters up to a delimiter, which is taken; a delimiter behind a backslash is the character.
    pub(super) fn delimited(&mut self, delimiter: char) -> Option<String> {
        if matches!(delimiter, '\n' | '\\') {
            return None;
        }
        let mut text = String::new();
        let mut in_brackets = false;
        let mut bracket_start = 0;
        loop {
            let c = self.take()?;
            match c {
                '\\' if !in_brackets => {
                    let next = self.take()?;
                    if next == delimiter {
                        // `s|a\|b|…|`: whether the character is an operator then differs between versions.
                        if "|+?(){}.*[]^$&".contains(next) {
                            return None;
                        }
                        text.push(next);
                    } else {
                        text.extend(['\\', next]);
                    }
                }
                // GNU ends the expression at a delimiter in brackets as well; others do not.
                c if c == delimiter && in_brackets => return None,
                c if c == delimiter => return Some(text),
                '\n' => return None,
                '[' if !in_brackets => {
                    in_brackets = true;
                    text.push(c);
                    bracket_start = text.len();
                    if self.peek() == Some('^') {
                        self.at += 1;
                        text.push('^');
                        bracket_start = text.len();
                    }
                }
                '[' if self.peek() == Some(':') => {
                    let rest = self.raw.get(self.at..)?;
                    let end = rest.find(":]")?;
                    text.push('[');
                    text.push_str(rest.get(..end + 2)?);
                    self.at += end + 2;
                }
                ']' if in_brackets && text.len() > bracket_start => {
                    in_brackets = false;
                    text.push(c);
                }
                c => text.push(c),
            }
        }
    }

    fn action(&mut self, letter: char, index: usize) -> Option<Action> {
        let action = match letter {
            '{' => {
                self.blocks.push(index);
                return Some(Action::Block(0));
            }
            '}' => {
                let open = self.blocks.pop()?;
                if let Some(Command { action: Action::Block(end), .. }) = self.commands.get_mut(open) {
                    *end = index;
                }
                Action::EndBlock
            }
            ':' => {
                self.skip(&[' ', '\t']);
                let name = self.label()?;
                self.labels.push((name, index));
                return Some(Action::Label);
            }
            'b' => {
                self.skip(&[' ', '\t']);
                let label = self.label()?;
                self.jumps.push((index, label));
                Action::Branch(None)
            }
            't' | 'T' => {
                self.skip(&[' ', '\t']);
                let label = self.label()?;
                self.jumps.push((index, label));
                Action::BranchIfReplaced { to: None, wanted: letter == 't' }
            }
            's' => self.substitute()?,
            'y' => self.translate()?,
            'a' | 'i' | 'c' => {
                let text = self.text_argument()?;
                return Some(match letter {
                    'a' => Action::Append(text),
                    'i' => Action::Insert(text),
                    _ => Action::Change(text),
                });
            }
            'd' => Action::Delete,
            'D' => Action::DeleteFirst,
            'p' => Action::Print,
            'P' => Action::PrintFirst,
            'n' => Action::Next,
            'N' => Action::AddNext,
            'h' | 'H' => Action::Hold(letter == 'H'),
            'g' | 'G' => Action::Get(letter == 'G'),
            'x' => Action::Exchange,
            '=' => Action::LineNumber,
            'q' | 'Q' => {
                self.skip(&[' ', '\t']);
                let code = if self.peek().is_some_and(|c| c.is_ascii_digit()) { self.number()? } else { 0 };
                Action::Quit { code: u8::try_from(code).ok()?, print: letter == 'q' }
            }
            _ => return None,
        };
        self.command_end()?;
        Some(action)
    }

    /// What may stand behind a command: blanks, `;`, `}`, a comment or the end of the line.
    fn command_end(&mut self) -> Option<()> {
        self.skip(&[' ', '\t']);
        match self.peek() {
            None | Some('\n' | ';' | '}' | '#') => Some(()),
            Some(_) => None,
        }
    }

    /// A label: up to a blank or semicolon.
    fn label(&mut self) -> Option<String> {
        let rest = self.raw.get(self.at..)?;
        let end = rest.find([' ', '\t', '\n', ';', '}']).unwrap_or(rest.len());
        let label = rest.get(..end)?.to_owned();
        if label.contains(imgscan_model::text::HOLE) {
            return None;
        }
        self.at += end;
        Some(label)
    }

    /// The text of `a`, `i` and `c`: the rest of the line, or the lines behind a backslash.
    fn text_argument(&mut self) -> Option<Text> {
        self.skip(&[' ', '\t']);
        if self.eat('\\') {
            self.skip(&[' ', '\t']);
            if !self.eat('\n') {
                // GNU's `a\text`: blanks at its beginning are kept.
                return None;
            }
        }
        let mut pieces: Vec<Text> = Vec::new();
        loop {
            let line = self.line();
            let raw = line.raw();
            let ends = raw.len() - raw.trim_end_matches('\\').len();
            let continues = ends % 2 == 1 && self.peek() == Some('\n');
            let kept = if continues { line.slice(0..raw.len() - 1) } else { line.clone() };
            pieces.push(unescaped(&kept)?);
            pieces.push(self.text.slice(self.at..self.at).respelled("\n"));
            if !continues {
                break;
            }
            self.at += 1;
        }
        let text = Text::concat(pieces.iter());
        if text.raw() == "\n" { None } else { Some(text) }
    }
}

/// The text of `a`, `i`, `c` without its backslashes.
fn unescaped(text: &Text) -> Option<Text> {
    if !text.raw().contains('\\') {
        return Some(text.clone());
    }
    let mut out = crate::texts::Builder::new(text);
    let mut kept = 0;
    let mut chars = text.raw().char_indices();
    while let Some((at, c)) = chars.next() {
        if c != '\\' {
            continue;
        }
        out.keep(kept..at);
        let (next_at, next) = chars.next()?;
        if next.is_ascii_alphanumeric() {
            return None;
        }
        kept = next_at;
    }
    out.keep(kept..text.len());
    Some(out.finish())
}

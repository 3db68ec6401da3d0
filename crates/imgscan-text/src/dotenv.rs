//! `.env` files as python-dotenv 1.0 reads them (`dotenv/parser.py`, `dotenv/variables.py`), which pipenv, uvicorn and
//! flask use.
//!
//! A line is `[export] KEY [= value]`. The value is `'…'` (`\\` and `\'` are escapes), `"…"` (`\\ \' \" \a \b \f \n \r
//! \t \v` are), both perhaps over several lines, or the rest of the line up to ` #`, blanks at the end taken off. Then
//! `${NAME}` and `${NAME:-default}` are replaced, in quotes too.

use std::collections::HashMap;

use imgscan_model::{Env, Origin, Text};

/// A line that sets a variable, or names one without a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// The name.
    pub key: String,
    /// The value before variables are replaced; `None` for a bare name.
    pub value: Option<Text>,
    /// The line.
    pub origin: Origin,
}

/// A line that python-dotenv passes over with a warning.
#[derive(Clone, Debug, PartialEq)]
pub struct Skipped {
    /// The line.
    pub origin: Origin,
}

/// The bindings of a file in order, and the lines that are passed over.
pub fn read(file: &Text) -> (Vec<Binding>, Vec<Skipped>) {
    let mut bindings = Vec::new();
    let mut skipped = Vec::new();
    let mut reader = Reader { file, at: 0 };
    loop {
        reader.skip(|c| c.is_whitespace());
        if reader.at >= file.len() {
            return (bindings, skipped);
        }
        let start = reader.at;
        match reader.binding() {
            Some(Some((key, value))) => {
                let origin = reader.origin(start);
                bindings.push(Binding { key, value, origin });
            }
            Some(None) => {}
            None => {
                // From where reading failed: a quoted name may have spanned lines.
                reader.rest_of_line();
                let origin = reader.origin(start);
                skipped.push(Skipped { origin });
            }
        }
    }
}

/// The variables with `${…}` replaced, in order. A bare name takes an earlier value of that name away.
///
/// With `overriding` (python-dotenv's `override`) a name means what the file has set it to so far, then what `env`
/// holds; without, the other way round. The environment a process gets is decided by the caller likewise.
pub fn resolve(bindings: &[Binding], env: &Env, overriding: bool) -> Vec<(String, Text, Origin)> {
    let mut found: Vec<(String, Option<Text>, Origin)> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for binding in bindings {
        let own = |name: &str| {
            let held = places.get(name).and_then(|at| found.get(*at));
            held.map(|(_, value, _)| value.clone().unwrap_or_default())
        };
        let outer = |name: &str| env.value(name).cloned();
        let look_up = |name: &str| {
            if overriding { own(name).or_else(|| outer(name)) } else { outer(name).or_else(|| own(name)) }
        };
        let value = binding.value.as_ref().map(|value| expand(value, &look_up, &binding.origin));
        match places.get(binding.key.as_str()).and_then(|at| found.get_mut(*at)) {
            Some(held) => (held.1, held.2) = (value, binding.origin.clone()),
            None => {
                places.insert(&binding.key, found.len());
                found.push((binding.key.clone(), value, binding.origin.clone()));
            }
        }
    }
    found.into_iter().filter_map(|(key, value, origin)| Some((key, value?, origin))).collect()
}

/// The variables of a file on whose meaning every reader of `.env` files agrees; a value with quotes inside, a
/// backslash, `$`, a backtick or a `#` is unknown.
pub fn plain(file: &Text) -> Vec<(String, Text)> {
    let (bindings, _) = read(file);
    let sure = |value: &Text| {
        value.known().is_some_and(|value| !value.contains(['\\', '$', '`', '"', '\'', '#', '\n', '\r']))
    };
    let value = |binding: Binding| {
        let value = binding.value?;
        let unknown =
            || Text::unknown("readers of `.env` files disagree on it", Vec::new(), binding.origin.clone());
        Some((binding.key, if sure(&value) { value } else { unknown() }))
    };
    bindings.into_iter().filter_map(value).collect()
}

/// `\$\{(?P<name>[^\}:]*)(?::-(?P<default>[^\}]*))?\}`; what is not set and has no default is empty.
fn expand(value: &Text, look_up: &dyn Fn(&str) -> Option<Text>, origin: &Origin) -> Text {
    let raw = value.raw();
    let mut pieces: Vec<Text> = Vec::new();
    let mut kept = 0;
    let mut at = 0;
    while let Some(found) = raw.get(at..).and_then(|rest| rest.find("${")) {
        let start = at + found;
        let Some(close) = raw[start..].find('}') else { break };
        let inside = &raw[start + 2..start + close];
        let (name, default) = match inside.split_once(':') {
            None => (inside, None),
            Some((name, rest)) if rest.starts_with('-') => (name, Some(start + 2 + name.len() + 2)),
            Some(_) => {
                at = start + 2;
                continue;
            }
        };
        pieces.push(value.slice(kept..start));
        let end = start + close;
        match (look_up(name), default) {
            (Some(held), _) => pieces.push(held.through(origin)),
            (None, Some(from)) => pieces.push(value.slice(from..end)),
            (None, None) => {}
        }
        kept = end + 1;
        at = kept;
    }
    if kept == 0 {
        return value.clone();
    }
    pieces.push(value.slice(kept..raw.len()));
    Text::concat(&pieces)
}

struct Reader<'a> {
    file: &'a Text,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.file.raw().get(self.at..).unwrap_or_default()
    }

    fn skip(&mut self, keep: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(keep).len();
    }

    /// White space but line ends.
    fn blanks(&mut self) {
        self.skip(is_blank);
    }

    /// `KEY= # text`: python-dotenv 1.2 takes the text for a comment, earlier versions for the value.
    fn disputed(&self, from: usize) -> Text {
        Text::unknown("versions of python-dotenv disagree on `KEY= # text`", Vec::new(), self.origin(from))
    }

    fn rest_of_line(&mut self) {
        self.skip(|c| c != '\n' && c != '\r');
        self.line_end();
    }

    fn line_end(&mut self) {
        let width = if self.rest().starts_with("\r\n") {
            2
        } else {
            usize::from(self.rest().starts_with(['\n', '\r']))
        };
        self.at += width;
    }

    fn origin(&self, start: usize) -> Origin {
        let raw = self.file.raw();
        let end = start + raw.get(start..self.at).unwrap_or_default().trim_end().len();
        self.file.place(start..end).map_or_else(|| Origin::default_of("", None), |place| place.origin)
    }

    /// One statement; `Some(None)` for a comment, `None` where it cannot be read.
    #[allow(clippy::option_option)] // Read, a comment, or nothing that can be read: three outcomes.
    fn binding(&mut self) -> Option<Option<(String, Option<Text>)>> {
        if let Some(rest) = self.rest().strip_prefix("export")
            && rest.starts_with(is_blank)
        {
            self.at += "export".len();
            self.blanks();
        }
        let key = self.key()?;
        self.blanks();
        let value = if self.rest().starts_with('=') {
            self.at += 1;
            let equals = self.at;
            self.blanks();
            let disputed = equals < self.at && self.rest().starts_with('#');
            let value = self.value()?;
            if disputed { Some(self.disputed(equals)) } else { Some(value) }
        } else {
            None
        };
        self.blanks();
        if self.rest().starts_with('#') {
            self.skip(|c| c != '\n' && c != '\r');
        }
        if !self.rest().is_empty() && !self.rest().starts_with(['\n', '\r']) {
            return None;
        }
        self.line_end();
        Some(key.map(|key| (key, value)))
    }

    /// A name; `Some(None)` where a comment begins.
    #[allow(clippy::option_option)] // As above.
    fn key(&mut self) -> Option<Option<String>> {
        let rest = self.rest();
        if rest.starts_with('#') {
            return Some(None);
        }
        if let Some(quoted) = rest.strip_prefix('\'') {
            let end = quoted.find('\'').filter(|end| *end > 0)?;
            let key = quoted[..end].to_owned();
            self.at += end + 2;
            return Some(Some(key));
        }
        let end = rest.find(|c: char| c == '=' || c == '#' || c.is_whitespace()).unwrap_or(rest.len());
        let key = rest[..end].to_owned();
        self.at += end;
        (!key.is_empty()).then_some(Some(key))
    }

    fn value(&mut self) -> Option<Text> {
        match self.rest().chars().next() {
            Some(quote @ ('\'' | '"')) => self.quoted(quote),
            None | Some('\n' | '\r') => Some(self.file.slice(self.at..self.at)),
            Some(_) => {
                let line = self.rest().split(['\n', '\r']).next().unwrap_or_default();
                let comment = line
                    .match_indices('#')
                    .map(|(at, _)| at)
                    .find(|at| line[..*at].ends_with(char::is_whitespace));
                let kept = line[..comment.unwrap_or(line.len())].trim_end().len();
                let (start, length) = (self.at, line.len());
                self.at = start + length;
                Some(self.file.slice(start..start + kept))
            }
        }
    }

    fn quoted(&mut self, quote: char) -> Option<Text> {
        let start = self.at + 1;
        let body = self.file.raw().get(start..)?;
        let mut pieces: Vec<Text> = Vec::new();
        let mut kept = 0;
        let mut chars = body.char_indices();
        while let Some((at, c)) = chars.next() {
            if c == quote {
                pieces.push(self.file.slice(start + kept..start + at));
                self.at = start + at + 1;
                return Some(if pieces.len() == 1 { pieces.remove(0) } else { Text::concat(&pieces) });
            }
            if c != '\\' {
                continue;
            }
            let (next, escaped) = chars.next()?;
            if let Some(made) = escape(escaped, quote) {
                pieces.push(self.file.slice(start + kept..start + at));
                let origin = self.file.place(start + at..start + next + escaped.len_utf8())?.origin;
                pieces.push(Text::derived(made, origin));
                kept = next + escaped.len_utf8();
            }
        }
        None
    }
}

/// White space but line ends.
fn is_blank(c: char) -> bool {
    c.is_whitespace() && c != '\n' && c != '\r'
}

/// The escapes of `_double_quote_escapes` and `_single_quote_escapes`; any other backslash stays.
fn escape(c: char, quote: char) -> Option<&'static str> {
    Some(match (c, quote) {
        ('\\', _) => "\\",
        ('\'', _) => "'",
        (_, '\'') => return None,
        ('"', _) => "\"",
        ('a', _) => "\x07",
        ('b', _) => "\x08",
        ('f', _) => "\x0c",
        ('n', _) => "\n",
        ('r', _) => "\r",
        ('t', _) => "\t",
        ('v', _) => "\x0b",
        _ => return None,
    })
}

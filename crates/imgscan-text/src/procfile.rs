//! Procfiles and the `.env` files beside them, as honcho 2.0 reads them (`honcho/environ.py`), which foreman's format
//! is.

use std::collections::HashMap;

use imgscan_model::{Origin, Text};

use crate::py_shlex::{Lexer, SplitError};

/// A process type.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its command line, for a shell.
    pub command: Text,
    /// The line.
    pub origin: Origin,
}

/// The process types in order, also such as stand twice (honcho ends then, foreman takes the last).
///
/// `^([A-Za-z0-9_-]+):\s*(.+)$` for each line of `str.splitlines()`; any other line is passed over.
pub fn read(file: &Text) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (start, end) in python_lines(file.raw()) {
        let line = file.raw().get(start..end).unwrap_or_default();
        let Some((name, rest)) = line.split_once(':') else { continue };
        let valid = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let command = rest.trim_start();
        if name.is_empty() || !name.chars().all(valid) || command.is_empty() {
            continue;
        }
        let Some(place) = file.place(start..end) else { continue };
        let command = file.slice(end - command.len()..end);
        entries.push(Entry { name: name.to_owned(), command, origin: place.origin });
    }
    entries
}

/// Why honcho ends with a traceback on a `.env` file.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// In Python's words.
    pub message: &'static str,
    /// The line.
    pub origin: Origin,
}

/// The variables of a `.env` file as honcho reads it (`honcho/environ.py` `parse`): each line is split by
/// `shlex.shlex(line, posix=True)`; the tokens after the `=` are put together without blanks, `\n` and `\t` become
/// characters, and a `#` begins a comment.
///
/// # Errors
///
/// A line with an open quote or a backslash at its end.
pub fn read_env(file: &Text) -> Result<Vec<(String, Text, Origin)>, Refused> {
    let lexer = Lexer { posix: true, whitespace_split: false, commenters: "#", wordchars: "", open: false };
    let mut found: Vec<(String, Text, Origin)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (start, end) in python_lines(file.raw()) {
        let Some(place) = file.place(start..end) else { continue };
        let origin = place.origin;
        let tokens = match lexer.tokens(&file.slice(start..end)) {
            Ok(tokens) => tokens,
            Err(SplitError::Refused(message, _)) => return Err(Refused { message, origin }),
            Err(SplitError::Unknown(_)) => continue,
        };
        let [name, op, rest @ ..] = &tokens[..] else { continue };
        let named = name.word.raw().starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if rest.is_empty() || op.word.raw() != "=" || !named {
            continue;
        }
        let value = with_escapes(&Text::concat(rest.iter().map(|token| &token.word)), &origin);
        let name = name.word.raw().to_owned();
        match places.get(&name).and_then(|at| found.get_mut(*at)) {
            Some(held) => (held.1, held.2) = (value, origin),
            None => {
                places.insert(name.clone(), found.len());
                found.push((name, value, origin));
            }
        }
    }
    Ok(found)
}

/// The two characters `\n` as a line end, `\t` as a tab.
fn with_escapes(value: &Text, origin: &Origin) -> Text {
    let raw = value.raw();
    let mut pieces: Vec<Text> = Vec::new();
    let mut kept = 0;
    let mut at = 0;
    while let Some(found) = raw.get(at..).and_then(|rest| rest.find('\\')) {
        let start = at + found;
        let made = match raw.as_bytes().get(start + 1) {
            Some(b'n') => "\n",
            Some(b't') => "\t",
            _ => {
                at = start + 1;
                continue;
            }
        };
        pieces.extend([value.slice(kept..start), Text::derived(made, origin.clone())]);
        kept = start + 2;
        at = kept;
    }
    if pieces.is_empty() {
        return value.clone();
    }
    pieces.push(value.slice(kept..raw.len()));
    Text::concat(&pieces)
}

/// The byte ranges of `str.splitlines()`.
fn python_lines(text: &str) -> Vec<(usize, usize)> {
    let ends = |c: char| {
        matches!(c, '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}')
    };
    let mut lines = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if !ends(c) {
            continue;
        }
        lines.push((start, at));
        start = at + c.len_utf8();
        if c == '\r' && chars.next_if(|(_, next)| *next == '\n').is_some() {
            start += 1;
        }
    }
    if start < text.len() {
        lines.push((start, text.len()));
    }
    lines
}

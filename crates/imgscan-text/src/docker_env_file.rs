//! `docker run --env-file`: docker/cli `pkg/kvfile` (`Parse`), which is no shell syntax at all.
//!
//! Lines end at `\n` (a `\r` before it goes, as Go's `bufio.ScanLines` drops it). White space before the name is
//! dropped; a line is a comment where `#` is its first character after that; quotes, `$`, ` #` and trailing blanks
//! stand for themselves; a name without `=` is passed on from the machine. A byte order mark at the start is dropped.

use imgscan_model::{Origin, Text};

/// One line: a variable, or the name of one to pass on.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The name.
    pub name: String,
    /// The value; `None` for a bare name.
    pub value: Option<Text>,
    /// The line.
    pub origin: Origin,
}

/// A line that docker refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvFileError {
    /// White space in or after a name.
    #[error("variable `{name}` contains whitespaces")]
    Whitespace {
        /// The name.
        name: String,
        /// The line, counted from 1.
        line: u32,
    },
    /// Nothing before `=`.
    #[error("no variable name in `{text}`")]
    NoName {
        /// The line's text.
        text: String,
        /// The line, counted from 1.
        line: u32,
    },
    /// Longer than the 64 KiB that Go's scanner takes.
    #[error("the line is longer than 64 KiB")]
    TooLong {
        /// The line, counted from 1.
        line: u32,
    },
}

/// Go's `bufio.MaxScanTokenSize`: a line must be shorter.
const LONGEST_LINE: usize = 64 * 1024;

impl EnvFileError {
    /// The line, counted from 1.
    pub fn line(&self) -> u32 {
        match self {
            EnvFileError::Whitespace { line, .. }
            | EnvFileError::NoName { line, .. }
            | EnvFileError::TooLong { line } => *line,
        }
    }
}

/// The file's entries in order.
///
/// # Errors
///
/// The first line that docker refuses.
pub fn read(file: &Text) -> Result<Vec<Entry>, EnvFileError> {
    let mut entries = Vec::new();
    let mut start = 0;
    for (number, line) in (1..).zip(file.raw().split_inclusive('\n')) {
        let from = start;
        start += line.len();
        if let Some(entry) = entry(file, from, line, number)? {
            entries.push(entry);
        }
    }
    Ok(entries)
}

fn entry(file: &Text, from: usize, line: &str, number: u32) -> Result<Option<Entry>, EnvFileError> {
    if line.len() >= LONGEST_LINE {
        return Err(EnvFileError::TooLong { line: number });
    }
    let text = line.strip_suffix('\n').unwrap_or(line);
    let text = text.strip_suffix('\r').unwrap_or(text);
    let end = from + text.len();
    let text = if number == 1 { text.strip_prefix('\u{feff}').unwrap_or(text) } else { text };
    let text = text.trim_start_matches(is_go_space);
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    let at = end - text.len();
    let (name, value) = match text.find('=') {
        Some(equals) => (&text[..equals], Some(file.slice(at + equals + 1..end))),
        None => (text, None),
    };
    if name.contains(is_name_space) {
        return Err(EnvFileError::Whitespace { name: name.to_owned(), line: number });
    }
    if name.is_empty() {
        return Err(EnvFileError::NoName { text: text.to_owned(), line: number });
    }
    let Some(place) = file.place(at..end) else { return Ok(None) };
    Ok(Some(Entry { name: name.to_owned(), value, origin: place.origin }))
}

/// Go's `unicode.IsSpace`, with which leading white space is dropped.
fn is_go_space(c: char) -> bool {
    c.is_whitespace()
}

/// kvfile's own `whiteSpaces`: what must not stand in a name.
fn is_name_space(c: char) -> bool {
    c == ' ' || c == '\t'
}

//! Complaints about a configuration file, with the line they are about.

use std::fmt;
use std::ops::Range;

/// A configuration file that cannot be used (exit status 2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// The file as named.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The character of the line, counted from 1.
    pub column: usize,
    /// How many characters of the line are meant; at least 1.
    pub width: usize,
    /// The text of the line.
    pub source: String,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to write instead, when we know.
    pub help: Option<String>,
}

impl std::error::Error for PolicyError {}

/// The sentence, the line with a mark below it, and the help.
impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PolicyError { file, line, column, width, source, message, help } = self;
        let margin = " ".repeat(line.to_string().len());
        let before = " ".repeat(column - 1);
        write!(f, "{file}:{line}:{column}: {message}\n{margin} |\n{line} | {source}\n")?;
        write!(f, "{margin} | {before}{}", "^".repeat(*width))?;
        help.as_ref().map_or(Ok(()), |help| write!(f, "\nhelp: {help}"))
    }
}

/// A file and its text: makes complaints out of places.
#[derive(Clone, Copy)]
pub(crate) struct Page<'a> {
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
}

impl Page<'_> {
    /// The line of a byte, counted from 1.
    pub(crate) fn line(&self, at: usize) -> usize {
        1 + self.text.bytes().take(at).filter(|b| *b == b'\n').count()
    }

    /// A complaint about some bytes; of several lines, about the first.
    pub(crate) fn fault(&self, span: Range<usize>, message: impl Into<String>) -> PolicyError {
        let line = self.line(span.start);
        let start = self.text.bytes().take(span.start).rposition(|b| b == b'\n').map_or(0, |at| at + 1);
        let source = self.text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or("");
        let chars = |from: usize, to: usize| self.text.get(from..to).map_or(0, |t| t.chars().count());
        let end = span.end.min(start + source.len());
        PolicyError {
            file: self.file.to_owned(),
            line,
            column: 1 + chars(start, span.start),
            width: chars(span.start, end).max(1),
            // A tab would move the mark.
            source: source.replace('\t', " "),
            message: message.into(),
            help: None,
        }
    }
}

impl PolicyError {
    /// The same with what to write instead.
    #[must_use]
    pub(crate) fn help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }
}

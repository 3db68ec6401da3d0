//! How text gets onto the page: safe, coloured, wrapped, padded.

use std::borrow::Cow;

use anstyle::{AnsiColor, Effects, Style};
use imgscan_model::{Severity, Text};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Options;
use crate::escape;
use crate::redact::Redactor;

/// Narrowest page.
const LEAST_WIDTH: usize = 40;

/// A pen that knows the page and the image's credentials.
pub(super) struct Ink<'a> {
    /// Columns of the page.
    pub(super) width: usize,
    /// Whether attributes are used.
    pub(super) colour: bool,
    /// The image's credentials.
    pub(super) redactor: &'a Redactor,
}

impl<'a> Ink<'a> {
    pub(super) fn new(options: Options, redactor: &'a Redactor) -> Self {
        Ink { width: options.width.max(LEAST_WIDTH), colour: options.colour, redactor }
    }

    /// A sentence of ours, safe to print.
    pub(super) fn prose(&self, text: &str) -> String {
        escape::line(&self.redactor.prose(text)).into_owned()
    }

    /// A text of the image, safe to print on one line.
    pub(super) fn image(&self, text: &str) -> String {
        escape::line(&self.redactor.image(text)).into_owned()
    }

    /// A text with provenance, safe to print on one line.
    pub(super) fn text(&self, text: &Text) -> String {
        escape::line(&self.redactor.text(text)).into_owned()
    }

    /// A command line as one would type it.
    pub(super) fn command(&self, words: &[Text]) -> String {
        let shown = self.redactor.words(words);
        let quoted = shown.iter().zip(words).map(|(shown, word)| {
            // An expression or a mark of ours is no word that one could type.
            if word.known() != Some(shown) {
                return Cow::Borrowed(shown.as_str());
            }
            shlex::try_quote(shown).unwrap_or(Cow::Borrowed(shown))
        });
        escape::line(&quoted.collect::<Vec<_>>().join(" ")).into_owned()
    }

    pub(super) fn bold(&self, text: &str) -> String {
        self.paint(Style::new().effects(Effects::BOLD), text)
    }

    pub(super) fn dim(&self, text: &str) -> String {
        self.paint(Style::new().effects(Effects::DIMMED), text)
    }

    pub(super) fn struck(&self, text: &str) -> String {
        self.paint(Style::new().effects(Effects::STRIKETHROUGH | Effects::DIMMED), text)
    }

    pub(super) fn good(&self, text: &str) -> String {
        self.paint(AnsiColor::Green.on_default().effects(Effects::BOLD), text)
    }

    pub(super) fn bad(&self, text: &str) -> String {
        self.paint(AnsiColor::BrightRed.on_default().effects(Effects::BOLD), text)
    }

    pub(super) fn warn(&self, text: &str) -> String {
        self.paint(AnsiColor::Yellow.on_default().effects(Effects::BOLD), text)
    }

    pub(super) fn severity(&self, severity: Severity, text: &str) -> String {
        self.paint(severity_style(severity), text)
    }

    fn paint(&self, style: Style, text: &str) -> String {
        if self.colour && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// The colour of a severity.
pub(super) fn severity_style(severity: Severity) -> Style {
    let colour = match severity {
        Severity::High => AnsiColor::BrightRed,
        Severity::Medium => AnsiColor::Yellow,
        Severity::Low => AnsiColor::BrightBlue,
        Severity::Info => AnsiColor::Cyan,
    };
    colour.on_default().effects(Effects::BOLD)
}

/// The columns that safe text takes.
pub(super) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// `text` with blanks behind it up to `columns`.
pub(super) fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// `text` cut to `columns`, with `…` where something is missing.
pub(super) fn cut(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let mut used = 0;
    let kept: String = text
        .chars()
        .take_while(|c| {
            used += UnicodeWidthChar::width(*c).unwrap_or(0);
            used < columns
        })
        .collect();
    Cow::Owned(kept + "…")
}

/// `text` broken at blanks into lines of at most `columns` (a longer word stands alone).
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(word) <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_measured_in_columns() {
        assert_eq!(pad("日本", 6), "日本  ");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("abc", 3), "abc");
    }

    #[test]
    fn lines_break_at_blanks() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("unbreakable x", 4), ["unbreakable", "x"]);
    }
}

//! Source under a caret: the lines that an origin points at, made safe, with the offsets that moved.

use std::ops::Range;

use imgscan_model::{ImageReport, Origin, Span};

use super::ink::Ink;
use crate::escape;
use crate::redact::{Kind, REDACTED};

/// Longest span shown whole, in lines; of a longer one the first line is shown.
const LINES: usize = 6;
/// Characters of a line kept on each side of what is meant.
const AROUND: usize = 200;

/// Lines of source and what is meant in them.
pub(super) struct Excerpt {
    /// The lines, safe to print.
    pub(super) source: String,
    /// Number of the first line; `None` for texts without lines (an `ENV`, a `CMD`).
    pub(super) line: Option<u32>,
    /// What is meant: a byte range of `source` on character boundaries, within its bounds.
    pub(super) span: Range<usize>,
}

/// The excerpt at `origin`, if its text is there.
pub(super) fn at(image: &ImageReport, origin: &Origin, ink: &Ink<'_>) -> Option<Excerpt> {
    match origin {
        Origin::LayerFile { span: Some(span), .. } | Origin::Overlay { span: Some(span), .. } => {
            of_lines(image.excerpts.get(origin)?, *span, ink)
        }
        Origin::ImageEnv { name, start, end, .. } => {
            let var = image.config.env.iter().rev().find(|v| *v.name == **name)?;
            let before = name.chars().count() + 1;
            let line = format!("{name}={}", var.value.raw());
            Some(of_line(&line, before + *start as usize..before + *end as usize, ink))
        }
        Origin::ImageCmd { index, chars, .. } => {
            of_words("CMD", image.config.cmd.as_deref()?, *index, *chars, ink)
        }
        Origin::ImageEntrypoint { index, chars, .. } => {
            of_words("ENTRYPOINT", image.config.entrypoint.as_deref()?, *index, *chars, ink)
        }
        _ => None,
    }
}

fn of_lines(text: &str, span: Span, ink: &Ink<'_>) -> Option<Excerpt> {
    let first = usize::try_from(span.line).ok()?.checked_sub(1)?;
    let last = usize::try_from(span.end_line).ok()?.checked_sub(1)?.max(first);
    let is_long = last - first >= LINES;
    let last = if is_long { first } else { last };
    let lines: Vec<&str> = text.split('\n').skip(first).take(last - first + 1).collect();
    let (head, tail) = (lines.first()?, lines.last()?);
    let from = (span.column as usize).saturating_sub(1);
    let is_cut = is_long || lines.len() < last - first + 1;
    let to = if is_cut { tail.chars().count() } else { (span.end_column as usize).saturating_sub(1) };
    let mut excerpt = if lines.len() == 1 {
        of_line(head, from..to, ink)
    } else {
        let mut whole = of_line(head, from..head.chars().count(), ink);
        for line in &lines[1..lines.len() - 1] {
            whole.source.push('\n');
            whole.source.push_str(&of_line(line, 0..0, ink).source);
        }
        let end = of_line(tail, 0..to, ink);
        whole.source.push('\n');
        whole.span.end = whole.source.len() + end.span.end;
        whole.source.push_str(&end.source);
        whole
    };
    excerpt.line = Some(span.line);
    Some(excerpt)
}

/// `CMD ["gunicorn", "app:application"]` with one word meant.
fn of_words(
    keyword: &str,
    words: &[String],
    index: u32,
    chars: Option<(u32, u32)>,
    ink: &Ink<'_>,
) -> Option<Excerpt> {
    let index = usize::try_from(index).ok()?;
    words.get(index)?;
    let words = ink.redactor.strings(words);
    let mut line = format!("{keyword} [");
    let mut meant = 0..0;
    for (i, word) in words.iter().enumerate() {
        if i > 0 {
            line.push_str(", ");
        }
        let start = line.chars().count();
        line.push_str(&serde_json::to_string(word).unwrap_or_default());
        if i == index {
            // Escapes inside the word move its characters: then the whole word is meant.
            let is_plain = line.chars().count() - start == word.chars().count() + 2;
            meant = match chars.filter(|_| is_plain) {
                Some((from, to)) => start + 1 + from as usize..start + 1 + to as usize,
                None => start..line.chars().count(),
            };
        }
    }
    line.push(']');
    Some(of_line(&line, meant, ink))
}

/// One line of which the characters `chars` are meant: credentials taken out, unsafe characters escaped, cut to a
/// window around what is meant.
fn of_line(line: &str, chars: Range<usize>, ink: &Ink<'_>) -> Excerpt {
    let secrets = ink.redactor.ranges(line, Kind::Image);
    let mut secrets = secrets.into_iter().peekable();
    let window = chars.start.saturating_sub(AROUND)..chars.end.max(chars.start).saturating_add(AROUND);
    let mut source = String::new();
    let (mut start, mut end) = (None, None);
    let mut is_cut = false;
    for (n, (at, c)) in line.char_indices().enumerate() {
        while secrets.peek().is_some_and(|s| s.end <= at) {
            secrets.next();
        }
        if n == chars.start {
            start = Some(source.len());
        }
        if n == chars.end {
            end = Some(source.len());
        }
        if !window.contains(&n) {
            if !is_cut {
                source.push('…');
            }
            is_cut = true;
            continue;
        }
        is_cut = false;
        match secrets.peek() {
            Some(secret) if secret.contains(&at) => {
                if at == secret.start || source.is_empty() || source.ends_with('…') {
                    source.push_str(REDACTED);
                }
            }
            _ if c == '\t' => source.push_str("    "),
            _ if c == '\r' && at + 1 == line.len() => {}
            _ => escape::push(&mut source, c),
        }
    }
    let start = start.unwrap_or(source.len());
    let end = end.unwrap_or(source.len()).max(start);
    Excerpt { span: start..end, source, line: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::redact::Redactor;
    use crate::text::Options;

    fn with<R>(run: impl FnOnce(&Ink<'_>) -> R) -> R {
        let redactor = Redactor::default();
        run(&Ink::new(Options::default(), &redactor))
    }

    fn meant(line: &str, chars: Range<usize>) -> String {
        let excerpt = with(|ink| of_line(line, chars, ink));
        excerpt.source[excerpt.span].to_owned()
    }

    #[test]
    fn the_caret_stays_under_what_is_meant() {
        assert_eq!(meant("\tab \u{1b}[0m cd", 9..11), "cd");
        assert_eq!(meant("é日 x=1", 3..6), "x=1");
        assert_eq!(meant("password = 'abc' # why", 17..22), "# why");
        assert_eq!(meant(&format!("{} here {}", "x".repeat(3_000), "y".repeat(3_000)), 3001..3005), "here");
    }

    #[test]
    fn a_long_line_is_cut_around_what_is_meant() {
        let line = format!("{} here {}", "x".repeat(100_000), "y".repeat(100_000));
        let excerpt = with(|ink| of_line(&line, 100_001..100_005, ink));
        assert!(excerpt.source.len() < 500, "{}", excerpt.source.len());
    }

    #[test]
    fn several_lines_are_shown_and_many_are_not() {
        let text = "a\n  b = [\n    1,\n  ]\nc\nd\ne\nf\ng\nh\n";
        let three =
            with(|ink| of_lines(text, Span { line: 2, column: 3, end_line: 4, end_column: 4 }, ink)).unwrap();
        assert_eq!((&three.source[three.span], three.line), ("b = [\n    1,\n  ]", Some(2)));
        let many =
            with(|ink| of_lines(text, Span { line: 2, column: 3, end_line: 9, end_column: 2 }, ink)).unwrap();
        assert_eq!(many.source, "  b = [");
    }

    /// The drawing library panics on a span out of range or inside a character.
    #[test]
    fn no_place_whatever_its_numbers_stops_the_drawing() {
        let mut image = fixture::hostile();
        let numbers = [0, 1, 2, 5, 300, u32::MAX];
        let texts = ["", "\n", "é\u{202e}日\n\tpassword='x'\r\n", "a"];
        for (text, line, column) in texts
            .iter()
            .flat_map(|t| numbers.map(|l| (t, l, 0u32)))
            .flat_map(|(t, l, _)| numbers.map(|c| (*t, l, c)))
        {
            for (end_line, end_column) in numbers.iter().flat_map(|l| numbers.map(|c| (*l, c))) {
                let origin =
                    fixture::file("/x", 1, Some(Span { line, column, end_line, end_column }), "COPY x /");
                image.excerpts.insert(&origin, text);
                image.findings[0].finding.labels[0].origin = origin;
                let finding = &image.findings[0].finding;
                with(|ink| crate::text::finding::block(&image, finding, ink));
            }
        }
    }

    #[test]
    fn a_word_of_a_command_line_is_meant_as_it_is_written() {
        let words = ["sh".to_owned(), "-c".to_owned(), "exec \"x\" --é=1".to_owned()];
        let excerpt = with(|ink| of_words("CMD", &words, 1, Some((1, 2)), ink)).unwrap();
        assert_eq!(&excerpt.source[excerpt.span], "c");
        let escaped = with(|ink| of_words("CMD", &words, 2, Some((0, 4)), ink)).unwrap();
        assert_eq!(&escaped.source[escaped.span], "\"exec \\\"x\\\" --é=1\"");
        assert!(with(|ink| of_words("CMD", &words, 3, None, ink)).is_none());
    }
}

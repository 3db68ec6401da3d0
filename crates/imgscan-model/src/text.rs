//! Text that remembers, for every part of it, where that part was written.
//!
//! A word of an argv may come from a `CMD`, an `ENV` spliced in by a shell, and an arithmetic expression over the
//! number of processors. A [`Text`] is all of that: a string, cut into parts with an [`Origin`] each; a part that is
//! not known stands in the string as one [`HOLE`] character and carries its expression as an [`Opaque`].

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::origin::{Origin, Place, Span, count};
use crate::value::Need;

/// The character that stands for a part that is not known (U+FFFC). A text of an image may hold it as well: what is
/// opaque is decided by the part, never by the character.
pub const HOLE: char = '\u{FFFC}';

/// What is certain about the characters of a part that is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// One or more decimal digits, perhaps with a sign.
    Number,
    /// A non-empty word without blanks, quotes or shell characters.
    Word,
    /// Anything, the empty string too.
    Any,
    /// Any number of words, none too: what a shell splits because it stood there without quotes. As a word of an argv
    /// it may be no word or several.
    Words,
}

/// A part that is not known.
#[derive(Clone, Debug, PartialEq)]
pub struct Opaque {
    /// The expression as a person would write it, e.g. `$(nproc) * 2 + 1`.
    pub text: String,
    /// What it waits for.
    pub needs: Vec<Need>,
    /// What is certain about its characters.
    pub shape: Shape,
    /// Why it is not known, where no expression says it: the part is unknown rather than symbolic.
    pub reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
struct Part {
    /// Byte offset of the part in the text; it ends where the next begins.
    start: usize,
    origin: Origin,
    via: Arc<[Origin]>,
    opaque: Option<Arc<Opaque>>,
    /// Whether the part stands letter for letter at its origin, so that a sub-range has a place of its own.
    verbatim: bool,
    secret: bool,
}

/// A string whose parts know where they were written. Cheap to clone.
#[derive(Clone, Default)]
pub struct Text {
    text: Arc<str>,
    parts: Arc<[Part]>,
    index: Arc<OnceLock<Index>>,
}

/// Where lines begin and how many characters stand before every 256th byte, so that the place of a part is found
/// without counting from the start of a line (a hostile text may be one long line of many parts).
#[derive(Debug)]
struct Index {
    lines: Vec<usize>,
    marks: Vec<u32>,
}

impl Index {
    const STEP: usize = 256;

    fn of(text: &str) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i + 1)).collect();
        let mut marks = Vec::with_capacity(text.len() / Index::STEP + 1);
        let mut counted = (0, 0u32);
        for mark in (0..=text.len()).step_by(Index::STEP) {
            let mark = text.floor_char_boundary(mark);
            counted = (mark, counted.1.saturating_add(count(&text[counted.0..mark])));
            marks.push(counted.1);
        }
        Index { lines, marks }
    }

    /// How many characters stand before byte `at`.
    fn chars(&self, text: &str, at: usize) -> u32 {
        let mark = at / Index::STEP;
        let from = text.floor_char_boundary(mark * Index::STEP);
        self.marks.get(mark).map_or_else(|| count(&text[..at]), |n| n.saturating_add(count(&text[from..at])))
    }
}

/// Adds places to others so that the order of both is kept, as far as they agree: what a part came through before
/// something that all parts came through stays before it.
fn merge(via: &mut Vec<Origin>, further: &[&Origin]) {
    for (at, other) in further.iter().enumerate() {
        if via.contains(other) {
            continue;
        }
        let behind = further.iter().skip(at + 1).find_map(|later| via.iter().position(|v| v == *later));
        via.insert(behind.unwrap_or(via.len()), (*other).clone());
    }
}

impl Text {
    /// A text that stands letter for letter at `origin`. For a file, `origin` names the file without a span.
    pub fn new(text: impl Into<Arc<str>>, origin: Origin) -> Self {
        Text::of(text.into(), origin, true, None)
    }

    /// A text that `origin` produces without containing it letter for letter (after escapes, say).
    pub fn derived(text: impl Into<Arc<str>>, origin: Origin) -> Self {
        Text::of(text.into(), origin, false, None)
    }

    /// A text that is not known.
    pub fn opaque(opaque: Opaque, origin: Origin) -> Self {
        Text::of(HOLE.to_string().into(), origin, false, Some(opaque))
    }

    /// A text about which nothing is known, with the reason.
    pub fn unknown(reason: impl Into<String>, needs: Vec<Need>, origin: Origin) -> Self {
        let reason = reason.into();
        Text::opaque(Opaque { text: "?".into(), needs, shape: Shape::Any, reason: Some(reason) }, origin)
    }

    fn of(text: Arc<str>, origin: Origin, verbatim: bool, opaque: Option<Opaque>) -> Self {
        let part = Part {
            start: 0,
            origin,
            via: Arc::new([]),
            opaque: opaque.map(Arc::new),
            verbatim,
            secret: false,
        };
        Text { text, parts: Arc::new([part]), index: Arc::default() }
    }

    /// The string, if every part of it is known.
    pub fn known(&self) -> Option<&str> {
        if self.parts.iter().any(|p| p.opaque.is_some()) { None } else { Some(&self.text) }
    }

    /// The string with a [`HOLE`] for each part that is not known.
    pub fn raw(&self) -> &str {
        &self.text
    }

    /// The string shared, with a [`HOLE`] for each part that is not known.
    pub fn raw_shared(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// Length of [`Text::raw`] in bytes.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Whether the text is certainly empty.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Whether a part of it came from something that looks like a credential.
    pub fn is_secret(&self) -> bool {
        self.parts.iter().any(|p| p.secret)
    }

    /// Marks every part as a credential.
    #[must_use]
    pub fn into_secret(mut self) -> Self {
        self.edit(|p| p.secret = true);
        self
    }

    /// The parts that are not known, with their byte ranges in [`Text::raw`].
    pub fn holes(&self) -> impl Iterator<Item = (Range<usize>, &Opaque)> {
        self.parts
            .iter()
            .enumerate()
            .filter_map(|(i, p)| Some((p.start..self.end_of(i), p.opaque.as_deref()?)))
    }

    /// The part that is not known and covers byte `at`, if one does.
    pub fn hole_at(&self, at: usize) -> Option<&Opaque> {
        self.parts.get(self.part_at(at))?.opaque.as_deref()
    }

    /// What the unknown parts wait for, each once.
    pub fn needs(&self) -> Vec<Need> {
        let mut needs: Vec<Need> = Vec::new();
        for (_, opaque) in self.holes() {
            for need in &opaque.needs {
                if !needs.contains(need) {
                    needs.push(need.clone());
                }
            }
        }
        needs
    }

    /// As a person would write it, unknown parts as their expressions. **May hold a credential**: formats ask
    /// [`Text::is_secret`] first.
    pub fn display(&self) -> String {
        let mut out = String::with_capacity(self.text.len());
        for (i, part) in self.parts.iter().enumerate() {
            match &part.opaque {
                None => out.push_str(&self.text[part.start..self.end_of(i)]),
                Some(opaque) => out.push_str(&opaque.text),
            }
        }
        out
    }

    /// The part of the text in a byte range of [`Text::raw`] (on character boundaries), with its origins. A range
    /// out of bounds is cut to what there is.
    pub fn slice(&self, range: Range<usize>) -> Text {
        let end = self.floor(range.end.min(self.text.len()));
        let start = self.floor(range.start.min(end));
        if start == 0 && end == self.text.len() {
            return self.clone();
        }
        let mut parts: Vec<Part> = Vec::new();
        let first = self.part_at(start);
        for (i, part) in self.parts.iter().enumerate().skip(first) {
            if part.start >= end && !parts.is_empty() {
                break;
            }
            let from = part.start.max(start);
            let to = self.end_of(i).min(end).max(from);
            let mut cut = part.clone();
            cut.origin = self.narrow(i, from..to);
            cut.start = from - start;
            parts.push(cut);
        }
        Text { text: self.text[start..end].into(), parts: parts.into(), index: Arc::default() }
    }

    /// Where a byte range of [`Text::raw`] was written: the place of its first part; the places of further parts
    /// follow in `via`.
    pub fn place(&self, range: Range<usize>) -> Option<Place> {
        if self.parts.is_empty() {
            return None;
        }
        let end = self.floor(range.end.min(self.text.len()));
        let start = self.floor(range.start.min(end));
        let first = self.part_at(start);
        let mut place: Option<Place> = None;
        for (i, part) in self.parts.iter().enumerate().skip(first) {
            if part.start >= end && place.is_some() {
                break;
            }
            let from = part.start.max(start);
            let to = self.end_of(i).min(end).max(from);
            let origin = self.narrow(i, from..to);
            match &mut place {
                None => place = Some(Place { origin, via: part.via.to_vec() }),
                Some(place) => {
                    let further = std::iter::once(&origin).chain(part.via.iter());
                    let further: Vec<&Origin> = further.filter(|o| **o != place.origin).collect();
                    merge(&mut place.via, &further);
                }
            }
        }
        place
    }

    /// Where the text as a whole was written.
    pub fn whole(&self) -> Option<Place> {
        self.place(0..self.text.len())
    }

    /// This text where a shell splits it: a part of which nothing is known ([`Shape::Any`]) may become any number of
    /// words.
    #[must_use]
    pub fn unquoted(&self) -> Text {
        if !self.holes().any(|(_, opaque)| opaque.shape == Shape::Any) {
            return self.clone();
        }
        let mut text = self.clone();
        text.edit(|part| {
            if let Some(opaque) = part.opaque.as_mut().filter(|o| o.shape == Shape::Any) {
                Arc::make_mut(opaque).shape = Shape::Words;
            }
        });
        text
    }

    /// Another spelling of this text (decoded, in capitals, as a number): it stands where this text stands, came the
    /// same way and is as secret, but is not found there letter for letter.
    #[must_use]
    pub fn respelled(&self, text: impl Into<Arc<str>>) -> Text {
        let Place { origin, via } = self.whole().unwrap_or(Place::new(Origin::default_of("", None)));
        let secret = self.is_secret();
        let part = Part { start: 0, origin, via: via.into(), opaque: None, verbatim: false, secret };
        Text { text: text.into(), parts: Arc::new([part]), index: Arc::default() }
    }

    /// This text as it arrives through another place (a shell line that uses a variable, a template that reads an
    /// `ENV`): `origin` becomes where it stands, and where it stood before goes to the front of `via`.
    #[must_use]
    pub fn through(&self, origin: &Origin) -> Text {
        let mut text = self.clone();
        text.edit(|part| {
            if part.origin == *origin {
                return;
            }
            let mut via = vec![part.origin.clone()];
            via.extend(part.via.iter().filter(|v| **v != part.origin).cloned());
            part.origin = origin.clone();
            part.via = via.into();
            part.verbatim = false;
        });
        text
    }

    /// This text as something hands it on untouched (`"$@"`, a filter): it still stands where it stood, and `by` goes to
    /// the end of `via`.
    #[must_use]
    pub fn handed_on(&self, by: &Origin) -> Text {
        let mut text = self.clone();
        text.edit(|part| {
            if part.origin != *by && !part.via.contains(by) {
                part.via = part.via.iter().chain([by]).cloned().collect();
            }
        });
        text
    }

    /// The texts one after another.
    pub fn concat<'a>(texts: impl IntoIterator<Item = &'a Text>) -> Text {
        let mut joined = String::new();
        let mut parts: Vec<Part> = Vec::new();
        let mut empty: Vec<Part> = Vec::new();
        for text in texts {
            for (i, part) in text.parts.iter().enumerate() {
                let mut part = part.clone();
                let width = text.end_of(i) - part.start;
                part.start += joined.len();
                if width == 0 { empty.push(part) } else { parts.push(part) }
            }
            joined.push_str(&text.text);
        }
        if parts.is_empty() {
            empty.truncate(1);
            parts = empty;
        } else if empty.iter().any(|p| p.secret) {
            parts.iter_mut().for_each(|p| p.secret = true);
        }
        Text { text: joined.into(), parts: parts.into(), index: Arc::default() }
    }

    fn edit(&mut self, mut change: impl FnMut(&mut Part)) {
        let mut parts = self.parts.to_vec();
        parts.iter_mut().for_each(&mut change);
        self.parts = parts.into();
    }

    fn end_of(&self, part: usize) -> usize {
        self.parts.get(part + 1).map_or(self.text.len(), |next| next.start)
    }

    fn part_at(&self, at: usize) -> usize {
        self.parts.partition_point(|p| p.start <= at).saturating_sub(1)
    }

    fn floor(&self, at: usize) -> usize {
        self.text.floor_char_boundary(at)
    }

    /// The origin of `range`, which lies within part `index`.
    fn narrow(&self, index: usize, range: Range<usize>) -> Origin {
        let Some(part) = self.parts.get(index) else { return Origin::default_of("", None) };
        if !part.verbatim {
            return part.origin.clone();
        }
        match &part.origin {
            Origin::LayerFile { span, .. } | Origin::Overlay { span, .. } => {
                let base = span.map_or((1, 1), |s| (s.line, s.column));
                let (line, column) = self.position(part.start, base, range.start);
                let (end_line, end_column) = self.position(part.start, base, range.end);
                part.origin.with_span(Span { line, column, end_line, end_column })
            }
            other => {
                let index = self.index.get_or_init(|| Index::of(&self.text));
                let chars = |at: usize| index.chars(&self.text, at);
                let base = chars(part.start);
                other.with_chars(chars(range.start) - base, chars(range.end) - base)
            }
        }
    }

    /// Line and column of byte `at`, in a part that starts at byte `start` and, in its source, at `base`.
    fn position(&self, start: usize, base: (u32, u32), at: usize) -> (u32, u32) {
        let index = self.index.get_or_init(|| Index::of(&self.text));
        let lines = &index.lines;
        let line_of = |at: usize| lines.partition_point(|l| *l <= at) - 1;
        let width = |from: usize, to: usize| index.chars(&self.text, to) - index.chars(&self.text, from);
        let (first, here) = (line_of(start), line_of(at));
        if first == here {
            return (base.0, base.1 + width(start, at));
        }
        let below = u32::try_from(here - first).unwrap_or(u32::MAX);
        (base.0.saturating_add(below), 1 + width(lines[here], at))
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.parts == other.parts
    }
}

/// Never prints a credential.
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_secret() { f.write_str("[redacted]") } else { write!(f, "{:?}", self.display()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(value: &str) -> Text {
        Text::new(value, Origin::image_env("A", value, None))
    }

    fn file(text: &str) -> Text {
        Text::new(
            text,
            Origin::LayerFile { layer: Some(2), path: "/etc/x.conf".into(), span: None, instruction: None },
        )
    }

    #[test]
    fn a_slice_of_an_env_knows_its_characters() {
        let text = env("--é 4 --b").slice(4..6);
        assert_eq!(text.raw(), " 4");
        let Some(Place { origin: Origin::ImageEnv { start, end, .. }, .. }) = text.whole() else { panic!() };
        assert_eq!((start, end), (3, 5));
    }

    #[test]
    fn a_slice_of_a_slice_of_a_file_knows_its_line() {
        let text = file("a 1;\nbé 2;\nc 3;\n");
        let at = text.raw().find("c 3").unwrap();
        let span = text.place(at..at + 3).unwrap().origin.span().unwrap();
        assert_eq!((span.line, span.column, span.end_column), (3, 1, 4));
        let cut = text.slice(6..text.len());
        let at = cut.raw().find('2').unwrap();
        let span = cut.place(at..at + 1).unwrap().origin.span().unwrap();
        assert_eq!((span.line, span.column), (2, 4));
    }

    #[test]
    fn a_text_that_came_through_a_script_line_keeps_the_env_behind_it() {
        let script = file("exec gunicorn $ARGS\n");
        let line = script.place(0..19).unwrap().origin;
        let word = Text::concat([&script.slice(0..5), &env("-w 4").through(&line)]);
        let place = word.place(5..9).unwrap();
        assert_eq!(place.origin.span().unwrap().line, 1);
        assert!(matches!(&place.via[..], [Origin::ImageEnv { .. }]));
    }

    #[test]
    fn what_hands_a_template_on_stands_behind_the_env_that_filled_it() {
        let template = file("timeout $T;\n");
        let line = template.place(8..10).unwrap().origin;
        let script = file("envsubst < a > b\n").place(0..16).unwrap().origin;
        let filled =
            Text::concat([&template.slice(0..8), &env("75").through(&line), &template.slice(10..11)]);
        let written = filled.handed_on(&script);
        let place = written.place(0..written.len()).unwrap();
        assert_eq!(place.origin.span().unwrap().line, 1);
        let at = |wanted: &dyn Fn(&Origin) -> bool| place.via.iter().position(wanted).unwrap();
        assert!(at(&|o| matches!(o, Origin::ImageEnv { .. })) < at(&|o| *o == script), "{:?}", place.via);
    }

    #[test]
    fn a_hole_is_a_part_and_not_a_character() {
        let opaque = Opaque {
            text: "$(nproc)".into(),
            needs: vec![Need::CpuCount],
            shape: Shape::Number,
            reason: None,
        };
        let word = Text::concat([&env("-w"), &Text::opaque(opaque, Origin::image_env("A", "", None))]);
        assert_eq!(word.known(), None);
        assert_eq!(word.display(), "-w$(nproc)");
        assert_eq!(env("a\u{FFFC}").known(), Some("a\u{FFFC}"));
        assert_eq!(word.needs(), [Need::CpuCount]);
    }

    #[test]
    fn a_secret_never_reaches_debug_output() {
        let text = Text::concat([&env("postgres://"), &env("hunter2").into_secret()]);
        assert_eq!(format!("{text:?}"), "[redacted]");
    }
}

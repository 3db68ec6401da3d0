//! Which words are options (`_parse_optional`, `_get_option_tuples`).

use imgscan_model::{Shape, Text};

use super::{Flavour, Parser};

/// What a word is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Class {
    /// An argument (`A` in argparse's pattern).
    Argument,
    /// The first `--`.
    Dashes,
    /// Written like an option (`O`), with the options it may mean; none where it is unknown.
    Option(Vec<Match>),
    /// An argument or an option, hanging on a part that is not known. It is one word.
    Either(String),
    /// Any number of words.
    Words(String),
}

/// An option that a word may mean.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Match {
    /// Position of the option.
    pub option: usize,
    /// The flag in full.
    pub flag: String,
    /// Whether a `=` stands between flag and argument.
    pub equals: bool,
    /// The argument in the same word.
    pub explicit: Option<Text>,
}

/// What `word` is. `after_dashes` says that a `--` came before.
pub(super) fn classify(parser: &Parser, word: &Text, flavour: Flavour, after_dashes: bool) -> Class {
    let raw = word.raw();
    let hole = word.holes().next().map(|(range, _)| range.start);
    if word.holes().any(|(_, h)| h.shape == Shape::Words) {
        return Class::Words(word.display());
    }
    if after_dashes {
        return Class::Argument;
    }
    if hole == Some(0) {
        return if is_numeric(word) { Class::Argument } else { Class::Either(word.display()) };
    }
    if !raw.starts_with('-') {
        return Class::Argument;
    }
    match hole {
        None if raw == "--" => Class::Dashes,
        None => known(parser, word, flavour),
        Some(at) => with_hole(parser, word, at),
    }
}

/// Whether the word is digits, known and unknown, and nothing else: then, sign or no sign, it is an argument, for no
/// option of gunicorn looks like a negative number.
fn is_numeric(word: &Text) -> bool {
    word.raw().char_indices().all(|(at, c)| match word.hole_at(at) {
        Some(hole) => hole.shape == Shape::Number && at == 0,
        None => c.is_ascii_digit(),
    })
}

fn known(parser: &Parser, word: &Text, flavour: Flavour) -> Class {
    let raw = word.raw();
    if let Some(option) = parser.find(raw) {
        return Class::Option(vec![Match { option, flag: raw.to_owned(), equals: false, explicit: None }]);
    }
    if raw.len() == 1 {
        return Class::Argument;
    }
    if let Some(exact) = with_equals(parser, word) {
        return Class::Option(vec![exact]);
    }
    let matches =
        if raw.starts_with("--") { abbreviated(parser, word) } else { glued(parser, word, flavour) };
    if matches.is_empty() && (is_negative_number(raw) || raw.contains(' ')) {
        return Class::Argument;
    }
    Class::Option(matches)
}

/// `--flag=argument` with the flag in full.
fn with_equals(parser: &Parser, word: &Text) -> Option<Match> {
    let (flag, _) = word.raw().split_once('=')?;
    let explicit = Some(word.slice(flag.len() + 1..word.len()));
    Some(Match { option: parser.find(flag)?, flag: flag.to_owned(), equals: true, explicit })
}

/// `--fl`, `--fl=argument`: every flag that begins so.
fn abbreviated(parser: &Parser, word: &Text) -> Vec<Match> {
    let (prefix, equals) = word.raw().split_once('=').map_or((word.raw(), false), |(flag, _)| (flag, true));
    let explicit = equals.then(|| word.slice(prefix.len() + 1..word.len()));
    let matching = parser.flags().filter(|(flag, _)| flag.starts_with(prefix));
    matching
        .map(|(flag, option)| Match { option, flag: flag.to_owned(), equals, explicit: explicit.clone() })
        .collect()
}

/// `-w4`: the flag is the first two characters.
fn glued(parser: &Parser, word: &Text, flavour: Flavour) -> Vec<Match> {
    let raw = word.raw();
    let end = raw.char_indices().nth(2).map_or(raw.len(), |(at, _)| at);
    let short = &raw[..end];
    let rest = word.slice(end..word.len());
    // Newer releases cut at the `=` first: of `-=x` a bare `-` is left, with which every flag begins.
    if flavour == Flavour::New && short == "-=" {
        let every = parser.flags().map(|(flag, option)| (flag.to_owned(), option));
        return every
            .map(|(flag, option)| Match { option, flag, equals: true, explicit: Some(rest.clone()) })
            .collect();
    }
    let exact = parser.find(short);
    exact
        .map(|option| Match { option, flag: short.to_owned(), equals: false, explicit: Some(rest) })
        .into_iter()
        .collect()
}

/// A word that begins with a known `-` and goes on with something that is not known at byte `hole`.
fn with_hole(parser: &Parser, word: &Text, hole: usize) -> Class {
    let raw = word.raw();
    let undecided = || Class::Either(word.display());
    let head = raw.get(..hole).unwrap_or("");
    if head.contains('=') {
        if let Some(exact) = with_equals(parser, word) {
            return Class::Option(vec![exact]);
        }
        if head.starts_with("--") {
            let matches = abbreviated(parser, word);
            // No flag begins so: with a blank in it the word would be an argument.
            return if matches.is_empty() { undecided() } else { Class::Option(matches) };
        }
    }
    let Some((end, _)) = head.char_indices().nth(2).or(Some((hole, '-'))) else { return undecided() };
    let short = raw.get(..end).unwrap_or("");
    let empty = word.hole_at(hole).is_none_or(|h| h.shape == Shape::Any)
        && raw.len() == hole + word_width(word, hole);
    if head.starts_with("--") || short.chars().count() != 2 || (end == hole && empty) {
        return undecided();
    }
    match parser.find(short) {
        Some(option) => {
            let explicit = Some(word.slice(end..word.len()));
            Class::Option(vec![Match { option, flag: short.to_owned(), equals: false, explicit }])
        }
        None => undecided(),
    }
}

fn word_width(word: &Text, at: usize) -> usize {
    word.raw().get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8)
}

/// `^-\d+$|^-\d*\.\d+$`
fn is_negative_number(raw: &str) -> bool {
    let Some(body) = raw.strip_prefix('-') else { return false };
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    match body.split_once('.') {
        Some((whole, part)) => digits(whole) && !part.is_empty() && digits(part),
        None => !body.is_empty() && digits(body),
    }
}

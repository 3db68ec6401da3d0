//! Operators on the text of a parameter: `#`, `%`, `/`, `^`, `@Q`. `None` where the outcome is not known.

use imgscan_model::Text;

use crate::pattern::{Atom, Pattern, Tri};
use crate::texts::Builder;

/// `${x#p}`, `${x##p}`, `${x%p}`, `${x%%p}`.
pub(crate) fn trim(text: &Text, pattern: &Pattern, suffix: bool, longest: bool) -> Option<Text> {
    if pattern.atoms.is_empty() {
        return Some(text.clone());
    }
    let Some(known) = text.known() else { return trim_literal(text, pattern, suffix) };
    if pattern.atoms.contains(&Atom::Hole) {
        return None;
    }
    if !known.is_ascii() && pattern.matches_str(known) == Tri::Maybe {
        return None;
    }
    let mut chars: Vec<char> = known.chars().collect();
    let turned;
    let pattern = if suffix {
        chars.reverse();
        turned = pattern.reversed();
        &turned
    } else {
        pattern
    };
    let ends = pattern.ends(&chars, 0)?;
    let taken = if longest { ends.last() } else { ends.first() };
    let bytes: usize = chars.get(..*taken.unwrap_or(&0))?.iter().map(|c| c.len_utf8()).sum();
    Some(if suffix { text.slice(0..text.len() - bytes) } else { text.slice(bytes..text.len()) })
}

/// A text with holes can be trimmed where the pattern has nothing special and meets no hole.
fn trim_literal(text: &Text, pattern: &Pattern, suffix: bool) -> Option<Text> {
    let literal = pattern.literal()?;
    let raw = text.raw();
    let hole = |at: usize| text.hole_at(at).is_some();
    let pairs: Vec<((usize, char), char)> = if suffix {
        raw.char_indices().rev().zip(literal.chars().rev()).collect()
    } else {
        raw.char_indices().zip(literal.chars()).collect()
    };
    for ((at, c), wanted) in &pairs {
        if hole(*at) {
            return None;
        }
        if c != wanted {
            return Some(text.clone());
        }
    }
    if pairs.len() < literal.chars().count() {
        return Some(text.clone());
    }
    let bytes = literal.len();
    Some(if suffix { text.slice(0..raw.len() - bytes) } else { text.slice(bytes..raw.len()) })
}

/// `${x/p/w}` and its kind.
pub(crate) fn replace(
    text: &Text,
    pattern: &Pattern,
    with: &Text,
    all: bool,
    anchor: Option<char>,
) -> Option<Text> {
    let known = text.known()?;
    if !known.is_ascii() && pattern.matches_str(known) == Tri::Maybe || pattern.atoms.contains(&Atom::Hole) {
        return None;
    }
    if pattern.atoms.is_empty() {
        return match anchor {
            Some('#') => Some(crate::texts::join2(with, text)),
            Some(_) => Some(crate::texts::join2(text, with)),
            None => Some(text.clone()),
        };
    }
    if let Some(literal) = pattern.literal().filter(|l| !l.is_empty()) {
        return Some(replace_literal(text, known, &literal, with, all, anchor));
    }
    if replace_work(known, pattern) > MOST_WORK {
        return None;
    }
    let chars: Vec<char> = known.chars().collect();
    let offsets: Vec<usize> = known.char_indices().map(|(i, _)| i).chain([known.len()]).collect();
    let mut out = Builder::new(text);
    let mut kept = 0;
    let mut at = 0;
    while at <= chars.len() {
        let ends = match anchor {
            Some('#') if at > 0 => break,
            _ => pattern.ends(&chars, at)?,
        };
        let end = match anchor {
            Some('%') => ends.iter().copied().find(|e| *e == chars.len()),
            _ => ends.last().copied(),
        };
        match end {
            Some(end) if end > at || (chars.is_empty() && at == 0) => {
                out.keep(*offsets.get(kept)?..*offsets.get(at)?);
                out.add(with.clone());
                kept = end;
                at = end.max(at + 1);
                if !all {
                    break;
                }
            }
            _ => at += 1,
        }
    }
    out.keep(*offsets.get(kept)?..known.len());
    Some(out.finish())
}

/// The most work that one `${x/p/w}` may be.
const MOST_WORK: u64 = 50_000_000;

/// What replacing costs: each place of the text is tried, and what a pattern matches there may go to its end.
pub(crate) fn replace_work(text: &str, pattern: &Pattern) -> u64 {
    let length = text.len() as u64;
    if pattern.literal().is_some() {
        return length;
    }
    length.saturating_mul(length).saturating_mul(pattern.atoms.len() as u64)
}

fn replace_literal(
    text: &Text,
    known: &str,
    literal: &str,
    with: &Text,
    all: bool,
    anchor: Option<char>,
) -> Text {
    let places: Vec<usize> = match anchor {
        Some('#') => known.starts_with(literal).then_some(0).into_iter().collect(),
        Some('%') => known.ends_with(literal).then(|| known.len() - literal.len()).into_iter().collect(),
        _ => known.match_indices(literal).map(|(at, _)| at).take(if all { usize::MAX } else { 1 }).collect(),
    };
    let mut out = Builder::new(text);
    let mut kept = 0;
    for at in places {
        out.keep(kept..at);
        out.add(with.clone());
        kept = at + literal.len();
    }
    out.keep(kept..known.len());
    out.finish()
}

/// `${x^}`, `${x^^}`, `${x,}`, `${x,,}`.
pub(crate) fn change_case(text: &Text, upper: bool, all: bool, pattern: Option<&Pattern>) -> Option<Text> {
    let known = text.known().filter(|t| t.is_ascii())?;
    let change = |(i, c): (usize, char)| {
        let chosen =
            (all || i == 0) && pattern.is_none_or(|p| p.matches_str(c.encode_utf8(&mut [0; 4])) == Tri::Yes);
        match (chosen, upper) {
            (true, true) => c.to_ascii_uppercase(),
            (true, false) => c.to_ascii_lowercase(),
            (false, _) => c,
        }
    };
    let changed: String = known.chars().enumerate().map(change).collect();
    Some(if changed == known { text.clone() } else { text.respelled(changed) })
}

/// `${x@Q}`, `@U`, `@u`, `@L`.
pub(crate) fn transform(text: &Text, letter: char) -> Option<Text> {
    match letter {
        'U' => change_case(text, true, true, None),
        'u' => change_case(text, true, false, None),
        'L' => change_case(text, false, true, None),
        'Q' => {
            let known =
                text.known().filter(|t| t.is_ascii() && !t.contains(|c: char| c.is_ascii_control()))?;
            Some(text.respelled(format!("'{}'", known.replace('\'', "'\\''"))))
        }
        _ => None,
    }
}

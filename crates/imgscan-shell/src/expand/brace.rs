//! bash's `{a,b}` and `{1..3}`.

use crate::interp::Stop;
use crate::syntax::tree::{Part, Span, Unit, Word};

/// Most words that braces may make of one.
const MOST: usize = 10_000;

/// A piece of a word: an unquoted character, or a part that braces pass over.
#[derive(Clone, Debug)]
enum Piece {
    Char(char, Span),
    Part(Part),
}

/// The words that the braces of a word make; `None` where it has none.
pub(super) fn expand(unit: &Unit, word: &Word) -> Result<Option<Vec<Word>>, Stop> {
    let has = |part: &Part| matches!(part, Part::Lit(span) if unit.raw(*span).contains('{'));
    if !word.parts.iter().any(has) {
        return Ok(None);
    }
    let mut pieces = Vec::new();
    for part in &word.parts {
        match part {
            Part::Lit(span) => {
                let base = span.start as usize;
                for (at, c) in unit.raw(*span).char_indices() {
                    pieces.push(Piece::Char(c, Span::new(base + at, base + at + c.len_utf8())));
                }
            }
            other => pieces.push(Piece::Part(other.clone())),
        }
    }
    let mut done = 0;
    let words = combinations(&pieces, &mut done, 0)?;
    let to_word = |pieces: Vec<Piece>| Word { parts: parts(pieces), span: word.span };
    Ok(Some(words.into_iter().map(to_word).collect()))
}

fn parts(pieces: Vec<Piece>) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for piece in pieces {
        match (piece, parts.last_mut()) {
            (Piece::Char(_, span), Some(Part::Lit(last))) if last.end == span.start => last.end = span.end,
            (Piece::Char(_, span), _) => parts.push(Part::Lit(span)),
            (Piece::Part(part), _) => parts.push(part),
        }
    }
    parts
}

fn combinations(pieces: &[Piece], done: &mut usize, depth: usize) -> Result<Vec<Vec<Piece>>, Stop> {
    let too_many = || Stop::Lost("braces make too many words".into());
    *done += pieces.len() + 1;
    if depth > 50 || *done > MOST * 20 {
        return Err(too_many());
    }
    let mut from = 0;
    while let Some(open) = find(pieces, from, '{') {
        let Some((close, choices)) = group(pieces, open) else {
            from = open + 1;
            continue;
        };
        let mut inner: Vec<Vec<Piece>> = Vec::new();
        match choices {
            Choices::List(choices) => {
                for choice in choices {
                    inner.extend(combinations(choice, done, depth + 1)?);
                }
            }
            Choices::Sequence(items, span) => {
                inner.extend(items.into_iter().map(|i| vec![Piece::Part(Part::Decoded(i, span))]));
            }
        }
        let tails = combinations(pieces.get(close + 1..).unwrap_or(&[]), done, depth + 1)?;
        if inner.len().saturating_mul(tails.len()) > MOST {
            return Err(too_many());
        }
        let head = pieces.get(..open).unwrap_or(&[]);
        let mut words = Vec::new();
        for middle in &inner {
            for tail in &tails {
                words.push(head.iter().chain(middle).chain(tail).cloned().collect());
            }
        }
        return Ok(words);
    }
    Ok(vec![pieces.to_vec()])
}

fn find(pieces: &[Piece], from: usize, wanted: char) -> Option<usize> {
    (from..pieces.len()).find(|i| matches!(pieces.get(*i), Some(Piece::Char(c, _)) if *c == wanted))
}

enum Choices<'a> {
    List(Vec<&'a [Piece]>),
    Sequence(Vec<String>, Span),
}

/// The group that opens at `open`: where it closes and what it chooses from. `None` where it is no group.
fn group(pieces: &[Piece], open: usize) -> Option<(usize, Choices<'_>)> {
    let mut level = 0usize;
    let mut commas = vec![open];
    for (at, piece) in pieces.iter().enumerate().skip(open) {
        match piece {
            Piece::Char('{', _) => level += 1,
            Piece::Char('}', _) => {
                level -= 1;
                if level == 0 {
                    if commas.len() > 1 {
                        commas.push(at);
                        let slices = commas.windows(2).map(|w| &pieces[w[0] + 1..w[1]]).collect();
                        return Some((at, Choices::List(slices)));
                    }
                    let inner = pieces.get(open + 1..at)?;
                    return sequence(inner).map(|items| {
                        let span = inner.first().map_or(Span::default(), |p| match p {
                            Piece::Char(_, span) => *span,
                            Piece::Part(_) => Span::default(),
                        });
                        (at, Choices::Sequence(items, span))
                    });
                }
            }
            Piece::Char(',', _) if level == 1 => commas.push(at),
            _ => {}
        }
    }
    None
}

/// `1..5`, `a..e`, `1..9..2`, `01..10`.
fn sequence(pieces: &[Piece]) -> Option<Vec<String>> {
    let text: Option<String> =
        pieces.iter().map(|p| if let Piece::Char(c, _) = p { Some(*c) } else { None }).collect();
    let text = text?;
    let mut fields = text.split("..");
    let (from, to, step) = (fields.next()?, fields.next()?, fields.next());
    if fields.next().is_some() {
        return None;
    }
    let step: i64 = step.map_or(Some(1), |s| s.parse().ok())?;
    let step = step.unsigned_abs().max(1);
    if let (Ok(a), Ok(b)) = (from.parse::<i64>(), to.parse::<i64>()) {
        if a.abs_diff(b) / step > MOST as u64 {
            return None;
        }
        let padded =
            |s: &str| s.trim_start_matches('-').starts_with('0') && s.trim_start_matches('-').len() > 1;
        let width = if padded(from) || padded(to) { from.len().max(to.len()) } else { 0 };
        let step = i64::try_from(step).ok()?;
        let mut items = Vec::new();
        let mut at = a;
        while if a <= b { at <= b } else { at >= b } {
            items.push(if at < 0 {
                format!("-{:0>1$}", -at, width.saturating_sub(1))
            } else {
                format!("{at:0>width$}")
            });
            at = if a <= b { at.checked_add(step)? } else { at.checked_sub(step)? };
        }
        return Some(items);
    }
    let one = |s: &str| s.chars().next().filter(|c| s.len() == 1 && c.is_ascii_alphabetic());
    let (a, b) = (one(from)? as u8, one(to)? as u8);
    // Between the cases stand characters that bash treats in a way of its own.
    if a.is_ascii_uppercase() != b.is_ascii_uppercase() {
        return None;
    }
    let step = usize::try_from(step).ok()?;
    let all: Vec<u8> = if a <= b { (a..=b).collect() } else { (b..=a).rev().collect() };
    Some(all.into_iter().step_by(step).map(|c| char::from(c).to_string()).collect())
}

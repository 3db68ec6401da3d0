//! `cut` and `tr`.

use imgscan_model::{Shape, Text};

use super::options;
use super::{Flavor, Job, Ran};
use crate::texts::Builder;

/// Numbers as `cut` takes them: `1`, `2-3`, `-2`, `4-`.
fn ranges(text: &Text) -> Option<Vec<(usize, usize)>> {
    let mut found = Vec::new();
    for part in text.known()?.split(',') {
        let range = match part.split_once('-') {
            None => {
                let n: usize = part.parse().ok()?;
                (n, n)
            }
            Some(("", to)) => (1, to.parse().ok()?),
            Some((from, "")) => (from.parse().ok()?, usize::MAX),
            Some((from, to)) => (from.parse().ok()?, to.parse().ok()?),
        };
        if range.0 == 0 || range.1 < range.0 {
            return None;
        }
        found.push(range);
    }
    Some(found)
}

/// `cut -d x -f n`, `cut -c n`
pub(super) fn cut(job: &mut Job<'_>) -> Ran {
    let unknown = || Ran::Unknown("it is called in a way that is not followed".into());
    let long = ["delimiter=", "fields=", "characters=", "bytes=", "only-delimited"];
    let Some(parsed) = options::parse(job.args, "s", "dfcb", &long) else { return unknown() };
    let fields = parsed.value(&["f", "fields"]).and_then(ranges);
    let chars = parsed.value(&["c", "characters", "b", "bytes"]).and_then(ranges);
    let delimiter = match parsed.value(&["d", "delimiter"]) {
        None => Some('\t'),
        Some(text) => text.known().and_then(|d| {
            let mut chars = d.chars();
            chars.next().filter(|c| chars.next().is_none() && c.is_ascii())
        }),
    };
    let Some(delimiter) = delimiter else { return unknown() };
    let only_delimited = parsed.has(&["s", "only-delimited"]);
    if fields.is_none() == chars.is_none() {
        return unknown();
    }
    let unordered = parsed.operands.is_empty() && job.shell.reads_unordered();
    let (lines, status) = match super::text::all_lines(job, &parsed.operands) {
        Ok(lines) => lines,
        Err(ran) => return ran,
    };
    let newline = job.new_text("\n");
    let mut out = Vec::new();
    for line in &lines {
        let body = line.slice(0..line.raw().trim_end_matches('\n').len());
        let picked = match (&fields, &chars) {
            (Some(fields), _) if job.flavor != Flavor::Gnu && leaves_delimiter(&body, delimiter, fields) => {
                return Ran::Unknown("busybox's `cut` leaves delimiters of fields that there are not".into());
            }
            (Some(fields), _) => match by_fields(&body, delimiter, fields) {
                Some(picked) => picked,
                None => return Ran::Unknown("where the fields of a line are is not known".into()),
            },
            (None, Some(chars)) => match by_chars(&body, chars) {
                Some(picked) => Some(picked),
                None => return Ran::Unknown("where the characters of a line are is not known".into()),
            },
            (None, None) => return unknown(),
        };
        match picked {
            Some(text) => out.extend([text, newline.clone()]),
            // busybox keeps empty lines.
            None if only_delimited && !(body.is_empty() && job.flavor == Flavor::Busybox) => {}
            None => out.extend([body, newline.clone()]),
        }
    }
    let text = if out.is_empty() { job.new_text("") } else { Text::concat(out.iter()) };
    if unordered {
        let by = job.origin.clone();
        job.shell.write_unordered(text, &by);
    } else {
        job.out(text);
    }
    Ran::Status(status)
}

/// Whether one of several picked ranges begins behind the last field: busybox 1.35 writes its delimiter all the same.
fn leaves_delimiter(line: &Text, delimiter: char, picked: &[(usize, usize)]) -> bool {
    let fields = line.raw().matches(delimiter).count() + 1;
    picked.len() > 1 && fields > 1 && picked.iter().any(|(from, _)| *from > fields)
}

/// The fields picked; the inner `None` where the line has no delimiter, the outer where that is not known.
fn by_fields(line: &Text, delimiter: char, picked: &[(usize, usize)]) -> Option<Option<Text>> {
    let may_hold = |shape: Shape| match shape {
        Shape::Number => delimiter.is_ascii_digit() || matches!(delimiter, '+' | '-'),
        _ => {
            !delimiter.is_whitespace() && !matches!(delimiter, '"' | '\'' | ';' | '|' | '<' | '>' | '(' | ')')
        }
    };
    if line.holes().any(|(_, opaque)| may_hold(opaque.shape)) {
        return None;
    }
    let raw = line.raw();
    if !raw.contains(delimiter) {
        return Some(None);
    }
    let mut fields = Vec::new();
    let mut start = 0;
    for (at, _) in raw.match_indices(delimiter) {
        fields.push(start..at);
        start = at + 1;
    }
    fields.push(start..raw.len());
    let mut out = Builder::new(line);
    let mut first = true;
    for (i, field) in fields.into_iter().enumerate() {
        if !picked.iter().any(|(from, to)| (*from..=*to).contains(&(i + 1))) {
            continue;
        }
        if !first {
            out.put(delimiter.encode_utf8(&mut [0; 4]), field.start..field.start);
        }
        first = false;
        out.keep(field);
    }
    Some(Some(out.finish()))
}

fn by_chars(line: &Text, picked: &[(usize, usize)]) -> Option<Text> {
    let known = line.known().filter(|l| l.is_ascii())?;
    let mut out = Builder::new(line);
    for at in 0..known.len() {
        if picked.iter().any(|(from, to)| (*from..=*to).contains(&(at + 1))) {
            out.keep(at..at + 1);
        }
    }
    Some(out.finish())
}

/// The characters of a set of `tr`; `None` where it is not followed.
fn set(text: &Text) -> Option<Vec<char>> {
    let known = text.known().filter(|t| t.is_ascii())?;
    let mut found: Vec<char> = Vec::new();
    let mut rest = known;
    while let Some(c) = rest.chars().next() {
        if let Some(named) = rest.strip_prefix("[:") {
            let (name, after) = named.split_once(":]")?;
            let known = ["alpha", "digit", "alnum", "upper", "lower", "space", "blank", "punct"];
            if !known.contains(&name) {
                return None;
            }
            found.extend((0u8..128).map(char::from).filter(|c| crate::pattern::is_of_class(name, *c)));
            rest = after;
            continue;
        }
        // `[a*3]` and `[=a=]` are not followed.
        if rest.starts_with('[') && (rest.contains('*') || rest.starts_with("[=")) {
            return None;
        }
        let (first, after) = one(c, rest)?;
        if let Some(ranged) = after.strip_prefix('-').filter(|r| !r.is_empty()) {
            let (last, after) = one(ranged.chars().next()?, ranged)?;
            if last < first {
                return None;
            }
            found.extend((first as u8..=last as u8).map(char::from));
            rest = after;
        } else {
            found.push(first);
            rest = after;
        }
    }
    Some(found)
}

/// A character of a set, its escape read, and what follows.
fn one(c: char, rest: &str) -> Option<(char, &str)> {
    if c != '\\' {
        return Some((c, rest.get(1..)?));
    }
    let escape = rest.chars().nth(1)?;
    let octal: String = rest.chars().skip(1).take(3).take_while(|c| c.is_digit(8)).collect();
    if !octal.is_empty() {
        let c = u8::from_str_radix(&octal, 8).ok().filter(u8::is_ascii)?;
        return Some((char::from(c), rest.get(1 + octal.len()..)?));
    }
    let c = match escape {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'a' => '\x07',
        'f' => '\x0c',
        'v' => '\x0b',
        '\\' => '\\',
        c if c.is_ascii_punctuation() => c,
        _ => return None,
    };
    Some((c, rest.get(2..)?))
}

/// `tr`
pub(super) fn tr(job: &mut Job<'_>) -> Ran {
    let unknown = || Ran::Unknown("it is called in a way that is not followed".into());
    let Some(parsed) = options::parse(job.args, "dscC", "", &["delete", "squeeze-repeats", "complement"])
    else {
        return unknown();
    };
    let delete = parsed.has(&["d", "delete"]);
    let squeeze = parsed.has(&["s", "squeeze-repeats"]);
    let complement = parsed.has(&["c", "C", "complement"]);
    let sets: Option<Vec<Vec<char>>> = parsed.operands.iter().map(set).collect();
    let Some(sets) = sets else { return unknown() };
    let unordered = job.shell.reads_unordered();
    let text = match job.stdin() {
        super::Source::Known(text) => text,
        super::Source::Missing => return Ran::Status(1),
        super::Source::Partly(text) | super::Source::Unknown(text) => {
            let hole = job.hole(Shape::Any, &text);
            job.out(hole);
            return Ran::Status(0);
        }
    };
    let beyond_ascii = !text.raw().is_ascii();
    if complement && beyond_ascii || unordered {
        return Ran::Unknown("characters beyond ASCII, or lines whose order is not known".into());
    }
    let changed = match (sets.as_slice(), delete, squeeze) {
        ([from], true, false) => deleted(&text, |c| from.contains(&c) != complement),
        ([from], false, true) => squeezed(&text, |c| from.contains(&c) != complement),
        ([from, to], false, _) if !to.is_empty() => {
            let last = to.last().copied().unwrap_or(' ');
            let map = |c: char| {
                let at = from.iter().rposition(|f| *f == c);
                match (complement, at) {
                    (false, Some(at)) => to.get(at).copied().unwrap_or(last),
                    (true, None) => last,
                    _ => c,
                }
            };
            let mapped = translated(&text, map);
            if squeeze { squeezed(&mapped, |c| to.contains(&c)) } else { mapped }
        }
        ([from, of], true, true) => {
            let left = deleted(&text, |c| from.contains(&c) != complement);
            squeezed(&left, |c| of.contains(&c))
        }
        _ => return unknown(),
    };
    job.out(changed);
    Ran::Status(0)
}

fn deleted(text: &Text, drop: impl Fn(char) -> bool) -> Text {
    let mut out = Builder::new(text);
    let mut kept = 0;
    for (at, c) in text.raw().char_indices() {
        if drop(c) {
            out.keep(kept..at);
            kept = at + c.len_utf8();
        }
    }
    out.keep(kept..text.len());
    out.finish()
}

fn squeezed(text: &Text, of: impl Fn(char) -> bool) -> Text {
    let mut out = Builder::new(text);
    let mut kept = 0;
    let mut last = None;
    for (at, c) in text.raw().char_indices() {
        if last == Some(c) && of(c) {
            out.keep(kept..at);
            kept = at + c.len_utf8();
        }
        last = Some(c);
    }
    out.keep(kept..text.len());
    out.finish()
}

/// Characters changed one by one: runs that stay keep their place.
fn translated(text: &Text, map: impl Fn(char) -> char) -> Text {
    let mut out = Builder::new(text);
    let mut kept = 0;
    let mut run: Option<(usize, String)> = None;
    for (at, c) in text.raw().char_indices() {
        let new = map(c);
        if new == c {
            if let Some((start, changed)) = run.take() {
                out.put(&changed, start..at);
                kept = at;
            }
            continue;
        }
        match &mut run {
            Some((_, changed)) => changed.push(new),
            None => {
                out.keep(kept..at);
                run = Some((at, new.to_string()));
            }
        }
    }
    match run {
        Some((start, changed)) => out.put(&changed, start..text.len()),
        None => out.keep(kept..text.len()),
    }
    out.finish()
}

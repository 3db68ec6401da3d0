//! `printf`.

use imgscan_model::{Shape, Text};

use crate::dialect::Dialect;
use crate::texts;
use crate::tool::{Flavor, Job, Ran};

/// An escape that was read.
pub(super) struct Escape {
    pub text: String,
    /// Bytes behind the backslash.
    pub length: usize,
    /// `\c`: nothing more is written.
    pub ends: bool,
}

/// Reads the escape behind a backslash. The outer `None`: shells disagree, or bytes come out that are no text. The
/// inner: it is none, and the backslash stands for itself. `leading_zero` is how `echo` and `%b` write octal.
pub(super) fn escape(rest: &str, job: &Job<'_>, leading_zero: bool) -> Option<Option<Escape>> {
    let one = |text: &str| Some(Some(Escape { text: text.into(), length: 1, ends: false }));
    let dash = job.flavor == Flavor::Builtin && job.shell.local.dialect == Dialect::Dash;
    let sure = job.flavor == Flavor::Builtin && job.shell.local.dialect != Dialect::Posix;
    match rest.chars().next() {
        None => Some(None),
        Some('\\') => one("\\"),
        Some('a') => one("\x07"),
        Some('b') => one("\x08"),
        Some('f') => one("\x0c"),
        Some('n') => one("\n"),
        Some('r') => one("\r"),
        Some('t') => one("\t"),
        Some('v') => one("\x0b"),
        Some('c') if leading_zero => Some(Some(Escape { text: String::new(), length: 1, ends: true })),
        Some('e') if sure => one("\x1b"),
        Some('x') if dash => Some(None),
        Some('u' | 'U') if dash || job.shell.local.dialect == Dialect::Ash && sure => Some(None),
        Some('0'..='7') => {
            let most = if leading_zero && rest.starts_with('0') { 4 } else { 3 };
            let digits: String = rest.chars().take(most).take_while(|c| c.is_digit(8)).collect();
            let byte = u32::from_str_radix(&digits, 8).ok()?;
            if leading_zero && !rest.starts_with('0') && !sure {
                return None;
            }
            let c = char::from_u32(byte).filter(|c| c.is_ascii() && *c != '\0')?;
            Some(Some(Escape { text: c.to_string(), length: digits.len(), ends: false }))
        }
        Some('x') => {
            let digits: String = rest.chars().skip(1).take(2).take_while(|c| c.is_ascii_hexdigit()).collect();
            let byte = u32::from_str_radix(&digits, 16).ok()?;
            let c = char::from_u32(byte).filter(|c| c.is_ascii() && *c != '\0')?;
            Some(Some(Escape { text: c.to_string(), length: 1 + digits.len(), ends: false }))
        }
        Some('c' | 'e' | 'u' | 'U' | 'E') => None,
        Some('"' | '\'' | '?') if !leading_zero => None,
        Some(_) => Some(None),
    }
}

/// A conversion in a format.
#[derive(Default)]
struct Conversion {
    minus: bool,
    plus: bool,
    space: bool,
    zero: bool,
    hash: bool,
    width: Option<usize>,
    precision: Option<usize>,
    star: bool,
    letter: char,
}

/// A piece of a format.
enum Piece {
    Text(Text),
    Conversion(Conversion),
    /// `\c`
    End,
}

/// `printf`
pub(crate) fn printf(job: &mut Job<'_>) -> Ran {
    let mut args = job.args;
    let mut variable = None;
    if let [first, name, rest @ ..] = args
        && first.known() == Some("-v")
        && job.flavor == Flavor::Builtin
        && job.shell.is_bash()
    {
        variable = name.known().map(str::to_owned);
        if variable.is_none() {
            return Ran::Unknown("the variable that `printf` sets is not known".into());
        }
        args = rest;
    }
    if args.first().and_then(|a| a.known()) == Some("--") {
        args = args.get(1..).unwrap_or(&[]);
    }
    let Some((format, args)) = args.split_first() else { return Ran::Status(2) };
    let Some(pieces) = pieces(format, job) else {
        return Ran::Unknown("the format of `printf` is not read".into());
    };
    let Some((text, status)) = formatted(&pieces, args, format, job) else {
        return Ran::Unknown("a conversion of `printf` is not followed".into());
    };
    match variable {
        Some(name) if job.shell.is_readonly(&name) => return Ran::Status(1),
        Some(name) => job.shell.assign(&name, text.through(&job.origin)),
        None if text.is_empty() => {}
        None => job.out(text),
    }
    Ran::Status(status)
}

/// Uses the format again and again until no argument is left.
fn formatted(pieces: &[Piece], args: &[Text], format: &Text, job: &mut Job<'_>) -> Option<(Text, u8)> {
    let mut out: Vec<Text> = Vec::new();
    let mut status = 0;
    let mut left = args.iter();
    let mut size = 0;
    loop {
        let before = left.len();
        for piece in pieces {
            match piece {
                Piece::Text(text) => out.push(text.clone()),
                Piece::End => return Some((whole(&out, format), status)),
                Piece::Conversion(conversion) => {
                    let (text, ok, ends) = convert(conversion, &mut left, format, job)?;
                    size += text.len();
                    out.push(text);
                    status |= u8::from(!ok);
                    if ends {
                        return Some((whole(&out, format), status));
                    }
                }
            }
        }
        job.charge(1 + pieces.len() as u64)?;
        if left.len() == 0 || left.len() == before || size > imgscan_model::limits::VALUE_SIZE {
            return Some((whole(&out, format), status));
        }
    }
}

fn whole(pieces: &[Text], format: &Text) -> Text {
    if pieces.is_empty() { format.respelled("") } else { Text::concat(pieces.iter()) }
}

/// One conversion: its text, whether its argument was good, and whether `\c` ended everything.
fn convert(
    conversion: &Conversion,
    args: &mut std::slice::Iter<'_, Text>,
    format: &Text,
    job: &mut Job<'_>,
) -> Option<(Text, bool, bool)> {
    let mut width = conversion.width;
    let mut minus = conversion.minus;
    if conversion.star {
        let value: i64 = args.next().map_or(Some(0), |a| a.known()?.parse().ok())?;
        minus |= value < 0;
        width = usize::try_from(value.unsigned_abs()).ok();
    }
    let width = width.unwrap_or(0);
    if width > 10_000 || conversion.precision.is_some_and(|p| p > 10_000) {
        return None;
    }
    let plain = width == 0 && conversion.precision.is_none();
    let missing = args.len() == 0;
    let arg = args.next().cloned().unwrap_or_else(|| format.respelled(""));
    match conversion.letter {
        's' if plain => Some((arg, true, false)),
        's' => {
            let known = arg.known().filter(|t| t.is_ascii())?;
            let end = conversion.precision.map_or(known.len(), |p| p.min(known.len()));
            Some((padded(&arg.slice(0..end), width, minus, &arg), true, false))
        }
        'c' => {
            let known = arg.known().filter(|t| t.is_ascii())?;
            Some((padded(&arg.slice(0..known.len().min(1)), width, minus, &arg), true, false))
        }
        'b' if plain => backslashed(&arg, job),
        'q' if plain => quoted(&arg, job).map(|text| (text, true, false)),
        'd' | 'i' | 'u' | 'x' | 'X' | 'o' => integer(conversion, &arg, missing, width, minus, job),
        _ => None,
    }
}

fn backslashed(arg: &Text, job: &Job<'_>) -> Option<(Text, bool, bool)> {
    let raw = arg.raw();
    let mut out = texts::Builder::new(arg);
    let mut kept = 0;
    let mut at = 0;
    while let Some(found) = raw.get(at..).and_then(|r| r.find('\\')) {
        let start = at + found;
        match escape(raw.get(start + 1..)?, job, true)? {
            None => at = start + 1,
            Some(escape) => {
                out.keep(kept..start);
                if escape.ends {
                    return Some((out.finish(), true, true));
                }
                at = start + 1 + escape.length;
                out.put(&escape.text, start..at);
                kept = at;
            }
        }
    }
    out.keep(kept..raw.len());
    Some((out.finish(), true, false))
}

/// bash's `%q` for words that a backslash or two make safe.
fn quoted(arg: &Text, job: &Job<'_>) -> Option<Text> {
    if !job.shell.is_bash() || job.flavor != Flavor::Builtin {
        return None;
    }
    let known = arg.known()?;
    if known.is_empty() {
        return Some(arg.respelled("''"));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !known.chars().all(|c| plain(c) || " !\"$&'()*;<>?[\\]^`{|}#~".contains(c)) {
        return None;
    }
    let mut out = String::new();
    for (i, c) in known.chars().enumerate() {
        // Some characters are quoted in some places only.
        if matches!(c, '#' | '~') && i > 0 || matches!(c, ',' | '=' | ':') {
            return None;
        }
        if !plain(c) {
            out.push('\\');
        }
        out.push(c);
    }
    Some(if out == known { arg.clone() } else { arg.respelled(out) })
}

fn integer(
    conversion: &Conversion,
    arg: &Text,
    missing: bool,
    width: usize,
    minus: bool,
    job: &Job<'_>,
) -> Option<(Text, bool, bool)> {
    let Some(known) = arg.known() else {
        let number = arg.raw().chars().count() == 1 && arg.holes().all(|(_, o)| o.shape == Shape::Number);
        let plain = width == 0 && conversion.precision.is_none() && matches!(conversion.letter, 'd' | 'i');
        return (number && plain && !conversion.plus && !conversion.space)
            .then(|| (arg.clone(), true, false));
    };
    let (value, ok) = if missing { (0, true) } else { number(known, job)? };
    let busybox_empty = known.is_empty() && !missing;
    if busybox_empty {
        return None;
    }
    let magnitude = value.unsigned_abs();
    let digits = match conversion.letter {
        'd' | 'i' => magnitude.to_string(),
        'u' if value < 0 => return None,
        'u' => magnitude.to_string(),
        'x' if value >= 0 => format!("{magnitude:x}"),
        'X' if value >= 0 => format!("{magnitude:X}"),
        'o' if value >= 0 => format!("{magnitude:o}"),
        _ => return None,
    };
    let digits = match conversion.precision {
        Some(0) if value == 0 => String::new(),
        Some(precision) => format!("{digits:0>precision$}"),
        None => digits,
    };
    let signed = matches!(conversion.letter, 'd' | 'i');
    let prefix = match conversion.letter {
        _ if value < 0 => "-",
        _ if signed && conversion.plus => "+",
        _ if signed && conversion.space => " ",
        'x' if conversion.hash && value != 0 => "0x",
        'X' if conversion.hash && value != 0 => "0X",
        'o' if conversion.hash && !digits.starts_with('0') => "0",
        _ => "",
    };
    let body = if conversion.zero && !minus && conversion.precision.is_none() {
        format!("{prefix}{digits:0>rest$}", rest = width.saturating_sub(prefix.len()))
    } else {
        format!("{prefix}{digits}")
    };
    let text = if body == known { arg.clone() } else { arg.respelled(body) };
    Some((padded(&text, width, minus, arg), ok, false))
}

/// A number as `printf` reads it, and whether it is one; `None` where shells disagree.
fn number(text: &str, job: &Job<'_>) -> Option<(i64, bool)> {
    if let Some(quoted) = text.strip_prefix(['\'', '"']) {
        let c = quoted.chars().next().filter(char::is_ascii)?;
        return (quoted.len() == 1).then_some((i64::from(u32::from(c)), true));
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, radix) = match digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
        Some(hex) => (hex, 16),
        None if digits.len() > 1 && digits.starts_with('0') => (digits, 8),
        None => (digits, 10),
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        let _ = job;
        // What is written for `12abc` differs; a word without a leading digit is 0 everywhere.
        let wordy = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
        return wordy.then_some((0, false));
    }
    i64::from_str_radix(digits, radix).ok().map(|n| (sign * n, true))
}

fn padded(text: &Text, width: usize, minus: bool, place: &Text) -> Text {
    let length = text.raw().chars().count();
    if length >= width {
        return text.clone();
    }
    let blanks = place.respelled(" ".repeat(width - length));
    if minus { Text::concat([text, &blanks]) } else { Text::concat([&blanks, text]) }
}

/// Cuts a format; `None` where it holds what is not followed.
fn pieces(format: &Text, job: &Job<'_>) -> Option<Vec<Piece>> {
    let raw = format.raw();
    let sure = format.holes().all(|(_, o)| matches!(o.shape, Shape::Number | Shape::Word));
    if !sure {
        return None;
    }
    let mut pieces = Vec::new();
    let mut kept = 0;
    let mut at = 0;
    while let Some(found) = raw.get(at..).and_then(|r| r.find(['\\', '%'])) {
        let start = at + found;
        let rest = raw.get(start + 1..)?;
        if raw.as_bytes().get(start) == Some(&b'\\') {
            let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
            let read = match quote {
                // Both quotes are read by bash's printf and dash's; busybox leaves the backslash.
                Some(_) => return None,
                None => escape(rest, job, false)?,
            };
            match read {
                None => at = start + 1,
                Some(escape) => {
                    push(&mut pieces, format, kept..start);
                    at = start + 1 + escape.length;
                    pieces.push(Piece::Text(format.slice(start..at).respelled(escape.text)));
                    kept = at;
                }
            }
            continue;
        }
        push(&mut pieces, format, kept..start);
        if rest.starts_with('%') {
            pieces.push(Piece::Text(format.slice(start..start + 1)));
            at = start + 2;
        } else {
            let (conversion, length) = conversion(rest)?;
            pieces.push(Piece::Conversion(conversion));
            at = start + 1 + length;
        }
        kept = at;
    }
    push(&mut pieces, format, kept..raw.len());
    if pieces.iter().any(|p| matches!(p, Piece::End)) {
        return None;
    }
    Some(pieces)
}

fn push(pieces: &mut Vec<Piece>, format: &Text, range: std::ops::Range<usize>) {
    if !range.is_empty() {
        pieces.push(Piece::Text(format.slice(range)));
    }
}

fn conversion(rest: &str) -> Option<(Conversion, usize)> {
    let mut conversion = Conversion::default();
    let mut chars = rest.char_indices().peekable();
    while let Some((_, c)) = chars.next_if(|(_, c)| "-+ 0#".contains(*c)) {
        match c {
            '-' => conversion.minus = true,
            '+' => conversion.plus = true,
            ' ' => conversion.space = true,
            '0' => conversion.zero = true,
            _ => conversion.hash = true,
        }
    }
    if chars.next_if(|(_, c)| *c == '*').is_some() {
        conversion.star = true;
    } else {
        let digits: String =
            std::iter::from_fn(|| chars.next_if(|(_, c)| c.is_ascii_digit())).map(|(_, c)| c).collect();
        conversion.width = if digits.is_empty() { None } else { Some(digits.parse().ok()?) };
    }
    if chars.next_if(|(_, c)| *c == '.').is_some() {
        let digits: String =
            std::iter::from_fn(|| chars.next_if(|(_, c)| c.is_ascii_digit())).map(|(_, c)| c).collect();
        conversion.precision = Some(if digits.is_empty() { 0 } else { digits.parse().ok()? });
    }
    let (at, letter) = chars.next()?;
    conversion.letter = letter;
    Some((conversion, at + letter.len_utf8()))
}

//! `re`, as far as its patterns mean the same to a matcher that runs in linear time.

use std::rc::Rc;

use regex::{Regex, RegexBuilder};

use super::native;
use crate::interp::{Args, Interp, Res, Stop};
use crate::object::instance::{Match, Pattern};
use crate::object::{Dict, Id, Kind, Native, Object, Type, Value};

pub(super) static FUNCTIONS: [Native; 9] = [
    native("re", "compile", compile),
    native("re", "match", module_match),
    native("re", "fullmatch", module_fullmatch),
    native("re", "search", module_search),
    native("re", "findall", module_findall),
    native("re", "split", module_split),
    native("re", "sub", module_sub),
    native("re", "escape", escape),
    native("re", "purge", purge),
];

const IGNORECASE: u32 = 2;
const MULTILINE: u32 = 8;
const DOTALL: u32 = 16;
const UNICODE: u32 = 32;
const VERBOSE: u32 = 64;
const ASCII: u32 = 256;

/// Largest compiled pattern, in bytes.
const COMPILED: usize = 1 << 20;

/// Flags and the exception.
pub(super) fn special(name: &str) -> Option<Value> {
    Some(match name {
        "I" | "IGNORECASE" => Value::int(IGNORECASE),
        "M" | "MULTILINE" => Value::int(MULTILINE),
        "S" | "DOTALL" => Value::int(DOTALL),
        "U" | "UNICODE" => Value::int(UNICODE),
        "X" | "VERBOSE" => Value::int(VERBOSE),
        "A" | "ASCII" => Value::int(ASCII),
        "error" | "PatternError" => Value::new(Kind::Type(Type::ReError)),
        "Pattern" => Value::new(Kind::Type(Type::Pattern)),
        "Match" => Value::new(Kind::Type(Type::Match)),
        _ => return None,
    })
}

fn unclear(words: impl Into<Rc<str>>) -> Stop {
    Stop::Opaque(Box::new(Value::unknown(words)))
}

/// A pattern in the matcher's syntax; `None` where it may not mean the same.
fn translate(source: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = source.chars().peekable();
    let mut class = 0usize;
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let escaped = chars.next()?;
                match escaped {
                    'Z' if class == 0 => out.push_str("\\z"),
                    'A' | 'b' | 'B' if class == 0 => out.extend(['\\', escaped]),
                    'd' | 'D' | 's' | 'S' | 'w' | 'W' => out.extend(['\\', escaped]),
                    'n' | 't' | 'r' | 'f' | 'v' | 'a' => out.extend(['\\', escaped]),
                    c if c.is_ascii_punctuation() => {
                        if matches!(
                            c,
                            '_' | '\''
                                | '"'
                                | '`'
                                | ','
                                | ':'
                                | ';'
                                | '='
                                | '@'
                                | '!'
                                | '/'
                                | '<'
                                | '>'
                                | '%'
                        ) {
                            out.push(c);
                        } else {
                            out.extend(['\\', c]);
                        }
                    }
                    ' ' => out.push_str("\\ "),
                    // Back-references, character codes and what else there is.
                    _ => return None,
                }
            }
            '[' if class == 0 => {
                class = 1;
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                if chars.next_if_eq(&']').is_some() {
                    out.push_str("\\]");
                }
            }
            // A bracket, and doubled signs, are set operations to the matcher.
            '[' => out.push_str("\\["),
            ']' if class == 1 => {
                class = 0;
                out.push(']');
            }
            '&' | '~' if class == 1 => out.extend(['\\', c]),
            '-' if class == 1 && chars.peek() == Some(&'-') => return None,
            '(' if class == 0 && chars.peek() == Some(&'?') => {
                chars.next();
                match chars.next()? {
                    ':' => out.push_str("(?:"),
                    'P' if chars.next_if_eq(&'<').is_some() => out.push_str("(?P<"),
                    // Look-around, inline flags, conditions.
                    _ => return None,
                }
            }
            '{' if class == 0 && !chars.peek().is_some_and(char::is_ascii_digit) => return None,
            '*' | '+' | '?' if class == 0 && chars.peek() == Some(&'+') => return None,
            c => out.push(c),
        }
    }
    (class == 0).then_some(out)
}

/// Whether `$` stands in the pattern: before a last `\n` it matches for Python only.
fn has_dollar(source: &str) -> bool {
    let mut chars = source.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '$' => return true,
            _ => {}
        }
    }
    false
}

fn build(interp: &mut Interp<'_>, source: &Rc<str>, flags: u32) -> Res<Pattern> {
    interp.charge(50 + source.len())?;
    let known = IGNORECASE | MULTILINE | DOTALL | UNICODE | VERBOSE;
    if flags & !known != 0 {
        return Err(unclear("these flags of a regular expression are not followed"));
    }
    let translated = translate(source);
    let regex: Option<Regex> = translated.and_then(|text| {
        RegexBuilder::new(&text)
            .case_insensitive(flags & IGNORECASE != 0)
            .multi_line(flags & MULTILINE != 0)
            .dot_matches_new_line(flags & DOTALL != 0)
            .ignore_whitespace(flags & VERBOSE != 0)
            .size_limit(COMPILED)
            .build()
            .ok()
    });
    match regex {
        Some(regex) => Ok(Pattern { source: Rc::clone(source), flags, regex: Rc::new(regex) }),
        None => Err(unclear(format!("the regular expression `{source}` is not followed"))),
    }
}

/// A pattern or its source as a pattern.
fn pattern(interp: &mut Interp<'_>, value: &Value, flags: Option<&Value>) -> Res<Pattern> {
    if let Some(id) = value.id()
        && let Object::Pattern(pattern) = interp.heap.get(id)
    {
        return Ok(pattern.clone());
    }
    let flags = match flags {
        Some(flags) => u32::try_from(interp.count(flags)?).unwrap_or(u32::MAX),
        None => 0,
    };
    let source = interp.text(value)?;
    build(interp, &source, flags)
}

fn compile(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(source), flags] = interp.params("compile", args, ["pattern", "flags"], 1)? else {
        return Ok(Value::none());
    };
    let pattern = pattern(interp, &source, flags.as_ref())?;
    Ok(Value::object(interp.heap.add(Object::Pattern(pattern))))
}

/// The text that a pattern is tried on.
fn subject(interp: &mut Interp<'_>, pattern: &Pattern, value: &Value) -> Res<Rc<str>> {
    let text = interp.text(value)?;
    interp.charge(text.len() / 4)?;
    let newline = text.ends_with('\n') && has_dollar(&pattern.source);
    let ignores_case = pattern.flags & IGNORECASE != 0 && !(text.is_ascii() && pattern.source.is_ascii());
    if newline || ignores_case {
        return Err(unclear("the regular expression may not mean the same here"));
    }
    Ok(text)
}

fn module_call(interp: &mut Interp<'_>, name: &str, args: Args) -> Res<Value> {
    let [Some(source), Some(text), flags] = interp.params(name, args, ["pattern", "string", "flags"], 2)?
    else {
        return Ok(Value::none());
    };
    let pattern = pattern(interp, &source, flags.as_ref())?;
    find(interp, &pattern, name, &text)
}

fn module_match(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    module_call(interp, "match", args)
}

fn module_fullmatch(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    module_call(interp, "fullmatch", args)
}

fn module_search(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    module_call(interp, "search", args)
}

fn module_findall(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    module_call(interp, "findall", args)
}

fn module_split(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let names = ["pattern", "string", "maxsplit", "flags"];
    let [Some(source), Some(text), most, flags] = interp.params("split", args, names, 2)? else {
        return Ok(Value::none());
    };
    let pattern = pattern(interp, &source, flags.as_ref())?;
    split(interp, &pattern, &text, most.as_ref())
}

fn module_sub(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let names = ["pattern", "repl", "string", "count", "flags"];
    let [Some(source), Some(with), Some(text), count, flags] = interp.params("sub", args, names, 3)? else {
        return Ok(Value::none());
    };
    let pattern = pattern(interp, &source, flags.as_ref())?;
    sub(interp, &pattern, &with, &text, count.as_ref())
}

/// `match`, `fullmatch`, `search`, `findall` of a text.
fn find(interp: &mut Interp<'_>, pattern: &Pattern, name: &str, value: &Value) -> Res<Value> {
    let text = subject(interp, pattern, value)?;
    if name == "findall" {
        return find_all(interp, pattern, &text, value);
    }
    let regex = match name {
        "search" => Rc::clone(&pattern.regex),
        // The alternatives are tried in order with the end in mind, as Python does.
        _ => {
            let anchored = match name {
                "match" => format!("\\A(?:{})", pattern.regex.as_str()),
                _ => format!("\\A(?:{})\\z", pattern.regex.as_str()),
            };
            let built = RegexBuilder::new(&anchored)
                .case_insensitive(pattern.flags & IGNORECASE != 0)
                .multi_line(pattern.flags & MULTILINE != 0)
                .dot_matches_new_line(pattern.flags & DOTALL != 0)
                .ignore_whitespace(pattern.flags & VERBOSE != 0)
                .size_limit(COMPILED)
                .build();
            match built {
                Ok(regex) => Rc::new(regex),
                Err(_) => return Err(unclear("the regular expression is not followed")),
            }
        }
    };
    match regex.captures(&text) {
        Some(found) => Ok(match_object(interp, pattern, value, &found)),
        None => Ok(Value::none()),
    }
}

/// The object that stands for a match.
fn match_object(
    interp: &mut Interp<'_>,
    pattern: &Pattern,
    value: &Value,
    found: &regex::Captures<'_>,
) -> Value {
    let groups: Vec<Option<(usize, usize)>> = found.iter().map(|g| g.map(|g| (g.start(), g.end()))).collect();
    let names = pattern
        .regex
        .capture_names()
        .enumerate()
        .filter_map(|(at, name)| name.map(|name| (Rc::from(name), at)))
        .collect::<Vec<_>>();
    let pattern_value = Value::object(interp.heap.add(Object::Pattern(pattern.clone())));
    let found =
        Match { subject: value.clone(), groups: groups.into(), names: names.into(), pattern: pattern_value };
    Value::object(interp.heap.add(Object::Match(found))).traced(value.trace.clone())
}

/// Whether matches of the pattern may be empty, where older versions go on in another way.
fn may_be_empty(pattern: &Pattern) -> bool {
    pattern.regex.is_match("")
        || pattern.source.contains(['*', '?', '^', '$', '|'])
            && pattern.regex.find_iter("ab 1\n").any(|m| m.is_empty())
}

fn find_all(interp: &mut Interp<'_>, pattern: &Pattern, text: &str, value: &Value) -> Res<Value> {
    if may_be_empty(pattern) {
        return Err(unclear("matches that may be empty are not followed"));
    }
    let mut items = Vec::new();
    for found in pattern.regex.captures_iter(text) {
        let group =
            |at: usize| Value::str(found.get(at).map_or("", |g| g.as_str())).traced(value.trace.clone());
        items.push(match pattern.regex.captures_len() {
            1 => group(0),
            2 => group(1),
            count => Value::tuple((1..count).map(group).collect::<Vec<_>>()),
        });
        interp.check_size(items.len())?;
    }
    Ok(interp.list(items))
}

fn split(interp: &mut Interp<'_>, pattern: &Pattern, value: &Value, most: Option<&Value>) -> Res<Value> {
    let text = subject(interp, pattern, value)?;
    if may_be_empty(pattern) {
        return Err(unclear("matches that may be empty are not followed"));
    }
    let most = match most {
        Some(most) => usize::try_from(interp.count(most)?).unwrap_or(0),
        None => 0,
    };
    let mut items = Vec::new();
    let mut at = 0;
    for (round, found) in pattern.regex.captures_iter(&text).enumerate() {
        if most > 0 && round >= most {
            break;
        }
        let Some(whole) = found.get(0) else { continue };
        items.push(Value::str(text.get(at..whole.start()).unwrap_or("")));
        for group in found.iter().skip(1) {
            items.push(group.map_or_else(Value::none, |g| Value::str(g.as_str())));
        }
        at = whole.end();
        interp.check_size(items.len())?;
    }
    items.push(Value::str(text.get(at..).unwrap_or("")));
    Ok(interp.list(items))
}

fn sub(
    interp: &mut Interp<'_>,
    pattern: &Pattern,
    with: &Value,
    value: &Value,
    count: Option<&Value>,
) -> Res<Value> {
    let text = subject(interp, pattern, value)?;
    interp.expect_known(with)?;
    let template = match with.as_str() {
        Some(template) => Some(template),
        None if interp.is_callable(with)? == Some(true) => None,
        None if interp.is_unclear(with) => return Err(Stop::Opaque(Box::new(with.clone()))),
        None => return Err(interp.raise_unclear(Type::TypeError)),
    };
    let count = match count {
        Some(count) => usize::try_from(interp.count(count)?).unwrap_or(0),
        None => 0,
    };
    if may_be_empty(pattern) {
        return Err(unclear("matches that may be empty are not followed"));
    }
    let mut out = String::new();
    let mut at = 0;
    for (round, found) in pattern.regex.captures_iter(&text).enumerate() {
        if count > 0 && round >= count {
            break;
        }
        let Some(whole) = found.get(0) else { continue };
        out.push_str(text.get(at..whole.start()).unwrap_or(""));
        match template {
            Some(template) => expand(template, &found, &mut out)?,
            // A function makes what stands for the match.
            None => {
                let made = match_object(interp, pattern, value, &found);
                let made = interp.call(with, Args::of(vec![made]))?;
                out.push_str(&interp.text(&made)?);
            }
        }
        at = whole.end();
        interp.check_size(out.len())?;
    }
    out.push_str(text.get(at..).unwrap_or(""));
    Ok(Value::str(out))
}

/// `\1` and `\g<name>` in a replacement.
fn expand(with: &str, found: &regex::Captures<'_>, out: &mut String) -> Res<()> {
    let mut chars = with.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some(digit @ '1'..='9') if !chars.peek().is_some_and(char::is_ascii_digit) => {
                let at = digit.to_digit(10).unwrap_or(0) as usize;
                match found.get(at) {
                    Some(group) => out.push_str(group.as_str()),
                    None if at < found.len() => {}
                    None => return Err(unclear("a group of a replacement does not exist")),
                }
            }
            Some('g') if chars.next_if_eq(&'<').is_some() => {
                let mut name = String::new();
                for c in chars.by_ref() {
                    if c == '>' {
                        break;
                    }
                    name.push(c);
                }
                let group = match name.parse::<usize>() {
                    Ok(at) if at < found.len() => found.get(at),
                    Ok(_) => return Err(unclear("a group of a replacement does not exist")),
                    Err(_) => found.name(&name),
                };
                out.push_str(group.map_or("", |g| g.as_str()));
            }
            Some('\\') => out.push('\\'),
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            _ => return Err(unclear("this replacement is not followed")),
        }
    }
    Ok(())
}

/// `re.escape(text)`: since 3.7 only what is special is escaped.
fn escape(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(value)] = interp.params("escape", args, ["pattern"], 1)? else { return Ok(Value::none()) };
    let text = interp.text(&value)?;
    if interp.version().is_some_and(|v| v < (3, 7)) {
        return Err(unclear("how `re.escape` escapes depends on the version"));
    }
    let mut out = String::new();
    for c in text.chars() {
        if "()[]{}?*+-|^$\\.&~# \t\n\r\u{b}\u{c}".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    Ok(Value::str(out))
}

fn purge(_: &mut Interp<'_>, _: Args) -> Res<Value> {
    Ok(Value::none())
}

/// A method of a compiled pattern.
pub(super) fn pattern_call(interp: &mut Interp<'_>, id: Id, name: &str, args: Args) -> Res<Value> {
    let Object::Pattern(pattern) = interp.heap.get(id) else { return Ok(Value::none()) };
    let pattern = pattern.clone();
    match name {
        "match" | "fullmatch" | "search" | "findall" => {
            let [Some(text)] = interp.params(name, args, ["string"], 1)? else { return Ok(Value::none()) };
            find(interp, &pattern, name, &text)
        }
        "split" => {
            let [Some(text), most] = interp.params(name, args, ["string", "maxsplit"], 1)? else {
                return Ok(Value::none());
            };
            split(interp, &pattern, &text, most.as_ref())
        }
        "sub" => {
            let [Some(with), Some(text), count] =
                interp.params(name, args, ["repl", "string", "count"], 2)?
            else {
                return Ok(Value::none());
            };
            sub(interp, &pattern, &with, &text, count.as_ref())
        }
        _ => Err(unclear(format!("`{name}` of a pattern is not modelled"))),
    }
}

/// The text of a match's group; `None` where it did not take part.
fn group_text(found: &Match, at: usize) -> Option<Option<Value>> {
    let range = found.groups.get(at)?;
    let text = found.subject.as_str().unwrap_or("");
    Some(range.map(|(start, end)| {
        Value::str(text.get(start..end).unwrap_or("")).traced(found.subject.trace.clone())
    }))
}

/// `match[key]`
pub(crate) fn group(interp: &mut Interp<'_>, this: &Value, key: &Value) -> Res<Value> {
    let Some(Object::Match(found)) = this.id().map(|id| interp.heap.get(id)) else {
        return Ok(Value::none());
    };
    let found = found.clone();
    interp.expect_known(key)?;
    let at = match &key.kind {
        Kind::Str(name) => found.names.iter().find(|(n, _)| n == name).map(|(_, at)| *at),
        _ => key.as_int().and_then(|n| usize::try_from(&n).ok()),
    };
    match at.and_then(|at| group_text(&found, at)) {
        Some(text) => Ok(text.unwrap_or_else(Value::none)),
        None => Err(interp.raise(Type::IndexError, "no such group")),
    }
}

/// A method of a match.
pub(super) fn match_call(interp: &mut Interp<'_>, this: &Value, name: &str, args: Args) -> Res<Value> {
    let Some(Object::Match(found)) = this.id().map(|id| interp.heap.get(id)) else {
        return Ok(Value::none());
    };
    let found = found.clone();
    match name {
        "group" => match args.positional.as_slice() {
            [] => group(interp, this, &Value::int(0)),
            [only] => group(interp, this, &only.clone()),
            many => {
                let items = many.iter().map(|key| group(interp, this, key)).collect::<Res<Vec<_>>>()?;
                Ok(Value::tuple(items))
            }
        },
        "groups" => {
            let [default] = interp.params(name, args, ["default"], 0)?;
            let default = default.unwrap_or_else(Value::none);
            let items = (1..found.groups.len())
                .map(|at| group_text(&found, at).flatten().unwrap_or_else(|| default.clone()))
                .collect::<Vec<_>>();
            Ok(Value::tuple(items))
        }
        "groupdict" => {
            let [default] = interp.params(name, args, ["default"], 0)?;
            let default = default.unwrap_or_else(Value::none);
            let mut dict = Dict::default();
            let site = interp.here;
            for (name, at) in found.names.iter() {
                let value = group_text(&found, *at).flatten().unwrap_or_else(|| default.clone());
                dict.set_name(name, value, site);
            }
            Ok(Value::object(interp.heap.add(Object::Dict(dict))))
        }
        "start" | "end" | "span" if args.positional.is_empty() => {
            let text = found.subject.as_str().unwrap_or("");
            let (start, end) = found.groups.first().copied().flatten().unwrap_or((0, 0));
            let chars = |at: usize| text.get(..at).map_or(0, |t| t.chars().count());
            let (start, end) = (Value::int(chars(start)), Value::int(chars(end)));
            Ok(match name {
                "start" => start,
                "end" => end,
                _ => Value::tuple(vec![start, end]),
            })
        }
        _ => Err(unclear(format!("`{name}` of a match is not modelled"))),
    }
}

/// A field of a pattern or match.
pub(super) fn attribute(interp: &Interp<'_>, _: &Value, id: Id, name: &str) -> Option<Value> {
    match (interp.heap.get(id), name) {
        (Object::Pattern(pattern), "pattern") => Some(Value::str(Rc::clone(&pattern.source))),
        (Object::Pattern(pattern), "groups") => Some(Value::int(pattern.regex.captures_len() - 1)),
        (Object::Match(found), "string") => Some(found.subject.clone()),
        (Object::Match(found), "re") => Some(found.pattern.clone()),
        (Object::Pattern(_), "flags" | "groupindex")
        | (Object::Match(_), "pos" | "endpos" | "lastindex" | "lastgroup" | "regs") => {
            Some(Value::unknown(format!("`{name}` is not modelled")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::translate;

    #[test]
    fn patterns_that_mean_the_same_are_taken() {
        for (source, translated) in
            [(r"^\d+$", r"^\d+$"), (r"a\Z", r"a\z"), (r"[[]x", r"[\[]x"), (r"(?P<n>\w+)", r"(?P<n>\w+)")]
        {
            assert_eq!(translate(source).as_deref(), Some(translated));
        }
    }

    #[test]
    fn patterns_that_may_not_are_not() {
        for source in [r"(?=a)", r"(a)\1", r"(?i)a", r"a{,3}", r"\x41", r"a++", r"[a"] {
            assert_eq!(translate(source), None, "{source}");
        }
    }
}

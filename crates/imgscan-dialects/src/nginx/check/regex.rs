//! Regular expressions as PCRE reads them, as far as another engine can stand in for it.
//!
//! Two questions are asked: would PCRE refuse the pattern, and does it match? Where the engines may differ the answer
//! is "not known".

use super::{Checked, message};
use crate::nginx::load::Loader;
use crate::nginx::load::state::Section;

/// A pattern.
pub(in crate::nginx) enum Pattern {
    /// Linear in time.
    Plain(regex::bytes::Regex),
    /// With look-around or back-references; it gives up after a bounded number of steps.
    Fancy(Box<fancy_regex::Regex>),
    /// Not known, with the reason.
    Opaque(String),
}

/// Steps of the backtracking engine after which a match counts as not known.
const STEPS: usize = 100_000;
/// Largest compiled pattern, in bytes.
const COMPILED: usize = 1 << 20;

/// What a match captured: by number, and by name.
pub(in crate::nginx) type Captures = Vec<(Option<String>, Option<String>)>;

impl Pattern {
    /// Reads a pattern.
    pub(in crate::nginx) fn new(pattern: &str, caseless: bool) -> Pattern {
        if let Some(reason) = differs(pattern) {
            return Pattern::Opaque(reason.to_owned());
        }
        let plain = regex::bytes::RegexBuilder::new(pattern)
            .unicode(!pattern.is_ascii())
            .case_insensitive(caseless)
            .size_limit(COMPILED)
            .build();
        if let Ok(regex) = plain {
            return Pattern::Plain(regex);
        }
        let cased = if caseless { format!("(?i){pattern}") } else { pattern.to_owned() };
        let fancy = fancy_regex::RegexBuilder::new(&cased)
            .backtrack_limit(STEPS)
            .delegate_size_limit(COMPILED)
            .build();
        match fancy {
            Ok(regex) => Pattern::Fancy(Box::new(regex)),
            Err(_) => Pattern::Opaque("the pattern is not understood".to_owned()),
        }
    }

    /// What the pattern captures in a text: `Ok(None)` where it does not match.
    ///
    /// # Errors
    ///
    /// The reason why that is not known.
    pub(in crate::nginx) fn captures(&self, text: &str) -> Result<Option<Captures>, String> {
        match self {
            Pattern::Plain(regex) => Ok(regex.captures(text.as_bytes()).map(|found| {
                let value = |m: Option<regex::bytes::Match<'_>>| {
                    m.map(|m| String::from_utf8_lossy(m.as_bytes()).into_owned())
                };
                regex
                    .capture_names()
                    .enumerate()
                    .map(|(i, name)| (name.map(str::to_owned), value(found.get(i))))
                    .collect()
            })),
            Pattern::Fancy(regex) => {
                let found = regex.captures(text).map_err(|e| e.to_string())?;
                Ok(found.map(|found| {
                    let value = |i: usize| found.get(i).map(|m| m.as_str().to_owned());
                    regex
                        .capture_names()
                        .enumerate()
                        .map(|(i, name)| (name.map(str::to_owned), value(i)))
                        .collect()
                }))
            }
            Pattern::Opaque(reason) => Err(reason.clone()),
        }
    }
}

/// Constructs that the two engines read in different ways.
fn differs(pattern: &str) -> Option<&'static str> {
    let bytes = pattern.as_bytes();
    let mut in_class = false;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let next = bytes.get(at + 1).copied();
        match byte {
            b'\\' => {
                // Word starts, and numbers that may be octal, are read differently; `\K`, `\R` … are not known.
                if matches!(
                    next,
                    Some(b'<' | b'>' | b'0' | b'K' | b'R' | b'Q' | b'E' | b'c' | b'g' | b'k' | b'C' | b'X')
                ) {
                    return Some("it has an escape that PCRE reads in its own way");
                }
                at += 2;
                continue;
            }
            b'[' if in_class && next != Some(b':') => return Some("it has a bracket within a class"),
            b'[' if !in_class => {
                in_class = true;
                at += if next == Some(b'^') { 2 } else { 1 };
                // A bracket right behind the opening one is a member.
                at += usize::from(bytes.get(at) == Some(&b']'));
                continue;
            }
            b']' if in_class => in_class = false,
            b'&' | b'~' if in_class && next == Some(byte) => {
                return Some("it has a doubled sign within a class");
            }
            b'-' if in_class && next == Some(b'-') => return Some("it has a doubled sign within a class"),
            b'*' | b'+' | b'?' | b'}' if !in_class && next == Some(b'+') => {
                return Some("it has a possessive quantifier");
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// PCRE2's words for a pattern that it certainly refuses, with the byte at which it stops (`None`: at the end).
fn refused(pattern: &str) -> Option<(&'static str, Option<usize>)> {
    let bytes = pattern.as_bytes();
    let mut open: usize = 0;
    let mut at = 0;
    // Whether something stands before that a quantifier may repeat.
    let mut item = false;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if at + 1 == bytes.len() => return Some(("\\ at end of pattern", None)),
            b'\\' => {
                at += 2;
                item = true;
                continue;
            }
            b'[' => {
                at = class_end(bytes, at)?;
                item = true;
                continue;
            }
            b'(' => {
                open += 1;
                item = false;
                if bytes.get(at + 1) == Some(&b'*') {
                    return None;
                }
                if bytes.get(at + 1) == Some(&b'?') {
                    at += 2;
                    let inner = at + usize::from(bytes.get(at) == Some(&b'P'));
                    let named = matches!(bytes.get(inner), Some(b'<' | b'\''));
                    if named && bytes.get(inner + 1).is_some_and(u8::is_ascii_digit) {
                        return Some(("subpattern name must start with a non-digit", Some(inner + 1)));
                    }
                    continue;
                }
            }
            b')' if open == 0 => return Some(("unmatched closing parenthesis", Some(at))),
            b')' => {
                open -= 1;
                item = true;
            }
            b'|' => item = false,
            b'*' | b'+' | b'?' if !item => {
                return Some(("quantifier does not follow a repeatable item", Some(at)));
            }
            b'*' | b'+' | b'?' => {
                // A second sign makes the quantifier lazy or possessive.
                at += usize::from(matches!(bytes.get(at + 1), Some(b'?' | b'+')));
                item = false;
            }
            _ => item = true,
        }
        at += 1;
    }
    (open > 0).then_some(("missing closing parenthesis", None))
}

/// The byte after the class that opens at `at`.
fn class_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut i = at + 1;
    i += usize::from(bytes.get(i) == Some(&b'^'));
    i += usize::from(bytes.get(i) == Some(&b']'));
    loop {
        match bytes.get(i)? {
            b'\\' => i += 2,
            b'[' if bytes.get(i + 1) == Some(&b':') => {
                let rest = bytes.get(i + 2..)?;
                let end = rest.windows(2).position(|w| w == b":]");
                i += end.map_or(1, |e| e + 4);
            }
            b']' => return Some(i + 1),
            _ => i += 1,
        }
    }
}

/// Checks a pattern and notes the variables that its named groups define (`ngx_http_regex_compile`).
pub(super) fn compile(loader: &mut Loader<'_>, section: Section, pattern: &str) -> Checked {
    let unclosed = unclosed_class(pattern).then_some(("missing terminating ] for character class", None));
    if let Some((words, at)) = unclosed.or_else(|| refused(pattern)) {
        let place = at.and_then(|at| pattern.get(at..)).filter(|rest| !rest.is_empty());
        let place = place.map_or(String::new(), |rest| format!(" at \"{rest}\""));
        return message(format!("pcre2_compile() failed: {words} in \"{pattern}\"{place}"));
    }
    for name in group_names(pattern) {
        super::script::define(loader, section, &format!("${name}"))?;
    }
    Ok(())
}

/// How many groups a pattern captures; `None` where that is not known.
pub(super) fn groups(pattern: &str) -> Option<usize> {
    match Pattern::new(pattern, false) {
        Pattern::Plain(regex) => Some(regex.captures_len() - 1),
        Pattern::Fancy(regex) => Some(regex.captures_len() - 1),
        Pattern::Opaque(_) => None,
    }
}

fn unclosed_class(pattern: &str) -> bool {
    let bytes = pattern.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'[' => match class_end(bytes, at) {
                Some(end) => at = end,
                None => return true,
            },
            _ => at += 1,
        }
    }
    false
}

/// The names of named groups: `(?<name>…)`, `(?'name'…)`, `(?P<name>…)`.
pub(in crate::nginx) fn group_names(pattern: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = pattern;
    while let Some(at) = rest.find("(?") {
        rest = rest.get(at + 2..).unwrap_or_default();
        let inner = rest.strip_prefix('P').unwrap_or(rest);
        let (inner, close) = match (inner.strip_prefix('<'), inner.strip_prefix('\'')) {
            (Some(inner), _) => (inner, '>'),
            (_, Some(inner)) => (inner, '\''),
            _ => continue,
        };
        if inner.starts_with(['=', '!']) {
            continue;
        }
        if let Some((name, _)) = inner.split_once(close)
            && !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_match(pattern: &str, text: &str) -> Option<bool> {
        Pattern::new(pattern, false).captures(text).ok().map(|c| c.is_some())
    }

    #[test]
    fn usual_patterns_match() {
        assert_eq!(is_match(r"\.php$", "/x.php"), Some(true));
        assert_eq!(is_match(r"/\.(?!well-known)", "/.well-known/x"), Some(false));
        assert_eq!(is_match(r"/\.(?!well-known)", "/.git"), Some(true));
        assert_eq!(is_match(r"^/(?<id>\d{2})$", "/12"), Some(true));
        assert_eq!(is_match("a++b", "aab"), None);
        let fancy = Pattern::new(r"^(?<n>/x)(?=y)", false).captures("/xy").unwrap().unwrap();
        assert_eq!(fancy[1], (Some("n".into()), Some("/x".into())));
    }

    #[test]
    fn what_pcre_refuses_is_said_in_its_words() {
        assert_eq!(refused("^/(a"), Some(("missing closing parenthesis", None)));
        assert_eq!(refused("a)"), Some(("unmatched closing parenthesis", Some(1))));
        assert_eq!(refused("*a"), Some(("quantifier does not follow a repeatable item", Some(0))));
        assert_eq!(refused("a\\"), Some(("\\ at end of pattern", None)));
        let digit = ("subpattern name must start with a non-digit", Some(3));
        assert_eq!(refused("(?<1a>x)"), Some(digit));
        assert!(unclosed_class("[a"));
        for good in [r"\.(jpg|png)$", "[]a]", "(?:a|b)+?", "a{2,}+", "[[:alpha:]]*", "(?i)x", "a{x", r"\[a"] {
            assert_eq!(refused(good), None, "{good}");
            assert!(!unclosed_class(good), "{good}");
        }
    }

    #[test]
    fn a_hostile_pattern_ends() {
        let hostile = Pattern::new(r"^(a+)+(?=b)$", false);
        assert!(!matches!(hostile.captures(&"a".repeat(60)), Ok(Some(_))));
    }

    #[test]
    fn groups_have_names() {
        assert_eq!(group_names("^(?<a>x)(?P<b>y)(?'c'z)(?<=q)(?<!r)"), ["a", "b", "c"]);
    }
}

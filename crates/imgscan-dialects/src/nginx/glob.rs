//! Include patterns as glob(3) of glibc expands them in the C locale.
//!
//! No braces and no `~`; a backslash protects the next character; a leading dot has to be written; the result is
//! sorted by the bytes of the whole path; links, dangling ones too, are matched by their own names.

use imgscan_model::{FileError, FileView};

/// Whether nginx expands a path (`strpbrk(path, "*?[")`).
pub fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// The paths that match an absolute pattern.
///
/// # Errors
///
/// The reason, where a directory's content hangs on the run time.
pub fn expand(files: &dyn FileView, pattern: &str) -> Result<Vec<String>, String> {
    let mut found = vec![String::new()];
    let parts: Vec<&str> = pattern.split('/').collect();
    for (i, part) in parts.iter().enumerate().skip(1) {
        let last = i + 1 == parts.len();
        let mut next = Vec::new();
        for dir in &found {
            step(files, dir, part, last, &mut next)?;
        }
        found = next;
    }
    found.sort_unstable();
    Ok(found)
}

/// The paths that one more component leads to from `dir`.
fn step(
    files: &dyn FileView,
    dir: &str,
    part: &str,
    last: bool,
    out: &mut Vec<String>,
) -> Result<(), String> {
    if !is_pattern(part) {
        let path = format!("{dir}/{}", part.replace('\\', ""));
        if !last || part.is_empty() {
            out.push(path);
            return Ok(());
        }
        match files.lookup(&path) {
            Ok(_) => out.push(path),
            Err(FileError::Unknown(reason)) => return Err(reason),
            Err(_) => {}
        }
        return Ok(());
    }
    match files.list(if dir.is_empty() { "/" } else { dir }) {
        Ok(names) => {
            let pattern: Vec<char> = part.chars().collect();
            for name in names.iter().filter(|name| matches(&pattern, name)) {
                out.push(format!("{dir}/{name}"));
            }
            Ok(())
        }
        Err(FileError::Unknown(reason)) => Err(reason),
        Err(_) => Ok(()),
    }
}

/// Whether a name matches a pattern without `/` (`fnmatch` with `FNM_PERIOD`). Linear in the name for each `*`.
fn matches(pattern: &[char], name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    if name.first() == Some(&'.') && pattern.first() != Some(&'.') {
        return false;
    }
    let (mut p, mut n) = (0, 0);
    // Where to go on after a mismatch: the pattern behind the last `*`, and the first character it has not swallowed.
    let mut retry: Option<(usize, usize)> = None;
    while n < name.len() {
        if pattern.get(p) == Some(&'*') {
            retry = Some((p + 1, n));
            p += 1;
            continue;
        }
        if let Some(width) = one(&pattern[p.min(pattern.len())..], name[n]) {
            p += width;
            n += 1;
            continue;
        }
        let Some((after, from)) = retry else { return false };
        retry = Some((after, from + 1));
        (p, n) = (after, from + 1);
    }
    pattern[p.min(pattern.len())..].iter().all(|c| *c == '*')
}

/// How many characters of the pattern stand for `ch`; `None` where they do not.
fn one(pattern: &[char], ch: char) -> Option<usize> {
    match *pattern.first()? {
        '?' => Some(1),
        '[' => match class(pattern, ch) {
            Some((true, width)) => Some(width),
            Some((false, _)) => None,
            // A bracket that is not closed stands for itself.
            None => (ch == '[').then_some(1),
        },
        '\\' if pattern.len() > 1 => (pattern[1] == ch).then_some(2),
        other => (other == ch).then_some(1),
    }
}

/// Whether `ch` is in the class that opens the pattern, and the width of the class; `None` where it is not closed.
fn class(pattern: &[char], ch: char) -> Option<(bool, usize)> {
    let mut at = 1;
    let negated = matches!(pattern.get(at), Some('!' | '^'));
    at += usize::from(negated);
    let first = at;
    let mut inside = false;
    loop {
        let mut low = *pattern.get(at)?;
        if low == ']' && at > first {
            return Some((inside != negated, at + 1));
        }
        if low == '[' && pattern.get(at + 1) == Some(&':') {
            let rest: String = pattern.get(at + 2..)?.iter().collect();
            if let Some((name, _)) = rest.split_once(":]") {
                inside |= named_class(name, ch);
                at += name.chars().count() + 4;
                continue;
            }
        }
        if low == '\\' {
            at += 1;
            low = *pattern.get(at)?;
        }
        let mut high = low;
        if pattern.get(at + 1) == Some(&'-') && pattern.get(at + 2).is_some_and(|c| *c != ']') {
            at += 2;
            high = pattern[at];
        }
        inside |= (low..=high).contains(&ch);
        at += 1;
    }
}

fn named_class(name: &str, ch: char) -> bool {
    match name {
        "alpha" => ch.is_ascii_alphabetic(),
        "digit" => ch.is_ascii_digit(),
        "alnum" => ch.is_ascii_alphanumeric(),
        "upper" => ch.is_ascii_uppercase(),
        "lower" => ch.is_ascii_lowercase(),
        "space" => ch.is_ascii_whitespace() || ch == '\u{b}',
        "blank" => matches!(ch, ' ' | '\t'),
        "punct" => ch.is_ascii_punctuation(),
        "print" => ch.is_ascii_graphic() || ch == ' ',
        "graph" => ch.is_ascii_graphic(),
        "cntrl" => ch.is_ascii_control(),
        "xdigit" => ch.is_ascii_hexdigit(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(pattern: &str, name: &str) -> bool {
        matches(&pattern.chars().collect::<Vec<_>>(), name)
    }

    #[test]
    fn names_match_as_fnmatch_says() {
        assert!(is("*.conf", "a.conf") && !is("*.conf", ".conf") && !is("*.conf", "a.conf~"));
        assert!(is("*", "a") && !is("*", ".a") && is(".*", ".a"));
        assert!(is("[^a].conf", "b.conf") && is("[!a].conf", "b.conf") && !is("[^a].conf", "a.conf"));
        assert!(is("[0-9][0-9]-*", "10-x") && is("[]x]", "]") && is("[a-]", "-"));
        assert!(is("a\\*", "a*") && !is("a\\*", "ab"));
        assert!(is("[x", "[x") && is("{a,b}*", "{a,b}c") && is("a?c", "abc"));
        assert!(is("*a*b*", "xxaxxbxx") && !is("*a*b", "xxaxx"));
        assert!(is("[[:digit:]]*", "1a") && !is("[[:digit:]]*", "a1"));
    }

    #[test]
    fn many_stars_do_not_take_for_ever() {
        assert!(!is(&"*a".repeat(200), &"a".repeat(150)));
        assert!(!is(&format!("{}b", "*a".repeat(100)), &"a".repeat(5_000)));
    }
}

//! File name patterns, in the files of the image.

use imgscan_model::{FileView, limits, path};

/// The paths that fit a pattern, sorted (Python's `glob.glob` and POSIX `glob`, of which the order is made certain):
/// `*` and `?` match within a component, `[…]` one character of a set; a leading `.` only matches literally.
pub(crate) fn glob(files: &dyn FileView, pattern: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        let mut next = Vec::new();
        for dir in &found {
            if !part.contains(['*', '?', '[']) {
                let candidate = format!("{dir}/{part}");
                if files.lookup(&candidate).is_ok() {
                    next.push(candidate);
                }
                continue;
            }
            let names = files.list(if dir.is_empty() { "/" } else { dir }).unwrap_or_default();
            let fitting = names
                .iter()
                .filter(|name| fits(part, name) && name.starts_with('.') <= part.starts_with('.'));
            next.extend(fitting.map(|name| format!("{dir}/{name}")));
        }
        next.truncate(limits::CONFIG_FILES);
        found = next;
    }
    found.sort();
    found.retain(|found| !found.is_empty());
    found.into_iter().map(|found| path::join("/", &found)).collect()
}

/// Whether a name fits a pattern of one component.
pub(crate) fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    // The last `*` and how much of the name it has taken: enough to go back to, so time is bounded by the product.
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        let step = match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
                continue;
            }
            Some('?') => Some(p + 1),
            Some('[') => set(&pattern, p, name[n]),
            Some(c) if *c == name[n] => Some(p + 1),
            _ => None,
        };
        match (step, star) {
            (Some(next), _) => (p, n) = (next, n + 1),
            (None, Some((at, taken))) => {
                star = Some((at, taken + 1));
                (p, n) = (at + 1, taken + 1);
            }
            (None, None) => return false,
        }
    }
    pattern[p.min(pattern.len())..].iter().all(|c| *c == '*')
}

/// The index after a set that holds `c`; a `[` without an end stands for itself.
fn set(pattern: &[char], at: usize, c: char) -> Option<usize> {
    let mut i = at + 1;
    let negated = matches!(pattern.get(i), Some('!' | '^'));
    i += usize::from(negated);
    let first = i;
    let mut held = false;
    while let Some(low) = pattern.get(i) {
        if *low == ']' && i > first {
            return (held != negated).then_some(i + 1);
        }
        match (pattern.get(i + 1), pattern.get(i + 2)) {
            (Some('-'), Some(high)) if *high != ']' => {
                held |= (*low..=*high).contains(&c);
                i += 3;
            }
            _ => {
                held |= *low == c;
                i += 1;
            }
        }
    }
    (c == '[').then_some(at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use imgscan_model::testing::MemoryFiles;

    #[test]
    fn patterns_fit_names() {
        for (pattern, name, fit) in [
            ("*.conf", "a.conf", true),
            ("*.conf", "a.conf.bak", false),
            ("a*b*c", "aXbYbZc", true),
            ("[a-c]?", "bz", true),
            ("[!a-c]?", "bz", false),
            ("[]x]", "]", true),
            ("[x", "[x", true),
            ("**", "", true),
        ] {
            assert_eq!(fits(pattern, name), fit, "{pattern} {name}");
        }
    }

    #[test]
    fn paths_fit_patterns() {
        let files =
            MemoryFiles::new().file("/etc/s/b.conf", "").file("/etc/s/a.conf", "").file("/etc/s/.c.conf", "");
        assert_eq!(glob(&files, "/etc/*/*.conf"), ["/etc/s/a.conf", "/etc/s/b.conf"]);
        assert_eq!(glob(&files, "/etc/s/b.conf"), ["/etc/s/b.conf"]);
        assert_eq!(glob(&files, "/etc/s/x.conf"), [] as [&str; 0]);
    }
}

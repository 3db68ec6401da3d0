//! `sort`.

use std::cmp::Ordering;

use imgscan_model::Text;

use super::options;
use super::{Flavor, Job, Ran};
use crate::expand;

/// How lines are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Bytes,
    Numbers,
    Versions,
}

/// `sort`
pub(super) fn sort(job: &mut Job<'_>) -> Ran {
    let long = ["numeric-sort", "reverse", "unique", "version-sort", "stable"];
    let Some(parsed) = options::parse(job.args, "nruVsz", "", &long) else {
        return Ran::Unknown("options of `sort` are not followed".into());
    };
    if parsed.has(&["z"]) {
        return Ran::Unknown("options of `sort` are not followed".into());
    }
    let order = if parsed.has(&["V", "version-sort"]) {
        Order::Versions
    } else if parsed.has(&["n", "numeric-sort"]) {
        Order::Numbers
    } else {
        Order::Bytes
    };
    let (lines, status) = match super::text::all_lines(job, &parsed.operands) {
        Ok(lines) => lines,
        Err(Ran::Status(0)) => return Ran::Status(0),
        Err(ran) => return ran,
    };
    let mut lines: Vec<Text> =
        lines.iter().map(|line| line.slice(0..line.raw().trim_end_matches('\n').len())).collect();
    if lines.len() > 1 && lines.iter().any(|line| line.known().is_none()) {
        return Ran::Unknown("the order of lines that are not known is not known".into());
    }
    let locale = expand::has_other_locale(job.shell) && job.flavor != Flavor::Busybox;
    if job.charge(lines.len() as u64 * 2).is_none() {
        return Ran::Unknown("its input is too long".into());
    }
    let unique = parsed.has(&["u", "unique"]);
    let stable = parsed.has(&["s", "stable"]) || unique;
    let compare = |a: &str, b: &str| {
        let by_key = key_order(order, a, b);
        if stable { by_key } else { by_key.then_with(|| a.as_bytes().cmp(b.as_bytes())) }
    };
    let reverse = parsed.has(&["r", "reverse"]);
    let other = |a: &str, b: &str| other_order(job.flavor, order, a, b);
    if lines.windows(2).len() > 0 && order == Order::Versions && !versions_agree(&lines, other) {
        return Ran::Unknown("implementations disagree on the order of these versions".into());
    }
    lines.sort_by(|a, b| {
        let order = compare(a.raw(), b.raw());
        if reverse { order.reverse() } else { order }
    });
    if locale && order != Order::Versions && !agrees_with_locale(job, &lines, order, reverse) {
        return Ran::Unknown("the order of its lines depends on the locale".into());
    }
    if unique {
        lines.dedup_by(|a, b| key_order(order, a.raw(), b.raw()) == Ordering::Equal);
    }
    let newline = job.new_text("\n");
    let out: Vec<&Text> = lines.iter().flat_map(|line| [line, &newline]).collect();
    let text = if out.is_empty() { job.new_text("") } else { Text::concat(out) };
    job.out(text);
    Ran::Status(status)
}

fn key_order(order: Order, a: &str, b: &str) -> Ordering {
    match order {
        Order::Bytes => a.as_bytes().cmp(b.as_bytes()),
        Order::Numbers => number(a).total_cmp(&number(b)),
        Order::Versions => file_versions(a.as_bytes(), b.as_bytes()),
    }
}

fn agrees_with_locale(job: &Job<'_>, lines: &[Text], order: Order, reverse: bool) -> bool {
    if order == Order::Numbers {
        let keys: Vec<f64> = lines.iter().map(|l| number(l.raw())).collect();
        return keys.windows(2).all(|w| w[0] != w[1] || w[0].is_nan());
    }
    let mut names: Vec<String> = lines.iter().map(|l| l.raw().to_owned()).collect();
    if reverse {
        names.reverse();
    }
    names.dedup();
    expand::collates_as_bytes(job.shell, &names)
}

/// The number at the beginning of a line, as `sort -n` reads it: blanks, a sign, digits, a fraction.
fn number(line: &str) -> f64 {
    let trimmed = line.trim_start_matches([' ', '\t']);
    let sign = usize::from(trimmed.starts_with('-'));
    let digits = trimmed.get(sign..).unwrap_or("");
    let whole = digits.bytes().take_while(u8::is_ascii_digit).count();
    let mut end = whole;
    if digits.as_bytes().get(whole) == Some(&b'.') {
        end += 1 + digits.bytes().skip(whole + 1).take_while(u8::is_ascii_digit).count();
    }
    if whole == 0 && end <= 1 {
        return 0.0;
    }
    trimmed.get(..sign + end).and_then(|n| n.trim_end_matches('.').parse().ok()).unwrap_or(0.0)
}

/// busybox orders versions by the C library's `strverscmp`, GNU by its own rule.
fn other_order(flavor: Flavor, order: Order, a: &str, b: &str) -> Option<Ordering> {
    (flavor != Flavor::Gnu && order == Order::Versions).then(|| string_versions(a.as_bytes(), b.as_bytes()))
}

fn versions_agree(lines: &[Text], other: impl Fn(&str, &str) -> Option<Ordering>) -> bool {
    if lines.len() > 300 {
        return false;
    }
    lines.iter().enumerate().all(|(i, a)| {
        lines.iter().skip(i + 1).all(|b| {
            other(a.raw(), b.raw()).is_none_or(|order| order == key_order(Order::Versions, a.raw(), b.raw()))
        })
    })
}

/// gnulib's `filevercmp` (coreutils 9.1).
pub(crate) fn file_versions(a: &[u8], b: &[u8]) -> Ordering {
    match (a.is_empty(), b.is_empty()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Less,
        (false, true) => return Ordering::Greater,
        (false, false) => {}
    }
    match (a.first() == Some(&b'.'), b.first() == Some(&b'.')) {
        (true, false) => return Ordering::Less,
        (false, true) => return Ordering::Greater,
        (true, true) => {
            // `.` and `..` come first.
            for name in [&b"."[..], &b".."[..]] {
                match (a == name, b == name) {
                    (true, true) => return Ordering::Equal,
                    (true, false) => return Ordering::Less,
                    (false, true) => return Ordering::Greater,
                    (false, false) => {}
                }
            }
        }
        (false, false) => {}
    }
    let (short_a, short_b) = (a.get(..prefix(a)).unwrap_or(a), b.get(..prefix(b)).unwrap_or(b));
    // Suffixes are left out unless that makes them the same.
    let one_pass = short_a.len() == a.len() && short_b.len() == b.len();
    let result = revisions(short_a, short_b);
    if result != Ordering::Equal || one_pass { result } else { revisions(a, b) }
}

/// The length without suffixes of the form `.txt`: `(\.[A-Za-z~][A-Za-z0-9~]*)*$`.
fn prefix(text: &[u8]) -> usize {
    let mut length = 0;
    let mut at = 0;
    while at < text.len() {
        at += 1;
        length = at;
        while text.get(at) == Some(&b'.')
            && text.get(at + 1).is_some_and(|c| c.is_ascii_alphabetic() || *c == b'~')
        {
            at += 2;
            while text.get(at).is_some_and(|c| c.is_ascii_alphanumeric() || *c == b'~') {
                at += 1;
            }
        }
    }
    length
}

/// Debian's comparison of revisions, as in gnulib's `verrevcmp`.
fn revisions(a: &[u8], b: &[u8]) -> Ordering {
    let weight = |text: &[u8], at: usize| match text.get(at) {
        None => -1,
        Some(c) if c.is_ascii_digit() => 0,
        Some(c) if c.is_ascii_alphabetic() => i32::from(*c),
        Some(b'~') => -2,
        Some(c) => i32::from(*c) + 256,
    };
    let digit = |text: &[u8], at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        let mut first_difference = Ordering::Equal;
        while i < a.len() && !digit(a, i) || j < b.len() && !digit(b, j) {
            let (x, y) = (weight(a, i), weight(b, j));
            if x != y {
                return x.cmp(&y);
            }
            i += 1;
            j += 1;
        }
        while a.get(i) == Some(&b'0') {
            i += 1;
        }
        while b.get(j) == Some(&b'0') {
            j += 1;
        }
        while digit(a, i) && digit(b, j) {
            first_difference = first_difference.then(a.get(i).cmp(&b.get(j)));
            i += 1;
            j += 1;
        }
        if digit(a, i) {
            return Ordering::Greater;
        }
        if digit(b, j) {
            return Ordering::Less;
        }
        if first_difference != Ordering::Equal {
            return first_difference;
        }
    }
    Ordering::Equal
}

/// glibc's `strverscmp`, for texts without numbers that begin with 0 (on which libraries differ: then `Less` both
/// ways, which agrees with nothing).
fn string_versions(a: &[u8], b: &[u8]) -> Ordering {
    let leading_zero = |text: &[u8]| {
        text.windows(2).enumerate().any(|(i, w)| {
            w[0] == b'0'
                && w[1].is_ascii_digit()
                && (i == 0 || !text.get(i - 1).is_some_and(u8::is_ascii_digit))
        })
    };
    if leading_zero(a) || leading_zero(b) {
        return if file_versions(a, b) == Ordering::Less { Ordering::Greater } else { Ordering::Less };
    }
    let (mut i, mut j) = (0, 0);
    loop {
        let (x, y) = (a.get(i), b.get(j));
        match (x, y) {
            (None, None) => return Ordering::Equal,
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let run = |text: &[u8], from: usize| {
                    text.iter().skip(from).take_while(|c| c.is_ascii_digit()).count()
                };
                let (m, n) = (run(a, i), run(b, j));
                let order = m.cmp(&n).then_with(|| a.get(i..i + m).cmp(&b.get(j..j + n)));
                if order != Ordering::Equal {
                    return order;
                }
                i += m;
                j += n;
            }
            _ if x == y => {
                i += 1;
                j += 1;
            }
            _ => return x.cmp(&y),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_as_sort_orders_them() {
        let mut names = ["/d/100-b.sh", "/d/9-a.sh", "/d/10-x.sh", "/d/20-y.envsh", "/d/a", "/d/05-z.sh"];
        names.sort_by(|a, b| file_versions(a.as_bytes(), b.as_bytes()));
        assert_eq!(names, ["/d/05-z.sh", "/d/9-a.sh", "/d/10-x.sh", "/d/20-y.envsh", "/d/100-b.sh", "/d/a"]);
        assert_eq!(file_versions(b"1.2~rc1", b"1.2"), Ordering::Less);
        assert_eq!(file_versions(b"a.sh", b"a"), Ordering::Greater);
    }
}

//! "Did you mean": the known name nearest to one that is not known.

/// The nearest of some names, if one is near: a third of its letters at most may be others. Of equals the first in the
/// alphabet.
pub fn nearest<'a>(names: impl IntoIterator<Item = &'a str>, name: &str) -> Option<&'a str> {
    let near = names.into_iter().map(|known| (distance(known, name), known));
    near.filter(|(far, known)| *far <= known.len().max(name.len()) / 3).min().map(|(_, known)| known)
}

/// [`edits`] between two names, where case does not count, and `-` and `_` are one.
fn distance(a: &str, b: &str) -> usize {
    let letters = |s: &str| -> Vec<char> { s.to_lowercase().replace('-', "_").chars().collect() };
    edits(&letters(a), &letters(b))
}

/// How many letters to change, put in, take out or swap with their neighbour to make one of the other (optimal string
/// alignment).
pub fn edits<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut best = (above[j + 1] + 1).min(row[j] + 1).min(above[j] + usize::from(x != y));
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_near() {
        for (a, b, n) in [
            ("timeout", "timeouts", 1),
            ("timeout", "tiemout", 1),
            ("keep-alive", "keepalive", 1),
            ("log-level", "log_level", 0),
            ("OVR005", "ovr005", 0),
            ("abc", "", 3),
        ] {
            assert_eq!(distance(a, b), n, "{a} {b}");
        }
        assert_eq!(nearest(["timeout", "threads"], "time_out"), Some("timeout"));
        assert_eq!(nearest(["timeout", "threads"], "bind"), None);
    }
}

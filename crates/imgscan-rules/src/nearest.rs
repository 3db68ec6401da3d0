//! "Did you mean": the known name nearest to one that is not known.

/// The candidate nearest to `name` within `most` edits (insert, delete, replace, swap of neighbours); of equals the
/// first.
pub(crate) fn nearest<'a>(
    name: &str,
    candidates: impl Iterator<Item = &'a str>,
    most: usize,
) -> Option<&'a str> {
    candidates
        .filter(|c| c.len().abs_diff(name.len()) <= most)
        .map(|c| (edits(name, c), c))
        .filter(|(n, _)| *n <= most)
        .min_by_key(|(n, _)| *n)
        .map(|(_, c)| c)
}

/// Optimal string alignment distance over bytes: names of settings and variables are ASCII.
fn edits(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
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
    fn edits_are_counted() {
        for (a, b, n) in [
            ("", "", 0),
            ("timeout", "tiemout", 1),
            ("worker", "workers", 1),
            ("bind", "find", 1),
            ("abc", "", 3),
        ] {
            assert_eq!(edits(a, b), n, "{a} {b}");
        }
    }

    #[test]
    fn the_nearest_within_reach_is_meant() {
        let names = ["timeout", "graceful_timeout", "threads"];
        assert_eq!(nearest("time_out", names.into_iter(), 2), Some("timeout"));
        assert_eq!(nearest("thread_pool", names.into_iter(), 2), None);
    }
}

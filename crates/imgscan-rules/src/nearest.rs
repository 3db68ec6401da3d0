//! "Did you mean": the known name nearest to one that is not known.

use imgscan_model::nearest::edits;

/// The candidate nearest to `name` within `most` edits (insert, delete, replace, swap of neighbours); of equals the
/// first.
pub(crate) fn nearest<'a>(
    name: &str,
    candidates: impl Iterator<Item = &'a str>,
    most: usize,
) -> Option<&'a str> {
    candidates
        .filter(|c| c.len().abs_diff(name.len()) <= most)
        // Names of settings and variables are ASCII.
        .map(|c| (edits(name.as_bytes(), c.as_bytes()), c))
        .filter(|(n, _)| *n <= most)
        .min_by_key(|(n, _)| *n)
        .map(|(_, c)| c)
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
            assert_eq!(edits(a.as_bytes(), b.as_bytes()), n, "{a} {b}");
        }
    }

    #[test]
    fn the_nearest_within_reach_is_meant() {
        let names = ["timeout", "graceful_timeout", "threads"];
        assert_eq!(nearest("time_out", names.into_iter(), 2), Some("timeout"));
        assert_eq!(nearest("thread_pool", names.into_iter(), 2), None);
    }
}

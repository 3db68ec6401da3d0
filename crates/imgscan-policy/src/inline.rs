//! Comments in the image's own config files: `# imgscan: ignore[OVR005] the reason`.
//!
//! A comment speaks for its own line and, where it stands alone, for the next one. Several codes are set apart by
//! commas. A reason is required: a comment without one has no effect.

/// The reason given for ignoring `code` at `line` (counted from 1), with the line of the comment.
pub fn reason(text: &str, line: u32, code: &str) -> Option<(String, u32)> {
    let at = usize::try_from(line).ok()?.checked_sub(1)?;
    let mut lines = text.lines();
    let (above, own) = match at.checked_sub(1) {
        Some(before) => (lines.nth(before), lines.next()),
        None => (None, lines.next()),
    };
    let alone = above.filter(|l| l.trim_start().starts_with('#'));
    let read = |text: Option<&str>| {
        let (codes, reason) = text.and_then(comment)?;
        codes.contains(&code).then(|| reason.to_owned())
    };
    read(own).map(|reason| (reason, line)).or_else(|| read(alone).map(|reason| (reason, line - 1)))
}

/// The codes and the reason of a comment.
fn comment(line: &str) -> Option<(Vec<&str>, &str)> {
    let (_, rest) = line.split_once("imgscan: ignore[")?;
    let (codes, reason) = rest.split_once(']')?;
    let reason = reason.trim().trim_start_matches([':', '-']).trim();
    (!reason.is_empty()).then(|| (codes.split(',').map(str::trim).collect(), reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_speaks_for_its_line_and_the_next() {
        let text = "timeout = 0  # imgscan: ignore[OVR001, GUN001] agreed with the platform\n\
                    # imgscan: ignore[OVR005] read by the sidecar\nworkers = 3\nbind = 1\n";
        assert_eq!(reason(text, 1, "GUN001"), Some(("agreed with the platform".into(), 1)));
        assert_eq!(reason(text, 3, "OVR005"), Some(("read by the sidecar".into(), 2)));
        assert_eq!(reason(text, 2, "GUN001"), None);
        assert_eq!(reason(text, 4, "OVR005"), None);
        assert_eq!(reason(text, 0, "OVR005"), None);
    }

    #[test]
    fn a_comment_without_a_reason_has_no_effect() {
        assert_eq!(reason("timeout = 0  # imgscan: ignore[OVR005]\n", 1, "OVR005"), None);
    }
}

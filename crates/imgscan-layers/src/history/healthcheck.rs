//! `HEALTHCHECK &{["CMD-SHELL" "curl …"] "30s" "3s" "0s" "0s" '\x03'}`: how Go prints Docker's `HealthcheckConfig`
//! (`Test`, `Interval`, `Timeout`, `StartPeriod`, since API 1.44 `StartInterval`, `Retries`).

use super::golang;
use super::instruction::json;

/// The arguments as a Dockerfile writes them, or `None` when the text is something else.
pub(super) fn respell(text: &str) -> Option<String> {
    let body = text.strip_prefix("&{")?.strip_suffix('}')?;
    let (test, mut rest) = golang::quoted_list(body)?;
    let mut durations = Vec::new();
    while let Some((duration, after)) = golang::quoted(rest.trim_start()) {
        durations.push(duration);
        rest = after;
    }
    let retries = rune(rest.trim())?;
    let names: &[&str] = match durations.len() {
        2 => &["interval", "timeout"],
        3 => &["interval", "timeout", "start-period"],
        4 => &["interval", "timeout", "start-period", "start-interval"],
        _ => return None,
    };
    let mut words: Vec<String> = names
        .iter()
        .zip(&durations)
        .filter(|(_, duration)| *duration != "0s")
        .map(|(name, duration)| format!("--{name}={duration}"))
        .collect();
    if retries != 0 {
        words.push(format!("--retries={retries}"));
    }
    match test.split_first()? {
        (kind, []) if kind == "NONE" => return Some("NONE".to_owned()),
        (kind, [command]) if kind == "CMD-SHELL" => words.push(format!("CMD {command}")),
        (kind, command) if kind == "CMD" => words.push(format!("CMD {}", json(command))),
        _ => return None,
    }
    Some(words.join(" "))
}

/// The number that Go's `%q` prints as a character literal: `'\x03'`, `'\n'`, `'('`.
fn rune(text: &str) -> Option<u32> {
    let literal = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let (one, rest) = match literal {
        "\\'" => return Some('\''.into()),
        "\"" => return Some('"'.into()),
        _ => golang::quoted_rune(literal)?,
    };
    if rest.is_empty() { Some(one) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_struct_becomes_options() {
        let text = r#"&{["CMD-SHELL" "curl -f http://localhost/ || exit 1"] "30s" "3s" "0s" "0s" '\x03'}"#;
        let respelled = respell(text).unwrap();
        assert_eq!(
            respelled,
            "--interval=30s --timeout=3s --retries=3 CMD curl -f http://localhost/ || exit 1"
        );
        let text = r#"&{["CMD" "a" "b c"] "0s" "0s" "5s" '\n'}"#;
        assert_eq!(respell(text).unwrap(), r#"--start-period=5s --retries=10 CMD ["a", "b c"]"#);
        assert_eq!(respell(r#"&{["NONE"] "0s" "0s" "0s" '\x00'}"#).unwrap(), "NONE");
    }

    #[test]
    fn what_docker_does_not_print_is_left_alone() {
        for text in ["CMD curl x", "&{}", r#"&{["CMD"] "1s"}"#, r#"&{["X"] "0s" "0s" "0s" '\x00'}"#] {
            assert_eq!(respell(text), None, "{text}");
        }
    }
}

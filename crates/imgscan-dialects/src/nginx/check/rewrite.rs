//! The rewrite module (`src/http/modules/ngx_http_rewrite_module.c`), `try_files`, `return` of stream servers.

use super::{Call, Check, Checked, directive, message, regex, script};
use crate::nginx::load::Loader;
use crate::nginx::load::state::Section;
use crate::nginx::units;

pub(super) const CHECKS: &[(&str, Check)] =
    &[("rewrite", rewrite), ("return", return_), ("if", if_), ("set", set), ("try_files", try_files)];

/// Whether a target names another place and not a URI of this server.
pub(in crate::nginx) fn is_elsewhere(target: &str) -> bool {
    ["http://", "https://", "$scheme"].iter().any(|start| target.starts_with(start))
}

/// `ngx_http_rewrite`.
fn rewrite(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    if call.arg(1).is_empty() {
        return message("empty replacement");
    }
    regex::compile(loader, Section::Http, call.arg(0))?;
    if call.len() == 3 && !matches!(call.arg(2), "last" | "break" | "redirect" | "permanent") {
        return super::invalid_parameter(call.arg(2));
    }
    let replacement = call.arg(1);
    script::compile(loader, Section::Http, replacement.strip_suffix('?').unwrap_or(replacement))
}

/// `ngx_http_rewrite_return`.
fn return_(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let code = call.arg(0);
    match units::number(code) {
        Some(code) if code <= 999 => {}
        None if call.len() == 1 && is_elsewhere(code) => return script::compile(loader, Section::Http, code),
        _ => return message(format!("invalid return code \"{code}\"")),
    }
    if call.len() == 1 { Ok(()) } else { script::compile(loader, Section::Http, call.arg(1)) }
}

/// A condition of `if`, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::nginx) enum Condition {
    /// `($name)`
    IsSet(String),
    /// `($name = text)`, or `!=` where negated
    Equals { name: String, text: String, negated: bool },
    /// `($name ~ pattern)`
    Matches { name: String, pattern: String, caseless: bool, negated: bool },
    /// `(-f text)`, with the letter
    File { test: char, text: String, negated: bool },
}

/// Takes the arguments of `if` apart (`ngx_http_rewrite_if_condition`).
///
/// # Errors
///
/// nginx's words.
pub(in crate::nginx) fn condition(args: &[&str]) -> Result<Condition, String> {
    let invalid = |word: &str| Err(format!("invalid condition \"{word}\""));
    let mut words: Vec<&str> = args.to_vec();
    let first = words.first().copied().unwrap_or_default();
    let Some(rest) = first.strip_prefix('(') else { return invalid(first) };
    match rest {
        "" => drop(words.remove(0)),
        rest => words[0] = rest,
    }
    let Some(last) = words.last().copied() else { return invalid(first) };
    let Some(rest) = last.strip_suffix(')') else { return invalid(last) };
    let end = words.len() - 1;
    match rest {
        "" => drop(words.pop()),
        rest => words[end] = rest,
    }
    // `()`: nginx looks at what was the last word.
    let Some(word) = words.first().copied() else { return invalid(last) };
    let text = words.last().copied().unwrap_or_default().to_owned();
    if word.len() > 1 && word.starts_with('$') {
        let name = word.get(1..).unwrap_or_default().to_owned();
        return match (words.len(), words.get(1).copied().unwrap_or_default()) {
            (1, _) => Ok(Condition::IsSet(name)),
            (3, "=") => Ok(Condition::Equals { name, text, negated: false }),
            (3, "!=") => Ok(Condition::Equals { name, text, negated: true }),
            (3, sign @ ("~" | "~*" | "!~" | "!~*")) => Ok(Condition::Matches {
                name,
                pattern: text,
                caseless: sign.ends_with('*'),
                negated: sign.starts_with('!'),
            }),
            (3, other) => Err(format!("unexpected \"{other}\" in condition")),
            _ => invalid(word),
        };
    }
    let (test, negated) = match word.strip_prefix('!') {
        Some(test) => (test, true),
        None => (word, false),
    };
    match (test.strip_prefix('-'), words.len()) {
        (Some("f"), 2) => Ok(Condition::File { test: 'f', text, negated }),
        (Some("d"), 2) => Ok(Condition::File { test: 'd', text, negated }),
        (Some("e"), 2) => Ok(Condition::File { test: 'e', text, negated }),
        (Some("x"), 2) => Ok(Condition::File { test: 'x', text, negated }),
        _ => invalid(word),
    }
}

/// `ngx_http_rewrite_if`.
fn if_(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let args: Vec<&str> = call.args().collect();
    match condition(&args).map_err(super::Refusal::Message)? {
        Condition::IsSet(name) => loader.state.http.note(&name),
        Condition::Equals { name, text, .. } => {
            loader.state.http.note(&name);
            script::compile(loader, Section::Http, &text)?;
        }
        Condition::Matches { name, pattern, .. } => {
            loader.state.http.note(&name);
            regex::compile(loader, Section::Http, &pattern)?;
        }
        Condition::File { text, .. } => script::compile(loader, Section::Http, &text)?,
    }
    Ok(())
}

/// `ngx_http_rewrite_set`.
fn set(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    script::define(loader, Section::Http, call.arg(0))?;
    loader.state.http.note(script::variable(call.arg(0))?);
    script::compile(loader, Section::Http, call.arg(1))
}

/// `ngx_http_try_files`.
fn try_files(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    if loader.config.named(call.block, "try_files").next().is_some() {
        return directive("is duplicate");
    }
    for (i, file) in call.args().enumerate() {
        let last = i + 1 == call.len();
        if last && let Some(code) = file.strip_prefix('=') {
            if units::number(code).is_none_or(|code| code > 999) {
                return message(format!("invalid code \"{file}\""));
            }
            return Ok(());
        }
        script::compile(loader, Section::Http, file)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_taken_apart() {
        assert_eq!(condition(&["($a)"]), Ok(Condition::IsSet("a".into())));
        assert_eq!(condition(&["(", "$a", ")"]), Ok(Condition::IsSet("a".into())));
        let equals = |negated| Condition::Equals { name: "a".into(), text: "x y".into(), negated };
        assert_eq!(condition(&["($a", "=", "x y", ")"]), Ok(equals(false)));
        assert_eq!(condition(&["($a", "!=", "x y)"]), Ok(equals(true)));
        assert!(matches!(
            condition(&["($a", "!~*", "x)"]),
            Ok(Condition::Matches { caseless: true, negated: true, .. })
        ));
        assert!(matches!(condition(&["(!-f", "$f)"]), Ok(Condition::File { test: 'f', negated: true, .. })));
        for (bad, words) in [
            (&["$a"][..], "invalid condition \"$a\""),
            (&["($a"], "invalid condition \"$a\""),
            (&["($a", "==", "b)"], "unexpected \"==\" in condition"),
            (&["(a", "=", "b)"], "invalid condition \"a\""),
            (&["(-q", "b)"], "invalid condition \"-q\""),
            (&["($a", "="], "invalid condition \"=\""),
        ] {
            assert_eq!(condition(bad), Err(words.into()));
        }
    }
}

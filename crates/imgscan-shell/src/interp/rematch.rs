//! `=~` of bash, and `BASH_REMATCH`.

use std::collections::BTreeMap;

use imgscan_model::Text;

use crate::pattern::{Tri, Unit};
use crate::regex::{Regex, Span, Syntax};
use crate::shell::Shell;
use crate::state::{Value, Variable};

const REASON: &str = "what a regular expression matched is not known";

/// Whether a text matches, with `BASH_REMATCH` set to what the groups matched: an empty array where it does not
/// (bash 5.2, `sh_regmatch`). `written` is the expression as it stands in the script.
pub(super) fn regex_match(shell: &mut Shell, left: &Text, units: &[Unit], written: &str) -> Tri {
    let syntax =
        Syntax { extended: true, ignore_case: shell.local.shopts.nocasematch, awk: false, gnu: false };
    let regex = source(units)
        .filter(|_| !has_operators_of_a_library(written))
        .and_then(|source| Regex::new(&source, syntax));
    let Some(regex) = regex else { return unsure(shell) };
    let chars: Vec<char> = left.raw().chars().collect();
    if !shell.budget.take(1 + chars.len() as u64 / 64) {
        return unsure(shell);
    }
    match regex.find(&chars, 0) {
        Err(_) => unsure(shell),
        Ok(None) => {
            remember(shell, BTreeMap::new());
            Tri::No
        }
        Ok(Some(span)) => {
            match matched(&regex, left, &chars, span) {
                Some(items) => remember(shell, items),
                None => super::join::forget(shell, "BASH_REMATCH", REASON),
            }
            Tri::Yes
        }
    }
}

fn unsure(shell: &mut Shell) -> Tri {
    super::join::forget(shell, "BASH_REMATCH", REASON);
    Tri::Maybe
}

/// Whether a backslash stands before a letter, which the C library may take for an operator (`\b`, `\w`, `\<`).
fn has_operators_of_a_library(written: &str) -> bool {
    written.as_bytes().windows(2).any(|pair| {
        matches!(pair, [b'\\', b] if b.is_ascii_alphanumeric() || matches!(b, b'<' | b'>' | b'\'' | b'`'))
    })
}

/// The expression as the library gets it: what is quoted stands for itself. `None` where parts are not known.
fn source(units: &[Unit]) -> Option<String> {
    let mut source = String::new();
    let mut bracket = false;
    for unit in units {
        let Unit::Char(c, quoted) = unit else { return None };
        if bracket && *quoted {
            // What quotes mean between brackets changed from version to version.
            return None;
        }
        match c {
            '[' if !quoted => bracket = true,
            ']' if !quoted => bracket = false,
            _ => {}
        }
        if *quoted && "\\.[]*^$+?(){}|".contains(*c) {
            source.push('\\');
        }
        source.push(*c);
    }
    Some(source)
}

/// What the whole and the groups matched; a group that took no part is empty.
fn matched(regex: &Regex, left: &Text, chars: &[char], span: Span) -> Option<BTreeMap<i64, Text>> {
    left.known()?;
    let wanted: Vec<usize> = (1..=regex.groups).collect();
    let groups = regex.captures(chars, span, &wanted).ok()?;
    let offsets: Vec<usize> = left.raw().char_indices().map(|(at, _)| at).chain([left.len()]).collect();
    let slice = |span: Option<Span>| match span {
        Some((from, to)) => Some(left.slice(*offsets.get(from)?..*offsets.get(to)?)),
        None => Some(left.slice(0..0)),
    };
    let spans = std::iter::once(Some(span)).chain(groups);
    spans.zip(0..).map(|(span, at)| Some((at, slice(span)?))).collect()
}

fn remember(shell: &mut Shell, items: BTreeMap<i64, Text>) {
    let variable = Variable { value: Value::Indexed(items), ..shell.variable_for_change("BASH_REMATCH") };
    shell.put_variable("BASH_REMATCH", variable);
}

//! `shlex`, as Python splits (not as a shell does).

use super::native;
use crate::interp::{Args, Interp, Res, Stop};
use crate::object::{Native, Value};

pub(super) static FUNCTIONS: [Native; 3] =
    [native("shlex", "split", split), native("shlex", "quote", quote), native("shlex", "join", join)];

/// What the words of a text are.
enum Fault {
    Quotation,
    Escape,
}

/// The words in POSIX mode without comments (`shlex.py`, `whitespace_split`): blanks are ` \t\r\n`.
fn words(text: &str) -> Result<Vec<String>, Fault> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('\'') => break,
                        Some(c) => word.push(c),
                        None => return Err(Fault::Quotation),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('"') => break,
                        Some('\\') => match chars.next() {
                            Some(c @ ('"' | '\\')) => word.push(c),
                            Some(c) => word.extend(['\\', c]),
                            None => return Err(Fault::Escape),
                        },
                        Some(c) => word.push(c),
                        None => return Err(Fault::Quotation),
                    }
                }
            }
            '\\' => match chars.next() {
                Some(c) => word.get_or_insert_default().push(c),
                None => return Err(Fault::Escape),
            },
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

fn split(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(value), comments, posix] = interp.params("split", args, ["s", "comments", "posix"], 1)? else {
        return Ok(Value::none());
    };
    let comments = interp.flag(comments.as_ref(), false)?;
    let posix = interp.flag(posix.as_ref(), true)?;
    if comments || !posix {
        return Err(Stop::Opaque(Box::new(Value::unknown(
            "these options of `shlex.split` are not followed",
        ))));
    }
    if value.is_known() && value.as_str().is_none() && !interp.is_unclear(&value) {
        return Err(match value.is_none() {
            true => interp.raise_unclear(crate::object::Type::ValueError),
            false => interp.no_attribute(&value, "read"),
        });
    }
    let text = interp.text(&value)?;
    match words(&text) {
        Ok(words) => Ok(interp.list(words.into_iter().map(Value::str).collect())),
        Err(Fault::Quotation) => Err(interp.value_error("No closing quotation")),
        Err(Fault::Escape) => Err(interp.value_error("No escaped character")),
    }
}

/// `shlex.quote` of a text.
fn quoted(text: &str) -> String {
    if text.is_empty() {
        return "''".to_owned();
    }
    let safe = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if text.chars().all(safe) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\"'\"'")) }
}

fn quote(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let value = interp.only("quote", args)?;
    Ok(Value::str(quoted_value(interp, &value)?))
}

/// `shlex.quote` of a value: until 3.13 whatever is false is no word at all.
fn quoted_value(interp: &mut Interp<'_>, value: &Value) -> Res<String> {
    if value.as_str().is_none() && !interp.is_unclear(value) {
        if interp.version().is_none_or(|v| v > (3, 13)) {
            return Err(Stop::Opaque(Box::new(Value::unknown("how this is quoted hangs on the version"))));
        }
        if let Ok(false) = interp.truth(value)? {
            return Ok(quoted(""));
        }
    }
    Ok(quoted(&interp.text(value)?))
}

fn join(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let value = interp.only("join", args)?;
    let mut words = Vec::new();
    for item in interp.collect(&value)? {
        words.push(quoted_value(interp, &item)?);
    }
    Ok(Value::str(words.join(" ")))
}

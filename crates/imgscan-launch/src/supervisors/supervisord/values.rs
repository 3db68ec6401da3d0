//! Values of supervisord's own kinds (`supervisor/datatypes.py`).

use imgscan_model::Text;
use imgscan_text::ini::Entry;
use imgscan_text::py_shlex::{Lexer, SPLIT, SplitError};

use crate::wrappers::Stuck;

/// `datatypes.boolean`.
pub(super) fn is_true(text: &str) -> bool {
    matches!(text.trim().to_ascii_lowercase().as_str(), "yes" | "true" | "on" | "1")
}

/// `datatypes.dict_of_key_value_pairs`: `KEY=val,KEY2="val 2"`, split by a non-posix `shlex`.
pub(super) fn pairs(text: &Text, entry: &Entry) -> Result<Vec<(String, Text)>, Stuck> {
    let lexer =
        Lexer { posix: false, whitespace_split: false, commenters: "#", wordchars: "/.+-():", open: true };
    let refused = |why: &str| Stuck::Elsewhere {
        origin: entry.origin.clone(),
        message: format!("`supervisord` does not start: `{}`: {why}", entry.key),
    };
    let tokens = match lexer.tokens(text) {
        Ok(tokens) => tokens,
        Err(SplitError::Refused(message, _)) => return Err(refused(message)),
        Err(SplitError::Unknown(_)) => return Err(refused("a part of it is not known")),
    };
    let mut pairs = Vec::new();
    for group in tokens.chunks(4) {
        let [key, equals, value, ..] = group else {
            return Err(refused("unexpected end of key/value pairs"));
        };
        if equals.word.raw() != "=" {
            return Err(refused("unexpected end of key/value pairs"));
        }
        let raw = value.word.raw();
        let start = raw.len() - raw.trim_start_matches(['\'', '"']).len();
        let end = raw.trim_end_matches(['\'', '"']).len().max(start);
        pairs.push((key.word.raw().to_owned(), value.word.slice(start..end)));
    }
    Ok(pairs)
}

/// A command line.
pub(super) fn split(command: &Text) -> Result<Vec<Text>, String> {
    match (Lexer { open: true, ..SPLIT }).tokens(command) {
        Ok(words) if words.is_empty() => Err("is empty".to_owned()),
        Ok(words) => Ok(words.into_iter().map(|split| split.word).collect()),
        Err(SplitError::Refused(message, _)) => Err(format!("cannot be split: {message}")),
        Err(SplitError::Unknown(_)) => Err("is not known".to_owned()),
    }
}

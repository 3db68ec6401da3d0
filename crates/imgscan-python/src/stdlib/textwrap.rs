//! `textwrap`

use super::native;
use crate::interp::{Args, Interp, Res, Stop};
use crate::object::{Native, Value};

pub(super) static FUNCTIONS: [Native; 1] = [native("textwrap", "dedent", dedent)];

/// `dedent(text)`
fn dedent(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(value)] = interp.params("dedent", args, ["text"], 1)? else { return Ok(Value::none()) };
    let text = interp.text(&value)?;
    interp.charge(text.len() / 16)?;
    // 3.14 takes lines of any white space for blank.
    let plain = text.chars().all(|c| matches!(c, ' ' | '\t' | '\n') || !c.is_whitespace() && !c.is_control());
    if !plain && interp.version().is_none_or(|v| v > (3, 13)) {
        return Err(Stop::Opaque(Box::new(Value::unknown(
            "what `textwrap.dedent` makes of it hangs on the version",
        ))));
    }
    Ok(Value::str(without_margin(&text)).traced(value.trace))
}

/// The text without what all lines that are not blank begin with; blank lines are empty (`textwrap.py`).
fn without_margin(text: &str) -> String {
    let blank = |c: char| c == ' ' || c == '\t';
    let lines: Vec<&str> =
        text.split('\n').map(|line| if line.chars().all(blank) { "" } else { line }).collect();
    let mut margin: Option<&str> = None;
    for line in lines.iter().filter(|line| !line.is_empty()) {
        let indent = line.get(..line.len() - line.trim_start_matches(blank).len()).unwrap_or("");
        margin = Some(match margin {
            None => indent,
            Some(before) => {
                let common = before.bytes().zip(indent.bytes()).take_while(|(a, b)| a == b).count();
                before.get(..common).unwrap_or("")
            }
        });
    }
    let margin = margin.unwrap_or("");
    let cut: Vec<&str> = lines.iter().map(|line| line.strip_prefix(margin).unwrap_or(line)).collect();
    cut.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_margin_goes() {
        assert_eq!(without_margin("  a\n    b\n \t \n  c\n"), "a\n  b\n\nc\n");
        assert_eq!(without_margin("\ta\n  b"), "\ta\n  b");
        assert_eq!(without_margin(" \ta\n \tb\n c"), "\ta\n\tb\nc");
        assert_eq!(without_margin("a\n  b"), "a\n  b");
        assert_eq!(without_margin("  "), "");
    }
}

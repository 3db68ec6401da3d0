//! `string`: templates.

use std::rc::Rc;

use super::{library, native, state};
use crate::interp::{Args, Interp, Res, Stop};
use crate::object::{Id, Native, Piece, Trace, Type, Value};

pub(super) static FUNCTIONS: [Native; 1] = [native("string", "Template", template)];

/// The model's name of a template's object.
pub(super) const TEMPLATE: &str = "string.Template";

/// `Template(template)`
fn template(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let [Some(text)] = interp.params("Template", args, ["template"], 1)? else { return Ok(Value::none()) };
    Ok(library(interp, TEMPLATE, vec![("template", text)]))
}

/// A part of a template.
#[derive(Debug, PartialEq)]
enum Part<'t> {
    Text(&'t str),
    /// A name, and how it stands in the template.
    Name(&'t str, &'t str),
    /// A `$` that begins nothing, at this many bytes.
    Invalid(usize),
}

/// The parts of a template (`Template.pattern` of `string.py`).
fn parts(template: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.find('$') {
        let (before, from) = rest.split_at(at);
        parts.push(Part::Text(before));
        let after = from.get(1..).unwrap_or("");
        let braced = after.strip_prefix('{').and_then(|inner| {
            let name = identifier(inner)?;
            inner.get(name.len()..)?.starts_with('}').then_some(name)
        });
        let length = match (braced, identifier(after)) {
            _ if after.starts_with('$') => {
                parts.push(Part::Text("$"));
                2
            }
            (Some(name), _) => {
                let length = name.len() + 3;
                parts.push(Part::Name(name, from.get(..length).unwrap_or("")));
                length
            }
            (None, Some(name)) => {
                let length = name.len() + 1;
                parts.push(Part::Name(name, from.get(..length).unwrap_or("")));
                length
            }
            (None, None) => {
                parts.push(Part::Invalid(template.len() - from.len()));
                1
            }
        };
        rest = from.get(length..).unwrap_or("");
    }
    parts.push(Part::Text(rest));
    parts
}

/// The name at the beginning of a text: `[_a-z][_a-z0-9]*` of either case.
fn identifier(text: &str) -> Option<&str> {
    let end = text.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    let name = text.get(..end)?;
    name.starts_with(|c: char| !c.is_ascii_digit()).then_some(name)
}

/// A method of a template.
pub(super) fn call(interp: &mut Interp<'_>, own: Id, name: &str, args: Args) -> Res<Value> {
    let safe = match name {
        "substitute" => false,
        "safe_substitute" => true,
        _ => {
            return Err(Stop::Opaque(Box::new(Value::unknown(format!("`Template.{name}` is not modelled")))));
        }
    };
    interp.expect_closed(&args)?;
    let mapping = match args.positional.as_slice() {
        [] => None,
        [mapping] => Some(mapping.clone()),
        _ => return Err(interp.raise_unclear(Type::TypeError)),
    };
    let template = state(interp, own, "template").unwrap_or_else(Value::none);
    let text = interp.text(&template)?;
    let mut trace = template.trace.clone();
    let mut pieces = Vec::new();
    for part in parts(&text) {
        match part {
            Part::Text(text) => pieces.push(Piece::Text(text.into())),
            Part::Invalid(_) if safe => pieces.push(Piece::Text("$".into())),
            Part::Invalid(at) => return Err(invalid(interp, &text, at)),
            Part::Name(name, shown) => match look_up(interp, &args, mapping.as_ref(), name, safe)? {
                Some(value) => {
                    trace = trace.merge(&value.trace);
                    pieces.extend(interp.pieces_of(&value)?);
                }
                None => pieces.push(Piece::Text(shown.into())),
            },
        }
    }
    finish(interp, pieces, trace)
}

/// The string of the pieces.
fn finish(interp: &mut Interp<'_>, pieces: Vec<Piece>, trace: Trace) -> Res<Value> {
    interp.check_size(Piece::known_length(&pieces))?;
    let value = match interp.plain_pieces(&pieces) {
        Ok(text) => Value::str(text),
        Err(_) => interp.of_pieces(pieces)?,
    };
    Ok(value.traced(trace))
}

/// What stands for a name: a keyword, else an entry of the mapping. `None` where there is neither and `safe` says that
/// this is no error.
fn look_up(
    interp: &mut Interp<'_>,
    args: &Args,
    mapping: Option<&Value>,
    name: &str,
    safe: bool,
) -> Res<Option<Value>> {
    if let Some((_, value)) = args.keywords.iter().find(|(keyword, _)| **keyword == *name) {
        return Ok(Some(value.clone()));
    }
    let key = Value::str(name);
    let missing = match mapping {
        None => interp.raise_with(Type::KeyError, vec![key]),
        Some(mapping) => match interp.get_item(mapping, &key) {
            Ok(value) => return Ok(Some(value)),
            Err(stop) => stop,
        },
    };
    match missing {
        Stop::Raise(exc) if safe && interp.is_exception_of(&exc.value, Type::KeyError) == Some(true) => {
            Ok(None)
        }
        other => Err(other),
    }
}

/// The complaint about a `$` that begins nothing.
fn invalid(interp: &mut Interp<'_>, template: &str, at: usize) -> Stop {
    let before: Rc<str> = template.get(..=at).unwrap_or("").into();
    // `splitlines` knows more ends of lines.
    if before.chars().any(|c| c != '\n' && (c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))) {
        return interp.raise_unclear(Type::ValueError);
    }
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count();
    interp.value_error(format!("Invalid placeholder in string: line {line}, col {column}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_bare_or_in_braces() {
        let expected = [
            Part::Text("a"),
            Part::Name("b1", "$b1"),
            Part::Text("-"),
            Part::Name("c", "${c}"),
            Part::Text(""),
            Part::Text("$"),
            Part::Text("d"),
            Part::Invalid(12),
            Part::Text("{e "),
            Part::Invalid(16),
            Part::Text("1"),
        ];
        assert_eq!(parts("a$b1-${c}$$d${e $1"), expected.as_slice());
    }
}

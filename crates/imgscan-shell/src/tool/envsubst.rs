//! `envsubst` of GNU gettext: `$NAME` and `${NAME}` of exported variables, and nothing else of the shell's.

use imgscan_model::Text;

use super::{Job, Ran, Source};
use crate::shell::Shell;
use crate::syntax::{is_name_byte, is_name_start};
use crate::texts::Builder;

/// `envsubst [SHELL-FORMAT]`
pub(super) fn envsubst(job: &mut Job<'_>) -> Ran {
    let mut lists = false;
    let mut format: Option<Text> = None;
    for arg in job.args {
        match arg.known() {
            Some("-v" | "--variables") => lists = true,
            Some(option) if option.starts_with('-') && option.len() > 1 => {
                return Ran::Unknown("options of `envsubst` are not followed".into());
            }
            _ if format.is_some() => return Ran::Status(1),
            _ => format = Some(arg.clone()),
        }
    }
    if lists {
        return Ran::Unknown("options of `envsubst` are not followed".into());
    }
    let names = match &format {
        None => None,
        Some(format) => match names(format) {
            Some(names) => Some(names),
            None => return Ran::Unknown("which variables it replaces is not known".into()),
        },
    };
    let text = match job.stdin() {
        Source::Known(text) => text,
        Source::Missing => return Ran::Status(1),
        Source::Partly(text) | Source::Unknown(text) => {
            let hole = job.hole(imgscan_model::Shape::Any, &text);
            job.out(hole);
            return Ran::Status(0);
        }
    };
    if job.charge(1 + text.len() as u64 / 64).is_none() {
        return Ran::Unknown("its input is too long".into());
    }
    let origin = job.origin.clone();
    let out =
        replaced(job.shell, &text, |name| names.as_ref().is_none_or(|names| names.iter().any(|n| n == name)));
    job.out(out.handed_on(&origin));
    Ran::Status(0)
}

/// The names that a format holds.
fn names(format: &Text) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let known = format.known()?;
    for (_, name) in references(known) {
        found.push(name.to_owned());
    }
    Some(found)
}

/// The references in a text: where they stand and the names.
fn references(text: &str) -> Vec<(std::ops::Range<usize>, &str)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(dollar) = text.get(at..).and_then(|rest| rest.find('$')) {
        let start = at + dollar;
        let braced = bytes.get(start + 1) == Some(&b'{');
        let from = start + 1 + usize::from(braced);
        let length = bytes.iter().skip(from).take_while(|b| is_name_byte(**b)).count();
        let named = bytes.get(from).is_some_and(|b| is_name_start(*b));
        let end = from + length;
        let closed = !braced || bytes.get(end) == Some(&b'}');
        if named && closed {
            let end_all = end + usize::from(braced);
            found.push((start..end_all, text.get(from..end).unwrap_or("")));
            at = end_all;
        } else {
            // What was read of a name is passed over, as the real one does.
            at = if named { end } else { start + 1 };
        }
    }
    found
}

fn replaced(shell: &mut Shell, text: &Text, chosen: impl Fn(&str) -> bool) -> Text {
    let mut out = Builder::new(text);
    let mut kept = 0;
    for (range, name) in references(text.raw()) {
        if !chosen(name) {
            continue;
        }
        let place = text.place(range.clone()).map(|p| p.origin);
        out.keep(kept..range.start);
        kept = range.end;
        if let Some(place) = place {
            shell.note_read(name, None, &place);
            if let Some(value) = exported(shell, name) {
                out.add(value.through(&place));
            }
        }
    }
    out.keep(kept..text.len());
    out.finish()
}

fn exported(shell: &Shell, name: &str) -> Option<Text> {
    let variable = shell.local.variables.get(name)?;
    if variable.exported { shell.value(name) } else { None }
}

#[cfg(test)]
mod tests {
    use super::references;

    #[test]
    fn only_names_count() {
        let found: Vec<&str> =
            references("$a ${b} $1 ${c:-d} $$e ${f $_g $").into_iter().map(|(_, n)| n).collect();
        assert_eq!(found, ["a", "b", "e", "_g"]);
    }
}

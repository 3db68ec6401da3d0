//! Python's `text % mapping`, over text that knows where its parts stand.

use imgscan_model::{Origin, Text};

/// What a name stands for.
#[derive(Clone, Debug)]
pub(super) enum Held {
    Text(Text),
    Int(i64),
}

/// Names and what they stand for; the last of a name counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    held: Vec<(String, Held)>,
}

impl Names {
    pub(super) fn set(&mut self, name: impl Into<String>, held: Held) {
        let name = name.into();
        match self.held.iter_mut().find(|(known, _)| *known == name) {
            Some(known) => known.1 = held,
            None => self.held.push((name, held)),
        }
    }

    /// Takes over what other names stand for.
    pub(super) fn set_all(&mut self, others: &Names) {
        others.held.iter().for_each(|(name, held)| self.set(name.clone(), held.clone()));
    }

    fn get(&self, name: &str) -> Option<&Held> {
        self.held.iter().find(|(known, _)| known == name).map(|(_, held)| held)
    }
}

/// Why a text cannot be expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// A name that stands for nothing.
    Unknown(String),
    /// No format that Python takes, in words.
    Bad(String),
}

/// Replaces `%(name)s`, `%(name)d` (with flags and width, as in `%(process_num)02d`) and `%%`. `missing` answers for
/// names that stand for nothing.
pub(super) fn expand(
    text: &Text,
    names: &Names,
    origin: &Origin,
    missing: &mut dyn FnMut(&str) -> Option<Text>,
) -> Result<Text, Trouble> {
    let raw = text.raw();
    let mut pieces: Vec<Text> = Vec::new();
    let mut kept = 0;
    while let Some(found) = raw.get(kept..).and_then(|rest| rest.find('%')) {
        let start = kept + found;
        pieces.push(text.slice(kept..start));
        let rest = &raw[start + 1..];
        if rest.starts_with('%') {
            pieces.push(text.slice(start..start + 1));
            kept = start + 2;
            continue;
        }
        let Some((name, after)) = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) else {
            return Err(Trouble::Bad("format requires a mapping".to_owned()));
        };
        let end = after.find(|c: char| !"#0- +.123456789".contains(c)).unwrap_or(after.len());
        let (flags, conversion) = (&after[..end], after[end..].chars().next());
        let held = names.get(name).cloned().or_else(|| missing(name).map(Held::Text));
        let held = held.ok_or_else(|| Trouble::Unknown(name.to_owned()))?;
        pieces.push(match (held, conversion) {
            (Held::Text(value), Some('s')) => padded(value, flags, origin)?,
            (Held::Int(n), Some('s')) => padded(Text::derived(n.to_string(), origin.clone()), flags, origin)?,
            (Held::Int(n), Some('d' | 'i' | 'u')) => Text::derived(number(n, flags), origin.clone()),
            (Held::Text(_), Some('d' | 'i' | 'u')) => {
                return Err(Trouble::Bad("%d format: a real number is required, not str".to_owned()));
            }
            (_, Some(other)) => return Err(Trouble::Bad(format!("`%{flags}{other}` is not followed"))),
            (_, None) => return Err(Trouble::Bad("incomplete format".to_owned())),
        });
        kept = start + 1 + name.len() + 2 + end + conversion.map_or(0, char::len_utf8);
    }
    if kept == 0 {
        return Ok(text.clone());
    }
    pieces.push(text.slice(kept..raw.len()));
    Ok(Text::concat(&pieces))
}

/// A width for text: blanks in front, or behind with `-`.
fn padded(value: Text, flags: &str, origin: &Origin) -> Result<Text, Trouble> {
    if flags.is_empty() {
        return Ok(value);
    }
    let left = flags.starts_with('-');
    let digits = flags.trim_start_matches(['-', '0', ' ', '+', '#']);
    let width: usize = digits.parse().map_err(|_| Trouble::Bad(format!("`%{flags}s` is not followed")))?;
    let known =
        value.known().ok_or_else(|| Trouble::Bad(format!("`%{flags}s` of a value that is not known")))?;
    let count = width.min(1024).saturating_sub(known.chars().count());
    let blanks = Text::derived(" ".repeat(count), origin.clone());
    Ok(if left { Text::concat([&value, &blanks]) } else { Text::concat([&blanks, &value]) })
}

fn number(n: i64, flags: &str) -> String {
    let width: usize = flags.trim_start_matches(['-', '0', ' ', '+', '#']).parse().unwrap_or(0).min(1024);
    let marks = &flags[..flags.len() - flags.trim_start_matches(['-', '0', ' ', '+', '#']).len()];
    let text = if marks.contains('+') && n >= 0 { format!("+{n}") } else { n.to_string() };
    match (marks.contains('-'), marks.contains('0')) {
        (true, _) => format!("{text:<width$}"),
        (false, true) => {
            let (sign, digits) =
                text.strip_prefix(['-', '+']).map_or(("", text.as_str()), |d| (&text[..1], d));
            format!("{sign}{digits:0>fill$}", fill = width.saturating_sub(sign.len()))
        }
        (false, false) => format!("{text:>width$}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &str) -> Result<String, Trouble> {
        let origin = Origin::Runtime { what: "test".into() };
        let mut names = Names::default();
        names.set("n", Held::Int(7));
        names.set("s", Held::Text(Text::new("x", origin.clone())));
        let text = Text::new(text, origin.clone());
        expand(&text, &names, &origin, &mut |_| None).map(|text| text.raw().to_owned())
    }

    #[test]
    fn formats_as_python_does() {
        assert_eq!(run("a%(s)sb%%").unwrap(), "axb%");
        assert_eq!(run("%(n)02d|%(n)s|%(n)3d|%(n)-3d|%(s)3s|%(s)-3s|").unwrap(), "07|7|  7|7  |  x|x  |");
        assert_eq!(run("%(n)+d %(n)+03d").unwrap(), "+7 +07");
    }

    #[test]
    fn what_python_refuses() {
        assert_eq!(run("%(ENV_A)s"), Err(Trouble::Unknown("ENV_A".into())));
        assert!(matches!(run("100%"), Err(Trouble::Bad(_))));
        assert!(matches!(run("%(s)d"), Err(Trouble::Bad(_))));
        assert!(matches!(run("%(s)"), Err(Trouble::Bad(_))));
    }
}

//! Options as utilities take them: letters in bundles, values behind them, `--`.

use imgscan_model::Text;

/// Options and operands of a call.
#[derive(Default)]
pub(super) struct Parsed {
    /// Letters (or long names) in order, with their values.
    pub options: Vec<(String, Option<Text>)>,
    pub operands: Vec<Text>,
}

impl Parsed {
    /// Whether an option was given, by any of its names.
    pub(super) fn has(&self, names: &[&str]) -> bool {
        self.options.iter().any(|(name, _)| names.contains(&name.as_str()))
    }

    /// The value of the last option of these names.
    pub(super) fn value(&self, names: &[&str]) -> Option<&Text> {
        self.options
            .iter()
            .rev()
            .find(|(name, _)| names.contains(&name.as_str()))
            .and_then(|(_, v)| v.as_ref())
    }
}

/// Reads options: `flags` and `with_value` are letters, `long` the long names (with `=` where they take a value).
/// `None` where an option is not among them or a word that may be an option is not known.
pub(super) fn parse(args: &[Text], flags: &str, with_value: &str, long: &[&str]) -> Option<Parsed> {
    let mut parsed = Parsed::default();
    let mut args = args.iter();
    let mut no_more = false;
    while let Some(arg) = args.next() {
        let raw = arg.raw();
        let may_be_option = raw.starts_with('-') && raw.len() > 1 && !no_more;
        let unknown_start = arg.hole_at(0).is_some_and(|o| o.shape != imgscan_model::Shape::Number);
        if unknown_start && !no_more {
            // A word that is not known is taken for an operand.
            parsed.operands.push(arg.clone());
            continue;
        }
        if !may_be_option {
            parsed.operands.push(arg.clone());
            continue;
        }
        if raw == "--" {
            no_more = true;
            continue;
        }
        if let Some(name) = raw.strip_prefix("--") {
            let (name, value) = match name.find('=') {
                Some(at) => (name.get(..at)?, Some(arg.slice(at + 3..raw.len()))),
                None => (name, None),
            };
            let takes = long.iter().find(|l| l.trim_end_matches('=') == name)?.ends_with('=');
            let value = match (takes, value) {
                (true, None) => Some(args.next()?.clone()),
                (true, value) => value,
                (false, None) => None,
                (false, Some(_)) => return None,
            };
            parsed.options.push((name.to_owned(), value));
            continue;
        }
        for (at, letter) in raw.char_indices().skip(1) {
            if flags.contains(letter) {
                parsed.options.push((letter.to_string(), None));
            } else if with_value.contains(letter) {
                let rest = arg.slice(at + 1..raw.len());
                let value = if rest.is_empty() { args.next()?.clone() } else { rest };
                parsed.options.push((letter.to_string(), Some(value)));
                break;
            } else {
                return None;
            }
        }
    }
    Some(parsed)
}

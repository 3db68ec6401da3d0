//! Options as the common libraries read them: POSIX `getopt`, GNU `getopt_long`, Go's `flag`.

use imgscan_model::Text;

/// The options that a program takes. Reading stops at the first word that is no option, as every wrapper's does.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Grammar {
    /// Letters without a value.
    pub flags: &'static str,
    /// Letters with a value, in the same word or the next.
    pub values: &'static str,
    /// Letters that may have a value in the same word only.
    pub optional: &'static str,
    /// Long names without a value.
    pub long_flags: &'static [&'static str],
    /// Long names with a value, after `=` or in the next word.
    pub long_values: &'static [&'static str],
    /// Long names that may have a value after `=`.
    pub long_optional: &'static [&'static str],
    /// Whether long names may be cut short (GNU `getopt_long`).
    pub abbreviated: bool,
    /// Whether one dash is as good as two for long names (Go's `flag`).
    pub one_dash: bool,
}

/// An option that was given: its letter or long name without dashes.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub name: String,
    pub value: Option<Text>,
    /// Index of its word.
    pub word: usize,
}

/// The options that were given, and where they end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parsed {
    pub options: Vec<Given>,
    /// Index of the first word after the options (and after `--`).
    pub rest: usize,
    /// Whether `--` ended them.
    pub dashes: bool,
}

impl Parsed {
    /// Whether an option was given under one of these names.
    pub(crate) fn has(&self, names: &[&str]) -> bool {
        self.options.iter().any(|given| names.contains(&given.name.as_str()))
    }

    /// The value that was given last under one of these names.
    pub(crate) fn value(&self, names: &[&str]) -> Option<&Text> {
        let last = self.options.iter().rev().find(|given| names.contains(&given.name.as_str()))?;
        last.value.as_ref()
    }
}

/// A word that the grammar has no meaning for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// Its index.
    pub word: usize,
    /// What is wrong with it.
    pub message: String,
}

impl Grammar {
    /// Reads the options in `words` from index `from` on.
    pub(crate) fn parse(&self, words: &[Text], from: usize) -> Result<Parsed, Refused> {
        let mut parsed = Parsed { rest: from, ..Parsed::default() };
        while let Some(word) = words.get(parsed.rest) {
            let at = parsed.rest;
            if !word.raw().starts_with('-') && word.known().is_none() && word.hole_at(0).is_some() {
                return Err(Refused {
                    word: at,
                    message: format!("whether `{}` is an option is not known", word.display()),
                });
            }
            match word.raw() {
                "--" => {
                    parsed.rest += 1;
                    parsed.dashes = true;
                    break;
                }
                "-" => break,
                raw if raw.starts_with("--") || (self.one_dash && raw.starts_with('-')) => {
                    self.long(words, &mut parsed)?;
                }
                raw if raw.starts_with('-') => self.short(words, &mut parsed)?,
                _ => break,
            }
        }
        Ok(parsed)
    }

    /// Reads the options in `words` from index `from` on, also those behind other words, up to `--`, as GNU
    /// `getopt_long` (and glibc's `getopt`) takes them: the words in that order, options in front, with what was given.
    pub(crate) fn permuted(&self, words: &[Text], from: usize) -> Result<(Vec<Text>, Parsed), Refused> {
        let mut parsed = Parsed::default();
        let mut front: Vec<Text> = words.get(..from).unwrap_or_default().to_vec();
        let mut operands: Vec<Text> = Vec::new();
        let mut at = from;
        while at < words.len() && !parsed.dashes {
            let more = self.parse(words, at)?;
            front.extend(words.get(at..more.rest).unwrap_or_default().iter().cloned());
            parsed.options.extend(more.options);
            parsed.dashes = more.dashes;
            at = more.rest;
            if !parsed.dashes {
                operands.extend(words.get(at).cloned());
                at += 1;
            }
        }
        operands.extend(words.get(at..).unwrap_or_default().iter().cloned());
        parsed.rest = front.len();
        Ok((front.into_iter().chain(operands).collect(), parsed))
    }

    fn long(&self, words: &[Text], parsed: &mut Parsed) -> Result<(), Refused> {
        let at = parsed.rest;
        let Some(word) = words.get(at) else { return Ok(()) };
        let raw = word.raw();
        let dashes = if raw.starts_with("--") { 2 } else { 1 };
        let end = raw.find('=').unwrap_or(raw.len());
        let attached = (end < raw.len()).then(|| word.slice(end + 1..raw.len()));
        let name = self.complete(&raw[dashes..end]).ok_or_else(|| unknown_option(at, word))?;
        let value = if self.long_values.contains(&name) {
            let value = attached.or_else(|| {
                parsed.rest += 1;
                words.get(parsed.rest).cloned()
            });
            Some(value.ok_or_else(|| missing_value(at, word))?)
        } else if self.long_optional.contains(&name) || self.one_dash {
            attached
        } else if attached.is_some() {
            return Err(unknown_option(at, word));
        } else {
            None
        };
        parsed.options.push(Given { name: name.to_owned(), value, word: at });
        parsed.rest += 1;
        Ok(())
    }

    /// The full name of a long option, of which `given` may be an unambiguous beginning.
    fn complete(&self, given: &str) -> Option<&'static str> {
        let all = || self.long_flags.iter().chain(self.long_values).chain(self.long_optional).copied();
        if let Some(exact) = all().find(|name| *name == given) {
            return Some(exact);
        }
        if !self.abbreviated || given.is_empty() {
            return None;
        }
        let mut fitting = all().filter(|name| name.starts_with(given));
        fitting.next().filter(|_| fitting.next().is_none())
    }

    fn short(&self, words: &[Text], parsed: &mut Parsed) -> Result<(), Refused> {
        let at = parsed.rest;
        let Some(word) = words.get(at) else { return Ok(()) };
        let raw = word.raw();
        for (offset, letter) in raw.char_indices().skip(1) {
            if word.hole_at(offset).is_some() {
                return Err(unknown_option(at, word));
            }
            let end = offset + letter.len_utf8();
            let attached = (end < raw.len()).then(|| word.slice(end..raw.len()));
            let value = if self.flags.contains(letter) {
                parsed.options.push(Given { name: letter.to_string(), value: None, word: at });
                continue;
            } else if self.values.contains(letter) {
                let value = attached.or_else(|| {
                    parsed.rest += 1;
                    words.get(parsed.rest).cloned()
                });
                Some(value.ok_or_else(|| missing_value(at, word))?)
            } else if self.optional.contains(letter) {
                attached
            } else {
                return Err(unknown_option(at, word));
            };
            parsed.options.push(Given { name: letter.to_string(), value, word: at });
            break;
        }
        parsed.rest += 1;
        Ok(())
    }
}

fn unknown_option(word: usize, text: &Text) -> Refused {
    Refused { word, message: format!("option `{}` is not known", text.display()) }
}

fn missing_value(word: usize, text: &Text) -> Refused {
    Refused { word, message: format!("option `{}` lacks its value", text.display()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use imgscan_model::Origin;

    const GNU: Grammar = Grammar {
        flags: "iE",
        values: "un",
        optional: "",
        long_flags: &["ignore-environment", "verbose"],
        long_values: &["unset", "user"],
        long_optional: &["block-signal"],
        abbreviated: true,
        one_dash: false,
    };

    fn words(line: &str) -> Vec<Text> {
        let origin = Origin::Runtime { what: "test".into() };
        line.split(' ').map(|word| Text::new(word, origin.clone())).collect()
    }

    type Shape = (Vec<(String, Option<String>)>, usize);

    fn shape(line: &str) -> Result<Shape, String> {
        let parsed = GNU.parse(&words(line), 0).map_err(|refused| refused.message)?;
        let given = |g: &Given| (g.name.clone(), g.value.as_ref().map(|v| v.raw().to_owned()));
        Ok((parsed.options.iter().map(given).collect(), parsed.rest))
    }

    #[test]
    fn letters_cluster_and_take_values_in_the_same_word_or_the_next() {
        assert_eq!(
            shape("-iuX -u Y cmd -i"),
            Ok((vec![("i".into(), None), ("u".into(), Some("X".into())), ("u".into(), Some("Y".into()))], 3))
        );
    }

    #[test]
    fn long_names_may_be_cut_short_while_they_are_unique() {
        assert_eq!(
            shape("--uns=X --ver cmd"),
            Ok((vec![("unset".into(), Some("X".into())), ("verbose".into(), None)], 2))
        );
        assert_eq!(shape("--u X"), Err("option `--u` is not known".into()));
        assert_eq!(shape("--verbose=1 x"), Err("option `--verbose=1` is not known".into()));
    }

    #[test]
    fn dashes_end_the_options() {
        assert_eq!(shape("-i -- -u"), Ok((vec![("i".into(), None)], 2)));
        assert_eq!(shape("-n"), Err("option `-n` lacks its value".into()));
    }
}

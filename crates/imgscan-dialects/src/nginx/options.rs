//! nginx's command line (`ngx_get_options` and `ngx_process_options` in `src/core/nginx.c`).

use imgscan_model::Text;

/// What the words of the command line say.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `-p`
    pub prefix: Option<Text>,
    /// `-c`
    pub conf: Option<Text>,
    /// `-g`
    pub directives: Option<Text>,
    /// `-e` (since 1.19.5)
    pub error_log: Option<Text>,
    /// `-t` or `-T`
    pub test: bool,
    /// What it does instead of serving, with the word that says so.
    pub leaves: Option<(&'static str, Text)>,
    /// Texts that an option given again put aside, with the option.
    pub discarded: Vec<(char, Text)>,
}

/// What keeps the command line from being followed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum OptionError {
    /// nginx refuses it, with its own words.
    #[error("{message}")]
    Refused {
        /// nginx's words.
        message: String,
        /// The word that is meant.
        word: Option<Text>,
    },
    /// A word is not known.
    #[error("a word of the command line is not known")]
    Unknown(Text),
}

/// Reads the words after the program's name.
///
/// # Errors
///
/// Where nginx refuses an option, and where a word that has to be looked into is not known.
pub fn read(words: &[Text]) -> Result<Options, OptionError> {
    let mut options = Options::default();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        at += 1;
        let Some(text) = readable(word) else { return Err(OptionError::Unknown(word.clone())) };
        if !text.starts_with('-') {
            return Err(refuse(format!("invalid option: \"{text}\""), Some(word)));
        }
        for (i, letter) in text.char_indices().skip(1) {
            if let Some(value) = takes_value(letter) {
                let rest = i + letter.len_utf8();
                let argument = if rest < word.len() {
                    word.slice(rest..word.len())
                } else {
                    let next = words.get(at).cloned();
                    at += 1;
                    next.ok_or_else(|| refuse(format!("option \"-{letter}\" requires {value}"), Some(word)))?
                };
                options.set(letter, argument)?;
                break;
            }
            options.flag(letter, word)?;
        }
    }
    Ok(options)
}

/// The word as far as it decides which option it is: a hole in the value of an option may stand.
fn readable(word: &Text) -> Option<&str> {
    let raw = word.raw();
    let first_hole = word.holes().next().map_or(raw.len(), |(range, _)| range.start);
    let letters = raw.get(1..first_hole)?;
    let has_value = letters.chars().any(|c| takes_value(c).is_some());
    (first_hole == raw.len() || (raw.starts_with('-') && has_value)).then_some(raw)
}

/// What nginx calls the value of an option that takes one.
fn takes_value(letter: char) -> Option<&'static str> {
    match letter {
        'p' => Some("directory name"),
        'c' | 'e' => Some("file name"),
        'g' | 's' => Some("parameter"),
        _ => None,
    }
}

fn refuse(message: String, word: Option<&Text>) -> OptionError {
    OptionError::Refused { message, word: word.cloned() }
}

impl Options {
    fn flag(&mut self, letter: char, word: &Text) -> Result<(), OptionError> {
        let what = match letter {
            '?' | 'h' => "prints its help and ends",
            'v' | 'V' => "prints its version and ends",
            't' | 'T' => {
                self.test = true;
                "tests the configuration and ends"
            }
            'q' => return Ok(()),
            _ => return Err(refuse(format!("invalid option: \"{letter}\""), Some(word))),
        };
        // `-v` and `-h` end the program before `-t` and `-s` have their turn, unless `-t` is given as well.
        if self.leaves.is_none() || self.test {
            self.leaves = Some((what, word.clone()));
        }
        Ok(())
    }

    fn set(&mut self, letter: char, value: Text) -> Result<(), OptionError> {
        let slot = match letter {
            'p' => &mut self.prefix,
            'c' => &mut self.conf,
            'g' => &mut self.directives,
            'e' => &mut self.error_log,
            _ => return self.signal(value),
        };
        if let Some(old) = slot.replace(value) {
            self.discarded.push((letter, old));
        }
        Ok(())
    }

    fn signal(&mut self, value: Text) -> Result<(), OptionError> {
        match value.known() {
            Some("stop" | "quit" | "reopen" | "reload") => {
                self.leaves.get_or_insert(("sends a signal to a running nginx and ends", value));
                Ok(())
            }
            Some(other) => Err(refuse(format!("invalid option: \"-s {other}\""), Some(&value))),
            None => Err(OptionError::Unknown(value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use imgscan_model::Origin;

    fn options(words: &[&str]) -> Result<Options, String> {
        let origin =
            |i: usize| Origin::ImageCmd { index: u32::try_from(i).unwrap(), chars: None, instruction: None };
        let words: Vec<Text> = words.iter().enumerate().map(|(i, w)| Text::new(*w, origin(i))).collect();
        read(&words).map_err(|e| e.to_string())
    }

    #[test]
    fn values_are_attached_or_follow_and_the_last_one_wins() {
        let read = options(&["-gdaemon off;", "-c", "/a", "-qc/b", "-p", "/srv"]).unwrap();
        assert_eq!(read.directives.unwrap().raw(), "daemon off;");
        assert_eq!(read.conf.unwrap().raw(), "/b");
        assert_eq!(read.prefix.unwrap().raw(), "/srv");
        assert_eq!(read.discarded[0].1.raw(), "/a");
    }

    #[test]
    fn what_nginx_refuses() {
        assert_eq!(options(&["start"]).unwrap_err(), "invalid option: \"start\"");
        assert_eq!(options(&["-x"]).unwrap_err(), "invalid option: \"x\"");
        assert_eq!(options(&["-g"]).unwrap_err(), "option \"-g\" requires parameter");
        assert_eq!(options(&["-s", "start"]).unwrap_err(), "invalid option: \"-s start\"");
    }

    #[test]
    fn what_ends_at_once() {
        assert_eq!(options(&["-t"]).unwrap().leaves.unwrap().0, "tests the configuration and ends");
        assert_eq!(options(&["-V"]).unwrap().leaves.unwrap().0, "prints its version and ends");
        assert!(options(&["-g", "daemon off;"]).unwrap().leaves.is_none());
    }
}

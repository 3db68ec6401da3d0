//! The words after `sh`.

use imgscan_model::Text;
use imgscan_shell::{Dialect, Options};

use crate::getopt::Refused;

/// What a shell is told to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// `-c`: index of the word with the text.
    Text(usize),
    /// A file: index of its word.
    File(usize),
    /// Standard input; arguments begin at this index.
    Input(usize),
}

/// How a shell is called.
#[derive(Clone, Debug)]
pub(crate) struct Invocation {
    pub what: What,
    /// Whether it reads the profiles.
    pub login: bool,
    /// bash's `--posix`.
    pub posix: bool,
    pub options: Options,
}

/// What the options have said so far.
#[derive(Default)]
struct Said {
    text: bool,
    input: bool,
    no_profile: bool,
}

impl Invocation {
    /// Reads the words: POSIX `sh`, and bash's long options. `-c` takes the first word that is no option.
    pub(crate) fn read(argv: &[Text], dialect: Dialect) -> Result<Self, Refused> {
        let name = argv.first().map(|word| word.raw()).unwrap_or_default();
        let mut found = Invocation {
            what: What::Input(argv.len()),
            login: name.starts_with('-'),
            posix: dialect == Dialect::BashPosix,
            options: Options::default(),
        };
        let mut said = Said::default();
        let mut at = 1;
        while let Some(word) = argv.get(at) {
            if word.known().is_none() {
                if !said.text && word.hole_at(0).is_some() {
                    return Err(refused(at, word, "which option or script follows is not known"));
                }
                break;
            }
            let raw = word.raw();
            if raw == "--" || raw == "-" {
                at += 1;
                break;
            }
            let has_long = dialect.is_bash() || dialect == Dialect::Ash;
            if let Some(long) = raw.strip_prefix("--").filter(|_| has_long) {
                let width = found.long(long, &mut said);
                at +=
                    width.ok_or_else(|| refused(at, word, "an option of the shell that is not followed"))?;
                continue;
            }
            let Some(letters) = raw.strip_prefix(['-', '+']).filter(|letters| !letters.is_empty()) else {
                break;
            };
            at = found.letters(argv, at, letters, dialect, &mut said)?;
        }
        found.login &= !said.no_profile;
        found.what = match (said.text, at < argv.len()) {
            (true, true) => What::Text(at),
            (true, false) => return Err(Refused { word: 0, message: "`-c` lacks its text".to_owned() }),
            (false, true) if !said.input => What::File(at),
            (false, _) => What::Input(at),
        };
        Ok(found)
    }

    /// A long option; the number of words that it takes.
    fn long(&mut self, name: &str, said: &mut Said) -> Option<usize> {
        match name {
            "login" => self.login = true,
            "posix" => self.posix = true,
            "noprofile" => said.no_profile = true,
            "norc" | "noediting" | "restricted" | "verbose" | "debugger" => {}
            "rcfile" | "init-file" => return Some(2),
            _ => return None,
        }
        Some(1)
    }

    /// A cluster of letters; the index of the word behind them and their values.
    fn letters(
        &mut self,
        argv: &[Text],
        at: usize,
        letters: &str,
        dialect: Dialect,
        said: &mut Said,
    ) -> Result<usize, Refused> {
        let Some(word) = argv.get(at) else { return Ok(at) };
        let on = word.raw().starts_with('-');
        let mut next = at + 1;
        for letter in letters.chars() {
            match letter {
                'c' if on => said.text = true,
                's' if on => said.input = true,
                'l' => self.login = on,
                'o' => {
                    let Some(option) = argv.get(next) else {
                        return Err(refused(at, word, "lacks its value"));
                    };
                    set_long(&mut self.options, option.raw(), on);
                    next += 1;
                }
                'O' if dialect.is_bash() => next += 1,
                // These change nothing of what a script starts.
                letter if "irvmbhktBEHPTIpDqV".contains(letter) => {}
                letter if set_short(&mut self.options, letter, on) => {}
                _ => return Err(refused(at, word, "an option of the shell that is not followed")),
            }
        }
        Ok(next)
    }
}

fn set_short(options: &mut Options, letter: char, on: bool) -> bool {
    match letter {
        'e' => options.errexit = on,
        'u' => options.nounset = on,
        'x' => options.xtrace = on,
        'f' => options.noglob = on,
        'a' => options.allexport = on,
        'n' => options.noexec = on,
        'C' => options.noclobber = on,
        _ => return false,
    }
    true
}

fn set_long(options: &mut Options, name: &str, on: bool) {
    match name {
        "errexit" => options.errexit = on,
        "nounset" => options.nounset = on,
        "xtrace" => options.xtrace = on,
        "noglob" => options.noglob = on,
        "allexport" => options.allexport = on,
        "noexec" => options.noexec = on,
        "noclobber" => options.noclobber = on,
        "pipefail" => options.pipefail = on,
        _ => {}
    }
}

fn refused(word: usize, text: &Text, message: &str) -> Refused {
    Refused { word, message: format!("`{}`: {message}", text.display()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use imgscan_model::Origin;

    fn read(words: &[&str], dialect: Dialect) -> Invocation {
        let words: Vec<Text> =
            words.iter().map(|w| Text::new(*w, Origin::Runtime { what: "test".into() })).collect();
        Invocation::read(&words, dialect).unwrap()
    }

    #[test]
    fn options_may_follow_the_letter_c() {
        assert_eq!(read(&["sh", "-c", "-e", "exit"], Dialect::Dash).what, What::Text(3));
        let found = read(&["bash", "-o", "pipefail", "-exlc", "x", "y"], Dialect::Bash);
        assert_eq!(found.what, What::Text(4));
        assert!(found.login && found.options.errexit && found.options.pipefail && found.options.xtrace);
    }

    #[test]
    fn a_file_or_standard_input() {
        assert_eq!(read(&["sh", "-e", "/run.sh", "-c"], Dialect::Dash).what, What::File(2));
        assert_eq!(read(&["bash", "-s", "x"], Dialect::Bash).what, What::Input(2));
        assert_eq!(read(&["bash"], Dialect::Bash).what, What::Input(1));
    }
}

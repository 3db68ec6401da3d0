//! Taking options and positionals in turn (`_parse_known_args`).

use imgscan_model::{Place, Text};
use imgscan_python::PyValue;

use super::classify::{Class, Match, classify};
use super::text_of;
use super::{Action, End, Flavour, Parsed, Parser, Taken, Word};
use crate::gunicorn::py::text::repr_str;

/// Parses `words`.
pub(super) fn run(parser: &Parser, words: &[Word], flavour: Flavour) -> Parsed {
    let mut run = Run {
        parser,
        words,
        flavour,
        classes: Vec::new(),
        parsed: Parsed { taken: Vec::new(), positionals: Vec::new(), end: End::Parsed },
        positional_open: true,
        extras: Vec::new(),
    };
    if let Err(end) = run.all() {
        run.parsed.end = end;
    }
    run.parsed
}

struct Run<'a> {
    parser: &'a Parser,
    words: &'a [Word],
    flavour: Flavour,
    classes: Vec<Class>,
    parsed: Parsed,
    /// Whether the positional was not consumed yet: it is consumed once, as many words as stand together.
    positional_open: bool,
    extras: Vec<String>,
}

/// An option that one word names, with the argument it gets, before it is taken.
struct Pending {
    option: usize,
    argument: Option<Word>,
    /// Whether the argument stands in the flag's own word.
    explicit: bool,
}

impl Run<'_> {
    fn all(&mut self) -> Result<(), End> {
        self.classify()?;
        let last = self.classes.iter().rposition(|c| matches!(c, Class::Option(_)));
        let mut at = 0;
        while last.is_some_and(|last| at <= last) {
            let next = self.next_option(at);
            if at != next {
                let end = self.positionals(at)?;
                if end > at {
                    at = end;
                    continue;
                }
                self.leave_over(at, next)?;
            }
            at = self.option(next)?;
        }
        let end = self.positionals(at)?;
        self.leave_over(end, self.words.len())?;
        if self.extras.is_empty() {
            return Ok(());
        }
        Err(End::Refused(format!("unrecognized arguments: {}", self.extras.join(" ")), self.place_of_extra()))
    }

    fn classify(&mut self) -> Result<(), End> {
        let mut after_dashes = false;
        for word in self.words {
            let class = classify(self.parser, &word.text, self.flavour, after_dashes);
            after_dashes |= class == Class::Dashes;
            match &class {
                Class::Option(matches) if matches.len() > 1 && self.flavour != Flavour::New => {
                    return Err(ambiguous(word, matches));
                }
                Class::Words(shown) => return Err(unknown(shown, word)),
                _ => {}
            }
            self.classes.push(class);
        }
        Ok(())
    }

    fn next_option(&self, from: usize) -> usize {
        let found = self.classes.iter().skip(from).position(|c| matches!(c, Class::Option(_)));
        found.map_or(self.words.len(), |n| from + n)
    }

    fn leave_over(&mut self, from: usize, to: usize) -> Result<(), End> {
        for (class, word) in self.classes.iter().zip(self.words).take(to).skip(from) {
            if let Class::Either(shown) = class {
                return Err(unknown(shown, word));
            }
            self.extras.push(word.text.display());
        }
        Ok(())
    }

    fn place_of_extra(&self) -> Option<Place> {
        let first = self.extras.first()?;
        self.words.iter().find(|w| w.text.display() == *first).and_then(|w| w.place.clone())
    }

    /// Takes the arguments that stand together from `from` on, if the positional is still open.
    fn positionals(&mut self, from: usize) -> Result<usize, End> {
        if !self.positional_open {
            return Ok(from);
        }
        let mut end = from;
        for (class, word) in self.classes.iter().zip(self.words).skip(from) {
            match class {
                Class::Argument | Class::Dashes => end += 1,
                Class::Either(shown) | Class::Words(shown) => return Err(unknown(shown, word)),
                Class::Option(_) => break,
            }
        }
        self.positional_open = false;
        let mut dashes = false;
        for (class, word) in self.classes.iter().zip(self.words).take(end).skip(from) {
            // The first `--` is taken out.
            if *class == Class::Dashes && !dashes {
                dashes = true;
            } else {
                self.parsed.positionals.push(word.clone());
            }
        }
        Ok(end)
    }

    /// Takes the option at `at` with its argument and answers where to go on.
    fn option(&mut self, at: usize) -> Result<usize, End> {
        let (Some(Class::Option(matches)), Some(word)) = (self.classes.get(at), self.words.get(at)) else {
            return Ok(at + 1);
        };
        let (matches, word) = (matches.clone(), word.clone());
        let found = match matches.as_slice() {
            [] => {
                self.extras.push(word.text.display());
                return Ok(at + 1);
            }
            [one] => one.clone(),
            _ => return Err(ambiguous(&word, &matches)),
        };
        let mut pending = Vec::new();
        let mut stop = at + 1;
        match &found.explicit {
            Some(explicit) => self.explicit(&word, &found, explicit.clone(), at, &mut pending, &mut stop)?,
            None => stop = self.following(&word, found.option, at, &mut pending)?,
        }
        for one in pending {
            self.take(&word, one)?;
        }
        Ok(stop)
    }

    /// The option of a word that holds the argument too: `--workers=4`, `-w4`, `-Rw4`.
    fn explicit(
        &mut self,
        word: &Word,
        found: &Match,
        argument: Text,
        at: usize,
        pending: &mut Vec<Pending>,
        stop: &mut usize,
    ) -> Result<(), End> {
        let (mut option, mut argument, mut equals) = (found.option, argument, found.equals);
        let single = !found.flag.starts_with("--");
        loop {
            if self.action(option).takes_argument() {
                let argument = Word { text: argument, place: word.place.clone() };
                pending.push(Pending { option, argument: Some(argument), explicit: true });
                return Ok(());
            }
            let ignored = || {
                self.refuse(
                    option,
                    &format!("ignored explicit argument {}", repr_str(&argument.display())),
                    word,
                )
            };
            let Some(first) = argument.raw().chars().next() else { return Err(ignored()) };
            if !single {
                return Err(ignored());
            }
            if argument.hole_at(0).is_some() {
                return Err(unknown(&word.text.display(), word));
            }
            if self.flavour != Flavour::Old && (equals || first == '-') {
                return Err(ignored());
            }
            let next = self.parser.find(&format!("-{first}"));
            let Some(next) = next else {
                if self.flavour == Flavour::Old {
                    return Err(ignored());
                }
                pending.push(Pending { option, argument: None, explicit: false });
                self.extras.push(format!("-{}", argument.display()));
                return Ok(());
            };
            pending.push(Pending { option, argument: None, explicit: false });
            option = next;
            let rest = argument.slice(first.len_utf8()..argument.len());
            if rest.is_empty() {
                *stop = self.following(word, option, at, pending)?;
                return Ok(());
            }
            equals = self.flavour != Flavour::Old && rest.raw().starts_with('=') && rest.hole_at(0).is_none();
            argument = if equals { rest.slice(1..rest.len()) } else { rest };
        }
    }

    /// The option of a word that holds no argument: one may follow in the next word.
    fn following(
        &self,
        word: &Word,
        option: usize,
        at: usize,
        pending: &mut Vec<Pending>,
    ) -> Result<usize, End> {
        let next = self.words.get(at + 1).cloned();
        let argument = match (self.action(option), self.classes.get(at + 1)) {
            (Action::Store | Action::Append, Some(Class::Argument | Class::Either(_))) => next,
            (Action::Store | Action::Append, _) => {
                return Err(self.refuse(option, "expected one argument", word));
            }
            (Action::StoreOptional, Some(Class::Argument)) => next,
            (Action::StoreOptional, Some(Class::Either(shown))) => return Err(unknown(shown, word)),
            _ => None,
        };
        let stop = at + 1 + usize::from(argument.is_some());
        pending.push(Pending { option, argument, explicit: false });
        Ok(stop)
    }

    fn take(&mut self, word: &Word, one: Pending) -> Result<(), End> {
        let Some(option) = self.parser.option(one.option) else { return Ok(()) };
        if matches!(option.action, Action::Help | Action::Version) {
            return Err(End::Exits(option.action, word.place.clone()));
        }
        let mut words = vec![word.clone()];
        let (value, doubt) = match &one.argument {
            None => (option.constant.clone(), None),
            // Older releases take every `--` for the mark that ends the options: nothing is left of the argument.
            Some(argument)
                if one.explicit && self.flavour == Flavour::Old && text_of(argument) == Some("--") =>
            {
                let none = option.action == Action::StoreOptional;
                (if none { option.constant.clone() } else { PyValue::List(Vec::new()) }, None)
            }
            Some(argument) => {
                let refused = |message| End::Refused(message, argument.place.clone());
                option.convert(&argument.text).map_err(refused)?
            }
        };
        words.extend(one.argument.filter(|_| !one.explicit));
        self.parsed.taken.push(Taken { option: one.option, value, words, doubt });
        Ok(())
    }

    fn action(&self, option: usize) -> Action {
        self.parser.option(option).map_or(Action::Constant, |o| o.action)
    }

    fn refuse(&self, option: usize, message: &str, word: &Word) -> End {
        let message = self.parser.option(option).map_or_else(|| message.to_owned(), |o| o.complaint(message));
        End::Refused(message, word.place.clone())
    }
}

fn ambiguous(word: &Word, matches: &[Match]) -> End {
    let flags: Vec<&str> = matches.iter().map(|m| m.flag.as_str()).collect();
    let message = format!("ambiguous option: {} could match {}", word.text.display(), flags.join(", "));
    End::Refused(message, word.place.clone())
}

fn unknown(shown: &str, word: &Word) -> End {
    End::Unknown(format!("`{shown}` may be an option, its argument or neither"), word.place.clone())
}

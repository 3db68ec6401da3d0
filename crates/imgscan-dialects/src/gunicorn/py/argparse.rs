//! `argparse.ArgumentParser.parse_args` (CPython `Lib/argparse.py`, `_parse_known_args`) for a parser with options
//! and one positional `nargs='*'`, which is what gunicorn builds.
//!
//! Words may have parts that are not known. Where such a word would decide which option is meant, or whether one is,
//! the parse ends as [`End::Unknown`]; as the argument that an option needs it is taken, for had it been an option,
//! argparse would refuse the line.

mod classify;
mod consume;

use imgscan_model::{Place, Text};
use imgscan_python::PyValue;

use super::number::{self, IntError};
use super::text::repr_str;
use crate::gunicorn::value;

/// A word of a command line with its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Word {
    /// The word.
    pub text: Text,
    /// Where it stands; `None` where that is not known.
    pub place: Option<Place>,
}

/// What an option does when it is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Prints the help and ends.
    Help,
    /// Prints the version and ends.
    Version,
    /// Takes no argument; its value is a constant.
    Constant,
    /// Takes one argument.
    Store,
    /// Takes one argument or none; none means the constant.
    StoreOptional,
    /// Takes one argument and adds it to a list.
    Append,
}

impl Action {
    /// Whether an argument may follow.
    fn takes_argument(self) -> bool {
        matches!(self, Action::Store | Action::StoreOptional | Action::Append)
    }
}

/// What an argument is converted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `str`
    Str,
    /// `int`
    Int,
    /// gunicorn's `auto_int`
    AutoInt,
}

/// An option.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Opt {
    /// How it is written, in the order of its definition.
    pub flags: Vec<String>,
    /// The name of its value.
    pub dest: String,
    /// What it does.
    pub action: Action,
    /// What its argument becomes.
    pub kind: Kind,
    /// The value without an argument.
    pub constant: PyValue,
}

/// The ways in which releases of Python differ here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// Up to 3.12.2: an ambiguous word is refused before any other is looked at; `-Rx` with an unknown `-x` is an
    /// explicit argument that is ignored; `--name=--` is an empty list.
    Old,
    /// 3.12.3 to 3.12.6 and 3.13.0: in `-Rx` the unknown `-x` is left over; `=` is looked at within `-Rw=3`.
    Middle,
    /// From 3.12.7 and 3.13.1 on: an ambiguous word is refused when its turn comes.
    New,
}

impl Flavour {
    /// The flavours that the releases of a minor version have, newest first.
    pub(crate) fn of(version: Option<(u8, u8)>) -> &'static [Flavour] {
        match version {
            Some((major, minor)) if (major, minor) < (3, 12) => &[Flavour::Old],
            Some((3, 12)) | None => &[Flavour::New, Flavour::Middle, Flavour::Old],
            Some((3, 13)) => &[Flavour::New, Flavour::Middle],
            Some(_) => &[Flavour::New],
        }
    }
}

/// An option that was met, with its converted argument.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Taken {
    /// The option's position in the parser.
    pub option: usize,
    /// Its value: the converted argument, or the constant.
    pub value: PyValue,
    /// The flag's word and, where it is a word of its own, the argument's.
    pub words: Vec<Word>,
    /// Whether the argument may be refused, hanging on what is not known: the reason.
    pub doubt: Option<String>,
}

/// How a parse ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum End {
    /// All words were taken.
    Parsed,
    /// argparse prints the usage and this complaint, and exits with status 2.
    Refused(String, Option<Place>),
    /// `--help` or `--version`.
    Exits(Action, Option<Place>),
    /// A word that is not known decides.
    Unknown(String, Option<Place>),
}

/// What a command line says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parsed {
    /// The options met, in order, up to the end.
    pub taken: Vec<Taken>,
    /// The words that are no options nor their arguments.
    pub positionals: Vec<Word>,
    /// How it ended.
    pub end: End,
}

/// A parser.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parser {
    options: Vec<Opt>,
}

impl Parser {
    /// A parser with these options; `-h` is among them where it is wanted.
    pub(crate) fn new(options: Vec<Opt>) -> Self {
        Parser { options }
    }

    /// The option at a position.
    pub(crate) fn option(&self, index: usize) -> Option<&Opt> {
        self.options.get(index)
    }

    /// Parses the words as one flavour does.
    pub(crate) fn parse(&self, words: &[Word], flavour: Flavour) -> Parsed {
        consume::run(self, words, flavour)
    }

    /// Every flag with its option, in the order of definition.
    fn flags(&self) -> impl Iterator<Item = (&str, usize)> {
        self.options.iter().enumerate().flat_map(|(i, o)| o.flags.iter().map(move |f| (f.as_str(), i)))
    }

    fn find(&self, flag: &str) -> Option<usize> {
        self.flags().find(|(f, _)| *f == flag).map(|(_, i)| i)
    }
}

impl Opt {
    /// `argument -w/--workers: message`
    fn complaint(&self, message: &str) -> String {
        format!("argument {}: {message}", self.flags.join("/"))
    }

    /// The argument converted, with the reason why it may be refused all the same.
    fn convert(&self, text: &Text) -> Result<(PyValue, Option<String>), String> {
        let Some(known) = text.known() else { return Ok(self.convert_unknown(text)) };
        let name = match self.kind {
            Kind::Str => return Ok((PyValue::Str(known.to_owned()), None)),
            Kind::Int => "int",
            Kind::AutoInt => "auto_int",
        };
        let number = if self.kind == Kind::Int { number::decimal(known) } else { number::auto(known) };
        match number {
            Ok(number) => Ok((PyValue::Int(number), None)),
            Err(IntError::Invalid(_)) => {
                Err(self.complaint(&format!("invalid {name} value: {}", repr_str(known))))
            }
            Err(IntError::Unsure) => {
                let reason = format!("`{known}` may or may not be a number");
                Ok((PyValue::Unknown { reason: reason.clone(), needs: Vec::new() }, Some(reason)))
            }
        }
    }

    fn convert_unknown(&self, text: &Text) -> (PyValue, Option<String>) {
        match self.kind {
            Kind::Str => (value::symbolic_text(text, "str"), None),
            Kind::Int | Kind::AutoInt => {
                let number = value::is_number(text);
                let doubt = (!number).then(|| format!("`{}` may not be a number", text.display()));
                (value::symbolic_text(text, "int"), doubt)
            }
        }
    }
}

/// The word, if every part of it is known.
fn text_of(word: &Word) -> Option<&str> {
    word.text.known()
}

#[cfg(test)]
mod tests;

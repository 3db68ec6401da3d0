//! From words to fields: braces, tildes, parameters, commands, arithmetic, splitting, globbing, quotes.

mod arith;
mod brace;
mod glob;
mod names;
mod param;
mod split;
mod tilde;
mod value;

use imgscan_model::{Shape, Text};

use crate::interp::{Interp, Stop};
use crate::pattern::{Pattern, Unit};
use crate::shell::Shell;
use crate::syntax::tree::{Arith, Name, Part, Word};
use crate::texts;

pub(crate) use arith::num_text;
pub(crate) use glob::{collates_as_bytes, has_other_locale};
pub(crate) use param::error_status;

/// So many bytes of text count as one step.
pub(crate) const BYTES_OF_A_STEP: u64 = 8;

/// Longest text that a word becomes, in bytes: twice what Linux takes as one argument (`MAX_ARG_STRLEN`).
const LONGEST_WORD: usize = imgscan_model::limits::VALUE_SIZE / 4;

/// Where characters of a field come from, which decides what splitting and globbing make of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Written so, without quotes: not split, but a pattern.
    Literal,
    /// Protected by quotes.
    Quoted,
    /// Came out of an expansion without quotes: split, and a pattern.
    Expanded,
}

/// A piece of a word on its way to fields.
#[derive(Clone, Debug)]
pub(crate) enum Frag {
    Text(Text, Kind),
    /// An extended pattern.
    Extended(char, Vec<Pattern>, Text),
    /// Between two elements of `"$@"`.
    Break,
}

/// How a word is expanded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct How {
    /// Inside double quotes.
    pub quoted: bool,
    /// To fields: `"$@"` gives one each. Otherwise to a single text.
    pub fields: bool,
    /// Literal characters are split, as in `${x:-a b}`.
    pub split_literals: bool,
    /// In an assignment, where a tilde may also stand behind a colon.
    pub assignment: bool,
}

impl How {
    pub(crate) const FIELDS: How =
        How { quoted: false, fields: true, split_literals: false, assignment: false };
    pub(crate) const SINGLE: How =
        How { quoted: false, fields: false, split_literals: false, assignment: false };
    pub(crate) const ASSIGNMENT: How = How { assignment: true, ..How::SINGLE };

    fn quoted(self) -> How {
        How { quoted: true, split_literals: false, ..self }
    }
}

impl Interp<'_> {
    /// The fields that words become.
    pub(crate) fn fields(&mut self, shell: &mut Shell, words: &[Word]) -> Result<Vec<Text>, Stop> {
        let mut fields = Vec::new();
        for word in words {
            self.word_fields(shell, word, &mut fields)?;
            if fields.len() > imgscan_model::limits::VALUE_SIZE / 16 {
                return Err(Stop::Lost("a command has too many words".into()));
            }
        }
        Ok(fields)
    }

    /// The fields that one word becomes.
    pub(crate) fn word_fields(
        &mut self,
        shell: &mut Shell,
        word: &Word,
        fields: &mut Vec<Text>,
    ) -> Result<(), Stop> {
        self.step(shell)?;
        if let Some(text) = literal_word(shell, word) {
            fields.push(text);
            return Ok(());
        }
        if shell.is_bash()
            && let Some(words) = brace::expand(&shell.local.unit, word)?
        {
            for word in &words {
                self.unbraced_fields(shell, word, fields)?;
            }
            return Ok(());
        }
        self.unbraced_fields(shell, word, fields)
    }

    fn unbraced_fields(
        &mut self,
        shell: &mut Shell,
        word: &Word,
        fields: &mut Vec<Text>,
    ) -> Result<(), Stop> {
        let frags = self.frags(shell, word, How::FIELDS)?;
        for field in split::split(shell, &frags) {
            self.step(shell)?;
            glob::glob(shell, field, word, fields)?;
        }
        Ok(())
    }

    /// The single text that a word becomes where the shell neither splits nor globs.
    pub(crate) fn single(&mut self, shell: &mut Shell, word: &Word) -> Result<Text, Stop> {
        self.single_as(shell, word, How::SINGLE)
    }

    /// As [`Interp::single`], the value of an assignment.
    pub(crate) fn assigned(&mut self, shell: &mut Shell, word: &Word) -> Result<Text, Stop> {
        self.single_as(shell, word, How::ASSIGNMENT)
    }

    fn single_as(&mut self, shell: &mut Shell, word: &Word, how: How) -> Result<Text, Stop> {
        self.step(shell)?;
        if let Some(text) = literal_word(shell, word) {
            return Ok(text);
        }
        let frags = self.frags(shell, word, how)?;
        Ok(concat(shell, &frags, word))
    }

    /// The text of parts that stand as if in double quotes (here-documents, arithmetic).
    pub(crate) fn quoted_text(&mut self, shell: &mut Shell, parts: &[Part]) -> Result<Text, Stop> {
        let mut frags = Vec::new();
        self.expand(shell, parts, How::SINGLE.quoted(), &mut frags)?;
        self.pay(shell, &frags)?;
        Ok(concat(shell, &frags, &Word::default()))
    }

    /// The text of an arithmetic expression before it is evaluated.
    pub(crate) fn arith_text(&mut self, shell: &mut Shell, arith: &Arith) -> Result<Text, Stop> {
        self.quoted_text(shell, &arith.parts)
    }

    /// The pattern that a word is.
    pub(crate) fn pattern(&mut self, shell: &mut Shell, word: &Word) -> Result<Pattern, Stop> {
        self.step(shell)?;
        let frags = self.frags(shell, word, How::SINGLE)?;
        let units = units(&frags);
        if units.iter().any(|unit| matches!(unit, Unit::Extended(..))) && !shell.local.shopts.extglob {
            return Err(Stop::Lost("an extended pattern stands where `extglob` is not on".into()));
        }
        known_pattern(shell, &units)
    }

    /// The pattern on the right side of `==` in `[[ ]]`, where extended patterns are always known.
    pub(crate) fn pattern_of_test(&mut self, shell: &mut Shell, word: &Word) -> Result<Pattern, Stop> {
        self.step(shell)?;
        let frags = self.frags(shell, word, How::SINGLE)?;
        known_pattern(shell, &units(&frags))
    }

    /// The regular expression that the right side of `=~` is, with what was quoted marked.
    pub(crate) fn regex_units(&mut self, shell: &mut Shell, word: &Word) -> Result<Vec<Unit>, Stop> {
        let frags = self.frags(shell, word, How::SINGLE)?;
        Ok(units(&frags))
    }

    /// Takes steps for what a word became: texts that a loop doubles would take all memory.
    fn pay(&mut self, shell: &mut Shell, frags: &[Frag]) -> Result<(), Stop> {
        let length = frags.iter().map(|frag| match frag {
            Frag::Text(text, _) | Frag::Extended(_, _, text) => text.len(),
            Frag::Break => 0,
        });
        self.pay_for(shell, length.sum())
    }

    /// Takes steps for a text of so many bytes; one that is too long ends the path.
    pub(crate) fn pay_for(&mut self, shell: &mut Shell, length: usize) -> Result<(), Stop> {
        if length > LONGEST_WORD {
            return Err(Stop::Lost("a text grows too long to be followed".into()));
        }
        self.steps(shell, length as u64 / BYTES_OF_A_STEP)
    }

    fn frags(&mut self, shell: &mut Shell, word: &Word, how: How) -> Result<Vec<Frag>, Stop> {
        let mut frags = Vec::new();
        let parts = self.tilde(shell, &word.parts, how, &mut frags);
        self.expand(shell, &parts, how, &mut frags)?;
        self.pay(shell, &frags)?;
        if how.fields && !shell.is_bash() && ends_in_a_lost_field(shell, &parts, &frags) {
            return Err(Stop::Lost(
                "shells disagree on an empty last word of `\"$@\"` before an expansion".into(),
            ));
        }
        Ok(frags)
    }

    /// Expands parts one after another.
    pub(crate) fn expand(
        &mut self,
        shell: &mut Shell,
        parts: &[Part],
        how: How,
        frags: &mut Vec<Frag>,
    ) -> Result<(), Stop> {
        for part in parts {
            self.step(shell)?;
            self.part(shell, part, how, frags)?;
        }
        Ok(())
    }

    fn part(&mut self, shell: &mut Shell, part: &Part, how: How, frags: &mut Vec<Frag>) -> Result<(), Stop> {
        let outcome = if how.quoted { Kind::Quoted } else { Kind::Expanded };
        match part {
            Part::Lit(span) => {
                let kind = if how.quoted {
                    Kind::Quoted
                } else if how.split_literals {
                    Kind::Expanded
                } else {
                    Kind::Literal
                };
                frags.push(Frag::Text(shell.local.unit.slice(*span), kind));
            }
            Part::Quoted(span) => frags.push(Frag::Text(shell.local.unit.slice(*span), Kind::Quoted)),
            Part::Decoded(text, span) => {
                frags.push(Frag::Text(shell.local.unit.slice(*span).respelled(text.as_str()), Kind::Quoted));
            }
            Part::Unreadable(span) => {
                let origin = shell.origin(*span);
                let hole =
                    texts::unknown("what this quote stands for depends on the locale", Vec::new(), &origin);
                frags.push(Frag::Text(hole, Kind::Quoted));
            }
            Part::Double(inner) if inner.is_empty() => frags.push(Frag::Text(Text::default(), Kind::Quoted)),
            Part::Double(inner) => {
                let before = frags.len();
                self.expand(shell, inner, how.quoted(), frags)?;
                if how.fields && shell.is_bash() && inner.iter().any(|part| is_empty_list(shell, part)) {
                    // bash: where `"$@"` gives no word, what else is empty between the quotes gives none either.
                    let empty = |frag: &Frag| matches!(frag, Frag::Text(text, _) if text.is_empty());
                    if frags.iter().skip(before).all(empty) {
                        frags.truncate(before);
                    }
                }
            }
            Part::Param(param) => self.param(shell, param, how, frags)?,
            Part::Command(substitution, span) => {
                let text = self.substitute(shell, substitution, *span)?;
                frags.push(Frag::Text(text, outcome));
            }
            Part::Arith(arith) => {
                let text = self.arith_value(shell, arith)?;
                frags.push(Frag::Text(text, outcome));
            }
            Part::Process { out, list, span } => {
                let path = self.process_substitution(shell, *out, list, *span)?;
                frags.push(Frag::Text(path, Kind::Quoted));
            }
            Part::Extended(kind, choices) => {
                let mut patterns = Vec::new();
                let mut text = vec![shell.local.unit.slice(Default::default()).respelled(format!("{kind}("))];
                for (i, choice) in choices.iter().enumerate() {
                    if i > 0 {
                        text.push(Text::default().respelled("|"));
                    }
                    let frags = self.frags(shell, choice, How::SINGLE)?;
                    patterns.push(Pattern::of(&units(&frags)));
                    text.push(concat(shell, &frags, choice));
                }
                text.push(Text::default().respelled(")"));
                frags.push(Frag::Extended(*kind, patterns, Text::concat(text.iter())));
            }
            Part::Array(_) => return Err(Stop::Lost("an array stands where none may stand".into())),
        }
        Ok(())
    }
}

/// Whether the last word of `"$@"` is empty and an expansion to nothing follows it: dash and busybox then mostly lose
/// the word (`ifsbreakup`), though not behind a variable that is not set.
fn ends_in_a_lost_field(shell: &Shell, parts: &[Part], frags: &[Frag]) -> bool {
    let is_list = |part: &Part| matches!(part, Part::Double(inner) if matches!(inner.as_slice(), [Part::Param(p)] if p.name == Name::Special('@')));
    shell.local.positional.last().is_some_and(Text::is_empty)
        && matches!(frags.last(), Some(Frag::Text(text, Kind::Expanded)) if text.is_empty())
        && parts.iter().rev().skip(1).any(is_list)
}

/// Whether a part is `$@` or `${a[@]}` and holds nothing.
fn is_empty_list(shell: &Shell, part: &Part) -> bool {
    use crate::state::Value;
    use crate::syntax::tree::{Index, ParamOp};
    let Part::Param(param) = part else { return false };
    if !matches!(param.op, ParamOp::Plain) {
        return false;
    }
    match (&param.name, &param.index) {
        (Name::Special('@'), _) => shell.local.positional.is_empty(),
        (Name::Variable(name), Some(Index::At)) => match shell.local.variables.get(name).map(|v| &v.value) {
            Some(Value::Indexed(items)) => items.is_empty(),
            Some(Value::Assoc(items)) => items.is_empty(),
            Some(Value::Scalar(_)) => false,
            Some(Value::Unset) | None => true,
        },
        _ => false,
    }
}

/// The text of a word that is nothing but plain characters: the most common case, without any expansion.
fn literal_word(shell: &Shell, word: &Word) -> Option<Text> {
    match word.parts.as_slice() {
        [Part::Lit(span)] => {
            let raw = shell.local.unit.raw(*span);
            let plain = !raw.contains(['*', '?', '[', '~', '{', '\\']);
            plain.then(|| shell.local.unit.slice(*span))
        }
        [Part::Quoted(span)] => Some(shell.local.unit.slice(*span)),
        _ => None,
    }
}

/// The pattern of these characters. An extended pattern that came out of an expansion is not followed.
fn known_pattern(shell: &Shell, units: &[Unit]) -> Result<Pattern, Stop> {
    let open = |pair: &[Unit]| {
        matches!(pair, [Unit::Char('?' | '*' | '+' | '@' | '!', false), Unit::Char('(', false)])
    };
    if shell.is_bash() && units.windows(2).any(open) {
        return Err(Stop::Lost("an extended pattern comes out of an expansion".into()));
    }
    Ok(Pattern::of(units))
}

/// All pieces as one text.
fn concat(shell: &Shell, frags: &[Frag], word: &Word) -> Text {
    let separator = Text::default().respelled(" ");
    let pieces: Vec<&Text> = frags
        .iter()
        .map(|frag| match frag {
            Frag::Text(text, _) | Frag::Extended(_, _, text) => text,
            Frag::Break => &separator,
        })
        .collect();
    if pieces.is_empty() {
        return shell.local.unit.slice(word.span).respelled("");
    }
    Text::concat(pieces)
}

/// The characters of pieces as a pattern reads them.
pub(crate) fn units(frags: &[Frag]) -> Vec<Unit> {
    let mut units = Vec::new();
    for frag in frags {
        match frag {
            Frag::Text(text, kind) => push_units(text, *kind == Kind::Quoted, &mut units),
            Frag::Extended(kind, patterns, _) => units.push(Unit::Extended(*kind, patterns.clone())),
            Frag::Break => units.push(Unit::Char(' ', true)),
        }
    }
    units
}

fn push_units(text: &Text, quoted: bool, units: &mut Vec<Unit>) {
    let holes: Vec<usize> = text.holes().map(|(range, _)| range.start).collect();
    for (at, c) in text.raw().char_indices() {
        units.push(if holes.contains(&at) { Unit::Hole } else { Unit::Char(c, quoted) });
    }
}

/// Whether a text may stand for any number of words.
pub(crate) fn is_open(text: &Text) -> bool {
    text.holes().any(|(_, opaque)| opaque.shape == Shape::Words)
}

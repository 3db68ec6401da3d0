//! The operators of `${}`.

use imgscan_model::{Need, Shape, Text};

use super::value::Got;
use super::{Frag, How, Kind};
use crate::arith::Num;
use crate::dialect::Dialect;
use crate::interp::{Interp, Stop};
use crate::outcome::Status;
use crate::shell::{Shell, shown};
use crate::state::Value;
use crate::syntax::tree::{Absent, Index, Name, Param, ParamOp, Word};
use crate::{texts, trim};

/// Whether `"${@+word}"` leaves no word at all where the parameter is absent: `@` without elements, in bash.
fn leaves_no_word(shell: &Shell, got: &Got) -> bool {
    matches!(got, Got::Many { items, star: false, .. } if items.is_empty()) && shell.is_bash()
}

impl Interp<'_> {
    /// Expands a parameter.
    pub(super) fn param(
        &mut self,
        shell: &mut Shell,
        param: &Param,
        how: How,
        frags: &mut Vec<Frag>,
    ) -> Result<(), Stop> {
        if let ParamOp::Bad = param.op {
            let origin = shell.origin(param.span);
            shell.problem(origin, "the shell does not know this substitution");
            return Err(if shell.is_bash() { Stop::Discard } else { Stop::exit(2) });
        }
        if let ParamOp::Names { star } = param.op {
            return self.names(shell, param, star, how, frags);
        }
        if let (Name::Variable(name), ParamOp::Plain | ParamOp::Length, true) =
            (&param.name, &param.op, param.indirect)
            && matches!(param.index, Some(Index::At | Index::Star))
        {
            return keys(shell, name, param, how, frags);
        }
        let got = if param.indirect { self.indirect(shell, param)? } else { self.got(shell, param)? };
        if !matches!(param.op, ParamOp::Absent { .. }) {
            note(shell, param, None);
        }
        let got = self.operate(shell, param, got, how, frags)?;
        if let Some(got) = got {
            push(shell, param, got, how, frags);
        }
        Ok(())
    }

    /// Applies the operator; `None` where the pieces are pushed already.
    fn operate(
        &mut self,
        shell: &mut Shell,
        param: &Param,
        got: Got,
        how: How,
        frags: &mut Vec<Frag>,
    ) -> Result<Option<Got>, Stop> {
        if let ParamOp::Absent { what, colon, word } = &param.op {
            return self.absent(shell, param, got, (*what, *colon, word), how, frags);
        }
        let is_list = matches!(got, Got::Many { .. });
        if matches!(got, Got::Unset) && shell.local.options.nounset && !is_list {
            let name = shown(shell.local.unit.raw(param.span));
            return Err(self.unset_error(shell, &name));
        }
        let counts_elements =
            matches!(param.op, ParamOp::Length) && matches!(param.index, Some(Index::At | Index::Star));
        if counts_elements && shell.local.options.nounset && is_without_value(shell, param) {
            shell.complain();
            // bash gives up the line only.
            return Err(if shell.local.dialect == Dialect::Bash { Stop::Discard } else { Stop::exit(1) });
        }
        Ok(Some(match &param.op {
            ParamOp::Length => length(shell, param, got),
            ParamOp::Trim { suffix, longest, pattern } => {
                let pattern = self.pattern(shell, pattern)?;
                self.each(shell, got, |i, shell, text| {
                    i.steps(shell, text.len() as u64 / 64)?;
                    Ok(trim::trim(text, &pattern, *suffix, *longest)
                        .unwrap_or_else(|| hole(shell, param, text)))
                })?
            }
            ParamOp::Replace { pattern, with, all, anchor } => {
                let pattern = self.pattern(shell, pattern)?;
                let with = match with {
                    Some(word) => self.single(shell, word)?,
                    None => Text::default(),
                };
                let special = with.raw().contains(['&', '\\']) && shell.is_bash();
                self.each(shell, got, |i, shell, text| {
                    i.steps(shell, trim::replace_work(text.raw(), &pattern) / 512 + text.len() as u64 / 16)?;
                    let new =
                        if special { None } else { trim::replace(text, &pattern, &with, *all, *anchor) };
                    Ok(new.unwrap_or_else(|| hole(shell, param, text)))
                })?
            }
            ParamOp::Substring { offset, length } => {
                let offset = self.arithmetic(shell, offset)?;
                let length = match length {
                    Some(length) => Some(self.arithmetic(shell, length)?),
                    None => None,
                };
                substring(shell, param, got, offset, length)?
            }
            ParamOp::Case { upper, all, pattern } => {
                let pattern =
                    if pattern.parts.is_empty() { None } else { Some(self.pattern(shell, pattern)?) };
                self.each(shell, got, |_, shell, text| {
                    Ok(trim::change_case(text, *upper, *all, pattern.as_ref())
                        .unwrap_or_else(|| hole(shell, param, text)))
                })?
            }
            ParamOp::Transform(letter) => self.each(shell, got, |_, shell, text| {
                Ok(trim::transform(text, *letter).unwrap_or_else(|| hole(shell, param, text)))
            })?,
            ParamOp::Plain | ParamOp::Absent { .. } | ParamOp::Names { .. } | ParamOp::Bad => got,
        }))
    }

    /// Applies a change to every text.
    fn each(
        &mut self,
        shell: &mut Shell,
        got: Got,
        mut change: impl FnMut(&mut Self, &mut Shell, &Text) -> Result<Text, Stop>,
    ) -> Result<Got, Stop> {
        Ok(match got {
            Got::Unset => Got::Unset,
            Got::One(text) => Got::One(change(self, shell, &text)?),
            Got::Many { items, star, positional } => {
                let mut changed = Vec::with_capacity(items.len());
                for item in &items {
                    self.step(shell)?;
                    changed.push(change(self, shell, item)?);
                }
                Got::Many { items: changed, star, positional }
            }
        })
    }

    /// `${x:-…}` and its kind.
    fn absent(
        &mut self,
        shell: &mut Shell,
        param: &Param,
        got: Got,
        (what, colon, word): (Absent, bool, &Word),
        how: How,
        frags: &mut Vec<Frag>,
    ) -> Result<Option<Got>, Stop> {
        let present = match &got {
            Got::Unset => Some(false),
            Got::One(_) if !colon => Some(true),
            Got::One(text) => texts::is_nonempty(text),
            Got::Many { items, .. } if items.iter().any(super::is_open) => None,
            // To dash and busybox `$@` is always set.
            Got::Many { items, .. } if !colon => Some(!items.is_empty() || !shell.is_bash()),
            Got::Many { items, star, .. } => {
                texts::is_nonempty(&texts::joined(items, &separator(shell, *star)))
            }
        };
        note(shell, param, Some((what, word)));
        match (what, present) {
            (Absent::Alternative, Some(false)) if leaves_no_word(shell, &got) => Ok(Some(got)),
            (Absent::Alternative, Some(false)) => {
                Ok(Some(Got::One(shell.local.unit.slice(param.span).respelled(""))))
            }
            (Absent::Alternative, Some(true)) | (Absent::Use, Some(false)) => {
                self.word_in_braces(shell, word, how, frags)?;
                Ok(None)
            }
            (_, Some(true)) => Ok(Some(got)),
            (Absent::Assign, Some(false)) => self.assign_default(shell, param, word).map(Some),
            (Absent::Fail, Some(false)) => Err(self.absent_error(shell, param, word)),
            (Absent::Fail, None) => {
                // The start fails where it is empty: the path goes on with a value.
                Ok(Some(got))
            }
            (Absent::Assign, None) => Err(Stop::Lost("whether a variable is set anew is not known".into())),
            (_, None) => {
                let old = match &got {
                    Got::One(text) => text.clone(),
                    Got::Many { items, .. } => Text::concat(items.iter()),
                    Got::Unset => Text::default(),
                };
                Ok(Some(Got::One(hole(shell, param, &old))))
            }
        }
    }

    fn word_in_braces(
        &mut self,
        shell: &mut Shell,
        word: &Word,
        how: How,
        frags: &mut Vec<Frag>,
    ) -> Result<(), Stop> {
        let how = How { split_literals: !how.quoted, assignment: false, ..how };
        let before = frags.len();
        let parts = self.tilde(shell, &word.parts, how, frags);
        self.expand(shell, &parts, how, frags)?;
        if how.quoted && frags.len() == before {
            frags.push(Frag::Text(Text::default(), Kind::Quoted));
        }
        Ok(())
    }

    fn assign_default(&mut self, shell: &mut Shell, param: &Param, word: &Word) -> Result<Got, Stop> {
        let Name::Variable(name) = &param.name else { return Err(self.cannot_assign(shell)) };
        if param.index.is_some() {
            return Err(Stop::Lost("an element is set by `${…:=…}`".into()));
        }
        let text = self.assigned(shell, word)?.through(&shell.origin(param.span));
        if shell.is_readonly(name) {
            return Err(Stop::exit(if shell.is_bash() { 1 } else { 2 }));
        }
        shell.assign(name, text.clone());
        Ok(Got::One(text))
    }

    fn cannot_assign(&mut self, shell: &Shell) -> Stop {
        if shell.is_bash() { line_given_up(shell) } else { Stop::exit(2) }
    }

    fn absent_error(&mut self, shell: &mut Shell, param: &Param, word: &Word) -> Stop {
        let message = match self.single(shell, word) {
            Ok(text) => shown(&text.display()),
            Err(stop) => return stop,
        };
        let name = match &param.name {
            Name::Variable(name) => name.clone(),
            Name::Positional(n) => n.to_string(),
            Name::Special(c) => c.to_string(),
        };
        let message = if message.is_empty() { "parameter not set".to_owned() } else { message };
        let origin = shell.origin(param.span);
        shell.problem(origin, format!("the start fails here: `{name}`: {message}"));
        Stop::Exit(Status::Known(error_status(shell)))
    }

    /// The error of `set -u`.
    pub(crate) fn unset_error(&mut self, shell: &mut Shell, name: &str) -> Stop {
        let origin = shell.here();
        shell.problem(origin, format!("the start fails here: `{name}` is not set and `set -u` is on"));
        shell.complain();
        Stop::Exit(Status::Known(error_status(shell)))
    }

    /// `${!name}`: the parameter that the value names.
    fn indirect(&mut self, shell: &mut Shell, param: &Param) -> Result<Got, Stop> {
        let plain = Param { indirect: false, op: ParamOp::Plain, ..param.clone() };
        note(shell, &plain, None);
        let named = match self.got(shell, &plain)? {
            Got::One(text) => text,
            Got::Unset => return Err(line_given_up(shell)),
            Got::Many { .. } => return Err(Stop::Lost("an indirection over several words".into())),
        };
        let Some(name) = named.known() else {
            return Ok(Got::One(hole(shell, param, &named)));
        };
        if let Ok(n) = name.parse::<usize>() {
            let target = Param { name: Name::Positional(n), index: None, ..plain };
            return self.got(shell, &target);
        }
        let first = name.bytes().next();
        let is_name =
            first.is_some_and(crate::syntax::is_name_start) && name.bytes().all(crate::syntax::is_name_byte);
        if !is_name {
            return if name.contains('[') || matches!(name, "@" | "*" | "#") {
                Err(Stop::Lost(format!("an indirection to `{name}` is not followed")))
            } else {
                Err(line_given_up(shell))
            };
        }
        let origin = shell.origin(param.span);
        shell.note_read(name, None, &origin);
        let name = name.to_owned();
        self.variable(shell, &name, None, &plain)
    }
}

/// bash gives up the line and goes on with the next, here in POSIX mode too (tried with 5.2.15), which is not followed.
fn line_given_up(shell: &Shell) -> Stop {
    if shell.local.dialect == Dialect::BashPosix {
        return Stop::Lost("an expansion that bash in POSIX mode gives up is not followed".into());
    }
    Stop::Discard
}

/// The status with which a shell ends that an expansion stops.
pub(crate) fn error_status(shell: &Shell) -> u8 {
    let options = shell.local.options;
    match shell.local.dialect {
        Dialect::Bash | Dialect::BashPosix => {
            let direct = options.command_string && !options.errexit && !shell.local.context.subshell;
            if direct { 127 } else { 1 }
        }
        _ => 2,
    }
}

/// Notes that a variable was read, with the default that the script names.
fn note(shell: &mut Shell, param: &Param, default: Option<(Absent, &Word)>) {
    let Name::Variable(name) = &param.name else { return };
    let default = match default {
        Some((Absent::Use | Absent::Assign, word)) => {
            let raw = shell.local.unit.slice(word.span);
            let bare = raw.raw().trim_matches(['"', '\'']).to_owned();
            Some(if bare.len() == raw.len() { raw } else { raw.respelled(bare) })
        }
        _ => None,
    };
    let (name, origin) = (name.clone(), shell.origin(param.span));
    shell.note_read(&name, default, &origin);
}

/// Whether a variable is unset, or an array that was declared only.
fn is_without_value(shell: &Shell, param: &Param) -> bool {
    match &param.name {
        Name::Variable(name) => {
            matches!(shell.local.variables.get(name).map(|v| &v.value), None | Some(Value::Unset))
        }
        _ => false,
    }
}

/// What stands for an expansion whose outcome is not known.
fn hole(shell: &Shell, param: &Param, old: &Text) -> Text {
    let text = shown(shell.local.unit.raw(param.span));
    let mut needs = old.needs();
    if needs.is_empty() {
        needs.push(Need::Other(format!("what `{text}` becomes")));
    }
    texts::symbol(text, Shape::Any, needs, &shell.origin(param.span))
}

/// Whether a parameter only hands words on to who is called: what changes them is written where they were.
fn hands_on(name: &Name) -> bool {
    matches!(name, Name::Positional(_) | Name::Special('@' | '*'))
}

/// Pushes what came out.
pub(super) fn push(shell: &Shell, param: &Param, got: Got, how: How, frags: &mut Vec<Frag>) {
    let kind = if how.quoted { Kind::Quoted } else { Kind::Expanded };
    let origin = shell.origin(param.span);
    let placed = |text: &Text| match hands_on(&param.name) {
        true => text.handed_on(&origin),
        false => text.through(&origin),
    };
    match got {
        Got::Unset => frags.push(Frag::Text(shell.local.unit.slice(param.span).respelled(""), kind)),
        Got::One(text) => frags.push(Frag::Text(placed(&text), kind)),
        Got::Many { items, star, .. } => {
            let items: Vec<Text> = items.iter().map(placed).collect();
            let joined = !how.fields || star && how.quoted;
            if !joined {
                for (i, item) in items.into_iter().enumerate() {
                    if i > 0 {
                        frags.push(Frag::Break);
                    }
                    frags.push(Frag::Text(item, kind));
                }
            } else {
                let separator = separator(shell, star);
                let text = if items.is_empty() {
                    shell.local.unit.slice(param.span).respelled("")
                } else {
                    texts::joined(&items, &separator)
                };
                frags.push(Frag::Text(text, kind));
            }
        }
    }
}

/// What stands between the elements where several become one text: bash joins `$@` with a space.
fn separator(shell: &Shell, star: bool) -> Text {
    let space = || shell.local.unit.slice(Default::default()).respelled(" ");
    if !star && shell.is_bash() {
        return space();
    }
    match shell.value("IFS") {
        None => space(),
        Some(ifs) => {
            let end = ifs.raw().chars().next().map_or(0, char::len_utf8);
            ifs.slice(0..end)
        }
    }
}

fn length(shell: &Shell, param: &Param, got: Got) -> Got {
    let place = shell.local.unit.slice(param.span);
    let origin = shell.origin(param.span);
    let number = |n: usize| Got::One(place.respelled(n.to_string()));
    match got {
        Got::Unset => number(0),
        Got::One(text) => match text.known() {
            Some(known) if known.is_ascii() || matches!(shell.local.dialect, Dialect::Dash) => {
                number(known.len())
            }
            _ => Got::One(texts::symbol(
                shown(shell.local.unit.raw(param.span)),
                Shape::Number,
                text.needs(),
                &origin,
            )),
        },
        Got::Many { items, star, positional } => {
            if items.iter().any(super::is_open) {
                let needs = texts::needs_of(&items);
                return Got::One(texts::symbol(
                    shown(shell.local.unit.raw(param.span)),
                    Shape::Number,
                    needs,
                    &origin,
                ));
            }
            if positional && !shell.is_bash() {
                // dash and busybox give the length of the joined text.
                let joined = texts::joined(&items, &separator(shell, star));
                return length(shell, param, Got::One(joined));
            }
            number(items.len())
        }
    }
}

fn keys(shell: &Shell, name: &str, param: &Param, how: How, frags: &mut Vec<Frag>) -> Result<(), Stop> {
    let place = shell.local.unit.slice(param.span);
    let items: Vec<Text> = match shell.local.variables.get(name).map(|v| &v.value) {
        Some(Value::Indexed(items)) => items.keys().map(|k| place.respelled(k.to_string())).collect(),
        Some(Value::Assoc(items)) if items.len() < 2 => {
            items.keys().map(|k| place.respelled(k.as_str())).collect()
        }
        Some(Value::Assoc(_)) => {
            let reason = "the order of an associative array is not known";
            vec![texts::unknown(reason, Vec::new(), &shell.origin(param.span)).unquoted()]
        }
        Some(Value::Scalar(_)) => vec![place.respelled("0")],
        Some(Value::Unset) | None => Vec::new(),
    };
    let star = matches!(param.index, Some(Index::Star));
    push(shell, param, Got::Many { items, star, positional: false }, how, frags);
    Ok(())
}

type MaybeNumber = Result<Num, String>;

fn substring(
    shell: &Shell,
    param: &Param,
    got: Got,
    offset: MaybeNumber,
    length: Option<MaybeNumber>,
) -> Result<Got, Stop> {
    let (offset, length) = match (offset, length) {
        (Ok(Num::Known(offset)), None) => (offset, None),
        (Ok(Num::Known(offset)), Some(Ok(Num::Known(length)))) => (offset, Some(length)),
        _ => {
            let old = if let Got::One(text) = &got { text.clone() } else { Text::default() };
            return Ok(Got::One(hole(shell, param, &old)));
        }
    };
    match got {
        Got::Unset => Ok(Got::Unset),
        Got::One(text) => {
            let exact = text.known().is_some_and(str::is_ascii);
            if !exact {
                return Ok(Got::One(hole(shell, param, &text)));
            }
            match range(text.len(), offset, length) {
                Some(range) => Ok(Got::One(text.slice(range))),
                None => Err(Stop::Discard),
            }
        }
        Got::Many { items, star, positional } => {
            if items.iter().any(super::is_open) {
                return Ok(Got::One(hole(shell, param, &Text::concat(items.iter())).unquoted()));
            }
            let mut all = items;
            let mut offset = offset;
            if positional {
                all.insert(0, shell.local.arg0.clone());
                if offset < 0 {
                    offset += 0;
                }
            }
            if length.is_some_and(|l| l < 0) {
                return Err(Stop::Discard);
            }
            let items = match range(all.len(), offset, length) {
                Some(range) => all.get(range).unwrap_or(&[]).to_vec(),
                None => Vec::new(),
            };
            Ok(Got::Many { items, star, positional })
        }
    }
}

/// The range that `:offset:length` picks out of `len`; `None` where bash refuses.
fn range(len: usize, offset: i64, length: Option<i64>) -> Option<std::ops::Range<usize>> {
    let total = i64::try_from(len).ok()?;
    let start = if offset < 0 { offset + total } else { offset };
    if start < 0 || start > total {
        return Some(len..len);
    }
    let end = match length {
        None => total,
        Some(n) if n < 0 => total + n,
        Some(n) => start.saturating_add(n).min(total),
    };
    if end < start {
        return None;
    }
    Some(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
}

//! `echo`: each shell has its own.

use imgscan_model::{Shape, Text};

use super::printf::escape;
use crate::dialect::Dialect;
use crate::texts;
use crate::tool::{Flavor, Job, Ran};

/// What an `echo` does with options and backslashes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// `-n` as the first word is the only option, and escapes are always read (dash).
    Escapes,
    /// `-n`, `-e` and `-E` in any order; escapes are read after `-e` (bash, busybox, coreutils).
    Options,
    /// It is not known which.
    Unseen,
}

/// `echo`
pub(crate) fn echo(job: &mut Job<'_>) -> Ran {
    let manner = match (job.flavor, job.shell.local.dialect) {
        (Flavor::Builtin, Dialect::Dash) => Manner::Escapes,
        (Flavor::Builtin, Dialect::Posix) => Manner::Unseen,
        (Flavor::Builtin | Flavor::Gnu | Flavor::Busybox, _) => Manner::Options,
        _ => Manner::Unseen,
    };
    let (mut args, mut newline, mut escapes) = (job.args, true, manner == Manner::Escapes);
    if manner == Manner::Escapes {
        if let Some((first, rest)) = args.split_first().filter(|(first, _)| first.known() == Some("-n")) {
            let _ = first;
            (args, newline) = (rest, false);
        }
    } else {
        while let Some((first, rest)) = args.split_first() {
            let Some(letters) = first.known().and_then(|a| a.strip_prefix('-')) else { break };
            if letters.is_empty() || !letters.bytes().all(|b| matches!(b, b'n' | b'e' | b'E')) {
                break;
            }
            if manner == Manner::Unseen && letters.contains(['e', 'E']) {
                return Ran::Unknown("shells disagree on options of `echo`".into());
            }
            for letter in letters.chars() {
                match letter {
                    'n' => newline = false,
                    letter => escapes = letter == 'e',
                }
            }
            args = rest;
        }
        let first_unknown = args
            .first()
            .is_some_and(|a| a.holes().any(|(range, o)| range.start == 0 && o.shape == Shape::Any));
        if first_unknown && args.len() > 1 {
            // It may be an option.
            let needs = texts::needs_of(args);
            let hole =
                texts::symbol(format!("$({})", job.shell.command_text()), Shape::Any, needs, &job.origin);
            job.out(hole);
            return Ran::Status(0);
        }
    }
    if manner == Manner::Unseen && args.iter().any(|a| a.raw().contains('\\')) {
        return Ran::Unknown("some shells read backslashes in the words of `echo` and some do not".into());
    }
    let space = job.new_text(" ");
    let line = texts::joined(args, &space);
    let line = if escapes {
        match unescaped(&line, job) {
            Some((line, true)) => {
                job.out(line);
                return Ran::Status(0);
            }
            Some((line, false)) => line,
            None => return Ran::Unknown("an escape of `echo` is not read".into()),
        }
    } else {
        line
    };
    let line = if newline { texts::join2(&line, &job.new_text("\n")) } else { line };
    if !line.is_empty() {
        job.out(line);
    }
    Ran::Status(0)
}

/// Reads the escapes of a text as `echo` does (`\0nnn`), and whether `\c` ends it; `None` where shells disagree.
fn unescaped(text: &Text, job: &Job<'_>) -> Option<(Text, bool)> {
    let raw = text.raw();
    if !raw.contains('\\') {
        return Some((text.clone(), false));
    }
    let mut out = texts::Builder::new(text);
    let mut kept = 0;
    let mut at = 0;
    while let Some(found) = raw.get(at..).and_then(|r| r.find('\\')) {
        let start = at + found;
        let rest = raw.get(start + 1..)?;
        match escape(rest, job, true)? {
            None => {
                at = start
                    + 1
                    + rest.chars().next().map_or(0, char::len_utf8).min(usize::from(rest.starts_with('\\')))
            }
            Some(escape) => {
                out.keep(kept..start);
                if escape.ends {
                    return Some((out.finish(), true));
                }
                at = start + 1 + escape.length;
                out.put(&escape.text, start..at);
                kept = at;
            }
        }
    }
    out.keep(kept..raw.len());
    Some((out.finish(), false))
}

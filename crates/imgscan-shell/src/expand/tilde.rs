//! `~`, `~user`, and in bash `~+` and `~-`.

use imgscan_model::{FileView, Text};

use super::{Frag, How, Kind};
use crate::interp::Interp;
use crate::shell::Shell;
use crate::syntax::tree::{Part, Span};

impl Interp<'_> {
    /// Expands the tildes at the beginning of a word (and behind colons in an assignment); what comes before the rest
    /// goes to `frags`, the rest is the answer.
    pub(super) fn tilde(
        &mut self,
        shell: &mut Shell,
        parts: &[Part],
        how: How,
        frags: &mut Vec<Frag>,
    ) -> Vec<Part> {
        if how.quoted {
            return parts.to_vec();
        }
        let mut rest: Vec<Part> = Vec::with_capacity(parts.len());
        for (i, part) in parts.iter().enumerate() {
            let at_start = i == 0;
            let Part::Lit(span) = part else {
                rest.push(part.clone());
                continue;
            };
            if !(at_start || how.assignment) || !shell.local.unit.raw(*span).contains('~') {
                rest.push(part.clone());
                continue;
            }
            for piece in pieces(shell, *span, at_start, how.assignment, i + 1 == parts.len()) {
                match piece {
                    Piece::Plain(span) => rest.push(Part::Lit(span)),
                    Piece::Home(text, span) => {
                        if rest.is_empty() {
                            frags.push(Frag::Text(text, Kind::Quoted));
                        } else {
                            rest.push(Part::Decoded(text.raw().to_owned(), span));
                        }
                    }
                }
            }
        }
        rest
    }
}

enum Piece {
    Plain(Span),
    Home(Text, Span),
}

/// Cuts a literal at its tilde prefixes.
fn pieces(shell: &Shell, span: Span, at_start: bool, assignment: bool, is_last: bool) -> Vec<Piece> {
    let raw = shell.local.unit.raw(span);
    let base = span.start as usize;
    let mut found = Vec::new();
    let mut from = 0;
    let starts: Vec<usize> = std::iter::once(0)
        .filter(|_| at_start)
        .chain(raw.match_indices(':').map(|(i, _)| i + 1).filter(|_| assignment))
        .collect();
    for start in starts {
        let Some(prefix) = raw.get(start..).and_then(|r| r.strip_prefix('~')) else { continue };
        let end = prefix.find(|c| c == '/' || assignment && c == ':').unwrap_or(prefix.len());
        if end == prefix.len() && !is_last {
            continue;
        }
        let Some(home) = home(shell, prefix.get(..end).unwrap_or("")) else { continue };
        let here = Span::new(base + start, base + start + 1 + end);
        if start > from {
            found.push(Piece::Plain(Span::new(base + from, base + start)));
        }
        found.push(Piece::Home(home.through(&shell.origin(here)), here));
        from = start + 1 + end;
    }
    if from < raw.len() {
        found.push(Piece::Plain(Span::new(base + from, base + raw.len())));
    }
    found
}

/// The directory that `~name` stands for; `None` where it stays as it is.
fn home(shell: &Shell, name: &str) -> Option<Text> {
    match name {
        "" => shell.value("HOME").or_else(|| {
            let home = shell.local.who.home.clone()?;
            Some(Text::derived(home, shell.here()))
        }),
        "+" if shell.is_bash() => shell.value("PWD"),
        "-" if shell.is_bash() => shell.value("OLDPWD"),
        _ => {
            let passwd = shell.world.files.read("/etc/passwd").ok()?;
            let line = passwd.known()?.lines().find(|l| l.split(':').next() == Some(name))?.to_owned();
            line.split(':').nth(5).map(|home| Text::derived(home, shell.here()))
        }
    }
}

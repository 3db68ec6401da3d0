//! The last command of a `-c` text: bash and busybox put it in their own place (tried with bash 5.2.15 and busybox
//! 1.35; dash 0.5.12 never does).

use std::collections::HashSet;

use crate::dialect::Dialect;
use crate::syntax::Script;
use crate::syntax::tree::{Command, Kind, Line, List, Pipeline};

/// The address by which a command is known.
pub(super) fn address(command: &Command) -> usize {
    std::ptr::from_ref(command) as usize
}

/// The commands that take the place of the shell when it comes to them (no trap being set).
pub(super) fn tails(script: &Script, dialect: Dialect) -> HashSet<usize> {
    let mut found = HashSet::new();
    let Some(Line::List(list)) = script.lines.last() else { return found };
    match dialect {
        Dialect::Bash | Dialect::BashPosix => found.extend(bash(list)),
        // busybox looks one token ahead: a newline behind the command hides that it is the last.
        Dialect::Ash if !script.unit.source.raw().ends_with('\n') => busybox(list, &mut found),
        _ => {}
    }
    found
}

fn only(pipeline: &Pipeline) -> Option<&Command> {
    match pipeline.commands.as_slice() {
        [command] if !pipeline.negated && !pipeline.timed => Some(command),
        _ => None,
    }
}

/// bash: a simple command without redirections that ends `a; b`, `a && b` or `a || b`.
fn bash(list: &List) -> Option<usize> {
    let (last, before) = list.items.split_last()?;
    if last.background || before.last().is_some_and(|item| item.background) {
        return None;
    }
    let pipeline = match last.and_or.rest.last() {
        None => &last.and_or.first,
        Some((_, pipeline)) if before.is_empty() => pipeline,
        Some(_) => return None,
    };
    let command = only(pipeline)?;
    let simple = matches!(command.kind, Kind::Simple { .. }) && command.redirects.is_empty();
    simple.then(|| address(command))
}

/// busybox: whatever comes last, inside groups, `if`, `case` and subshells too.
fn busybox(list: &List, found: &mut HashSet<usize>) {
    let Some(last) = list.items.last().filter(|item| !item.background) else { return };
    let pipeline = last.and_or.rest.last().map_or(&last.and_or.first, |(_, pipeline)| pipeline);
    let Some(command) = only(pipeline) else { return };
    match &command.kind {
        Kind::Simple { .. } => {
            found.insert(address(command));
        }
        Kind::Group(list) | Kind::Subshell(list) => busybox(list, found),
        Kind::If { arms, otherwise } => {
            arms.iter().for_each(|(_, body)| busybox(body, found));
            otherwise.iter().for_each(|body| busybox(body, found));
        }
        Kind::Case { arms, .. } => arms.iter().for_each(|arm| busybox(&arm.body, found)),
        _ => {}
    }
}

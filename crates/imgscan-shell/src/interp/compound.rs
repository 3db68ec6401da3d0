//! Compound commands, with their redirections.

use super::redirect::{Refused, Undo};
use super::{Flow, Interp, Paths, branch, done, next, tail};
use crate::dialect::Dialect;
use crate::outcome::Status;
use crate::shell::Shell;
use crate::syntax::tree::{Command, Kind, List};

impl Interp<'_> {
    pub(crate) fn command(&mut self, command: &Command, shell: Box<Shell>, tested: bool) -> Paths {
        let around = std::mem::replace(&mut self.tested, tested);
        let paths = self.any_command(command, shell, tested);
        self.tested = around;
        paths
    }

    fn any_command(&mut self, command: &Command, shell: Box<Shell>, tested: bool) -> Paths {
        if let Kind::Simple { assigns, words } = &command.kind {
            return self.nested(shell, |i, shell| i.simple(command, assigns, words, shell, tested));
        }
        if command.redirects.is_empty() {
            return self.nested(shell, |i, shell| i.compound(command, shell, tested));
        }
        let mut shell = shell;
        shell.local.command = command.span;
        let undo = Undo::of(&shell, &command.redirects, false);
        match self.redirect(&mut shell, &command.redirects) {
            Err(stop) => return self.stop(shell, stop),
            Ok(Err(Refused)) => return self.compound_refused(command, shell, &undo, tested),
            Ok(Ok(())) => undo.begin(&mut shell),
        }
        let mut paths = self.nested(shell, |i, shell| i.compound(command, shell, tested));
        for path in &mut paths {
            undo.apply(&mut path.shell);
        }
        paths
    }

    /// A redirection of a compound command fails. `set -e` acts on it in dash and bash, not in busybox, whose subshells
    /// redirect themselves and end (tried with dash 0.5.12, bash 5.2.15 and busybox 1.35).
    fn compound_refused(&mut self, command: &Command, shell: Box<Shell>, undo: &Undo, tested: bool) -> Paths {
        let is_ash = shell.local.dialect == Dialect::Ash;
        let mut paths = self.refused(shell, undo, false);
        if !is_ash {
            return self.check(paths, tested);
        }
        for path in paths.iter_mut().filter(|_| matches!(command.kind, Kind::Subshell(_))) {
            path.shell.set_status(Status::Known(2));
        }
        paths
    }

    fn compound(&mut self, command: &Command, mut shell: Box<Shell>, tested: bool) -> Paths {
        if let Err(stop) = self.step(&mut shell) {
            return self.stop(shell, stop);
        }
        match &command.kind {
            Kind::Simple { assigns, words } => self.simple(command, assigns, words, shell, tested),
            Kind::Group(list) => self.list(list, shell, tested),
            Kind::Subshell(list) => {
                let is_tail = list_holds_tail(list, &self.tails);
                self.subshell(list, shell, tested, is_tail)
            }
            Kind::If { arms, otherwise } => self.if_command(arms, otherwise.as_ref(), shell, tested),
            Kind::While { until, condition, body } => self.while_loop(*until, condition, body, shell, tested),
            Kind::For { name, words, body } => self.for_loop(*name, words.as_deref(), body, shell, tested),
            Kind::ForArith { init, condition, step, body } => {
                self.arith_loop((init, condition, step), body, shell, tested)
            }
            Kind::Case { subject, arms } => self.case_command(subject, arms, command.span, shell, tested),
            Kind::Function { name, body } => self.define(name, body, shell),
            Kind::Test(cond) => {
                shell.local.command = command.span;
                self.double_bracket(cond, shell)
            }
            Kind::Arith(arith) => {
                shell.local.command = command.span;
                match self.arithmetic(&mut shell, arith) {
                    // Only in an expansion such an error gives up the line.
                    Err(super::Stop::Discard) if !shell.local.unit.raw(command.span).contains("${") => {
                        shell.complain();
                        done(shell, 1)
                    }
                    Err(super::Stop::Discard) => {
                        self.lose(shell, "what of this arithmetic the shell refuses is not followed");
                        Vec::new()
                    }
                    Err(stop) => self.stop(shell, stop),
                    Ok(Ok(crate::arith::Num::Known(n))) => done(shell, u8::from(n == 0)),
                    Ok(_) => {
                        let what = shell.command_text();
                        shell.set_status(Status::Unknown(what));
                        next(shell)
                    }
                }
            }
            Kind::Select => {
                shell.local.command = command.span;
                self.lose(shell, "`select` waits for a person");
                Vec::new()
            }
            Kind::Coproc => {
                shell.local.command = command.span;
                self.lose(shell, "`coproc` is not followed");
                Vec::new()
            }
        }
    }

    fn if_command(
        &mut self,
        arms: &[(List, List)],
        otherwise: Option<&List>,
        shell: Box<Shell>,
        tested: bool,
    ) -> Paths {
        let Some(((condition, body), rest)) = arms.split_first() else {
            return match otherwise {
                Some(list) => self.list(list, shell, tested),
                None => done(shell, 0),
            };
        };
        let mut after = Vec::new();
        for path in self.list(condition, shell, true) {
            if path.flow != Flow::Next {
                after.push(path);
                continue;
            }
            let unit = std::sync::Arc::clone(&path.shell.local.unit);
            let bails = if branch::bails_out(&unit, body) {
                Some(true)
            } else if rest.is_empty() && otherwise.is_some_and(|list| branch::bails_out(&unit, list)) {
                Some(false)
            } else {
                None
            };
            let go = |i: &mut Self, shell: Box<Shell>, holds: bool| {
                if holds {
                    i.list(body, shell, tested)
                } else {
                    i.nested(shell, |i, shell| i.if_command(rest, otherwise, shell, tested))
                }
            };
            after.extend(self.decide(path.shell, go, bails));
        }
        self.settle(after)
    }
}

/// Whether the last command of a list is one that takes the shell's place.
fn list_holds_tail(list: &List, tails: &std::collections::HashSet<usize>) -> bool {
    let last = list.items.last().map(|item| item.and_or.rest.last().map_or(&item.and_or.first, |(_, p)| p));
    let command = last.and_then(|pipeline| pipeline.commands.last());
    command.is_some_and(|command| match &command.kind {
        Kind::Subshell(list) | Kind::Group(list) => list_holds_tail(list, tails),
        _ => tails.contains(&tail::address(command)),
    })
}

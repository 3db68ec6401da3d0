//! Subshells and commands in the background.

use super::{End, Ended, Interp, Paths, next};
use crate::outcome::Status;
use crate::shell::{Shell, Trap, World};
use crate::syntax::tree::{Item, List};

impl Shell {
    /// What changes for a shell that is a copy of its parent.
    pub(super) fn enter_subshell(&mut self) {
        self.local.context.subshell = true;
        self.local.traps.retain(|_, trap| *trap == Trap::Ignore);
        self.local.loops = 0;
        if self.is_bash() {
            self.local.redirected.clear();
        }
    }
}

impl Interp<'_> {
    /// `( … )`
    pub(super) fn subshell(&mut self, list: &List, shell: Box<Shell>, tested: bool, is_tail: bool) -> Paths {
        let mut child = shell.clone();
        child.enter_subshell();
        // A subshell that is the last command of busybox is no process of its own.
        child.local.context.subshell = shell.local.context.subshell || !is_tail;
        let (_, ended) = self.level(|i| {
            for path in i.list(list, child, tested) {
                let status = path.shell.local.status.clone();
                i.exit(path.shell, status);
            }
            Vec::new()
        });
        self.resume(&shell, ended)
    }

    /// The shell goes on after what ended in its subshell.
    fn resume(&mut self, before: &Shell, ended: Vec<Ended>) -> Paths {
        let mut paths = Vec::new();
        for Ended { shell: child, end } in ended {
            let command = child.local.command;
            let mut shell = Self::after_subshell(before, child.world);
            shell.world.descriptions.truncate(before.world.descriptions.len());
            match end {
                End::Exit(status) => {
                    shell.set_status(status);
                    paths.extend(next(shell));
                }
                end => {
                    shell.local.command = command;
                    self.end(shell, end);
                }
            }
        }
        self.settle(paths)
    }

    /// `… &`: the shell goes on at once. What the background does to files may come before or after what follows.
    pub(super) fn background(&mut self, item: &Item, mut shell: Box<Shell>) -> Paths {
        let mut child = shell.clone();
        child.enter_subshell();
        child.local.context.background = true;
        let (_, ended) = self.level(|i| {
            for path in i.and_or(&item.and_or, child, false) {
                let status = path.shell.local.status.clone();
                i.exit(path.shell, status);
            }
            Vec::new()
        });
        shell.local.command = item.span;
        let mut statuses: Vec<Status> = Vec::new();
        for Ended { shell: child, end } in ended {
            let stays = matches!(end, End::Stays { .. } | End::Replaced);
            statuses.push(match end {
                End::Exit(status) => status,
                _ => Status::Unknown(shell.command_text()),
            });
            let origin = shell.here();
            if stays {
                let what = shell.command_text();
                let staying = (what, origin);
                if !shell.world.staying.contains(&staying) {
                    shell.world.staying.push(staying);
                }
            }
            after_background(&mut shell, child.world);
        }
        statuses.dedup();
        let status = match statuses.as_slice() {
            [one] => one.clone(),
            _ => Status::Unknown(shell.command_text()),
        };
        shell.local.has_background = true;
        shell.local.background_status = Some(status);
        super::done(shell, 0)
    }
}

/// Files that differ after a command in the background are not known from here on.
fn after_background(shell: &mut Shell, child: World) {
    let mut child = child;
    child.descriptions.truncate(shell.world.descriptions.len());
    child.captures.truncate(shell.world.captures.len());
    child.staying.clone_from(&shell.world.staying);
    // The output of a command in the background mixes with what follows.
    let condition = shell.world.condition.clone();
    let facts = shell.world.facts.clone();
    super::join::join_worlds(shell, child, "a command in the background writes it");
    shell.world.condition = condition;
    shell.world.facts = facts;
}

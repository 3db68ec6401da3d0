//! Lists: commands one after another, `&&`, `||`, `&`, and what `set -e` makes of a failure.

use super::fork::{assume, known_fact, settle_status};
use super::{End, Flow, Interp, Paths, next};
use crate::dialect::Dialect;
use crate::outcome::Status;
use crate::shell::Shell;
use crate::syntax::tree::{AndOr, Connect, Item, Line, List, Pipeline};

impl Interp<'_> {
    /// Complete commands of a script or `-c` text.
    pub(crate) fn lines(&mut self, lines: &[Line], shell: Box<Shell>) -> Paths {
        self.script_lines(lines, shell, false)
    }

    /// Complete commands; `tested` as in [`Interp::list`].
    pub(super) fn script_lines(&mut self, lines: &[Line], shell: Box<Shell>, tested: bool) -> Paths {
        let mut paths = next(shell);
        for line in lines {
            let mut after = Vec::new();
            for path in paths {
                if path.flow == Flow::Next {
                    after.extend(self.line(line, path.shell, tested));
                } else {
                    after.push(path);
                }
            }
            paths = self.settle(after);
        }
        paths
    }

    fn line(&mut self, line: &Line, mut shell: Box<Shell>, tested: bool) -> Paths {
        match line {
            Line::Broken { span, reason } => {
                shell.local.command = *span;
                self.lose(shell, format!("the shell cannot read this: {reason}"));
                Vec::new()
            }
            Line::List(list) => {
                let mut after = Vec::new();
                for path in self.list(list, shell, tested) {
                    if path.flow == Flow::Discard {
                        after.extend(self.discarded(path.shell));
                    } else {
                        after.push(path);
                    }
                }
                after
            }
        }
    }

    /// bash gave up a line: it goes on with the next; a subshell ends, and in POSIX mode the shell too.
    fn discarded(&mut self, shell: Box<Shell>) -> Paths {
        let posix = shell.local.dialect == Dialect::BashPosix;
        if posix || shell.local.context.subshell {
            let options = shell.local.options;
            let status = if !posix {
                Status::Known(1)
            } else if options.errexit && options.command_string {
                // 1 or 127, by where in a list the error stands.
                Status::Failed(shell.command_text())
            } else {
                Status::Known(crate::expand::error_status(&shell))
            };
            self.exit(shell, status);
            return Vec::new();
        }
        next(shell)
    }

    /// A list. `tested` says that a failure is asked about, so that `set -e` does not act on it.
    pub(crate) fn list(&mut self, list: &List, shell: Box<Shell>, tested: bool) -> Paths {
        let mut paths = next(shell);
        for item in &list.items {
            let mut after = Vec::new();
            let before = paths.len();
            for path in paths {
                if path.flow == Flow::Next {
                    after.extend(self.item(item, path.shell, tested));
                } else {
                    after.push(path);
                }
            }
            paths = if after.len() > before { self.settle(after) } else { after };
        }
        paths
    }

    fn item(&mut self, item: &Item, mut shell: Box<Shell>, tested: bool) -> Paths {
        if let Err(stop) = self.step(&mut shell) {
            return self.stop(shell, stop);
        }
        if item.background {
            return self.background(item, shell);
        }
        self.and_or(&item.and_or, shell, tested)
    }

    pub(super) fn and_or(&mut self, and_or: &AndOr, shell: Box<Shell>, tested: bool) -> Paths {
        if and_or.rest.is_empty() {
            return self.pipeline(&and_or.first, shell, tested);
        }
        let mut paths = self.pipeline(&and_or.first, shell, true);
        for (i, (connect, pipeline)) in and_or.rest.iter().enumerate() {
            let tested = tested || i + 1 < and_or.rest.len();
            paths = self.connected(*connect, pipeline, paths, tested);
        }
        paths
    }

    /// Goes on with the pipeline behind `&&` or `||`.
    fn connected(&mut self, connect: Connect, pipeline: &Pipeline, paths: Paths, tested: bool) -> Paths {
        let wanted = connect == Connect::And;
        let mut after = Vec::new();
        for path in paths {
            if path.flow != Flow::Next {
                after.push(path);
                continue;
            }
            let bails = super::branch::bails_out_pipeline(&path.shell.local.unit, pipeline).then_some(wanted);
            let go = |i: &mut Self, shell: Box<Shell>, holds: bool| {
                if holds == wanted { i.pipeline(pipeline, shell, tested) } else { next(shell) }
            };
            after.extend(self.decide(path.shell, go, bails));
        }
        self.settle(after)
    }

    /// What `set -e` makes of the status of a command, pipeline or subshell.
    pub(super) fn check(&mut self, paths: Paths, tested: bool) -> Paths {
        if tested {
            return paths;
        }
        let mut after = Vec::new();
        for path in paths {
            if path.flow != Flow::Next || !path.shell.local.options.errexit {
                after.push(path);
                continue;
            }
            match path.shell.local.status.is_success() {
                Some(true) => after.push(path),
                Some(false) => {
                    let status = path.shell.local.status.clone();
                    self.exit(path.shell, status);
                }
                None => match known_fact(&path.shell) {
                    Some(holds) => {
                        let mut shell = path.shell;
                        settle_status(&mut shell, holds);
                        after.extend(self.check(next(shell), false));
                    }
                    None => after.extend(self.failure_ends(path.shell)),
                },
            }
        }
        after
    }

    /// The status is not known and a failure ends the shell: that path ends, and the other goes on without a
    /// condition, since where it does not go on nothing starts.
    fn failure_ends(&mut self, mut shell: Box<Shell>) -> Paths {
        let mut failed = shell.clone();
        assume(&mut failed, false);
        let status = failed.local.status.clone();
        self.exit(failed, status);
        shell.set_status(Status::Known(0));
        next(shell)
    }

    /// The shell ends, its `EXIT` trap run.
    pub(crate) fn exit(&mut self, shell: Box<Shell>, status: Status) {
        for (shell, status) in self.exit_trap(shell, status) {
            self.end(shell, End::Exit(status));
        }
    }
}

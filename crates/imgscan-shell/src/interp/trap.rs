//! What runs when the shell ends.

use imgscan_model::Text;

use super::{Interp, Paths};
use crate::outcome::Status;
use crate::shell::{Shell, Trap};
use crate::syntax;

impl Interp<'_> {
    /// Runs the `EXIT` trap, if one is set. The answer is the paths that still have to end, each with its status.
    pub(super) fn exit_trap(&mut self, mut shell: Box<Shell>, status: Status) -> Vec<(Box<Shell>, Status)> {
        let Some(Trap::Run(action)) = shell.local.traps.remove("EXIT") else { return vec![(shell, status)] };
        // The shell leaves all commands under way, and their redirections with them, before it runs the trap. In a
        // subshell, and for bash's functions, that depends on how the shell came there.
        let unsure = shell.local.context.subshell
            || shell.is_bash() && shell.local.redirected.iter().any(|r| r.function);
        let redirected = std::mem::take(&mut shell.local.redirected);
        if unsure && !redirected.is_empty() {
            self.lose(shell, "where the output of the `EXIT` trap goes is not known");
            return Vec::new();
        }
        redirected.iter().rev().for_each(|r| r.put_back(&mut shell));
        shell.set_status(status.clone());
        shell.local.options.errexit = false;
        shell.local.loops = 0;
        let paths = self.nested(shell, |i, shell| i.text(&action, shell, false));
        paths.into_iter().map(|path| (path.shell, status.clone())).collect()
    }

    /// Runs a text as commands of this shell (`eval`, traps).
    pub(crate) fn text(&mut self, text: &Text, mut shell: Box<Shell>, tested: bool) -> Paths {
        if !crate::texts::holes_are_words(text) {
            let shown = crate::shell::shown(&text.display());
            self.lose(shell, format!("the commands that it runs are not known: `{shown}`"));
            return Vec::new();
        }
        let (script, problems) = syntax::parse_at(text, shell.local.dialect, 0);
        for problem in problems {
            if let Some(origin) = problem.origin {
                shell.problem(origin, problem.message);
            }
        }
        let unit = std::mem::replace(&mut shell.local.unit, script.unit.clone());
        let command = shell.local.command;
        let mut paths = self.script_lines(&script.lines, shell, tested);
        for path in &mut paths {
            path.shell.local.unit = unit.clone();
            path.shell.local.command = command;
        }
        paths
    }
}

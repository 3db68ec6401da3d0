//! Calls of functions and of sourced files.

use std::collections::BTreeMap;
use std::sync::Arc;

use imgscan_model::{Text, limits};

use super::simple::Words;
use super::{Flow, Interp, Paths};
use crate::dialect::Dialect;
use crate::shell::{Function, Shell};
use crate::syntax::Script;
use crate::syntax::tree::Command;

impl Interp<'_> {
    /// Defines a function.
    pub(super) fn define(&mut self, name: &str, body: &Arc<Command>, mut shell: Box<Shell>) -> Paths {
        let function = Function { body: Arc::clone(body), unit: Arc::clone(&shell.local.unit) };
        Arc::make_mut(&mut shell.local.functions).insert(name.to_owned(), function);
        super::done(shell, 0)
    }

    /// Calls a function.
    pub(super) fn function(
        &mut self,
        name: &str,
        function: Function,
        words: Words,
        mut shell: Box<Shell>,
    ) -> Paths {
        if shell.local.scopes.len() >= limits::DEPTH {
            self.lose(shell, format!("the function `{name}` calls itself without end"));
            return Vec::new();
        }
        let arguments: Vec<Text> = words.argv.into_iter().skip(1).collect();
        let positional = std::mem::replace(&mut shell.local.positional, arguments);
        let unit = std::mem::replace(&mut shell.local.unit, function.unit);
        let command = shell.local.command;
        let loops = std::mem::replace(&mut shell.local.loops, 0);
        let getopts = shell.local.getopts;
        shell.local.scopes.push(BTreeMap::new());
        shell.local.returnable += 1;
        let mut paths = self.nested(shell, |i, shell| i.command(&function.body, shell, words.tested));
        for path in &mut paths {
            let local = &mut path.shell.local;
            local.positional.clone_from(&positional);
            local.unit = Arc::clone(&unit);
            local.command = command;
            local.loops = loops;
            local.getopts = getopts;
            local.returnable = local.returnable.saturating_sub(1);
            path.shell.end_scope();
            if path.flow != Flow::Discard {
                path.flow = Flow::Next;
            }
        }
        self.settle(paths)
    }

    /// Runs a sourced script in this shell.
    pub(crate) fn sourced(
        &mut self,
        script: &Script,
        path: Text,
        mut shell: Box<Shell>,
        tested: bool,
    ) -> Paths {
        if shell.local.returnable >= limits::DEPTH {
            self.lose(shell, "files source one another without end");
            return Vec::new();
        }
        let unit = std::mem::replace(&mut shell.local.unit, script.unit.clone());
        let command = shell.local.command;
        let source_path = std::mem::replace(&mut shell.local.source_path, path);
        shell.local.returnable += 1;
        shell.set_status(crate::outcome::Status::Known(0));
        // dash and busybox begin anew (`dotcmd` calls `cmdloop`): `set -e` acts inside `. file || true`.
        let tested = match shell.local.dialect {
            Dialect::Bash | Dialect::BashPosix => tested,
            Dialect::Dash | Dialect::Ash => false,
            Dialect::Posix if tested && shell.local.options.errexit => {
                self.lose(
                    shell,
                    "whether `set -e` acts in a tested `.` hangs on the shell, which cannot be seen",
                );
                return Vec::new();
            }
            Dialect::Posix => tested,
        };
        let mut paths = self.nested(shell, |i, shell| i.script_lines(&script.lines, shell, tested));
        for path in &mut paths {
            let local = &mut path.shell.local;
            local.unit = Arc::clone(&unit);
            local.command = command;
            local.source_path = source_path.clone();
            local.returnable = local.returnable.saturating_sub(1);
            if path.flow == Flow::Return {
                path.flow = Flow::Next;
            }
        }
        self.settle(paths)
    }
}

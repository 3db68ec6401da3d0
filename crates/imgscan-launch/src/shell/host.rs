//! The programs that a shell starts.

use imgscan_model::{Confidence, LaunchStep, Launcher, Origin, Pid1Role, Text};
use imgscan_shell::{Command, Dialect, External, Host, Replaces};

use crate::call::{Call, Executor, Parent, Placement};
use crate::follow::Follower;
use crate::shell::traps::{self, is_term};

/// A shell that is being followed.
pub(super) struct ShellHost<'a> {
    pub follower: &'a mut Follower,
    /// The shell's own call.
    pub shell: &'a Call,
    pub dialect: Dialect,
    pub launcher: Launcher,
    /// The shell's text.
    pub source: &'a str,
}

impl Host for ShellHost<'_> {
    fn external(&mut self, command: &Command) -> Vec<External> {
        let call = self.call(command);
        self.follower.follow(call)
    }
}

impl ShellHost<'_> {
    fn call(&self, command: &Command) -> Call {
        let stays_above = command.replaces == Replaces::No || command.subshell;
        let mut parents = self.shell.parents.clone();
        if stays_above {
            parents.push(self.parent(command));
        }
        let mut steps = self.shell.steps.clone();
        let (what, origin) = (command.text.clone(), command.origin.clone());
        steps.push(LaunchStep { what, launcher: self.launcher, origin });
        Call {
            argv: command.argv.clone(),
            env: command.env.clone(),
            cwd: command.cwd.clone(),
            user: command.user.clone(),
            files: command.files.clone(),
            search: None,
            executor: Executor::Shell,
            place: self.place(command),
            stdin: command.stdin.clone(),
            umask: command.umask,
            parents,
            steps,
            confidence: self.confidence(command),
            condition: both(self.shell.condition.as_deref(), command.condition.as_deref()),
            written: None,
            doubts: self.shell.doubts.clone(),
            depth: self.shell.depth + 1,
            shells: command.depth,
            budget: command.budget.clone(),
        }
    }

    fn place(&self, command: &Command) -> Placement {
        if command.substituted || self.shell.place == Placement::Substituted {
            Placement::Substituted
        } else if command.background {
            Placement::Background
        } else if command.replaces != Replaces::No && !command.subshell {
            self.shell.place
        } else if matches!(self.shell.place, Placement::Background | Placement::Aside) {
            Placement::Aside
        } else {
            Placement::Foreground
        }
    }

    fn confidence(&self, command: &Command) -> Confidence {
        let own = if command.condition.is_some() { Confidence::Possible } else { Confidence::Certain };
        own.min(self.shell.confidence)
    }

    /// The shell as the parent of a program that it waits for. A trap runs only when the program in the foreground has
    /// ended; a `wait` for one in the background is interrupted by it.
    fn parent(&self, command: &Command) -> Parent {
        let program = self.program();
        let ignored = command.traps.iter().any(|(signal, ignored)| *ignored && is_term(signal));
        let (passes, because) = if ignored {
            (Some(false), format!("`{program}` ignores SIGTERM, and what it starts does so too"))
        } else if command.background && traps::traps_term(self.source, self.dialect.is_bash()) {
            self.trapped(&program, command)
        } else if self.may_replace_itself(command) {
            let why = "some shells replace themselves by the last command, some stay";
            (None, format!("which shell `{program}` is cannot be seen: {why}"))
        } else {
            (Some(false), self.why(&program, command))
        };
        let origin =
            self.shell.steps.last().map_or_else(|| command.origin.clone(), |step| step.origin.clone());
        let origin = if matches!(origin, Origin::LayerFile { .. }) { command.origin.clone() } else { origin };
        Parent { role: Pid1Role::Shell, program, passes, whole_group: false, because, origin }
    }

    /// The shell traps SIGTERM while it waits for a program in the background.
    fn trapped(&self, program: &str, command: &Command) -> (Option<bool>, String) {
        let text = &command.text;
        match traps::passes_on(self.source, &command.origin) {
            Some(true) => (Some(true), format!("`{program}` traps SIGTERM and sends it on to `{text}`")),
            _ => (
                None,
                format!("`{program}` traps SIGTERM; whether the trap signals `{text}` is not followed"),
            ),
        }
    }

    /// The shell's own program, as written.
    fn program(&self) -> String {
        self.shell.argv.first().map(Text::display).unwrap_or_default()
    }

    /// A shell that cannot be seen may do as bash and busybox do with the last command of `-c`.
    fn may_replace_itself(&self, command: &Command) -> bool {
        let simple = !command.background && !command.subshell && !command.pipeline;
        self.dialect == Dialect::Posix && self.launcher == Launcher::ShellForm && simple
    }

    fn why(&self, program: &str, command: &Command) -> String {
        let kind = match self.dialect {
            Dialect::Dash => " (dash)",
            Dialect::Bash | Dialect::BashPosix => " (bash)",
            Dialect::Ash => " (busybox)",
            Dialect::Posix => "",
        };
        let text = &command.text;
        format!("`{program}`{kind} starts `{text}` as a child and passes no signal on")
    }
}

/// Two conditions that must both hold.
fn both(outer: Option<&str>, inner: Option<&str>) -> Option<String> {
    match (outer, inner) {
        (Some(outer), Some(inner)) => Some(format!("{outer} and {inner}")),
        (one, other) => one.or(other).map(str::to_owned),
    }
}

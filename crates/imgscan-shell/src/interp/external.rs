//! Programs: utilities that are evaluated here, and all others, which the host knows.

use std::sync::Arc;

use imgscan_model::{EnvSource, FileError, Magic, Need, Node, Shape, Text, path};

use super::simple::Words;
use super::{End, Interp, Paths, done, next};
use crate::host::{Command, External, Outcome, Replaces};
use crate::outcome::Status;
use crate::shell::disk::Found;
use crate::shell::{Shell, Trap, shown};
use crate::tool::{self, Flavor, Ran};
use crate::{expand, texts};

/// A program to start.
pub(crate) struct Call {
    pub argv: Vec<Text>,
    pub replaces: Replaces,
}

impl Call {
    pub(crate) fn of(words: Words) -> Self {
        Call { argv: words.argv, replaces: words.replaces }
    }
}

/// What a name leads to.
pub(crate) enum Program {
    /// An executable.
    Found(Node),
    /// Something that cannot be executed: status 126.
    NotExecutable(Node),
    /// Nothing: status 127.
    Missing,
    /// It cannot be told.
    Unknown(String),
}

/// Directories in which a program of a utility's name is that utility.
const SYSTEM: [&str; 6] = ["/bin", "/usr/bin", "/sbin", "/usr/sbin", "/usr/lib/cargo/bin", "/usr/libexec"];

impl Interp<'_> {
    /// Starts a program.
    pub(crate) fn external(&mut self, call: Call, mut shell: Box<Shell>) -> Paths {
        if let Err(stop) = self.steps(&mut shell, 5) {
            return self.stop(shell, stop);
        }
        let name = call.argv.first().and_then(|word| word.known()).map(str::to_owned);
        let program = match &name {
            Some(name) => look_up(&shell, name),
            None => Program::Unknown("which program it is is not known".into()),
        };
        if let Some(name) = name.filter(|_| !call.argv.iter().any(expand::is_open))
            && let Some((tool, flavor)) = as_tool(&shell, &name, &program)
        {
            return self.tool(tool, flavor, call, shell);
        }
        self.ask_host(call, program, shell)
    }

    /// Runs a utility that is evaluated here.
    fn tool(&mut self, tool: tool::Tool, flavor: Flavor, call: Call, mut shell: Box<Shell>) -> Paths {
        let origin = shell.here();
        let ran = {
            let (name, args) = call.argv.split_first().map_or((None, &[][..]), |(n, a)| (Some(n), a));
            let name = name.map(|n| path::name(n.raw()).to_owned()).unwrap_or_default();
            let mut job = tool::Job { shell: &mut shell, name: &name, args, flavor, origin: origin.clone() };
            tool(&mut job)
        };
        if ran == Ran::Host {
            let program = call.argv.first().and_then(|w| w.known()).map(|name| look_up(&shell, name));
            return self.ask_host(call, program.unwrap_or(Program::Missing), shell);
        }
        let mut paths = Vec::new();
        for path in self.ran(ran, shell) {
            paths.extend(self.after(call.replaces, path.shell));
        }
        paths
    }

    /// Status and output of a program of which nothing is known.
    pub(super) fn unknown_result(&mut self, shell: &mut Shell, reason: Option<String>) {
        self.unknowns += 1;
        let origin = shell.here();
        let what = shell.command_text();
        let hole = match reason {
            Some(reason) => {
                let text = format!("$({what})");
                let opaque = imgscan_model::Opaque {
                    text,
                    needs: Vec::new(),
                    shape: Shape::Any,
                    reason: Some(reason),
                };
                Text::opaque(opaque, origin.clone())
            }
            None => {
                let need = vec![Need::Other(format!("output of `{what}`"))];
                texts::symbol(format!("$({what})"), Shape::Any, need, &origin)
            }
        };
        shell.write_unknown(1, &hole, &origin);
        let shares = shell.local.descriptors.get(&1) == shell.local.descriptors.get(&2);
        if !shares {
            shell.write_unknown(2, &hole, &origin);
        }
        shell.set_status(Status::Unknown(what));
    }

    /// The path after a program that ended: where it took the shell's place, the shell ends with its status.
    fn after(&mut self, replaces: Replaces, shell: Box<Shell>) -> Paths {
        if replaces == Replaces::No {
            return next(shell);
        }
        let status = shell.local.status.clone();
        self.end(shell, End::Exit(status));
        Vec::new()
    }

    /// Asks the host what comes of a program.
    fn ask_host(&mut self, call: Call, program: Program, shell: Box<Shell>) -> Paths {
        let missing = matches!(program, Program::Missing) && !shell.partial;
        // dash and busybox come to the directories of `PATH` themselves when they are to `exec` a program without a name.
        let nameless = call.argv.first().is_some_and(|name| name.known() == Some(""));
        let denied = nameless && call.replaces == Replaces::Exec && !shell.is_bash();
        let (missing, refused) = (missing && !denied, denied || matches!(program, Program::NotExecutable(_)));
        if self.mute > 0 {
            return self.not_followed(&call, missing, refused, shell);
        }
        let command = command(&call, program, &shell);
        let answers = self.host.external(&command);
        let mut paths = Vec::new();
        for External { outcome, files, condition } in answers {
            let mut own = shell.clone();
            if !super::settle::same_files(&own.world.files, &files) {
                own.world.files = files;
                own.files_changed();
            }
            if let Some(condition) = condition {
                self.unknowns += 1;
                own.world.condition.push(Arc::from(condition));
            }
            paths.extend(self.outcome(&call, outcome, (missing, refused), own));
        }
        self.settle(paths)
    }

    fn outcome(
        &mut self,
        call: &Call,
        outcome: Outcome,
        (missing, refused): (bool, bool),
        mut shell: Box<Shell>,
    ) -> Paths {
        let origin = shell.here();
        match outcome {
            Outcome::NotFollowed => self.not_followed(call, missing, refused, shell),
            Outcome::Ended { status, output } => {
                match output {
                    Some(text) => {
                        if !text.is_empty() {
                            shell.write(1, text, &origin);
                        }
                        shell.set_status(status);
                    }
                    None => {
                        self.unknown_result(&mut shell, None);
                        shell.set_status(status);
                    }
                }
                self.after(call.replaces, shell)
            }
            Outcome::Stays if call.replaces != Replaces::No && !shell.local.context.subshell => {
                self.end(shell, End::Replaced);
                Vec::new()
            }
            Outcome::Stays => {
                let what = shell.command_text();
                self.end(shell, End::Stays { origin, what });
                Vec::new()
            }
        }
    }

    /// A program of which the host knows nothing.
    fn not_followed(&mut self, call: &Call, missing: bool, refused: bool, mut shell: Box<Shell>) -> Paths {
        if missing || refused {
            let status = if missing { 127 } else { 126 };
            shell.complain();
            let origin = shell.here();
            let name = call.argv.first().map(Text::display).unwrap_or_default();
            let why = if missing { "is not in the image" } else { "is not executable" };
            shell.problem(origin, format!("`{name}` {why}: the command fails"));
            if call.replaces != Replaces::No {
                self.exit(shell, Status::Known(status));
                return Vec::new();
            }
            return done(shell, status);
        }
        if call.replaces != Replaces::No && !shell.local.context.subshell {
            self.end(shell, End::Replaced);
            return Vec::new();
        }
        tool::editor::spoil_named(&mut shell, &call.argv);
        self.unknown_result(&mut shell, None);
        self.after(call.replaces, shell)
    }
}

/// The utility behind a name, if it is one that is evaluated here.
fn as_tool(shell: &Shell, name: &str, program: &Program) -> Option<(tool::Tool, Flavor)> {
    let called = path::name(name);
    let tool = tool::find(called)?;
    match program {
        Program::Found(node) => {
            let dir = path::parent(&node.path);
            let resolved = path::name(&node.path);
            let is_script = matches!(node.magic, Magic::Script(_)) && called != "which";
            let linked = SYSTEM.contains(&dir) && !is_script;
            linked.then(|| Flavor::of(resolved)).flatten().map(|flavor| (tool, flavor))
        }
        Program::Missing if shell.partial => {
            let system = !name.contains('/') || SYSTEM.contains(&path::parent(name));
            system.then_some((tool, Flavor::Unseen))
        }
        _ => None,
    }
}

/// What a command name leads to: a path as it stands, else along `PATH`.
pub(crate) fn look_up(shell: &Shell, name: &str) -> Program {
    if name.contains('/') {
        return of_found(shell, shell.find(name, true));
    }
    let Some(dirs) = shell.local.variables.text("PATH") else { return Program::Missing };
    let Some(dirs) = dirs.known() else { return Program::Unknown("`PATH` is not known".into()) };
    let mut refused = None;
    for dir in dirs.split(':') {
        let candidate = if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") };
        match of_found(shell, shell.find(&candidate, true)) {
            Program::Missing => {}
            Program::NotExecutable(node) => {
                if node.is_file() {
                    refused.get_or_insert(node);
                }
            }
            found => return found,
        }
    }
    refused.map_or(Program::Missing, Program::NotExecutable)
}

fn of_found(shell: &Shell, found: Found) -> Program {
    match found {
        Found::Node(node)
            if node.is_file() && shell.local.who.may(&node, 1) != Some(false) && node.is_executable() =>
        {
            Program::Found(node)
        }
        Found::Node(node) => Program::NotExecutable(node),
        Found::Missing { .. } | Found::Blocked(_) => Program::Missing,
        Found::Runtime(_) => Program::Missing,
        Found::Unknown(reason) => Program::Unknown(reason),
    }
}

/// The command as the host sees it.
fn command(call: &Call, program: Program, shell: &Shell) -> Command {
    let context = shell.local.context;
    let program = match program {
        Program::Found(node) | Program::NotExecutable(node) => Ok(node),
        Program::Missing => Err(FileError::NotFound),
        Program::Unknown(reason) => Err(FileError::Unknown(reason)),
    };
    let mut env = shell.environment();
    if let (true, Ok(node)) = (shell.is_bash(), &program) {
        env.set("_", Text::derived(&*node.path, shell.here()), EnvSource::Runtime);
    }
    let traps = shell
        .local
        .traps
        .iter()
        .filter(|(signal, _)| signal.as_str() != "EXIT")
        .map(|(signal, trap)| (signal.clone(), *trap == Trap::Ignore))
        .collect();
    Command {
        argv: call.argv.clone(),
        program,
        env,
        cwd: shell.local.cwd.clone(),
        user: shell.local.user.clone(),
        files: shell.world.files.clone(),
        umask: shell.local.umask,
        cpus: shell.cpus,
        replaces: call.replaces,
        background: context.background,
        subshell: context.subshell,
        pipeline: context.pipeline,
        substituted: context.substituted,
        stdin: shell.stream(0),
        stdout: shell.stream(1),
        stderr: shell.stream(2),
        origin: shell.here(),
        text: shown(shell.local.unit.raw(shell.local.command)),
        condition: shell.condition_text(),
        traps,
        depth: shell.depth,
        budget: shell.budget.clone(),
    }
}

//! What a shell holds while it runs: what a subshell loses again ([`Local`]) and what stays ([`World`]).

pub(crate) mod descriptor;
pub(crate) mod disk;
pub(crate) mod files;
pub(crate) mod user;
pub(crate) mod variables;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use imgscan_model::{FileView, Origin, Problem, StartFiles, Text};

use crate::dialect::Dialect;
use crate::host::Stream;
use crate::outcome::Status;
use crate::pattern::Pattern;
use crate::state::{Budget, EnvRead, Options, State, Variable, Variables};
use crate::syntax::tree::{Command, Span, Unit};
use descriptor::{Capture, Description};
use user::Who;

/// A function and the unit that its body stands in.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub body: Arc<Command>,
    pub unit: Arc<Unit>,
}

/// What a `trap` does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Trap {
    Ignore,
    Run(Text),
}

/// bash's `shopt` options that change what a script does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shopts {
    pub nullglob: bool,
    pub failglob: bool,
    pub dotglob: bool,
    pub globstar: bool,
    pub extglob: bool,
    pub nocaseglob: bool,
    pub nocasematch: bool,
    pub lastpipe: bool,
    pub inherit_errexit: bool,
    pub expand_aliases: bool,
}

/// How far `getopts` has come: what `OPTIND` shows, the word (from 1) and the bytes of it that are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GetoptsState {
    pub shown: usize,
    pub index: usize,
    pub offset: usize,
}

/// Where in the nesting of shells and lists a command stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Context {
    pub subshell: bool,
    pub pipeline: bool,
    pub background: bool,
    pub substituted: bool,
}

/// What one command of a pipeline does to a path that another may do something to at the same time.
#[derive(Clone, Debug)]
pub(crate) enum Touch {
    /// The file is read.
    Read,
    /// The file is written.
    Written,
    /// The name is made or taken away.
    Named,
    /// The directory is listed for names that match.
    Listed(Pattern),
}

/// Descriptors that a command under way redirects, as they were before; `None` where one was closed.
#[derive(Clone, Debug)]
pub(crate) struct Redirected {
    pub before: Vec<(u32, Option<usize>)>,
    /// Whether the command is a function.
    pub function: bool,
}

/// What belongs to one shell process.
#[derive(Clone)]
pub(crate) struct Local {
    pub dialect: Dialect,
    pub variables: Variables,
    /// For each function call under way, what its `local`s hide.
    pub scopes: Vec<BTreeMap<String, Option<Variable>>>,
    pub arg0: Text,
    pub positional: Vec<Text>,
    pub cwd: Text,
    pub umask: Option<u32>,
    pub user: Text,
    pub who: Arc<Who>,
    pub options: Options,
    pub shopts: Shopts,
    pub functions: Arc<BTreeMap<String, Function>>,
    pub traps: BTreeMap<String, Trap>,
    pub aliases: Vec<String>,
    pub descriptors: BTreeMap<u32, usize>,
    /// The redirections of the commands under way in this shell, the outermost first.
    pub redirected: Vec<Redirected>,
    pub status: Status,
    /// What decides an unknown status, where it would be the same if asked again.
    pub status_key: Option<String>,
    /// Status of the last command substitution of the command under way.
    pub substitution_status: Option<Status>,
    pub unit: Arc<Unit>,
    /// The command under way, as written.
    pub command: Span,
    /// The script or sourced file under way, for `BASH_SOURCE`.
    pub source_path: Text,
    pub context: Context,
    /// Depth of functions and sourced files: where `return` is at home.
    pub returnable: usize,
    pub loops: usize,
    /// How far `getopts` has come.
    pub getopts: Option<GetoptsState>,
    /// bash's `pushd`.
    pub directory_stack: Vec<Text>,
    /// Why any variable may hold something else than is known, if so: a file that is not known was sourced.
    pub any_variable: Option<String>,
    /// Whether a program was started in the background, so that `$!` is set.
    pub has_background: bool,
    /// With what the last program in the background ends.
    pub background_status: Option<Status>,
    /// bash's `PIPESTATUS`.
    pub pipe_statuses: Vec<Status>,
    /// Arrays that the declaration under way assigns: name, elements, whether they are appended.
    pub pending_arrays: Vec<(String, Vec<crate::syntax::tree::Element>, bool)>,
}

/// A condition that was decided on the way, and what it was decided to be.
#[derive(Clone)]
pub(crate) struct Fact {
    pub key: String,
    pub holds: bool,
}

/// What outlives a subshell: files, open descriptions, what was learnt.
#[derive(Clone)]
pub(crate) struct World {
    pub files: StartFiles,
    /// Changes with every change of `files`.
    pub epoch: u64,
    pub descriptions: Vec<Description>,
    pub captures: Vec<Capture>,
    pub reads: Arc<Vec<EnvRead>>,
    pub problems: Arc<Vec<Problem>>,
    pub condition: Vec<Arc<str>>,
    pub facts: Vec<Fact>,
    /// Programs that stay in the background.
    pub staying: Vec<(String, Origin)>,
    /// What was done to files while a pipeline is under way.
    pub touched: Vec<(Arc<str>, Touch)>,
    /// Pairs of names of one file (`ln` without `-s`).
    pub linked: Vec<(String, String)>,
    /// Names that `mktemp` made: as text, and under which path they stand here.
    pub temporary: Vec<(Text, String)>,
    /// Content behind `/dev/fd/N` of process substitutions.
    pub piped: BTreeMap<u32, Text>,
}

/// A shell on one path through its script.
#[derive(Clone)]
pub(crate) struct Shell {
    pub local: Local,
    pub world: World,
    /// Whether the tree holds no utilities, so that the known ones are taken to be there.
    pub partial: bool,
    pub budget: Budget,
    pub clock: Arc<AtomicU64>,
    pub cpus: Option<u32>,
    pub depth: usize,
}

impl Shell {
    /// The shell that a state describes.
    pub(crate) fn of(state: State, unit: Arc<Unit>) -> Self {
        let who = Arc::new(Who::of(&state.user, &state.files));
        let partial = !has_userland(&state.files);
        let (descriptions, captures) = descriptor::initial(&state.stdin);
        let mut shell = Shell {
            local: Local {
                dialect: state.dialect,
                variables: state.variables,
                scopes: Vec::new(),
                source_path: state.arg0.clone(),
                arg0: state.arg0,
                positional: state.positional,
                cwd: state.cwd,
                umask: state.umask,
                user: state.user,
                who,
                options: state.options,
                shopts: Shopts { expand_aliases: state.dialect != Dialect::Bash, ..Shopts::default() },
                functions: Arc::default(),
                traps: BTreeMap::new(),
                aliases: Vec::new(),
                descriptors: BTreeMap::from([(0, 0), (1, 1), (2, 2)]),
                redirected: Vec::new(),
                status: Status::Known(0),
                status_key: None,
                substitution_status: None,
                unit,
                command: Span::default(),
                context: Context::default(),
                returnable: 0,
                loops: 0,
                getopts: None,
                directory_stack: Vec::new(),
                any_variable: None,
                has_background: false,
                background_status: None,
                pipe_statuses: Vec::new(),
                pending_arrays: Vec::new(),
            },
            world: World {
                files: state.files,
                epoch: 0,
                descriptions,
                captures,
                reads: Arc::new(state.reads),
                problems: Arc::default(),
                condition: Vec::new(),
                facts: Vec::new(),
                staying: Vec::new(),
                touched: Vec::new(),
                linked: Vec::new(),
                temporary: Vec::new(),
                piped: BTreeMap::new(),
            },
            partial,
            budget: state.budget,
            clock: Arc::new(AtomicU64::new(1)),
            cpus: state.cpus,
            depth: state.depth,
        };
        shell.initial_variables();
        shell
    }

    /// The state that a caller sees.
    pub(crate) fn into_state(self) -> State {
        State {
            dialect: self.local.dialect,
            variables: self.local.variables,
            arg0: self.local.arg0,
            positional: self.local.positional,
            cwd: self.local.cwd,
            files: self.world.files,
            user: self.local.user,
            umask: self.local.umask,
            options: self.local.options,
            cpus: self.cpus,
            stdin: Stream::Inherited,
            reads: Arc::unwrap_or_clone(self.world.reads),
            depth: self.depth,
            budget: self.budget,
        }
    }

    /// Where a span of the unit under way stands.
    pub(crate) fn origin(&self, span: Span) -> Origin {
        self.local.unit.origin(span)
    }

    /// Where the command under way stands.
    pub(crate) fn here(&self) -> Origin {
        self.origin(self.local.command)
    }

    /// The command under way as written, on one line and not too long.
    pub(crate) fn command_text(&self) -> String {
        shown(self.local.unit.raw(self.local.command))
    }

    /// The condition of the path, as text.
    pub(crate) fn condition_text(&self) -> Option<String> {
        if self.world.condition.is_empty() { None } else { Some(self.world.condition.join(" and ")) }
    }

    pub(crate) fn problem(&mut self, origin: Origin, message: impl Into<String>) {
        let problem = Problem::at(origin, message);
        if self.world.problems.len() < 200 && !self.world.problems.contains(&problem) {
            Arc::make_mut(&mut self.world.problems).push(problem);
        }
    }

    /// Notes that the files changed.
    pub(crate) fn files_changed(&mut self) {
        self.world.epoch = self.clock.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn set_status(&mut self, status: Status) {
        self.local.status = status;
        self.local.status_key = None;
    }

    /// Whether the shell is bash or busybox's, which know more than POSIX asks.
    pub(crate) fn is_bash(&self) -> bool {
        self.local.dialect.is_bash()
    }
}

/// A stretch of source as shown in conditions and problems: one line, at most 120 characters.
pub(crate) fn shown(raw: &str) -> String {
    let mut words = raw.split_whitespace();
    let mut text = String::new();
    for word in words.by_ref() {
        if text.len() + word.len() > 120 {
            text.push_str(" …");
            break;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    if text.is_empty() { raw.chars().take(120).collect() } else { text }
}

/// Whether a tree holds the utilities that every system has. A test image, or a root given in part, does not: the
/// script then could not run at all, and its utilities are taken to be there.
fn has_userland(files: &dyn FileView) -> bool {
    ["/bin/cat", "/usr/bin/cat", "/bin/ls", "/usr/bin/ls", "/usr/bin/env"]
        .iter()
        .any(|path| !matches!(files.resolve(path), Err(imgscan_model::FileError::NotFound)))
}

//! Programs that start another one and are not what the container is for.
//!
//! Each family has a file with its options, read as the real program reads them, and with what it does to
//! environment, user, working directory, process tree and signals.

mod agents;
mod env;
mod inits;
mod opaque;
mod plain;
mod projects;
mod secrets;
mod users;
mod waits;

use imgscan_model::{Confidence, LaunchStep, Launcher, Origin, Pid1Role, Problem, Program, StartFiles, Text};

use crate::call::{Call, Executor, Parent, shown};
use crate::getopt::{Grammar, Refused};
use crate::supervisors;

/// A program that starts another one.
pub(crate) struct Wrapper {
    /// Base names of the program.
    names: &'static [&'static str],
    /// Where the program is a script that is not followed itself: what its text must be like.
    script: Option<fn(&str) -> bool>,
    /// The modules its console scripts import, for Python programs.
    modules: &'static [&'static str],
    kind: Kind,
}

/// What a call of a wrapper becomes; the program is the wrapper.
pub(crate) type Unwrapping = fn(&Call, &Program) -> Result<Unwrapped, Stuck>;

/// How a wrapper is taken off.
enum Kind {
    /// Options, then some operands, then the command.
    Plain(Plain),
    /// By rules of its own.
    Custom(Unwrapping),
}

/// A wrapper of the common form.
struct Plain {
    grammar: Grammar,
    /// Words between the options and the command.
    operands: usize,
    /// Options with which it starts nothing.
    ends: &'static [&'static str],
    tree: Tree,
}

/// What a wrapper does to the process tree.
#[derive(Clone, Copy)]
enum Tree {
    /// It replaces itself by the command.
    Exec,
    /// It waits for the command, and passes signals on, does not, or that is not known.
    Fork(Option<bool>),
}

impl Wrapper {
    /// A wrapper by rules of its own, known by its name or by the module that its console script imports.
    pub(crate) const fn custom(
        names: &'static [&'static str],
        modules: &'static [&'static str],
        unwrap: Unwrapping,
    ) -> Self {
        Wrapper { names, script: None, modules, kind: Kind::Custom(unwrap) }
    }

    /// A wrapper that is a script of a kind that is known by its text.
    pub(crate) const fn of_script(
        names: &'static [&'static str],
        text: fn(&str) -> bool,
        unwrap: Unwrapping,
    ) -> Self {
        Wrapper { names, script: Some(text), modules: &[], kind: Kind::Custom(unwrap) }
    }

    /// What a call of this wrapper becomes. `program` is the wrapper.
    pub(crate) fn unwrap(&self, call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
        match &self.kind {
            Kind::Plain(plain) => plain.unwrap(call, program.words),
            Kind::Custom(unwrap) => unwrap(call, program),
        }
    }
}

impl Plain {
    fn unwrap(&self, call: &Call, words: usize) -> Result<Unwrapped, Stuck> {
        let options = self.grammar.parse(&call.argv, words)?;
        if options.has(self.ends) {
            return Err(Stuck::Ends);
        }
        let at = options.rest + self.operands;
        self.tree.start(call, at, Executor::Libc).map(Unwrapped::one)
    }
}

impl Tree {
    /// The command in the words from `at` on.
    fn start(self, call: &Call, at: usize, executor: Executor) -> Result<Call, Stuck> {
        if at >= call.argv.len() {
            return Err(Stuck::Ends);
        }
        Ok(match self {
            Tree::Exec => call.clone().exec(at, Launcher::Wrapper, executor),
            Tree::Fork(passes) => {
                let parent = waiting(call, passes);
                call.clone().fork(at, Launcher::Wrapper, executor, parent)
            }
        })
    }
}

/// A wrapper as the parent that waits for its command.
pub(crate) fn waiting(call: &Call, passes: Option<bool>) -> Parent {
    let program = call.argv.first().map(Text::display).unwrap_or_default();
    let because = match passes {
        Some(true) => format!("`{program}` passes signals on to its child"),
        Some(false) => format!("`{program}` waits for its child and passes no signal on"),
        None => format!("whether `{program}` passes signals on is not known"),
    };
    Parent { role: Pid1Role::Other, program, passes, whole_group: false, because, origin: call.origin(0) }
}

/// What a wrapper starts.
#[derive(Default)]
pub(crate) struct Unwrapped {
    /// What runs and ends before the commands, one after another; the files it leaves are those that they see.
    pub before: Vec<Call>,
    /// The commands; none where the wrapper has nothing to start.
    pub calls: Vec<Call>,
    /// What follows from the files that `before` leaves, in place of `calls`.
    pub later: Option<Later>,
    /// What could not be read on the way.
    pub problems: Vec<Problem>,
    /// Environment variables that the wrapper asks for.
    pub reads: Vec<String>,
}

/// A wrapper that looks at the files only when others have run.
pub(crate) type Later = Box<dyn FnOnce(StartFiles) -> Result<Unwrapped, Stuck>>;

/// Why a wrapper cannot be taken off.
#[derive(Debug)]
pub(crate) enum Stuck {
    /// It starts nothing: it prints something, or waits.
    Ends,
    /// What it starts stands in files of its own that are not followed: it stays as the program.
    Opaque(&'static str),
    /// It cannot be told what it starts.
    Unknown {
        /// Index of the word that is not followed.
        word: usize,
        /// Why, in words.
        message: String,
    },
    /// The same, for a reason that stands in a file.
    Elsewhere {
        /// Where.
        origin: Origin,
        /// Why, in words.
        message: String,
    },
}

impl Stuck {
    pub(crate) fn at(word: usize, message: impl Into<String>) -> Self {
        Stuck::Unknown { word, message: message.into() }
    }
}

impl From<Refused> for Stuck {
    fn from(refused: Refused) -> Self {
        Stuck::Unknown { word: refused.word, message: refused.message }
    }
}

impl Unwrapped {
    /// One command.
    pub(crate) fn one(call: Call) -> Self {
        Unwrapped { calls: vec![call], ..Unwrapped::default() }
    }

    /// The same with variables that were asked for.
    fn reading(mut self, names: &[&str]) -> Self {
        self.reads.extend(names.iter().map(|name| (*name).to_owned()));
        self
    }
}

/// Every family.
static FAMILIES: &[&[Wrapper]] = &[
    inits::WRAPPERS,
    users::WRAPPERS,
    env::WRAPPERS,
    plain::WRAPPERS,
    projects::WRAPPERS,
    agents::WRAPPERS,
    secrets::WRAPPERS,
    waits::WRAPPERS,
    opaque::WRAPPERS,
];

fn all() -> impl Iterator<Item = &'static Wrapper> {
    FAMILIES.iter().chain(supervisors::WRAPPERS).flat_map(|family| family.iter())
}

/// The wrapper of this base name.
pub(crate) fn by_name(name: &str) -> Option<&'static Wrapper> {
    all().find(|wrapper| wrapper.script.is_none() && wrapper.names.contains(&name))
}

/// The wrapper that a script of this base name and text is.
pub(crate) fn by_script(name: &str, text: &str) -> Option<&'static Wrapper> {
    all().find(|wrapper| wrapper.names.contains(&name) && wrapper.script.is_some_and(|fits| fits(text)))
}

/// The wrapper whose console script imports this module.
pub(crate) fn by_module(module: &str) -> Option<&'static Wrapper> {
    all().find(|wrapper| wrapper.modules.contains(&module))
}

/// A directory as seen from the call's.
pub(crate) use env::directory;

/// A value that the wrapper makes, standing where the wrapper is called.
pub(crate) fn made(call: &Call, value: &str) -> Text {
    Text::derived(value, call.origin(0))
}

/// A command of words that do not stand in the wrapper's own, `sh -c TEXT` say.
pub(crate) fn instead(call: &Call, argv: Vec<Text>, executor: Executor) -> Call {
    let mut inner = call.clone();
    inner.steps.push(LaunchStep {
        what: shown(&call.argv),
        launcher: Launcher::Wrapper,
        origin: call.origin(0),
    });
    inner.argv = argv;
    inner.executor = executor;
    inner.written = None;
    inner.depth += 1;
    inner
}

/// `SHELL -c TEXT`.
pub(crate) fn shell_text(call: &Call, shell: Text, text: Text, executor: Executor) -> Call {
    let origin: Origin = call.origin(0);
    instead(call, vec![shell, Text::derived("-c", origin), text], executor)
}

/// Notes an assumption that the command rests on.
pub(crate) fn assume(call: &mut Call, message: impl Into<String>) {
    let problem = Problem::at(call.origin(0), message);
    call.doubts.push(problem);
    call.at_most(Confidence::Likely);
}

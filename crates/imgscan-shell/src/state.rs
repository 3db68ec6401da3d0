//! What a shell holds: variables, positional parameters, options, files.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use imgscan_model::{Env, EnvSource, Origin, StartFiles, Text, limits};

use crate::dialect::Dialect;

/// What a variable holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Declared, without a value.
    Unset,
    /// Text.
    Scalar(Text),
    /// bash's indexed array.
    Indexed(BTreeMap<i64, Text>),
    /// bash's associative array.
    Assoc(BTreeMap<String, Text>),
}

/// A variable.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// What it holds.
    pub value: Value,
    /// Whether programs see it.
    pub exported: bool,
    /// Whether it cannot be changed.
    pub readonly: bool,
    /// Whether what is assigned to it is arithmetic (bash's `declare -i`).
    pub integer: bool,
    /// Who set it last.
    pub source: EnvSource,
}

/// The variables by name. Copies share them until one is changed.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    held: Arc<BTreeMap<Arc<str>, Variable>>,
}

impl PartialEq for Variables {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.held, &other.held) || self.held == other.held
    }
}

impl Variables {
    /// The variables of a shell that starts with this environment.
    pub fn of_env(env: &Env) -> Self {
        let var = |v: &imgscan_model::EnvVar| Variable {
            value: Value::Scalar(v.value.clone()),
            exported: true,
            readonly: false,
            integer: false,
            source: v.source,
        };
        Variables { held: Arc::new(env.iter().map(|v| (v.name.as_str().into(), var(v))).collect()) }
    }

    /// The variable.
    pub fn get(&self, name: &str) -> Option<&Variable> {
        self.held.get(name)
    }

    /// The text of a variable; of an array its element 0.
    pub fn text(&self, name: &str) -> Option<&Text> {
        match &self.held.get(name)?.value {
            Value::Unset => None,
            Value::Scalar(text) => Some(text),
            Value::Indexed(items) => items.get(&0),
            Value::Assoc(items) => items.get("0"),
        }
    }

    /// Sets a variable.
    pub fn set(&mut self, name: &str, variable: Variable) {
        Arc::make_mut(&mut self.held).insert(name.into(), variable);
    }

    /// Takes a variable away.
    pub fn remove(&mut self, name: &str) {
        if self.held.contains_key(name) {
            Arc::make_mut(&mut self.held).remove(name);
        }
    }

    /// All variables, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Variable)> {
        self.held.iter().map(|(name, var)| (&**name, var))
    }
}

/// The options of `set` that change what a script does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `-e`
    pub errexit: bool,
    /// `-u`
    pub nounset: bool,
    /// `-x`
    pub xtrace: bool,
    /// `-f`
    pub noglob: bool,
    /// `-a`
    pub allexport: bool,
    /// `-n`
    pub noexec: bool,
    /// `-C`
    pub noclobber: bool,
    /// `-o pipefail`
    pub pipefail: bool,
    /// `-c`: the text came from the command line.
    pub command_string: bool,
}

/// A read of an environment variable.
#[derive(Clone, Debug, PartialEq)]
pub struct EnvRead {
    /// Its name.
    pub name: String,
    /// What the script uses where it is unset (`${X:-4}`); `None` where it names nothing.
    pub default: Option<Text>,
    /// The reading expansion.
    pub origin: Origin,
}

/// The steps that are left to a start, shared by all shells of it.
#[derive(Clone, Debug)]
pub struct Budget(Arc<AtomicU64>);

impl Budget {
    /// A new budget of [`limits::STEPS`].
    pub fn new() -> Self {
        Budget(Arc::new(AtomicU64::new(limits::STEPS)))
    }

    /// Takes `steps`, or what is left.
    pub(crate) fn spend(&self, steps: u64) {
        let _ = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| Some(left.saturating_sub(steps)));
    }

    /// Takes `steps`; `false` where nothing is left.
    pub fn take(&self, steps: u64) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(steps)).is_ok()
    }
}

impl Default for Budget {
    fn default() -> Self {
        Budget::new()
    }
}

/// What a shell holds when it starts, and when a path of it ends.
#[derive(Clone)]
pub struct State {
    /// Which shell it is.
    pub dialect: Dialect,
    /// Variables, exported and not.
    pub variables: Variables,
    /// `$0`.
    pub arg0: Text,
    /// `$1` and so on.
    pub positional: Vec<Text>,
    /// Its working directory.
    pub cwd: Text,
    /// The files it sees and writes.
    pub files: StartFiles,
    /// Its user, as written (`""` is root).
    pub user: Text,
    /// Its umask; `None` where not known.
    pub umask: Option<u32>,
    /// Its options.
    pub options: Options,
    /// What `nproc` answers; symbolic where `None`.
    pub cpus: Option<u32>,
    /// Its standard input.
    pub stdin: crate::host::Stream,
    /// Every environment variable that was read, each place once, in order.
    pub reads: Vec<EnvRead>,
    /// How many shells stand above this one. Over [`limits::DEPTH`] a path is lost at once.
    pub depth: usize,
    /// The steps that are left.
    pub budget: Budget,
}

impl State {
    /// A shell that starts with this environment and these files: root, at `/`, without arguments.
    pub fn new(dialect: Dialect, env: &Env, files: StartFiles) -> Self {
        State {
            dialect,
            variables: Variables::of_env(env),
            arg0: Text::default(),
            positional: Vec::new(),
            cwd: Text::new("/", Origin::Runtime { what: "working directory".into() }),
            files,
            user: Text::default(),
            umask: Some(0o022),
            options: Options::default(),
            cpus: None,
            stdin: crate::host::Stream::Inherited,
            reads: Vec::new(),
            depth: 0,
            budget: Budget::new(),
        }
    }
}

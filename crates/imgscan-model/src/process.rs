//! What the container starts.

use std::sync::Arc;

use crate::env::{Env, EnvSource};
use crate::files::FileView;
use crate::finding::Confidence;
use crate::origin::Origin;
use crate::text::Text;

/// What stands for the run time: the options of imgscan that are named as in `docker run`, and deployment files.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--env`, `--env-file` in order; a `None` value takes the image's variable out.
    pub env: Vec<(String, Option<Text>, EnvSource)>,
    /// `--entrypoint`: replaces ENTRYPOINT and drops the image's CMD. `Some([])` clears it.
    pub entrypoint: Option<Vec<Text>>,
    /// Words after `--`, in place of CMD.
    pub args: Option<Vec<Text>>,
    /// `--workdir`.
    pub workdir: Option<Text>,
    /// `--user`.
    pub user: Option<Text>,
    /// `--cpus`: what `cpu_count()` and `nproc` answer.
    pub cpus: Option<u32>,
}

/// Which program is PID 1 with regard to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pid1Role {
    /// The server itself.
    Server,
    /// A shell that waits for the server.
    Shell,
    /// A small init that passes signals on (tini, dumb-init).
    Init,
    /// A supervisor (supervisord, s6).
    Supervisor,
    /// Something else.
    Other,
}

/// PID 1 and whether a stop signal sent to it reaches the server.
#[derive(Clone, Debug, PartialEq)]
pub struct Pid1 {
    /// Its role.
    pub role: Pid1Role,
    /// Its program, e.g. `/bin/sh`.
    pub program: String,
    /// Whether signals reach the server; `None` where that cannot be told.
    pub signals_reach_server: Option<bool>,
    /// Why, in words, with the place that decides it.
    pub because: Option<(String, Origin)>,
}

/// A step from the image config to the server.
#[derive(Clone, Debug, PartialEq)]
pub struct LaunchStep {
    /// What it is: `ENTRYPOINT`, `CMD`, `exec "$@"`, `tini --` …
    pub what: String,
    /// What kind of step.
    pub launcher: Launcher,
    /// Where it stands.
    pub origin: Origin,
}

/// What kind of program stands between the image config and the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Launcher {
    /// ENTRYPOINT or CMD themselves, or what replaces them.
    Config,
    /// `sh -c …`.
    ShellForm,
    /// A script.
    Script,
    /// A program that replaces itself by the server (gosu, env, nice).
    Wrapper,
    /// An init that stays as a parent.
    Init,
    /// A supervisor.
    Supervisor,
    /// A server that starts another (Airflow starts gunicorn).
    Server,
}

/// The program behind `argv[0]`.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Program {
    /// Its path in the image, links resolved; `None` where it is not in the image.
    pub path: Option<Arc<str>>,
    /// What it is, for dialects to claim: the base name of a native program (`nginx`), or the Python module that
    /// runs (`gunicorn`, `uvicorn`) for `python -m …` and for console scripts.
    pub name: String,
    /// How many leading words of `argv` name the program (1 for `gunicorn`, 3 for `python -m gunicorn`).
    pub words: usize,
    /// For Python programs, the directories of `sys.path` that hold packages, first one first.
    pub python_path: Vec<Arc<str>>,
    /// For Python programs, `(major, minor)` of the interpreter, when it can be told.
    pub python_version: Option<(u8, u8)>,
    /// Whether it runs as `python -m`.
    pub is_module: bool,
}

/// One program that the container starts, before its configuration is read.
#[derive(Clone)]
pub struct Process {
    /// Its words, after scripts, wrappers and supervisors are followed.
    pub argv: Vec<Text>,
    /// What `argv[0]` leads to.
    pub program: Program,
    /// Its environment.
    pub env: Env,
    /// Its working directory.
    pub cwd: Text,
    /// Its user, as written (`""` is root).
    pub user: Text,
    /// PID 1 and signals.
    pub pid1: Pid1,
    /// The steps from the image config to here.
    pub launched_by: Vec<LaunchStep>,
    /// How sure it is that the process starts.
    pub confidence: Confidence,
    /// The condition under which it starts, as text; `None` where it always does.
    pub condition: Option<String>,
    /// The files it sees when it starts.
    pub files: Arc<dyn FileView>,
    /// What `cpu_count()` answers, when it is given.
    pub cpus: Option<u32>,
}

impl Process {
    /// The words after those that name the program.
    pub fn args(&self) -> &[Text] {
        self.argv.get(self.program.words..).unwrap_or(&[])
    }

    /// The working directory, if it is known.
    pub fn cwd_known(&self) -> Option<&str> {
        self.cwd.known()
    }
}

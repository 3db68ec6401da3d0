//! A command about to be executed, with all that `execve` and the process tree would give it.

use imgscan_model::{
    Confidence, Env, LaunchStep, Launcher, Origin, Pid1, Pid1Role, Problem, StartFiles, Text,
};
use imgscan_shell::{Budget, Stream};

/// Who executes a command: that decides what happens to a script without a `#!` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Executor {
    /// `execve` itself: the runtime, Go and Rust programs. No `#!` is "exec format error".
    Kernel,
    /// libc's `execvp`, which hands a file without `#!` to `/bin/sh` (glibc and musl).
    Libc,
    /// A shell, which reads a file without `#!` itself.
    Shell,
}

/// What the caller does while a command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placement {
    /// Nothing comes after it: PID 1, an `exec`, the child of an init or a supervisor.
    Last,
    /// A shell waits for it and may go on afterwards.
    Foreground,
    /// The caller goes on at once.
    Background,
    /// A shell waits for it that itself runs in the background.
    Aside,
    /// A shell wants its output.
    Substituted,
}

/// A process that stays between PID 1 and the command, PID 1 first.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parent {
    pub role: Pid1Role,
    /// Its program, as written.
    pub program: String,
    /// Whether it passes a stop signal on to its child; `None` where that cannot be told.
    pub passes: Option<bool>,
    /// Whether it signals every process below it, not just its child (dumb-init, `tini -g`).
    pub whole_group: bool,
    /// Why, in words.
    pub because: String,
    /// The place that decides it.
    pub origin: Origin,
}

/// A command about to be executed.
#[derive(Clone)]
pub(crate) struct Call {
    pub argv: Vec<Text>,
    pub env: Env,
    pub cwd: Text,
    pub user: Text,
    pub files: StartFiles,
    /// The `PATH` along which the program is sought, where that is not the command's own.
    pub search: Option<Text>,
    pub executor: Executor,
    /// What the caller does while the command runs.
    pub place: Placement,
    pub stdin: Stream,
    pub umask: Option<u32>,
    pub parents: Vec<Parent>,
    pub steps: Vec<LaunchStep>,
    pub confidence: Confidence,
    pub condition: Option<String>,
    /// Where the kernel has put an interpreter in front: the words before it did, for people.
    pub written: Option<Vec<Text>>,
    /// What lowers certainty, for the case that a process comes of it.
    pub doubts: Vec<Problem>,
    /// How many commands have led to this one.
    pub depth: usize,
    /// How many shells stand above it.
    pub shells: usize,
    /// The steps that are left to all shells of this start.
    pub budget: Budget,
}

impl Call {
    /// The place of a word, or of the last step where the word has none.
    pub(crate) fn origin(&self, word: usize) -> Origin {
        let place = self.argv.get(word).and_then(Text::whole).map(|place| place.origin);
        let last = || self.steps.last().map(|step| step.origin.clone());
        place.or_else(last).unwrap_or_else(|| Origin::Runtime { what: "command".into() })
    }

    /// The same process executing the words from `at` on.
    #[must_use]
    pub(crate) fn exec(mut self, at: usize, launcher: Launcher, executor: Executor) -> Self {
        // What the kernel puts in front of a script (`#!/usr/bin/env python3`) is no step that anybody wrote.
        if self.written.is_none() {
            let origin = self.origin(0);
            let what = shown(self.argv.get(..at).unwrap_or(&self.argv));
            self.steps.push(LaunchStep { what, launcher, origin });
        }
        self.argv.drain(..at.min(self.argv.len()));
        self.executor = executor;
        self.depth += 1;
        self
    }

    /// A child process executing the words from `at` on.
    #[must_use]
    pub(crate) fn fork(mut self, at: usize, launcher: Launcher, executor: Executor, parent: Parent) -> Self {
        self.parents.push(parent);
        self.exec(at, launcher, executor)
    }

    /// Notes that what follows rests on an assumption.
    pub(crate) fn at_most(&mut self, confidence: Confidence) {
        self.confidence = self.confidence.min(confidence);
    }

    /// PID 1 and signals, for the program that this call executes.
    pub(crate) fn pid1(&self) -> Pid1 {
        let Some(first) = self.parents.first() else {
            let program = self.written.as_ref().unwrap_or(&self.argv).first().map(Text::display);
            return Pid1 {
                role: Pid1Role::Server,
                program: program.unwrap_or_default(),
                signals_reach_server: Some(true),
                because: None,
            };
        };
        let mut decides = first;
        for parent in &self.parents {
            let weaker = matches!(
                (parent.passes, decides.passes),
                (Some(false), Some(true) | None) | (None, Some(true))
            );
            if weaker {
                decides = parent;
            }
            if parent.whole_group && parent.passes == Some(true) {
                break;
            }
        }
        Pid1 {
            role: first.role,
            program: first.program.clone(),
            signals_reach_server: decides.passes,
            because: Some((decides.because.clone(), decides.origin.clone())),
        }
    }
}

/// Words as a person would write them, none of them a credential.
pub(crate) fn shown(words: &[Text]) -> String {
    let word = |text: &Text| if text.is_secret() { "[redacted]".to_owned() } else { text.display() };
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}

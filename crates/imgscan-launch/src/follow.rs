//! Following a command to the programs that stay.

use std::sync::Arc;

use imgscan_model::{
    Confidence, FileError, FileView, Magic, Node, Origin, Pid1Role, Problem, Program, StartFiles, Text,
    limits, path,
};
use imgscan_shell::{Budget, Dialect, External, Outcome, Status, Stream};

use crate::Launched;
use crate::call::{Call, Executor, Placement};
use crate::container::Container;
use crate::found::Found;
use crate::lookup::{self, Lookup};
use crate::servers::Run;
use crate::{python, servers, shebang, shell, supervisors, wrappers};

/// Follows what the runtime hands to PID 1.
pub(crate) fn run(start: Container, files: Arc<dyn FileView>, cpus: Option<u32>) -> Launched {
    let mut follower = Follower {
        found: Found::default(),
        problems: start.problems,
        reads_env: Vec::new(),
        cpus,
        held: false,
        fallback: None,
    };
    let call = Call {
        argv: start.argv.clone(),
        env: start.env.clone(),
        cwd: start.cwd.clone(),
        user: start.user.clone(),
        files: StartFiles::over(files),
        search: None,
        executor: Executor::Kernel,
        place: Placement::Last,
        stdin: Stream::Inherited,
        umask: Some(0o022),
        parents: Vec::new(),
        steps: start.steps,
        confidence: Confidence::Certain,
        condition: None,
        written: None,
        doubts: Vec::new(),
        depth: 0,
        shells: 0,
        budget: Budget::new(),
    };
    if !call.argv.is_empty() {
        follower.follow(call);
        follower.emit_fallback();
    }
    Launched {
        processes: follower.found.into_processes(),
        problems: follower.problems,
        argv: start.argv,
        env: start.env,
        cwd: start.cwd,
        user: start.user,
        reads_env: follower.reads_env,
    }
}

/// What has been found so far.
pub(crate) struct Follower {
    found: Found,
    problems: Vec<Problem>,
    reads_env: Vec<String>,
    cpus: Option<u32>,
    /// Whether something was found that keeps the container up.
    held: bool,
    /// The last program that a shell waited for and that is no server: what the container is for, where nothing else
    /// keeps it up.
    fallback: Option<(Call, Program)>,
}

impl Follower {
    /// Follows one command to the programs that it becomes or starts, and says what comes of it for the shell that
    /// waits for it, if one does.
    pub(crate) fn follow(&mut self, mut call: Call) -> Vec<External> {
        if call.depth > limits::LAUNCH_DEPTH {
            return self.lose(call, "too many programs start one another");
        }
        let Some(word) = call.argv.first() else {
            return self.lose(call, "no command is left to start");
        };
        let Some(word) = word.known().map(str::to_owned) else {
            let message = format!("which program starts is not known: `{}`", word.display());
            return self.lose(call, message);
        };
        let found = match call.search.take() {
            Some(path) => lookup::along(&word, &path, &call.cwd, &call.files),
            None => lookup::look_up(&word, &call.env, &call.cwd, &call.files),
        };
        match found {
            Lookup::Found { path, node, unsure } => {
                if unsure.is_some() {
                    call.at_most(Confidence::Likely);
                }
                self.found(call, path, &node)
            }
            Lookup::Refused(why) => self.lose(call, format!("`{word}` does not start: {why}")),
            Lookup::Missing => {
                if let Some(unwrap) = supervisors::for_missing(&word, &call.files) {
                    let program = Program { words: 1, ..Program::default() };
                    return self.unwrapped(call.clone(), unwrap(&call, &program), program);
                }
                call.doubts.push(Problem::at(call.origin(0), format!("`{word}` is not in the image")));
                call.at_most(Confidence::Likely);
                self.program(call, None)
            }
            Lookup::Unknown(why) => {
                let message = format!("whether `{word}` is in the image is not known: {why}");
                call.doubts.push(Problem::at(call.origin(0), message));
                call.at_most(Confidence::Likely);
                self.program(call, None)
            }
        }
    }

    /// A file that may be executed.
    fn found(&mut self, call: Call, path: String, node: &Node) -> Vec<External> {
        match &node.magic {
            Magic::Script(line) => self.script(call, path, node, line),
            Magic::Empty => self.without_shebang(call, path),
            Magic::Other if self.is_text(&call, node) => self.without_shebang(call, path),
            Magic::Elf | Magic::Unknown | Magic::Other => self.program(call, Some((path, node))),
        }
    }

    /// Whether a file is no binary of a kind that the kernel may know (`binfmt_misc`).
    fn is_text(&self, call: &Call, node: &Node) -> bool {
        matches!(call.files.content(&node.path), Ok(_) | Err(FileError::NotLoaded))
    }

    /// A script with a `#!` line: the kernel executes its interpreter instead.
    fn script(&mut self, mut call: Call, path: String, node: &Node, line: &str) -> Vec<External> {
        let Some(found) = shebang::read(node, line, &call.files) else {
            return self.without_shebang(call, path);
        };
        let text = call.files.content(&node.path).ok();
        let by_text = text.as_ref().and_then(|text| wrappers::by_script(path::name(&path), text.raw()));
        if let Some(wrapper) = by_text {
            let program = Program {
                path: Some(Arc::clone(&node.path)),
                words: 1,
                name: path::name(&path).to_owned(),
                ..Program::default()
            };
            return self.wrapper(call, wrapper, program);
        }
        if let Some(name) = found.interpreter.known().filter(|name| name.ends_with('\r')) {
            let message = format!(
                "`{path}` does not start: its first line ends in CR LF, so the interpreter is `{}\\r`\n\
                 help: save the file with LF line ends",
                name.trim_end()
            );
            return self.lose_at(call, node.origin.clone(), message);
        }
        let mut argv = vec![found.interpreter];
        argv.extend(found.argument);
        argv.push(script_word(&call, path));
        argv.extend(call.argv.iter().skip(1).cloned());
        let written = std::mem::replace(&mut call.argv, argv);
        call.written.get_or_insert(written);
        call.executor = Executor::Kernel;
        call.depth += 1;
        self.follow(call)
    }

    /// An executable text without a `#!` line: "exec format error", unless the caller tries a shell then.
    fn without_shebang(&mut self, mut call: Call, path: String) -> Vec<External> {
        match call.executor {
            Executor::Kernel => {
                let message = format!(
                    "`{path}` does not start: it has no `#!` line (exec format error)\nhelp: begin it with `#!/bin/sh`"
                );
                self.lose(call, message)
            }
            Executor::Libc | Executor::Shell => {
                let script = script_word(&call, path);
                let shell = Text::derived("/bin/sh", call.origin(0));
                let rest: Vec<Text> = call.argv.drain(..).skip(1).collect();
                call.argv = [shell, script].into_iter().chain(rest).collect();
                call.depth += 1;
                self.follow(call)
            }
        }
    }

    /// A program that the kernel runs by itself, or that is not in the image: known by its name.
    fn program(&mut self, mut call: Call, found: Option<(String, &Node)>) -> Vec<External> {
        let invoked = call.argv.first().map(|word| path::name(word.raw()).to_owned()).unwrap_or_default();
        let resolved =
            found.as_ref().map_or_else(|| invoked.clone(), |(_, node)| path::name(&node.path).to_owned());
        if MULTI_CALL.contains(&resolved.as_str()) && invoked == resolved && call.argv.len() > 1 {
            call.argv.remove(0);
            return self.applet(call, &resolved, found.map(|(_, node)| Arc::clone(&node.path)));
        }
        self.named(call, &invoked, &resolved, found.map(|(_, node)| Arc::clone(&node.path)))
    }

    /// `busybox sh …`: the first argument names the program.
    fn applet(&mut self, call: Call, binary: &str, path: Option<Arc<str>>) -> Vec<External> {
        let Some(applet) = call.argv.first().and_then(Text::known).map(str::to_owned) else {
            return self.lose(call, format!("which applet of `{binary}` starts is not known"));
        };
        self.named(call, &applet, binary, path)
    }

    /// A program by the name it is called and the name of its file.
    fn named(&mut self, call: Call, invoked: &str, resolved: &str, path: Option<Arc<str>>) -> Vec<External> {
        if let Some(dialect) = Dialect::named(invoked, resolved) {
            return shell::follow(self, call, dialect, path.is_some());
        }
        if let Some(interpreter) = python::Interpreter::named(invoked, resolved, path.clone(), &call) {
            return python::follow(self, call, interpreter);
        }
        let absent = path.is_none();
        let mut program = Program { path, name: invoked.to_owned(), words: 1, ..Program::default() };
        if absent && python::is_python_server(invoked) {
            python::fill_absent(&mut program, &call);
        }
        let wrapper = wrappers::by_name(resolved).or_else(|| wrappers::by_name(invoked));
        match wrapper {
            Some(wrapper) => self.wrapper(call, wrapper, program),
            None => self.arrive(call, program),
        }
    }

    /// Takes a wrapper off.
    pub(crate) fn wrapper(
        &mut self,
        call: Call,
        wrapper: &wrappers::Wrapper,
        program: Program,
    ) -> Vec<External> {
        let unwrapped = wrapper.unwrap(&call, &program);
        self.unwrapped(call, unwrapped, program)
    }

    /// Follows what a wrapper starts.
    fn unwrapped(
        &mut self,
        call: Call,
        unwrapped: Result<wrappers::Unwrapped, wrappers::Stuck>,
        program: Program,
    ) -> Vec<External> {
        match unwrapped {
            Ok(wrappers::Unwrapped { before, calls, later, problems, reads }) => {
                problems.into_iter().for_each(|problem| self.problem(problem));
                reads.into_iter().for_each(|name| self.reads(name));
                let left = self.run_before(before);
                if let Some(later) = later {
                    let mut call = call;
                    left.apply(&mut call);
                    let then = later(call.files.clone());
                    return self.unwrapped(call, then, program);
                }
                if calls.is_empty() {
                    return self.arrive(call, program);
                }
                let mut outcome = Vec::new();
                for mut inner in calls {
                    left.apply(&mut inner);
                    outcome = match inner.parents.last() {
                        Some(parent) if parent.role == Pid1Role::Supervisor => self.supervised(inner),
                        _ => self.follow(inner),
                    };
                }
                outcome
            }
            Err(wrappers::Stuck::Ends) => self.arrive(call, program),
            Err(wrappers::Stuck::Opaque(why)) => {
                let mut call = call;
                call.doubts.push(Problem::at(call.origin(0), why));
                self.arrive(call, program)
            }
            Err(wrappers::Stuck::Unknown { word, message }) => {
                let origin = call.origin(word);
                self.lose_at(call, origin, message)
            }
            Err(wrappers::Stuck::Elsewhere { origin, message }) => self.lose_at(call, origin, message),
        }
    }

    /// Follows a command that a supervisor keeps up: where nothing stays behind it, what a shell in it waits for last
    /// is what it is for.
    fn supervised(&mut self, call: Call) -> Vec<External> {
        self.held = false;
        let fallback = self.fallback.take();
        let outcome = self.follow(call);
        self.emit_fallback();
        // The supervisor itself keeps the container up.
        self.held = true;
        self.fallback = fallback;
        outcome
    }

    /// Runs commands one after another, each on the files that those before it left.
    fn run_before(&mut self, before: Vec<Call>) -> Left {
        let mut left = Left::default();
        for mut first in before {
            left.apply(&mut first);
            let waits = first.place != Placement::Background;
            let mut outcomes = self.follow(first);
            if waits && !outcomes.is_empty() {
                left.unsure |= outcomes.len() > 1;
                left.files = Some(outcomes.swap_remove(0).files);
            }
        }
        left
    }

    /// A program that is neither shell nor wrapper.
    pub(crate) fn arrive(&mut self, call: Call, program: Program) -> Vec<External> {
        let files = call.files.clone();
        let answer = |outcome: Outcome| vec![External { outcome, files, condition: None }];
        let run = servers::find(&program).map(|server| (server.run)(&call, &program));
        let ended = || Outcome::Ended { status: Status::Known(0), output: None };
        match call.place {
            Placement::Substituted => answer(Outcome::NotFollowed),
            Placement::Last => {
                self.held = true;
                self.emit(call, program);
                answer(Outcome::Stays)
            }
            Placement::Background => match run {
                Some(Run::Ends) => answer(ended()),
                Some(_) => {
                    self.emit(call, program);
                    answer(Outcome::Stays)
                }
                None => {
                    self.emit(call, program);
                    answer(Outcome::NotFollowed)
                }
            },
            Placement::Aside => match run {
                Some(Run::Ends) => answer(ended()),
                Some(run) => {
                    self.emit(call, program);
                    answer(if run == Run::Leaves { ended() } else { Outcome::Stays })
                }
                None => answer(Outcome::NotFollowed),
            },
            Placement::Foreground => match run {
                Some(Run::Ends) => answer(ended()),
                Some(Run::Leaves) => {
                    self.emit(call, program);
                    answer(ended())
                }
                Some(Run::Stays) => {
                    self.held = true;
                    self.emit(call, program);
                    answer(Outcome::Stays)
                }
                None => {
                    self.fallback = Some((call, program));
                    answer(Outcome::NotFollowed)
                }
            },
        }
    }

    /// Notes that a shell waits for something that stays.
    pub(crate) fn hold(&mut self) {
        self.held = true;
    }

    /// Where nothing keeps the container up, what a shell waited for last is what the container is for.
    fn emit_fallback(&mut self) {
        if self.held {
            return;
        }
        if let Some((mut call, program)) = self.fallback.take() {
            call.at_most(Confidence::Likely);
            self.emit(call, program);
        }
    }

    /// Gives a command up: a process of an unknown program.
    pub(crate) fn lose(&mut self, call: Call, message: impl Into<String>) -> Vec<External> {
        let origin = call.origin(0);
        self.lose_at(call, origin, message)
    }

    /// Gives a command up, for a reason that stands at `origin`.
    pub(crate) fn lose_at(
        &mut self,
        mut call: Call,
        origin: Origin,
        message: impl Into<String>,
    ) -> Vec<External> {
        call.doubts.push(Problem::at(origin, message));
        call.at_most(Confidence::Possible);
        let program = Program { words: call.argv.len().min(1), ..Program::default() };
        self.arrive(call, program)
    }

    /// Notes a problem, once.
    pub(crate) fn problem(&mut self, problem: Problem) {
        note(&mut self.problems, problem);
    }

    /// Notes that a variable is asked for.
    pub(crate) fn reads(&mut self, name: String) {
        if !self.reads_env.contains(&name) {
            self.reads_env.push(name);
        }
    }

    /// What `nproc` answers, when it is given.
    pub(crate) fn cpus(&self) -> Option<u32> {
        self.cpus
    }

    /// Notes a program that stays, or may.
    fn emit(&mut self, call: Call, program: Program) {
        call.doubts.iter().for_each(|problem| note(&mut self.problems, problem.clone()));
        let overflow = self.found.emit(call, program, self.cpus);
        overflow.into_iter().for_each(|problem| note(&mut self.problems, problem));
    }
}

/// The files that commands have left for those after them.
#[derive(Default)]
struct Left {
    files: Option<StartFiles>,
    /// Whether they may have left others.
    unsure: bool,
}

impl Left {
    fn apply(&self, call: &mut Call) {
        if let Some(files) = &self.files {
            call.files = files.clone();
        }
        if self.unsure {
            call.at_most(Confidence::Likely);
        }
    }
}

fn note(problems: &mut Vec<Problem>, problem: Problem) {
    if problems.len() == limits::PROBLEMS {
        problems.push(Problem::new(format!("more than {} problems; the rest is left out", limits::PROBLEMS)));
    }
    if problems.len() < limits::PROBLEMS && !problems.contains(&problem) {
        problems.push(problem);
    }
}

/// Programs that are many, told apart by the name they are called or by their first argument.
const MULTI_CALL: [&str; 3] = ["busybox", "toybox", "coreutils"];

/// The path of a script as the kernel passes it on: the word itself where that has a slash.
fn script_word(call: &Call, path: String) -> Text {
    match call.argv.first() {
        Some(word) if word.raw().contains('/') => word.clone(),
        _ => Text::derived(path, call.origin(0)),
    }
}

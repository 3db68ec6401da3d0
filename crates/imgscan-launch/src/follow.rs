//! Following a command to the programs that stay.

use std::sync::Arc;

use imgscan_model::{Confidence, FileView, Problem, Process, Program, limits};

use crate::Launched;
use crate::call::{Call, Executor};
use crate::container::Container;

/// Follows what the runtime hands to PID 1.
pub(crate) fn run(start: Container, files: Arc<dyn FileView>, cpus: Option<u32>) -> Launched {
    let mut follower =
        Follower { processes: Vec::new(), problems: start.problems, reads_env: Vec::new(), cpus };
    let call = Call {
        argv: start.argv.clone(),
        env: start.env.clone(),
        cwd: start.cwd.clone(),
        user: start.user.clone(),
        files,
        executor: Executor::Kernel,
        parents: Vec::new(),
        steps: start.steps,
        confidence: Confidence::Certain,
        condition: None,
        written: None,
    };
    if !call.argv.is_empty() {
        follower.follow(call);
    }
    Launched {
        processes: follower.processes,
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
    processes: Vec<Process>,
    problems: Vec<Problem>,
    reads_env: Vec<String>,
    cpus: Option<u32>,
}

impl Follower {
    /// Follows one command to the programs that it becomes or starts.
    pub(crate) fn follow(&mut self, call: Call) {
        self.emit(call, Program::default());
    }

    /// Notes a program that stays.
    fn emit(&mut self, call: Call, program: Program) {
        if self.processes.len() >= limits::PROCESSES {
            return;
        }
        let pid1 = call.pid1();
        self.processes.push(Process {
            argv: call.written.unwrap_or(call.argv),
            program,
            env: call.env,
            cwd: call.cwd,
            user: call.user,
            pid1,
            launched_by: call.steps,
            confidence: call.confidence,
            condition: call.condition,
            files: call.files,
            cpus: self.cpus,
        });
    }
}

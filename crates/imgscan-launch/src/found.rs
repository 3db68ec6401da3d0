//! The programs that were found.

use std::sync::Arc;

use imgscan_model::{FileView, Problem, Process, Program, StartFiles, limits};

use crate::call::Call;

/// The programs that were found, in order, each with the files that the start has made for it.
#[derive(Default)]
pub(crate) struct Found {
    processes: Vec<(Process, StartFiles)>,
}

impl Found {
    /// Notes a program. One that is found again, on another path through a script and with nothing that differs, is
    /// noted once, under the condition of either. The answer is a problem where there are too many.
    pub(crate) fn emit(&mut self, call: Call, program: Program, cpus: Option<u32>) -> Option<Problem> {
        let pid1 = call.pid1();
        let files = call.files;
        let process = Process {
            argv: call.written.unwrap_or(call.argv),
            program,
            env: call.env,
            cwd: call.cwd,
            user: call.user,
            pid1,
            launched_by: call.steps,
            confidence: call.confidence,
            condition: call.condition,
            files: Arc::new(files.clone()),
            cpus,
        };
        if let Some((held, _)) = self.processes.iter_mut().find(|held| same(held, &process, &files)) {
            held.confidence = held.confidence.max(process.confidence);
            held.condition = match (held.condition.take(), process.condition) {
                (Some(one), Some(other)) if one != other => Some(format!("{one}, or {other}")),
                (Some(one), Some(_)) => Some(one),
                _ => None,
            };
            return None;
        }
        if self.processes.len() >= limits::PROCESSES {
            let message = format!("more than {} processes; the rest is left out", limits::PROCESSES);
            return Some(Problem::new(message));
        }
        self.processes.push((process, files));
        None
    }

    pub(crate) fn into_processes(self) -> Vec<Process> {
        self.processes.into_iter().map(|(process, _)| process).collect()
    }
}

fn same((a, files): &(Process, StartFiles), b: &Process, others: &StartFiles) -> bool {
    a.argv == b.argv
        && a.program == b.program
        && a.env == b.env
        && a.cwd == b.cwd
        && a.user == b.user
        && a.pid1 == b.pid1
        && a.launched_by == b.launched_by
        && same_files(files, others)
}

/// Whether two starts over the same image have made the same files.
fn same_files(a: &StartFiles, b: &StartFiles) -> bool {
    let same_at = |path: &str| {
        a.unknown(path) == b.unknown(path)
            && a.entry(path) == b.entry(path)
            && a.content(path) == b.content(path)
    };
    a.changed().eq(b.changed()) && a.changed().all(same_at)
}

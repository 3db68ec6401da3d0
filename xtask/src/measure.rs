//! Runs a program and measures it.

use std::io::Read;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::Failure;

/// A finished run.
pub struct Run {
    /// How it ended.
    pub status: ExitStatus,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it complained of.
    pub stderr: String,
    /// Wall time.
    pub wall: Duration,
    /// Processor time, user and system, its children's with it.
    pub cpu: Duration,
    /// Largest resident set, in bytes; `None` where it was too short to be seen.
    pub peak: Option<u64>,
}

/// Runs `command` to its end. The resident set is read from the kernel's high-water mark while it runs.
pub fn measure(command: &mut Command) -> Result<Run, Failure> {
    let before = children_cpu()?;
    let started = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let status_file = format!("/proc/{}/status", child.id());
    let mut out = child.stdout.take().ok_or("no standard output")?;
    let mut err = child.stderr.take().ok_or("no standard error")?;
    let stdout = thread::spawn(move || {
        let mut bytes = Vec::new();
        out.read_to_end(&mut bytes).map(|_| bytes)
    });
    let stderr = thread::spawn(move || {
        let mut text = String::new();
        err.read_to_string(&mut text).map(|_| text)
    });
    let ended = Arc::new(AtomicBool::new(false));
    let watched = Arc::clone(&ended);
    let watcher = thread::spawn(move || {
        let mut peak = None;
        while !watched.load(Ordering::Relaxed) {
            peak = high_water(&status_file).or(peak);
            thread::sleep(Duration::from_millis(2));
        }
        peak
    });
    let status = child.wait()?;
    let wall = started.elapsed();
    ended.store(true, Ordering::Relaxed);
    let joined = |_| "a reader ended without an answer";
    let stdout = stdout.join().map_err(joined)??;
    let stderr = stderr.join().map_err(joined)??;
    let peak = watcher.join().map_err(joined)?;
    Ok(Run { status, stdout, stderr, wall, cpu: children_cpu()?.saturating_sub(before), peak })
}

/// `VmHWM` in bytes.
fn high_water(status_file: &str) -> Option<u64> {
    let text = std::fs::read_to_string(status_file).ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()? * 1024)
}

/// Processor time of all children that have ended (`cutime` and `cstime` of proc(5), in hundredths of a second).
fn children_cpu() -> Result<Duration, Failure> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
    let after_name = text.rsplit(')').next().unwrap_or("");
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|f| f.parse::<u64>().ok()).unwrap_or(0);
    Ok(Duration::from_millis((ticks(13) + ticks(14)) * 10))
}

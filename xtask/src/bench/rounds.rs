//! Rounds: every competitor once, then all again, so that a neighbour's noise falls on all of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::Failure;
use crate::measure::measure;

/// A command that is measured.
pub struct Competitor {
    /// Its name in the table.
    pub name: &'static str,
    /// The image it works on.
    pub image: &'static str,
    /// What the shell runs.
    pub script: String,
    /// What the shell runs before, unmeasured.
    pub before: Option<String>,
    /// Whether it takes so long that it runs in the first round only.
    pub once: bool,
}

/// What a competitor's runs came to.
#[derive(Default, Clone)]
pub struct Figures {
    /// Wall time of each round.
    pub wall: Vec<Duration>,
    /// Processor time of each round.
    pub cpu: Vec<Duration>,
    /// Largest resident set of its largest process, over all rounds.
    pub peak: u64,
    /// Answers of the registry in the last round.
    pub requests: u64,
    /// Bytes that the registry sent in the last round.
    pub bytes: u64,
}

impl Figures {
    /// The least wall time, in seconds.
    pub fn wall(&self) -> f64 {
        self.wall.iter().min().map_or(0.0, Duration::as_secs_f64)
    }

    /// The median of the wall times, in seconds.
    pub fn median(&self) -> f64 {
        let mut sorted = self.wall.clone();
        sorted.sort();
        sorted.get(sorted.len() / 2).map_or(0.0, Duration::as_secs_f64)
    }

    /// The least processor time, in seconds.
    pub fn cpu(&self) -> f64 {
        self.cpu.iter().min().map_or(0.0, Duration::as_secs_f64)
    }
}

/// What the registry noted.
pub struct Notes(pub PathBuf);

impl Notes {
    fn clear(&self) -> Result<(), Failure> {
        Ok(fs::OpenOptions::new().write(true).truncate(true).open(&self.0).map(drop)?)
    }

    /// Answers and bytes sent since the notes were cleared.
    fn count(&self) -> Result<(u64, u64), Failure> {
        let text = fs::read_to_string(&self.0)?;
        let sent: Vec<u64> = text
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line.trim_start_matches('\0')).ok())
            .filter_map(|note| note["http.response.written"].as_u64())
            .collect();
        Ok((sent.len() as u64, sent.iter().sum()))
    }
}

/// Runs every competitor so many times, alternating. What fails is an error with what it said.
pub fn run(
    competitors: &[Competitor],
    rounds: usize,
    notes: &Notes,
    dir: &Path,
) -> Result<BTreeMap<(&'static str, &'static str), Figures>, Failure> {
    let mut all: BTreeMap<(&'static str, &'static str), Figures> = BTreeMap::new();
    for round in 0..rounds {
        for competitor in competitors.iter().filter(|c| round == 0 || !c.once) {
            if let Some(before) = &competitor.before {
                shell(before, dir).status()?;
            }
            notes.clear()?;
            let run = measure(&mut shell(&competitor.script, dir))?;
            if !matches!(run.status.code(), Some(0 | 1)) {
                let (name, image) = (competitor.name, competitor.image);
                return Err(format!("`{name}` on {image}: {}: {}", run.status, run.stderr).into());
            }
            let figures = all.entry((competitor.name, competitor.image)).or_default();
            figures.wall.push(run.wall);
            figures.cpu.push(run.cpu);
            figures.peak = figures.peak.max(run.peak.unwrap_or(0));
            // The registry notes an answer when it has been sent, not before.
            std::thread::sleep(Duration::from_millis(20));
            (figures.requests, figures.bytes) = notes.count()?;
            eprintln!(
                "round {}: {:<28} {:<10} {:>8.3} s wall {:>8.3} s cpu",
                round + 1,
                competitor.name,
                competitor.image,
                run.wall.as_secs_f64(),
                run.cpu.as_secs_f64(),
            );
        }
    }
    Ok(all)
}

/// A script, without a shell between where it is one command, so that its memory can be seen.
fn shell(script: &str, dir: &Path) -> Command {
    let mut command = match script.contains(['|', '>', ';', '&', '*']) {
        true => {
            let mut shell = Command::new("sh");
            shell.args(["-c", script]);
            shell
        }
        false => {
            let mut words = script.split_whitespace();
            let mut command = Command::new(words.next().unwrap_or("true"));
            command.args(words);
            command
        }
    };
    command.current_dir(dir).env("IMGSCAN_CACHE_DIR", dir.join("cache"));
    command
}

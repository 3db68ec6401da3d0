//! Pipelines, their status, and what runs at the same time.

use std::collections::BTreeMap;
use std::sync::Arc;

use imgscan_model::{FileView, Text, path};

use super::fork::negate;
use super::{End, Ended, Flow, Interp, Paths, next};
use crate::outcome::Status;
use crate::pattern::{Pattern, Tri};
use crate::shell::descriptor::Description;
use crate::shell::{Shell, Touch, World};
use crate::syntax::tree::{Command, Kind, Pipeline};
use crate::texts;

/// Most pairs of a listing and a changed name that are compared; beyond, they are taken to meet.
const MOST_MEETINGS: usize = 100_000;

/// What stands between two commands of a pipeline.
#[derive(Clone)]
struct Piped {
    text: Text,
    /// Whether the order of its lines is not known.
    unordered: bool,
}

/// A pipeline under way, up to one of its commands.
struct Progress {
    world: World,
    /// What the next command reads.
    input: Option<Piped>,
    statuses: Vec<Status>,
    /// A command that stays.
    stays: Option<End>,
    /// Where in `world.touched` each command begins.
    starts: Vec<usize>,
}

impl Interp<'_> {
    pub(super) fn pipeline(&mut self, pipeline: &Pipeline, shell: Box<Shell>, tested: bool) -> Paths {
        let inner = tested || pipeline.negated;
        let (mut paths, is_checked) = match pipeline.commands.as_slice() {
            [] => (super::done(shell, 0), false),
            [command] => (self.command(command, shell, inner), checks(command)),
            commands => (self.piped(pipeline, commands, shell, inner), true),
        };
        if pipeline.negated {
            for path in paths.iter_mut().filter(|path| path.flow == Flow::Next) {
                negate(&mut path.shell);
            }
            return paths;
        }
        if is_checked { self.check(paths, tested) } else { paths }
    }

    /// Several commands, each in a subshell, one after the other: what one writes the next reads.
    fn piped(&mut self, pipeline: &Pipeline, commands: &[Command], shell: Box<Shell>, tested: bool) -> Paths {
        let first = Progress {
            world: shell.world.clone(),
            input: None,
            statuses: Vec::new(),
            stays: None,
            starts: Vec::new(),
        };
        let lastpipe = shell.local.shopts.lastpipe && shell.is_bash();
        let mut under_way = vec![first];
        for (i, command) in commands.iter().enumerate() {
            let is_last = i + 1 == commands.len();
            if is_last && lastpipe {
                return self.last_in_shell(command, &shell, under_way, tested);
            }
            let mut after = Vec::new();
            for progress in under_way {
                self.element(command, &shell, progress, (is_last, tested), &mut after);
            }
            under_way = after;
            if under_way.len() > imgscan_model::limits::PATHS {
                under_way.truncate(imgscan_model::limits::PATHS);
                let mut lost = shell.clone();
                lost.local.command = pipeline.span;
                self.lose(lost, "too many paths lead through this pipeline");
            }
        }
        let mut paths = Vec::new();
        for progress in under_way {
            paths.extend(self.finish_pipeline(pipeline, &shell, progress));
        }
        self.settle(paths)
    }

    /// Runs one command of a pipeline.
    fn element(
        &mut self,
        command: &Command,
        shell: &Shell,
        progress: Progress,
        (is_last, tested): (bool, bool),
        after: &mut Vec<Progress>,
    ) {
        let Progress { world, input, statuses, stays, mut starts } = progress;
        starts.push(world.touched.len());
        let mut child = Self::after_subshell(shell, world);
        child.enter_subshell();
        child.local.context.pipeline = true;
        if let Some(input) = input {
            let input = self.ordered_input(command, &child, input, tested);
            child.open(0, Description::Input { content: input.text, at: 0, unordered: input.unordered });
        }
        let capture = if is_last { None } else { Some(child.capture(1)) };
        let (_, ended) = self.level(|i| {
            for path in i.nested(child, |i, child| i.command(command, child, tested)) {
                let status = path.shell.local.status.clone();
                i.exit(path.shell, status);
            }
            Vec::new()
        });
        for Ended { shell: mut child, end } in ended {
            let statuses = match statuses.as_slice() {
                [before @ .., _] if leaves_input(&child, &end) => {
                    let [.., from, to] = starts.as_slice() else { continue };
                    broken_pipe(&mut child, *from..*to);
                    let unknown = Status::Unknown(child.command_text());
                    before.iter().cloned().chain([unknown]).collect()
                }
                all => all.to_vec(),
            };
            let captured = capture.map(|number| child.end_capture(number));
            let here = child.here();
            let lost =
                |reason: String| Piped { text: texts::unknown(reason, Vec::new(), &here), unordered: false };
            let input = captured.map(|captured| match captured.text {
                Ok(text) => Piped { text, unordered: captured.unordered },
                Err(reason) => lost(reason),
            });
            let mut statuses = statuses;
            let mut stays = stays.clone();
            let mut input = input;
            match end {
                End::Exit(status) => statuses.push(status),
                End::Lost { reason, .. } => {
                    statuses.push(Status::Unknown(child.command_text()));
                    input = input.map(|_| lost(reason.clone()));
                }
                end @ (End::Stays { .. } | End::Replaced) => {
                    statuses.push(Status::Unknown(child.command_text()));
                    let reason = "it is written by a program that stays";
                    input = input.map(|_| lost(reason.into()));
                    stays.get_or_insert(end);
                }
            }
            after.push(Progress { world: child.world, input, statuses, stays, starts: starts.clone() });
        }
    }

    /// Input whose lines come in an order that is not known: a utility minds it itself; a loop gets them sorted where
    /// it comes to the same with the last line first, and else nothing that is known.
    fn ordered_input(&mut self, command: &Command, shell: &Shell, input: Piped, tested: bool) -> Piped {
        if !input.unordered || matches!(command.kind, Kind::Simple { .. }) {
            return input;
        }
        let (lines, _) = texts::lines(&input.text);
        let newline = input.text.respelled("\n");
        let in_order = |lines: &mut dyn Iterator<Item = &std::ops::Range<usize>>| {
            let pieces: Vec<Text> =
                lines.flat_map(|range| [input.text.slice(range.clone()), newline.clone()]).collect();
            Text::concat(pieces.iter())
        };
        let forward = in_order(&mut lines.iter());
        let backward = in_order(&mut lines.iter().rev());
        let unknowns = self.unknowns;
        let mut outcomes = Vec::new();
        for text in [&forward, &backward] {
            let mut child = Box::new(shell.clone());
            child.open(0, Description::input(text.clone()));
            let ended = self.muted_level(|i| {
                for path in i.nested(child, |i, child| i.command(command, child, tested)) {
                    let status = path.shell.local.status.clone();
                    i.exit(path.shell, status);
                }
            });
            outcomes.push(ended);
        }
        let same = match outcomes.as_slice() {
            [a, b] => match (a.as_slice(), b.as_slice()) {
                ([a], [b]) => a.end == b.end && super::settle::same_outcome(&a.shell, &b.shell),
                _ => false,
            },
            _ => false,
        };
        if same && self.unknowns == unknowns {
            return Piped { text: forward, unordered: false };
        }
        let reason = "the order of its lines is not known";
        Piped { text: texts::unknown(reason, input.text.needs(), &shell.here()), unordered: false }
    }

    /// bash's `lastpipe`: the last command runs in the shell itself.
    fn last_in_shell(
        &mut self,
        command: &Command,
        shell: &Shell,
        under_way: Vec<Progress>,
        tested: bool,
    ) -> Paths {
        let mut paths = Vec::new();
        for progress in under_way {
            let mut own = Self::after_subshell(shell, progress.world);
            let before = own.local.descriptors.clone();
            let input = progress.input.map(|piped| self.ordered_input(command, &own, piped, tested));
            let text = input.map(|piped| piped.text).unwrap_or_default();
            own.open(0, Description::input(text));
            for mut path in self.nested(own, |i, own| i.command(command, own, tested)) {
                path.shell.local.descriptors.clone_from(&before);
                paths.push(path);
            }
        }
        paths
    }

    fn finish_pipeline(&mut self, pipeline: &Pipeline, before: &Shell, progress: Progress) -> Paths {
        let mut shell = Self::after_subshell(before, progress.world);
        shell.world.descriptions.truncate(before.world.descriptions.len());
        shell.local.command = pipeline.span;
        let listing = races(&mut shell, &progress.starts);
        if !before.local.context.pipeline {
            shell.world.touched.clear();
        }
        if let Some(dir) = listing {
            let why = "one command of a pipeline lists it while another makes or removes files there";
            self.lose(shell, format!("what is found in `{dir}` is not known: {why}"));
            return Vec::new();
        }
        let status = status_of(&progress.statuses, shell.local.options.pipefail, &shell);
        shell.set_status(status);
        shell.local.pipe_statuses = progress.statuses;
        match progress.stays {
            Some(end) => {
                self.end(shell, end);
                Vec::new()
            }
            None => next(shell),
        }
    }
}

/// Whether a command ended without having read what was written to it.
fn leaves_input(shell: &Shell, end: &End) -> bool {
    let unread = |text: &Text, at: usize| at < text.len();
    matches!(end, End::Exit(Status::Known(_)))
        && matches!(shell.description(0), Some(Description::Input { content, at, .. }) if unread(content, *at))
}

/// The command before may have been killed while it wrote (SIGPIPE): what it did to files may not have come about.
fn broken_pipe(shell: &mut Shell, touched: std::ops::Range<usize>) {
    let by = shell.here();
    let written = shell.world.touched.get(touched).unwrap_or_default().iter();
    let written = written.filter(|(_, touch)| matches!(touch, Touch::Written | Touch::Named));
    let paths: Vec<Arc<str>> = written.map(|(path, _)| Arc::clone(path)).collect();
    for path in paths {
        let reason = "the pipe to which the command writes may be closed before";
        if shell.world.files.entry(&path).is_some_and(|node| node.is_file()) {
            shell.spoil(&path, reason, &by);
        } else {
            shell.world.files.doubt(&path, reason);
            shell.files_changed();
        }
    }
}

/// Whether `set -e` acts on a command's own failure; of other compound commands it acts on what stands inside.
fn checks(command: &Command) -> bool {
    matches!(command.kind, Kind::Simple { .. } | Kind::Subshell(_) | Kind::Test(_) | Kind::Arith(_))
}

/// The status of a pipeline: of the last command, or with `pipefail` of the last that fails.
fn status_of(statuses: &[Status], pipefail: bool, shell: &Shell) -> Status {
    let last = statuses.last().cloned().unwrap_or(Status::Known(0));
    let renamed = |status: Status| match status {
        Status::Unknown(_) => Status::Unknown(shell.command_text()),
        other => other,
    };
    if !pipefail {
        return renamed(last);
    }
    let mut unsure = false;
    for status in statuses.iter().rev() {
        match status.is_success() {
            Some(true) => {}
            Some(false) if unsure => return Status::Failed(shell.command_text()),
            Some(false) => return status.clone(),
            None => unsure = true,
        }
    }
    if unsure { Status::Unknown(shell.command_text()) } else { Status::Known(0) }
}

/// The commands of a pipeline run at the same time: a file that one writes while another reads or writes it may come
/// out either way. The answer is a directory that one command lists while another changes its names.
fn races(shell: &mut Shell, starts: &[usize]) -> Option<Arc<str>> {
    let first = starts.first().copied().unwrap_or(0);
    let element = |at: usize| starts.partition_point(|start| *start <= at);
    let mut by_path: BTreeMap<&str, Vec<(usize, bool)>> = BTreeMap::new();
    let mut listed: Vec<(usize, &Arc<str>, &Pattern)> = Vec::new();
    let mut named: Vec<(usize, &str)> = Vec::new();
    for (at, (path, touch)) in shell.world.touched.iter().enumerate().skip(first) {
        let uses = by_path.entry(path).or_default();
        match touch {
            Touch::Read => uses.push((element(at), false)),
            Touch::Written => uses.push((element(at), true)),
            Touch::Named => {
                uses.push((element(at), true));
                named.push((element(at), path));
            }
            Touch::Listed(pattern) => listed.push((element(at), path, pattern)),
        }
    }
    let meets = |(lister, dir, pattern): &&(usize, &Arc<str>, &Pattern)| {
        named.iter().any(|(other, made)| {
            other != lister
                && path::parent(made) == &***dir
                && pattern.matches_str(path::name(made)) != Tri::No
        })
    };
    let many = listed.len().saturating_mul(named.len()) > MOST_MEETINGS;
    let listing = listed.iter().find(|entry| many || meets(entry)).map(|(_, dir, _)| Arc::clone(dir));
    let raced: Vec<String> = by_path
        .into_iter()
        .filter(|(_, uses)| uses.iter().any(|(e, write)| *write && uses.iter().any(|(other, _)| other != e)))
        .map(|(path, _)| path.to_owned())
        .collect();
    let here = shell.here();
    for path in raced {
        shell.spoil(&path, "two commands of a pipeline use it at the same time", &here);
    }
    listing
}

//! Utilities that make, copy, move and remove files.

mod copy;
mod dirs;
mod install;
mod links;
mod mode;
mod moves;
mod owner;
mod remove;
mod temporary;
mod touch;

pub(super) use copy::cp;
pub(super) use dirs::{mkdir, rmdir};
pub(super) use install::install;
pub(super) use links::ln;
pub(super) use mode::chmod;
pub(super) use moves::mv;
pub(super) use owner::chown;
pub(super) use remove::rm;
pub(super) use temporary::mktemp;
pub(super) use touch::{touch, truncate};

use imgscan_model::{FileView, Node, NodeKind, Shape, Text, path};

use super::{Job, Ran};
use crate::shell::disk::Found;
use crate::shell::files::DiskError;

/// Most files that one command copies or changes.
const MOST: usize = 20_000;

/// Whether one of several sources cannot go to `target`, since that is no directory.
fn needs_a_directory(job: &Job<'_>, sources: &[Text], target: &Text) -> bool {
    sources.len() > 1
        && match job.shell.find_text(target, true) {
            Found::Node(node) => !node.is_dir(),
            Found::Missing { .. } | Found::Blocked(_) => true,
            Found::Runtime(_) | Found::Unknown(_) => false,
        }
}

/// What became of several operands.
#[derive(Default)]
struct Tally {
    failed: bool,
    unsure: bool,
}

impl Tally {
    fn fail(&mut self, job: &mut Job<'_>, what: &str, why: &str) {
        let origin = job.origin.clone();
        let name = job.name.to_owned();
        job.shell.problem(origin, format!("`{name} {what}` fails: {why}"));
        job.shell.complain();
        self.failed = true;
    }

    fn ran(&self) -> Ran {
        match (self.unsure, self.failed) {
            (true, _) => Ran::Unsure,
            (false, true) => Ran::Status(1),
            (false, false) => Ran::Status(0),
        }
    }

    /// What an operand names; one that is not there is a failure.
    fn operand(&mut self, job: &mut Job<'_>, file: &Text, follows: bool) -> Option<Node> {
        match job.shell.find_text(file, follows) {
            Found::Node(node) => return Some(node),
            Found::Unknown(_) | Found::Runtime(_) => self.unsure = true,
            _ => self.fail(job, &file.display(), "there is no such file"),
        }
        None
    }

    /// Whether the user may make or take away a name.
    fn may_change(&mut self, job: &mut Job<'_>, at: &str) -> bool {
        match job.shell.may_change_names(at) {
            Ok(()) => true,
            Err(DiskError::Fails) => {
                self.fail(job, at, "permission denied");
                false
            }
            Err(DiskError::Unsure(_)) => {
                self.unsure = true;
                true
            }
        }
    }
}

/// A call that is not followed: nothing is known any more of what it names.
fn not_followed(job: &mut Job<'_>) -> Ran {
    let by = job.origin.clone();
    let known = job.args.iter().filter_map(|a| a.known()).filter(|a| !a.starts_with('-'));
    let named: Vec<String> = known.map(str::to_owned).collect();
    let reason = format!("what `{}` does to it is not followed", job.name);
    let takes_away = matches!(job.name, "rm" | "mv" | "rmdir");
    for name in &named {
        match job.shell.find(name, true) {
            Found::Node(node) if node.is_file() && !takes_away => job.shell.spoil(&node.path, &*reason, &by),
            Found::Node(node) if node.is_dir() && !takes_away => {
                for other in &named {
                    let inside = path::join(&node.path, path::name(other.trim_end_matches('/')));
                    job.shell.world.files.doubt(&inside, &*reason);
                }
            }
            Found::Node(node) => job.shell.world.files.doubt(&node.path, &*reason),
            Found::Missing { at: Some(at) } => job.shell.world.files.doubt(&at, &*reason),
            _ => {}
        }
    }
    job.shell.files_changed();
    Ran::Unknown("it is called in a way that is not followed".into())
}

/// `-v`: what is done is told, in words that differ between versions.
fn tells(job: &mut Job<'_>) {
    let hole = job.hole(Shape::Any, &Text::default());
    job.out(hole);
}

fn octal(text: Option<&Text>) -> Option<Option<u32>> {
    match text {
        None => Some(None),
        Some(text) => text.known().and_then(|t| u32::from_str_radix(t, 8).ok()).map(Some),
    }
}

/// `cp /dev/null file`
fn empty_over(job: &mut Job<'_>, target: &Text, tally: &mut Tally) {
    let by = job.origin.clone();
    match job.shell.writable(target) {
        Ok((at, _)) => {
            let empty = job.new_text("");
            job.shell.put_file(&at, empty, 0o666, &by);
        }
        Err(DiskError::Fails) => tally.fail(job, &target.display(), "it cannot be written"),
        Err(DiskError::Unsure(_)) => tally.unsure = true,
    }
}

fn spoil_target(job: &mut Job<'_>, target: &Text, source: &Text, reason: &str) {
    let by = job.origin.clone();
    let name = path::name(source.raw()).to_owned();
    let found = match job.shell.find_text(target, true) {
        Found::Node(node) if node.is_dir() => job.shell.find(&format!("{}/{name}", node.path), true),
        found => found,
    };
    match found {
        Found::Node(node) if node.is_file() => {
            let path = node.path.to_string();
            job.shell.spoil(&path, reason, &by);
        }
        Found::Missing { at: Some(at) } => job.shell.world.files.doubt(&at, reason),
        _ => {}
    }
    job.shell.files_changed();
}

/// All that is below the directories in a list, links left out.
fn below(job: &Job<'_>, nodes: &mut Vec<Node>) {
    let mut at = 0;
    while let Some(node) = nodes.get(at).cloned() {
        at += 1;
        if !node.is_dir() || nodes.len() > MOST {
            continue;
        }
        for name in job.shell.world.files.children(&node.path) {
            let path = path::join(&node.path, &name);
            let entry = job.shell.world.files.entry(&path);
            nodes.extend(entry.filter(|n| !matches!(n.kind, NodeKind::Symlink(_))));
        }
    }
}

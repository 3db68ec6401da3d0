//! `mv`.

use imgscan_model::{FileView, Text, path};

use super::{Job, MOST, Ran, Tally, needs_a_directory, not_followed, spoil_target, tells};
use crate::shell::disk::Found;
use crate::tool::Flavor;
use crate::tool::options::{self, Parsed};

/// `mv`
pub(in crate::tool) fn mv(job: &mut Job<'_>) -> Ran {
    let long = ["force", "no-clobber", "no-target-directory", "verbose"];
    let Some(parsed) = options::parse(job.args, "fnTv", "", &long) else { return not_followed(job) };
    let Some((target, sources)) = parsed.operands.split_last().filter(|(_, s)| !s.is_empty()) else {
        return Ran::Status(1);
    };
    if parsed.has(&["v", "verbose"]) {
        tells(job);
    }
    let mut tally = Tally::default();
    if needs_a_directory(job, sources, target) {
        tally.fail(job, &target.display(), "it is no directory");
        return tally.ran();
    }
    for source in sources {
        move_one(job, source, target, &parsed, &mut tally);
    }
    tally.ran()
}

fn move_one(job: &mut Job<'_>, source: &Text, target: &Text, parsed: &Parsed, tally: &mut Tally) {
    let by = job.origin.clone();
    let node = match job.shell.find_text(source, false) {
        Found::Node(node) => node,
        Found::Unknown(_) | Found::Runtime(_) => {
            tally.unsure = true;
            return spoil_target(job, target, source, "what is moved there is not known");
        }
        _ => return tally.fail(job, &source.display(), "there is no such file"),
    };
    let name = path::name(source.raw().trim_end_matches('/')).to_owned();
    let into = matches!(job.shell.find_text(target, true), Found::Node(n) if n.is_dir())
        && !parsed.has(&["T", "no-target-directory"]);
    let shown =
        if into { format!("{}/{name}", target.display().trim_end_matches('/')) } else { target.display() };
    let found = if target.known().is_some() {
        job.shell.find(&shown, false)
    } else {
        job.shell.find_text(target, false)
    };
    if matches!(path::name(source.raw().trim_end_matches('/')), "." | "..") {
        tally.unsure |= parsed.has(&["n", "no-clobber"]);
        return tally.fail(job, &source.display(), "it cannot be moved");
    }
    if target.raw().ends_with('/') && !node.is_dir() && !into {
        return tally.fail(job, &target.display(), "it is no directory");
    }
    let at = match &found {
        // busybox renames the file to itself; only GNU's minds.
        Found::Node(existing) if *existing.path == *node.path && job.flavor == Flavor::Busybox => return,
        Found::Node(existing) if *existing.path == *node.path => {
            tally.unsure |= job.flavor == Flavor::Unseen;
            return tally.fail(job, &source.display(), "source and target are the same file");
        }
        Found::Node(_) if parsed.has(&["n", "no-clobber"]) => return,
        Found::Node(existing) if existing.is_dir() => {
            let empty = job.shell.world.files.children(&existing.path).is_empty();
            if !node.is_dir() || !empty {
                return tally.fail(job, &shown, "a directory stands in the way");
            }
            existing.path.to_string()
        }
        Found::Node(_) if node.is_dir() => return tally.fail(job, &shown, "a file stands in the way"),
        Found::Node(existing) => existing.path.to_string(),
        Found::Missing { at: Some(at) } => at.clone(),
        Found::Unknown(_) | Found::Runtime(_) => {
            tally.unsure = true;
            return;
        }
        _ => return tally.fail(job, &shown, "there is no such directory"),
    };
    if !tally.may_change(job, &node.path) || !tally.may_change(job, &at) {
        return;
    }
    if format!("{at}/").starts_with(&format!("{}/", node.path)) {
        return tally.fail(job, &shown, "a directory is moved into itself");
    }
    let from = node.path.to_string();
    if matches!(found, Found::Node(_)) {
        job.shell.take_away(&at);
    }
    let mut left = MOST;
    job.shell.copy_tree(&from, &at, true, &by, &mut left);
    for name in job.shell.world.linked.iter_mut().flat_map(|(a, b)| [a, b]).filter(|name| **name == from) {
        name.clone_from(&at);
    }
    job.shell.take_away(&from);
    tally.unsure |= left == 0;
}

//! `cp`.

use imgscan_model::{Node, NodeKind, Text, path};

use super::{Job, MOST, Ran, Tally, empty_over, needs_a_directory, not_followed, spoil_target, tells};
use crate::shell::disk::{Found, Runtime};
use crate::shell::files::DiskError;
use crate::tool::options::{self, Parsed};

/// `cp`
pub(in crate::tool) fn cp(job: &mut Job<'_>) -> Ran {
    let long = [
        "recursive",
        "archive",
        "force",
        "no-clobber",
        "preserve=",
        "parents",
        "verbose",
        "no-target-directory",
        "update",
    ];
    let Some(parsed) = options::parse(job.args, "rRafpnvdLPHTx", "t", &long) else {
        return not_followed(job);
    };
    if parsed.has(&["parents", "t", "update"]) {
        return not_followed(job);
    }
    if parsed.has(&["v", "verbose"]) {
        tells(job);
    }
    let Some((target, sources)) = parsed.operands.split_last().filter(|(_, s)| !s.is_empty()) else {
        return Ran::Status(1);
    };
    let mut tally = Tally::default();
    if needs_a_directory(job, sources, target) {
        tally.fail(job, &target.display(), "it is no directory");
        return tally.ran();
    }
    for source in sources {
        copy_one(job, source, target, &parsed, &mut tally);
    }
    if parsed.has(&["v", "verbose"]) {
        // It is written at the end: over what was copied, where that is one file.
        tells(job);
    }
    tally.ran()
}

/// Where something goes: into a directory under its own name, or to the path itself; `None` where that cannot be told.
pub(super) fn destination(
    job: &Job<'_>,
    target: &Text,
    name: &str,
    as_file: bool,
) -> Option<(Found, String)> {
    let found = job.shell.find_text(target, true);
    let shown = target.display();
    match &found {
        Found::Node(node) if node.is_dir() && !as_file => {
            let inside = format!("{}/{name}", shown.trim_end_matches('/'));
            Some((job.shell.find(&inside, true), inside))
        }
        Found::Unknown(_) | Found::Runtime(_) => None,
        _ => Some((found, shown)),
    }
}

pub(super) fn copy_one(job: &mut Job<'_>, source: &Text, target: &Text, parsed: &Parsed, tally: &mut Tally) {
    let archive = parsed.has(&["a", "archive"]);
    let recursive = archive || parsed.has(&["r", "R", "recursive"]);
    let keep = archive || parsed.has(&["p", "preserve"]);
    let follow = !(recursive || parsed.has(&["P", "d"])) || parsed.has(&["L"]);
    let contents = source.raw().ends_with("/.") || source.raw() == ".";
    let by = job.origin.clone();
    let node = match job.shell.find_text(source, follow || source.raw().ends_with('/')) {
        Found::Node(node) => node,
        Found::Runtime(Runtime::Null) => {
            return empty_over(job, target, tally);
        }
        Found::Unknown(_) | Found::Runtime(_) => {
            tally.unsure = true;
            spoil_target(job, target, source, "what is copied there is not known");
            return;
        }
        _ => return tally.fail(job, &source.display(), "there is no such file"),
    };
    if job.shell.local.who.may(&node, 4) == Some(false) {
        return tally.fail(job, &source.display(), "permission denied");
    }
    if node.is_dir() && !recursive {
        return tally.fail(job, &source.display(), "it is a directory");
    }
    let name = path::name(source.raw().trim_end_matches('/')).to_owned();
    let as_file = parsed.has(&["T", "no-target-directory"]);
    if contents {
        return copy_contents(job, &node, target, keep, tally);
    }
    let Some((found, shown)) = destination(job, target, &name, as_file) else {
        tally.unsure = true;
        return;
    };
    if target.raw().ends_with('/')
        && matches!(found, Found::Missing { .. })
        && !node.is_dir()
        && shown == target.display()
    {
        return tally.fail(job, &target.display(), "it is no directory");
    }
    let at = match &found {
        Found::Node(existing) if *existing.path == *node.path => {
            return tally.fail(job, &source.display(), "source and target are the same file");
        }
        Found::Node(existing) if existing.is_dir() != node.is_dir() => {
            return tally.fail(job, &shown, "a directory and a file do not replace one another");
        }
        Found::Node(_) if parsed.has(&["n", "no-clobber"]) && !node.is_dir() => return,
        Found::Node(_) | Found::Missing { at: Some(_) } => match job.shell.writable_found(&found) {
            Ok((at, _)) => at.to_string(),
            Err(DiskError::Fails) => match &found {
                Found::Node(existing) if existing.is_dir() => existing.path.to_string(),
                _ => return tally.fail(job, &shown, "it cannot be written"),
            },
            Err(DiskError::Unsure(_)) => {
                tally.unsure = true;
                return;
            }
        },
        Found::Unknown(_) | Found::Runtime(_) => {
            tally.unsure = true;
            return;
        }
        _ => return tally.fail(job, &shown, "there is no such directory"),
    };
    if node.is_dir() && (format!("{at}/")).starts_with(&format!("{}/", node.path)) {
        // What was copied until that was noticed hangs on the order in which the directory is read.
        job.shell.world.files.doubt(&at, "a directory is copied into itself");
        job.shell.files_changed();
        return tally.fail(job, &shown, "a directory is copied into itself");
    }
    let existed = matches!(found, Found::Node(_));
    let mut left = MOST;
    job.shell.copy_tree(&node.path, &at, keep, &by, &mut left);
    settle_mode(job, &node, &at, keep, existed);
    tally.unsure |= left == 0;
}

/// A new copy has the mode of its source less the umask; one that is kept has it whole.
fn settle_mode(job: &mut Job<'_>, node: &Node, at: &str, keep: bool, existed: bool) {
    if matches!(node.kind, NodeKind::Symlink(_)) || existed && !keep {
        return;
    }
    let mode = if keep { node.mode } else { node.mode & 0o777 & !job.shell.local.umask.unwrap_or(0o022) };
    job.shell.world.files.set_mode(at, mode);
}

fn copy_contents(job: &mut Job<'_>, node: &Node, target: &Text, keep: bool, tally: &mut Tally) {
    let by = job.origin.clone();
    let at = match job.shell.find_text(target, true) {
        Found::Node(dir) if dir.is_dir() => dir.path.to_string(),
        Found::Missing { at: Some(at) } => at,
        Found::Unknown(_) | Found::Runtime(_) => {
            tally.unsure = true;
            return;
        }
        _ => return tally.fail(job, &target.display(), "it is no directory"),
    };
    if !tally.may_change(job, &format!("{at}/x")) {
        return;
    }
    let mut left = MOST;
    job.shell.copy_tree(&node.path, &at, keep, &by, &mut left);
    tally.unsure |= left == 0;
}

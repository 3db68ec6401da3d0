//! Directories: `mkdir`, `rmdir`.

use imgscan_model::{FileView, Text};

use super::{Job, Ran, Tally, not_followed, octal, tells};
use crate::shell::disk::{Found, Runtime};
use crate::tool::options;

/// `mkdir [-p] [-m mode]`
pub(in crate::tool) fn mkdir(job: &mut Job<'_>) -> Ran {
    let Some(parsed) = options::parse(job.args, "pv", "m", &["parents", "mode=", "verbose"]) else {
        return not_followed(job);
    };
    let Some(mode) = octal(parsed.value(&["m", "mode"])) else { return not_followed(job) };
    if parsed.has(&["v", "verbose"]) {
        tells(job);
    }
    let mut tally = Tally::default();
    for operand in &parsed.operands {
        make_dir(job, operand, parsed.has(&["p", "parents"]), mode, &mut tally);
    }
    tally.ran()
}

pub(super) fn make_dir(
    job: &mut Job<'_>,
    operand: &Text,
    parents: bool,
    mode: Option<u32>,
    tally: &mut Tally,
) {
    let Some(known) = operand.known().map(str::to_owned) else {
        tally.unsure = true;
        return;
    };
    let by = job.origin.clone();
    let mut prefixes: Vec<String> = vec![known.trim_end_matches('/').to_owned()];
    if parents {
        let mut whole: Vec<String> = known
            .match_indices('/')
            .map(|(at, _)| known.get(..at).unwrap_or("").to_owned())
            .filter(|p| !p.is_empty())
            .collect();
        whole.append(&mut prefixes);
        whole.dedup();
        prefixes = whole;
    }
    let count = prefixes.len();
    for (i, prefix) in prefixes.into_iter().enumerate() {
        let last = i + 1 == count;
        match job.shell.find(&prefix, true) {
            Found::Node(node) if node.is_dir() && (parents || !last) => {}
            Found::Runtime(Runtime::Directory) if parents => {}
            Found::Missing { at: Some(at) } => {
                if !tally.may_change(job, &at) {
                    return;
                }
                job.shell.put_dir(&at, 0o777, &by);
                if let (true, Some(mode)) = (last, mode) {
                    job.shell.world.files.set_mode(&at, mode);
                }
            }
            Found::Unknown(_) | Found::Runtime(_) => tally.unsure = true,
            _ => {
                tally.fail(job, &prefix, "it is there already, or its directory is not");
                return;
            }
        }
    }
}

/// `rmdir`
pub(in crate::tool) fn rmdir(job: &mut Job<'_>) -> Ran {
    let Some(parsed) = options::parse(job.args, "", "", &["ignore-fail-on-non-empty"]) else {
        return not_followed(job);
    };
    let mut tally = Tally::default();
    for operand in &parsed.operands {
        match job.shell.find_text(operand, false) {
            Found::Node(node) if node.is_dir() && job.shell.world.files.children(&node.path).is_empty() => {
                if tally.may_change(job, &node.path) {
                    job.shell.take_away(&node.path);
                }
            }
            Found::Unknown(_) | Found::Runtime(_) => tally.unsure = true,
            _ => tally.fail(job, &operand.display(), "it is no empty directory"),
        }
    }
    tally.ran()
}

//! `ln`.

use imgscan_model::{Text, path};

use super::{Job, Ran, Tally, needs_a_directory, not_followed, spoil_target, tells};
use crate::shell::disk::Found;
use crate::tool::Flavor;
use crate::tool::options::{self, Parsed};

/// `ln [-s] [-f] [-n]`
pub(in crate::tool) fn ln(job: &mut Job<'_>) -> Ran {
    let long = ["symbolic", "force", "no-dereference", "no-target-directory", "verbose"];
    let Some(parsed) = options::parse(job.args, "sfnTv", "", &long) else { return not_followed(job) };
    let symbolic = parsed.has(&["s", "symbolic"]);
    if parsed.has(&["v", "verbose"]) {
        tells(job);
    }
    let here = Text::default().respelled(".");
    let (link, targets) = match parsed.operands.as_slice() {
        [] => return Ran::Status(1),
        [target] => (&here, std::slice::from_ref(target)),
        [targets @ .., link] => (link, targets),
    };
    let mut tally = Tally::default();
    // busybox makes each of the links at the one place.
    if job.flavor != Flavor::Busybox && needs_a_directory(job, targets, link) {
        tally.fail(job, &link.display(), "it is no directory");
        return tally.ran();
    }
    for target in targets {
        link_one(job, target, link, &parsed, symbolic, &mut tally);
    }
    tally.ran()
}

fn link_one(
    job: &mut Job<'_>,
    target: &Text,
    link: &Text,
    parsed: &Parsed,
    symbolic: bool,
    tally: &mut Tally,
) {
    let by = job.origin.clone();
    let Some(to) = target.known().map(str::to_owned) else {
        tally.unsure = true;
        return spoil_target(job, link, target, "where this link leads is not known");
    };
    let keeps_link = parsed.has(&["n", "T", "no-dereference", "no-target-directory"]);
    let into = matches!(job.shell.find_text(link, !keeps_link), Found::Node(n) if n.is_dir())
        && !parsed.has(&["T", "no-target-directory"]);
    let name = path::name(to.trim_end_matches('/')).to_owned();
    let shown =
        if into { format!("{}/{name}", link.display().trim_end_matches('/')) } else { link.display() };
    let found =
        if link.known().is_some() { job.shell.find(&shown, false) } else { job.shell.find_text(link, false) };
    if link.raw().ends_with('/') && !into {
        return tally.fail(job, &shown, "it is no directory");
    }
    let at = match &found {
        Found::Missing { at: Some(at) } => at.clone(),
        Found::Node(node) if parsed.has(&["f", "force"]) && !node.is_dir() => node.path.to_string(),
        Found::Node(_) => return tally.fail(job, &shown, "it is there already"),
        Found::Unknown(_) => {
            tally.unsure = true;
            return;
        }
        // Links into `/dev` change no file of the image.
        Found::Runtime(_) => return,
        _ => return tally.fail(job, &shown, "there is no such directory"),
    };
    if symbolic && matches!(&found, Found::Node(node) if node.is_file()) && leads_to(job, &to, &at) {
        // GNU's refuses where the words lead to one file, looked at from here; busybox does not look.
        match job.flavor {
            Flavor::Gnu => return tally.fail(job, &shown, "it is the same file"),
            Flavor::Unseen => tally.unsure = true,
            _ => {}
        }
    }
    if !tally.may_change(job, &at) {
        return;
    }
    if symbolic {
        if matches!(found, Found::Node(_)) {
            job.shell.take_away(&at);
        }
        job.shell.world.files.link(&at, &to, by);
        job.shell.own(&at, None);
        return;
    }
    match job.shell.find(&to, true) {
        Found::Node(node) if node.is_file() => {
            let mut left = 1;
            let from = node.path.to_string();
            job.shell.copy_tree(&from, &at, true, &by, &mut left);
            job.shell.world.linked.push((from, at));
        }
        Found::Unknown(_) | Found::Runtime(_) => tally.unsure = true,
        _ => tally.fail(job, &to, "there is no such file"),
    }
}

/// Whether a path leads to the file at another.
fn leads_to(job: &Job<'_>, path: &str, at: &str) -> bool {
    matches!(job.shell.find(path, true), Found::Node(node) if *node.path == *at)
}

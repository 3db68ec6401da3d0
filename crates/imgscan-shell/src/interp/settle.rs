//! Paths that meet again: those on which nothing differs become one, and too many are joined.

use std::sync::Arc;

use imgscan_model::{FileView, StartFiles, Text, limits};

use super::{Ended, Interp, Path, Paths};
use crate::outcome::{End, PathEnd, Status};
use crate::shell::{Local, Shell, World};

impl Interp<'_> {
    /// Makes one of paths on which nothing differs, and keeps their number within bounds.
    pub(super) fn settle(&mut self, paths: Paths) -> Paths {
        if paths.len() < 2 {
            return paths;
        }
        let mut settled: Paths = Vec::with_capacity(paths.len());
        for path in paths {
            let twin =
                settled.iter_mut().find(|other| other.flow == path.flow && same(&other.shell, &path.shell));
            match twin {
                Some(twin) => merge(&mut twin.shell, *path.shell),
                None => settled.push(path),
            }
        }
        while settled.len() > limits::PATHS {
            let Some(extra) = settled.pop() else { break };
            self.fold_in(&mut settled, extra);
        }
        settled
    }

    /// Too many paths: what differs between this one and the last that goes the same way is not known from here on.
    fn fold_in(&mut self, settled: &mut Paths, extra: Path) {
        let same_way =
            |path: &&mut Path| path.flow == extra.flow && super::join::can_join(&path.shell, &extra.shell);
        match settled.iter_mut().rev().find(same_way) {
            Some(path) => super::join::join(&mut path.shell, *extra.shell, "too many paths lead here"),
            None => self.lose(extra.shell, "too many paths are possible here"),
        }
    }
}

/// Whether nothing differs between two shells but their status and what was learnt on the way.
pub(super) fn same(a: &Shell, b: &Shell) -> bool {
    same_world(&a.world, &b.world) && same_local(&a.local, &b.local)
}

fn same_world(a: &World, b: &World) -> bool {
    a.staying == b.staying
        && a.descriptions == b.descriptions
        && a.captures.get(1..) == b.captures.get(1..)
        && a.piped == b.piped
        && (a.epoch == b.epoch || same_files(&a.files, &b.files))
}

/// Whether two subshells leave the same behind; how far they read their input does not matter.
pub(super) fn same_outcome(a: &Shell, b: &Shell) -> bool {
    a.world.staying == b.world.staying
        && a.world.captures.get(1..) == b.world.captures.get(1..)
        && (a.world.epoch == b.world.epoch || same_files(&a.world.files, &b.world.files))
}

/// Whether two trees over the same image hold the same.
pub(super) fn same_files(a: &StartFiles, b: &StartFiles) -> bool {
    let paths: Vec<&str> = a.changed().collect();
    paths.len() == b.changed().count()
        && paths.iter().zip(b.changed()).all(|(x, y)| *x == y)
        && paths.iter().all(|path| same_file(a, b, path))
        && a.cleared().eq(b.cleared())
}

/// Whether the same stands at a path.
pub(super) fn same_file(a: &StartFiles, b: &StartFiles, path: &str) -> bool {
    a.unknown(path) == b.unknown(path) && a.entry(path) == b.entry(path) && a.content(path) == b.content(path)
}

fn same_local(a: &Local, b: &Local) -> bool {
    let functions = Arc::ptr_eq(&a.functions, &b.functions)
        || a.functions.len() == b.functions.len()
            && a.functions
                .iter()
                .zip(b.functions.iter())
                .all(|((n, f), (m, g))| n == m && Arc::ptr_eq(&f.body, &g.body));
    functions
        && a.variables == b.variables
        && a.scopes == b.scopes
        && a.positional == b.positional
        && a.cwd == b.cwd
        && a.umask == b.umask
        && a.options == b.options
        && a.shopts == b.shopts
        && a.traps == b.traps
        && a.aliases == b.aliases
        && a.descriptors == b.descriptors
        && a.getopts == b.getopts
        && a.directory_stack == b.directory_stack
        && a.any_variable == b.any_variable
        && a.has_background == b.has_background
}

/// Makes one of two shells between which nothing differs.
pub(super) fn merge(shell: &mut Shell, other: Shell) {
    if shell.local.status != other.local.status {
        let failed =
            shell.local.status.is_success() == Some(false) && other.local.status.is_success() == Some(false);
        let what = match (&shell.local.status, &other.local.status) {
            (Status::Unknown(what) | Status::Failed(what), _)
            | (_, Status::Unknown(what) | Status::Failed(what)) => what.clone(),
            _ => shell.command_text(),
        };
        shell.set_status(if failed { Status::Failed(what) } else { Status::Unknown(what) });
    }
    learn(&mut shell.world, other.world);
}

/// Keeps what both worlds learnt: reads and problems of both, conditions that both share.
pub(super) fn learn(world: &mut World, other: World) {
    if !Arc::ptr_eq(&world.reads, &other.reads) {
        let reads = Arc::make_mut(&mut world.reads);
        for read in other.reads.iter() {
            if !reads.contains(read) {
                reads.push(read.clone());
            }
        }
    }
    if !Arc::ptr_eq(&world.problems, &other.problems) {
        let problems = Arc::make_mut(&mut world.problems);
        for problem in other.problems.iter() {
            if !problems.contains(problem) {
                problems.push(problem.clone());
            }
        }
    }
    let shared = world.condition.iter().zip(&other.condition).take_while(|(a, b)| a == b).count();
    world.condition.truncate(shared);
    world.facts.retain(|fact| other.facts.iter().any(|o| o.key == fact.key && o.holds == fact.holds));
    if let (Some(mine), Some(others)) = (world.captures.first_mut(), other.captures.first())
        && mine != others
    {
        mine.lose("what is written differs between paths");
    }
}

/// Keeps few of many paths that ended: those that failed in the same world become one.
pub(super) fn thin_out(level: &mut Vec<Ended>) {
    let mut kept: Vec<Ended> = Vec::with_capacity(level.len());
    for ended in level.drain(..) {
        let twin = kept
            .iter_mut()
            .find(|k| same_end(&k.end, &ended.end) && same_world(&k.shell.world, &ended.shell.world));
        match twin {
            Some(twin) => {
                if twin.end != ended.end {
                    twin.end = End::Exit(Status::Failed(twin.shell.command_text()));
                }
                learn(&mut twin.shell.world, ended.shell.world);
            }
            None => kept.push(ended),
        }
    }
    // Failures beyond the bound are left out: nothing was started on them.
    while kept.len() > limits::PATHS * 2 {
        match kept.iter().rposition(is_failure) {
            Some(at) => {
                kept.remove(at);
            }
            None => kept.truncate(limits::PATHS * 2),
        }
    }
    *level = kept;
}

fn same_end(a: &End, b: &End) -> bool {
    a == b
        || matches!((a, b), (End::Exit(x), End::Exit(y)) if x.is_success() == Some(false) && y.is_success() == Some(false))
}

fn is_failure(ended: &Ended) -> bool {
    matches!(&ended.end, End::Exit(status) if status.is_success() == Some(false))
        && ended.shell.world.staying.is_empty()
}

/// The ends as the caller sees them: those on which something was started or the script came through first.
pub(super) fn path_ends(mut level: Vec<Ended>) -> Vec<PathEnd> {
    thin_out(&mut level);
    let (failures, others): (Vec<Ended>, Vec<Ended>) = level.into_iter().partition(is_failure);
    others.into_iter().chain(failures).map(path_end).collect()
}

fn path_end(ended: Ended) -> PathEnd {
    let shell = *ended.shell;
    let condition = shell.condition_text();
    let origin = shell.here();
    let output = shell.world.captures.first().and_then(|c| c.text(&origin).ok());
    let problems = shell.world.problems.as_ref().clone();
    let staying = shell.world.staying.clone();
    PathEnd {
        state: shell.into_state(),
        end: ended.end,
        condition,
        output: output.or(None::<Text>),
        staying,
        problems,
    }
}

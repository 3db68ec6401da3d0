//! Utilities that make, copy, move and remove files.

use imgscan_model::{FileView, Node, NodeKind, Text, path};

use super::options::{self, Parsed};
use super::{Job, Ran};
use crate::shell::disk::{Found, Runtime};
use crate::shell::files::DiskError;
use crate::shell::user::Who;

/// Most files that one command copies or changes.
const MOST: usize = 20_000;

fn not_followed(job: &mut Job<'_>) -> Ran {
    let by = job.origin.clone();
    let named: Vec<String> = job
        .args
        .iter()
        .filter_map(|a| a.known())
        .filter(|a| !a.starts_with('-'))
        .map(str::to_owned)
        .collect();
    for name in named {
        if let Found::Node(node) = job.shell.find(&name, true)
            && node.is_file()
        {
            let path = node.path.to_string();
            let command = job.name.to_owned();
            job.shell.spoil(&path, format!("what `{command}` does to it is not followed"), &by);
        }
    }
    Ran::Unknown("it is called in a way that is not followed".into())
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

fn octal(text: Option<&Text>) -> Option<Option<u32>> {
    match text {
        None => Some(None),
        Some(text) => text.known().and_then(|t| u32::from_str_radix(t, 8).ok()).map(Some),
    }
}

/// `mkdir [-p] [-m mode]`
pub(super) fn mkdir(job: &mut Job<'_>) -> Ran {
    let Some(parsed) = options::parse(job.args, "pv", "m", &["parents", "mode=", "verbose"]) else {
        return not_followed(job);
    };
    let Some(mode) = octal(parsed.value(&["m", "mode"])) else { return not_followed(job) };
    if parsed.has(&["v", "verbose"]) {
        job.shell.complain();
    }
    let mut tally = Tally::default();
    for operand in &parsed.operands {
        make_dir(job, operand, parsed.has(&["p", "parents"]), mode, &mut tally);
    }
    tally.ran()
}

fn make_dir(job: &mut Job<'_>, operand: &Text, parents: bool, mode: Option<u32>, tally: &mut Tally) {
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
pub(super) fn rmdir(job: &mut Job<'_>) -> Ran {
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

/// `rm [-r] [-f]`
pub(super) fn rm(job: &mut Job<'_>) -> Ran {
    let Some(parsed) = options::parse(job.args, "rRfvd", "", &["recursive", "force", "verbose"]) else {
        return not_followed(job);
    };
    let recursive = parsed.has(&["r", "R", "recursive"]);
    let force = parsed.has(&["f", "force"]);
    let mut tally = Tally::default();
    if parsed.has(&["v", "verbose"]) {
        tally.unsure = true;
    }
    for operand in &parsed.operands {
        let name = operand.raw().trim_end_matches('/').to_owned();
        if matches!(path::name(&name), "." | "..") || name.is_empty() {
            tally.fail(job, &operand.display(), "it is refused");
            continue;
        }
        match job.shell.find_text(operand, false) {
            Found::Node(node) if node.is_dir() && !recursive => {
                tally.fail(job, &operand.display(), "it is a directory");
            }
            Found::Node(node) => {
                if tally.may_change(job, &node.path) {
                    job.shell.take_away(&node.path);
                }
            }
            Found::Missing { .. } | Found::Blocked(_) if force => {}
            Found::Missing { .. } | Found::Blocked(_) => {
                tally.fail(job, &operand.display(), "there is no such file");
            }
            Found::Runtime(_) => tally.unsure = true,
            Found::Unknown(_) => {
                tally.unsure = true;
                let by = job.origin.clone();
                job.shell.problem(by, format!("which file is removed is not known: `{}`", operand.display()));
            }
        }
    }
    tally.ran()
}

/// Where something goes: into a directory under its own name, or to the path itself.
fn destination(job: &Job<'_>, target: &Text, name: &str, as_file: bool) -> Result<(Found, String), Found> {
    let found = job.shell.find_text(target, true);
    let shown = target.display();
    match &found {
        Found::Node(node) if node.is_dir() && !as_file => {
            let inside = format!("{}/{name}", shown.trim_end_matches('/'));
            Ok((job.shell.find(&inside, true), inside))
        }
        Found::Unknown(_) | Found::Runtime(_) => Err(found),
        _ => Ok((found, shown)),
    }
}

/// `cp`
pub(super) fn cp(job: &mut Job<'_>) -> Ran {
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
    if parsed.has(&["parents", "t", "update", "v", "verbose"]) {
        return not_followed(job);
    }
    let Some((target, sources)) = parsed.operands.split_last().filter(|(_, s)| !s.is_empty()) else {
        return Ran::Status(1);
    };
    let mut tally = Tally::default();
    for source in sources {
        copy_one(job, source, target, &parsed, sources.len(), &mut tally);
    }
    tally.ran()
}

fn copy_one(
    job: &mut Job<'_>,
    source: &Text,
    target: &Text,
    parsed: &Parsed,
    count: usize,
    tally: &mut Tally,
) {
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
    let (found, shown) = match destination(job, target, &name, as_file) {
        Ok(found) => found,
        Err(_) => {
            tally.unsure = true;
            return;
        }
    };
    if count > 1 && !matches!(job.shell.find_text(target, true), Found::Node(n) if n.is_dir()) {
        return tally.fail(job, &target.display(), "it is no directory");
    }
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

/// `mv`
pub(super) fn mv(job: &mut Job<'_>) -> Ran {
    let long = ["force", "no-clobber", "no-target-directory"];
    let Some(parsed) = options::parse(job.args, "fnT", "", &long) else { return not_followed(job) };
    let Some((target, sources)) = parsed.operands.split_last().filter(|(_, s)| !s.is_empty()) else {
        return Ran::Status(1);
    };
    let mut tally = Tally::default();
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
    let at = match &found {
        Found::Node(existing) if *existing.path == *node.path => {
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
    job.shell.take_away(&from);
    tally.unsure |= left == 0;
}

/// `ln [-s] [-f] [-n]`
pub(super) fn ln(job: &mut Job<'_>) -> Ran {
    let long = ["symbolic", "force", "no-dereference", "no-target-directory"];
    let Some(parsed) = options::parse(job.args, "sfnTv", "", &long) else { return not_followed(job) };
    let symbolic = parsed.has(&["s", "symbolic"]);
    let here = Text::default().respelled(".");
    let (link, targets) = match parsed.operands.as_slice() {
        [] => return Ran::Status(1),
        [target] => (&here, std::slice::from_ref(target)),
        [targets @ .., link] => (link, targets),
    };
    let mut tally = Tally::default();
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
            let origin = job.origin.clone();
            job.shell.problem(
                origin,
                format!("`{at}` is a hard link: what is written to one name later is not seen at the other"),
            );
        }
        Found::Unknown(_) | Found::Runtime(_) => tally.unsure = true,
        _ => tally.fail(job, &to, "there is no such file"),
    }
}

/// `touch`
pub(super) fn touch(job: &mut Job<'_>) -> Ran {
    let Some(parsed) = options::parse(job.args, "acm", "tdr", &["no-create", "date=", "reference="]) else {
        return not_followed(job);
    };
    let mut tally = Tally::default();
    let by = job.origin.clone();
    for operand in &parsed.operands {
        let found = job.shell.find_text(operand, true);
        match job.shell.writable_found(&found) {
            Ok((_, true)) => {}
            Ok((at, false)) => {
                if !parsed.has(&["c", "no-create"]) {
                    let empty = job.new_text("");
                    job.shell.put_file(&at, empty, 0o666, &by);
                }
            }
            Err(DiskError::Unsure(_)) => tally.unsure = true,
            Err(DiskError::Fails) => match found {
                Found::Node(node) if node.is_dir() => {}
                _ => tally.fail(job, &operand.display(), "it cannot be written"),
            },
        }
    }
    tally.ran()
}

/// `chmod`
pub(super) fn chmod(job: &mut Job<'_>) -> Ran {
    // `-x` and the like are modes.
    let looks_like_mode = |a: &Text| {
        a.known().is_some_and(|a| {
            a.starts_with('-') && a.len() > 1 && a.bytes().skip(1).all(|b| b"rwxXst".contains(&b))
        })
    };
    let (flags, rest): (Vec<Text>, Vec<Text>) =
        job.args.iter().cloned().partition(|a| a.raw().starts_with('-') && !looks_like_mode(a));
    let recursive = flags.iter().any(|f| f.raw().contains('R') || f.raw() == "--recursive");
    let known = flags
        .iter()
        .all(|f| matches!(f.raw(), "-R" | "--recursive" | "-f" | "-Rf" | "-fR" | "-v" | "-c" | "--"));
    let Some((mode, files)) = rest.split_first().filter(|_| known) else { return not_followed(job) };
    let Some(mode) = mode.known().map(str::to_owned) else {
        for file in files {
            doubt_mode(job, file);
        }
        return Ran::Unsure;
    };
    let mut tally = Tally::default();
    for file in files {
        let node = match job.shell.find_text(file, true) {
            Found::Node(node) => node,
            Found::Unknown(_) | Found::Runtime(_) => {
                tally.unsure = true;
                continue;
            }
            _ => {
                tally.fail(job, &file.display(), "there is no such file");
                continue;
            }
        };
        let mut nodes = vec![node];
        if recursive {
            below(job, &mut nodes);
        }
        for node in nodes {
            let own = job.shell.local.who.uid.is_none_or(|uid| uid == 0 || uid == node.uid);
            if !own {
                tally.fail(job, &node.path, "it belongs to somebody else");
                continue;
            }
            match new_mode(&mode, &node, job.shell.local.umask.unwrap_or(0o022)) {
                Some(mode) => job.shell.world.files.set_mode(&node.path, mode),
                None => tally.unsure = true,
            }
        }
        job.shell.files_changed();
    }
    tally.ran()
}

fn doubt_mode(job: &mut Job<'_>, file: &Text) {
    let by = job.origin.clone();
    job.shell.problem(by, format!("which mode `{}` gets is not known", file.display()));
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

/// The mode that `chmod` gives: octal, or clauses like `u+x,go-w`.
fn new_mode(text: &str, node: &Node, umask: u32) -> Option<u32> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return u32::from_str_radix(text, 8).ok().filter(|m| *m <= 0o7777);
    }
    let mut mode = node.mode;
    for clause in text.split(',') {
        let at = clause.find(['+', '-', '='])?;
        let (who, rest) = (clause.get(..at)?, clause.get(at..)?);
        let mut mask = 0;
        for c in who.chars() {
            mask |= match c {
                'u' => 0o4700,
                'g' => 0o2070,
                'o' => 0o1007,
                'a' => 0o7777,
                _ => return None,
            };
        }
        let by_umask = if who.is_empty() {
            mask = 0o7777;
            !umask | 0o7000
        } else {
            0o7777
        };
        let op = rest.chars().next()?;
        let mut bits = 0;
        for c in rest.chars().skip(1) {
            bits |= match c {
                'r' => 0o444,
                'w' => 0o222,
                'x' => 0o111,
                'X' if node.is_dir() || node.mode & 0o111 != 0 => 0o111,
                'X' => 0,
                's' => 0o6000,
                't' => 0o1000,
                _ => return None,
            };
        }
        let bits = bits & mask & by_umask;
        mode = match op {
            '+' => mode | bits,
            '-' => mode & !bits,
            _ => (mode & !(mask & 0o777)) | bits,
        };
    }
    Some(mode)
}

/// `chown`, `chgrp`
pub(super) fn chown(job: &mut Job<'_>) -> Ran {
    let long = ["recursive", "no-dereference", "from=", "reference=", "silent", "quiet"];
    let Some(parsed) = options::parse(job.args, "RhfLHPvc", "", &long) else { return not_followed(job) };
    let Some((owner, files)) = parsed.operands.split_first().filter(|_| !parsed.has(&["from", "reference"]))
    else {
        return Ran::Unsure;
    };
    if !job.shell.local.who.is_root() {
        // Somebody else may only give away what he owns to a group of his: that is not looked at.
        return Ran::Unsure;
    }
    let by_group = job.name == "chgrp";
    let text = if by_group { Text::concat([&job.new_text("0:"), owner]) } else { owner.clone() };
    let text = if text.raw().contains('.') && !text.raw().contains(':') { return Ran::Unsure } else { text };
    let who = Who::of(&text, &job.shell.world.files);
    let sets_group = text.raw().contains(':');
    let sets_user = !by_group && !text.raw().starts_with(':');
    if sets_user && who.uid.is_none() || sets_group && who.gid.is_none() {
        return Ran::Unsure;
    }
    let mut tally = Tally::default();
    for file in files {
        let node = match job.shell.find_text(file, !parsed.has(&["h", "no-dereference"])) {
            Found::Node(node) => node,
            Found::Unknown(_) | Found::Runtime(_) => {
                tally.unsure = true;
                continue;
            }
            _ => {
                tally.fail(job, &file.display(), "there is no such file");
                continue;
            }
        };
        let mut nodes = vec![node];
        if parsed.has(&["R", "recursive"]) {
            below(job, &mut nodes);
        }
        for node in nodes {
            let uid = who.uid.filter(|_| sets_user).unwrap_or(node.uid);
            let gid = who.gid.filter(|_| sets_group).unwrap_or(node.gid);
            if (uid, gid) != (node.uid, node.gid) {
                job.shell.world.files.set_owner(&node.path, uid, gid);
            }
        }
        job.shell.files_changed();
    }
    tally.ran()
}

/// `install -d`, `install source target`
pub(super) fn install(job: &mut Job<'_>) -> Ran {
    let long = ["directory", "mode=", "owner=", "group="];
    let Some(parsed) = options::parse(job.args, "dDvpC", "mog", &long) else { return not_followed(job) };
    let Some(mode) = octal(parsed.value(&["m", "mode"])) else { return not_followed(job) };
    let mut tally = Tally::default();
    if parsed.has(&["v"]) {
        job.shell.complain();
    }
    let owner = parsed.value(&["o", "owner"]).cloned();
    let group = parsed.value(&["g", "group"]).cloned();
    let mut made: Vec<String> = Vec::new();
    if parsed.has(&["d", "directory"]) {
        for operand in &parsed.operands {
            make_dir(job, operand, true, Some(mode.unwrap_or(0o755)), &mut tally);
            made.extend(operand.known().map(str::to_owned));
        }
    } else {
        let Some((target, sources)) = parsed.operands.split_last().filter(|(_, s)| !s.is_empty()) else {
            return Ran::Status(1);
        };
        if parsed.has(&["D"])
            && let Some(known) = target.known().filter(|t| !t.ends_with('/'))
        {
            let parent = target.respelled(path::parent(known));
            make_dir(job, &parent, true, None, &mut tally);
        }
        let plain = Parsed::default();
        for source in sources {
            copy_one(job, source, target, &plain, sources.len(), &mut tally);
            let name = path::name(source.raw()).to_owned();
            if let Ok((Found::Node(node), _)) = destination(job, target, &name, false) {
                made.push(node.path.to_string());
                job.shell.world.files.set_mode(&node.path, mode.unwrap_or(0o755));
            }
        }
    }
    if owner.is_some() || group.is_some() {
        let user = owner.unwrap_or_else(|| job.new_text("0"));
        let text = match group {
            Some(group) => Text::concat([&user, &job.new_text(":"), &group]),
            None => user,
        };
        let who = Who::of(&text, &job.shell.world.files);
        match (who.uid, who.gid) {
            (Some(uid), Some(gid)) => {
                for path in &made {
                    if let Found::Node(node) = job.shell.find(path, true) {
                        job.shell.world.files.set_owner(&node.path, uid, gid);
                    }
                }
            }
            _ => tally.unsure = true,
        }
    }
    job.shell.files_changed();
    tally.ran()
}

/// `mktemp`: the name is not known; what is done under it is followed all the same.
pub(super) fn mktemp(job: &mut Job<'_>) -> Ran {
    let long = ["directory", "dry-run", "tmpdir=", "suffix="];
    let Some(parsed) = options::parse(job.args, "dqut", "p", &long) else { return not_followed(job) };
    if parsed.has(&["suffix", "dry-run", "u", "tmpdir"]) || parsed.operands.len() > 1 {
        return not_followed(job);
    }
    let tmpdir =
        job.shell.value("TMPDIR").and_then(|t| t.known().map(str::to_owned)).filter(|t| !t.is_empty());
    let under = match parsed.value(&["p"]) {
        Some(dir) => dir.known().map(str::to_owned),
        None => Some(tmpdir.unwrap_or_else(|| "/tmp".into())),
    };
    let Some(under) = under else { return not_followed(job) };
    let template = match parsed.operands.first() {
        None => format!("{under}/tmp.XXXXXXXXXX"),
        Some(text) => match text.known() {
            Some(known) if parsed.has(&["t", "p"]) => format!("{under}/{known}"),
            Some(known) => known.to_owned(),
            None => return not_followed(job),
        },
    };
    let stem = template.trim_end_matches('X').to_owned();
    if template.len() - stem.len() < 3 {
        return Ran::Status(1);
    }
    let number = job.shell.world.temporary.len();
    let name = format!("{stem}\u{1}{number}");
    let by = job.origin.clone();
    match job.shell.find(&name, false) {
        Found::Missing { at: Some(at) } => {
            if job.shell.may_change_names(&at).is_err() {
                return Ran::Status(1);
            }
            if parsed.has(&["d", "directory"]) {
                job.shell.put_dir(&at, 0o700, &by);
                job.shell.world.files.set_mode(&at, 0o700);
            } else {
                let empty = job.new_text("");
                job.shell.put_file(&at, empty, 0o600, &by);
            }
            let need = vec![imgscan_model::Need::Other("a random name".into())];
            let hole = crate::texts::symbol("XXXXXXXXXX", imgscan_model::Shape::Word, need, &by);
            let text = Text::concat([&job.new_text(&stem), &hole]);
            job.shell.world.temporary.push((text.clone(), name));
            let newline = job.new_text("\n");
            job.out(Text::concat([&text, &newline]));
            Ran::Status(0)
        }
        _ => Ran::Status(1),
    }
}

/// `truncate -s 0`
pub(super) fn truncate(job: &mut Job<'_>) -> Ran {
    let Some(parsed) = options::parse(job.args, "c", "s", &["size="]) else { return not_followed(job) };
    if parsed.value(&["s", "size"]).and_then(|t| t.known()) != Some("0") {
        return not_followed(job);
    }
    let mut tally = Tally::default();
    for operand in &parsed.operands {
        empty_over(job, operand, &mut tally);
    }
    tally.ran()
}

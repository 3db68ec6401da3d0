//! Utilities on paths: `readlink`, `realpath`, `which`, `ls`.

use imgscan_model::{FileView, NodeKind, Shape, Text, path};

use super::options;
use super::{Flavor, Job, Ran};
use crate::expand;
use crate::interp::{Program, look_up};
use crate::shell::disk::{Found, Runtime};

fn line(job: &mut Job<'_>, text: Text) {
    let newline = job.new_text("\n");
    job.out(Text::concat([&text, &newline]));
}

/// `readlink [-f] path`
pub(super) fn readlink(job: &mut Job<'_>) -> Ran {
    let long = ["canonicalize", "canonicalize-existing", "canonicalize-missing", "no-newline"];
    let Some(parsed) = options::parse(job.args, "femnqsv", "", &long).filter(|p| p.operands.len() == 1)
    else {
        return Ran::Unknown("it is called in a way that is not followed".into());
    };
    let Some(operand) = parsed.operands.first().cloned() else { return Ran::Status(1) };
    let odd = parsed.has(&["n", "no-newline", "m", "canonicalize-missing"]);
    if odd || parsed.has(&["e"]) && job.flavor != Flavor::Gnu {
        return Ran::Unknown("options of `readlink` are not followed".into());
    }
    let canonical = parsed.has(&["f", "canonicalize"]);
    let existing = parsed.has(&["e", "canonicalize-existing"]);
    if !canonical && !existing {
        return match job.shell.find_text(&operand, false) {
            Found::Node(node) => match node.kind {
                NodeKind::Symlink(target) => {
                    let text = Text::derived(&*target, node.origin);
                    line(job, text.through(&job.origin.clone()));
                    Ran::Status(0)
                }
                _ => Ran::Status(1),
            },
            Found::Missing { .. } | Found::Blocked(_) => Ran::Status(1),
            _ => hole(job, &operand),
        };
    }
    canonicalize(job, &operand, existing)
}

fn hole(job: &mut Job<'_>, operand: &Text) -> Ran {
    let hole = job.hole(Shape::Any, operand);
    line(job, hole);
    Ran::Unsure
}

/// The path with all links resolved. Its last component need not be there unless `existing`.
fn canonicalize(job: &mut Job<'_>, operand: &Text, existing: bool) -> Ran {
    match job.shell.find_text(operand, true) {
        Found::Node(node) => {
            let same = operand.known() == Some(&*node.path);
            let text = if same { operand.clone() } else { operand.respelled(&*node.path) };
            line(job, text);
            Ran::Status(0)
        }
        // busybox before 1.36 (as Debian builds it) wants the last component to be there, later ones do not.
        Found::Missing { at: Some(_) } if !existing && job.flavor == Flavor::Busybox => hole(job, operand),
        Found::Missing { at: Some(at) } if !existing => {
            let same = operand.known() == Some(at.as_str());
            let text = if same { operand.clone() } else { operand.respelled(at) };
            line(job, text);
            Ran::Status(0)
        }
        Found::Missing { .. } | Found::Blocked(_) => {
            job.shell.complain();
            Ran::Status(1)
        }
        Found::Runtime(Runtime::Null) if operand.known() == Some("/dev/null") => {
            line(job, operand.clone());
            Ran::Status(0)
        }
        Found::Runtime(_) | Found::Unknown(_) => hole(job, operand),
    }
}

/// `realpath path`
pub(super) fn realpath(job: &mut Job<'_>) -> Ran {
    let long = ["canonicalize-existing", "quiet"];
    let Some(parsed) = options::parse(job.args, "eq", "", &long) else {
        return Ran::Unknown("it is called in a way that is not followed".into());
    };
    let existing = parsed.has(&["e", "canonicalize-existing"]);
    let mut status = 0;
    for operand in &parsed.operands {
        match canonicalize(job, operand, existing) {
            Ran::Status(n) => status |= n,
            other => return other,
        }
    }
    Ran::Status(status)
}

/// `which names`
pub(super) fn which(job: &mut Job<'_>) -> Ran {
    let Some(parsed) = options::parse(job.args, "s", "", &[]) else {
        return Ran::Unknown("options of `which` are not followed".into());
    };
    let mut status = 0;
    for operand in &parsed.operands {
        let Some(name) = operand.known().map(str::to_owned) else { return hole(job, operand) };
        match look_up(job.shell, &name) {
            Program::Found(_) => {
                let dirs =
                    job.shell.value("PATH").and_then(|t| t.known().map(str::to_owned)).unwrap_or_default();
                let found = if name.contains('/') {
                    Some(name.clone())
                } else {
                    dirs.split(':')
                        .filter(|dir| !dir.is_empty())
                        .map(|dir| format!("{dir}/{name}"))
                        .find(|path| matches!(look_up(job.shell, path), Program::Found(_)))
                };
                match found {
                    Some(path) => line(job, operand.respelled(path)),
                    None => return hole(job, operand),
                }
            }
            Program::Missing if job.shell.partial => return hole(job, operand),
            Program::Missing | Program::NotExecutable(_) => {
                // Some write a message, some do not.
                job.shell.complain();
                status = 1;
            }
            Program::Unknown(_) => return hole(job, operand),
        }
    }
    Ran::Status(status)
}

/// `ls [-1aA] [dir]`, one name a line.
pub(super) fn ls(job: &mut Job<'_>) -> Ran {
    let unknown = || Ran::Unknown("it is called in a way that is not followed".into());
    let Some(parsed) = options::parse(job.args, "1aA", "", &["all", "almost-all"]) else { return unknown() };
    let here = job.new_text(".");
    let operand = match parsed.operands.as_slice() {
        [] => here,
        [one] => one.clone(),
        _ => return unknown(),
    };
    // On a terminal names stand in columns.
    if matches!(job.shell.description(1), Some(crate::shell::descriptor::Description::Inherited(_))) {
        return unknown();
    }
    let names = match job.shell.find_text(&operand, true) {
        Found::Node(node) if node.is_dir() => {
            let children = job.shell.world.files.children(&node.path);
            let doubtful =
                children.iter().any(|c| job.shell.world.files.unknown(&path::join(&node.path, c)).is_some());
            if doubtful {
                return hole(job, &operand);
            }
            children.iter().map(|c| c.to_string()).collect::<Vec<String>>()
        }
        Found::Node(_) => {
            line(job, operand);
            return Ran::Status(0);
        }
        Found::Missing { .. } | Found::Blocked(_) => {
            job.shell.complain();
            return if job.flavor == Flavor::Unseen {
                Ran::Unsure
            } else {
                Ran::Status(if job.flavor == Flavor::Gnu { 2 } else { 1 })
            };
        }
        Found::Runtime(_) | Found::Unknown(_) => return hole(job, &operand),
    };
    let all = parsed.has(&["a", "all"]);
    let hidden = all || parsed.has(&["A", "almost-all"]);
    let mut shown: Vec<String> = names.into_iter().filter(|n| hidden || !n.starts_with('.')).collect();
    if all {
        shown.extend([".".to_owned(), "..".to_owned()]);
    }
    shown.sort_unstable();
    if !expand::collates_as_bytes(job.shell, &shown) || shown.iter().any(|n| !n.is_ascii()) {
        return Ran::Unknown("the order of names depends on the locale".into());
    }
    if !shown.is_empty() {
        let text = job.new_text(&(shown.join("\n") + "\n"));
        job.out(text);
    }
    Ran::Status(0)
}

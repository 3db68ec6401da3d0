//! Shells between which something differs made one: what differs is not known.

use std::collections::BTreeSet;

use imgscan_model::{EnvSource, FileView, StartFiles, Text, limits, path};

use super::settle;
use crate::outcome::Status;
use crate::shell::{Shell, World};
use crate::state::{Value, Variable};
use crate::texts;

/// Whether two shells differ only in what can be unknown: variables, words, files.
pub(super) fn can_join(a: &Shell, b: &Shell) -> bool {
    a.local.options == b.local.options
        && a.local.shopts == b.local.shopts
        && a.local.traps == b.local.traps
        && a.local.aliases == b.local.aliases
        && a.local.descriptors == b.local.descriptors
        && a.local.scopes.len() == b.local.scopes.len()
        && a.local.functions.keys().eq(b.local.functions.keys())
        && a.world.captures.len() == b.world.captures.len()
        && a.world.staying == b.world.staying
}

/// Joins `other` into `shell`.
pub(super) fn join(shell: &mut Shell, other: Shell, reason: &str) {
    let here = shell.here();
    let names: BTreeSet<String> = shell
        .local
        .variables
        .iter()
        .chain(other.local.variables.iter())
        .map(|(name, _)| name.to_owned())
        .collect();
    for name in names {
        if shell.local.variables.get(&name) != other.local.variables.get(&name) {
            forget(shell, &name, reason);
        }
    }
    if shell.local.positional != other.local.positional {
        let needs = texts::needs_of(shell.local.positional.iter().chain(&other.local.positional));
        shell.local.positional = vec![texts::unknown(reason, needs, &here).unquoted()];
    }
    if shell.local.cwd != other.local.cwd {
        shell.local.cwd = texts::unknown(reason, Vec::new(), &here);
    }
    if shell.local.umask != other.local.umask {
        shell.local.umask = None;
    }
    if shell.local.status != other.local.status {
        let what = shell.command_text();
        shell.set_status(Status::Unknown(what));
    }
    shell.local.has_background |= other.local.has_background;
    join_worlds(shell, other.world, reason);
}

/// A variable whose value is not known from here on.
pub(super) fn forget(shell: &mut Shell, name: &str, reason: &str) {
    let needs = shell.local.variables.text(name).map(Text::needs).unwrap_or_default();
    let text = texts::unknown(reason, needs, &shell.here());
    let old = shell.local.variables.get(name);
    let variable = Variable {
        value: Value::Scalar(text),
        exported: old.is_some_and(|v| v.exported),
        readonly: old.is_some_and(|v| v.readonly),
        integer: old.is_some_and(|v| v.integer),
        source: EnvSource::Script,
    };
    shell.put_variable(name, variable);
}

/// Joins a world into that of a shell.
pub(super) fn join_worlds(shell: &mut Shell, other: World, reason: &str) {
    if shell.world.epoch != other.epoch {
        let paths: BTreeSet<String> =
            shell.world.files.changed().chain(other.files.changed()).map(str::to_owned).collect();
        for path in paths {
            if !settle::same_file(&shell.world.files, &other.files, &path) {
                doubt(shell, &other, &path, reason);
            }
        }
        let cleared = |files: &StartFiles| files.cleared().map(str::to_owned).collect::<BTreeSet<String>>();
        for dir in cleared(&shell.world.files).symmetric_difference(&cleared(&other.files)) {
            doubt_below(shell, &other, dir, reason, limits::DEPTH);
        }
        shell.files_changed();
    }
    for (mine, others) in shell.world.captures.iter_mut().zip(&other.captures) {
        if mine != others {
            mine.lose(reason);
        }
    }
    let descriptions = shell.world.descriptions.len().min(other.descriptions.len());
    for (mine, others) in shell.world.descriptions.iter_mut().zip(&other.descriptions).take(descriptions) {
        if mine != others {
            *mine = crate::shell::descriptor::Description::Other(reason.to_owned());
        }
    }
    for staying in &other.staying {
        if !shell.world.staying.contains(staying) {
            shell.world.staying.push(staying.clone());
        }
    }
    settle::learn(&mut shell.world, other);
}

/// A directory was taken away on one side only: what the image has in it is doubtful, if both have the directory.
fn doubt_below(shell: &mut Shell, other: &World, dir: &str, reason: &str, depth: usize) {
    let mut names = shell.world.files.children(dir);
    names.extend(other.files.children(dir));
    for name in names {
        let path = path::join(dir, &name);
        if !settle::same_file(&shell.world.files, &other.files, &path) {
            doubt(shell, other, &path, reason);
        }
        if let Some(depth) = depth.checked_sub(1) {
            doubt_below(shell, other, &path, reason, depth);
        }
    }
}

/// What stands at a path differs: its content is not known, or not even whether it is there.
fn doubt(shell: &mut Shell, other: &World, path: &str, reason: &str) {
    let (mine, theirs) = (shell.world.files.entry(path), other.files.entry(path));
    let here = shell.here();
    match (mine, theirs) {
        (Some(a), Some(b)) if a.is_file() && b.is_file() => shell.world.files.spoil(path, reason, here),
        (Some(a), Some(b)) if a.is_dir() && b.is_dir() => {}
        (None, None) if shell.world.files.unknown(path).is_none() && other.files.unknown(path).is_none() => {}
        _ => shell.world.files.doubt(path, reason),
    }
}

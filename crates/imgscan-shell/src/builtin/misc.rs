//! `cd`, `pwd`, `umask` and other builtins of a few lines.

use imgscan_model::{Text, path};

use crate::arith::Num;
use crate::dialect::Dialect;
use crate::interp::{Interp, Paths, Stop, Words, done};
use crate::outcome::Status;
use crate::shell::Shell;
use crate::shell::disk::{Found, Runtime};
use crate::texts;
use crate::tool::{Job, Ran};

/// `true` and `:`
pub(super) fn yes(_: &mut Job<'_>) -> Ran {
    Ran::Status(0)
}

/// `false`
pub(super) fn no(_: &mut Job<'_>) -> Ran {
    Ran::Status(1)
}

/// A builtin whose status and output hang on the run time.
pub(super) fn unsure(_: &mut Job<'_>) -> Ran {
    Ran::Unknown("it is known at run time only".into())
}

/// `cd`
pub(super) fn cd(job: &mut Job<'_>) -> Ran {
    let mut args = job.args;
    let mut physical = false;
    while let Some(option) =
        args.first().and_then(|a| a.known()).filter(|a| a.starts_with('-') && a.len() > 1)
    {
        match option {
            "-P" => physical = true,
            "-L" | "--" | "-e" => physical = false,
            _ => return Ran::Status(2),
        }
        args = args.get(1..).unwrap_or(&[]);
    }
    let failed = if job.shell.is_bash() { 1 } else { 2 };
    let mut shows = false;
    let target = match args.first() {
        None => match job.shell.value("HOME") {
            Some(home) => home,
            None => return Ran::Status(failed),
        },
        Some(word) if word.known() == Some("-") => match job.shell.value("OLDPWD") {
            Some(old) => {
                shows = true;
                old
            }
            None => return Ran::Status(failed),
        },
        Some(word) if word.is_empty() => return Ran::Status(0),
        Some(word) => word.clone(),
    };
    let from = job.shell.local.cwd.clone();
    let (Some(to), Some(from)) = (target.known(), from.known()) else {
        return to_unknown(job, &target);
    };
    if job.shell.value("CDPATH").is_some_and(|t| !t.is_empty()) && !to.starts_with(['/', '.']) {
        return to_unknown(job, &target);
    }
    // `..` takes away the name before it, whatever that name leads to; bash alone wants it to be there.
    let logical = path::join(from, to);
    let found = match job.shell.find(to, true) {
        found if physical => found,
        Found::Missing { .. } | Found::Blocked(_) if job.shell.is_bash() => Found::Missing { at: None },
        _ => job.shell.find(&logical, true),
    };
    match found {
        Found::Node(node) if node.is_dir() => {
            if job.shell.local.who.may(&node, 1) == Some(false) {
                return Ran::Status(failed);
            }
        }
        Found::Runtime(Runtime::Directory) => {}
        Found::Runtime(_) | Found::Unknown(_) => {
            let origin = job.origin.clone();
            job.shell.problem(
                origin,
                format!("whether `{to}` is a directory is not known; it is taken to be one"),
            );
        }
        Found::Node(_) | Found::Missing { .. } | Found::Blocked(_) => {
            let origin = job.origin.clone();
            job.shell.problem(origin, format!("`cd {to}` fails: there is no such directory"));
            job.shell.complain();
            return Ran::Status(failed);
        }
    }
    let physical_path = || match job.shell.find(to, true) {
        Found::Node(node) => node.path.to_string(),
        _ => path::join(from, to),
    };
    let new = if physical { physical_path() } else { path::join(from, to) };
    let text = if new == to { target.clone() } else { target.respelled(new) };
    go(job.shell, text.clone());
    if shows {
        let newline = job.new_text("\n");
        job.out(Text::concat([&text, &newline]));
    }
    Ran::Status(0)
}

/// The shell moves to a directory.
fn go(shell: &mut Shell, to: Text) {
    let old = std::mem::replace(&mut shell.local.cwd, to.clone());
    shell.assign("OLDPWD", old);
    shell.assign("PWD", to);
}

fn to_unknown(job: &mut Job<'_>, target: &Text) -> Ran {
    let hole = texts::unknown(
        format!("where `cd {}` leads is not known", target.display()),
        target.needs(),
        &job.origin,
    );
    go(job.shell, hole);
    Ran::Unsure
}

/// `pwd`
pub(super) fn pwd(job: &mut Job<'_>) -> Ran {
    let physical = job.args.iter().any(|a| a.known() == Some("-P"));
    let mut cwd = job.shell.local.cwd.clone();
    if let (true, Found::Node(node)) = (physical, job.shell.find(".", true)) {
        cwd = cwd.respelled(&*node.path);
    }
    let newline = job.new_text("\n");
    job.out(Text::concat([&cwd.through(&job.origin), &newline]));
    Ran::Status(0)
}

/// `umask`
pub(super) fn umask(job: &mut Job<'_>) -> Ran {
    match job.args.first() {
        None => match job.shell.local.umask {
            Some(mask) => {
                let text = job.new_text(&format!("{mask:04o}\n"));
                job.out(text);
                Ran::Status(0)
            }
            None => Ran::Unknown("the umask is not known".into()),
        },
        Some(arg) if arg.known() == Some("-S") => Ran::Unknown("the umask in letters".into()),
        Some(arg) => {
            job.shell.local.umask =
                arg.known().and_then(|t| u32::from_str_radix(t, 8).ok()).filter(|m| *m <= 0o777);
            Ran::Status(0)
        }
    }
}

/// `ulimit`: what limits are is known at run time only.
pub(super) fn ulimit(job: &mut Job<'_>) -> Ran {
    let sets = job.args.iter().any(|a| !a.raw().starts_with('-'));
    if sets { Ran::Unsure } else { Ran::Unknown("limits are known at run time only".into()) }
}

/// `alias`: shells that expand them read the text differently from there on.
pub(super) fn alias(job: &mut Job<'_>) -> Ran {
    if job.args.is_empty() {
        return Ran::Unknown("a list of aliases".into());
    }
    for arg in job.args {
        let name = arg.raw().split('=').next().unwrap_or("").to_owned();
        let expands = job.shell.local.dialect != Dialect::Bash || job.shell.local.shopts.expand_aliases;
        if expands && arg.raw().contains('=') && job.shell.local.aliases.len() < 1_000 {
            job.shell.local.aliases.push(name);
        }
    }
    Ran::Status(0)
}

/// `unalias`
pub(super) fn unalias(job: &mut Job<'_>) -> Ran {
    let all = job.args.iter().any(|a| a.known() == Some("-a"));
    let mut status = 0;
    if all {
        job.shell.local.aliases.clear();
        return Ran::Status(0);
    }
    for arg in job.args {
        let before = job.shell.local.aliases.len();
        job.shell.local.aliases.retain(|alias| Some(alias.as_str()) != arg.known());
        status |= u8::from(before == job.shell.local.aliases.len());
    }
    Ran::Status(status)
}

/// `let`
pub(super) fn arithmetic(interp: &mut Interp<'_>, words: Words, mut shell: Box<Shell>) -> Paths {
    let mut status = Status::Known(1);
    let span = shell.local.command;
    for arg in words.argv.get(1..).unwrap_or(&[]) {
        status = match interp.arithmetic_text(&mut shell, arg, span) {
            // Only in an expansion such an error gives up the line.
            Err(Stop::Discard) => {
                shell.complain();
                return done(shell, 1);
            }
            Err(stop) => return interp.stop(shell, stop),
            Ok(Ok(Num::Known(n))) => Status::Known(u8::from(n == 0)),
            Ok(_) => Status::Unknown(shell.command_text()),
        };
    }
    shell.set_status(status);
    crate::interp::next(shell)
}

/// `pushd` and `popd`
pub(super) fn directory_stack(interp: &mut Interp<'_>, words: Words, mut shell: Box<Shell>) -> Paths {
    let pushes = words.argv.first().and_then(|w| w.known()) == Some("pushd");
    let args = words.argv.get(1..).unwrap_or(&[]);
    let from = shell.local.cwd.clone();
    let origin = shell.here();
    let target = match (pushes, args) {
        (true, [dir]) if !dir.raw().starts_with(['-', '+']) => dir.clone(),
        (false, []) => match shell.local.directory_stack.pop() {
            Some(dir) => dir,
            None => return done(shell, 1),
        },
        _ => {
            interp.lose(shell, "the directory stack is not followed this far");
            return Vec::new();
        }
    };
    let ran = {
        let args = [target];
        let mut job = Job {
            shell: &mut shell,
            name: "cd",
            args: &args,
            flavor: crate::tool::Flavor::Builtin,
            origin: origin.clone(),
        };
        cd(&mut job)
    };
    if pushes && matches!(ran, Ran::Status(0)) {
        shell.local.directory_stack.push(from);
    }
    // What is written is the stack, with the home directory as `~`.
    let hole = texts::symbol("$(dirs)", imgscan_model::Shape::Any, Vec::new(), &origin);
    shell.write_unknown(1, &hole, &origin);
    interp.ran(ran, shell)
}

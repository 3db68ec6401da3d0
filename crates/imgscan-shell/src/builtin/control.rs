//! Builtins that decide where the script goes on.

use imgscan_model::Text;

use crate::dialect::Dialect;
use crate::host::Replaces;
use crate::interp::{Call, Flow, Interp, Path, Paths, Words, done};
use crate::outcome::Status;
use crate::shell::Shell;
use crate::shell::disk::{Found, ReadError};
use crate::{expand, syntax, texts};

/// `break [n]`
pub(super) fn break_loop(interp: &mut Interp<'_>, words: Words, shell: Box<Shell>) -> Paths {
    leave(interp, words, shell, Flow::Break)
}

/// `continue [n]`
pub(super) fn continue_loop(interp: &mut Interp<'_>, words: Words, shell: Box<Shell>) -> Paths {
    leave(interp, words, shell, Flow::Continue)
}

fn leave(interp: &mut Interp<'_>, words: Words, mut shell: Box<Shell>, flow: fn(usize) -> Flow) -> Paths {
    let count = match words.argv.get(1) {
        None => 1,
        Some(word) => match word.known().and_then(|n| n.parse::<usize>().ok()) {
            Some(n) if n > 0 => n,
            _ => {
                interp.lose(shell, "how many loops are left is not known");
                return Vec::new();
            }
        },
    };
    shell.set_status(Status::Known(0));
    if shell.local.loops == 0 {
        return crate::interp::next(shell);
    }
    let count = count.min(shell.local.loops);
    vec![Path { shell, flow: flow(count) }]
}

/// The status that `exit` and `return` name.
fn status(words: &Words, shell: &Shell) -> Result<Status, ()> {
    let Some(word) = words.argv.get(1) else { return Ok(shell.local.status.clone()) };
    let Some(known) = word.known() else { return Ok(Status::Unknown(word.display())) };
    match known.trim().parse::<i64>() {
        Ok(n) if n < 0 && !shell.is_bash() => Err(()),
        Ok(n) => Ok(Status::Known(u8::try_from(n.rem_euclid(256)).unwrap_or(2))),
        Err(_) => Err(()),
    }
}

/// `exit [n]`
pub(super) fn exit(interp: &mut Interp<'_>, words: Words, shell: Box<Shell>) -> Paths {
    let status = status(&words, &shell).unwrap_or(Status::Known(2));
    interp.exit(shell, status);
    Vec::new()
}

/// `return [n]`
pub(super) fn return_from(interp: &mut Interp<'_>, words: Words, mut shell: Box<Shell>) -> Paths {
    let Ok(status) = status(&words, &shell) else {
        // bash returns with 2; dash and busybox end (tried).
        shell.complain();
        match shell.local.dialect {
            Dialect::Bash if shell.local.returnable > 0 => {
                shell.set_status(Status::Known(2));
                return vec![Path { shell, flow: Flow::Return }];
            }
            Dialect::Dash | Dialect::Ash => interp.exit(shell, Status::Known(2)),
            _ => interp.lose(shell, "with what it returns is no number"),
        }
        return Vec::new();
    };
    if shell.local.returnable == 0 && shell.is_bash() {
        if shell.local.dialect == Dialect::BashPosix {
            interp.exit(shell, Status::Known(2));
            return Vec::new();
        }
        return done(shell, 2);
    }
    shell.set_status(status);
    vec![Path { shell, flow: Flow::Return }]
}

/// `shift [n]`
pub(super) fn shift(interp: &mut Interp<'_>, words: Words, mut shell: Box<Shell>) -> Paths {
    let count = match words.argv.get(1) {
        None => Some(1),
        Some(word) => word.known().and_then(|n| n.parse::<usize>().ok()),
    };
    let Some(count) = count else {
        interp.lose(shell, "by how many words is shifted is not known");
        return Vec::new();
    };
    let before = shell.local.positional.get(..count).unwrap_or(&shell.local.positional);
    if before.iter().any(expand::is_open) {
        let needs = texts::needs_of(&shell.local.positional);
        let here = shell.here();
        shell.local.positional = vec![texts::symbol("$@", imgscan_model::Shape::Words, needs, &here)];
        super::unknown_status(&mut shell);
        return crate::interp::next(shell);
    }
    if count > shell.local.positional.len() {
        shell.complain();
        if matches!(shell.local.dialect, Dialect::Dash | Dialect::Posix) {
            interp.exit(shell, Status::Known(2));
            return Vec::new();
        }
        return done(shell, 1);
    }
    shell.local.positional.drain(..count);
    done(shell, 0)
}

/// `eval …`
pub(super) fn eval(interp: &mut Interp<'_>, words: Words, shell: Box<Shell>) -> Paths {
    let args = words.argv.get(1..).unwrap_or(&[]);
    if args.is_empty() {
        return done(shell, 0);
    }
    let text = texts::joined(args, &Text::default().respelled(" "));
    let mut shell = shell;
    if text.raw().trim().is_empty() {
        shell.set_status(Status::Known(0));
    }
    interp.nested(shell, |i, shell| i.text(&text, shell, words.tested))
}

/// `exec [words]`. dash takes no options, not even `--`; busybox `-a name`, bash `-c` and `-l` too (tried).
pub(super) fn exec(interp: &mut Interp<'_>, words: Words, mut shell: Box<Shell>) -> Paths {
    let mut argv = words.argv;
    argv.remove(0);
    let dialect = shell.local.dialect;
    while let Some(option) = argv
        .first()
        .and_then(|w| w.known())
        .filter(|w| w.starts_with('-') && w.len() > 1 && dialect != Dialect::Dash)
        .map(str::to_owned)
    {
        match option.as_str() {
            _ if dialect == Dialect::Posix => {
                interp.lose(shell, "what `exec` makes of options hangs on the shell, which cannot be seen");
                return Vec::new();
            }
            "--" => {
                argv.remove(0);
                break;
            }
            "-a" if argv.len() > 1 => {
                argv.drain(..2);
            }
            "-l" if shell.is_bash() => {
                argv.remove(0);
            }
            "-c" | "-cl" | "-lc" if shell.is_bash() => {
                interp.lose(shell, "`exec -c` is not followed");
                return Vec::new();
            }
            // An option that there is not: bash goes on, other shells end, as does bash in POSIX mode unless a failure
            // is asked about.
            _ if option.starts_with("-a") || dialect == Dialect::BashPosix && words.tested => {
                interp.lose(shell, "these options of `exec` are not followed");
                return Vec::new();
            }
            _ if dialect == Dialect::Bash => {
                shell.complain();
                return done(shell, 2);
            }
            _ => {
                shell.complain();
                interp.exit(shell, Status::Known(2));
                return Vec::new();
            }
        }
    }
    if argv.is_empty() {
        return done(shell, 0);
    }
    interp.external(Call { argv, replaces: Replaces::Exec }, shell)
}

/// `. file [words]`
pub(super) fn dot(interp: &mut Interp<'_>, words: Words, mut shell: Box<Shell>) -> Paths {
    let mut args = words.argv.get(1..).unwrap_or(&[]);
    if args.first().and_then(|a| a.known()) == Some("--") {
        args = args.get(1..).unwrap_or(&[]);
    }
    let Some((file, args)) = args.split_first() else { return done(shell, 2) };
    let path = script_path(&shell, file);
    let text = match shell.read_path(&path) {
        Ok(text) if texts::holes_are_words(&text) => text,
        Ok(_) => return unknown_file(&path, "parts of it are not known", shell),
        Err(ReadError::Fails(reason)) => return unread(interp, &path, reason, shell),
        Err(ReadError::Unknown(reason)) => return unknown_file(&path, &reason, shell),
    };
    let (script, problems) = syntax::parse_at(&text, shell.local.dialect, 0);
    for problem in problems {
        if let Some(origin) = problem.origin {
            shell.problem(origin, problem.message);
        }
    }
    // dash takes no words for the file's positional parameters.
    let takes = !args.is_empty() && !matches!(shell.local.dialect, Dialect::Dash | Dialect::Posix);
    let positional = shell.local.positional.clone();
    if takes {
        shell.local.positional = args.to_vec();
    }
    let given = args.to_vec();
    let mut paths = interp.sourced(&script, path, shell, words.tested);
    for path in paths.iter_mut().filter(|_| takes) {
        // bash leaves them as the file set them, if it did.
        if !path.shell.is_bash() || path.shell.local.positional == given {
            path.shell.local.positional.clone_from(&positional);
        }
    }
    paths
}

/// Where the file of `.` is: a name without a slash is looked for along `PATH`, in bash then here.
fn script_path(shell: &Shell, file: &Text) -> Text {
    let Some(name) = file.known().filter(|name| !name.contains('/')) else { return file.clone() };
    let dirs = shell.local.variables.text("PATH").and_then(|t| t.known()).unwrap_or_default();
    for dir in dirs.split(':') {
        let candidate = if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") };
        if let Found::Node(node) = shell.find(&candidate, true)
            && node.is_file()
        {
            return file.respelled(candidate);
        }
    }
    if shell.local.dialect == Dialect::Bash { file.clone() } else { file.respelled(format!("//{name}")) }
}

fn unread(interp: &mut Interp<'_>, path: &Text, reason: &str, mut shell: Box<Shell>) -> Paths {
    let origin = shell.here();
    shell.problem(origin, format!("`{}` cannot be read: {}", path.display(), reason.to_lowercase()));
    match shell.local.dialect {
        Dialect::Bash => done(shell, 1),
        Dialect::BashPosix => {
            interp.exit(shell, Status::Known(1));
            Vec::new()
        }
        _ => {
            interp.exit(shell, Status::Known(2));
            Vec::new()
        }
    }
}

/// A sourced file that is not known may set any variable.
fn unknown_file(path: &Text, reason: &str, mut shell: Box<Shell>) -> Paths {
    let origin = shell.here();
    let name = path.display();
    shell.problem(origin, format!("what `{name}` sets is not known: {reason}"));
    shell.forget_variables(&format!("`{name}` may set it, and what it holds is not known"));
    super::unknown_status(&mut shell);
    crate::interp::next(shell)
}

/// A builtin that some shells called `sh` have and others do not.
pub(super) fn not_everywhere(interp: &mut Interp<'_>, words: Words, shell: Box<Shell>) -> Paths {
    let name = words.argv.first().map(Text::display).unwrap_or_default();
    interp.lose(shell, format!("which shell `/bin/sh` is cannot be seen, and not every one knows `{name}`"));
    Vec::new()
}

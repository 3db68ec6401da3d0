//! `command`, `builtin`, `type`: what a name leads to.

use imgscan_model::Text;

use super::find;
use crate::dialect::Dialect;
use crate::host::Replaces;
use crate::interp::{Interp, Paths, Program, Words, done, look_up};
use crate::shell::Shell;
use crate::tool::{Job, Ran};

const KEYWORDS: [&str; 16] = [
    "if", "then", "else", "elif", "fi", "case", "esac", "for", "while", "until", "do", "done", "in", "{",
    "}", "!",
];

/// What a name leads to.
pub(super) enum Meaning {
    Keyword,
    Function,
    Builtin,
    File(String),
    Nothing,
    Unknown(String),
}

/// What a shell would run for a name.
pub(super) fn meaning(shell: &Shell, name: &str) -> Meaning {
    let bash_keyword =
        shell.is_bash() && matches!(name, "[[" | "]]" | "select" | "function" | "time" | "coproc");
    if KEYWORDS.contains(&name) || bash_keyword {
        return Meaning::Keyword;
    }
    if shell.local.aliases.iter().any(|alias| alias == name) {
        return Meaning::Unknown(format!("`{name}` is an alias"));
    }
    if shell.local.functions.contains_key(name) {
        return Meaning::Function;
    }
    if find(name, shell.local.dialect).is_some() {
        return Meaning::Builtin;
    }
    match look_up(shell, name) {
        Program::Found(_) => Meaning::File(file_name(shell, name)),
        Program::Missing if shell.partial => {
            Meaning::Unknown(format!("whether `{name}` is installed is not known"))
        }
        // dash looks for the name only; whether it may be executed it finds out later.
        Program::NotExecutable(_) if !shell.is_bash() && !name.contains('/') => {
            Meaning::Unknown(format!("`{name}` is there and not executable"))
        }
        Program::Missing | Program::NotExecutable(_) => Meaning::Nothing,
        Program::Unknown(reason) => Meaning::Unknown(reason),
    }
}

/// The path by which a program is found: links are not followed.
fn file_name(shell: &Shell, name: &str) -> String {
    if name.contains('/') {
        return name.to_owned();
    }
    let dirs = shell.local.variables.text("PATH").and_then(|t| t.known()).unwrap_or_default();
    let mut candidates =
        dirs.split(':').map(|dir| if dir.is_empty() { format!("./{name}") } else { format!("{dir}/{name}") });
    candidates
        .find(|path| matches!(look_up(shell, path), Program::Found(_)))
        .unwrap_or_else(|| name.to_owned())
}

/// `command [-pvV] words`
pub(super) fn command(interp: &mut Interp<'_>, words: Words, mut shell: Box<Shell>) -> Paths {
    let mut args = words.argv.get(1..).unwrap_or(&[]);
    let mut shows = None;
    while let Some(option) =
        args.first().and_then(|a| a.known()).filter(|a| a.starts_with('-') && a.len() > 1)
    {
        args = args.get(1..).unwrap_or(&[]);
        match option {
            "--" => break,
            "-p" => {}
            "-v" | "-pv" | "-vp" => shows = Some('v'),
            "-V" => shows = Some('V'),
            _ => return done(shell, 2),
        }
    }
    if let Some(kind) = shows {
        let ran = show(&mut shell, args, kind);
        return interp.ran(ran, shell);
    }
    if args.is_empty() {
        return done(shell, 0);
    }
    let words = Words { argv: args.to_vec(), no_functions: true, ..words };
    interp.call(words, shell)
}

fn show(shell: &mut Shell, args: &[Text], kind: char) -> Ran {
    let origin = shell.here();
    let mut status = 0;
    for arg in args {
        let Some(name) = arg.known() else { return Ran::Unknown("the name is not known".into()) };
        let line = match meaning(shell, name) {
            Meaning::Nothing => {
                status = if shell.is_bash() { 1 } else { 127 };
                continue;
            }
            Meaning::Unknown(reason) => return Ran::Unknown(reason),
            _ if kind == 'V' => {
                return Ran::Unknown("what `command -V` writes differs between shells".into());
            }
            Meaning::File(path) => path,
            Meaning::Keyword | Meaning::Function | Meaning::Builtin => name.to_owned(),
        };
        shell.write(1, arg.respelled(format!("{line}\n")), &origin);
    }
    Ran::Status(status)
}

/// `type names`
pub(super) fn type_of(job: &mut Job<'_>) -> Ran {
    let mut args = job.args;
    let mut option = None;
    if job.shell.is_bash()
        && let Some(first) = args.first().and_then(|a| a.known()).filter(|a| a.starts_with('-'))
    {
        option = Some(first.to_owned());
        args = args.get(1..).unwrap_or(&[]);
    }
    let mut status = 0;
    let mut lines: Vec<Text> = Vec::new();
    let mut unsure = false;
    let mut complains = false;
    for arg in args {
        let Some(name) = arg.known() else { return Ran::Unknown("the name is not known".into()) };
        let meaning = meaning(job.shell, name);
        match (option.as_deref(), &meaning) {
            (option, Meaning::Nothing) => {
                status = if job.shell.is_bash() { 1 } else { 127 };
                if option.is_none() {
                    complains = true;
                }
            }
            (_, Meaning::Unknown(reason)) => return Ran::Unknown(reason.clone()),
            (Some("-t"), _) => {
                let word = match meaning {
                    Meaning::Keyword => "keyword",
                    Meaning::Function => "function",
                    Meaning::Builtin => "builtin",
                    _ => "file",
                };
                lines.push(arg.respelled(format!("{word}\n")));
            }
            (Some("-p" | "-P"), Meaning::File(path)) => lines.push(arg.respelled(format!("{path}\n"))),
            (Some("-p"), _) => {}
            (None, Meaning::File(path)) => lines.push(arg.respelled(format!("{name} is {path}\n"))),
            (None, Meaning::Builtin) if job.shell.local.dialect == Dialect::Bash => {
                lines.push(arg.respelled(format!("{name} is a shell builtin\n")));
            }
            _ => unsure = true,
        }
    }
    if unsure {
        let needs = Vec::new();
        let text = format!("$({})", job.shell.command_text());
        let hole = crate::texts::symbol(text, imgscan_model::Shape::Any, needs, &job.origin);
        let origin = job.origin.clone();
        job.shell.write_unknown(1, &hole, &origin);
        return Ran::Status(status);
    }
    if complains {
        // dash and busybox say so on the standard output.
        if !job.shell.is_bash() {
            return Ran::Unknown("a message whose words are not known".into());
        }
        job.shell.complain();
    }
    for line in lines {
        job.out(line);
    }
    Ran::Status(status)
}

/// bash's `builtin name words`
pub(super) fn builtin(interp: &mut Interp<'_>, words: Words, shell: Box<Shell>) -> Paths {
    let args = words.argv.get(1..).unwrap_or(&[]);
    let Some(name) = args.first() else { return done(shell, 0) };
    match name.known().and_then(|name| find(name, shell.local.dialect)) {
        Some(builtin) => {
            let words = Words { argv: args.to_vec(), replaces: Replaces::No, ..words };
            super::run(interp, builtin, words, shell)
        }
        None => done(shell, 1),
    }
}

//! Redirections.

use std::sync::Arc;

use imgscan_model::{Need, Shape, Text};

use super::{Interp, Stop};
use crate::dialect::Dialect;
use crate::shell::descriptor::Description;
use crate::shell::disk::{Found, Runtime};
use crate::shell::files::DiskError;
use crate::shell::{Redirected, Shell, Touch};
use crate::state::{Value, Variable};
use crate::syntax::tree::{Fd, HereDoc, Redirect, RedirectOp, Span, Target, Word};
use crate::texts;

/// A redirection that fails: the command does not run.
pub(super) struct Refused;

/// The descriptors that the redirections of a command change, as they were before. Others that the command changes
/// itself (`exec` in a function) stay changed.
pub(super) struct Undo {
    redirected: Redirected,
    descriptions: usize,
    under_way: usize,
}

impl Undo {
    pub(super) fn of(shell: &Shell, redirects: &[Redirect], function: bool) -> Self {
        let before = |fd: u32| (fd, shell.local.descriptors.get(&fd).copied());
        let before = redirects.iter().flat_map(changed).map(before).collect();
        Undo {
            redirected: Redirected { before, function },
            descriptions: shell.world.descriptions.len(),
            under_way: shell.local.redirected.len(),
        }
    }

    /// Notes that the redirections hold while a command runs in the shell itself.
    pub(super) fn begin(&self, shell: &mut Shell) {
        if !self.redirected.before.is_empty() {
            shell.local.redirected.push(self.redirected.clone());
        }
    }

    /// Puts the descriptors back.
    pub(super) fn apply(&self, shell: &mut Shell) {
        shell.local.redirected.truncate(self.under_way);
        self.redirected.put_back(shell);
        let used = shell.local.descriptors.values().max().map_or(0, |last| last + 1);
        shell.world.descriptions.truncate(self.descriptions.max(used));
    }
}

impl Redirected {
    /// Puts the descriptors back.
    pub(super) fn put_back(&self, shell: &mut Shell) {
        for (fd, index) in self.before.iter().rev() {
            match index {
                Some(index) => shell.local.descriptors.insert(*fd, *index),
                None => shell.local.descriptors.remove(fd),
            };
        }
    }
}

/// The descriptors that a redirection changes and that are put back after it; bash leaves those of `{name}>` open.
fn changed(redirect: &Redirect) -> Vec<u32> {
    let op = match &redirect.target {
        Target::Here(_) => RedirectOp::Read,
        Target::Word(op, _) => *op,
    };
    match (&redirect.fd, op) {
        (Fd::Variable(_), _) => Vec::new(),
        (Fd::Number(n), _) => vec![*n],
        (Fd::Default, RedirectOp::Both | RedirectOp::BothAppend | RedirectOp::DupOut) => vec![1, 2],
        (Fd::Default, op) => vec![default_descriptor(op)],
    }
}

/// The descriptor of a redirection that names none.
fn default_descriptor(op: RedirectOp) -> u32 {
    match op {
        RedirectOp::Read | RedirectOp::ReadWrite | RedirectOp::DupIn | RedirectOp::HereString => 0,
        _ => 1,
    }
}

/// The status of a command whose redirection fails.
pub(super) fn refused_status(dialect: Dialect) -> u8 {
    if matches!(dialect, Dialect::Dash | Dialect::Posix) { 2 } else { 1 }
}

impl Interp<'_> {
    /// Applies redirections in order.
    pub(super) fn redirect(
        &mut self,
        shell: &mut Shell,
        redirects: &[Redirect],
    ) -> Result<Result<(), Refused>, Stop> {
        for redirect in redirects {
            self.step(shell)?;
            if let Err(refused) = self.redirect_one(shell, redirect)? {
                return Ok(Err(refused));
            }
        }
        Ok(Ok(()))
    }

    fn redirect_one(&mut self, shell: &mut Shell, redirect: &Redirect) -> Result<Result<(), Refused>, Stop> {
        let (op, word) = match &redirect.target {
            Target::Here(index) => {
                let text = match self.here_document(shell, *index) {
                    Ok(text) => text,
                    // dash and busybox: the redirection fails, and the script goes on.
                    Err(Stop::Exit(_)) if !shell.is_bash() => {
                        shell.complain();
                        return Ok(Err(Refused));
                    }
                    Err(stop) => return Err(stop),
                };
                let fd = descriptor(shell, &redirect.fd, 0, redirect.span);
                shell.open(fd, Description::input(text));
                return Ok(Ok(()));
            }
            Target::Word(op, word) => (*op, word),
        };
        let fd = descriptor(shell, &redirect.fd, default_descriptor(op), redirect.span);
        let target = self.target(shell, op, word)?;
        Ok(match op {
            RedirectOp::HereString => {
                let newline = shell.local.unit.slice(word.span).respelled("\n");
                let content = Text::concat([&target, &newline]);
                shell.open(fd, Description::input(content));
                Ok(())
            }
            RedirectOp::Read => read_from(shell, fd, &target, word.span),
            RedirectOp::Write | RedirectOp::Clobber | RedirectOp::Append | RedirectOp::ReadWrite => {
                write_to(shell, fd, op, &target, redirect.span)
            }
            RedirectOp::Both | RedirectOp::BothAppend => {
                both(shell, op == RedirectOp::BothAppend, &target, redirect.span)
            }
            RedirectOp::DupIn | RedirectOp::DupOut => duplicate(shell, redirect, op, fd, &target),
        })
    }

    /// What a redirection's word becomes; bash splits it and wants one field.
    fn target(&mut self, shell: &mut Shell, op: RedirectOp, word: &Word) -> Result<Text, Stop> {
        if !shell.is_bash() || matches!(op, RedirectOp::HereString) {
            return self.single(shell, word);
        }
        let mut fields = Vec::new();
        self.word_fields(shell, word, &mut fields)?;
        match fields.len() {
            1 => Ok(fields.remove(0)),
            0 if word.parts.is_empty() => Ok(Text::default().respelled("1")),
            _ => {
                let reason = "a redirection to several words or none is refused";
                Ok(texts::unknown(reason, Vec::new(), &shell.origin(word.span)))
            }
        }
    }

    /// The body of a here-document, expanded.
    fn here_document(&mut self, shell: &mut Shell, index: usize) -> Result<Text, Stop> {
        let unit = Arc::clone(&shell.local.unit);
        let Some(HereDoc { unit: body, parts }) = unit.here.get(index) else { return Ok(Text::default()) };
        shell.local.unit = Arc::clone(body);
        let text = self.quoted_text(shell, parts);
        shell.local.unit = unit;
        text
    }
}

/// The descriptor that a redirection is for; bash's `{name}` takes a free one and puts its number into the variable.
fn descriptor(shell: &mut Shell, fd: &Fd, default: u32, span: Span) -> u32 {
    match fd {
        Fd::Default => default,
        Fd::Number(n) => *n,
        Fd::Variable(name) => {
            let free = (10..).find(|n| !shell.local.descriptors.contains_key(n)).unwrap_or(10);
            let text = shell.local.unit.slice(span).respelled(free.to_string());
            let variable = Variable { value: Value::Scalar(text), ..shell.variable_for_change(name) };
            shell.put_variable(name, variable);
            free
        }
    }
}

fn read_from(shell: &mut Shell, fd: u32, target: &Text, span: Span) -> Result<(), Refused> {
    let origin = shell.origin(span);
    let hole = |path: &str| {
        let need = vec![Need::File(path.to_owned())];
        texts::symbol(format!("$(cat {path})"), Shape::Any, need, &origin)
    };
    let found = shell.find_text(target, true);
    let description = match found {
        Found::Node(node) if node.is_file() => match shell.local.who.may(&node, 4) {
            Some(false) => return Err(refuse(shell, target, span, "permission denied")),
            _ => Description::File {
                path: node.path,
                at: Some(0),
                append: false,
                readable: true,
                writable: false,
            },
        },
        Found::Node(node) => Description::Other(format!("`{}` is no file", node.path)),
        Found::Missing { .. } => return Err(refuse(shell, target, span, "no such file")),
        Found::Blocked(reason) => return Err(refuse(shell, target, span, reason)),
        Found::Runtime(Runtime::Null) => Description::Null,
        Found::Runtime(Runtime::Descriptor(n)) => match shell.world.piped.get(&n) {
            Some(text) => Description::input(text.clone()),
            None => match shell.local.descriptors.get(&n).copied() {
                Some(index) => {
                    shell.local.descriptors.insert(fd, index);
                    return Ok(());
                }
                None => return Err(refuse(shell, target, span, "no such descriptor")),
            },
        },
        Found::Runtime(Runtime::File(path) | Runtime::Unsure(path)) => Description::input(hole(&path)),
        Found::Runtime(_) => Description::Other("a device".into()),
        Found::Unknown(reason) => Description::input(texts::unknown(reason, target.needs(), &origin)),
    };
    shell.open(fd, description);
    Ok(())
}

fn write_to(shell: &mut Shell, fd: u32, op: RedirectOp, target: &Text, span: Span) -> Result<(), Refused> {
    let found = shell.find_text(target, true);
    let description = match &found {
        Found::Runtime(Runtime::Null | Runtime::Device) => Description::Null,
        Found::Runtime(Runtime::Descriptor(n)) => match shell.local.descriptors.get(n).copied() {
            Some(index) => {
                shell.local.descriptors.insert(fd, index);
                return Ok(());
            }
            None if shell.world.piped.contains_key(n) => Description::Other("a `>( … )`".into()),
            None => return Err(refuse(shell, target, span, "no such descriptor")),
        },
        Found::Runtime(Runtime::OfInit(n @ (1 | 2))) => Description::Inherited(*n),
        Found::Node(node) if !node.is_file() && !node.is_dir() => Description::Other("a special file".into()),
        _ => match shell.writable_found(&found) {
            Err(DiskError::Fails) => return Err(refuse(shell, target, span, "it cannot be written")),
            Err(DiskError::Unsure(reason)) => Description::Other(reason),
            Ok((_, true)) if op == RedirectOp::Write && shell.local.options.noclobber => {
                return Err(refuse(shell, target, span, "`set -C` is on"));
            }
            Ok((path, exists)) => opened(shell, path, exists, op, span),
        },
    };
    shell.open(fd, description);
    Ok(())
}

/// Opens a file for writing: `>` empties it, `>>` and `<>` keep what it holds.
fn opened(shell: &mut Shell, path: Arc<str>, exists: bool, op: RedirectOp, span: Span) -> Description {
    let by = shell.origin(span);
    let truncate = matches!(op, RedirectOp::Write | RedirectOp::Clobber);
    if truncate || !exists {
        shell.put_file(&path, Text::derived("", by.clone()), 0o666, &by);
    } else {
        shell.touch(&path, Touch::Written);
    }
    Description::File {
        path,
        at: if op == RedirectOp::Append { None } else { Some(0) },
        append: op == RedirectOp::Append,
        readable: op == RedirectOp::ReadWrite,
        writable: true,
    }
}

fn both(shell: &mut Shell, append: bool, target: &Text, span: Span) -> Result<(), Refused> {
    let op = if append { RedirectOp::Append } else { RedirectOp::Write };
    write_to(shell, 1, op, target, span)?;
    if let Some(index) = shell.local.descriptors.get(&1).copied() {
        shell.local.descriptors.insert(2, index);
    }
    Ok(())
}

fn duplicate(
    shell: &mut Shell,
    redirect: &Redirect,
    op: RedirectOp,
    fd: u32,
    target: &Text,
) -> Result<(), Refused> {
    match target.known() {
        Some("-") => {
            shell.local.descriptors.remove(&fd);
            Ok(())
        }
        Some(number) if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => {
            let source = number.parse::<u32>().ok().and_then(|n| shell.local.descriptors.get(&n).copied());
            match source {
                Some(index) => {
                    shell.local.descriptors.insert(fd, index);
                    Ok(())
                }
                None => Err(refuse(shell, target, redirect.span, "no such descriptor")),
            }
        }
        Some(_) if op == RedirectOp::DupOut && redirect.fd == Fd::Default && shell.is_bash() => {
            both(shell, false, target, redirect.span)
        }
        Some(_) => Err(refuse(shell, target, redirect.span, "no such descriptor")),
        None => {
            shell.open(fd, Description::Other("which descriptor it is is not known".into()));
            Ok(())
        }
    }
}

fn refuse(shell: &mut Shell, target: &Text, span: Span, reason: &str) -> Refused {
    let origin = shell.origin(span);
    let name = target.display();
    shell.problem(origin, format!("a redirection fails: `{name}`: {reason}"));
    shell.complain();
    Refused
}

//! Simple commands: assignments, redirections, words; and to whom the words go.

use imgscan_model::{EnvSource, Text};

use super::assign::Assigned;
use super::external::Call;
use super::redirect::{Refused, Undo, refused_status};
use super::{Interp, Paths, Stop, done, next, tail};
use crate::builtin;
use crate::dialect::Dialect;
use crate::host::Replaces;
use crate::outcome::Status;
use crate::shell::{Shell, Trap};
use crate::state::Variable;
use crate::syntax::tree::{Assign, AssignValue, Command, Redirect, Word};

/// Words that a command was called with, and the place of the command in the tree.
pub(crate) struct Words {
    pub argv: Vec<Text>,
    /// Whether it takes the shell's place.
    pub replaces: Replaces,
    /// Whether a failure is asked about.
    pub tested: bool,
    /// Whether functions are passed over (`command`, `exec`).
    pub no_functions: bool,
}

type Saved = Vec<(String, Option<Variable>)>;

impl Interp<'_> {
    pub(super) fn simple(
        &mut self,
        command: &Command,
        assigns: &[Assign],
        words: &[Word],
        mut shell: Box<Shell>,
        tested: bool,
    ) -> Paths {
        shell.local.command = command.span;
        shell.local.substitution_status = None;
        let argv = match self.command_words(&mut shell, words) {
            Ok(argv) => argv,
            Err(stop) => return self.stop(shell, stop),
        };
        if argv.is_empty() {
            return self.only_assignments(assigns, &command.redirects, shell);
        }
        let replaces = self.habit(command, &shell);
        let name = argv.first().and_then(|word| word.known()).map(str::to_owned);
        let function = name.as_deref().is_some_and(|name| shell.local.functions.contains_key(name));
        let undo = Undo::of(&shell, &command.redirects, function);
        let special = name.as_deref().is_some_and(|name| builtin::is_special(name, shell.local.dialect));
        match self.redirect(&mut shell, &command.redirects) {
            Err(stop) => return self.redirect_stopped(stop, name.as_deref(), &undo, shell),
            Ok(Err(Refused)) => return self.refused(shell, &undo, special),
            Ok(Ok(())) => {}
        }
        if shell.local.options.xtrace {
            shell.complain();
        }
        let keeps = special && shell.local.dialect != Dialect::Bash;
        let saved = match self.temporary(&mut shell, assigns, keeps, name.as_deref() == Some("exec")) {
            Ok(saved) => saved,
            Err(stop) => return self.stop(shell, stop),
        };
        let keeps_descriptors = name.as_deref() == Some("exec") && argv.len() == 1;
        if !keeps_descriptors {
            undo.begin(&mut shell);
        }
        let words = Words { argv, replaces, tested, no_functions: false };
        let mut paths = self.call(words, shell);
        for path in &mut paths {
            if !keeps_descriptors {
                undo.apply(&mut path.shell);
            }
            restore(&mut path.shell, &saved);
        }
        paths
    }

    /// The words of a command; those of `export`, `local` and their kind are assignments that are not split.
    fn command_words(&mut self, shell: &mut Shell, words: &[Word]) -> Result<Vec<Text>, Stop> {
        let Some((first, rest)) = words.split_first() else { return Ok(Vec::new()) };
        let mut argv = Vec::new();
        self.word_fields(shell, first, &mut argv)?;
        let declares = argv.len() == 1
            && argv.first().and_then(|w| w.known()).is_some_and(|name| builtin::is_declaration(name, shell));
        for word in rest {
            match word_as_assignment(shell, word).filter(|_| declares) {
                Some(name) => {
                    let text = self.declared(shell, word, &name)?;
                    argv.push(text);
                }
                None => self.word_fields(shell, word, &mut argv)?,
            }
        }
        Ok(argv)
    }

    /// `name=value` as an argument of a declaration; an array value is assigned at once and leaves the name.
    fn declared(&mut self, shell: &mut Shell, word: &Word, name: &str) -> Result<Text, Stop> {
        match word.parts.as_slice() {
            [_, crate::syntax::tree::Part::Array(elements)] => {
                let append =
                    shell.local.unit.raw(word.span).get(name.len()..).is_some_and(|r| r.starts_with('+'));
                shell.local.pending_arrays.push((name.to_owned(), elements.clone(), append));
                Ok(shell.local.unit.slice(word.span).respelled(name))
            }
            _ => self.assigned(shell, word),
        }
    }

    fn only_assignments(
        &mut self,
        assigns: &[Assign],
        redirects: &[Redirect],
        mut shell: Box<Shell>,
    ) -> Paths {
        let undo = Undo::of(&shell, redirects, false);
        match self.redirect(&mut shell, redirects) {
            Err(stop) => return self.stop(shell, stop),
            Ok(Err(Refused)) => return self.refused(shell, &undo, false),
            Ok(Ok(())) => undo.apply(&mut shell),
        }
        if let Err(stop) = self.assign_all(&mut shell, assigns) {
            return self.stop(shell, stop);
        }
        let status = shell.local.substitution_status.take().unwrap_or(Status::Known(0));
        shell.set_status(status);
        next(shell)
    }

    /// An expansion in a redirection failed: bash expands those of a program in the process that becomes the program.
    fn redirect_stopped(
        &mut self,
        stop: Stop,
        name: Option<&str>,
        undo: &Undo,
        mut shell: Box<Shell>,
    ) -> Paths {
        let runs_here = name.is_none_or(|name| {
            builtin::find(name, shell.local.dialect).is_some() || shell.local.functions.contains_key(name)
        });
        if !shell.is_bash() || runs_here {
            return self.stop(shell, stop);
        }
        let status = match stop {
            Stop::Exit(status) => status,
            Stop::Discard if shell.local.dialect == Dialect::Bash => Status::Known(1),
            Stop::Discard => Status::Known(crate::expand::error_status(&shell)),
            other => return self.stop(shell, other),
        };
        undo.apply(&mut shell);
        shell.set_status(status);
        next(shell)
    }

    /// A redirection failed: the command does not run, and a special builtin ends a POSIX shell.
    pub(super) fn refused(&mut self, mut shell: Box<Shell>, undo: &Undo, special: bool) -> Paths {
        undo.apply(&mut shell);
        let status = refused_status(shell.local.dialect);
        if special && shell.local.dialect != Dialect::Bash {
            self.exit(shell, Status::Known(status));
            return Vec::new();
        }
        done(shell, status)
    }

    /// Assignments before a command hold for it alone, unless it is a special builtin of a POSIX shell: those stay, and
    /// only `exec` hands them on (dash and busybox, `evalcommand`: `VEXPORT` for `EXECCMD`).
    fn temporary(
        &mut self,
        shell: &mut Shell,
        assigns: &[Assign],
        keeps: bool,
        execs: bool,
    ) -> Result<Saved, Stop> {
        let mut saved: Saved = Vec::new();
        for assign in assigns {
            self.step(shell)?;
            if assign.index.is_some() {
                continue;
            }
            let AssignValue::Word(word) = &assign.value else { continue };
            // The value is expanded first: what `${x=…}` in it sets stays.
            let value = self.assigned(shell, word)?.through(&shell.origin(assign.span));
            if !keeps && !saved.iter().any(|(name, _)| *name == assign.name) {
                saved.push((assign.name.clone(), shell.local.variables.get(&assign.name).cloned()));
            }
            let assigned = self.assign_value(shell, &assign.name, Assigned::Text(value), assign.append);
            if matches!(assigned, Err(Stop::Discard)) && !shell.is_readonly(&assign.name) {
                return Err(Stop::Lost("an assignment before a command fails".into()));
            }
            assigned?;
            let mut variable = shell.variable_for_change(&assign.name);
            variable.exported |= !keeps || execs;
            variable.source = EnvSource::Script;
            shell.put_variable(&assign.name, variable);
        }
        Ok(saved)
    }

    /// Whether bash or busybox put this command in their own place.
    fn habit(&self, command: &Command, shell: &Shell) -> Replaces {
        let trapped = shell.local.traps.values().any(|trap| matches!(trap, Trap::Run(_)));
        if self.tails.contains(&tail::address(command)) && !trapped { Replaces::Habit } else { Replaces::No }
    }

    /// Runs words: a function, a builtin, or a program.
    pub(crate) fn call(&mut self, words: Words, shell: Box<Shell>) -> Paths {
        let Some(first) = words.argv.first() else { return done(shell, 0) };
        let Some(name) = first.known().map(str::to_owned) else {
            return self.external(Call::of(words), shell);
        };
        if shell.local.aliases.contains(&name) {
            self.lose(shell, format!("`{name}` is an alias, which is not followed"));
            return Vec::new();
        }
        if !words.no_functions
            && let Some(function) = shell.local.functions.get(&name).cloned()
        {
            return self.function(&name, function, words, shell);
        }
        match builtin::find(&name, shell.local.dialect) {
            Some(builtin) => builtin::run(self, builtin, words, shell),
            None => self.external(Call::of(words), shell),
        }
    }
}

/// Puts variables back that held for a command alone.
fn restore(shell: &mut Shell, saved: &Saved) {
    for (name, old) in saved {
        match old {
            Some(variable) => shell.put_variable(name, variable.clone()),
            None => shell.unset(name),
        }
    }
}

/// The name, if a word has the form `name=…` or `name+=…` with the name unquoted.
fn word_as_assignment(shell: &Shell, word: &Word) -> Option<String> {
    let crate::syntax::tree::Part::Lit(span) = word.parts.first()? else { return None };
    let raw = shell.local.unit.raw(*span);
    let end = raw.find('=')?;
    let name = raw.get(..end)?;
    let name = name.strip_suffix('+').filter(|_| shell.is_bash()).unwrap_or(name);
    let bytes = name.as_bytes();
    let valid = bytes.first().is_some_and(|b| crate::syntax::is_name_start(*b))
        && bytes.iter().all(|b| crate::syntax::is_name_byte(*b));
    valid.then(|| name.to_owned())
}

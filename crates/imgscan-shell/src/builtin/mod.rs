//! Builtins: what each shell does itself.

mod control;
mod declare;
pub(crate) mod echo;
mod getopts;
mod jobs;
mod misc;
mod names;
pub(crate) mod printf;
mod read;
mod set;
pub(crate) mod test;

use crate::dialect::Dialect;
use crate::interp::{Interp, Paths, Words, next};
use crate::outcome::Status;
use crate::shell::Shell;
use crate::tool::{Flavor, Job, Ran};

/// How a builtin is run.
#[derive(Clone, Copy)]
pub(crate) enum Builtin {
    /// It changes the shell and gives a status.
    Plain(fn(&mut Job<'_>) -> Ran),
    /// It runs commands or changes where the script goes on.
    Control(fn(&mut Interp<'_>, Words, Box<Shell>) -> Paths),
}

use Builtin::{Control, Plain};

/// Builtins that all shells followed here have.
const COMMON: [(&str, Builtin); 38] = [
    (".", Control(control::dot)),
    (":", Plain(misc::yes)),
    ("[", Plain(test::bracket)),
    ("alias", Plain(misc::alias)),
    ("bg", Plain(misc::yes)),
    ("break", Control(control::break_loop)),
    ("cd", Plain(misc::cd)),
    ("command", Control(names::command)),
    ("continue", Control(control::continue_loop)),
    ("echo", Plain(echo::echo)),
    ("eval", Control(control::eval)),
    ("exec", Control(control::exec)),
    ("exit", Control(control::exit)),
    ("export", Control(declare::export)),
    ("false", Plain(misc::no)),
    ("fg", Plain(misc::unsure)),
    ("getopts", Control(getopts::getopts)),
    ("hash", Plain(misc::yes)),
    ("jobs", Plain(misc::unsure)),
    ("kill", Plain(jobs::kill)),
    ("local", Control(declare::local)),
    ("printf", Plain(printf::printf)),
    ("pwd", Plain(misc::pwd)),
    ("read", Control(read::read)),
    ("readonly", Control(declare::readonly)),
    ("return", Control(control::return_from)),
    ("set", Control(set::set)),
    ("shift", Control(control::shift)),
    ("test", Plain(test::test)),
    ("times", Plain(misc::unsure)),
    ("trap", Plain(jobs::trap)),
    ("true", Plain(misc::yes)),
    ("type", Plain(names::type_of)),
    ("ulimit", Plain(misc::ulimit)),
    ("umask", Plain(misc::umask)),
    ("unalias", Plain(misc::unalias)),
    ("unset", Control(declare::unset)),
    ("wait", Control(jobs::wait)),
];

/// Builtins of bash alone.
const BASH: [(&str, Builtin); 20] = [
    ("bind", Plain(misc::unsure)),
    ("builtin", Control(names::builtin)),
    ("caller", Plain(misc::unsure)),
    ("compgen", Plain(misc::unsure)),
    ("complete", Plain(misc::yes)),
    ("declare", Control(declare::declare)),
    ("dirs", Plain(misc::unsure)),
    ("disown", Plain(misc::yes)),
    ("enable", Plain(misc::unsure)),
    ("history", Plain(misc::yes)),
    ("let", Control(misc::arithmetic)),
    ("logout", Control(control::exit)),
    ("mapfile", Control(read::mapfile)),
    ("popd", Control(misc::directory_stack)),
    ("pushd", Control(misc::directory_stack)),
    ("readarray", Control(read::mapfile)),
    ("shopt", Plain(set::shopt)),
    ("source", Control(control::dot)),
    ("suspend", Plain(misc::unsure)),
    ("typeset", Control(declare::declare)),
];

/// Builtins of busybox beyond the common ones.
const ASH: [(&str, Builtin); 3] = [
    ("[[", Plain(test::double_bracket)),
    ("let", Control(misc::arithmetic)),
    ("source", Control(control::dot)),
];

/// The builtin of this name.
pub(crate) fn find(name: &str, dialect: Dialect) -> Option<Builtin> {
    let of = |table: &[(&str, Builtin)]| table.iter().find(|(n, _)| *n == name).map(|(_, builtin)| *builtin);
    let own = match dialect {
        Dialect::Bash | Dialect::BashPosix => of(&BASH),
        Dialect::Ash => of(&ASH),
        Dialect::Dash | Dialect::Posix => None,
    };
    of(&COMMON).or(own).or_else(|| unseen(name, dialect))
}

/// A shell that cannot be seen may have what bash or busybox have.
fn unseen(name: &str, dialect: Dialect) -> Option<Builtin> {
    let known = BASH.iter().chain(&ASH).any(|(n, _)| *n == name);
    (dialect == Dialect::Posix && known).then_some(Control(control::not_everywhere))
}

/// POSIX's special builtins: their failures end a POSIX shell, and assignments before them stay.
pub(crate) fn is_special(name: &str, dialect: Dialect) -> bool {
    let special = [
        ".", ":", "break", "continue", "eval", "exec", "exit", "export", "readonly", "return", "set",
        "shift", "times", "trap", "unset",
    ];
    special.contains(&name) || name == "source" && dialect.is_bash()
}

/// Builtins whose arguments of the form `name=value` are assignments, not split.
pub(crate) fn is_declaration(name: &str, shell: &Shell) -> bool {
    matches!(name, "export" | "readonly" | "local")
        || shell.is_bash() && matches!(name, "declare" | "typeset")
}

/// Runs a builtin.
pub(crate) fn run(interp: &mut Interp<'_>, builtin: Builtin, words: Words, mut shell: Box<Shell>) -> Paths {
    if let Err(stop) = interp.step(&mut shell) {
        return interp.stop(shell, stop);
    }
    let plain = match builtin {
        Control(control) => return control(interp, words, shell),
        Plain(plain) => plain,
    };
    let origin = shell.here();
    let (name, args) =
        words.argv.split_first().map_or((String::new(), &[][..]), |(n, a)| (n.raw().to_owned(), a));
    let mut job = Job { shell: &mut shell, name: &name, args, flavor: Flavor::Builtin, origin };
    let ran = plain(&mut job);
    interp.ran(ran, shell)
}

/// A status that hangs on something.
pub(crate) fn unknown_status(shell: &mut Shell) {
    let what = shell.command_text();
    shell.set_status(Status::Unknown(what));
}

/// The paths after a builtin that gave this status.
pub(crate) fn with_status(mut shell: Box<Shell>, status: Status) -> Paths {
    shell.set_status(status);
    next(shell)
}

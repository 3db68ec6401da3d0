//! util-linux `su` and `runuser`.

use imgscan_model::{EnvSource, FileView, Program, Text, path};

use super::{ROOT_PATH, USER_PATH, kept, known, named, needs_root, shell_of};
use crate::call::{Call, Executor, Parent};
use crate::getopt::Grammar;
use crate::lookup::{self, Lookup};
use crate::passwd::Entry;
use crate::wrappers::{Stuck, Tree, Unwrapped, assume, instead, made, waiting};

/// util-linux 2.38 `login-utils/su-common.c`: options of `su` and `runuser`.
pub(super) const SU: Grammar = Grammar {
    flags: "flmpPTVh",
    values: "cCgGsuw",
    optional: "",
    long_flags: &["fast", "login", "preserve-environment", "pty", "no-pty", "version", "help"],
    long_values: &[
        "command",
        "session-command",
        "group",
        "supp-group",
        "shell",
        "user",
        "whitelist-environment",
    ],
    long_optional: &[],
    abbreviated: true,
    one_dash: false,
};

/// `runuser -u USER [--] COMMAND…` starts the command itself; any other form is that of `su`.
pub(super) fn runuser(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let words = program.words;
    let (argv, options) = SU.permuted(&call.argv, words)?;
    let Some(user) = options.value(&["u", "user"]) else { return su(call, program) };
    needs_root(call, words)?;
    if options.has(&["s", "shell", "f", "fast", "c", "command", "session-command", "l", "login"]) {
        return Err(Stuck::at(words, "`runuser -u` does not start with options for a shell"));
    }
    let entry = named(call, words, known(Some(user), words, "the user")?)?;
    let mut inner = call.clone();
    inner.argv = argv;
    let mut inner = Tree::Fork(Some(true)).start(&inner, options.rest, Executor::Libc)?;
    inner.parents = call.parents.iter().cloned().chain([session(call)]).collect();
    if !options.has(&["m", "p", "preserve-environment"]) {
        for (name, value) in [("HOME", &entry.home), ("USER", &entry.name), ("LOGNAME", &entry.name)] {
            inner.env.set(name, made(call, value), EnvSource::Script);
        }
    }
    inner.user = user.clone();
    Ok(Unwrapped::one(inner))
}

/// The parent that su and runuser leave to close the session: on a signal it ends its child, and kills it 2 s later.
pub(super) fn session(call: &Call) -> Parent {
    let mut parent = waiting(call, Some(true));
    parent.because = format!("{}, and kills it 2 seconds later", parent.because);
    parent
}

/// `su [options] [-] [USER [ARGUMENTS…]]`: the user's shell runs `-c TEXT`. busybox replaces itself by it; util-linux
/// stays. `HOME`, `SHELL` and, but for root, `USER` and `LOGNAME` become the user's; a login starts from a new
/// environment in the user's home.
pub(super) fn su(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let words = program.words;
    let (argv, options) = SU.permuted(&call.argv, words)?;
    let mut at = options.rest;
    let dash = argv.get(at).is_some_and(|word| word.raw() == "-");
    at += usize::from(dash);
    let login = dash || options.has(&["l", "login"]);
    let user = argv.get(at).cloned();
    let name = match &user {
        Some(user) => known(Some(user), words, "the user")?.to_owned(),
        None => "root".to_owned(),
    };
    let entry = named(call, words, &name)?;
    let preserve = options.has(&["m", "p", "preserve-environment"]) && !login;
    let shell = options.value(&["s", "shell"]).cloned();
    let kept_shell = || call.env.value("SHELL").cloned().filter(|_| preserve);
    let shell = shell.or_else(kept_shell).unwrap_or_else(|| made(call, &shell_of(&entry)));
    let mut line = vec![shell.clone()];
    if login {
        line.push(made(call, "-l"));
    }
    if let Some(text) = options.value(&["c", "command", "session-command"]) {
        line.extend([made(call, "-c"), text.clone()]);
    }
    line.extend(argv.iter().skip(at + 1).cloned());
    let mut inner = instead(call, line, Executor::Libc);
    inner.user = user.unwrap_or_else(|| made(call, "root"));
    if !preserve {
        session_variables(call, &mut inner, &entry, &shell, login);
    }
    if !is_busybox(call) {
        inner.parents.push(session(call));
    }
    Ok(Unwrapped::one(inner))
}

pub(super) fn session_variables(call: &Call, inner: &mut Call, entry: &Entry, shell: &Text, login: bool) {
    if login {
        inner.env = kept(&call.env, &["TERM", "COLORTERM", "NO_COLOR"]);
        let path = if entry.uid == 0 { ROOT_PATH } else { USER_PATH };
        let path = login_path(call, entry.uid == 0).unwrap_or_else(|| path.to_owned());
        inner.env.set("PATH", made(call, &path), EnvSource::Script);
        inner.cwd = made(call, &entry.home);
        assume(inner, "a login: what PAM adds to the environment is not followed");
    }
    inner.env.set("HOME", made(call, &entry.home), EnvSource::Script);
    inner.env.set("SHELL", shell.clone(), EnvSource::Script);
    if login || entry.uid != 0 {
        inner.env.set("USER", made(call, &entry.name), EnvSource::Script);
        inner.env.set("LOGNAME", made(call, &entry.name), EnvSource::Script);
    }
}

/// `ENV_SUPATH` or `ENV_PATH` of `/etc/login.defs`.
pub(super) fn login_path(call: &Call, root: bool) -> Option<String> {
    let wanted = if root { "ENV_SUPATH" } else { "ENV_PATH" };
    let text = call.files.read("/etc/login.defs").ok()?;
    let line = text.raw().lines().find_map(|line| line.trim().strip_prefix(wanted))?;
    let value = line.strip_prefix([' ', '\t'])?.trim();
    Some(value.strip_prefix("PATH=").unwrap_or(value).to_owned())
}

/// Whether the program is busybox under another name.
pub(super) fn is_busybox(call: &Call) -> bool {
    let word = call.argv.first().and_then(Text::known).unwrap_or_default();
    match lookup::look_up(word, &call.env, &call.cwd, &call.files) {
        Lookup::Found { node, .. } => path::name(&node.path) == "busybox",
        _ => false,
    }
}

//! sudo.

use imgscan_model::{EnvSource, FileView, Program, Text};

use super::{entry, kept, known, login_variables, needs_root, shell_of};
use crate::call::{Call, Executor};
use crate::getopt::{Grammar, Parsed};
use crate::passwd::Entry;
use crate::wrappers::env::assignment;
use crate::wrappers::{Stuck, Tree, Unwrapped, assume, made};

/// sudo 1.9 `src/parse_args.c`.
pub(super) const SUDO: Grammar = Grammar {
    flags: "AbBEeHhiKklNnPSsvV",
    values: "aCcDghprRtTUu",
    optional: "",
    long_flags: &[
        "askpass",
        "background",
        "bell",
        "preserve-groups",
        "edit",
        "set-home",
        "help",
        "login",
        "remove-timestamp",
        "reset-timestamp",
        "list",
        "no-update",
        "non-interactive",
        "stdin",
        "shell",
        "validate",
        "version",
    ],
    long_values: &[
        "auth-type",
        "close-from",
        "login-class",
        "chdir",
        "group",
        "host",
        "prompt",
        "role",
        "chroot",
        "type",
        "command-timeout",
        "other-user",
        "user",
    ],
    long_optional: &["preserve-env"],
    abbreviated: true,
    one_dash: false,
};

/// sudo stays and passes signals on. Without `-E` the environment is a new one; `/etc/sudoers` may keep more of it
/// and usually sets `PATH`: that is an assumption which is said.
pub(super) fn sudo(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let words = program.words;
    if needs_root(call, words).is_err() && !has_nopasswd(call) {
        return Err(Stuck::at(words, "`sudo` does not start: a password is required"));
    }
    let mut options = SUDO.parse(&call.argv, words)?;
    let mut given = Vec::new();
    // Options may follow assignments, up to `--`.
    while let Some(assigned) = call.argv.get(options.rest).and_then(assignment).filter(|_| !options.dashes) {
        given.push(assigned);
        let more = SUDO.parse(&call.argv, options.rest + 1)?;
        options.options.extend(more.options);
        (options.rest, options.dashes) = (more.rest, more.dashes);
    }
    let twice = |at: usize| {
        let name = &options.options[at].name;
        SUDO.values.contains(name.as_str()) && options.options[..at].iter().any(|before| before.name == *name)
    };
    if let Some(at) = (0..options.options.len()).find(|at| twice(*at)) {
        return Err(Stuck::at(options.options[at].word, "`sudo` does not start: an option stands twice"));
    }
    if options.has(&["e", "edit", "h", "help", "K", "k", "l", "list", "v", "validate", "V", "version"]) {
        return Err(Stuck::Ends);
    }
    if options.has(&["i", "login", "s", "shell", "R", "chroot"]) {
        return Err(Stuck::at(words, "`sudo` with a shell or another root is not followed"));
    }
    let user = options.value(&["u", "user"]).cloned();
    let name = match &user {
        Some(user) => numbered(known(Some(user), words, "the user")?).to_owned(),
        None => "root".to_owned(),
    };
    let entry = entry(call, words, &name)?;
    let mut inner = Tree::Fork(Some(true)).start(call, options.rest, Executor::Kernel)?;
    set_environment(call, &options, &entry, &mut inner);
    for (name, value) in given {
        inner.env.set(&name, value, EnvSource::Script);
    }
    inner.user = user.map_or_else(|| made(call, "root"), |user| made(call, numbered(user.raw())));
    assume(&mut inner, "`sudo`: which variables `/etc/sudoers` keeps is assumed to be the usual");
    Ok(Unwrapped::one(inner))
}

/// The environment of the command: a new one, or with `-E` the old one, and `PATH` as `/etc/sudoers` says.
fn set_environment(call: &Call, options: &Parsed, entry: &Entry, inner: &mut Call) {
    let all =
        options.options.iter().any(|o| o.name == "E" || (o.name == "preserve-env" && o.value.is_none()));
    let listed = options.value(&["preserve-env"]).and_then(Text::known).unwrap_or_default().to_owned();
    if !all {
        let mut names = vec!["TERM", "DISPLAY", "LANG", "LC_ALL", "PATH"];
        names.extend(listed.split(','));
        inner.env = kept(&call.env, &names);
        login_variables(call, &mut inner.env, entry, &shell_of(entry));
    }
    if all {
        for (name, value) in [("SHELL", &shell_of(entry)), ("USER", &entry.name), ("LOGNAME", &entry.name)] {
            inner.env.set(name, made(call, value), EnvSource::Script);
        }
    }
    if all && options.has(&["H", "set-home"]) {
        inner.env.set("HOME", made(call, &entry.home), EnvSource::Script);
    }
    if let Some(path) = secure_path(call) {
        inner.env.set("PATH", made(call, &path), EnvSource::Script);
    }
}

/// Whether a rule of sudo lets anybody through without a password.
pub(super) fn has_nopasswd(call: &Call) -> bool {
    let more = call.files.list("/etc/sudoers.d").unwrap_or_default();
    let more = more.iter().map(|name| format!("/etc/sudoers.d/{name}"));
    let mut files = std::iter::once("/etc/sudoers".to_owned()).chain(more);
    files.any(|file| call.files.read(&file).is_ok_and(|text| text.raw().contains("NOPASSWD")))
}

/// sudo writes numeric users as `#1000`.
pub(super) fn numbered(user: &str) -> &str {
    user.strip_prefix('#').unwrap_or(user)
}

/// `Defaults secure_path=…` of `/etc/sudoers`.
pub(super) fn secure_path(call: &Call) -> Option<String> {
    let text = call.files.read("/etc/sudoers").ok()?;
    text.raw().lines().filter_map(|line| line.trim().strip_prefix("Defaults")).find_map(|rest| {
        let value = rest.trim().strip_prefix("secure_path")?.trim_start().strip_prefix('=')?;
        Some(value.trim().trim_matches('"').to_owned())
    })
}

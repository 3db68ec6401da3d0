//! Wrappers that run the command as another user.

use imgscan_model::{Env, EnvSource, FileView, Program, Text, path};

use super::env::{assignment, read_envdir};
use super::{Stuck, Tree, Unwrapped, Wrapper, assume, instead, made, waiting};
use crate::call::{Call, Executor, Parent};
use crate::getopt::Grammar;
use crate::lookup::{self, Lookup};
use crate::passwd::{self, Entry};

const fn wrapper(
    names: &'static [&'static str],
    unwrap: fn(&Call, &Program) -> Result<Unwrapped, Stuck>,
) -> Wrapper {
    Wrapper::custom(names, &[], unwrap)
}

pub(super) static WRAPPERS: &[Wrapper] = &[
    wrapper(&["gosu", "su-exec"], gosu),
    wrapper(&["setpriv"], setpriv),
    wrapper(&["setuidgid", "s6-setuidgid"], setuidgid),
    wrapper(&["s6-applyuidgid"], applyuidgid),
    wrapper(&["chpst"], chpst),
    wrapper(&["runuser"], runuser),
    wrapper(&["su"], su),
    wrapper(&["sudo"], sudo),
];

/// A user by a word, with what the image's `/etc/passwd` says of it.
fn entry(call: &Call, word: usize, user: &str) -> Result<Entry, Stuck> {
    match passwd::find_or_id(&call.files, user) {
        Ok(Some(entry)) => Ok(entry),
        Ok(None) => Err(Stuck::at(word, format!("user `{user}` is not in `/etc/passwd` of the image"))),
        Err(error) => Err(Stuck::at(word, format!("`/etc/passwd` cannot be read: {error}"))),
    }
}

/// A user by name only, as `su` and `runuser` take it.
fn named(call: &Call, word: usize, user: &str) -> Result<Entry, Stuck> {
    entry(call, word, user).and_then(|entry| {
        let missing = || Stuck::at(word, format!("user `{user}` is not in `/etc/passwd` of the image"));
        if entry.name == user { Ok(entry) } else { Err(missing()) }
    })
}

fn known<'a>(text: Option<&'a Text>, word: usize, what: &str) -> Result<&'a str, Stuck> {
    let text = text.ok_or(Stuck::Ends)?;
    text.known().ok_or_else(|| Stuck::at(word, format!("{what} is not known: `{}`", text.display())))
}

/// Only root may become somebody else.
fn needs_root(call: &Call, word: usize) -> Result<(), Stuck> {
    let Some(user) = call.user.known() else { return Ok(()) };
    let name = user.split(':').next().unwrap_or_default();
    let is_root = name.is_empty() || entry(call, word, name).is_ok_and(|entry| entry.uid == 0);
    if is_root {
        return Ok(());
    }
    let program = call.argv.first().map(Text::display).unwrap_or_default();
    Err(Stuck::at(word, format!("`{program}` does not start: user `{name}` may not become another user")))
}

/// gosu 1.17 `main.go`, su-exec 0.2 `su-exec.c`: `gosu USER[:GROUP] COMMAND…`, no options; `HOME` becomes the user's.
fn gosu(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let words = program.words;
    let spec = known(call.argv.get(words), words, "the user")?;
    if spec.starts_with('-') {
        return Err(Stuck::Ends);
    }
    needs_root(call, words)?;
    let name = spec.split(':').next().unwrap_or_default();
    let entry = entry(call, words, if name.is_empty() { "0" } else { name })?;
    let mut inner = Tree::Exec.start(call, words + 1, Executor::Kernel)?;
    inner.env.set("HOME", made(call, &entry.home), EnvSource::Script);
    inner.user = call.argv.get(words).cloned().unwrap_or_default();
    Ok(Unwrapped::one(inner))
}

/// util-linux 2.38 `sys-utils/setpriv.c`; long options only, but for `-d`.
const SETPRIV: Grammar = Grammar {
    flags: "dhV",
    values: "",
    optional: "",
    long_flags: &[
        "dump",
        "nnp",
        "no-new-privs",
        "list-caps",
        "clear-groups",
        "keep-groups",
        "init-groups",
        "reset-env",
        "help",
        "version",
    ],
    long_values: &[
        "inh-caps",
        "ambient-caps",
        "bounding-set",
        "ruid",
        "euid",
        "reuid",
        "rgid",
        "egid",
        "regid",
        "groups",
        "securebits",
        "pdeathsig",
        "ptracer",
        "selinux-label",
        "apparmor-profile",
        "landlock-access",
        "landlock-rule",
        "seccomp-filter",
    ],
    long_optional: &[],
    abbreviated: true,
    one_dash: false,
};

/// setpriv changes the ids and nothing else; `--reset-env` leaves `TERM` and sets what a login would.
fn setpriv(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let words = program.words;
    let options = SETPRIV.parse(&call.argv, words)?;
    if options.has(&["d", "dump", "list-caps", "h", "help", "V", "version"]) {
        return Err(Stuck::Ends);
    }
    let groups = ["clear-groups", "keep-groups", "init-groups", "groups"];
    let given = options.options.iter().filter(|given| groups.contains(&given.name.as_str())).count();
    if given > 1 || (given == 0 && options.has(&["regid", "rgid", "egid"])) {
        let message = "`setpriv` does not start: a group goes with exactly one of --clear-groups, --keep-groups, \
                       --init-groups and --groups";
        return Err(Stuck::at(words, message));
    }
    let mut inner = Tree::Exec.start(call, options.rest, Executor::Libc)?;
    let ids = ["ruid", "euid", "reuid"].iter().filter(|name| options.has(&[**name])).count();
    let repeated = options.options.iter().enumerate().any(|(at, given)| {
        let once = given.value.is_some() || given.name == "nnp" || given.name == "no-new-privs";
        once && options.options[..at].iter().any(|before| before.name == given.name)
    });
    let repeated = repeated || (options.has(&["nnp"]) && options.has(&["no-new-privs"]));
    if repeated || (ids > 1 && options.has(&["reuid"])) {
        return Err(Stuck::at(words, "`setpriv` does not start: an option stands twice"));
    }
    if options.has(&["init-groups"]) && !options.has(&["ruid", "reuid"]) {
        return Err(Stuck::at(words, "`setpriv` does not start: --init-groups requires --ruid or --reuid"));
    }
    if ids > 0 {
        needs_root(call, words)?;
    }
    let user = options.value(&["reuid", "euid"]).cloned();
    if let Some(user) = user.clone() {
        inner.user = match options.value(&["regid", "egid"]) {
            Some(group) => Text::concat([&user, &made(call, ":"), group]),
            None => user,
        };
    }
    if options.has(&["reset-env"]) {
        let user = options.value(&["ruid", "reuid"]).cloned().unwrap_or_else(|| call.user.clone());
        let name = known(Some(&user), words, "the user")?.split(':').next().unwrap_or_default().to_owned();
        let entry = entry(call, words, if name.is_empty() { "0" } else { &name })?;
        if entry.name.is_empty() {
            return Err(Stuck::at(
                words,
                format!("`setpriv` does not start: user `{name}` is not in `/etc/passwd`"),
            ));
        }
        inner.env = kept(&call.env, &["TERM"]);
        login_variables(call, &mut inner.env, &entry, &shell_of(&entry));
        let path = if entry.uid == 0 { ROOT_PATH } else { USER_PATH };
        inner.env.set("PATH", made(call, path), EnvSource::Script);
    }
    Ok(Unwrapped::one(inner))
}

/// util-linux `include/pathnames.h` `_PATH_DEFPATH_ROOT` and `_PATH_DEFPATH`.
const ROOT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/sbin:/bin:/usr/sbin:/usr/bin";
const USER_PATH: &str = "/usr/local/bin:/bin:/usr/bin";

fn kept(env: &Env, names: &[&str]) -> Env {
    let mut kept = Env::default();
    for var in env.iter().filter(|var| names.contains(&var.name.as_str())) {
        kept.set(&var.name, var.value.clone(), var.source);
    }
    kept
}

fn shell_of(entry: &Entry) -> String {
    if entry.shell.is_empty() { "/bin/sh".to_owned() } else { entry.shell.clone() }
}

fn login_variables(call: &Call, env: &mut Env, entry: &Entry, shell: &str) {
    for (name, value) in
        [("SHELL", shell), ("HOME", &entry.home), ("USER", &entry.name), ("LOGNAME", &entry.name)]
    {
        env.set(name, made(call, value), EnvSource::Script);
    }
}

/// daemontools and s6 `setuidgid USER COMMAND…`: the environment stays.
fn setuidgid(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let words = program.words;
    known(call.argv.get(words), words, "the user")?;
    needs_root(call, words)?;
    let mut inner = Tree::Exec.start(call, words + 1, Executor::Libc)?;
    inner.user = call.argv.get(words).cloned().unwrap_or_default();
    Ok(Unwrapped::one(inner))
}

/// `s6-applyuidgid [-z] [-u uid] [-g gid] [-G list] [-U] COMMAND…`; `-U` reads `UID`, `GID` and `GIDLIST`.
fn applyuidgid(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let words = program.words;
    let grammar = Grammar { flags: "zU", values: "ugG", ..Grammar::default() };
    let options = grammar.parse(&call.argv, words)?;
    let mut inner = Tree::Exec.start(call, options.rest, Executor::Libc)?;
    if options.has(&["U"]) {
        inner.user = call.env.value("UID").cloned().unwrap_or_default();
    }
    if let Some(user) = options.value(&["u"]) {
        inner.user = user.clone();
    }
    if options.has(&["z"]) {
        ["UID", "GID", "GIDLIST"].iter().for_each(|name| inner.env.unset(name));
    }
    Ok(Unwrapped::one(inner))
}

/// runit 2.1 `src/chpst.c`: `getopt("u:U:b:e:m:d:o:p:f:c:r:t:/:n:l:L:vP012V")`.
fn chpst(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let words = program.words;
    let grammar = Grammar { flags: "vP012V", values: "uUbemdopfcrt/nlL", ..Grammar::default() };
    let options = grammar.parse(&call.argv, words)?;
    if options.has(&["V"]) {
        return Err(Stuck::Ends);
    }
    if let Some(root) = options.options.iter().find(|given| given.name == "/") {
        return Err(Stuck::at(root.word, "what runs in another root directory is not followed"));
    }
    let mut inner = Tree::Exec.start(call, options.rest, Executor::Libc)?;
    for given in &options.options {
        match (given.name.as_str(), &given.value) {
            ("u", Some(user)) => {
                needs_root(call, given.word)?;
                inner.user = numbers(user);
            }
            ("b", _) => {
                return Err(Stuck::at(given.word, "`chpst -b` gives the command another name: not followed"));
            }
            ("e", Some(dir)) => {
                read_envdir(call, dir, false, &mut inner)
                    .map_err(|message| Stuck::at(given.word, message))?;
            }
            _ => {}
        }
    }
    Ok(Unwrapped::one(inner))
}

/// chpst writes numeric ids as `:1000:1000`.
fn numbers(user: &Text) -> Text {
    if user.raw().starts_with(':') { user.slice(1..user.len()) } else { user.clone() }
}

/// util-linux 2.38 `login-utils/su-common.c`: options of `su` and `runuser`.
const SU: Grammar = Grammar {
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
fn runuser(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
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
fn session(call: &Call) -> Parent {
    let mut parent = waiting(call, Some(true));
    parent.because = format!("{}, and kills it 2 seconds later", parent.because);
    parent
}

/// `su [options] [-] [USER [ARGUMENTS…]]`: the user's shell runs `-c TEXT`. busybox replaces itself by it; util-linux
/// stays. `HOME`, `SHELL` and, but for root, `USER` and `LOGNAME` become the user's; a login starts from a new
/// environment in the user's home.
fn su(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
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

fn session_variables(call: &Call, inner: &mut Call, entry: &Entry, shell: &Text, login: bool) {
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
fn login_path(call: &Call, root: bool) -> Option<String> {
    let wanted = if root { "ENV_SUPATH" } else { "ENV_PATH" };
    let text = call.files.read("/etc/login.defs").ok()?;
    let line = text.raw().lines().find_map(|line| line.trim().strip_prefix(wanted))?;
    let value = line.strip_prefix([' ', '\t'])?.trim();
    Some(value.strip_prefix("PATH=").unwrap_or(value).to_owned())
}

/// Whether the program is busybox under another name.
fn is_busybox(call: &Call) -> bool {
    let word = call.argv.first().and_then(Text::known).unwrap_or_default();
    match lookup::look_up(word, &call.env, &call.cwd, &call.files) {
        Lookup::Found { node, .. } => path::name(&node.path) == "busybox",
        _ => false,
    }
}

/// sudo 1.9 `src/parse_args.c`.
const SUDO: Grammar = Grammar {
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
fn sudo(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
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
    let all =
        options.options.iter().any(|o| o.name == "E" || (o.name == "preserve-env" && o.value.is_none()));
    let listed = options.value(&["preserve-env"]).and_then(Text::known).unwrap_or_default().to_owned();
    if !all {
        let mut names = vec!["TERM", "DISPLAY", "LANG", "LC_ALL", "PATH"];
        names.extend(listed.split(','));
        inner.env = kept(&call.env, &names);
        login_variables(call, &mut inner.env, &entry, &shell_of(&entry));
    }
    if all {
        for (name, value) in [("SHELL", &shell_of(&entry)), ("USER", &entry.name), ("LOGNAME", &entry.name)] {
            inner.env.set(name, made(call, value), EnvSource::Script);
        }
    }
    if all && options.has(&["H", "set-home"]) {
        inner.env.set("HOME", made(call, &entry.home), EnvSource::Script);
    }
    if let Some(path) = secure_path(call) {
        inner.env.set("PATH", made(call, &path), EnvSource::Script);
    }
    for (name, value) in given {
        inner.env.set(&name, value, EnvSource::Script);
    }
    inner.user = user.map_or_else(|| made(call, "root"), |user| made(call, numbered(user.raw())));
    assume(&mut inner, "`sudo`: which variables `/etc/sudoers` keeps is assumed to be the usual");
    Ok(Unwrapped::one(inner))
}

/// Whether a rule of sudo lets anybody through without a password.
fn has_nopasswd(call: &Call) -> bool {
    let more = call.files.list("/etc/sudoers.d").unwrap_or_default();
    let more = more.iter().map(|name| format!("/etc/sudoers.d/{name}"));
    let mut files = std::iter::once("/etc/sudoers".to_owned()).chain(more);
    files.any(|file| call.files.read(&file).is_ok_and(|text| text.raw().contains("NOPASSWD")))
}

/// sudo writes numeric users as `#1000`.
fn numbered(user: &str) -> &str {
    user.strip_prefix('#').unwrap_or(user)
}

/// `Defaults secure_path=…` of `/etc/sudoers`.
fn secure_path(call: &Call) -> Option<String> {
    let text = call.files.read("/etc/sudoers").ok()?;
    text.raw().lines().filter_map(|line| line.trim().strip_prefix("Defaults")).find_map(|rest| {
        let value = rest.trim().strip_prefix("secure_path")?.trim_start().strip_prefix('=')?;
        Some(value.trim().trim_matches('"').to_owned())
    })
}

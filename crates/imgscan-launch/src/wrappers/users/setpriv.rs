//! util-linux `setpriv`.

use imgscan_model::{EnvSource, Program, Text};

use super::{ROOT_PATH, USER_PATH, entry, kept, known, login_variables, needs_root, shell_of};
use crate::call::{Call, Executor};
use crate::getopt::Grammar;
use crate::wrappers::{Stuck, Tree, Unwrapped, made};

/// util-linux 2.38 `sys-utils/setpriv.c`; long options only, but for `-d`.
pub(super) const SETPRIV: Grammar = Grammar {
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
pub(super) fn setpriv(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
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

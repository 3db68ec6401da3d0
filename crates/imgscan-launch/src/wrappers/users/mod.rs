//! Wrappers that run the command as another user.

mod setpriv;
mod su;
mod sudo;
mod switch;

use imgscan_model::{Env, EnvSource, Text};

use super::{Stuck, Wrapper, made};
use crate::call::Call;
use crate::passwd::{self, Entry};

pub(super) static WRAPPERS: &[Wrapper] = &[
    Wrapper::custom(&["gosu", "su-exec"], &[], switch::gosu),
    Wrapper::custom(&["setpriv"], &[], setpriv::setpriv),
    Wrapper::custom(&["setuidgid", "s6-setuidgid"], &[], switch::setuidgid),
    Wrapper::custom(&["s6-applyuidgid"], &[], switch::applyuidgid),
    Wrapper::custom(&["chpst"], &[], switch::chpst),
    Wrapper::custom(&["runuser"], &[], su::runuser),
    Wrapper::custom(&["su"], &[], su::su),
    Wrapper::custom(&["sudo"], &[], sudo::sudo),
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

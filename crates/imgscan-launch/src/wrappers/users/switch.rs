//! Small programs that change the user and nothing else.

use imgscan_model::{EnvSource, Program, Text};

use super::{entry, known, needs_root};
use crate::call::{Call, Executor};
use crate::getopt::Grammar;
use crate::wrappers::env::read_envdir;
use crate::wrappers::{Stuck, Tree, Unwrapped, made};

/// gosu 1.17 `main.go`, su-exec 0.2 `su-exec.c`: `gosu USER[:GROUP] COMMAND…`, no options; `HOME` becomes the user's.
pub(super) fn gosu(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
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

/// daemontools and s6 `setuidgid USER COMMAND…`: the environment stays.
pub(super) fn setuidgid(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let words = program.words;
    known(call.argv.get(words), words, "the user")?;
    needs_root(call, words)?;
    let mut inner = Tree::Exec.start(call, words + 1, Executor::Libc)?;
    inner.user = call.argv.get(words).cloned().unwrap_or_default();
    Ok(Unwrapped::one(inner))
}

/// `s6-applyuidgid [-z] [-u uid] [-g gid] [-G list] [-U] COMMAND…`; `-U` reads `UID`, `GID` and `GIDLIST`.
pub(super) fn applyuidgid(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
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
pub(super) fn chpst(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
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
pub(super) fn numbers(user: &Text) -> Text {
    if user.raw().starts_with(':') { user.slice(1..user.len()) } else { user.clone() }
}

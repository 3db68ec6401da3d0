//! Programs that wait for something, then start a command; and starters of daemons.

use imgscan_model::{Launcher, Program, Text};

use super::{Stuck, Tree, Unwrapped, Wrapper, instead, made};
use crate::call::{Call, Executor};
use crate::getopt::Grammar;
use crate::lookup;

pub(super) static WRAPPERS: &[Wrapper] = &[
    // Usually scripts, which are followed as such where the image has them.
    Wrapper::custom(
        &["wait-for-it", "wait-for-it.sh", "wait-for", "wait-for.sh", "wait_for_it.sh", "wait4ports"],
        &[],
        wait_for,
    ),
    Wrapper::custom(&["dockerize"], &[], dockerize),
    Wrapper::custom(&["start-stop-daemon"], &[], start_stop_daemon),
];

/// `wait-for-it.sh HOST:PORT [options] -- COMMAND…`: it replaces itself by the command.
fn wait_for(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let dashes = call.argv.iter().skip(program.words).position(|word| word.raw() == "--");
    let at = dashes.map(|offset| program.words + offset + 1).ok_or(Stuck::Ends)?;
    Tree::Exec.start(call, at, Executor::Shell).map(Unwrapped::one)
}

/// dockerize 0.7 `main.go`, Go's `flag`: it stays and passes signals on. `-template SOURCE:TARGET` writes files.
fn dockerize(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    const GRAMMAR: Grammar = Grammar {
        flags: "",
        values: "",
        optional: "",
        long_flags: &["version", "no-overwrite", "poll", "multiline", "validate-cert", "help", "h"],
        long_values: &[
            "template",
            "stdout",
            "stderr",
            "wait",
            "wait-http-header",
            "timeout",
            "wait-retry-interval",
            "delims",
            "env",
            "env-section",
            "env-header",
            "exit-code",
        ],
        long_optional: &[],
        abbreviated: false,
        one_dash: true,
    };
    let options = GRAMMAR.parse(&call.argv, program.words)?;
    if options.has(&["version", "help", "h"]) {
        return Err(Stuck::Ends);
    }
    let mut inner = Tree::Fork(Some(true)).start(call, options.rest, Executor::Libc)?;
    for given in options.options.iter().filter(|given| given.name == "template") {
        let target = given.value.as_ref().and_then(Text::known).and_then(|value| value.split_once(':'));
        let Some(target) = target.and_then(|(_, target)| lookup::at(target, &call.cwd)) else { continue };
        inner.files.spoil(&target, "`dockerize` writes it from a template", call.origin(given.word));
    }
    Ok(Unwrapped::one(inner))
}

/// The options of `start-stop-daemon`.
const START_STOP: Grammar = Grammar {
    flags: "SKTVHtoqvbmiC",
    values: "xpungascrdNPIkRO",
    optional: "",
    long_flags: &[
        "start",
        "stop",
        "status",
        "test",
        "oknodo",
        "quiet",
        "verbose",
        "background",
        "make-pidfile",
        "remove-pidfile",
        "no-close",
        "notify-await",
        "help",
        "version",
    ],
    long_values: &[
        "exec",
        "pidfile",
        "ppid",
        "pid",
        "user",
        "name",
        "group",
        "startas",
        "signal",
        "chuid",
        "chroot",
        "chdir",
        "nicelevel",
        "procsched",
        "iosched",
        "umask",
        "retry",
        "notify-timeout",
        "output",
    ],
    long_optional: &[],
    abbreviated: true,
    one_dash: false,
};

/// Debian's `start-stop-daemon` and busybox's: `--start` replaces itself by the program.
fn start_stop_daemon(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let options = START_STOP.parse(&call.argv, program.words)?;
    if !options.has(&["S", "start"]) || options.has(&["t", "test"]) {
        return Err(Stuck::Ends);
    }
    let executed = options.value(&["a", "startas"]).or_else(|| options.value(&["x", "exec"]));
    let executed = executed.cloned().ok_or(Stuck::Ends)?;
    let argv = [executed].into_iter().chain(call.argv.iter().skip(options.rest).cloned()).collect();
    let mut inner = instead(call, argv, Executor::Libc);
    if let Some(user) = options.value(&["c", "chuid"]) {
        inner.user = user.clone();
    }
    if let Some(dir) = options.value(&["d", "chdir"]) {
        inner.cwd = super::env::directory(call, dir);
    } else {
        inner.cwd = made(call, "/");
    }
    if options.has(&["b", "background"]) {
        inner.place = crate::call::Placement::Background;
    }
    if let Some(step) = inner.steps.last_mut() {
        step.launcher = Launcher::Wrapper;
    }
    Ok(Unwrapped::one(inner))
}

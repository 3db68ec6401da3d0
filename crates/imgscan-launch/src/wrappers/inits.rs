//! Small inits, which stay as PID 1 and pass signals on.

use imgscan_model::{FileView, Launcher, Pid1Role, Program, Text};

use super::{Stuck, Unwrapped, Wrapper};
use crate::call::{Call, Executor, Parent};
use crate::getopt::{Grammar, Parsed};

pub(super) static WRAPPERS: &[Wrapper] = &[
    Wrapper::custom(&["tini", "tini-static", "docker-init"], &[], tini),
    Wrapper::custom(&["dumb-init"], &[], dumb_init),
    Wrapper::custom(&["catatonit"], &[], catatonit),
];

/// tini 0.19 `src/tini.c`: `getopt("p:hvwgle:s")`.
const TINI: Grammar = Grammar {
    flags: "hvwgls",
    values: "ep",
    optional: "",
    long_flags: &["version", "help"],
    long_values: &[],
    long_optional: &[],
    abbreviated: false,
    one_dash: false,
};

fn tini(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let words = program.words;
    let (argv, options) = tini_options(call, words)?;
    let call = &Call { argv, ..call.clone() };
    if options.has(&["h", "l", "version", "help"]) {
        return Err(Stuck::Ends);
    }
    if options.value(&["p"]).is_some_and(|signal| signal.raw().starts_with('-')) {
        return Err(Stuck::at(words, "`tini` does not start: `-p` takes a signal"));
    }
    let group = options.has(&["g"]) || call.env.get("TINI_KILL_PROCESS_GROUP").is_some();
    let inner = start(call, options.rest, init(call, group))?;
    Ok(Unwrapped::one(inner).reading(&["TINI_SUBREAPER", "TINI_KILL_PROCESS_GROUP", "TINI_VERBOSITY"]))
}

/// tini reads its options with `getopt`: glibc's also takes those behind the command up to `--`, musl's stops at the
/// command. Where the image does not tell which it is, the two must agree.
fn tini_options(call: &Call, words: usize) -> Result<(Vec<Text>, Parsed), Stuck> {
    let stopping = || TINI.parse(&call.argv, words).map(|options| (call.argv.clone(), options));
    let posix = call.env.get("POSIXLY_CORRECT").is_some();
    let permuted = if posix { stopping() } else { TINI.permuted(&call.argv, words) };
    let exists = |path: &str| call.files.exists(path) == Some(true);
    if exists("/etc/alpine-release")
        || exists("/lib/ld-musl-x86_64.so.1")
        || exists("/lib/ld-musl-aarch64.so.1")
    {
        return Ok(stopping()?);
    }
    if exists("/etc/debian_version")
        || exists("/lib64/ld-linux-x86-64.so.2")
        || exists("/lib/ld-linux-aarch64.so.1")
    {
        return Ok(permuted?);
    }
    let (stopped, permuted) = (stopping()?, permuted);
    let same = permuted.is_ok_and(|(argv, options)| argv == stopped.0 && options.rest == stopped.1.rest);
    if same {
        return Ok(stopped);
    }
    let message = "`tini` may take options behind the command for its own (glibc does, musl does not)\n\
                   help: put `--` before the command";
    Err(Stuck::at(stopped.1.rest, message))
}

/// dumb-init 1.2.5 `dumb-init.c`: `getopt_long("+hvVcr:")`.
const DUMB_INIT: Grammar = Grammar {
    flags: "hvVc",
    values: "r",
    optional: "",
    long_flags: &["help", "single-child", "verbose", "version"],
    long_values: &["rewrite"],
    long_optional: &[],
    abbreviated: true,
    one_dash: false,
};

fn dumb_init(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let words = program.words;
    let options = DUMB_INIT.parse(&call.argv, words)?;
    if options.has(&["h", "V", "help", "version"]) {
        return Err(Stuck::Ends);
    }
    let setsid = call.env.value("DUMB_INIT_SETSID").is_none_or(|value| value.known() != Some("0"));
    let group = setsid && !options.has(&["c", "single-child"]);
    let mut parent = init(call, group);
    rewrite(&options, &mut parent);
    let inner = start(call, options.rest, parent)?;
    Ok(Unwrapped::one(inner).reading(&["DUMB_INIT_SETSID", "DUMB_INIT_DEBUG"]))
}

/// `--rewrite 15:0` drops a signal, `--rewrite 15:3` sends another one.
fn rewrite(options: &Parsed, parent: &mut Parent) {
    for given in options.options.iter().filter(|given| matches!(given.name.as_str(), "r" | "rewrite")) {
        match given.value.as_ref().and_then(Text::known).and_then(|value| value.split_once(':')) {
            Some(("15", "0")) => {
                parent.passes = Some(false);
                parent.because = "`dumb-init --rewrite 15:0` drops SIGTERM".to_owned();
            }
            Some((from, to)) => {
                parent.because = format!("{}; it sends signal {to} in place of {from}", parent.because);
            }
            None => parent.passes = None,
        }
    }
}

/// catatonit 0.1.7 `catatonit.c`: `getopt_long("ghLPV")`, which also takes options behind the command up to `--`.
const CATATONIT: Grammar = Grammar {
    flags: "ghLPV",
    values: "",
    optional: "",
    long_flags: &["help", "pause", "version", "license"],
    long_values: &[],
    long_optional: &[],
    abbreviated: true,
    one_dash: false,
};

fn catatonit(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let words = program.words;
    let (argv, options) = CATATONIT.permuted(&call.argv, words)?;
    let call = &Call { argv, ..call.clone() };
    if options.has(&["h", "L", "P", "V", "help", "pause", "version", "license"]) {
        return Err(Stuck::Ends);
    }
    let group = options.has(&["g"]);
    let inner = start(call, options.rest, init(call, group))?;
    Ok(Unwrapped::one(inner))
}

fn start(call: &Call, at: usize, parent: Parent) -> Result<Call, Stuck> {
    if at >= call.argv.len() {
        return Err(Stuck::Ends);
    }
    Ok(call.clone().fork(at, Launcher::Init, Executor::Libc, parent))
}

fn init(call: &Call, whole_group: bool) -> Parent {
    let program = call.argv.first().map(Text::display).unwrap_or_default();
    let to = if whole_group { "every process below it" } else { "its direct child" };
    Parent {
        role: Pid1Role::Init,
        because: format!("`{program}` passes signals on to {to}"),
        program,
        passes: Some(true),
        whole_group,
        origin: call.origin(0),
    }
}

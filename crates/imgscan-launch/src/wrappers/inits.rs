//! Small inits, which stay as PID 1 and pass signals on.

use imgscan_model::{Launcher, Pid1Role, Program, Text};

use super::{Stuck, Unwrapped, Wrapper};
use crate::call::{Call, Executor, Parent};
use crate::getopt::{Grammar, Parsed};

pub(super) static WRAPPERS: &[Wrapper] = &[
    Wrapper::custom(&["tini", "tini-static", "docker-init"], &[], tini),
    Wrapper::custom(&["dumb-init"], &[], dumb_init),
    Wrapper::custom(&["catatonit"], &[], catatonit),
];

/// tini 0.19 `src/tini.c`: `getopt("+hvwgle:sp:")`.
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
    let options = TINI.parse(&call.argv, words)?;
    if options.has(&["h", "l", "version", "help"]) {
        return Err(Stuck::Ends);
    }
    let group = options.has(&["g"]) || call.env.get("TINI_KILL_PROCESS_GROUP").is_some();
    let inner = start(call, options.rest, init(call, group))?;
    Ok(Unwrapped::one(inner).reading(&["TINI_SUBREAPER", "TINI_KILL_PROCESS_GROUP", "TINI_VERBOSITY"]))
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

/// catatonit 0.1.7 `catatonit.c`: `getopt_long("ghLPV")`.
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
    let options = CATATONIT.parse(&call.argv, words)?;
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

//! supervisord 4 (`supervisor/options.py`, `process.py`, `datatypes.py`).
//!
//! Every `[program:x]` that starts by itself is a command: split by `shlex.split` after `%(…)s` is replaced, executed
//! without a shell, with supervisord's own environment, `[supervisord]`'s and the program's `environment=`. `HOME` and
//! `USER` stay what they are, whatever `user=` says.

mod config;
mod start;
mod values;

use imgscan_model::Program;

use crate::call::Call;
use crate::getopt::Grammar;
use crate::wrappers::{Stuck, Unwrapped, Wrapper};
use config::Config;
use start::Starter;

pub(in crate::supervisors) static WRAPPERS: &[Wrapper] =
    &[Wrapper::custom(&["supervisord"], &["supervisor.supervisord", "supervisor"], supervisord)];

/// Python's `getopt` with the options of `ServerOptions`.
const GRAMMAR: Grammar = Grammar {
    flags: "h?vnkts",
    values: "cumdlyzejiqa",
    optional: "",
    long_flags: &["help", "version", "nodaemon", "nocleanup", "strip_ansi", "silent"],
    long_values: &[
        "configuration",
        "user",
        "umask",
        "directory",
        "logfile",
        "logfile_maxbytes",
        "logfile_backups",
        "loglevel",
        "pidfile",
        "identifier",
        "childlogdir",
        "minfds",
        "minprocs",
        "profile_options",
    ],
    long_optional: &[],
    abbreviated: true,
    one_dash: false,
};

fn supervisord(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let words = program.words;
    let options = GRAMMAR.parse(&call.argv, words)?;
    if options.has(&["h", "?", "help", "v", "version"]) {
        return Err(Stuck::Ends);
    }
    if options.rest < call.argv.len() {
        return Err(Stuck::at(options.rest, "`supervisord` takes no arguments: it does not start"));
    }
    let config = Config::find(call, &options)?;
    let mut started = Starter::new(call, &options, config)?;
    started.programs()?;
    Ok(started.unwrapped)
}

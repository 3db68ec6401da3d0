//! Wrappers that change priorities, limits and streams.

use imgscan_model::{Need, Opaque, Program, Shape, Text};
use imgscan_shell::Stream;

use super::{Kind, Plain, Stuck, Tree, Unwrapped, Wrapper, assume, made, shell_text};
use crate::call::{Call, Executor};
use crate::getopt::Grammar;

const NO_OPTIONS: Grammar = Grammar {
    flags: "",
    values: "",
    optional: "",
    long_flags: &["help", "version"],
    long_values: &[],
    long_optional: &[],
    abbreviated: true,
    one_dash: false,
};

/// util-linux: options are read with GNU `getopt_long`.
const fn gnu(
    flags: &'static str,
    values: &'static str,
    long_flags: &'static [&'static str],
    long_values: &'static [&'static str],
) -> Grammar {
    Grammar { flags, values, long_flags, long_values, ..NO_OPTIONS }
}

const fn plain(names: &'static [&'static str], grammar: Grammar, operands: usize, tree: Tree) -> Wrapper {
    let ends = &["help", "version", "h", "V", "p", "pid", "P", "pgid", "m", "max"];
    Wrapper { names, script: None, modules: &[], kind: Kind::Plain(Plain { grammar, operands, ends, tree }) }
}

const fn custom(
    names: &'static [&'static str],
    unwrap: fn(&Call, &Program) -> Result<Unwrapped, Stuck>,
) -> Wrapper {
    Wrapper::custom(names, &[], unwrap)
}

pub(super) static WRAPPERS: &[Wrapper] = &[
    plain(&["nohup"], NO_OPTIONS, 0, Tree::Exec),
    plain(
        &["ionice"],
        gnu("thV", "cnpPu", &["ignore", "help", "version"], &["class", "classdata", "pid", "pgid", "uid"]),
        0,
        Tree::Exec,
    ),
    plain(
        &["chrt"],
        gnu(
            "abdfimorvRhV",
            "TPDp",
            &[
                "all-tasks",
                "batch",
                "deadline",
                "fifo",
                "idle",
                "max",
                "other",
                "rr",
                "reset-on-fork",
                "verbose",
                "help",
                "version",
            ],
            &["sched-runtime", "sched-period", "sched-deadline", "pid"],
        ),
        1,
        Tree::Exec,
    ),
    plain(
        &["taskset"],
        gnu("acphV", "", &["all-tasks", "pid", "cpu-list", "help", "version"], &[]),
        1,
        Tree::Exec,
    ),
    plain(
        &["numactl"],
        gnu(
            "alsH",
            "iNmpCPw",
            &["all", "localalloc", "show", "hardware", "balancing"],
            &["interleave", "cpunodebind", "physcpubind", "membind", "preferred", "weighted-interleave"],
        ),
        0,
        Tree::Exec,
    ),
    plain(&["softlimit"], gnu("", "acdfmnoprstl", &[], &[]), 0, Tree::Exec),
    plain(&["s6-softlimit"], gnu("hHS", "acdfmloprst", &[], &[]), 0, Tree::Exec),
    plain(
        &["time"],
        gnu(
            "apqvV",
            "fo",
            &["append", "portability", "quiet", "verbose", "version", "help"],
            &["format", "output"],
        ),
        0,
        Tree::Fork(Some(false)),
    ),
    custom(&["nice"], nice),
    custom(&["stdbuf"], stdbuf),
    custom(&["prlimit"], prlimit),
    custom(&["timeout", "gtimeout"], timeout),
    custom(&["setsid"], setsid),
    custom(&["flock"], flock),
    custom(&["xargs"], xargs),
];

/// coreutils `nice`; `-10` is an old spelling of `-n 10`.
fn nice(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let options =
        gnu("0123456789", "n", &["help", "version"], &["adjustment"]).parse(&call.argv, program.words)?;
    if options.has(&["help", "version"]) {
        return Err(Stuck::Ends);
    }
    for given in options.options.iter().filter(|given| given.value.is_some()) {
        let number = given.value.as_ref().and_then(Text::known).map(str::parse::<i64>);
        if number.is_some_and(|number| number.is_err()) {
            return Err(Stuck::at(given.word, "`nice` does not start: invalid adjustment"));
        }
    }
    Tree::Exec.start(call, options.rest, Executor::Libc).map(Unwrapped::one)
}

/// coreutils `stdbuf`: it refuses to start without an option.
fn stdbuf(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let options = gnu("", "ioe", &["help", "version"], &["input", "output", "error"])
        .parse(&call.argv, program.words)?;
    if options.has(&["help", "version"]) {
        return Err(Stuck::Ends);
    }
    if options.options.is_empty() {
        return Err(Stuck::at(program.words, "`stdbuf` does not start without an option"));
    }
    Tree::Exec.start(call, options.rest, Executor::Libc).map(Unwrapped::one)
}

/// util-linux `prlimit`: every limit is an option with a value that is joined to it.
fn prlimit(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let words = program.words;
    const GRAMMAR: Grammar = Grammar {
        flags: "hV",
        values: "po",
        optional: "cdefilmnqrstuvxy",
        long_flags: &["noheadings", "raw", "verbose", "help", "version"],
        long_values: &["pid", "output"],
        long_optional: &[
            "as",
            "core",
            "cpu",
            "data",
            "fsize",
            "locks",
            "memlock",
            "msgqueue",
            "nice",
            "nofile",
            "nproc",
            "rss",
            "rtprio",
            "rttime",
            "sigpending",
            "stack",
        ],
        abbreviated: true,
        one_dash: false,
    };
    let options = GRAMMAR.parse(&call.argv, words)?;
    if options.has(&["p", "pid", "h", "V", "help", "version"]) {
        return Err(Stuck::Ends);
    }
    Tree::Exec.start(call, options.rest, Executor::Libc).map(Unwrapped::one)
}

/// coreutils and busybox `timeout`: it stays, and passes signals on. Old busybox took the duration with `-t`.
fn timeout(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let words = program.words;
    let grammar = gnu(
        "fpvh",
        "skt",
        &["foreground", "preserve-status", "verbose", "help", "version"],
        &["signal", "kill-after"],
    );
    let options = grammar.parse(&call.argv, words)?;
    if options.has(&["help", "version"]) {
        return Err(Stuck::Ends);
    }
    let signal = options.value(&["s", "signal"]).and_then(Text::known);
    if signal.is_some_and(|signal| !signal.starts_with(|c: char| c.is_ascii_alphanumeric())) {
        return Err(Stuck::at(words, "`timeout` does not start: invalid signal"));
    }
    let operands = if options.has(&["t"]) { 0 } else { 1 };
    let kill_after = options.value(&["k", "kill-after"]).and_then(Text::known);
    if kill_after.is_some_and(|duration| !is_duration(duration)) {
        return Err(Stuck::at(words, "`timeout` does not start: invalid time interval"));
    }
    let duration = call.argv.get(options.rest).filter(|_| operands == 1).and_then(Text::known);
    if duration.is_some_and(|duration| !is_duration(duration)) {
        return Err(Stuck::at(options.rest, "`timeout` does not start: invalid time interval"));
    }
    Tree::Fork(Some(true)).start(call, options.rest + operands, Executor::Libc).map(Unwrapped::one)
}

/// A floating-point number, perhaps with `s`, `m`, `h` or `d` behind it.
fn is_duration(text: &str) -> bool {
    text.strip_suffix(['s', 'm', 'h', 'd']).unwrap_or(text).parse::<f64>().is_ok_and(|seconds| seconds >= 0.0)
}

/// util-linux `setsid` forks where it leads a process group, as PID 1 does, and then waits only if told so.
fn setsid(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let words = program.words;
    let options =
        gnu("cfwhV", "", &["ctty", "fork", "wait", "help", "version"], &[]).parse(&call.argv, words)?;
    if options.has(&["h", "V", "help", "version"]) {
        return Err(Stuck::Ends);
    }
    if options.has(&["c", "ctty"]) {
        return Err(Stuck::at(words, "`setsid -c` starts nothing where there is no terminal"));
    }
    let forks = call.parents.is_empty() || options.has(&["f", "fork"]);
    let tree = if forks { Tree::Fork(Some(false)) } else { Tree::Exec };
    let mut inner = tree.start(call, options.rest, Executor::Libc)?;
    if forks && call.parents.is_empty() && !options.has(&["w", "wait"]) {
        assume(
            &mut inner,
            "`setsid` as PID 1 starts its command as a child and ends, and the container with it",
        );
    }
    Ok(Unwrapped::one(inner))
}

/// util-linux `flock FILE COMMAND…` or `flock FILE -c TEXT`: it stays, unless `--no-fork`.
fn flock(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let words = program.words;
    let grammar = gnu(
        "sxeunoFhV",
        "wE",
        &[
            "shared",
            "exclusive",
            "unlock",
            "nonblock",
            "nb",
            "close",
            "no-fork",
            "verbose",
            "help",
            "version",
        ],
        &["timeout", "wait", "conflict-exit-code"],
    );
    let options = grammar.parse(&call.argv, words)?;
    if options.has(&["h", "V", "help", "version"]) {
        return Err(Stuck::Ends);
    }
    let tree = if options.has(&["F", "no-fork"]) { Tree::Exec } else { Tree::Fork(Some(false)) };
    let at = options.rest + 1;
    let is_text = call.argv.get(at).is_some_and(|word| matches!(word.raw(), "-c" | "--command"));
    if !is_text {
        return tree.start(call, at, Executor::Libc).map(Unwrapped::one);
    }
    let text = call.argv.get(at + 1).cloned().ok_or(Stuck::Ends)?;
    let shell = call.env.value("SHELL").cloned().unwrap_or_else(|| made(call, "/bin/sh"));
    let parents = tree.start(call, at + 1, Executor::Libc)?.parents;
    Ok(Unwrapped::one(Call { parents, ..shell_text(call, shell, text, Executor::Libc) }))
}

/// findutils `xargs`: words from the input come after the given ones. It stays, and passes no signal on.
fn xargs(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let words = program.words;
    const GRAMMAR: Grammar = Grammar {
        flags: "0rtxpo",
        values: "adEILnPs",
        optional: "eil",
        long_flags: &[
            "null",
            "no-run-if-empty",
            "verbose",
            "exit",
            "interactive",
            "open-tty",
            "show-limits",
            "help",
            "version",
        ],
        long_values: &["arg-file", "delimiter", "max-args", "max-procs", "max-chars", "process-slot-var"],
        long_optional: &["eof", "replace", "max-lines"],
        abbreviated: true,
        one_dash: false,
    };
    let options = GRAMMAR.parse(&call.argv, words)?;
    if options.has(&["help", "version"]) {
        return Err(Stuck::Ends);
    }
    let mut inner = Tree::Fork(Some(false)).start(call, options.rest, Executor::Libc)?;
    let given = |name: &str| name == "r" || name == "t" || name == "no-run-if-empty" || name == "verbose";
    let simple = options.options.iter().all(|option| given(&option.name));
    let input = match &call.stdin {
        Stream::Content(text) => text.known().filter(|text| simple && !text.contains(['\'', '"', '\\'])),
        Stream::Null => Some(""),
        _ => None,
    };
    match (input, &call.stdin) {
        (Some(input), Stream::Content(text)) => {
            let start = input.as_ptr() as usize;
            let slice = |word: &str| {
                let at = word.as_ptr() as usize - start;
                text.slice(at..at + word.len())
            };
            inner.argv.extend(input.split_ascii_whitespace().map(slice));
        }
        (Some(_), _) => {}
        (None, _) => {
            let words = Opaque {
                text: "$(xargs)".into(),
                needs: vec![Need::Other("input of xargs".into())],
                shape: Shape::Words,
                reason: Some("`xargs` appends words of its input".into()),
            };
            inner.argv.push(Text::opaque(words, call.origin(0)));
            assume(&mut inner, "`xargs` appends words of its input, which are not known");
        }
    }
    Ok(Unwrapped::one(inner))
}

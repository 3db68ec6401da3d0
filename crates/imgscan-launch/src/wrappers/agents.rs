//! Agents that start a Python program under observation: they put a directory with a `sitecustomize` into
//! `PYTHONPATH` and replace themselves by the program.

use imgscan_model::{EnvSource, FileView, Launcher, Program, Text};

use super::{Stuck, Tree, Unwrapped, Wrapper, instead, made};
use crate::call::{Call, Executor};
use crate::getopt::Grammar;

pub(super) static WRAPPERS: &[Wrapper] = &[
    Wrapper::custom(&["ddtrace-run"], &["ddtrace.commands.ddtrace_run"], ddtrace),
    Wrapper::custom(&["newrelic-admin"], &["newrelic.admin"], newrelic),
    Wrapper::custom(
        &["opentelemetry-instrument"],
        &[
            "opentelemetry.instrumentation.auto_instrumentation",
            "opentelemetry.instrumentation.auto_instrumentation.run",
        ],
        opentelemetry,
    ),
    Wrapper::custom(&["coverage", "coverage3"], &["coverage.cmdline", "coverage"], coverage),
    Wrapper::custom(&["debugpy"], &["debugpy", "debugpy.server.cli"], debugpy),
];

/// The directory of a package's part, where the image has it.
fn part_of_package(call: &Call, program: &Program, part: &str) -> Option<String> {
    let mut dirs = program.python_path.iter().map(|dir| format!("{dir}/{part}"));
    dirs.find(|dir| call.files.exists(dir) == Some(true))
}

/// Puts directories in front of `PYTHONPATH`.
fn put_in_front(call: &Call, inner: &mut Call, dirs: &[String]) {
    let old = inner.env.value("PYTHONPATH").filter(|old| !old.is_empty()).cloned();
    let front = made(call, &dirs.join(":"));
    let value = match old {
        Some(old) => Text::concat([&front, &made(call, ":"), &old]),
        None => front,
    };
    if !dirs.is_empty() {
        inner.env.set("PYTHONPATH", value, EnvSource::Script);
    }
}

/// ddtrace 4 `ddtrace/commands/ddtrace_run.py`.
fn ddtrace(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    const GRAMMAR: Grammar = Grammar {
        flags: "hdipv",
        long_flags: &["help", "debug", "info", "profiling", "version", "colorless"],
        abbreviated: true,
        values: "",
        optional: "",
        long_values: &[],
        long_optional: &[],
        one_dash: false,
    };
    let options = GRAMMAR.parse(&call.argv, program.words)?;
    if options.has(&["h", "help", "i", "info", "v", "version"]) {
        return Err(Stuck::Ends);
    }
    let mut inner = Tree::Exec.start(call, options.rest, Executor::Kernel)?;
    for (names, variable) in
        [(["p", "profiling"], "DD_PROFILING_ENABLED"), (["d", "debug"], "DD_TRACE_DEBUG")]
    {
        if options.has(&names) {
            inner.env.set(variable, made(call, "true"), EnvSource::Script);
        }
    }
    let dir = part_of_package(call, program, "ddtrace/bootstrap");
    put_in_front(call, &mut inner, &dir.into_iter().collect::<Vec<_>>());
    Ok(Unwrapped::one(inner))
}

/// newrelic 14 `newrelic/admin/run_program.py`: `newrelic-admin run-program COMMAND…`, `run-python FILE…`.
fn newrelic(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let at = program.words;
    let verb = call.argv.get(at).map(|word| word.raw().to_owned()).ok_or(Stuck::Ends)?;
    let mut inner = match verb.as_str() {
        "run-program" => Tree::Exec.start(call, at + 1, Executor::Kernel)?,
        "run-python" => {
            let argv = [made(call, "python")].into_iter().chain(call.argv.iter().skip(at + 1).cloned());
            instead(call, argv.collect(), Executor::Kernel)
        }
        _ => return Err(Stuck::Ends),
    };
    let dir = part_of_package(call, program, "newrelic/bootstrap");
    put_in_front(call, &mut inner, &dir.into_iter().collect::<Vec<_>>());
    Ok(Unwrapped::one(inner).reading(&[
        "NEW_RELIC_CONFIG_FILE",
        "NEW_RELIC_LICENSE_KEY",
        "NEW_RELIC_APP_NAME",
    ]))
}

/// opentelemetry-instrumentation 0.66 `auto_instrumentation/__init__.py`: every `--name` takes a value, and becomes
/// `OTEL_NAME` or `OTEL_PYTHON_NAME`; the working directory comes into `PYTHONPATH` too.
fn opentelemetry(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let mut at = program.words;
    while let Some(word) = call.argv.get(at) {
        let raw = word.raw();
        if raw == "--" {
            at += 1;
            break;
        }
        if !raw.starts_with('-') {
            break;
        }
        if ["--help", "-h", "--version"].contains(&raw) {
            return Err(Stuck::Ends);
        }
        at += if raw.contains('=') { 1 } else { 2 };
    }
    let mut inner = Tree::Exec.start(call, at, Executor::Kernel)?;
    let mut dirs: Vec<String> = Vec::new();
    dirs.extend(part_of_package(call, program, "opentelemetry/instrumentation/auto_instrumentation"));
    let old = inner.env.value("PYTHONPATH").map(|old| old.raw().to_owned()).unwrap_or_default();
    dirs.extend(call.cwd.known().filter(|cwd| !old.split(':').any(|dir| dir == *cwd)).map(str::to_owned));
    put_in_front(call, &mut inner, &dirs);
    Ok(Unwrapped::one(inner))
}

/// `python -m MODULE …` or `python FILE …`, as the words from `at` on say it.
fn python(call: &Call, at: usize) -> Result<Unwrapped, Stuck> {
    if at >= call.argv.len() {
        return Err(Stuck::Ends);
    }
    let interpreter = call.argv.first().filter(|word| word.raw().contains("python"));
    let interpreter = interpreter.cloned().unwrap_or_else(|| made(call, "python"));
    let argv = [interpreter].into_iter().chain(call.argv.iter().skip(at).cloned()).collect();
    let mut inner = instead(call, argv, Executor::Kernel);
    if let Some(step) = inner.steps.last_mut() {
        step.launcher = Launcher::Wrapper;
    }
    Ok(Unwrapped::one(inner))
}

/// coverage 7 `coverage/cmdline.py`: `coverage run [options] FILE | -m MODULE`, in the same process.
fn coverage(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    if call.argv.get(program.words).map(Text::raw) != Some("run") {
        return Err(Stuck::Ends);
    }
    const GRAMMAR: Grammar = Grammar {
        flags: "apLh",
        values: "",
        optional: "",
        long_flags: &["append", "branch", "parallel-mode", "pylib", "timid", "save-signal", "help"],
        long_values: &["concurrency", "context", "data-file", "include", "omit", "source", "rcfile", "debug"],
        long_optional: &[],
        abbreviated: true,
        one_dash: false,
    };
    let at = program.words + 1;
    let module = call.argv.iter().skip(at).position(|word| matches!(word.raw(), "-m" | "--module"));
    let upto = module.map_or(call.argv.len(), |offset| at + offset);
    let options = GRAMMAR.parse(call.argv.get(..upto).unwrap_or(&call.argv), at)?;
    // A file before `-m` takes it as an argument of its own.
    python(call, options.rest)
}

/// debugpy 1.8: `python -m debugpy --listen ADDRESS [--wait-for-client] FILE | -m MODULE`, in the same process.
fn debugpy(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let mut at = program.words;
    while let Some(word) = call.argv.get(at) {
        at += match word.raw() {
            "--listen" | "--connect" | "--log-to" | "--parent-session-pid" | "--adapter-access-token" => 2,
            "--wait-for-client" | "--log-to-stderr" => 1,
            raw if raw.starts_with("--configure-") => 2,
            "-m" | "-c" => break,
            raw if raw.starts_with('-') => {
                return Err(Stuck::at(at, format!("option `{raw}` of debugpy is not followed")));
            }
            _ => break,
        };
    }
    python(call, at)
}

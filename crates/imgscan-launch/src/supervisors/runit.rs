//! runit 2.1 (`runsvdir`, `runit`), and phusion's `my_init`, which starts it.

use imgscan_model::{EnvSource, FileView, LaunchStep, Launcher, Pid1Role, Program, Text, path};

use crate::call::{Call, Executor, Parent, Placement};
use crate::getopt::Grammar;
use crate::lookup;
use crate::wrappers::{Stuck, Unwrapped, Wrapper, made};

pub(super) static WRAPPERS: &[Wrapper] = &[
    Wrapper::custom(&["runsvdir"], &[], runsvdir),
    Wrapper::custom(&["runit", "runit-init"], &[], runit),
    Wrapper::of_script(&["my_init"], |text| text.contains("runsvdir"), my_init),
];

/// `runsvdir [-P] DIR [LOG]`: `run` of every directory. On SIGTERM it ends at once and signals nothing
/// (`man runsvdir`).
fn runsvdir(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let options = Grammar { flags: "P", ..Grammar::default() }.parse(&call.argv, program.words)?;
    let dir = call.argv.get(options.rest).and_then(Text::known).and_then(|dir| lookup::at(dir, &call.cwd));
    let dir =
        dir.ok_or_else(|| Stuck::at(options.rest, "which directory `runsvdir` watches is not known"))?;
    let parent = parent(call, Some(false), "`runsvdir` ends on SIGTERM without signalling its services");
    Ok(Unwrapped { calls: services(call, &dir, &parent), ..Unwrapped::default() })
}

/// `runit` as PID 1: `/etc/runit/1`, then `/etc/runit/2`, which usually executes `runsvdir`.
fn runit(call: &Call, _: &Program) -> Result<Unwrapped, Stuck> {
    let parent = parent(call, None, "what `runit` does on a signal depends on `/etc/runit/stopit`");
    let mut first = stage(call, "/etc/runit/1", &parent);
    first.place = Placement::Foreground;
    let second = stage(call, "/etc/runit/2", &parent);
    Ok(Unwrapped { before: vec![first], calls: vec![second], ..Unwrapped::default() })
}

fn stage(call: &Call, file: &str, parent: &Parent) -> Call {
    let mut stage = child(call, file, parent);
    stage.cwd = made(call, "/");
    stage
}

/// phusion's baseimage `my_init`: variables of `/etc/container_environment` join the environment, `/etc/my_init.d` and
/// `/etc/rc.local` run, then `runsvdir /etc/service` and the command behind `--`.
fn my_init(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    const GRAMMAR: Grammar = Grammar {
        flags: "h",
        values: "",
        optional: "",
        long_flags: &[
            "enable-insecure-key",
            "skip-startup-files",
            "skip-runit",
            "no-kill-all-on-exit",
            "quiet",
            "help",
        ],
        long_values: &[],
        long_optional: &[],
        abbreviated: true,
        one_dash: false,
    };
    let options = GRAMMAR.parse(&call.argv, program.words)?;
    if options.has(&["h", "help"]) {
        return Err(Stuck::Ends);
    }
    let mut base = call.clone();
    let dir = "/etc/container_environment";
    for name in call.files.list(dir).unwrap_or_default() {
        let Ok(value) = call.files.read(&format!("{dir}/{name}")) else { continue };
        let end = value.raw().strip_suffix('\n').unwrap_or(value.raw()).len();
        base.env.set(&name, value.slice(0..end), EnvSource::Script);
    }
    let parent = parent(call, Some(true), "`my_init` stops runit's services and its command on SIGTERM");
    let mut unwrapped = Unwrapped::default();
    if !options.has(&["skip-startup-files"]) {
        let mut scripts: Vec<String> = call
            .files
            .list("/etc/my_init.d")
            .unwrap_or_default()
            .iter()
            .map(|name| format!("/etc/my_init.d/{name}"))
            .collect();
        scripts.push("/etc/rc.local".to_owned());
        let runs = |script: &String| call.files.resolve(script).is_ok_and(|node| node.is_executable());
        for script in scripts.iter().filter(|script| runs(script)) {
            let mut first = child(&base, script, &parent);
            first.place = Placement::Foreground;
            unwrapped.before.push(first);
        }
    }
    let (runit, rest) = (!options.has(&["skip-runit"]), options.rest);
    unwrapped.later = Some(Box::new(move |files| {
        base.files = files;
        let mut calls = if runit { services(&base, "/etc/service", &parent) } else { Vec::new() };
        if rest < base.argv.len() {
            let mut command = base.fork(rest, Launcher::Init, Executor::Libc, parent);
            command.place = Placement::Last;
            calls.push(command);
        }
        Ok(Unwrapped { calls, ..Unwrapped::default() })
    }));
    Ok(unwrapped)
}

/// `run` of every directory, in its directory; one with a `down` file does not start.
fn services(call: &Call, dir: &str, parent: &Parent) -> Vec<Call> {
    let names = call.files.list(dir).unwrap_or_default();
    let mut services = Vec::new();
    for name in names.iter().filter(|name| !name.starts_with('.')) {
        let service = format!("{dir}/{name}");
        let has = |file: &str| call.files.exists(&path::join(&service, file)) == Some(true);
        if has("run") && !has("down") {
            let mut run = child(call, &format!("{service}/run"), parent);
            run.cwd = made(call, &service);
            services.push(run);
        }
    }
    services
}

fn child(call: &Call, file: &str, parent: &Parent) -> Call {
    let mut child = call.clone();
    let node = call.files.resolve(file).ok();
    let origin = node.map_or_else(|| call.origin(0), |node| node.origin);
    child.steps.push(LaunchStep {
        what: format!("runit: {file}"),
        launcher: Launcher::Supervisor,
        origin: origin.clone(),
    });
    child.parents.push(parent.clone());
    child.argv = vec![Text::derived(file, origin)];
    child.place = Placement::Last;
    child.executor = Executor::Kernel;
    child.written = None;
    child.depth += 1;
    child
}

fn parent(call: &Call, passes: Option<bool>, because: &str) -> Parent {
    let words = call.written.as_ref().unwrap_or(&call.argv);
    Parent {
        role: Pid1Role::Supervisor,
        program: words.first().map(Text::display).unwrap_or_default(),
        passes,
        whole_group: false,
        because: because.to_owned(),
        origin: call.origin(0),
    }
}

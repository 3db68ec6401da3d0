//! s6-overlay 2 and 3 (`layout/rootfs-overlay` of its repository): `/init` runs `/etc/cont-init.d`, then the services of
//! `/etc/s6-overlay/s6-rc.d` and `/etc/services.d`, then the command.
//!
//! The container's environment is put away in `/run/s6/container_environment`. Services, and with version 3 the
//! command too, get nothing but `PATH`, unless `with-contenv` stands in front of them or `S6_KEEP_ENV` is set.

use imgscan_model::{
    EnvSource, FileView, LaunchStep, Launcher, Pid1Role, Problem, Program, Text, limits, path,
};

use super::execline;
use crate::call::{Call, Executor, Parent, Placement};
use crate::wrappers::{Stuck, Unwrapped, Wrapper, assume, made};

pub(super) static WRAPPERS: &[Wrapper] = &[
    Wrapper::custom(&["s6-overlay-suexec"], &[], suexec),
    Wrapper::of_script(&["with-contenv"], |text| text.contains("env"), with_contenv),
    Wrapper::of_script(&["init"], is_init, init),
];

/// Where the start of the container puts its environment.
const CONTAINER_ENVIRONMENT: &str = "/run/s6/container_environment";

/// Whether a script called `init` is s6-overlay's.
fn is_init(text: &str) -> bool {
    text.contains("s6-overlay") || text.contains("/etc/s6/init/")
}

/// Whether the image is laid out for s6-overlay although its `/init` is not there to be read.
pub(super) fn is_laid_out(files: &dyn FileView) -> bool {
    let places = ["/etc/s6-overlay", "/etc/services.d", "/etc/cont-init.d", "/package/admin/s6-overlay"];
    places.iter().any(|place| files.exists(place) == Some(true))
}

/// `/init COMMAND…`
fn init(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    Start::new(call, program.words).unwrap()
}

/// What version 3's `/init` executes: `s6-overlay-suexec PREINIT '' STAGE0 COMMAND…`.
fn suexec(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    Start::new(call, program.words + 3).unwrap()
}

/// `with-contenv COMMAND…`: the container's environment, as it stands in its directory when this runs.
fn with_contenv(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    if program.words >= call.argv.len() {
        return Err(Stuck::Ends);
    }
    let mut inner = call.clone().exec(program.words, Launcher::Wrapper, Executor::Libc);
    if keeps_environment(call) {
        return Ok(Unwrapped::one(inner));
    }
    let Ok(names) = call.files.list(CONTAINER_ENVIRONMENT) else {
        return Err(Stuck::at(0, "`with-contenv` finds no container environment: s6-overlay does not run"));
    };
    let path = inner.env.value("PATH").cloned();
    inner.env.clear();
    if let Some(path) = path {
        inner.env.set("PATH", path, EnvSource::Script);
    }
    for name in names.iter() {
        let file = format!("{CONTAINER_ENVIRONMENT}/{name}");
        let value = call
            .files
            .read(&file)
            .unwrap_or_else(|error| Text::unknown(format!("`{file}`: {error}"), Vec::new(), call.origin(0)));
        // `s6-envdir -f`: all of the file but a line end at its end.
        let end = value.raw().strip_suffix('\n').unwrap_or(value.raw()).len();
        inner.env.set(name, value.slice(0..end), EnvSource::Script);
    }
    Ok(Unwrapped::one(inner))
}

/// `S6_KEEP_ENV` with anything but 0.
fn keeps_environment(call: &Call) -> bool {
    number(call, "S6_KEEP_ENV") != 0
}

fn number(call: &Call, name: &str) -> u32 {
    call.env.value(name).and_then(Text::known).and_then(|value| value.parse().ok()).unwrap_or(0)
}

/// A start of s6-overlay.
struct Start {
    call: Call,
    /// Where the command's words begin.
    command: usize,
    /// Version 2 gives the command the container's environment.
    is_v2: bool,
    /// A process below the supervision tree, before its words and place are set.
    base: Call,
    unwrapped: Unwrapped,
}

impl Start {
    fn new(call: &Call, command: usize) -> Self {
        let is_v2 = call.files.exists("/etc/s6/init/init-stage1") == Some(true);
        let mut base = call.clone();
        base.written = None;
        base.executor = Executor::Kernel;
        base.depth += 1;
        if !is_v2 {
            add_paths(call, &mut base);
        }
        store_environment(call, &mut base);
        if !keeps_environment(call) {
            let path = base.env.value("PATH").cloned();
            base.env.clear();
            path.into_iter().for_each(|path| base.env.set("PATH", path, EnvSource::Script));
        }
        base.parents.push(Parent {
            role: Pid1Role::Supervisor,
            program: call
                .written
                .as_ref()
                .unwrap_or(&call.argv)
                .first()
                .map(Text::display)
                .unwrap_or_default(),
            passes: Some(true),
            whole_group: false,
            because: "s6 stops every service when the container is stopped".to_owned(),
            origin: call.origin(0),
        });
        Start { call: call.clone(), command, is_v2, base, unwrapped: Unwrapped::default() }
    }

    /// First the container's own scripts, then, on the files that they leave, the services.
    fn unwrap(mut self) -> Result<Unwrapped, Stuck> {
        let etc =
            match self.call.env.value("S6_RUNTIME_PROFILE").and_then(Text::known).filter(|p| !p.is_empty()) {
                Some(profile) => format!("/etc/cont-profile.d/{profile}"),
                None => "/etc".to_owned(),
            };
        if self.call.env.value("S6_STAGE2_HOOK").is_some_and(|hook| !hook.is_empty()) {
            let message = "what `S6_STAGE2_HOOK` runs is not followed";
            self.unwrapped.problems.push(Problem::at(self.call.origin(0), message));
        }
        let reads =
            ["S6_KEEP_ENV", "S6_CMD_ARG0", "S6_RUNTIME_PROFILE", "S6_STAGE2_HOOK", "S6_SERVICES_GRACETIME"];
        self.unwrapped.reads.extend(reads.map(str::to_owned));
        self.container_scripts(&etc);
        let mut first = std::mem::take(&mut self.unwrapped);
        // Without a script the files are those that the start itself makes.
        let own = self.base.files.clone();
        let ran = !first.before.is_empty();
        first.later = Some(Box::new(move |files| {
            self.base.files = if ran { files } else { own };
            self.managed_services(&format!("{etc}/s6-overlay"))?;
            self.legacy_services(&etc);
            self.final_command();
            Ok(self.unwrapped)
        }));
        Ok(first)
    }

    /// `cont-init.d`: every file in order of its name.
    fn container_scripts(&mut self, etc: &str) {
        let dir = format!("{etc}/cont-init.d");
        for name in self.base.files.list(&dir).unwrap_or_default() {
            let file = format!("{dir}/{name}");
            let mut script = self.step(&file, Launcher::Script);
            script.place = Placement::Foreground;
            script.cwd = made(&self.call, "/");
            self.unwrapped.before.push(script);
        }
    }

    /// A process whose program is a file of the image.
    fn step(&self, file: &str, launcher: Launcher) -> Call {
        let mut call = self.base.clone();
        let node = self.base.files.resolve(file).ok();
        let origin = node.map_or_else(|| self.call.origin(0), |node| node.origin);
        call.steps.push(LaunchStep { what: format!("s6: {file}"), launcher, origin: origin.clone() });
        call.argv = vec![Text::derived(file, origin)];
        call.place = Placement::Last;
        call
    }

    /// The services of the bundles `user` and `user2`, those they depend on first.
    fn managed_services(&mut self, dir: &str) -> Result<(), Stuck> {
        let sources = format!("{dir}/s6-rc.d");
        let files = self.base.files.clone();
        let mut order = Order { files: &files, sources: &sources, found: Vec::new(), open: Vec::new() };
        for bundle in ["user", "user2"] {
            order.contents(&format!("{dir}/user-bundles.d/{bundle}"));
            order.contents(&format!("{sources}/{bundle}"));
        }
        for name in order.found {
            let service = format!("{sources}/{name}");
            match text_of(&self.base.files, &format!("{service}/type")).as_deref() {
                Some("oneshot") => self.oneshot(&service)?,
                Some("longrun")
                    if self.base.files.exists(&format!("{service}/consumer-for")) == Some(true) => {}
                Some("longrun") => self.service(&service, &name, &format!("/run/service/{name}")),
                _ => {}
            }
        }
        Ok(())
    }

    /// `up` of a oneshot: one execline command line.
    fn oneshot(&mut self, service: &str) -> Result<(), Stuck> {
        let file = format!("{service}/up");
        let Ok(text) = self.base.files.read(&file) else { return Ok(()) };
        let words = execline::words(&text).map_err(|why| Stuck::at(0, format!("`{file}`: {why}")))?;
        if words.is_empty() {
            return Ok(());
        }
        let mut up = self.step(&file, Launcher::Script);
        up.argv = words;
        up.place = Placement::Foreground;
        up.cwd = made(&self.call, "/");
        self.unwrapped.before.push(up);
        Ok(())
    }

    /// `services.d`: directories with a `run`, copied below `/run` and supervised there.
    fn legacy_services(&mut self, etc: &str) {
        let dir = format!("{etc}/services.d");
        for name in self.base.files.list(&dir).unwrap_or_default() {
            let service = format!("{dir}/{name}");
            if self.base.files.exists(&format!("{service}/run")) != Some(true) {
                continue;
            }
            let at = if self.is_v2 { "/var/run/s6/services" } else { "/run/s6/legacy-services" };
            self.service(&service, &name, &format!("{at}/{name}"));
        }
    }

    /// `run` of a service. It starts in a copy of its directory; a `down` file keeps it from starting.
    fn service(&mut self, service: &str, name: &str, cwd: &str) {
        if self.base.files.exists(&format!("{service}/down")) == Some(true) {
            return;
        }
        let mut run = self.step(&format!("{service}/run"), Launcher::Supervisor);
        for file in self.base.files.list(service).unwrap_or_default() {
            let origin = self.call.origin(0);
            run.files.copy(&format!("{service}/{file}"), &format!("{cwd}/{file}"), origin);
        }
        run.cwd = made(&self.call, cwd);
        let signal = text_of(&self.base.files, &format!("{service}/down-signal"));
        if let (Some(signal), Some(parent)) = (signal, run.parents.last_mut()) {
            parent.because = format!("s6 stops the service `{name}` with {signal}");
        }
        self.unwrapped.calls.push(run);
    }

    /// The words behind `/init`, behind those of `S6_CMD_ARG0`.
    fn final_command(&mut self) {
        let given = self.call.argv.get(self.command..).unwrap_or_default();
        if given.is_empty() {
            return;
        }
        let mut command = self.base.clone();
        if let Some(front) =
            self.call.env.value("S6_CMD_ARG0").and_then(|front| Some((front, front.known()?)))
        {
            let (text, known) = front;
            let start = known.as_ptr() as usize;
            let words = known.split_ascii_whitespace();
            command.argv = words
                .map(|word| {
                    let at = word.as_ptr() as usize - start;
                    text.slice(at..at + word.len())
                })
                .collect();
        } else {
            command.argv = Vec::new();
        }
        command.argv.extend(given.iter().cloned());
        command.place = Placement::Last;
        command.executor = Executor::Shell;
        if self.is_v2 {
            command.env = self.call.env.clone();
        }
        if let Some(parent) = command.parents.last_mut() {
            parent.because = "s6 ends the command last, with every other process".to_owned();
        }
        let origin = self.call.origin(self.command);
        command.steps.push(LaunchStep {
            what: "s6: command".to_owned(),
            launcher: Launcher::Supervisor,
            origin,
        });
        self.unwrapped.calls.push(command);
    }
}

/// `/init` of version 3 puts `/bin`, `/usr/bin` and `/command` into `PATH` where they are missing, each in front.
fn add_paths(call: &Call, base: &mut Call) {
    for dir in ["/bin", "/usr/bin", "/command"] {
        let path = base.env.value("PATH").cloned().unwrap_or_default();
        if path.is_empty() {
            base.env.set("PATH", made(call, "/bin"), EnvSource::Script);
        } else if !path.raw().split(':').any(|held| held == dir) {
            let longer = Text::concat([&made(call, &format!("{dir}:")), &path]);
            base.env.set("PATH", longer, EnvSource::Script);
        }
    }
}

/// Each variable as a file, which scripts may read and change.
fn store_environment(call: &Call, base: &mut Call) {
    let origin = call.origin(0);
    if base.files.exists("/var/run") != Some(true) {
        base.files.link("/var/run", "/run", origin.clone());
    }
    base.files.make_dir(CONTAINER_ENVIRONMENT, 0o755, &origin);
    let vars: Vec<(String, Text)> =
        base.env.iter().map(|var| (var.name.clone(), var.value.clone())).collect();
    for (name, value) in vars.into_iter().filter(|(name, _)| !name.contains('/')) {
        base.files.write(&format!("{CONTAINER_ENVIRONMENT}/{name}"), value, 0o644, origin.clone());
    }
}

fn text_of(files: &dyn FileView, file: &str) -> Option<String> {
    Some(files.read(file).ok()?.known()?.trim().to_owned())
}

/// Services in the order in which they come up.
struct Order<'a> {
    files: &'a dyn FileView,
    sources: &'a str,
    found: Vec<String>,
    /// Those whose dependencies are being looked at.
    open: Vec<String>,
}

impl Order<'_> {
    /// What a bundle holds.
    fn contents(&mut self, bundle: &str) {
        for name in self.names(bundle, "contents") {
            self.visit(&name);
        }
    }

    /// A service behind those that it depends on; a bundle as what it holds.
    fn visit(&mut self, name: &str) {
        let known = self.found.iter().chain(&self.open).any(|held| held == name);
        let too_many = self.open.len() >= limits::LAUNCH_DEPTH || self.found.len() >= limits::CONFIG_FILES;
        if known || too_many {
            return;
        }
        let service = path::join(self.sources, name);
        self.open.push(name.to_owned());
        for needed in self.names(&service, "dependencies") {
            self.visit(&needed);
        }
        if text_of(self.files, &format!("{service}/type")).as_deref() == Some("bundle") {
            self.contents(&service);
        } else if self.files.exists(&service) == Some(true) {
            self.found.push(name.to_owned());
        }
        self.open.pop();
    }

    /// The names in `WHAT.d`, and the lines of `WHAT`.
    fn names(&self, dir: &str, what: &str) -> Vec<String> {
        let files = self.files.list(&format!("{dir}/{what}.d")).unwrap_or_default();
        let mut names: Vec<String> =
            files.iter().filter(|name| !name.starts_with('.')).map(|n| n.to_string()).collect();
        let lines = text_of(self.files, &format!("{dir}/{what}")).unwrap_or_default();
        names.extend(
            lines.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')).map(str::to_owned),
        );
        names
    }
}

/// Notes that `/init` itself could not be read.
pub(super) fn unread_init(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let mut call = call.clone();
    assume(&mut call, "`/init` is taken for s6-overlay's, as the image is laid out for it");
    init(&call, program)
}

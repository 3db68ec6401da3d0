//! What the runtime hands to PID 1: words, environment, working directory and user.
//!
//! Rules of moby `daemon/commit.go` `merge`, `daemon/create.go` `mergeAndVerifyConfig`,
//! `container/container_unix.go` `CreateDaemonEnvironment`, and of runc's init (`HOME`); containerd's CRI
//! (`internal/cri/opts/spec_opts.go` `WithProcessArgs`) agrees in all that is read here.

use std::sync::Arc;

use imgscan_model::{
    Env, EnvSource, FileView, ImageConfig, LaunchStep, Launcher, Need, Opaque, Origin, Overrides, Problem,
    Shape, Text, path,
};

use crate::passwd;

/// The `PATH` of a container whose image sets none (moby `oci/defaults.go`, containerd `WithDefaultPathEnv`).
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What the runtime hands to PID 1.
pub(crate) struct Container {
    /// The words; empty where image and options name none.
    pub argv: Vec<Text>,
    /// The environment.
    pub env: Env,
    /// The working directory.
    pub cwd: Text,
    /// The user, as written.
    pub user: Text,
    /// ENTRYPOINT and CMD, or what replaces them.
    pub steps: Vec<LaunchStep>,
    /// What the runtime would refuse, and what is not known.
    pub problems: Vec<Problem>,
}

impl Container {
    /// Image config and overrides merged as a container runtime merges them.
    pub(crate) fn of(config: &ImageConfig, files: &dyn FileView, overrides: &Overrides) -> Self {
        let mut problems = Vec::new();
        let (argv, steps) = command(config, overrides);
        if argv.is_empty() {
            problems.push(Problem::new(
                "the image names no command\nhelp: pass one after `--`, or set ENTRYPOINT or CMD in the image",
            ));
        }
        let user = overrides.user.clone().filter(|user| !user.is_empty());
        let user = user.unwrap_or_else(|| Text::new(config.user.as_str(), config.field("User", "USER")));
        let mut env = environment(config, overrides);
        let home = home(files, &user, &mut problems);
        runtime_variables(&mut env, home);
        Container { argv, env, cwd: working_dir(config, overrides), user, steps, problems }
    }
}

/// ENTRYPOINT and CMD as moby merges them: a given entrypoint drops the image's CMD, given words replace it, empty
/// lists count as unset, and an ENTRYPOINT of one empty word as none.
fn command(config: &ImageConfig, overrides: &Overrides) -> (Vec<Text>, Vec<LaunchStep>) {
    let image_entrypoint = || {
        let words = config.entrypoint.as_deref().unwrap_or_default();
        let words = if matches!(words, [only] if only.is_empty()) { &[] } else { words };
        let origin = |index| Origin::ImageEntrypoint {
            index,
            chars: None,
            instruction: config.entrypoint_instruction.clone(),
        };
        texts(words, &origin)
    };
    let image_cmd = || {
        let origin =
            |index| Origin::ImageCmd { index, chars: None, instruction: config.cmd_instruction.clone() };
        texts(config.cmd.as_deref().unwrap_or_default(), &origin)
    };
    let args = overrides.args.clone().filter(|args| !args.is_empty());
    let (entrypoint, entrypoint_name) = match &overrides.entrypoint {
        Some(words) if matches!(&words[..], [only] if only.is_empty()) => (Vec::new(), "--entrypoint"),
        Some(words) => (words.clone(), "--entrypoint"),
        None => (image_entrypoint(), "ENTRYPOINT"),
    };
    let (cmd, cmd_name) = match (args, &overrides.entrypoint) {
        (Some(args), _) => (args, "arguments"),
        (None, Some(_)) => (Vec::new(), "CMD"),
        (None, None) => (image_cmd(), "CMD"),
    };
    let step = |words: &[Text], what: &str| {
        let origin = words.first()?.whole()?.origin;
        let origin = whole_field(origin);
        Some(LaunchStep { what: what.to_owned(), launcher: Launcher::Config, origin })
    };
    let steps = step(&entrypoint, entrypoint_name).into_iter().chain(step(&cmd, cmd_name)).collect();
    (entrypoint.into_iter().chain(cmd).collect(), steps)
}

/// A word's place without the characters in it.
fn whole_field(mut origin: Origin) -> Origin {
    match &mut origin {
        Origin::ImageCmd { chars, .. }
        | Origin::ImageEntrypoint { chars, .. }
        | Origin::Option { chars, .. } => {
            *chars = None;
        }
        _ => {}
    }
    origin
}

fn texts(words: &[String], origin: &dyn Fn(u32) -> Origin) -> Vec<Text> {
    (0..).zip(words).map(|(index, word)| Text::new(word.as_str(), origin(index))).collect()
}

/// ENV of the image, the last of a name counting, then the overrides in order; a bare name takes a variable out.
fn environment(config: &ImageConfig, overrides: &Overrides) -> Env {
    let mut env = Env::default();
    for var in &config.env {
        env.set(&var.name, var.value.clone(), EnvSource::Image);
    }
    for (name, value, source) in &overrides.env {
        match value {
            Some(value) => env.set(name, value.clone(), *source),
            None => env.unset(name),
        }
    }
    env
}

/// What the runtime adds where nobody set it. runc takes an empty `HOME` for none.
fn runtime_variables(env: &mut Env, home: Text) {
    let runtime = |what: &str| Origin::Runtime { what: what.into() };
    if env.get("PATH").is_none() {
        env.set("PATH", Text::derived(DEFAULT_PATH, runtime("PATH")), EnvSource::Runtime);
    }
    if env.get("HOSTNAME").is_none() {
        let name = Opaque {
            text: "$HOSTNAME".into(),
            needs: vec![Need::Hostname],
            shape: Shape::Word,
            reason: None,
        };
        env.set("HOSTNAME", Text::opaque(name, runtime("HOSTNAME")), EnvSource::Runtime);
    }
    if env.value("HOME").is_none_or(|home| home.is_empty()) {
        env.set("HOME", home, EnvSource::Runtime);
    }
}

/// The home directory that runc looks up: the user's in the image's `/etc/passwd`, `/` where a numeric user is not
/// listed. A name that is not listed ends the start.
fn home(files: &dyn FileView, user: &Text, problems: &mut Vec<Problem>) -> Text {
    let origin = Origin::Runtime { what: "HOME".into() };
    let Some(spec) = user.known() else {
        return Text::unknown("the user is not known", user.needs(), origin);
    };
    let name = spec.split(':').next().unwrap_or_default();
    match passwd::find_or_id(files, if name.is_empty() { "0" } else { name }) {
        Ok(Some(entry)) if !entry.home.is_empty() => Text::derived(entry.home, origin),
        Ok(Some(_)) => Text::derived("/", origin),
        Ok(None) => {
            let message =
                format!("the container does not start: user `{name}` is not in `/etc/passwd` of the image");
            let place = user.whole().map(|place| place.origin);
            problems.push(place.map_or_else(|| Problem::new(&message), |at| Problem::at(at, &message)));
            Text::derived("/", origin)
        }
        Err(error) => Text::unknown(format!("`/etc/passwd` cannot be read: {error}"), Vec::new(), origin),
    }
}

/// `--workdir`, else WORKDIR, else `/`. Builders write an absolute path; a relative one is taken from `/`.
fn working_dir(config: &ImageConfig, overrides: &Overrides) -> Text {
    let image = || Text::new(config.working_dir.as_str(), config.field("WorkingDir", "WORKDIR"));
    let dir = overrides.workdir.clone().filter(|dir| !dir.is_empty()).unwrap_or_else(image);
    match dir.known() {
        Some(known) if !is_normal(known) => {
            let origin =
                dir.whole().map_or_else(|| config.field("WorkingDir", "WORKDIR"), |place| place.origin);
            Text::derived(Arc::<str>::from(path::join("/", known)), origin)
        }
        _ => dir,
    }
}

fn is_normal(dir: &str) -> bool {
    path::join("/", dir) == dir
}

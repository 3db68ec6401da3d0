//! One server that the container starts.

use std::collections::BTreeMap;

use imgscan_model as model;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Confidence, Kind, Origin, Setting};
use crate::redact::Redactor;

/// One server that the container starts, with its configuration.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Process {
    /// Unique in the report, e.g. `gunicorn`, `gunicorn-2`.
    pub id: String,
    /// The server: `gunicorn`, `nginx` …; `unknown` where no dialect claims the process.
    pub server: String,
    /// Its version, from the image; null where it is not in it.
    pub version: Option<String>,
    /// Where the version was read.
    pub version_origin: Option<Origin>,
    /// Its words, after scripts, wrappers and supervisors are followed; an unknown word is null.
    pub argv: Vec<Option<String>>,
    /// Its working directory; null where it is not known.
    pub cwd: Option<String>,
    /// Its user, empty for root by default; null where it is not known.
    pub user: Option<String>,
    /// Its environment.
    pub env: Vec<ProcessEnv>,
    /// PID 1 and signals.
    pub pid1: Pid1,
    /// The steps from the image config to the server.
    pub launched_by: Vec<LaunchStep>,
    /// How sure it is that it starts.
    pub confidence: Confidence,
    /// The branch of a script that it depends on, as text.
    pub condition: Option<String>,
    /// Would the real server accept this configuration?
    pub start: Start,
    /// Config files, loaded ones first.
    pub config_files: Vec<ConfigFile>,
    /// Settings of the process as a whole.
    pub settings: BTreeMap<String, Setting>,
    /// Parts with settings of their own.
    pub scopes: Vec<Scope>,
}

/// A variable of the server's environment.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ProcessEnv {
    /// Its name.
    pub name: String,
    /// Its value; null unless `kind` is `known`.
    pub value: Option<String>,
    /// How much is known of it.
    pub kind: Kind,
    /// Whether the value is a credential and is not shown.
    pub redacted: bool,
    /// Who put it there.
    pub source: EnvSource,
    /// Where its value stands.
    pub origin: Option<Origin>,
}

/// Who put a variable into an environment.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EnvSource {
    /// `ENV` of the image.
    Image,
    /// An option of imgscan or a deployment file.
    Overlay,
    /// A start script, a wrapper or a supervisor.
    Script,
    /// The container runtime.
    Runtime,
}

/// PID 1 and whether a stop signal sent to it reaches the server.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Pid1 {
    /// What it is with regard to the server.
    pub role: Pid1Role,
    /// Its program.
    pub program: String,
    /// Whether signals reach the server; null where that cannot be told.
    pub signals_reach_server: Option<bool>,
    /// Why, in words.
    pub because: Option<String>,
}

/// What PID 1 is with regard to the server.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pid1Role {
    /// The server itself.
    #[serde(rename = "self")]
    Server,
    /// A shell that waits for it.
    Shell,
    /// A small init that passes signals on.
    Init,
    /// A supervisor.
    Supervisor,
    /// Something else.
    Other,
}

/// A step from the image config to the server.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LaunchStep {
    /// What it is: `CMD`, `exec "$@"` …
    pub what: String,
    /// Where it stands.
    pub origin: Origin,
}

/// Would the real server accept its configuration and take up its listeners?
#[derive(Debug, Serialize, JsonSchema)]
pub struct Start {
    /// The answer.
    pub status: StartStatus,
    /// The server's own complaint, or why it is not known.
    pub message: Option<String>,
    /// Where the cause stands.
    pub origin: Option<Origin>,
}

/// How a start ends.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StartStatus {
    /// The server runs.
    Ok,
    /// It refuses its configuration.
    Fails,
    /// It does something else and ends.
    Exits,
    /// That hangs on something not known.
    Unknown,
}

/// A config file of the server.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ConfigFile {
    /// Absolute, links resolved.
    pub path: String,
    /// The word that named it; null where nothing did.
    pub asked: Option<String>,
    /// What became of it.
    pub status: ConfigFileStatus,
    /// Why, in words.
    pub reason: Option<String>,
    /// The file itself, or the word that names a missing one.
    pub origin: Option<Origin>,
    /// Whether the start of the container writes it.
    pub generated: bool,
}

/// What became of a config file.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConfigFileStatus {
    /// The process reads it.
    Loaded,
    /// It is in the image and nothing reads it.
    NotLoaded,
    /// Something names it and it is not there.
    Missing,
    /// A mount hides it.
    Shadowed,
}

/// A part of a server's configuration with settings of its own.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Scope {
    /// Unique in the process, e.g. `http/server:0/location:2`.
    pub id: String,
    /// For people.
    pub path: Vec<String>,
    /// Where it listens: `address:port` or `unix:path`.
    pub listen: Vec<String>,
    /// Its server names.
    pub server_names: Vec<String>,
    /// The location, for locations.
    pub location: Option<ScopeLocation>,
    /// Where its block opens.
    pub origin: Origin,
    /// What is set in it or inherited into it.
    pub settings: BTreeMap<String, Setting>,
}

/// The location a scope is about.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ScopeLocation {
    /// `""`, `=`, `^~`, `~`, `~*` or `@`.
    pub modifier: String,
    /// The prefix, pattern or name.
    #[serde(rename = "match")]
    pub pattern: String,
}

impl Process {
    pub(super) fn new(server: &model::Server, redactor: &Redactor) -> Self {
        let process = &server.process;
        let origin = |o: &Option<model::Origin>| o.as_ref().map(|o| Origin::new(o, redactor));
        let words = redactor.words(&process.argv).into_iter().zip(&process.argv);
        Process {
            id: server.id.clone(),
            server: server.name.clone(),
            version: server.version.clone(),
            version_origin: origin(&server.version_origin),
            argv: words.map(|(shown, word)| word.known().map(|_| shown)).collect(),
            cwd: process.cwd.known().map(str::to_owned),
            user: process.user.known().map(str::to_owned),
            env: process.env.iter().map(|v| ProcessEnv::new(v, redactor)).collect(),
            pid1: Pid1::new(&process.pid1, redactor),
            launched_by: process
                .launched_by
                .iter()
                .map(|s| LaunchStep {
                    what: redactor.image(&s.what),
                    origin: Origin::new(&s.origin, redactor),
                })
                .collect(),
            confidence: process.confidence.into(),
            condition: process.condition.as_deref().map(|c| redactor.image(c)),
            start: Start {
                status: server.start.status.into(),
                message: server.start.message.as_deref().map(|m| redactor.prose(m)),
                origin: origin(&server.start.origin),
            },
            config_files: server.config_files.iter().map(|f| ConfigFile::new(f, redactor)).collect(),
            settings: settings(&server.settings, redactor),
            scopes: server.scopes.iter().map(|s| Scope::new(s, redactor)).collect(),
        }
    }
}

fn settings(settings: &BTreeMap<String, model::Setting>, redactor: &Redactor) -> BTreeMap<String, Setting> {
    settings.iter().map(|(name, setting)| (name.clone(), Setting::new(setting, redactor))).collect()
}

impl ProcessEnv {
    fn new(var: &model::EnvVar, redactor: &Redactor) -> Self {
        let text = redactor.text(&var.value);
        let unknown = var.value.holes().any(|(_, hole)| hole.reason.is_some());
        let kind = match var.value.known() {
            Some(_) => Kind::Known,
            None if unknown => Kind::Unknown,
            None => Kind::Symbolic,
        };
        ProcessEnv {
            name: var.name.clone(),
            redacted: text != var.value.display(),
            value: (kind == Kind::Known).then_some(text),
            kind,
            source: match var.source {
                model::EnvSource::Image => EnvSource::Image,
                model::EnvSource::Overlay => EnvSource::Overlay,
                model::EnvSource::Script => EnvSource::Script,
                model::EnvSource::Runtime => EnvSource::Runtime,
            },
            origin: var.value.whole().map(|place| Origin::new(&place.origin, redactor)),
        }
    }
}

impl Pid1 {
    fn new(pid1: &model::Pid1, redactor: &Redactor) -> Self {
        Pid1 {
            role: match pid1.role {
                model::Pid1Role::Server => Pid1Role::Server,
                model::Pid1Role::Shell => Pid1Role::Shell,
                model::Pid1Role::Init => Pid1Role::Init,
                model::Pid1Role::Supervisor => Pid1Role::Supervisor,
                model::Pid1Role::Other => Pid1Role::Other,
            },
            program: pid1.program.clone(),
            signals_reach_server: pid1.signals_reach_server,
            because: pid1.because.as_ref().map(|(why, _)| redactor.prose(why)),
        }
    }
}

impl ConfigFile {
    fn new(file: &model::ConfigFile, redactor: &Redactor) -> Self {
        ConfigFile {
            path: file.path.to_string(),
            asked: file.asked.as_deref().map(|word| redactor.image(word)),
            status: match file.status {
                model::ConfigFileStatus::Loaded => ConfigFileStatus::Loaded,
                model::ConfigFileStatus::NotLoaded => ConfigFileStatus::NotLoaded,
                model::ConfigFileStatus::Missing => ConfigFileStatus::Missing,
                model::ConfigFileStatus::Shadowed => ConfigFileStatus::Shadowed,
            },
            reason: file.reason.as_deref().map(|why| redactor.prose(why)),
            origin: file.origin.as_ref().map(|o| Origin::new(o, redactor)),
            generated: file.generated,
        }
    }
}

impl Scope {
    fn new(scope: &model::Scope, redactor: &Redactor) -> Self {
        let location = scope.location.as_ref();
        Scope {
            id: scope.id.clone(),
            path: scope.path.iter().map(|step| redactor.prose(step)).collect(),
            listen: scope.listen.iter().map(|l| l.address.clone()).collect(),
            server_names: scope.server_names.clone(),
            location: location
                .map(|l| ScopeLocation { modifier: l.modifier.clone(), pattern: redactor.prose(&l.pattern) }),
            origin: Origin::new(&scope.origin, redactor),
            settings: settings(&scope.settings, redactor),
        }
    }
}

impl From<model::StartStatus> for StartStatus {
    fn from(status: model::StartStatus) -> Self {
        match status {
            model::StartStatus::Ok => StartStatus::Ok,
            model::StartStatus::Fails => StartStatus::Fails,
            model::StartStatus::Exits => StartStatus::Exits,
            model::StartStatus::Unknown => StartStatus::Unknown,
        }
    }
}

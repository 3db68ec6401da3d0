//! One image on one platform.

use imgscan_model as model;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::{Finding, Options, Origin, Process, Stats};
use crate::redact::{REDACTED, Redactor};

/// Everything that is known about one image on one platform.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ImageReport {
    /// The reference as typed.
    pub reference: String,
    /// Where it was read from.
    pub source: Source,
    /// Digest of the manifest that was read; null where the source has none.
    pub digest: Option<String>,
    /// `os/architecture[/variant]`; null where neither manifest nor config names it.
    pub platform: Option<String>,
    /// The config blob.
    pub config: Config,
    /// The layers, base first.
    pub layers: Vec<Layer>,
    /// What was laid over the image.
    pub overlays: Vec<Overlay>,
    /// What is mounted over its files.
    pub mounts: Vec<Mount>,
    /// The servers that the container starts.
    pub processes: Vec<Process>,
    /// Findings: most severe first, then by code, then by place.
    pub findings: Vec<Finding>,
    /// What could not be read or followed.
    pub problems: Vec<Problem>,
    /// What the scan took; only with `--stats`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stats: Option<Stats>,
}

/// Where an image was read from.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// A registry.
    Registry,
    /// A directory with an OCI layout.
    OciLayout,
    /// An OCI layout in an archive.
    OciArchive,
    /// What `docker save` writes.
    DockerArchive,
    /// A directory that is a root file system.
    Rootfs,
}

/// The config blob.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Config {
    /// Digest of the blob; null where the source has none.
    pub digest: Option<String>,
    /// When it was made, as it stands.
    pub created: Option<String>,
    /// `User`; empty where unset.
    pub user: String,
    /// `WorkingDir`; empty where unset.
    pub working_dir: String,
    /// `Entrypoint`; null where unset.
    pub entrypoint: Option<Vec<String>>,
    /// `Cmd`; null where unset.
    pub cmd: Option<Vec<String>>,
    /// `Env` in order.
    pub env: Vec<EnvEntry>,
    /// `StopSignal`; null where unset.
    pub stop_signal: Option<String>,
    /// `ExposedPorts`, sorted.
    pub exposed_ports: Vec<String>,
    /// `Volumes`, sorted.
    pub volumes: Vec<String>,
    /// `Labels`, sorted by name.
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    pub labels: Map<String, Json>,
}

/// An `ENV` of the image.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EnvEntry {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Whether the value is a credential and is not shown.
    pub redacted: bool,
    /// The `ENV` instruction, when history tells it.
    pub instruction: Option<String>,
}

/// A layer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Layer {
    /// Index, counted from 0 at the base.
    pub index: u32,
    /// Digest of the blob; null where the source has none.
    pub digest: Option<String>,
    /// Digest of the uncompressed tar; null where the config does not list it.
    pub diff_id: Option<String>,
    /// Media type as the manifest says.
    pub media_type: String,
    /// Size of the blob in bytes.
    pub size: u64,
    /// The instruction that made it, when history tells it.
    pub instruction: Option<String>,
}

/// Something laid over the image.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Overlay {
    /// What kind of thing.
    pub kind: OverlayKind,
    /// The file as named by the user; null for options.
    pub file: Option<String>,
    /// The workload in it.
    pub workload: Option<String>,
    /// The container or service in it.
    pub container: Option<String>,
}

/// Kinds of overlays.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OverlayKind {
    /// Options of imgscan itself.
    Option,
    /// A `docker run` command line.
    DockerRun,
    /// A Kubernetes manifest.
    Kubernetes,
    /// A compose file.
    Compose,
}

/// A mount over a path of the image.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Mount {
    /// Where it is mounted.
    pub path: String,
    /// What is mounted.
    pub from: String,
    /// Files of the image that it hides.
    pub hides: Vec<String>,
    /// Files that it shows instead, as far as they are known.
    pub shows: Vec<String>,
    /// Where it is declared.
    pub origin: Origin,
}

/// Something that could not be read or followed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Problem {
    /// What, in one sentence.
    pub message: String,
    /// Where; null where it has no place.
    pub origin: Option<Origin>,
}

impl ImageReport {
    pub(super) fn new(report: &model::ImageReport, options: Options) -> Self {
        let redactor = &Redactor::new(report);
        ImageReport {
            reference: redactor.prose(&report.reference),
            source: report.source.into(),
            digest: report.digest.clone(),
            platform: report.platform.as_ref().map(ToString::to_string),
            config: Config::new(&report.config, redactor),
            layers: report.layers.iter().map(|l| Layer::new(l, redactor)).collect(),
            overlays: report.overlays.iter().map(Overlay::new).collect(),
            mounts: report.mounts.iter().map(|m| Mount::new(m, redactor)).collect(),
            processes: report.servers.iter().map(|s| Process::new(s, redactor)).collect(),
            findings: report.findings.iter().map(|f| Finding::new(f, redactor)).collect(),
            problems: report.all_problems().into_iter().map(|p| Problem::new(p, redactor)).collect(),
            stats: report.stats.as_ref().filter(|_| options.stats).map(Stats::new),
        }
    }
}

impl Config {
    fn new(config: &model::ImageConfig, redactor: &Redactor) -> Self {
        let words = |words: &Option<Vec<String>>| words.as_deref().map(|w| redactor.strings(w));
        Config {
            digest: config.digest.clone(),
            created: config.created.clone(),
            user: config.user.clone(),
            working_dir: config.working_dir.clone(),
            entrypoint: words(&config.entrypoint),
            cmd: words(&config.cmd),
            env: config.env.iter().map(|v| EnvEntry::new(v, redactor)).collect(),
            stop_signal: config.stop_signal.clone(),
            exposed_ports: config.exposed_ports.clone(),
            volumes: config.volumes.clone(),
            labels: config.labels.iter().map(|(k, v)| (k.clone(), label(k, v, redactor))).collect(),
        }
    }
}

/// The value of a label; hidden where its name says that it is a credential.
fn label(name: &str, value: &str, redactor: &Redactor) -> Json {
    let is_secret = model::secret::is_secret_name(name) && !value.is_empty();
    if is_secret { Json::from(REDACTED) } else { Json::from(redactor.prose(value)) }
}

impl EnvEntry {
    fn new(var: &model::ImageEnv, redactor: &Redactor) -> Self {
        let value = redactor.text(&var.value);
        EnvEntry {
            name: var.name.clone(),
            redacted: value != var.value.raw(),
            value,
            instruction: var.instruction.as_deref().map(|i| redactor.image(i)),
        }
    }
}

impl Layer {
    fn new(layer: &model::Layer, redactor: &Redactor) -> Self {
        Layer {
            index: layer.index,
            digest: layer.digest.clone(),
            diff_id: layer.diff_id.clone(),
            media_type: layer.media_type.clone(),
            size: layer.size,
            instruction: layer.instruction.as_deref().map(|i| redactor.image(i)),
        }
    }
}

impl Overlay {
    fn new(overlay: &model::Overlay) -> Self {
        Overlay {
            kind: match overlay.kind {
                model::OverlayKind::Option => OverlayKind::Option,
                model::OverlayKind::DockerRun => OverlayKind::DockerRun,
                model::OverlayKind::Kubernetes => OverlayKind::Kubernetes,
                model::OverlayKind::Compose => OverlayKind::Compose,
            },
            file: overlay.file.clone(),
            workload: overlay.workload.clone(),
            container: overlay.container.clone(),
        }
    }
}

impl Mount {
    fn new(mount: &model::Mount, redactor: &Redactor) -> Self {
        Mount {
            path: mount.path.clone(),
            from: mount.from.clone(),
            hides: mount.hides.clone(),
            shows: mount.shows.clone(),
            origin: Origin::new(&mount.origin, redactor),
        }
    }
}

impl Problem {
    fn new(problem: &model::Problem, redactor: &Redactor) -> Self {
        Problem {
            message: redactor.prose(&problem.message),
            origin: problem.origin.as_ref().map(|o| Origin::new(o, redactor)),
        }
    }
}

impl From<model::SourceKind> for Source {
    fn from(source: model::SourceKind) -> Self {
        match source {
            model::SourceKind::Registry => Source::Registry,
            model::SourceKind::OciLayout => Source::OciLayout,
            model::SourceKind::OciArchive => Source::OciArchive,
            model::SourceKind::DockerArchive => Source::DockerArchive,
            model::SourceKind::Rootfs => Source::Rootfs,
        }
    }
}

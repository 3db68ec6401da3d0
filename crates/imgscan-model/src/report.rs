//! What a scan has found out, before any format: the noun between the scan and the report formats.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::Problem;
use crate::finding::Finding;
use crate::image::{ImageConfig, Layer, Platform};
use crate::origin::Origin;
use crate::server::Server;
use crate::setting::Setting;

/// The answer to one run over one or more inputs.
#[derive(Clone, Default)]
pub struct Report {
    /// One per image and platform, in the order asked for.
    pub results: Vec<ImageReport>,
    /// Inputs that gave no result, in the order asked for.
    pub errors: Vec<InputError>,
}

/// Everything that is known about one image on one platform.
#[derive(Clone)]
pub struct ImageReport {
    /// The reference as typed.
    pub reference: String,
    /// Where it was read from.
    pub source: SourceKind,
    /// Digest of the manifest that was read; `None` where the source has none.
    pub digest: Option<String>,
    /// The platform; `None` where neither manifest nor config names one.
    pub platform: Option<Platform>,
    /// The config blob.
    pub config: ImageConfig,
    /// The layers, base first.
    pub layers: Vec<Layer>,
    /// What was laid over the image: options and deployment files.
    pub overlays: Vec<Overlay>,
    /// What is mounted over the image's files.
    pub mounts: Vec<Mount>,
    /// The servers that the container starts, in order of their start.
    pub servers: Vec<Server>,
    /// Findings in report order: most severe first, then by code, then by place.
    pub findings: Vec<ReportedFinding>,
    /// What could not be read or followed. Problems of single servers stand in [`Server::problems`].
    pub problems: Vec<Problem>,
    /// The texts that findings and settings point into.
    pub excerpts: Excerpts,
    /// Run time, bytes, layers read. Only formats that were asked for it (`--stats`) print it.
    pub stats: Option<Stats>,
}

impl ImageReport {
    /// All problems: those of the image, then those of each server, each once.
    pub fn all_problems(&self) -> Vec<&Problem> {
        let mut all: Vec<&Problem> = Vec::new();
        for problem in self.problems.iter().chain(self.servers.iter().flat_map(|s| s.problems.iter())) {
            if !all.contains(&problem) {
                all.push(problem);
            }
        }
        all
    }

    /// The origins whose texts [`ImageReport::excerpts`] should hold for a complete report: one for each file that a
    /// finding, the start of a server or a candidate of a setting points into, each once. The scan looks up their
    /// texts and files them with [`Excerpts::insert`].
    pub fn excerpts_wanted(&self) -> Vec<Origin> {
        let mut wanted: BTreeMap<Key, Origin> = BTreeMap::new();
        let mut want = |origin: &Origin| {
            if let Some(key) = Key::of(origin).filter(|_| origin.span().is_some()) {
                wanted.entry(key).or_insert_with(|| origin.clone());
            }
        };
        self.findings.iter().flat_map(|f| &f.finding.labels).for_each(|label| want(&label.origin));
        for server in &self.servers {
            server.start.origin.iter().for_each(&mut want);
            let settings =
                server.settings.values().chain(server.scopes.iter().flat_map(|s| s.settings.values()));
            for candidate in settings.flat_map(Setting::candidates) {
                want(&candidate.place.origin);
                candidate.place.via.iter().for_each(&mut want);
            }
        }
        self.all_problems().into_iter().filter_map(|p| p.origin.as_ref()).for_each(&mut want);
        wanted.into_values().collect()
    }
}

/// Where an image was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SourceKind {
    /// A registry.
    Registry,
    /// A directory with `oci-layout` and `index.json`.
    OciLayout,
    /// An OCI layout in a tar archive.
    OciArchive,
    /// What `docker save` writes.
    DockerArchive,
    /// A directory that is a root file system.
    Rootfs,
}

/// Something laid over the image that decides what the container starts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlay {
    /// What kind of thing.
    pub kind: OverlayKind,
    /// The file as named by the user; `None` for options.
    pub file: Option<String>,
    /// The workload in it, e.g. `Deployment/prod/app`.
    pub workload: Option<String>,
    /// The container or service in it.
    pub container: Option<String>,
}

/// Kinds of overlays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OverlayKind {
    /// Options of imgscan itself (`--env`, `--entrypoint` …).
    Option,
    /// A `docker run` command line.
    DockerRun,
    /// A Kubernetes manifest.
    Kubernetes,
    /// A compose file.
    Compose,
}

/// A mount over a path of the image.
#[derive(Clone, Debug, PartialEq)]
pub struct Mount {
    /// Where it is mounted.
    pub path: String,
    /// What is mounted, e.g. `configmap/web`.
    pub from: String,
    /// Files of the image that it hides, sorted.
    pub hides: Vec<String>,
    /// Files that it shows instead, sorted, as far as they are known.
    pub shows: Vec<String>,
    /// Where it is declared.
    pub origin: Origin,
}

/// A finding as the report shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportedFinding {
    /// The finding.
    pub finding: Finding,
    /// Why it does not count; `None` where it does.
    pub suppressed: Option<Suppression>,
}

impl From<Finding> for ReportedFinding {
    fn from(finding: Finding) -> Self {
        ReportedFinding { finding, suppressed: None }
    }
}

/// Why a finding does not count for the exit status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// The reason given.
    pub reason: String,
    /// The day until which it holds (`2027-01-01`), when one is given.
    pub until: Option<String>,
    /// Where it is written, e.g. `imgscan.toml:12`.
    pub by: String,
}

/// An input that gave no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputError {
    /// The input as typed.
    pub input: String,
    /// What went wrong; it alone decides the exit status.
    pub kind: InputErrorKind,
    /// What went wrong, in words.
    pub message: String,
    /// What to do about it, when we know.
    pub help: Option<String>,
}

/// What can go wrong with an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InputErrorKind {
    /// It is not there.
    NotFound,
    /// The registry refuses us.
    Unauthorized,
    /// The network or the registry fails.
    Network,
    /// It is there and is nothing that imgscan reads.
    Unsupported,
    /// It contradicts its own digests, sizes or formats.
    Damaged,
    /// It is over a bound.
    Limit,
    /// It has no image for the platform asked for.
    Platform,
}

/// The texts that places of a report point into.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpts {
    texts: BTreeMap<Key, Arc<str>>,
}

/// A text with lines: a file of a layer or an overlay's file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    File(Option<u32>, Arc<str>),
    Overlay(Arc<str>),
}

impl Key {
    fn of(origin: &Origin) -> Option<Key> {
        match origin {
            Origin::LayerFile { layer, path, .. } => Some(Key::File(*layer, Arc::clone(path))),
            Origin::Overlay { file, .. } => Some(Key::Overlay(Arc::clone(file))),
            _ => None,
        }
    }
}

impl Excerpts {
    /// Files the whole text of the file that `origin` points into; the span of `origin` does not matter. An origin
    /// without a file is passed over.
    pub fn insert(&mut self, origin: &Origin, text: impl Into<Arc<str>>) {
        if let Some(key) = Key::of(origin) {
            self.texts.insert(key, text.into());
        }
    }

    /// The whole text of the file that `origin` points into, if it is there.
    pub fn get(&self, origin: &Origin) -> Option<&Arc<str>> {
        self.texts.get(&Key::of(origin)?)
    }
}

/// What a run took. Not part of the deterministic report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Wall time of the scan of this image.
    pub elapsed: Duration,
    /// Requests sent to registries (token requests included).
    pub requests: u64,
    /// Bytes received from registries.
    pub bytes_fetched: u64,
    /// What was read of each layer, base first.
    pub layers: Vec<LayerRead>,
}

/// What was read of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerRead {
    /// Index of the layer.
    pub index: u32,
    /// From where: `registry`, `cache`, `file`, `toc` …; `none` where it was not needed.
    pub from: String,
    /// Compressed bytes read.
    pub bytes: u64,
}

/// The answer to `imgscan explain IMAGE process.setting`.
#[derive(Clone)]
pub struct Explanation {
    /// Id of the server.
    pub process: String,
    /// Name of the setting.
    pub name: String,
    /// The setting, with everything that tried to set it.
    pub setting: Setting,
    /// The scope that it is answered for, for servers that have scopes.
    pub scope: Option<ScopeRef>,
    /// Where it differs.
    pub differs: Vec<(ScopeRef, Setting)>,
}

/// A scope of a server, named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeRef {
    /// Its id, e.g. `http/server:0/location:2`.
    pub id: String,
    /// For people: `["http", "server example.com", "location /upload"]`.
    pub path: Vec<String>,
}

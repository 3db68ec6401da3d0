//! `imgscan/report/v1`: the report as pipelines, the web page and other tools read it.
//!
//! The types here are the contract. `docs/report-v1.schema.json` is generated from them ([`schema`]), and a test holds
//! the two together. The same report gives the same bytes: nothing here looks at a clock, a host or the order of a
//! hash map.

mod assertions;
mod differences;
mod effective;
mod explain;
mod finding;
mod image;
mod origin;
mod process;
mod setting;
mod stats;

use imgscan_model as model;
use schemars::JsonSchema;
use serde::Serialize;

pub use assertions::{AssertedImage, AssertedSetting, Assertion, Assertions, Case, Verdict};
pub use differences::Differences;
pub use effective::{Effective, EffectiveImage};
pub use explain::Explanation;
pub use finding::{Confidence, Finding, Location, Severity, Suppression};
pub use image::{Config, EnvEntry, ImageReport, Layer, Mount, Overlay};
pub use origin::Origin;
pub use process::{ConfigFile, LaunchStep, Pid1, Process, ProcessEnv, Scope, ScopeLocation, Start};
pub use setting::{Candidate, Kind, Setting, Source, Status};
pub use stats::{LayerRead, Stats};

use crate::redact::Redactor;

/// The name of this version of the contract.
pub const SCHEMA: &str = "imgscan/report/v1";

/// What to put into the report besides what is always in it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Run time, bytes and layers read (`--stats`): not the same from run to run.
    pub stats: bool,
}

/// The whole report: what `imgscan scan --format json` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "imgscan/report/v1")]
pub struct Report {
    /// Always `imgscan/report/v1`.
    pub schema: &'static str,
    /// What wrote the report.
    pub tool: Tool,
    /// One per image and platform, in the order asked for.
    pub results: Vec<ImageReport>,
    /// Inputs that gave no result.
    pub errors: Vec<InputError>,
}

/// What wrote the report.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Tool {
    /// Always `imgscan`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// An input that gave no result.
#[derive(Debug, Serialize, JsonSchema)]
pub struct InputError {
    /// The input as typed.
    pub input: String,
    /// What went wrong.
    pub kind: InputErrorKind,
    /// What went wrong, in words.
    pub message: String,
    /// What to do about it, when known.
    pub help: Option<String>,
}

/// What can go wrong with an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum InputErrorKind {
    /// It is not there.
    NotFound,
    /// The registry refuses us.
    Unauthorized,
    /// The network or the registry fails.
    Network,
    /// It is nothing that imgscan reads.
    Unsupported,
    /// It contradicts its own digests, sizes or formats.
    Damaged,
    /// It is over a bound.
    Limit,
    /// It has no image for the platform asked for.
    Platform,
}

impl Report {
    /// The report in the contract's types, credentials taken out.
    pub fn new(report: &model::Report, options: Options) -> Self {
        Report {
            schema: SCHEMA,
            tool: Tool { name: "imgscan", version: env!("CARGO_PKG_VERSION") },
            results: report.results.iter().map(|r| ImageReport::new(r, options)).collect(),
            errors: report.errors.iter().map(InputError::new).collect(),
        }
    }
}

impl InputError {
    fn new(error: &model::InputError) -> Self {
        use model::InputErrorKind as M;
        let kind = match error.kind {
            M::NotFound => InputErrorKind::NotFound,
            M::Unauthorized => InputErrorKind::Unauthorized,
            M::Network => InputErrorKind::Network,
            M::Unsupported => InputErrorKind::Unsupported,
            M::Damaged => InputErrorKind::Damaged,
            M::Limit => InputErrorKind::Limit,
            M::Platform => InputErrorKind::Platform,
        };
        // An input may be a URL with credentials in it.
        let clean = |text: &str| Redactor::default().prose(text);
        InputError {
            input: clean(&error.input),
            kind,
            message: clean(&error.message),
            help: error.help.as_deref().map(clean),
        }
    }
}

/// The report as pretty-printed JSON with a line break at its end.
///
/// # Errors
/// When serialisation fails, which the types do not allow for; the caller treats it as any failure to write.
pub fn render(report: &model::Report, options: Options) -> serde_json::Result<String> {
    pretty(&Report::new(report, options))
}

/// One image of the report as a single line of JSON with a line break at its end: what is streamed when many images
/// are scanned in one run.
///
/// # Errors
/// As [`render`].
pub fn render_line(report: &model::ImageReport, options: Options) -> serde_json::Result<String> {
    serde_json::to_string(&ImageReport::new(report, options)).map(|line| line + "\n")
}

/// The answer to `imgscan explain` as JSON with a line break at its end.
///
/// # Errors
/// As [`render`].
pub fn render_explanation(
    image: &model::ImageReport,
    explanation: &model::Explanation,
) -> serde_json::Result<String> {
    pretty(&Explanation::new(image, explanation))
}

/// The answer to `imgscan diff` as JSON with a line break at its end.
///
/// # Errors
/// As [`render`].
pub fn render_differences(
    before: &model::ImageReport,
    after: &model::ImageReport,
    differences: &model::Differences,
) -> serde_json::Result<String> {
    pretty(&Differences::new(before, after, differences))
}

/// The answer to `imgscan effective` as JSON with a line break at its end.
///
/// # Errors
/// As [`render`].
pub fn render_effective(
    images: &[model::ImageReport],
    shows: &dyn Fn(&model::Server) -> bool,
) -> serde_json::Result<String> {
    pretty(&Effective::new(images, shows))
}

/// The answer to `imgscan assert` as JSON with a line break at its end.
///
/// # Errors
/// As [`render`].
pub fn render_assertions(
    images: &[(model::ImageReport, Vec<model::Judgement>)],
) -> serde_json::Result<String> {
    pretty(&Assertions::new(images))
}

/// The JSON Schema of [`Report`], as it stands in `docs/report-v1.schema.json`.
///
/// # Errors
/// As [`render`].
pub fn schema() -> serde_json::Result<String> {
    let generator = schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator();
    pretty(&generator.into_root_schema_for::<Report>())
}

fn pretty(value: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string_pretty(value).map(|text| text + "\n")
}

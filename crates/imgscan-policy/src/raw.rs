//! `imgscan.toml` as it is spelled: the shape that the JSON schema publishes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

/// The configuration file of imgscan.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "imgscan.toml")]
pub(crate) struct Raw {
    /// Lowest severity of a finding that makes the exit status 1.
    #[schemars(with = "Option<FailOn>")]
    pub(crate) fail_on: Option<Spanned<String>>,
    /// Findings less sure than this are left out.
    #[schemars(with = "Option<Confidence>")]
    pub(crate) min_confidence: Option<Spanned<String>>,
    /// Severity of rules by their code, or `off`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, SeverityOrOff>")]
    pub(crate) severity: BTreeMap<Spanned<String>, Spanned<String>>,
    /// Options of rules by their code.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, RawRule>")]
    pub(crate) rules: BTreeMap<Spanned<String>, RawRule>,
    /// What is accepted, and why. All that an ignore names must fit.
    #[serde(default)]
    #[schemars(with = "Vec<RawIgnore>")]
    pub(crate) ignore: Vec<Spanned<RawIgnore>>,
    /// What must hold of the settings.
    #[serde(default)]
    #[schemars(with = "Vec<RawExpect>")]
    pub(crate) expect: Vec<Spanned<RawExpect>>,
}

/// Options of one rule.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RawRule {
    /// Severity of its findings, or `off`.
    #[schemars(with = "Option<SeverityOrOff>")]
    pub(crate) severity: Option<Spanned<String>>,
    /// Its findings less sure than this are left out.
    #[schemars(with = "Option<Confidence>")]
    pub(crate) min_confidence: Option<Spanned<String>>,
    /// It says nothing about files whose path fits one of these globs.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(crate) exclude_paths: Vec<Spanned<String>>,
    /// It says nothing about environment variables whose name fits one of these globs.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(crate) exclude_env: Vec<Spanned<String>>,
    /// It says nothing about settings whose name fits one of these globs.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(crate) exclude_settings: Vec<Spanned<String>>,
}

/// Findings that are accepted.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawIgnore {
    /// Code of the rule.
    #[schemars(with = "Option<String>")]
    pub(crate) code: Option<Spanned<String>>,
    /// The setting, e.g. `timeout`.
    pub(crate) setting: Option<String>,
    /// Glob of the path at which the finding stands.
    #[schemars(with = "Option<String>")]
    pub(crate) path: Option<Spanned<String>>,
    /// Glob of the image reference as typed.
    #[schemars(with = "Option<String>")]
    pub(crate) image: Option<Spanned<String>>,
    /// Why. Required.
    #[schemars(with = "String")]
    pub(crate) reason: Option<String>,
    /// The last day on which it holds, e.g. `2027-01-31`. After it the finding counts again, and the report says so.
    #[schemars(with = "Option<String>", regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    pub(crate) until: Option<Spanned<String>>,
}

/// Something that must hold.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawExpect {
    /// The expression, e.g. `gunicorn.timeout == 0 || gunicorn.timeout >= 300s`.
    #[schemars(with = "String")]
    pub(crate) assert: Option<Spanned<String>>,
    /// Glob of the images it is demanded of, as typed; of all where it is not there.
    #[schemars(with = "Option<String>")]
    pub(crate) image: Option<Spanned<String>>,
    /// Why.
    pub(crate) reason: Option<String>,
    /// How bad it is where it does not hold; `high` where it is not there.
    #[schemars(with = "Option<Severity>")]
    pub(crate) severity: Option<Spanned<String>>,
}

/// The words for a severity.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[allow(dead_code)] // For the schema only: the text is checked by hand, with better messages.
enum Severity {
    Info,
    Low,
    Medium,
    High,
}

/// The words for a severity, or none at all.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[allow(dead_code)] // As above.
enum SeverityOrOff {
    Info,
    Low,
    Medium,
    High,
    Off,
}

/// The words for what makes the exit status 1.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[allow(dead_code)] // As above.
enum FailOn {
    Info,
    Low,
    Medium,
    High,
    Never,
}

/// The words for a confidence.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[allow(dead_code)] // As above.
enum Confidence {
    Possible,
    Likely,
    Certain,
}

//! A setting and everything that tried to set it.

use imgscan_model as model;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

use super::Origin;
use crate::redact::{REDACTED, Redactor};

/// A setting with its winner and its losers.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Setting {
    /// The value as the server uses it; null unless `kind` is `known`.
    pub value: Json,
    /// How much is known of it.
    pub kind: Kind,
    /// The value as a person would write it; the expression, where it is symbolic.
    pub text: String,
    /// Whether the value is a credential and is not shown.
    #[serde(skip_serializing_if = "is_false")]
    #[schemars(default)]
    pub redacted: bool,
    /// What a symbolic or unknown value waits for: `cpu_count`, `env:DB_HOST` …
    pub needs: Vec<String>,
    /// By which way the winner speaks.
    pub source: Source,
    /// Everything that tried to set it: the winner first, then strongest to weakest.
    pub candidates: Vec<Candidate>,
}

/// One thing that tried to set a setting.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Candidate {
    /// By which way it speaks.
    pub source: Source,
    /// Its value; null unless `kind` is `known`.
    pub value: Json,
    /// How much is known of it.
    pub kind: Kind,
    /// The value as written.
    pub text: String,
    /// Whether the value is a credential and is not shown.
    #[serde(skip_serializing_if = "is_false")]
    #[schemars(default)]
    pub redacted: bool,
    /// What became of it.
    pub status: Status,
    /// Where it stands.
    pub origin: Origin,
    /// The other places it came through, nearest first.
    pub via: Vec<Origin>,
    /// The environment variables that decide the value, set or not, as far as its file reads them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub reads: Vec<EnvRead>,
}

/// An environment variable that decides a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EnvRead {
    /// Its name.
    pub name: String,
    /// What stands in for it where it is unset; null where that is not known, or nothing does.
    pub default: Option<String>,
}

/// How much is known of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It is the value.
    Known,
    /// Nobody sets it and there is no default.
    Unset,
    /// It is an expression over what only the run time knows.
    Symbolic,
    /// It cannot be told; `text` says why.
    Unknown,
}

/// By which way a candidate speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The server's built-in default.
    Default,
    /// A default that the server takes from the environment.
    EnvDefault,
    /// A config file.
    File,
    /// An environment variable that the server reads itself.
    Env,
    /// Arguments in an environment variable.
    EnvArgs,
    /// The command line.
    Flag,
    /// A program around the server.
    App,
}

/// What became of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It won.
    Effective,
    /// Something stronger replaced it.
    Overridden,
    /// It stands in a file that the process never loads.
    NotLoaded,
    /// A default that something stronger always beats.
    Dead,
    /// The server refuses it.
    Invalid,
}

impl Setting {
    pub(super) fn new(setting: &model::Setting, redactor: &Redactor) -> Self {
        let shown = Shown::new(setting.value(), &setting.text(), setting.winner().secret, redactor);
        Setting {
            value: shown.value,
            kind: Kind::of(setting.value()),
            text: shown.text,
            redacted: shown.redacted,
            needs: setting.value().needs().iter().map(ToString::to_string).collect(),
            source: setting.winner().source.into(),
            candidates: setting.candidates().iter().map(|c| Candidate::new(c, redactor)).collect(),
        }
    }
}

impl Candidate {
    fn new(candidate: &model::Candidate, redactor: &Redactor) -> Self {
        let shown = Shown::new(&candidate.value, &candidate.text, candidate.secret, redactor);
        Candidate {
            source: candidate.source.into(),
            value: shown.value,
            kind: Kind::of(&candidate.value),
            text: shown.text,
            redacted: shown.redacted,
            status: candidate.status.into(),
            origin: Origin::new(&candidate.place.origin, redactor),
            via: candidate.place.via.iter().map(|o| Origin::new(o, redactor)).collect(),
            reads: candidate.reads.iter().map(|read| EnvRead::new(read, redactor)).collect(),
        }
    }
}

impl EnvRead {
    fn new(read: &model::EnvRead, redactor: &Redactor) -> Self {
        let default = read.default.as_deref().map(|text| redactor.image(text));
        EnvRead { name: redactor.image(&read.name), default }
    }
}

/// A value as it may be shown.
struct Shown {
    value: Json,
    text: String,
    redacted: bool,
}

impl Shown {
    fn new(value: &model::Value, text: &str, secret: bool, redactor: &Redactor) -> Self {
        let known = value.known();
        if secret {
            let value = if known.is_some() { Json::from(REDACTED) } else { Json::Null };
            return Shown { value, text: REDACTED.to_owned(), redacted: true };
        }
        let mut redacted = false;
        let value = known.map_or(Json::Null, |data| json(data, redactor, &mut redacted));
        let clean = redactor.prose(text);
        Shown { value, redacted: redacted || clean != text, text: clean }
    }
}

/// The JSON form of a value. Objects that only have a name become `{"python": name, "type": kind}`.
fn json(data: &model::Data, redactor: &Redactor, redacted: &mut bool) -> Json {
    match data {
        model::Data::None => Json::Null,
        model::Data::Bool(b) => Json::Bool(*b),
        model::Data::Int(n) => Json::from(*n),
        // JSON has no infinity and no NaN: they are shown as Python writes them.
        model::Data::Float(x) => serde_json::Number::from_f64(*x)
            .map_or_else(|| Json::from(x.to_string().to_lowercase()), Json::Number),
        model::Data::Str(s) => {
            let clean = redactor.prose(s);
            *redacted |= clean != *s;
            Json::from(clean)
        }
        model::Data::List(items) => items.iter().map(|item| json(item, redactor, redacted)).collect(),
        model::Data::Map(pairs) => Json::Object(
            pairs
                .iter()
                .map(|(key, value)| {
                    if imgscan_model::secret::is_secret_name(key) && matches!(value, model::Data::Str(_)) {
                        *redacted = true;
                        return (key.clone(), Json::from(REDACTED));
                    }
                    (key.clone(), json(value, redactor, redacted))
                })
                .collect(),
        ),
        model::Data::Object { name, kind } => serde_json::json!({"python": name, "type": kind}),
    }
}

impl Kind {
    fn of(value: &model::Value) -> Self {
        match value {
            model::Value::Known(_) => Kind::Known,
            model::Value::Unset => Kind::Unset,
            model::Value::Symbolic { .. } => Kind::Symbolic,
            model::Value::Unknown { .. } => Kind::Unknown,
        }
    }
}

impl From<model::Source> for Source {
    fn from(source: model::Source) -> Self {
        match source {
            model::Source::Default => Source::Default,
            model::Source::EnvDefault => Source::EnvDefault,
            model::Source::File => Source::File,
            model::Source::Env => Source::Env,
            model::Source::EnvArgs => Source::EnvArgs,
            model::Source::Flag => Source::Flag,
            model::Source::App => Source::App,
        }
    }
}

impl From<model::Status> for Status {
    fn from(status: model::Status) -> Self {
        match status {
            model::Status::Effective => Status::Effective,
            model::Status::Overridden => Status::Overridden,
            model::Status::NotLoaded => Status::NotLoaded,
            model::Status::Dead => Status::Dead,
            model::Status::Invalid => Status::Invalid,
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's calling convention.
fn is_false(flag: &bool) -> bool {
    !flag
}

//! The answer to `imgscan explain`.

use imgscan_model as model;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

use super::{Kind, Setting};
use crate::redact::Redactor;

/// One setting, and where else it differs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Explanation {
    /// Id of the process.
    pub process: String,
    /// Name of the setting.
    pub setting: String,
    /// Id of the scope that the answer holds for; only for servers that have scopes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// That scope for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope_path: Option<Vec<String>>,
    /// The setting itself.
    #[serde(flatten)]
    pub answer: Setting,
    /// The scopes in which it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<Difference>>,
}

/// A scope in which the setting differs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Difference {
    /// Id of the scope.
    pub id: String,
    /// The scope for people.
    pub path: Vec<String>,
    /// Its value there; null unless `kind` is `known`.
    pub value: Json,
    /// How much is known of it.
    pub kind: Kind,
    /// The value as a person would write it.
    pub text: String,
}

impl Explanation {
    /// The answer in the contract's types, credentials taken out.
    pub fn new(image: &model::ImageReport, explanation: &model::Explanation) -> Self {
        let redactor = Redactor::new(image).with_setting(&explanation.setting);
        let scope = explanation.scope.as_ref();
        let differs = explanation.differs.iter().map(|(scope, setting)| {
            let Setting { value, kind, text, .. } = Setting::new(setting, &redactor);
            Difference { id: scope.id.clone(), path: scope.path.clone(), value, kind, text }
        });
        Explanation {
            process: explanation.process.clone(),
            setting: explanation.name.clone(),
            scope: scope.map(|s| s.id.clone()),
            scope_path: scope.map(|s| s.path.clone()),
            answer: Setting::new(&explanation.setting, &redactor),
            scopes: scope.map(|_| differs.collect()),
        }
    }
}

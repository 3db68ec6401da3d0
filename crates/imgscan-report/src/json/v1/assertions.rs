//! The answer to `imgscan assert`.

use imgscan_model as model;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Origin, Setting};
use crate::redact::Redactor;

/// What became of assertions: `imgscan/assert/v1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Assertions {
    /// `imgscan/assert/v1`.
    pub schema: &'static str,
    /// One for each image and platform, in the order asked for.
    pub results: Vec<AssertedImage>,
}

/// The assertions about one image.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AssertedImage {
    /// The reference as typed.
    pub reference: String,
    /// Digest of the manifest that was read; null where the source has none.
    pub digest: Option<String>,
    /// The platform; null where nothing names one.
    pub platform: Option<String>,
    /// The assertions, in the order given.
    pub assertions: Vec<Assertion>,
}

/// One assertion.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Assertion {
    /// The expression as written.
    pub assert: String,
    /// Of all cases: `fails` where one fails, `undecided` where one cannot be told. Only `holds` passes.
    pub verdict: Verdict,
    /// Why it is demanded.
    pub reason: Option<String>,
    /// Where it is written.
    pub origin: Origin,
    /// One for each process and scope that it speaks of.
    pub cases: Vec<Case>,
}

/// An assertion about certain processes, in a certain scope.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Case {
    /// What became of it here.
    pub verdict: Verdict,
    /// The scope; null for servers without scopes.
    pub scope: Option<String>,
    /// The settings that it speaks of.
    pub settings: Vec<AssertedSetting>,
    /// Why there is nothing to judge, or what a value waits for.
    pub note: Option<String>,
}

/// A setting that an assertion speaks of.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AssertedSetting {
    /// `process.setting`.
    pub name: String,
    /// The setting itself.
    #[serde(flatten)]
    pub answer: Setting,
}

/// What becomes of an assertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It holds.
    Holds,
    /// It does not.
    Fails,
    /// It hangs on something that is not known.
    Undecided,
}

impl Verdict {
    fn of(verdict: model::Verdict) -> Self {
        match verdict {
            model::Verdict::Holds => Verdict::Holds,
            model::Verdict::Fails => Verdict::Fails,
            model::Verdict::Undecided => Verdict::Undecided,
        }
    }
}

impl Assertions {
    /// The assertions of all images, credentials taken out.
    pub fn new(images: &[(model::ImageReport, Vec<model::Judgement>)]) -> Self {
        let results = images.iter().map(|(image, judgements)| AssertedImage::new(image, judgements));
        Assertions { schema: "imgscan/assert/v1", results: results.collect() }
    }
}

impl AssertedImage {
    fn new(image: &model::ImageReport, judgements: &[model::Judgement]) -> Self {
        let redactor = Redactor::new(image);
        AssertedImage {
            reference: redactor.prose(&image.reference),
            digest: image.digest.clone(),
            platform: image.platform.as_ref().map(ToString::to_string),
            assertions: judgements.iter().map(|j| Assertion::new(j, &redactor)).collect(),
        }
    }
}

impl Assertion {
    fn new(judgement: &model::Judgement, redactor: &Redactor) -> Self {
        Assertion {
            assert: redactor.image(&judgement.text),
            verdict: Verdict::of(judgement.verdict()),
            reason: judgement.reason.as_deref().map(|r| redactor.prose(r)),
            origin: Origin::new(&judgement.origin, redactor),
            cases: judgement.cases.iter().map(|c| Case::new(c, redactor)).collect(),
        }
    }
}

impl Case {
    fn new(case: &model::JudgedCase, redactor: &Redactor) -> Self {
        let setting = |(name, setting): &(String, model::Setting)| {
            let redactor = redactor.with_setting(setting);
            AssertedSetting { name: name.clone(), answer: Setting::new(setting, &redactor) }
        };
        Case {
            verdict: Verdict::of(case.verdict),
            scope: case.scope.as_ref().map(|s| s.id.clone()),
            settings: case.settings.iter().map(setting).collect(),
            note: case.note.as_deref().map(|n| redactor.prose(n)),
        }
    }
}

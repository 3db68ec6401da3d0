//! The answer to `imgscan effective`.

use imgscan_model as model;
use schemars::JsonSchema;
use serde::Serialize;

use super::Process;
use crate::redact::Redactor;

/// What the servers of images end up with: `imgscan/effective/v1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Effective {
    /// `imgscan/effective/v1`.
    pub schema: &'static str,
    /// One for each image and platform, in the order asked for.
    pub results: Vec<EffectiveImage>,
}

/// What the servers of one image end up with.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EffectiveImage {
    /// The reference as typed.
    pub reference: String,
    /// Digest of the manifest that was read; null where the source has none.
    pub digest: Option<String>,
    /// The platform; null where nothing names one.
    pub platform: Option<String>,
    /// The servers, as in the report.
    pub processes: Vec<Process>,
}

impl Effective {
    /// The servers of images that `shows` picks, credentials taken out.
    pub fn new(images: &[model::ImageReport], shows: &dyn Fn(&model::Server) -> bool) -> Self {
        let results = images.iter().map(|image| EffectiveImage::new(image, shows)).collect();
        Effective { schema: "imgscan/effective/v1", results }
    }
}

impl EffectiveImage {
    fn new(image: &model::ImageReport, shows: &dyn Fn(&model::Server) -> bool) -> Self {
        let redactor = Redactor::new(image);
        EffectiveImage {
            reference: redactor.prose(&image.reference),
            digest: image.digest.clone(),
            platform: image.platform.as_ref().map(ToString::to_string),
            processes: image
                .servers
                .iter()
                .filter(|s| shows(s))
                .map(|s| Process::new(s, &redactor))
                .collect(),
        }
    }
}

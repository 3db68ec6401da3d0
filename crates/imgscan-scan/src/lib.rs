//! The order of the stages and nothing else.
//!
//! ```text
//! image ─ read layers ─ launch ─ dialects ─ what if ─ rules ─ report
//!            ▲             │         │
//!            └── files asked for that were not kept (a bounded loop)
//! ```
//!
//! [`read`] turns an image into files ([`Files`]); [`analyse`] turns files into a report; [`explain`] answers for one
//! setting of a report.

mod analyse;
mod changed;
mod error;
mod explain;
mod layers;
mod pool;
mod read;
mod shared;
mod supply;
mod what_if;

pub use analyse::analyse;
pub use error::ScanError;
pub use explain::{ExplainError, explain, nearest_setting, setting};
pub use read::{Files, describe, open, read};
pub use shared::Shared;
pub use supply::Supply;

pub use imgscan_dialects::nginx::select::Question;
use std::sync::Arc;

use imgscan_model::{ImageReport, Overrides};
use imgscan_source::Image;

/// What the user chose about a scan.
#[derive(Clone, Debug, Default)]
pub struct ScanOptions {
    /// What stands for the run time.
    pub overrides: Overrides,
    /// What the scans of a run share.
    pub shared: Arc<Shared>,
}

/// Scans one image.
///
/// # Errors
/// Where a layer or the config cannot be had, is damaged or passes a bound. Content of files is never an error.
pub fn scan(image: &Image, options: &ScanOptions) -> Result<ImageReport, ScanError> {
    let files = read(image, options)?;
    analyse(image, files, options)
}

//! What a user accepts and what a user demands: the configuration file with its severities and ignores
//! ([`config`]), comments in the image's own files ([`inline`]), a baseline of known findings ([`baseline`]).
//!
//! Nothing here reads a file or a clock: the caller hands in texts and the day.

pub mod apply;
pub mod baseline;
pub mod config;
pub mod diff;
pub mod inline;

pub use apply::{Outcome, apply};
pub use baseline::Baseline;
pub use config::{Day, Ignore, Policy, PolicyError};
pub use diff::differences;

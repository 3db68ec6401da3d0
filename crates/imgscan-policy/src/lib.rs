//! What a user accepts and what a user demands: the configuration file with its severities and ignores
//! ([`config`]) and what must hold ([`expect`]), comments in the image's own files ([`inline`]), a baseline of known findings ([`baseline`]).
//!
//! Nothing here reads a file or a clock: the caller hands in texts and the day.

pub mod apply;
pub mod baseline;
pub mod config;
pub mod day;
pub mod diff;
pub mod expect;
pub mod fault;
pub mod inline;
mod raw;

pub use apply::{Outcome, apply};
pub use baseline::Baseline;
pub use config::{Expectation, Ignore, Policy, RuleOptions, schema};
pub use day::Day;
pub use diff::differences;
pub use expect::expectations;
pub use fault::PolicyError;

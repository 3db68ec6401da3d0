//! A report to bytes.
//!
//! Two formats: [`text`] for people and [`json`] for machines. Both take the model's nouns and neither reads a file
//! nor decides anything: what they show is what the scan has found. Credentials never leave this crate
//! ([`redact`]), and text from an image never reaches a terminal unescaped ([`escape`]).

pub mod escape;
#[cfg(test)]
mod fixture;
pub mod json;
pub mod redact;
pub mod text;

#[cfg(test)]
mod tests;

//! A report to bytes.
//!
//! [`text`] is for people, [`json`] for machines, the others for the places where pipelines show results. All take the
//! model's nouns; none reads a file or decides anything: what they show is what the scan has found. Credentials never
//! leave this crate ([`redact`]), and text from an image never reaches a terminal unescaped ([`escape`]).

pub mod escape;
#[cfg(test)]
mod fixture;
pub mod github;
pub mod gitlab;
pub mod gitlab_security;
pub mod html;
pub mod json;
pub mod junit;
mod location;
pub mod markdown;
pub mod redact;
pub mod sarif;
pub mod text;

#[cfg(test)]
mod tests;

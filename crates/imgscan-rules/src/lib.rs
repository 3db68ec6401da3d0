//! Rules: what is wrong, or surprising, in the settings and processes of an image. One file a rule.
//!
//! A rule reads no files: it sees [`Facts`].

mod facts;

pub use facts::{Facts, WhatIf};

//! What the gunicorn tests share.
#![allow(dead_code)] // Each test file uses its own part.

pub(crate) mod case;
pub(crate) mod setup;

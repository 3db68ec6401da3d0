//! The nginx dialect against answers of real nginx.

#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

mod case;
mod cases;
mod hostile;
mod large;
mod lexing;
mod merging;
mod truth;

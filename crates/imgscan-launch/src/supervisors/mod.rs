//! Programs that start others, watch them and stop them.

mod circus;
mod execline;
mod format;
mod procfile;
mod runit;
mod s6;
mod supervisord;

use imgscan_model::FileView;

use crate::wrappers::{Unwrapping, Wrapper};

/// Every supervisor.
pub(crate) static WRAPPERS: &[&[Wrapper]] = &[
    supervisord::WRAPPERS,
    circus::WRAPPERS,
    s6::WRAPPERS,
    runit::WRAPPERS,
    procfile::WRAPPERS,
    execline::WRAPPERS,
];

/// What stands for a program that is not in the image, where the rest of the image says what it must be.
pub(crate) fn for_missing(word: &str, files: &dyn FileView) -> Option<Unwrapping> {
    (word == "/init" && s6::is_laid_out(files)).then_some(s6::unread_init as Unwrapping)
}

//! Programs that start others, watch them and stop them.

mod format;
mod supervisord;

use crate::wrappers::Wrapper;

/// Every supervisor.
pub(crate) static WRAPPERS: &[Wrapper] = &[supervisord::WRAPPER];

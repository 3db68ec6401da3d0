//! The dialects, one line each. The first that claims a process reads it.

use crate::Dialect;

/// All dialects.
pub static DIALECTS: &[&dyn Dialect] = &[];

//! The dialects, one line each. The first that claims a process reads it.

use crate::Dialect;
use crate::gunicorn::Gunicorn;
use crate::nginx::Nginx;

/// All dialects.
pub static DIALECTS: &[&dyn Dialect] = &[&Gunicorn, &Nginx];

//! Abstract evaluation of a Python module. The module is *read*: no interpreter runs, nothing is imported.
//!
//! [`evaluate`] answers what the names of the module hold when it has run: exact where the outcome is determined,
//! symbolic where it hangs on something named, unknown with the reason where it must be.

mod builtins;
mod evaluate;
mod format;
mod interp;
mod methods;
mod number;
mod object;
mod outcome;
mod snapshot;
mod source;
mod stdlib;
mod syntax;

pub use evaluate::{evaluate, evaluate_detached};
pub use outcome::{Arity, Binding, End, EnvRead, Module, Outcome, PyValue};

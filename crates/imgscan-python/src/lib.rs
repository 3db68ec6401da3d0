//! Abstract evaluation of a Python module. The module is *read*: no interpreter runs, nothing is imported.
//!
//! [`evaluate`] answers what the names of the module hold when it has run: exact where the outcome is determined,
//! symbolic where it hangs on something named, unknown with the reason where it must be.

mod evaluate;
mod outcome;

pub use evaluate::evaluate;
pub use outcome::{Arity, Binding, End, EnvRead, Module, Outcome, PyValue};

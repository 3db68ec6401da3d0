//! Numbers with Python's exact semantics.

pub(crate) mod arithmetic;
pub(crate) mod parse;
pub(crate) mod text;

pub(crate) use arithmetic::Fault;

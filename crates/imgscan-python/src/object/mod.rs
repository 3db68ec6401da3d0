//! The objects of the program that is read: values, the heap they live in, and what is certain about those that only
//! the run time knows.

pub(crate) mod condition;
pub(crate) mod dict;
pub(crate) mod heap;
pub(crate) mod instance;
pub(crate) mod key;
pub(crate) mod symbolic;
pub(crate) mod trace;
pub(crate) mod types;
pub(crate) mod value;

pub(crate) use condition::Condition;
pub(crate) use dict::{Dict, DictKind, Entry};
pub(crate) use heap::{Heap, Id, Object};
pub(crate) use key::{Key, KeyFault};
pub(crate) use symbolic::{Level, Piece, Symbolic, Unknown};
pub(crate) use trace::{Step, Trace};
pub(crate) use types::Type;
pub(crate) use value::{External, ExternalKind, Kind, Native, Range, Value};

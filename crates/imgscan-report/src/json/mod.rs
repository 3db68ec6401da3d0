//! JSON for machines, one module a version of the contract.
//!
//! Within a version fields are added, never renamed, moved or retyped.

pub mod v1;

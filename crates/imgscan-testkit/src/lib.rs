//! For tests only: images built from small text recipes (no Docker, the same bytes every time), and a registry in
//! the same process that can misbehave on demand.

pub mod layout;
pub mod lazy;
pub mod recipe;
pub mod registry;

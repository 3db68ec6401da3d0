//! Text forms: `repr`, format specifications, `%` and `{}`.

pub(crate) mod braces;
pub(crate) mod percent;
pub(crate) mod repr;
pub(crate) mod spec;

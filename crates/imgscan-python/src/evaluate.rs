//! The way in: a module and its world go in, an outcome comes out.

use crate::outcome::{End, Module, Outcome};
use imgscan_model::Origin;

/// What the names of `module` hold when it has run.
///
/// Never fails: what cannot be told is [`crate::PyValue::Unknown`] or [`End::Unknown`] with the reason.
pub fn evaluate(module: &Module<'_>) -> Outcome {
    let origin =
        module.source.whole().map_or_else(|| Origin::Runtime { what: module.path.into() }, |p| p.origin);
    let reason = "the module was not evaluated".to_owned();
    Outcome {
        bindings: Vec::new(),
        end: End::Unknown { reason: reason.clone(), origin },
        reads: Vec::new(),
        imported: Vec::new(),
        open: Some(reason),
        problems: Vec::new(),
    }
}

//! `ast`

use super::native;
use crate::interp::{Args, Interp, Res, Stop};
use crate::object::{Kind, Native, Type, Value};

pub(super) static FUNCTIONS: [Native; 1] = [native("ast", "literal_eval", literal_eval)];

/// `ast.literal_eval(text)`
fn literal_eval(interp: &mut Interp<'_>, args: Args) -> Res<Value> {
    let value = interp.only("literal_eval", args)?;
    interp.expect_known(&value)?;
    let Kind::Str(text) = &value.kind else {
        // A syntax tree may be given too; anything else is malformed.
        return Err(match interp.is_unclear(&value) {
            true => Stop::Opaque(Box::new(value)),
            false => interp.raise_unclear(Type::ValueError),
        });
    };
    let trimmed = text.trim_start_matches([' ', '\t']).to_owned();
    interp.run_literal(&trimmed).map(|v| v.also(&value.trace))
}

//! Operators of one operand.

use num_bigint::BigInt;

use crate::object::{Kind, Level, Type, Value};
use crate::syntax::ir::UnaryOp;

use super::error::Stop;
use super::{Interp, Res};

impl Interp<'_> {
    /// `-value`, `+value`, `~value`, `not value`
    pub(crate) fn unary(&mut self, op: UnaryOp, value: &Value) -> Res<Value> {
        if op == UnaryOp::Not {
            return self.not(value);
        }
        let result = self.apart(std::slice::from_ref(value), &mut |interp, values| match values {
            [value] => interp.unary_known(op, value),
            _ => Ok(Value::none()),
        });
        match Interp::or_opaque(result)? {
            Ok(result) => Ok(result.also(&value.trace)),
            Err(culprit) => {
                let sign = sign(op);
                let text = self.express_at(value, Level::Unary).map(|text| format!("{sign}{text}"));
                let class = match self.class_of(value) {
                    Some(Type::Bool) => Some(Type::Int),
                    class @ Some(Type::Int | Type::Float) => class,
                    _ => None,
                };
                if class.is_none() {
                    self.may_raise(None, text.as_deref().unwrap_or("an operator"), &self.needs_of(value))?;
                }
                Ok(self.opaque(text, Level::Unary, class, &[value], &culprit))
            }
        }
    }

    fn unary_known(&mut self, op: UnaryOp, value: &Value) -> Res<Value> {
        self.expect_known(value)?;
        // What is not set in a member of an enumeration hangs on what members there are.
        if let Some(n) = value.as_int().filter(|_| op != UnaryOp::Invert || !self.is_unclear(value)) {
            return Ok(Value::int(match op {
                UnaryOp::Minus => -n,
                UnaryOp::Invert => -n - BigInt::from(1),
                UnaryOp::Plus | UnaryOp::Not => n,
            }));
        }
        match (op, &value.kind) {
            (UnaryOp::Minus, Kind::Float(x)) => return Ok(Value::float(-x)),
            (UnaryOp::Plus, Kind::Float(x)) => return Ok(Value::float(*x)),
            _ => {}
        }
        let method = match op {
            UnaryOp::Minus => "__neg__",
            UnaryOp::Plus => "__pos__",
            _ => "__invert__",
        };
        if let Some(result) = self.call_special(value, method, &[])? {
            return Ok(result);
        }
        if self.is_unclear(value) {
            return Err(Stop::Opaque(Box::new(value.clone())));
        }
        let name = self.type_name(value);
        Err(self.type_error(format!("bad operand type for unary {}: '{name}'", sign(op))))
    }
}

fn sign(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Minus => "-",
        UnaryOp::Plus => "+",
        UnaryOp::Invert => "~",
        UnaryOp::Not => "not ",
    }
}

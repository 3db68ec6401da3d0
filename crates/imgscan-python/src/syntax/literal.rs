//! Constants as they stand in the source.

use std::rc::Rc;

use num_bigint::BigInt;
use num_traits::Num;
use ruff_python_ast::{BytesLiteralValue, Int, Number, StringLiteral, StringLiteralValue};
use ruff_text_size::Ranged;

use super::ir::{ExprKind, HolePiece, Literal};
use super::{Fault, Lower};

impl Lower<'_> {
    /// A string literal, adjacent ones joined.
    pub(super) fn string(&self, value: &StringLiteralValue) -> ExprKind {
        let mut text = String::new();
        for part in value.as_slice() {
            if self.has_surrogate(part) {
                return ExprKind::Unclear("the string holds half of a surrogate pair".into());
            }
            text.push_str(&part.value);
        }
        ExprKind::Literal(self.text(&text))
    }

    /// A decoded string, cut at the parts of the source that are not known.
    pub(super) fn text(&self, text: &str) -> Literal {
        if !self.unit.has_holes() {
            return Literal::Str(text.into());
        }
        let mut pieces: Vec<HolePiece> = Vec::new();
        let mut plain = String::new();
        for c in text.chars() {
            match self.unit.hole_of(c) {
                None => plain.push(c),
                Some(index) => {
                    if !plain.is_empty() {
                        pieces.push(HolePiece::Text(std::mem::take(&mut plain).into()));
                    }
                    pieces.push(HolePiece::Hole(index));
                }
            }
        }
        if pieces.is_empty() {
            return Literal::Str(text.into());
        }
        if !plain.is_empty() {
            pieces.push(HolePiece::Text(plain.into()));
        }
        Literal::Holes(pieces.into())
    }

    /// The parser writes U+FFFD for an escaped surrogate, which a Rust string cannot hold.
    fn has_surrogate(&self, part: &StringLiteral) -> bool {
        if !part.value.contains('\u{FFFD}') {
            return false;
        }
        let range = part.range();
        let source = self.unit.code().get(range.start().to_usize()..range.end().to_usize()).unwrap_or("");
        let lower = source.to_ascii_lowercase();
        ["\\ud8", "\\ud9", "\\uda", "\\udb", "\\udc", "\\udd", "\\ude", "\\udf", "\\u0000d"]
            .iter()
            .any(|escape| lower.contains(escape))
    }

    /// The same for the literal text of an f-string, of which only the whole source is at hand.
    pub(super) fn may_hold_surrogate(&self, decoded: &str, source: &str) -> bool {
        decoded.contains('\u{FFFD}') && !source.contains('\u{FFFD}')
    }

    /// A bytes literal, adjacent ones joined.
    pub(super) fn bytes(&self, value: &BytesLiteralValue) -> Result<Literal, Fault> {
        let mut bytes: Vec<u8> = Vec::new();
        for part in value.as_slice() {
            let range = part.range();
            let source = self.unit.code().get(range.start().to_usize()..range.end().to_usize()).unwrap_or("");
            if self.unit.has_holes() && source.chars().any(|c| self.unit.hole_of(c).is_some()) {
                return Err(Fault::Unclear("a bytes literal in the source is not known".into()));
            }
            bytes.extend_from_slice(&part.value);
        }
        Ok(Literal::Bytes(bytes.into()))
    }

    /// A number.
    pub(super) fn number(&self, value: &Number) -> ExprKind {
        match value {
            Number::Int(int) => match big(int) {
                Some(int) => ExprKind::Literal(Literal::Int(Rc::new(int))),
                None => ExprKind::Unclear("the number could not be read".into()),
            },
            Number::Float(float) => ExprKind::Literal(Literal::Float(*float)),
            Number::Complex { .. } => ExprKind::Unclear("complex numbers are not followed".into()),
        }
    }
}

/// The parser keeps a large number as it was written, underscores taken out.
fn big(int: &Int) -> Option<BigInt> {
    if let Some(small) = int.as_i64() {
        return Some(small.into());
    }
    let text = int.to_string().replace('_', "").to_ascii_lowercase();
    match text.get(..2) {
        Some("0x") => BigInt::from_str_radix(text.get(2..)?, 16).ok(),
        Some("0o") => BigInt::from_str_radix(text.get(2..)?, 8).ok(),
        Some("0b") => BigInt::from_str_radix(text.get(2..)?, 2).ok(),
        // Decimal conversion is quadratic; CPython refuses more than 4300 digits by default.
        _ if text.len() > 4_300 => None,
        _ => text.parse().ok(),
    }
}

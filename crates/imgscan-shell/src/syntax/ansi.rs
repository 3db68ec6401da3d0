//! `$'…'`: escapes as in ANSI C.

use super::cursor::{Fault, Parsed};
use super::parser::Parser;
use super::tree::Part;

impl Parser<'_> {
    /// `$'…'`, the cursor at the quote.
    pub(crate) fn ansi_quoted(&mut self) -> Parsed<Part> {
        let open = self.cursor.at();
        self.cursor.step(1);
        let start = self.cursor.at();
        loop {
            match self.cursor.raw_peek() {
                None => return Err(Fault { at: open, reason: "a single quote is not closed".into() }),
                Some(b'\'') => break,
                Some(b'\\') => {
                    self.cursor.step(1);
                    self.cursor.bump();
                }
                Some(_) => {
                    self.cursor.bump();
                }
            }
        }
        let span = self.cursor.span_from(start);
        self.cursor.step(1);
        let body = self.source.raw().get(span.range()).unwrap_or("");
        Ok(match decode(body) {
            Some(text) => Part::Decoded(text, span),
            None => Part::Unreadable(span),
        })
    }
}

/// Decodes the escapes of `$'…'` as bash 5.2 does; `None` where bytes come out that are no UTF-8, or where the
/// shells disagree.
pub(crate) fn decode(body: &str) -> Option<String> {
    let mut bytes: Vec<u8> = Vec::with_capacity(body.len());
    let mut rest = body.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '\\' {
            bytes.extend(c.encode_utf8(&mut [0; 4]).bytes());
            continue;
        }
        let Some(escape) = rest.next() else {
            bytes.push(b'\\');
            break;
        };
        match escape {
            'a' => bytes.push(7),
            'b' => bytes.push(8),
            'e' | 'E' => bytes.push(27),
            'f' => bytes.push(12),
            'n' => bytes.push(b'\n'),
            'r' => bytes.push(b'\r'),
            't' => bytes.push(b'\t'),
            'v' => bytes.push(11),
            '\\' | '\'' | '"' | '?' => bytes.push(escape as u8),
            '0'..='7' => {
                let value = digits(&mut rest, 8, 2, escape.to_digit(8)?);
                match u8::try_from(value & 0xff).ok()? {
                    0 => return None,
                    byte => bytes.push(byte),
                }
            }
            'x' => match rest.peek().and_then(|c| c.to_digit(16)) {
                Some(_) => match u8::try_from(digits(&mut rest, 16, 2, 0)).ok()? {
                    0 => return None,
                    byte => bytes.push(byte),
                },
                None => return None,
            },
            'u' | 'U' => {
                rest.peek().and_then(|c| c.to_digit(16))?;
                let c = char::from_u32(digits(&mut rest, 16, if escape == 'u' { 4 } else { 8 }, 0))?;
                // What a character beyond ASCII becomes depends on the locale.
                bytes.push(u8::try_from(u32::from(c)).ok().filter(|b| (1..0x80).contains(b))?);
            }
            'c' => return None,
            other => {
                bytes.push(b'\\');
                bytes.extend(other.encode_utf8(&mut [0; 4]).bytes());
            }
        }
    }
    String::from_utf8(bytes).ok()
}

/// At most `most` further digits behind a value already read.
fn digits(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, radix: u32, most: usize, first: u32) -> u32 {
    let mut value = first;
    for _ in 0..most {
        let Some(digit) = rest.peek().and_then(|c| c.to_digit(radix)) else { break };
        value = value.wrapping_mul(radix).wrapping_add(digit);
        rest.next();
    }
    value
}

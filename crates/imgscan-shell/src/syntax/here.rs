//! Here-documents.

use std::sync::Arc;

use imgscan_model::Text;

use super::cursor::{Fault, Parsed};
use super::parser::{Parser, Pending};
use super::tree::{HereDoc, Part, Span, Unit};
use super::words::is_meta;

impl Parser<'_> {
    /// The delimiter behind `<<`: an index is given out at once, the body is read after the next newline.
    pub(crate) fn here_operator(&mut self, strip: bool) -> Parsed<usize> {
        self.skip_blanks();
        let (delimiter, quoted) = self.delimiter()?;
        let index = self.here.len();
        self.here.push(HereDoc { unit: Arc::default(), parts: Vec::new() });
        self.pending.push(Pending { index, delimiter, quoted, strip });
        Ok(index)
    }

    /// A word taken as it stands, its quotes removed, and whether it had any.
    fn delimiter(&mut self) -> Parsed<(String, bool)> {
        let start = self.cursor.at();
        let mut word = String::new();
        let mut quoted = false;
        while let Some(byte) = self.cursor.peek() {
            match byte {
                b'\'' | b'"' => {
                    quoted = true;
                    self.cursor.step(1);
                    loop {
                        match self.cursor.bump() {
                            None => return Err(Fault { at: start, reason: "a quote is not closed".into() }),
                            Some(c) if c == char::from(byte) => break,
                            Some(c) => word.push(c),
                        }
                    }
                }
                b'\\' => {
                    quoted = true;
                    self.cursor.step(1);
                    word.extend(self.cursor.bump());
                }
                _ if is_meta(byte) => break,
                _ => word.extend(self.cursor.bump()),
            }
        }
        if self.cursor.at() == start {
            return Err(self.cursor.fault("a here-document has no delimiter"));
        }
        Ok((word, quoted))
    }

    /// Takes the newline here, and the bodies that wait for it.
    pub(crate) fn newline(&mut self) -> Parsed<()> {
        self.cursor.step(1);
        for pending in std::mem::take(&mut self.pending) {
            let body = self.body(&pending);
            let doc = if pending.quoted {
                let whole = Part::Quoted(Span::new(0, body.len()));
                HereDoc { unit: Arc::new(Unit { source: body, here: Vec::new() }), parts: vec![whole] }
            } else {
                self.here_parts(&body).map_err(|fault| Fault { at: self.cursor.at(), ..fault })?
            };
            if let Some(place) = self.here.get_mut(pending.index) {
                *place = doc;
            }
        }
        Ok(())
    }

    /// The lines up to the delimiter (or the end of the text), which is taken.
    fn body(&mut self, pending: &Pending) -> Text {
        let mut pieces: Vec<Span> = Vec::new();
        let mut continued = false;
        loop {
            let rest = self.cursor.rest();
            if rest.is_empty() || self.cursor.is_out_of_fuel() {
                break;
            }
            let tabs = if pending.strip && !continued {
                rest.len() - rest.trim_start_matches('\t').len()
            } else {
                0
            };
            let line = rest[tabs..].split('\n').next().unwrap_or("");
            let has_newline = tabs + line.len() < rest.len();
            if !continued && line == pending.delimiter {
                self.cursor.step(tabs + line.len() + usize::from(has_newline));
                break;
            }
            let start = self.cursor.at() + tabs;
            self.cursor.step(tabs + line.len() + usize::from(has_newline));
            match pieces.last_mut() {
                Some(last) if last.end as usize == start => last.end = self.cursor.span_from(start).end,
                _ => pieces.push(self.cursor.span_from(start)),
            }
            let backslashes = line.len() - line.trim_end_matches('\\').len();
            continued = !pending.quoted && backslashes % 2 == 1 && has_newline;
        }
        self.joined(&pieces)
    }
}

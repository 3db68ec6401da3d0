//! Field splitting by `IFS`.

use imgscan_model::{Shape, Text};

use super::{Frag, Kind};
use crate::shell::Shell;

/// A field: its pieces in order.
pub(super) type Field = Vec<Frag>;

struct Splitter {
    fields: Vec<Field>,
    current: Field,
    started: bool,
    /// White space has just ended a field: a separator that follows belongs to it.
    after_blank: bool,
}

/// Splits pieces to fields.
pub(super) fn split(shell: &Shell, frags: &[Frag]) -> Vec<Field> {
    let ifs = match shell.value("IFS") {
        None => Some(" \t\n".to_owned()),
        Some(text) => text.known().map(str::to_owned),
    };
    let mut splitter =
        Splitter { fields: Vec::new(), current: Vec::new(), started: false, after_blank: false };
    for frag in frags {
        match frag {
            Frag::Break => splitter.end(),
            Frag::Text(text, Kind::Expanded) => match &ifs {
                Some(ifs) => splitter.expanded(text, ifs),
                None => {
                    let reason = "it is split by an `IFS` that is not known";
                    let hole = crate::texts::unknown(reason, text.needs(), &shell.here()).unquoted();
                    splitter.append(Frag::Text(hole, Kind::Quoted));
                }
            },
            other => splitter.append(other.clone()),
        }
    }
    splitter.end();
    splitter.fields
}

impl Splitter {
    fn append(&mut self, frag: Frag) {
        self.current.push(frag);
        self.started = true;
        self.after_blank = false;
    }

    fn end(&mut self) {
        if self.started {
            self.fields.push(std::mem::take(&mut self.current));
        }
        self.started = false;
    }

    fn expanded(&mut self, text: &Text, ifs: &str) {
        let text = &text.unquoted();
        let raw = text.raw();
        let holes: Vec<(usize, Shape)> = text.holes().map(|(range, o)| (range.start, o.shape)).collect();
        let mut run: Option<usize> = None;
        for (at, c) in raw.char_indices() {
            let is_hole = holes.binary_search_by_key(&at, |h| h.0).is_ok();
            if is_hole || !ifs.contains(c) {
                run.get_or_insert(at);
                continue;
            }
            if let Some(start) = run.take() {
                self.append(Frag::Text(text.slice(start..at), Kind::Expanded));
            }
            if matches!(c, ' ' | '\t' | '\n') {
                if self.started {
                    self.end();
                    self.after_blank = true;
                }
            } else if self.after_blank {
                self.after_blank = false;
            } else {
                if !self.started {
                    self.current.push(Frag::Text(text.slice(at..at), Kind::Quoted));
                    self.started = true;
                }
                self.end();
            }
        }
        if let Some(start) = run {
            self.append(Frag::Text(text.slice(start..raw.len()), Kind::Expanded));
        }
    }
}

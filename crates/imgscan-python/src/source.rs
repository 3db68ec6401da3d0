//! The source of a module as the parser gets it, and the way back from byte offsets to places in the image.

use std::rc::Rc;

use imgscan_model::text::HOLE;
use imgscan_model::{Opaque, Origin, Place, Shape, Text};

/// A stretch of one of the units that are evaluated: bytes `start..end` of unit number `unit`. Unit 0 is no place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Site {
    pub(crate) unit: u16,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Site {
    /// Whether it is a place at all.
    pub(crate) fn is_some(self) -> bool {
        self.unit != 0
    }

    /// Whether `other` lies within it.
    pub(crate) fn covers(self, other: Site) -> bool {
        self.unit == other.unit && self.start <= other.start && other.end <= self.end
    }
}

/// First of the characters that stand for the holes of a source: identifiers of three bytes each, like
/// [`HOLE`] itself, so that offsets stay what they are.
const MARKERS: std::ops::Range<u32> = 0x4E00..0x9FA5;

/// A source file with its path.
#[derive(Debug)]
pub(crate) struct Unit {
    /// For tracebacks and `__file__`.
    pub(crate) path: Rc<str>,
    text: Text,
    /// The source with an identifier for each part that is not known.
    code: String,
    markers: Vec<char>,
}

impl Unit {
    /// A unit; `None` where more parts are unknown than can be told apart.
    pub(crate) fn new(path: &str, text: &Text) -> Option<Unit> {
        let starts: Vec<usize> = text.holes().map(|(range, _)| range.start).collect();
        let raw = text.raw();
        if starts.is_empty() {
            return Some(Unit {
                path: path.into(),
                text: text.clone(),
                code: raw.to_owned(),
                markers: Vec::new(),
            });
        }
        let used: std::collections::HashSet<char> =
            raw.chars().filter(|c| MARKERS.contains(&u32::from(*c))).collect();
        let mut free = MARKERS.filter_map(char::from_u32).filter(|c| !used.contains(c));
        let mut code = String::with_capacity(raw.len());
        let mut markers = Vec::new();
        for (at, c) in raw.char_indices() {
            if c == HOLE && starts.binary_search(&at).is_ok() {
                let marker = free.next()?;
                markers.push(marker);
                code.push(marker);
            } else {
                code.push(c);
            }
        }
        Some(Unit { path: path.into(), text: text.clone(), code, markers })
    }

    /// What the parser gets.
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// Which hole a character stands for.
    pub(crate) fn hole_of(&self, c: char) -> Option<usize> {
        self.markers.iter().position(|m| *m == c)
    }

    /// Whether any part of the source is not known.
    pub(crate) fn has_holes(&self) -> bool {
        !self.markers.is_empty()
    }

    /// The hole's expression.
    pub(crate) fn hole(&self, index: usize) -> Option<&Opaque> {
        self.text.holes().nth(index).map(|(_, opaque)| opaque)
    }

    /// Whether every hole is a number or a word, so that the lines and the quotes around it are certain.
    pub(crate) fn shape_of(&self, index: usize) -> Shape {
        self.hole(index).map_or(Shape::Any, |opaque| opaque.shape)
    }

    /// The place of a stretch, and what it came through before.
    pub(crate) fn place(&self, start: u32, end: u32) -> Option<Place> {
        self.text.place(start as usize..end as usize)
    }

    /// The file as a whole.
    pub(crate) fn origin(&self) -> Origin {
        match self.text.whole() {
            Some(place) => place.origin,
            None => Origin::Runtime { what: (&*self.path).into() },
        }
    }
}

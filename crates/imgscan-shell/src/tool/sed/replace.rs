//! `s` and `y`: what is put in the place of what.

use imgscan_model::Shape;

use super::read::Reader;
use super::script::{Action, Piece};

impl Reader<'_> {
    pub(super) fn substitute(&mut self) -> Option<Action> {
        let delimiter = self.take()?;
        let pattern = self.delimited(delimiter)?;
        let with = self.replacement(delimiter)?;
        let (mut all, mut number, mut print, mut ignore_case) = (false, 1, false, false);
        loop {
            match self.peek() {
                Some('g') => all = true,
                Some('p') => print = true,
                Some('I' | 'i') => ignore_case = true,
                Some(c) if c.is_ascii_digit() => {
                    number = self.number().filter(|n| *n > 0)?;
                    continue;
                }
                _ => break,
            }
            self.at += 1;
        }
        if number > 1 && !self.gnu {
            // What busybox makes of `s/x/y/2` differs between its versions.
            return None;
        }
        let regex = self.regex(&pattern, ignore_case)?;
        let groups = regex.as_ref().map_or(9, |r| r.groups);
        if with.iter().any(|p| matches!(p, Piece::Group(n) if *n > groups)) {
            return None;
        }
        Some(Action::Substitute { regex, with, all, number, print })
    }

    /// A replacement up to the delimiter, which is taken. It may hold parts that are not known, if they are certain to
    /// hold neither the delimiter nor anything special.
    fn replacement(&mut self, delimiter: char) -> Option<Vec<Piece>> {
        let mut pieces = Vec::new();
        let mut start = self.at;
        loop {
            if let Some(opaque) = self.text.hole_at(self.at) {
                let safe = match opaque.shape {
                    Shape::Number => !delimiter.is_ascii_digit() && !matches!(delimiter, '+' | '-'),
                    Shape::Word => delimiter.is_whitespace() || "|;<>'\"".contains(delimiter),
                    _ => false,
                };
                if !safe {
                    return None;
                }
                self.at += self.peek()?.len_utf8();
                continue;
            }
            let here = self.at;
            let c = self.take()?;
            let special = match c {
                c if c == delimiter => None,
                '&' => Some(Piece::Group(0)),
                '\\' => {
                    let next = self.take()?;
                    let place = self.text.slice(here..self.at);
                    Some(match next {
                        '0'..='9' => Piece::Group(next.to_digit(10)? as usize),
                        'n' => Piece::Text(place.respelled("\n")),
                        't' => Piece::Text(place.respelled("\t")),
                        'L' | 'U' | 'l' | 'u' | 'E' => return None,
                        c if c.is_ascii_alphanumeric() => return None,
                        c => Piece::Text(self.text.slice(self.at - c.len_utf8()..self.at)),
                    })
                }
                _ => continue,
            };
            if start < here {
                pieces.push(Piece::Text(self.text.slice(start..here)));
            }
            start = self.at;
            match special {
                Some(piece) => pieces.push(piece),
                None => return Some(pieces),
            }
        }
    }

    pub(super) fn translate(&mut self) -> Option<Action> {
        let delimiter = self.take()?;
        let from = self.translated(delimiter)?;
        let to = self.translated(delimiter)?;
        (from.len() == to.len()).then(|| Action::Translate(from.into_iter().zip(to).collect()))
    }

    fn translated(&mut self, delimiter: char) -> Option<Vec<char>> {
        let mut chars = Vec::new();
        loop {
            match self.take()? {
                c if c == delimiter => return Some(chars),
                '\\' => match self.take()? {
                    'n' => chars.push('\n'),
                    '\\' => chars.push('\\'),
                    c if c == delimiter => chars.push(c),
                    _ => return None,
                },
                c if c.is_ascii() => chars.push(c),
                _ => return None,
            }
        }
    }
}

//! Shell patterns: `*`, `?`, `[…]` and bash's extended ones, matched in bounded time.

use imgscan_model::{Shape, Text};

/// Whether something holds: yes, no, or that cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tri {
    Yes,
    No,
    Maybe,
}

impl From<bool> for Tri {
    fn from(is: bool) -> Self {
        if is { Tri::Yes } else { Tri::No }
    }
}

impl Tri {
    pub(crate) fn known(self) -> Option<bool> {
        match self {
            Tri::Yes => Some(true),
            Tri::No => Some(false),
            Tri::Maybe => None,
        }
    }

    pub(crate) fn not(self) -> Self {
        match self {
            Tri::Yes => Tri::No,
            Tri::No => Tri::Yes,
            Tri::Maybe => Tri::Maybe,
        }
    }
}

/// An element of a bracket expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Member {
    Char(char),
    Range(char, char),
    /// `[:alpha:]`
    Named(String),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Atom {
    Char(char),
    /// `?`
    Any,
    /// `*`
    Star,
    Bracket {
        negated: bool,
        members: Vec<Member>,
    },
    /// `?( )`, `*( )`, `+( )`, `@( )`, `!( )`
    Extended(char, Vec<Pattern>),
    /// Characters that are not known.
    Hole,
}

/// A pattern as read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Pattern {
    pub atoms: Vec<Atom>,
}

/// A character of a word and whether a quote protects it; or an extended pattern.
#[derive(Clone, Debug)]
pub(crate) enum Unit {
    Char(char, bool),
    Extended(char, Vec<Pattern>),
    Hole,
}

impl Pattern {
    /// Reads a pattern. Unquoted backslashes (they come out of expansions) protect the next character.
    pub(crate) fn of(units: &[Unit]) -> Pattern {
        let mut atoms = Vec::new();
        let mut at = 0;
        while let Some(unit) = units.get(at) {
            at += 1;
            atoms.push(match unit {
                Unit::Hole => Atom::Hole,
                Unit::Extended(kind, choices) => Atom::Extended(*kind, choices.clone()),
                Unit::Char(c, true) => Atom::Char(*c),
                Unit::Char('*', false) if atoms.last() == Some(&Atom::Star) => continue,
                Unit::Char('*', false) => Atom::Star,
                Unit::Char('?', false) => Atom::Any,
                Unit::Char('\\', false) => match units.get(at) {
                    Some(Unit::Char(c, _)) => {
                        at += 1;
                        Atom::Char(*c)
                    }
                    _ => Atom::Char('\\'),
                },
                Unit::Char('[', false) => match bracket(units, at) {
                    Some((atom, end)) => {
                        at = end;
                        atom
                    }
                    None => Atom::Char('['),
                },
                Unit::Char(c, false) => Atom::Char(*c),
            });
        }
        Pattern { atoms }
    }

    /// The pattern that a text written out in full is.
    #[cfg(test)]
    pub(crate) fn parse(text: &str) -> Pattern {
        let units: Vec<Unit> = text.chars().map(|c| Unit::Char(c, false)).collect();
        Pattern::of(&units)
    }

    /// The characters, if nothing in it is special.
    pub(crate) fn literal(&self) -> Option<String> {
        self.atoms.iter().map(|a| if let Atom::Char(c) = a { Some(*c) } else { None }).collect()
    }

    fn is_extended(&self) -> bool {
        self.atoms.iter().any(|a| matches!(a, Atom::Extended(..)))
    }

    fn has_hole(&self) -> bool {
        self.atoms.iter().any(|a| match a {
            Atom::Hole => true,
            Atom::Extended(_, choices) => choices.iter().any(Pattern::has_hole),
            _ => false,
        })
    }

    /// Whether some character of a pattern matches one character, whichever it is: then what a character is
    /// decides, and that depends on the locale for text beyond ASCII.
    fn counts_characters(&self) -> bool {
        self.atoms.iter().any(|a| match a {
            Atom::Any | Atom::Bracket { .. } => true,
            Atom::Extended(_, choices) => choices.iter().any(Pattern::counts_characters),
            Atom::Char(_) | Atom::Star | Atom::Hole => false,
        })
    }

    /// Whether the whole text matches.
    pub(crate) fn matches(&self, text: &Text) -> Tri {
        if let Some(known) = text.known()
            && !self.has_hole()
        {
            return self.matches_str(known);
        }
        if self.has_hole() {
            let same = self.literal_with_holes(text);
            return if same { Tri::Yes } else { Tri::Maybe };
        }
        if self.is_extended() {
            return Tri::Maybe;
        }
        self.simulate(text)
    }

    fn literal_with_holes(&self, _text: &Text) -> bool {
        self.atoms == [Atom::Star]
    }

    /// Whether the whole of a known text matches.
    pub(crate) fn matches_str(&self, text: &str) -> Tri {
        if !text.is_ascii() && self.counts_characters() {
            return Tri::Maybe;
        }
        let chars: Vec<char> = text.chars().collect();
        match self.ends(&chars, 0) {
            Some(ends) => Tri::from(ends.contains(&chars.len())),
            None => Tri::Maybe,
        }
    }

    /// Where matches that begin at `start` may end, ascending; `None` where that takes too long to find out.
    pub(crate) fn ends(&self, text: &[char], start: usize) -> Option<Vec<usize>> {
        if self.is_extended() && text.len() > 2048 {
            return None;
        }
        let mut reached = vec![false; text.len() + 1];
        *reached.get_mut(start)? = true;
        for atom in &self.atoms {
            reached = step(atom, text, &reached)?;
        }
        Some(positions(&reached))
    }

    /// The same pattern from right to left.
    pub(crate) fn reversed(&self) -> Pattern {
        let turn = |atom: &Atom| match atom {
            Atom::Extended(kind, choices) => {
                Atom::Extended(*kind, choices.iter().map(Pattern::reversed).collect())
            }
            other => other.clone(),
        };
        Pattern { atoms: self.atoms.iter().rev().map(turn).collect() }
    }

    /// Matches a text with holes: which states may be reached, and which certainly are, whatever the holes hold.
    fn simulate(&self, text: &Text) -> Tri {
        if !text.raw().is_ascii() && self.counts_characters() {
            return Tri::Maybe;
        }
        let mut may = States::start(self);
        let mut must = States::start(self);
        let holes: Vec<_> = text.holes().collect();
        let mut at = 0;
        for c in text.raw().chars() {
            let hole = holes.iter().find(|(range, _)| range.start == at);
            at += c.len_utf8();
            match hole {
                Some((_, opaque)) => {
                    may.hole(self, opaque.shape);
                    must.keep_stars(self);
                }
                None => {
                    may.advance(self, c);
                    must.advance(self, c);
                }
            }
        }
        match (must.is_final(), may.is_final()) {
            (true, _) => Tri::Yes,
            (false, true) => Tri::Maybe,
            (false, false) => Tri::No,
        }
    }
}

/// The states of a pattern without extended parts: bit `i` says that the first `i` atoms are matched.
struct States(Vec<bool>);

impl States {
    fn start(pattern: &Pattern) -> Self {
        let mut states = vec![false; pattern.atoms.len() + 1];
        states[0] = true;
        let mut states = States(states);
        states.close(pattern);
        states
    }

    /// A star may match nothing.
    fn close(&mut self, pattern: &Pattern) {
        for (i, atom) in pattern.atoms.iter().enumerate() {
            if *atom == Atom::Star && self.0[i] {
                self.0[i + 1] = true;
            }
        }
    }

    fn advance(&mut self, pattern: &Pattern, c: char) {
        let mut next = vec![false; self.0.len()];
        for (i, atom) in pattern.atoms.iter().enumerate() {
            if !self.0[i] {
                continue;
            }
            match atom {
                Atom::Star => next[i] = true,
                other if is_one(other, c) => next[i + 1] = true,
                _ => {}
            }
        }
        self.0 = next;
        self.close(pattern);
    }

    /// Any string of the shape may stand here.
    fn hole(&mut self, pattern: &Pattern, shape: Shape) {
        let mut seen = if matches!(shape, Shape::Number | Shape::Word) {
            vec![false; self.0.len()]
        } else {
            self.0.clone()
        };
        let fits = |atom: &Atom| match shape {
            Shape::Number => "+-0123456789".chars().any(|c| is_one(atom, c)),
            _ => !matches!(atom, Atom::Extended(..)),
        };
        let mut frontier = self.0.clone();
        for _ in 0..=pattern.atoms.len() + 1 {
            let mut next = vec![false; self.0.len()];
            for (i, atom) in pattern.atoms.iter().enumerate() {
                if frontier[i] {
                    match atom {
                        Atom::Star => next[i] = true,
                        other if fits(other) => next[i + 1] = true,
                        _ => {}
                    }
                }
            }
            let mut states = States(next);
            states.close(pattern);
            frontier = states.0;
            seen.iter_mut().zip(&frontier).for_each(|(s, f)| *s |= *f);
        }
        self.0 = seen;
    }

    /// Only a star takes whatever comes.
    fn keep_stars(&mut self, pattern: &Pattern) {
        for (i, state) in self.0.iter_mut().enumerate() {
            *state &= pattern.atoms.get(i) == Some(&Atom::Star);
        }
        self.close(pattern);
    }

    fn is_final(&self) -> bool {
        self.0.last() == Some(&true)
    }
}

fn positions(reached: &[bool]) -> Vec<usize> {
    reached.iter().enumerate().filter(|(_, is)| **is).map(|(i, _)| i).collect()
}

fn step(atom: &Atom, text: &[char], reached: &[bool]) -> Option<Vec<bool>> {
    let mut next = vec![false; reached.len()];
    match atom {
        Atom::Star => {
            if let Some(first) = reached.iter().position(|r| *r) {
                next.iter_mut().skip(first).for_each(|n| *n = true);
            }
        }
        Atom::Hole => return None,
        Atom::Extended(kind, choices) => return extended(*kind, choices, text, reached),
        one => {
            for (i, c) in text.iter().enumerate() {
                if reached[i] && is_one(one, *c) {
                    next[i + 1] = true;
                }
            }
        }
    }
    Some(next)
}

fn extended(kind: char, choices: &[Pattern], text: &[char], reached: &[bool]) -> Option<Vec<bool>> {
    let once = |from: &[bool]| -> Option<Vec<bool>> {
        let mut next = vec![false; from.len()];
        for start in positions(from) {
            for choice in choices {
                for end in choice.ends(text, start)? {
                    next[end] = true;
                }
            }
        }
        Some(next)
    };
    let or = |a: &[bool], b: &[bool]| -> Vec<bool> { a.iter().zip(b).map(|(x, y)| *x || *y).collect() };
    match kind {
        '@' => once(reached),
        '?' => Some(or(reached, &once(reached)?)),
        '!' => {
            let mut next = vec![false; reached.len()];
            for start in positions(reached) {
                let matched = once(&single(reached.len(), start))?;
                for (end, is) in matched.iter().enumerate().skip(start) {
                    next[end] |= !is;
                }
            }
            Some(next)
        }
        _ => {
            let mut all = if kind == '*' { reached.to_vec() } else { vec![false; reached.len()] };
            let mut frontier = reached.to_vec();
            loop {
                let next = once(&frontier)?;
                let grown = or(&all, &next);
                if grown == all {
                    return Some(all);
                }
                frontier = next.iter().zip(&all).map(|(n, a)| *n && !*a).collect();
                all = grown;
            }
        }
    }
}

fn single(len: usize, at: usize) -> Vec<bool> {
    let mut set = vec![false; len];
    if let Some(place) = set.get_mut(at) {
        *place = true;
    }
    set
}

fn is_one(atom: &Atom, c: char) -> bool {
    match atom {
        Atom::Char(x) => *x == c,
        Atom::Any => true,
        Atom::Bracket { negated, members } => *negated != members.iter().any(|m| is_member(m, c)),
        Atom::Star | Atom::Extended(..) | Atom::Hole => false,
    }
}

/// Whether `c` is of a named class, as in the C locale.
pub(crate) fn is_of_class(name: &str, c: char) -> bool {
    match name {
        "alpha" => c.is_ascii_alphabetic(),
        "digit" => c.is_ascii_digit(),
        "alnum" => c.is_ascii_alphanumeric(),
        "upper" => c.is_ascii_uppercase(),
        "lower" => c.is_ascii_lowercase(),
        "space" => c.is_ascii_whitespace() || c == '\x0b',
        "blank" => c == ' ' || c == '\t',
        "punct" => c.is_ascii_punctuation(),
        "print" => c.is_ascii() && !c.is_ascii_control(),
        "graph" => c.is_ascii_graphic(),
        "cntrl" => c.is_ascii_control(),
        "xdigit" => c.is_ascii_hexdigit(),
        _ => false,
    }
}

fn is_member(member: &Member, c: char) -> bool {
    match member {
        Member::Char(x) => *x == c,
        Member::Range(from, to) => (*from..=*to).contains(&c),
        Member::Named(name) => is_of_class(name, c),
    }
}

/// A bracket expression whose `[` stands before `at`: the atom and where it ends. `None` where no `]` closes it.
fn bracket(units: &[Unit], at: usize) -> Option<(Atom, usize)> {
    let plain = |i: usize| match units.get(i) {
        Some(Unit::Char(c, quoted)) => Some((*c, *quoted)),
        _ => None,
    };
    let mut i = at;
    let negated = matches!(plain(i), Some(('!' | '^', false)));
    i += usize::from(negated);
    let mut members = Vec::new();
    let first = i;
    loop {
        let (c, quoted) = plain(i)?;
        if c == ']' && !quoted && i > first {
            return Some((Atom::Bracket { negated, members }, i + 1));
        }
        if c == '[' && !quoted && plain(i + 1) == Some((':', false)) {
            let mut end = i + 2;
            let mut name = String::new();
            while let Some((c, _)) = plain(end).filter(|(c, _)| c.is_ascii_alphabetic()) {
                name.push(c);
                end += 1;
            }
            if plain(end).map(|p| p.0) == Some(':') && plain(end + 1).map(|p| p.0) == Some(']') {
                members.push(Member::Named(name));
                i = end + 2;
                continue;
            }
        }
        let (from, next) = bracket_char(units, i)?;
        if plain(next) == Some(('-', false)) && plain(next + 1).is_some_and(|p| p != (']', false)) {
            let (to, end) = bracket_char(units, next + 1)?;
            members.push(Member::Range(from, to));
            i = end;
        } else {
            members.push(Member::Char(from));
            i = next;
        }
    }
}

/// A character in brackets, and where it ends; an unquoted backslash protects the next.
fn bracket_char(units: &[Unit], at: usize) -> Option<(char, usize)> {
    match units.get(at)? {
        Unit::Char('\\', false) => match units.get(at + 1)? {
            Unit::Char(c, _) => Some((*c, at + 2)),
            _ => None,
        },
        Unit::Char(c, _) => Some((*c, at + 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use imgscan_model::{Opaque, Origin};

    fn matches(pattern: &str, text: &str) -> Tri {
        Pattern::parse(pattern).matches_str(text)
    }

    fn hole(shape: Shape) -> Text {
        let origin = Origin::Runtime { what: "test".into() };
        Text::opaque(Opaque { text: "$(x)".into(), needs: Vec::new(), shape, reason: None }, origin)
    }

    #[test]
    fn patterns_match_as_in_case() {
        assert_eq!(matches("a*", "abc"), Tri::Yes);
        assert_eq!(matches("*.envsh", "/d/x.envsh"), Tri::Yes);
        assert_eq!(matches("*.envsh", "/d/x.sh"), Tri::No);
        assert_eq!(matches("[!a-c]?", "dx"), Tri::Yes);
        assert_eq!(matches("[[:digit:]]*", "5x"), Tri::Yes);
        assert_eq!(matches("[]a]", "]"), Tri::Yes);
        assert_eq!(matches("[", "["), Tri::Yes);
        assert_eq!(matches("\\*", "*"), Tri::Yes);
        assert_eq!(matches("\\*", "a"), Tri::No);
    }

    #[test]
    fn a_hole_matches_certainly_perhaps_or_never() {
        let pattern = Pattern::parse;
        assert_eq!(pattern("*").matches(&hole(Shape::Any)), Tri::Yes);
        assert_eq!(pattern("a*").matches(&hole(Shape::Any)), Tri::Maybe);
        assert_eq!(pattern("a*").matches(&hole(Shape::Number)), Tri::No);
        assert_eq!(pattern("").matches(&hole(Shape::Word)), Tri::No);
        assert_eq!(pattern("").matches(&hole(Shape::Any)), Tri::Maybe);
        assert_eq!(pattern("4").matches(&hole(Shape::Number)), Tri::Maybe);
    }

    #[test]
    fn what_a_character_is_depends_on_the_locale() {
        assert_eq!(matches("?", "é"), Tri::Maybe);
        assert_eq!(matches("é*", "éa"), Tri::Yes);
    }

    #[test]
    fn many_stars_take_no_long_time() {
        let text = "a".repeat(20_000);
        assert_eq!(matches(&"*a".repeat(200), &format!("{text}b")), Tri::No);
    }
}

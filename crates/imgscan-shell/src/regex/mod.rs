//! POSIX regular expressions, basic and extended, as `sed`, `grep`, `awk`, `expr` and bash's `=~` read them: the
//! leftmost longest match (glibc 2.36), in bounded time.
//!
//! What implementations disagree on is refused when the expression is read: a reader that is refused knows nothing
//! rather than something wrong.

mod captures;
mod machine;
mod parse;

use crate::pattern::Member;
use imgscan_model::text::HOLE;
use machine::{Holes, Program};

/// How an expression is read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Syntax {
    /// Extended (`-E`) rather than basic.
    pub extended: bool,
    /// Case does not matter.
    pub ignore_case: bool,
    /// `awk`: a backslash in brackets escapes, and `\/` and `\"` are their characters.
    pub awk: bool,
    /// GNU's `\b`, `\<`, `\>` are known.
    pub gnu: bool,
}

/// A node of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Char(char),
    Any,
    Set { negated: bool, members: Vec<Member> },
    Assert(Assert),
    Group(usize, Box<Node>),
    Concat(Vec<Node>),
    Alternatives(Vec<Node>),
    Repeat { node: Box<Node>, least: u32, most: Option<u32> },
}

/// A place rather than a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Assert {
    Start,
    End,
    WordStart,
    WordEnd,
    WordEdge,
    NotWordEdge,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unsure;

/// An expression ready to match.
#[derive(Clone, Debug)]
pub(crate) struct Regex {
    root: Node,
    program: Program,
    /// Number of groups.
    pub groups: usize,
    ignore_case: bool,
    /// Whether what counts as one character decides: then text beyond ASCII depends on the locale.
    counts_characters: bool,
}

/// A match: from and to, in characters.
pub(crate) type Span = (usize, usize);

impl Regex {
    /// Reads an expression; `None` where it is not followed.
    pub(crate) fn new(text: &str, syntax: Syntax) -> Option<Regex> {
        if text.len() > 4096 {
            return None;
        }
        let (root, groups) = parse::parse(text, syntax)?;
        let program = Program::of(&root)?;
        let counts_characters = counts(&root, false);
        Some(Regex { root, program, groups, ignore_case: syntax.ignore_case, counts_characters })
    }

    /// The leftmost longest match that begins at `from` or later. A [`HOLE`] stands for a word that is not known;
    /// where what it holds could change the match there is no answer.
    pub(crate) fn find(&self, text: &[char], from: usize) -> Result<Option<Span>, Unsure> {
        if self.counts_characters && !text.iter().all(|c| c.is_ascii()) {
            return Err(Unsure);
        }
        // Long lines of hostile text would take quadratic time.
        if text.len().saturating_mul(self.program.len()) > 4_000_000 {
            return Err(Unsure);
        }
        let found = self.find_with(text, from, Holes::AnyCharacter)?;
        if text.contains(&HOLE) && found != self.find_with(text, from, Holes::Anything)? {
            return Err(Unsure);
        }
        Ok(found)
    }

    fn find_with(&self, text: &[char], from: usize, holes: Holes) -> Result<Option<Span>, Unsure> {
        let mut left = 20_000_000usize;
        for start in from..=text.len() {
            if let Some(end) = self.program.longest(text, start, self.ignore_case, holes, &mut left)? {
                return Ok(Some((start, end)));
            }
        }
        Ok(None)
    }

    /// What the groups match within a match, group 1 first. A group that is not certain is an error.
    pub(crate) fn captures(
        &self,
        text: &[char],
        span: Span,
        wanted: &[usize],
    ) -> Result<Vec<Option<Span>>, Unsure> {
        if wanted.iter().all(|group| *group == 0) {
            return Ok(vec![None; self.groups]);
        }
        captures::captures(&self.root, self.groups, text, span, self.ignore_case, wanted)
    }
}

/// Whether a node matches exactly so many characters, whichever they are.
fn counts(node: &Node, repeated: bool) -> bool {
    match node {
        Node::Any | Node::Set { .. } => !repeated,
        Node::Char(_) | Node::Assert(_) => false,
        Node::Group(_, inner) => counts(inner, repeated),
        Node::Concat(nodes) => nodes.iter().any(|n| counts(n, repeated && nodes.len() == 1)),
        Node::Alternatives(nodes) => nodes.iter().any(|n| counts(n, repeated)),
        Node::Repeat { node, most, .. } => counts(node, most.is_none()),
    }
}

/// Whether two characters are the same where case may not matter.
pub(super) fn same_char(a: char, b: char, ignore_case: bool) -> bool {
    a == b || ignore_case && a.eq_ignore_ascii_case(&b)
}

/// Whether a character is in a set.
pub(super) fn in_set(c: char, negated: bool, members: &[Member], ignore_case: bool) -> bool {
    let is = |c: char| {
        members.iter().any(|member| match member {
            Member::Char(x) => *x == c,
            Member::Range(from, to) => (*from..=*to).contains(&c),
            Member::Named(name) => crate::pattern::is_of_class(name, c),
        })
    };
    let found = is(c) || ignore_case && (is(c.to_ascii_lowercase()) || is(c.to_ascii_uppercase()));
    found != negated
}

/// Whether a place holds in a text.
pub(super) fn holds(assert: Assert, text: &[char], at: usize) -> bool {
    let word = |i: usize| text.get(i).is_some_and(|c| c.is_ascii_alphanumeric() || *c == '_');
    let before = at > 0 && word(at - 1);
    let after = word(at);
    match assert {
        Assert::Start => at == 0,
        Assert::End => at == text.len(),
        Assert::WordStart => !before && after,
        Assert::WordEnd => before && !after,
        Assert::WordEdge => before != after,
        Assert::NotWordEdge => before == after,
    }
}

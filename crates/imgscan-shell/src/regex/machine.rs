//! Finding the longest match: all ways through the expression at once.

use super::{Assert, Node, Unsure, holds, in_set, same_char};
use crate::pattern::Member;
use imgscan_model::text::HOLE;

#[derive(Clone, Debug)]
enum Step {
    Char(char),
    Any,
    Set(bool, Vec<Member>),
    Assert(Assert),
    Split(usize, usize),
    Jump(usize),
    Match,
}

/// An expression as steps.
#[derive(Clone, Debug)]
pub(super) struct Program {
    steps: Vec<Step>,
}

/// Most steps of one expression.
const MOST: usize = 20_000;

impl Program {
    /// The steps of a tree; `None` where they are too many.
    pub(super) fn of(root: &Node) -> Option<Program> {
        let mut program = Program { steps: Vec::new() };
        program.add(root)?;
        program.steps.push(Step::Match);
        Some(program)
    }

    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }

    fn push(&mut self, step: Step) -> Option<usize> {
        if self.steps.len() >= MOST {
            return None;
        }
        self.steps.push(step);
        Some(self.steps.len() - 1)
    }

    fn set(&mut self, at: usize, step: Step) {
        if let Some(place) = self.steps.get_mut(at) {
            *place = step;
        }
    }

    fn add(&mut self, node: &Node) -> Option<()> {
        match node {
            Node::Char(c) => self.push(Step::Char(*c)).map(drop),
            Node::Any => self.push(Step::Any).map(drop),
            Node::Set { negated, members } => self.push(Step::Set(*negated, members.clone())).map(drop),
            Node::Assert(assert) => self.push(Step::Assert(*assert)).map(drop),
            Node::Group(_, inner) => self.add(inner),
            Node::Concat(nodes) => nodes.iter().try_for_each(|n| self.add(n)),
            Node::Alternatives(nodes) => self.alternatives(nodes),
            Node::Repeat { node, least, most } => self.repeat(node, *least, *most),
        }
    }

    fn alternatives(&mut self, nodes: &[Node]) -> Option<()> {
        let mut ends = Vec::new();
        for (i, node) in nodes.iter().enumerate() {
            if i + 1 == nodes.len() {
                self.add(node)?;
                break;
            }
            let split = self.push(Step::Jump(0))?;
            self.add(node)?;
            ends.push(self.push(Step::Jump(0))?);
            let next = self.steps.len();
            self.set(split, Step::Split(split + 1, next));
        }
        let end = self.steps.len();
        ends.into_iter().for_each(|at| self.set(at, Step::Jump(end)));
        Some(())
    }

    fn repeat(&mut self, node: &Node, least: u32, most: Option<u32>) -> Option<()> {
        for _ in 0..least {
            self.add(node)?;
        }
        match most {
            None => {
                let split = self.push(Step::Jump(0))?;
                self.add(node)?;
                self.push(Step::Jump(split))?;
                let end = self.steps.len();
                self.set(split, Step::Split(split + 1, end));
            }
            Some(most) => {
                let mut splits = Vec::new();
                for _ in least..most {
                    splits.push(self.push(Step::Jump(0))?);
                    self.add(node)?;
                }
                let end = self.steps.len();
                splits.into_iter().for_each(|at| self.set(at, Step::Split(at + 1, end)));
            }
        }
        Some(())
    }

    /// The end of the longest match that begins at `start`.
    pub(super) fn longest(
        &self,
        text: &[char],
        start: usize,
        ignore_case: bool,
        holes: Holes,
        left: &mut usize,
    ) -> Result<Option<usize>, Unsure> {
        let mut current = Set::new(self.steps.len());
        let mut next = Set::new(self.steps.len());
        let mut found = None;
        self.follow(0, text, start, &mut current);
        for at in start..=text.len() {
            if current.members.is_empty() {
                break;
            }
            *left = left.checked_sub(current.members.len()).ok_or(Unsure)?;
            let c = text.get(at).copied();
            if c == Some(HOLE) && holes == Holes::Anything {
                found = if self.matches_here(&current) { Some(at) } else { found };
                self.through_hole(text, at, &current, &mut next);
                current.clear();
                std::mem::swap(&mut current, &mut next);
                continue;
            }
            for step in std::mem::take(&mut current.members) {
                let goes_on = match (self.steps.get(step), c) {
                    (Some(Step::Match), _) => {
                        found = Some(at);
                        false
                    }
                    (Some(Step::Char(_)), Some(HOLE)) => false,
                    (Some(Step::Set(negated, members)), Some(HOLE)) => {
                        *negated && !members.iter().any(may_be_in_word)
                    }
                    (Some(Step::Char(x)), Some(c)) => same_char(*x, c, ignore_case),
                    (Some(Step::Any), Some(_)) => true,
                    (Some(Step::Set(negated, members)), Some(c)) => in_set(c, *negated, members, ignore_case),
                    _ => false,
                };
                if goes_on {
                    self.follow(step + 1, text, at + 1, &mut next);
                }
            }
            current.clear();
            std::mem::swap(&mut current, &mut next);
        }
        Ok(found)
    }

    fn matches_here(&self, set: &Set) -> bool {
        set.members.iter().any(|step| matches!(self.steps.get(*step), Some(Step::Match)))
    }

    /// All steps that are reached by one or more characters, whichever they are.
    fn through_hole(&self, text: &[char], at: usize, from: &Set, to: &mut Set) {
        let mut frontier: Vec<usize> = from.members.clone();
        while let Some(step) = frontier.pop() {
            let consumes = matches!(self.steps.get(step), Some(Step::Char(_) | Step::Any | Step::Set(..)));
            if consumes {
                let before = to.members.len();
                self.follow(step + 1, text, at + 1, to);
                frontier.extend(to.members.get(before..).unwrap_or(&[]));
            }
        }
    }

    /// Adds a step and all that are reached from it without a character.
    fn follow(&self, step: usize, text: &[char], at: usize, set: &mut Set) {
        let mut stack = vec![step];
        while let Some(step) = stack.pop() {
            match set.seen.get_mut(step) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            match self.steps.get(step) {
                Some(Step::Jump(to)) => stack.push(*to),
                Some(Step::Split(a, b)) => stack.extend([*b, *a]),
                Some(Step::Assert(assert)) => {
                    if holds(*assert, text, at) {
                        stack.push(step + 1);
                    }
                }
                _ => set.members.push(step),
            }
        }
    }
}

struct Set {
    seen: Vec<bool>,
    members: Vec<usize>,
}

impl Set {
    fn new(len: usize) -> Self {
        Set { seen: vec![false; len], members: Vec::new() }
    }

    fn clear(&mut self) {
        self.seen.fill(false);
        self.members.clear();
    }
}

/// What a part that is not known may match.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Holes {
    /// Only what takes any character: `.` and the like.
    AnyCharacter,
    /// Whatever the expression asks for.
    Anything,
}

/// Whether a member of a set could be a character of an unknown word.
fn may_be_in_word(member: &Member) -> bool {
    match member {
        Member::Char(c) => {
            !c.is_whitespace() && !matches!(c, '"' | '\'' | ';' | '&' | '|' | '<' | '>' | '(' | ')' | '$')
        }
        Member::Range(..) => true,
        Member::Named(name) => !matches!(name.as_str(), "space" | "blank" | "cntrl"),
    }
}

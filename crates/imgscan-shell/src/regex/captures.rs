//! What the groups of an expression match: within the longest match each part, from left to right, takes as much as
//! it can. Where libraries are known to disagree (groups that are repeated), a group is not certain.

use std::collections::HashMap;

use super::{Node, Span, Unsure, holds, in_set, same_char};

/// Longest match whose groups are found out, in characters.
const MOST: usize = 2_000;

struct Finder<'a> {
    text: &'a [char],
    ignore_case: bool,
    /// Where a node that begins at a place may end, ascending.
    ends: HashMap<(usize, usize), std::rc::Rc<[usize]>>,
    groups: Vec<Option<Span>>,
    uncertain: Vec<bool>,
    left: usize,
}

/// The groups within `span`.
pub(super) fn captures(
    root: &Node,
    groups: usize,
    text: &[char],
    span: Span,
    ignore_case: bool,
    wanted: &[usize],
) -> Result<Vec<Option<Span>>, Unsure> {
    if span.1 - span.0 > MOST {
        return Err(Unsure);
    }
    let mut finder = Finder {
        text,
        ignore_case,
        ends: HashMap::new(),
        groups: vec![None; groups],
        uncertain: vec![false; groups],
        left: 2_000_000,
    };
    finder.mark_uncertain(root, false);
    finder.assign(root, span.0, span.1)?;
    let unsure = |group: &usize| *group > 0 && finder.uncertain.get(group - 1) == Some(&true);
    if wanted.iter().any(unsure) {
        return Err(Unsure);
    }
    Ok(finder.groups)
}

impl Finder<'_> {
    fn mark_uncertain(&mut self, node: &Node, repeated: bool) {
        match node {
            Node::Group(group, inner) => {
                if let Some(place) = self.uncertain.get_mut(group - 1) {
                    *place = repeated;
                }
                self.mark_uncertain(inner, repeated);
            }
            Node::Concat(nodes) => nodes.iter().for_each(|n| self.mark_uncertain(n, repeated)),
            // glibc does not always take the longest of alternatives in a group.
            Node::Alternatives(nodes) => nodes.iter().for_each(|n| self.mark_uncertain(n, true)),
            Node::Repeat { node, most, .. } => self.mark_uncertain(node, repeated || *most != Some(1)),
            _ => {}
        }
    }

    fn pay(&mut self, steps: usize) -> Result<(), Unsure> {
        self.left = self.left.checked_sub(steps + 1).ok_or(Unsure)?;
        Ok(())
    }

    fn ends(&mut self, node: &Node, from: usize) -> Result<std::rc::Rc<[usize]>, Unsure> {
        let key = (std::ptr::from_ref(node) as usize, from);
        if let Some(known) = self.ends.get(&key) {
            return Ok(std::rc::Rc::clone(known));
        }
        let found: std::rc::Rc<[usize]> = self.find_ends(node, from)?.into();
        self.pay(found.len())?;
        self.ends.insert(key, std::rc::Rc::clone(&found));
        Ok(found)
    }

    fn find_ends(&mut self, node: &Node, from: usize) -> Result<Vec<usize>, Unsure> {
        let here = self.text.get(from).copied();
        let one = |yes: bool| if yes { vec![from + 1] } else { Vec::new() };
        Ok(match node {
            Node::Char(_) if here == Some(imgscan_model::text::HOLE) => Vec::new(),
            Node::Char(c) => one(here.is_some_and(|h| same_char(*c, h, self.ignore_case))),
            Node::Any => one(here.is_some()),
            Node::Set { negated, members } => {
                one(here.is_some_and(|h| in_set(h, *negated, members, self.ignore_case)))
            }
            Node::Assert(assert) => {
                if holds(*assert, self.text, from) {
                    vec![from]
                } else {
                    Vec::new()
                }
            }
            Node::Group(_, inner) => self.ends(inner, from)?.to_vec(),
            Node::Concat(nodes) => {
                let mut places = vec![from];
                for node in nodes {
                    places = self.ends_from_all(node, &places)?;
                }
                places
            }
            Node::Alternatives(nodes) => {
                let mut all = Vec::new();
                for node in nodes {
                    all.extend(self.ends(node, from)?.iter());
                }
                sorted(all)
            }
            Node::Repeat { node, least, most } => self.repeated_ends(node, from, *least, *most)?,
        })
    }

    fn ends_from_all(&mut self, node: &Node, places: &[usize]) -> Result<Vec<usize>, Unsure> {
        let mut all = Vec::new();
        for place in places {
            all.extend(self.ends(node, *place)?.iter());
            self.pay(1)?;
        }
        Ok(sorted(all))
    }

    fn repeated_ends(
        &mut self,
        node: &Node,
        from: usize,
        least: u32,
        most: Option<u32>,
    ) -> Result<Vec<usize>, Unsure> {
        let mut places = vec![from];
        for _ in 0..least {
            places = self.ends_from_all(node, &places)?;
        }
        let mut all = places.clone();
        let mut times = least;
        while most.is_none_or(|m| times < m) && !places.is_empty() {
            let next = self.ends_from_all(node, &places)?;
            places = next.into_iter().filter(|p| !all.contains(p)).collect();
            all.extend(&places);
            self.pay(all.len())?;
            times += 1;
        }
        Ok(sorted(all))
    }

    /// Notes the groups of a node that matches exactly from `from` to `to`.
    fn assign(&mut self, node: &Node, from: usize, to: usize) -> Result<(), Unsure> {
        self.pay(1)?;
        match node {
            Node::Group(group, inner) => {
                if let Some(place) = self.groups.get_mut(group - 1) {
                    *place = Some((from, to));
                }
                self.assign(inner, from, to)
            }
            Node::Concat(nodes) => self.assign_all(nodes, from, to),
            Node::Alternatives(nodes) => {
                for node in nodes {
                    if self.ends(node, from)?.contains(&to) {
                        return self.assign(node, from, to);
                    }
                }
                Err(Unsure)
            }
            Node::Repeat { node, most: Some(1), .. } if from < to || self.ends(node, from)?.contains(&to) => {
                self.assign(node, from, to)
            }
            _ => Ok(()),
        }
    }

    fn assign_all(&mut self, nodes: &[Node], from: usize, to: usize) -> Result<(), Unsure> {
        let mut at = from;
        for (i, node) in nodes.iter().enumerate() {
            let rest = nodes.get(i + 1..).unwrap_or(&[]);
            let ends = self.ends(node, at)?;
            let mut taken = None;
            for end in ends.iter().rev().filter(|end| **end <= to) {
                if self.can_match(rest, *end, to)? {
                    taken = Some(*end);
                    break;
                }
            }
            let end = taken.ok_or(Unsure)?;
            self.assign(node, at, end)?;
            at = end;
        }
        Ok(())
    }

    fn can_match(&mut self, nodes: &[Node], from: usize, to: usize) -> Result<bool, Unsure> {
        let mut places = vec![from];
        for node in nodes {
            places = self.ends_from_all(node, &places)?;
        }
        Ok(places.contains(&to))
    }
}

fn sorted(mut places: Vec<usize>) -> Vec<usize> {
    places.sort_unstable();
    places.dedup();
    places
}

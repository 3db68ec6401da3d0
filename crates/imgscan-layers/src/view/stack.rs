//! Layers one over another: what stands at a path when all are applied (image spec, `layer.md`, "Applying
//! Changesets"), worked out look-up by look-up without building the merged tree.
//!
//! Where a layer has entries below a path that is no directory in the layers under it, and no entry for the path
//! itself, the runtimes' overlay mounts show a fresh directory there (containerd `mkparent`, Docker `MkdirAll` in the
//! layer's own directory), and so does this.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crate::index::node::{Id, Kind, Node};
use crate::index::{Effect, LayerIndex};

/// A node of one layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct At {
    /// Index of the layer.
    pub(crate) layer: usize,
    /// The node in it.
    pub(crate) id: Id,
}

/// The layers of an image, base first. One that has not been read yet counts as empty, and it is noted that somebody
/// looked into it: an answer for which nobody did is the answer of all layers.
pub(crate) struct Stack {
    layers: Vec<OnceLock<Arc<LayerIndex>>>,
    /// Layers that were listed at first and then read whole.
    whole: Vec<OnceLock<Arc<LayerIndex>>>,
    /// One more than the highest layer that somebody looked into and that was not there; 0 for none.
    missed: AtomicUsize,
}

impl Stack {
    /// So many layers, none of them read.
    pub(crate) fn unread(count: usize) -> Self {
        let slots = || (0..count).map(|_| OnceLock::new()).collect();
        Stack { layers: slots(), whole: slots(), missed: AtomicUsize::new(0) }
    }

    /// Number of layers.
    pub(crate) fn count(&self) -> usize {
        self.layers.len()
    }

    /// Puts a layer in its place, if that is empty.
    pub(crate) fn insert(&self, layer: usize, index: Arc<LayerIndex>) {
        if let Some(slot) = self.layers.get(layer) {
            // The one that is there already says the same.
            drop(slot.set(index));
        }
    }

    /// Puts a layer that was read whole in the place of its list.
    pub(crate) fn replace(&self, layer: usize, index: Arc<LayerIndex>) {
        if let Some(slot) = self.whole.get(layer) {
            drop(slot.set(index));
        }
    }

    /// A layer that was read; nobody looks into it.
    pub(crate) fn get(&self, layer: usize) -> Option<&Arc<LayerIndex>> {
        self.whole.get(layer)?.get().or_else(|| self.layers.get(layer)?.get())
    }

    /// A layer, to be looked into.
    pub(crate) fn layer(&self, layer: usize) -> Option<&Arc<LayerIndex>> {
        let found = self.get(layer);
        if found.is_none() && layer < self.count() {
            self.missed.fetch_max(layer + 1, Ordering::Relaxed);
        }
        found
    }

    /// The highest layer that somebody looked into and that was not there, since this was asked last.
    pub(crate) fn take_missed(&self) -> Option<usize> {
        self.missed.swap(0, Ordering::Relaxed).checked_sub(1)
    }

    pub(crate) fn node(&self, at: At) -> Option<(&LayerIndex, &Node)> {
        let layer = self.get(at.layer)?;
        Some((layer, layer.node(at.id)?))
    }

    /// What stands at exactly this path when the first `count` layers are applied.
    pub(crate) fn find(&self, path: &str, count: usize) -> Option<At> {
        let mut implied = None;
        for layer in (0..count.min(self.count())).rev() {
            let Some(index) = self.layer(layer) else { continue };
            let (id, hides) = match index.effect(path) {
                Effect::Nothing => continue,
                Effect::Hides => break,
                Effect::Has { id, hides } => (id, hides),
            };
            let Some(node) = index.node(id) else { break };
            let at = At { layer, id };
            if !node.is_dir() {
                return implied.or(Some(at));
            }
            if !node.is_implicit() {
                return Some(at);
            }
            implied = Some(at);
            if hides {
                break;
            }
        }
        implied
    }

    /// The directories whose children show at exactly this path, the top layer first. Empty where no directory
    /// stands.
    pub(crate) fn directories(&self, path: &str) -> Vec<At> {
        let mut dirs = Vec::new();
        for layer in (0..self.count()).rev() {
            let Some(index) = self.layer(layer) else { continue };
            let (id, hides) = match index.effect(path) {
                Effect::Nothing => continue,
                Effect::Hides => break,
                Effect::Has { id, hides } => (id, hides),
            };
            let Some(node) = index.node(id).filter(|node| node.is_dir()) else { break };
            dirs.push(At { layer, id });
            if hides || node.is_opaque() {
                break;
            }
        }
        dirs
    }

    /// What shows and has one of these names, with its path.
    pub(crate) fn named(&self, named: &dyn Fn(&str) -> bool) -> Vec<(String, At)> {
        let mut found = Vec::new();
        for layer in 0..self.count() {
            let Some(index) = self.layer(layer) else { continue };
            for (id, path) in index.named(named) {
                let at = At { layer, id };
                if self.find(&path, self.count()) == Some(at) {
                    found.push((path, at));
                }
            }
        }
        found
    }

    /// What the directories, top layer first, show together, sorted by name.
    pub(crate) fn merge<'a>(&'a self, dirs: &[At]) -> Merge<'a> {
        let mut merge = Merge { stack: self, rest: Vec::new(), next: BinaryHeap::new() };
        for (depth, dir) in dirs.iter().enumerate() {
            let children = self.node(*dir).map_or(&[][..], |(index, node)| index.children(node));
            merge.rest.push((dir.layer, children));
            merge.advance(depth);
        }
        merge
    }

    /// What each layer did to exactly this path, base first: a node, or `None` where it took away what was there.
    pub(crate) fn versions(&self, path: &str) -> Vec<(usize, Option<At>)> {
        let mut versions = Vec::new();
        // Whether something stands there, and whether it is a directory.
        let mut stands: Option<bool> = None;
        for layer in 0..self.count() {
            let Some(index) = self.layer(layer) else { continue };
            match index.effect(path) {
                Effect::Nothing => {}
                Effect::Hides => {
                    if stands.take().is_some() {
                        versions.push((layer, None));
                    }
                }
                Effect::Has { id, hides } => {
                    let Some(node) = index.node(id) else { continue };
                    if !node.is_implicit() || stands != Some(true) || hides {
                        versions.push((layer, Some(At { layer, id })));
                    }
                    stands = Some(node.is_dir());
                }
            }
        }
        versions
    }

    /// The node that a hard link to a lower layer stands for: of the same layer count as when it was made.
    pub(crate) fn through_links(&self, at: At) -> Option<At> {
        let (index, node) = self.node(at)?;
        if node.kind != Kind::LinkBelow {
            return Some(at);
        }
        // Each step goes at least one layer down.
        let target = self.find(index.target(node), at.layer)?;
        self.through_links(target).filter(|at| self.node(*at).is_some_and(|(_, node)| !node.is_dir()))
    }
}

/// A name in a merged directory.
pub(crate) struct Child<'a> {
    pub(crate) name: &'a str,
    /// What stands there.
    pub(crate) at: At,
    /// Where it is a directory, the directories whose children show in it, top layer first.
    pub(crate) dirs: Vec<At>,
}

/// The children of directories of several layers, merged while they are asked for.
pub(crate) struct Merge<'a> {
    stack: &'a Stack,
    /// What is left of each directory, top layer first.
    rest: Vec<(usize, &'a [Id])>,
    /// The next name of each directory, with its position in `rest`.
    next: BinaryHeap<Reverse<(&'a str, usize)>>,
}

impl<'a> Merge<'a> {
    /// Puts the next name of a directory among the candidates.
    fn advance(&mut self, depth: usize) {
        let Some((layer, [id, ..])) = self.rest.get(depth) else { return };
        if let Some((index, node)) = self.stack.node(At { layer: *layer, id: *id }) {
            self.next.push(Reverse((index.name(node), depth)));
        }
    }

    /// The least name, and where it stands, top layer first.
    fn pop(&mut self) -> Option<(&'a str, Vec<At>)> {
        let Reverse((name, _)) = *self.next.peek()?;
        let mut same = Vec::new();
        while let Some(Reverse((_, depth))) =
            self.next.peek().copied().filter(|Reverse((next, _))| *next == name)
        {
            self.next.pop();
            if let Some((layer, ids)) = self.rest.get_mut(depth)
                && let Some((id, rest)) = ids.split_first()
            {
                same.push(At { layer: *layer, id: *id });
                *ids = rest;
            }
            self.advance(depth);
        }
        Some((name, same))
    }

    /// What one name of several layers, the top one first, shows.
    fn child(&self, name: &'a str, same: &[At]) -> Option<Child<'a>> {
        let (mut shown, mut implied, mut dirs) = (None, None, Vec::new());
        let mut through = true;
        for at in same {
            let Some((_, node)) = self.stack.node(*at) else { break };
            if !node.is_dir() {
                if node.kind != Kind::Gone {
                    shown = shown.or(implied).or(Some(*at));
                }
                break;
            }
            if node.is_implicit() {
                implied = Some(*at);
            } else {
                shown = shown.or(Some(*at));
            }
            if through {
                dirs.push(*at);
                through = !node.is_opaque();
            }
            if node.is_whiteout() {
                break;
            }
        }
        Some(Child { name, at: shown.or(implied)?, dirs })
    }
}

impl<'a> Iterator for Merge<'a> {
    type Item = Child<'a>;

    fn next(&mut self) -> Option<Child<'a>> {
        loop {
            let (name, same) = self.pop()?;
            if let Some(child) = self.child(name, &same) {
                return Some(child);
            }
        }
    }
}

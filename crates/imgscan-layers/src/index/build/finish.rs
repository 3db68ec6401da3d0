//! The last step: the children of every directory together, sorted, in place of the hash table.

use super::{Builder, key};
use crate::index::LayerIndex;
use crate::index::node::{Id, ROOT};
use crate::index::table::Table;

impl Builder {
    /// The finished index.
    pub(crate) fn finish(mut self, entries: u64, unpacked: u64) -> LayerIndex {
        let size = self.size();
        self.table = Table::new();
        let order = self.order();
        self.memory.shrink(size);
        self.nodes.shrink_to_fit();
        self.names.shrink_to_fit();
        LayerIndex {
            nodes: self.nodes,
            names: self.names,
            order,
            owners: self.owners,
            large: self.large,
            shebangs: self.shebangs,
            kept: self.kept,
            problems: self.problems.finish(),
            entries,
            unpacked,
            chunks: None,
            memory: self.memory,
        }
    }

    /// Sorts the nodes by directory and name, and tells each directory where its children stand. Nodes of trees that
    /// were replaced are left out: a child always comes after its directory, so one pass finds them.
    fn order(&mut self) -> Vec<Id> {
        for id in 1..self.nodes.len() {
            let parent = self.nodes[id].parent as usize;
            if self.nodes[parent].is_dead() {
                self.nodes[id].bury();
            } else if !self.nodes[id].is_dead() {
                self.nodes[parent].b += 1;
            }
        }
        let mut start = 0;
        for node in self.nodes.iter_mut().filter(|node| node.is_dir() && !node.is_dead()) {
            node.a = start;
            start += node.b;
            node.b = 0;
        }
        let mut order = vec![ROOT; start as usize];
        for id in 1..self.nodes.len() {
            if self.nodes[id].is_dead() {
                continue;
            }
            let parent = self.nodes[id].parent as usize;
            let parent = &mut self.nodes[parent];
            order[(parent.a + parent.b) as usize] = id as Id;
            parent.b += 1;
        }
        for dir in self.nodes.iter().filter(|node| node.is_dir() && !node.is_dead()) {
            let children = &mut order[dir.a as usize..(dir.a + dir.b) as usize];
            children.sort_unstable_by(|x, y| {
                key(&self.nodes, &self.names, *x).1.cmp(key(&self.nodes, &self.names, *y).1)
            });
        }
        order
    }
}

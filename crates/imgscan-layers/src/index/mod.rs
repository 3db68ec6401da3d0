//! What a layer holds, in memory that grows slowly: 24 bytes and the name for each thing, no path twice.

pub(crate) mod build;
pub(crate) mod name;
pub(crate) mod node;
mod store;
mod table;

use std::sync::Arc;

use imgscan_model::{Magic, limits};

use crate::keep::Reservation;
use crate::listed::Chunks;
use node::{Id, Kind, Node, ROOT, Start};

/// Something in a layer that could not be read or is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerProblem {
    /// One sentence, lower case, literals in back-ticks.
    pub message: String,
    /// The absolute path it is about, where there is one.
    pub path: Option<Arc<str>>,
}

/// What became of the text of a file that was to be kept.
#[derive(Clone, Debug)]
pub(crate) enum Kept {
    Text(Arc<str>),
    NotText,
}

/// The first line of a script, without `#!`, among the names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shebang {
    pub(crate) body: u32,
    pub(crate) at: u32,
    pub(crate) len: u16,
}

/// Everything a layer holds: its entries with their metadata, what it takes away from the layers below, and the texts
/// that were kept. It does not know which layer of which image it is, so that images can share it.
pub struct LayerIndex {
    pub(crate) nodes: Vec<Node>,
    names: String,
    /// The children of all directories, those of one together, sorted by name.
    order: Vec<Id>,
    owners: Vec<(u32, u32)>,
    /// Sizes that do not fit into a node, by body.
    large: Vec<(u32, u64)>,
    shebangs: Vec<Shebang>,
    kept: Vec<(u32, Kept)>,
    problems: Vec<LayerProblem>,
    entries: u64,
    unpacked: u64,
    /// Where the bytes of files lie, of a layer of which only the table of contents was read.
    pub(crate) chunks: Option<Chunks>,
    memory: Reservation,
}

impl LayerIndex {
    /// Entries of the layer's tar.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// Whether only the layer's table of contents was read: no text is at hand, and files can be fetched one by one.
    pub fn is_listed(&self) -> bool {
        self.chunks.is_some()
    }

    /// Size of the layer's tar, in bytes; 0 where only its table of contents was read.
    pub fn unpacked_bytes(&self) -> u64 {
        self.unpacked
    }

    /// What could not be read or is not as it should be.
    pub fn problems(&self) -> &[LayerProblem] {
        &self.problems
    }

    /// What it takes in memory, in bytes, texts with it.
    pub fn memory_bytes(&self) -> u64 {
        let text = |(_, kept): &(u32, Kept)| match kept {
            Kept::Text(text) => text.len() as u64,
            Kept::NotText => 0,
        };
        let chunks = self.chunks.as_ref().map_or(0, |chunks| chunks.memory.size());
        chunks + self.memory.size() + self.kept.iter().map(text).sum::<u64>()
    }

    pub(crate) fn node(&self, id: Id) -> Option<&Node> {
        self.nodes.get(id as usize)
    }

    pub(crate) fn name(&self, node: &Node) -> &str {
        let start = node.name_at as usize;
        self.names.get(start..start + usize::from(node.name_len)).unwrap_or("")
    }

    /// The target of a link.
    pub(crate) fn target(&self, node: &Node) -> &str {
        self.names.get(node.a as usize..node.a as usize + node.b as usize).unwrap_or("")
    }

    /// The children of a directory, sorted by name. Things taken away are among them.
    pub(crate) fn children(&self, dir: &Node) -> &[Id] {
        let start = dir.a as usize;
        if dir.is_dir() { self.order.get(start..start + dir.b as usize).unwrap_or_default() } else { &[] }
    }

    pub(crate) fn child(&self, dir: &Node, name: &str) -> Option<(Id, &Node)> {
        let children = self.children(dir);
        let name_of = |id: &Id| self.node(*id).map_or("", |node| self.name(node));
        let at = children.binary_search_by(|id| name_of(id).cmp(name)).ok()?;
        let id = *children.get(at)?;
        Some((id, self.node(id)?))
    }

    pub(crate) fn owner(&self, node: &Node) -> (u32, u32) {
        self.owners.get(usize::from(node.owner)).copied().unwrap_or_default()
    }

    /// Size of a file or of a link's target, in bytes.
    pub(crate) fn size(&self, node: &Node) -> u64 {
        match node.kind {
            Kind::File if node.b == u32::MAX => {
                let at = self.large.binary_search_by_key(&node.a, |(body, _)| *body).ok();
                at.and_then(|at| self.large.get(at)).map_or(u64::from(node.b), |(_, size)| *size)
            }
            Kind::File | Kind::Symlink => node.b.into(),
            _ => 0,
        }
    }

    pub(crate) fn magic(&self, node: &Node) -> Magic {
        match (node.kind, node.start) {
            (Kind::File, Start::Elf) => Magic::Elf,
            (Kind::File, Start::Empty) => Magic::Empty,
            (Kind::File, Start::Other) => Magic::Other,
            (Kind::File, Start::Script) => Magic::Script(self.shebang(node.a).into()),
            _ => Magic::Unknown,
        }
    }

    fn shebang(&self, body: u32) -> &str {
        let at = self.shebangs.binary_search_by_key(&body, |s| s.body).ok();
        let found = at.and_then(|at| self.shebangs.get(at));
        found.and_then(|s| self.names.get(s.at as usize..s.at as usize + usize::from(s.len))).unwrap_or("")
    }

    /// The text of a file that was kept, by the entry that holds its body.
    pub(crate) fn kept(&self, body: u32) -> Option<&Kept> {
        let at = self.kept.binary_search_by_key(&body, |(body, _)| *body).ok()?;
        self.kept.get(at).map(|(_, kept)| kept)
    }

    /// What has one of these names, with its path. Trees that a later entry replaced may be among it.
    pub(crate) fn named(&self, named: &dyn Fn(&str) -> bool) -> Vec<(Id, String)> {
        let wanted = |node: &Node| !node.is_dead() && node.kind != Kind::Gone && named(self.name(node));
        let nodes = self.nodes.iter().zip(0..).skip(1);
        nodes.filter(|(node, _)| wanted(node)).map(|(node, id)| (id, self.path(node))).collect()
    }

    /// The absolute path of a node.
    fn path(&self, node: &Node) -> String {
        let mut names = vec![self.name(node)];
        let mut id = node.parent;
        // A directory has a lower number than what is in it.
        while let Some(node) = self.node(id).filter(|_| id != ROOT) {
            names.push(self.name(node));
            if node.parent >= id {
                break;
            }
            id = node.parent;
        }
        names.iter().rev().fold(String::new(), |path, name| path + "/" + name)
    }

    /// What the layer does to a path.
    pub(crate) fn effect(&self, path: &str) -> Effect {
        let Some(mut here) = self.node(ROOT) else { return Effect::Nothing };
        let (mut id, mut hides) = (ROOT, false);
        for name in path.split('/').filter(|name| !name.is_empty()) {
            if !here.is_dir() {
                return Effect::Hides;
            }
            hides |= here.is_opaque();
            match self.child(here, name) {
                Some((child, node)) => (id, here) = (child, node),
                None if hides => return Effect::Hides,
                None => return Effect::Nothing,
            }
            hides |= here.is_whiteout();
            if here.kind == Kind::Gone {
                return Effect::Hides;
            }
        }
        Effect::Has { id, hides }
    }

    /// Size and permission bits of the regular file at a path of the layer, links not followed.
    pub fn file(&self, path: &str) -> Option<(u64, u32)> {
        let Effect::Has { id, .. } = self.effect(path) else { return None };
        let node = self.node(id).filter(|node| node.kind == Kind::File)?;
        Some((self.size(node), node.mode().into()))
    }

    /// The file at a path, links not followed: the entry that holds its body, and its size.
    pub(crate) fn body_of(&self, path: &str) -> Option<(u32, u64)> {
        let Effect::Has { id, .. } = self.effect(path) else { return None };
        let node = self.node(id).filter(|node| node.kind == Kind::File)?;
        Some((node.a, self.size(node)))
    }
}

/// What a layer does to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing: the layers below show.
    Nothing,
    /// It takes away what the layers below have there.
    Hides,
    /// It has something there. With `hides`, a directory of the layers below does not show through it.
    Has {
        /// The node.
        id: Id,
        /// Whether the same path of the layers below is taken away.
        hides: bool,
    },
}

/// Problems of a layer, no more than [`limits::LAYER_PROBLEMS`] of them.
#[derive(Default)]
pub(crate) struct Problems {
    told: Vec<LayerProblem>,
    untold: u64,
}

impl Problems {
    /// A problem of the layer as a whole.
    pub(crate) fn add(&mut self, message: String) {
        self.push(LayerProblem { message, path: None });
    }

    /// A problem of one path, in words that follow it.
    pub(crate) fn add_at(&mut self, path: &str, words: &str) {
        let path = shortened(path);
        self.push(LayerProblem { message: format!("`{path}` {words}"), path: Some(path.into()) });
    }

    fn push(&mut self, problem: LayerProblem) {
        if self.told.len() < limits::LAYER_PROBLEMS {
            self.told.push(problem);
        } else {
            self.untold += 1;
        }
    }

    pub(crate) fn finish(mut self) -> Vec<LayerProblem> {
        if self.untold > 0 {
            let message = format!("there are {} more problems like these", self.untold);
            self.told.push(LayerProblem { message, path: None });
        }
        self.told
    }
}

/// A path as far as a message shows it.
fn shortened(path: &str) -> std::borrow::Cow<'_, str> {
    const SHOWN: usize = 256;
    match path.get(..path.floor_char_boundary(SHOWN)) {
        Some(start) if start.len() < path.len() => format!("{start}…").into(),
        _ => path.into(),
    }
}

//! A layer's index while its tar is read. Entries are applied in the order in which they stand, as a container runtime
//! unpacks them into an empty directory of its own (containerd, `pkg/archive/tar.go`, `applyNaive`; Docker,
//! `pkg/archive`, `Unpack`):
//!
//! * names are cleaned in text, and `..` never leads out of the root;
//! * links in the directories above an entry are followed within the layer, directories that are missing are made;
//! * the last entry of a name wins; what is not a directory on either side takes the whole tree away;
//! * whiteouts and opaque marks only concern the layers below, wherever in the tar they stand (image spec, `layer.md`).

mod finish;

use std::borrow::Cow;
use std::collections::HashMap;

use imgscan_model::limits;

use super::name::{clean, display};
use super::node::{Id, Kind, Node, ROOT, Start};
use super::table::Table;
use super::{Kept, Problems, Shebang};
use crate::error::LayerError;
use crate::keep::{Keep, Reservation};
use crate::read::first_line;

/// The prefix of names that take something away.
const WHITEOUT: &str = ".wh.";
/// The name that makes its directory opaque.
const OPAQUE: &str = ".wh..wh..opq";
/// The prefix of names that AUFS kept for itself.
const AUFS: &str = ".wh..wh.";
/// Different first lines of scripts that are only kept once.
const SHEBANGS: usize = 1_000;

/// Where an entry goes.
#[derive(Clone, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) dir: Id,
    pub(crate) name: Cow<'a, str>,
}

/// A component of a path that is being followed.
enum Step<'a> {
    /// One of the entry's own path.
    Given(&'a str),
    /// One of a link's target, as start and length among the names.
    Stored(u32, u32),
}

/// Why an entry is not added.
pub(crate) enum Refusal {
    /// It is passed over, with the reason in words that follow its path.
    PassedOver(String),
    /// The layer cannot be read on.
    Stop(LayerError),
}

impl From<LayerError> for Refusal {
    fn from(error: LayerError) -> Self {
        Refusal::Stop(error)
    }
}

fn passed_over<T>(words: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::PassedOver(words.into()))
}

/// Metadata of an entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meta {
    pub(crate) mode: u16,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

pub(crate) struct Builder {
    nodes: Vec<Node>,
    names: String,
    table: Table,
    owners: Vec<(u32, u32)>,
    owner_ids: HashMap<(u32, u32), u16>,
    large: Vec<(u32, u64)>,
    shebangs: Vec<Shebang>,
    shebang_ids: HashMap<Box<str>, u32>,
    kept: Vec<(u32, Kept)>,
    pub(crate) problems: Problems,
    memory: Reservation,
    /// Components looked up so far.
    steps: u64,
    /// The directory of the last entry: the next one is most often in it too. Forgotten when something is replaced.
    last: Option<(Vec<Vec<u8>>, Id)>,
}

impl Builder {
    pub(crate) fn new(keep: &Keep) -> Self {
        let mut root = Node::new(ROOT, 0, 0);
        root.make_implicit();
        Builder {
            nodes: vec![root],
            names: String::new(),
            table: Table::new(),
            owners: vec![(0, 0)],
            owner_ids: HashMap::from([((0, 0), 0)]),
            large: Vec::new(),
            shebangs: Vec::new(),
            shebang_ids: HashMap::new(),
            kept: Vec::new(),
            problems: Problems::default(),
            memory: Reservation::of(keep.budget()),
            steps: 0,
            last: None,
        }
    }

    /// Where a path of the tar leads; directories on the way are made. `None` for the root itself.
    pub(crate) fn place<'a>(&mut self, path: &'a [u8]) -> Result<Option<Place<'a>>, Refusal> {
        if path.len() > limits::PATH_BYTES {
            return passed_over(format!("is longer than {} bytes; it is passed over", limits::PATH_BYTES));
        }
        let (names, climbs) = clean(path);
        if names.iter().any(|name| name.len() > limits::NAME_BYTES) {
            return passed_over(format!(
                "has a name longer than {} bytes; it is passed over",
                limits::NAME_BYTES
            ));
        }
        if climbs {
            self.problems
                .add_at(&display(path), "climbs out of the image with `..`; the root is as far as it goes");
        }
        let Some((name, above)) = names.split_last() else { return Ok(None) };
        let name = display(name);
        if let Some((last, dir)) = &self.last
            && last.iter().map(Vec::as_slice).eq(above.iter().copied())
        {
            return Ok(Some(Place { dir: *dir, name }));
        }
        let texts: Vec<Cow<'_, str>> = above.iter().map(|name| display(name)).collect();
        let Some(dir) = self.directory(&texts, true)? else { return Ok(None) };
        self.last = Some((above.iter().map(|name| name.to_vec()).collect(), dir));
        Ok(Some(Place { dir, name }))
    }

    /// The directory at `names`, links followed within the layer. What is missing is made with `make`, else it is
    /// `None`.
    fn directory(&mut self, names: &[Cow<'_, str>], make: bool) -> Result<Option<Id>, Refusal> {
        let mut pending: Vec<Step<'_>> = names.iter().rev().map(|name| Step::Given(name)).collect();
        let (mut here, mut links) = (ROOT, 0);
        while let Some(step) = pending.pop() {
            self.steps += 1;
            if self.steps > limits::LAYER_STEPS {
                let error = LayerError::Limit("the paths of the layer are too many and too deep".to_owned());
                return Err(error.into());
            }
            let name = match step {
                Step::Given(name) => name,
                Step::Stored(at, len) => self.text(at, len),
            };
            if name == ".." {
                here = self.node(here).parent;
                continue;
            }
            let found = self.child(here, name);
            here = match found.map(|id| (id, *self.node(id))) {
                Some((id, node)) if node.is_dir() => id,
                Some((_, node)) if node.kind == Kind::Symlink => {
                    links += 1;
                    if links > limits::LINK_DEPTH {
                        return passed_over("lies behind too many links; it is passed over");
                    }
                    self.push_target(&node, &mut pending);
                    if self.text(node.a, node.b).starts_with('/') { ROOT } else { here }
                }
                Some((_, node)) if node.kind != Kind::Gone => {
                    return passed_over(format!(
                        "lies below `{name}`, which is no directory; it is passed over"
                    ));
                }
                _ if !make => return Ok(None),
                Some((id, _)) => self.imply(id),
                None => {
                    let name = name.to_owned();
                    let id = self.new_node(here, &name)?;
                    self.imply(id)
                }
            };
        }
        Ok(Some(here))
    }

    /// Makes a node a directory that only its content speaks of.
    fn imply(&mut self, id: Id) -> Id {
        self.node_mut(id).make_implicit();
        id
    }

    /// The components of a link's target, the first one last.
    fn push_target(&self, link: &Node, pending: &mut Vec<Step<'_>>) {
        let first = pending.len();
        let mut at = link.a;
        for name in self.text(link.a, link.b).split('/') {
            let len = name.len() as u32;
            if !name.is_empty() && name != "." {
                pending.push(Step::Stored(at, len));
            }
            at += len + 1;
        }
        if let Some(pushed) = pending.get_mut(first..) {
            pushed.reverse();
        }
    }

    /// Takes a name that is a whiteout or an opaque mark; `false` when it is an ordinary one.
    pub(crate) fn whiteout(&mut self, place: &Place<'_>) -> Result<bool, Refusal> {
        if place.name == OPAQUE {
            self.node_mut(place.dir).set_opaque();
            return Ok(true);
        }
        if place.name.starts_with(AUFS) {
            return Ok(true);
        }
        let Some(target) = place.name.strip_prefix(WHITEOUT) else { return Ok(false) };
        if ["", ".", ".."].contains(&target) {
            return passed_over("is a whiteout without a name; it is passed over");
        }
        let id = match self.child(place.dir, target) {
            Some(id) => id,
            None => self.new_node(place.dir, target)?,
        };
        self.node_mut(id).set_whiteout();
        Ok(true)
    }

    pub(crate) fn file(
        &mut self,
        place: &Place<'_>,
        meta: Meta,
        (body, size): (u32, u64),
        start: Start,
    ) -> Result<(), LayerError> {
        let id = self.put(place, Kind::File, meta)?;
        let small = u32::try_from(size).unwrap_or(u32::MAX);
        if small == u32::MAX {
            self.large.push((body, size));
        }
        let node = self.node_mut(id);
        (node.a, node.b, node.start) = (body, small, start);
        Ok(())
    }

    pub(crate) fn dir(&mut self, place: &Place<'_>, meta: Meta) -> Result<(), LayerError> {
        self.put(place, Kind::Dir, meta).map(|_| ())
    }

    pub(crate) fn special(&mut self, place: &Place<'_>, meta: Meta) -> Result<(), LayerError> {
        self.put(place, Kind::Special, meta).map(|_| ())
    }

    pub(crate) fn symlink(&mut self, place: &Place<'_>, meta: Meta, target: &[u8]) -> Result<(), Refusal> {
        if target.len() > limits::PATH_BYTES {
            return passed_over(format!(
                "is a link longer than {} bytes; it is passed over",
                limits::PATH_BYTES
            ));
        }
        let id = self.put(place, Kind::Symlink, meta)?;
        self.set_target(id, &display(target))?;
        Ok(())
    }

    /// A hard link: from here on the same file as its target, whatever becomes of that name. Answers `false` when
    /// the target is not in the layer.
    pub(crate) fn hard_link(
        &mut self,
        place: &Place<'_>,
        meta: Meta,
        target: &[u8],
    ) -> Result<bool, Refusal> {
        let (names, _) = clean(target);
        if target.len() > limits::PATH_BYTES || names.is_empty() {
            return passed_over("is a hard link to nothing; it is passed over");
        }
        let names: Vec<Cow<'_, str>> = names.iter().map(|name| display(name)).collect();
        match self.lookup(&names)?.map(|id| *self.node(id)) {
            Some(target) if target.is_dir() => {
                passed_over("is a hard link to a directory; it is passed over")
            }
            Some(target) => {
                let id = self.put(place, target.kind, meta)?;
                let node = self.node_mut(id);
                (node.a, node.b, node.start, node.owner) = (target.a, target.b, target.start, target.owner);
                node.set_mode(target.mode());
                Ok(true)
            }
            None => {
                let id = self.put(place, Kind::LinkBelow, meta)?;
                self.set_target(id, &format!("/{}", names.join("/")))?;
                Ok(false)
            }
        }
    }

    /// What stands at `names`: links in the directories above are followed, one in the last name is not.
    fn lookup(&mut self, names: &[Cow<'_, str>]) -> Result<Option<Id>, Refusal> {
        let Some((name, above)) = names.split_last() else { return Ok(Some(ROOT)) };
        let Some(dir) = self.directory(above, false)? else { return Ok(None) };
        Ok(self.child(dir, name).filter(|id| self.node(*id).kind != Kind::Gone))
    }

    /// Notes the first line of a script, of whose text the start is given.
    pub(crate) fn script(&mut self, body: u32, text: &[u8]) -> Result<(), LayerError> {
        let line = first_line(text);
        let len = u16::try_from(line.len()).unwrap_or(0);
        let at = match self.shebang_ids.get(&*line) {
            Some(at) => *at,
            None => {
                let at = self.add_text(&line)?;
                if self.shebang_ids.len() < SHEBANGS {
                    self.shebang_ids.insert(line.into(), at);
                }
                at
            }
        };
        self.shebangs.push(Shebang { body, at, len });
        Ok(())
    }

    /// Keeps the text of a file.
    pub(crate) fn keep(&mut self, body: u32, kept: Kept) {
        self.kept.push((body, kept));
    }

    /// The absolute path of a place.
    pub(crate) fn path(&self, place: &Place<'_>) -> String {
        let mut names: Vec<&str> = vec![&place.name];
        let mut id = place.dir;
        while id != ROOT {
            let node = self.node(id);
            names.push(self.text(node.name_at, node.name_len.into()));
            id = node.parent;
        }
        names.iter().rev().fold(String::new(), |path, name| path + "/" + name)
    }

    /// The node of an entry: a new one, or the one that an earlier entry of the same name made.
    fn put(&mut self, place: &Place<'_>, kind: Kind, meta: Meta) -> Result<Id, LayerError> {
        let owner = self.owner(meta)?;
        let id = match self.child(place.dir, &place.name) {
            None => self.new_node(place.dir, &place.name)?,
            Some(id) => {
                let was = self.node(id).kind;
                if was != Kind::Dir || kind != Kind::Dir {
                    self.last = None;
                }
                let merges = was == kind || was == Kind::Gone || (was != Kind::Dir && kind != Kind::Dir);
                if merges { id } else { self.replace(id, place)? }
            }
        };
        let node = self.node_mut(id);
        node.make_explicit();
        node.set_mode(meta.mode);
        (node.kind, node.owner) = (kind, owner);
        if kind != Kind::Dir {
            (node.a, node.b, node.start) = (0, 0, Start::Unknown);
        }
        Ok(id)
    }

    /// A new node in place of a directory, or a directory in place of something else. A whiteout of the name stays.
    fn replace(&mut self, id: Id, place: &Place<'_>) -> Result<Id, LayerError> {
        self.node_mut(id).bury();
        let new = self.new_node(place.dir, &place.name)?;
        if self.node(id).is_whiteout() {
            self.node_mut(new).set_whiteout();
        }
        Ok(new)
    }

    fn new_node(&mut self, dir: Id, name: &str) -> Result<Id, LayerError> {
        let name_at = self.add_text(name)?;
        let id = Id::try_from(self.nodes.len()).map_err(|_| too_large())?;
        let name_len = u16::try_from(name.len()).map_err(|_| too_large())?;
        self.nodes.push(Node::new(dir, name_at, name_len));
        let (nodes, names) = (&self.nodes, &self.names);
        self.table.put(id, |id| key(nodes, names, id));
        Ok(id)
    }

    fn child(&self, dir: Id, name: &str) -> Option<Id> {
        self.table.get((dir, name), |id| key(&self.nodes, &self.names, id))
    }

    fn set_target(&mut self, id: Id, target: &str) -> Result<(), LayerError> {
        let at = self.add_text(target)?;
        let len = u32::try_from(target.len()).map_err(|_| too_large())?;
        let node = self.node_mut(id);
        (node.a, node.b) = (at, len);
        Ok(())
    }

    /// Adds to the names, and sees to it that the whole stays within its bound.
    fn add_text(&mut self, text: &str) -> Result<u32, LayerError> {
        let at = u32::try_from(self.names.len()).map_err(|_| too_large())?;
        self.names.push_str(text);
        if self.memory.grow(self.size() + self.table.size()) { Ok(at) } else { Err(too_large()) }
    }

    /// The bytes that the index takes, without the table.
    fn size(&self) -> u64 {
        let nodes = self.nodes.len() * (size_of::<Node>() + size_of::<Id>());
        let sides = self.shebangs.len() * size_of::<Shebang>()
            + self.large.len() * size_of::<(u32, u64)>()
            + self.kept.len() * size_of::<(u32, Kept)>()
            + self.owners.len() * 32;
        (nodes + sides + self.names.len()) as u64
    }

    fn owner(&mut self, meta: Meta) -> Result<u16, LayerError> {
        let pair = (meta.uid, meta.gid);
        if let Some(id) = self.owner_ids.get(&pair) {
            return Ok(*id);
        }
        let id = u16::try_from(self.owners.len()).ok().filter(|id| usize::from(*id) < limits::LAYER_OWNERS);
        let id = id.ok_or_else(|| {
            LayerError::Limit(format!(
                "the layer has files of more than {} different owners",
                limits::LAYER_OWNERS
            ))
        })?;
        self.owners.push(pair);
        self.owner_ids.insert(pair, id);
        Ok(id)
    }

    fn text(&self, at: u32, len: u32) -> &str {
        self.names.get(at as usize..at as usize + len as usize).unwrap_or("")
    }

    /// A node that is known to exist: ids are only ever made here.
    fn node(&self, id: Id) -> &Node {
        &self.nodes[id as usize]
    }

    fn node_mut(&mut self, id: Id) -> &mut Node {
        &mut self.nodes[id as usize]
    }
}

fn key<'a>(nodes: &[Node], names: &'a str, id: Id) -> (Id, &'a str) {
    let Some(node) = nodes.get(id as usize) else { return (ROOT, "") };
    let start = node.name_at as usize;
    (node.parent, names.get(start..start + usize::from(node.name_len)).unwrap_or(""))
}

fn too_large() -> LayerError {
    LayerError::Limit(format!(
        "the layers hold more files than fit into the {} MiB that their index may take",
        limits::INDEX_BYTES >> 20
    ))
}

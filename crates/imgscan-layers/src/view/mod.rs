//! The files of an image as its containers see them.

pub(crate) mod each;
pub(crate) mod stack;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use imgscan_model::{FileError, FileView, Magic, Node, NodeKind, Origin, Problem, Text, Version, limits};

use crate::error::LayerError;
use crate::index::node::{Kind, Start};
use crate::index::{Effect, Kept, LayerIndex};
use crate::read::magic_of;
use crate::rootfs::Disk;
use stack::{At, Stack};

/// A file whose content somebody asked for and that was not kept when its layer was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wanted {
    /// Index of the layer, counted from 0 at the base.
    pub layer: u32,
    /// Its path in that layer, as [`crate::extract`] takes it.
    pub path: Arc<str>,
}

/// Files that were read again.
#[derive(Default)]
struct Supplied {
    texts: HashMap<(usize, u32), Result<Arc<str>, FileError>>,
    wanted: BTreeMap<(usize, u32), Arc<str>>,
    /// What the files of listed layers begin with, and whose beginning was asked for.
    starts: HashMap<(usize, u32), Magic>,
    unread: BTreeMap<(usize, u32), Arc<str>>,
    bytes: u64,
}

/// The merged files of an image's layers, with every version of every path. Content that was not kept is asked for:
/// [`FileView::content`] answers [`FileError::NotLoaded`] and notes the wish; [`MergedView::take_wanted`] tells the
/// wishes, [`crate::extract`] reads them out of their layers and [`MergedView::supply`] takes them in.
pub struct MergedView {
    stack: Stack,
    instructions: Vec<Option<Arc<str>>>,
    supplied: Mutex<Supplied>,
    disk: Option<Disk>,
}

impl MergedView {
    /// The layers of an image, base first, with what made each of them
    /// ([`imgscan_model::ImageConfig::layer_instructions`]; missing ones count as not known).
    pub fn new(layers: Vec<Arc<LayerIndex>>, instructions: &[Option<Arc<str>>]) -> Self {
        let view = MergedView::unread(layers.len(), instructions);
        layers.into_iter().enumerate().for_each(|(layer, index)| view.stack.insert(layer, index));
        view
    }

    /// So many layers of which none has been read. What is asked of the view before all are in is what the layers that
    /// are in say; [`MergedView::take_missed`] tells whether that is the answer of all layers.
    pub fn unread(count: usize, instructions: &[Option<Arc<str>>]) -> Self {
        MergedView {
            stack: Stack::unread(count),
            instructions: instructions.to_vec(),
            supplied: Mutex::default(),
            disk: None,
        }
    }

    /// Puts a layer in its place.
    pub fn insert(&self, layer: u32, index: Arc<LayerIndex>) {
        self.stack.insert(layer as usize, index);
    }

    /// Puts a layer that was read whole in the place of one of which only the list was read. Whoever asked asks again.
    pub fn replace(&self, layer: u32, index: Arc<LayerIndex>) {
        let layer = layer as usize;
        let mut supplied = self.supplied();
        supplied.texts.retain(|(of, _), _| *of != layer);
        supplied.starts.retain(|(of, _), _| *of != layer);
        self.stack.replace(layer, index);
    }

    /// The highest layer that was needed for an answer and was not in, since this was asked last. `None`: every answer
    /// since then is the answer of all layers.
    pub fn take_missed(&self) -> Option<u32> {
        self.stack.take_missed().and_then(|layer| u32::try_from(layer).ok())
    }

    /// A root file system that lies unpacked in a directory. It has no layers, so its files have no versions, and
    /// content is read from the directory when asked for.
    ///
    /// # Errors
    ///
    /// [`LayerError::Read`] when the directory cannot be listed, [`LayerError::Unsupported`] when it is none,
    /// [`LayerError::Limit`] when it holds more than the [`limits`] allow.
    pub fn of_directory(dir: &Path) -> Result<Self, LayerError> {
        let (index, disk) = Disk::open(dir)?;
        let view = MergedView::new(vec![Arc::new(index)], &[]);
        Ok(MergedView { disk: Some(disk), ..view })
    }

    /// A layer that is in.
    pub fn layer(&self, layer: u32) -> Option<&Arc<LayerIndex>> {
        self.stack.get(layer as usize)
    }

    /// What could not be read in the layers, or is not as it should be, base first.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let layers = (0..self.stack.count()).filter_map(|layer| Some((layer, self.stack.get(layer)?)));
        for (layer, index) in layers {
            for problem in index.problems() {
                let Some(path) = &problem.path else {
                    let place = if self.disk.is_some() { String::new() } else { format!("layer {layer}: ") };
                    problems.push(Problem::new(format!("{place}{}", problem.message)));
                    continue;
                };
                problems.push(Problem::at(self.origin(layer, Arc::clone(path)), problem.message.clone()));
            }
        }
        problems
    }

    /// The files that were asked for and not kept since the last call, by layer and in the order of their layer's tar.
    pub fn take_wanted(&self) -> Vec<Wanted> {
        let wanted = std::mem::take(&mut self.supplied().wanted);
        listed(wanted)
    }

    /// The files of listed layers that somebody looked at without reading them since the last call: what they begin with
    /// ([`Node::magic`]) is not known yet.
    pub fn take_unread(&self) -> Vec<Wanted> {
        let unread = std::mem::take(&mut self.supplied().unread);
        listed(unread)
    }

    /// Takes in the first bytes of a file that [`MergedView::take_unread`] told.
    pub fn supply_start(&self, layer: u32, path: &str, head: &[u8]) {
        let layer = layer as usize;
        let found = self.stack.get(layer).and_then(|index| index.body_of(path));
        if let Some((body, size)) = found {
            self.supplied().starts.insert((layer, body), magic_of(size, head));
        }
    }

    /// Takes in a file that was read again. It is the content of every hard link to it.
    pub fn supply(&self, layer: u32, path: &str, bytes: Vec<u8>) {
        let layer = layer as usize;
        let Some((body, size)) = self.stack.get(layer).and_then(|index| index.body_of(path)) else {
            return;
        };
        let mut supplied = self.supplied();
        if self.stack.get(layer).is_some_and(|index| index.is_listed()) {
            supplied.starts.insert((layer, body), magic_of(size, &bytes));
        }
        let sum = supplied.bytes + bytes.len() as u64;
        let text = if sum > limits::REREAD_TOTAL_BYTES {
            Err(FileError::Unknown(format!(
                "the files that were asked for are more than the {} MiB that are read of one image",
                limits::REREAD_TOTAL_BYTES >> 20
            )))
        } else {
            supplied.bytes = sum;
            String::from_utf8(bytes).map(Arc::from).map_err(|_| FileError::NotText)
        };
        supplied.texts.insert((layer, body), text);
    }

    /// The content that a path had in one layer, also where a later layer replaced or removed it. What that layer
    /// does not hold is [`FileError::NotFound`].
    ///
    /// # Errors
    ///
    /// As [`FileView::content`].
    pub fn content_of(&self, layer: u32, path: &str) -> Result<Text, FileError> {
        let layer = layer as usize;
        let index = self.stack.layer(layer).ok_or(FileError::NotFound)?;
        match index.effect(path) {
            Effect::Has { id, .. } => self.content_at(At { layer, id }, path),
            Effect::Nothing | Effect::Hides => Err(FileError::NotFound),
        }
    }

    /// Where the bytes of a regular file of a layer lie, as [`crate::extract`] and [`crate::copy_file`] take it: the same
    /// layer and path, except for a hard link into a layer below. `None` where the layer has no such file.
    pub fn bytes_of(&self, layer: u32, path: &str) -> Option<Wanted> {
        let index = self.stack.layer(layer as usize)?;
        let Effect::Has { id, .. } = index.effect(path) else { return None };
        let at = At { layer: layer as usize, id };
        let real = self.stack.through_links(at)?;
        let (_, node) = self.stack.node(real)?;
        if node.kind != Kind::File {
            return None;
        }
        let path = if real == at { Arc::from(path) } else { path_below(&self.stack, at, real) };
        Some(Wanted { layer: u32::try_from(real.layer).ok()?, path })
    }

    fn content_at(&self, at: At, path: &str) -> Result<Text, FileError> {
        let Some(real) = self.stack.through_links(at) else {
            return Err(FileError::Unknown(format!(
                "`{path}` is a hard link to something that is not in the image"
            )));
        };
        let (index, node) = self.stack.node(real).ok_or(FileError::NotFound)?;
        match node.kind {
            Kind::File => {}
            Kind::Dir => return Err(FileError::IsADirectory),
            _ => return Err(FileError::NotAFile),
        }
        let (body, size) = (node.a, index.size(node));
        let text = |text: Arc<str>| Text::new(text, self.origin(at.layer, path.into()));
        match index.kept(body) {
            Some(Kept::Text(kept)) => return Ok(text(Arc::clone(kept))),
            Some(Kept::NotText) => return Err(FileError::NotText),
            None if size == 0 => return Ok(text(Arc::from(""))),
            None => {}
        }
        if size > limits::READ_FILE_BYTES {
            return Err(FileError::TooLarge(size));
        }
        if let Some(disk) = &self.disk {
            return disk.read(path).map(text);
        }
        let mut supplied = self.supplied();
        if let Some(found) = supplied.texts.get(&(real.layer, body)) {
            return found.clone().map(text);
        }
        let path = if real == at { Arc::from(path) } else { path_below(&self.stack, at, real) };
        supplied.wanted.entry((real.layer, body)).or_insert(path);
        Err(FileError::NotLoaded)
    }

    /// The file of a look-up: what it begins with is told, or noted to be found out.
    fn looked_at(&self, at: At, path: Arc<str>) -> Option<Node> {
        let mut found = self.present(at, Arc::clone(&path))?;
        let real = self.stack.through_links(at).unwrap_or(at);
        let (_, node) = self.stack.node(real)?;
        if node.kind == Kind::File && node.start == Start::Unread {
            let mut supplied = self.supplied();
            match supplied.starts.get(&(real.layer, node.a)) {
                Some(magic) => found.magic = magic.clone(),
                None => {
                    let path = if real == at { path } else { path_below(&self.stack, at, real) };
                    supplied.unread.entry((real.layer, node.a)).or_insert(path);
                }
            }
        }
        Some(found)
    }

    fn present(&self, at: At, path: Arc<str>) -> Option<Node> {
        let real = self.stack.through_links(at).unwrap_or(at);
        let (index, node) = self.stack.node(real)?;
        let (uid, gid) = index.owner(node);
        let kind = match node.kind {
            Kind::File | Kind::LinkBelow => NodeKind::File,
            Kind::Dir => NodeKind::Dir,
            Kind::Symlink => NodeKind::Symlink(index.target(node).into()),
            Kind::Special => NodeKind::Special,
            Kind::Gone => return None,
        };
        Some(Node {
            kind,
            mode: node.mode().into(),
            uid,
            gid,
            size: index.size(node),
            magic: index.magic(node),
            origin: self.origin(at.layer, Arc::clone(&path)),
            generated: false,
            path,
        })
    }

    fn origin(&self, layer: usize, path: Arc<str>) -> Origin {
        let instruction = self.instructions.get(layer).cloned().flatten();
        let layer = if self.disk.is_some() { None } else { u32::try_from(layer).ok() };
        Origin::LayerFile { layer, path, span: None, instruction }
    }

    fn supplied(&self) -> MutexGuard<'_, Supplied> {
        self.supplied.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn root(&self) -> Node {
        let at = self.stack.find("/", self.stack.count());
        at.and_then(|at| self.present(at, "/".into())).unwrap_or_else(|| Node {
            path: "/".into(),
            kind: NodeKind::Dir,
            mode: 0o755,
            uid: 0,
            gid: 0,
            size: 0,
            magic: Magic::Unknown,
            origin: self.origin(0, "/".into()),
            generated: false,
        })
    }
}

fn listed(files: BTreeMap<(usize, u32), Arc<str>>) -> Vec<Wanted> {
    let number = |layer| u32::try_from(layer).unwrap_or(u32::MAX);
    files.into_iter().map(|((layer, _), path)| Wanted { layer: number(layer), path }).collect()
}

/// The path in its own layer of what a hard link to a lower layer stands for.
fn path_below(stack: &Stack, from: At, to: At) -> Arc<str> {
    let mut at = from;
    let mut path = "";
    while at != to {
        let Some((index, node)) = stack.node(at) else { break };
        path = index.target(node);
        let Some(next) = stack.find(path, at.layer) else { break };
        at = next;
    }
    path.into()
}

impl FileView for MergedView {
    fn entry(&self, path: &str) -> Option<Node> {
        if path == "/" {
            return Some(self.root());
        }
        let at = self.stack.find(path, self.stack.count())?;
        self.looked_at(at, path.into())
    }

    fn children(&self, dir: &str) -> Vec<Arc<str>> {
        let dirs = self.stack.directories(dir);
        self.stack.merge(&dirs).map(|child| child.name.into()).collect()
    }

    fn content(&self, path: &str) -> Result<Text, FileError> {
        let at = self.stack.find(path, self.stack.count()).ok_or(FileError::NotFound)?;
        self.content_at(at, path)
    }

    fn versions(&self, path: &str) -> Vec<Version> {
        if self.disk.is_some() {
            return Vec::new();
        }
        let version = |(layer, at): (usize, Option<At>)| Version {
            layer: u32::try_from(layer).unwrap_or(u32::MAX),
            instruction: self.instructions.get(layer).cloned().flatten(),
            node: at.and_then(|at| self.looked_at(at, path.into())),
        };
        self.stack.versions(path).into_iter().map(version).collect()
    }

    fn for_each(&self, visit: &mut dyn FnMut(&Node)) {
        self.for_each_of(&|_| true, visit);
    }

    fn for_each_of(&self, wanted: &dyn Fn(&str) -> bool, visit: &mut dyn FnMut(&Node)) {
        each::each(&self.stack, &mut |path, at| {
            if wanted(path)
                && let Some(node) = self.present(at, path.into())
            {
                visit(&node);
            }
        });
    }

    /// The names of each layer are looked through as they lie, and only what has a name that is wanted is looked up: no
    /// directory is merged for it.
    fn for_each_named(&self, named: &dyn Fn(&str) -> bool, visit: &mut dyn FnMut(&Node)) {
        let mut found = self.stack.named(named);
        found.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        for (path, at) in found {
            if let Some(node) = self.present(at, path.into()) {
                visit(&node);
            }
        }
    }

    fn for_each_below(&self, dir: &str, visit: &mut dyn FnMut(&Node)) {
        each::each_below(&self.stack, dir, &mut |path, at| {
            if let Some(node) = self.present(at, path.into()) {
                visit(&node);
            }
        });
    }

    fn unknown(&self, path: &str) -> Option<String> {
        self.disk.as_ref()?.unknown(path)
    }
}

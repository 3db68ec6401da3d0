//! For tests only (feature `testing`): a file tree in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::files::{FileError, FileView, Magic, Node, NodeKind, Version};
use crate::origin::Origin;
use crate::path;
use crate::text::Text;

#[derive(Clone, Debug)]
struct Held {
    node: Node,
    content: Result<Text, FileError>,
}

/// A file tree in memory, built by chained calls. Directories above a path are made with it. Everything stands in
/// the layer named last with [`MemoryFiles::layer`] (0 at first).
#[derive(Clone, Debug)]
pub struct MemoryFiles {
    held: BTreeMap<String, Held>,
    unknown: BTreeMap<String, String>,
    layer: Option<u32>,
    instruction: Option<Arc<str>>,
}

impl Default for MemoryFiles {
    fn default() -> Self {
        MemoryFiles::new()
    }
}

impl MemoryFiles {
    /// A tree with nothing but the root directory.
    pub fn new() -> Self {
        let empty = MemoryFiles {
            held: BTreeMap::new(),
            unknown: BTreeMap::new(),
            layer: Some(0),
            instruction: None,
        };
        empty.put("/", NodeKind::Dir, 0o755, Magic::Unknown, 0, Err(FileError::IsADirectory))
    }

    /// What is added from here on stands in no layer, as in a root file system.
    #[must_use]
    pub fn no_layer(mut self) -> Self {
        self.layer = None;
        self.instruction = None;
        self
    }

    /// What is added from here on stands in this layer, made by this instruction.
    #[must_use]
    pub fn layer(mut self, index: u32, instruction: &str) -> Self {
        self.layer = Some(index);
        self.instruction = Some(instruction.into());
        self
    }

    /// A regular file, mode 644.
    #[must_use]
    pub fn file(self, path: &str, content: &str) -> Self {
        self.file_with_mode(path, content, 0o644)
    }

    /// A regular file, mode 755.
    #[must_use]
    pub fn executable(self, path: &str, content: &str) -> Self {
        self.file_with_mode(path, content, 0o755)
    }

    /// A regular file with permission bits.
    #[must_use]
    pub fn file_with_mode(self, path: &str, content: &str, mode: u32) -> Self {
        let magic = match content.strip_prefix("#!") {
            Some(rest) => Magic::Script(rest.split('\n').next().unwrap_or("").into()),
            None if content.is_empty() => Magic::Empty,
            None => Magic::Other,
        };
        let text = Text::new(content, self.origin(path));
        self.put(path, NodeKind::File, mode, magic, content.len() as u64, Ok(text))
    }

    /// An ELF program, mode 755.
    #[must_use]
    pub fn program(self, path: &str) -> Self {
        self.put(path, NodeKind::File, 0o755, Magic::Elf, 4, Err(FileError::NotText))
    }

    /// A directory, mode 755.
    #[must_use]
    pub fn dir(self, path: &str) -> Self {
        self.put(path, NodeKind::Dir, 0o755, Magic::Unknown, 0, Err(FileError::IsADirectory))
    }

    /// A symbolic link.
    #[must_use]
    pub fn link(self, path: &str, target: &str) -> Self {
        let kind = NodeKind::Symlink(target.into());
        self.put(path, kind, 0o777, Magic::Unknown, target.len() as u64, Err(FileError::NotAFile))
    }

    /// A path that a mount with unknown content covers.
    #[must_use]
    pub fn unknown(mut self, path: &str, reason: &str) -> Self {
        self.unknown.insert(path.to_owned(), reason.to_owned());
        self
    }

    /// A file whose content was not kept.
    #[must_use]
    pub fn not_loaded(self, path: &str) -> Self {
        self.put(path, NodeKind::File, 0o644, Magic::Unknown, 1, Err(FileError::NotLoaded))
    }

    /// Changes owner and group of what was added at `path`.
    #[must_use]
    pub fn owned_by(mut self, path: &str, uid: u32, gid: u32) -> Self {
        if let Some(held) = self.held.get_mut(path) {
            (held.node.uid, held.node.gid) = (uid, gid);
        }
        self
    }

    /// The tree as readers take it.
    pub fn shared(self) -> Arc<dyn FileView> {
        Arc::new(self)
    }

    fn origin(&self, path: &str) -> Origin {
        Origin::LayerFile {
            layer: self.layer,
            path: path.into(),
            span: None,
            instruction: self.instruction.clone(),
        }
    }

    fn put(
        mut self,
        path: &str,
        kind: NodeKind,
        mode: u32,
        magic: Magic,
        size: u64,
        content: Result<Text, FileError>,
    ) -> Self {
        let above = path::parent(path);
        if path != "/" && !self.held.contains_key(above) {
            let above = above.to_owned();
            self = self.dir(&above);
        }
        let origin = self.origin(path);
        let node =
            Node { path: path.into(), kind, mode, uid: 0, gid: 0, size, magic, origin, generated: false };
        self.held.insert(path.to_owned(), Held { node, content });
        self
    }
}

impl FileView for MemoryFiles {
    fn entry(&self, path: &str) -> Option<Node> {
        self.held.get(path).map(|h| h.node.clone())
    }

    fn children(&self, dir: &str) -> Vec<Arc<str>> {
        let prefix = if dir == "/" { "/".to_owned() } else { format!("{dir}/") };
        let below = self.held.range(prefix.clone()..).map_while(|(path, _)| path.strip_prefix(&prefix));
        below.filter(|rest| !rest.is_empty() && !rest.contains('/')).map(Into::into).collect()
    }

    fn content(&self, path: &str) -> Result<Text, FileError> {
        self.held.get(path).map_or(Err(FileError::NotFound), |h| h.content.clone())
    }

    fn versions(&self, path: &str) -> Vec<Version> {
        let version = |held: &Held| Version {
            layer: held.node.origin.layer().unwrap_or(0),
            instruction: held.node.origin.instruction().map(Into::into),
            node: Some(held.node.clone()),
        };
        self.held.get(path).map(version).into_iter().collect()
    }

    fn for_each(&self, visit: &mut dyn FnMut(&Node)) {
        self.held.values().filter(|h| &*h.node.path != "/").for_each(|h| visit(&h.node));
    }

    fn unknown(&self, path: &str) -> Option<String> {
        self.unknown.get(path).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_in_memory_answers_as_a_root_file_system_would() {
        let files = MemoryFiles::new()
            .layer(1, "COPY . /app")
            .executable("/app/run.sh", "#!/bin/sh\nexec x\n")
            .link("/run.sh", "app/run.sh")
            .program("/bin/dash");
        assert_eq!(files.resolve("/run.sh").unwrap().magic, Magic::Script("/bin/sh".into()));
        assert_eq!(files.read("/run.sh").unwrap().raw(), "#!/bin/sh\nexec x\n");
        assert_eq!(files.children("/"), ["app".into(), "bin".into(), "run.sh".into()] as [Arc<str>; 3]);
        assert_eq!(files.read("/bin/dash"), Err(FileError::NotText));
        assert_eq!(files.versions("/app/run.sh")[0].layer, 1);
        assert_eq!(files.resolve("/nope"), Err(FileError::NotFound));
    }
}

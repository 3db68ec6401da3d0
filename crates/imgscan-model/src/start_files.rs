//! What the start of a container does to files before the server reads them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::files::{FileError, FileView, Magic, Node, NodeKind, Version};
use crate::origin::Origin;
use crate::path;
use crate::text::Text;

#[derive(Clone, Debug)]
enum Change {
    Present {
        node: Node,
        content: Result<Text, FileError>,
    },
    Removed,
    /// It cannot be told whether something stands there.
    Doubtful {
        reason: String,
    },
}

/// A view over another view, with the changes that scripts and templates make at the start. Cheap to clone, so that
/// each path through a script has its own. Paths are exact (no link is followed): callers resolve first.
#[derive(Clone)]
pub struct StartFiles {
    below: Arc<dyn FileView>,
    changes: BTreeMap<String, Change>,
    /// What was taken away with everything below it, even if something was made at the same path later: nothing of the
    /// view below stands there any more.
    cleared: BTreeSet<String>,
}

impl StartFiles {
    /// A view in which nothing is changed yet.
    pub fn over(below: Arc<dyn FileView>) -> Self {
        StartFiles { below, changes: BTreeMap::new(), cleared: BTreeSet::new() }
    }

    /// Whether nothing was changed.
    pub fn is_unchanged(&self) -> bool {
        self.changes.is_empty()
    }

    /// The paths that were changed, sorted.
    pub fn changed(&self) -> impl Iterator<Item = &str> {
        self.changes.keys().map(String::as_str)
    }

    /// The paths at which nothing of the view below stands any more, sorted: what stands there was made at the start.
    pub fn cleared(&self) -> impl Iterator<Item = &str> {
        self.cleared.iter().map(String::as_str)
    }

    /// Writes a whole file. `by` is the script line, template or command that writes it.
    pub fn write(&mut self, path: &str, content: Text, mode: u32, by: Origin) {
        let magic = match content.raw() {
            "" => Magic::Empty,
            text => text
                .strip_prefix("#!")
                .map_or(Magic::Other, |rest| Magic::Script(rest.lines().next().unwrap_or("").into())),
        };
        let size = content.len() as u64;
        self.put(path, NodeKind::File, mode, size, magic, by, Ok(content));
    }

    /// Notes that a file's content from here on is not known, with the reason.
    pub fn spoil(&mut self, path: &str, reason: impl Into<String>, by: Origin) {
        let mode = self.entry(path).map_or(0o644, |n| n.mode);
        let content = Err(FileError::Unknown(reason.into()));
        self.put(path, NodeKind::File, mode, 0, Magic::Unknown, by, content);
    }

    /// Makes a directory and those above it.
    pub fn make_dir(&mut self, path: &str, mode: u32, by: &Origin) {
        if path == "/" || self.entry(path).is_some() {
            return;
        }
        self.make_dir(path::parent(path), 0o755, by);
        self.put(path, NodeKind::Dir, mode, 0, Magic::Unknown, by.clone(), Err(FileError::IsADirectory));
    }

    /// Makes a symbolic link.
    pub fn link(&mut self, path: &str, target: &str, by: Origin) {
        let kind = NodeKind::Symlink(target.into());
        self.put(path, kind, 0o777, target.len() as u64, Magic::Unknown, by, Err(FileError::NotAFile));
    }

    /// Changes the permission bits of what stands at `path`.
    pub fn set_mode(&mut self, path: &str, mode: u32) {
        let Some(mut node) = self.entry(path) else { return };
        node.mode = mode;
        let content = self.content(path);
        self.changes.insert(path.to_owned(), Change::Present { node, content });
    }

    /// Changes the owner of what stands at `path`.
    pub fn set_owner(&mut self, path: &str, uid: u32, gid: u32) {
        let Some(mut node) = self.entry(path) else { return };
        (node.uid, node.gid) = (uid, gid);
        let content = self.content(path);
        self.changes.insert(path.to_owned(), Change::Present { node, content });
    }

    /// Puts a copy of what stands at `from` (a file or link, not what is below a directory) to `to`, with its
    /// permission bits. `by` is the line that copies it; the content keeps its own origins.
    pub fn copy(&mut self, from: &str, to: &str, by: Origin) {
        let Some(node) = self.entry(from) else { return };
        let content = self.content(from);
        self.put(to, node.kind, node.mode, node.size, node.magic, by, content);
    }

    /// Notes that it cannot be told whether something stands at `path`, with the reason: some paths through a script
    /// write it and others do not.
    pub fn doubt(&mut self, path: &str, reason: impl Into<String>) {
        self.remove(path);
        self.changes.insert(path.to_owned(), Change::Doubtful { reason: reason.into() });
    }

    /// Takes away what stands at `path` and everything below it.
    pub fn remove(&mut self, path: &str) {
        let prefix = format!("{}/", path.trim_end_matches('/'));
        self.changes.retain(|p, _| p != path && !p.starts_with(&prefix));
        self.changes.insert(path.to_owned(), Change::Removed);
        self.cleared.insert(path.to_owned());
    }

    #[allow(clippy::too_many_arguments)] // The fields of a node; a builder would only spread them out.
    fn put(
        &mut self,
        path: &str,
        kind: NodeKind,
        mode: u32,
        size: u64,
        magic: Magic,
        origin: Origin,
        content: Result<Text, FileError>,
    ) {
        self.make_dir(path::parent(path), 0o755, &origin);
        let node =
            Node { path: path.into(), kind, mode, uid: 0, gid: 0, size, magic, origin, generated: true };
        self.changes.insert(path.to_owned(), Change::Present { node, content });
    }

    /// Whether a directory above `path` was taken away: what the view below has there is gone, even if a directory
    /// was made there again.
    fn is_below_removed(&self, path: &str) -> bool {
        // Most starts write nothing, and this is asked for every file of an image.
        if self.changes.is_empty() && self.cleared.is_empty() {
            return false;
        }
        crate::files::ancestors(path).any(|dir| {
            self.cleared.contains(dir)
                || matches!(self.changes.get(dir), Some(Change::Present { node, .. }) if !node.is_dir())
        })
    }
}

impl StartFiles {
    /// What the start writes, as far as it is wanted, among what a walk over the files below visits, in order.
    fn merged(&self, wanted: &dyn Fn(&str) -> bool, below: &Walk<'_>, visit: &mut dyn FnMut(&Node)) {
        let mut written: Vec<&Node> = self
            .changes
            .values()
            .filter_map(|c| match c {
                Change::Present { node, .. } => Some(node).filter(|node| wanted(&node.path)),
                Change::Removed | Change::Doubtful { .. } => None,
            })
            .rev()
            .collect();
        below(&mut |node| {
            while let Some(next) = written.last().filter(|n| n.path < node.path) {
                visit(next);
                written.pop();
            }
            let path: &str = &node.path;
            if !self.changes.contains_key(path) && !self.is_below_removed(path) {
                visit(node);
            }
        });
        written.into_iter().rev().for_each(visit);
    }
}

/// A walk over files that calls what it is given for each.
type Walk<'a> = dyn Fn(&mut dyn FnMut(&Node)) + 'a;

impl FileView for StartFiles {
    fn entry(&self, path: &str) -> Option<Node> {
        match self.changes.get(path) {
            Some(Change::Present { node, .. }) => Some(node.clone()),
            Some(Change::Removed | Change::Doubtful { .. }) => None,
            None if self.is_below_removed(path) => None,
            None => self.below.entry(path),
        }
    }

    fn children(&self, dir: &str) -> Vec<Arc<str>> {
        let prefix = if dir == "/" { "/".to_owned() } else { format!("{dir}/") };
        let gone = self.cleared.contains(dir) || self.is_below_removed(dir);
        let mut names: BTreeSet<Arc<str>> =
            if gone { BTreeSet::new() } else { self.below.children(dir).into_iter().collect() };
        for (path, change) in self.changes.range(prefix.clone()..) {
            let Some(rest) = path.strip_prefix(&prefix) else { break };
            if rest.contains('/') || rest.is_empty() {
                continue;
            }
            match change {
                Change::Present { .. } | Change::Doubtful { .. } => names.insert(rest.into()),
                Change::Removed => names.remove(rest),
            };
        }
        names.into_iter().collect()
    }

    fn content(&self, path: &str) -> Result<Text, FileError> {
        match self.changes.get(path) {
            Some(Change::Present { content, .. }) => content.clone(),
            Some(Change::Removed) => Err(FileError::NotFound),
            Some(Change::Doubtful { reason }) => Err(FileError::Unknown(reason.clone())),
            None if self.is_below_removed(path) => Err(FileError::NotFound),
            None => self.below.content(path),
        }
    }

    fn versions(&self, path: &str) -> Vec<Version> {
        self.below.versions(path)
    }

    fn for_each(&self, visit: &mut dyn FnMut(&Node)) {
        self.for_each_of(&|_| true, visit);
    }

    fn for_each_of(&self, wanted: &dyn Fn(&str) -> bool, visit: &mut dyn FnMut(&Node)) {
        self.merged(wanted, &|visit| self.below.for_each_of(wanted, visit), visit);
    }

    fn for_each_named(&self, named: &dyn Fn(&str) -> bool, visit: &mut dyn FnMut(&Node)) {
        let wanted = |path: &str| named(path::name(path));
        self.merged(&wanted, &|visit| self.below.for_each_named(named, visit), visit);
    }

    fn for_each_below(&self, dir: &str, visit: &mut dyn FnMut(&Node)) {
        let wanted = |path: &str| path.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'));
        self.merged(&wanted, &|visit| self.below.for_each_below(dir, visit), visit);
    }

    fn unknown(&self, path: &str) -> Option<String> {
        match self.changes.get(path) {
            Some(Change::Doubtful { reason }) => Some(reason.clone()),
            Some(Change::Present { .. } | Change::Removed) => None,
            None => self.below.unknown(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::MemoryFiles;

    fn by() -> Origin {
        Origin::Runtime { what: "test".into() }
    }

    #[test]
    fn a_copy_keeps_content_and_mode_and_not_the_owner() {
        let below = MemoryFiles::new().executable("/a", "x").owned_by("/a", 7, 7).shared();
        let mut files = StartFiles::over(below);
        files.copy("/a", "/d/b", by());
        let node = files.resolve("/d/b").unwrap();
        assert_eq!((node.mode, node.uid), (0o755, 0));
        assert_eq!(files.read("/d/b").unwrap().raw(), "x");
        files.set_owner("/d/b", 5, 6);
        assert_eq!(files.resolve("/d/b").unwrap().uid, 5);
    }

    #[test]
    fn a_directory_made_anew_is_empty() {
        let mut files = StartFiles::over(MemoryFiles::new().file("/d/a", "x").file("/e/b", "y").shared());
        files.remove("/d");
        files.make_dir("/d", 0o755, &by());
        assert_eq!(files.exists("/d/a"), Some(false));
        assert!(files.children("/d").is_empty());
        let mut seen = Vec::new();
        files.for_each(&mut |node| seen.push(node.path.to_string()));
        assert!(!seen.contains(&"/d/a".to_owned()) && seen.contains(&"/e/b".to_owned()));
        files.write("/d/a", Text::new("z", by()), 0o644, by());
        assert_eq!(files.read("/d/a").unwrap().raw(), "z");
        assert_eq!(files.children("/e").len(), 1);
    }

    #[test]
    fn a_doubtful_file_is_neither_there_nor_missing() {
        let mut files = StartFiles::over(MemoryFiles::new().file("/a", "x").shared());
        files.doubt("/a", "written under a condition");
        assert_eq!(files.exists("/a"), None);
        assert!(matches!(files.read("/a"), Err(FileError::Unknown(_))));
        assert_eq!(files.children("/").len(), 1);
        files.write("/a", Text::new("y", by()), 0o644, by());
        assert_eq!(files.exists("/a"), Some(true));
    }
}

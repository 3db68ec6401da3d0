//! What the script does to files.

use std::sync::Arc;

use imgscan_model::{FileView, Node, NodeKind, Origin, Text, limits, path};

use super::disk::{self, Found, ReadError, Runtime, Sight};
use super::{Shell, Touch};
use crate::texts;

/// Why something could not be done to a file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum DiskError {
    /// The system call fails.
    Fails,
    /// Whether it fails cannot be told, with the reason.
    Unsure(String),
}

pub(crate) type Done<T = ()> = Result<T, DiskError>;

impl Shell {
    /// How paths are followed here.
    pub(crate) fn sight(&self) -> Sight<'_> {
        Sight { files: &self.world.files, who: &self.local.who, partial: self.partial }
    }

    /// What a path leads to from the working directory.
    pub(crate) fn find(&self, path: &str, follow: bool) -> Found {
        disk::find(self.sight(), self.local.cwd.known(), path, follow)
    }

    /// As [`Shell::find`], for a text; unknown where the text is.
    pub(crate) fn find_text(&self, path: &Text, follow: bool) -> Found {
        match path.known() {
            Some(path) => self.find(path, follow),
            None => match self.temporary(path) {
                Some(path) => self.find(&path, follow),
                None => Found::Unknown(format!("the path `{}` is not known", path.display())),
            },
        }
    }

    /// Where a path stands here that begins with a name that `mktemp` made.
    fn temporary(&self, path: &Text) -> Option<String> {
        self.world.temporary.iter().find_map(|(name, at)| {
            let head = path.slice(0..name.len());
            let same = crate::builtin::test::equal(&head, name) == crate::pattern::Tri::Yes;
            let rest = path.slice(name.len()..path.len());
            let rest = rest.known().filter(|r| same && (r.is_empty() || r.starts_with(['/', '.', '-'])))?;
            Some(format!("{at}{rest}"))
        })
    }

    /// The content of the file that a path leads to.
    pub(crate) fn read_path(&mut self, path: &Text) -> Result<Text, ReadError> {
        let found = self.find_text(path, true);
        if let Found::Runtime(Runtime::Descriptor(fd)) = found {
            if let Some(text) = self.world.piped.get(&fd) {
                return Ok(text.clone());
            }
            return match self.read_all(fd) {
                super::descriptor::Input::Known(text) | super::descriptor::Input::Unknown(text) => Ok(text),
                super::descriptor::Input::Closed => Err(ReadError::Fails("Bad file descriptor")),
            };
        }
        if let Found::Runtime(Runtime::Null) = found {
            return Ok(Text::derived("", self.here()));
        }
        if let Found::Node(node) = &found {
            self.touch(&Arc::clone(&node.path), Touch::Read);
        }
        disk::content(&self.world.files, &found, &self.local.who)
    }

    /// Notes that a file is read or written, for pipelines whose parts run at the same time.
    pub(crate) fn touch(&mut self, path: &Arc<str>, how: Touch) {
        if self.local.context.pipeline && self.world.touched.len() < 10_000 {
            self.world.touched.push((Arc::clone(path), how));
        }
    }

    /// Where a file would be written that `path` leads to: its exact path, and whether it is there already.
    pub(crate) fn writable(&self, path: &Text) -> Done<(Arc<str>, bool)> {
        match self.find_text(path, true) {
            Found::Missing { .. } if path.raw().ends_with('/') => Err(DiskError::Fails),
            found => self.writable_found(&found),
        }
    }

    pub(crate) fn writable_found(&self, found: &Found) -> Done<(Arc<str>, bool)> {
        let unsure = || DiskError::Unsure("what the user may do is not known".into());
        match found {
            Found::Node(node) if node.is_dir() => Err(DiskError::Fails),
            Found::Node(node) => match self.local.who.may(node, 2) {
                Some(true) => Ok((Arc::clone(&node.path), true)),
                Some(false) => Err(DiskError::Fails),
                None => Err(unsure()),
            },
            Found::Missing { at: Some(at) } => match disk::may_change_names(self.sight(), at) {
                Some(true) => Ok((at.as_str().into(), false)),
                Some(false) => Err(DiskError::Fails),
                None => Err(unsure()),
            },
            Found::Missing { at: None } | Found::Blocked(_) => Err(DiskError::Fails),
            Found::Runtime(_) => Err(DiskError::Unsure("it is provided by the container runtime".into())),
            Found::Unknown(reason) => Err(DiskError::Unsure(reason.clone())),
        }
    }

    /// Whether a name may be made or taken away at `at`.
    pub(crate) fn may_change_names(&self, at: &str) -> Done {
        match disk::may_change_names(self.sight(), at) {
            Some(true) => Ok(()),
            Some(false) => Err(DiskError::Fails),
            None => Err(DiskError::Unsure("what the user may do is not known".into())),
        }
    }

    /// Writes a whole file at exactly this path; a new one belongs to the user and has `mode`, less the umask.
    pub(crate) fn put_file(&mut self, path: &str, content: Text, mode: u32, by: &Origin) {
        let old = self.world.files.entry(path);
        let mode = old.as_ref().map_or(mode & !self.local.umask.unwrap_or(0o022), |n| n.mode);
        if content.len() > limits::VALUE_SIZE {
            self.world.files.spoil(path, "it grows too long to be followed", by.clone());
        } else {
            self.world.files.write(path, content, mode, by.clone());
        }
        self.own(path, old.as_ref());
        self.spoil_other_names(path, by);
    }

    /// The file was written under one of its names: what is seen under the others is not followed.
    fn spoil_other_names(&mut self, path: &str, by: &Origin) {
        let names: Vec<String> = self
            .world
            .linked
            .iter()
            .filter_map(|(a, b)| if a == path { Some(b) } else { (b == path).then_some(a) })
            .cloned()
            .collect();
        for name in names {
            self.world.files.spoil(&name, format!("it may be the same file as `{path}`"), by.clone());
        }
    }

    /// Gives what was made at `path` the owner it has: the one it had, or the user.
    pub(crate) fn own(&mut self, path: &str, old: Option<&Node>) {
        let who = &self.local.who;
        let owner = match old {
            Some(node) => Some((node.uid, node.gid)),
            None => who.uid.zip(who.gid),
        };
        if let Some((uid, gid)) = owner.filter(|o| *o != (0, 0)) {
            self.world.files.set_owner(path, uid, gid);
        }
        self.files_changed();
        self.touch(&path.into(), if old.is_some() { Touch::Written } else { Touch::Named });
    }

    /// Notes that a file's content is not known from here on.
    pub(crate) fn spoil(&mut self, path: &str, reason: impl Into<String>, by: &Origin) {
        let old = self.world.files.entry(path);
        self.world.files.spoil(path, reason, by.clone());
        self.own(path, old.as_ref());
        self.spoil_other_names(path, by);
    }

    /// Writes at an offset, as `write(2)` does; the new offset, `None` where it is not known any more.
    pub(crate) fn write_file_at(
        &mut self,
        path: &str,
        at: Option<usize>,
        append: bool,
        text: Text,
        by: &Origin,
    ) -> Option<usize> {
        let Ok(old) = self.world.files.content(path) else {
            self.files_changed();
            return None;
        };
        let cost = (old.len() / 1024 + text.len() / 1024) as u64;
        self.budget.take(cost);
        let size = old.len();
        let offset = if append { Some(size) } else { at };
        let (new, end) = match offset {
            Some(offset) if offset == size => (texts::join2(&old, &text), size + text.len()),
            Some(offset) if offset < size && old.known().is_some() && text.known().is_some() => {
                let end = offset + text.len();
                if !old.raw().is_char_boundary(offset) || end < size && !old.raw().is_char_boundary(end) {
                    self.spoil(path, "it is written over in the middle of a character", by);
                    return None;
                }
                (Text::concat([&old.slice(0..offset), &text, &old.slice(end.min(size)..size)]), end)
            }
            _ => {
                self.spoil(path, "it is written from two sides", by);
                return None;
            }
        };
        let mode = self.world.files.entry(path).map_or(0o644, |n| n.mode);
        self.put_file(path, new, mode, by);
        Some(end)
    }

    /// Makes a directory at exactly this path (those above it must be there).
    pub(crate) fn put_dir(&mut self, path: &str, mode: u32, by: &Origin) {
        let mode = mode & !self.local.umask.unwrap_or(0o022);
        self.world.files.make_dir(path, mode, by);
        self.own(path, None);
    }

    /// Takes away a path and what is below it.
    pub(crate) fn take_away(&mut self, path: &str) {
        self.world.files.remove(path);
        self.files_changed();
        self.touch(&path.into(), Touch::Named);
        self.world.linked.retain(|(a, b)| a != path && b != path);
    }

    /// Copies what stands at `from` to `to`, directories with what is below them.
    pub(crate) fn copy_tree(
        &mut self,
        from: &str,
        to: &str,
        keep_owner: bool,
        by: &Origin,
        left: &mut usize,
    ) {
        if *left == 0 {
            return;
        }
        *left -= 1;
        let Some(node) = self.world.files.entry(from) else { return };
        let old = self.world.files.entry(to);
        if node.kind == NodeKind::Dir {
            if old.is_none() {
                self.world.files.make_dir(to, node.mode, by);
            }
            for name in self.world.files.children(from) {
                let (from, to) = (path::join(from, &name), path::join(to, &name));
                self.copy_tree(&from, &to, keep_owner, by, left);
            }
        } else {
            self.world.files.copy(from, to, by.clone());
            if let Some(old) = old.as_ref().filter(|o| o.is_file() && node.is_file()) {
                self.world.files.set_mode(to, old.mode);
            }
        }
        let owner = if keep_owner { Some(&node) } else { old.as_ref() };
        self.own(to, owner);
    }
}

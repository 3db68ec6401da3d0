//! All of a merged tree, sorted by path bytes, in memory that does not grow with it.
//!
//! `/a-b` comes between `/a` and `/a/b`: a directory stands for two places in the order, its own and, with a slash
//! behind its name, that of all it holds. Names between the two begin with the directory's, so the directories that
//! wait for their second place form a stack.

use super::stack::{At, Merge, Stack};

/// A directory on the way.
struct Frame<'a> {
    children: std::iter::Peekable<Merge<'a>>,
    /// Directories in it that were visited and not yet gone into, the next one last.
    waiting: Vec<(&'a str, Vec<At>)>,
    /// Length of its path.
    base: usize,
}

impl<'a> Frame<'a> {
    fn new(stack: &'a Stack, dirs: &[At], base: usize) -> Self {
        Frame { children: stack.merge(dirs).peekable(), waiting: Vec::new(), base }
    }

    /// The directory to go into before the next child is visited.
    fn descend(&mut self) -> Option<(&'a str, Vec<At>)> {
        let (waiting, _) = self.waiting.last()?;
        let inside = waiting.bytes().chain([b'/']);
        let first = self.children.peek().is_none_or(|child| inside.lt(child.name.bytes()));
        if first { self.waiting.pop() } else { None }
    }
}

/// Calls `visit` for everything below the root with its path.
pub(crate) fn each(stack: &Stack, visit: &mut dyn FnMut(&str, At)) {
    each_below(stack, "", visit);
}

/// Calls `visit` for everything below a directory with its path; the root is the empty one.
pub(crate) fn each_below(stack: &Stack, dir: &str, visit: &mut dyn FnMut(&str, At)) {
    let mut path = dir.to_owned();
    let mut frames = vec![Frame::new(stack, &stack.directories(dir), path.len())];
    while let Some(top) = frames.last_mut() {
        path.truncate(top.base);
        path.push('/');
        if let Some((name, dirs)) = top.descend() {
            path.push_str(name);
            frames.push(Frame::new(stack, &dirs, path.len()));
        } else if let Some(child) = top.children.next() {
            path.push_str(child.name);
            visit(&path, child.at);
            if !child.dirs.is_empty() {
                top.waiting.push((child.name, child.dirs));
            }
        } else {
            frames.pop();
        }
    }
}

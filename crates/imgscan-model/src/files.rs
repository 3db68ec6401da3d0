//! The files a process sees: the image's merged layers, what mounts hide or show, and what the start has written.
//!
//! Readers (python, shell, launch, dialects) see nothing but the trait [`FileView`].

use std::fmt;
use std::sync::Arc;

use crate::limits;
use crate::origin::Origin;
use crate::path;
use crate::text::Text;

/// What kind of thing stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A regular file (or a hard link to one).
    File,
    /// A directory.
    Dir,
    /// A symbolic link with its target as written.
    Symlink(Arc<str>),
    /// A device, fifo or socket.
    Special,
}

/// What the first bytes of a regular file say.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Magic {
    /// Not looked at.
    #[default]
    Unknown,
    /// An ELF program.
    Elf,
    /// A script: its first line without `#!`, up to 255 bytes, a trailing CR kept.
    Script(Arc<str>),
    /// An empty file.
    Empty,
    /// Anything else.
    Other,
}

/// A thing at a path.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its path, absolute, no link in it but perhaps the last component.
    pub path: Arc<str>,
    /// What it is.
    pub kind: NodeKind,
    /// Permission bits (`0o755`).
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Size in bytes.
    pub size: u64,
    /// What its first bytes say.
    pub magic: Magic,
    /// The file as a whole: layer, path, instruction.
    pub origin: Origin,
    /// Whether the start of the container writes it (from a template, say).
    pub generated: bool,
}

impl Node {
    /// Whether it is a regular file.
    pub fn is_file(&self) -> bool {
        self.kind == NodeKind::File
    }

    /// Whether it is a directory.
    pub fn is_dir(&self) -> bool {
        self.kind == NodeKind::Dir
    }

    /// Whether anybody may execute it.
    pub fn is_executable(&self) -> bool {
        self.is_file() && self.mode & 0o111 != 0
    }
}

/// One version of a path: what a layer did to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// Index of the layer, counted from 0 at the base.
    pub layer: u32,
    /// The instruction that made the layer, when history tells it.
    pub instruction: Option<Arc<str>>,
    /// What the layer put there; `None` where it deleted the path (whiteout, opaque directory).
    pub node: Option<Node>,
}

/// Why a path could not be looked up or read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileError {
    /// Nothing is there.
    NotFound,
    /// A component of the path is no directory.
    NotADirectory,
    /// It is a directory.
    IsADirectory,
    /// It is a device, fifo or socket.
    NotAFile,
    /// Too many symbolic links.
    Loop,
    /// The file is in the image, its content was not kept when the layer was read. The view has noted the wish; the
    /// scan reads the layer again and asks once more.
    NotLoaded,
    /// The file is larger than what is read, in bytes.
    TooLarge(u64),
    /// The file is not UTF-8 text.
    NotText,
    /// What stands there depends on the run time, with the reason (a mount, a command that was not followed).
    Unknown(String),
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FileError::NotFound => f.write_str("no such file or directory"),
            FileError::NotADirectory => f.write_str("not a directory"),
            FileError::IsADirectory => f.write_str("is a directory"),
            FileError::NotAFile => f.write_str("not a regular file"),
            FileError::Loop => f.write_str("too many levels of symbolic links"),
            FileError::NotLoaded => f.write_str("its content was not read"),
            FileError::TooLarge(size) => write!(f, "{size} bytes are more than is read of one file"),
            FileError::NotText => f.write_str("not UTF-8 text"),
            FileError::Unknown(reason) => f.write_str(reason),
        }
    }
}

/// A file tree at one moment of the start. Implementations give exact look-ups; links are followed here, in one place.
pub trait FileView: Send + Sync {
    /// What stands at exactly this path (absolute, no `.` or `..`), without following any link. The root always
    /// stands.
    fn entry(&self, path: &str) -> Option<Node>;

    /// The names in the directory at exactly this path, sorted by bytes. Empty where there is none.
    fn children(&self, dir: &str) -> Vec<Arc<str>>;

    /// The content of the regular file at exactly this path.
    fn content(&self, path: &str) -> Result<Text, FileError>;

    /// What each layer did to exactly this path, base first.
    fn versions(&self, path: &str) -> Vec<Version>;

    /// Calls `visit` for everything in the tree, sorted by path bytes.
    fn for_each(&self, visit: &mut dyn FnMut(&Node));

    /// Calls `visit` for everything in the tree whose path is `wanted`, sorted by path bytes. Views of many files look at
    /// the path before they make the node: most are not wanted.
    fn for_each_of(&self, wanted: &dyn Fn(&str) -> bool, visit: &mut dyn FnMut(&Node)) {
        self.for_each(&mut |node| {
            if wanted(&node.path) {
                visit(node);
            }
        });
    }

    /// As [`FileView::for_each`], for what has one of these names only: much cheaper where names of many files are at hand
    /// and few of them are wanted.
    fn for_each_named(&self, named: &dyn Fn(&str) -> bool, visit: &mut dyn FnMut(&Node)) {
        self.for_each_of(&|path| named(path::name(path)), visit);
    }

    /// As [`FileView::for_each`], for what lies below a directory only. `dir` is absolute, without `.` and `..` and without
    /// a slash at its end.
    fn for_each_below(&self, dir: &str, visit: &mut dyn FnMut(&Node)) {
        let below = |path: &str| path.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'));
        self.for_each_of(&below, visit);
    }

    /// Why what stands at this path is not known, where that is so (a mount with unknown content covers it).
    fn unknown(&self, _path: &str) -> Option<String> {
        None
    }

    /// The path with every link followed, the last one too. The result exists.
    fn resolve(&self, path: &str) -> Result<Node, FileError> {
        walk(self, path, true)
    }

    /// What stands at `path`: links in its directories are followed, one in its last component is not.
    fn lookup(&self, path: &str) -> Result<Node, FileError> {
        walk(self, path, false)
    }

    /// The content of the regular file that `path` leads to.
    fn read(&self, path: &str) -> Result<Text, FileError> {
        let node = self.resolve(path)?;
        match node.kind {
            NodeKind::File => self.content(&node.path),
            NodeKind::Dir => Err(FileError::IsADirectory),
            NodeKind::Special | NodeKind::Symlink(_) => Err(FileError::NotAFile),
        }
    }

    /// The names in the directory that `path` leads to, sorted by bytes.
    fn list(&self, path: &str) -> Result<Vec<Arc<str>>, FileError> {
        let node = self.resolve(path)?;
        if node.is_dir() { Ok(self.children(&node.path)) } else { Err(FileError::NotADirectory) }
    }

    /// Whether something stands at `path`, links followed: `None` where that cannot be told.
    fn exists(&self, path: &str) -> Option<bool> {
        match self.resolve(path) {
            Ok(_) => Some(true),
            Err(FileError::Unknown(_)) => None,
            Err(_) => Some(false),
        }
    }
}

/// Follows `path` (made absolute at `/`) component by component, as `openat` inside a chroot would: absolute targets
/// start at the root of the view, `..` never leaves it, and more than [`limits::LINK_DEPTH`] links are a loop.
fn walk<V: FileView + ?Sized>(view: &V, path: &str, follow_last: bool) -> Result<Node, FileError> {
    let must_be_dir = path.ends_with('/') || path.ends_with("/.");
    let mut pending: Vec<String> = components(path);
    let mut here = String::new();
    let mut links = 0;
    while let Some(name) = pending.pop() {
        if name == ".." {
            here.truncate(here.rfind('/').unwrap_or(0));
            continue;
        }
        let next = format!("{here}/{name}");
        if let Some(reason) = view.unknown(&next) {
            return Err(FileError::Unknown(reason));
        }
        let node = view.entry(&next).ok_or(FileError::NotFound)?;
        match &node.kind {
            NodeKind::Symlink(target) if follow_last || must_be_dir || !pending.is_empty() => {
                links += 1;
                if links > limits::LINK_DEPTH {
                    return Err(FileError::Loop);
                }
                if target.starts_with('/') {
                    here.clear();
                }
                pending.extend(components(target));
            }
            NodeKind::Dir => here = next,
            _ if pending.is_empty() && !must_be_dir => return Ok(node),
            _ => return Err(FileError::NotADirectory),
        }
    }
    let at = if here.is_empty() { "/" } else { &here };
    view.entry(at).ok_or(FileError::NotFound)
}

/// The components of a path, last first, without empty ones and `.`.
fn components(path: &str) -> Vec<String> {
    path.split('/').filter(|p| !p.is_empty() && *p != ".").rev().map(str::to_owned).collect()
}

/// The directories above `path`, nearest first, without the root.
pub fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path::parent(path)), |p| Some(path::parent(p))).take_while(|p| *p != "/")
}

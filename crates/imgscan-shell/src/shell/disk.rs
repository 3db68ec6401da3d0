//! Paths as the script sees them: the image's tree, what the container runtime lays over it, and who may do what.

use imgscan_model::{FileError, FileView, Node, NodeKind, Origin, StartFiles, Text, limits, path};

use super::user::Who;

/// What a path leads to.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    /// A node of the tree, links resolved.
    Node(Node),
    /// Nothing; `at` is where a file of this name would be made, if its directory is there.
    Missing { at: Option<String> },
    /// Something in the tree stands in the way: a file for a directory, a loop of links, a directory closed to the
    /// user.
    Blocked(&'static str),
    /// Something of `/proc`, `/sys` or `/dev`, which the container runtime provides.
    Runtime(Runtime),
    /// It cannot be told.
    Unknown(String),
}

/// What the container runtime provides at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Runtime {
    Null,
    /// `/dev/zero`, `/dev/urandom` …: always there, never read to an end.
    Device,
    /// A descriptor of the process itself (`/dev/stdout`, `/dev/fd/3`).
    Descriptor(u32),
    /// A stream of the first process (`/proc/1/fd/1`).
    OfInit(u32),
    Directory,
    /// A file that is always there; its content is known at run time only.
    File(String),
    /// Whether it is there is known at run time only.
    Unsure(String),
}

/// Files that are always there in a container on Linux.
const ALWAYS: [&str; 22] = [
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/mounts",
    "/proc/self/mounts",
    "/proc/self/mountinfo",
    "/proc/self/cgroup",
    "/proc/self/status",
    "/proc/self/environ",
    "/proc/self/cmdline",
    "/proc/self/limits",
    "/proc/1/cmdline",
    "/proc/1/environ",
    "/proc/1/cgroup",
    "/proc/version",
    "/proc/uptime",
    "/proc/loadavg",
    "/proc/stat",
    "/proc/filesystems",
    "/proc/net/route",
    "/proc/net/tcp",
    "/proc/sys/kernel/hostname",
    "/proc/sys/kernel/random/uuid",
];

/// Directories that are always there.
const DIRECTORIES: [&str; 11] = [
    "/proc",
    "/sys",
    "/dev",
    "/proc/self",
    "/proc/1",
    "/proc/net",
    "/proc/self/fd",
    "/dev/fd",
    "/dev/shm",
    "/dev/pts",
    "/sys/fs",
];

fn runtime(path: &str) -> Runtime {
    let number = |prefix: &str| path.strip_prefix(prefix).and_then(|n| n.parse::<u32>().ok());
    match path {
        "/dev/null" => return Runtime::Null,
        "/dev/zero" | "/dev/full" | "/dev/random" | "/dev/urandom" => return Runtime::Device,
        "/dev/stdin" => return Runtime::Descriptor(0),
        "/dev/stdout" => return Runtime::Descriptor(1),
        "/dev/stderr" => return Runtime::Descriptor(2),
        _ => {}
    }
    if let Some(n) = number("/dev/fd/").or_else(|| number("/proc/self/fd/")) {
        Runtime::Descriptor(n)
    } else if let Some(n) = number("/proc/1/fd/") {
        Runtime::OfInit(n)
    } else if DIRECTORIES.contains(&path) {
        Runtime::Directory
    } else if ALWAYS.contains(&path) {
        Runtime::File(path.to_owned())
    } else {
        Runtime::Unsure(path.to_owned())
    }
}

/// Whether the container runtime lays something of its own over this path.
fn is_runtime(path: &str) -> bool {
    ["/proc", "/sys", "/dev"]
        .iter()
        .any(|top| path.strip_prefix(top).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// Whether container runtimes mount a file of their own here, whatever the image holds.
fn is_covered(node: &Node) -> bool {
    matches!(&*node.path, "/etc/hosts" | "/etc/hostname" | "/etc/resolv.conf")
        && !node.generated
        && matches!(node.origin, Origin::LayerFile { layer: Some(_), .. })
}

/// The tree in which paths are followed, and for whom.
#[derive(Clone, Copy)]
pub(crate) struct Sight<'a> {
    pub files: &'a StartFiles,
    pub who: &'a Who,
    /// Whether the tree is only a part of a root file system (it holds no utilities): then the directories that every
    /// system has are taken to be there.
    pub partial: bool,
}

/// Follows a path from the directory `cwd`; with `follow`, a link in its last component too.
pub(crate) fn find(sight: Sight<'_>, cwd: Option<&str>, path: &str, follow: bool) -> Found {
    if path.is_empty() {
        return Found::Missing { at: None };
    }
    let Some(cwd) = cwd.or(path.starts_with('/').then_some("/")) else {
        return Found::Unknown("the working directory is not known".into());
    };
    if path.len() > limits::PATH_BYTES {
        return Found::Blocked("file name too long");
    }
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("{cwd}/{path}") };
    Walk { files: sight.files, who: sight.who, partial: sight.partial, links: 0, follow }.go(&whole)
}

struct Walk<'a> {
    files: &'a StartFiles,
    who: &'a Who,
    partial: bool,
    links: usize,
    follow: bool,
}

impl Walk<'_> {
    fn go(&mut self, path: &str) -> Found {
        let must_be_dir = path.ends_with('/') || path.ends_with("/.");
        let mut pending = components(path);
        let mut here = String::new();
        while let Some(name) = pending.pop() {
            if name == ".." {
                here.truncate(here.rfind('/').unwrap_or(0));
                continue;
            }
            let next = format!("{here}/{name}");
            let last = pending.is_empty();
            if let Some(found) = self.beyond_the_tree(&next, &pending, must_be_dir) {
                return found;
            }
            match self.enter(&here) {
                Some(true) => {}
                Some(false) => return Found::Blocked("permission denied"),
                None => {
                    return Found::Unknown("whether the user may enter the directory is not known".into());
                }
            }
            let Some(node) = self.entry(&next) else {
                return Found::Missing { at: (last && !path.ends_with("/.")).then_some(next) };
            };
            match &node.kind {
                NodeKind::Symlink(target) if self.follow || must_be_dir || !last => {
                    self.links += 1;
                    if self.links > limits::LINK_DEPTH {
                        return Found::Blocked("too many levels of symbolic links");
                    }
                    if target.starts_with('/') {
                        here.clear();
                    }
                    pending.extend(components(target));
                }
                NodeKind::Dir => here = next,
                _ if last && !must_be_dir => return Found::Node(node),
                _ => return Found::Blocked("not a directory"),
            }
        }
        let at = if here.is_empty() { "/" } else { &here };
        match self.entry(at) {
            Some(node) => Found::Node(node),
            None => Found::Missing { at: None },
        }
    }

    fn entry(&self, path: &str) -> Option<Node> {
        self.files.entry(path).or_else(|| if self.partial { standard(path) } else { None })
    }

    /// What the tree does not decide: mounts with unknown content, and what the runtime provides.
    fn beyond_the_tree(&self, next: &str, pending: &[String], must_be_dir: bool) -> Option<Found> {
        if let Some(reason) = self.files.unknown(next) {
            return Some(Found::Unknown(reason));
        }
        if !is_runtime(next) || self.files.entry(next).is_some_and(|n| n.generated && !n.is_dir()) {
            return None;
        }
        let mut whole = next.to_owned();
        for name in pending.iter().rev() {
            if name == ".." {
                whole.truncate(whole.rfind('/').unwrap_or(0));
                if !is_runtime(&whole) {
                    return Some(Found::Unknown("a path through `/proc`, `/sys` or `/dev`".into()));
                }
            } else {
                whole = format!("{whole}/{name}");
            }
        }
        if let Some(node) = self.files.entry(&whole).filter(|n| n.generated && (!must_be_dir || n.is_dir())) {
            return Some(Found::Node(node));
        }
        let runtime = runtime(&whole);
        if whole.starts_with("/dev/shm/") {
            return Some(Found::Missing { at: Some(whole) });
        }
        Some(Found::Runtime(runtime))
    }

    fn enter(&self, dir: &str) -> Option<bool> {
        if self.who.is_root() || dir.is_empty() {
            return Some(true);
        }
        self.files.entry(dir).map_or(Some(true), |node| self.who.may(&node, 1))
    }
}

/// A directory that every system has.
fn standard(path: &str) -> Option<Node> {
    let mode = match path {
        "/tmp" | "/var/tmp" => 0o1777,
        "/run" | "/var" | "/var/run" | "/var/log" | "/var/lib" | "/var/cache" | "/etc" | "/usr"
        | "/usr/local" | "/opt" | "/srv" | "/home" => 0o755,
        "/root" => 0o700,
        _ => return None,
    };
    let origin = Origin::Runtime { what: path.into() };
    let kind = NodeKind::Dir;
    let magic = imgscan_model::Magic::Unknown;
    Some(Node { path: path.into(), kind, mode, uid: 0, gid: 0, size: 0, magic, origin, generated: true })
}

fn components(path: &str) -> Vec<String> {
    path.split('/').filter(|p| !p.is_empty() && *p != ".").rev().map(str::to_owned).collect()
}

/// Why a file cannot be read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ReadError {
    /// The system call fails, in the words of `strerror`.
    Fails(&'static str),
    /// It is known at run time only, with the path or reason.
    Unknown(String),
}

/// The content of what was found.
pub(crate) fn content(files: &StartFiles, found: &Found, who: &Who) -> Result<Text, ReadError> {
    match found {
        Found::Node(node) if node.is_dir() => Err(ReadError::Fails("Is a directory")),
        Found::Node(node) if !node.is_file() => {
            Err(ReadError::Unknown(format!("`{}` is no file", node.path)))
        }
        Found::Node(node) => match who.may(node, 4) {
            Some(true) if is_covered(node) => {
                Err(ReadError::Unknown(format!("`{}` is made by the container runtime", node.path)))
            }
            Some(true) => files.content(&node.path).map_err(|error| match error {
                FileError::Unknown(reason) => ReadError::Unknown(reason),
                other => ReadError::Unknown(format!("`{}`: {other}", node.path)),
            }),
            Some(false) => Err(ReadError::Fails("Permission denied")),
            None => Err(ReadError::Unknown("the user is not known".into())),
        },
        Found::Missing { .. } => Err(ReadError::Fails("No such file or directory")),
        Found::Blocked("permission denied") => Err(ReadError::Fails("Permission denied")),
        Found::Blocked(_) => Err(ReadError::Fails("Not a directory")),
        Found::Runtime(Runtime::Directory) => Err(ReadError::Fails("Is a directory")),
        Found::Runtime(Runtime::File(path) | Runtime::Unsure(path)) => Err(ReadError::Unknown(path.clone())),
        Found::Runtime(_) => Err(ReadError::Unknown("a device".into())),
        Found::Unknown(reason) => Err(ReadError::Unknown(reason.clone())),
    }
}

/// Whether something stands there: `None` where that cannot be told.
pub(crate) fn exists(found: &Found) -> Option<bool> {
    match found {
        Found::Node(_) => Some(true),
        Found::Missing { .. } | Found::Blocked(_) => Some(false),
        Found::Runtime(Runtime::Unsure(_)) | Found::Unknown(_) => None,
        Found::Runtime(_) => Some(true),
    }
}

/// Whether the user may make or take away a name in the directory that holds `at`.
pub(crate) fn may_change_names(sight: Sight<'_>, at: &str) -> Option<bool> {
    let dir = path::parent(at);
    match sight.files.entry(dir).or_else(|| standard(dir)) {
        Some(node) => sight.who.may(&node, 3),
        None => Some(sight.who.is_root()),
    }
}

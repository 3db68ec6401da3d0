//! The process as Python sees it: its directory, its user, where it imports from.

use std::sync::Arc;

use imgscan_model::{FileError, FileView, Node, Process, Text};

use super::modules::{self, Found};
use super::validate::{Imported, World, identity_lookup};

/// What does not change while gunicorn loads its configuration.
pub(crate) struct Context<'a> {
    /// The process.
    pub process: &'a Process,
    /// `os.getcwd()`: links resolved.
    pub directory: Option<String>,
    /// `gunicorn.util.getcwd()`: what `PWD` says, if that is the same directory.
    pub cwd: Option<String>,
    /// Effective user and group.
    pub ids: (Option<u32>, Option<u32>),
    /// `sys.path` when the config file runs: the directory that gunicorn was started in comes first.
    pub import_path: Vec<Arc<str>>,
    /// `(major, minor)` of the interpreter.
    pub python: Option<(u8, u8)>,
    /// Whether the packages in the image are all there to be seen: gunicorn itself is, with its arbiter.
    pub sees_packages: bool,
}

impl<'a> Context<'a> {
    /// The context of a process. `package` is the directory that holds gunicorn.
    pub(crate) fn of(process: &'a Process, package: Option<&str>) -> Self {
        let files = &*process.files;
        let directory = process.cwd_known().map(|cwd| physical(files, cwd));
        let cwd = directory.as_ref().map(|dir| said_by_pwd(process, dir).unwrap_or_else(|| dir.clone()));
        let mut import_path: Vec<Arc<str>> = cwd.iter().map(|cwd| cwd.as_str().into()).collect();
        import_path
            .extend(process.program.python_path.iter().filter(|p| Some(&***p) != cwd.as_deref()).cloned());
        let package = package.filter(|dir| !import_path.iter().any(|p| **p == **dir));
        import_path.extend(package.map(Into::into));
        let python = process.program.python_version;
        let python =
            python.or_else(|| import_path.iter().rev().find_map(|dir| super::version::python_of(dir)));
        let arbiter = |dir: &Arc<str>| files.exists(&format!("{dir}/gunicorn/arbiter.py")) == Some(true);
        let sees_packages = import_path.iter().any(arbiter);
        Context { process, directory, cwd, ids: ids(process), import_path, python, sees_packages }
    }

    /// The files that the process sees.
    pub(crate) fn files(&self) -> &'a dyn FileView {
        &*self.process.files
    }

    /// What validators look at.
    pub(crate) fn world<'b>(&'b self, import: &'b dyn Fn(&str, &str) -> Imported) -> World<'b> {
        World { files: &*self.process.files, cwd: self.cwd.as_deref(), ids: self.ids, import }
    }

    /// Whether it runs as `python -m gunicorn`, rather than by a script or as `python -m gunicorn.app.wsgiapp`.
    pub(crate) fn runs_package(&self) -> bool {
        let program = &self.process.program;
        let module = program.words.checked_sub(1).and_then(|at| self.process.argv.get(at));
        program.is_module && module.and_then(Text::known) == Some("gunicorn")
    }

    /// Whether the process's user is certainly allowed to read a file, by its permission bits.
    pub(crate) fn may_read(&self, node: &Node) -> bool {
        match self.ids {
            (Some(0), _) => true,
            (Some(uid), _) if uid == node.uid => node.mode & 0o400 != 0,
            (_, Some(gid)) if gid == node.gid => node.mode & 0o040 != 0,
            _ => node.mode & 0o004 != 0,
        }
    }

    /// Where a package that somebody installs is in the directories of `path`; missing only where that is certain.
    pub(crate) fn package(&self, path: &[Arc<str>], module: &str) -> Found {
        match modules::find(self.files(), path, module) {
            Found::Missing(message) if !self.sees_packages => {
                Found::Unknown(format!("{message}, but the packages of the image are not to be seen"))
            }
            found => found,
        }
    }

    /// A path as the process would open it; `None` where that hangs on a directory that is not known.
    pub(crate) fn open_path(&self, path: &str) -> Option<String> {
        if path.starts_with('/') {
            return Some(path.to_owned());
        }
        self.directory.as_ref().map(|dir| format!("{}/{path}", dir.trim_end_matches('/')))
    }
}

/// The directory with its links resolved. One that is not in the image is made by the runtime.
fn physical(files: &dyn FileView, cwd: &str) -> String {
    files.resolve(cwd).map_or_else(|_| imgscan_model::path::join("/", cwd), |node| node.path.to_string())
}

fn said_by_pwd(process: &Process, directory: &str) -> Option<String> {
    let pwd = process.env.value("PWD")?.known()?;
    let node = process.files.resolve(pwd).ok().filter(|_| pwd.starts_with('/'))?;
    (*node.path == *directory).then(|| pwd.to_owned())
}

/// User and group as a container runtime makes them from `USER` (moby's `GetExecUser`): names are looked up in the
/// image, the group is that of the user's entry unless one is given, and a number without an entry has group 0.
fn ids(process: &Process) -> (Option<u32>, Option<u32>) {
    let Some(text) = process.user.known() else { return (None, None) };
    let (user, group) = text.split_once(':').map_or((text, ""), |(user, group)| (user, group));
    let files = &*process.files;
    let entry = match passwd(files, if user.is_empty() { "0" } else { user }) {
        Ok(entry) => entry,
        Err(_) => return (user.parse().ok(), group.parse().ok()),
    };
    let uid = match (&entry, user) {
        (Some((uid, _)), _) => Some(*uid),
        (None, "" | "root") => Some(0),
        (None, user) => user.parse().ok(),
    };
    let gid = match (group, &entry) {
        ("", Some((_, gid))) => Some(*gid),
        ("", None) => Some(0),
        (group, _) => {
            let named = identity_lookup(files, "/etc/group", group).ok().flatten();
            named.or_else(|| group.parse().ok())
        }
    };
    (uid, gid)
}

/// Number and group of the first line of `/etc/passwd` with this name or number.
fn passwd(files: &dyn FileView, user: &str) -> Result<Option<(u32, u32)>, FileError> {
    let text = match files.read("/etc/passwd") {
        Ok(text) => text,
        Err(FileError::NotFound | FileError::NotADirectory) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(text) = text.known() else { return Err(FileError::NotText) };
    let number: Option<u32> = user.parse().ok();
    Ok(text.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let [name, _, uid, gid, ..] = fields.as_slice() else { return None };
        let (uid, gid) = (uid.parse().ok()?, gid.parse().ok()?);
        (*name == user || number == Some(uid)).then_some((uid, gid))
    }))
}

/// The home directory of a user by `/etc/passwd`, as `os.path.expanduser` takes it where `HOME` is not set.
pub(crate) fn home(files: &dyn FileView, uid: u32) -> Result<Option<String>, FileError> {
    let text = match files.read("/etc/passwd") {
        Ok(text) => text,
        Err(FileError::NotFound | FileError::NotADirectory) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(text) = text.known() else { return Err(FileError::NotText) };
    Ok(text.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let uid_of_line: u32 = fields.get(2)?.parse().ok()?;
        (uid_of_line == uid).then(|| fields.get(5).map(|home| (*home).to_owned()))?
    }))
}

//! The image's `/etc/passwd`.

use imgscan_model::{FileError, FileView};

/// A line of `/etc/passwd`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub name: String,
    pub uid: u32,
    pub home: String,
    pub shell: String,
}

/// The first entry with this name or, for digits, with this number (as `moby/sys/user` `GetExecUser` matches, which
/// runc, gosu and su-exec use or copy). `Ok(None)` where no line matches; no file counts as no line.
pub(crate) fn find(files: &dyn FileView, user: &str) -> Result<Option<Entry>, FileError> {
    let text = match files.read("/etc/passwd") {
        Ok(text) => text,
        Err(FileError::NotFound | FileError::NotADirectory) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(text) = text.known() else {
        return Err(FileError::Unknown("its content depends on the run time".into()));
    };
    let uid: Option<u32> = user.parse().ok();
    Ok(text.lines().filter_map(entry).find(|e| e.name == user || Some(e.uid) == uid))
}

/// As [`find`]; a number that is not listed is a user whose home is `/`.
pub(crate) fn find_or_id(files: &dyn FileView, user: &str) -> Result<Option<Entry>, FileError> {
    let found = find(files, user)?;
    let nameless = |uid| Entry { name: String::new(), uid, home: "/".into(), shell: String::new() };
    Ok(found.or_else(|| user.parse().ok().map(nameless)))
}

fn entry(line: &str) -> Option<Entry> {
    let mut fields = line.trim().split(':');
    let name = fields.next().filter(|n| !n.is_empty() && !n.starts_with('#'))?;
    let uid = fields.nth(1)?.parse().ok()?;
    let home = fields.nth(2).unwrap_or_default();
    let shell = fields.next().unwrap_or_default();
    Some(Entry { name: name.to_owned(), uid, home: home.to_owned(), shell: shell.to_owned() })
}

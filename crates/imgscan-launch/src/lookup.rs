//! From `argv[0]` to a file of the image.

use imgscan_model::{Env, FileError, FileView, Node, Origin, Text, path};

/// What `argv[0]` leads to.
#[derive(Debug)]
pub(crate) enum Lookup {
    /// A regular file that may be executed.
    Found {
        /// The path that was executed, links not resolved: `$0` of a script.
        path: String,
        /// The file, links resolved.
        node: Node,
        /// Why an earlier directory of `PATH` may hold another file of that name, where it may.
        unsure: Option<String>,
    },
    /// Something is there that cannot be executed, with the words of the system.
    Refused(String),
    /// Nothing is there.
    Missing,
    /// It cannot be told, with the reason.
    Unknown(String),
}

/// Finds a program as `execvp` does (POSIX `exec`, glibc `execvpe`): a word with a slash is a path from the working
/// directory; any other is sought in `PATH`, in which an empty entry is the working directory and a file that may not
/// be executed is passed over.
pub(crate) fn look_up(word: &str, env: &Env, cwd: &Text, files: &dyn FileView) -> Lookup {
    match env.value("PATH") {
        Some(search) => along(word, search, cwd, files),
        None => without_path(word, cwd, files),
    }
}

/// Where `PATH` is unset, glibc looks into `/bin` and `/usr/bin`, musl into `/usr/local/bin` before them, and Go
/// nowhere: what they agree on is known.
fn without_path(word: &str, cwd: &Text, files: &dyn FileView) -> Lookup {
    let default =
        |dirs: &str| along(word, &Text::derived(dirs, Origin::Runtime { what: "PATH".into() }), cwd, files);
    match default("/usr/local/bin") {
        Lookup::Missing => default("/bin:/usr/bin"),
        _ if word.contains('/') => default(""),
        _ => Lookup::Unknown("`PATH` is unset, and C libraries differ in where they look then".to_owned()),
    }
}

/// As [`look_up`], along another `PATH` than the environment's.
pub(crate) fn along(word: &str, search: &Text, cwd: &Text, files: &dyn FileView) -> Lookup {
    if word.contains('/') {
        return match at(word, cwd) {
            Some(path) => stands_at(path, files),
            None => Lookup::Unknown("the working directory is not known".into()),
        };
    }
    let Some(search) = search.known() else {
        return Lookup::Unknown("`PATH` is not known".into());
    };
    let mut refused = None;
    let mut hidden = None;
    for dir in search.split(':') {
        let dir = if dir.is_empty() { "." } else { dir };
        let Some(dir) = at(dir, cwd) else {
            hidden = Some("the working directory is not known".to_owned());
            continue;
        };
        match stands_at(format!("{}/{word}", dir.trim_end_matches('/')), files) {
            Lookup::Found { path, node, .. } => return Lookup::Found { path, node, unsure: hidden },
            Lookup::Refused(why) => refused = Some(why),
            Lookup::Missing => {}
            Lookup::Unknown(why) => hidden = Some(why),
        }
    }
    match (hidden, refused) {
        (Some(why), _) => Lookup::Unknown(why),
        (None, Some(why)) => Lookup::Refused(why),
        (None, None) => Lookup::Missing,
    }
}

/// An absolute path for a word, in text only; `None` where it hangs on an unknown working directory.
pub(crate) fn at(word: &str, cwd: &Text) -> Option<String> {
    if word.starts_with('/') {
        return Some(word.to_owned());
    }
    cwd.known().map(|cwd| path::join(cwd, word))
}

fn stands_at(path: String, files: &dyn FileView) -> Lookup {
    match files.resolve(&path) {
        Ok(node) if node.is_executable() => Lookup::Found { path, node, unsure: None },
        Ok(node) if node.is_dir() => Lookup::Refused(format!("`{path}` is a directory")),
        Ok(node) => Lookup::Refused(format!("`{path}` may not be executed (mode {:o})", node.mode)),
        Err(FileError::Unknown(why)) => Lookup::Unknown(why),
        Err(FileError::Loop) => Lookup::Refused(format!("`{path}`: {}", FileError::Loop)),
        Err(_) => Lookup::Missing,
    }
}

//! Files of the image that decide where a request goes.

use imgscan_model::{FileError, NodeKind};

use super::play::Play;
use crate::nginx::config::{BlockId, Entry, Fate, Modifier};

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum There {
    File,
    Dir,
    Nothing,
}

impl Play<'_> {
    /// What stands at a path; `None` where that hangs on the run time.
    pub(super) fn there(&self, path: &str) -> Option<There> {
        match self.files.resolve(&self.read.paths.absolute(path)) {
            Ok(node) => Some(match node.kind {
                NodeKind::Dir => There::Dir,
                NodeKind::File | NodeKind::Special | NodeKind::Symlink(_) => There::File,
            }),
            Err(FileError::Unknown(_)) => None,
            Err(_) => Some(There::Nothing),
        }
    }

    /// `-f`, `-d`, `-e`, `-x`.
    pub(super) fn file_test(&self, test: char, path: &str) -> Option<bool> {
        let there = self.there(path)?;
        Some(match test {
            'f' => there == There::File,
            'd' => there == There::Dir,
            'e' => there != There::Nothing,
            _ => self.files.resolve(path).is_ok_and(|n| n.mode & 0o111 != 0),
        })
    }

    /// The entries of a name on the innermost level that has some, from the configuration at hand outwards.
    pub(super) fn nearest(&self, names: &[&str]) -> Vec<&Entry> {
        let config = &self.read.config;
        let on = |id: BlockId| -> Vec<&Entry> {
            let all = config.block(id).entries.iter();
            all.filter(|e| e.fate != Fate::Refused && e.row.is_some() && names.contains(&e.name())).collect()
        };
        config.chain(self.conf).map(on).find(|found| !found.is_empty()).unwrap_or_default()
    }

    /// The directory for files, and whether it is an alias.
    pub(super) fn root(&self) -> Option<(String, bool)> {
        let found = self.nearest(&["root", "alias"]);
        let Some(entry) = found.first() else { return Some((self.read.paths.in_prefix("html")?, false)) };
        if self.read.config.has_hole(entry) {
            return None;
        }
        let alias = entry.name() == "alias";
        let written = entry.args().next().unwrap_or_default();
        let text = if alias { written } else { written.strip_suffix('/').unwrap_or(written) };
        let text = if text.starts_with('$') { text.to_owned() } else { self.read.paths.in_prefix(text)? };
        Some((self.expand(&text)?, alias))
    }

    /// The file for a path (`ngx_http_map_uri_to_path`).
    pub(super) fn file_of(&self, uri: &str) -> Option<String> {
        let (root, alias) = self.root()?;
        if !alias {
            return Some(format!("{root}{uri}"));
        }
        // The alias stands for the prefix of the location that it is written in.
        let entry = *self.nearest(&["alias"]).first()?;
        let config = &self.read.config;
        let owner = config
            .chain(self.conf)
            .find(|id| config.block(*id).entries.iter().any(|e| std::ptr::eq(e, entry)))?;
        match config.location(owner)? {
            (Modifier::Regex | Modifier::RegexCaseless, _) => Some(root),
            (_, prefix) => Some(format!("{root}{}", uri.strip_prefix(prefix)?)),
        }
    }
}

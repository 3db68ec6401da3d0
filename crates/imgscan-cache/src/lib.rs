//! What was read once, kept in the user's cache directory.
//!
//! An entry has a [`Kind`] and a key; what its bytes mean is the caller's affair, who checks them too (an index carries
//! a checksum, a manifest has its digest). Here it is seen to that
//!
//! * an entry is written whole or not at all: under a name of its own first, then renamed;
//! * any number of processes may read, write and delete at the same time, and the directory may be deleted at any time;
//! * the sum of the sizes stays under a bound: what was not used for the longest time goes first;
//! * nobody else can read it or put something in: layers hold secrets, and what is kept is believed.
//!
//! Nothing that fails here is an error of a scan: what cannot be read is not there, what cannot be written is not kept.

mod entry;
mod place;
mod sweep;

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use imgscan_model::limits;
use sha2::{Digest, Sha256};

pub use place::directory;

/// What an entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The index of a layer, with the texts that were kept of it.
    Index,
    /// A file of a layer that was asked for later.
    Text,
    /// A manifest, an index of images or a config, by its digest.
    Document,
    /// The digest that a tag had.
    Tag,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 4] = [Kind::Index, Kind::Text, Kind::Document, Kind::Tag];

    /// The folder of such entries, and the word for them.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Index => "layers",
            Kind::Text => "files",
            Kind::Document => "documents",
            Kind::Tag => "tags",
        }
    }
}

/// How much a cache holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Number of entries.
    pub entries: u64,
    /// Their sizes together, in bytes.
    pub bytes: u64,
}

/// A cache in a directory.
#[derive(Debug)]
pub struct Cache {
    dir: PathBuf,
    most: u64,
    /// Bytes written since the sizes were summed up; more than any bound before the first time.
    written: AtomicU64,
}

impl Cache {
    /// A cache in `dir`, which is made when the first entry is written.
    pub fn new(dir: PathBuf) -> Self {
        Cache::with_bound(dir, limits::CACHE_BYTES)
    }

    /// The same with another bound on the sum of the sizes, in bytes.
    pub fn with_bound(dir: PathBuf, most: u64) -> Self {
        Cache { dir, most, written: AtomicU64::new(u64::MAX / 2) }
    }

    /// Its directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The bound on the sum of the sizes, in bytes.
    pub fn bound(&self) -> u64 {
        self.most
    }

    /// An entry, placed behind its key; `None` where there is none, or none that may be believed.
    pub fn get(&self, kind: Kind, key: &str) -> Option<File> {
        if !self.is_ours() {
            return None;
        }
        let mut file = File::open(self.path(kind, key)).ok()?;
        entry::check_key(&mut file, key)?;
        // What is used stays. Where the time cannot be set, it goes the earlier.
        drop(file.set_modified(std::time::SystemTime::now()));
        Some(file)
    }

    /// Writes an entry, in place of the one that was there.
    ///
    /// # Errors
    /// Where the directory belongs to others or cannot be written; nothing is kept then.
    pub fn put(
        &self,
        kind: Kind,
        key: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let path = self.path(kind, key);
        let dir = path.parent().unwrap_or(&self.dir);
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        if !self.is_ours() {
            return Err(io::Error::from(io::ErrorKind::PermissionDenied));
        }
        let size = entry::write(&path, key, write)?;
        let before = self.written.fetch_add(size, Ordering::Relaxed);
        if before.saturating_add(size) > self.most / 32 {
            self.written.store(0, Ordering::Relaxed);
            sweep::sweep(&self.dir, self.most);
        }
        Ok(())
    }

    /// A small entry whole, checked: what was damaged on the disk is not there.
    pub fn get_bytes(&self, kind: Kind, key: &str) -> Option<Vec<u8>> {
        let mut file = self.get(kind, key)?;
        let mut sum = [0; 32];
        file.read_exact(&mut sum).ok()?;
        let mut bytes = Vec::new();
        file.take(limits::CACHE_ENTRY_BYTES + 1).read_to_end(&mut bytes).ok()?;
        (Sha256::digest(&bytes)[..] == sum).then_some(bytes)
    }

    /// Writes a small entry with its checksum. What is larger than [`limits::CACHE_ENTRY_BYTES`] is not kept, and that is
    /// no error.
    ///
    /// # Errors
    /// As [`Cache::put`].
    pub fn put_bytes(&self, kind: Kind, key: &str, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() as u64 > limits::CACHE_ENTRY_BYTES {
            return Ok(());
        }
        self.put(kind, key, |to| {
            to.write_all(&Sha256::digest(bytes))?;
            to.write_all(bytes)
        })
    }

    /// What it holds, by kind.
    pub fn usage(&self) -> Vec<(Kind, Usage)> {
        Kind::ALL.into_iter().map(|kind| (kind, sweep::usage(&self.dir.join(kind.name())))).collect()
    }

    /// Deletes every entry and answers how much that was. Files that are no entries of a cache are left alone.
    ///
    /// # Errors
    /// Where something cannot be deleted that others did not delete meanwhile.
    pub fn clear(&self) -> io::Result<Usage> {
        let mut all = Usage::default();
        for (kind, usage) in self.usage() {
            match fs::remove_dir_all(self.dir.join(kind.name())) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            all.entries += usage.entries;
            all.bytes += usage.bytes;
        }
        Ok(all)
    }

    fn path(&self, kind: Kind, key: &str) -> PathBuf {
        let name = entry::name(key);
        let folder = name.get(..2).unwrap_or_default();
        self.dir.join(kind.name()).join(folder).join(&name)
    }

    /// Whether nobody but its owner may write the directory. Of whom it is does not matter: who reads it as another
    /// user (root) trusts the owner already, by naming the place.
    fn is_ours(&self) -> bool {
        fs::metadata(&self.dir).is_ok_and(|data| data.is_dir() && data.permissions().mode() & 0o022 == 0)
    }
}

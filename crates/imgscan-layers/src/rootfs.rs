//! A root file system that lies unpacked in a directory: the same index as of a layer, content read when asked for.
//! No link is followed, so nothing outside the directory is ever read.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use imgscan_model::{FileError, limits};

use crate::error::LayerError;
use crate::index::LayerIndex;
use crate::index::build::{Builder, Meta, Place, Refusal};
use crate::index::name::display;
use crate::index::node::Start;
use crate::keep::Keep;
use crate::read::start_of;

/// Bytes of an executable that are looked at to say what it is: `#!` and 255 bytes more.
const HEAD: u64 = 257;

/// The directory, and what in it could not be listed.
pub(crate) struct Disk {
    root: PathBuf,
    unlisted: Vec<(String, String)>,
}

impl Disk {
    /// Lists the whole tree below `root`.
    pub(crate) fn open(root: &Path) -> Result<(LayerIndex, Disk), LayerError> {
        let keep = Keep::nothing();
        let mut listing = Listing {
            builder: Builder::new(&keep),
            entries: 0,
            pending: vec![PathBuf::new()],
            unlisted: Vec::new(),
        };
        let metadata = fs::metadata(root).map_err(LayerError::Read)?;
        if !metadata.is_dir() {
            return Err(LayerError::Unsupported(format!("`{}` is no directory", root.display())));
        }
        while let Some(dir) = listing.pending.pop() {
            match fs::read_dir(root.join(&dir)) {
                Ok(entries) => listing.dir(&dir, entries)?,
                Err(error) if dir.as_os_str().is_empty() => return Err(LayerError::Read(error)),
                Err(error) => listing.unlisted(&dir, &error),
            }
        }
        let index = listing.builder.finish(listing.entries.into(), 0);
        Ok((index, Disk { root: root.to_owned(), unlisted: listing.unlisted }))
    }

    /// The text of the file at a path of the index.
    pub(crate) fn read(&self, path: &str) -> Result<Arc<str>, FileError> {
        let unreadable = |error: io::Error| FileError::Unknown(format!("`{path}` cannot be read: {error}"));
        let file = self.open_file(path).map_err(unreadable)?;
        let mut bytes = Vec::new();
        file.take(limits::READ_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > limits::READ_FILE_BYTES {
            return Err(FileError::TooLarge(bytes.len() as u64));
        }
        String::from_utf8(bytes).map(Arc::from).map_err(|_| FileError::NotText)
    }

    /// Opens a file after a look at every step of the way: the tree may have changed since it was listed, and a link
    /// may lead out of it.
    fn open_file(&self, path: &str) -> io::Result<File> {
        let mut full = self.root.clone();
        let mut last = None;
        for name in path.split('/').filter(|name| !name.is_empty()) {
            full.push(name);
            last = Some(fs::symlink_metadata(&full)?);
            if last.as_ref().is_some_and(Metadata::is_symlink) {
                return Err(io::Error::other("a link stands where none was before"));
            }
        }
        if !last.is_some_and(|metadata| metadata.is_file()) {
            return Err(io::Error::other("it is no regular file any more"));
        }
        File::open(full)
    }

    /// Why what stands at a path is not known: a directory above it could not be listed.
    pub(crate) fn unknown(&self, path: &str) -> Option<String> {
        let below = |dir: &str| path.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'));
        self.unlisted.iter().find(|(dir, _)| below(dir)).map(|(_, reason)| reason.clone())
    }
}

struct Listing {
    builder: Builder,
    entries: u32,
    /// Directories to list, relative to the root.
    pending: Vec<PathBuf>,
    unlisted: Vec<(String, String)>,
}

impl Listing {
    fn dir(&mut self, dir: &Path, entries: fs::ReadDir) -> Result<(), LayerError> {
        for entry in entries {
            let listed = entry.and_then(|entry| Ok((entry.file_name(), entry.path(), entry.metadata()?)));
            match listed {
                Ok((name, full, metadata)) => self.entry(&dir.join(name), &full, &metadata)?,
                Err(error) => self.unlisted(dir, &error),
            }
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, full: &Path, metadata: &Metadata) -> Result<(), LayerError> {
        self.entries += 1;
        if self.entries as usize > limits::LAYER_ENTRIES {
            return Err(LayerError::Limit(format!(
                "the directory holds more than {} files",
                limits::LAYER_ENTRIES
            )));
        }
        match self.add(path, full, metadata) {
            Err(Refusal::PassedOver(words)) => {
                let path = display(path.as_os_str().as_encoded_bytes());
                self.builder.problems.add_at(&path, &words);
                Ok(())
            }
            Err(Refusal::Stop(error)) => Err(error),
            Ok(()) => Ok(()),
        }
    }

    fn add(&mut self, path: &Path, full: &Path, metadata: &Metadata) -> Result<(), Refusal> {
        let Some(place) = self.builder.place(path.as_os_str().as_encoded_bytes())? else { return Ok(()) };
        let meta = meta(metadata);
        if metadata.is_dir() {
            self.pending.push(path.to_owned());
            self.builder.dir(&place, meta)?;
        } else if metadata.is_symlink() {
            let target = fs::read_link(full).unwrap_or_default();
            self.builder.symlink(&place, meta, target.as_os_str().as_encoded_bytes())?;
        } else if metadata.is_file() {
            self.file(&place, meta, full, metadata.len())?;
        } else {
            self.builder.special(&place, meta)?;
        }
        Ok(())
    }

    fn file(&mut self, place: &Place<'_>, meta: Meta, full: &Path, size: u64) -> Result<(), LayerError> {
        let body = self.entries;
        let mut head = Vec::new();
        let looked = meta.mode & 0o111 != 0
            && File::open(full).and_then(|file| file.take(HEAD).read_to_end(&mut head)).is_ok();
        let start = if looked || size == 0 { start_of(size, &head) } else { Start::Unknown };
        if start == Start::Script {
            self.builder.script(body, &head)?;
        }
        self.builder.file(place, meta, (body, size), start)
    }

    fn unlisted(&mut self, dir: &Path, error: &io::Error) {
        let path = format!("/{}", display(dir.as_os_str().as_encoded_bytes()));
        let words = format!("cannot be listed: {error}");
        self.builder.problems.add_at(&path, &words);
        self.unlisted.push((path.clone(), format!("`{path}` {words}")));
    }
}

#[cfg(unix)]
fn meta(metadata: &Metadata) -> Meta {
    use std::os::unix::fs::MetadataExt;
    Meta { mode: (metadata.mode() & 0o7777) as u16, uid: metadata.uid(), gid: metadata.gid() }
}

#[cfg(not(unix))]
fn meta(metadata: &Metadata) -> Meta {
    let mode = if metadata.is_dir() { 0o755 } else { 0o644 };
    Meta { mode, uid: 0, gid: 0 }
}

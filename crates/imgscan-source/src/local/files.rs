//! Named files in a directory or in a tar: what a layout and an archive have in common.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::error::{SourceError, damaged, not_found};

/// A file that can be read from its start, and its size.
pub(crate) struct Opened {
    pub(crate) reader: Box<dyn Read + Send>,
    pub(crate) size: u64,
}

/// A place with named files.
pub(crate) trait Files: Send + Sync {
    /// Opens a file by its path inside the place; `None` where there is none.
    fn open(&self, name: &str) -> Result<Option<Opened>, SourceError>;

    /// The place, for messages.
    fn place(&self) -> &str;
}

/// A small file whole; over `most` bytes it is an error.
pub(crate) fn read_small(files: &dyn Files, name: &str, most: u64) -> Result<Option<Vec<u8>>, SourceError> {
    let Some(opened) = files.open(name)? else { return Ok(None) };
    let place = files.place();
    let mut bytes = Vec::new();
    let read = opened.reader.take(most.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|e: io::Error| damaged(format!("`{name}` in `{place}` cannot be read: {e}")))?;
    if bytes.len() as u64 > most {
        return Err(crate::error::over_limit(format!("`{name}` in `{place}` is larger than {most} bytes")));
    }
    Ok(Some(bytes))
}

/// A directory.
pub(crate) struct Directory {
    path: PathBuf,
    shown: String,
}

impl Directory {
    /// A directory that exists.
    pub(crate) fn new(path: &Path) -> Result<Self, SourceError> {
        let data = std::fs::metadata(path).map_err(|e| SourceError::file(path, &e))?;
        let shown = crate::shown::path(path);
        if !data.is_dir() {
            return Err(not_found(format!("`{shown}` is no directory"))
                .with_help("for a file, type `oci-archive:` or `docker-archive:`, or the path alone"));
        }
        Ok(Directory { path: path.to_owned(), shown })
    }
}

impl Files for Directory {
    fn open(&self, name: &str) -> Result<Option<Opened>, SourceError> {
        let path = self.path.join(name);
        let data = match std::fs::metadata(&path) {
            Ok(data) => data,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(SourceError::file(&path, &error)),
        };
        // A pipe or a device would block or never end.
        if !data.is_file() {
            return Err(damaged(format!("`{}` is no regular file", crate::shown::path(&path))));
        }
        let file = File::open(&path).map_err(|e| SourceError::file(&path, &e))?;
        Ok(Some(Opened { size: data.len(), reader: Box::new(file) }))
    }

    fn place(&self) -> &str {
        &self.shown
    }
}

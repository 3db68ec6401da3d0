//! Archives that cannot be read in any order as they stand (a stream, a compressed file) are written to one unlinked
//! temporary file, bounded.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use imgscan_model::limits;

use super::recognise::{Packing, packing};
use super::unpack::unpack;
use crate::error::{ErrorKind, SourceError, damaged, unsupported};

/// A file that is a plain tar: the file itself, or its unpacked copy.
pub(crate) fn plain_tar(path: &Path) -> Result<File, SourceError> {
    let unreadable = |e: io::Error| SourceError::file(path, &e);
    let data = std::fs::metadata(path).map_err(unreadable)?;
    let shown = crate::shown::path(path);
    if data.is_dir() {
        return Err(unsupported(format!("`{shown}` is a directory, not an archive"))
            .with_help("for a directory, type `oci:` or `dir:`, or the path alone"));
    }
    let mut file = File::open(path).map_err(unreadable)?;
    // A named pipe (a shell's `<(…)`) is a stream like any other.
    if data.is_file() {
        let mut head = Vec::new();
        (&mut file).take(512).read_to_end(&mut head).map_err(unreadable)?;
        file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        if packing(&head) == Some(Packing::Tar) {
            return Ok(file);
        }
    }
    spool(file, &shown)
}

/// A stream as a plain tar in an unlinked temporary file.
pub(crate) fn spool(stream: impl Read + Send, name: &str) -> Result<File, SourceError> {
    let mut unpacked = unpack(stream, name, limits::SPOOL_BYTES)?;
    match unpacked.packing {
        Some(Packing::Foreign(kind)) => {
            return Err(unsupported(format!("`{name}` is packed with {kind}"))
                .with_help("unpack it first; imgscan reads plain, gzip and zstd archives"));
        }
        None => return Err(unsupported(format!("`{name}` is no archive: no tar, no gzip, no zstd"))),
        Some(_) => {}
    }
    let no_room = |e: io::Error| {
        SourceError::new(ErrorKind::Limit, format!("no temporary file for `{name}` can be written: {e}"))
            .with_help("give it more room: set `TMPDIR`")
    };
    let mut file = tempfile::tempfile().map_err(no_room)?;
    let mut buffer = vec![0u8; 128 << 10];
    loop {
        let count = match unpacked.reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                let damage = || damaged(format!("`{name}` cannot be unpacked: {error}"));
                return Err(SourceError::find(&error).cloned().unwrap_or_else(damage));
            }
        };
        file.write_all(buffer.get(..count).unwrap_or(&[])).map_err(no_room)?;
    }
    file.seek(SeekFrom::Start(0)).map_err(no_room)?;
    Ok(file)
}

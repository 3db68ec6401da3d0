//! The tar of a layer, put together again: its tar-split holds every byte that is not content of a file (headers, PAX
//! records, padding) and names the files whose content lies between (vbatts/tar-split, `tar/storage/entry.go`).

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::MultiGzDecoder;
use imgscan_model::limits;
use serde::Deserialize;

use super::explained;
use crate::error::{SourceError, damaged, over_limit};
use crate::shown;

/// An entry of the content of a file.
const FILE: i64 = 1;
/// An entry of bytes.
const SEGMENT: i64 = 2;

#[derive(Deserialize)]
struct Entry {
    r#type: i64,
    #[serde(default)]
    name: Option<String>,
    /// The name, where it is no UTF-8.
    #[serde(default)]
    name_raw: Option<String>,
    #[serde(default)]
    size: Option<i64>,
    #[serde(default)]
    payload: Option<String>,
}

/// Reads the tar of a layer.
pub(super) struct TarSplit {
    lines: BufReader<MultiGzDecoder<File>>,
    /// The directory that holds the layer's files.
    root: PathBuf,
    /// The tar-split, for messages.
    shown: String,
    part: Part,
    total: u64,
}

/// What is being read.
enum Part {
    Bytes(io::Cursor<Vec<u8>>),
    /// A file of which this many bytes are left.
    File(File, u64),
}

impl TarSplit {
    pub(super) fn open(path: &Path, root: &Path) -> Result<Self, SourceError> {
        let unreadable = |e: io::Error| explained(SourceError::file(path, &e));
        let data = std::fs::metadata(path).map_err(unreadable)?;
        let shown = shown::path(path);
        if !data.is_file() {
            return Err(damaged(format!("`{shown}` is no regular file")));
        }
        let file = File::open(path).map_err(unreadable)?;
        let lines = BufReader::new(MultiGzDecoder::new(file));
        let part = Part::Bytes(io::Cursor::default());
        Ok(TarSplit { lines, root: root.to_owned(), shown, part, total: 0 })
    }

    /// Goes on to the next entry; whether there was one.
    fn advance(&mut self) -> Result<bool, SourceError> {
        let broken =
            |shown: &str, what: &dyn std::fmt::Display| damaged(format!("`{shown}` is damaged: {what}"));
        let mut line = Vec::new();
        let most = limits::TAR_SPLIT_LINE_BYTES;
        let read = (&mut self.lines).take(most + 1).read_until(b'\n', &mut line);
        read.map_err(|e| broken(&self.shown, &e))?;
        if line.is_empty() {
            return Ok(false);
        }
        if line.len() as u64 > most {
            return Err(over_limit(format!("`{}`: an entry has more than {most} bytes", self.shown)));
        }
        let entry: Entry = serde_json::from_slice(&line).map_err(|e| broken(&self.shown, &e))?;
        self.part = match entry.r#type {
            SEGMENT => {
                let payload = entry.payload.unwrap_or_default();
                let bytes = STANDARD.decode(payload).map_err(|e| broken(&self.shown, &e))?;
                Part::Bytes(io::Cursor::new(bytes))
            }
            FILE => match entry.size.map(u64::try_from) {
                None | Some(Ok(0)) => Part::Bytes(io::Cursor::default()),
                Some(Ok(size)) => Part::File(self.content(&entry, size)?, size),
                Some(Err(_)) => return Err(broken(&self.shown, &"a file has a negative size")),
            },
            other => {
                return Err(broken(
                    &self.shown,
                    &format_args!("it has an entry of the unknown type {other}"),
                ));
            }
        };
        Ok(true)
    }

    /// The file whose content stands here in the tar.
    fn content(&self, entry: &Entry, size: u64) -> Result<File, SourceError> {
        let name = match &entry.name_raw {
            Some(raw) => {
                STANDARD.decode(raw).map_err(|e| damaged(format!("`{}` is damaged: {e}", self.shown)))?
            }
            None => entry.name.clone().unwrap_or_default().into_bytes(),
        };
        let of = || format!("`{}` in `{}`", shown::bytes(&name), shown::path(&self.root));
        let found = inside(&self.root, &name).and_then(|path| Ok((std::fs::symlink_metadata(&path)?, path)));
        let (data, path) = found.map_err(|e| match e.kind() {
            io::ErrorKind::PermissionDenied => explained(SourceError::file(&self.root, &e)),
            _ => damaged(format!("{} is not there any more: {e}", of())),
        })?;
        // A pipe or a device would block or never end.
        if !data.is_file() || data.len() != size {
            let is = if data.is_file() { format!("{} bytes", data.len()) } else { "no content".to_owned() };
            return Err(damaged(format!("{} was changed: it has {is}; the layer's has {size}", of())));
        }
        File::open(&path).map_err(|e| explained(SourceError::file(&path, &e)))
    }
}

/// A path of a layer in its directory, never outside of it: links on the way lead where they lead in the container, as
/// they did for who unpacked the layer. What lies at its end is not followed.
fn inside(root: &Path, name: &[u8]) -> io::Result<PathBuf> {
    let mut ahead: Vec<Vec<u8>> = parts(name);
    let mut done: Vec<Vec<u8>> = Vec::new();
    let mut links = 0;
    let at = |done: &[Vec<u8>]| {
        done.iter().fold(root.to_owned(), |path, part| path.join(std::ffi::OsStr::from_bytes(part)))
    };
    while let Some(part) = ahead.pop() {
        if part == b".." {
            done.pop();
            continue;
        }
        done.push(part);
        let path = at(&done);
        if ahead.is_empty() || !std::fs::symlink_metadata(&path)?.is_symlink() {
            continue;
        }
        links += 1;
        if links > limits::LINK_DEPTH {
            return Err(io::Error::other("its links lead in a circle"));
        }
        let target = std::fs::read_link(&path)?;
        match target.is_absolute() {
            true => done.clear(),
            false => drop(done.pop()),
        }
        ahead.extend(parts(target.as_os_str().as_bytes()));
    }
    Ok(at(&done))
}

/// The parts of a path, the last one first.
fn parts(path: &[u8]) -> Vec<Vec<u8>> {
    let named = |part: &&[u8]| !part.is_empty() && *part != b".";
    path.split(|b| *b == b'/').filter(named).rev().map(<[u8]>::to_vec).collect()
}

impl Read for TarSplit {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let count = match &mut self.part {
                Part::Bytes(bytes) => bytes.read(buffer)?,
                Part::File(file, left) => {
                    let most = buffer.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                    let count = file.read(buffer.get_mut(..most).unwrap_or_default())?;
                    if count == 0 && *left > 0 {
                        return Err(
                            damaged(format!("a file of `{}` was cut off", shown::path(&self.root))).into()
                        );
                    }
                    *left -= count as u64;
                    count
                }
            };
            if count > 0 {
                self.total = self.total.saturating_add(count as u64);
                let most = limits::LAYER_UNPACKED_BYTES;
                if self.total > most {
                    return Err(over_limit(format!("`{}` gives more than {most} bytes", self.shown)).into());
                }
                return Ok(count);
            }
            if !self.advance()? {
                return Ok(0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn no_path_leads_out_of_the_layer() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("diff");
        std::fs::create_dir_all(root.join("usr/lib")).unwrap();
        std::fs::create_dir(root.join("etc")).unwrap();
        symlink("usr/lib", root.join("lib")).unwrap();
        symlink("/etc", root.join("out")).unwrap();
        symlink("../../../../..", root.join("up")).unwrap();
        symlink("b", root.join("a")).unwrap();
        symlink("a", root.join("b")).unwrap();
        symlink("/etc/passwd", root.join("last")).unwrap();
        let to = |name: &str| {
            inside(&root, name.as_bytes()).map(|path| path.strip_prefix(&root).unwrap().to_owned())
        };
        for (name, path) in [
            ("./usr/lib/x", "usr/lib/x"),
            ("lib/x", "usr/lib/x"),
            ("out/passwd", "etc/passwd"),
            ("up/etc/passwd", "etc/passwd"),
            ("/../../etc/passwd", "etc/passwd"),
            ("last", "last"),
        ] {
            assert_eq!(to(name).unwrap(), Path::new(path), "{name}");
        }
        assert!(to("a/x").is_err());
        assert!(to("none/x").is_err());
    }
}

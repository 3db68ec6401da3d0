//! What the bench images are made of: trees of this machine's own root file system, in a fixed order and up to a fixed
//! size, so that the same machine gives the same bytes every time; and the small layers of an application on top.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::Failure;

/// A layer before it is packed.
pub struct Tree {
    /// What made it, as the image's history says.
    pub instruction: String,
    /// Its entries in order.
    pub entries: Vec<Entry>,
}

/// An entry of a layer.
pub struct Entry {
    /// Its path, without a leading slash.
    pub path: String,
    /// Permission bits.
    pub mode: u32,
    /// What it is.
    pub kind: Kind,
}

/// What an entry is.
pub enum Kind {
    /// A file of this machine, with its size when the tree was listed.
    Machine(PathBuf, u64),
    /// A file with this text.
    Text(String),
    /// A directory.
    Dir,
    /// A symbolic link with this target.
    Link(String),
}

impl Entry {
    /// Bytes of its body.
    pub fn size(&self) -> u64 {
        match &self.kind {
            Kind::Machine(_, size) => *size,
            Kind::Text(text) => text.len() as u64,
            Kind::Dir | Kind::Link(_) => 0,
        }
    }

    /// Its body, whole; a file of the machine is cut or filled up to the size that was listed.
    pub fn body(&self) -> io::Result<Vec<u8>> {
        Ok(match &self.kind {
            Kind::Machine(path, size) => {
                let mut bytes = fs::read(path)?;
                bytes.resize(usize::try_from(*size).unwrap_or(0), 0);
                bytes
            }
            Kind::Text(text) => text.clone().into_bytes(),
            Kind::Dir | Kind::Link(_) => Vec::new(),
        })
    }

    /// Its header in a tar.
    pub fn header(&self) -> tar::Header {
        let mut header = tar::Header::new_gnu();
        header.set_mode(self.mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(self.size());
        header.set_entry_type(match self.kind {
            Kind::Machine(..) | Kind::Text(_) => tar::EntryType::Regular,
            Kind::Dir => tar::EntryType::Directory,
            Kind::Link(_) => tar::EntryType::Symlink,
        });
        header
    }

    /// Header blocks, long names and padding of the entry, without its body.
    pub fn blocks(&self) -> io::Result<Vec<u8>> {
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = self.header();
        match &self.kind {
            Kind::Link(target) => builder.append_link(&mut header, &self.path, target)?,
            Kind::Dir => builder.append_data(&mut header, format!("{}/", self.path), io::empty())?,
            // The body follows separately; a header that announces it is all that is wanted here.
            _ => {
                header.set_size(0);
                builder.append_data(&mut header, &self.path, io::empty())?;
            }
        }
        let mut blocks = builder.into_inner()?;
        blocks.truncate(blocks.len() - 1024);
        if self.size() > 0 {
            let last = blocks.len() - 512;
            let mut header = tar::Header::new_gnu();
            header.as_mut_bytes().copy_from_slice(&blocks[last..]);
            header.set_size(self.size());
            header.set_cksum();
            blocks[last..].copy_from_slice(header.as_bytes());
        }
        Ok(blocks)
    }
}

/// Bytes after a body up to a whole block.
pub fn padding(size: u64) -> usize {
    (size.wrapping_neg() % 512) as usize
}

/// Writes the tar of a tree.
pub fn write_tar(tree: &Tree, to: &mut dyn Write) -> io::Result<()> {
    for entry in &tree.entries {
        to.write_all(&entry.blocks()?)?;
        to.write_all(&entry.body()?)?;
        to.write_all(&vec![0; padding(entry.size())])?;
    }
    to.write_all(&[0; 1024])
}

/// Folders of this machine, up to so many bytes of files, as they would stand in an image.
pub fn of_machine(instruction: &str, roots: &[&str], most: u64) -> Result<Tree, Failure> {
    let mut entries = Vec::new();
    let mut left = most;
    for root in roots {
        walk(Path::new(root), &mut entries, &mut left)?;
    }
    Ok(Tree { instruction: instruction.to_owned(), entries })
}

fn walk(dir: &Path, entries: &mut Vec<Entry>, left: &mut u64) -> Result<(), Failure> {
    let Ok(listing) = fs::read_dir(dir) else { return Ok(()) };
    let mut paths: Vec<PathBuf> = listing.filter_map(|e| e.ok().map(|e| e.path())).collect();
    paths.sort();
    for path in paths {
        let data = fs::symlink_metadata(&path)?;
        let Some(name) = path.to_str().map(|p| p.trim_start_matches('/').to_owned()) else { continue };
        let mode = data.permissions().mode() & 0o7777;
        let kind = match data.file_type() {
            t if t.is_symlink() => match fs::read_link(&path)?.to_str() {
                Some(target) => Kind::Link(target.to_owned()),
                None => continue,
            },
            t if t.is_dir() => Kind::Dir,
            t if t.is_file() && fs::File::open(&path).is_ok() => {
                if data.len() > *left {
                    continue;
                }
                *left -= data.len();
                Kind::Machine(path.clone(), data.len())
            }
            _ => continue,
        };
        let is_dir = matches!(kind, Kind::Dir);
        entries.push(Entry { path: name, mode, kind });
        if is_dir {
            walk(&path, entries, left)?;
        }
    }
    Ok(())
}

/// A small layer of directories and texts; a text that begins with `#!` is executable.
pub fn of_texts(instruction: &str, texts: &[(&str, &str)]) -> Tree {
    let entry = |(path, text): &(&str, &str)| {
        let mode = if text.starts_with("#!") { 0o755 } else { 0o644 };
        match path.strip_suffix('/') {
            Some(dir) => Entry { path: dir.to_owned(), mode: 0o755, kind: Kind::Dir },
            None => Entry { path: (*path).to_owned(), mode, kind: Kind::Text((*text).to_owned()) },
        }
    };
    Tree { instruction: instruction.to_owned(), entries: texts.iter().map(entry).collect() }
}

//! One entry: its name, its first line, and how it comes to be whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

/// Names of files that are being written begin with this.
pub(crate) const UNFINISHED: &str = "new-";

/// The file name of a key: as long as any other, without characters that a file system minds.
pub(crate) fn name(key: &str) -> String {
    Sha256::digest(key.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads the first line and compares it with the key: a file that was renamed is not what it says.
pub(crate) fn check_key(file: &mut File, key: &str) -> Option<()> {
    let mut line = vec![0; key.len() + 1];
    file.read_exact(&mut line).ok()?;
    let (newline, said) = line.split_last()?;
    (*newline == b'\n' && said == key.as_bytes()).then_some(())
}

/// Writes an entry and answers its size.
pub(crate) fn write(
    path: &Path,
    key: &str,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<u64> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let unfinished = path.with_file_name(format!("{UNFINISHED}{}-{count}", std::process::id()));
    let done = write_at(&unfinished, key, write).and_then(|size| {
        fs::rename(&unfinished, path)?;
        Ok(size)
    });
    if done.is_err() {
        // What is left of it is in nobody's way: no entry has such a name.
        drop(fs::remove_file(&unfinished));
    }
    done
}

fn write_at(path: &Path, key: &str, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<u64> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let mut writer = BufWriter::with_capacity(64 << 10, file);
    writer.write_all(key.as_bytes())?;
    writer.write_all(b"\n")?;
    write(&mut writer)?;
    let file = writer.into_inner()?;
    Ok(file.metadata()?.len())
}

//! The bound on the sum of the sizes.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::entry::UNFINISHED;
use crate::{Kind, Usage};

/// Age at which a file that was never finished belongs to a process that is gone.
const ABANDONED: Duration = Duration::from_secs(3600);

struct Found {
    path: PathBuf,
    size: u64,
    used: SystemTime,
    unfinished: bool,
}

/// Everything in one folder of the cache. What vanishes meanwhile is not there.
fn list(dir: &Path, found: &mut Vec<Found>) {
    let Ok(folders) = fs::read_dir(dir) else { return };
    for folder in folders.flatten() {
        let Ok(files) = fs::read_dir(folder.path()) else { continue };
        for file in files.flatten() {
            let Ok(data) = file.metadata() else { continue };
            if data.is_file() {
                found.push(Found {
                    path: file.path(),
                    size: data.len(),
                    used: data.modified().unwrap_or(SystemTime::UNIX_EPOCH),
                    unfinished: file.file_name().to_string_lossy().starts_with(UNFINISHED),
                });
            }
        }
    }
}

/// How much one folder holds.
pub(crate) fn usage(dir: &Path) -> Usage {
    let mut found = Vec::new();
    list(dir, &mut found);
    let whole = found.iter().filter(|f| !f.unfinished);
    whole.fold(Usage::default(), |sum, f| Usage { entries: sum.entries + 1, bytes: sum.bytes + f.size })
}

/// Deletes what was not used for the longest time until three quarters of the bound are left, if it is passed.
pub(crate) fn sweep(dir: &Path, most: u64) {
    let mut found = Vec::new();
    Kind::ALL.iter().for_each(|kind| list(&dir.join(kind.name()), &mut found));
    let now = SystemTime::now();
    found.retain(|f| {
        let abandoned = f.unfinished && now.duration_since(f.used).is_ok_and(|age| age > ABANDONED);
        if abandoned {
            drop(fs::remove_file(&f.path));
        }
        !f.unfinished
    });
    let mut sum: u64 = found.iter().map(|f| f.size).sum();
    if sum <= most {
        return;
    }
    found.sort_by_key(|f| f.used);
    for entry in found {
        if sum <= most / 4 * 3 {
            return;
        }
        // Another process may have been here first.
        drop(fs::remove_file(&entry.path));
        sum -= entry.size;
    }
}

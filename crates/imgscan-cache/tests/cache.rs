//! Entries come back as they were written, or not at all.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, SystemTime};

use imgscan_cache::{Cache, Kind, Usage};

fn files(dir: &std::path::Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![dir.to_owned()];
    while let Some(dir) = pending.pop() {
        for entry in fs::read_dir(dir).unwrap().flatten() {
            if entry.path().is_dir() { pending.push(entry.path()) } else { found.push(entry.path()) }
        }
    }
    found
}

fn put(cache: &Cache, key: &str, bytes: &[u8]) {
    cache.put(Kind::Index, key, |to| to.write_all(bytes)).unwrap();
}

fn get(cache: &Cache, key: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    cache.get(Kind::Index, key)?.read_to_end(&mut bytes).unwrap();
    Some(bytes)
}

#[test]
fn what_is_written_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::new(dir.path().join("deep/cache"));
    assert_eq!(get(&cache, "a"), None);
    put(&cache, "a", b"first");
    put(&cache, "a", b"second");
    put(&cache, "b/../c", b"");
    assert_eq!(get(&cache, "a").unwrap(), b"second");
    assert_eq!(get(&cache, "b/../c").unwrap(), b"");
    assert_eq!(cache.get(Kind::Text, "a").map(drop), None);
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(cache.dir()), 0o700);
    assert!(files(cache.dir()).iter().all(|file| mode(file) == 0o600));
}

#[test]
fn what_fails_while_it_is_written_is_not_kept() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::new(dir.path().join("cache"));
    let failed = cache.put(Kind::Index, "a", |to| {
        to.write_all(b"half")?;
        Err(io::Error::other("full"))
    });
    assert_eq!(failed.unwrap_err().to_string(), "full");
    assert_eq!(get(&cache, "a"), None);
    assert!(files(cache.dir()).is_empty());
}

#[test]
fn an_entry_under_another_name_is_none() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::new(dir.path().join("cache"));
    put(&cache, "a", b"bytes");
    let a = files(cache.dir()).remove(0);
    put(&cache, "b", b"other");
    let b = files(cache.dir()).into_iter().find(|file| *file != a).unwrap();
    fs::copy(&a, &b).unwrap();
    assert_eq!(get(&cache, "b"), None);
    fs::write(&a, b"").unwrap();
    assert_eq!(get(&cache, "a"), None);
}

#[test]
fn a_small_entry_that_was_damaged_is_none() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::new(dir.path().join("cache"));
    cache.put_bytes(Kind::Text, "a", b"bytes").unwrap();
    assert_eq!(cache.get_bytes(Kind::Text, "a").unwrap(), b"bytes");
    let file = files(cache.dir()).remove(0);
    let whole = fs::read(&file).unwrap();
    for length in 0..whole.len() {
        fs::write(&file, &whole[..length]).unwrap();
        assert_eq!(cache.get_bytes(Kind::Text, "a"), None, "{length}");
    }
    for at in 0..whole.len() {
        let mut wrong = whole.clone();
        wrong[at] ^= 1;
        fs::write(&file, &wrong).unwrap();
        assert_eq!(cache.get_bytes(Kind::Text, "a"), None, "{at}");
    }
    fs::write(&file, &whole).unwrap();
    assert!(cache.get_bytes(Kind::Text, "a").is_some());
}

#[test]
fn a_directory_that_others_may_write_is_not_believed() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::new(dir.path().join("cache"));
    put(&cache, "a", b"bytes");
    fs::set_permissions(cache.dir(), fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(get(&cache, "a"), None);
    assert!(cache.put(Kind::Index, "b", |_| Ok(())).is_err());
    fs::set_permissions(cache.dir(), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(get(&cache, "a").is_some());
}

#[test]
fn what_was_not_used_for_the_longest_time_goes_first() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::with_bound(dir.path().join("cache"), 10_000);
    for key in ["old", "used", "young"] {
        put(&cache, key, &[7; 3000]);
        let long_ago = SystemTime::now() - Duration::from_secs(1000);
        let newest =
            files(cache.dir()).into_iter().max_by_key(|f| fs::metadata(f).unwrap().modified().unwrap());
        fs::File::options().write(true).open(newest.unwrap()).unwrap().set_modified(long_ago).unwrap();
        thread::sleep(Duration::from_millis(5));
    }
    assert!(get(&cache, "used").is_some());
    put(&cache, "last", &[7; 3000]);
    let there: Vec<bool> = ["old", "used", "young", "last"].map(|key| get(&cache, key).is_some()).to_vec();
    assert!(there[1] && there[3], "{there:?}");
    assert_eq!(there.iter().filter(|there| **there).count(), 2, "{there:?}");
}

#[test]
fn many_write_and_delete_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cache");
    thread::scope(|scope| {
        for writer in 0..4 {
            let cache = Cache::with_bound(path.clone(), 20_000);
            scope.spawn(move || {
                for round in 0..50u32 {
                    let key = format!("{}", round % 7);
                    // The directory may be deleted under it at any moment: then nothing is kept.
                    drop(cache.put(Kind::Index, &key, |to| to.write_all(&[round as u8; 1000])));
                    if let Some(bytes) = get(&cache, &key) {
                        assert!(bytes.len() == 1000 && bytes.iter().all(|b| *b == bytes[0]));
                    }
                    if writer == 0 && round % 20 == 19 {
                        drop(cache.clear());
                    }
                }
            });
        }
    });
}

#[test]
fn clearing_takes_all_and_leaves_what_is_not_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::new(dir.path().join("cache"));
    assert_eq!(cache.clear().unwrap(), Usage::default());
    put(&cache, "a", b"12345678");
    fs::write(cache.dir().join("mine"), b"x").unwrap();
    let held = cache.usage();
    assert_eq!(held[0], (Kind::Index, Usage { entries: 1, bytes: 10 }));
    assert_eq!(cache.clear().unwrap(), Usage { entries: 1, bytes: 10 });
    assert_eq!(get(&cache, "a"), None);
    assert_eq!(files(cache.dir()).len(), 1);
}

//! The names in containerd's `meta.db`: which manifest each stands for, in which namespace.

use std::collections::BTreeMap;
use std::path::Path;

use super::bolt::{Bolt, Bucket, Entry};
use crate::descriptor::Descriptor;
use crate::error::{SourceError, damaged, not_found, unsupported};
use crate::registry_name::RegistryName;
use crate::shown;

/// Namespaces that are looked at where none is named: Kubernetes', and that of `ctr`.
const USUAL: [&str; 2] = ["k8s.io", "default"];
/// Times the file is read anew because containerd wrote to it meanwhile.
const TRIES: usize = 5;

/// An image as its namespace names it.
#[derive(Clone, Debug)]
struct Named {
    namespace: String,
    name: String,
    target: Descriptor,
}

/// What a name stands for. It may begin with a namespace.
pub(super) fn find(database: &Path, wanted: &str) -> Result<Descriptor, SourceError> {
    choose(&all(database)?, wanted, &shown::path(database))
}

/// Every name of every namespace, as of one moment.
fn all(database: &Path) -> Result<Vec<Named>, SourceError> {
    for _ in 0..TRIES {
        let bolt = Bolt::open(database)?;
        let read = read(&bolt);
        if bolt.unchanged() {
            return read;
        }
    }
    let message = format!("containerd writes to `{}` all the time", shown::path(database));
    Err(unsupported(message).with_help("try again, or `ctr images export - NAME | imgscan -`"))
}

fn read(bolt: &Bolt) -> Result<Vec<Named>, SourceError> {
    let mut found = Vec::new();
    let Some(version) = bolt.bucket(&bolt.root(), b"v1")? else { return Ok(found) };
    for (namespace, entry) in bolt.entries(&version)? {
        let Entry::Bucket(namespace_bucket) = entry else { continue };
        let Some(images) = bolt.bucket(&namespace_bucket, b"images")? else { continue };
        for (name, entry) in bolt.entries(&images)? {
            let Entry::Bucket(image) = entry else { continue };
            let (namespace, name) = (lossy(&namespace), lossy(&name));
            if let Some(bucket) = bolt.bucket(&image, b"target")? {
                let target =
                    target(bolt, &bucket).map_err(|e| e.about(format!("`{}`", shown::text(&name))))?;
                found.push(Named { namespace, name, target });
            }
        }
    }
    Ok(found)
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The descriptor in a `target` bucket; its size is a number as Go's `binary.PutVarint` writes it.
fn target(bolt: &Bolt, bucket: &Bucket) -> Result<Descriptor, SourceError> {
    let mut fields = BTreeMap::new();
    for (key, entry) in bolt.entries(bucket)? {
        if let Entry::Value(value) = entry {
            fields.insert(key, value);
        }
    }
    let text = |key: &str| fields.get(key.as_bytes()).map(|value| lossy(value)).unwrap_or_default();
    let digest = text("digest").parse().map_err(|e| damaged(format!("its target: {e}")))?;
    let size = fields.get(&b"size"[..]).and_then(|bytes| varint(bytes));
    let size = size.ok_or_else(|| damaged("its target has no size"))?;
    let (media_type, annotations, urls) = (text("mediatype"), BTreeMap::new(), Vec::new());
    Ok(Descriptor { media_type, digest, size, annotations, urls })
}

/// A zigzag number of at most ten bytes that is not negative.
fn varint(bytes: &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        let bits = u64::from(byte & 0x7f);
        let shift = 7 * u32::try_from(index).ok()?;
        number |= bits.checked_shl(shift).filter(|shifted| shifted >> shift == bits)?;
        if byte & 0x80 == 0 {
            return (number & 1 == 0).then_some(number >> 1);
        }
    }
    None
}

/// The image of a name. Where several readings of it lead to different images, none is guessed.
fn choose(all: &[Named], wanted: &str, place: &str) -> Result<Descriptor, SourceError> {
    let usual = |named: &&Named| USUAL.contains(&named.namespace.as_str());
    let mut found: Vec<&Named> = all.iter().filter(usual).filter(|n| is(n, wanted)).collect();
    if let Some((namespace, name)) = wanted.split_once('/') {
        found.extend(all.iter().filter(|n| n.namespace == namespace && is(n, name)));
    }
    let first = found.first().ok_or_else(|| missing(all, wanted, place))?;
    if found.iter().all(|n| n.target.digest == first.target.digest) {
        return Ok(first.target.clone());
    }
    let list: Vec<String> = found.iter().map(|n| reference(n)).collect();
    Err(not_found(format!("`{}` stands for different images in `{place}`", shown::text(wanted)))
        .with_help(format!("name one: {}", list.join(", "))))
}

/// Whether an image goes by this name: as it stands, or in the short form of Docker Hub; with a digest, whatever its
/// tag.
fn is(named: &Named, wanted: &str) -> bool {
    if named.name == wanted {
        return true;
    }
    let (Ok(have), Ok(want)) = (RegistryName::parse(&named.name), RegistryName::parse(wanted)) else {
        return false;
    };
    match &want.digest {
        Some(digest) => {
            (&have.registry, &have.repository) == (&want.registry, &want.repository)
                && named.target.digest == *digest
        }
        None => have == want,
    }
}

fn reference(named: &Named) -> String {
    format!("`containerd:{}/{}`", shown::text(&named.namespace), shown::text(&named.name))
}

fn missing(all: &[Named], wanted: &str, place: &str) -> SourceError {
    let error = not_found(format!("containerd has no image `{}` in `{place}`", shown::text(wanted)));
    // Those whose repository ends alike come first.
    let last =
        |name: &str| name.rsplit('/').next().and_then(|n| n.split([':', '@']).next()).map(str::to_owned);
    let mut names: Vec<&Named> = all.iter().collect();
    names.sort_by_key(|named| last(&named.name) != last(wanted));
    let list: Vec<String> = names.into_iter().take(20).map(reference).collect();
    match list.is_empty() {
        true => error.with_help("it holds none at all"),
        false => error.with_help(format!("it holds {}", list.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_zigzag_numbers() {
        // As `binary.PutVarint` writes 0, 1, 578, 2^62 and -1.
        let most = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01];
        for (bytes, number) in [
            (&[0][..], Some(0)),
            (&[2], Some(1)),
            (&[0x84, 0x09], Some(578)),
            (&most, Some(1 << 62)),
            (&[1], None),
        ] {
            assert_eq!(varint(bytes), number, "{bytes:?}");
        }
        assert_eq!(varint(&[]), None);
        assert_eq!(varint(&[0x80; 20]), None);
        assert_eq!(varint(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7e]), None);
    }
}

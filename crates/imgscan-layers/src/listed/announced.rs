//! What the annotations of a layer's descriptor say of a table of contents. They stand in the manifest, so its digest
//! vouches for them; a footer alone, which nobody vouches for, is no announcement.

use std::collections::BTreeMap;

use super::digest::{self, Sum};

/// stargz-snapshotter, `estargz/types.go`, `TOCJSONDigestAnnotation`.
const ESTARGZ: &str = "containerd.io/snapshot/stargz/toc.digest";
/// containers/storage, `pkg/chunked/internal/minimal/compression.go`; the second is what older writers and the
/// stargz-snapshotter's converter write.
const CHUNKED: [&str; 2] = ["io.github.containers.zstd-chunked", "io.containers.zstd-chunked"];
/// The only form of table there is (`ManifestTypeCRFS`).
const CRFS: u64 = 1;

/// A table of contents that a manifest announces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Announced {
    /// eStargz: the digest of the table, uncompressed.
    Estargz {
        /// SHA-256 of the JSON.
        table: [u8; 32],
    },
    /// zstd:chunked: where the table is, and its digest as it lies there.
    ZstdChunked(Position),
}

/// Where the table of a zstd:chunked layer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    pub(super) offset: u64,
    /// Compressed, in bytes.
    pub(super) length: u64,
    /// Uncompressed, in bytes.
    pub(super) unpacked: u64,
    /// SHA-256 of the compressed bytes.
    pub(super) sum: Sum,
}

impl Announced {
    /// What a descriptor's annotations announce.
    pub fn of(annotations: &BTreeMap<String, String>) -> Option<Announced> {
        if let Some(table) = annotations.get(ESTARGZ).and_then(|text| digest::parse(text)) {
            return Some(Announced::Estargz { table });
        }
        CHUNKED.iter().find_map(|prefix| {
            let value = |name: &str| annotations.get(&format!("{prefix}.{name}"));
            let sum = digest::parse(value("manifest-checksum")?)?;
            let numbers: Vec<u64> =
                value("manifest-position")?.split(':').map(|n| n.parse().ok()).collect::<Option<_>>()?;
            match numbers[..] {
                [offset, length, unpacked, CRFS] => {
                    Some(Announced::ZstdChunked(Position { offset, length, unpacked, sum }))
                }
                _ => None,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Option<Announced> {
        Announced::of(&pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn old_and_new_names_are_known_and_half_an_announcement_is_none() {
        let sum = format!("sha256:{}", "0".repeat(64));
        assert_eq!(of(&[(ESTARGZ, &sum)]), Some(Announced::Estargz { table: [0; 32] }));
        for prefix in CHUNKED {
            let (checksum, position) =
                (format!("{prefix}.manifest-checksum"), format!("{prefix}.manifest-position"));
            let found = of(&[(&checksum, &sum), (&position, "10:20:30:1")]);
            let wanted = Position { offset: 10, length: 20, unpacked: 30, sum: [0; 32] };
            assert_eq!(found, Some(Announced::ZstdChunked(wanted)));
            assert_eq!(of(&[(&checksum, &sum)]), None);
            for wrong in ["10:20:30:2", "10:20:30", "a:20:30:1", "10:20:30:1:1", "-1:2:3:1"] {
                assert_eq!(of(&[(&checksum, &sum), (&position, wrong)]), None, "{wrong}");
            }
        }
        assert_eq!(of(&[(ESTARGZ, "sha256:00")]), None);
    }
}

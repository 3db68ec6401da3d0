//! Tables of contents that are odd, wrong or hostile, announced by a manifest that vouches for each: what they are good for,
//! and that the others have the layer read whole.

#![allow(clippy::unwrap_used)] // What is not as expected is a fault of the test.

use std::collections::BTreeMap;

use imgscan_layers::{Announced, Keep, LayerIndex, Part, Request, fetch_parts, read_listed};
use sha2::{Digest, Sha256};

const MEDIA_TYPE: &str = "application/vnd.oci.image.layer.v1.tar+zstd";

fn sha256(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
    format!("sha256:{hex}")
}

/// A blob that holds `abc` in a frame at its start and a table behind it, and what a manifest says of it.
struct Layer {
    blob: Vec<u8>,
    announced: Announced,
}

impl Layer {
    fn new(table: &str) -> Self {
        let mut blob = zstd::encode_all(&b"abc"[..], 3).unwrap();
        let packed = zstd::encode_all(table.as_bytes(), 3).unwrap();
        let name = |end: &str| format!("io.github.containers.zstd-chunked.{end}");
        let position = format!("{}:{}:{}:1", blob.len(), packed.len(), table.len());
        let annotations = BTreeMap::from([
            (name("manifest-checksum"), sha256(&packed)),
            (name("manifest-position"), position),
        ]);
        blob.extend_from_slice(&packed);
        Layer { announced: Announced::of(&annotations).unwrap(), blob }
    }

    fn of(entries: &str) -> Self {
        Layer::new(&format!(r#"{{"version":1,"entries":[{entries}]}}"#))
    }

    fn fetch(&self, from: u64, length: u64) -> Option<Vec<u8>> {
        let (from, length) = (usize::try_from(from).ok()?, usize::try_from(length).ok()?);
        Some(self.blob.get(from..from.checked_add(length)?)?.to_vec())
    }

    fn index(&self) -> Option<LayerIndex> {
        let of = (MEDIA_TYPE, self.blob.len() as u64);
        read_listed(&self.announced, of, &mut |from, length| Ok(self.fetch(from, length)), &Keep::nothing())
            .unwrap()
    }

    fn file(&self, path: &str) -> Option<Vec<u8>> {
        let requests = [Request { path: path.into(), part: Part::Whole }];
        let parts = fetch_parts(&self.index()?, &requests, &mut |from, length| Ok(self.fetch(from, length)));
        parts.unwrap()?.pop()
    }
}

fn file(more: &str) -> String {
    format!(r#"{{"type":"reg","name":"a","size":3,"digest":"{}"{more}}}"#, sha256(b"abc"))
}

#[test]
fn a_file_is_had_by_its_table() {
    assert_eq!(Layer::of(&file("")).file("/a").unwrap(), b"abc");
    // A path that the layer does not have has no bytes.
    assert_eq!(Layer::of(&file("")).file("/b").unwrap(), b"");
    let link = r#",{"type":"hardlink","name":"b","linkName":"a"}"#;
    assert_eq!(Layer::of(&(file("") + link)).file("/b").unwrap(), b"abc");
}

#[test]
fn a_table_that_makes_no_sense_has_the_layer_read_whole() {
    let chunk =
        format!(r#"{{"type":"chunk","name":"a","chunkOffset":3,"chunkDigest":"{}"}}"#, sha256(b"abc"));
    let several = |size: u64| file("").replace("\"size\":3", &format!("\"size\":{size}"));
    for entries in [
        chunk.clone(),
        format!("{},{chunk}", file("")),
        several(6) + r#","chunkSize":3"#,
        file("").replace("\"size\":3", "\"size\":6,\"chunkSize\":3"),
        file("").replace("sha256:", "sha512:"),
        file("").replace(&sha256(b"abc"), ""),
        file("").replace("\"reg\"", "\"wormhole\""),
        file("").replace("\"a\"", "\"a\u{fffd}\""),
        file("").replace("\"size\":3", "\"size\":-3"),
        file(r#","uid":-1"#),
        file(r#","offset":1000000"#),
        file(r#","offset":2,"endOffset":1"#),
    ] {
        let shown: String = entries.chars().take(200).collect();
        assert!(Layer::of(&entries).index().is_none(), "{shown}");
    }
    for table in ["", "[]", "{}", r#"{"entries":[],"entries":[]}"#, r#"{"entries":[]} x"#, "\u{0}"] {
        assert!(Layer::new(table).index().is_none(), "{table}");
    }
    assert!(Layer::new(r#"{"entries":[]}"#).index().is_some());
    // What is not read may be as deep as it likes.
    let deep = file(&format!(r#","xattrs":{}1{}"#, "[".repeat(100_000), "]".repeat(100_000)));
    assert!(Layer::of(&deep).index().is_some());
}

#[test]
fn a_chunk_that_is_not_what_the_table_says_is_not_used() {
    for entries in [
        file("").replace(&sha256(b"abc"), &sha256(b"abd")),
        file(r#","endOffset":18446744073709551615"#),
        file(r#","innerOffset":18446744073709551615"#),
        file(r#","innerOffset":1"#),
        file("").replace("\"size\":3", "\"size\":18446744073709551615"),
        file("").replace("\"size\":3", "\"size\":4"),
        file(r#","offset":1"#),
    ] {
        let layer = Layer::of(&entries);
        assert!(layer.index().is_some() && layer.file("/a").is_none(), "{entries}");
    }
}

#[test]
fn a_media_type_that_promises_something_else_is_told_by_reading_whole() {
    let layer = Layer::of(&file(""));
    let mut fetch = |from, length| Ok(layer.fetch(from, length));
    for media_type in ["", "application/vnd.oci.image.layer.v1.tar+gzip", "application/x.tar+zstd+encrypted"]
    {
        let of = (media_type, layer.blob.len() as u64);
        assert!(read_listed(&layer.announced, of, &mut fetch, &Keep::nothing()).unwrap().is_none());
    }
}

#[test]
fn a_listed_index_is_stored_and_read_back() {
    let layer = Layer::of(&file(""));
    let mut stored = Vec::new();
    layer.index().unwrap().write_to(&mut stored).unwrap();
    let index = LayerIndex::read_from(stored.as_slice(), &Keep::nothing()).unwrap();
    let requests = [Request { path: "/a".into(), part: Part::Start }];
    let parts = fetch_parts(&index, &requests, &mut |from, length| Ok(layer.fetch(from, length))).unwrap();
    assert_eq!(parts.unwrap(), [b"abc".to_vec()]);
    for at in 0..stored.len() {
        let mut damaged = stored.clone();
        damaged[at] ^= 1;
        assert!(LayerIndex::read_from(damaged.as_slice(), &Keep::nothing()).is_err(), "byte {at}");
    }
}

use super::*;

/// A `meta.db` of containerd 1.6 with two namespaces and 120 tags: branch pages, leaf pages, inline buckets.
const REAL: &[u8] = include_bytes!("../../../tests/data/containerd-meta.db.gz");

fn real() -> Vec<u8> {
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(REAL), &mut bytes).unwrap();
    bytes
}

fn open(bytes: &[u8]) -> Result<Bolt, SourceError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("meta.db");
    std::fs::write(&path, bytes).unwrap();
    Bolt::open(&path)
}

/// Every key and value below a bucket.
fn walk(bolt: &Bolt, bucket: &Bucket, depth: usize) -> Result<usize, SourceError> {
    let mut count = 0;
    for (_, entry) in bolt.entries(bucket)? {
        count += 1;
        if let Entry::Bucket(inner) = entry
            && depth < 20
        {
            count += walk(bolt, &inner, depth + 1)?;
        }
    }
    Ok(count)
}

#[test]
fn a_real_file_is_read() {
    let bolt = open(&real()).unwrap();
    let down = |bucket: &Bucket, key: &str| bolt.bucket(bucket, key.as_bytes()).unwrap();
    let version = down(&bolt.root(), "v1").unwrap();
    let namespace = down(&version, "default").unwrap();
    let images = down(&namespace, "images").unwrap();
    assert!(matches!(images, Bucket::Tree(_)));
    let names: Vec<Vec<u8>> = bolt.entries(&images).unwrap().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), 122);
    assert!(names.is_sorted());
    let image = down(&images, "docker.io/shop/app:many-77").unwrap();
    let target = bolt.entries(&down(&image, "target").unwrap()).unwrap();
    let keys: Vec<&[u8]> = target.iter().map(|(key, _)| key.as_slice()).collect();
    assert_eq!(keys, [&b"digest"[..], b"mediatype", b"size"]);
    assert!(down(&version, "none").is_none());
    assert!(down(&bolt.root(), "version").is_none());
    assert!(bolt.unchanged());
    assert!(walk(&bolt, &bolt.root(), 0).unwrap() > 700);
}

#[test]
fn the_older_meta_page_serves_where_the_newer_is_torn() {
    let whole = real();
    let newest = |bytes: &[u8]| open(bytes).map(|b| b.meta.transaction).ok();
    let latest = newest(&whole).unwrap();
    let torn: Vec<Option<u64>> = [0, 4096]
        .map(|page| {
            let mut bytes = whole.clone();
            bytes[page + 40] ^= 1;
            newest(&bytes)
        })
        .into();
    assert!(torn.contains(&Some(latest)) && torn.contains(&Some(latest - 1)), "{torn:?}");
    let mut bytes = whole;
    bytes[40] ^= 1;
    bytes[4096 + 40] ^= 1;
    let error = open(&bytes).err().unwrap();
    assert!(error.message.contains("meta pages"), "{error}");
}

#[test]
fn what_is_no_bolt_file_is_said_so() {
    for bytes in [&b""[..], b"SQLite format 3\0", &[0; 8192]] {
        assert_eq!(open(bytes).err().unwrap().kind, crate::error::ErrorKind::Damaged);
    }
}

#[test]
fn damage_ends_in_an_error_and_never_in_a_panic() {
    let whole = real();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % below
    };
    let mut refused = 0;
    for round in 0..100 {
        let mut bytes = whole.clone();
        for _ in 0..=round % 40 {
            // Headers of pages and of elements are where it hurts; the meta pages have a checksum.
            let page = 2 + random(bytes.len() / 4096 - 2);
            let at = page * 4096 + random(if round % 2 == 0 { 64 } else { 4096 });
            bytes[at] = [0, 1, 0xff, random(256) as u8][random(4)];
        }
        if round % 10 == 0 {
            bytes.truncate(8192 + random(whole.len() - 8192));
        }
        let bolt = open(&bytes).unwrap();
        refused += usize::from(walk(&bolt, &bolt.root(), 0).is_err());
    }
    assert!(refused > 10, "{refused}");
}

/// A file of pages of 4,096 bytes: a meta page, and the others as they are.
fn file(root: u64, pages: &[Vec<u8>]) -> Vec<u8> {
    let mut meta = Vec::new();
    meta.extend(MAGIC.to_le_bytes());
    meta.extend(VERSION.to_le_bytes());
    meta.extend(4096_u32.to_le_bytes());
    meta.extend(0_u32.to_le_bytes());
    for number in [root, 0, 0, 9, 1] {
        meta.extend(u64::to_le_bytes(number));
    }
    meta.extend(fnv1a(&meta).to_le_bytes());
    let mut bytes = vec![0; HEADER];
    bytes.extend(meta);
    bytes.resize(4096, 0);
    for page in pages {
        bytes.extend(page);
        bytes.resize(bytes.len().next_multiple_of(4096), 0);
    }
    bytes
}

fn page(id: u64, flags: u16, elements: &[[u32; 4]]) -> Vec<u8> {
    let mut bytes = id.to_le_bytes().to_vec();
    bytes.extend(flags.to_le_bytes());
    bytes.extend((elements.len() as u16).to_le_bytes());
    bytes.extend(0_u32.to_le_bytes());
    elements.iter().flatten().for_each(|n| bytes.extend(n.to_le_bytes()));
    bytes
}

#[test]
fn hostile_pages() {
    let refused = |pages: &[Vec<u8>], word: &str| {
        let bolt = open(&file(1, pages)).unwrap();
        let error = bolt.entries(&bolt.root()).unwrap_err();
        assert!(error.message.contains(word), "{word}: {error}");
    };
    // A branch that is its own child.
    refused(&[page(1, BRANCH, &[[0, 0, 1, 0]])], "deep");
    refused(&[page(1, BRANCH, &[[0, 0, 7, 0]])], "behind its end");
    refused(&[page(2, LEAF, &[])], "calls itself 2");
    refused(&[page(1, 0x10, &[])], "unknown kind");
    refused(&[page(1, LEAF, &[[0, 16, u32::MAX, u32::MAX]])], "names in it take more");
    refused(&[page(1, LEAF, &[[0, u32::MAX, 1, 1]])], "outside its page");
    refused(&[page(1, LEAF, &[[BUCKET, 16, 0, 3]])], "outside its page");
    // Two levels of 250 children, each the same page of elements that all hold the whole page.
    let wide: Vec<[u32; 4]> = (0..250).map(|_| [0, 0, 3, 0]).collect();
    let branch: Vec<[u32; 4]> = (0..250).map(|_| [0, 0, 2, 0]).collect();
    let leaf: Vec<[u32; 4]> = (0..200).map(|_| [0, 16, 0, 800]).collect();
    refused(
        &[page(1, BRANCH, &branch), page(2, BRANCH, &wide), page(3, LEAF, &leaf)],
        "names in it take more",
    );
}

//! Every form a layer comes in: compression, tar formats of real writers, and odd but legal bytes.

#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::sync::Arc;

use imgscan_layers::{Candidate, Keep, LayerIndex, MergedView, Wish, copy_file, extract, read_layer};
use imgscan_model::{FileView, NodeKind};
use support::{Tar, gzip};

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/testdata/tar/{name}.tar.gz", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn view_of(blob: &[u8], media_type: &str) -> MergedView {
    MergedView::new(vec![Arc::new(read_layer(blob, media_type, &Keep::default_rules()).unwrap())], &[])
}

fn problems(blob: &[u8], media_type: &str) -> Vec<String> {
    view_of(blob, media_type).problems().into_iter().map(|p| p.message).collect()
}

fn tree(view: &MergedView) -> Vec<String> {
    let mut paths = Vec::new();
    view.for_each(&mut |node| paths.push(node.path.to_string()));
    paths
}

/// What the fixtures' tree holds in formats that can say all of it.
fn check_tree(view: &MergedView, fifo: bool) {
    assert_eq!(view.problems(), []);
    assert_eq!(view.content("/etc/a.conf").unwrap().raw(), "worker 1;\n");
    assert_eq!(view.content("/etc/hard.conf").unwrap().raw(), "worker 1;\n");
    assert_eq!(view.read("/etc/link.conf").unwrap().raw(), "worker 1;\n");
    assert_eq!(view.entry("/etc/fifo").map(|n| n.kind), fifo.then_some(NodeKind::Special));
}

#[test]
fn formats_of_gnu_tar() {
    let deep = format!("/{0}/{0}/{0}/deep.conf", "d".repeat(60));
    for format in ["ustar", "gnu", "pax"] {
        let view = view_of(&fixture(format), "application/vnd.oci.image.layer.v1.tar+gzip");
        check_tree(&view, true);
        assert_eq!(view.content(&deep).unwrap().raw(), "deep\n", "{format}");
        assert_eq!(tree(&view).len(), 9, "{format}");
    }
    let old = view_of(&fixture("v7"), "");
    check_tree(&old, false);
    assert!(old.entry("/etc/long").unwrap().is_dir());
    let dotted = view_of(&fixture("dotslash"), "");
    assert_eq!(tree(&dotted), ["/bin", "/bin/x", "/etc", "/etc/a.conf"]);
    let owned = view_of(&fixture("base256"), "").entry("/etc/a.conf").unwrap();
    assert_eq!((owned.uid, owned.gid), (4_000_000, 3_000_000_000));
}

#[test]
fn sparse_files_of_gnu_tar() {
    let mut sparse = b"start\n".to_vec();
    sparse.resize(40_000, 0);
    sparse.extend(b"middle\n");
    sparse.resize(100_000, 0);
    sparse.extend(b"end\n");
    sparse.resize(120_000, 0);
    let mut many = Vec::new();
    for i in 0..30 {
        many.resize(i * 8192, 0);
        many.extend(format!("piece {i}\n").bytes());
    }
    many.resize(31 * 8192, 0);
    for format in ["sparse-gnu", "sparse-pax-0.0", "sparse-pax-0.1", "sparse-pax-1.0"] {
        let blob = fixture(format);
        let view = view_of(&blob, "");
        assert_eq!(view.problems(), [], "{format}");
        assert_eq!(tree(&view), ["/etc", "/etc/a.conf", "/etc/many.conf", "/etc/sparse.conf"], "{format}");
        assert_eq!(view.content("/etc/sparse.conf").unwrap().raw().as_bytes(), sparse, "{format}");
        assert_eq!(view.content("/etc/many.conf").unwrap().raw().as_bytes(), many, "{format}");
        assert_eq!(view.content("/etc/a.conf").unwrap().raw(), "worker 1;\n", "{format}");
        let mut copy = Vec::new();
        let size = copy_file(&blob[..], "", view.layer(0).unwrap(), "/etc/many.conf", &mut copy).unwrap();
        assert_eq!((size, copy), (Some(many.len() as u64), many.clone()), "{format}");
    }
}

#[test]
fn global_pax_records_are_not_applied_and_told() {
    let blob = fixture("pax-global");
    let view = view_of(&blob, "");
    assert_eq!(view.read("/etc/link.conf").unwrap().raw(), "worker 1;\n");
    assert_eq!(
        problems(&blob, ""),
        ["layer 0: PAX records for the whole archive are not applied, as in container runtimes"]
    );
}

#[test]
fn compression_is_told_by_the_bytes() {
    let tar = Tar::new().file("etc/a.conf", "a").bytes();
    let zstd = zstd::encode_all(&tar[..], 3).unwrap();
    let gz = gzip(&tar);
    let oci = "application/vnd.oci.image.layer.v1.tar";
    let docker = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    let right: [(&[u8], String); 6] = [
        (&tar, oci.to_owned()),
        (&gz, format!("{oci}+gzip")),
        (&zstd, format!("{oci}+zstd")),
        (&gz, docker.to_owned()),
        (&zstd, String::new()),
        (&tar, "application/octet-stream".to_owned()),
    ];
    for (blob, media_type) in right {
        let view = view_of(blob, &media_type);
        assert_eq!(view.content("/etc/a.conf").unwrap().raw(), "a");
        assert_eq!(view.problems(), [], "{media_type}");
    }
    assert_eq!(
        problems(&gz, oci),
        [format!("layer 0: media type `{oci}` promises an uncompressed tar, the bytes are gzip")]
    );
    assert_eq!(problems(&tar, docker).len(), 1);
    assert_eq!(problems(&gz, &format!("{oci}+zstd")).len(), 1);
}

#[test]
fn several_gzip_members_are_one_stream() {
    let tar = Tar::new().file("etc/a.conf", &"a".repeat(5000)).file("etc/b.conf", "b").bytes();
    let pieces: Vec<u8> = tar.chunks(700).flat_map(gzip).collect();
    assert_eq!(view_of(&pieces, "").content("/etc/b.conf").unwrap().raw(), "b");
    // Every optional field of a header, as eStargz and `gzip` itself write some of them.
    let plain = gzip(&tar);
    let fields =
        [&[0x1f, 0x8b, 8, 0b1_1110, 0, 0, 0, 0, 0, 3][..], &[3, 0, 1, 2, 3], b"name\0", b"comment\0", b"hc"];
    let header = [&fields.concat()[..], &plain[10..]].concat();
    assert_eq!(view_of(&header, "").content("/etc/b.conf").unwrap().raw(), "b");
}

#[test]
fn several_zstd_frames_and_skippable_ones_are_one_stream() {
    let tar = Tar::new().file("etc/a.conf", &"a".repeat(5000)).file("etc/b.conf", "b").bytes();
    let skippable = [&[0x5f, 0x2a, 0x4d, 0x18, 5, 0, 0, 0][..], b"table"].concat();
    let mut blob = skippable.clone();
    for piece in tar.chunks(700) {
        blob.extend(zstd::encode_all(piece, 3).unwrap());
        blob.extend(&skippable);
    }
    let view = view_of(&blob, "");
    assert_eq!(view.content("/etc/b.conf").unwrap().raw(), "b");
    assert_eq!(view.problems(), []);
}

#[test]
fn what_follows_the_compressed_data() {
    let tar = Tar::new().file("etc/a.conf", "a").bytes();
    for packed in [gzip(&tar), zstd::encode_all(&tar[..], 3).unwrap()] {
        let padded = [&packed[..], &[0; 512]].concat();
        assert_eq!(problems(&padded, ""), [""; 0]);
        let trailed = [&packed[..], b"garbage"].concat();
        assert_eq!(
            problems(&trailed, ""),
            ["layer 0: 7 bytes of garbage follow the layer's compressed data"]
        );
    }
}

#[test]
fn the_ends_that_go_takes() {
    let entries = Tar::new().file("etc/a.conf", "a").bytes();
    let entries = &entries[..entries.len() - 1024];
    let one_block = [entries, &[0; 512]].concat();
    let more = [entries, &[0; 1024], b"anything"].concat();
    for bytes in [entries, &one_block, &more] {
        assert_eq!(view_of(&gzip(bytes), "").content("/etc/a.conf").unwrap().raw(), "a");
    }
    assert_eq!(tree(&view_of(b"", "")), [""; 0]);
}

#[test]
fn old_and_odd_types() {
    let tar = Tar::new()
        .entry(0, b"etc/v7.conf", "", b"v7")
        .entry(0, b"etc/dir/", "", b"")
        .entry(b'7', b"etc/contiguous.conf", "", b"c")
        .entry(b'V', b"a volume label", "", b"")
        .entry(b'0', b"etc/z.conf", "", b"z");
    let blob = tar.gzip();
    let view = view_of(&blob, "");
    assert_eq!(tree(&view), ["/etc", "/etc/contiguous.conf", "/etc/dir", "/etc/v7.conf", "/etc/z.conf"]);
    assert!(view.entry("/etc/dir").unwrap().is_dir());
    assert_eq!(
        problems(&blob, ""),
        ["`a volume label` is an entry of type `V`, which no container runtime unpacks"]
    );
}

#[test]
fn a_pax_size_beats_the_header_and_smuggles_nothing() {
    // The header says 0 bytes, PAX says 1024: what looks like an entry in the body is none.
    let inner = Tar::new().file("etc/smuggled.conf", "x").bytes();
    let mut header = tar::Header::new_ustar();
    header.set_path("etc/outer.conf").unwrap();
    header.set_entry_type(tar::EntryType::Regular);
    header.set_mode(0o644);
    header.set_size(0);
    let tar = Tar::new().entry(b'x', b"pax", "", b"13 size=1024\n").header(header).body(&inner[..1024]);
    assert_eq!(
        tree(&view_of(&tar.file("etc/z.conf", "z").gzip(), "")),
        ["/etc", "/etc/outer.conf", "/etc/z.conf"]
    );
}

#[test]
fn links_and_directories_have_no_body_whatever_they_claim() {
    let mut header = tar::Header::new_gnu();
    header.set_path("etc/link.conf").unwrap();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_link_name("a.conf").unwrap();
    header.set_mode(0o777);
    header.set_size(4096);
    let view = view_of(&Tar::new().header(header).file("etc/a.conf", "a").gzip(), "");
    assert_eq!(view.read("/etc/link.conf").unwrap().raw(), "a");
}

#[test]
fn a_gnu_long_name_beats_a_pax_path() {
    let long = "n".repeat(120);
    let tar = Tar::new()
        .entry(b'x', b"pax", "", b"16 path=other.c\n")
        .entry(b'L', b"././@LongLink", "", long.as_bytes())
        .file("short", "x");
    assert_eq!(tree(&view_of(&tar.gzip(), "")), [format!("/{long}")]);
}

#[test]
fn only_what_is_asked_for_is_extracted() {
    let tar = Tar::new().file("a", "1").file("b", "2").hard_link("c", "b").file("a", "3").bytes();
    let index: LayerIndex = read_layer(&tar[..], "", &Keep::nothing()).unwrap();
    let paths: Vec<Arc<str>> = ["/a", "/c", "/absent", "/b"].map(Arc::from).into();
    let mut files: Vec<(String, Vec<u8>)> = extract(&tar[..], "", &index, &paths)
        .unwrap()
        .into_iter()
        .map(|f| (f.path.to_string(), f.bytes))
        .collect();
    files.sort();
    let expected =
        [("/a", "3"), ("/b", "2"), ("/c", "2")].map(|(p, b)| (p.to_owned(), b.as_bytes().to_vec()));
    assert_eq!(files, expected);
    assert_eq!(index.entries(), 4);
    assert_eq!(index.unpacked_bytes(), tar.len() as u64);
    let mut none = Vec::new();
    assert_eq!(copy_file(&tar[..], "", &index, "/absent", &mut none).unwrap(), None);
}

#[test]
fn the_stream_is_read_to_its_end() {
    struct Counted<'a>(&'a [u8], &'a mut bool);
    impl std::io::Read for Counted<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.0.read(buffer)?;
            *self.1 |= count == 0;
            Ok(count)
        }
    }
    let good = Tar::new().file("a", &"x".repeat(100_000)).bytes();
    let bad = [&good[..1024], &[7; 400_000]].concat();
    for (bytes, is_good) in [(gzip(&good), true), (good.clone(), true), (bad, false)] {
        let mut ended = false;
        assert_eq!(read_layer(Counted(&bytes, &mut ended), "", &Keep::nothing()).is_ok(), is_good);
        assert!(ended);
    }
    let index = read_layer(&good[..], "", &Keep::nothing()).unwrap();
    let mut ended = false;
    extract(Counted(&good, &mut ended), "", &index, &["/a".into()]).unwrap();
    assert!(ended);
}

#[test]
fn what_to_keep_is_the_callers_choice() {
    let keep = Keep::default_rules();
    let file = Candidate { path: "/etc/nginx/nginx.conf", size: 10, mode: 0o644 };
    assert_eq!(keep.wish(file), Wish::Yes);
    assert_eq!(keep.wish(Candidate { size: 1 << 30, ..file }), Wish::No);
    assert_eq!(Keep::nothing().wish(file), Wish::No);
    let config = imgscan_model::ImageConfig {
        working_dir: "/srv".into(),
        entrypoint: Some(vec!["./boot".into()]),
        cmd: Some(vec!["-c".into(), "/x/y.data".into()]),
        ..Default::default()
    };
    let keep = Keep::for_image(&config);
    assert_eq!(keep.wish(Candidate { path: "/x/y.data", ..file }), Wish::Yes);
    assert_eq!(keep.wish(Candidate { path: "/srv/boot", mode: 0o755, ..file }), Wish::IfScript);
    assert_eq!(keep.wish(Candidate { path: "/srv/settings.py", ..file }), Wish::Yes);
    assert_eq!(keep.wish(Candidate { path: "/other/settings.py", ..file }), Wish::No);
}

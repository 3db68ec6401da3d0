//! Layers that mean harm: each gives a clear, typed answer, and memory stays flat.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::io::{self, Read};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use imgscan_layers::{Keep, LayerError, LayerIndex, MergedView, extract, read_layer};
use imgscan_model::{FileError, FileView};
use support::{Tar, gzip};

/// Most memory that a hostile layer may cost the whole process, in KiB.
const MEMORY: u64 = 64 << 10;

/// Runs a test again in a process of its own, and looks at the memory that it took.
fn alone(test: &str, attack: impl FnOnce()) {
    if std::env::var_os("IMGSCAN_ALONE").is_some() {
        attack();
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let peak = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        println!("{peak}");
        return;
    }
    let started = Instant::now();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env("IMGSCAN_ALONE", "1")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    let peak = told.lines().find_map(|line| line.split_once("VmHWM:")).unwrap().1;
    let peak: u64 = peak.trim().trim_end_matches(" kB").trim().parse().unwrap();
    println!("{test}: {} MiB, {:?}", peak >> 10, started.elapsed());
    assert!(peak < MEMORY, "{test} took {peak} KiB");
    assert!(started.elapsed() < Duration::from_secs(300));
}

/// A stream that is made while it is read.
struct Made<F> {
    next: F,
    piece: Vec<u8>,
    at: usize,
}

fn made<F: FnMut() -> Option<Vec<u8>>>(next: F) -> Made<F> {
    Made { next, piece: Vec::new(), at: 0 }
}

impl<F: FnMut() -> Option<Vec<u8>>> Read for Made<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.piece.len() {
            match (self.next)() {
                Some(piece) => (self.piece, self.at) = (piece, 0),
                None => return Ok(0),
            }
        }
        let count = (&self.piece[self.at..]).read(buffer)?;
        self.at += count;
        Ok(count)
    }
}

/// A stream of `count` pieces.
fn pieces(count: u64, mut piece: impl FnMut(u64) -> Vec<u8>) -> Made<impl FnMut() -> Option<Vec<u8>>> {
    let mut number = 0;
    made(move || {
        number += 1;
        (number <= count).then(|| piece(number - 1))
    })
}

fn read(blob: impl Read) -> Result<LayerIndex, LayerError> {
    read_layer(blob, "", &Keep::default_rules())
}

/// What an error says, with its kind before it.
fn refused(blob: impl Read) -> String {
    match read(blob) {
        Ok(_) => panic!("the layer was read"),
        Err(LayerError::Damaged(message)) => format!("damaged: {message}"),
        Err(LayerError::Limit(message)) => format!("limit: {message}"),
        Err(LayerError::Unsupported(message)) => format!("unsupported: {message}"),
        Err(error) => format!("other: {error}"),
    }
}

fn header(typeflag: u8, path: &str, size: &[u8; 12]) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_path(path).unwrap();
    header.set_mode(0o644);
    header.as_old_mut().linkflag = [typeflag];
    header.as_old_mut().size = *size;
    header.set_cksum();
    header.as_bytes().to_vec()
}

fn zeros(mib: usize) -> Vec<u8> {
    vec![0; mib << 20]
}

#[test]
fn what_is_not_a_layer() {
    assert_eq!(
        refused(&b"<html>not found</html>"[..]),
        "damaged: the layer's tar breaks off in or after entry 0"
    );
    assert_eq!(refused(&[b'x'; 600][..]), "damaged: the layer is not a tar archive");
    assert_eq!(refused(&gzip(&[b'x'; 600])[..]), "damaged: the layer is not a tar archive");
    let xz = "unsupported: the layer is compressed with xz; gzip, zstd and none are read";
    assert_eq!(refused(&b"\xfd7zXZ\0\0\0"[..]), xz);
    let encrypted =
        read_layer(&b""[..], "application/vnd.oci.image.layer.v1.tar+gzip+encrypted", &Keep::nothing());
    assert!(matches!(encrypted, Err(LayerError::Unsupported(_))));
}

#[test]
fn blobs_that_break_off_or_are_corrupt() {
    let tar = Tar::new().file("etc/a.conf", &"abc ".repeat(2000)).bytes();
    for packed in [gzip(&tar), zstd::encode_all(&tar[..], 3).unwrap()] {
        for length in [7, 12, packed.len() / 2, packed.len() - 5, packed.len() - 1] {
            let message = refused(&packed[..length]);
            assert!(message.starts_with("damaged: the "), "{length}: {message}");
            assert!(message.contains("stream breaks off at byte"), "{length}: {message}");
        }
        let mut corrupt = packed.clone();
        for byte in &mut corrupt[40..60] {
            *byte ^= 0x55;
        }
        assert!(refused(&corrupt[..]).starts_with("damaged: "));
    }
    let mut wrong = gzip(&tar);
    let at = wrong.len() - 6;
    wrong[at] ^= 1;
    assert!(refused(&wrong[..]).contains("the gzip checksum before byte"));
    for length in [100, 700, 512 + 8000 - 1] {
        assert!(refused(&tar[..length]).starts_with("damaged: the layer's tar breaks off"), "{length}");
    }
}

#[test]
fn a_stream_that_fails_is_not_called_damaged() {
    let failing = || io::Error::other("digest mismatch");
    let stream = |bytes: Vec<u8>| io::Cursor::new(bytes).chain(made_to_fail(failing()));
    let tar = Tar::new().file("a", "x").bytes();
    for bytes in [tar.clone(), gzip(&tar), vec![b'x'; 5000], gzip(&tar)[..30].to_vec()] {
        match read(stream(bytes)) {
            Err(LayerError::Read(error)) => assert_eq!(error.to_string(), "digest mismatch"),
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("the layer was read"),
        }
    }
}

struct Failing(Option<io::Error>);

fn made_to_fail(error: io::Error) -> Failing {
    Failing(Some(error))
}

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(self.0.take().unwrap())
    }
}

#[test]
fn sizes_that_make_no_sense() {
    let huge = *b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff";
    for size in [huge, *b"777777777777"] {
        let blob = [header(b'0', "a", &size), vec![1; 2000]].concat();
        assert_eq!(refused(&blob[..]), "damaged: the layer's tar breaks off in or after entry 1");
    }
    let cases = [
        ([0xff; 12], "damaged: the layer's tar has a negative size at or after entry 0"),
        (
            *b"12x4\0\0\0\0\0\0\0\0",
            "damaged: the layer's tar has a size that is no number at or after entry 0",
        ),
        ([0x80; 12], "damaged: the layer's tar has a size that is no number at or after entry 0"),
    ];
    for (size, message) in cases {
        assert_eq!(refused(&header(b'0', "a", &size)[..]), message);
    }
    let negative = Tar::new().entry(b'x', b"pax", "", b"11 size=-1\n").file("a", "x");
    assert_eq!(
        refused(&negative.bytes()[..]),
        "damaged: the layer's tar has a negative size at or after entry 1"
    );
}

#[test]
fn maps_of_sparse_files_that_make_no_sense() {
    let pax = |records: &[&str]| {
        let records: String = records
            .iter()
            .map(|r| {
                let length = r.len() + 3;
                let length = if length + 1 > 99 { length + 2 } else { length + 1 };
                format!("{length} {r}\n")
            })
            .collect();
        Tar::new().entry(b'x', b"pax", "", records.as_bytes()).file("a.conf", "0123456789").bytes()
    };
    for records in [
        &["GNU.sparse.map=0,99999", "GNU.sparse.size=100000"][..],
        &["GNU.sparse.map=5,5,0,5", "GNU.sparse.size=10"],
        &["GNU.sparse.map=0,18446744073709551615,1,1", "GNU.sparse.size=10"],
        &["GNU.sparse.map=0", "GNU.sparse.size=10"],
        &["GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.realsize=10"],
    ] {
        assert!(refused(&pax(records)[..]).contains("a sparse map that makes no sense"), "{records:?}");
    }
    // Exabytes of holes are only a number.
    let holes = pax(&["GNU.sparse.map=0,10", "GNU.sparse.size=9000000000000000000"]);
    let view = MergedView::new(vec![Arc::new(read(&holes[..]).unwrap())], &[]);
    assert_eq!(view.content("/a.conf"), Err(FileError::TooLarge(9_000_000_000_000_000_000)));
}

#[test]
fn a_long_name_of_512_mib() {
    alone("a_long_name_of_512_mib", || {
        let header = header(b'L', "././@LongLink", b"04000000000\0");
        let blob = header.chain(pieces(512, |_| vec![b'n'; 1 << 20]));
        let message = refused(blob);
        assert!(
            message.starts_with("limit: entry 1 of the layer's tar has a header record of 536870912 bytes")
        );
    });
}

#[test]
fn a_million_tiny_entries() {
    alone("a_million_tiny_entries", || {
        let one = header(b'0', "usr/share/data/0000000", b"00000000000\0");
        let sum: u32 = one
            .iter()
            .enumerate()
            .map(|(i, b)| if (148..156).contains(&i) { 32 } else { u32::from(*b) })
            .sum();
        let blob = pieces(1_000_000, |number| {
            let mut entry = one.clone();
            let digits = format!("{number:07}");
            entry[15..22].copy_from_slice(digits.as_bytes());
            let more: u32 = digits.bytes().map(|b| u32::from(b - b'0')).sum();
            entry[148..156].copy_from_slice(format!("{:06o}\0 ", sum + more).as_bytes());
            entry
        });
        let index = read(blob).unwrap();
        assert_eq!(index.entries(), 1_000_000);
        let view = MergedView::new(vec![Arc::new(index)], &[]);
        assert!(view.entry("/usr/share/data/0999999").is_some());
        let mut count = 0;
        view.for_each(&mut |_| count += 1);
        assert_eq!(count, 1_000_003);
    });
}

#[test]
fn more_entries_than_memory_allows() {
    alone("more_entries_than_memory_allows", || {
        let mut number = 0u64;
        let blob = made(move || {
            number += 1;
            // A path of its own for every entry, 2,000 directories deep.
            let path = format!("{number}/{}", "d/".repeat(2000));
            Some(Tar::new().entry(b'0', path.as_bytes(), "", b"").into_entries())
        });
        assert!(refused(blob).starts_with("limit: the layers hold more files than fit into the 44 MiB"));
    });
}

#[test]
fn paths_that_cost_time() {
    alone("paths_that_cost_time", || {
        let deep = format!("{}x", "d/".repeat(2000));
        let entry = Tar::new().entry(b'0', deep.as_bytes(), "", b"").into_entries();
        let blob = pieces(1_000_000, |_| entry.clone());
        assert_eq!(refused(blob), "limit: the paths of the layer are too many and too deep");
        // A chain of links, each through all the others.
        let links =
            (0..39).fold(Tar::new(), |tar, i| tar.symlink(&format!("l{i}"), &format!("l{}/.", i + 1)));
        let (links, entry) = (links.into_entries(), Tar::new().file("l0/x", "").into_entries());
        assert!(read(links.chain(pieces(20_000, |_| entry.clone()))).is_ok());
    });
}

#[test]
fn five_gigabytes_of_zeros_in_five_megabytes() {
    alone("five_gigabytes_of_zeros_in_five_megabytes", || {
        let start = gzip(&header(b'0', "zeros", b"\x80\0\0\0\0\0\0\x01\x40\0\0\0"));
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        (0..64).for_each(|_| io::Write::write_all(&mut encoder, &zeros(1)).unwrap());
        let block = encoder.finish().unwrap();
        assert!(block.len() * 80 < 6 << 20);
        let index = read(start.chain(pieces(80, |_| block.clone()))).unwrap();
        assert_eq!(index.unpacked_bytes(), 512 + (5 << 30));
        let view = MergedView::new(vec![Arc::new(index)], &[]);
        assert_eq!(view.content("/zeros"), Err(FileError::TooLarge(5 << 30)));
    });
}

#[test]
fn a_bomb_of_zstd() {
    alone("a_bomb_of_zstd", || {
        let block = zstd::encode_all(&zeros(4)[..], 1).unwrap();
        let start =
            zstd::encode_all(&header(b'0', "zeros", b"\x80\0\0\0\0\0\0\x01\x40\0\0\0")[..], 1).unwrap();
        let message = refused(start.chain(pieces(1280, |_| block.clone())));
        assert!(message.starts_with("limit: the layer unpacks "), "{message}");
    });
}

#[test]
fn windows_of_zstd() {
    alone("windows_of_zstd", || {
        // Frame header of a window of 2 GiB, and of one of 64 MiB.
        for window in [21 << 3, 16 << 3] {
            let frame = [&[0x28, 0xb5, 0x2f, 0xfd, 0, window][..], &[1, 0, 0]].concat();
            let message = refused(&frame[..]);
            assert!(
                message.starts_with("limit: a zstd frame at byte 0 of the blob asks for a window of"),
                "{message}"
            );
        }
        // A window of 32 MiB in full use, in four layers at once.
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(25).unwrap();
        io::Write::write_all(&mut encoder, &header(b'0', "noise", b"00000000000\0")).unwrap();
        let mut noise = 1u64;
        for _ in 0..40 {
            let piece: Vec<u8> = (0..1 << 17)
                .flat_map(|_| {
                    noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    [(noise >> 33) as u8 & 3; 8]
                })
                .collect();
            let mut size = tar::Header::new_gnu();
            size.set_path("noise").unwrap();
            size.set_size(piece.len() as u64);
            size.set_mode(0o644);
            size.set_cksum();
            io::Write::write_all(&mut encoder, size.as_bytes()).unwrap();
            io::Write::write_all(&mut encoder, &piece).unwrap();
        }
        let blob = encoder.finish().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert_eq!(read(&blob[..]).unwrap().entries(), 41));
            }
        });
    });
}

#[test]
fn many_kept_texts_problems_and_shebangs() {
    alone("many_kept_texts_problems_and_shebangs", || {
        let kept = pieces(140_000, |i| Tar::new().file(&format!("etc/{i}"), "x").into_entries());
        assert!(read(kept).is_ok());
        let climbing = "../".repeat(1000) + "x";
        let entry = Tar::new().entry(b'0', climbing.as_bytes(), "", b"").into_entries();
        let index = read(pieces(20_000, |_| entry.clone())).unwrap();
        assert_eq!(index.problems().len(), 21);
        assert!(index.problems().iter().all(|p| p.message.len() < 1000));
        let scripts = pieces(u64::MAX, |i| {
            Tar::new().file(&format!("bin/{i}"), &format!("#!/{i}{}", "x".repeat(230))).into_entries()
        });
        assert!(refused(scripts).starts_with("limit: the layers hold more files"));
    });
}

#[test]
fn loops_of_links() {
    let tar = Tar::new()
        .symlink("a", "b")
        .symlink("b", "a")
        .hard_link("h1", "h2")
        .hard_link("h2", "h1")
        .hard_link("self", "self")
        .symlink("d", ".");
    let index = Arc::new(read(&tar.bytes()[..]).unwrap());
    let view = MergedView::new(vec![Arc::clone(&index), index], &[]);
    assert_eq!(view.read("/a"), Err(FileError::Loop));
    assert_eq!(view.read("/a/x"), Err(FileError::Loop));
    for path in ["/h1", "/h2", "/self", "/d/d/d/h1"] {
        assert!(matches!(view.read(path), Err(FileError::Unknown(_))), "{path}");
    }
}

#[test]
fn names_that_lie_to_a_terminal_stay_what_they_are() {
    let name = "a\u{1b}[31m\u{202e}\u{9b}\r\nb.conf";
    let view = MergedView::new(vec![Arc::new(read(&Tar::new().file(name, "x").bytes()[..]).unwrap())], &[]);
    assert_eq!(view.content(&format!("/{name}")).unwrap().raw(), "x");
}

#[test]
fn extracting_is_bounded_as_well() {
    alone("extracting_is_bounded_as_well", || {
        let blob = Tar::new().file("small", "x").bytes();
        let mut blob = blob[..1024].to_vec();
        blob.extend(header(b'0', "large", b"00400000000\0"));
        let stream = || blob.chain(pieces(64, |_| zeros(1)));
        let index = read(stream()).unwrap();
        let files = extract(stream(), "", &index, &["/small".into(), "/large".into()]).unwrap();
        assert_eq!(files.len(), 1);
    });
}

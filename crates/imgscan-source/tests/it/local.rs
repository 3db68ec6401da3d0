//! Images on this machine: layouts, archives old and new, root filesystems, standard input.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use imgscan_source::{Content, ErrorKind, Image, Reference, SourceError, SourceKind, Sources};
use imgscan_testkit::layout::{self, Blob, BuiltImage, digest};
use serde_json::{Value, json};

use crate::common::{INDEX, LAYER, choice, image, layers, open, open_all, options};

fn write_layout(folder: &Path, images: &[BuiltImage]) {
    layout::write(folder, "v1", images).unwrap();
}

/// A tar of files, in order.
fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

fn tar_of_folder(folder: &Path) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_dir_all(".", folder).unwrap();
    builder.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

fn from_stdin(bytes: Vec<u8>) -> Result<Vec<Image>, SourceError> {
    let sources = Sources::with_stdin(options(), Cursor::new(bytes));
    sources.open(&Reference::parse("-").unwrap(), &choice(""))
}

fn contents(built: &BuiltImage) -> Vec<Vec<u8>> {
    built.layers.iter().map(|l| l.bytes.clone()).collect()
}

#[track_caller]
fn fails<T: std::fmt::Debug>(result: Result<T, SourceError>, kind: ErrorKind, word: &str) -> SourceError {
    let error = result.expect_err("an error");
    assert_eq!(error.kind, kind, "{error}");
    assert!(error.message.contains(word), "`{word}` is not in: {error}");
    error
}

#[test]
fn a_layout_and_its_archives() {
    let folder = tempfile::tempdir().unwrap();
    let built = image("linux/amd64", &[10, 70_000]);
    write_layout(&folder.path().join("dir"), std::slice::from_ref(&built));
    let tar = tar_of_folder(&folder.path().join("dir"));
    fs::write(folder.path().join("a.tar"), &tar).unwrap();
    fs::write(folder.path().join("a.tgz"), gzip(&tar)).unwrap();
    fs::write(folder.path().join("a.zst"), zstd(&tar)).unwrap();
    let at = folder.path().display();
    for (reference, kind) in [
        (format!("oci:{at}/dir"), SourceKind::OciLayout),
        (format!("oci:{at}/dir:v1"), SourceKind::OciLayout),
        (format!("oci:{at}/dir@{}", built.manifest.digest), SourceKind::OciLayout),
        (format!("{at}/dir"), SourceKind::OciLayout),
        (format!("{at}/dir:v1"), SourceKind::OciLayout),
        (format!("oci-archive:{at}/a.tar"), SourceKind::OciArchive),
        (format!("oci-archive:{at}/a.tgz:v1"), SourceKind::OciArchive),
        (format!("{at}/a.tar"), SourceKind::OciArchive),
        (format!("{at}/a.tgz"), SourceKind::OciArchive),
        (format!("{at}/a.zst"), SourceKind::OciArchive),
    ] {
        let got = open(&reference).unwrap_or_else(|e| panic!("{reference}: {e}"));
        assert_eq!(got.source, kind, "{reference}");
        assert_eq!(got.reference, reference);
        assert_eq!(got.digest.as_ref().unwrap().to_string(), built.manifest.digest);
        assert_eq!(layers(&got).unwrap(), contents(&built), "{reference}");
    }
    for bytes in [tar.clone(), gzip(&tar)] {
        let got = from_stdin(bytes).unwrap();
        assert_eq!(layers(&got[0]).unwrap(), contents(&built));
    }
}

#[test]
fn several_images_in_a_layout_want_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (image("linux/amd64", &[1]), image("linux/amd64", &[2]));
    write_layout(folder.path(), std::slice::from_ref(&two));
    write_layout(folder.path(), std::slice::from_ref(&one));
    let entry = |built: &BuiltImage, annotations: Value| {
        let mut entry = built.manifest.descriptor();
        entry["annotations"] = annotations;
        entry
    };
    let name = "org.opencontainers.image.ref.name";
    let full = "io.containerd.image.name";
    let index = json!({"schemaVersion": 2, "manifests": [
        entry(&one, json!({name: "one"})),
        entry(&two, json!({name: "2.0", full: "docker.io/shop/app:2.0"})),
    ]});
    fs::write(folder.path().join("index.json"), index.to_string()).unwrap();
    let at = folder.path().display();
    let error = fails(open(&format!("oci:{at}")), ErrorKind::NotFound, "2 images");
    assert!(error.help.unwrap().contains("`:one`, `:docker.io/shop/app:2.0`"));
    for (pick, built) in
        [("one", &one), ("2.0", &two), ("docker.io/shop/app:2.0", &two), ("shop/app:2.0", &two), ("@1", &two)]
    {
        let got = open(&format!("oci:{at}:{pick}")).unwrap_or_else(|e| panic!("{pick}: {e}"));
        assert_eq!(layers(&got).unwrap(), contents(built), "{pick}");
    }
    fails(open(&format!("oci:{at}:three")), ErrorKind::NotFound, "`three`");
}

#[test]
fn a_single_image_is_taken_whatever_its_platform_unless_one_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    write_layout(folder.path(), &[image("linux/s390x", &[1])]);
    let reference = format!("oci:{}", folder.path().display());
    let platform = |text| open_all(options(), &reference, text);
    assert_eq!(platform("default").unwrap()[0].platform.to_string(), "linux/s390x");
    assert_eq!(platform("all").unwrap().len(), 1);
    assert_eq!(platform("linux/s390x").unwrap().len(), 1);
    let error = fails(platform("linux/amd64"), ErrorKind::Platform, "`linux/s390x` only");
    assert!(error.help.unwrap().contains("--platform linux/s390x"));
}

#[test]
fn an_index_of_foreign_platforms_is_not_guessed_from() {
    let folder = tempfile::tempdir().unwrap();
    write_layout(
        folder.path(),
        &[image("linux/s390x", &[1]), image("linux/arm/v6", &[2]), image("linux/arm/v5", &[2])],
    );
    let reference = format!("oci:{}", folder.path().display());
    let error =
        fails(open_all(options(), &reference, "default"), ErrorKind::Platform, "this machine's platform");
    assert!(error.help.unwrap().contains("--platform linux/arm/v5"));
    let got = open_all(options(), &reference, "linux/arm/v7").unwrap();
    assert_eq!(got[0].platform.to_string(), "linux/arm/v6");
    fails(open_all(options(), &reference, "linux/arm64"), ErrorKind::Platform, "linux/s390x");
}

/// A layout whose `index.json` names an index, that names an index …
fn nested(folder: &Path, depth: usize) {
    let built = image("linux/amd64", &[3]);
    write_layout(folder, std::slice::from_ref(&built));
    let mut inner = built.manifest.descriptor();
    inner["platform"] = built.platform.clone();
    for _ in 0..depth {
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [inner]});
        let index = Blob::new(INDEX, index.to_string().into_bytes());
        fs::write(folder.join("blobs/sha256").join(index.digest.trim_start_matches("sha256:")), &index.bytes)
            .unwrap();
        inner = index.descriptor();
    }
    let top = json!({"schemaVersion": 2, "manifests": [inner]});
    fs::write(folder.join("index.json"), top.to_string()).unwrap();
}

#[test]
fn nested_indexes_are_followed_within_a_bound() {
    for platform in ["linux/amd64", "all"] {
        let folder = tempfile::tempdir().unwrap();
        let reference = format!("oci:{}", folder.path().display());
        nested(folder.path(), 3);
        assert_eq!(open_all(options(), &reference, platform).unwrap().len(), 1);
        nested(folder.path(), 9);
        fails(open_all(options(), &reference, platform), ErrorKind::Limit, "more than 4 deep");
    }
}

#[test]
fn documents_are_bounded_together() {
    let folder = tempfile::tempdir().unwrap();
    // Six configs of five megabytes each.
    let large = |n: usize| {
        let mut built = image("linux/amd64", &[n]);
        let mut config: Value = serde_json::from_slice(&built.config.bytes).unwrap();
        config["config"] = json!({"Labels": {"a": "x".repeat(5 << 20)}});
        built.config = Blob::new(crate::common::CONFIG, config.to_string().into_bytes());
        let mut manifest: Value = serde_json::from_slice(&built.manifest.bytes).unwrap();
        manifest["config"] = built.config.descriptor();
        built.manifest = Blob::new(crate::common::MANIFEST, manifest.to_string().into_bytes());
        built
    };
    let images: Vec<BuiltImage> = (0..6).map(large).collect();
    write_layout(folder.path(), &images);
    let reference = format!("oci:{}", folder.path().display());
    fails(open_all(options(), &reference, "all"), ErrorKind::Limit, "together");
    assert!(open_all(options(), &reference, "linux/amd64").is_ok());
}

#[test]
fn a_million_values_are_not_built_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let reference = format!("oci:{}", folder.path().display());
    let urls = format!(r#"{{"schemaVersion":2,"manifests":[{}{{}}]}}"#, "{},".repeat(1_000_000));
    fs::write(folder.path().join("index.json"), urls).unwrap();
    fails(open(&reference), ErrorKind::Limit, "values");
}

#[test]
fn attestations_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let built = image("linux/amd64", &[3]);
    let mut attestation = image("unknown/unknown", &[4]);
    attestation.platform = json!({"os": "unknown", "architecture": "unknown"});
    write_layout(folder.path(), &[built, attestation]);
    let reference = format!("oci:{}", folder.path().display());
    assert_eq!(open_all(options(), &reference, "all").unwrap().len(), 1);
    let error = fails(open_all(options(), &reference, "linux/arm64"), ErrorKind::Platform, "`linux/amd64`");
    assert!(!error.message.contains("unknown"));
}

#[test]
fn damaged_layouts() {
    let folder = tempfile::tempdir().unwrap();
    let built = image("linux/amd64", &[300, 400]);
    let reference = format!("oci:{}", folder.path().display());
    let blob = |digest: &str| folder.path().join("blobs/sha256").join(digest.trim_start_matches("sha256:"));
    let read = || open(&reference).and_then(|image| layers(&image));
    write_layout(folder.path(), std::slice::from_ref(&built));
    assert!(read().is_ok());
    fs::write(blob(&built.layers[0].digest), vec![0; 300]).unwrap();
    fails(read(), ErrorKind::Damaged, "have the digest");
    fs::write(blob(&built.layers[0].digest), vec![0; 299]).unwrap();
    fails(read(), ErrorKind::Damaged, "299 bytes");
    fs::remove_file(blob(&built.layers[0].digest)).unwrap();
    fails(read(), ErrorKind::Damaged, "is not in");
    fs::write(blob(&built.config.digest), "{}").unwrap();
    fails(read(), ErrorKind::Damaged, "config");
    fs::write(blob(&built.manifest.digest), "{}").unwrap();
    fails(read(), ErrorKind::Damaged, "manifest");
    for index in ["", "{}", "[]", r#"{"schemaVersion":2,"manifests":[{}]}"#] {
        fs::write(folder.path().join("index.json"), index).unwrap();
        let error = open(&reference).unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Damaged | ErrorKind::Unsupported), "{error}");
        assert!(error.message.contains("index.json"), "{error}");
    }
    fs::remove_file(folder.path().join("index.json")).unwrap();
    fails(open(&reference), ErrorKind::NotFound, "no `index.json`");
    fails(open("oci:/nonexistent/x"), ErrorKind::NotFound, "does not exist");
    fails(open("/nonexistent/x.tar"), ErrorKind::NotFound, "does not exist");
}

/// The parts of a `docker save` archive.
pub(crate) struct Saved {
    pub(crate) config: Vec<u8>,
    pub(crate) layers: Vec<Vec<u8>>,
}

pub(crate) fn saved(architecture: &str, sizes: &[u8]) -> Saved {
    let layers: Vec<Vec<u8>> = sizes.iter().map(|n| tar(&[("etc/n", &[*n])])).collect();
    let config = json!({
        "architecture": architecture, "os": "linux", "config": {},
        "rootfs": {"type": "layers", "diff_ids": layers.iter().map(|l| digest(l)).collect::<Vec<_>>()},
    });
    Saved { config: config.to_string().into_bytes(), layers }
}

fn hex(bytes: &[u8]) -> String {
    digest(bytes).trim_start_matches("sha256:").to_owned()
}

/// `docker save` before 25.0: `HEX.json`, `ID/layer.tar`.
pub(crate) fn old(images: &[(&Saved, &[&str])], pack: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let mut manifest = Vec::new();
    for (saved, tags) in images {
        let config = format!("{}.json", hex(&saved.config));
        let names: Vec<String> = saved.layers.iter().map(|l| format!("{}/layer.tar", hex(l))).collect();
        manifest.push(json!({"Config": config, "RepoTags": tags, "Layers": names}));
        files.push((config, saved.config.clone()));
        files.extend(names.into_iter().zip(saved.layers.iter().map(|l| pack(l))));
    }
    files.push(("manifest.json".into(), Value::Array(manifest).to_string().into_bytes()));
    let files: Vec<(&str, &[u8])> = files.iter().map(|(n, b)| (n.as_str(), b.as_slice())).collect();
    tar(&files)
}

#[test]
fn docker_archives_of_the_old_layout() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.tar");
    let one = saved("amd64", &[1, 2]);
    for pack in [<[u8]>::to_vec as fn(&[u8]) -> Vec<u8>, gzip, zstd] {
        fs::write(&file, old(&[(&one, &["shop/app:1"])], pack)).unwrap();
        for reference in [
            format!("docker-archive:{}", file.display()),
            format!("docker-archive:{}:shop/app:1", file.display()),
            format!("docker-archive:{}:docker.io/shop/app:1", file.display()),
            format!("{}", file.display()),
        ] {
            let got = open(&reference).unwrap_or_else(|e| panic!("{reference}: {e}"));
            assert_eq!(got.source, SourceKind::DockerArchive);
            assert_eq!((got.digest.as_ref(), got.manifest.as_ref()), (None, None));
            assert_eq!(got.config_digest.as_ref().unwrap().to_string(), digest(&one.config));
            assert_eq!(
                layers(&got).unwrap(),
                one.layers,
                "layers come unpacked: only their diff ID is known"
            );
        }
    }
}

#[test]
fn several_images_in_a_docker_archive() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.tar");
    let (one, two) = (saved("amd64", &[1]), saved("amd64", &[1, 2]));
    fs::write(
        &file,
        old(&[(&one, &["shop/app:1", "shop/app:latest"]), (&two, &["shop/app:2"])], <[u8]>::to_vec),
    )
    .unwrap();
    let at = file.display();
    let error = fails(open(&format!("docker-archive:{at}")), ErrorKind::NotFound, "2 images");
    assert!(error.help.unwrap().contains("`:shop/app:1`, `:shop/app:2`"));
    for (pick, count) in [("shop/app:2", 2), ("shop/app", 1), ("shop/app:1", 1), ("@0", 1), ("@1", 2)] {
        assert_eq!(open(&format!("docker-archive:{at}:{pick}")).unwrap().layers().len(), count, "{pick}");
    }
    fails(open(&format!("docker-archive:{at}:shop/app:3")), ErrorKind::NotFound, "shop/app:3");
    fails(open(&format!("docker-archive:{at}:@2")), ErrorKind::NotFound, "place 2");
}

#[test]
fn one_name_for_several_platforms_in_a_docker_archive() {
    let (one, two) = (saved("amd64", &[1]), saved("arm64", &[1, 2]));
    let bytes = old(&[(&one, &["a:1"]), (&two, &["a:1"])], <[u8]>::to_vec);
    let open = |platform| {
        let sources = Sources::with_stdin(options(), Cursor::new(bytes.clone()));
        sources.open(&Reference::parse("-").unwrap(), &choice(platform))
    };
    assert_eq!(open("linux/arm64").unwrap()[0].layers().len(), 2);
    assert_eq!(open("all").unwrap().len(), 2);
    fails(open("linux/s390x"), ErrorKind::Platform, "`linux/amd64`, `linux/arm64`");
}

#[test]
fn equal_layers_are_links_in_the_oldest_archives() {
    let layer = tar(&[("etc/n", b"1")]);
    let config = json!({"architecture": "amd64", "os": "linux", "rootfs": {"diff_ids": [digest(&layer), digest(&layer)]}});
    let manifest =
        json!([{"Config": "c.json", "RepoTags": null, "Layers": ["one/layer.tar", "two/layer.tar"]}]);
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in [
        ("c.json", config.to_string().into_bytes()),
        ("one/layer.tar", layer.clone()),
        ("manifest.json", manifest.to_string().into_bytes()),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        builder.append_data(&mut header, name, bytes.as_slice()).unwrap();
    }
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    builder.append_link(&mut header, "two/layer.tar", "../one/layer.tar").unwrap();
    let got = from_stdin(builder.into_inner().unwrap()).unwrap();
    assert_eq!(layers(&got[0]).unwrap(), [layer.clone(), layer]);
}

#[test]
fn docker_save_since_25_is_both() {
    let folder = tempfile::tempdir().unwrap();
    let layer = tar(&[("etc/n", b"1")]);
    let built = crate::common::image_of("linux/amd64", vec![Blob::new(LAYER, layer.clone())]);
    let dir = folder.path().join("dir");
    write_layout(&dir, std::slice::from_ref(&built));
    let blob = |digest: &str| format!("blobs/{}", digest.replace(':', "/"));
    let manifest = json!([{"Config": blob(&built.config.digest), "RepoTags": ["a:1"], "Layers": [blob(&built.layers[0].digest)]}]);
    fs::write(dir.join("manifest.json"), manifest.to_string()).unwrap();
    let file = folder.path().join("a.tar");
    fs::write(&file, tar_of_folder(&dir)).unwrap();
    let by_path = open(&file.display().to_string()).unwrap();
    assert_eq!((by_path.source, by_path.digest.is_some()), (SourceKind::OciArchive, true));
    let by_name = open(&format!("docker-archive:{}:a:1", file.display())).unwrap();
    assert_eq!(by_name.source, SourceKind::DockerArchive);
    assert_eq!(layers(&by_name).unwrap(), layers(&by_path).unwrap());
}

#[test]
fn damaged_docker_archives() {
    let good = saved("amd64", &[1, 2]);
    let read = |bytes: Vec<u8>| from_stdin(bytes).and_then(|images| layers(&images[0]));
    let archive = |saved: &Saved| old(&[(saved, &["a:1"])], <[u8]>::to_vec);
    assert!(read(archive(&good)).is_ok());
    let config = |text: &str| Saved { config: text.as_bytes().to_vec(), layers: good.layers.clone() };
    let text = String::from_utf8(good.config.clone()).unwrap();
    fails(read(archive(&config("[]"))), ErrorKind::Damaged, "no JSON object");
    fails(read(archive(&config("{}"))), ErrorKind::Damaged, "0 diff IDs");
    let other = text.replacen(&hex(&good.layers[0])[..4], "0000", 1);
    fails(read(archive(&config(&other))), ErrorKind::Damaged, "have the digest");
    let manifest = |text: &str| tar(&[("manifest.json", text.as_bytes()), ("c.json", b"{}")]);
    fails(read(manifest("{}")), ErrorKind::Damaged, "not what `docker save` writes");
    fails(read(manifest("[]")), ErrorKind::NotFound, "holds no image");
    fails(
        read(manifest(r#"[{"Config":"gone.json","Layers":[]}]"#)),
        ErrorKind::Damaged,
        "`gone.json` is not in",
    );
    let wrong = format!("{}.json", "0".repeat(64));
    let named = format!(r#"[{{"Config":"{wrong}"}}]"#);
    fails(
        read(tar(&[("manifest.json", named.as_bytes()), (&wrong, b"{}")])),
        ErrorKind::Damaged,
        "has the digest",
    );
    let whole = archive(&good);
    fails(read(whole[..whole.len() - 3000].to_vec()), ErrorKind::Damaged, "cut off");
}

#[test]
fn what_is_no_archive() {
    fails(from_stdin(vec![]), ErrorKind::Unsupported, "no archive");
    fails(from_stdin(b"hello".to_vec()), ErrorKind::Unsupported, "no archive");
    fails(from_stdin(b"\xfd7zXZ\0rest".to_vec()), ErrorKind::Unsupported, "xz");
    let error =
        fails(from_stdin(tar(&[("etc/passwd", b"root")])), ErrorKind::Unsupported, "without `index.json`");
    assert!(error.help.unwrap().contains("docker export"));
    fails(from_stdin(gzip(&[0u8; 100_000])[..50].to_vec()), ErrorKind::Damaged, "cannot be");
    let mut garbage = gzip(&tar(&[("a", b"b")]));
    garbage.truncate(garbage.len() / 2);
    fails(from_stdin(garbage), ErrorKind::Damaged, "cannot be unpacked");
    let twice = tar(&[("index.json", b"{}"), ("index.json", b"[]")]);
    fails(from_stdin(twice), ErrorKind::Damaged, "twice");
    let sources = Sources::with_stdin(options(), Cursor::new(Vec::new()));
    let dash = Reference::parse("-").unwrap();
    let _ = sources.open(&dash, &choice(""));
    fails(sources.open(&dash, &choice("")), ErrorKind::Unsupported, "only once");
}

/// A header of a tar with any type flag and data.
fn entry(kind: u8, name: &str, size_field: &[u8], data: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.set_path(name).unwrap();
    header.set_entry_type(tar::EntryType::new(kind));
    header.as_mut_bytes()[124..124 + size_field.len()].copy_from_slice(size_field);
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend_from_slice(data);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

#[test]
fn hostile_tars() {
    let small = |n: usize| format!("{n:011o}\0").into_bytes();
    let record = entry(b'L', "././@LongLink", b"04000000000\0", b"x");
    fails(from_stdin(record), ErrorKind::Damaged, "cut off");
    let mut long = entry(b'L', "././@LongLink", &small(2 << 20), &vec![b'a'; 2 << 20]);
    long.extend(entry(b'0', "x", &small(0), b""));
    fails(from_stdin(long), ErrorKind::Limit, "record");
    let mut names = Vec::new();
    for _ in 0..20 {
        names.extend(entry(b'L', "././@LongLink", &small(1 << 20), &vec![b'a'; 1 << 20]));
        names.extend(entry(b'0', "x", &small(0), b""));
    }
    fails(from_stdin(names), ErrorKind::Limit, "bytes of names");
    let negative = entry(b'0', "a", &[0xff; 12], b"");
    let error = from_stdin(negative).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Damaged, "{error}");
    let pax = |text: &str| {
        let mut bytes = entry(b'x', "p", &small(text.len()), text.as_bytes());
        bytes.extend(entry(b'0', "a", &small(1), b"1"));
        bytes
    };
    fails(from_stdin(pax("12 size=abc\n")), ErrorKind::Damaged, "no number");
    fails(from_stdin(pax("25 size=99999999999999999\n")), ErrorKind::Damaged, "");
    // A PAX size counts for the next entry; a `manifest.json` hidden in what it covers is none.
    let hidden = entry(b'0', "manifest.json", &small(2), b"[]");
    let text = format!("13 size={}\n", 1024);
    let mut smuggled = entry(b'x', "p", &small(text.len()), text.as_bytes());
    smuggled.extend(entry(b'0', "a", &small(0), &hidden));
    fails(from_stdin(smuggled), ErrorKind::Unsupported, "without `index.json`");
    let mut garbage = tar(&[("a", b"b")]);
    garbage.truncate(1024);
    garbage.extend(vec![b'!'; 512]);
    fails(from_stdin(garbage), ErrorKind::Damaged, "checksum");
    // A link to itself is followed to its bound.
    let mut link = tar::Header::new_gnu();
    link.set_entry_type(tar::EntryType::Symlink);
    let mut builder = tar::Builder::new(Vec::new());
    link.set_size(0);
    builder.append_link(&mut link, "manifest.json", "manifest.json").unwrap();
    fails(from_stdin(builder.into_inner().unwrap()), ErrorKind::NotFound, "manifest.json");
}

#[test]
fn a_root_filesystem_with_its_config_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("rootfs");
    fs::create_dir_all(root.join("etc")).unwrap();
    let reference = format!("dir:{}", root.display());
    let error = fails(open(&reference), ErrorKind::NotFound, "rootfs.json");
    assert!(error.help.unwrap().contains("docker inspect"));
    let config = json!({"architecture": "amd64", "os": "linux", "config": {"Cmd": ["x"]}}).to_string();
    for name in ["config.json", "rootfs.config.json", "rootfs.json"] {
        fs::write(folder.path().join(name), &config).unwrap();
        for reference in [reference.clone(), root.display().to_string(), format!("{reference}/")] {
            let got = open(&reference).unwrap();
            assert_eq!((got.source, got.layers().len()), (SourceKind::Rootfs, 0));
            assert!(matches!(&got.content, Content::Rootfs(path) if path.ends_with("rootfs")));
            assert_eq!(&*got.config, config.as_bytes());
        }
        fs::remove_file(folder.path().join(name)).unwrap();
    }
    let inspected =
        json!([{"Id": "sha256:…", "Architecture": "amd64", "Os": "linux", "Config": {"Cmd": ["x"]}}]);
    fs::write(folder.path().join("rootfs.json"), inspected.to_string()).unwrap();
    let got: Value = serde_json::from_slice(&open(&reference).unwrap().config).unwrap();
    assert_eq!(got, json!({"architecture": "amd64", "os": "linux", "config": {"Cmd": ["x"]}}));
    let runtime = json!({"ociVersion": "1.0.2", "process": {"args": []}});
    fs::write(folder.path().join("rootfs.json"), runtime.to_string()).unwrap();
    fails(open(&reference), ErrorKind::Unsupported, "container runtime");
    fs::write(folder.path().join("rootfs.json"), "nonsense").unwrap();
    fails(open(&reference), ErrorKind::Damaged, "no JSON");
}

#[test]
fn a_directory_of_skopeo() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    let (one, two) = (image("linux/amd64", &[3, 4]), image("linux/arm64", &[5]));
    write("version", b"Directory Transport Version: 1.1\n");
    for built in [&one, &two] {
        for blob in built.layers.iter().chain([&built.config]) {
            write(&hex(&blob.bytes), &blob.bytes);
        }
        write(&format!("{}.manifest.json", hex(&built.manifest.bytes)), &built.manifest.bytes);
    }
    for reference in [format!("dir:{}", folder.path().display()), folder.path().display().to_string()] {
        write("manifest.json", &one.manifest.bytes);
        let got = open(&reference).unwrap();
        assert_eq!(got.digest.as_ref().unwrap().to_string(), one.manifest.digest);
        assert_eq!(layers(&got).unwrap(), contents(&one));
        write("manifest.json", &layout::index(&[one.clone(), two.clone()]).unwrap().bytes);
        let got = open_all(options(), &reference, "linux/arm64").unwrap();
        assert_eq!(layers(&got[0]).unwrap(), contents(&two));
    }
    write(&hex(&two.config.bytes), b"{}");
    fails(
        open_all(options(), &format!("dir:{}", folder.path().display()), "all"),
        ErrorKind::Damaged,
        "config",
    );
}

#[test]
fn a_wrong_word_in_front_is_answered_with_the_right_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.tar");
    fs::write(&file, old(&[(&saved("amd64", &[1]), &["a:1"])], <[u8]>::to_vec)).unwrap();
    let at = file.display();
    let error = fails(open(&format!("oci-archive:{at}")), ErrorKind::Unsupported, "docker save");
    assert!(error.help.unwrap().contains("docker-archive:"));
    let error = fails(open(&format!("oci:{at}")), ErrorKind::NotFound, "no directory");
    assert!(error.help.unwrap().contains("oci-archive:"));
    let error = fails(
        open(&format!("docker-archive:{}", folder.path().display())),
        ErrorKind::Unsupported,
        "directory",
    );
    assert!(error.help.unwrap().contains("oci:"));
}

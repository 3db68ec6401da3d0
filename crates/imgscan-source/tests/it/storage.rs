//! Storage folders: those that skopeo (containers/storage) and containerd write, where they are installed, and folders
//! as they write them, which are laid down here.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use imgscan_source::{ErrorKind, SourceError};
use imgscan_testkit::layout::{self, Blob, BuiltImage};
use serde_json::{Value, json};

use crate::common::{LAYER, image_of, layers, open, open_with, with_environment};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A tar of files, whiteouts among them.
fn tar(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

const FILES: [&[(&str, &str)]; 2] = [
    &[("etc/a", "one\n"), ("etc/b", "two\n"), ("empty", "")],
    &[("etc/.wh.b", ""), ("etc/a", "three\n"), ("d/.wh..wh..opq", "")],
];

fn built() -> BuiltImage {
    image_of("linux/amd64", FILES.iter().map(|files| Blob::new(LAYER, tar(files))).collect())
}

fn contents(built: &BuiltImage) -> Vec<Vec<u8>> {
    built.layers.iter().map(|layer| layer.bytes.clone()).collect()
}

fn hex(digest: &str) -> &str {
    digest.trim_start_matches("sha256:")
}

fn write(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

#[track_caller]
fn fails<T: std::fmt::Debug>(result: Result<T, SourceError>, kind: ErrorKind, word: &str) -> SourceError {
    let error = result.expect_err("an error");
    assert_eq!(error.kind, kind, "{error}");
    assert!(error.message.contains(word), "`{word}` is not in: {error}");
    error
}

/// The tar-split of a tar: its bytes, and names where contents were.
fn tar_split(bytes: &[u8], files: &[(&str, &str)]) -> Vec<u8> {
    let mut lines = String::new();
    let (mut at, mut position) = (0, 0);
    let mut line = |mut entry: Value| {
        entry["position"] = json!(position);
        position += 1;
        lines += &format!("{entry}\n");
    };
    for (name, text) in files {
        line(json!({"type": 2, "payload": STANDARD.encode(&bytes[at..at + 512])}));
        line(json!({"type": 1, "name": name, "size": text.len(), "payload": "AAAAAAAAAAA="}));
        let padding = text.len().next_multiple_of(512) - text.len();
        at += 512 + text.len();
        line(json!({"type": 2, "payload": STANDARD.encode(&bytes[at..at + padding])}));
        at += padding;
    }
    line(json!({"type": 2, "payload": STANDARD.encode(&bytes[at..])}));
    line(json!({"type": 2, "payload": null}));
    gzip(lines.as_bytes())
}

/// A storage folder with one image, `localhost/shop/app:1`.
struct Storage {
    folder: tempfile::TempDir,
    driver: &'static str,
    built: BuiltImage,
}

impl Storage {
    fn new(driver: &'static str) -> Self {
        let storage = Storage { folder: tempfile::tempdir().unwrap(), driver, built: built() };
        let mut records = Vec::new();
        for (index, layer) in storage.built.layers.iter().enumerate() {
            let files = FILES[index];
            for (name, text) in files.iter().filter(|(name, _)| !name.contains(".wh.")) {
                write(&storage.directory(index).join(name), text);
            }
            let mut record =
                json!({"id": storage.id(index), "diff-digest": layer.digest, "diff-size": layer.bytes.len()});
            if index > 0 {
                record["parent"] = json!(storage.id(index - 1));
            }
            records.push(record);
            write(&storage.tar_split(index), tar_split(&layer.bytes, files));
        }
        let BuiltImage { manifest, config, .. } = &storage.built;
        let of_image = format!("{driver}-images/{}", hex(&config.digest));
        let key = |key: &str| format!("={}", STANDARD.encode(key));
        write(&storage.at(&of_image).join("manifest"), &manifest.bytes);
        write(&storage.at(&of_image).join(key(&config.digest)), &config.bytes);
        let record = json!([{
            "id": hex(&config.digest), "digest": manifest.digest, "names": ["localhost/shop/app:1"],
            "layer": storage.id(1), "big-data-names": ["manifest", config.digest],
        }]);
        write(&storage.at(&format!("{driver}-images/images.json")), record.to_string());
        write(&storage.at(&format!("{driver}-layers/layers.json")), json!(records).to_string());
        storage
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn id(&self, index: usize) -> String {
        format!("{index}").repeat(64)
    }

    fn directory(&self, index: usize) -> PathBuf {
        match self.driver {
            "vfs" => self.at(&format!("vfs/dir/{}", self.id(index))),
            driver => self.at(&format!("{driver}/{}/diff", self.id(index))),
        }
    }

    fn tar_split(&self, index: usize) -> PathBuf {
        self.at(&format!("{}-layers/{}.tar-split.gz", self.driver, self.id(index)))
    }

    fn reference(&self, name: &str) -> String {
        format!("containers-storage:[{}@{}]{name}", self.driver, self.folder.path().display())
    }

    fn read(&self) -> Result<Vec<Vec<u8>>, SourceError> {
        layers(&open(&self.reference("shop/app:1"))?)
    }
}

#[test]
fn layers_of_a_storage_folder_are_put_together_as_they_were() {
    for driver in ["overlay", "vfs"] {
        let storage = Storage::new(driver);
        let got = open(&storage.reference("localhost/shop/app:1")).unwrap();
        assert_eq!(layers(&got).unwrap(), contents(&storage.built), "{driver}");
        assert_eq!(got.digest.unwrap().to_string(), storage.built.manifest.digest);
        assert_eq!(&*got.config, storage.built.config.bytes);
        assert!(got.problems.is_empty(), "{:?}", got.problems);
    }
    let storage = Storage::new("overlay");
    let at = storage.folder.path().display();
    let id = hex(&storage.built.config.digest);
    for name in ["shop/app:1", "app:1", id, &id[..12]] {
        assert!(open(&storage.reference(name)).is_ok(), "{name}");
    }
    assert!(open(&format!("containers-storage:[{at}]app:1")).is_ok(), "the driver is seen");
    let conf = storage.at("storage.conf");
    fs::write(&conf, format!("[storage]\ndriver = \"overlay\"\ngraphroot = \"{at}\"\n")).unwrap();
    let environment = [("CONTAINERS_STORAGE_CONF", conf.to_str().unwrap())];
    assert!(open_with(with_environment(&environment), "containers-storage:app:1").is_ok());
}

#[test]
fn images_that_are_not_there() {
    let storage = Storage::new("overlay");
    let error = fails(open(&storage.reference("app:2")), ErrorKind::NotFound, "`app:2`");
    assert!(error.help.unwrap().contains("`localhost/shop/app:1`"));
    let error = fails(open("containers-storage:[/nonexistent]a"), ErrorKind::NotFound, "does not exist");
    assert!(error.help.unwrap().contains("podman save"));
    let empty = tempfile::tempdir().unwrap();
    let reference = |driver: &str| format!("containers-storage:[{driver}{}]a", empty.path().display());
    fails(open(&reference("")), ErrorKind::NotFound, "holds no images");
    fails(open(&reference("btrfs@")), ErrorKind::Unsupported, "`btrfs`");
    let nobody = open_with(with_environment(&[("HOME", "/nonexistent")]), "containers-storage:a");
    fails(nobody, ErrorKind::NotFound, "/nonexistent/.local/share/containers/storage");
}

#[test]
fn a_storage_folder_that_was_changed_is_not_believed() {
    let changed = |change: &dyn Fn(&Storage), kind: ErrorKind, word: &str| {
        let storage = Storage::new("overlay");
        assert!(storage.read().is_ok());
        change(&storage);
        fails(storage.read(), kind, word)
    };
    let a = |storage: &Storage| storage.directory(0).join("etc/a");
    changed(&|s| fs::write(a(s), "ONE\n").unwrap(), ErrorKind::Damaged, "digest");
    changed(&|s| fs::write(a(s), "longer\n").unwrap(), ErrorKind::Damaged, "was changed: it has 7 bytes");
    changed(&|s| fs::remove_file(a(s)).unwrap(), ErrorKind::Damaged, "not there any more");
    let linked = |s: &Storage| {
        let outside = s.at("outside");
        fs::write(&outside, "one\n").unwrap();
        fs::remove_file(a(s)).unwrap();
        std::os::unix::fs::symlink(outside, a(s)).unwrap();
    };
    changed(&linked, ErrorKind::Damaged, "no content");
    let error = changed(&|s| fs::remove_file(s.tar_split(1)).unwrap(), ErrorKind::NotFound, "layer 1");
    assert!(error.help.unwrap().contains("podman save"));
    changed(&|s| fs::remove_dir_all(s.directory(0)).unwrap(), ErrorKind::NotFound, "layer 0");
    changed(&|s| fs::write(s.tar_split(0), "x").unwrap(), ErrorKind::Damaged, "damaged");
    changed(
        &|s| fs::write(s.tar_split(0), gzip(b"{\"type\":3}\n")).unwrap(),
        ErrorKind::Damaged,
        "unknown type",
    );
    let negative = gzip(b"{\"type\":1,\"name\":\"etc/a\",\"size\":-1}\n");
    changed(&|s| fs::write(s.tar_split(0), &negative).unwrap(), ErrorKind::Damaged, "negative");
    let long = gzip(&vec![b' '; 9 << 20]);
    changed(&|s| fs::write(s.tar_split(0), &long).unwrap(), ErrorKind::Limit, "entry");
    let list = |of: &'static str, text: &'static str| {
        move |s: &Storage| fs::write(s.at(&format!("overlay-{of}/{of}.json")), text).unwrap()
    };
    changed(&list("images", "[{"), ErrorKind::Damaged, "images.json");
    changed(&list("layers", "[{\"id\":3}]"), ErrorKind::Damaged, "layers.json");
    changed(&list("layers", "[]"), ErrorKind::Damaged, "its layer");
    let config = |s: &Storage| {
        let image = s.at("overlay-images").join(hex(&s.built.config.digest));
        image.join(format!("={}", STANDARD.encode(&s.built.config.digest)))
    };
    changed(&|s| fs::write(config(s), "{}").unwrap(), ErrorKind::Damaged, "config");
    let manifest = |s: &Storage| s.at("overlay-images").join(hex(&s.built.config.digest)).join("manifest");
    changed(&|s| fs::write(manifest(s), "{}").unwrap(), ErrorKind::Damaged, "manifest");
    changed(&|s| fs::remove_file(config(s)).unwrap(), ErrorKind::Damaged, "config");
}

#[test]
fn ids_of_a_storage_folder_are_no_paths() {
    let storage = Storage::new("overlay");
    let list = storage.at("overlay-images/images.json");
    let text = fs::read_to_string(&list).unwrap();
    fs::write(&list, text.replace(hex(&storage.built.config.digest), "../../etc")).unwrap();
    fails(storage.read(), ErrorKind::Damaged, "is no ");
}

/// A program of the machine; without it a test says so and passes.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    if found.is_none() {
        println!("skipped: `{name}` is not installed");
    }
    found
}

fn run(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

/// skopeo leaves the graph root of overlay mounted on itself.
struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        run(Command::new("umount").arg("-l").arg(&self.0));
    }
}

#[test]
fn what_skopeo_stores_is_read_back() {
    let Some(skopeo) = program("skopeo") else { return };
    let folder = tempfile::tempdir().unwrap();
    let built = built();
    layout::write(&folder.path().join("oci"), "v1", std::slice::from_ref(&built)).unwrap();
    for driver in ["vfs", "overlay"] {
        let root = folder.path().join(driver);
        let to = format!(
            "[{driver}@{}+{}]localhost/shop/app:1",
            root.display(),
            folder.path().join("run").display()
        );
        let _mounted = Mounted(root.join(driver));
        let mut copy = Command::new(&skopeo);
        copy.args(["--insecure-policy", "copy"])
            .arg(format!("oci:{}:v1", folder.path().join("oci").display()));
        if !run(copy.arg(format!("containers-storage:{to}"))) {
            println!("skipped: skopeo cannot use the driver `{driver}` here");
            continue;
        }
        for name in
            [format!("containers-storage:{to}"), format!("containers-storage:[{}]app:1", root.display())]
        {
            let got = open(&name).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(layers(&got).unwrap(), contents(&built), "{name}");
            assert_eq!(got.digest.unwrap().to_string(), built.manifest.digest);
        }
    }
}

/// What a real containerd named in the recorded database: `shop/app:1` and its 120 tags in `default`.
const DATABASE: &[u8] = include_bytes!("../data/containerd-meta.db.gz");
const BLOBS: &str = "io.containerd.content.v1.content/blobs/sha256";

fn recorded() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(DATABASE), &mut bytes).unwrap();
    write(&folder.path().join("io.containerd.metadata.v1.bolt/meta.db"), bytes);
    fs::create_dir_all(folder.path().join(BLOBS)).unwrap();
    folder
}

#[test]
fn names_of_containerd() {
    let folder = recorded();
    let read = |name: &str| open(&format!("containerd:[{}]{name}", folder.path().display()));
    // The blobs are not recorded: it is their digest that is asked for.
    let index = "sha256:d011489eef75681f7ea6babc23c96db86a06fcce68568a38e65a4e6ac18884ba";
    for name in [
        "shop/app:1",
        "docker.io/shop/app:1",
        "default/docker.io/shop/app:many-120",
        "shop/app:many-7",
        "k8s.io/docker.io/shop/app:2",
        "shop/app:2",
        &format!("shop/app@{index}"),
    ] {
        let error = fails(read(name), ErrorKind::NotFound, index);
        assert!(error.message.contains("content store"), "{error}");
    }
    let error = fails(read("app:3"), ErrorKind::NotFound, "no image `app:3`");
    assert!(error.help.unwrap().contains("`containerd:default/docker.io/shop/app:1`"));
    for name in ["k8s.io/docker.io/shop/app:1", "moby/docker.io/shop/app:1", "shop/app"] {
        fails(read(name), ErrorKind::NotFound, "no image");
    }
    let mut blob = folder.path().join(BLOBS);
    blob.push(hex(index));
    write(&blob, "x");
    fails(read("shop/app:1"), ErrorKind::Damaged, "has 1 bytes");
}

#[test]
fn folders_that_are_not_containerd_s() {
    let folder = tempfile::tempdir().unwrap();
    let reference = format!("containerd:[{}]a", folder.path().display());
    let error = fails(open(&reference), ErrorKind::NotFound, "meta.db");
    assert!(error.help.unwrap().contains("[FOLDER]"));
    write(&folder.path().join("io.containerd.metadata.v1.bolt/meta.db"), [7; 9000]);
    fails(open(&reference), ErrorKind::Damaged, "bbolt");
    let error = fails(open("containerd:a"), ErrorKind::NotFound, "no folder of containerd");
    assert!(error.help.unwrap().contains("ctr images export"));
}

/// containerd, running.
struct Containerd(Child);

impl Drop for Containerd {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn what_containerd_imports_is_read_back() {
    let (Some(program_), Some(ctr)) = (program("containerd"), program("ctr")) else { return };
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let built = built();
    layout::write(&at.join("oci"), "v1", std::slice::from_ref(&built)).unwrap();
    let mut archive = tar::Builder::new(fs::File::create(at.join("a.tar")).unwrap());
    archive.append_dir_all(".", at.join("oci")).unwrap();
    archive.finish().unwrap();
    let config = format!(
        "version = 2\nroot = \"{0}/root\"\nstate = \"{0}/state\"\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n\
         [grpc]\naddress = \"{0}/c.sock\"\n[plugins.\"io.containerd.internal.v1.opt\"]\npath = \"{0}/opt\"\n",
        at.display()
    );
    fs::write(at.join("c.toml"), config).unwrap();
    let mut start = Command::new(program_);
    start.arg("-c").arg(at.join("c.toml")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut running = Containerd(start.spawn().unwrap());
    let until = Instant::now() + Duration::from_secs(30);
    let ask = |words: &[&str]| run(Command::new(&ctr).arg("-a").arg(at.join("c.sock")).args(words));
    let archive = at.join("a.tar");
    let import = ["-n", "shop", "images", "import", "--no-unpack", "--index-name", "docker.io/shop/app:1"];
    let import: Vec<&str> = import.into_iter().chain([archive.to_str().unwrap()]).collect();
    while !ask(&import) {
        // Without root, or where it may not be started, there is nothing to compare with.
        if running.0.try_wait().is_ok_and(|ended| ended.is_some()) || Instant::now() > until {
            println!("skipped: containerd does not start here");
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let got = open(&format!("containerd:[{}/root]shop/shop/app:1", at.display())).unwrap();
    assert_eq!(layers(&got).unwrap(), contents(&built));
    assert_eq!(got.digest.unwrap().to_string(), built.manifest.digest);
}

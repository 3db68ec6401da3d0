//! A question that stops at the layer where its answer stands gives the answer of all layers: every path of every test
//! image, asked both ways.

#![allow(clippy::unwrap_used)] // What is not as expected is a fault of the test.

use std::path::{Path, PathBuf};

use imgscan_model::{FileError, Node, Text};
use imgscan_scan::{Files, ScanOptions, Supply, open, read};
use imgscan_source::{Image, Options, PlatformChoice, Reference, Sources};
use imgscan_testkit::recipe::{Compression, Entry, EntryKind, ImageSpec, LayerSpec};
use imgscan_testkit::{layout, recipe};

fn recipes() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/images");
    let files = std::fs::read_dir(dir).unwrap().map(|f| f.unwrap().path());
    let mut recipes: Vec<PathBuf> = files.filter(|p| p.extension().is_some_and(|e| e == "recipe")).collect();
    recipes.sort();
    recipes
}

fn image(recipe: &Path, dir: &Path) -> Image {
    image_of(&recipe::load(recipe).unwrap(), dir)
}

fn image_of(spec: &ImageSpec, dir: &Path) -> Image {
    layout::write(dir, "latest", &[layout::build(spec).unwrap()]).unwrap();
    let reference = Reference::parse(&format!("oci:{}", dir.display())).unwrap();
    let choice = PlatformChoice::parse("linux/amd64").unwrap();
    Sources::new(Options::default()).open(&reference, &choice).unwrap().remove(0)
}

/// Everything that can be asked about one path.
#[derive(Debug, PartialEq)]
struct Told {
    node: Result<Node, FileError>,
    link: Result<Node, FileError>,
    content: Result<Text, FileError>,
    names: Result<Vec<String>, FileError>,
}

fn told(files: &Files, path: &str) -> Told {
    let view = files.view();
    // What was kept of a layer hangs on the order of reading; what is read hangs on nothing.
    while {
        drop(view.read(path));
        files.supply_wanted(true).unwrap() != Supply::Nothing
    } {}
    let names = view.list(path).map(|names| names.iter().map(ToString::to_string).collect());
    Told { node: view.resolve(path), link: view.lookup(path), content: view.read(path), names }
}

#[test]
fn every_path_of_every_image_is_told_as_by_all_layers() {
    let mut read_less = 0;
    for recipe in recipes() {
        let dir = tempfile::tempdir().unwrap();
        let image = image(&recipe, dir.path());
        let whole = read(&image, &ScanOptions::default()).unwrap();
        let mut paths: Vec<String> = vec!["/no/such".into(), "/etc/../etc".into()];
        whole.view().for_each(&mut |node| paths.push(node.path.to_string()));
        for path in paths {
            let files = open(&image, &ScanOptions::default()).unwrap();
            let answer = files.ask(|files| Ok(told(files, &path))).unwrap();
            assert_eq!(answer, told(&whole, &path), "{}: {path}", recipe.display());
            let versions = |files: &Files| format!("{:?}", files.view().versions(&path));
            assert_eq!(files.ask(|files| Ok(versions(files))).unwrap(), versions(&whole));
            let one = open(&image, &ScanOptions::default()).unwrap();
            let found = one.ask(|files| Ok(files.view().resolve(&path))).unwrap();
            assert_eq!(found.is_ok(), answer.node.is_ok());
            read_less += usize::from(one.reads().iter().any(|read| read.from == "none"));
        }
    }
    assert!(read_less > 0, "no question stopped early");
}

#[test]
fn a_hard_link_into_a_layer_below_is_copied() {
    let entry = |path: &str, kind| Entry { path: path.into(), kind, mode: 0o644, uid: 0, gid: 0 };
    let large = vec![b'x'; 300 << 10];
    let layer = |entries| LayerSpec { entries, compression: Compression::Gzip };
    let mut spec = recipe::load(&recipes().remove(0)).unwrap();
    spec.layers = vec![
        layer(vec![entry("data/large", EntryKind::File(large.clone()))]),
        layer(vec![entry("link", EntryKind::Hardlink("data/large".into()))]),
    ];
    let dir = tempfile::tempdir().unwrap();
    let files = open(&image_of(&spec, dir.path()), &ScanOptions::default()).unwrap();
    let node = files.ask(|files| Ok(files.view().resolve("/link"))).unwrap().unwrap();
    let mut copied = Vec::new();
    files.copy(&node, &mut copied).unwrap();
    assert_eq!(copied, large);
}

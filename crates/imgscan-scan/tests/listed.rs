//! Layers that list what they hold give the report that reading them whole gives, with fewer bytes; and whatever the
//! registry does with requests for parts of a blob, the report stays.

#![allow(clippy::unwrap_used)] // What is not as expected is a fault of the test.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use imgscan_cache::Cache;
use imgscan_model::ImageReport;
use imgscan_report::json::v1 as json;
use imgscan_report::json::v1::render_line;
use imgscan_scan::{ScanOptions, Shared, open, read, scan};
use imgscan_source::{Image, Options, PlatformChoice, Reference, Sources};
use imgscan_testkit::layout::{self, BuiltImage};
use imgscan_testkit::recipe::{self, Compression, ImageSpec};
use imgscan_testkit::registry::{Fault, On, Registry, Times};

const FORMS: [Compression; 2] = [Compression::Estargz, Compression::ZstdChunked];

fn recipes() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/images");
    let files = std::fs::read_dir(dir).unwrap().map(|f| f.unwrap().path());
    let mut recipes: Vec<PathBuf> = files.filter(|p| p.extension().is_some_and(|e| e == "recipe")).collect();
    recipes.sort();
    recipes
}

fn built(spec: &ImageSpec, form: Compression) -> BuiltImage {
    let mut spec = spec.clone();
    spec.layers.iter_mut().for_each(|layer| layer.compression = form);
    layout::build(&spec).unwrap()
}

fn recipe_named(name: &str) -> ImageSpec {
    let path = recipes().into_iter().find(|p| p.file_stem().is_some_and(|stem| stem == name));
    recipe::load(&path.unwrap()).unwrap()
}

fn image(registry: &Registry, name: &str) -> Image {
    let reference = Reference::parse(&format!("{}/{name}:latest", registry.address())).unwrap();
    Sources::new(Options::default()).open(&reference, &PlatformChoice::All).unwrap().remove(0)
}

/// The report, and where each layer was read from.
fn scanned(image: &Image, shared: Shared) -> (ImageReport, Vec<String>) {
    let options = ScanOptions { shared: Arc::new(shared), ..ScanOptions::default() };
    let mut report = scan(image, &options).unwrap();
    let from = report.stats.take().unwrap().layers.into_iter().map(|l| l.from).collect();
    (report, from)
}

fn same(here: &ImageReport, there: &ImageReport, what: &str) {
    let text = |report| render_line(report, json::Options::default()).unwrap();
    assert_eq!(text(here), text(there), "{what}");
}

fn whole() -> Shared {
    Shared::default().listed_from(u64::MAX)
}

fn listed() -> Shared {
    Shared::default().listed_from(0)
}

#[test]
fn every_image_is_told_by_its_lists_as_by_its_layers() {
    let registry = Registry::start().unwrap();
    for recipe in recipes() {
        let spec = recipe::load(&recipe).unwrap();
        for form in FORMS {
            let what = format!("{} {form:?}", recipe.display());
            registry.push("x", "latest", &[built(&spec, form)]).unwrap();
            let image = image(&registry, "x");
            let (full, read) = scanned(&image, whole());
            assert!(read.iter().all(|from| from == "registry"), "{what}: {read:?}");
            let (lazy, read) = scanned(&image, listed());
            assert!(read.iter().all(|from| from == "toc"), "{what}: {read:?}");
            same(&lazy, &full, &what);
        }
    }
}

#[test]
fn the_second_scan_has_list_and_files_from_the_cache() {
    let registry = Registry::start().unwrap();
    for form in FORMS {
        registry.push("x", "latest", &[built(&recipe_named("incident"), form)]).unwrap();
        let image = image(&registry, "x");
        let dir = tempfile::tempdir().unwrap();
        let cached = || {
            let cache = Cache::new(dir.path().join("cache"));
            Shared::new(Some(Arc::new(cache)), 0).listed_from(0)
        };
        let (first, _) = scanned(&image, cached());
        let before = registry.seen().len();
        let (second, read) = scanned(&image, cached());
        assert!(read.iter().all(|from| from == "cache"), "{read:?}");
        assert_eq!(registry.seen().len(), before, "something was fetched twice");
        same(&second, &first, "from the cache");
    }
}

#[test]
fn a_registry_without_ranges_gives_the_same_report() {
    let faults = [Fault::IgnoreRange, Fault::WrongRange, Fault::Status(416), Fault::Status(400)];
    for form in FORMS {
        for fault in faults.clone() {
            // At the first request and at later ones, in the middle of the analysis.
            for undisturbed in [0, 4] {
                let registry = Registry::start().unwrap();
                registry.push("x", "latest", &[built(&recipe_named("incident"), form)]).unwrap();
                let image = image(&registry, "x");
                let (full, _) = scanned(&image, whole());
                let what = format!("{form:?} {fault:?} after {undisturbed}");
                registry.fault(On::Ranges { after: undisturbed }, fault.clone(), Times::Always);
                let (lazy, read) = scanned(&image, listed());
                // What begins at the first byte is the range asked for.
                let refused = undisturbed == 0 && fault != Fault::WrongRange;
                assert!(!refused || read.iter().all(|from| from == "registry"), "{what}: {read:?}");
                same(&lazy, &full, &what);
            }
        }
    }
}

#[test]
fn bytes_that_are_not_what_the_manifest_vouches_for_are_not_used() {
    for form in FORMS {
        for undisturbed in [0, 1, 4, 6] {
            let registry = Registry::start().unwrap();
            registry.push("x", "latest", &[built(&recipe_named("incident"), form)]).unwrap();
            let image = image(&registry, "x");
            let (full, _) = scanned(&image, whole());
            registry.fault(On::Ranges { after: undisturbed }, Fault::FlipBit, Times::Always);
            let (lazy, _) = scanned(&image, listed());
            same(&lazy, &full, &format!("{form:?} after {undisturbed}"));
        }
    }
}

#[test]
fn an_announcement_that_is_wrong_is_none() {
    let registry = Registry::start().unwrap();
    for form in FORMS {
        let mut spec = recipe_named("incident");
        spec.layers.iter_mut().for_each(|layer| layer.compression = form);
        let mut image_of = built(&spec, form);
        let text = String::from_utf8(image_of.manifest.bytes).unwrap();
        let mut manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
        for layer in manifest["layers"].as_array_mut().unwrap() {
            for (key, value) in layer["annotations"].as_object_mut().unwrap() {
                let wrong = if key.ends_with("position") { "1:2:3:1" } else { &layout::digest(b"another") };
                *value = serde_json::json!(wrong);
            }
        }
        image_of.manifest =
            layout::Blob::new(image_of.manifest.media_type, manifest.to_string().into_bytes());
        registry.push("x", "latest", &[image_of]).unwrap();
        let image = image(&registry, "x");
        let (full, _) = scanned(&image, whole());
        let (lazy, read) = scanned(&image, listed());
        assert!(read.iter().all(|from| from == "registry"), "{read:?}");
        same(&lazy, &full, "wrong annotations");
    }
}

#[test]
fn one_file_of_a_listed_layer_is_copied() {
    let registry = Registry::start().unwrap();
    let spec = recipe_named("incident");
    for form in FORMS {
        registry.push("x", "latest", &[built(&spec, form)]).unwrap();
        let image = image(&registry, "x");
        let options = |shared| ScanOptions { shared: Arc::new(shared), ..ScanOptions::default() };
        let full = read(&image, &options(whole())).unwrap();
        let lazy = open(&image, &options(listed())).unwrap();
        let mut files = 0;
        full.view().for_each(&mut |node| {
            if node.is_file() {
                let found = lazy.ask(|files| Ok(files.view().resolve(&node.path))).unwrap().unwrap();
                let (mut there, mut here) = (Vec::new(), Vec::new());
                full.copy(node, &mut there).unwrap();
                lazy.copy(&found, &mut here).unwrap();
                assert_eq!(here, there, "{}", node.path);
                files += 1;
            }
        });
        assert!(files > 3 && lazy.reads().iter().all(|read| ["toc", "none"].contains(&read.from.as_str())));
    }
}

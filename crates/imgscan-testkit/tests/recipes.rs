//! Every recipe of the repository can be built, and twice the same.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // What is not as expected is a fault of the test.

use std::path::Path;

use imgscan_testkit::{layout, recipe};

#[test]
fn every_recipe_builds_to_the_same_bytes_twice() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/images");
    let mut count = 0;
    for file in std::fs::read_dir(dir).unwrap().map(|f| f.unwrap().path()) {
        if file.extension().is_some_and(|e| e == "recipe") {
            let build = || layout::build(&recipe::load(&file).unwrap()).unwrap();
            let (one, two) = (build(), build());
            assert_eq!(one.manifest.digest, two.manifest.digest, "{}", file.display());
            assert!(!one.layers.is_empty(), "{}", file.display());
            count += 1;
        }
    }
    assert!(count > 20, "only {count} recipes found");
}

#[test]
fn a_wrong_line_is_named() {
    let error = recipe::parse(Path::new("x.recipe"), "ENV A=1\nnonsense\n").unwrap_err();
    assert_eq!(error.to_string(), "x.recipe:2: unknown word `nonsense`");
}

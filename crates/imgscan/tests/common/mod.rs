//! Runs the built binary over images made on the spot, with nothing of this machine's environment in it.

#![allow(dead_code)] // Each test uses a part of it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;

use imgscan_testkit::{layout, recipe};

/// The folder with the recipes.
pub(crate) fn recipes() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/images")
}

/// The names of all recipes, sorted.
pub(crate) fn names() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(recipes())
        .unwrap()
        .filter_map(|f| f.unwrap().file_name().to_str()?.strip_suffix(".recipe").map(str::to_owned))
        .collect();
    names.sort();
    names
}

/// The folder in which images are built: references in it are `oci:NAME`.
pub(crate) fn workdir() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}

/// Builds a recipe as the OCI layout `NAME` in [`workdir`], once.
pub(crate) fn image(name: &str) -> String {
    static BUILDING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = BUILDING.lock();
    let dir = workdir().join(name);
    let image = layout::build(&recipe::load(&recipes().join(format!("{name}.recipe"))).unwrap()).unwrap();
    let blob = dir.join("blobs/sha256").join(image.manifest.digest.trim_start_matches("sha256:"));
    if !blob.exists() {
        layout::write(&dir, "latest", &[image]).unwrap();
    }
    format!("oci:{name}")
}

/// Runs imgscan in [`workdir`].
pub(crate) fn imgscan(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_imgscan"))
        .args(args)
        .current_dir(workdir())
        .env_clear()
        .env("HOME", workdir())
        .env("COLUMNS", "100")
        .output()
        .unwrap()
}

/// Standard output as text.
pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Standard error as text.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The JSON report of a scan.
pub(crate) fn report(args: &[&str]) -> serde_json::Value {
    let output = imgscan(&[&["scan", "--format", "json"], args].concat());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", stderr(&output)))
}

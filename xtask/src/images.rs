//! Test images: recipes in, OCI layouts out.

use std::fs;
use std::path::{Path, PathBuf};

use imgscan_testkit::{layout, recipe};

use crate::{Failure, root, run as run_program};

/// Builds every recipe under `target/images/NAME`.
pub fn run(_: &[String]) -> Result<(), Failure> {
    for name in names()? {
        let dir = build(&name)?;
        println!("oci:{}", dir.strip_prefix(root()).unwrap_or(&dir).display());
    }
    Ok(())
}

/// Builds the incident image and scans it with a release build.
pub fn demo(_: &[String]) -> Result<(), Failure> {
    let dir = build("incident")?;
    run_program("cargo", &["build", "--quiet", "--release", "--package", "imgscan"])?;
    let reference = format!("oci:{}", dir.strip_prefix(root()).unwrap_or(&dir).display());
    let binary = target().join("release/imgscan");
    println!("$ imgscan {reference}");
    let status = std::process::Command::new(binary).arg(&reference).current_dir(root()).status()?;
    match status.code() {
        Some(0 | 1) => Ok(()),
        _ => Err(format!("the scan ended with {status}").into()),
    }
}

/// The names of all recipes.
pub fn names() -> Result<Vec<String>, Failure> {
    let mut names: Vec<String> = fs::read_dir(root().join("testdata/images"))?
        .filter_map(|f| f.ok()?.file_name().to_str()?.strip_suffix(".recipe").map(str::to_owned))
        .collect();
    names.sort();
    Ok(names)
}

/// Builds one recipe under `target/images/NAME`, tag `latest`.
pub fn build(name: &str) -> Result<PathBuf, Failure> {
    let recipe = root().join(format!("testdata/images/{name}.recipe"));
    let dir = target().join("images").join(name);
    build_at(&recipe, &dir)?;
    Ok(dir)
}

fn build_at(path: &Path, dir: &Path) -> Result<(), Failure> {
    if dir.exists() {
        fs::remove_dir_all(dir)?;
    }
    let image = layout::build(&recipe::load(path)?)?;
    layout::write(dir, "latest", &[image])?;
    Ok(())
}

/// Where cargo builds to.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

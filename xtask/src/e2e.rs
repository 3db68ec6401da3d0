//! End to end: images with real layers in a real registry, scanned through the built binary, and every setting
//! compared with what real gunicorn answers in the same root file system with the same environment and words.
//!
//! Needs root (chroot), `debootstrap`, `docker-registry`, `skopeo` and `pip`; `.ci/run` installs them.

mod compare;
mod registry;
mod rootfs;
mod scenario;

use std::fs;
use std::time::Instant;

use imgscan_testkit::layout;

use crate::{Failure, images, root, run as run_program};
use registry::Registry;
use rootfs::Rootfs;
use scenario::SCENARIOS;

/// Builds the images, pushes them, scans them and compares.
pub fn run(_: &[String]) -> Result<(), Failure> {
    run_program("cargo", &["build", "--quiet", "--release", "--package", "imgscan"])?;
    let work = images::target().join("e2e");
    fs::create_dir_all(&work)?;
    let rootfs = Rootfs::prepare(&work)?;
    let layers = rootfs.layers()?;
    let registry = Registry::start(&work)?;
    let mut compared = 0;
    let mut faults = Vec::new();
    for scenario in SCENARIOS {
        let image = scenario.image(&layers)?;
        let other = scenario.other_platform(&layers)?;
        let dir = work.join("layout").join(scenario.name);
        if dir.exists() {
            fs::remove_dir_all(&dir)?;
        }
        layout::write(&dir, "1", &[image, other])?;
        let repository = format!("shop/{}", scenario.name);
        registry.push(&dir, &repository, "1")?;
        let reference = format!("{}/{repository}:1", registry.address());
        let started = Instant::now();
        let report = scan(&reference)?;
        let took = started.elapsed();
        let truth = rootfs.ask(scenario)?;
        let (count, differences) = compare::settings(scenario, &report, &truth);
        println!(
            "{:<28}{count:>4} settings equal to real gunicorn, {} not, scanned in {} ms",
            scenario.name,
            differences.len(),
            took.as_millis()
        );
        compared += count;
        faults.extend(differences);
    }
    faults.iter().for_each(|fault| println!("  {fault}"));
    let bytes: usize = layers.iter().map(|l| l.blob.bytes.len()).sum();
    println!("{compared} settings compared over {} images of {} MB", SCENARIOS.len(), bytes / 1_000_000);
    if faults.is_empty() { Ok(()) } else { Err(format!("{} differences", faults.len()).into()) }
}

fn scan(reference: &str) -> Result<serde_json::Value, Failure> {
    let output = std::process::Command::new(images::target().join("release/imgscan"))
        .args([
            "scan",
            reference,
            "--platform",
            "linux/amd64",
            "--format",
            "json",
            "--cpus",
            "2",
            "--no-cache",
        ])
        .current_dir(root())
        .output()?;
    match output.status.code() {
        Some(0 | 1) => Ok(serde_json::from_slice(&output.stdout)?),
        _ => Err(format!("scan of {reference}: {}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}

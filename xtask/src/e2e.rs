//! End to end: images with real layers in a real registry, scanned through the built binary, and every setting
//! compared with what real gunicorn answers in the same root file system with the same environment and words.
//!
//! Needs root (chroot), `debootstrap`, `docker-registry`, `skopeo` and `pip`; `.ci/run` installs them.

mod compare;
pub(crate) mod registry;
mod rootfs;
mod scenario;

use std::fs;
use std::process::Command;

use imgscan_testkit::layout;

use crate::measure::{Run, measure};
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
        let (report, took) = scan(&reference)?;
        let truth = rootfs.ask(scenario)?;
        let (count, differences) = compare::settings(scenario, &report, &truth);
        println!(
            "{:<28}{count:>4} settings equal to real gunicorn, {} not, scanned in {} ms with {} MB",
            scenario.name,
            differences.len(),
            took.wall.as_millis(),
            took.peak.unwrap_or(0) / 1_000_000
        );
        compared += count;
        faults.extend(differences);
    }
    faults.iter().for_each(|fault| println!("  {fault}"));
    let bytes: usize = layers.iter().map(|l| l.blob.bytes.len()).sum();
    println!("{compared} settings compared over {} images of {} MB", SCENARIOS.len(), bytes / 1_000_000);
    if faults.is_empty() { Ok(()) } else { Err(format!("{} differences", faults.len()).into()) }
}

fn scan(reference: &str) -> Result<(serde_json::Value, Run), Failure> {
    let run = measure(
        Command::new(images::target().join("release/imgscan"))
            .args(["scan", reference, "--platform", "linux/amd64", "--format", "json", "--cpus", "2"])
            .current_dir(root()),
    )?;
    match run.status.code() {
        Some(0 | 1) => Ok((serde_json::from_slice(&run.stdout)?, run)),
        _ => Err(format!("scan of {reference}: {}", run.stderr).into()),
    }
}

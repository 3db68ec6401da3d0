//! A connection that is cut at half of the largest layer: how many bytes that costs.

use std::fs;
use std::path::Path;
use std::process::Command;

use imgscan_testkit::layout::{Blob, digest};
use imgscan_testkit::registry::{Fault, On, Registry, Times};
use serde_json::Value;

use super::images::Layers;
use crate::Failure;

/// What a scan fetched.
pub struct Cut {
    /// Bytes of the image: manifest, config, layers.
    pub image: u64,
    /// Bytes that were fetched.
    pub fetched: u64,
}

/// Scans an image of these layers from a registry that cuts the connection in the middle of the largest one.
pub fn run(binary: &Path, layers: &Layers, work: &Path) -> Result<Cut, Failure> {
    let dir = layers.write(&work.join("cut"))?;
    let read = |name: &str| fs::read(dir.join("blobs/sha256").join(name.trim_start_matches("sha256:")));
    let index: Value = serde_json::from_slice(&fs::read(dir.join("index.json"))?)?;
    let manifest = read(index["manifests"][0]["digest"].as_str().unwrap_or(""))?;
    let parsed: Value = serde_json::from_slice(&manifest)?;
    let registry = Registry::start()?;
    let blobs = parsed["layers"].as_array().into_iter().flatten().chain([&parsed["config"]]);
    let (mut image, mut largest) = (manifest.len() as u64, (String::new(), 0));
    for descriptor in blobs {
        let blob = Blob::new("", read(descriptor["digest"].as_str().unwrap_or(""))?);
        image += blob.bytes.len() as u64;
        if blob.bytes.len() > largest.1 {
            largest = (blob.digest.clone(), blob.bytes.len());
        }
        registry.put_blob(&blob);
    }
    let media_type = parsed["mediaType"].as_str().unwrap_or("");
    registry.put_manifest("cut", "latest", media_type, &manifest);
    registry.put_manifest("cut", &digest(&manifest), media_type, &manifest);
    registry.fault(On::Ending(largest.0), Fault::CutAfter(largest.1 / 2), Times::Once);
    fs::remove_dir_all(&dir)?;
    let from = format!("{}/cut:latest", registry.address());
    let output = Command::new(binary)
        .args(["scan", "--no-cache", "--exit-zero", "--stats", "--format", "json", &from])
        .output()?;
    if !output.status.success() {
        return Err(format!("the scan of the cut image: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let report: Value = serde_json::from_slice(&output.stdout)?;
    let fetched = report["results"][0]["stats"]["bytes_fetched"].as_u64();
    Ok(Cut { image, fetched: fetched.ok_or("the report does not tell what was fetched")? })
}

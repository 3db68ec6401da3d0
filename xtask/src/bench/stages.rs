//! The stages of reading one layer, each alone: `crates/imgscan-layers/examples/stages.rs`, built as a release is, on the
//! largest blobs of the bench images.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Failure, root};

/// One stage.
pub struct Stage {
    /// How the layer is compressed.
    pub form: &'static str,
    /// What is done.
    pub name: String,
    /// The least time, in seconds.
    pub seconds: f64,
    /// The bytes it was done to.
    pub bytes: u64,
}

/// Receiving and hashing on the thread that decompresses, and on a second one.
pub const ONE_THREAD: &str = "all of it on one thread";
/// See [`ONE_THREAD`].
pub const TWO_THREADS: &str = "all of it, received and hashed on a second thread";

/// Measures the stages on blobs of these digests.
pub fn run(work: &Path, blobs: &[(&'static str, &str)]) -> Result<Vec<Stage>, Failure> {
    // Cargo alone knows where it puts what it builds.
    let words = ["run", "--quiet", "--release", "--package", "imgscan-layers", "--example", "stages", "--"];
    let mut stages = Vec::new();
    for (form, digest) in blobs {
        let output =
            Command::new("cargo").args(words).arg(blob(work, digest)).current_dir(root()).output()?;
        if !output.status.success() {
            return Err(format!("`stages`: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        let text = String::from_utf8(output.stdout)?;
        stages.extend(text.lines().filter_map(|line| read(form, line)));
    }
    Ok(stages)
}

/// Where the registry keeps a blob.
fn blob(work: &Path, digest: &str) -> PathBuf {
    let hex = digest.trim_start_matches("sha256:");
    let start = hex.get(..2).unwrap_or("");
    work.join("registry/docker/registry/v2/blobs/sha256").join(start).join(hex).join("data")
}

fn read(form: &'static str, line: &str) -> Option<Stage> {
    let mut words = line.split('\t');
    let name = words.next()?.to_owned();
    Some(Stage { form, name, seconds: words.next()?.parse().ok()?, bytes: words.next()?.parse().ok()? })
}

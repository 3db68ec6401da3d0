//! What `cargo xtask` does, as a library, so that the ordinary tests run the same checks.

pub mod bench;
pub mod book;
pub mod e2e;
pub mod gunicorn_settings;
pub mod images;
pub mod measure;
pub mod nginx_directives;
pub mod tidy;
pub mod truth;

use std::path::{Path, PathBuf};

/// Why a command failed, in words.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The root of the repository.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Runs a program in the root of the repository and fails when it does.
pub fn run(program: &str, args: &[&str]) -> Result<(), Failure> {
    let status = std::process::Command::new(program).args(args).current_dir(root()).status()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{program} {}` failed: {status}", args.join(" ")).into())
    }
}

/// All files below `dir` whose names end with `ending`, sorted; build output and hidden folders are left out.
pub fn files(dir: &Path, ending: &str) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    let mut pending = vec![dir.to_owned()];
    while let Some(dir) = pending.pop() {
        for entry in std::fs::read_dir(&dir)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("");
            if path.is_dir() && !path.is_symlink() {
                if name != "target" && !name.starts_with('.') {
                    pending.push(path);
                }
            } else if name.ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

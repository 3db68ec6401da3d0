//! Every dependency stands once in the root `Cargo.toml`, under a comment that says what it is for.

use std::fs;

use crate::{Failure, files, root};

/// Dependencies without a comment, and crates that name a version of their own.
pub fn faults() -> Result<Vec<String>, Failure> {
    let mut faults = Vec::new();
    let manifest = fs::read_to_string(root().join("Cargo.toml"))?;
    let mut inside = false;
    // One comment may stand over several lines of dependencies that belong together.
    let mut commented = false;
    for line in manifest.lines() {
        match line {
            l if l.starts_with('[') => inside = l == "[workspace.dependencies]",
            l if l.starts_with('#') => commented = true,
            "" => commented = false,
            l if inside && !commented && !l.starts_with("imgscan") => {
                let name = l.split([' ', '=']).next().unwrap_or(l);
                faults.push(format!("Cargo.toml: `{name}` does not say what it is for"));
            }
            _ => {}
        }
    }
    for path in files(&root().join("crates"), "Cargo.toml")? {
        // Fuzz targets stand outside the workspace: they need another build of everything.
        if path.parent().is_some_and(|dir| dir.ends_with("fuzz")) {
            continue;
        }
        let text = fs::read_to_string(&path)?;
        let mut section = "";
        for line in text.lines() {
            if line.starts_with('[') {
                section = line;
            } else if section.ends_with("dependencies]")
                && line.contains('=')
                && !line.contains("workspace = true")
            {
                faults.push(format!("{}: `{line}` does not come from the workspace", path.display()));
            }
        }
        if !text.contains("[lints]\nworkspace = true") {
            faults.push(format!("{}: does not take the workspace's lints", path.display()));
        }
    }
    Ok(faults)
}

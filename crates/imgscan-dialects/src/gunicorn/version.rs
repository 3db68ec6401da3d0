//! Which gunicorn it is: `gunicorn/__init__.py` of the package that the program imports, else its metadata.

use std::sync::Arc;

use imgscan_model::{FileView, Node, Origin, Process, Text, path};

/// A gunicorn in the image.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Installed {
    /// Its version.
    pub version: String,
    /// Where that stands.
    pub origin: Origin,
    /// The directory that holds the package.
    pub dir: Arc<str>,
}

/// The gunicorn that the process imports; where its search path holds none, any in the image.
pub(crate) fn installed(process: &Process) -> Option<Installed> {
    let files = &*process.files;
    let on_path = process.program.python_path.iter().find_map(|dir| in_dir(files, dir));
    on_path.or_else(|| anywhere(files))
}

fn anywhere(files: &dyn FileView) -> Option<Installed> {
    let mut dirs: Vec<Arc<str>> = Vec::new();
    files.for_each_named(&|name| name == "gunicorn", &mut |node: &Node| {
        let dir = path::parent(&node.path);
        let packages = dir.ends_with("/site-packages") || dir.ends_with("/dist-packages");
        if packages && files.entry(&format!("{}/__init__.py", node.path)).is_some() {
            dirs.push(dir.into());
        }
    });
    dirs.iter().find_map(|dir| in_dir(files, dir))
}

fn in_dir(files: &dyn FileView, dir: &str) -> Option<Installed> {
    let init = format!("{dir}/gunicorn/__init__.py");
    if files.exists(&init) != Some(true) {
        return None;
    }
    let found = files.read(&init).ok().and_then(|text| assigned(&text)).or_else(|| from_metadata(files, dir));
    found.map(|(version, origin)| Installed { version, origin, dir: dir.into() })
}

/// `version_info = (20, 1, 0)`
fn assigned(text: &Text) -> Option<(String, Origin)> {
    let raw = text.raw();
    let start = raw.find("version_info = (").filter(|at| *at == 0 || raw[..*at].ends_with('\n'))?;
    let open = start + "version_info = (".len();
    let end = open + raw[open..].find(')')?;
    let parts: Vec<&str> = raw[open..end].split(',').map(str::trim).filter(|p| !p.is_empty()).collect();
    let numeric = parts.iter().all(|p| p.bytes().all(|b| b.is_ascii_digit()));
    let origin = text.place(start..end + 1)?.origin;
    (numeric && !parts.is_empty()).then(|| (parts.join("."), origin))
}

/// `gunicorn-20.1.0.dist-info`, `gunicorn-19.9.0-py3.6.egg-info`: the version in the file, else in the name.
fn from_metadata(files: &dyn FileView, dir: &str) -> Option<(String, Origin)> {
    let names = files.list(dir).ok()?;
    let name = names.iter().find(|name| {
        name.starts_with("gunicorn-") && (name.ends_with(".dist-info") || name.ends_with(".egg-info"))
    })?;
    let base = format!("{dir}/{name}");
    let stated = ["/METADATA", "/PKG-INFO", ""].iter().find_map(|file| {
        let text = files.read(&format!("{base}{file}")).ok()?;
        stated_in(&text)
    });
    stated.or_else(|| {
        let version =
            name.strip_prefix("gunicorn-")?.trim_end_matches(".dist-info").trim_end_matches(".egg-info");
        let version = version.split('-').next().filter(|v| v.starts_with(|c: char| c.is_ascii_digit()))?;
        Some((version.to_owned(), files.resolve(&base).ok()?.origin))
    })
}

/// The line `Version: 20.1.0` of a metadata file's head.
fn stated_in(text: &Text) -> Option<(String, Origin)> {
    let mut at = 0;
    for line in text.raw().split_inclusive('\n') {
        if let Some(version) = line.strip_prefix("Version:") {
            let origin = text.place(at..at + line.trim_end().len())?.origin;
            return Some((version.trim().to_owned(), origin));
        }
        if line.trim().is_empty() {
            return None;
        }
        at += line.len();
    }
    None
}

/// `(major, minor)` of the interpreter by the name of the directory that holds its packages.
pub(crate) fn python_of(dir: &str) -> Option<(u8, u8)> {
    let name = dir.split('/').find_map(|part| part.strip_prefix("python"))?;
    let (major, minor) = name.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use imgscan_model::testing::MemoryFiles;

    const DIR: &str = "/usr/lib/python3/dist-packages";

    #[test]
    fn the_package_itself_says_its_version() {
        let files = MemoryFiles::new()
            .file(&format!("{DIR}/gunicorn/__init__.py"), "# x\nversion_info = (20, 1, 0)\n")
            .file(&format!("{DIR}/gunicorn-19.9.0.dist-info/METADATA"), "Version: 19.9.0\n");
        let found = in_dir(&files, DIR).unwrap();
        assert_eq!(found.version, "20.1.0");
        assert_eq!(found.origin.span().unwrap().line, 2);
    }

    #[test]
    fn else_its_metadata_or_their_name() {
        let files = MemoryFiles::new().not_loaded(&format!("{DIR}/gunicorn/__init__.py")).file(
            &format!("{DIR}/gunicorn-19.9.0-py3.6.egg-info/PKG-INFO"),
            "Name: gunicorn\nVersion: 19.9.0\n",
        );
        assert_eq!(in_dir(&files, DIR).unwrap().version, "19.9.0");
        let files = MemoryFiles::new()
            .not_loaded(&format!("{DIR}/gunicorn/__init__.py"))
            .not_loaded(&format!("{DIR}/gunicorn-23.0.0.dist-info/METADATA"));
        assert_eq!(in_dir(&files, DIR).unwrap().version, "23.0.0");
    }

    #[test]
    fn the_interpreter_is_in_the_path() {
        assert_eq!(python_of("/usr/local/lib/python3.11/site-packages"), Some((3, 11)));
        assert_eq!(python_of("/usr/lib/python3/dist-packages"), None);
    }
}

//! What the package data bases of an image say about one package: dpkg's `status`, apk's `installed`.

use imgscan_model::{FileView, Origin, Text};

/// A package that is installed.
#[derive(Clone, Debug, PartialEq)]
pub struct Package {
    /// Its version as written.
    pub version: String,
    /// Where the version stands.
    pub origin: Origin,
    /// Who keeps it.
    pub maintainer: String,
    /// Whether it is one of Alpine's.
    pub alpine: bool,
}

/// The first package whose name fits. `hint` is what every such name contains.
pub fn find(files: &dyn FileView, hint: &str, fits: impl Fn(&str) -> bool) -> Option<Package> {
    in_dpkg(files, hint, &fits).or_else(|| in_apk(files, &fits))
}

fn in_dpkg(files: &dyn FileView, hint: &str, fits: &impl Fn(&str) -> bool) -> Option<Package> {
    if let Ok(status) = files.read("/var/lib/dpkg/status") {
        return record(&status, "Package: ", "Version: ", "Maintainer: ", fits, false);
    }
    // Distroless images keep a file for each package.
    let names = files.list("/var/lib/dpkg/status.d").ok()?;
    names.iter().filter(|name| name.starts_with(hint)).find_map(|name| {
        let status = files.read(&format!("/var/lib/dpkg/status.d/{name}")).ok()?;
        record(&status, "Package: ", "Version: ", "Maintainer: ", fits, false)
    })
}

fn in_apk(files: &dyn FileView, fits: &impl Fn(&str) -> bool) -> Option<Package> {
    let installed =
        files.read("/lib/apk/db/installed").or_else(|_| files.read("/usr/lib/apk/db/installed")).ok()?;
    record(&installed, "P:", "V:", "m:", fits, true)
}

/// The first record with a name that fits, of a file of records that empty lines part.
fn record(
    text: &Text,
    name_key: &str,
    version_key: &str,
    maintainer_key: &str,
    fits: &impl Fn(&str) -> bool,
    alpine: bool,
) -> Option<Package> {
    let raw = text.raw();
    let mut start = 0;
    for record in raw.split("\n\n") {
        let value = |key: &str| {
            let mut offset = 0;
            record.split('\n').find_map(|line| {
                let at = offset;
                offset += line.len() + 1;
                line.strip_prefix(key).map(|value| (at + key.len(), value))
            })
        };
        let name = value(name_key);
        let removed = value("Status: ").is_some_and(|(_, status)| !status.contains(" installed"));
        if name.is_some_and(|(_, name)| fits(name)) && !removed {
            let (at, version) = value(version_key)?;
            let place = text.place(start + at..start + at + version.len())?;
            let maintainer = value(maintainer_key).map_or(String::new(), |(_, m)| m.to_owned());
            return Some(Package { version: version.to_owned(), origin: place.origin, maintainer, alpine });
        }
        start += record.len() + 2;
    }
    None
}

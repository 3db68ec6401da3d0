//! Where the storage folder is: named in the reference, in `storage.conf`, or the usual place (containers-storage.conf(5);
//! containers/storage, `types/options.go`).

use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use imgscan_model::limits;

use super::super::files::Directory;
use super::{Driver, Folder, Named, explained};
use crate::environment::Environment;
use crate::error::{ErrorKind, SourceError, damaged, not_found, unsupported};
use crate::shown;

const SYSTEM: [&str; 2] = ["/etc/containers/storage.conf", "/usr/share/containers/storage.conf"];
const SYSTEM_ROOT: &str = "/var/lib/containers/storage";
/// Drivers of containers/storage that imgscan does not read.
const OTHERS: [&str; 5] = ["btrfs", "zfs", "aufs", "devicemapper", "windowsfilter"];

/// What `storage.conf` says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Settings {
    driver: Option<String>,
    root: Option<PathBuf>,
    /// The graph root of users other than root.
    rootless_root: Option<PathBuf>,
    /// More folders with images that may be used.
    more: Vec<PathBuf>,
}

/// The folders that images are looked for in, in order. The first must be there.
pub(super) fn folders(named: &Named<'_>, environment: &Environment) -> Result<Vec<Folder>, SourceError> {
    let settings = match named.root {
        Some(root) => Settings { root: Some(root.to_owned()), ..Settings::default() },
        None => usual(environment)?,
    };
    let driver = named.driver.map(str::to_owned).or_else(|| environment.get("STORAGE_DRIVER"));
    let root = settings.root.as_deref().unwrap_or(Path::new(SYSTEM_ROOT));
    let first = folder(root, driver.as_deref(), settings.driver.as_deref()).map_err(missing)?;
    let more = settings.more.iter().filter_map(|root| folder(root, driver.as_deref(), None).ok());
    Ok(std::iter::once(first).chain(more).collect())
}

fn missing(error: SourceError) -> SourceError {
    match error.kind {
        ErrorKind::NotFound if error.help.is_none() => error.with_help(
            "name the storage folder: `containers-storage:[overlay@FOLDER]NAME`; or give the image: `podman save --format oci-archive NAME | imgscan -`",
        ),
        _ => error,
    }
}

/// A graph root, read with the driver that was asked for; else with the one that is set, where it has images here; else
/// with the one that has.
fn folder(root: &Path, asked: Option<&str>, set: Option<&str>) -> Result<Folder, SourceError> {
    let files = Directory::new(root).map_err(explained)?;
    let root = root.to_owned();
    let holds = |word: &str| root.join(format!("{word}-images")).is_dir();
    let word = match (asked, set) {
        (Some(asked), _) => asked,
        (None, Some(set)) if holds(set) => set,
        _ => match ["overlay", "vfs"].iter().chain(&OTHERS).find(|word| holds(word)) {
            Some(word) => word,
            None => {
                // A folder that may not be searched looks empty.
                std::fs::read_dir(&root).map_err(|e| explained(SourceError::file(&root, &e)))?;
                let shown = shown::path(&root);
                let message =
                    format!("`{shown}` holds no images: it has no `overlay-images` and no `vfs-images`");
                return Err(not_found(message));
            }
        },
    };
    let driver = match word {
        "overlay" | "overlay2" => Driver::Overlay,
        "vfs" => Driver::Vfs,
        other => {
            let other = shown::text(other);
            let message =
                format!("the storage driver `{other}` is none that imgscan reads; it reads overlay and vfs");
            let help = "give the image itself: `podman save --format oci-archive NAME | imgscan -`";
            return Err(unsupported(message).with_help(help));
        }
    };
    Ok(Folder { files, root, driver })
}

/// What is set for this user, with the usual graph root where none is.
fn usual(environment: &Environment) -> Result<Settings, SourceError> {
    let read = |path: &Path| settings(path, environment);
    if let Some(path) = environment.get("CONTAINERS_STORAGE_CONF") {
        let settings = read(Path::new(&path))?;
        let usual = if is_root(environment) { Some(SYSTEM_ROOT.into()) } else { of_user(environment) };
        return Ok(Settings { root: settings.root.or(usual), ..settings });
    }
    let system = SYSTEM.iter().filter_map(|path| environment.system(path)).find(|path| path.is_file());
    let system = system.map(|path| read(&path)).transpose()?.unwrap_or_default();
    if is_root(environment) {
        let root = system.root.or_else(|| Some(SYSTEM_ROOT.into()));
        return Ok(Settings { root, ..system });
    }
    let config = environment.get("XDG_CONFIG_HOME").map(PathBuf::from);
    let config = config.or_else(|| environment.home().map(|home| home.join(".config")));
    let own = config.map(|config| config.join("containers/storage.conf")).filter(|path| path.is_file());
    let own = own.map(|path| read(&path)).transpose()?;
    let own_root = own.as_ref().and_then(|own| own.root.clone());
    let root = own_root.or(system.rootless_root).or_else(|| of_user(environment));
    let (driver, more) = match own {
        Some(own) => (own.driver, own.more),
        None => (system.driver, system.more),
    };
    Ok(Settings { driver, root, rootless_root: None, more })
}

/// The graph root of a user who set none.
fn of_user(environment: &Environment) -> Option<PathBuf> {
    let data = environment.get("XDG_DATA_HOME").map(PathBuf::from);
    let data = data.or_else(|| environment.home().map(|home| home.join(".local/share")))?;
    Some(data.join("containers/storage"))
}

/// Whether this is root, and not a user who looks like root in a namespace of the user's own (`podman unshare`).
fn is_root(environment: &Environment) -> bool {
    if environment.get("_CONTAINERS_ROOTLESS_UID").is_some_and(|uid| uid != "0") {
        return false;
    }
    let own = environment.system("/proc/self").and_then(|path| std::fs::metadata(path).ok());
    own.is_some_and(|data| data.uid() == 0)
}

/// Reads a `storage.conf`.
fn settings(path: &Path, environment: &Environment) -> Result<Settings, SourceError> {
    let unreadable = |e: std::io::Error| SourceError::file(path, &e);
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(limits::CONFIG_BYTES).read_to_string(&mut text).map_err(unreadable)?;
    let table: toml::Table =
        text.parse().map_err(|e| damaged(format!("`{}` is no TOML: {e}", shown::path(path))))?;
    let storage = table.get("storage");
    let text = |key: &str| {
        let value = storage?.get(key)?.as_str()?;
        (!value.is_empty()).then(|| value.to_owned())
    };
    let place = |text: String| PathBuf::from(expanded(&text, environment));
    let options = storage.and_then(|storage| storage.get("options"));
    let stores = options.and_then(|o| o.get("additionalimagestores")).and_then(toml::Value::as_array);
    let stores = stores.into_iter().flatten().filter_map(toml::Value::as_str).map(str::to_owned);
    Ok(Settings {
        driver: text("driver"),
        root: text("graphroot").map(place),
        rootless_root: text("rootless_storage_path").map(place),
        more: text("imagestore").into_iter().chain(stores).map(place).collect(),
    })
}

/// A path with `$HOME`, `$USER` and `$UID` replaced, with and without braces.
fn expanded(path: &str, environment: &Environment) -> String {
    let uid = std::fs::metadata("/proc/self").ok().map(|data| data.uid().to_string());
    let uid = environment.get("_CONTAINERS_ROOTLESS_UID").or(uid);
    let values = [("HOME", environment.get("HOME")), ("USER", environment.get("USER")), ("UID", uid)];
    values.into_iter().fold(path.to_owned(), |path, (name, value)| match value {
        Some(value) => path.replace(&format!("${{{name}}}"), &value).replace(&format!("${name}"), &value),
        None => path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)], variables: &[(&str, &str)]) -> Result<Settings, SourceError> {
        let home = tempfile::tempdir().unwrap();
        let at = home.path().display().to_string();
        for (name, text) in files {
            let path = home.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let mut all = vec![("HOME".to_owned(), at.clone())];
        all.extend(variables.iter().map(|(k, v)| ((*k).to_owned(), v.replace("HOME", &at))));
        let mut found = usual(&Environment::of(all))?;
        let relative = |path: PathBuf| path.strip_prefix(&at).map(Path::to_owned).unwrap_or(path);
        found.root = found.root.map(relative);
        Ok(found)
    }

    #[test]
    fn the_folder_of_a_user() {
        let root =
            |files: &[(&str, &str)], variables: &[(&str, &str)]| of(files, variables).unwrap().root.unwrap();
        assert_eq!(root(&[], &[]), Path::new(".local/share/containers/storage"));
        assert_eq!(root(&[], &[("XDG_DATA_HOME", "HOME/d")]), Path::new("d/containers/storage"));
        let conf = "[storage]\ndriver = \"overlay\"\ngraphroot = \"$HOME/g\"\n";
        assert_eq!(root(&[(".config/containers/storage.conf", conf)], &[]), Path::new("g"));
        assert_eq!(
            root(&[("c/containers/storage.conf", conf)], &[("XDG_CONFIG_HOME", "HOME/c")]),
            Path::new("g")
        );
        assert_eq!(root(&[("x.conf", conf)], &[("CONTAINERS_STORAGE_CONF", "HOME/x.conf")]), Path::new("g"));
        let silent =
            "[storage]\ndriver = \"vfs\"\n[storage.options]\nadditionalimagestores = [\"/a\", \"/b\"]\n";
        let found = of(&[(".config/containers/storage.conf", silent)], &[]).unwrap();
        assert_eq!(found.root.unwrap(), Path::new(".local/share/containers/storage"));
        assert_eq!((found.driver.as_deref(), found.more.len()), (Some("vfs"), 2));
    }

    #[test]
    fn settings_that_cannot_be_read_are_told() {
        let error = of(&[(".config/containers/storage.conf", "[storage")], &[]).unwrap_err();
        assert!(error.message.contains("is no TOML"), "{error}");
        let error = of(&[], &[("CONTAINERS_STORAGE_CONF", "HOME/none")]).unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotFound);
    }
}

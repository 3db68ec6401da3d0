//! `registries.conf` of Podman and skopeo (containers-registries.conf(5)): mirrors, other locations, blocked and
//! insecure registries. Read are `$CONTAINERS_REGISTRIES_CONF`, else `~/.config/containers/registries.conf`, else
//! `/etc/containers/registries.conf`; and the files of the `registries.conf.d` beside the last two, which count over it.
//! Short names are none of its business here: they are Docker Hub's.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::environment::Environment;
use crate::error::{SourceError, unauthorized, unsupported};
use crate::registry_name::RegistryName;

/// Largest such file read, in bytes.
const MOST: u64 = 1 << 20;

/// What the files say, together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RegistriesConf {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    registry: Vec<Rule>,
}

/// `[[registry]]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Rule {
    prefix: String,
    location: String,
    insecure: bool,
    blocked: bool,
    mirror_by_digest_only: bool,
    mirror: Vec<Mirror>,
}

/// `[[registry.mirror]]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Mirror {
    location: String,
    insecure: bool,
    pull_from_mirror: String,
}

/// A place to ask for an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Location {
    pub(super) registry: String,
    pub(super) repository: String,
    pub(super) insecure: bool,
}

impl RegistriesConf {
    /// Reads the files.
    pub(super) fn load(environment: &Environment) -> Result<Self, SourceError> {
        let mut rules: Vec<Rule> = Vec::new();
        for file in files(environment) {
            for rule in read(&file)?.registry {
                // A later file replaces the rule of the same prefix.
                rules.retain(|known| known.prefix() != rule.prefix());
                rules.push(rule);
            }
        }
        Ok(RegistriesConf { rules })
    }

    /// Where an image is asked for: the mirrors in order, and at the end the registry itself or what stands for it.
    pub(super) fn locations(&self, name: &RegistryName) -> Result<Vec<Location>, SourceError> {
        let whole = format!("{}/{}", name.registry, name.repository);
        let own = || Location {
            registry: name.registry.clone(),
            repository: name.repository.clone(),
            insecure: false,
        };
        let fitting = self.rules.iter().filter_map(|rule| Some((rule.matched(&whole)?, rule)));
        let Some((matched, rule)) = fitting.max_by_key(|(matched, _)| *matched) else {
            return Ok(vec![own()]);
        };
        if rule.blocked {
            let prefix = crate::shown::text(rule.prefix());
            return Err(unauthorized(format!("`{name}` is blocked: `registries.conf` blocks `{prefix}`")));
        }
        let rest = whole.get(matched..).unwrap_or("");
        let serves = |mirror: &&Mirror| match mirror.pull_from_mirror.as_str() {
            "digest-only" => name.digest.is_some(),
            "tag-only" => name.digest.is_none(),
            _ => !rule.mirror_by_digest_only || name.digest.is_some(),
        };
        let mirrors = rule.mirror.iter().filter(serves);
        let mut found: Vec<Location> = mirrors.filter_map(|m| at(&m.location, rest, m.insecure)).collect();
        let last = at(&rule.location, rest, rule.insecure);
        found.push(last.unwrap_or_else(|| Location { insecure: rule.insecure, ..own() }));
        Ok(found)
    }
}

impl Rule {
    /// The prefix; where there is none it is the location.
    fn prefix(&self) -> &str {
        if self.prefix.is_empty() { &self.location } else { &self.prefix }
    }

    /// How many bytes of `registry/repository` the prefix covers; it ends where a part of the path ends. `*.host`
    /// covers the hosts below.
    fn matched(&self, whole: &str) -> Option<usize> {
        let prefix = self.prefix();
        if let Some(domain) = prefix.strip_prefix('*') {
            let host = whole.split('/').next().unwrap_or("");
            return (domain.starts_with('.') && host.ends_with(domain)).then_some(host.len());
        }
        let rest = whole.strip_prefix(prefix).filter(|_| !prefix.is_empty())?;
        (rest.is_empty() || rest.starts_with('/')).then_some(prefix.len())
    }
}

/// A location and what is left of the name behind it.
fn at(location: &str, rest: &str, insecure: bool) -> Option<Location> {
    let whole = format!("{}{rest}", location.trim_end_matches('/'));
    let (registry, repository) = whole.split_once('/').filter(|_| !location.is_empty())?;
    Some(Location { registry: registry.to_owned(), repository: repository.to_owned(), insecure })
}

fn files(environment: &Environment) -> Vec<PathBuf> {
    if let Some(path) = environment.get("CONTAINERS_REGISTRIES_CONF") {
        return vec![PathBuf::from(path)];
    }
    let own = environment.home().map(|home| home.join(".config/containers"));
    let folders: Vec<PathBuf> = environment.system("/etc/containers").into_iter().chain(own).collect();
    // The user's file stands for the system's; the folders of both count.
    let main = folders.iter().rev().map(|folder| folder.join("registries.conf")).find(|file| file.is_file());
    let more = folders.iter().flat_map(|folder| drop_ins(&folder.join("registries.conf.d")));
    main.into_iter().chain(more).collect()
}

fn drop_ins(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|e| e == "conf"));
    files.sort();
    files
}

fn read(path: &Path) -> Result<File, SourceError> {
    use std::io::Read as _;
    let mut text = String::new();
    if let Ok(file) = std::fs::File::open(path) {
        file.take(MOST).read_to_string(&mut text).map_err(|e| SourceError::file(path, &e))?;
    }
    toml::from_str(&text).map_err(|error| {
        let message = crate::shown::text(error.message());
        unsupported(format!("`{}` is no `registries.conf`: {message}", crate::shown::path(path)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conf(text: &str) -> RegistriesConf {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("registries.conf");
        std::fs::write(&file, text).unwrap();
        RegistriesConf::load(&Environment::of([("CONTAINERS_REGISTRIES_CONF", file.to_str().unwrap())]))
            .unwrap()
    }

    fn locations(conf: &RegistriesConf, name: &str) -> Vec<String> {
        let found = conf.locations(&RegistryName::parse(name).unwrap()).unwrap();
        let shown = |l: &Location| {
            format!("{}/{}{}", l.registry, l.repository, if l.insecure { " insecure" } else { "" })
        };
        found.iter().map(shown).collect()
    }

    const CONF: &str = r#"
unqualified-search-registries = ["quay.io"]
[[registry]]
prefix = "docker.io/library"
location = "inner.example/hub"
[[registry.mirror]]
location = "mirror.example:5000/lib"
insecure = true
[[registry.mirror]]
location = "tags.example"
pull-from-mirror = "tag-only"
[[registry]]
location = "quay.io"
mirror-by-digest-only = true
[[registry.mirror]]
location = "digests.example/quay"
[[registry]]
prefix = "*.old.example"
location = "new.example"
[[registry]]
location = "bad.example"
blocked = true
"#;

    #[test]
    fn mirrors_and_locations() {
        let conf = conf(CONF);
        let digest = format!("sha256:{}", "a".repeat(64));
        assert_eq!(
            locations(&conf, "nginx"),
            ["mirror.example:5000/lib/nginx insecure", "tags.example/nginx", "inner.example/hub/nginx"]
        );
        assert_eq!(
            locations(&conf, &format!("nginx@{digest}")),
            ["mirror.example:5000/lib/nginx insecure", "inner.example/hub/nginx"]
        );
        assert_eq!(locations(&conf, "bitnami/nginx"), ["docker.io/bitnami/nginx"]);
        assert_eq!(locations(&conf, "quay.io/a/b:1"), ["quay.io/a/b"]);
        assert_eq!(
            locations(&conf, &format!("quay.io/a/b@{digest}")),
            ["digests.example/quay/a/b", "quay.io/a/b"]
        );
        assert_eq!(locations(&conf, "a.old.example/x"), ["new.example/x"]);
        assert_eq!(locations(&conf, "quay.io.example/x"), ["quay.io.example/x"]);
        let blocked = conf.locations(&RegistryName::parse("bad.example/x").unwrap()).unwrap_err();
        assert!(blocked.message.contains("blocked"), "{blocked}");
    }

    #[test]
    fn the_files_together() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(".config/containers");
        std::fs::create_dir_all(folder.join("registries.conf.d")).unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
        write(
            "registries.conf",
            "[[registry]]\nlocation = \"a.example\"\n[[registry]]\nprefix = \"b.example\"\nlocation = \"c.example\"\n",
        );
        write(
            "registries.conf.d/10.conf",
            "[[registry]]\nprefix = \"a.example\"\nlocation = \"d.example\"\n",
        );
        write("registries.conf.d/readme.txt", "not toml");
        let environment = Environment::of([("HOME", home.path().to_str().unwrap())]);
        let conf = RegistriesConf::load(&environment).unwrap();
        assert_eq!(locations(&conf, "a.example/x"), ["d.example/x"]);
        assert_eq!(locations(&conf, "b.example/x"), ["c.example/x"]);
        write("registries.conf.d/20.conf", "not toml");
        assert!(RegistriesConf::load(&environment).unwrap_err().message.contains("20.conf"));
        assert_eq!(RegistriesConf::load(&Environment::of([("A", "b")])).unwrap(), RegistriesConf::default());
    }
}

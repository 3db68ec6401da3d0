//! `config.json` of Docker and `auth.json` of Podman: which file, which key, which form.
//!
//! The files, in order: `$DOCKER_CONFIG/config.json`, or `~/.docker/config.json` where that variable is not set;
//! `$REGISTRY_AUTH_FILE`; `$XDG_RUNTIME_DIR/containers/auth.json`; `$XDG_CONFIG_HOME/containers/auth.json`, or
//! `~/.config/containers/auth.json`. The first that has something for the repository counts.
//!
//! In a file the helper of the registry is asked first (`credHelpers`, else `credsStore`), as Docker does
//! (`cli/config/configfile`, `GetCredentialsStore`); what it does not know may stand in `auths`, under the longest key
//! that fits, as Podman has it (containers-auth.json(5)).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde::Deserialize;

use super::{Credential, Secret, helper};
use crate::environment::Environment;

/// Largest such file read, in bytes.
const MOST: u64 = 1 << 20;
/// What helpers are asked for Docker Hub.
const DOCKER_HUB_SERVER: &str = "https://index.docker.io/v1/";

/// A file of credentials.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ConfigFile {
    auths: BTreeMap<String, Auth>,
    creds_store: Option<String>,
    cred_helpers: BTreeMap<String, String>,
}

/// An entry of `auths`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase", default)]
struct Auth {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
    registrytoken: Option<String>,
}

/// The credential for a repository. What fails on the way is told in `failed`.
pub(super) fn look_up(
    environment: &Environment,
    registry: &str,
    repository: &str,
    failed: &mut Vec<String>,
) -> Option<Credential> {
    for path in files(environment) {
        match read(&path) {
            Ok(None) => {}
            Ok(Some(config)) => {
                let found = config.find(environment, registry, repository, failed);
                if found.is_some() {
                    return found;
                }
            }
            Err(reason) => failed.push(format!("`{}` {reason}", crate::shown::path(&path))),
        }
    }
    None
}

fn files(environment: &Environment) -> Vec<PathBuf> {
    let variable = |name: &str| environment.get(name).map(PathBuf::from);
    let home = environment.home();
    let docker = variable("DOCKER_CONFIG").or_else(|| home.as_ref().map(|home| home.join(".docker")));
    let settings = variable("XDG_CONFIG_HOME").or_else(|| home.map(|home| home.join(".config")));
    let podman = [variable("XDG_RUNTIME_DIR"), settings];
    let podman = podman.into_iter().flatten().map(|folder| folder.join("containers/auth.json"));
    let docker = docker.map(|folder| folder.join("config.json"));
    docker.into_iter().chain(variable("REGISTRY_AUTH_FILE")).chain(podman).collect()
}

/// A file; `None` where there is none.
fn read(path: &Path) -> Result<Option<ConfigFile>, String> {
    // A pipe in its place would block.
    if !std::fs::metadata(path).is_ok_and(|data| data.is_file()) {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|e| format!("cannot be read: {e}"))?;
    file.take(MOST).read_to_end(&mut bytes).map_err(|e| format!("cannot be read: {e}"))?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Some(ConfigFile::default()));
    }
    // Its errors quote no values, so no secret gets out.
    serde_json::from_slice(&bytes).map(Some).map_err(|e| format!("is no file of credentials: {e}"))
}

impl ConfigFile {
    fn find(
        &self,
        environment: &Environment,
        registry: &str,
        repository: &str,
        failed: &mut Vec<String>,
    ) -> Option<Credential> {
        let own = self.cred_helpers.iter().find(|(key, _)| normal(key) == registry).map(|(_, name)| name);
        let server = if registry == "docker.io" { DOCKER_HUB_SERVER } else { registry };
        if let Some(name) = own.or(self.creds_store.as_ref()).filter(|name| !name.is_empty()) {
            match helper::ask(environment, name, server) {
                Ok(Some(credential)) => return Some(credential),
                Ok(None) => {}
                Err(reason) => failed.push(reason),
            }
        }
        for key in keys(registry, repository) {
            let found = self.auths.iter().filter(|(name, _)| normal(name) == key);
            for (_, auth) in found {
                match auth.credential() {
                    Ok(Some(credential)) => return Some(credential),
                    Ok(None) => {}
                    Err(reason) => failed.push(format!("the `auths` of `{key}` {reason}")),
                }
            }
        }
        None
    }
}

/// The keys under which a repository's credentials may stand, the longest first.
fn keys(registry: &str, repository: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let mut path = format!("{registry}/{repository}");
    loop {
        keys.push(path.clone());
        match path.rfind('/') {
            Some(end) => path.truncate(end),
            None => return keys,
        }
    }
}

/// A key of a file as host and path: without scheme, without the `/v1/` and `/v2/` of old Docker, and with Docker Hub
/// under one name.
fn normal(key: &str) -> String {
    let key = key.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/');
    let key = key.strip_suffix("/v1").or_else(|| key.strip_suffix("/v2")).unwrap_or(key);
    let (host, path) = key.split_once('/').map_or((key, None), |(h, p)| (h, Some(p)));
    let host = match host {
        "index.docker.io" | "registry-1.docker.io" => "docker.io",
        other => other,
    };
    path.map_or_else(|| host.to_owned(), |path| format!("{host}/{path}"))
}

impl Auth {
    /// What an entry says; `None` where it says nothing (Docker writes `{}` where a helper keeps the secret).
    fn credential(&self) -> Result<Option<Credential>, String> {
        let filled = |text: &Option<String>| text.clone().filter(|t| !t.is_empty());
        if let Some(token) = filled(&self.registrytoken) {
            return Ok(Some(Credential::Bearer(Secret::new(token))));
        }
        if let Some(token) = filled(&self.identitytoken) {
            return Ok(Some(Credential::Identity(Secret::new(token))));
        }
        if let Some(encoded) = filled(&self.auth) {
            let encoded = encoded.trim();
            let decoded = STANDARD.decode(encoded).or_else(|_| STANDARD_NO_PAD.decode(encoded)).ok();
            let decoded = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
            let pair = decoded.as_deref().and_then(|text| text.split_once(':'));
            let (username, password) = pair.ok_or("have an `auth` that is not base64 of `user:password`")?;
            // Docker of old pads with NUL.
            return Ok(Some(Credential::of_pair(username, password.trim_end_matches('\0'))));
        }
        let pair = filled(&self.username).zip(filled(&self.password));
        Ok(pair.map(|(username, password)| Credential::of_pair(&username, &password)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Home(tempfile::TempDir);

    impl Home {
        fn new() -> Self {
            Home(tempfile::tempdir().unwrap())
        }

        fn write(&self, name: &str, text: &str) -> String {
            let path = self.0.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        }

        fn path(&self, name: &str) -> String {
            self.0.path().join(name).display().to_string()
        }

        fn find(
            &self,
            more: &[(&str, &str)],
            registry: &str,
            repository: &str,
        ) -> (Option<Credential>, Vec<String>) {
            let mut variables = vec![("HOME", self.path(""))];
            variables.extend(more.iter().map(|(k, v)| (*k, (*v).to_owned())));
            let mut failed = Vec::new();
            (look_up(&Environment::of(variables), registry, repository, &mut failed), failed)
        }
    }

    fn auths(key: &str, entry: &str) -> String {
        format!(r#"{{"auths":{{"{key}":{entry}}}}}"#)
    }

    // `user:pa:ss`
    const AUTH: &str = r#"{"auth":"dXNlcjpwYTpzcw=="}"#;

    #[test]
    fn every_form_of_an_entry() {
        let basic = Credential::basic("user", "pa:ss");
        for (entry, want) in [
            (AUTH, Some(basic.clone())),
            (r#"{"auth":" dXNlcjpwYTpzcw "}"#, Some(basic.clone())),
            (r#"{"username":"user","password":"pa:ss","email":"x"}"#, Some(basic)),
            (
                r#"{"auth":"dXNlcjpwYTpzcw==","identitytoken":"t"}"#,
                Some(Credential::Identity(Secret::new("t"))),
            ),
            (r#"{"username":"<token>","password":"t"}"#, Some(Credential::Identity(Secret::new("t")))),
            (r#"{"registrytoken":"t"}"#, Some(Credential::Bearer(Secret::new("t")))),
            ("{}", None),
            (r#"{"auth":""}"#, None),
        ] {
            let home = Home::new();
            home.write(".docker/config.json", &auths("quay.io", entry));
            assert_eq!(home.find(&[], "quay.io", "a/b"), (want, vec![]), "{entry}");
        }
        let home = Home::new();
        home.write(".docker/config.json", &auths("quay.io", r#"{"auth":"c2VjcmV0"}"#));
        let (found, failed) = home.find(&[], "quay.io", "a");
        assert!(found.is_none() && failed.len() == 1 && !failed[0].contains("c2VjcmV0"), "{failed:?}");
    }

    #[test]
    fn every_key_of_a_registry() {
        for (key, registry, fits) in [
            ("https://index.docker.io/v1/", "docker.io", true),
            ("index.docker.io", "docker.io", true),
            ("docker.io", "docker.io", true),
            ("registry-1.docker.io", "docker.io", true),
            ("https://quay.io", "quay.io", true),
            ("http://quay.io/v2/", "quay.io", true),
            ("quay.io/team", "quay.io", true),
            ("quay.io/team/app", "quay.io", true),
            ("quay.io/team/ap", "quay.io", false),
            ("quay.io/other", "quay.io", false),
            ("quay.io:443", "quay.io", false),
            ("io", "quay.io", false),
            ("localhost:5000", "localhost:5000", true),
        ] {
            let home = Home::new();
            home.write(".docker/config.json", &auths(key, AUTH));
            assert_eq!(home.find(&[], registry, "team/app").0.is_some(), fits, "{key} for {registry}");
        }
    }

    #[test]
    fn the_longest_key_counts() {
        let home = Home::new();
        let entry = |name: &str| format!(r#"{{"username":"{name}","password":"p"}}"#);
        let text = format!(
            r#"{{"auths":{{"quay.io":{},"quay.io/team":{},"quay.io/team/app":{}}}}}"#,
            entry("host"),
            entry("team"),
            entry("app")
        );
        let file = home.write("auth.json", &text);
        let name = |repository| match home.find(&[("REGISTRY_AUTH_FILE", &file)], "quay.io", repository).0 {
            Some(Credential::Basic { username, .. }) => username,
            other => panic!("{other:?}"),
        };
        assert_eq!([name("team/app"), name("team/other"), name("else")], ["app", "team", "host"]);
    }

    #[test]
    fn the_files_in_their_order() {
        let home = Home::new();
        let entry = |name: &str| auths("quay.io", &format!(r#"{{"username":"{name}","password":"p"}}"#));
        let name = |more: &[(&str, &str)]| match home.find(more, "quay.io", "a").0 {
            Some(Credential::Basic { username, .. }) => username,
            _ => "none".to_owned(),
        };
        let runtime = home.path("run");
        let all = |file: &str| -> Vec<(&'static str, String)> {
            vec![("XDG_RUNTIME_DIR", runtime.clone()), ("REGISTRY_AUTH_FILE", file.to_owned())]
        };
        assert_eq!(name(&[]), "none");
        home.write(".config/containers/auth.json", &entry("config"));
        assert_eq!(name(&[]), "config");
        home.write("run/containers/auth.json", &entry("runtime"));
        assert_eq!(name(&[("XDG_RUNTIME_DIR", &runtime)]), "runtime");
        let file = home.write("mine.json", &entry("mine"));
        let variables = all(&file);
        let variables: Vec<(&str, &str)> = variables.iter().map(|(k, v)| (*k, v.as_str())).collect();
        assert_eq!(name(&variables), "mine");
        home.write(".docker/config.json", &entry("docker"));
        assert_eq!(name(&variables), "docker");
        home.write("other/config.json", &entry("other"));
        assert_eq!(name(&[("DOCKER_CONFIG", &home.path("other"))]), "other");
        home.write("empty/config.json", " \n");
        assert_eq!(name(&[("DOCKER_CONFIG", &home.path("empty"))]), "config", "and not `~/.docker`");
    }

    #[test]
    fn a_broken_file_is_told_and_passed_over() {
        let home = Home::new();
        home.write(".docker/config.json", r#"{"auths": "#);
        home.write(".config/containers/auth.json", &auths("quay.io", AUTH));
        let (found, failed) = home.find(&[], "quay.io", "a");
        assert!(found.is_some());
        assert!(failed.len() == 1 && failed[0].contains("config.json"), "{failed:?}");
    }
}

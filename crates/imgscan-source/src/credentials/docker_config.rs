//! `config.json` of Docker and `auth.json` of Podman: which file, which key, which form.

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde::Deserialize;

use super::{Credential, Secret};
use crate::environment::Environment;
use crate::error::{SourceError, unauthorized};

/// Largest such file read, in bytes.
const MOST: u64 = 1 << 20;

/// A file of credentials.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ConfigFile {
    auths: BTreeMap<String, Auth>,
    creds_store: Option<String>,
    cred_helpers: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase", default)]
struct Auth {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
    registrytoken: Option<String>,
}

/// The credential for a repository.
pub(super) fn look_up(
    environment: &Environment,
    registry: &str,
    repository: &str,
) -> Result<Option<Credential>, SourceError> {
    for path in files(environment) {
        let Some(config) = read(&path)? else { continue };
        return of_config(&config, registry, repository).map_err(|e| e.about(crate::shown::path(&path)));
    }
    Ok(None)
}

fn files(environment: &Environment) -> Vec<PathBuf> {
    let mut files = Vec::new();
    match environment.get("DOCKER_CONFIG") {
        Some(folder) => files.push(PathBuf::from(folder).join("config.json")),
        None => files.extend(environment.home().map(|home| home.join(".docker/config.json"))),
    }
    files
}

fn read(path: &std::path::Path) -> Result<Option<ConfigFile>, SourceError> {
    use std::io::Read as _;
    let Ok(file) = std::fs::File::open(path) else { return Ok(None) };
    let mut bytes = Vec::new();
    let bad = |what: String| unauthorized(format!("`{}` {what}", crate::shown::path(path)));
    file.take(MOST).read_to_end(&mut bytes).map_err(|e| bad(format!("cannot be read: {e}")))?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Some(ConfigFile::default()));
    }
    serde_json::from_slice(&bytes).map(Some).map_err(|e| bad(format!("is no file of credentials: {e}")))
}

fn of_config(
    config: &ConfigFile,
    registry: &str,
    repository: &str,
) -> Result<Option<Credential>, SourceError> {
    for key in keys(registry, repository) {
        if let Some(auth) = config.auths.iter().find(|(name, _)| normal(name) == key).map(|(_, auth)| auth)
            && let Some(credential) = credential(auth)?
        {
            return Ok(Some(credential));
        }
    }
    Ok(None)
}

/// The keys under which a repository's credentials may stand, the longest first, as Podman looks for them.
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

/// A key of the file as host and path: without scheme, without the `/v1/` and `/v2/` of old Docker, and with Docker
/// Hub under one name.
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

/// What an entry says; `None` where it says nothing (Docker writes `{}` where a helper keeps the secret).
fn credential(auth: &Auth) -> Result<Option<Credential>, SourceError> {
    let some = |text: &Option<String>| text.clone().filter(|t| !t.is_empty());
    if let Some(token) = some(&auth.registrytoken) {
        return Ok(Some(Credential::Bearer(Secret::new(token))));
    }
    if let Some(token) = some(&auth.identitytoken) {
        return Ok(Some(Credential::Identity(Secret::new(token))));
    }
    if let Some(encoded) = some(&auth.auth) {
        let encoded = encoded.trim();
        let decoded = STANDARD.decode(encoded).or_else(|_| STANDARD_NO_PAD.decode(encoded));
        let decoded = decoded.ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let pair = decoded.as_deref().and_then(|text| text.split_once(':'));
        let (username, password) =
            pair.ok_or_else(|| unauthorized("an `auth` in it is not base64 of `user:password`"))?;
        // Docker pads with NUL in old files.
        let password = Secret::new(password.trim_end_matches('\0'));
        return Ok(Some(Credential::Basic { username: username.to_owned(), password }));
    }
    let basic = |(username, password)| Credential::Basic { username, password: Secret::new(password) };
    Ok(some(&auth.username).zip(some(&auth.password)).map(basic))
}

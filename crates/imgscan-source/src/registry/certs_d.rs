//! Certificates for one registry, where Docker and Podman keep them: `certs.d/HOST:PORT/` with authorities in `*.crt`
//! and client certificates in `NAME.cert` with `NAME.key` (containers-certs.d(5), "Verify repository client with
//! certificates" of Docker).

use std::path::{Path, PathBuf};

use reqwest::Url;

use crate::environment::Environment;
use crate::options::{ClientCertificate, TlsOptions};

/// What is kept for the host of a URL, together with what the user gave; `None` where nothing is.
pub(super) fn options(environment: &Environment, url: &Url, given: &TlsOptions) -> Option<TlsOptions> {
    let host = url.host_str()?;
    // A port that needs no saying is not said in the name of the folder either.
    let name = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let of_user = environment.home().map(|home| home.join(".config/containers/certs.d"));
    let of_system = ["/etc/containers/certs.d", "/etc/docker/certs.d"].map(|path| environment.system(path));
    let folders = of_user.into_iter().chain(of_system.into_iter().flatten());
    let files = folders.map(|folder| files(&folder.join(&name))).find(|files| !files.is_empty())?;
    let ends = |file: &Path, end: &str| file.extension().is_some_and(|e| e == end);
    let mut found = given.clone();
    found.ca_files.extend(files.iter().filter(|file| ends(file, "crt")).cloned());
    if found.client.is_none() {
        let certificates = files.iter().filter(|file| ends(file, "cert"));
        let pair = |certificate: &PathBuf| {
            let key = certificate.with_extension("key");
            key.is_file().then(|| ClientCertificate { certificate: certificate.clone(), key })
        };
        found.client = certificates.filter_map(pair).next();
    }
    Some(found)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    files
}

//! What may be configuration, by path, size and mode.

use imgscan_model::path;

use super::{Candidate, Wish};

/// Largest file kept only because of where it lies (`/etc`, the working directory), in bytes.
const SMALL: u64 = 64 << 10;
/// Largest script kept, in bytes.
const SCRIPT: u64 = 16 << 10;

/// Servers and tools whose Python packages tell their version and their console scripts.
const PACKAGES: &[&str] = &[
    "aiohttp",
    "airflow",
    "apache_airflow",
    "cherrypy",
    "daphne",
    "eventlet",
    "flask",
    "django",
    "gevent",
    "granian",
    "gunicorn",
    "honcho",
    "hypercorn",
    "meinheld",
    "setproctitle",
    "supervisor",
    "tornado",
    "uvicorn",
    "uwsgi",
    "waitress",
];

/// Files whose name alone says that they configure something.
const NAMES: &[&str] = &[
    ".env",
    ".flaskenv",
    "Procfile",
    "airflow.cfg",
    "airflow_local_settings.py",
    "entrypoint",
    "mime.types",
    "pyproject.toml",
    "start",
    "startup",
    "webserver_config.py",
];

/// Beginnings of names of files that configure servers.
const BEGINNINGS: [&str; 8] =
    ["gunicorn", "uvicorn", "hypercorn", "supervisord", "docker-entrypoint", "kong", "nginx", "airflow"];

/// Endings of names of small text files that configure servers.
const ENDINGS: &[&str] = &[
    ".conf",
    ".conf.py",
    "_conf.py",
    ".conf.default",
    ".template",
    ".envsh",
    ".sh",
    ".env",
    ".ini",
    ".cfg",
    ".conf.j2",
    ".tmpl",
    ".conf.d",
    ".inc",
];

/// Endings of files in `/etc` and the like that are large in number and never a server's configuration.
const USELESS: [&str; 12] =
    [".pem", ".crt", ".0", ".key", ".gz", ".so", ".pyc", ".mo", ".db", ".cache", ".bin", ".lock"];

/// Trees in which `.conf` and the like are many and a server's configuration is none, unless its name is in the path.
const CROWDED: &[&str] = &["/usr/share", "/usr/include", "/usr/src", "/var/lib/dpkg", "/var/cache"];

/// Names that make a path in such a tree worth a look.
const SERVERS: &[&str] = &["nginx", "gunicorn", "uvicorn", "openresty", "kong", "airflow", "supervisor"];

/// Directories whose executables are looked at.
const BIN: [&str; 7] =
    ["/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/opt/venv/bin"];

/// Whether the default rules keep a file. `workdir` is the image's working directory.
pub(super) fn wish(file: Candidate<'_>, workdir: Option<&str>) -> Wish {
    let name = path::name(file.path);
    let dir = path::parent(file.path);
    if file.size == 0 || USELESS.iter().any(|end| name.ends_with(end)) {
        return Wish::No;
    }
    if CROWDED.iter().any(|tree| is_under(dir, tree)) && !SERVERS.iter().any(|name| file.path.contains(name))
    {
        return Wish::No;
    }
    if is_package_data(dir, name)
        || is_package_init(dir, name)
        || ENDINGS.iter().any(|end| name.ends_with(end))
    {
        return small(file, super::limits::KEPT_FILE_BYTES);
    }
    if NAMES.contains(&name) {
        return text(file);
    }
    if BEGINNINGS.iter().any(|start| name.starts_with(start))
        && (name.ends_with(".py") || !name.contains('.'))
    {
        return text(file);
    }
    if is_under(dir, "/etc") || is_service_dir(dir) {
        return small(file, SMALL);
    }
    if workdir.is_some_and(|workdir| dir == workdir || path::parent(dir) == workdir)
        && is_readable_source(name)
    {
        return small(file, SMALL);
    }
    let in_bin = BIN.contains(&dir) || dir.ends_with("/bin") || dir == "/";
    if in_bin && file.mode & 0o111 != 0 && file.size <= SCRIPT { Wish::IfScript } else { Wish::No }
}

fn small(file: Candidate<'_>, most: u64) -> Wish {
    if file.size <= most { Wish::Yes } else { Wish::No }
}

/// A file that may be a binary when it is executable.
fn text(file: Candidate<'_>) -> Wish {
    match file.mode & 0o111 {
        0 => small(file, SMALL),
        _ => Wish::IfScript,
    }
}

/// `gunicorn-20.1.0.dist-info/METADATA` and its like.
fn is_package_data(dir: &str, name: &str) -> bool {
    if !["METADATA", "PKG-INFO", "entry_points.txt"].contains(&name) {
        return false;
    }
    let dir = path::name(dir);
    let package = dir.strip_suffix(".dist-info").or_else(|| dir.strip_suffix(".egg-info")).unwrap_or("");
    let package = package.split('-').next().unwrap_or("").to_ascii_lowercase();
    PACKAGES.contains(&package.as_str())
}

/// `site-packages/gunicorn/__init__.py` and its like, where a package tells its own version.
fn is_package_init(dir: &str, name: &str) -> bool {
    name == "__init__.py"
        && PACKAGES.contains(&path::name(dir))
        && matches!(path::name(path::parent(dir)), "site-packages" | "dist-packages")
}

/// Directories of supervisors (s6, runit) whose every file means something.
fn is_service_dir(dir: &str) -> bool {
    ["/etc/s6-overlay", "/etc/services.d", "/etc/service", "/etc/cont-init.d", "/service", "/var/service"]
        .iter()
        .any(|root| is_under(dir, root))
        || path::name(dir) == "docker-entrypoint.d"
}

fn is_readable_source(name: &str) -> bool {
    [".py", ".yaml", ".yml", ".json", ".toml", ".properties"].iter().any(|end| name.ends_with(end))
}

fn is_under(dir: &str, root: &str) -> bool {
    dir.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish_of(path: &str, size: u64, mode: u32) -> Wish {
        wish(Candidate { path, size, mode }, Some("/app"))
    }

    #[test]
    fn what_may_be_configuration_is_kept() {
        for path in [
            "/opt/conf/gunicorn.conf.py",
            "/etc/nginx/nginx.conf",
            "/etc/nginx/templates/default.conf.template",
            "/etc/passwd",
            "/app/config.py",
            "/app/proj/settings.py",
            "/app/.env",
            "/srv/Procfile",
            "/usr/lib/python3/site-packages/gunicorn-20.1.0.dist-info/METADATA",
            "/usr/lib/python3/dist-packages/gunicorn/__init__.py",
            "/etc/services.d/web/run",
            "/x/uvicorn_config.py",
        ] {
            assert_eq!(wish_of(path, 1000, 0o644), Wish::Yes, "{path}");
        }
        assert_eq!(wish_of("/usr/local/bin/gunicorn", 200, 0o755), Wish::IfScript);
        assert_eq!(wish_of("/venv/bin/uvicorn", 200, 0o755), Wish::IfScript);
    }

    #[test]
    fn what_is_not_is_not() {
        for path in [
            "/usr/lib/x86_64-linux-gnu/libc.so.6",
            "/usr/lib/python3/site-packages/requests-2.0.dist-info/METADATA",
            "/etc/ssl/certs/ca-certificates.crt",
            "/usr/lib/python3/dist-packages/requests/__init__.py",
            "/usr/lib/python3/dist-packages/gunicorn/workers/__init__.py",
            "/usr/share/doc/x/README",
            "/usr/share/alsa/alsa.conf",
            "/app/a/b/deep.py",
        ] {
            assert_eq!(wish_of(path, 1000, 0o644), Wish::No, "{path}");
        }
        assert_eq!(wish_of("/usr/bin/python3", 5_000_000, 0o755), Wish::No);
        assert_eq!(wish_of("/opt/conf/gunicorn.conf.py", 0, 0o644), Wish::No);
    }
}

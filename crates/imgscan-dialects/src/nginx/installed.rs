//! Which nginx the image holds: version, compiled-in paths, modules. The program is never run, and a binary is not
//! text: what is known comes from the package data bases, from the program's path and from the variables that the
//! known images set.

use imgscan_model::{FileView, Origin, Process, path};

use crate::nginx::packages::{self, Package};
use crate::nginx::version::Version;

/// Who built it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Builder {
    /// nginx.org: the official image and its packages.
    Official,
    /// Debian and Ubuntu.
    Debian,
    /// Alpine.
    Alpine,
    /// Fedora, RHEL and what follows them.
    RedHat,
    /// OpenResty.
    OpenResty,
    /// Bitnami.
    Bitnami,
    /// Somebody else, or not known.
    Other,
}

/// Whether a module is part of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    /// Its directives are known without more.
    BuiltIn,
    /// They are known after `load_module`.
    Loadable,
    /// They are not known.
    Absent,
    /// That cannot be told.
    Unknown,
}

/// An nginx as it is installed.
#[derive(Clone, Debug)]
pub struct Installed {
    /// Who built it.
    pub builder: Builder,
    /// Its version, as written in the image.
    pub version_text: Option<String>,
    /// Its version.
    pub version: Option<Version>,
    /// Where the version was read.
    pub version_origin: Option<Origin>,
    /// `--prefix`, with a slash at the end; `None` where not known.
    pub prefix: Option<String>,
    /// `--conf-path`, absolute.
    pub conf_path: String,
    /// Whether the program is in the image at all. Where it is not, the official build is assumed.
    pub in_image: bool,
}

impl Installed {
    /// Finds out about the nginx that a process runs.
    pub fn find(process: &Process) -> Installed {
        let files = process.files.as_ref();
        let Some(program) = process.program.path.as_deref() else { return assumed(process) };
        if program.contains("/openresty/") {
            return openresty(program, files);
        }
        if program.starts_with("/opt/bitnami/") {
            return bitnami(process);
        }
        if let Some(package) = packages::find(files, "nginx", |name| name == "nginx") {
            return from_package(&package, process);
        }
        if let Some(package) = packages::find(files, "nginx", |name| name.starts_with("nginx-")) {
            return from_package(&package, process);
        }
        unpackaged(program, process)
    }

    /// Whether every module that the program could know is known to us.
    pub fn is_closed(&self) -> bool {
        matches!(self.builder, Builder::Official | Builder::Debian | Builder::Alpine)
    }

    /// Whether a module of open source nginx is part of this build.
    pub fn module(&self, module: &str) -> Availability {
        if is_default(module) {
            return Availability::BuiltIn;
        }
        if is_never_packaged(module) {
            return if self.is_closed() { Availability::Absent } else { Availability::Unknown };
        }
        let with_mail_or_stream = module.starts_with("mail") || module.starts_with("stream");
        let is_dynamic = matches!(
            module,
            "http_geoip" | "http_image_filter" | "http_perl" | "http_xslt_filter" | "stream_geoip"
        );
        match self.builder {
            _ if is_dynamic => Availability::Loadable,
            Builder::Official | Builder::OpenResty => Availability::BuiltIn,
            Builder::Debian | Builder::Alpine | Builder::RedHat if with_mail_or_stream => {
                Availability::Loadable
            }
            // The lean flavours before 1.22 (`nginx-light`, `nginx-core`) left some out; HTTP/3 came later.
            Builder::Debian
                if self.version.is_some_and(|v| v >= Version(1, 22, 0)) && module != "http_v3" =>
            {
                Availability::BuiltIn
            }
            _ if matches!(
                module,
                "http_ssl" | "http_v2" | "http_realip" | "http_stub_status" | "http_gzip_static"
            ) =>
            {
                Availability::BuiltIn
            }
            _ => Availability::Unknown,
        }
    }
}

/// Modules that `./configure` builds unless told otherwise.
fn is_default(module: &str) -> bool {
    if let Some(module) = module.strip_prefix("http_") {
        return !matches!(
            module,
            "ssl"
                | "v2"
                | "v3"
                | "realip"
                | "addition_filter"
                | "xslt_filter"
                | "image_filter"
                | "geoip"
                | "sub_filter"
                | "dav"
                | "flv"
                | "mp4"
                | "gunzip_filter"
                | "gzip_static"
                | "auth_request"
                | "random_index"
                | "secure_link"
                | "degradation"
                | "slice_filter"
                | "stub_status"
                | "perl"
        );
    }
    !module.starts_with("mail") && !module.starts_with("stream") && !is_never_packaged(module)
}

/// Modules that the known packages leave out, and event methods of other systems.
fn is_never_packaged(module: &str) -> bool {
    matches!(module, "http_degradation" | "google_perftools" | "devpoll" | "eventport" | "iocp" | "kqueue")
}

fn text_of(version: &str) -> (Option<String>, Option<Version>) {
    (Some(version.to_owned()), Version::parse(version))
}

/// The program is not in the image: the build of the official image is assumed, with the version that it announces.
fn assumed(process: &Process) -> Installed {
    let (version_text, version, version_origin) = announced(process, "NGINX_VERSION");
    Installed {
        builder: Builder::Official,
        version_text,
        version,
        version_origin,
        prefix: Some("/etc/nginx/".to_owned()),
        conf_path: "/etc/nginx/nginx.conf".to_owned(),
        in_image: false,
    }
}

/// A version that an image announces in a variable.
fn announced(process: &Process, name: &str) -> (Option<String>, Option<Version>, Option<Origin>) {
    let value = process.env.value(name);
    match value.and_then(|v| v.known().map(|text| (v, text))) {
        Some((value, text)) if Version::parse(text).is_some() => {
            (Some(text.to_owned()), Version::parse(text), value.whole().map(|p| p.origin))
        }
        _ => (None, None, None),
    }
}

fn openresty(program: &str, files: &dyn FileView) -> Installed {
    let package = packages::find(files, "openresty", |name| name == "openresty");
    let (version_text, version) = package.as_ref().map_or((None, None), |p| text_of(&p.version));
    // `<prefix>/sbin/nginx`, `<prefix>` ending in `/nginx`.
    let prefix = path::parent(path::parent(program)).to_owned();
    Installed {
        builder: Builder::OpenResty,
        version_text,
        version,
        version_origin: package.map(|p| p.origin),
        conf_path: format!("{prefix}/conf/nginx.conf"),
        prefix: Some(format!("{prefix}/")),
        in_image: true,
    }
}

fn bitnami(process: &Process) -> Installed {
    let is_nginx = process.env.value("BITNAMI_APP_NAME").and_then(|v| v.known()) == Some("nginx");
    let (version_text, version, version_origin) =
        if is_nginx { announced(process, "APP_VERSION") } else { (None, None, None) };
    Installed {
        builder: Builder::Bitnami,
        version_text,
        version,
        version_origin,
        prefix: Some("/opt/bitnami/nginx/".to_owned()),
        conf_path: "/opt/bitnami/nginx/conf/nginx.conf".to_owned(),
        in_image: true,
    }
}

fn from_package(package: &Package, process: &Process) -> Installed {
    let official = ["@nginx.com", "@f5.com"].iter().any(|domain| package.maintainer.contains(domain));
    let (builder, prefix) = match (official, package.alpine) {
        (true, _) => (Builder::Official, "/etc/nginx/"),
        (false, true) => (Builder::Alpine, "/var/lib/nginx/"),
        (false, false) => (Builder::Debian, "/usr/share/nginx/"),
    };
    let (version_text, version) = text_of(&package.version);
    let paths = unpackaged_paths(process);
    Installed {
        builder,
        version_text,
        version,
        version_origin: Some(package.origin.clone()),
        prefix: Some(prefix.to_owned()),
        conf_path: paths.unwrap_or_else(|| "/etc/nginx/nginx.conf".to_owned()),
        in_image: true,
    }
}

/// A package is installed, and another program runs: one from `/usr/local` has paths of its own.
fn unpackaged_paths(process: &Process) -> Option<String> {
    let program = process.program.path.as_deref()?;
    let prefix = program.strip_suffix("/sbin/nginx").filter(|p| p.starts_with("/usr/local/"))?;
    Some(format!("{prefix}/conf/nginx.conf"))
}

/// No package holds the program.
fn unpackaged(program: &str, process: &Process) -> Installed {
    let files = process.files.as_ref();
    let (version_text, version, version_origin) = announced(process, "NGINX_VERSION");
    let is = |path: &str| files.exists(path) == Some(true);
    let own = program.strip_suffix("/sbin/nginx").filter(|p| *p != "/usr" && !p.is_empty());
    let own_conf = own.map(|prefix| format!("{prefix}/conf/nginx.conf"));
    let (builder, prefix, conf_path) = match (own, own_conf) {
        (Some(prefix), Some(conf)) if is(&conf) || !is("/etc/nginx/nginx.conf") => {
            (Builder::Other, Some(format!("{prefix}/")), conf)
        }
        _ => {
            let (builder, prefix) = system_build(files);
            (builder, prefix, "/etc/nginx/nginx.conf".to_owned())
        }
    };
    Installed { builder, version_text, version, version_origin, prefix, conf_path, in_image: true }
}

/// `/usr/sbin/nginx` of a system whose package data base is not text (RPM), or that has none.
fn system_build(files: &dyn FileView) -> (Builder, Option<String>) {
    let os = files.read("/etc/os-release").ok();
    let like = |word: &str| {
        os.as_ref().is_some_and(|t| t.raw().lines().any(|l| l.starts_with("ID") && l.contains(word)))
    };
    if !(like("rhel") || like("fedora") || like("centos") || like("amzn")) {
        return (Builder::Other, None);
    }
    // The packages of nginx.org link `/etc/nginx/modules` to the modules; those of the distributions do not.
    let linked = matches!(files.lookup("/etc/nginx/modules"), Ok(node) if !node.is_dir() && !node.is_file());
    if linked {
        (Builder::Official, Some("/etc/nginx/".to_owned()))
    } else {
        (Builder::RedHat, Some("/usr/share/nginx/".to_owned()))
    }
}

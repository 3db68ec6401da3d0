//! The worker class and the logger class: what their settings come to when the arbiter loads them
//! (`Config.worker_class`, `Config.logger_class`, `gunicorn.util.load_class`).

use std::sync::Arc;

use imgscan_python::PyValue;
use num_bigint::BigInt;

use super::context::Context;
use super::modules::{self, Found};
use super::py::text::repr_str;
use super::settings::Table;
use super::version::Installed;

/// Aliases of all versions (`gunicorn/workers/__init__.py`).
const ALIASES: [(&str, &str); 6] = [
    ("sync", "gunicorn.workers.sync.SyncWorker"),
    ("gevent", "gunicorn.workers.ggevent.GeventWorker"),
    ("gevent_wsgi", "gunicorn.workers.ggevent.GeventPyWSGIWorker"),
    ("gevent_pywsgi", "gunicorn.workers.ggevent.GeventPyWSGIWorker"),
    ("tornado", "gunicorn.workers.gtornado.TornadoWorker"),
    ("gthread", "gunicorn.workers.gthread.ThreadWorker"),
];

/// The packages beside gunicorn that a worker's module imports, by the module's name.
const NEEDS: [(&str, &str); 4] = [
    ("gunicorn.workers.ggevent", "gevent"),
    ("gunicorn.workers.geventlet", "eventlet"),
    ("gunicorn.workers.gtornado", "tornado"),
    ("gunicorn.workers.gaiohttp", "aiohttp"),
];

/// The class that a worker setting comes to, as a dotted path; `None` where it is no text.
pub(crate) fn promoted(class: &PyValue, threads: &PyValue) -> Option<String> {
    let PyValue::Str(name) = class else { return None };
    let sync = name == "sync" || name.ends_with("SyncWorker");
    let threaded = matches!(threads, PyValue::Int(count) if *count > BigInt::from(1));
    Some(if sync && threaded { "gunicorn.workers.gthread.ThreadWorker".to_owned() } else { name.clone() })
}

fn alias(name: &str, table: &Table) -> Option<&'static str> {
    let listed = ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, class)| *class);
    listed.or(match name {
        "eventlet" if !table.at_least(26, 0, 0) => Some("gunicorn.workers.geventlet.EventletWorker"),
        "gaiohttp" if !table.at_least(20, 0, 0) => Some("gunicorn.workers.gaiohttp.AiohttpWorker"),
        "asgi" if table.at_least(24, 0, 0) => Some("gunicorn.workers.gasgi.ASGIWorker"),
        _ => None,
    })
}

/// Whether a class can be loaded.
pub(crate) enum Loads {
    /// It can, as far as its module is there.
    Yes,
    /// It cannot: gunicorn's words.
    No(String),
    /// That cannot be told, with the reason.
    Unknown(String),
}

/// A class that a setting names by a text (`util.load_class`).
pub(crate) struct Class<'a> {
    /// The text.
    pub uri: &'a str,
    /// The group of entry points that it may be in.
    pub section: &'a str,
    /// The version's table.
    pub table: &'a Table,
    /// The directories that modules are imported from.
    pub path: &'a [Arc<str>],
}

impl Class<'_> {
    /// Whether it can be loaded, without importing anything.
    pub(crate) fn load(&self, context: &Context<'_>, installed: Option<&Installed>) -> Loads {
        let uri = self.uri;
        if uri.starts_with("egg:") {
            return self.entry_point();
        }
        let dotted = if uri.contains('.') {
            uri
        } else {
            match alias(uri.trim_start_matches('#'), self.table) {
                Some(class) => class,
                // An entry point of gunicorn's own distribution: no version declares workers or loggers.
                None => return Loads::No(invalid(uri)),
            }
        };
        let module = dotted.rsplit_once('.').map_or("", |(module, _)| module);
        if module.split('.').next() != Some("gunicorn") {
            return self.importable(module, context);
        }
        if module == "gunicorn.workers.gthread"
            && !self.table.at_least(20, 0, 0)
            && context.python >= Some((3, 10))
        {
            let reason =
                "gunicorn 19's threaded worker imports `collections.Mapping`, which Python 3.10 took away";
            return Loads::Unknown(reason.to_owned());
        }
        if let Some((_, package)) = NEEDS.iter().find(|(needing, _)| *needing == module) {
            return self.importable(package, context);
        }
        let Some(installed) = installed.filter(|_| context.sees_packages) else { return Loads::Yes };
        match modules::find(context.files(), std::slice::from_ref(&installed.dir), module) {
            Found::Missing(message) => Loads::No(format!("{}: {message}", invalid(uri))),
            _ => Loads::Yes,
        }
    }

    fn importable(&self, module: &str, context: &Context<'_>) -> Loads {
        match context.package(self.path, module) {
            Found::Source(_) | Found::Namespace | Found::Compiled(_) => Loads::Yes,
            Found::Missing(message) => Loads::No(format!("{}: {message}", invalid(self.uri))),
            Found::Unknown(reason) => Loads::Unknown(reason),
        }
    }

    /// `egg:DIST#NAME`: gunicorn itself declares none, of another distribution nothing is known here.
    fn entry_point(&self) -> Loads {
        let entry = self.uri.split("egg:").nth(1).unwrap_or("");
        let dist = entry.rsplit_once('#').map_or(entry, |(dist, _)| dist);
        if dist == "gunicorn" {
            return Loads::No(invalid(self.uri));
        }
        Loads::Unknown(format!("whether `{dist}` declares an entry point of `{}` is not known", self.section))
    }
}

fn invalid(uri: &str) -> String {
    format!("class uri {} invalid or not found", repr_str(uri))
}

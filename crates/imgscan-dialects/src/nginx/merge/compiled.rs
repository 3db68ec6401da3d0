//! Paths that stand for directives nobody writes: they were given when nginx was built (`auto/configure`).

use imgscan_model::{Data, Value};

use super::{Merger, texts};
use crate::nginx::installed::Builder;
use crate::nginx::table::Row;

const NOT_KNOWN: &str = "the path is compiled in";

impl Merger<'_> {
    /// The path of a log.
    pub(super) fn log_path(&self, row: &Row) -> Value {
        let file = match row.name {
            "access_log" => "access.log",
            _ => "error.log",
        };
        let path = match self.installed.builder {
            // Debian's `--error-log-path=stderr` is of no use here: its main file names a log.
            Builder::Debian if file == "error.log" => None,
            Builder::Official | Builder::Debian | Builder::Alpine | Builder::RedHat => {
                Some(format!("/var/log/nginx/{file}"))
            }
            Builder::OpenResty | Builder::Bitnami => self.paths.in_prefix(&format!("logs/{file}")),
            Builder::Other => None,
        };
        match path {
            Some(path) => Value::Known(Data::List(vec![texts([path.as_str()])])),
            None => Value::unknown(NOT_KNOWN),
        }
    }

    /// The path of another file or directory.
    pub(super) fn compiled_path(&self, row: &Row) -> Value {
        let path = match row.name.strip_suffix("_temp_path") {
            Some(what) => self.temporary(what),
            None => self.run_file(row.name),
        };
        path.map_or_else(|| Value::unknown(NOT_KNOWN), Value::str)
    }

    /// The directory for temporary files of `client_body`, `proxy` and so on.
    fn temporary(&self, what: &str) -> Option<String> {
        let short = if what == "client_body" { "body" } else { what };
        match self.installed.builder {
            Builder::Official if what == "client_body" => Some("/var/cache/nginx/client_temp".to_owned()),
            Builder::Official => Some(format!("/var/cache/nginx/{what}_temp")),
            Builder::Debian => Some(format!("/var/lib/nginx/{short}")),
            Builder::Alpine | Builder::RedHat => Some(format!("/var/lib/nginx/tmp/{what}")),
            Builder::OpenResty => self.paths.in_prefix(&format!("{what}_temp")),
            Builder::Bitnami | Builder::Other => None,
        }
    }

    /// The `pid` file; other files are not known.
    fn run_file(&self, name: &str) -> Option<String> {
        match (name, self.installed.builder) {
            ("pid", Builder::Debian) => Some("/run/nginx.pid".to_owned()),
            ("pid", Builder::Alpine) => Some("/run/nginx/nginx.pid".to_owned()),
            ("pid", Builder::OpenResty) => self.paths.in_prefix("logs/nginx.pid"),
            _ => None,
        }
    }
}

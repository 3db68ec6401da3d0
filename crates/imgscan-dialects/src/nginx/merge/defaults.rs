//! What holds where nobody sets a directive.

use imgscan_model::{Candidate, Data, Origin, Place, Source, Value};

use super::{Merger, Settings, texts, values};
use crate::nginx::table::{Merge, Row, Table};
use crate::nginx::units;

/// Defaults that reports show, each with the directive that makes it matter.
pub(in crate::nginx) const SHOWN: &[(&str, Option<&str>)] = &[
    ("client_max_body_size", None),
    ("client_header_timeout", None),
    ("client_body_timeout", None),
    ("send_timeout", None),
    ("keepalive_timeout", None),
    ("root", None),
    ("proxy_connect_timeout", Some("proxy_pass")),
    ("proxy_send_timeout", Some("proxy_pass")),
    ("proxy_read_timeout", Some("proxy_pass")),
    ("proxy_http_version", Some("proxy_pass")),
    ("proxy_next_upstream", Some("proxy_pass")),
    ("uwsgi_connect_timeout", Some("uwsgi_pass")),
    ("uwsgi_send_timeout", Some("uwsgi_pass")),
    ("uwsgi_read_timeout", Some("uwsgi_pass")),
    ("fastcgi_connect_timeout", Some("fastcgi_pass")),
    ("fastcgi_send_timeout", Some("fastcgi_pass")),
    ("fastcgi_read_timeout", Some("fastcgi_pass")),
    ("grpc_connect_timeout", Some("grpc_pass")),
    ("grpc_send_timeout", Some("grpc_pass")),
    ("grpc_read_timeout", Some("grpc_pass")),
    ("scgi_connect_timeout", Some("scgi_pass")),
    ("scgi_send_timeout", Some("scgi_pass")),
    ("scgi_read_timeout", Some("scgi_pass")),
    ("proxy_timeout", Some("proxy_pass")),
];

impl Merger<'_> {
    /// A candidate that stands for nginx's own default.
    pub(super) fn default_candidate(&self, value: Value) -> Candidate {
        let origin = Origin::default_of("nginx", self.installed.version_text.as_deref());
        let text = values::written(&value);
        Candidate::new(Source::Default, value, Place::new(origin)).written(text)
    }

    /// The default of a directive, where it has one.
    pub(super) fn default(&self, row: &'static Row) -> Option<Candidate> {
        match self.default_value(row) {
            Value::Unset => None,
            value => Some(self.default_of(row, value)),
        }
    }

    /// A default as the table writes it (`60s`, `1m`), where it stands in the table.
    fn default_of(&self, row: &Row, value: Value) -> Candidate {
        let listed = row.default.filter(|text| !text.starts_with('@') && row.name != "root");
        let text = listed.filter(|_| row.merge != Merge::BusyBuffers && matches!(value, Value::Known(_)));
        let candidate = self.default_candidate(value);
        match text {
            Some(text) => candidate.written(text),
            None => candidate,
        }
    }

    /// The default of a directive in a block, computed from other settings where nginx computes it.
    pub(super) fn default_in(&self, row: &'static Row, settings: &Settings) -> Candidate {
        let value = match row.merge {
            Merge::BusyBuffers => self.twice_the_larger(row, settings),
            Merge::Root if settings.contains_key("alias") => Value::Unset,
            _ => self.default_value(row),
        };
        self.default_of(row, value)
    }

    fn default_value(&self, row: &'static Row) -> Value {
        if self.installed.version.is_none() && self.differs_by_version(row) {
            return Value::unknown("the default depends on the version of nginx, which is not known");
        }
        if row.name == "root" {
            return match self.paths.in_prefix("html") {
                Some(path) => Value::str(path),
                None => Value::unknown("the prefix that nginx was built with is not known"),
            };
        }
        match row.default {
            None => Value::Unset,
            Some("@log") => self.log_path(row),
            Some("@compiled") => self.compiled_path(row),
            Some("@outer") => Value::unknown("it is what holds around the upstream"),
            Some(text) => Value::Known(written(row, text)),
        }
    }

    /// Whether other versions have another default.
    fn differs_by_version(&self, row: &Row) -> bool {
        let others = Table::get().named(row.name).filter(|r| !r.foreign && r.module == row.module);
        others.filter(|r| r.contexts == row.contexts).any(|r| r.default != row.default)
    }

    /// Twice the larger of `X_buffer_size` and one of the `X_buffers` (`ngx_http_proxy_merge_loc_conf`).
    fn twice_the_larger(&self, row: &Row, settings: &Settings) -> Value {
        const PAGE: i64 = 4096;
        let family = row.name.split('_').next().unwrap_or_default();
        let value = |name: &str| settings.get(&format!("{family}{name}")).map(|s| s.value());
        let one = match value("_buffer_size") {
            None => Some(PAGE),
            Some(value) => value.known().and_then(Data::as_int),
        };
        let each = match value("_buffers") {
            None => Some(PAGE),
            Some(value) => {
                let list = value.known().and_then(Data::as_list);
                list.and_then(|l| l.get(1)).and_then(Data::as_str).and_then(units::size)
            }
        };
        match (one, each) {
            (Some(one), Some(each)) => Value::Known(Data::Int(one.max(each).saturating_mul(2))),
            _ => Value::unknown("it depends on the sizes of buffers that are not known"),
        }
    }
}

/// A default of the table as the value that the same words in a file would give.
fn written(row: &Row, text: &str) -> Data {
    let words: Vec<&str> = text.split(' ').collect();
    match row.merge {
        Merge::List | Merge::Redirect | Merge::Headers => Data::List(vec![texts(words)]),
        _ => values::convert(row, &words),
    }
}

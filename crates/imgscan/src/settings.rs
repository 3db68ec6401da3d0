//! The settings of servers as assertions ask for them.

use imgscan_assert::{Expression, Settings, Unit, judge};
use imgscan_dialects::nginx::table::{Kind, Table};
use imgscan_model::{ImageReport, Judgement, Origin, Scope, Server, Setting};
use imgscan_scan::{Question, explain, nearest_setting, setting};

use crate::exit::Failure;

/// Settings of gunicorn that count seconds (`gunicorn/config.py`, their descriptions).
const SECONDS: &[&str] = &[
    "timeout",
    "graceful_timeout",
    "keepalive",
    "dirty_timeout",
    "dirty_graceful_timeout",
    "asgi_disconnect_grace_period",
];
/// Settings of gunicorn that count bytes.
const BYTES: &[&str] = &[
    "limit_request_line",
    "limit_request_field_size",
    "http2_initial_window_size",
    "http2_max_frame_size",
    "http2_max_header_list_size",
    "websocket_max_message_size",
];

/// The settings of one image, for every request or for one.
pub(crate) struct OfImage<'a> {
    /// The image.
    pub(crate) report: &'a ImageReport,
    /// The request, where one is described.
    pub(crate) request: Option<Question>,
}

impl Settings for OfImage<'_> {
    fn scopes<'a>(&self, server: &'a Server, names: &[&str]) -> Vec<Option<&'a Scope>> {
        let of_process = |name: &str| is_of_process(server, name);
        if server.scopes.is_empty() || self.request.is_some() || names.iter().all(|n| of_process(n)) {
            return vec![None];
        }
        let holds =
            |scope: &&Scope| names.iter().all(|n| of_process(n) || setting(server, Some(scope), n).is_some());
        let held: Vec<&Scope> = server.scopes.iter().filter(holds).collect();
        let is_server = |scope: &&&Scope| scope.id.contains("/server:");
        // Requests are answered in servers and what is inside them; without any, what is written for all stands.
        let inside: Vec<&Scope> = held.iter().filter(is_server).copied().collect();
        let chosen = if inside.is_empty() { held } else { inside };
        chosen.into_iter().map(Some).collect()
    }

    fn setting(&self, server: &Server, scope: Option<&Scope>, name: &str) -> Option<Setting> {
        if self.request.is_some() && !server.scopes.is_empty() && !is_of_process(server, name) {
            let question = format!("{}.{name}", server.id);
            return explain(self.report, &question, self.request.as_ref()).ok().map(|e| e.setting);
        }
        scope.and_then(|s| setting(server, Some(s), name)).or_else(|| setting(server, None, name))
    }

    fn unit(&self, server: &Server, name: &str) -> Option<Unit> {
        match server.name.as_str() {
            "gunicorn" if SECONDS.contains(&name) => Some(Unit::Seconds),
            "gunicorn" if BYTES.contains(&name) => Some(Unit::Bytes),
            "nginx" => Table::get().named(name).find_map(|row| unit_of(&row.kind, name)),
            _ => None,
        }
    }

    fn knows(&self, server: &Server, name: &str) -> Result<(), Option<String>> {
        let known = match server.name.as_str() {
            "nginx" => Table::get().named(name).next().is_some(),
            _ => server.settings.contains_key(name),
        };
        if known { Ok(()) } else { Err(nearest_setting(server, name)) }
    }
}

/// Whether a setting holds for the whole process: no part of it says otherwise.
fn is_of_process(server: &Server, name: &str) -> bool {
    !server.scopes.iter().any(|s| s.settings.contains_key(name)) && setting(server, None, name).is_some()
}

/// Holds an expression against an image. A question that cannot be asked is a wrong command line.
pub(crate) fn judgement(
    settings: &OfImage<'_>,
    expression: &Expression,
    reason: Option<String>,
    origin: Origin,
) -> Result<Judgement, Failure> {
    let text = expression.text();
    let cases = judge(expression, settings.report, settings)
        .map_err(|fault| draw(text, fault.at, &fault.message, fault.help))?;
    Ok(Judgement { text: text.to_owned(), reason, origin, cases })
}

/// A complaint about an expression, with a mark below the character that it is about.
pub(crate) fn draw(text: &str, at: usize, message: &str, help: Option<String>) -> Failure {
    let line = imgscan_report::escape::line(text);
    let message = format!("{message}\n  |\n  | {line}\n  | {}^", " ".repeat(at));
    Failure { help, ..Failure::usage(message) }
}

/// As `nginx::merge` makes numbers of arguments.
fn unit_of(kind: &Kind, name: &str) -> Option<Unit> {
    match (kind, name) {
        (Kind::Msec | Kind::Sec, _) | (Kind::Custom, "keepalive_timeout") => Some(Unit::Milliseconds),
        (Kind::Size | Kind::ComplexSize | Kind::Offset, _) | (Kind::Custom, "directio") => Some(Unit::Bytes),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{BYTES, SECONDS};

    #[test]
    fn no_setting_counts_two_things() {
        assert!(SECONDS.iter().all(|name| !BYTES.contains(name)));
    }
}

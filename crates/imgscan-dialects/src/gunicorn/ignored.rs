//! Names in a config file that look like settings and are none: gunicorn passes over them without a word.

use imgscan_model::{Origin, Text};
use imgscan_python::{Outcome, PyValue};

use super::settings::{Table, all_flags, all_names};

/// Settings of other servers that people take for gunicorn's (uvicorn's `Config`, hypercorn's `Config`).
const OTHER_SERVERS: [&str; 28] = [
    "access_log",
    "access_logfile",
    "access_log_file",
    "accesslogfile",
    "error_log",
    "error_logfile",
    "errorlogfile",
    "log_config",
    "log_file",
    "logfile",
    "loglevels",
    "limit_concurrency",
    "limit_max_requests",
    "timeout_keep_alive",
    "timeout_graceful_shutdown",
    "timeout_notify",
    "keep_alive_timeout",
    "graceful_shutdown_timeout",
    "proxy_headers",
    "ssl_keyfile",
    "ssl_certfile",
    "ssl_ca_certs",
    "ssl_ciphers",
    "insecure_bind",
    "quic_bind",
    "ws_max_size",
    "worker_timeout",
    "max_request",
];

/// Names that a module binds, that the version does not know and that look like settings, with their places.
pub(crate) fn find(table: &Table, source: &Text, outcome: &Outcome) -> Vec<(String, Origin)> {
    let plausible =
        |name: &str| !name.starts_with('_') && table.get(name).is_none() && looks_like_a_setting(table, name);
    let bound =
        outcome.bindings.iter().filter(|binding| is_value(&binding.value) && plausible(&binding.name));
    let ignored = bound
        .filter(|binding| in_file(&binding.place.origin, source) && !is_used(&binding.name, source.raw()));
    ignored.map(|binding| (binding.name.clone(), binding.place.origin.clone())).collect()
}

/// Imports, functions and classes are helpers, not settings.
fn is_value(value: &PyValue) -> bool {
    !matches!(value, PyValue::Function { .. } | PyValue::Class { .. } | PyValue::Module(_))
}

/// Whether the name is bound in the config file itself rather than in a module that it imports.
fn in_file(origin: &Origin, source: &Text) -> bool {
    source.whole().is_none_or(|whole| whole.origin.path() == origin.path())
}

fn looks_like_a_setting(table: &Table, name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let cased = name != lower && table.get(&lower).is_some();
    let flag = all_flags()
        .iter()
        .any(|(flag, _)| flag.trim_start_matches('-').replace('-', "_") == *name && flag.starts_with("--"));
    cased
        || flag
        || all_names().contains(name)
        || OTHER_SERVERS.contains(&name)
        || name == lower && table.specs.iter().any(|spec| is_near(&spec.name, name))
}

/// One slip of the pen: a letter more, less or other, two letters exchanged, an underscore or a plural `s` too many or
/// missing.
fn is_near(setting: &str, name: &str) -> bool {
    if setting.len() < 5 || name.len() < 4 || setting == name {
        return false;
    }
    setting.replace('_', "") == name.replace('_', "") || distance_is_one(setting, name)
}

fn distance_is_one(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let head = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let tail = |from: &[char], to: &[char]| {
        from.iter().rev().zip(to.iter().rev()).take_while(|(a, b)| a == b).count()
    };
    let (rest, others) = (&one[head..], &other[head..]);
    let tail = tail(rest, others);
    let (left, right) = (rest.len().saturating_sub(tail), others.len().saturating_sub(tail));
    let exchanged = left == 2 && right == 2 && rest[0] == others[1] && rest[1] == others[0];
    left.max(right) == 1 || exchanged
}

/// Whether the name stands anywhere in the source but before an `=` at the start of a line: then it is a helper.
fn is_used(name: &str, source: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    source.match_indices(name).any(|(at, _)| {
        let before = source[..at].chars().next_back();
        let after = &source[at + name.len()..];
        if before.is_some_and(word) || after.chars().next().is_some_and(word) {
            return false;
        }
        let line = source[..at].rsplit('\n').next().unwrap_or("");
        let comment = line.contains('#');
        let assigned = line.trim().is_empty()
            && after.trim_start_matches([' ', '\t']).starts_with(['=', ':'])
            && !after.trim_start().starts_with("==");
        !comment && !assigned
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_pen_are_near_and_other_words_are_not() {
        let table = Table::newest();
        for name in [
            "worker",
            "time_out",
            "log_level",
            "keep_alive",
            "accesslogs",
            "max_request",
            "Timeout",
            "preload",
            "workers_class",
            "tiemout",
        ] {
            assert!(looks_like_a_setting(table, name), "{name}");
        }
        for name in
            ["port", "host", "cores", "web_concurrency", "use_bind", "total", "cpu_count", "wsgi", "debug"]
        {
            assert!(!looks_like_a_setting(table, name), "{name}");
        }
    }

    #[test]
    fn a_name_that_the_file_uses_is_a_helper() {
        assert!(is_used("log_level", "log_level = 'x'\nloglevel = log_level\n"));
        assert!(!is_used("log_level", "# log_level: see below\nlog_level = 'x'\n"));
    }
}

//! Logs (`src/core/ngx_log.c`, `src/core/ngx_syslog.c`, `src/http/modules/ngx_http_log_module.c` and its twin of stream).

use imgscan_model::path;

use super::{Call, Check, Checked, http_core, invalid_parameter, message, script};
use crate::nginx::address::{self, Host, Want};
use crate::nginx::load::Loader;
use crate::nginx::load::state::Section;
use crate::nginx::units::{self, Unit};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("error_log", error_log),
    ("access_log", access_log),
    ("log_format", log_format),
    ("open_log_file_cache", open_log_file_cache),
];

/// `ngx_log_set_log`.
pub(super) fn error_log(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    const LEVELS: &[&str] = &["emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"];
    const DEBUG: &[&str] = &[
        "debug_core",
        "debug_alloc",
        "debug_mutex",
        "debug_event",
        "debug_http",
        "debug_mail",
        "debug_stream",
    ];
    let target = call.arg(0);
    if let Some(args) = target.strip_prefix("syslog:") {
        syslog(loader, call, args)?;
    } else if target.starts_with("memory:") {
        super::unsure(loader, call, "`memory:` needs an nginx that was built with debug support");
    }
    if !target.contains(':') && target != "stderr" {
        directory(loader, call, target);
    }
    let mut level = None;
    for word in call.args().skip(1) {
        if LEVELS.contains(&word) {
            if level.is_some() {
                return message(format!("duplicate log level \"{word}\""));
            }
            level = Some(word);
        } else if DEBUG.contains(&word) && level.is_none_or(|l| l.starts_with("debug_")) {
            level = Some(word);
        } else {
            return message(format!("invalid log level \"{word}\""));
        }
    }
    Ok(())
}

/// `ngx_syslog_parse_args`.
fn syslog(loader: &mut Loader<'_>, call: &Call<'_>, args: &str) -> Checked {
    const FACILITIES: &[&str] = &[
        "kern", "user", "mail", "daemon", "auth", "intern", "lpr", "news", "uucp", "clock", "authpriv",
        "ftp", "ntp", "audit", "alert", "cron", "local0", "local1", "local2", "local3", "local4", "local5",
        "local6", "local7",
    ];
    const SEVERITIES: &[&str] = &["emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"];
    let mut seen: Vec<&str> = Vec::new();
    for arg in args.split(',') {
        let (name, value) = arg.split_once('=').unwrap_or((arg, ""));
        if name != "nohostname" && seen.contains(&name) {
            return message(format!("duplicate syslog \"{name}\""));
        }
        seen.push(name);
        match (name, arg.contains('=')) {
            ("server", true) => {
                let want = Want { listen: false, uri: false, default_port: 514 };
                match address::parse(value, want) {
                    Err(words) => return message(format!("{words} in syslog server \"{value}\"")),
                    Ok(found) => {
                        if let Host::Name(host) = &found.host {
                            http_core::needs_name(loader, call, host);
                        }
                    }
                }
            }
            ("facility", true) if FACILITIES.contains(&value) => {}
            ("facility", true) => return message(format!("unknown syslog facility \"{value}\"")),
            ("severity", true) if SEVERITIES.contains(&value) => {}
            ("severity", true) => return message(format!("unknown syslog severity \"{value}\"")),
            ("tag", true) if value.len() > 32 => return message("syslog tag length exceeds 32"),
            ("tag", true) => {
                if !value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                    return message("syslog \"tag\" only allows alphanumeric characters and underscore");
                }
            }
            ("nohostname", false) => {}
            _ => return message(format!("unknown syslog parameter \"{arg}\"")),
        }
    }
    if seen.contains(&"server") { Ok(()) } else { message("no syslog server specified") }
}

/// A log has to be opened at the start, and nginx makes no directories. One that is not in the image may come with a
/// mount; where packages put logs, there is one.
fn directory(loader: &mut Loader<'_>, call: &Call<'_>, file: &str) {
    if file.contains('$') || !loader.world.installed.in_image {
        return;
    }
    let Some(file) = loader.world.paths.in_prefix(file) else { return };
    let file = loader.world.paths.absolute(&file);
    let dir = path::parent(&file);
    if dir != "/var/log/nginx" && loader.world.files.exists(dir) == Some(false) {
        super::unsure(loader, call, &format!("nginx starts only if the directory `{dir}` is there then"));
    }
}

/// What follows the format in an `access_log`.
#[derive(Default)]
struct Buffering {
    size: i64,
    flush: bool,
}

/// `ngx_http_log_set_log`, `ngx_stream_log_set_log`.
pub(super) fn access_log(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let path = call.arg(0);
    let section = call.section();
    if path == "off" {
        return if call.len() == 1 { Ok(()) } else { invalid_parameter(call.arg(1)) };
    }
    let to_syslog = path.strip_prefix("syslog:");
    match to_syslog {
        Some(args) => syslog(loader, call, args)?,
        None => {
            script::compile(loader, section, path)?;
            directory(loader, call, path);
        }
    }
    let format = match (call.len(), section) {
        (1, Section::Stream) => return message("log format is not specified"),
        (1, Section::Http) => "combined",
        _ => call.arg(1),
    };
    let known = loader.state.log_formats.contains(&(section, format.to_ascii_lowercase()))
        || (section == Section::Http && format.eq_ignore_ascii_case("combined"));
    if !known && loader.state.hidden {
        super::unsure(loader, call, &format!("whether there is a log format `{format}` is not known"));
    } else if !known {
        return message(format!("unknown log format \"{format}\""));
    }
    let mut buffering = Buffering::default();
    for word in call.args().skip(2) {
        option(loader, section, word, &mut buffering)?;
    }
    if buffering.flush && buffering.size == 0 {
        return message(format!("no buffer is defined for access_log \"{path}\""));
    }
    if buffering.size > 0 && to_syslog.is_some() {
        return message("logs to syslog cannot be buffered");
    }
    if buffering.size > 0 && path.contains('$') {
        return message("buffered logs cannot have variables in name");
    }
    Ok(())
}

fn option(loader: &mut Loader<'_>, section: Section, word: &str, buffering: &mut Buffering) -> Checked {
    let (name, value) = word.split_once('=').unwrap_or((word, ""));
    match (name, word.contains('=')) {
        ("buffer", true) => match units::size(value).filter(|n| *n > 0) {
            Some(size) => buffering.size = size,
            None => return message(format!("invalid buffer size \"{value}\"")),
        },
        ("flush", true) => match units::time(value, Unit::Milliseconds).filter(|n| *n > 0) {
            Some(_) => buffering.flush = true,
            None => return message(format!("invalid flush time \"{value}\"")),
        },
        ("gzip", valued) => {
            if buffering.size == 0 {
                buffering.size = 64 << 10;
            }
            if valued && !units::number(value).is_some_and(|n| (1..=9).contains(&n)) {
                return message(format!("invalid compression level \"{value}\""));
            }
        }
        ("if", true) => script::compile(loader, section, value)?,
        _ => return invalid_parameter(word),
    }
    Ok(())
}

/// Names in a log format that are no variables of requests (`ngx_http_log_vars`).
const OWN_VARIABLES: &[&str] = &[
    "pipe",
    "time_local",
    "time_iso8601",
    "msec",
    "request_time",
    "status",
    "bytes_sent",
    "body_bytes_sent",
    "request_length",
];

/// `ngx_http_log_set_format`.
pub(super) fn log_format(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let name = call.arg(0);
    let section = call.section();
    if section == Section::Http && name == "combined" {
        return message("duplicate \"log_format\" name \"combined\"");
    }
    if loader.config.named(call.block, "log_format").any(|e| e.args().next() == Some(name)) {
        return message(format!("duplicate \"log_format\" name \"{name}\""));
    }
    loader.state.log_formats.insert((section, name.to_ascii_lowercase()));
    for (i, text) in call.args().enumerate().skip(1) {
        if i == 1
            && let Some(escape) = text.strip_prefix("escape=")
        {
            if !matches!(escape, "json" | "none" | "default") {
                return message(format!("unknown log format escaping \"{escape}\""));
            }
            continue;
        }
        compile(loader, section, text)?;
    }
    Ok(())
}

/// `ngx_http_log_compile_format`: as other text with variables, but for the words and for `$1`.
fn compile(loader: &mut Loader<'_>, section: Section, text: &str) -> Checked {
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let from = rest.get(at..).unwrap_or_default();
        let after = rest.get(at + 1..).unwrap_or_default();
        let (inner, braced) = match after.strip_prefix('{') {
            Some(inner) => (inner, true),
            None => (after, false),
        };
        let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len());
        let (name, behind) = inner.split_at(end);
        if braced && !inner.is_empty() && !behind.starts_with('}') {
            return message(format!("the closing bracket in \"{name}\" variable is missing"));
        }
        if name.is_empty() {
            return invalid_parameter(from);
        }
        if section == Section::Stream || !OWN_VARIABLES.contains(&name) {
            loader.state.variables(section).note(name);
        }
        rest = if braced { behind.get(1..).unwrap_or_default() } else { behind };
    }
    Ok(())
}

/// `ngx_http_log_open_file_cache`.
pub(super) fn open_log_file_cache(_: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let (mut max, mut off) = (false, false);
    for word in call.args() {
        let known = match word.split_once('=') {
            Some(("max", number)) => {
                max = units::number(number).is_some_and(|n| n > 0);
                units::number(number).is_some()
            }
            Some(("inactive" | "valid", time)) => units::time(time, Unit::Seconds).is_some(),
            Some(("min_uses", number)) => units::number(number).is_some(),
            _ => {
                off |= word == "off";
                word == "off"
            }
        };
        if !known {
            return message(format!("invalid \"open_log_file_cache\" parameter \"{word}\""));
        }
    }
    if !max && !off { message("\"open_log_file_cache\" must have \"max\" parameter") } else { Ok(()) }
}

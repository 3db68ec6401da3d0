//! The setters of common types (`ngx_conf_set_*_slot`, `src/core/ngx_conf_file.c`, and their kin).

use super::{Call, Checked, directive, invalid_parameter, message, script, warn};
use crate::nginx::load::Loader;
use crate::nginx::table::Kind;
use crate::nginx::units::{self, Unit};

/// Checks the arguments by the directive's type.
pub(super) fn check(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let value = call.arg(0);
    match &call.row.kind {
        Kind::Flag => flag(call.name(), value),
        Kind::Size => valid(units::size(value)),
        Kind::Offset => valid(units::offset(value)),
        Kind::Msec => valid(units::time(value, Unit::Milliseconds)),
        Kind::Sec => valid(units::time(value, Unit::Seconds)),
        Kind::Num(low, high) => num(value, *low, *high),
        Kind::Enum(words) => {
            if words.iter().any(|w| w.eq_ignore_ascii_case(value)) {
                return Ok(());
            }
            message(format!("invalid value \"{value}\""))
        }
        Kind::Mask(words) => mask(loader, call, words),
        Kind::Bufs => {
            let number = units::number(value).filter(|n| *n > 0);
            valid(number.and(units::size(call.arg(1)).filter(|n| *n > 0)))
        }
        Kind::Complex => script::compile(loader, call.section(), value),
        Kind::ComplexSize => {
            script::compile(loader, call.section(), value)?;
            if value.contains('$') { Ok(()) } else { valid(units::size(value)) }
        }
        Kind::Predicates => call.args().try_for_each(|v| script::compile(loader, call.section(), v)),
        Kind::Path => path(loader, call),
        Kind::Access => access(call),
        Kind::Bind => super::pass::bind(loader, call),
        // The commands for OpenSSL take no variables.
        Kind::Pairs if call.name().ends_with("_conf_command") => Ok(()),
        Kind::Pairs => {
            script::compile_at_merge(loader, call, call.arg(1));
            Ok(())
        }
        Kind::Params => {
            script::compile_at_merge(loader, call, call.arg(1));
            if call.len() == 3 && call.arg(2) != "if_not_empty" {
                return invalid_parameter(call.arg(2));
            }
            Ok(())
        }
        Kind::Types => types(loader, call),
        Kind::Obsolete => {
            obsolete(loader, call);
            Ok(())
        }
        Kind::Str if call.name() == "proxy_set_body" => {
            script::compile_at_merge(loader, call, value);
            Ok(())
        }
        Kind::Str | Kind::Strs | Kind::Custom => Ok(()),
    }
}

/// `on` or `off` (`ngx_conf_set_flag_slot`).
pub(super) fn flag(name: &str, value: &str) -> Checked {
    if value.eq_ignore_ascii_case("on") || value.eq_ignore_ascii_case("off") {
        return Ok(());
    }
    message(format!("invalid value \"{value}\" in \"{name}\" directive, it must be \"on\" or \"off\""))
}

/// A value that could be read, or not.
pub(super) fn valid(read: Option<i64>) -> Checked {
    if read.is_some() { Ok(()) } else { directive("invalid value") }
}

fn num(value: &str, low: Option<i64>, high: Option<i64>) -> Checked {
    let Some(number) = units::number(value) else { return directive("invalid number") };
    match (low, high) {
        (Some(low), Some(high)) if !(low..=high).contains(&number) => {
            message(format!("value must be between {low} and {high}"))
        }
        (Some(low), None) if number < low => message(format!("value must be equal to or greater than {low}")),
        _ => Ok(()),
    }
}

fn mask(loader: &mut Loader<'_>, call: &Call<'_>, words: &[&str]) -> Checked {
    let mut seen: Vec<String> = Vec::new();
    let earlier = loader.config.named(call.block, call.name()).flat_map(|e| e.args());
    seen.extend(earlier.map(bit));
    for value in call.args() {
        if !words.iter().any(|w| w.eq_ignore_ascii_case(value)) {
            return message(format!("invalid value \"{value}\""));
        }
        if seen.contains(&bit(value)) {
            warn(loader, call, &format!("duplicate value \"{value}\""));
        } else {
            seen.push(bit(value));
        }
    }
    Ok(())
}

/// The bit that a word stands for. All ways to say `samesite` share one.
fn bit(word: &str) -> String {
    let lower = word.to_ascii_lowercase();
    if lower.starts_with("samesite=") { "samesite".to_owned() } else { lower }
}

/// A directory with levels (`ngx_conf_set_path_slot`).
fn path(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let mut length = 0;
    let mut levels = Vec::new();
    for level in call.args().skip(1) {
        let Some(level) = units::number(level).filter(|n| *n > 0) else { return directive("invalid value") };
        length += level + 1;
        levels.push(level);
    }
    if length > 10 + i64::try_from(levels.len()).unwrap_or(i64::MAX) {
        return directive("invalid value");
    }
    super::directories::add(loader, call.arg(0), levels, false)
}

/// Permissions (`ngx_conf_set_access_slot`).
fn access(call: &Call<'_>) -> Checked {
    for value in call.args() {
        let rights = ["user:", "group:", "all:"].iter().find_map(|who| value.strip_prefix(who));
        if !matches!(rights, Some("rw" | "r")) {
            return message(format!("invalid value \"{value}\""));
        }
    }
    Ok(())
}

/// MIME types (`ngx_http_types_slot`): the first of the defaults is always there, and after `*` nothing counts.
fn types(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let first = call.row.default.and_then(|d| d.split(' ').next()).unwrap_or_default();
    let mut seen: Vec<String> = vec![first.to_owned()];
    let earlier = loader.config.named(call.block, call.name()).flat_map(|e| e.args());
    seen.extend(earlier.map(str::to_ascii_lowercase));
    for value in call.args() {
        let lower = value.to_ascii_lowercase();
        if seen.iter().any(|s| s == "*") {
            return Ok(());
        }
        if seen.contains(&lower) {
            warn(loader, call, &format!("duplicate MIME type \"{value}\""));
        }
        seen.push(lower);
    }
    Ok(())
}

/// Accepted and ignored with a warning (`ngx_http_v2_obsolete`, `ngx_http_v2_spdy_deprecated`).
fn obsolete(loader: &mut Loader<'_>, call: &Call<'_>) {
    let name = call.name();
    let instead = match name {
        "http2_max_requests" => Some("keepalive_requests"),
        "http2_max_field_size" | "http2_max_header_size" => Some("large_client_header_buffers"),
        "http2_recv_timeout" => Some("client_header_timeout"),
        "http2_idle_timeout" => Some("keepalive_timeout"),
        _ => None,
    };
    let text = match instead {
        Some(new) => format!("the \"{name}\" directive is obsolete, use the \"{new}\" directive instead"),
        None if name.starts_with("spdy") => {
            "invalid directive \"spdy_*\": ngx_http_spdy_module was superseded by ngx_http_v2_module"
                .to_owned()
        }
        None => format!("the \"{name}\" directive is obsolete, ignored"),
    };
    warn(loader, call, &text);
}

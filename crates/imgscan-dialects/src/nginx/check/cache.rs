//! Caches and stores of responses (`src/http/ngx_http_file_cache.c` and the modules that use it).

use super::{Call, Check, Checked, directive, directories, invalid_parameter, message, script, zones};
use crate::nginx::load::Loader;
use crate::nginx::load::state::Section;
use crate::nginx::units::{self, Unit};
use crate::nginx::version::Version;

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("proxy_cache", cache),
    ("fastcgi_cache", cache),
    ("uwsgi_cache", cache),
    ("scgi_cache", cache),
    ("proxy_store", store),
    ("fastcgi_store", store),
    ("uwsgi_store", store),
    ("scgi_store", store),
    ("proxy_cache_key", key),
    ("fastcgi_cache_key", key),
    ("uwsgi_cache_key", key),
    ("scgi_cache_key", key),
    ("proxy_cache_path", path),
    ("fastcgi_cache_path", path),
    ("uwsgi_cache_path", path),
    ("scgi_cache_path", path),
    ("proxy_cache_valid", valid),
    ("fastcgi_cache_valid", valid),
    ("uwsgi_cache_valid", valid),
    ("scgi_cache_valid", valid),
];

/// The family of a directive: `proxy`, `fastcgi`, `uwsgi` or `scgi`.
fn family(name: &'static str) -> &'static str {
    name.split('_').next().unwrap_or(name)
}

/// Whether the other of the two stands before with a value that is not `off`.
fn clashes(loader: &Loader<'_>, call: &Call<'_>, other: &str) -> bool {
    loader.config.named(call.block, other).any(|e| e.args().next() != Some("off"))
}

/// `ngx_http_proxy_cache`.
fn cache(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let zone = call.arg(0);
    if zone == "off" {
        return Ok(());
    }
    let store = format!("{}_store", family(call.name()));
    if clashes(loader, call, &store) {
        return directive(format!("is incompatible with \"{store}\""));
    }
    script::compile(loader, Section::Http, zone)?;
    if zone.contains('$') {
        return Ok(());
    }
    zones::add(loader, zone, None, family(call.name())).map(|_| ())
}

/// `ngx_http_proxy_store`.
fn store(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    match call.arg(0) {
        "off" => return Ok(()),
        "" if loader.world.installed.version.is_none_or(|v| v >= Version(1, 27, 3)) => {
            return message("empty path");
        }
        _ => {}
    }
    let cache = format!("{}_cache", family(call.name()));
    if clashes(loader, call, &cache) {
        return directive(format!("is incompatible with \"{cache}\""));
    }
    if call.arg(0) == "on" { Ok(()) } else { script::compile(loader, Section::Http, call.arg(0)) }
}

/// `ngx_http_proxy_cache_key`.
fn key(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    script::compile(loader, Section::Http, call.arg(0))
}

/// `ngx_http_file_cache_set_slot`.
fn path(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let mut zone = None;
    for word in call.args().skip(1) {
        let Some((name, value)) = word.split_once('=') else { return invalid_parameter(word) };
        let valid = match name {
            "levels" => are_levels(value),
            "use_temp_path" => {
                if !matches!(value, "on" | "off") {
                    let text =
                        format!("invalid use_temp_path value \"{word}\", it must be \"on\" or \"off\"");
                    return message(text);
                }
                true
            }
            "keys_zone" => {
                let parts = value.split_once(':').and_then(|(name, size)| Some((name, units::size(size)?)));
                match parts {
                    None => return message(format!("invalid keys zone size \"{word}\"")),
                    Some((_, size)) if size < 2 * 4096 => {
                        return message(format!("keys zone \"{word}\" is too small"));
                    }
                    Some(parts) => zone = Some(parts),
                }
                true
            }
            "inactive" => units::time(value, Unit::Seconds).is_some(),
            "max_size" | "min_free" => units::offset(value).is_some(),
            "loader_files" | "manager_files" => units::number(value).is_some(),
            "loader_sleep" | "loader_threshold" | "manager_sleep" | "manager_threshold" => {
                units::time(value, Unit::Milliseconds).is_some()
            }
            _ => return invalid_parameter(word),
        };
        if !valid {
            let what = if name == "levels" { "\"levels\"".to_owned() } else { format!("{name} value") };
            return message(format!("invalid {what} \"{word}\""));
        }
    }
    let Some((zone, size)) = zone.filter(|(name, size)| !name.is_empty() && *size > 0) else {
        return message(format!("\"{}\" must have \"keys_zone\" parameter", call.name()));
    };
    directories::add(loader, call.arg(0), Vec::new(), true)?;
    zones::add(loader, zone, Some(size), family(call.name()))?;
    if !zones::bind(loader, zone) {
        return message(format!("duplicate zone \"{zone}\""));
    }
    Ok(())
}

/// `1:2`: up to three levels of one or two characters.
fn are_levels(value: &str) -> bool {
    let parts: Vec<&str> = value.split(':').collect();
    value.is_empty() || (parts.len() <= 3 && parts.iter().all(|p| matches!(*p, "1" | "2")))
}

/// `ngx_http_file_cache_valid_set_slot`.
fn valid(_: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let time = call.arg(call.len().saturating_sub(1));
    if units::time(time, Unit::Seconds).is_none() {
        return message(format!("invalid time value \"{time}\""));
    }
    for status in call.args().take(call.len().saturating_sub(1)).filter(|s| *s != "any") {
        if !units::number(status).is_some_and(|n| (100..=599).contains(&n)) {
            return message(format!("invalid status \"{status}\""));
        }
    }
    Ok(())
}

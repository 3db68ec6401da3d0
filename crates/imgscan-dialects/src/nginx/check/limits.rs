//! `limit_req`, `limit_conn` and their zones (`src/http/modules/ngx_http_limit_{req,conn}_module.c`; stream has the latter).

use super::{Call, Check, Checked, directive, invalid_parameter, message, script, zones};
use crate::nginx::load::Loader;
use crate::nginx::load::state::Section;
use crate::nginx::units;

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("limit_req_zone", limit_zone),
    ("limit_conn_zone", limit_zone),
    ("limit_req", limit_req),
    ("limit_conn", limit_conn),
];

/// What tells zones of different modules apart.
fn tag(call: &Call<'_>) -> &'static str {
    match (call.name().starts_with("limit_req"), call.section()) {
        (true, _) => "limit_req",
        (false, Section::Http) => "limit_conn",
        (false, Section::Stream) => "stream limit_conn",
    }
}

/// `ngx_http_limit_req_zone`, `ngx_http_limit_conn_zone`.
pub(super) fn limit_zone(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    script::compile(loader, call.section(), call.arg(0))?;
    let mut zone = None;
    for word in call.args().skip(1) {
        if let Some(value) = word.strip_prefix("zone=") {
            let parts = value.split_once(':').and_then(|(name, size)| Some((name, units::size(size)?)));
            match parts {
                None => return message(format!("invalid zone size \"{word}\"")),
                Some((_, size)) if size < 8 * 4096 => {
                    return message(format!("zone \"{word}\" is too small"));
                }
                Some(parts) => zone = Some(parts),
            }
        } else if let Some(rate) = word.strip_prefix("rate=").filter(|_| call.name() == "limit_req_zone") {
            let rate = rate.strip_suffix("r/s").or_else(|| rate.strip_suffix("r/m")).unwrap_or(rate);
            if units::number(rate).is_none_or(|n| n == 0) {
                return message(format!("invalid rate \"{word}\""));
            }
        } else {
            return invalid_parameter(word);
        }
    }
    let Some((name, size)) = zone.filter(|(name, _)| !name.is_empty()) else {
        return message(format!("\"{}\" must have \"zone\" parameter", call.name()));
    };
    zones::add(loader, name, Some(size), tag(call))?;
    if !zones::bind(loader, name) {
        let first = loader.config.named(call.block, call.name()).find(|e| {
            e.args().skip(1).any(|a| a.strip_prefix("zone=").and_then(|z| z.split(':').next()) == Some(name))
        });
        let key = first.and_then(|e| e.args().next()).unwrap_or_default().to_owned();
        return message(format!("{} \"{name}\" is already bound to key \"{key}\"", call.name()));
    }
    Ok(())
}

/// Whether a zone stands in the same block already.
fn repeats(loader: &Loader<'_>, call: &Call<'_>, zone: &str) -> bool {
    loader.config.named(call.block, call.name()).any(|e| e.args().any(|a| a == zone))
}

/// `ngx_http_limit_req`.
fn limit_req(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let mut zone = None;
    for word in call.args() {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        let positive = || units::number(value).is_some_and(|n| n > 0);
        match (name, word.contains('=')) {
            ("zone", true) => {
                zones::add(loader, value, None, tag(call))?;
                zone = Some(word);
            }
            ("burst", true) if positive() => {}
            ("burst", true) => return message(format!("invalid burst value \"{word}\"")),
            ("delay", true) if positive() => {}
            ("delay", true) => return message(format!("invalid delay value \"{word}\"")),
            ("nodelay", false) => {}
            _ => return invalid_parameter(word),
        }
    }
    match zone {
        None => message("\"limit_req\" must have \"zone\" parameter"),
        Some(zone) if repeats(loader, call, zone) => directive("is duplicate"),
        Some(_) => Ok(()),
    }
}

/// `ngx_http_limit_conn`.
pub(super) fn limit_conn(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let (zone, count) = (call.arg(0), call.arg(1));
    zones::add(loader, zone, None, tag(call))?;
    if repeats(loader, call, zone) {
        return directive("is duplicate");
    }
    match units::number(count) {
        Some(n) if n > 65_535 => message("connection limit must be less 65536"),
        Some(n) if n > 0 => Ok(()),
        _ => message(format!("invalid number of connections \"{count}\"")),
    }
}

//! TLS (`src/http/modules/ngx_http_ssl_module.c`; stream has the same).

use super::{Call, Check, Checked, message, slots, unsure, zones};
use crate::nginx::load::Loader;
use crate::nginx::load::state::Section;
use crate::nginx::units;

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("ssl", enable),
    ("ssl_session_cache", session_cache),
    ("ssl_password_file", file),
    ("proxy_ssl_password_file", file),
    ("grpc_ssl_password_file", file),
    ("uwsgi_ssl_password_file", file),
    ("ssl_ocsp_cache", ocsp_cache),
];

/// `ngx_http_ssl_enable`: a flag whose place is kept.
fn enable(_: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    slots::flag(call.name(), call.arg(0))
}

/// `ngx_http_ssl_session_cache`.
pub(super) fn session_cache(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let invalid = |word: &str| message(format!("invalid session cache \"{word}\""));
    for word in call.args() {
        match word {
            "off" | "none" | "builtin" => continue,
            _ => {}
        }
        if let Some(size) = word.strip_prefix("builtin:") {
            if units::number(size).is_none() {
                return invalid(word);
            }
            continue;
        }
        let Some(zone) = word.strip_prefix("shared:") else { return invalid(word) };
        shared(loader, call, zone, word, "session cache", 8 * 4096)?;
    }
    Ok(())
}

/// `name:size` of shared memory.
fn shared(
    loader: &mut Loader<'_>,
    call: &Call<'_>,
    zone: &str,
    word: &str,
    what: &str,
    least: i64,
) -> Checked {
    let Some((name, size)) = zone.split_once(':').filter(|(name, _)| !name.is_empty()) else {
        return message(format!("invalid {what} \"{word}\""));
    };
    let Some(size) = units::size(size) else { return message(format!("invalid {what} size \"{word}\"")) };
    if size < least {
        return message(format!("{what} \"{word}\" is too small"));
    }
    let tag = match (what == "session cache", call.section()) {
        (true, Section::Http) => "ssl",
        (true, Section::Stream) => "stream ssl",
        (false, Section::Http) => "ocsp",
        (false, Section::Stream) => "stream ocsp",
    };
    zones::add(loader, name, Some(size), tag).map(|_| ())
}

/// `ngx_http_ssl_ocsp_cache`.
pub(super) fn ocsp_cache(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let word = call.arg(0);
    if word == "off" {
        return Ok(());
    }
    match word.strip_prefix("shared:") {
        Some(zone) => shared(loader, call, zone, word, "OCSP cache", 8 * 4096),
        None => message(format!("invalid OCSP cache \"{word}\"")),
    }
}

/// `ngx_ssl_read_password_file`: a secret, which a mount may bring.
pub(super) fn file(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    unsure(loader, call, &format!("nginx starts only if the file `{}` can be read then", call.arg(0)));
    Ok(())
}

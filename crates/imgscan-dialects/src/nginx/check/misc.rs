//! Small modules of http.

use super::{Call, Check, Checked, Refusal, directive, message, regex, script, unsure, warn};
use crate::nginx::cidr;
use crate::nginx::load::Loader;
use crate::nginx::load::state::Section;
use crate::nginx::units::{self, Unit};
use crate::nginx::version::Version;

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("allow", access),
    ("deny", access),
    ("auth_basic_user_file", text),
    ("auth_request_set", auth_request_set),
    ("set_real_ip_from", set_real_ip_from),
    ("index", index),
    ("sub_filter", sub_filter),
    ("mirror", mirror),
    ("valid_referers", valid_referers),
    ("userid_expires", userid_expires),
    ("userid_mark", userid_mark),
    ("modern_browser", modern_browser),
    ("charset", charset),
    ("source_charset", charset),
    ("perl_set", perl_set),
    ("secure_link_secret", secure_link_secret),
    ("secure_link", secure_link),
    ("secure_link_md5", secure_link),
    ("image_filter", unchecked),
    ("xslt_stylesheet", unchecked),
    ("xml_entities", unchecked),
    ("geoip_country", unchecked),
    ("geoip_city", unchecked),
    ("geoip_org", unchecked),
    ("sticky", unchecked),
    ("ssl_engine", unchecked),
    ("quic_host_key", unchecked),
    ("google_perftools_profiles", unchecked),
];

/// A directive whose arguments hang on libraries or files.
fn unchecked(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    unsure(loader, call, &format!("whether nginx takes the arguments of `{}` is not checked", call.name()));
    Ok(())
}

/// Text with variables.
fn text(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    call.args().try_for_each(|word| script::compile(loader, Section::Http, word))
}

/// `ngx_http_access_rule`.
pub(super) fn access(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let value = call.arg(0);
    if matches!(value, "all" | "unix:") {
        return Ok(());
    }
    match cidr::parse(value) {
        None => message(format!("invalid parameter \"{value}\"")),
        Some(net) => {
            if net.has_low_bits() {
                warn(loader, call, &format!("low address bits of {value} are meaningless"));
            }
            Ok(())
        }
    }
}

/// `ngx_http_auth_request_set`.
fn auth_request_set(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    script::define(loader, Section::Http, call.arg(0))?;
    loader.state.http.note(script::variable(call.arg(0))?);
    script::compile(loader, Section::Http, call.arg(1))
}

/// `ngx_http_realip_from`.
pub(super) fn set_real_ip_from(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let value = call.arg(0);
    if value == "unix:" {
        return Ok(());
    }
    match cidr::parse(value) {
        Some(net) => {
            if net.has_low_bits() {
                warn(loader, call, &format!("low address bits of {value} are meaningless"));
            }
        }
        None => super::http_core::needs_name(loader, call, value),
    }
    Ok(())
}

/// `ngx_http_index_set_index`.
fn index(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let old = loader.world.installed.version.is_some_and(|v| v < Version(1, 29, 2));
    for (i, file) in call.args().enumerate() {
        if file.starts_with('/') && i + 1 != call.len() {
            warn(loader, call, "only the last index in \"index\" directive should be absolute");
        }
        if file.is_empty() {
            // Before 1.29.2 the first one was named, whichever was meant.
            let named = if old { call.arg(0) } else { file };
            return message(format!("index \"{named}\" in \"index\" directive is invalid"));
        }
        script::compile(loader, Section::Http, file)?;
    }
    Ok(())
}

/// `ngx_http_sub_filter`.
fn sub_filter(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    if call.arg(0).is_empty() {
        return message("empty search pattern");
    }
    text(loader, call)
}

/// `ngx_http_mirror`.
fn mirror(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let earlier: Vec<&str> =
        loader.config.named(call.block, "mirror").filter_map(|e| e.args().next()).collect();
    if earlier.contains(&"off") || (call.arg(0) == "off" && !earlier.is_empty()) {
        return directive("is duplicate");
    }
    Ok(())
}

/// `ngx_http_valid_referers`.
fn valid_referers(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    loader.state.http.note("invalid_referer");
    for word in call.args().filter(|w| !matches!(*w, "none" | "blocked" | "server_names")) {
        if let Some(pattern) = word.strip_prefix('~') {
            if pattern.is_empty() {
                return message(format!("empty regex in \"{word}\""));
            }
            regex::compile(loader, Section::Http, pattern)?;
            continue;
        }
        if word.is_empty() {
            return message(format!("invalid referer \"{word}\""));
        }
        let host = word.split('/').next().unwrap_or(word);
        if !super::pairs::is_host_key(host) {
            return message(format!("invalid hostname or wildcard \"{host}\""));
        }
        for key in host_keys(host) {
            let is_new = loader.state.referers.entry(call.block).or_default().insert(key);
            if !is_new {
                return message(format!("conflicting parameter \"{host}\""));
            }
        }
    }
    Ok(())
}

/// What a name with wildcards takes in a hash of names (`ngx_hash_add_key`): `.a.example` is `a.example` and
/// `*.a.example`.
pub(in crate::nginx) fn host_keys(name: &str) -> Vec<String> {
    let name = name.to_ascii_lowercase();
    match name.strip_prefix('.').filter(|rest| !rest.is_empty()) {
        Some(rest) => vec![rest.to_owned(), format!("*.{rest}")],
        None => vec![name],
    }
}

/// `ngx_http_userid_expires`.
fn userid_expires(_: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    if matches!(call.arg(0), "max" | "off") {
        return Ok(());
    }
    super::slots::valid(units::time(call.arg(0), Unit::Seconds))
}

/// `ngx_http_userid_mark`.
fn userid_mark(_: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let value = call.arg(0);
    let one = value.len() == 1 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'=');
    if value == "off" || one {
        Ok(())
    } else {
        directive("value must be \"off\" or a single letter, digit or \"=\"")
    }
}

/// `ngx_http_modern_browser`.
fn modern_browser(_: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    const BROWSERS: &[&str] = &["opera", "msie", "gecko", "safari", "konqueror"];
    let name = call.arg(0);
    if call.len() == 1 {
        // nginx refuses it without a word.
        return if name == "unlisted" { Ok(()) } else { message("") };
    }
    if !BROWSERS.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return message(format!("unknown browser name \"{name}\""));
    }
    let version = call.arg(1);
    if version.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return Ok(());
    }
    message(format!("invalid browser version \"{version}\""))
}

/// `ngx_http_set_charset_slot`.
fn charset(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let value = call.arg(0);
    if call.name() == "charset" && value == "off" {
        return Ok(());
    }
    match value.strip_prefix('$') {
        Some(name) => {
            loader.state.http.note(name);
            Ok(())
        }
        None => Ok(()),
    }
}

/// `ngx_http_perl_set`: the code is not looked into.
fn perl_set(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    script::define(loader, Section::Http, call.arg(0))?;
    unchecked(loader, call)
}

/// `secure_link_secret` and the other two do not go together (`ngx_http_secure_link_merge_conf`).
fn secure_link_secret(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    clash(loader, call, &["secure_link", "secure_link_md5"])
}

fn secure_link(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    clash(loader, call, &["secure_link_secret"])?;
    script::compile(loader, Section::Http, call.arg(0))
}

fn clash(loader: &Loader<'_>, call: &Call<'_>, others: &[&str]) -> Checked {
    if others.iter().any(|name| loader.config.named(call.block, name).next().is_some()) {
        let text = "\"secure_link_secret\" cannot be mixed with \"secure_link\" and \"secure_link_md5\"";
        return Err(Refusal::Message(text.to_owned()));
    }
    Ok(())
}

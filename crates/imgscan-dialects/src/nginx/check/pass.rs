//! `proxy_pass` and its kin, and what goes with them (`src/http/modules/ngx_http_{proxy,fastcgi,uwsgi,scgi,grpc,memcached}_module.c`).

use super::{Call, Check, Checked, Refusal, directive, invalid_parameter, message, regex, script, upstream};
use crate::nginx::address::{self, Host, Want};
use crate::nginx::config::{BlockKind, Modifier};
use crate::nginx::load::Loader;
use crate::nginx::load::state::Section;

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("proxy_pass", proxy_pass),
    ("fastcgi_pass", pass),
    ("uwsgi_pass", pass),
    ("scgi_pass", pass),
    ("grpc_pass", pass),
    ("memcached_pass", pass),
    ("tunnel_pass", pass),
    ("proxy_redirect", proxy_redirect),
    ("proxy_cookie_domain", proxy_cookie),
    ("proxy_cookie_path", proxy_cookie),
    ("proxy_cookie_flags", proxy_cookie),
    ("fastcgi_split_path_info", fastcgi_split_path_info),
];

/// The scheme of a `proxy_pass`, with its length and its port.
pub(in crate::nginx) fn scheme(url: &str) -> Option<(&'static str, &str, u16)> {
    let starts = |scheme: &str| url.get(..scheme.len()).is_some_and(|s| s.eq_ignore_ascii_case(scheme));
    let rest = |scheme: &str| url.get(scheme.len()..).unwrap_or_default();
    if starts("http://") {
        return Some(("http", rest("http://"), 80));
    }
    starts("https://").then(|| ("https", rest("https://"), 443))
}

/// `ngx_http_proxy_pass`.
fn proxy_pass(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let url = call.arg(0);
    if url.contains('$') {
        return script::compile(loader, Section::Http, url);
    }
    let Some((_, rest, port)) = scheme(url) else { return message("invalid URL prefix") };
    let want = Want { listen: false, uri: true, default_port: port };
    let address = upstream::name(loader, Section::Http, rest, want)?;
    let takes_uri = matches!(
        &loader.config.block(call.block).kind,
        BlockKind::Location(Modifier::Prefix | Modifier::Exact | Modifier::NoRegex, _)
    );
    if !takes_uri && !address.uri.is_empty() {
        return message(
            "\"proxy_pass\" cannot have URI part in location given by regular expression, \
             or inside named location, or inside \"if\" statement, or inside \"limit_except\" block",
        );
    }
    Ok(())
}

/// The part of a target of `*_pass` that names the upstream.
pub(in crate::nginx) fn target<'a>(directive: &str, url: &'a str) -> &'a str {
    let schemes: &[&str] = match directive {
        "uwsgi_pass" => &["uwsgi://", "suwsgi://"],
        "grpc_pass" => &["grpc://", "grpcs://"],
        _ => &[],
    };
    let strip = |scheme: &&str| {
        url.get(..scheme.len())
            .filter(|s| s.eq_ignore_ascii_case(scheme))
            .and_then(|_| url.get(scheme.len()..))
    };
    schemes.iter().find_map(strip).unwrap_or(url)
}

/// `ngx_http_fastcgi_pass` and its kin.
fn pass(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let url = call.arg(0);
    if call.name() == "memcached_pass" {
        loader.state.http.note("memcached_key");
    }
    if url.contains('$') {
        return script::compile(loader, Section::Http, url);
    }
    let want = Want { listen: false, uri: false, default_port: 0 };
    upstream::name(loader, Section::Http, target(call.name(), url), want).map(|_| ())
}

/// An address to bind to (`ngx_http_upstream_bind_set_slot`).
pub(super) fn bind(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let value = call.arg(0);
    if call.len() == 1 && value == "off" {
        return Ok(());
    }
    script::compile(loader, call.section(), value)?;
    if !value.contains('$') && !is_bindable(value) {
        return message(format!("invalid address \"{value}\""));
    }
    if call.len() == 2 && call.arg(1) != "transparent" {
        return invalid_parameter(call.arg(1));
    }
    Ok(())
}

/// A number with or without a port (`ngx_parse_addr_port`).
fn is_bindable(value: &str) -> bool {
    let bare_v6 = value.parse::<std::net::Ipv6Addr>().is_ok();
    let want = Want { listen: false, uri: false, default_port: 0 };
    bare_v6 || matches!(address::parse(value, want), Ok(a) if matches!(a.host, Host::Ip(_)))
}

/// `ngx_http_proxy_redirect`.
fn proxy_redirect(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let earlier: Vec<Vec<&str>> =
        loader.config.named(call.block, "proxy_redirect").map(|e| e.args().collect()).collect();
    if earlier.iter().any(|args| args == &["off"]) {
        return directive("is duplicate");
    }
    if call.len() == 1 {
        return match call.arg(0) {
            "off" if !earlier.is_empty() => directive("is duplicate"),
            "off" => Ok(()),
            "default" => {
                let pass = loader.config.named(call.block, "proxy_pass").next().and_then(|e| e.args().next());
                match pass {
                    None => message(
                        "\"proxy_redirect default\" should be placed after the \"proxy_pass\" directive",
                    ),
                    Some(url) if url.contains('$') => message(
                        "\"proxy_redirect default\" cannot be used with \"proxy_pass\" directive with variables",
                    ),
                    Some(_) => Ok(()),
                }
            }
            other => invalid_parameter(other),
        };
    }
    pattern_or_text(loader, call.arg(0))?;
    script::compile(loader, Section::Http, call.arg(1))
}

/// `~pattern`, `~*pattern`, or text with variables.
fn pattern_or_text(loader: &mut Loader<'_>, text: &str) -> Checked {
    match text.strip_prefix('~') {
        Some(pattern) => regex::compile(loader, Section::Http, pattern.strip_prefix('*').unwrap_or(pattern)),
        None => script::compile(loader, Section::Http, text),
    }
}

/// `ngx_http_proxy_cookie_domain`, `_path`, `_flags`.
fn proxy_cookie(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let earlier: Vec<Vec<&str>> =
        loader.config.named(call.block, call.name()).map(|e| e.args().collect()).collect();
    let off_before = earlier.iter().any(|args| args == &["off"]);
    if off_before || (call.len() == 1 && call.arg(0) == "off" && !earlier.is_empty()) {
        return directive("is duplicate");
    }
    if call.len() == 1 {
        return if call.arg(0) == "off" { Ok(()) } else { invalid_parameter(call.arg(0)) };
    }
    pattern_or_text(loader, call.arg(0))?;
    // What flags mean is looked at when a response comes.
    call.args().skip(1).try_for_each(|word| script::compile(loader, Section::Http, word))
}

/// `ngx_http_fastcgi_split_path_info`.
fn fastcgi_split_path_info(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let pattern = call.arg(0);
    regex::compile(loader, Section::Http, pattern)?;
    match regex::groups(pattern) {
        Some(2) | None => Ok(()),
        Some(_) => Err(Refusal::Message(format!("pattern \"{pattern}\" must have 2 captures"))),
    }
}

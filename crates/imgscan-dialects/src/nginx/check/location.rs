//! `location`, `limit_except` and `server_name` (`src/http/ngx_http_core_module.c`).

use super::{Call, Check, Checked, directive, message, regex, warn};
use crate::nginx::config::{BlockKind, Modifier};
use crate::nginx::load::Loader;
use crate::nginx::load::state::Section;

pub(super) const CHECKS: &[(&str, Check)] =
    &[("location", location), ("limit_except", limit_except), ("server_name", server_name)];

/// The modifier and the pattern of a location. `None` for a modifier that nginx does not know.
pub(super) fn split<'a>(args: &[&'a str]) -> Option<(Modifier, &'a str)> {
    if let [modifier, pattern] = args {
        let modifier = match *modifier {
            "=" => Modifier::Exact,
            "^~" => Modifier::NoRegex,
            "~" => Modifier::Regex,
            "~*" => Modifier::RegexCaseless,
            _ => return None,
        };
        return Some((modifier, pattern));
    }
    let word = args.first().copied().unwrap_or_default();
    let prefixes = [
        ("=", Modifier::Exact),
        ("^~", Modifier::NoRegex),
        ("~*", Modifier::RegexCaseless),
        ("~", Modifier::Regex),
    ];
    for (sign, modifier) in prefixes {
        if let Some(pattern) = word.strip_prefix(sign) {
            return Some((modifier, pattern));
        }
    }
    let modifier = if word.starts_with('@') { Modifier::Named } else { Modifier::Prefix };
    Some((modifier, word))
}

/// `ngx_http_core_location`.
fn location(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let args: Vec<&str> = call.args().collect();
    let Some((modifier, pattern)) = split(&args) else {
        return message(format!("invalid location modifier \"{}\"", call.arg(0)));
    };
    let is_regex = matches!(modifier, Modifier::Regex | Modifier::RegexCaseless);
    if is_regex {
        regex::compile(loader, Section::Http, pattern)?;
    }
    let BlockKind::Location(outer, around) = &loader.config.block(call.block).kind else { return Ok(()) };
    match (outer, modifier) {
        (Modifier::Exact, _) => {
            message(format!("location \"{pattern}\" cannot be inside the exact location \"{around}\""))
        }
        (Modifier::Named, _) => {
            message(format!("location \"{pattern}\" cannot be inside the named location \"{around}\""))
        }
        (_, Modifier::Named) => {
            message(format!("named location \"{pattern}\" can be on the server level only"))
        }
        _ if !is_regex && !pattern.starts_with(around.as_str()) => {
            message(format!("location \"{pattern}\" is outside location \"{around}\""))
        }
        _ => Ok(()),
    }
}

/// Methods that `limit_except` and `dav_methods` know.
pub(in crate::nginx) const METHODS: &[&str] = &[
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "MKCOL",
    "COPY",
    "MOVE",
    "OPTIONS",
    "PROPFIND",
    "PROPPATCH",
    "LOCK",
    "UNLOCK",
    "PATCH",
];

/// `ngx_http_core_limit_except`.
fn limit_except(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    if loader.config.named(call.block, "limit_except").next().is_some() {
        return directive("is duplicate");
    }
    match call.args().find(|word| !METHODS.iter().any(|m| m.eq_ignore_ascii_case(word))) {
        Some(word) => message(format!("invalid method \"{word}\"")),
        None => Ok(()),
    }
}

/// `ngx_http_core_server_name`.
fn server_name(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    for name in call.args() {
        check_name(loader, call, name)?;
    }
    Ok(())
}

/// One server name.
pub(super) fn check_name(loader: &mut Loader<'_>, call: &Call<'_>, name: &str) -> Checked {
    let star = name.starts_with('*') && (name.len() < 3 || !name.starts_with("*."));
    if star || name == "." {
        return message(format!("server name \"{name}\" is invalid"));
    }
    if name.contains('/') {
        warn(loader, call, &format!("server name \"{name}\" has suspicious symbols"));
    }
    match name.strip_prefix('~') {
        Some("") => message(format!("empty regex in server name \"{name}\"")),
        Some(pattern) => regex::compile(loader, call.section(), pattern),
        None => Ok(()),
    }
}

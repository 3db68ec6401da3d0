//! `src/http/ngx_http_core_module.c`, the rest.

use super::listen::listen;
use super::{Call, Check, Checked, directive, invalid_parameter, message, regex, script, unsure};
use crate::nginx::address::{self, Host, Want};
use crate::nginx::config::Modifier;
use crate::nginx::installed::Builder;
use crate::nginx::load::Loader;
use crate::nginx::load::state::Section;
use crate::nginx::units::{self, Unit};
use crate::nginx::version::Version;

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("listen", listen),
    ("root", root),
    ("alias", root),
    ("aio", aio),
    ("directio", directio),
    ("keepalive_timeout", keepalive_timeout),
    ("error_page", error_page),
    ("open_file_cache", open_file_cache),
    ("resolver", resolver),
    ("gzip_disable", gzip_disable),
    ("disable_symlinks", disable_symlinks),
];

/// `ngx_http_core_root`.
fn root(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let earlier = ["root", "alias"].into_iter().find(|n| loader.config.named(call.block, n).next().is_some());
    match earlier {
        Some(earlier) if earlier == call.name() => return directive("is duplicate"),
        Some(earlier) => {
            let name = call.name();
            let text =
                format!("\"{name}\" directive is duplicate, \"{earlier}\" directive was specified earlier");
            return message(text);
        }
        None => {}
    }
    if call.name() == "alias" && matches!(loader.config.location(call.block), Some((Modifier::Named, _))) {
        return message("the \"alias\" directive cannot be used inside the named location");
    }
    for variable in ["document_root", "realpath_root"] {
        if call.arg(0).contains(&format!("${variable}")) || call.arg(0).contains(&format!("${{{variable}}}"))
        {
            let name = call.name();
            return message(format!("the ${variable} variable cannot be used in the \"{name}\" directive"));
        }
    }
    script::compile(loader, Section::Http, call.arg(0))
}

/// `ngx_http_core_set_aio`, for Linux.
fn aio(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let value = call.arg(0);
    if value == "on" {
        return match loader.world.installed.builder {
            // They leave `--with-file-aio` out.
            Builder::Debian => message("\"aio on\" is unsupported on this platform"),
            Builder::Official => Ok(()),
            _ => {
                unsure(loader, call, "whether this nginx was built with file AIO is not known");
                Ok(())
            }
        };
    }
    if matches!(value, "off" | "threads") {
        return Ok(());
    }
    let Some(name) = value.strip_prefix("threads=") else { return directive("invalid value") };
    script::compile(loader, Section::Http, name)?;
    if !name.contains('$') {
        let whereabouts = loader.whereabouts();
        loader.state.thread_pools.push((name.to_owned(), whereabouts));
    }
    Ok(())
}

/// `ngx_http_core_directio`.
fn directio(_: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    if call.arg(0) == "off" { Ok(()) } else { super::slots::valid(units::offset(call.arg(0))) }
}

/// `ngx_http_core_keepalive`.
fn keepalive_timeout(_: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    super::slots::valid(units::time(call.arg(0), Unit::Milliseconds))?;
    if call.len() == 1 { Ok(()) } else { super::slots::valid(units::time(call.arg(1), Unit::Seconds)) }
}

/// `ngx_http_core_error_page`.
fn error_page(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let args: Vec<&str> = call.args().collect();
    let (codes, uri) = args.split_at(args.len().saturating_sub(1));
    let mut codes = codes;
    if let Some((last, rest)) = codes.split_last()
        && let Some(overwrite) = last.strip_prefix('=')
    {
        if rest.is_empty() || (!overwrite.is_empty() && units::number(overwrite).is_none()) {
            return message(format!("invalid value \"{last}\""));
        }
        codes = rest;
    }
    script::compile(loader, Section::Http, uri.first().copied().unwrap_or_default())?;
    for code in codes {
        match units::number(code) {
            None | Some(499) => return message(format!("invalid value \"{code}\"")),
            Some(number) if !(300..=599).contains(&number) => {
                return message(format!("value \"{code}\" must be between 300 and 599"));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// `ngx_http_core_open_file_cache`.
fn open_file_cache(_: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let mut max = false;
    let mut off = false;
    for word in call.args() {
        let known = match word.split_once('=') {
            Some(("max", number)) => {
                max = units::number(number).is_some_and(|n| n > 0);
                max
            }
            Some(("inactive", time)) => units::time(time, Unit::Seconds).is_some(),
            _ => {
                off |= word == "off";
                word == "off"
            }
        };
        if !known {
            return message(format!("invalid \"open_file_cache\" parameter \"{word}\""));
        }
    }
    if !max && !off {
        return message("\"open_file_cache\" must have the \"max\" parameter");
    }
    Ok(())
}

/// `ngx_resolver_create`.
pub(super) fn resolver(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let (mut ipv4, mut ipv6, mut servers) = (true, true, 0);
    let since_1_23_1 = loader.world.installed.version.is_none_or(|v| v >= Version(1, 23, 1));
    for word in call.args() {
        let switch = |value: &str| match value {
            "on" => Ok(true),
            "off" => Ok(false),
            _ => Err(super::Refusal::Message(format!("invalid parameter: {word}"))),
        };
        match word.split_once('=') {
            Some(("valid", time)) => {
                if units::time(time, Unit::Seconds).is_none() {
                    return message(format!("invalid parameter: {word}"));
                }
            }
            Some(("ipv4", value)) if since_1_23_1 => ipv4 = switch(value)?,
            Some(("ipv6", value)) => ipv6 = switch(value)?,
            _ => {
                let want = Want { listen: false, uri: false, default_port: 53 };
                let address = address::parse(word, want)
                    .map_err(|words| super::Refusal::Message(format!("{words} in resolver \"{word}\"")))?;
                if let Host::Name(name) = &address.host {
                    needs_name(loader, call, name);
                }
                servers += 1;
            }
        }
    }
    if !ipv4 && !ipv6 {
        return message("\"ipv4\" and \"ipv6\" cannot both be \"off\"");
    }
    if servers == 0 {
        return message("no name servers defined");
    }
    Ok(())
}

/// Notes that nginx starts only if a name can be resolved. `localhost` always can.
pub(super) fn needs_name(loader: &mut Loader<'_>, call: &Call<'_>, name: &str) {
    if !name.eq_ignore_ascii_case("localhost") {
        unsure(loader, call, &format!("nginx starts only if the host name `{name}` can be resolved then"));
    }
}

/// `ngx_http_gzip_disable`.
fn gzip_disable(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    for pattern in call.args().filter(|p| *p != "msie6") {
        regex::compile(loader, Section::Http, pattern)?;
    }
    Ok(())
}

/// `ngx_http_disable_symlinks`.
fn disable_symlinks(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let (mut mode, mut from) = (None, false);
    for word in call.args() {
        match word {
            "off" | "on" | "if_not_owner" => mode = Some(word),
            _ => {
                let Some(path) = word.strip_prefix("from=") else { return invalid_parameter(word) };
                script::compile(loader, Section::Http, path)?;
                from = true;
            }
        }
    }
    match (mode, from) {
        (None, _) => message("\"disable_symlinks\" must have \"off\", \"on\" or \"if_not_owner\" parameter"),
        (Some(_), false) if call.len() == 2 => {
            message(format!("duplicate parameters \"{} {}\"", call.arg(0), call.arg(1)))
        }
        (Some("off"), true) => message("\"from=\" cannot be used with \"off\" parameter"),
        _ => Ok(()),
    }
}

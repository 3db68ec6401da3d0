//! `upstream` and its members (`src/http/ngx_http_upstream.c` and the balancing modules; stream has the same).

use std::collections::HashSet;

use super::{Call, Check, Checked, Refusal, http_core, invalid_parameter, message, script, warn};
use crate::nginx::address::{self, Address, Host, Want};
use crate::nginx::config::{BlockId, Weight};
use crate::nginx::load::Loader;
use crate::nginx::load::state::{Section, UpstreamUse};
use crate::nginx::units::{self, Unit};
use crate::nginx::version::Version;

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("upstream", upstream),
    ("server", server),
    ("keepalive", keepalive),
    ("hash", balancer),
    ("ip_hash", balancer),
    ("least_conn", balancer),
    ("least_time", balancer),
    ("random", balancer),
    ("zone", zone),
];

/// `ngx_http_upstream`.
pub(super) fn upstream(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let inner = BlockId(loader.config.blocks.len());
    let host = call.arg(0);
    let whereabouts = loader.whereabouts();
    let uses = loader.state.upstreams.entry(call.section()).or_default();
    let mut found = None;
    for (i, known) in uses.iter().enumerate().filter(|(_, u)| u.host.eq_ignore_ascii_case(host)) {
        if known.block.is_some() {
            return message(format!("duplicate upstream \"{host}\""));
        }
        if let Some(port) = known.port {
            let words = format!("upstream \"{host}\" may not have port {port}{}", known.whereabouts);
            loader.complain_bare(Weight::Fatal, words, None);
            return Ok(());
        }
        found = found.or(Some(i));
    }
    match found.and_then(|i| uses.get_mut(i)) {
        Some(known) => known.block = Some(inner),
        None => uses.push(UpstreamUse {
            host: host.to_owned(),
            port: None,
            default_port: 0,
            is_socket: false,
            block: Some(inner),
            whereabouts,
        }),
    }
    Ok(())
}

/// Names an upstream (`ngx_http_upstream_add` without `CREATE`). Nothing is resolved: that comes at the end of the block.
pub(super) fn name(
    loader: &mut Loader<'_>,
    section: Section,
    url: &str,
    want: Want,
) -> Result<Address, Refusal> {
    let address = address::parse(url, want)
        .map_err(|words| Refusal::Message(format!("{words} in upstream \"{url}\"")))?;
    let host = match &address.host {
        Host::Unix(path) => path.clone(),
        _ => address.host_text(),
    };
    let port = address.has_port.then_some(address.port);
    let whereabouts = loader.whereabouts();
    let uses = loader.state.upstreams.entry(section).or_default();
    for known in uses.iter().filter(|u| u.host.eq_ignore_ascii_case(&host)) {
        if let (Some(_), Some(port)) = (known.block, port) {
            return Err(Refusal::Message(format!("upstream \"{host}\" may not have port {port}")));
        }
    }
    let is_socket = matches!(address.host, Host::Unix(_));
    uses.push(UpstreamUse {
        host,
        port,
        default_port: want.default_port,
        is_socket,
        block: None,
        whereabouts,
    });
    Ok(address)
}

/// The members of `upstream` (`ngx_http_upstream_server`). The other `server` is a block without arguments.
pub(super) fn server(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    if call.row.arity.block {
        return Ok(());
    }
    let version = loader.world.installed.version;
    let since = |first: Version| version.is_none_or(|v| v >= first);
    let methods = Methods::read(loader, call.block);
    let (mut resolve, mut service) = (false, None);
    for word in call.args().skip(1) {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        let supported = match name {
            "weight" => methods.weight,
            "max_conns" => methods.max_conns,
            "max_fails" | "fail_timeout" => methods.max_fails,
            "backup" => methods.backup,
            _ => true,
        };
        let valid = match (name, word.contains('=')) {
            ("weight", true) => units::number(value).is_some_and(|n| n > 0),
            ("max_conns" | "max_fails", true) => units::number(value).is_some(),
            ("fail_timeout", true) => units::time(value, Unit::Seconds).is_some(),
            ("backup" | "down", false) => true,
            ("drain", false) => since(Version(1, 29, 6)) && call.section() == Section::Http,
            ("route", true) if since(Version(1, 29, 6)) && call.section() == Section::Http => {
                if value.is_empty() {
                    return message("route is empty");
                }
                true
            }
            ("resolve", false) => {
                resolve = true;
                since(Version(1, 27, 3))
            }
            ("service", true) => {
                service = Some(value);
                since(Version(1, 27, 3))
            }
            _ => false,
        };
        if !supported {
            return message(format!("balancing method does not support parameter \"{word}\""));
        }
        if !valid {
            return invalid_parameter(word);
        }
    }
    if service == Some("") {
        return message("service is empty");
    }
    let url = call.arg(0);
    if service.is_some() && !resolve {
        return message(format!("service upstream \"{url}\" requires \"resolve\" parameter"));
    }
    let want = Want {
        listen: false,
        uri: false,
        default_port: if call.section() == Section::Http { 80 } else { 0 },
    };
    let address = address::parse(url, want)
        .map_err(|words| Refusal::Message(format!("{words} in upstream \"{url}\"")))?;
    if call.section() == Section::Stream && !address.has_port && !matches!(address.host, Host::Unix(_)) {
        return message(format!("no port in upstream \"{url}\""));
    }
    match &address.host {
        Host::Name(name) if !resolve => http_core::needs_name(loader, call, name),
        _ => {}
    }
    Ok(())
}

/// What the balancing method of a block supports, as far as it has been set before.
struct Methods {
    weight: bool,
    max_conns: bool,
    max_fails: bool,
    backup: bool,
}

impl Methods {
    fn read(loader: &Loader<'_>, block: BlockId) -> Methods {
        let mut methods = Methods { weight: true, max_conns: true, max_fails: true, backup: true };
        for entry in &loader.config.block(block).entries {
            // `ip_hash`, `hash` and `random` do not know spare members.
            if matches!(entry.name(), "ip_hash" | "hash" | "random") {
                methods.backup = false;
            }
        }
        methods
    }
}

/// The methods that set `init_upstream`; before 1.29.7 `keepalive` did, too.
fn has_method(loader: &Loader<'_>, block: BlockId) -> bool {
    let keepalive_counts = loader.world.installed.version.is_none_or(|v| v < Version(1, 29, 7));
    loader.config.block(block).entries.iter().any(|e| match e.name() {
        "hash" | "ip_hash" | "least_conn" | "least_time" | "random" => true,
        "keepalive" => keepalive_counts,
        _ => false,
    })
}

/// `hash`, `ip_hash`, `least_conn`, `least_time`, `random`.
pub(super) fn balancer(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    if has_method(loader, call.block) {
        warn(loader, call, "load balancing method redefined");
    }
    match call.name() {
        "hash" => {
            script::compile(loader, call.section(), call.arg(0))?;
            if call.len() == 2 && call.arg(1) != "consistent" {
                return invalid_parameter(call.arg(1));
            }
        }
        "random" => {
            if call.len() > 0 && call.arg(0) != "two" {
                return invalid_parameter(call.arg(0));
            }
            if call.len() == 2
                && !matches!(
                    call.arg(1),
                    "least_conn" | "least_time" | "least_time=header" | "least_time=last_byte"
                )
            {
                return invalid_parameter(call.arg(1));
            }
        }
        _ => {}
    }
    Ok(())
}

/// `ngx_http_upstream_keepalive`.
fn keepalive(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let count = call.arg(0);
    let refused = || message(format!("invalid value \"{count}\" in \"keepalive\" directive"));
    match (units::number(count), loader.world.installed.version) {
        (None, _) => return refused(),
        (Some(0), Some(version)) if version < Version(1, 29, 7) => return refused(),
        (Some(0), None) => super::unsure(loader, call, "`keepalive 0` is known since nginx 1.29.7"),
        _ => {}
    }
    if call.len() == 2 && call.arg(1) != "local" {
        return invalid_parameter(call.arg(1));
    }
    Ok(())
}

/// `ngx_http_upstream_zone`.
pub(super) fn zone(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let name = call.arg(0);
    if name.is_empty() {
        return message(format!("invalid zone name \"{name}\""));
    }
    let mut size = None;
    if call.len() == 2 {
        size = units::size(call.arg(1));
        match size {
            None => return message(format!("invalid zone size \"{}\"", call.arg(1))),
            Some(size) if size < 8 * 4096 => return message(format!("zone \"{name}\" is too small")),
            Some(_) => {}
        }
    }
    let tag = if call.section() == Section::Http { "upstream" } else { "stream upstream" };
    super::zones::add(loader, name, size, tag).map(|_| ())
}

/// The end of the block.
pub(super) fn close(loader: &mut Loader<'_>, block: BlockId) {
    if loader.config.block(block).entries.iter().any(|e| e.name() == "server") {
        return;
    }
    if loader.config.block(block).entries.iter().any(|e| e.row.is_none()) {
        return;
    }
    loader.complain(Weight::Fatal, "no servers are inside upstream", None);
}

/// Says which names have to be resolved at the start, once every upstream is known
/// (`ngx_http_upstream_init_round_robin`).
pub(in crate::nginx) fn resolve_all(loader: &mut Loader<'_>, section: Section) {
    let uses = loader.state.upstreams.get(&section).cloned().unwrap_or_default();
    let defined: HashSet<String> =
        uses.iter().filter(|u| u.block.is_some()).map(|u| u.host.to_ascii_lowercase()).collect();
    for known in &uses {
        spare_only(loader, known);
    }
    let mut said = HashSet::new();
    for known in uses.iter().filter(|u| u.block.is_none() && !u.is_socket) {
        let host = &known.host;
        if defined.contains(&host.to_ascii_lowercase()) {
            continue;
        }
        if known.port.is_none() && known.default_port == 0 {
            let text = format!("no port in upstream \"{host}\"{}", known.whereabouts);
            loader.complain_bare(Weight::Fatal, text, None);
            continue;
        }
        let is_number = host.starts_with('[') || address::ipv4(host).is_some();
        if !is_number && !host.eq_ignore_ascii_case("localhost") && said.insert(host.clone()) {
            let text = format!(
                "nginx starts only if the host name `{host}` can be resolved then{}",
                known.whereabouts
            );
            loader.complain_bare(Weight::Unsure, text, None);
        }
    }
}

/// A group of nothing but spare members.
fn spare_only(loader: &mut Loader<'_>, known: &UpstreamUse) {
    let Some(block) = known.block.filter(|b| b.0 < loader.config.blocks.len()) else { return };
    let members: Vec<bool> =
        loader.config.named(block, "server").map(|e| e.args().skip(1).any(|a| a == "backup")).collect();
    if !members.is_empty() && members.iter().all(|spare| *spare) {
        let text = format!("no servers in upstream \"{}\"{}", known.host, known.whereabouts);
        loader.complain_bare(Weight::Fatal, text, None);
    }
}

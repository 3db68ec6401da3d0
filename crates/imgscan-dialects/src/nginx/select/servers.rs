//! The server for a request: by socket first, then by name (`ngx_http_find_virtual_server`).

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Question;
use crate::nginx::check::regex::{Captures, Pattern};
use crate::nginx::config::{BlockId, BlockKind, Config};
use crate::nginx::reading::Read;
use crate::nginx::scopes::server_names;
use crate::nginx::sockets::{self, Socket};

/// The servers that may take the request, and the default one of the socket.
pub(super) struct Choice {
    pub(super) candidates: Vec<Candidate>,
    pub(super) default: Option<BlockId>,
    /// Whether the socket speaks TLS; `None` where that is not certain.
    pub(super) tls: Option<bool>,
    pub(super) port: Option<u16>,
}

/// A server with what its name captured.
pub(super) struct Candidate {
    pub(super) server: BlockId,
    pub(super) captures: Captures,
}

/// A server on a socket.
struct Seat {
    server: BlockId,
    is_default: bool,
    tls: bool,
}

/// Chooses. `None` where nothing listens.
pub(super) fn choose(read: &Read, question: &Question, unsure: &mut Vec<String>) -> Option<Choice> {
    let config = &read.config;
    let kind = if question.stream { BlockKind::StreamServer } else { BlockKind::Server };
    let servers: Vec<BlockId> = (0..config.blocks.len())
        .map(BlockId)
        .filter(|id| config.block(*id).kind == kind && config.head(*id).is_some())
        .collect();
    let mut seats: Vec<(Socket, Seat)> = Vec::new();
    for server in servers {
        seats_of(read, server, &mut seats, unsure);
    }
    let socket = socket(&seats, question, unsure)?;
    let seats: Vec<&Seat> = seats.iter().filter(|(s, _)| *s == socket).map(|(_, seat)| seat).collect();
    let default = seats.iter().find(|s| s.is_default).or(seats.first())?.server;
    let all_tls = seats.iter().any(|s| s.tls);
    let host = question.host.as_deref().map(host_name).unwrap_or_default();
    let taking: Vec<BlockId> = seats.iter().map(|s| s.server).collect();
    let candidates = by_name(config, &taking, default, &host, unsure);
    let port = match &socket {
        Socket::Ip { port, .. } => Some(*port),
        Socket::Unix { .. } => None,
    };
    Some(Choice { candidates, default: Some(default), tls: Some(all_tls), port })
}

fn seats_of(read: &Read, server: BlockId, seats: &mut Vec<(Socket, Seat)>, unsure: &mut Vec<String>) {
    let config = &read.config;
    let mut any = false;
    for entry in config.named(server, "listen") {
        any = true;
        if config.has_hole(entry) {
            unsure.push("where a server listens is not known".to_owned());
            continue;
        }
        let args: Vec<&str> = entry.args().collect();
        let has = |word: &str| args.iter().skip(1).any(|a| *a == word);
        let found = sockets::of_listen(&args);
        if found.is_empty() {
            unsure.push(format!("what `{}` resolves to is not known", args.first().unwrap_or(&"")));
        }
        for socket in
            found.into_iter().filter(|s| !matches!(s, Socket::Ip { datagrams: true, .. }) || has("udp"))
        {
            let is_default = has("default_server") || has("default");
            seats.push((socket, Seat { server, is_default, tls: has("ssl") }));
        }
    }
    let written = config.block(server).entries.iter().any(|e| e.name() == "listen");
    if !any && !written && config.block(server).kind == BlockKind::Server {
        match read.default_port() {
            Some(port) => seats.push((Socket::any(port), Seat { server, is_default: false, tls: false })),
            None => {
                unsure.push("whether a server without `listen` takes port 80 or 8000 is not known".to_owned())
            }
        }
    }
}

/// The port of a request of which nothing is said: 80, or 443 if nothing listens on 80, or the only one there is.
fn usual_port(seats: &[(Socket, Seat)]) -> u16 {
    let ports = seats.iter().filter_map(|(socket, _)| match socket {
        Socket::Ip { port, .. } => Some(*port),
        Socket::Unix { .. } => None,
    });
    let ports: BTreeSet<u16> = ports.collect();
    let only = ports.first().copied().filter(|_| ports.len() == 1);
    [80, 443].into_iter().find(|p| ports.contains(p)).or(only).unwrap_or(80)
}

/// The socket at which the request arrives.
fn socket(seats: &[(Socket, Seat)], question: &Question, unsure: &mut Vec<String>) -> Option<Socket> {
    let on = |port: u16| -> Vec<&Socket> {
        let mut found: Vec<&Socket> = Vec::new();
        for (socket, _) in seats {
            if matches!(socket, Socket::Ip { port: p, .. } if *p == port) && !found.contains(&socket) {
                found.push(socket);
            }
        }
        found
    };
    let port = question.port.unwrap_or_else(|| usual_port(seats));
    let found = on(port);
    let ip_of = |socket: &Socket| match socket {
        Socket::Ip { ip, .. } => Some(*ip),
        Socket::Unix { .. } => None,
    };
    let at = |ip: IpAddr| found.iter().find(|s| ip_of(s) == Some(ip)).map(|s| (*s).clone());
    let any4 = at(Ipv4Addr::UNSPECIFIED.into());
    let any6 = at(Ipv6Addr::UNSPECIFIED.into());
    if let Some(address) = question.address {
        let any = if address.is_ipv4() { any4 } else { any6 };
        return at(address).or(any);
    }
    let specific: Vec<&&Socket> = found.iter().filter(|s| !s.is_wildcard()).collect();
    let any = any4.or(any6);
    if any.is_some() && !specific.is_empty() {
        unsure
            .push(format!("some servers take port {port} on single addresses only: say at which it arrives"));
    }
    if any.is_none() && specific.len() > 1 {
        unsure.push(format!("servers take port {port} on several addresses: say at which it arrives"));
    }
    any.or_else(|| specific.first().map(|s| (**s).clone()))
}

/// The name in a `Host`: lower case, without port and final dot.
fn host_name(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    let name = match host.strip_prefix('[') {
        Some(_) => host.split_inclusive(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.strip_suffix('.').unwrap_or(name).to_owned()
}

/// How well a name fits, the weakest first; of equals the first server holds. Patterns come after all of these.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// `www.*`, with the length of the fixed part.
    Tail(usize),
    /// `*.example.org`, with the length of the fixed part.
    Head(usize),
    Exact,
}

/// The servers that the name may lead to: one, or more where a name is not known.
fn by_name(
    config: &Config,
    servers: &[BlockId],
    default: BlockId,
    host: &str,
    unsure: &mut Vec<String>,
) -> Vec<Candidate> {
    let mut best: Option<(Fit, BlockId)> = None;
    let mut patterns: Vec<(BlockId, String)> = Vec::new();
    for server in servers {
        let names = server_names(config, *server);
        let holes = config.named(*server, "server_name").any(|e| config.has_hole(e));
        if holes || names.iter().any(|n| n.eq_ignore_ascii_case("$hostname")) {
            unsure.push("a server name is not known".to_owned());
        }
        let unnamed = [String::new()];
        let names = if names.is_empty() { unnamed.as_slice() } else { names.as_slice() };
        for name in names {
            if let Some(pattern) = name.strip_prefix('~') {
                patterns.push((*server, pattern.to_owned()));
                continue;
            }
            if let Some(fit) = fit(&name.to_ascii_lowercase(), host)
                && best.is_none_or(|(other, _)| fit > other)
            {
                best = Some((fit, *server));
            }
        }
    }
    if let Some((_, server)) = best {
        return vec![Candidate { server, captures: Captures::new() }];
    }
    by_pattern(&patterns, default, host)
}

/// The first pattern that matches; those of which that is not known come into question, too.
fn by_pattern(patterns: &[(BlockId, String)], default: BlockId, host: &str) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::new();
    if !host.is_empty() {
        for (server, text) in patterns {
            let caseless = text.bytes().any(|b| b.is_ascii_uppercase());
            match Pattern::new(text, caseless).captures(host) {
                Ok(Some(captures)) => {
                    candidates.push(Candidate { server: *server, captures });
                    return candidates;
                }
                Ok(None) => {}
                Err(_) => candidates.push(Candidate { server: *server, captures: Captures::new() }),
            }
        }
    }
    candidates.insert(0, Candidate { server: default, captures: Captures::new() });
    candidates
}

fn fit(name: &str, host: &str) -> Option<Fit> {
    if let Some(domain) = name.strip_prefix('.').filter(|d| !d.is_empty()) {
        if domain == host {
            return Some(Fit::Exact);
        }
        return is_below(host, domain).then_some(Fit::Head(domain.len()));
    }
    if let Some(domain) = name.strip_prefix("*.") {
        return is_below(host, domain).then_some(Fit::Head(domain.len()));
    }
    if let Some(start) = name.strip_suffix(".*") {
        let rest = host.strip_prefix(start)?.strip_prefix('.')?;
        return (!rest.is_empty()).then_some(Fit::Tail(start.len()));
    }
    (name == host).then_some(Fit::Exact)
}

fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).and_then(|h| h.strip_suffix('.')).is_some_and(|h| !h.is_empty())
}

//! Certificates (`ngx_http_ssl_merge_srv_conf`, `ngx_http_ssl_init`).

use imgscan_model::FileError;

use crate::nginx::config::{BlockId, BlockKind, Entry, Weight};
use crate::nginx::load::Loader;
use crate::nginx::sockets::Socket;
use crate::nginx::version::Version;

/// The entries of a name on the innermost level that has some.
fn effective<'a>(loader: &'a Loader<'_>, server: BlockId, name: &'a str) -> Vec<&'a Entry> {
    for level in loader.config.chain(server) {
        let found: Vec<&Entry> = loader.config.named(level, name).collect();
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

fn first<'a>(loader: &'a Loader<'_>, server: BlockId, name: &'a str) -> Option<&'a str> {
    effective(loader, server, name).first().and_then(|e| e.args().next())
}

fn is_on(loader: &Loader<'_>, server: BlockId, name: &str) -> bool {
    first(loader, server, name).is_some_and(|v| v.eq_ignore_ascii_case("on"))
}

/// Checks each server when it is merged.
pub(super) fn merge(loader: &mut Loader<'_>, http: BlockId) {
    let servers: Vec<BlockId> =
        loader.config.children(http).filter(|b| loader.config.block(*b).kind == BlockKind::Server).collect();
    for server in servers {
        server_certificates(loader, server);
    }
}

fn server_certificates(loader: &mut Loader<'_>, server: BlockId) {
    let values = |name: &str| -> Vec<String> {
        effective(loader, server, name).iter().filter_map(|e| e.args().next()).map(str::to_owned).collect()
    };
    let (certificates, keys) = (values("ssl_certificate"), values("ssl_certificate_key"));
    if let Some(missing) = switched_on(loader, server, &certificates, keys.len()) {
        loader.complain_bare(Weight::Fatal, missing, None);
        return;
    }
    let Some(last) = certificates.last() else { return };
    if keys.len() < certificates.len() {
        let text = format!("no \"ssl_certificate_key\" is defined for certificate \"{last}\"");
        loader.complain_bare(Weight::Fatal, text, None);
        return;
    }
    let mut files: Vec<String> = certificates;
    files.extend(keys);
    if !files.iter().any(|f| f.contains('$')) {
        files.iter().for_each(|file| needed(loader, file));
    }
    verify(loader, server);
    for name in [
        "ssl_dhparam",
        "ssl_crl",
        "ssl_client_certificate",
        "ssl_trusted_certificate",
        "ssl_session_ticket_key",
    ] {
        if let Some(file) = first(loader, server, name).map(str::to_owned).filter(|f| !f.is_empty()) {
            needed(loader, &file);
        }
    }
}

fn verify(loader: &mut Loader<'_>, server: BlockId) {
    let verify = first(loader, server, "ssl_verify_client").unwrap_or("off").to_ascii_lowercase();
    let any = ["ssl_client_certificate", "ssl_trusted_certificate"]
        .iter()
        .any(|name| first(loader, server, name).is_some_and(|f| !f.is_empty()));
    if !matches!(verify.as_str(), "off" | "optional_no_ca") && !any {
        // Before 1.27.3 the trusted certificates did not count and the wording was shorter; both are refused.
        let text = "no ssl_client_certificate or ssl_trusted_certificate for ssl_verify_client";
        loader.complain_bare(Weight::Fatal, text.to_owned(), None);
    }
}

/// What a server lacks that the old `ssl on` makes a server with TLS.
fn switched_on(loader: &Loader<'_>, server: BlockId, certificates: &[String], keys: usize) -> Option<String> {
    let entry = effective(loader, server, "ssl").into_iter().next()?;
    if !is_on(loader, server, "ssl") {
        return None;
    }
    let line = loader.line_of(entry);
    match certificates.last() {
        None if is_on(loader, server, "ssl_reject_handshake") => None,
        None => Some(format!("no \"ssl_certificate\" is defined for the \"ssl\" directive{line}")),
        Some(_) if keys == 0 => {
            Some(format!("no \"ssl_certificate_key\" is defined for the \"ssl\" directive{line}"))
        }
        Some(last) if keys < certificates.len() => Some(format!(
            "no \"ssl_certificate_key\" is defined for certificate \"{last}\" and the \"ssl\" directive{line}"
        )),
        Some(_) => None,
    }
}

/// A file that has to be there at the start. One that is not in the image may come with a mount.
fn needed(loader: &mut Loader<'_>, file: &str) {
    if file.starts_with("data:") || file.starts_with("engine:") || file.starts_with("store:") {
        return;
    }
    let path = loader.world.paths.in_conf(file);
    let found = loader.world.files.resolve(&loader.world.paths.absolute(&path));
    if matches!(found, Err(FileError::NotFound | FileError::NotADirectory | FileError::Unknown(_))) {
        let text = format!("nginx starts only if the file `{path}` is there then");
        if !loader.config.complaints.iter().any(|c| c.message == text) {
            loader.complain_bare(Weight::Unsure, text, None);
        }
    }
}

/// Checks what the sockets with TLS need.
pub(super) fn listeners(loader: &mut Loader<'_>, http: BlockId) {
    let _ = http;
    let mut sockets: Vec<(Socket, Vec<BlockId>)> = loader
        .state
        .sockets
        .iter()
        .filter(|(socket, known)| known.has_tls() || socket.is_udp())
        .map(|(socket, known)| (socket.clone(), known.servers.clone()))
        .collect();
    sockets.sort();
    let foreign = loader.state.foreign_variables;
    for (socket, servers) in sockets {
        let default = default_server(loader, &socket, &servers);
        let lacks = |server: BlockId| {
            effective(loader, server, "ssl_certificate").is_empty()
                && !is_on(loader, server, "ssl_reject_handshake")
        };
        let Some(default) = default else { continue };
        let refused = if !effective(loader, default, "ssl_certificate").is_empty() {
            None
        } else if lacks(default) {
            Some(default)
        } else {
            servers.iter().copied().find(|s| lacks(*s))
        };
        if let Some(server) = refused {
            let whereabouts = loader.head_line(server);
            // Over UDP it can only be QUIC.
            let what = if socket.is_udp() { "quic" } else { "ssl" };
            let text = format!(
                "no \"ssl_certificate\" is defined for the \"listen ... {what}\" directive{whereabouts}"
            );
            let weight = if foreign { Weight::Unsure } else { Weight::Fatal };
            loader.complain_bare(weight, text, None);
        }
    }
}

/// Servers of `stream` (`ngx_stream_ssl_merge_srv_conf`, since 1.25.5 `ngx_stream_ssl_init`).
pub(super) fn stream(loader: &mut Loader<'_>, block: BlockId) {
    let servers: Vec<BlockId> = loader
        .config
        .children(block)
        .filter(|b| loader.config.block(*b).kind == BlockKind::StreamServer)
        .collect();
    let with_names = loader.world.installed.version.is_some_and(|v| v >= Version(1, 25, 5));
    let mut defaults: Vec<Socket> = Vec::new();
    for server in servers {
        let tls =
            loader.config.named(server, "listen").filter(|e| e.args().skip(1).any(|a| a == "ssl")).last();
        let line = tls.map(|e| loader.line_of(e));
        let sockets: Vec<Socket> = loader
            .config
            .named(server, "listen")
            .flat_map(|e| crate::nginx::sockets::of_listen(&e.args().collect::<Vec<_>>()))
            .collect();
        // Of servers that share a socket only the default one has to have a certificate.
        let is_first = sockets.iter().any(|s| !defaults.contains(s));
        defaults.extend(sockets);
        let certificates = effective(loader, server, "ssl_certificate").len();
        let keys = effective(loader, server, "ssl_certificate_key").len();
        match line {
            Some(line) if certificates == 0 => {
                let rejects = with_names && is_on(loader, server, "ssl_reject_handshake");
                if !rejects && (is_first || !with_names) {
                    let at = if with_names { loader.head_line(server) } else { line };
                    let text =
                        format!("no \"ssl_certificate\" is defined for the \"listen ... ssl\" directive{at}");
                    loader.complain_bare(Weight::Fatal, text, None);
                }
            }
            Some(line) if keys == 0 && !with_names => {
                let text = format!(
                    "no \"ssl_certificate_key\" is defined for the \"listen ... ssl\" directive{line}"
                );
                loader.complain_bare(Weight::Fatal, text, None);
            }
            _ if line.is_some() || with_names => server_certificates(loader, server),
            _ => {}
        }
    }
}

/// The server that takes what no name of the socket's others matches.
fn default_server(loader: &Loader<'_>, socket: &Socket, servers: &[BlockId]) -> Option<BlockId> {
    let marked = servers.iter().copied().find(|server| {
        loader.config.named(*server, "listen").any(|e| {
            let args: Vec<&str> = e.args().collect();
            args.iter().skip(1).any(|a| matches!(*a, "default_server" | "default"))
                && crate::nginx::sockets::of_listen(&args).contains(socket)
        })
    });
    marked.or_else(|| servers.first().copied())
}

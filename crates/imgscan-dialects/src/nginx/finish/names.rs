//! Server names that conflict or do not fit (`ngx_http_server_names`).

use std::collections::HashSet;

use crate::nginx::check::pairs::{is_host_key, longest_key};
use crate::nginx::config::{BlockId, Weight};
use crate::nginx::load::Loader;
use crate::nginx::sockets::Socket;
use crate::nginx::units;

/// Checks the names of the servers of each socket, where there are several.
pub(super) fn check(loader: &mut Loader<'_>, http: BlockId) {
    let bucket = bucket_size(loader, http);
    let mut sockets: Vec<(Socket, Vec<BlockId>)> =
        loader.state.sockets.iter().map(|(socket, known)| (socket.clone(), known.servers.clone())).collect();
    sockets.sort_by_key(|(_, servers)| servers.first().copied());
    for (socket, servers) in sockets {
        if servers.len() > 1 {
            on_socket(loader, &socket, &servers, bucket);
        }
    }
}

fn on_socket(loader: &mut Loader<'_>, socket: &Socket, servers: &[BlockId], bucket: usize) {
    let mut seen: HashSet<String> = HashSet::new();
    let text = socket.text();
    let mut long = false;
    for server in servers {
        let (names, known) = names(loader, *server);
        if !known {
            continue;
        }
        for name in names {
            if !is_host_key(&name) {
                let words = format!("invalid server name or wildcard \"{name}\" on {text}");
                loader.complain_bare(Weight::Fatal, words, None);
                continue;
            }
            long |= !name.contains('*') && name.len() > longest_key(bucket);
            if !seen.insert(name.clone()) {
                let words = format!("conflicting server name \"{name}\" on {text}, ignored");
                let place = loader.config.head(*server).and_then(|head| loader.config.place(head));
                loader.complain_bare(Weight::Warning, words, place);
            }
        }
    }
    if long {
        let words = format!(
            "could not build server_names_hash, you should increase server_names_hash_bucket_size: {bucket}"
        );
        loader.complain_bare(Weight::Fatal, words, None);
    }
}

/// The names of a server in lower case without regular expressions, and whether all are known.
fn names(loader: &Loader<'_>, server: BlockId) -> (Vec<String>, bool) {
    let mut names = Vec::new();
    let mut known = true;
    let mut any = false;
    for entry in loader.config.named(server, "server_name") {
        any = true;
        known &= !loader.config.has_hole(entry);
        for name in entry.args() {
            known &= !name.eq_ignore_ascii_case("$hostname");
            if !name.starts_with('~') {
                names.push(name.to_ascii_lowercase());
            }
        }
    }
    if !any {
        names.push(String::new());
    }
    (names, known)
}

/// `server_names_hash_bucket_size`, a multiple of a cache line.
fn bucket_size(loader: &Loader<'_>, http: BlockId) -> usize {
    let set = loader.config.named(http, "server_names_hash_bucket_size").find_map(|e| e.args().next());
    let size = set.and_then(units::number).and_then(|n| usize::try_from(n).ok()).unwrap_or(64);
    size.next_multiple_of(64)
}

//! Hashes that cannot be built (`ngx_hash_init`).

use super::has_server;
use crate::nginx::check::pairs::longest_key;
use crate::nginx::config::{BlockId, Weight};
use crate::nginx::load::Loader;
use crate::nginx::units;

/// Hashes of levels: a size of 0 is enough to make them fail.
pub(super) fn merged(loader: &mut Loader<'_>, http: BlockId) {
    if !has_server(loader, http) {
        return;
    }
    for hash in ["types_hash", "proxy_headers_hash"] {
        for kind in ["bucket_size", "max_size"] {
            let name = format!("{hash}_{kind}");
            // Inner locations share the hash of types with the server.
            let servers = |id: &BlockId| hash != "types_hash" || loader.config.location(*id).is_none();
            let zero = (http.0..loader.config.blocks.len()).map(BlockId).filter(servers).any(|id| {
                loader.config.named(id, &name).any(|e| e.args().next().and_then(units::number) == Some(0))
            });
            if zero {
                refuse(loader, hash, &name, 0);
                break;
            }
        }
    }
}

/// The hash of variables.
pub(super) fn variables(loader: &mut Loader<'_>, http: BlockId) {
    let size = |name: &str| {
        let set = loader.config.named(http, name).find_map(|e| e.args().next());
        set.and_then(units::number).and_then(|n| usize::try_from(n).ok())
    };
    let bucket = size("variables_hash_bucket_size").unwrap_or(64).next_multiple_of(64);
    if size("variables_hash_max_size") == Some(0) {
        refuse(loader, "variables_hash", "variables_hash_max_size", 0);
    } else if loader.state.http.defined.iter().any(|name| name.len() > longest_key(bucket)) || bucket == 0 {
        refuse(loader, "variables_hash", "variables_hash_bucket_size", bucket);
    }
}

fn refuse(loader: &mut Loader<'_>, hash: &str, directive: &str, size: usize) {
    let text = format!("could not build {hash}, you should increase {directive}: {size}");
    loader.complain_bare(Weight::Fatal, text, None);
}

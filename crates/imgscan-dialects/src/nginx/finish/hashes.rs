//! Hashes that cannot be built (`ngx_hash_init`).

use super::has_server;
use crate::nginx::check::pairs::longest_key;
use crate::nginx::config::{BlockId, Weight};
use crate::nginx::load::Loader;
use crate::nginx::load::state::Section;
use crate::nginx::units;

/// The largest bucket in bytes that `ngx_hash_init` takes, on machines with cache lines of 64.
const LARGEST_BUCKET: usize = 65_536 - 64;

/// Hashes of levels: a size of 0 is enough to make them fail, and so is one beyond all bounds.
pub(super) fn merged(loader: &mut Loader<'_>, http: BlockId) {
    if !has_server(loader, http) {
        return;
    }
    for hash in ["types_hash", "proxy_headers_hash"] {
        for kind in ["bucket_size", "max_size"] {
            let name = format!("{hash}_{kind}");
            let levels: Vec<BlockId> = (http.0..loader.config.blocks.len()).map(BlockId).collect();
            let sizes = levels.into_iter().filter(|id| has_own(loader, *id, hash)).filter_map(|id| {
                let set = loader.config.named(id, &name).find_map(|e| e.args().next());
                set.and_then(units::number).and_then(|n| usize::try_from(n).ok())
            });
            let sizes: Vec<usize> = sizes.collect();
            if sizes.contains(&0) {
                refuse(loader, hash, &name, 0);
                break;
            }
            if let Some(size) =
                sizes.into_iter().map(lines).find(|s| kind == "bucket_size" && *s > LARGEST_BUCKET)
            {
                too_large(loader, hash, size);
                break;
            }
        }
    }
}

/// Whether a level builds a hash of its own: a location shares the one of types with its server, and the one of
/// headers unless it lists some (`ngx_http_upstream_hide_headers_hash`, `ngx_http_proxy_init_headers`).
fn has_own(loader: &Loader<'_>, id: BlockId, hash: &str) -> bool {
    let lists = |name: &str| loader.config.named(id, name).next().is_some();
    loader.config.location(id).is_none()
        || (hash == "proxy_headers_hash"
            && (lists("proxy_set_header") || lists("proxy_hide_header") || lists("proxy_pass_header")))
}

/// A size of buckets, which fill cache lines.
fn lines(size: usize) -> usize {
    size.saturating_add(63) / 64 * 64
}

/// The hash of variables of `http` or `stream`.
pub(super) fn variables(loader: &mut Loader<'_>, block: BlockId, section: Section) {
    let size = |name: &str| {
        let set = loader.config.named(block, name).find_map(|e| e.args().next());
        set.and_then(units::number).and_then(|n| usize::try_from(n).ok())
    };
    let bucket = lines(size("variables_hash_bucket_size").unwrap_or(64));
    let none = size("variables_hash_max_size") == Some(0);
    let longest = loader.state.variables(section).defined.iter().map(String::len).max().unwrap_or(0);
    if none {
        refuse(loader, "variables_hash", "variables_hash_max_size", 0);
    } else if bucket > LARGEST_BUCKET {
        too_large(loader, "variables_hash", bucket);
    } else if bucket == 0 || longest > longest_key(bucket) {
        refuse(loader, "variables_hash", "variables_hash_bucket_size", bucket);
    }
}

fn too_large(loader: &mut Loader<'_>, hash: &str, size: usize) {
    let text = format!("could not build {hash}, too large {hash}_bucket_size: {size}");
    loader.complain_bare(Weight::Fatal, text, None);
}

fn refuse(loader: &mut Loader<'_>, hash: &str, directive: &str, size: usize) {
    let text = format!("could not build {hash}, you should increase {directive}: {size}");
    loader.complain_bare(Weight::Fatal, text, None);
}

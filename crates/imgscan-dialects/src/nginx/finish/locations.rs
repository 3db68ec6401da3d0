//! Locations that stand twice (`ngx_http_join_exact_locations`).

use std::collections::HashMap;

use crate::nginx::config::{BlockId, BlockKind, Modifier, Weight};
use crate::nginx::load::Loader;

/// Finds them in every server, inner locations before those around them.
pub(super) fn check(loader: &mut Loader<'_>, http: BlockId) {
    let servers: Vec<BlockId> = loader.config.children(http).collect();
    for server in servers {
        within(loader, server);
    }
}

fn within(loader: &mut Loader<'_>, outer: BlockId) {
    let children: Vec<BlockId> = loader.config.children(outer).collect();
    let mut seen: HashMap<(bool, String), BlockId> = HashMap::new();
    let mut twice: Vec<(String, BlockId)> = Vec::new();
    for child in &children {
        let BlockKind::Location(modifier, pattern) = &loader.config.block(*child).kind else { continue };
        let exact = match modifier {
            Modifier::Exact => true,
            Modifier::Prefix | Modifier::NoRegex => false,
            Modifier::Named | Modifier::Regex | Modifier::RegexCaseless => continue,
        };
        if seen.insert((exact, pattern.clone()), *child).is_some() {
            twice.push((pattern.clone(), *child));
        }
    }
    // The names are sorted before they are compared.
    twice.sort_by(|a, b| a.0.cmp(&b.0));
    for (pattern, child) in twice {
        let text = format!("duplicate location \"{pattern}\"{}", loader.head_line(child));
        let place = loader.config.head(child).and_then(|head| loader.config.place(head));
        loader.complain_bare(Weight::Fatal, text, place);
    }
    for child in children {
        if matches!(loader.config.block(child).kind, BlockKind::Location(..)) {
            within(loader, child);
        }
    }
}

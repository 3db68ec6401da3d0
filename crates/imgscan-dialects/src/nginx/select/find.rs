//! The location for a path (`ngx_http_core_find_location`).

use super::decisions::Decisions;
use crate::nginx::check::regex::{Captures, Pattern};
use crate::nginx::config::{BlockId, BlockKind, Config, Modifier};

/// What the search came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A location, with what its pattern captured.
    Location(BlockId, Captures),
    /// The location with a slash behind the path: nginx answers 301.
    Redirect(BlockId),
    /// None: the server itself takes the request.
    None,
}

/// Finds the location of a server.
pub(super) fn location(config: &Config, server: BlockId, path: &str, decisions: &mut Decisions) -> Found {
    match search(config, server, path, decisions) {
        Some(Hit { end: End::Redirect, at, .. }) => Found::Redirect(at),
        Some(Hit { at, captures, .. }) => Found::Location(at, captures),
        None => Found::None,
    }
}

/// A named location of a server: the first of that name.
pub(super) fn named(config: &Config, server: BlockId, name: &str) -> Option<BlockId> {
    config
        .children(server)
        .find(|id| matches!(&config.block(*id).kind, BlockKind::Location(Modifier::Named, n) if n == name))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// The search is over.
    Final,
    /// Patterns of levels further out may still replace it.
    Open,
    Redirect,
}

struct Hit {
    at: BlockId,
    end: End,
    captures: Captures,
}

/// One level: prefixes, then what is nested in the longest one, then this level's patterns.
fn search(config: &Config, level: BlockId, path: &str, decisions: &mut Decisions) -> Option<Hit> {
    let mut hit = prefix(config, level, path);
    let mut no_regex = false;
    if let Some(found) = &hit
        && found.end == End::Open
    {
        no_regex = matches!(config.block(found.at).kind, BlockKind::Location(Modifier::NoRegex, _));
        if let Some(inner) = search(config, found.at, path, decisions) {
            hit = Some(inner);
        }
    }
    if hit.as_ref().is_some_and(|h| h.end != End::Open) || no_regex {
        return hit;
    }
    match pattern(config, level, path, decisions) {
        Some((at, captures)) => {
            let inner = search(config, at, path, decisions);
            Some(match inner {
                Some(inner) => Hit { end: End::Final, ..inner },
                None => Hit { at, end: End::Final, captures },
            })
        }
        None => hit,
    }
}

/// The exact location, else a redirect to one with a slash, else the longest prefix.
fn prefix(config: &Config, level: BlockId, path: &str) -> Option<Hit> {
    let mut longest: Option<(usize, BlockId)> = None;
    let mut redirect: Option<BlockId> = None;
    for id in config.children(level) {
        let BlockKind::Location(modifier, pattern) = &config.block(id).kind else { continue };
        if *modifier == Modifier::Exact && pattern == path {
            return Some(Hit { at: id, end: End::Final, captures: Captures::new() });
        }
        let inclusive = matches!(modifier, Modifier::Prefix | Modifier::NoRegex);
        let longer = longest.is_none_or(|(length, _)| pattern.len() > length);
        if inclusive && longer && path.starts_with(pattern.as_str()) {
            longest = Some((pattern.len(), id));
        }
        let with_slash = pattern.strip_suffix('/') == Some(path);
        let is_prefix = inclusive || *modifier == Modifier::Exact;
        if is_prefix && with_slash && passes_on(config, id) {
            redirect = redirect.or(Some(id));
        }
    }
    match (longest, redirect) {
        (Some((length, at)), _) if length == path.len() => {
            Some(Hit { at, end: End::Open, captures: Captures::new() })
        }
        (_, Some(at)) => Some(Hit { at, end: End::Redirect, captures: Captures::new() }),
        (Some((_, at)), None) => Some(Hit { at, end: End::Open, captures: Captures::new() }),
        (None, None) => None,
    }
}

/// Whether a location hands its requests on (`auto_redirect`).
fn passes_on(config: &Config, id: BlockId) -> bool {
    config.block(id).entries.iter().any(|e| {
        matches!(
            e.name(),
            "proxy_pass"
                | "fastcgi_pass"
                | "uwsgi_pass"
                | "scgi_pass"
                | "memcached_pass"
                | "grpc_pass"
                | "tunnel_pass"
        )
    })
}

/// The first pattern of a level that matches; one that is not understood may or may not.
fn pattern(
    config: &Config,
    level: BlockId,
    path: &str,
    decisions: &mut Decisions,
) -> Option<(BlockId, Captures)> {
    for id in config.children(level) {
        let BlockKind::Location(modifier @ (Modifier::Regex | Modifier::RegexCaseless), text) =
            &config.block(id).kind
        else {
            continue;
        };
        match Pattern::new(text, *modifier == Modifier::RegexCaseless).captures(path) {
            Ok(Some(captures)) => return Some((id, captures)),
            Ok(None) => {}
            Err(_) => {
                if decisions.next() {
                    return Some((id, Captures::new()));
                }
            }
        }
    }
    None
}

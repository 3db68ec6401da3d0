//! Servers and locations as a tree, each with the settings that are set in it.

use std::collections::BTreeMap;

use imgscan_model::{Scope, Server, Setting, Source};

use super::ink::Ink;
use super::place;
use super::settings::{lay_out, rows};

/// What the heading of a scope says already.
const IN_HEADING: [&str; 2] = ["listen", "server_name"];

/// The scopes of a server below one another; empty where there are none.
pub(super) fn tree(server: &Server, ink: &Ink<'_>) -> String {
    let by_id: BTreeMap<&str, &Scope> = server.scopes.iter().map(|s| (s.id.as_str(), s)).collect();
    let mut out = String::new();
    for scope in &server.scopes {
        let above = parent(&by_id, scope);
        let depth = std::iter::successors(above, |s| parent(&by_id, s)).count();
        let indent = 2 + 2 * depth;
        out.push_str(&heading(scope, indent, ink));
        let own = scope.settings.iter().filter(|(name, setting)| {
            setting.winner().source != Source::Default
                && !IN_HEADING.contains(&name.as_str())
                && !is_inherited(name, setting, above)
        });
        let rows: Vec<_> = own.flat_map(|(name, setting)| rows(name, setting, ink)).collect();
        out.push_str(&lay_out(None, &rows, indent + 2, ink));
    }
    out
}

/// The scope that `scope` stands in: its id without the last step.
pub(super) fn parent<'a>(by_id: &BTreeMap<&str, &'a Scope>, scope: &Scope) -> Option<&'a Scope> {
    let (above, _) = scope.id.rsplit_once('/')?;
    by_id.get(above).copied()
}

/// Whether the setting is the one of the scope above.
pub(super) fn is_inherited(name: &str, setting: &Setting, above: Option<&Scope>) -> bool {
    above.and_then(|s| s.settings.get(name)).is_some_and(|outer| {
        outer.winner().place.origin == setting.winner().place.origin && outer.value() == setting.value()
    })
}

/// The line above a scope's settings: its name, where it listens, where it stands.
pub(super) fn heading(scope: &Scope, indent: usize, ink: &Ink<'_>) -> String {
    let step = scope.path.last().map_or("", String::as_str);
    let listens: Vec<String> = scope.listen.iter().map(|l| ink.prose(&l.address)).collect();
    let listens = match (&scope.location, listens.is_empty()) {
        (None, false) => format!("  on {}", listens.join(", ")),
        _ => String::new(),
    };
    let place = ink.dim(&place::words(&scope.origin, ink));
    format!("{}{}{listens}  {place}\n", " ".repeat(indent), ink.bold(&ink.prose(step)))
}

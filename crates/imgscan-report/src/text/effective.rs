//! What every server ends up with: each setting once, with its winner.

use std::collections::BTreeMap;

use imgscan_model::{ImageReport, Scope, Server, Setting};

use super::ink::Ink;
use super::scopes::{heading, is_inherited, parent};
use super::settings::{Row, lay_out, winner};
use super::{header, process};

/// The servers that `shows` picks, defaults included, ending with a line break.
pub(super) fn list(image: &ImageReport, shows: &dyn Fn(&Server) -> bool, ink: &Ink<'_>) -> String {
    let mut blocks = vec![header(image, ink)];
    blocks.extend(image.servers.iter().filter(|s| shows(s)).map(|server| block(server, ink)));
    if image.servers.is_empty() {
        blocks.push("the container starts no server that imgscan knows\n".to_owned());
    }
    blocks.join("\n")
}

fn block(server: &Server, ink: &Ink<'_>) -> String {
    let mut out = process::heading(server, ink);
    let rows: Vec<Row> = server.settings.iter().map(|(name, s)| winner(name, s, ink)).collect();
    out.push_str(&lay_out(Some(["setting", "value", "set by"]), &rows, 2, ink));
    let by_id: BTreeMap<&str, &Scope> = server.scopes.iter().map(|s| (s.id.as_str(), s)).collect();
    for scope in &server.scopes {
        let above = parent(&by_id, scope);
        let depth = std::iter::successors(above, |s| parent(&by_id, s)).count();
        let indent = 2 + 2 * depth;
        out.push_str(&heading(scope, indent, ink));
        // What holds for all that is inside stands once, at the outermost place.
        let own = |(name, setting): &(&String, &Setting)| !is_inherited(name, setting, above);
        let rows: Vec<Row> = scope.settings.iter().filter(own).map(|(n, s)| winner(n, s, ink)).collect();
        out.push_str(&lay_out(None, &rows, indent + 2, ink));
    }
    out
}

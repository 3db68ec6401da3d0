//! What a setting is for a request.

use imgscan_model::{Candidate, Data, Scope, Server, Setting, Value};

use super::{Chooser, Question, Route, Selection, Step};
use crate::nginx::config::{BlockId, Config};
use crate::nginx::reading::Read;
use crate::nginx::scopes;

/// A setting with the scope that decides it.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The setting.
    pub setting: Setting,
    /// The scope that decides; `None` for settings of the process.
    pub scope: Option<String>,
    /// How the request came there.
    pub selection: Selection,
}

/// Directives that nginx reads before it knows which server is meant: the default server decides.
const BEFORE_THE_HOST: &[&str] = &[
    "client_header_timeout",
    "client_header_buffer_size",
    "large_client_header_buffers",
    "connection_pool_size",
    "ignore_invalid_headers",
    "underscores_in_headers",
];

/// A setting in a scope, its default where nobody sets it. `None` for a name that this nginx does not know, and for a
/// scope that is not there. Without a scope: a setting of the process.
pub fn setting(server: &Server, scope: Option<&str>, name: &str) -> Option<Setting> {
    let read = Read::of(&server.process).ok()?;
    let Some(scope) = scope else {
        return match server.settings.get(name) {
            Some(setting) => Some(setting.clone()),
            None => read.merger().unset(name, Config::MAIN, &server.settings),
        };
    };
    let numbered = scopes::list(&read.merger(), read.default_port());
    let at = numbered.iter().find(|n| n.scope.id == scope)?;
    in_scope(&read, at.block, &at.scope, name)
}

/// A setting of a scope; one that is decided further out is taken from there.
fn in_scope(read: &Read, block: BlockId, scope: &Scope, name: &str) -> Option<Setting> {
    if let Some(setting) = scope.settings.get(name) {
        return Some(setting.clone());
    }
    let merger = read.merger();
    // What stands in `http` for all of it.
    let further_out = read.config.chain(block).skip(1).find_map(|up| merger.global(name, up));
    further_out.or_else(|| merger.unset(name, block, &scope.settings))
}

/// What a setting is for a request. `None` for a name that this nginx does not know and where nothing takes the
/// request.
pub fn explain(server: &Server, question: &Question, name: &str) -> Option<Answer> {
    let read = Read::of(&server.process).ok()?;
    let chooser = Chooser::new(&read, server);
    let selection = chooser.select(question);
    let mut answers: Vec<(Setting, String)> = Vec::new();
    for route in &selection.routes {
        let found = chooser.decided(&selection, route, name)?;
        if !answers.iter().any(|(s, _)| s.value() == found.0.value()) {
            answers.push(found);
        }
    }
    if answers.is_empty() {
        return None;
    }
    let (setting, scope) = answers.swap_remove(0);
    let certain = answers.is_empty() && selection.unsure.is_empty();
    let setting = if certain { setting } else { not_certain(&setting, &selection) };
    Some(Answer { setting, scope: Some(scope), selection })
}

/// The setting where the ways of the request differ: not known, with the candidates of the first way.
fn not_certain(setting: &Setting, selection: &Selection) -> Setting {
    let mut reason = "it depends on the request".to_owned();
    let notes = selection.routes.iter().flat_map(|r| r.notes.iter()).chain(&selection.unsure);
    if let Some(note) = notes.into_iter().next() {
        reason = format!("{reason}: {note}");
    }
    let winner = Candidate { value: Value::unknown(reason), ..setting.winner().clone() };
    Setting::new(winner, setting.losers().to_vec())
}

impl Chooser<'_> {
    /// The setting that decides on a route, with its scope.
    fn decided(&self, selection: &Selection, route: &Route, name: &str) -> Option<(Setting, String)> {
        let get = |id: &str| {
            let at = self.scopes.iter().find(|n| n.scope.id == id)?;
            Some((in_scope(self.read, at.block, &at.scope, name)?, id.to_owned()))
        };
        if BEFORE_THE_HOST.contains(&name)
            && let Some(default) = &selection.default_server
        {
            return get(default);
        }
        if name == "client_max_body_size" {
            return smallest(route, get);
        }
        let last = route.scope()?;
        let found = get(last)?;
        // Directives of servers are decided there, and those of `http` for all.
        Some(found)
    }
}

/// The smallest limit on the way: bodies are checked in each location that is found for a URI, never in a named one.
fn smallest(route: &Route, get: impl Fn(&str) -> Option<(Setting, String)>) -> Option<(Setting, String)> {
    let checked = |step: Step| matches!(step, Step::Location | Step::LimitExcept);
    let mut scopes: Vec<&str> =
        route.scopes.iter().filter(|(_, s)| checked(*s)).map(|(id, _)| id.as_str()).collect();
    if scopes.is_empty() {
        scopes.extend(route.scope());
    }
    let limit = |setting: &Setting| match setting.value().known().and_then(Data::as_int) {
        Some(0) => Some(i64::MAX),
        other => other,
    };
    let mut best: Option<(Setting, String)> = None;
    for id in scopes {
        let found = get(id)?;
        let Some(new) = limit(&found.0) else { return Some(found) };
        if best.as_ref().and_then(|(s, _)| limit(s)).is_none_or(|old| new < old) {
            best = Some(found);
        }
    }
    best
}

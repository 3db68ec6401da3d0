//! The answer for one setting of a report.

use std::collections::BTreeSet;

use imgscan_dialects::nginx::select::{self, Question};
use imgscan_dialects::nginx::table::Table;
use imgscan_model::{Explanation, ImageReport, Scope, ScopeRef, Server, Setting, nearest};

/// Why a question cannot be answered. The command line is wrong (exit status 2).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExplainError {
    /// The question is not of the form `process.setting`.
    #[error("`{0}` is no setting\nhelp: write `PROCESS.SETTING`, e.g. `gunicorn.timeout`")]
    Form(String),
    /// The container starts no such server.
    #[error("the container starts no `{name}`{}", list(.known))]
    NoProcess {
        /// What was asked for.
        name: String,
        /// What it starts.
        known: Vec<String>,
    },
    /// The server does not know the setting.
    #[error("{server} knows no setting `{name}`{}", suggestion(.near))]
    NoSetting {
        /// The server.
        server: String,
        /// What was asked for.
        name: String,
        /// The nearest name that it knows.
        near: Option<String>,
    },
    /// The server knows the setting, and it cannot be told what it is: its configuration is not known, or is refused.
    #[error("what `{name}` of {server} is cannot be told: {why}")]
    NotRead {
        /// The server.
        server: String,
        /// What was asked for.
        name: String,
        /// Its start's message.
        why: String,
    },
    /// The server knows the setting, and nothing in its configuration that may hold it takes the request.
    #[error("no server or location of {server} in which `{name}` could stand takes such a request{}", listening(.listens))]
    NoScope {
        /// The server.
        server: String,
        /// What was asked for.
        name: String,
        /// Where its servers listen.
        listens: Vec<String>,
    },
}

fn listening(addresses: &[String]) -> String {
    if addresses.is_empty() {
        return String::new();
    }
    format!("\nhelp: it listens on {}; choose with `--port`, `--host`, `--uri`", addresses.join(", "))
}

fn list(known: &[String]) -> String {
    if known.is_empty() { String::new() } else { format!("\nhelp: it starts {}", known.join(", ")) }
}

fn suggestion(name: &Option<String>) -> String {
    name.as_ref().map(|n| format!("\nhelp: did you mean `{n}`?")).unwrap_or_default()
}

/// Answers for `process.setting`, the process by its id. `request` chooses among the scopes of a server that has any;
/// without one, a setting that stands in one scope only is answered for it.
///
/// # Errors
/// Where there is no such process or setting.
pub fn explain(
    report: &ImageReport,
    question: &str,
    request: Option<&Question>,
) -> Result<Explanation, ExplainError> {
    let (process, name) = question.split_once('.').ok_or_else(|| ExplainError::Form(question.to_owned()))?;
    let server = report.servers.iter().find(|s| s.id == process).ok_or_else(|| ExplainError::NoProcess {
        name: process.to_owned(),
        known: report.servers.iter().map(|s| format!("`{}`", s.id)).collect(),
    })?;
    let (setting, scope) = match server.scopes.is_empty() {
        true => (server.settings.get(name).cloned(), None),
        false => scoped(server, name, request),
    };
    let setting = setting.ok_or_else(|| unanswered(server, name))?;
    let elsewhere = server.scopes.iter().filter(|s| Some(&s.id) != scope.as_ref());
    let differs = elsewhere
        .filter_map(|s| Some((reference(s), s.settings.get(name)?.clone())))
        .filter(|(_, other)| other.value() != setting.value())
        .collect();
    Ok(Explanation {
        process: server.id.clone(),
        name: name.to_owned(),
        setting,
        scope: server.scopes.iter().find(|s| Some(&s.id) == scope.as_ref()).map(reference),
        differs,
    })
}

/// The setting for a request, or for the one scope in which it stands, with that scope's id.
fn scoped(server: &Server, name: &str, request: Option<&Question>) -> (Option<Setting>, Option<String>) {
    let set_in: Vec<&Scope> = server.scopes.iter().filter(|s| is_decided_in(server, s, name)).collect();
    if let (None, [only]) = (request, set_in.as_slice()) {
        return (only.settings.get(name).cloned(), Some(only.id.clone()));
    }
    // What stands outside of all servers holds for the process.
    if let (true, Some(setting)) = (set_in.is_empty(), server.settings.get(name)) {
        return (Some(setting.clone()), None);
    }
    match select::explain(server, request.unwrap_or(&Question::default()), name) {
        Some(answer) => (Some(answer.setting), answer.scope),
        None => (select::setting(server, None, name), None),
    }
}

/// Whether the setting is decided in this scope: it is there, and not what a scope around it has already.
fn is_decided_in(server: &Server, scope: &Scope, name: &str) -> bool {
    let place = |s: &Scope| s.settings.get(name).map(|setting| setting.winner().origin().clone());
    let around = server.scopes.iter().filter(|s| scope.id.starts_with(&format!("{}/", s.id)));
    let here = place(scope);
    here.is_some() && around.into_iter().all(|s| place(s) != here)
}

fn reference(scope: &Scope) -> ScopeRef {
    ScopeRef { id: scope.id.clone(), path: scope.path.clone() }
}

/// Why there is no answer.
fn unanswered(server: &Server, name: &str) -> ExplainError {
    let (id, name) = (server.id.clone(), name.to_owned());
    if server.name != "nginx" || !Table::get().names().any(|known| known == name) {
        let near = nearest_setting(server, &name);
        return ExplainError::NoSetting { server: id, name, near };
    }
    if let (true, Some(why)) = (server.scopes.is_empty(), server.start.message.clone()) {
        return ExplainError::NotRead { server: id, name, why };
    }
    let addresses = server.scopes.iter().flat_map(|s| &s.listen).map(|l| format!("`{}`", l.address));
    let listens: BTreeSet<String> = addresses.collect();
    ExplainError::NoScope { server: id, name, listens: listens.into_iter().collect() }
}

/// A setting of a server: in a scope of it (by its id), or of the process. Its default where nobody sets it; `None` for a
/// name that the server does not know there.
pub fn setting(server: &Server, scope: Option<&Scope>, name: &str) -> Option<Setting> {
    let listed = scope.map_or(&server.settings, |s| &s.settings).get(name);
    if listed.is_some() || server.name != "nginx" {
        return listed.cloned();
    }
    select::setting(server, scope.map(|s| s.id.as_str()), name)
}

/// The setting that was probably meant by a name that the server does not know.
pub fn nearest_setting(server: &Server, name: &str) -> Option<String> {
    let mut names: Vec<&str> = server.settings.keys().map(String::as_str).collect();
    if server.name == "nginx" {
        for name in Table::get().names() {
            names.push(name);
        }
    }
    nearest(names, name).map(str::to_owned)
}

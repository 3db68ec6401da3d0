//! An expression over a whole image: every process and every scope that it speaks of.

use imgscan_model::{
    ImageReport, JudgedCase, Scope, ScopeRef, Server, Setting, StartStatus, Value, Verdict,
    limits::ASSERT_CASES,
};

use crate::Unit;
use crate::eval::{Fact, Fault, Lookup};
use crate::syntax::{Expression, Name};

/// Where the settings of servers come from: the dialects, by way of the caller.
pub trait Settings {
    /// The scopes of a server in which something that hangs on these settings is decided: every server and location in
    /// which they may stand. `None` among them stands for the process as a whole; empty where they may stand nowhere.
    fn scopes<'a>(&self, server: &'a Server, names: &[&str]) -> Vec<Option<&'a Scope>>;

    /// A setting in a scope (or of the process), its default where nobody sets it. `None` where there is none.
    fn setting(&self, server: &Server, scope: Option<&Scope>, name: &str) -> Option<Setting>;

    /// What a setting's number counts.
    fn unit(&self, server: &Server, name: &str) -> Option<Unit>;

    /// Whether the server knows a setting of this name at all; the error is the nearest one that it knows.
    fn knows(&self, server: &Server, name: &str) -> Result<(), Option<String>>;
}

/// Holds an expression against an image. `gunicorn` in it means every process that is a gunicorn, `gunicorn-2` that one;
/// of a server with scopes, every scope in which the settings may stand.
///
/// # Errors
/// Where the expression asks what cannot be asked, as [`Expression::judge`].
pub fn judge(
    expression: &Expression,
    report: &ImageReport,
    settings: &dyn Settings,
) -> Result<Vec<JudgedCase>, Fault> {
    let mut words: Vec<&str> = expression.names().iter().map(|n| n.process.as_str()).collect();
    words.sort_unstable();
    words.dedup();
    let mut rows: Vec<Row<'_>> = vec![Vec::new()];
    for word in words {
        let names: Vec<&Name> = expression.names().iter().filter(|n| n.process == word).collect();
        let servers: Vec<&Server> =
            report.servers.iter().filter(|s| s.id == word || s.name == word).collect();
        if servers.is_empty() {
            return Ok(vec![not_started(word, report)]);
        }
        let mut seats = Vec::new();
        for server in servers {
            names.iter().try_for_each(|name| known(settings, server, name))?;
            let plain: Vec<&str> = names.iter().map(|n| n.setting.as_str()).collect();
            let scopes = settings.scopes(server, &plain);
            if scopes.is_empty() {
                let note = format!("{} has no part in which {} could stand", server.id, listed(&plain));
                return Ok(vec![without(note, Verdict::Undecided)]);
            }
            seats.extend(scopes.into_iter().map(|scope| Seat { word, server, scope }));
        }
        if rows.len().saturating_mul(seats.len()) > ASSERT_CASES {
            let note = format!("there are more than {ASSERT_CASES} combinations of processes and scopes");
            return Ok(vec![without(note, Verdict::Undecided)]);
        }
        rows = rows.iter().flat_map(|row| seats.iter().map(|seat| with(row, seat))).collect();
    }
    rows.iter().map(|row| case(expression, row, settings)).collect()
}

/// One process for each server that an expression names.
type Row<'a> = Vec<Seat<'a>>;

/// A process, and a scope of it, for a word of the expression.
#[derive(Clone)]
struct Seat<'a> {
    word: &'a str,
    server: &'a Server,
    scope: Option<&'a Scope>,
}

/// What is said of a server that is not there. A process that no dialect knows may be it under another name.
fn not_started(word: &str, report: &ImageReport) -> JudgedCase {
    if report.servers.is_empty() || report.servers.iter().any(|s| s.name == "unknown") {
        let note = format!("the container starts no {word} that imgscan could follow");
        return without(note, Verdict::Undecided);
    }
    without(format!("the container starts no {word}"), Verdict::Fails)
}

fn with<'a>(row: &Row<'a>, seat: &Seat<'a>) -> Row<'a> {
    row.iter().chain([seat]).cloned().collect()
}

fn known(settings: &dyn Settings, server: &Server, name: &Name) -> Result<(), Fault> {
    settings.knows(server, &name.setting).map_err(|near| Fault {
        at: name.at,
        message: format!("{} knows no setting `{}`", server.id, name.setting),
        help: near.map(|near| format!("did you mean `{near}`?")),
    })
}

fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
    quoted.join(", ")
}

fn without(note: String, verdict: Verdict) -> JudgedCase {
    JudgedCase { verdict, scope: None, settings: Vec::new(), note: Some(note) }
}

fn case(expression: &Expression, row: &Row<'_>, settings: &dyn Settings) -> Result<JudgedCase, Fault> {
    let mut found: Vec<(String, Setting)> = Vec::new();
    let mut facts: Vec<(Name, Fact)> = Vec::new();
    for name in expression.names() {
        let Some(seat) = row.iter().find(|s| s.word == name.process) else { continue };
        let Some(setting) = settings.setting(seat.server, seat.scope, &name.setting) else {
            let note = format!("`{}.{}` cannot be told here", seat.server.id, name.setting);
            return Ok(without(note, Verdict::Undecided));
        };
        let fact = Fact {
            value: setting.value().clone(),
            source: setting.winner().source,
            unit: settings.unit(seat.server, &name.setting),
        };
        facts.push((name.clone(), fact));
        found.push((format!("{}.{}", seat.server.id, name.setting), setting));
    }
    let scope = row.iter().find_map(|s| s.scope);
    let (verdict, refused) = (expression.judge(&Table(&facts))?, refused(row));
    Ok(JudgedCase {
        // A server that refuses its configuration starts with no setting at all.
        verdict: if refused.is_some() { Verdict::Fails } else { verdict },
        scope: scope.map(|s| ScopeRef { id: s.id.clone(), path: s.path.clone() }),
        note: refused.or_else(|| waits_for(&found)),
        settings: found,
    })
}

/// What a server says that would not start with these settings.
fn refused(row: &Row<'_>) -> Option<String> {
    let refusing = row.iter().find(|seat| seat.server.start.status == StartStatus::Fails)?;
    let why = refusing.server.start.message.as_deref().map(|m| format!(": {m}")).unwrap_or_default();
    Some(format!("{} refuses to start{why}", refusing.server.id))
}

/// What the settings wait for, where something could be said of it.
fn waits_for(settings: &[(String, Setting)]) -> Option<String> {
    let reasons = settings.iter().filter_map(|(name, setting)| match setting.value() {
        Value::Unknown { reason, .. } => Some(format!("`{name}`: {reason}")),
        Value::Symbolic { needs, .. } => {
            let needs: Vec<String> = needs.iter().map(ToString::to_string).collect();
            Some(format!("`{name}` hangs on {}", needs.join(", ")))
        }
        Value::Known(_) | Value::Unset => None,
    });
    let reasons: Vec<String> = reasons.collect();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

struct Table<'a>(&'a [(Name, Fact)]);

impl Lookup for Table<'_> {
    fn setting(&self, name: &Name) -> Option<Fact> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, fact)| fact.clone())
    }
}

//! The table of settings: the winner, who it is, and the losers struck below.

use std::collections::BTreeSet;

use imgscan_model::{Candidate, ImageReport, Server, Setting, Source, Status, Text, Value};

use super::ink::{Ink, cut, pad, width};
use super::place;

/// Widest column of names and of values; what is longer is cut.
const WIDEST: usize = 36;

/// One line of the table.
pub(super) struct Row {
    name: String,
    value: String,
    from: String,
    lost: bool,
    known: bool,
}

/// The settings of a process that somebody set or that a finding is about; empty where there are none.
pub(super) fn table(image: &ImageReport, server: &Server, ink: &Ink<'_>) -> String {
    let named: BTreeSet<&str> = image
        .findings
        .iter()
        .filter(|f| f.finding.process.as_deref() == Some(server.id.as_str()))
        .filter_map(|f| f.finding.setting.as_deref())
        .collect();
    let shown = server
        .settings
        .iter()
        .filter(|(name, s)| named.contains(name.as_str()) || s.is_touched() && !is_derived(server, s));
    let rows: Vec<Row> = shown.flat_map(|(name, setting)| rows(name, setting, ink)).collect();
    if rows.is_empty() {
        return String::new();
    }
    lay_out(Some(["setting", "value", "set by"]), &rows, 2, ink)
}

/// Whether the server has made a setting of its own words (gunicorn names its processes after the application), so that
/// nobody can be said to have set it.
fn is_derived(server: &Server, setting: &Setting) -> bool {
    let said = |c: &Candidate| c.source == Source::App && is_own_word(server, c);
    setting.candidates().iter().all(|c| c.source == Source::Default || said(c))
}

fn is_own_word(server: &Server, candidate: &Candidate) -> bool {
    server.process.argv.iter().filter_map(Text::whole).any(|word| word.origin == candidate.place.origin)
}

/// A setting and its losers. Built-in defaults that lost say nothing and are left out; of a setting that accumulates
/// each part has a line of its own.
pub(super) fn rows(name: &str, setting: &Setting, ink: &Ink<'_>) -> Vec<Row> {
    let in_effect = setting.candidates().iter().filter(|c| c.status == Status::Effective).count();
    let first = if in_effect > 1 {
        let first = setting.winner();
        row(name, &first.value, &first.text, first, ink)
    } else {
        winner(name, setting, ink)
    };
    let others = setting.losers().iter().filter(|c| c.source != Source::Default);
    std::iter::once(first).chain(others.map(|c| other(c, ink))).collect()
}

/// A setting with its effective value alone.
pub(super) fn winner(name: &str, setting: &Setting, ink: &Ink<'_>) -> Row {
    row(name, setting.value(), &setting.text(), setting.winner(), ink)
}

fn row(name: &str, value: &Value, text: &str, winner: &Candidate, ink: &Ink<'_>) -> Row {
    Row {
        name: ink.prose(name),
        value: shown(value, text, winner.secret, ink),
        from: place::who(winner, ink),
        lost: false,
        known: matches!(value, Value::Known(_) | Value::Unset),
    }
}

fn other(candidate: &Candidate, ink: &Ink<'_>) -> Row {
    let lost = candidate.status != Status::Effective;
    let who = place::who(candidate, ink);
    Row {
        name: String::new(),
        value: shown(&candidate.value, &candidate.text, candidate.secret, ink),
        from: if lost { format!("{}: {who}", place::fate(candidate.status)) } else { who },
        lost,
        known: true,
    }
}

/// A value as it may be shown; the empty text is made visible.
pub(super) fn shown(value: &Value, text: &str, secret: bool, ink: &Ink<'_>) -> String {
    match value {
        _ if secret => crate::redact::REDACTED.to_owned(),
        Value::Unset => "unset".to_owned(),
        Value::Unknown { reason, .. } => format!("unknown: {}", ink.prose(reason)),
        _ if text.is_empty() => "''".to_owned(),
        _ => ink.prose(text),
    }
}

/// The rows in columns, below a line of headings where one is given.
pub(super) fn lay_out(headings: Option<[&str; 3]>, rows: &[Row], indent: usize, ink: &Ink<'_>) -> String {
    let [name_heading, value_heading, _] = headings.unwrap_or_default();
    let widest = |cells: &mut dyn Iterator<Item = usize>, heading: &str| {
        cells.map(|w| w.min(WIDEST)).max().unwrap_or(0).max(width(heading))
    };
    let names = widest(&mut rows.iter().map(|r| width(&r.name)), name_heading);
    let values = widest(&mut rows.iter().map(|r| width(&r.value)), value_heading);
    let margin = " ".repeat(indent);
    let mut out = String::new();
    if let Some([name, value, from]) = headings {
        let line = format!("{margin}{}    {}  {from}", pad(name, names), pad(value, values));
        out.push_str(&ink.dim(&line));
        out.push('\n');
    }
    let rest = ink.width.saturating_sub(indent + names + values + 6).max(16);
    for row in rows {
        let name = pad(&cut(&row.name, names), names);
        let value = cut(&row.value, values).into_owned();
        let blanks = " ".repeat(values.saturating_sub(width(&value)));
        let (mark, value) = match (row.lost, row.known) {
            (true, _) => (ink.dim("x"), ink.struck(&value)),
            (false, true) => (" ".to_owned(), ink.bold(&value)),
            (false, false) => (" ".to_owned(), ink.warn(&value)),
        };
        let from = cut(&row.from, rest);
        let from = if row.lost { ink.dim(&from) } else { from.into_owned() };
        out.push_str(&format!("{margin}{name}  {mark} {value}{blanks}  {from}\n"));
    }
    out
}

//! One setting as a story that a person reads in five seconds: the value, who won, who lost and why, what to change.

use imgscan_model::{Candidate, Explanation, ImageReport, Origin, ScopeRef, Source, Status, Value};

use super::ink::{Ink, pad, width, wrap};
use super::{excerpt, place, settings};

/// The story, ending with a line break.
pub(super) fn story(image: &ImageReport, explanation: &Explanation, ink: &Ink<'_>) -> String {
    let setting = &explanation.setting;
    let winner = setting.winner();
    let value = settings::shown(setting.value(), &setting.text(), winner.secret, ink);
    let subject = format!("{}.{}", explanation.process, explanation.name);
    let mut out = format!("{} = {}\n", ink.bold(&ink.prose(&subject)), ink.good(&value));
    if let Some(scope) = &explanation.scope {
        out.push_str(&format!("  in {}\n", path(scope, ink)));
    }
    out.push('\n');
    out.push_str(&step("set by", winner, image, ink));
    for loser in setting.losers() {
        out.push_str(&step(place::fate(loser.status), loser, image, ink));
    }
    let advice = advice(explanation, image);
    if !advice.is_empty() {
        out.push('\n');
        let lead = "to change it: ";
        let lines = wrap(&ink.prose(&advice), ink.width.saturating_sub(lead.len()));
        out.push_str(&format!(
            "{}{}\n",
            ink.good(lead),
            lines.join(&format!("\n{}", " ".repeat(lead.len())))
        ));
    }
    if !explanation.differs.is_empty() {
        out.push_str("\nelsewhere\n");
        let paths: Vec<String> = explanation.differs.iter().map(|(scope, _)| path(scope, ink)).collect();
        let widest = paths.iter().map(|p| width(p)).max().unwrap_or(0);
        for ((_, other), path) in explanation.differs.iter().zip(paths) {
            let value = settings::shown(other.value(), &other.text(), other.winner().secret, ink);
            let from = place::who(other.winner(), ink);
            out.push_str(&format!("  {}  {}  {}\n", pad(&path, widest), ink.bold(&value), ink.dim(&from)));
        }
    }
    out
}

fn path(scope: &ScopeRef, ink: &Ink<'_>) -> String {
    ink.prose(&scope.path.join(" > "))
}

/// One candidate: what became of it, its value, who it is, its line of source.
fn step(fate: &str, candidate: &Candidate, image: &ImageReport, ink: &Ink<'_>) -> String {
    const LEFT: usize = 16;
    let value = settings::shown(&candidate.value, &candidate.text, candidate.secret, ink);
    let who = if candidate.source == Source::Default {
        place::words(&candidate.place.origin, ink)
    } else {
        place::who(candidate, ink)
    };
    let is_winner = candidate.status == Status::Effective;
    let value = if is_winner { ink.bold(&value) } else { ink.struck(&value) };
    let mut out = format!("  {}{who}: {value}\n", pad(fate, LEFT));
    let source = excerpt::at(image, &candidate.place.origin, ink).filter(|_| !candidate.secret);
    for line in source.iter().flat_map(|e| e.source.lines().take(1)) {
        let number = candidate.place.origin.span().map_or_else(String::new, |s| format!("{} ", s.line));
        out.push_str(&ink.dim(&format!("  {}{number}| {}", " ".repeat(LEFT), line.trim())));
        out.push('\n');
    }
    let instruction =
        candidate.place.origin.instruction().filter(|_| candidate.place.origin.path().is_some());
    if let Some(instruction) = instruction {
        out.push_str(&ink.dim(&format!("  {}written by {}", " ".repeat(LEFT), ink.image(instruction))));
        out.push('\n');
    }
    out
}

/// What to change where, as far as the winner tells.
fn advice(explanation: &Explanation, image: &ImageReport) -> String {
    let setting = &explanation.setting;
    let needs: Vec<String> = setting.value().needs().iter().map(ToString::to_string).collect();
    let winner = setting.winner();
    let unread = setting.losers().iter().find(|c| c.status == Status::NotLoaded);
    if let Value::Symbolic { .. } | Value::Unknown { .. } = setting.value() {
        return if needs.is_empty() {
            String::new()
        } else {
            format!("it hangs on {}; give it with an option of the run", needs.join(", "))
        };
    }
    let unread = unread.filter(|_| winner.source == Source::Default);
    if let Some(path) = unread.and_then(|c| c.place.origin.path()) {
        let help = image.findings.iter().map(|f| &f.finding).find(|f| {
            f.process.as_deref() == Some(explanation.process.as_str())
                && f.labels.iter().any(|l| l.origin.path() == Some(path))
                && f.help.is_some()
        });
        let help = help.and_then(|f| f.help.as_deref());
        return help.map_or_else(|| format!("let {} read `{path}`", explanation.process), str::to_owned);
    }
    let edit = edit(winner);
    match variables(winner) {
        names if names.is_empty() || edit.is_empty() => edit,
        names => format!("set {} when the container starts, or {edit}", names.join(", ")),
    }
}

/// The environment variables that decide the winner: those that its file reads, else the one it came through.
fn variables(winner: &Candidate) -> Vec<String> {
    let mut names: Vec<String> = winner
        .reads
        .iter()
        .map(|read| match &read.default {
            Some(default) => format!("`{}` (`{default}` without it)", read.name),
            None => format!("`{}`", read.name),
        })
        .collect();
    if names.is_empty() && !matches!(winner.place.origin, Origin::ImageEnv { .. }) {
        names.extend(winner.place.via.iter().find_map(|via| match via {
            Origin::ImageEnv { name, .. } => Some(format!("`{name}`")),
            _ => None,
        }));
    }
    names
}

/// What to edit, for the winner to say something else.
fn edit(winner: &Candidate) -> String {
    match (&winner.source, &winner.place.origin) {
        (Source::Default, _) => String::new(),
        (_, Origin::LayerFile { path, span: Some(span), .. }) => format!("edit `{path}`, line {}", span.line),
        (_, Origin::LayerFile { path, .. }) => format!("edit `{path}`"),
        (_, Origin::ImageEnv { name, .. }) => {
            format!("edit `ENV {name}`, or set `{name}` when the container starts")
        }
        (_, Origin::ImageCmd { .. }) => "edit `CMD`".to_owned(),
        (_, Origin::ImageEntrypoint { .. }) => "edit `ENTRYPOINT`".to_owned(),
        (_, Origin::Overlay { file, span: Some(span) }) => format!("edit `{file}`, line {}", span.line),
        (_, Origin::Overlay { file, .. }) => format!("edit `{file}`"),
        (_, Origin::Option { flag, .. }) => format!("change the option `{flag}`"),
        (_, Origin::ImageConfig { .. } | Origin::Default { .. } | Origin::Runtime { .. }) => String::new(),
    }
}

//! A configuration put together from its files, with the place of each line beside it as a comment.

use std::collections::BTreeSet;

use imgscan_model::{ConfigFileStatus, MergedConfig, MergedLine, Origin, Server, StartStatus};

use super::ink::{Ink, cut, pad, width};
use super::place;
use crate::escape;
use crate::redact::REDACTED;

/// The column from which places are written, where the statement leaves room.
const COLUMN: usize = 56;
/// Widest column of the names of sources.
const WIDEST: usize = 48;

/// The configuration as a text that reads as the configuration does, what is said about it in comments, ending with a
/// line break.
pub(super) fn listing(server: &Server, config: &MergedConfig, ink: &Ink<'_>) -> String {
    let mut out = comments(server, config, ink);
    for line in &config.lines {
        out.push_str(&statement(line, ink));
    }
    out
}

/// What stands above the statements: the server, whether it starts, where everything comes from.
fn comments(server: &Server, config: &MergedConfig, ink: &Ink<'_>) -> String {
    let version = server.version.as_deref().map_or(String::new(), |v| format!(" {v}"));
    let mut lines = vec![ink.prose(&format!("the configuration of {}{version}", server.id))];
    let start = match server.start.status {
        StartStatus::Ok => None,
        StartStatus::Fails => Some("it refuses to start"),
        StartStatus::Exits => Some("it prints and ends"),
        StartStatus::Unknown => Some("whether it starts cannot be told"),
    };
    let message = server.start.message.as_deref();
    lines.extend(start.map(|s| ink.prose(&message.map_or(s.to_owned(), |m| format!("{s}: {m}")))));
    // What the start says already is not said twice.
    let told = |note: &&String| message.is_none_or(|m| !note.ends_with(m));
    lines.extend(config.notes.iter().filter(told).map(|note| ink.prose(note)));
    lines.extend(sources(server, config, ink));
    lines.iter().map(|line| ink.dim(&format!("# {line}")) + "\n").collect()
}

/// The files, variables and words that the statements come from, each with its layer and the instruction behind it.
fn sources(server: &Server, config: &MergedConfig, ink: &Ink<'_>) -> Vec<String> {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut rows: Vec<(String, String)> = Vec::new();
    for file in server.config_files.iter().filter(|f| f.status == ConfigFileStatus::Loaded && f.generated) {
        rows.push((ink.prose(&file.path), "written by the start".to_owned()));
    }
    let places = config.lines.iter().filter_map(|line| line.place.as_ref());
    for origin in places.flat_map(|p| std::iter::once(&p.origin).chain(&p.via)) {
        let name = match origin {
            Origin::LayerFile { path, .. } => ink.prose(path),
            other => place::words(other, ink),
        };
        let layer = origin.layer().map(|n| format!("layer {n}"));
        let instruction = origin.instruction().map(|i| ink.image(i));
        let about: Vec<String> = layer.into_iter().chain(instruction).collect();
        if seen.insert(name.clone()) {
            rows.push((name, about.join(": ")));
        }
    }
    let names = rows.iter().map(|(name, _)| width(name).min(WIDEST)).max().unwrap_or(0);
    rows.iter()
        .map(|(name, about)| {
            let room = ink.width.saturating_sub(names + 6).max(20);
            format!("  {}  {}", pad(name, names), cut(about, room)).trim_end().to_owned()
        })
        .collect()
}

/// One statement, over as many lines as it is written in, the comment behind the first.
fn statement(line: &MergedLine, ink: &Ink<'_>) -> String {
    let margin = "    ".repeat(line.depth);
    let text = match (line.secret, &line.place, line.text.split_once([' ', '\n', ';'])) {
        (true, Some(_), Some((name, _))) if line.text.ends_with('{') => format!("{name} {REDACTED} {{"),
        (true, Some(_), Some((name, _))) => format!("{name} {REDACTED};"),
        (true, _, _) => REDACTED.to_owned(),
        // The whole at once: a credential may go over several lines.
        (false, _, _) => ink.redactor.image(&line.text),
    };
    let mut rows = text.lines().map(|row| escape::line(&row.trim_end().replace('\t', "    ")).into_owned());
    let first = format!("{margin}{}", rows.next().unwrap_or_default());
    let place = line.place.as_ref().map(|p| place::whole(p, ink));
    let notes = line.notes.iter().map(|note| ink.prose(note));
    let said: Vec<String> = place.into_iter().chain(notes).collect();
    let mut out = match said.is_empty() {
        true => format!("{first}\n"),
        false => {
            let gap = " ".repeat(COLUMN.saturating_sub(width(&first)).max(2));
            format!("{first}{gap}{}\n", ink.dim(&format!("# {}", said.join("; "))))
        }
    };
    let indent = if line.place.is_some() { format!("{margin}    ") } else { margin };
    rows.for_each(|row| out.push_str(&format!("{indent}{row}\n")));
    out
}

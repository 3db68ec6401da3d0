//! `created_by` back to the words of a Dockerfile.
//!
//! What the builders write (read in their sources): BuildKit `frontend/dockerfile/dockerfile2llb/convert.go`
//! (`commitToHistory` and its callers); Docker's classic builder `builder/dockerfile/dispatchers.go`; buildah
//! `imagebuildah/stage_executor.go`; kaniko `pkg/executor/build.go`; ko `pkg/build/gobuild.go`; Jib
//! `builder/steps/BuildImageStep.java`.

use std::sync::Arc;

use imgscan_model::{History, Instruction};

use super::golang;
use super::healthcheck;

const KEYWORDS: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// The shells that may stand before the command of a `RUN`, each with the blank after it.
pub(super) struct Shells(Vec<String>);

impl Shells {
    /// The default shells of Linux and Windows images, and the one that the config records.
    pub(super) fn new(recorded: Option<&[String]>) -> Self {
        let mut shells =
            Shells(["/bin/sh -c ", "cmd /S /C ", "powershell -Command "].map(str::to_owned).into());
        if let Some(words) = recorded {
            shells.add(&words.join(" "));
        }
        shells
    }

    /// Another shell, as a `SHELL` instruction names it.
    fn add(&mut self, words: &str) {
        let shell = format!("{words} ");
        if !words.is_empty() && !self.0.contains(&shell) {
            self.0.push(shell);
        }
    }

    fn strip<'a>(&self, text: &'a str) -> Option<&'a str> {
        self.0.iter().find_map(|shell| text.strip_prefix(shell.as_str()))
    }

    /// What follows the first shell that stands in `text` after a blank.
    fn after_first<'a>(&self, text: &'a str) -> Option<&'a str> {
        let ends = self.0.iter().filter_map(|shell| {
            let at = text.find(&format!(" {shell}"))?;
            Some((at, at + 1 + shell.len()))
        });
        let (_, end) = ends.min()?;
        text.get(end..)
    }
}

/// What an entry of the history says. Text of builders that do not speak Dockerfile stands as it is, with an empty
/// keyword. `None` where the entry says nothing.
pub(super) fn read(entry: &History, shells: &mut Shells) -> Option<Instruction> {
    let created_by = entry.created_by.trim();
    if created_by.is_empty() {
        return None;
    }
    if let Some(line) = nop(created_by) {
        return Some(dockerfile(line, shells).unwrap_or_else(|| foreign(line, entry)));
    }
    let line = created_by.strip_suffix("# buildkit").map_or(created_by, str::trim_end);
    if let Some(instruction) = dockerfile(line, shells) {
        return Some(instruction);
    }
    if line.starts_with('|') {
        return Some(instruction("RUN", without_args(line, shells)));
    }
    Some(match shells.strip(line) {
        Some(command) => instruction("RUN", command),
        None => foreign(created_by, entry),
    })
}

/// The line after the `#(nop)` with which the classic builder and buildah mark what runs nothing.
fn nop(created_by: &str) -> Option<&str> {
    let (shell, line) = created_by.split_once("#(nop)")?;
    let shell = shell.trim_end();
    let runs = shell.is_empty() || ["-c", "/C", "-Command"].iter().any(|end| shell.ends_with(end));
    if runs && !shell.starts_with("RUN ") { Some(line.trim()) } else { None }
}

fn foreign(text: &str, entry: &History) -> Instruction {
    let comment = entry.comment.as_deref().unwrap_or("").trim();
    let tells_layer = ["ko", "Jib"].contains(&entry.author.as_deref().unwrap_or(""));
    let text =
        if tells_layer && !comment.is_empty() { format!("{text} ({comment})") } else { text.to_owned() };
    Instruction { keyword: String::new(), text: text.into() }
}

/// A line that begins with a keyword of the Dockerfile language.
fn dockerfile(line: &str, shells: &mut Shells) -> Option<Instruction> {
    let (keyword, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
    if !KEYWORDS.contains(&keyword) {
        return None;
    }
    let rest = rest.trim();
    let respelled = match keyword {
        "RUN" if rest.starts_with('|') => Some(without_args(rest, shells).to_owned()),
        "RUN" => shells.strip(rest).map(str::to_owned),
        "CMD" | "ENTRYPOINT" => words(rest).map(|words| json(&words)),
        "SHELL" => {
            let words = words(rest)
                .or_else(|| golang::plain_list(rest).map(|w| w.into_iter().map(str::to_owned).collect()));
            words.map(|words| {
                shells.add(&words.join(" "));
                json(&words)
            })
        }
        "EXPOSE" => golang::plain_list(rest).map(|ports| ports.join(" ")),
        "VOLUME" => words(rest)
            .map(|words| json(&words))
            .or_else(|| golang::plain_list(rest).map(|volumes| volumes.join(" "))),
        "HEALTHCHECK" => healthcheck::respell(rest),
        _ => None,
    };
    Some(instruction(keyword, respelled.as_deref().unwrap_or(rest)))
}

fn instruction(keyword: &str, rest: &str) -> Instruction {
    let text = if rest.is_empty() { keyword.to_owned() } else { format!("{keyword} {rest}") };
    Instruction { keyword: keyword.to_owned(), text: Arc::from(text) }
}

/// The command of a `RUN` whose build arguments (`|2 A=1 B=x y`) stand before it. Their values may hold blanks, so
/// the shell is looked for first; a command without one (exec form) follows as many words as there are arguments.
/// Where neither fits, the text stands as it is.
fn without_args<'a>(text: &'a str, shells: &Shells) -> &'a str {
    let Some((count, args)) = text.strip_prefix('|').and_then(|t| t.split_once(' ')) else { return text };
    let Ok(count) = count.parse::<usize>() else { return text };
    if let Some(command) = shells.strip(args).filter(|_| count == 0).or_else(|| shells.after_first(args)) {
        return command;
    }
    let mut rest = args;
    for _ in 0..count {
        match rest.split_once(' ') {
            Some((arg, after)) if arg.contains('=') => rest = after,
            _ => return text,
        }
    }
    rest
}

/// The words of an exec form, in JSON (Dockerfile, kaniko) or as Go prints a list (BuildKit, classic builder).
pub(super) fn words(text: &str) -> Option<Vec<String>> {
    if !text.starts_with('[') {
        return None;
    }
    if let Ok(words) = serde_json::from_str(text) {
        return Some(words);
    }
    golang::quoted_list(text).filter(|(_, rest)| rest.trim().is_empty()).map(|(words, _)| words)
}

/// The exec form as a person writes it: `["gunicorn", "app:app"]`.
pub(super) fn json(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|w| serde_json::Value::from(w.as_str()).to_string()).collect();
    format!("[{}]", words.join(", "))
}

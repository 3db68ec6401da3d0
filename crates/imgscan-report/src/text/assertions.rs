//! What became of assertions: a line for each, and below those that do not hold what stands against them.

use imgscan_model::{ImageReport, JudgedCase, Judgement, Verdict};

use super::ink::{Ink, wrap};
use super::{place, settings};

/// Columns of the verdict.
const LEFT: usize = 11;
/// Cases of one assertion that are told; the rest are counted.
const MOST: usize = 12;

/// The assertions about one image below its name, ending with a line break.
pub(super) fn list(image: &ImageReport, judgements: &[Judgement], ink: &Ink<'_>) -> String {
    let mut out = super::header(image, ink);
    for judgement in judgements {
        out.push_str(&block(judgement, ink));
    }
    out
}

fn block(judgement: &Judgement, ink: &Ink<'_>) -> String {
    let verdict = judgement.verdict();
    let word = match verdict {
        Verdict::Holds => ink.good("holds"),
        Verdict::Fails => ink.bad("fails"),
        Verdict::Undecided => ink.warn("undecided"),
    };
    let blanks = match verdict {
        Verdict::Undecided => 0,
        _ => 4,
    };
    let mut out = format!("{word}{}  {}\n", " ".repeat(blanks), ink.bold(&ink.image(&judgement.text)));
    let against: Vec<&JudgedCase> = judgement.cases.iter().filter(|c| c.verdict != Verdict::Holds).collect();
    let shown: Vec<&JudgedCase> = match verdict {
        Verdict::Holds => judgement.cases.iter().take(1).filter(|_| judgement.cases.len() == 1).collect(),
        _ => against.iter().copied().take(MOST).collect(),
    };
    shown.iter().for_each(|case| out.push_str(&told(case, ink)));
    if against.len() > MOST {
        out.push_str(&format!("{}and {} more\n", margin(), against.len() - MOST));
    }
    if verdict != Verdict::Holds {
        let reason = judgement.reason.as_deref().map(|r| format!(": {}", ink.prose(r)));
        let from =
            format!("demanded by {}{}", place::words(&judgement.origin, ink), reason.unwrap_or_default());
        for line in wrap(&from, ink.width.saturating_sub(LEFT)) {
            out.push_str(&format!("{}{}\n", margin(), ink.dim(&line)));
        }
    }
    out
}

fn margin() -> String {
    " ".repeat(LEFT)
}

fn told(case: &JudgedCase, ink: &Ink<'_>) -> String {
    let mut out = String::new();
    if let Some(scope) = &case.scope {
        out.push_str(&format!("{}in {}\n", margin(), ink.prose(&scope.path.join(" > "))));
    }
    for (name, setting) in &case.settings {
        let winner = setting.winner();
        let value = settings::shown(setting.value(), &setting.text(), winner.secret, ink);
        let who = ink.dim(&place::who(winner, ink));
        out.push_str(&format!("{}{} = {}  {who}\n", margin(), ink.prose(name), ink.bold(&value)));
    }
    if let Some(note) = &case.note {
        for line in wrap(&ink.prose(note), ink.width.saturating_sub(LEFT)) {
            out.push_str(&format!("{}{line}\n", margin()));
        }
    }
    out
}

//! `grep`, `egrep`, `fgrep`.

use imgscan_model::{FileView, NodeKind, Shape, Text};

use super::options::{self, Parsed};
use super::{Flavor, Job, Ran, Source};
use crate::regex::{Regex, Syntax, Unsure};
use crate::shell::disk::Found;
use crate::texts;

/// What is looked for.
enum Matcher {
    Fixed { words: Vec<Vec<char>>, ignore_case: bool },
    Regex(Vec<Regex>),
}

struct Search {
    matcher: Matcher,
    whole_line: bool,
    whole_word: bool,
    inverted: bool,
}

/// `grep`
pub(super) fn grep(job: &mut Job<'_>) -> Ran {
    let long = [
        "quiet",
        "silent",
        "extended-regexp",
        "fixed-strings",
        "ignore-case",
        "invert-match",
        "count",
        "line-number",
        "only-matching",
        "files-with-matches",
        "line-regexp",
        "word-regexp",
        "no-messages",
        "no-filename",
        "regexp=",
        "max-count=",
        "basic-regexp",
        "with-filename",
        "color=",
        "text",
    ];
    let parsed = options::parse(job.args, "qEFivcnolxwshHGa", "em", &long);
    let Some(parsed) = parsed else { return Ran::Unknown("options of `grep` are not followed".into()) };
    let mut operands = parsed.operands.clone();
    let mut patterns: Vec<Text> = parsed
        .options
        .iter()
        .filter(|(name, _)| matches!(name.as_str(), "e" | "regexp"))
        .filter_map(|(_, value)| value.clone())
        .collect();
    if patterns.is_empty() {
        if operands.is_empty() {
            return Ran::Status(2);
        }
        patterns.push(operands.remove(0));
    }
    let Some(search) = search(job, &parsed, &patterns) else {
        return Ran::Unknown("its expression is not followed".into());
    };
    run(job, &parsed, &search, &operands)
}

fn search(job: &Job<'_>, parsed: &Parsed, patterns: &[Text]) -> Option<Search> {
    let extended = parsed.has(&["E", "extended-regexp"]) || job.name == "egrep";
    let fixed = parsed.has(&["F", "fixed-strings"]) || job.name == "fgrep";
    let ignore_case = parsed.has(&["i", "ignore-case"]);
    let mut lines = Vec::new();
    for pattern in patterns {
        lines.extend(pattern.known()?.split('\n').map(str::to_owned));
    }
    let matcher = if fixed {
        Matcher::Fixed { words: lines.iter().map(|l| l.chars().collect()).collect(), ignore_case }
    } else {
        let syntax = Syntax { extended, ignore_case, awk: false, gnu: job.flavor == Flavor::Gnu };
        Matcher::Regex(lines.iter().map(|l| Regex::new(l, syntax)).collect::<Option<_>>()?)
    };
    Some(Search {
        matcher,
        whole_line: parsed.has(&["x", "line-regexp"]),
        whole_word: parsed.has(&["w", "word-regexp"]),
        inverted: parsed.has(&["v", "invert-match"]),
    })
}

impl Search {
    /// Whether a line is chosen.
    fn chooses(&self, line: &[char]) -> Result<bool, Unsure> {
        Ok(self.matches(line)? != self.inverted)
    }

    fn matches(&self, line: &[char]) -> Result<bool, Unsure> {
        if self.whole_line {
            return match &self.matcher {
                Matcher::Fixed { words, ignore_case } => {
                    check_hole(line)?;
                    Ok(words.iter().any(|w| {
                        w.len() == line.len() && w.iter().zip(line).all(|(a, b)| same(*a, *b, *ignore_case))
                    }))
                }
                Matcher::Regex(regexes) => {
                    for regex in regexes {
                        if regex.find(line, 0)? == Some((0, line.len())) {
                            return Ok(true);
                        }
                    }
                    Ok(false)
                }
            };
        }
        let mut from = 0;
        while let Some((start, end)) = self.next_match(line, from)? {
            if !self.whole_word {
                return Ok(true);
            }
            let word = |i: usize| line.get(i).is_some_and(|c| c.is_ascii_alphanumeric() || *c == '_');
            if !(word(end) || start > 0 && word(start - 1)) {
                return Ok(true);
            }
            // A shorter match might stand as a word of its own.
            if matches!(self.matcher, Matcher::Regex(_)) {
                return Err(Unsure);
            }
            from = start + 1;
        }
        Ok(false)
    }

    fn next_match(&self, line: &[char], from: usize) -> Result<Option<(usize, usize)>, Unsure> {
        let mut best: Option<(usize, usize)> = None;
        let mut take = |found: Option<(usize, usize)>| {
            if let Some((start, end)) = found {
                let better = best.is_none_or(|(s, e)| start < s || start == s && end > e);
                if better {
                    best = Some((start, end));
                }
            }
        };
        match &self.matcher {
            Matcher::Fixed { words, ignore_case } => {
                check_hole(line)?;
                for word in words {
                    let found = (from..=line.len().saturating_sub(word.len())).find(|start| {
                        word.len() + start <= line.len()
                            && word
                                .iter()
                                .zip(line.iter().skip(*start))
                                .all(|(a, b)| same(*a, *b, *ignore_case))
                    });
                    take(found.map(|start| (start, start + word.len())));
                }
            }
            Matcher::Regex(regexes) => {
                for regex in regexes {
                    take(regex.find(line, from)?);
                }
            }
        }
        Ok(best)
    }
}

fn check_hole(line: &[char]) -> Result<(), Unsure> {
    if line.contains(&imgscan_model::text::HOLE) { Err(Unsure) } else { Ok(()) }
}

fn same(a: char, b: char, ignore_case: bool) -> bool {
    a == b || ignore_case && a.eq_ignore_ascii_case(&b)
}

fn run(job: &mut Job<'_>, parsed: &Parsed, search: &Search, files: &[Text]) -> Ran {
    let quiet = parsed.has(&["q", "quiet", "silent"]);
    let named =
        (files.len() > 1 || parsed.has(&["H", "with-filename"])) && !parsed.has(&["h", "no-filename"]);
    let most = match parsed.value(&["m", "max-count"]) {
        None => usize::MAX,
        Some(text) => match text.known().and_then(|n| n.parse().ok()) {
            Some(n) => n,
            None => return Ran::Unknown("how many lines are taken is not known".into()),
        },
    };
    let unordered = files.is_empty() && job.shell.reads_unordered();
    if unordered && most != usize::MAX {
        return Ran::Unknown("the order of its lines is not known".into());
    }
    let (mut found, mut failed) = (false, false);
    let mut out: Vec<Text> = Vec::new();
    let names: Vec<Option<Text>> =
        if files.is_empty() { vec![None] } else { files.iter().cloned().map(Some).collect() };
    for name in names {
        if name.as_ref().is_some_and(|name| is_directory(job, name)) {
            failed = true;
            continue;
        }
        let source = match &name {
            None => job.stdin(),
            Some(file) => job.source(file),
        };
        let text = match source {
            Source::Known(text) | Source::Partly(text) => text,
            Source::Missing => {
                failed = true;
                continue;
            }
            Source::Unknown(text) => {
                if quiet && found {
                    return Ran::Status(0);
                }
                let hole =
                    job.hole(if parsed.has(&["c", "count"]) { Shape::Number } else { Shape::Any }, &text);
                if !quiet {
                    out.push(hole);
                    let text = Text::concat(out.iter());
                    job.out(text);
                }
                return Ran::Unsure;
            }
        };
        let shown = match &name {
            Some(file) if file.known() != Some("-") => file.display(),
            _ => "(standard input)".to_owned(),
        };
        let input = Input { text: &text, shown: &shown, named };
        let Some(chosen) = lines(job, parsed, search, &input, most, &mut out) else {
            return Ran::Unknown("whether a line matches is not known".into());
        };
        found |= chosen;
    }
    if failed && !parsed.has(&["s", "no-messages"]) {
        job.shell.complain();
    }
    if !quiet && !out.is_empty() {
        let text = Text::concat(out.iter());
        if unordered {
            let by = job.origin.clone();
            job.shell.write_unordered(text, &by);
        } else {
            job.out(text);
        }
    }
    let status = match (found, failed) {
        (true, true) if quiet => 0,
        (_, true) => 2,
        (true, false) => 0,
        (false, false) => 1,
    };
    Ran::Status(status)
}

fn is_directory(job: &Job<'_>, name: &Text) -> bool {
    matches!(job.shell.find_text(name, true), Found::Node(node) if node.kind == NodeKind::Dir && job.shell.world.files.entry(&node.path).is_some())
}

/// One input under the name it is shown by; `named` says whether the name stands before each line.
struct Input<'a> {
    text: &'a Text,
    shown: &'a str,
    named: bool,
}

/// The lines of one input; `None` where whether one matches is not known.
fn lines(
    job: &mut Job<'_>,
    parsed: &Parsed,
    search: &Search,
    input: &Input<'_>,
    most: usize,
    out: &mut Vec<Text>,
) -> Option<bool> {
    let newline = job.new_text("\n");
    let (ranges, _) = texts::lines(input.text);
    let prefix = if input.named { format!("{}:", input.shown) } else { String::new() };
    let (mut count, mut number) = (0usize, 0usize);
    let only_counts = parsed.has(&["c", "count"]);
    let only_names = parsed.has(&["l", "files-with-matches"]);
    for range in ranges {
        number += 1;
        let line = input.text.slice(range);
        let chars: Vec<char> = line.raw().chars().collect();
        job.charge(1 + chars.len() as u64 / 32)?;
        if count >= most {
            break;
        }
        if !search.chooses(&chars).ok()? {
            continue;
        }
        count += 1;
        if only_counts || only_names {
            continue;
        }
        let mut head = prefix.clone();
        if parsed.has(&["n", "line-number"]) {
            head.push_str(&format!("{number}:"));
        }
        let pieces =
            if parsed.has(&["o", "only-matching"]) { matches_of(search, &line, &chars)? } else { vec![line] };
        for piece in pieces {
            if !head.is_empty() {
                out.push(newline.respelled(head.as_str()));
            }
            out.extend([piece, newline.clone()]);
        }
    }
    if only_names && count > 0 {
        out.push(newline.respelled(format!("{}\n", input.shown)));
    } else if only_counts {
        out.push(newline.respelled(format!("{prefix}{count}\n")));
    }
    Some(count > 0)
}

/// The matches in a line (`-o`).
fn matches_of(search: &Search, line: &Text, chars: &[char]) -> Option<Vec<Text>> {
    if search.inverted || search.whole_word || search.whole_line {
        return if search.inverted { Some(Vec::new()) } else { None };
    }
    let offsets: Vec<usize> = line.raw().char_indices().map(|(at, _)| at).chain([line.len()]).collect();
    let mut found = Vec::new();
    let mut from = 0;
    while from <= chars.len() {
        match search.next_match(chars, from).ok()? {
            None => break,
            Some((start, end)) if end > start => {
                found.push(line.slice(*offsets.get(start)?..*offsets.get(end)?));
                from = end;
            }
            Some((start, _)) => from = start + 1,
        }
    }
    Some(found)
}

//! Which instruction set what the config holds. An instruction is named only when what it says is what stands in the
//! config: tools that change an image afterwards (`crane mutate`, kaniko, Jib) leave no entry.

use std::sync::Arc;

use imgscan_model::{Instruction, secret};

use super::instruction;

/// The last instruction `keyword` (`CMD`, `ENTRYPOINT`), if it gives these words.
pub(super) fn words<'a>(
    instructions: &'a [Option<Instruction>],
    keyword: &str,
    found: &[String],
) -> Option<&'a Instruction> {
    let last = instructions.iter().rev().flatten().find(|i| i.keyword == keyword)?;
    let said = arguments(last);
    let same = match instruction::words(said) {
        Some(words) => words == found,
        // The shell form: the line is the last word, after whatever shell the image had.
        None => found.len() > 1 && found.last().is_some_and(|line| line == said),
    };
    if same { Some(last) } else { None }
}

/// The last instruction that sets the variable, if it sets it to this value.
pub(super) fn env<'a>(
    instructions: &'a [Option<Instruction>],
    name: &str,
    value: &str,
) -> Option<&'a Instruction> {
    for instruction in instructions.iter().rev().flatten().filter(|i| i.keyword == "ENV") {
        let said = arguments(instruction);
        for (at, rest) in assignments(said, name) {
            if begins_with_value(rest, value) {
                return Some(instruction);
            }
            // buildah records the line before variables in it are replaced.
            if at == 0 {
                return if rest.contains('$') { Some(instruction) } else { None };
            }
        }
    }
    None
}

fn arguments(instruction: &Instruction) -> &str {
    instruction.text.get(instruction.keyword.len()..).unwrap_or("").trim_start()
}

/// Where `NAME=` stands at the start of a word, with the offset of the word and what follows the `=` (or, at the very
/// start, the blank of the old form `ENV NAME value`).
fn assignments<'a>(said: &'a str, name: &str) -> impl Iterator<Item = (usize, &'a str)> {
    let name = name.to_owned();
    said.match_indices(&name.clone()).collect::<Vec<_>>().into_iter().filter_map(move |(at, _)| {
        let before = said.get(..at)?.chars().next_back();
        if before.is_some_and(|c| !c.is_ascii_whitespace()) {
            return None;
        }
        let rest = said.get(at + name.len()..)?;
        let value = rest.strip_prefix('=').or_else(|| rest.strip_prefix(' ').filter(|_| at == 0))?;
        Some((at, value))
    })
}

/// Whether `rest` begins with the value, bare or in quotes, followed by nothing or another assignment.
fn begins_with_value(rest: &str, value: &str) -> bool {
    let quoted = |quote: char| rest.strip_prefix(quote)?.strip_prefix(value)?.strip_prefix(quote);
    let ends = [rest.strip_prefix(value), quoted('"'), quoted('\'')];
    ends.into_iter().flatten().any(|after| {
        let next = after.trim_start();
        next.is_empty()
            || (next.len() < after.len()
                && next.split([' ', '=']).next().is_some_and(is_name)
                && next.contains('='))
    })
}

fn is_name(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
}

/// The instruction with the values of `ENV` and `ARG` that look like credentials taken out.
pub(super) fn without_secrets(instruction: &Instruction) -> Instruction {
    if !["ENV", "ARG"].contains(&instruction.keyword.as_str()) {
        return instruction.clone();
    }
    let said = arguments(instruction);
    let mut text = instruction.keyword.clone();
    for (name, separator, value) in pairs(said) {
        let secret = !value.is_empty() && (secret::is_secret_name(name) || secret::is_secret_value(value));
        let shown = if secret { "[redacted]" } else { value };
        text = format!("{text} {name}{separator}{shown}");
    }
    if text.len() == instruction.keyword.len() || !text.contains("[redacted]") {
        return instruction.clone();
    }
    Instruction { keyword: instruction.keyword.clone(), text: Arc::from(text) }
}

/// The assignments of an `ENV` or `ARG` line as `(name, separator, value)`. A value reaches to the next word that
/// holds a name and a `=`.
fn pairs(said: &str) -> Vec<(&str, &'static str, &str)> {
    let first = said.split([' ', '=']).next().unwrap_or("");
    if let Some(value) = said.get(first.len()..).and_then(|rest| rest.strip_prefix(' ')) {
        return vec![(first, " ", value)];
    }
    let mut starts: Vec<(usize, &str)> = Vec::new();
    let mut at = 0;
    for word in said.split(' ') {
        if let Some((name, _)) = word.split_once('=').filter(|(name, _)| is_name(name)) {
            starts.push((at, name));
        }
        at += word.len() + 1;
    }
    let ends = starts.iter().skip(1).map(|(at, _)| at - 1).chain([said.len()]);
    starts
        .iter()
        .zip(ends)
        .filter_map(|((at, name), end)| Some((*name, "=", said.get(at + name.len() + 1..end)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(lines: &[&str]) -> Vec<Option<Instruction>> {
        let read = |line: &&str| {
            let keyword = line.split(' ').next().unwrap().to_owned();
            Some(Instruction { keyword, text: (*line).into() })
        };
        lines.iter().map(read).collect()
    }

    fn env_of(lines: &[&str], name: &str, value: &str) -> Option<String> {
        env(&said(lines), name, value).map(|i| i.text.to_string())
    }

    #[test]
    fn the_last_env_that_gives_the_value_is_named() {
        let lines = ["ENV A=1", "ENV B=2 A=x y C=3", "ENV D=4"];
        assert_eq!(env_of(&lines, "A", "x y").as_deref(), Some(lines[1]));
        assert_eq!(env_of(&lines, "C", "3").as_deref(), Some(lines[1]));
        assert_eq!(env_of(&["ENV A=\"x y\""], "A", "x y").as_deref(), Some("ENV A=\"x y\""));
        assert_eq!(env_of(&["ENV PATH /a:/b"], "PATH", "/a:/b").as_deref(), Some("ENV PATH /a:/b"));
        assert_eq!(env_of(&["ENV A=$B/x"], "A", "/y/x").as_deref(), Some("ENV A=$B/x"));
    }

    #[test]
    fn an_env_that_says_something_else_is_not() {
        assert_eq!(env_of(&["ENV A=1", "ENV A=2"], "A", "1"), None);
        assert_eq!(env_of(&["ENV A=1"], "A", "12"), None);
        assert_eq!(env_of(&["ENV A=12"], "A", "1"), None);
        assert_eq!(env_of(&["ENV BA=1"], "A", "1"), None);
        assert_eq!(env_of(&["ENV X=see A=1", "ENV A=2"], "A", "1"), None);
    }

    #[test]
    fn words_are_compared() {
        let lines = said(&["CMD [\"old\"]", "CMD [\"gunicorn\", \"app:app\"]"]);
        let found = ["gunicorn".to_owned(), "app:app".to_owned()];
        assert_eq!(words(&lines, "CMD", &found).unwrap().text.as_ref(), "CMD [\"gunicorn\", \"app:app\"]");
        assert_eq!(words(&lines, "CMD", &["old".to_owned()]), None);
        let lines = said(&["CMD gunicorn app:app"]);
        let shell = ["/bin/sh", "-c", "gunicorn app:app"].map(str::to_owned);
        assert!(words(&lines, "CMD", &shell).is_some());
        assert_eq!(words(&lines, "CMD", &["gunicorn app:app".to_owned()]), None);
    }

    #[test]
    fn credentials_are_taken_out() {
        let shown = |line: &str| without_secrets(said(&[line])[0].as_ref().unwrap()).text.to_string();
        assert_eq!(shown("ENV DB_PASSWORD=a b C=1"), "ENV DB_PASSWORD=[redacted] C=1");
        assert_eq!(shown("ENV DB_PASSWORD a b"), "ENV DB_PASSWORD [redacted]");
        assert_eq!(shown("ARG TOKEN=x"), "ARG TOKEN=[redacted]");
        assert_eq!(shown("ENV A=1  B=2"), "ENV A=1  B=2");
    }
}

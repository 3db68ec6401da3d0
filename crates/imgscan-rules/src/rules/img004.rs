use imgscan_model::{Finding, Origin, path};

use crate::Facts;
use crate::command::is_as_built;

rule! {
    /// ## What it finds
    ///
    /// `ENTRYPOINT` is a text for a shell that never asks for its words, so that what `CMD` says is dropped.
    ///
    /// ## Why it matters
    ///
    /// The words of `CMD` (and those behind `docker run IMAGE`) do arrive, as `$0`, `$1` and so on, but the text uses
    /// none of them. Arguments that somebody believes in have no effect. With `ENTRYPOINT ["sh", "-c"]` the first word
    /// of `CMD` alone is the text, and the others are its unused arguments.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// ENTRYPOINT gunicorn app:application
    /// CMD ["--workers", "4"]
    /// ```
    ///
    /// gunicorn starts one worker.
    ///
    /// ## How to fix
    ///
    /// The JSON form, `ENTRYPOINT ["gunicorn", "app:application"]`; or `"$@"` in the text, with a word in front that
    /// becomes `$0`: `ENTRYPOINT ["sh", "-c", "exec gunicorn \"$@\" app:application", "gunicorn"]`.
    ///
    /// ## References
    ///
    /// - moby/moby#3751, moby/moby#9959, moby/moby#21014, docker/docs#14233
    EntrypointDropsCmd = "IMG004", "entrypoint-drops-cmd", High, "Shell-form ENTRYPOINT (or `sh -c`) does not use CMD"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let config = facts.config;
    let (Some(entrypoint), Some(cmd)) = (&config.entrypoint, &config.cmd) else { return Vec::new() };
    if entrypoint.is_empty() || cmd.is_empty() || !is_as_built(facts) {
        return Vec::new();
    }
    let words: Vec<&str> = entrypoint.iter().chain(cmd).map(String::as_str).collect();
    let Some(at) = text_of_shell(&words) else { return Vec::new() };
    // The words behind the text that CMD brings.
    let dropped = words.get(entrypoint.len().max(at + 1)..).unwrap_or_default();
    let text = words.get(at).copied().unwrap_or_default();
    if dropped.is_empty() || asks_for_words(text) {
        return Vec::new();
    }
    let in_cmd = |word: usize| {
        let index = u32::try_from(word).unwrap_or(u32::MAX);
        Origin::ImageCmd { index, chars: None, instruction: config.cmd_instruction.clone() }
    };
    let text_at = if at < entrypoint.len() {
        let index = u32::try_from(at).unwrap_or(u32::MAX);
        Origin::ImageEntrypoint { index, chars: None, instruction: config.entrypoint_instruction.clone() }
    } else {
        in_cmd(at - entrypoint.len())
    };
    let draft = EntrypointDropsCmd::META
        .finds(format!(
            "the shell runs `{text}`, which uses none of the words behind it: `{}` has no effect",
            dropped.join(" ")
        ))
        .at(&in_cmd(cmd.len() - dropped.len()), "dropped from here on")
        .see(&text_at, "asks for no `$@`")
        .help("write ENTRYPOINT in JSON form, or use `\"$@\"` in its text");
    vec![draft.into()]
}

/// The index of the text behind `sh … -c`, where the words call a shell with one.
fn text_of_shell(words: &[&str]) -> Option<usize> {
    let shell = path::name(words.first()?);
    if !["sh", "bash", "dash", "ash", "ksh", "zsh"].contains(&shell) {
        return None;
    }
    let mut at = 1;
    while let Some(word) = words.get(at) {
        match *word {
            "-o" | "+o" | "-O" | "+O" => at += 2,
            word if word.starts_with('-') && !word.starts_with("--") && word.contains('c') => {
                return Some(at + 1);
            }
            word if word.starts_with('-') || word.starts_with('+') => at += 1,
            _ => return None,
        }
    }
    None
}

/// Whether a shell text uses `$@`, `$*`, `$#`, `$0` … `$9` or their forms in braces.
fn asks_for_words(text: &str) -> bool {
    text.match_indices('$').any(|(at, _)| {
        let mut after = text[at + 1..].chars();
        let first = after.next();
        let c = if first == Some('{') { after.find(|c| !"#!".contains(*c)) } else { first };
        c.is_some_and(|c| "@*#0123456789".contains(c)) || first == Some('#')
    }) || text.split(|c: char| !c.is_alphanumeric()).any(|word| word == "shift")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Image;

    fn image(entrypoint: &[&str], cmd: &[&str]) -> Image {
        Image::empty().with(|i| {
            i.config.entrypoint = Some(entrypoint.iter().map(|w| (*w).to_owned()).collect());
            i.config.cmd = Some(cmd.iter().map(|w| (*w).to_owned()).collect());
        })
    }

    #[test]
    fn a_shell_form_that_uses_no_words_speaks() {
        assert_eq!(
            image(&["/bin/sh", "-c", "gunicorn app:app"], &["--workers", "4"]).says(&EntrypointDropsCmd),
            [
                "the shell runs `gunicorn app:app`, which uses none of the words behind it: `--workers 4` has no effect"
            ]
        );
        let pipefail = image(&["/bin/bash", "-o", "pipefail", "-ec", "exec gunicorn"], &["x"]);
        assert_eq!(pipefail.findings(&EntrypointDropsCmd).len(), 1);
    }

    #[test]
    fn a_shell_that_takes_its_text_from_cmd_speaks_of_the_other_words() {
        assert_eq!(
            image(&["sh", "-c"], &["echo", "hello"]).says(&EntrypointDropsCmd),
            ["the shell runs `echo`, which uses none of the words behind it: `hello` has no effect"]
        );
    }

    #[test]
    fn a_text_that_asks_for_its_words_stays_silent() {
        for text in [
            "exec gunicorn \"$@\"",
            "exec $0 $1",
            "exec ${@:1}",
            "exec ${1:-gunicorn}",
            "[ $# -gt 0 ]",
            "shift; x",
        ] {
            let found = image(&["/bin/sh", "-c", text], &["--workers", "4"]).says(&EntrypointDropsCmd);
            assert_eq!(found, [] as [&str; 0], "{text}");
        }
    }

    #[test]
    fn the_exec_form_a_script_and_an_empty_cmd_stay_silent() {
        for (entrypoint, cmd) in [
            (&["gunicorn", "app:app"][..], &["--workers", "4"][..]),
            (&["sh", "/entrypoint.sh"], &["serve"]),
            (&["/bin/sh", "-c", "gunicorn app:app"], &[]),
            (&["sh", "-c"], &["gunicorn app:app"]),
        ] {
            assert_eq!(image(entrypoint, cmd).says(&EntrypointDropsCmd), [] as [&str; 0], "{entrypoint:?}");
        }
    }
}

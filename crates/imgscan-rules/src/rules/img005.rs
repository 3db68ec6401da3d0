use imgscan_model::{Confidence, FileError, Finding, Magic, Node, Origin, path};

use crate::Facts;
use crate::command::{self, is_absent, is_as_built, volume};

rule! {
    /// ## What it finds
    ///
    /// The program that the container starts with is missing, is not executable, ends its first line with a carriage
    /// return, or names an interpreter that the image does not have.
    ///
    /// ## Why it matters
    ///
    /// The container never starts: `no such file or directory`, `permission denied`, `exec format error`. The first of
    /// these is also what a script with Windows line ends says of its interpreter, which has misled many.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// COPY entrypoint.sh /entrypoint.sh
    /// ENTRYPOINT ["/entrypoint.sh"]
    /// ```
    ///
    /// with a file of mode 644.
    ///
    /// ## How to fix
    ///
    /// `COPY --chmod=755 entrypoint.sh /entrypoint.sh`; `*.sh text eol=lf` in `.gitattributes`; install the interpreter.
    ///
    /// ## References
    ///
    /// - getsentry/self-hosted#574, influxdata/influxdata-docker#33
    EntrypointNotRunnable = "IMG005", "entrypoint-not-runnable", High, "The program that the container starts with cannot be run"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let Some(word) = command::words(facts.config).next().filter(|w| !w.is_empty()) else { return Vec::new() };
    if !is_as_built(facts) {
        return Vec::new();
    }
    let Some(fault) = fault(facts, word) else { return Vec::new() };
    let origin = match &facts.config.entrypoint {
        Some(words) if !words.is_empty() => Origin::ImageEntrypoint {
            index: 0,
            chars: None,
            instruction: facts.config.entrypoint_instruction.clone(),
        },
        _ => Origin::ImageCmd { index: 0, chars: None, instruction: facts.config.cmd_instruction.clone() },
    };
    let mut draft = EntrypointNotRunnable::META
        .finds(format!("the container starts with `{word}`, {}", fault.message))
        .at(&origin, "started here")
        .help(fault.help);
    if let Some(node) = &fault.node {
        draft = draft.see(&node.origin, fault.label);
    }
    if volume(facts.config, &path::join(&facts.config.working_dir, word)).is_some() {
        // A volume may bring it.
        draft = draft.at_most(Confidence::Possible);
    }
    vec![draft.into()]
}

struct Fault {
    message: String,
    label: &'static str,
    help: String,
    node: Option<Node>,
}

fn fault(facts: &Facts<'_>, word: &str) -> Option<Fault> {
    let node = match command::program(facts, word) {
        Ok(node) => node,
        Err(FileError::NotFound | FileError::NotADirectory) => return Some(absent(facts, word)),
        Err(_) => return None,
    };
    let at =
        |message: String, label, help: String| Some(Fault { message, label, help, node: Some(node.clone()) });
    if node.is_dir() {
        return at("which is a directory".into(), "a directory", "name the program in it".into());
    }
    if !node.is_executable() {
        let message = format!("which nobody may execute (mode {:o})", node.mode);
        return at(message, "not executable", format!("make it executable: RUN chmod +x {}", node.path));
    }
    match &node.magic {
        Magic::Script(line) => {
            script(facts, line).and_then(|(message, label, help)| at(message, label, help))
        }
        Magic::Empty => at("which is empty".into(), "empty", "give it a program".into()),
        Magic::Other => at(
            "which is neither a program nor a script with a `#!` line: exec format error".into(),
            "no `#!` line",
            "begin the script with `#!/bin/sh`".into(),
        ),
        Magic::Elf | Magic::Unknown => None,
    }
}

fn absent(facts: &Facts<'_>, word: &str) -> Fault {
    let message = if word.contains('/') {
        "which the image does not have".to_owned()
    } else {
        format!("which is in no directory of `PATH` ({})", command::search_path(facts.config).join(":"))
    };
    Fault { message, label: "", help: format!("install or copy `{word}`, or fix its path"), node: None }
}

/// What is wrong with the first line of a script.
fn script(facts: &Facts<'_>, line: &str) -> Option<(String, &'static str, String)> {
    if line.ends_with('\r') {
        let interpreter = line.trim();
        return Some((
            format!("a script with Windows line ends: its interpreter would be `{interpreter}\\r`"),
            "Windows line ends",
            "convert it: sed -i 's/\\r$//', and keep it so with `eol=lf` in .gitattributes".into(),
        ));
    }
    let mut words = line.split_whitespace();
    let interpreter = words.next()?;
    if interpreter.starts_with('/') && is_absent(facts.files, interpreter) {
        return Some((
            format!("a script for `{interpreter}`, which the image does not have"),
            "its interpreter is missing",
            format!("install `{interpreter}`, or name an interpreter that is there"),
        ));
    }
    let program = words
        .next()
        .filter(|w| path::name(interpreter) == "env" && !w.starts_with('-') && !w.contains('='))?;
    match command::program(facts, program) {
        Err(FileError::NotFound) => Some((
            format!("a script for `{program}`, which is in no directory of `PATH`"),
            "its interpreter is missing",
            format!("install `{program}`, or name an interpreter that is there"),
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Image;
    use imgscan_model::testing::MemoryFiles;

    fn starting(word: &str, files: MemoryFiles) -> Image {
        let mut image = Image::empty().with(|i| i.config.entrypoint = Some(vec![word.to_owned()]));
        image.files = files;
        image
    }

    fn base() -> MemoryFiles {
        MemoryFiles::new()
            .program("/bin/dash")
            .link("/bin/sh", "dash")
            .program("/usr/bin/env")
            .program("/usr/bin/python3")
    }

    #[test]
    fn what_cannot_be_run_speaks() {
        for (word, files, message) in [
            ("/e.sh", base(), "the container starts with `/e.sh`, which the image does not have"),
            (
                "/e.sh",
                base().file("/e.sh", "#!/bin/sh\n"),
                "the container starts with `/e.sh`, which nobody may execute (mode 644)",
            ),
            (
                "/e.sh",
                base().executable("/e.sh", "#!/bin/sh\r\n"),
                "the container starts with `/e.sh`, a script with Windows line ends: its interpreter would be `/bin/sh\\r`",
            ),
            (
                "/e.sh",
                base().executable("/e.sh", "#!/bin/bash\n"),
                "the container starts with `/e.sh`, a script for `/bin/bash`, which the image does not have",
            ),
            (
                "/e.sh",
                base().executable("/e.sh", "#!/usr/bin/env ruby\n"),
                "the container starts with `/e.sh`, a script for `ruby`, which is in no directory of `PATH`",
            ),
            (
                "/e.sh",
                base().executable("/e.sh", "exec gunicorn\n"),
                "the container starts with `/e.sh`, which is neither a program nor a script with a `#!` line: exec format \
                 error",
            ),
            ("/app", base().dir("/app"), "the container starts with `/app`, which is a directory"),
        ] {
            assert_eq!(starting(word, files).says(&EntrypointNotRunnable), [message]);
        }
        let lost = starting("gunicorn", base().file("/usr/bin/gunicorn", "x")).says(&EntrypointNotRunnable);
        assert!(
            lost[0].starts_with("the container starts with `gunicorn`, which is in no directory of `PATH` (")
        );
    }

    #[test]
    fn what_can_be_run_stays_silent() {
        for (word, files) in [
            ("/e.sh", base().executable("/e.sh", "#!/bin/sh -e\n")),
            ("./e.sh", base().executable("/e.sh", "#!/usr/bin/env python3\n")),
            ("python3", base()),
            ("/link", base().link("/link", "/bin/dash")),
            ("/e.sh", base().unknown("/e.sh", "a mount covers it")),
        ] {
            assert_eq!(starting(word, files).says(&EntrypointNotRunnable), [] as [&str; 0], "{word}");
        }
        assert_eq!(Image::empty().says(&EntrypointNotRunnable), [] as [&str; 0]);
    }
}

//! The `#!` line of a script, as Linux reads it (`fs/binfmt_script.c`).

use imgscan_model::{FileView, Node, Text};

/// Bytes of a file that the kernel looks at (`BINPRM_BUF_SIZE`, 256 since Linux 5.1, one kept for the end).
const LONGEST: usize = 255;

/// The words that the kernel puts in front of a script's path.
#[derive(Debug, PartialEq)]
pub(crate) struct Shebang {
    /// The interpreter.
    pub interpreter: Text,
    /// The rest of the line, blanks at both ends taken off: one word, whatever stands in it.
    pub argument: Option<Text>,
}

/// Reads the line. `first_line` is what follows `#!`. `None` where no interpreter is named, or the interpreter's name
/// does not fit into what the kernel looks at; it answers "exec format error" then.
pub(crate) fn read(node: &Node, first_line: &str, files: &dyn FileView) -> Option<Shebang> {
    let blank = [' ', '\t'];
    let cut = first_line.len() + 2 > LONGEST;
    let line = first_line.get(..first_line.floor_char_boundary(LONGEST - 2)).unwrap_or(first_line);
    let line = line.trim_end_matches(blank);
    let start = line.len() - line.trim_start_matches(blank).len();
    let end = line[start..].find(blank).map_or(line.len(), |at| start + at);
    if start == end || (cut && end == line.len()) {
        return None;
    }
    let rest = line.len() - line[end..].trim_start_matches(blank).len();
    let source = files.content(&node.path).ok().filter(|text| text.raw().starts_with("#!"));
    let text = |from: usize, to: usize| match &source {
        Some(source) => source.slice(from + 2..to + 2),
        None => Text::derived(&line[from..to], node.origin.clone()),
    };
    Some(Shebang {
        interpreter: text(start, end),
        argument: (rest < line.len()).then(|| text(rest, line.len())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use imgscan_model::testing::MemoryFiles;

    fn words(content: &str) -> Option<(String, Option<String>)> {
        let files = MemoryFiles::new().executable("/x", content);
        let node = files.entry("/x").unwrap();
        let line = content.strip_prefix("#!").unwrap().split('\n').next().unwrap();
        let found = read(&node, line, &files)?;
        Some((found.interpreter.raw().to_owned(), found.argument.map(|a| a.raw().to_owned())))
    }

    #[test]
    fn the_rest_of_the_line_is_one_word() {
        assert_eq!(words("#!/bin/sh\n"), Some(("/bin/sh".into(), None)));
        assert_eq!(words("#! /bin/sh -e -u  \n"), Some(("/bin/sh".into(), Some("-e -u".into()))));
        assert_eq!(words("#!/usr/bin/env python3"), Some(("/usr/bin/env".into(), Some("python3".into()))));
    }

    #[test]
    fn a_carriage_return_belongs_to_the_name() {
        assert_eq!(words("#!/bin/sh\r\n"), Some(("/bin/sh\r".into(), None)));
    }

    #[test]
    fn a_line_without_a_name_is_no_line() {
        assert_eq!(words("#!\n"), None);
        assert_eq!(words("#!  \n"), None);
        assert_eq!(words(&format!("#!/{}\n", "x".repeat(300))), None);
    }
}

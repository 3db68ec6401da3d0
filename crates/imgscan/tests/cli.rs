//! Behaviour at the command line, held by data: `tests/cli/*.toml` say which words are given, which status and which
//! output come back.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // What is not as expected is a fault of the test.

mod common;

use std::path::Path;

use common::{image, imgscan, stderr, stdout};

/// A case of `tests/cli`: `images = […]`, `[files]` to write first, `args = […]`, `status = N`, `stdout = '''…'''`,
/// `stderr = '''…'''`. An output that is not named does not matter; `…` on a line of its own stands for any lines, at a line's end for the rest of it.
struct Case {
    images: Vec<String>,
    files: Vec<(String, String)>,
    args: Vec<String>,
    status: i64,
    stdout: Option<String>,
    stderr: Option<String>,
}

impl Case {
    fn read(path: &Path) -> Self {
        let table: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
        let words = |key: &str| -> Vec<String> {
            let list = table.get(key).and_then(|v| v.as_array()).cloned().unwrap_or_default();
            list.iter().map(|v| v.as_str().unwrap().to_owned()).collect()
        };
        let text = |key: &str| table.get(key).map(|v| v.as_str().unwrap().to_owned());
        let files = table.get("files").and_then(|v| v.as_table()).cloned().unwrap_or_default();
        let files = files.into_iter().map(|(name, text)| (name, text.as_str().unwrap().to_owned())).collect();
        let status = table["status"].as_integer().unwrap();
        Case {
            images: words("images"),
            files,
            args: words("args"),
            status,
            stdout: text("stdout"),
            stderr: text("stderr"),
        }
    }
}

/// Whether `actual` has the lines of `pattern`, in which `…` stands for what does not matter.
fn fits(pattern: &[&str], actual: &[&str]) -> bool {
    match (pattern, actual) {
        ([], []) => true,
        (["…", rest @ ..], _) => (0..=actual.len()).any(|skip| fits(rest, &actual[skip..])),
        ([line, rest @ ..], [first, others @ ..]) => {
            let same = match line.strip_suffix('…') {
                Some(start) => first.starts_with(start),
                None => line == first,
            };
            same && fits(rest, others)
        }
        _ => false,
    }
}

#[test]
fn the_command_line_behaves_as_written() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    let mut faults = String::new();
    let mut paths: Vec<_> = std::fs::read_dir(dir).unwrap().map(|f| f.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let case = Case::read(&path);
        case.images.iter().for_each(|name| drop(image(name)));
        for (name, text) in &case.files {
            std::fs::write(common::workdir().join(name), text).unwrap();
        }
        let words: Vec<&str> = case.args.iter().map(String::as_str).collect();
        let output = imgscan(&words);
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if output.status.code() != Some(case.status as i32) {
            faults.push_str(&format!("{name}: status {:?}, not {}\n", output.status.code(), case.status));
        }
        for (what, expected, actual) in
            [("stdout", &case.stdout, stdout(&output)), ("stderr", &case.stderr, stderr(&output))]
        {
            let Some(expected) = expected else { continue };
            let lines =
                |text: &str| -> Vec<String> { text.lines().map(|l| l.trim_end().to_owned()).collect() };
            let (pattern, got) = (lines(expected), lines(&actual));
            let (pattern, got): (Vec<&str>, Vec<&str>) =
                (pattern.iter().map(String::as_str).collect(), got.iter().map(String::as_str).collect());
            if !fits(&pattern, &got) {
                faults.push_str(&format!("{name}: {what} is\n{actual}\n"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

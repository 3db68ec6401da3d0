//! `xargs` where it only joins words: without a command, or with `echo`.

use imgscan_model::{Shape, Text};

use super::{Job, Ran, Source};

/// Most bytes of input that are surely one call of the command (GNU's default is 128 KiB, busybox's 32).
const ONE_CALL: usize = 16 * 1024;

/// `xargs [-r] [-d '\n'] [echo [word …]]`; any other command is the host's.
pub(super) fn xargs(job: &mut Job<'_>) -> Ran {
    let Some(call) = Call::read(job.args) else { return Ran::Host };
    let text = match job.stdin() {
        Source::Known(text) if text.len() <= ONE_CALL => text,
        Source::Known(text) | Source::Partly(text) | Source::Unknown(text) => {
            let hole = job.hole(Shape::Any, &text);
            job.out(hole);
            return Ran::Unsure;
        }
        Source::Missing => job.new_text(""),
    };
    let words = match &call.delimiter {
        Some(delimiter) => delimited(&text, *delimiter),
        None => match words(&text) {
            Some(words) => words,
            // A quote without its end.
            None => {
                job.shell.complain();
                return Ran::Unknown("a quote in its input does not end".into());
            }
        },
    };
    if words.is_empty() && call.not_if_empty {
        return Ran::Status(0);
    }
    let all: Vec<Text> = call.words.into_iter().chain(words).collect();
    if all.first().is_some_and(|first| first.raw().starts_with('-')) {
        return Ran::Unknown("`echo` may take its first word for an option".into());
    }
    let blank = job.new_text(" ");
    let line = Text::concat([&crate::texts::joined(&all, &blank), &job.new_text("\n")]);
    let line = line.through(&job.origin);
    job.out(line);
    Ran::Status(0)
}

/// How it is called.
struct Call {
    delimiter: Option<char>,
    not_if_empty: bool,
    /// The words of `echo` before those of the input.
    words: Vec<Text>,
}

impl Call {
    fn read(args: &[Text]) -> Option<Call> {
        let mut call = Call { delimiter: None, not_if_empty: false, words: Vec::new() };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.known()? {
                "-r" | "--no-run-if-empty" => call.not_if_empty = true,
                "-d" => call.delimiter = Some(delimiter(args.next()?.known()?)?),
                option if option.starts_with("-d") => call.delimiter = Some(delimiter(option.get(2..)?)?),
                "echo" | "/bin/echo" | "/usr/bin/echo" => {
                    call.words = args.cloned().collect();
                    return call.words.iter().all(|word| word.known().is_some()).then_some(call);
                }
                _ => return None,
            }
        }
        Some(call)
    }
}

fn delimiter(text: &str) -> Option<char> {
    let mut chars = text.chars();
    match (chars.next()?, chars.next(), chars.next()) {
        (c, None, None) if c.is_ascii() => Some(c),
        ('\\', Some('n'), None) => Some('\n'),
        ('\\', Some('t'), None) => Some('\t'),
        _ => None,
    }
}

/// Items that each end with a delimiter; the last may lack its own.
fn delimited(text: &Text, delimiter: char) -> Vec<Text> {
    let raw = text.raw();
    let mut found = Vec::new();
    let mut start = 0;
    for (at, _) in raw.match_indices(delimiter) {
        found.push(text.slice(start..at));
        start = at + delimiter.len_utf8();
    }
    if start < raw.len() {
        found.push(text.slice(start..raw.len()));
    }
    found
}

/// Words between blanks and newlines, less their quotes and backslashes; `None` where a quote does not end on its line.
fn words(text: &Text) -> Option<Vec<Text>> {
    let mut found = Vec::new();
    let mut word: Option<Vec<Text>> = None;
    let mut chars = text.raw().char_indices();
    while let Some((at, c)) = chars.next() {
        let plain = |start: usize, end: usize| text.slice(start..end);
        match c {
            ' ' | '\t' | '\n' => found.extend(word.take().map(|pieces| Text::concat(pieces.iter()))),
            '\'' | '"' => {
                let rest = text.raw().get(at + 1..)?;
                let length =
                    rest.find([c, '\n']).filter(|end| rest.get(*end..).is_some_and(|r| r.starts_with(c)))?;
                word.get_or_insert_default().push(plain(at + 1, at + 1 + length));
                let end = at + 1 + length;
                chars.by_ref().find(|(here, _)| *here == end)?;
            }
            '\\' => {
                let (start, next) = chars.next()?;
                word.get_or_insert_default().push(plain(start, start + next.len_utf8()));
            }
            c => word.get_or_insert_default().push(plain(at, at + c.len_utf8())),
        }
    }
    found.extend(word.take().map(|pieces| Text::concat(pieces.iter())));
    Some(found)
}

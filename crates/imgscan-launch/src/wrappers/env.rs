//! `env` and its kin: the environment of the command is another one.

use imgscan_model::{EnvSource, Program, Text, limits, path};

use super::{Stuck, Tree, Unwrapped, Wrapper};
use crate::call::{Call, Executor};
use crate::getopt::{Grammar, Parsed};
use crate::lookup;

pub(super) static WRAPPERS: &[Wrapper] =
    &[Wrapper::custom(&["env", "genv"], &[], env), Wrapper::custom(&["envdir", "s6-envdir"], &[], envdir)];

/// coreutils 9.1 `src/env.c`; busybox knows `-i`, `-0` and `-u` of them.
const ENV: Grammar = Grammar {
    flags: "i0v",
    values: "uCS",
    optional: "",
    long_flags: &["ignore-environment", "null", "debug", "list-signal-handling", "help", "version"],
    long_values: &["unset", "chdir", "split-string"],
    long_optional: &["block-signal", "default-signal", "ignore-signal"],
    abbreviated: true,
    one_dash: false,
};

fn env(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let words = program.words;
    let (mut call, options) = with_split_strings(call, words)?;
    if options.has(&["help", "version"]) {
        return Err(Stuck::Ends);
    }
    if options.has(&["0", "null"]) {
        return Err(Stuck::at(words, "`env` does not start: `-0` goes with no command"));
    }
    let mut at = options.rest;
    let dash = call.argv.get(at).is_some_and(|word| word.raw() == "-") && !options.dashes;
    at += usize::from(dash);
    if dash || options.has(&["i", "ignore-environment"]) {
        call.env.clear();
    }
    for given in options.options.iter().filter(|o| matches!(o.name.as_str(), "u" | "unset")) {
        let name = given.value.as_ref().and_then(Text::known);
        let name =
            name.ok_or_else(|| Stuck::at(given.word, "which variable `env -u` takes out is not known"))?;
        if name.is_empty() || name.contains('=') {
            return Err(Stuck::at(given.word, format!("`env` does not start: cannot unset `{name}`")));
        }
        call.env.unset(name);
    }
    if let Some(dir) = options.value(&["C", "chdir"]) {
        call.cwd = directory(&call, dir);
    }
    while let Some(word) = call.argv.get(at) {
        match assignment(word) {
            Some((name, value)) => call.env.set(&name, value, EnvSource::Script),
            None if is_open(word) => {
                return Err(Stuck::at(
                    at,
                    format!("whether `{}` sets a variable is not known", word.display()),
                ));
            }
            None => break,
        }
        at += 1;
    }
    Tree::Exec.start(&call, at, Executor::Libc).map(Unwrapped::one)
}

/// The call with the words of every `-S` in place of it, and its options.
fn with_split_strings(call: &Call, words: usize) -> Result<(Call, Parsed), Stuck> {
    let mut call = call.clone();
    let mut options = ENV.parse(&call.argv, words)?;
    // `-S` puts the words of its value where it stands, options among them.
    let mut rounds = 0;
    while let Some(given) = options.options.iter().find(|o| matches!(o.name.as_str(), "S" | "split-string")) {
        rounds += 1;
        if rounds > limits::LAUNCH_DEPTH {
            return Err(Stuck::at(given.word, "`env -S` holds itself"));
        }
        let text = given.value.clone().unwrap_or_default();
        let split = split_string(&call, &text).map_err(|message| Stuck::at(given.word, message))?;
        let from = given.word;
        let word = call.argv.get(from).map(|word| word.raw().to_owned()).unwrap_or_default();
        let separate = word == "--split-string" || (!word.starts_with("--") && word.ends_with('S'));
        let after = from + 1 + usize::from(separate);
        // Options before it in the same word stay.
        let kept = word.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
        let kept = kept.and_then(|rest| rest.find('S').filter(|at| *at > 0)).map(|at| at + 1);
        let first = kept.and_then(|to| Some(call.argv.get(from)?.slice(0..to)));
        call.argv.splice(from..after, first.into_iter().chain(split));
        options = ENV.parse(&call.argv, words)?;
    }
    Ok((call, options))
}

/// `NAME=value`; the name must be known.
pub(super) fn assignment(word: &Text) -> Option<(String, Text)> {
    let equals = word.raw().find('=')?;
    let name = word.slice(0..equals);
    let name = name.known().filter(|name| !name.is_empty())?.to_owned();
    Some((name, word.slice(equals + 1..word.len())))
}

/// Whether an unknown part of a word may hold the `=` of an assignment, or several words.
fn is_open(word: &Text) -> bool {
    !word.raw().contains('=') && word.known().is_none()
}

/// A directory as seen from the call's.
pub(crate) fn directory(call: &Call, dir: &Text) -> Text {
    match dir.known().and_then(|dir| lookup::at(dir, &call.cwd)) {
        Some(path) if dir.known() == Some(&path) => dir.clone(),
        Some(path) => Text::derived(path, dir.whole().map_or_else(|| call.origin(0), |place| place.origin)),
        None => Text::unknown("the directory is not known", dir.needs(), call.origin(0)),
    }
}

/// The words of `env -S` (coreutils `src/env.c` `build_argv`): blanks split; single and double quotes group; `\_` is a
/// blank, `\c` ends, `\f \n \r \t \v \# \$ \\ \" \'` stand for their character; `${NAME}` is a variable of the
/// environment before any change; `#` at the start of a word ends it all.
fn split_string(call: &Call, text: &Text) -> Result<Vec<Text>, String> {
    let Some(source) = text.known() else { return Err("the value of `env -S` is not known".to_owned()) };
    let mut splitter = Splitter { text, words: Vec::new(), word: None };
    let mut quote: Option<char> = None;
    let mut chars = source.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match (c, quote) {
            ('\'' | '"', None) => {
                quote = Some(c);
                splitter.open();
            }
            (c, Some(q)) if c == q => quote = None,
            (' ' | '\t' | '\n' | '\x0b' | '\x0c' | '\r', None) => splitter.close(),
            ('#', None) if splitter.word.is_none() => break,
            ('\\', Some('\'')) if !matches!(chars.peek(), Some((_, '\\' | '\''))) => splitter.push(at, 1),
            ('\\', _) => {
                let Some((next, escaped)) = chars.next() else {
                    return Err("`env -S`: `\\` at the end".to_owned());
                };
                let made = match escaped {
                    'f' => "\x0c",
                    'n' => "\n",
                    'r' => "\r",
                    't' => "\t",
                    'v' => "\x0b",
                    '_' if quote.is_none() => {
                        splitter.close();
                        continue;
                    }
                    '_' => " ",
                    'c' if quote.is_none() => break,
                    '#' | '$' | '\\' | '"' | '\'' => {
                        splitter.push(next, escaped.len_utf8());
                        continue;
                    }
                    other => return Err(format!("`env -S`: `\\{other}` is no escape")),
                };
                splitter.add(Text::derived(made, call.origin(0)));
            }
            ('$', None | Some('"')) => {
                let rest = &source[at..];
                let name =
                    rest.strip_prefix("${").and_then(|rest| rest.split_once('}')).map(|(name, _)| name);
                let Some(name) = name else { return Err("`env -S` takes only `${NAME}`".to_owned()) };
                if let Some(value) = call.env.value(name) {
                    splitter.add(value.clone());
                }
                let end = at + name.len() + 3;
                while chars.peek().is_some_and(|(next, _)| *next < end) {
                    chars.next();
                }
            }
            (c, _) => splitter.push(at, c.len_utf8()),
        }
    }
    if quote.is_some() {
        return Err("`env -S`: a quote is not closed".to_owned());
    }
    splitter.close();
    Ok(splitter.words)
}

/// Words in the making.
struct Splitter<'a> {
    text: &'a Text,
    words: Vec<Text>,
    word: Option<Vec<Text>>,
}

impl Splitter<'_> {
    fn open(&mut self) {
        self.word.get_or_insert_with(Vec::new);
    }

    fn add(&mut self, piece: Text) {
        self.word.get_or_insert_with(Vec::new).push(piece);
    }

    fn push(&mut self, at: usize, width: usize) {
        let piece = self.text.slice(at..at + width);
        self.add(piece);
    }

    fn close(&mut self) {
        if let Some(pieces) = self.word.take() {
            self.words.push(Text::concat(&pieces));
        }
    }
}

/// daemontools `envdir DIR PROGRAM`, s6's with options: each file of the directory is a variable, its first line the
/// value with blanks at the end taken off and NUL for a line end; an empty file takes the variable out.
fn envdir(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let words = program.words;
    const GRAMMAR: Grammar = Grammar {
        flags: "IinfL",
        values: "c",
        optional: "",
        long_flags: &[],
        long_values: &[],
        long_optional: &[],
        abbreviated: false,
        one_dash: false,
    };
    let s6 = call.argv.first().is_some_and(|word| path::name(word.raw()) == "s6-envdir");
    let options =
        if s6 { GRAMMAR.parse(&call.argv, words)? } else { Parsed { rest: words, ..Parsed::default() } };
    if options.has(&["n", "c", "i"]) {
        return Err(Stuck::at(words, "this form of `s6-envdir` is not followed"));
    }
    let at = options.rest;
    let mut inner = Tree::Exec.start(call, at + 1, Executor::Libc)?;
    let Some(dir) = call.argv.get(at) else { return Err(Stuck::Ends) };
    read_envdir(call, dir, options.has(&["f"]), &mut inner).map_err(|message| Stuck::at(at, message))?;
    Ok(Unwrapped::one(inner))
}

/// Puts the variables of an envdir into the environment of `inner`. With `whole` a value is all of its file but a line
/// end at the end.
pub(super) fn read_envdir(call: &Call, dir: &Text, whole: bool, inner: &mut Call) -> Result<(), String> {
    use imgscan_model::FileView;
    let path = dir.known().and_then(|dir| lookup::at(dir, &call.cwd));
    let Some(path) = path else { return Err("the directory of variables is not known".to_owned()) };
    let names = call.files.list(&path).map_err(|error| format!("`{path}`: {error}"))?;
    for name in names.iter().filter(|name| !name.starts_with('.') && !name.contains('=')) {
        let text = call
            .files
            .read(&format!("{path}/{name}"))
            .map_err(|error| format!("`{path}/{name}`: {error}"))?;
        if text.is_empty() {
            inner.env.unset(name);
            continue;
        }
        let end = if whole {
            text.raw().strip_suffix('\n').unwrap_or(text.raw()).len()
        } else {
            text.raw().lines().next().unwrap_or_default().trim_end_matches([' ', '\t']).len()
        };
        inner.env.set(name, text.slice(0..end), EnvSource::Script);
    }
    Ok(())
}

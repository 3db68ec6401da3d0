//! execline (skarnet, 2.9): scripts that are one long command line, each program of which executes the rest.
//!
//! A block `{ … }` is passed as words with a blank in front each and an empty word at its end, as execlineb itself
//! does, so that every program of the language is a wrapper like any other.

use imgscan_model::{EnvSource, Program, Text, limits};

use crate::call::{Call, Executor, Placement};
use crate::getopt::{Grammar, Parsed};
use crate::lookup;
use crate::wrappers::{Stuck, Unwrapped, Wrapper};

pub(super) static WRAPPERS: &[Wrapper] = &[
    Wrapper::custom(&["execlineb"], &[], execlineb),
    Wrapper::custom(&["foreground", "if"], &[], foreground),
    Wrapper::custom(&["background"], &[], background),
    Wrapper::custom(&["export"], &[], export),
    Wrapper::custom(&["unexport"], &[], unexport),
    Wrapper::custom(&["emptyenv"], &[], emptyenv),
    Wrapper::custom(&["importas"], &[], importas),
    Wrapper::custom(&["define"], &[], define),
    Wrapper::custom(&["multisubstitute"], &[], multisubstitute),
    Wrapper::custom(&["cd", "s6-cd"], &[], cd),
    Wrapper::custom(&["umask", "s6-umask", "fdclose", "fdreserve"], &[], one_operand),
    Wrapper::custom(&["fdmove", "fdcopy", "fdswap"], &[], two_operands),
    Wrapper::custom(&["redirfd"], &[], redirfd),
    Wrapper::custom(&["fdblock"], &[], fdblock),
    Wrapper::custom(&["exec"], &[], exec),
];

const fn short(flags: &'static str, values: &'static str) -> Grammar {
    Grammar {
        flags,
        values,
        optional: "",
        long_flags: &[],
        long_values: &[],
        long_optional: &[],
        abbreviated: false,
        one_dash: false,
    }
}

/// The words of a script, blocks encoded.
pub(super) fn words(script: &Text) -> Result<Vec<Text>, String> {
    let raw = script.raw();
    let mut reader = Reader { script, words: Vec::new(), word: None, depth: 0, bare: false };
    let mut chars = raw.char_indices().peekable();
    let mut quoted = false;
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                quoted = !quoted;
                reader.open();
                reader.bare = false;
            }
            '\\' => {
                let Some((next, escaped)) = chars.next() else { return Err("`\\` at the end".to_owned()) };
                match (quoted, escaped) {
                    (true, 'n') => reader.made("\n"),
                    (true, 't') => reader.made("\t"),
                    (true, 'r') => reader.made("\r"),
                    (true, '0'..='9') => return Err("a number behind `\\` is not followed".to_owned()),
                    (_, '\n') => {}
                    _ => reader.push(next, escaped),
                }
                reader.bare = false;
            }
            _ if quoted => reader.push(at, c),
            ' ' | '\t' | '\n' | '\r' => reader.close()?,
            '#' if reader.word.is_none() => while chars.next_if(|(_, c)| *c != '\n').is_some() {},
            _ => reader.push(at, c),
        }
    }
    if quoted {
        return Err("a quote is not closed".to_owned());
    }
    reader.close()?;
    if reader.depth > 0 {
        return Err("a block is not closed".to_owned());
    }
    Ok(reader.words)
}

/// Words in the making.
struct Reader<'a> {
    script: &'a Text,
    words: Vec<Text>,
    word: Option<Vec<Text>>,
    depth: usize,
    /// Whether the word has no quote or escape: only then can it be a brace.
    bare: bool,
}

impl Reader<'_> {
    fn open(&mut self) {
        if self.word.is_none() {
            self.bare = true;
            self.word = Some(Vec::new());
        }
    }

    fn push(&mut self, at: usize, c: char) {
        let piece = self.script.slice(at..at + c.len_utf8());
        self.open();
        self.word.get_or_insert_default().push(piece);
    }

    fn made(&mut self, text: &str) {
        let origin = self.script.whole().map(|place| place.origin);
        self.open();
        self.word.get_or_insert_default().extend(origin.map(|origin| Text::derived(text, origin)));
    }

    fn close(&mut self) -> Result<(), String> {
        let Some(pieces) = self.word.take() else { return Ok(()) };
        let word = Text::concat(&pieces);
        let place = word.whole().or_else(|| self.script.whole());
        let Some(origin) = place.map(|place| place.origin) else { return Ok(()) };
        match word.raw() {
            "{" if self.bare && self.depth >= limits::DEPTH => return Err("blocks nest too deep".to_owned()),
            "{" if self.bare => self.depth += 1,
            "}" if self.bare => {
                self.depth = self.depth.checked_sub(1).ok_or("a block ends that did not begin")?;
                self.words.push(Text::derived(" ".repeat(self.depth), origin));
            }
            _ if self.depth == 0 => self.words.push(word),
            _ => self.words.push(Text::concat([&Text::derived(" ".repeat(self.depth), origin), &word])),
        }
        Ok(())
    }
}

/// The block that begins at word `at`, a blank taken off each word, and the index after it.
fn block(call: &Call, at: usize) -> Result<(Vec<Text>, usize), Stuck> {
    let mut inside = Vec::new();
    for (offset, word) in call.argv.iter().enumerate().skip(at) {
        if word.is_empty() {
            return Ok((inside, offset + 1));
        }
        if !word.raw().starts_with(' ') {
            break;
        }
        inside.push(word.slice(1..word.len()));
    }
    Err(Stuck::at(at, "execline: a block is missing"))
}

/// `execlineb [-P | -p | -S n | -s n] FILE [ARGUMENTS…]` or `-c TEXT`: the script's words become the command. Without
/// `-P` positional parameters are replaced, which is followed where the script has none.
fn execlineb(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    use imgscan_model::FileView;
    let options = short("qwWePpx", "scS").parse(&call.argv, program.words)?;
    let (script, rest) = match options.value(&["c"]) {
        Some(text) => (text.clone(), options.rest),
        None => {
            let file = call.argv.get(options.rest).and_then(Text::known).ok_or(Stuck::Ends)?;
            let path = lookup::at(file, &call.cwd)
                .ok_or_else(|| Stuck::at(options.rest, "the script is not known"))?;
            let text = call.files.read(&path);
            let text =
                text.map_err(|error| Stuck::at(options.rest, format!("execline script `{path}`: {error}")))?;
            (text, options.rest + 1)
        }
    };
    let mut argv = words(&script).map_err(|why| Stuck::at(0, format!("execline: {why}")))?;
    let arguments = call.argv.get(rest..).unwrap_or_default();
    if !options.has(&["P"]) {
        argv = positional(argv, arguments)?;
    }
    if argv.is_empty() {
        return Err(Stuck::Ends);
    }
    Ok(Unwrapped::one(replace(call, argv)))
}

/// `$@` and `$1` … of a script that takes its arguments.
fn positional(argv: Vec<Text>, arguments: &[Text]) -> Result<Vec<Text>, Stuck> {
    let mut out = Vec::new();
    for word in argv {
        let raw = word.raw();
        let blanks = raw.len() - raw.trim_start_matches(' ').len();
        match raw.trim_start_matches(' ') {
            "$@" | "${@}" => {
                let prefix = word.slice(0..blanks);
                out.extend(arguments.iter().map(|argument| Text::concat([&prefix, argument])));
            }
            other if has_parameter(other) => {
                return Err(Stuck::at(0, format!("execline: parameters in `{other}` are not followed")));
            }
            _ => out.push(word),
        }
    }
    Ok(out)
}

fn has_parameter(word: &str) -> bool {
    word.match_indices('$').any(|(at, _)| {
        let rest = &word[at + 1..];
        rest.trim_start_matches('{').starts_with(|c: char| c.is_ascii_digit() || "@#".contains(c))
    })
}

/// The same process with another command line: no step that a person wrote.
fn replace(call: &Call, argv: Vec<Text>) -> Call {
    let mut inner = call.clone();
    inner.argv = argv;
    inner.executor = Executor::Libc;
    inner.written = None;
    inner.depth += 1;
    inner
}

/// The rest of the line from word `at` on.
fn rest(call: &Call, at: usize) -> Result<Unwrapped, Stuck> {
    if at >= call.argv.len() {
        return Err(Stuck::Ends);
    }
    Ok(Unwrapped::one(replace(call, call.argv[at..].to_vec())))
}

/// `foreground { COMMAND } REST`, `if [-X] [-n] [-t] { COMMAND } REST`: the block runs first; what comes after `if` is
/// followed as if it succeeded.
fn foreground(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let options = short("Xnt", "x").parse(&call.argv, program.words)?;
    let (inside, after) = block(call, options.rest)?;
    first_then(call, inside, after, Placement::Foreground)
}

fn background(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let options = short("d", "").parse(&call.argv, program.words)?;
    let (inside, after) = block(call, options.rest)?;
    first_then(call, inside, after, Placement::Background)
}

fn first_then(call: &Call, inside: Vec<Text>, after: usize, place: Placement) -> Result<Unwrapped, Stuck> {
    let mut unwrapped = rest(call, after)?;
    if !inside.is_empty() {
        let mut first = replace(call, inside);
        first.place = place;
        first.parents.push(crate::wrappers::waiting(call, Some(false)));
        unwrapped.before.push(first);
    }
    Ok(unwrapped)
}

fn export(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let at = program.words;
    let name = call.argv.get(at).and_then(Text::known).map(str::to_owned);
    let (Some(name), Some(value)) = (name, call.argv.get(at + 1).cloned()) else { return Err(Stuck::Ends) };
    let mut call = call.clone();
    call.env.set(&name, value, EnvSource::Script);
    rest(&call, at + 2)
}

fn unexport(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let mut call = call.clone();
    if let Some(name) = call.argv.get(program.words).and_then(Text::known).map(str::to_owned) {
        call.env.unset(&name);
    }
    rest(&call, program.words + 1)
}

/// `emptyenv [-c | -o | -p | -P]`: `-p` keeps `PATH`, `-P` only takes `PATH` out.
fn emptyenv(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let options = short("copP", "").parse(&call.argv, program.words)?;
    let mut call = call.clone();
    if options.has(&["P"]) {
        call.env.unset("PATH");
    } else if !options.has(&["c", "o"]) {
        let path = call.env.value("PATH").cloned().filter(|_| options.has(&["p"]));
        call.env.clear();
        if let Some(path) = path {
            call.env.set("PATH", path, EnvSource::Script);
        }
    }
    rest(&call, options.rest)
}

const IMPORTAS: Grammar = short("iusCcnS", "Dd");

/// `importas [-i] [-D DEFAULT] [-u] NAME VARIABLE REST`: `$NAME` in the rest is the variable's value.
fn importas(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let options = IMPORTAS.parse(&call.argv, program.words)?;
    let (binding, after) = import(call, &call.argv, &options)?;
    substituted(call, after, &[binding])
}

/// The name and value that an `importas` binds, and the index after it.
fn import(call: &Call, words: &[Text], options: &Parsed) -> Result<(Binding, usize), Stuck> {
    if options.has(&["s", "C", "c", "n", "d"]) {
        return Err(Stuck::at(0, "execline: `importas` that splits is not followed"));
    }
    let known = |at: usize| words.get(at).and_then(Text::known).map(str::to_owned);
    let at = options.rest;
    // With `-S` one word is both name and variable.
    let (name, variable, after) =
        if options.has(&["S"]) { (known(at), known(at), at + 1) } else { (known(at), known(at + 1), at + 2) };
    let (Some(name), Some(variable)) = (name, variable) else {
        return Err(Stuck::at(at, "execline: which variable `importas` reads is not known"));
    };
    let value = call.env.value(&variable).cloned().or_else(|| options.value(&["D"]).cloned());
    if value.is_none() && options.has(&["i"]) {
        return Err(Stuck::at(
            at,
            format!("execline: `importas -i` ends the script where `{variable}` is not set"),
        ));
    }
    Ok((Binding { name, value }, after))
}

/// What `$NAME` stands for; words that hold the name of one without a value vanish.
struct Binding {
    name: String,
    value: Option<Text>,
}

fn define(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let options = short("sCcn", "d").parse(&call.argv, program.words)?;
    let name = call.argv.get(options.rest).and_then(Text::known).map(str::to_owned);
    let (Some(name), Some(value)) = (name, call.argv.get(options.rest + 1).cloned()) else {
        return Err(Stuck::Ends);
    };
    if !options.options.is_empty() {
        return Err(Stuck::at(options.rest, "execline: `define` that splits is not followed"));
    }
    substituted(call, options.rest + 2, &[Binding { name, value: Some(value) }])
}

/// `multisubstitute { importas … define … } REST`: all at once.
fn multisubstitute(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let (inside, after) = block(call, program.words)?;
    let mut bindings = Vec::new();
    let mut at = 0;
    while let Some(word) = inside.get(at) {
        match word.raw() {
            "importas" => {
                let options = IMPORTAS.parse(&inside, at + 1)?;
                let (binding, next) = import(call, &inside, &options)?;
                bindings.push(binding);
                at = next;
            }
            "define" => {
                let name = inside.get(at + 1).and_then(Text::known).map(str::to_owned);
                let (Some(name), Some(value)) = (name, inside.get(at + 2).cloned()) else {
                    return Err(Stuck::Ends);
                };
                bindings.push(Binding { name, value: Some(value) });
                at += 3;
            }
            other => {
                return Err(Stuck::at(
                    program.words,
                    format!("execline: `{other}` in a substitution is not followed"),
                ));
            }
        }
    }
    substituted(call, after, &bindings)
}

fn substituted(call: &Call, after: usize, bindings: &[Binding]) -> Result<Unwrapped, Stuck> {
    let words = call.argv.get(after..).unwrap_or_default();
    let argv: Vec<Text> = words.iter().filter_map(|word| substitute(word, bindings)).collect();
    if argv.is_empty() {
        return Err(Stuck::Ends);
    }
    Ok(Unwrapped::one(replace(call, argv)))
}

/// A word with `$NAME` and `${NAME}` replaced; `None` where a name in it has no value.
fn substitute(word: &Text, bindings: &[Binding]) -> Option<Text> {
    let raw = word.raw();
    let mut pieces: Vec<Text> = Vec::new();
    let mut kept = 0;
    for (at, _) in raw.match_indices('$') {
        if at < kept {
            continue;
        }
        let rest = &raw[at + 1..];
        let (name, width) = match rest.strip_prefix('{').and_then(|braced| braced.split_once('}')) {
            Some((name, _)) => (name, name.len() + 3),
            None => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                (&rest[..end], end + 1)
            }
        };
        let Some(binding) = bindings.iter().find(|binding| binding.name == name) else { continue };
        let value = binding.value.as_ref()?;
        pieces.extend([word.slice(kept..at), value.clone()]);
        kept = at + width;
    }
    if pieces.is_empty() {
        return Some(word.clone());
    }
    pieces.push(word.slice(kept..raw.len()));
    Some(Text::concat(&pieces))
}

fn cd(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let Some(dir) = call.argv.get(program.words) else { return Err(Stuck::Ends) };
    let mut moved = call.clone();
    moved.cwd = crate::wrappers::directory(call, dir);
    rest(&moved, program.words + 1)
}

fn one_operand(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    rest(call, program.words + 1)
}

fn two_operands(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let options = short("c", "").parse(&call.argv, program.words)?;
    rest(call, options.rest + 2)
}

fn fdblock(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let options = short("n", "").parse(&call.argv, program.words)?;
    rest(call, options.rest + 1)
}

/// `redirfd -r|-w|-u|-a|-c|-x [-n] [-b] FD FILE REST`; a file that is opened for writing is no longer known.
fn redirfd(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let options = short("rwuacxnb", "").parse(&call.argv, program.words)?;
    let mut call = call.clone();
    let file =
        call.argv.get(options.rest + 1).and_then(Text::known).and_then(|file| lookup::at(file, &call.cwd));
    if let Some(file) = file.filter(|file| !options.has(&["r"]) && !file.starts_with("/dev/")) {
        let origin = call.origin(0);
        call.files.spoil(&file, "the output of a program goes to it", origin);
    }
    rest(&call, options.rest + 2)
}

/// `exec [-c] [-l] [-a NAME] REST`.
fn exec(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let options = short("cl", "a").parse(&call.argv, program.words)?;
    let mut call = call.clone();
    if options.has(&["c"]) {
        call.env.clear();
    }
    rest(&call, options.rest)
}

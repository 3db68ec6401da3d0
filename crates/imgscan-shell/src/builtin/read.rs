//! `read` and bash's `mapfile`.

use std::collections::BTreeMap;

use imgscan_model::{Need, Shape, Text};

use crate::dialect::Dialect;
use crate::interp::{Interp, Paths, Words, done};
use crate::outcome::Status;
use crate::shell::Shell;
use crate::shell::descriptor::{Description, Input};
use crate::state::{Value, Variable};
use crate::texts::{self, Builder};

struct Options {
    raw: bool,
    fd: u32,
    delimiter: char,
    array: Option<String>,
    names: Vec<String>,
    /// It stops after so many characters or seconds: not followed.
    bounded: bool,
}

/// What one `read` gets.
enum Line {
    /// A line, and whether its end was seen.
    Known(Text, bool),
    /// Not known.
    Unknown(Text),
    Closed,
}

/// `read [-r] names`
pub(super) fn read(interp: &mut Interp<'_>, words: Words, mut shell: Box<Shell>) -> Paths {
    let options = match options(words.argv.get(1..).unwrap_or(&[]), &shell) {
        Some(options) => options,
        None => {
            interp.lose(shell, "the options of `read` are not followed");
            return Vec::new();
        }
    };
    if options.names.as_slice() == ["REPLY"] && words.argv.len() == 1 {
        match shell.local.dialect {
            Dialect::Dash => return done(shell, 2),
            Dialect::Posix => {
                interp.lose(shell, "some shells refuse a `read` without names");
                return Vec::new();
            }
            _ => {}
        }
    }
    if let Err(stop) = interp.steps(&mut shell, 3) {
        return interp.stop(shell, stop);
    }
    match line(&mut shell, &options) {
        Line::Closed => done(shell, 1),
        Line::Known(text, ended) if !options.bounded => {
            assign(&mut shell, &options, &text);
            done(shell, u8::from(!ended))
        }
        Line::Known(text, _) | Line::Unknown(text) => {
            unknown(&mut shell, &options, &text);
            interp.ran(crate::tool::Ran::Unsure, shell)
        }
    }
}

fn options(args: &[Text], shell: &Shell) -> Option<Options> {
    let mut options =
        Options { raw: false, fd: 0, delimiter: '\n', array: None, names: Vec::new(), bounded: false };
    let mut args = args.iter();
    let mut no_more = false;
    while let Some(arg) = args.next() {
        let known = arg.known()?;
        let Some(letters) = known.strip_prefix('-').filter(|l| !l.is_empty() && !no_more) else {
            no_more = true;
            options.names.push(known.to_owned());
            continue;
        };
        if letters == "-" {
            no_more = true;
            continue;
        }
        for (at, letter) in letters.char_indices() {
            let takes = "dnNptuaei".contains(letter) && !matches!(letter, 'e' | 's');
            let value = if takes {
                let rest = known.get(at + 2..).unwrap_or("");
                let value = if rest.is_empty() { args.next()?.known()?.to_owned() } else { rest.to_owned() };
                Some(value)
            } else {
                None
            };
            match (letter, value) {
                ('r', _) => options.raw = true,
                ('d', Some(value)) => options.delimiter = value.chars().next().unwrap_or('\0'),
                ('a', Some(value)) if shell.is_bash() => options.array = Some(value),
                ('u', Some(value)) => options.fd = value.parse().ok()?,
                ('n' | 'N' | 't', _) => options.bounded = true,
                ('p' | 'i' | 's' | 'e', _) => {}
                _ => return None,
            }
            if takes {
                break;
            }
        }
    }
    if options.names.is_empty() && options.array.is_none() {
        options.names.push("REPLY".into());
    }
    Some(options)
}

/// Takes a line from the input.
fn line(shell: &mut Shell, options: &Options) -> Line {
    let Some(index) = shell.local.descriptors.get(&options.fd).copied() else { return Line::Closed };
    let here = shell.here();
    let (content, at) = match shell.world.descriptions.get(index).cloned() {
        None => return Line::Closed,
        Some(Description::Input { content, at, unordered: false }) => (content, at),
        Some(Description::File { path, at, readable: true, .. }) => {
            let text = Text::derived(&*path, here);
            match shell.read_path(&text) {
                Ok(content) => (content, at.unwrap_or(0)),
                Err(error) => return Line::Unknown(shell.unread(&path, &error)),
            }
        }
        Some(Description::Null) => return Line::Known(Text::derived("", here), false),
        Some(_) => {
            return match shell.read_all(options.fd) {
                Input::Known(text) | Input::Unknown(text) => Line::Unknown(text),
                Input::Closed => Line::Closed,
            };
        }
    };
    let Some((line, ended, end)) = cut(&content, at, options) else {
        if let Some(description) = shell.world.descriptions.get_mut(index) {
            *description = Description::Other("how much of it was read is not known".into());
        }
        return Line::Unknown(content.slice(at..content.len()));
    };
    match shell.world.descriptions.get_mut(index) {
        Some(Description::Input { at, .. }) => *at = end,
        Some(Description::File { at, .. }) => *at = Some(end),
        _ => {}
    }
    Line::Known(line, ended)
}

/// The next line of a text from byte `at`, whether it is ended, and where the next begins. `None` where a part that is
/// not known may hold the end.
fn cut(content: &Text, at: usize, options: &Options) -> Option<(Text, bool, usize)> {
    let raw = content.raw();
    let mut escaped = false;
    for (offset, c) in raw.get(at..)?.char_indices() {
        let here = at + offset;
        if let Some(opaque) = content.hole_at(here) {
            if !matches!(opaque.shape, Shape::Number | Shape::Word) {
                return None;
            }
            escaped = false;
            continue;
        }
        if escaped {
            escaped = false;
        } else if c == '\\' && !options.raw {
            escaped = true;
        } else if c == options.delimiter {
            return Some((content.slice(at..here), true, here + c.len_utf8()));
        }
    }
    Some((content.slice(at..raw.len()), false, raw.len()))
}

/// A character of a line: where it stands and whether a backslash protects it.
struct Char {
    start: usize,
    end: usize,
    value: char,
    protected: bool,
}

fn chars(line: &Text, raw: bool) -> Vec<Char> {
    let mut found = Vec::new();
    let mut rest = line.raw().char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        if c == '\\' && !raw {
            match rest.next() {
                // A line that goes on: both characters vanish.
                None | Some((_, '\n')) => {}
                Some((start, value)) => {
                    found.push(Char { start, end: start + value.len_utf8(), value, protected: true });
                }
            }
            continue;
        }
        let protected = line.hole_at(at).is_some();
        found.push(Char { start: at, end: at + c.len_utf8(), value: c, protected });
    }
    found
}

fn text_of(line: &Text, chars: &[Char]) -> Text {
    let mut out = Builder::new(line);
    let mut run: Option<(usize, usize)> = None;
    for c in chars {
        match &mut run {
            Some((_, end)) if *end == c.start => *end = c.end,
            _ => {
                if let Some((start, end)) = run {
                    out.keep(start..end);
                }
                run = Some((c.start, c.end));
            }
        }
    }
    if let Some((start, end)) = run {
        out.keep(start..end);
    }
    out.finish()
}

/// Splits a line to the names: the last one takes what is left.
fn assign(shell: &mut Shell, options: &Options, line: &Text) {
    let ifs = match shell.value("IFS") {
        None => Some(" \t\n".to_owned()),
        Some(text) => text.known().map(str::to_owned),
    };
    let Some(ifs) = ifs else { return unknown(shell, options, line) };
    let origin = shell.here();
    let chars = chars(line, options.raw);
    let blank = |c: &Char| !c.protected && ifs.contains(c.value) && c.value.is_ascii_whitespace();
    let delimiter = |c: &Char| !c.protected && ifs.contains(c.value);
    if options.names.as_slice() == ["REPLY"] && options.array.is_none() {
        // Without names nothing is split or trimmed in bash; others trim.
        let whole = if shell.is_bash() { &chars[..] } else { trimmed(&chars, &blank) };
        let text = text_of(line, whole).through(&origin);
        shell.assign("REPLY", text);
        return;
    }
    let mut at = chars.iter().take_while(|c| blank(c)).count();
    let mut fields: Vec<Text> = Vec::new();
    let wanted = if options.array.is_some() { usize::MAX } else { options.names.len() };
    while fields.len() + 1 < wanted && at < chars.len() {
        let (end, next) = field(&chars, at, &blank, &delimiter);
        fields.push(text_of(line, chars.get(at..end).unwrap_or(&[])));
        at = next;
    }
    if options.array.is_none() {
        let rest = chars.get(at..).unwrap_or(&[]);
        let (end, next) = field(rest, 0, &blank, &delimiter);
        // A single field loses its delimiter; more of them stay as they are, less the blanks at the end.
        let last =
            if next >= rest.len() { rest.get(..end).unwrap_or(&[]) } else { trimmed_end(rest, &blank) };
        fields.push(text_of(line, last));
    }
    match &options.array {
        Some(name) => {
            let items: BTreeMap<i64, Text> = (0..).zip(fields.iter().map(|f| f.through(&origin))).collect();
            let variable = Variable { value: Value::Indexed(items), ..shell.variable_for_change(name) };
            shell.put_variable(name, variable);
        }
        None => {
            for (i, name) in options.names.iter().enumerate() {
                let text = fields.get(i).cloned().unwrap_or_else(|| line.slice(0..0));
                shell.assign(name, text.through(&origin));
            }
        }
    }
}

/// The end of the field at `at`, and where the next begins.
fn field(
    chars: &[Char],
    at: usize,
    blank: &dyn Fn(&Char) -> bool,
    delimiter: &dyn Fn(&Char) -> bool,
) -> (usize, usize) {
    let mut end = at;
    while chars.get(end).is_some_and(|c| !delimiter(c)) {
        end += 1;
    }
    let mut next = end;
    while chars.get(next).is_some_and(blank) {
        next += 1;
    }
    if chars.get(next).is_some_and(|c| delimiter(c) && !blank(c)) {
        next += 1;
        while chars.get(next).is_some_and(blank) {
            next += 1;
        }
    }
    (end, next)
}

fn trimmed<'a>(chars: &'a [Char], blank: &dyn Fn(&Char) -> bool) -> &'a [Char] {
    let start = chars.iter().take_while(|c| blank(c)).count();
    trimmed_end(chars.get(start..).unwrap_or(&[]), blank)
}

fn trimmed_end<'a>(chars: &'a [Char], blank: &dyn Fn(&Char) -> bool) -> &'a [Char] {
    let blanks = chars.iter().rev().take_while(|c| blank(c)).count();
    chars.get(..chars.len() - blanks).unwrap_or(&[])
}

/// The line is not known: neither are the variables.
fn unknown(shell: &mut Shell, options: &Options, line: &Text) {
    let here = shell.here();
    let mut needs = line.needs();
    if needs.is_empty() {
        needs.push(Need::Other("standard input".into()));
    }
    for name in options.names.iter().chain(&options.array) {
        let hole = texts::unknown("the line that `read` takes is not known", needs.clone(), &here);
        shell.assign(name, hole);
    }
}

/// bash's `mapfile [-t] array`
pub(super) fn mapfile(interp: &mut Interp<'_>, words: Words, mut shell: Box<Shell>) -> Paths {
    let mut trims = false;
    let mut name = "MAPFILE".to_owned();
    for arg in words.argv.get(1..).unwrap_or(&[]) {
        match arg.known() {
            Some("-t") => trims = true,
            Some(word) if !word.starts_with('-') => name = word.to_owned(),
            _ => {
                interp.lose(shell, "the options of `mapfile` are not followed");
                return Vec::new();
            }
        }
    }
    let here = shell.here();
    let (items, status) = match shell.read_all(0) {
        Input::Closed => (BTreeMap::new(), Status::Known(1)),
        Input::Unknown(text) => (
            BTreeMap::from([(0, texts::unknown("its lines are not known", text.needs(), &here).unquoted())]),
            Status::Known(0),
        ),
        Input::Known(text) => {
            let (lines, ended) = texts::lines(&text);
            let count = lines.len();
            let line = |(i, range): (usize, std::ops::Range<usize>)| {
                let keeps = !trims && (ended || i + 1 < count);
                text.slice(range.start..range.end + usize::from(keeps)).through(&here)
            };
            ((0..).zip(lines.into_iter().enumerate().map(line)).collect(), Status::Known(0))
        }
    };
    let variable = Variable { value: Value::Indexed(items), ..shell.variable_for_change(&name) };
    shell.put_variable(&name, variable);
    shell.set_status(status);
    crate::interp::next(shell)
}

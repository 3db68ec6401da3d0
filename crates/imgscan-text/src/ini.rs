//! Python's `configparser` (`Lib/configparser.py` `RawConfigParser._read`), which most INI files around Python servers
//! are read by, with the options that its users set.
//!
//! No interpolation is done here: it is the user's business, and differs.

use std::collections::{HashMap, HashSet};

use imgscan_model::{Origin, Text};

/// The options of a `RawConfigParser`.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// Characters between key and value.
    pub delimiters: &'static [char],
    /// What begins a comment that fills a line.
    pub comment_prefixes: &'static [&'static str],
    /// What begins a comment after a value, when white space stands before it.
    pub inline_comment_prefixes: &'static [&'static str],
    /// Whether a key may stand without a delimiter.
    pub allow_no_value: bool,
    /// Whether a section or key that stands twice in a file is refused.
    pub strict: bool,
    /// Whether a value goes on after an empty line.
    pub empty_lines_in_values: bool,
    /// Whether keys are made lower-case (`optionxform`).
    pub lower_keys: bool,
    /// Whether the first of several values of a key counts, not the last.
    pub first_wins: bool,
}

/// `configparser.ConfigParser()` as it comes.
pub const PYTHON: Dialect = Dialect {
    delimiters: &['=', ':'],
    comment_prefixes: &["#", ";"],
    inline_comment_prefixes: &[],
    allow_no_value: false,
    strict: true,
    empty_lines_in_values: true,
    lower_keys: true,
    first_wins: false,
};

/// supervisor 4's `UnhosedConfigParser` (`supervisor/options.py`).
pub const SUPERVISOR: Dialect = Dialect { inline_comment_prefixes: &[";", "#"], strict: false, ..PYTHON };

/// circus 0.19's `StrictConfigParser` (`circus/util.py`).
pub const CIRCUS: Dialect = Dialect {
    inline_comment_prefixes: &[";"],
    strict: false,
    empty_lines_in_values: false,
    lower_keys: false,
    first_wins: true,
    ..PYTHON
};

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key, as [`Dialect::lower_keys`] says.
    pub key: String,
    /// The value, its lines joined with `\n`; `None` where only the key stands.
    pub value: Option<Text>,
    /// The first line of the entry.
    pub origin: Origin,
}

/// A section; the parts of one that stands several times are put together.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Its name.
    pub name: String,
    /// Its header.
    pub origin: Origin,
    /// Its entries in order of first appearance, each key once with the value set last.
    pub entries: Vec<Entry>,
}

impl Section {
    /// The entry of a key.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }
}

/// Why Python refuses a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// In words close to Python's.
    pub message: String,
    /// The line.
    pub origin: Option<Origin>,
}

/// What one or more files hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ini {
    /// The sections in order of first appearance, `DEFAULT` left out.
    pub sections: Vec<Section>,
    /// The entries of `DEFAULT`, which stand in for missing ones of every section.
    pub defaults: Vec<Entry>,
}

impl Ini {
    /// The section of a name.
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// The entry of a key in a section, or in `DEFAULT`; `None` where the section is missing too.
    pub fn get(&self, section: &str, key: &str) -> Option<&Entry> {
        let section = self.section(section)?;
        section.get(key).or_else(|| self.defaults.iter().find(|entry| entry.key == key))
    }

    /// Reads a file on top of what is held, as a second `read` does.
    ///
    /// # Errors
    ///
    /// What Python would raise. What the file holds before the bad line is held then, as in Python.
    pub fn read(&mut self, file: &Text, dialect: &Dialect) -> Result<(), Refused> {
        let mut reader = Reader::new(file, dialect, self);
        let mut failed: Option<Refused> = None;
        for (start, line) in lines(file.raw()) {
            match reader.line(start, line) {
                Ok(()) => {}
                // Python goes on after a line it cannot parse and raises at the end.
                Err(Trouble::AtTheEnd(refused)) => drop(failed.get_or_insert(refused)),
                Err(Trouble::AtOnce(refused)) => return Err(refused),
            }
        }
        reader.flush();
        failed.map_or(Ok(()), Err)
    }
}

enum Trouble {
    AtOnce(Refused),
    AtTheEnd(Refused),
}

/// Where entries go.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    Section(usize),
    Defaults,
}

/// An entry whose value may go on.
struct Pending {
    key: String,
    /// The pieces of its value; an empty line is a piece without characters. `None` for a key without a value.
    pieces: Option<Vec<Text>>,
    origin: Origin,
}

struct Reader<'a> {
    file: &'a Text,
    dialect: &'a Dialect,
    ini: &'a mut Ini,
    /// Sections and keys of this file, for [`Dialect::strict`].
    seen: HashSet<(Option<String>, Option<String>)>,
    /// Where sections stand in `ini`.
    sections: HashMap<String, usize>,
    /// Where keys stand in their section.
    keys: HashMap<(Place, String), usize>,
    at: Option<Place>,
    pending: Option<Pending>,
    indent: usize,
}

impl<'a> Reader<'a> {
    fn new(file: &'a Text, dialect: &'a Dialect, ini: &'a mut Ini) -> Self {
        let named = |(index, section): (usize, &Section)| (section.name.clone(), index);
        let sections = ini.sections.iter().enumerate().map(named).collect();
        let mut keys = HashMap::new();
        for (index, section) in ini.sections.iter().enumerate() {
            let place = Place::Section(index);
            keys.extend(
                section.entries.iter().enumerate().map(|(at, entry)| ((place, entry.key.clone()), at)),
            );
        }
        let defaults = ini.defaults.iter().enumerate();
        keys.extend(defaults.map(|(at, entry)| ((Place::Defaults, entry.key.clone()), at)));
        Reader {
            file,
            dialect,
            ini,
            seen: HashSet::new(),
            sections,
            keys,
            at: None,
            pending: None,
            indent: 0,
        }
    }

    fn line(&mut self, start: usize, line: &str) -> Result<(), Trouble> {
        let comment = self.comment(line);
        let kept = &line[..comment.unwrap_or(line.len())];
        let value = trim(kept);
        if value.is_empty() {
            if !self.dialect.empty_lines_in_values {
                self.indent = usize::MAX;
            } else if comment.is_none()
                && let Some(Pending { pieces: Some(pieces), .. }) = &mut self.pending
            {
                pieces.push(self.file.slice(start..start));
            }
            return Ok(());
        }
        let from = start + kept.len() - trim_start(kept).len();
        // The indentation is that of the line with its comment.
        let indent = line.chars().take_while(|c| is_space(*c)).count();
        if indent > self.indent
            && let Some(pending) = &mut self.pending
        {
            pending.pieces.get_or_insert_with(Vec::new).push(self.file.slice(from..from + value.len()));
            return Ok(());
        }
        self.indent = indent;
        self.flush();
        match header(value) {
            Some(name) => self.section(name, from, value.len()),
            None => self.entry(from, value),
        }
    }

    /// Where a comment begins in a line.
    fn comment(&self, line: &str) -> Option<usize> {
        let full = self.dialect.comment_prefixes.iter().any(|prefix| trim(line).starts_with(prefix));
        if full {
            return Some(0);
        }
        let after_space = |at: &usize| *at == 0 || line[..*at].ends_with(is_space);
        let inline = self.dialect.inline_comment_prefixes.iter();
        inline.filter_map(|prefix| line.match_indices(prefix).map(|(at, _)| at).find(after_space)).min()
    }

    fn section(&mut self, name: &str, from: usize, length: usize) -> Result<(), Trouble> {
        let origin = self.origin(from, length);
        if name == "DEFAULT" {
            self.at = Some(Place::Defaults);
            return Ok(());
        }
        let key = (Some(name.to_owned()), None);
        if self.dialect.strict && self.seen.contains(&key) {
            let message = format!("section '{name}' already exists");
            return Err(Trouble::AtOnce(Refused { message, origin }));
        }
        self.seen.insert(key);
        let held = self.sections.get(name).copied();
        let index = held.unwrap_or_else(|| {
            let origin = origin.unwrap_or_else(|| Origin::default_of("", None));
            self.ini.sections.push(Section { name: name.to_owned(), origin, entries: Vec::new() });
            let index = self.ini.sections.len() - 1;
            self.sections.insert(name.to_owned(), index);
            index
        });
        self.at = Some(Place::Section(index));
        Ok(())
    }

    fn entry(&mut self, from: usize, value: &str) -> Result<(), Trouble> {
        let origin = self.origin(from, value.len());
        let Some(place) = self.at else {
            let message = format!("File contains no section headers. line: {value:?}");
            return Err(Trouble::AtOnce(Refused { message, origin }));
        };
        let delimiter = value.find(self.dialect.delimiters);
        let key = trim(&value[..delimiter.unwrap_or(value.len())]);
        let bad = || {
            let message = format!("Source contains parsing errors: {value:?}");
            Err(Trouble::AtTheEnd(Refused { message, origin: origin.clone() }))
        };
        if delimiter.is_none() && !self.dialect.allow_no_value {
            return bad();
        }
        let key = if self.dialect.lower_keys { key.to_lowercase() } else { key.to_owned() };
        let section = match place {
            Place::Section(index) => self.ini.sections.get(index).map(|section| section.name.clone()),
            Place::Defaults => None,
        };
        let seen = (section, Some(key.clone()));
        if self.dialect.strict && self.seen.contains(&seen) {
            let message = format!("option '{key}' already exists");
            return Err(Trouble::AtOnce(Refused { message, origin: origin.clone() }));
        }
        self.seen.insert(seen);
        if key.is_empty() {
            return bad();
        }
        let pieces = delimiter.map(|at| {
            let rest = &value[at + 1..];
            let start = from + value.len() - trim_start(rest).len();
            vec![self.file.slice(start..from + value.len())]
        });
        let origin = origin.unwrap_or_else(|| Origin::default_of("", None));
        self.pending = Some(Pending { key, pieces, origin });
        Ok(())
    }

    fn origin(&self, from: usize, length: usize) -> Option<Origin> {
        self.file.place(from..from + length).map(|place| place.origin)
    }

    /// Puts the pending entry where it belongs: its lines joined, white space at the end taken off.
    fn flush(&mut self) {
        let (Some(pending), Some(place)) = (self.pending.take(), self.at) else { return };
        let value = pending.pieces.map(|pieces| join(&pieces, &pending.origin));
        let entry = Entry { key: pending.key, value, origin: pending.origin };
        let entries = match place {
            Place::Defaults => &mut self.ini.defaults,
            Place::Section(index) => match self.ini.sections.get_mut(index) {
                Some(section) => &mut section.entries,
                None => return,
            },
        };
        let key = (place, entry.key.clone());
        match self.keys.get(&key).and_then(|at| entries.get_mut(*at)) {
            Some(_) if self.dialect.first_wins => {}
            Some(held) => *held = entry,
            None => {
                self.keys.insert(key, entries.len());
                entries.push(entry);
            }
        }
    }
}

fn join(pieces: &[Text], origin: &Origin) -> Text {
    let last = pieces.iter().rposition(|piece| !trim(piece.raw()).is_empty());
    let Some(last) = last else { return pieces.first().cloned().unwrap_or_default() };
    if last == 0 {
        return pieces.first().cloned().unwrap_or_default();
    }
    let newline = Text::derived("\n", origin.clone());
    let mut joined: Vec<&Text> = Vec::new();
    for piece in pieces.iter().take(last + 1) {
        if !joined.is_empty() {
            joined.push(&newline);
        }
        joined.push(piece);
    }
    Text::concat(joined)
}

/// `\[(?P<header>.+)\]` at the start; what follows is no matter.
fn header(value: &str) -> Option<&str> {
    let rest = value.strip_prefix('[')?;
    let end = rest.rfind(']')?;
    rest.get(..end).filter(|name| !name.is_empty())
}

/// Lines as Python's text files give them: `\n`, `\r\n` and `\r` end one.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
        let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let width = if rest[end..].starts_with("\r\n") { 2 } else { usize::from(end < rest.len()) };
        let line = (start, &rest[..end]);
        start += end + width;
        Some(line)
    })
}

/// Python's `str.isspace`.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

fn trim_start(text: &str) -> &str {
    text.trim_start_matches(is_space)
}

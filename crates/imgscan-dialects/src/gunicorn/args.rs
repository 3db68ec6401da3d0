//! The command line and `GUNICORN_CMD_ARGS`: both go through the same parser.

use imgscan_model::{Need, Origin, Place, Source, Span, Status, Text};
use imgscan_python::PyValue;
use imgscan_text::py_shlex::{self, SplitError};

use super::load::{Attempt, Load};
use super::py::argparse::{Action, End, Flavour, Kind, Opt, Parsed, Parser, Taken, Word};
use super::settings::Table;

/// The parser that `Config.parser` builds, and the Pythons that may run it.
pub(crate) struct Args {
    parser: Parser,
    flavours: &'static [Flavour],
    /// The program's name in complaints.
    program: String,
}

/// A parsed command line: gunicorn's namespace, in the order in which it was filled.
pub(crate) struct Namespace {
    parsed: Parsed,
    source: Source,
}

impl Args {
    /// The parser of a version, run by a Python.
    pub(crate) fn new(table: &Table, python: Option<(u8, u8)>, program: String) -> Self {
        let own = |flags: [&str; 2], action| Opt {
            flags: flags.map(str::to_owned).to_vec(),
            dest: String::new(),
            action,
            kind: Kind::Str,
            constant: PyValue::None,
        };
        let mut options =
            vec![own(["-h", "--help"], Action::Help), own(["-v", "--version"], Action::Version)];
        options.extend(table.specs.iter().filter_map(|spec| spec.option.clone()));
        Args { parser: Parser::new(options), flavours: Flavour::of(python), program }
    }

    /// Parses the words of the command line.
    pub(crate) fn command_line(&self, words: &[Text]) -> Namespace {
        let words: Vec<Word> =
            words.iter().map(|text| Word { text: text.clone(), place: text.whole() }).collect();
        Namespace { parsed: self.parse(&words), source: Source::Flag }
    }

    /// Splits and parses the value of `GUNICORN_CMD_ARGS`.
    pub(crate) fn variable(&self, text: &Text) -> Result<Namespace, SplitError> {
        let split = py_shlex::split(text)?;
        let words = split.into_iter().map(|s| Word { text: s.word, place: text.place(s.range) });
        let words: Vec<Word> = words.collect();
        Ok(Namespace { parsed: self.parse(&words), source: Source::EnvArgs })
    }

    /// What all releases that it may be agree on.
    fn parse(&self, words: &[Word]) -> Parsed {
        let mut all = self.flavours.iter().map(|flavour| self.parser.parse(words, *flavour));
        let Some(first) = all.next() else { return self.parser.parse(words, Flavour::New) };
        let refused = |parsed: &Parsed| matches!(parsed.end, End::Refused(..));
        let agrees = |other: &Parsed| {
            refused(&first) && refused(other)
                || (&first.taken, &first.positionals) == (&other.taken, &other.positionals)
                    && same_end(&first.end, &other.end)
        };
        if all.all(|other| agrees(&other)) {
            return first;
        }
        let reason = "releases of this Python read the command line differently".to_owned();
        Parsed { end: End::Unknown(reason, words.first().and_then(|w| w.place.clone())), ..first }
    }

    /// Ends the load as the parse ended, if it did not come to its end.
    pub(crate) fn end(&self, namespace: &Namespace, load: &mut Load<'_>) {
        let origin = |place: &Option<Place>| place.as_ref().map(|p| p.origin.clone());
        match &namespace.parsed.end {
            End::Parsed => {
                for taken in &namespace.parsed.taken {
                    if let Some(doubt) = &taken.doubt {
                        load.doubt(
                            doubt,
                            taken.words.first().and_then(|w| w.place.clone()).map(|p| p.origin),
                        );
                    }
                }
            }
            End::Refused(message, place) => {
                load.fail(&format!("{}: error: {message}", self.program), origin(place));
            }
            End::Exits(Action::Version, place) => load.exit("prints its version and ends", origin(place)),
            End::Exits(_, place) => load.exit("prints its help and ends", origin(place)),
            End::Unknown(reason, place) => {
                load.doubt_end(reason, origin(place));
                let needs: Vec<Need> = namespace
                    .parsed
                    .taken
                    .iter()
                    .flat_map(|t| t.words.iter().flat_map(|w| w.text.needs()))
                    .collect();
                self.open(namespace.source, reason, needs, load);
            }
        }
    }

    /// `argument [APP_MODULE]` is missing (`parser.error` of `WSGIApplication.init` before 20.1).
    pub(crate) fn error(&self, message: &str) -> String {
        format!("{}: error: {message}", self.program)
    }

    /// Every setting that has an option may be set by a source that is not known in full.
    pub(crate) fn open(&self, source: Source, reason: &str, needs: Vec<Need>, load: &mut Load<'_>) {
        let names =
            load.table().specs.iter().filter(|s| s.option.is_some()).map(|s| s.name.clone()).collect();
        load.open(source, names, reason, needs);
    }

    /// Applies the namespace: setting by setting in the order of the parser.
    pub(crate) fn apply(&self, namespace: &Namespace, load: &mut Load<'_>) {
        for spec in &load.table().specs {
            let taken = namespace.of(&spec.name, &self.parser);
            let Some((last, earlier)) = taken.split_last() else { continue };
            let appends = spec.option.as_ref().is_some_and(|o| o.action == Action::Append);
            let one = if appends { appended(&taken) } else { Given::of(last) };
            if !appends {
                earlier.iter().for_each(|taken| Given::of(taken).list(&spec.name, namespace.source, load));
            }
            one.set(&spec.name, namespace.source, load);
        }
    }

    /// The last value of an option in the namespace, with the word that gives it.
    pub(crate) fn value<'n>(&self, namespace: &'n Namespace, name: &str) -> Option<&'n Taken> {
        namespace.of(name, &self.parser).last().copied()
    }
}

fn same_end(one: &End, other: &End) -> bool {
    match (one, other) {
        (End::Unknown(..), End::Unknown(..)) => true,
        (End::Exits(one, _), End::Exits(other, _)) => one == other,
        (one, other) => one == other,
    }
}

impl Namespace {
    /// A namespace in which nothing was given.
    pub(crate) fn empty(source: Source) -> Self {
        Namespace { parsed: Parsed { taken: Vec::new(), positionals: Vec::new(), end: End::Parsed }, source }
    }

    /// A namespace of which nothing is known.
    pub(crate) fn unknown(source: Source, reason: &str) -> Self {
        let mut namespace = Namespace::empty(source);
        namespace.parsed.end = End::Unknown(reason.to_owned(), None);
        namespace
    }

    /// The words that are no options: the first is the application.
    pub(crate) fn positionals(&self) -> &[Word] {
        &self.parsed.positionals
    }

    /// Whether a word that is not known decides what it says.
    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self.parsed.end, End::Unknown(..))
    }

    fn of(&self, name: &str, parser: &Parser) -> Vec<&Taken> {
        let is = |taken: &&Taken| parser.option(taken.option).is_some_and(|option| option.dest == name);
        self.parsed.taken.iter().filter(is).collect()
    }
}

/// A value that options give, with its place.
struct Given {
    value: PyValue,
    place: Option<Place>,
    written: Option<String>,
    secret: bool,
}

impl Given {
    fn of(taken: &Taken) -> Given {
        let argument = taken.words.get(1).map(|word| word.text.display());
        Given {
            value: taken.value.clone(),
            place: place(&taken.words),
            written: argument.or_else(|| glued(taken)),
            secret: taken.words.iter().any(|word| word.text.is_secret()),
        }
    }

    fn attempt(&self, source: Source) -> Attempt<'_> {
        let place = self.place.clone();
        let place = place.unwrap_or_else(|| Place::new(Origin::Runtime { what: "argv".into() }));
        Attempt {
            source,
            value: &self.value,
            place,
            written: self.written.clone(),
            reads: Vec::new(),
            secret: self.secret,
        }
    }

    fn list(&self, name: &str, source: Source, load: &mut Load<'_>) {
        load.list(name, self.attempt(source), Status::Overridden);
    }

    fn set(&self, name: &str, source: Source, load: &mut Load<'_>) {
        let attempt = self.attempt(source);
        let origin = attempt.place.origin.clone();
        if let Err(message) = load.set(name, attempt) {
            load.fail(&format!("Error: {message}"), Some(origin));
        }
    }
}

/// The argument as written, where it stands in the word of its flag.
fn glued(taken: &Taken) -> Option<String> {
    match &taken.value {
        PyValue::Str(text) => Some(text.clone()),
        PyValue::Int(_) => {
            let word = taken.words.first()?.text.display();
            let tail = word.split_once('=').map(|(_, tail)| tail.to_owned());
            tail.or_else(|| word.get(2..).filter(|_| !word.starts_with("--")).map(str::to_owned))
        }
        _ => None,
    }
}

/// Options that add to one list: the place is that of the last, behind it those of the others.
fn appended(taken: &[&Taken]) -> Given {
    let mut places = taken.iter().rev().filter_map(|taken| place(&taken.words));
    let last = places.next();
    let others: Vec<Origin> = places.flat_map(|p| std::iter::once(p.origin).chain(p.via)).collect();
    Given {
        value: PyValue::List(taken.iter().map(|t| t.value.clone()).collect()),
        place: last.map(|p| Place { origin: p.origin, via: merged(p.via, others) }),
        written: None,
        secret: taken.iter().flat_map(|t| &t.words).any(|word| word.text.is_secret()),
    }
}

/// The place of several words: one stretch where they stand in one text, else that of the last, behind it the others.
fn place(words: &[Word]) -> Option<Place> {
    let mut places = words.iter().rev().filter_map(|word| word.place.clone());
    let last = places.next()?;
    Some(places.fold(last, |whole, before| match stretch(&before.origin, &whole.origin) {
        Some(origin) => Place { origin, via: merged(whole.via, before.via) },
        None => whole,
    }))
}

fn merged(mut via: Vec<Origin>, more: Vec<Origin>) -> Vec<Origin> {
    for origin in more {
        if !via.contains(&origin) {
            via.push(origin);
        }
    }
    via
}

/// The stretch from one origin to another, if both stand in one text.
fn stretch(from: &Origin, to: &Origin) -> Option<Origin> {
    let mut whole = from.clone();
    match (&mut whole, to) {
        (Origin::ImageEnv { name, end, .. }, Origin::ImageEnv { name: other, end: last, .. })
            if name == other =>
        {
            *end = (*end).max(*last);
        }
        (
            Origin::LayerFile { path, layer, span, .. },
            Origin::LayerFile { path: p, layer: l, span: s, .. },
        ) if path == p && layer == l => {
            *span = Some(cover((*span)?, (*s)?));
        }
        (Origin::Overlay { file, span }, Origin::Overlay { file: f, span: s }) if file == f => {
            *span = Some(cover((*span)?, (*s)?));
        }
        (Origin::ImageCmd { index, chars, .. }, Origin::ImageCmd { index: i, chars: c, .. })
        | (
            Origin::ImageEntrypoint { index, chars, .. },
            Origin::ImageEntrypoint { index: i, chars: c, .. },
        ) if index == i => {
            let ((start, end), (_, last)) = ((*chars)?, (*c)?);
            *chars = Some((start, end.max(last)));
        }
        (Origin::Option { flag, text, chars }, Origin::Option { flag: f, text: t, chars: c })
            if flag == f && text == t =>
        {
            let ((start, end), (_, last)) = ((*chars)?, (*c)?);
            *chars = Some((start, end.max(last)));
        }
        _ => return None,
    }
    Some(whole)
}

fn cover(one: Span, other: Span) -> Span {
    let (line, column) = (one.line, one.column).min((other.line, other.column));
    let (end_line, end_column) = (one.end_line, one.end_column).max((other.end_line, other.end_column));
    Span { line, column, end_line, end_column }
}

//! A configuration as nginx has read it: blocks with the directives that stand in them, includes followed.

use std::sync::Arc;

use imgscan_model::{Node, Place, Text};

use crate::nginx::parser::Directive;
use crate::nginx::table::{Contexts, Row};

/// A file, or the text of `-g`.
#[derive(Clone, Debug)]
pub struct Source {
    /// The name by which nginx knows it; `None` for the command line.
    pub name: Option<Arc<str>>,
    /// The file that the name leads to.
    pub node: Option<Node>,
    /// Its text.
    pub text: Text,
    /// Whether parts of it are not known.
    pub has_holes: bool,
    /// Whether parts of it look like credentials.
    pub has_secrets: bool,
}

/// Index of a block in [`Config::blocks`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlockId(pub usize);

/// What nginx made of a directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was taken.
    Taken,
    /// It was refused; nginx does not start.
    Refused,
    /// That hangs on something not known.
    Unsure,
}

/// A directive in a block.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What is known about it; `None` in blocks of pairs (`types`, `map` …) and for names that are not known.
    pub row: Option<&'static Row>,
    /// The directive as written.
    pub directive: Arc<Directive>,
    /// Index of its source.
    pub source: usize,
    /// What nginx made of it.
    pub fate: Fate,
    /// Its block, where it has one.
    pub block: Option<BlockId>,
}

impl Entry {
    /// The name.
    pub fn name(&self) -> &str {
        self.directive.name()
    }

    /// The arguments after unescaping.
    pub fn args(&self) -> impl Iterator<Item = &str> {
        self.directive.args().iter().map(|w| w.value.as_str())
    }
}

/// How a location is matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modifier {
    /// A prefix.
    Prefix,
    /// `=`
    Exact,
    /// `^~`: a prefix after which no regular expression is tried.
    NoRegex,
    /// `~`
    Regex,
    /// `~*`
    RegexCaseless,
    /// `@`
    Named,
}

/// What a block is.
#[derive(Clone, Debug, PartialEq)]
pub enum BlockKind {
    /// The whole configuration.
    Main,
    /// `events`
    Events,
    /// `http`
    Http,
    /// `server` in `http`
    Server,
    /// `location`, with its pattern without the modifier (a named one keeps its `@`)
    Location(Modifier, String),
    /// `if`
    If,
    /// `limit_except`
    LimitExcept,
    /// `upstream` in `http`
    Upstream,
    /// `stream`
    Stream,
    /// `server` in `stream`
    StreamServer,
    /// `upstream` in `stream`
    StreamUpstream,
    /// `mail`
    Mail,
    /// `server` in `mail`
    MailServer,
    /// `types`, `map`, `geo`, `split_clients`, `charset_map`: pairs and no directives.
    Pairs,
    /// The block of a directive that is not known.
    Foreign,
}

impl BlockKind {
    /// The context that directives in it stand in.
    pub fn context(&self, in_location: bool) -> Contexts {
        match self {
            BlockKind::Main => Contexts::MAIN,
            BlockKind::Events => Contexts::EVENTS,
            BlockKind::Http => Contexts::HTTP,
            BlockKind::Server => Contexts::SERVER,
            BlockKind::Location(..) => Contexts::LOCATION,
            BlockKind::If if in_location => Contexts::LOCATION_IF,
            BlockKind::If => Contexts::SERVER_IF,
            BlockKind::LimitExcept => Contexts::LIMIT_EXCEPT,
            BlockKind::Upstream => Contexts::UPSTREAM,
            BlockKind::Stream => Contexts::STREAM,
            BlockKind::StreamServer => Contexts::STREAM_SERVER,
            BlockKind::StreamUpstream => Contexts::STREAM_UPSTREAM,
            BlockKind::Mail => Contexts::MAIL,
            BlockKind::MailServer => Contexts::MAIL_SERVER,
            BlockKind::Pairs | BlockKind::Foreign => Contexts::ANY,
        }
    }
}

/// A block.
#[derive(Clone, Debug)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// The context that directives in it stand in.
    pub context: Contexts,
    /// The block around it.
    pub parent: Option<BlockId>,
    /// The entry of the parent that opens it.
    pub head: usize,
    /// The directives in it, in the order in which nginx reads them.
    pub entries: Vec<Entry>,
    /// The source and the line in which it ends.
    pub end: (usize, u32),
}

/// How much a complaint weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// nginx does not start.
    Fatal,
    /// nginx warns and goes on.
    Warning,
    /// Whether nginx starts cannot be told.
    Unsure,
}

impl Weight {
    /// The weight of a complaint that may be none.
    pub(super) fn doubted(self) -> Weight {
        match self {
            Weight::Fatal => Weight::Unsure,
            other => other,
        }
    }
}

/// Something that nginx says about its configuration, or that keeps us from knowing what it says.
#[derive(Clone, Debug)]
pub struct Complaint {
    /// How much it weighs.
    pub weight: Weight,
    /// The words, with the file and line that nginx names.
    pub message: String,
    /// What is meant.
    pub place: Option<Place>,
    /// The source (its index) and the line that were being read, where nginx names them.
    pub read_at: Option<(usize, u32)>,
}

impl Complaint {
    /// The complaint as a sentence of a report.
    pub(super) fn said(&self) -> String {
        match self.weight {
            Weight::Fatal => format!("nginx refuses: {}", self.message),
            Weight::Warning => format!("nginx warns: {}", self.message),
            Weight::Unsure => self.message.clone(),
        }
    }
}

/// A file that was asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The word that asked.
    pub word: String,
    /// The file; `None` where it is missing.
    pub node: Option<Node>,
    /// Its name as nginx sees it.
    pub name: String,
    /// Where it was asked for.
    pub place: Option<Place>,
    /// Why it was not read, where it was not.
    pub problem: Option<String>,
}

/// A configuration.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The sources in the order in which they were opened.
    pub sources: Vec<Source>,
    /// The blocks; the first one is the whole configuration.
    pub blocks: Vec<Block>,
    /// What nginx says, in the order in which it says it.
    pub complaints: Vec<Complaint>,
    /// The files that were asked for, in order.
    pub asked: Vec<Asked>,
    /// Whether there is text that is not known where statements stand: it may include any file.
    pub hides: bool,
}

impl Config {
    /// The whole configuration.
    pub const MAIN: BlockId = BlockId(0);

    /// A block.
    pub fn block(&self, id: BlockId) -> &Block {
        &self.blocks[id.0]
    }

    /// The blocks around `id`, itself first, the whole configuration last.
    pub fn chain(&self, id: BlockId) -> impl Iterator<Item = BlockId> {
        std::iter::successors(Some(id), |id| self.block(*id).parent)
    }

    /// The entry that opens a block; `None` for the whole configuration.
    pub fn head(&self, id: BlockId) -> Option<&Entry> {
        let block = self.block(id);
        self.block(block.parent?).entries.get(block.head)
    }

    /// The blocks that stand directly in `id`, in order.
    pub fn children(&self, id: BlockId) -> impl Iterator<Item = BlockId> {
        self.block(id).entries.iter().filter_map(|e| e.block)
    }

    /// The directives of that name that stand directly in `id` and were not refused.
    pub fn named<'a>(&'a self, id: BlockId, name: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.block(id).entries.iter().filter(move |e| e.fate != Fate::Refused && e.name() == name)
    }

    /// Where an entry stands, from its name to its end.
    pub fn place(&self, entry: &Entry) -> Option<Place> {
        self.sources.get(entry.source)?.text.place(entry.directive.range.clone())
    }

    /// The arguments of an entry as texts that know where they stand. `None` where the source is gone.
    pub fn word(&self, entry: &Entry, argument: usize) -> Option<Text> {
        let word = entry.directive.args().get(argument)?;
        Some(self.sources.get(entry.source)?.text.slice(word.range.clone()))
    }

    /// Whether a part of the entry's arguments is not known.
    pub fn has_hole(&self, entry: &Entry) -> bool {
        self.sources.get(entry.source).is_some_and(|source| {
            source.has_holes
                && entry.directive.words.iter().any(|w| source.text.slice(w.range.clone()).known().is_none())
        })
    }

    /// Whether a part of the entry's arguments came from something that looks like a credential.
    pub fn is_secret(&self, entry: &Entry) -> bool {
        self.sources.get(entry.source).is_some_and(|source| {
            source.has_secrets
                && entry.directive.words.iter().any(|w| source.text.slice(w.range.clone()).is_secret())
        })
    }

    /// The location that a block is or lies in directly (through `if` and `limit_except`).
    pub fn location(&self, id: BlockId) -> Option<(Modifier, &str)> {
        self.chain(id).find_map(|id| match &self.block(id).kind {
            BlockKind::Location(modifier, pattern) => Some((*modifier, pattern.as_str())),
            _ => None,
        })
    }
}

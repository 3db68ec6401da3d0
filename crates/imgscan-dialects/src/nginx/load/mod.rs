//! Reads a configuration in the order in which nginx reads it, and notes what nginx would say.
//!
//! Reading goes on after a complaint that stops nginx: a report tells what stands in the rest, and
//! [`crate::nginx::start`] takes the first fatal complaint for nginx's answer.

mod handler;
mod include;
pub(super) mod state;

use std::sync::Arc;

use imgscan_model::{FileView, Place, Process, Text, limits};

use crate::nginx::config::{Block, BlockId, BlockKind, Complaint, Config, Entry, Source, Weight};
use crate::nginx::installed::Installed;
use crate::nginx::lexer::SourceKind;
use crate::nginx::parser::{self, Item};
use crate::nginx::paths::Paths;
use state::State;

/// What reading a configuration needs to know of the world.
pub struct World<'a> {
    /// The files.
    pub files: &'a dyn FileView,
    /// The program.
    pub installed: &'a Installed,
    /// Prefixes and the main file.
    pub paths: &'a Paths,
    /// Whether the master runs as root; `None` where that is not known.
    pub is_root: Option<bool>,
}

impl<'a> World<'a> {
    /// The world of a process.
    pub fn new(process: &'a Process, installed: &'a Installed, paths: &'a Paths) -> Self {
        World { files: process.files.as_ref(), installed, paths, is_root: is_root(process) }
    }
}

/// Whether a process runs as root.
fn is_root(process: &Process) -> Option<bool> {
    let user = process.user.known()?;
    let name = user.split(':').next().unwrap_or_default();
    match name {
        "" | "root" | "0" => Some(true),
        number if number.bytes().all(|b| b.is_ascii_digit()) => Some(number.bytes().all(|b| b == b'0')),
        name => {
            let passwd = process.files.read("/etc/passwd").ok()?;
            let entry = passwd.raw().lines().find(|l| l.split(':').next() == Some(name))?.to_owned();
            Some(entry.split(':').nth(2) == Some("0"))
        }
    }
}

/// Reads a configuration: the text of `-g` first, then the main file.
pub fn load(world: &World<'_>, directives: Option<&Text>) -> Config {
    let mut loader = Loader {
        world,
        config: Config::default(),
        state: State::default(),
        parsed: std::collections::HashMap::new(),
        stack: Vec::new(),
        lines: Vec::new(),
        directives: 0,
        exhausted: false,
    };
    loader.config.blocks.push(Block {
        kind: BlockKind::Main,
        context: BlockKind::Main.context(false),
        parent: None,
        head: 0,
        entries: Vec::new(),
        end: (0, 0),
    });
    if let Some(text) = directives {
        loader.parameter(text);
    }
    loader.main_file();
    loader.finish();
    loader.config.hides = loader.state.hidden || loader.state.torn || loader.exhausted;
    loader.config
}

/// A source that has been parsed.
#[derive(Clone)]
struct Parsed {
    node: imgscan_model::Node,
    text: Text,
    items: Arc<[Item]>,
}

/// A reading under way.
pub(super) struct Loader<'a> {
    pub(super) world: &'a World<'a>,
    pub(super) config: Config,
    pub(super) state: State,
    /// Files by their resolved paths.
    parsed: std::collections::HashMap<Arc<str>, Parsed>,
    /// The sources being read, the innermost last: their indices and resolved paths.
    stack: Vec<(usize, Arc<str>)>,
    /// The line nginx would name now, for each source of the stack.
    lines: Vec<u32>,
    /// How many directives have been read.
    directives: usize,
    /// Whether a bound was passed.
    exhausted: bool,
}

impl Loader<'_> {
    /// Reads the text of `-g`.
    fn parameter(&mut self, text: &Text) {
        let items: Arc<[Item]> = parser::parse(text.raw(), SourceKind::Parameter).into();
        let has_holes = text.known().is_none();
        let has_secrets = text.is_secret();
        let text = text.clone();
        self.config.sources.push(Source { name: None, node: None, text, has_holes, has_secrets });
        self.stack.push((self.config.sources.len() - 1, Arc::from("")));
        self.lines.push(0);
        self.items(&items, Config::MAIN);
        self.lines.pop();
        self.stack.pop();
    }

    /// The index of the source at hand.
    pub(super) fn source(&self) -> usize {
        self.stack.last().map_or(0, |(source, _)| *source)
    }

    /// The line at hand.
    pub(super) fn line(&self) -> u32 {
        self.lines.last().copied().unwrap_or_default()
    }

    fn set_line(&mut self, line: u32) {
        if let Some(last) = self.lines.last_mut() {
            *last = line;
        }
    }

    /// Adds a block. Its entry in the parent is pushed by the caller, at index `head`.
    fn open(&mut self, kind: BlockKind, parent: BlockId, head: usize) -> BlockId {
        let in_location = self.config.location(parent).is_some();
        let context = kind.context(in_location);
        self.config.blocks.push(Block {
            kind,
            context,
            parent: Some(parent),
            head,
            entries: Vec::new(),
            end: (self.source(), 0),
        });
        BlockId(self.config.blocks.len() - 1)
    }

    /// Notes a complaint at the directive or token at `place`, with file and line as `ngx_conf_log_error` adds them.
    pub(super) fn complain(&mut self, weight: Weight, message: &str, place: Option<Place>) {
        let message = format!("{message}{}", self.whereabouts());
        let weight = if self.state.torn { weight.doubted() } else { weight };
        let read_at = self.stack.last().map(|(source, _)| (*source, self.line()));
        self.config.complaints.push(Complaint { weight, message, place, read_at });
    }

    /// Notes a complaint to which nginx adds no file and line: most are about something that is missing, which may
    /// stand in a file whose content is not known.
    pub(super) fn complain_bare(&mut self, weight: Weight, message: String, place: Option<Place>) {
        // That a file is not known has been said.
        if self.state.hidden && weight == Weight::Fatal {
            return;
        }
        let weight = if self.state.torn { weight.doubted() } else { weight };
        self.config.complaints.push(Complaint { weight, message, place, read_at: None });
    }

    /// ` in FILE:LINE`, ` in command line`, or nothing before the main file is open.
    pub(super) fn whereabouts(&self) -> String {
        match self.stack.last().and_then(|(source, _)| self.config.sources.get(*source)) {
            None => String::new(),
            Some(Source { name: None, .. }) => " in command line".to_owned(),
            Some(Source { name: Some(name), .. }) => format!(" in {name}:{}", self.line()),
        }
    }

    /// ` in FILE:LINE` of the directive that opens a block.
    pub(super) fn head_line(&self, block: BlockId) -> String {
        self.config.head(block).map_or(String::new(), |head| self.line_of(head))
    }

    /// ` in FILE:LINE` of a directive.
    pub(super) fn line_of(&self, entry: &Entry) -> String {
        let name = self.config.sources.get(entry.source).and_then(|s| s.name.clone());
        name.map_or(String::new(), |name| format!(" in {name}:{}", entry.directive.line))
    }

    /// Whether reading has to stop for good.
    fn is_exhausted(&mut self) -> bool {
        if !self.exhausted && self.directives >= limits::CONFIG_DIRECTIVES {
            self.exhausted = true;
            let message = format!("more than {} directives are not read", limits::CONFIG_DIRECTIVES);
            self.complain_bare(Weight::Unsure, message, None);
        }
        self.exhausted
    }
}

//! From directives on levels to the settings in effect, as nginx's merge functions do it.
//!
//! Levels are visited from the outside in. Each directive has a merge class in the table ([`Merge`]); a class that is
//! not known answers unknown, never inherited.

mod compiled;
mod defaults;
mod lists;
mod values;

use std::collections::BTreeMap;

use imgscan_model::{Candidate, Data, Setting, Source, Status, Value};

use crate::nginx::config::{Block, BlockId, BlockKind, Config, Entry, Fate};
use crate::nginx::installed::Installed;
use crate::nginx::paths::Paths;
use crate::nginx::table::{Contexts, Kind, Merge, Row, Table};

pub(super) use defaults::SHOWN;

/// Settings by name.
pub(super) type Settings = BTreeMap<String, Setting>;

/// What merging needs to know.
pub(super) struct Merger<'a> {
    pub(super) config: &'a Config,
    pub(super) installed: &'a Installed,
    pub(super) paths: &'a Paths,
}

/// The entries of one name on one level.
struct Own<'a> {
    row: Option<&'static Row>,
    entries: Vec<&'a Entry>,
}

impl<'a> Merger<'a> {
    /// The settings of a block: what stands in it, and what comes in from around it.
    pub(super) fn settings(&self, id: BlockId, outer: &Settings) -> Settings {
        let block = self.config.block(id);
        let mut settings: Settings = Settings::new();
        for (name, setting) in outer {
            if let Some(setting) = self.inherited(block, name, setting) {
                settings.insert(name.clone(), setting);
            }
        }
        for (name, own) in self.own(block) {
            self.set(id, name, &own, outer, &mut settings);
        }
        self.joint(id, outer, &mut settings);
        settings
    }

    /// The entries of a block by name, those that nginx refused left out.
    fn own(&self, block: &'a Block) -> BTreeMap<&'a str, Own<'a>> {
        let mut own: BTreeMap<&str, Own<'a>> = BTreeMap::new();
        let taken = block.entries.iter().filter(|e| e.fate != Fate::Refused && e.name() != "include");
        for entry in taken {
            // Blocks are scopes of their own, but for those that hold pairs.
            if entry.block.is_some_and(|b| self.config.block(b).kind != BlockKind::Pairs) {
                continue;
            }
            let named =
                own.entry(entry.name()).or_insert_with(|| Own { row: entry.row, entries: Vec::new() });
            named.entries.push(entry);
        }
        own
    }

    /// What a setting of the level outside is in a block that does not set it.
    fn inherited(&self, block: &Block, name: &str, setting: &Setting) -> Option<Setting> {
        let row = self.row(name, block);
        match row.map(|r| r.merge) {
            None => Some(self.not_classified(name, setting)),
            Some(Merge::Here | Merge::Global) => None,
            Some(Merge::Unknown) => Some(self.not_classified(name, setting)),
            Some(Merge::Handler) => {
                matches!(block.kind, BlockKind::If | BlockKind::LimitExcept).then(|| setting.clone())
            }
            Some(_) => Some(setting.clone()),
        }
    }

    /// The facts about a name in a block or around it.
    fn row(&self, name: &str, block: &Block) -> Option<&'static Row> {
        let everywhere = match block.context {
            c if c.meet(Contexts::ALL_HTTP) => Contexts::ALL_HTTP,
            c if c.meet(Contexts::ALL_STREAM) => Contexts::ALL_STREAM,
            c => c,
        };
        let table = Table::get();
        let version = self.installed.version;
        table.find(name, block.context, version).or_else(|| {
            let mut rows = table.named(name).filter(|r| r.contexts.meet(everywhere));
            rows.find(|r| r.foreign || r.holds_for(version))
        })
    }

    /// A directive of which nobody knows whether inner levels take it over.
    fn not_classified(&self, name: &str, setting: &Setting) -> Setting {
        let reason = format!("how inner levels inherit `{name}` is not known");
        let outer = setting.winner().clone();
        let winner = Candidate { value: Value::unknown(reason), ..outer };
        Setting::new(winner, setting.losers().to_vec())
    }

    /// Sets what stands in a block itself.
    fn set(&self, id: BlockId, name: &str, own: &Own<'_>, outer: &Settings, settings: &mut Settings) {
        let Some(row) = own.row else {
            settings.insert(name.to_owned(), self.unchecked(own));
            return;
        };
        let beaten = || outer.get(name).map_or(Vec::new(), beaten);
        let setting = match row.merge {
            Merge::Access => return,
            Merge::Root => {
                self.root(id, name, own, outer, settings);
                return;
            }
            Merge::List | Merge::Redirect => self.list(own, beaten()),
            Merge::Mask => self.mask(row, own, beaten()),
            Merge::Headers => self.headers(id, name, own, outer),
            Merge::Keepalive => self.keepalive(own, outer.get(name)),
            Merge::SessionCache => self.session_cache(own, outer.get(name)),
            Merge::Unknown => self.unchecked(own),
            Merge::Here | Merge::Handler | Merge::Global if accumulates(row) => self.accumulated(row, own),
            Merge::Here | Merge::Handler | Merge::Global => self.single(row, own, Vec::new()),
            Merge::Value | Merge::Store | Merge::BusyBuffers => self.single(row, own, beaten()),
        };
        settings.insert(name.to_owned(), setting);
    }

    /// One value, of which the first entry sets it.
    fn single(&self, row: &'static Row, own: &Own<'_>, beaten: Vec<Candidate>) -> Setting {
        let mut candidates = own.entries.iter().map(|e| self.candidate(e, self.value(row, e)));
        let winner = candidates.next().unwrap_or_else(|| self.default_candidate(Value::Unset));
        let mut losers: Vec<Candidate> = candidates.collect();
        losers.extend(beaten);
        losers.extend(self.default(row).map(|d| d.status(Status::Dead)));
        Setting::new(winner, losers)
    }

    /// A directive whose arguments are not understood: as written, here.
    fn unchecked(&self, own: &Own<'_>) -> Setting {
        let values = own.entries.iter().map(|e| self.candidate(e, self.words(e)));
        let mut candidates: Vec<Candidate> = values.collect();
        if candidates.len() < 2 {
            let winner = candidates.pop().unwrap_or_else(|| self.default_candidate(Value::Unset));
            return Setting::new(winner, Vec::new());
        }
        self.joined(candidates, Vec::new())
    }

    /// A candidate for an entry.
    fn candidate(&self, entry: &Entry, value: Value) -> Candidate {
        let from_flag = self.config.sources.get(entry.source).is_some_and(|s| s.name.is_none());
        let source = if from_flag { Source::Flag } else { Source::File };
        let Some(place) = self.config.place(entry) else { return self.default_candidate(value) };
        let mut candidate = Candidate::new(source, value, place).written(self.written(entry));
        candidate.secret = self.config.is_secret(entry);
        candidate
    }

    /// The settings of a block that several directives decide together.
    fn joint(&self, id: BlockId, outer: &Settings, settings: &mut Settings) {
        self.access(id, outer, settings);
        self.stores(id, settings);
        for name in ["add_header", "add_trailer"] {
            if self.inherit_mode(id, name) == Some("off") && self.config.named(id, name).next().is_none() {
                settings.remove(name);
            }
        }
    }

    /// The value of a setting that nobody sets, for a name that nginx knows; `None` for one it does not know.
    pub(super) fn unset(&self, name: &str, id: BlockId, settings: &Settings) -> Option<Setting> {
        let row = self.row(name, self.config.block(id))?;
        Some(Setting::new(self.default_in(row, settings), Vec::new()))
    }

    /// A setting that stands on a level and holds for all inside without being inherited.
    pub(super) fn global(&self, name: &str, level: BlockId) -> Option<Setting> {
        let row = self.row(name, self.config.block(level))?;
        let own = self.own(self.config.block(level));
        let own = own.get(name).filter(|_| row.merge == Merge::Global)?;
        Some(if accumulates(row) { self.accumulated(row, own) } else { self.single(row, own, Vec::new()) })
    }

    /// Adds the defaults that reports show, where they bear on a block.
    pub(super) fn add_defaults(&self, id: BlockId, settings: &mut Settings) {
        for (name, condition) in SHOWN {
            let bears = condition.is_none_or(|c| settings.contains_key(c));
            if bears && !settings.contains_key(*name) {
                let row = self.row(name, self.config.block(id));
                if let Some(row) = row.filter(|r| self.has_place(r, id)) {
                    let default = self.default_in(row, settings);
                    settings.insert((*name).to_owned(), Setting::new(default, Vec::new()));
                }
            }
        }
    }

    /// Whether the directive is decided on the level of a block: not further out, not further in.
    fn has_place(&self, row: &Row, id: BlockId) -> bool {
        row.contexts.meet(self.config.block(id).context)
    }
}

/// Whether a directive that is not inherited may stand several times.
fn accumulates(row: &Row) -> bool {
    !row.repeat_is_error && !matches!(row.kind, Kind::Flag) && !matches!(row.name, "return" | "internal")
}

/// The candidates of an outer level, beaten by those of an inner one.
fn beaten(setting: &Setting) -> Vec<Candidate> {
    let lose = |c: &Candidate| match c.status {
        Status::Effective => c.clone().status(Status::Overridden),
        _ => c.clone(),
    };
    setting.candidates().iter().filter(|c| c.source != Source::Default).map(lose).collect()
}

/// A list of texts.
fn texts<'a>(words: impl IntoIterator<Item = &'a str>) -> Data {
    Data::List(words.into_iter().map(Data::from).collect())
}

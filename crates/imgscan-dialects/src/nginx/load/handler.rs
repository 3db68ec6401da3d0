//! One directive: known, allowed here, ended and counted as it should be (`ngx_conf_handler`), then its own checks.

use std::sync::Arc;

use imgscan_model::Place;

use super::Loader;
use crate::nginx::check::{self, Call, Refusal};
use crate::nginx::config::{BlockId, BlockKind, Entry, Fate, Weight};
use crate::nginx::installed::Availability;
use crate::nginx::modules;
use crate::nginx::parser::{Body, Directive, Item};
use crate::nginx::table::{Contexts, Row, Table};
use crate::nginx::version::Versions;

/// What a name is, in the place where it stands.
enum Known {
    /// A directive of open source nginx.
    Own(&'static Row),
    /// A directive of another module that is, or may be, part of this nginx.
    Foreign(Option<&'static Row>),
    /// Nothing, with nginx's words.
    Not(String),
}

impl Loader<'_> {
    /// What stands in a block or a source, in order.
    pub(super) fn items(&mut self, items: &[Item], block: BlockId) {
        for item in items {
            if self.is_exhausted() {
                return;
            }
            match item {
                Item::Mistake(mistake) => {
                    self.set_line(mistake.line);
                    let place = self.config.sources[self.source()].text.place(mistake.range.clone());
                    self.complain(Weight::Fatal, &mistake.message, place);
                }
                Item::Directive(directive) => {
                    self.directives += 1;
                    self.set_line(directive.line);
                    if matches!(self.config.block(block).kind, BlockKind::Pairs) {
                        self.pair(directive, block);
                    } else {
                        self.directive(directive, block);
                    }
                }
            }
        }
    }

    fn directive(&mut self, directive: &Arc<Directive>, block: BlockId) {
        let context = self.config.block(block).context;
        if self.config.block(block).kind == BlockKind::Foreign {
            let fate = Fate::Unsure;
            self.add(None, directive, block, fate);
            return;
        }
        if self.has_hole(directive, 0) {
            let message = "the name of a directive is not known";
            self.complain(Weight::Unsure, message, self.place(directive));
            self.state.torn = true;
            self.state.foreign_variables = true;
            self.add(None, directive, block, Fate::Unsure);
            return;
        }
        match self.identify(directive.name(), context) {
            Known::Own(row) => self.own(row, directive, block),
            Known::Foreign(row) => self.foreign(row, directive, block),
            Known::Not(message) => {
                self.refuse(&message, directive);
                self.add(None, directive, block, Fate::Refused);
            }
        }
    }

    fn identify(&mut self, name: &str, context: Contexts) -> Known {
        let version = self.world.installed.version;
        let mut found = None;
        let mut fitting: Option<(&'static Row, Availability)> = None;
        for row in Table::get().named(name).filter(|r| !r.foreign) {
            let availability = self.availability(row);
            let is_there = matches!(availability, Availability::BuiltIn | Availability::Unknown);
            if !is_there || version.is_some_and(|v| !row.versions.contain(v)) {
                continue;
            }
            found = found.or(Some(availability));
            // Where the version is not known, the newest facts come first.
            let newer = fitting.is_none_or(|(old, _)| !old.holds_for(version) && row.holds_for(version));
            if row.contexts.meet(context) && newer {
                fitting = Some((row, availability));
            }
        }
        match (fitting, found) {
            (Some((row, availability)), _) => {
                self.doubt(row, availability, context);
                Known::Own(row)
            }
            (None, Some(_)) => Known::Not(format!("\"{name}\" directive is not allowed here")),
            (None, None) => self.identify_foreign(name, context),
        }
    }

    /// Says where it is not certain that this nginx knows a directive.
    fn doubt(&mut self, row: &Row, availability: Availability, context: Contexts) {
        let name = row.name;
        if availability == Availability::Unknown {
            let message = format!("whether this nginx was built with {} (`{name}`) is not known", row.module);
            self.complain(Weight::Unsure, &message, None);
        }
        let rows = Table::get().named(name).filter(|r| !r.foreign && r.contexts.meet(context));
        if self.world.installed.version.is_none() && !Versions::cover_all(rows.map(|r| &r.versions)) {
            let message = format!("not every version of nginx knows `{name}`, and the version is not known");
            self.complain(Weight::Unsure, &message, None);
        }
    }

    fn identify_foreign(&mut self, name: &str, context: Contexts) -> Known {
        let listed = || Table::get().named(name).filter(|r| r.foreign);
        let mut elsewhere = false;
        for row in listed() {
            if modules::has_foreign(row.module, self.world.installed, &self.state.loaded) {
                if row.contexts.meet(context) {
                    return Known::Foreign(Some(row));
                }
                elsewhere = true;
            }
        }
        if elsewhere {
            return Known::Not(format!("\"{name}\" directive is not allowed here"));
        }
        if self.state.unknown_modules || !self.world.installed.is_closed() {
            return Known::Foreign(listed().next());
        }
        Known::Not(format!("unknown directive \"{name}\""))
    }

    /// Whether the module of a row is part of the program, `load_module` taken into account.
    fn availability(&self, row: &Row) -> Availability {
        let built = self.world.installed.module(row.module);
        if built != Availability::BuiltIn && modules::is_loaded(row.module, &self.state.loaded) {
            return Availability::BuiltIn;
        }
        match (built, modules::needs(row.module)) {
            // `stream_ssl` comes with `stream`, wherever that is.
            (Availability::Loadable, Some(host)) if modules::is_loaded(host, &self.state.loaded) => {
                Availability::BuiltIn
            }
            _ => built,
        }
    }

    fn own(&mut self, row: &'static Row, directive: &Arc<Directive>, block: BlockId) {
        let name = directive.name();
        let has_block = directive.body.is_some();
        if !row.arity.block && has_block {
            self.refuse(&format!("directive \"{name}\" is not terminated by \";\""), directive);
            self.add(Some(row), directive, block, Fate::Refused);
            return;
        }
        if row.arity.block && !has_block {
            self.refuse(&format!("directive \"{name}\" has no opening \"{{\""), directive);
            self.add(Some(row), directive, block, Fate::Refused);
            return;
        }
        if self.command_line_block(directive) {
            self.add(Some(row), directive, block, Fate::Refused);
            return;
        }
        if !row.arity.allows(directive.args().len()) {
            self.refuse(&format!("invalid number of arguments in \"{name}\" directive"), directive);
            self.add(Some(row), directive, block, Fate::Refused);
            return;
        }
        let head = self.config.block(block).entries.len();
        let call = Call { row, directive, block };
        let holes = self.has_hole(directive, 1);
        let checked = if row.repeat_is_error && self.state.set.contains_key(&(block, row.id)) {
            Err(Refusal::Directive("is duplicate".to_owned()))
        } else if holes {
            let message = format!("the arguments of `{name}` are not all known");
            self.complain(Weight::Unsure, &message, self.place(directive));
            Ok(())
        } else {
            check::check(self, &call)
        };
        let fate = match (&checked, holes) {
            (Err(_), _) => Fate::Refused,
            (Ok(()), true) => Fate::Unsure,
            (Ok(()), false) => Fate::Taken,
        };
        if let Err(refusal) = checked {
            match refusal {
                Refusal::Directive(words) => self.refuse(&format!("\"{name}\" directive {words}"), directive),
                Refusal::Message(message) => self.refuse(&message, directive),
            }
        }
        if fate != Fate::Refused {
            self.state.set.entry((block, row.id)).or_insert(head);
        }
        self.add(Some(row), directive, block, fate);
        if name == "include" && fate != Fate::Refused {
            self.include(directive, block);
        }
        if fate != Fate::Refused || row.arity.block {
            self.body(directive, block, head, fate);
        }
    }

    /// The block of a directive.
    fn body(&mut self, directive: &Arc<Directive>, block: BlockId, head: usize, fate: Fate) {
        let Some(Body::Block { items, end_line }) = &directive.body else { return };
        let kind = check::block_kind(directive, self.config.block(block));
        let source = self.source();
        let inner = self.open(kind, block, head);
        if let Some(entry) = self.config.blocks[block.0].entries.get_mut(head) {
            entry.block = Some(inner);
        }
        let outer_pairs = std::mem::take(&mut self.state.pairs);
        check::pairs::open(self, inner);
        self.items(items, inner);
        self.set_line(*end_line);
        check::pairs::close(self, inner);
        self.config.blocks[inner.0].end = (source, *end_line);
        if fate == Fate::Taken {
            check::close(self, inner);
        }
        self.state.pairs = outer_pairs;
    }

    fn foreign(&mut self, row: Option<&'static Row>, directive: &Arc<Directive>, block: BlockId) {
        self.state.foreign_variables = true;
        let name = directive.name();
        let message = match row {
            Some(row) => {
                format!("`{name}` belongs to the module {}, whose rules are not checked", row.module)
            }
            None => format!("`{name}` may belong to a module that is not known"),
        };
        self.complain(Weight::Unsure, &message, self.place(directive));
        let head = self.config.block(block).entries.len();
        self.add(row, directive, block, Fate::Unsure);
        if let Some(Body::Block { items, .. }) = &directive.body {
            let inner = self.open(BlockKind::Foreign, block, head);
            if let Some(entry) = self.config.blocks[block.0].entries.get_mut(head) {
                entry.block = Some(inner);
            }
            self.items(items, inner);
        }
    }

    /// A statement of a block of pairs.
    fn pair(&mut self, directive: &Arc<Directive>, block: BlockId) {
        if directive.body.is_some() {
            self.refuse("unexpected \"{\"", directive);
            return;
        }
        let head = self.config.block(block).entries.len();
        self.add(None, directive, block, Fate::Taken);
        if self.has_hole(directive, 0) {
            self.complain(Weight::Unsure, "a pair is not known", self.place(directive));
            return;
        }
        if directive.name() == "include" && check::pairs::includes(self, block) {
            if directive.args().len() == 1 {
                self.include(directive, block);
            } else {
                self.refuse("invalid number of arguments in \"include\" directive", directive);
            }
            return;
        }
        if let Err(refusal) = check::pairs::pair(self, block, directive) {
            let message = match refusal {
                Refusal::Directive(words) | Refusal::Message(words) => words,
            };
            self.refuse(&message, directive);
            self.config.blocks[block.0].entries[head].fate = Fate::Refused;
        }
    }

    /// A block in `-g` itself is refused.
    fn command_line_block(&mut self, directive: &Directive) -> bool {
        let in_command_line = self.config.sources.get(self.source()).is_some_and(|s| s.name.is_none());
        if in_command_line && directive.body.is_some() {
            self.refuse("block directives are not supported in -g option", directive);
        }
        in_command_line && directive.body.is_some()
    }

    fn add(&mut self, row: Option<&'static Row>, directive: &Arc<Directive>, block: BlockId, fate: Fate) {
        let source = self.source();
        let entry = Entry { row, directive: Arc::clone(directive), source, fate, block: None };
        self.config.blocks[block.0].entries.push(entry);
    }

    fn refuse(&mut self, message: &str, directive: &Directive) {
        let place = self.place(directive);
        self.complain(Weight::Fatal, message, place);
    }

    /// Where a directive of the source at hand stands.
    pub(in crate::nginx) fn place(&self, directive: &Directive) -> Option<Place> {
        self.config.sources.get(self.source())?.text.place(directive.range.clone())
    }

    /// Whether one of the words from index `from` on is not known (only the first, for 0).
    fn has_hole(&self, directive: &Directive, from: usize) -> bool {
        let Some(source) = self.config.sources.get(self.source()) else { return false };
        if !source.has_holes {
            return false;
        }
        let words = if from == 0 { directive.words.get(..1) } else { directive.words.get(from..) };
        words.unwrap_or_default().iter().any(|w| source.text.slice(w.range.clone()).known().is_none())
    }
}

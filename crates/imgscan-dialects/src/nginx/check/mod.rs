//! What each directive's setter refuses: one function a directive, by the name of the setter in nginx's sources.

mod cache;
pub(super) mod directories;
mod headers;
mod http_core;
mod limits;
pub(super) mod listen;
mod location;
mod log;
mod main_conf;
pub(super) mod misc;
pub(super) mod pairs;
mod pass;
pub(super) mod regex;
pub(super) mod rewrite;
pub(super) mod script;
mod sizes;
mod slots;
mod ssl;
mod stream;
pub(super) mod upstream;
mod zones;

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::nginx::config::{Block, BlockId, BlockKind, Modifier, Weight};
use crate::nginx::load::Loader;
use crate::nginx::load::state::Section;
use crate::nginx::parser::Directive;
use crate::nginx::table::{Contexts, Row};

/// A directive that is being set.
pub(super) struct Call<'a> {
    /// What is known about it.
    pub(super) row: &'static Row,
    /// The directive.
    pub(super) directive: &'a Directive,
    /// The block it stands in.
    pub(super) block: BlockId,
}

impl<'a> Call<'a> {
    /// The arguments.
    fn args(&self) -> impl ExactSizeIterator<Item = &'a str> + use<'a> {
        self.directive.args().iter().map(|w| w.value.as_str())
    }

    /// The argument at an index, `""` where there is none.
    fn arg(&self, index: usize) -> &'a str {
        self.directive.args().get(index).map_or("", |w| &w.value)
    }

    /// How many arguments there are.
    fn len(&self) -> usize {
        self.directive.args().len()
    }

    fn name(&self) -> &'static str {
        self.row.name
    }

    /// Whether it belongs to the http or to the stream module.
    fn section(&self) -> Section {
        if self.row.contexts.meet(Contexts::ALL_STREAM) && !self.row.contexts.meet(Contexts::ALL_HTTP) {
            Section::Stream
        } else {
            Section::Http
        }
    }
}

/// Why a directive is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// `"name" directive <words>`
    Directive(String),
    /// Words of its own.
    Message(String),
}

/// Whether a directive is taken.
pub(super) type Checked = Result<(), Refusal>;

type Check = fn(&mut Loader<'_>, &Call<'_>) -> Checked;

fn message(text: impl Into<String>) -> Checked {
    Err(Refusal::Message(text.into()))
}

fn directive(text: impl Into<String>) -> Checked {
    Err(Refusal::Directive(text.into()))
}

fn invalid_parameter(word: &str) -> Checked {
    message(format!("invalid parameter \"{word}\""))
}

/// Checks a directive that stands where it may and is counted as it should be.
pub(super) fn check(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    static CHECKS: OnceLock<HashMap<(bool, &'static str), Check>> = OnceLock::new();
    let checks = CHECKS.get_or_init(|| {
        let all = [
            main_conf::CHECKS,
            http_core::CHECKS,
            location::CHECKS,
            rewrite::CHECKS,
            upstream::CHECKS,
            pass::CHECKS,
            cache::CHECKS,
            headers::CHECKS,
            log::CHECKS,
            limits::CHECKS,
            pairs::CHECKS,
            ssl::CHECKS,
            misc::CHECKS,
            sizes::CHECKS,
        ];
        let http = all.iter().flat_map(|c| c.iter()).map(|(name, check)| ((false, *name), *check));
        http.chain(stream::CHECKS.iter().map(|(name, check)| ((true, *name), *check))).collect()
    });
    let in_stream = call.section() == Section::Stream;
    match checks.get(&(in_stream, call.row.name)) {
        Some(check) => check(loader, call),
        None => slots::check(loader, call),
    }
}

/// What nginx does at the end of a block.
pub(super) fn close(loader: &mut Loader<'_>, block: BlockId) {
    match loader.config.block(block).kind {
        BlockKind::Upstream | BlockKind::StreamUpstream => upstream::close(loader, block),
        BlockKind::Server => listen::close(loader, block),
        BlockKind::StreamServer => stream::close_server(loader, block),
        BlockKind::Http => crate::nginx::finish::http(loader, block),
        BlockKind::Stream => crate::nginx::finish::stream(loader, block),
        _ => {}
    }
}

/// What the block of a directive is.
pub(super) fn block_kind(directive: &Directive, parent: &Block) -> BlockKind {
    let in_stream = parent.context.meet(Contexts::ALL_STREAM);
    match directive.name() {
        "events" => BlockKind::Events,
        "http" => BlockKind::Http,
        "stream" => BlockKind::Stream,
        "mail" => BlockKind::Mail,
        "server" if in_stream => BlockKind::StreamServer,
        "server" if parent.kind == BlockKind::Mail => BlockKind::MailServer,
        "server" => BlockKind::Server,
        "upstream" if in_stream => BlockKind::StreamUpstream,
        "upstream" => BlockKind::Upstream,
        "if" => BlockKind::If,
        "limit_except" => BlockKind::LimitExcept,
        "location" => {
            let words: Vec<&str> = directive.args().iter().map(|w| w.value.as_str()).collect();
            let (modifier, pattern) = location::split(&words).unwrap_or((Modifier::Prefix, ""));
            BlockKind::Location(modifier, pattern.to_owned())
        }
        _ => BlockKind::Pairs,
    }
}

/// Notes that something a check needs is not known.
fn unsure(loader: &mut Loader<'_>, call: &Call<'_>, text: &str) {
    let place = loader.place(call.directive);
    loader.complain(Weight::Unsure, text, place);
}

/// Notes a warning.
fn warn(loader: &mut Loader<'_>, call: &Call<'_>, text: &str) {
    let place = loader.place(call.directive);
    loader.complain(Weight::Warning, text, place);
}

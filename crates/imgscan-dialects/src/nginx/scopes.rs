//! The parts of a configuration that have settings of their own, as the report lists them.

use imgscan_model::{Listen, Location, Origin, Scope};

use crate::nginx::address::{self, Host, Want};
use crate::nginx::config::{Block, BlockId, BlockKind, Config, Modifier};
use crate::nginx::lexer::quote;
use crate::nginx::merge::{Merger, Settings};

/// A scope with the block it stands for.
pub(super) struct Numbered {
    /// The block.
    pub(super) block: BlockId,
    /// The scope.
    pub(super) scope: Scope,
}

/// What goes down from a scope to those inside.
#[derive(Clone, Default)]
struct Around {
    path: Vec<String>,
    listen: Vec<Listen>,
    names: Vec<String>,
    settings: Settings,
}

/// Lists all scopes, outer ones before inner ones, in the order of the files. `default_port` is the port of a server
/// without `listen`, where it is known.
pub(super) fn list(merger: &Merger<'_>, default_port: Option<u16>) -> Vec<Numbered> {
    let mut scopes = Vec::new();
    let walk = Walk { merger, default_port };
    for id in merger.config.children(Config::MAIN) {
        let kind = &merger.config.block(id).kind;
        if matches!(kind, BlockKind::Http | BlockKind::Stream | BlockKind::Mail) {
            walk.visit(id, word(kind).to_owned(), &Around::default(), &mut scopes);
        }
    }
    scopes
}

struct Walk<'a, 'b> {
    merger: &'a Merger<'b>,
    default_port: Option<u16>,
}

impl Walk<'_, '_> {
    fn visit(&self, id: BlockId, name: String, around: &Around, out: &mut Vec<Numbered>) {
        let config = self.merger.config;
        let block = config.block(id);
        let Some(origin) = config.head(id).and_then(|h| config.place(h)).map(|p| p.origin) else { return };
        let here = self.here(id, block, &origin, around);
        let location = match &block.kind {
            BlockKind::Location(modifier, pattern) => {
                Some(Location { modifier: sign(*modifier).to_owned(), pattern: pattern.clone() })
            }
            _ => None,
        };
        let mut settings = here.settings.clone();
        self.merger.add_defaults(id, &mut settings);
        out.push(Numbered {
            block: id,
            scope: Scope {
                id: name.clone(),
                path: here.path.clone(),
                listen: here.listen.clone(),
                server_names: here.names.clone(),
                location,
                origin,
                settings,
            },
        });
        let mut counts: Vec<(&'static str, usize)> = Vec::new();
        for child in config.children(id) {
            let kind = &config.block(child).kind;
            if matches!(kind, BlockKind::Pairs | BlockKind::Foreign) {
                continue;
            }
            let word = word(kind);
            let index = match counts.iter_mut().find(|(w, _)| *w == word) {
                Some((_, count)) => {
                    *count += 1;
                    *count
                }
                None => {
                    counts.push((word, 0));
                    0
                }
            };
            self.visit(child, format!("{name}/{word}:{index}"), &here, out);
        }
    }

    /// What a scope hands down.
    fn here(&self, id: BlockId, block: &Block, origin: &Origin, around: &Around) -> Around {
        let mut here = around.clone();
        here.settings = self.merger.settings(id, &around.settings);
        if matches!(block.kind, BlockKind::Server | BlockKind::StreamServer | BlockKind::MailServer) {
            here.listen = self.listen(id, block, origin);
            here.names = server_names(self.merger.config, id);
        }
        here.path.push(title(self.merger.config, id, &here.names));
        here
    }

    fn listen(&self, id: BlockId, block: &Block, origin: &Origin) -> Vec<Listen> {
        let config = self.merger.config;
        let mut all: Vec<Listen> = Vec::new();
        for entry in config.named(id, "listen") {
            let Some(origin) = config.place(entry).map(|p| p.origin) else { continue };
            let text = entry.args().next().unwrap_or_default();
            if config.has_hole(entry) {
                let text = config.word(entry, 0).map_or(String::new(), |w| w.display());
                all.push(Listen { address: text, origin });
                continue;
            }
            let default_port = if block.kind == BlockKind::Server { 80 } else { 0 };
            match address::parse(text, Want { listen: true, uri: false, default_port }) {
                Ok(address) if matches!(address.host, Host::Unix(_)) => {
                    all.push(Listen { address: address.text(), origin });
                }
                Ok(address) => {
                    for port in address.port..=address.last_port.unwrap_or(address.port) {
                        let text = format!("{}:{port}", address.host_text());
                        all.push(Listen { address: text, origin: origin.clone() });
                    }
                }
                Err(_) => all.push(Listen { address: text.to_owned(), origin }),
            }
        }
        let none_written = !block.entries.iter().any(|e| e.name() == "listen");
        if none_written && block.kind == BlockKind::Server {
            let port = self.default_port.map_or("80 or 8000".to_owned(), |p| p.to_string());
            all.push(Listen { address: format!("0.0.0.0:{port}"), origin: origin.clone() });
        }
        all
    }
}

/// The names of a server as written; one empty name where there are none.
pub(super) fn server_names(config: &Config, id: BlockId) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for entry in config.named(id, "server_name") {
        match config.has_hole(entry) {
            false => names.extend(entry.args().map(str::to_owned)),
            true => {
                let words = (0..entry.directive.args().len()).filter_map(|i| config.word(entry, i));
                names.extend(words.map(|w| w.display()));
            }
        }
    }
    names
}

/// The word of a kind of block in ids.
fn word(kind: &BlockKind) -> &'static str {
    match kind {
        BlockKind::Main => "main",
        BlockKind::Events => "events",
        BlockKind::Http => "http",
        BlockKind::Server | BlockKind::StreamServer | BlockKind::MailServer => "server",
        BlockKind::Location(..) => "location",
        BlockKind::If => "if",
        BlockKind::LimitExcept => "limit_except",
        BlockKind::Upstream | BlockKind::StreamUpstream => "upstream",
        BlockKind::Stream => "stream",
        BlockKind::Mail => "mail",
        BlockKind::Pairs => "pairs",
        BlockKind::Foreign => "foreign",
    }
}

/// The sign of a modifier, as in the report.
pub(super) fn sign(modifier: Modifier) -> &'static str {
    match modifier {
        Modifier::Prefix => "",
        Modifier::Exact => "=",
        Modifier::NoRegex => "^~",
        Modifier::Regex => "~",
        Modifier::RegexCaseless => "~*",
        Modifier::Named => "@",
    }
}

/// What people call a block: its directive with its arguments; a server with its first name.
fn title(config: &Config, id: BlockId, names: &[String]) -> String {
    let Some(head) = config.head(id) else { return String::new() };
    let word = word(&config.block(id).kind);
    if word == "server" {
        return match names.first() {
            Some(name) if !name.is_empty() => format!("server {name}"),
            _ => "server".to_owned(),
        };
    }
    let words = std::iter::once(head.name().to_owned()).chain(head.args().map(quote));
    words.collect::<Vec<_>>().join(" ")
}

//! What variables hold while a request is played. `None`: it cannot be told.

use super::play::Play;
use crate::nginx::check::regex::Pattern;
use crate::nginx::check::script::{Piece, pieces};
use crate::nginx::config::{BlockKind, Entry, Fate};

/// Deepest chain of variables that are defined by other variables.
const DEPTH: usize = 16;

impl Play<'_> {
    /// A text with its variables put in.
    pub(super) fn expand(&self, text: &str) -> Option<String> {
        self.expand_at(text, DEPTH)
    }

    fn expand_at(&self, text: &str, depth: usize) -> Option<String> {
        let mut out = String::new();
        for piece in pieces(text).ok()? {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Variable(name) => out.push_str(&self.variable_at(name, depth)?),
                Piece::Capture(n) => {
                    let captured = self.captures.as_ref()?.get(usize::from(n)).and_then(|(_, v)| v.clone());
                    out.push_str(&captured.unwrap_or_default());
                }
            }
        }
        Some(out)
    }

    /// The value of a variable.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        self.variable_at(name, DEPTH)
    }

    fn variable_at(&self, name: &str, depth: usize) -> Option<String> {
        let depth = depth.checked_sub(1)?;
        let name = name.to_ascii_lowercase();
        if let Some(value) = self.variables.get(&name) {
            return value.clone();
        }
        if let Some(argument) = name.strip_prefix("arg_") {
            return Some(argument_of(self.args.as_deref()?, argument));
        }
        if let Some(value) = self.built_in(&name) {
            return value;
        }
        self.mapped(&name, depth)
    }

    /// Variables of the request; the outer `None`: it is none of those.
    fn built_in(&self, name: &str) -> Option<Option<String>> {
        let host = || self.question.host.as_deref().map(str::to_ascii_lowercase);
        Some(match name {
            "uri" | "document_uri" => self.uri.clone(),
            "args" | "query_string" => self.args.clone(),
            "is_args" => {
                self.args.as_ref().map(|a| if a.is_empty() { String::new() } else { "?".to_owned() })
            }
            "request_uri" => Some(self.question.uri.clone().unwrap_or_else(|| "/".to_owned())),
            "request_method" => Some(self.method().to_owned()),
            "http_host" => Some(self.question.host.clone().unwrap_or_default()),
            "host" => {
                host().map(|h| h.split(':').next().unwrap_or_default().trim_end_matches('.').to_owned())
            }
            "server_port" => self.port.map(|p| p.to_string()),
            "scheme" => self.tls.map(|tls| if tls { "https" } else { "http" }.to_owned()),
            "https" => self.tls.map(|tls| if tls { "on" } else { "" }.to_owned()),
            "document_root" => self.root().map(|(root, _)| root),
            "request_filename" => self.uri.as_deref().and_then(|uri| self.file_of(uri)),
            _ => return None,
        })
    }

    /// A variable that `map` defines: the last block for it holds.
    fn mapped(&self, name: &str, depth: usize) -> Option<String> {
        let config = &self.read.config;
        let http = config.chain(self.server).find(|id| config.block(*id).kind == BlockKind::Http)?;
        let is_for = |e: &&Entry| {
            e.fate == Fate::Taken
                && e.args()
                    .nth(1)
                    .and_then(|v| v.strip_prefix('$'))
                    .is_some_and(|v| v.eq_ignore_ascii_case(name))
        };
        let map = config.named(http, "map").filter(is_for).last()?;
        let source = self.expand_at(map.args().next()?, depth)?;
        let pairs = &config.block(map.block?).entries;
        if pairs.iter().any(|e| matches!(e.name(), "hostnames" | "include") || config.has_hole(e)) {
            return None;
        }
        let value = |entry: &Entry| entry.args().next().map(str::to_owned);
        let lower = source.to_ascii_lowercase();
        let exact = pairs.iter().find(|e| {
            let key = e.name();
            key != "default"
                && key.strip_prefix('\\').unwrap_or(key).eq_ignore_ascii_case(&lower)
                && !key.starts_with('~')
        });
        if let Some(entry) = exact {
            return self.expand_at(&value(entry)?, depth);
        }
        for entry in pairs.iter().filter(|e| e.name().starts_with('~')) {
            let pattern = entry.name().get(1..).unwrap_or_default();
            let (pattern, caseless) = match pattern.strip_prefix('*') {
                Some(pattern) => (pattern, true),
                None => (pattern, false),
            };
            if Pattern::new(pattern, caseless).captures(&source).ok()?.is_some() {
                let text = value(entry)?;
                return if text.contains('$') { None } else { Some(text) };
            }
        }
        match pairs.iter().find(|e| e.name() == "default") {
            Some(entry) => self.expand_at(&value(entry)?, depth),
            None => Some(String::new()),
        }
    }
}

/// The value of an argument, the first of its name in any case (`ngx_http_arg`).
fn argument_of(args: &str, name: &str) -> String {
    let mut parts = args.split('&').filter_map(|part| part.split_once('='));
    parts.find(|(n, _)| n.eq_ignore_ascii_case(name)).map_or(String::new(), |(_, value)| value.to_owned())
}

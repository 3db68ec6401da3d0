//! One request, phase by phase.

use std::collections::HashMap;

use imgscan_model::FileView;

use super::decisions::Decisions;
use super::files::There;
use super::find::{self, Found};
use super::rewrites::Flow;
use super::servers::{Candidate, Choice};
use super::uri::Uri;
use super::{Question, Step};
use crate::nginx::check::regex::Captures;
use crate::nginx::config::{BlockId, BlockKind, Entry};
use crate::nginx::reading::Read;
use crate::nginx::units;

/// `NGX_HTTP_MAX_URI_CHANGES`
const CHANGES: usize = 10;

/// A request under way.
pub(super) struct Play<'a> {
    pub(super) read: &'a Read,
    pub(super) files: &'a dyn FileView,
    pub(super) question: &'a Question,
    pub(super) port: Option<u16>,
    pub(super) tls: Option<bool>,
    pub(super) server: BlockId,
    /// The block whose configuration holds.
    pub(super) conf: BlockId,
    /// The path; `None` where it is not known.
    pub(super) uri: Option<String>,
    pub(super) args: Option<String>,
    pub(super) uri_changed: bool,
    pub(super) variables: HashMap<String, Option<String>>,
    /// What the last pattern captured; `None` where that is not known.
    pub(super) captures: Option<Captures>,
    pub(super) steps: Vec<(BlockId, Step)>,
    pub(super) status: Option<u16>,
    pub(super) notes: Vec<String>,
    pub(super) unsure: Vec<String>,
    method: String,
    internal: bool,
    error_page: bool,
    changes: usize,
}

/// Where a request goes on.
enum Next {
    /// With the rewrites of the server.
    Server,
    /// With the search for a location.
    Location,
    /// In a named location.
    Named(BlockId),
    /// Nowhere.
    End,
}

impl<'a> Play<'a> {
    pub(super) fn new(
        read: &'a Read,
        files: &'a dyn FileView,
        question: &'a Question,
        choice: &Choice,
        candidate: &Candidate,
    ) -> Self {
        let mut play = Play {
            read,
            files,
            question,
            port: choice.port,
            tls: choice.tls,
            server: candidate.server,
            conf: candidate.server,
            uri: None,
            args: None,
            uri_changed: false,
            variables: HashMap::new(),
            captures: Some(Captures::new()),
            steps: vec![(candidate.server, Step::Server)],
            status: None,
            notes: Vec::new(),
            unsure: Vec::new(),
            method: question.method.clone().unwrap_or_else(|| "GET".to_owned()),
            internal: false,
            error_page: false,
            changes: 0,
        };
        play.capture(candidate.captures.clone());
        play
    }

    pub(super) fn method(&self) -> &str {
        &self.method
    }

    /// Keeps what a pattern captured: by number, and named groups as variables.
    pub(super) fn capture(&mut self, captures: Captures) {
        for (name, value) in &captures {
            if let Some(name) = name {
                self.variables.insert(name.to_ascii_lowercase(), Some(value.clone().unwrap_or_default()));
            }
        }
        self.captures = Some(captures);
    }

    /// Plays the request to its end.
    pub(super) fn run(&mut self, decisions: &mut Decisions) {
        if self.question.stream {
            return;
        }
        let merge_slashes = self.nearest(&["merge_slashes"]).first().is_none_or(|e| !is_off(e));
        let text = self.question.uri.clone().unwrap_or_else(|| "/".to_owned());
        let Some(uri) = Uri::parse(&text, merge_slashes) else {
            self.status = Some(400);
            return;
        };
        (self.uri, self.args) = (Some(uri.path), Some(uri.args));
        let mut next = Next::Server;
        loop {
            next = match next {
                Next::Server => self.server_phase(decisions),
                Next::Location => self.location_phase(decisions),
                Next::Named(id) => self.named_phase(id, decisions),
                Next::End => return,
            };
        }
    }

    fn server_phase(&mut self, decisions: &mut Decisions) -> Next {
        self.conf = self.server;
        match self.rewrites(self.server, decisions) {
            Flow::Status(status, pages) => self.answer(status, pages),
            Flow::On | Flow::Again => Next::Location,
        }
    }

    fn location_phase(&mut self, decisions: &mut Decisions) -> Next {
        let Some(path) = self.uri.clone() else {
            self.unsure.push("the URI after a rewrite is not known".to_owned());
            return Next::End;
        };
        self.conf = self.server;
        match find::location(&self.read.config, self.server, &path, decisions) {
            Found::Location(id, captures) => {
                self.conf = id;
                self.steps.push((id, Step::Location));
                if !captures.is_empty() {
                    self.capture(captures);
                }
            }
            Found::Redirect(id) => {
                self.conf = id;
                self.steps.push((id, Step::Location));
                self.notes.push("nginx redirects to the same path with a slash".to_owned());
                self.status = Some(301);
                return Next::End;
            }
            // After an internal redirect the request is back on the level of the server, and the body is checked there.
            Found::None if self.steps.last().is_some_and(|(id, _)| *id != self.server) => {
                self.steps.push((self.server, Step::Location));
            }
            Found::None => {}
        }
        if !self.internal && !self.nearest(&["internal"]).is_empty() {
            return self.answer(404, true);
        }
        if self.except() {
            return self.content_phases(decisions);
        }
        self.in_location(decisions)
    }

    fn named_phase(&mut self, id: BlockId, decisions: &mut Decisions) -> Next {
        self.conf = id;
        self.steps.push((id, Step::Named));
        if self.except() {
            return self.content_phases(decisions);
        }
        self.in_location(decisions)
    }

    /// Whether `limit_except` takes the request over.
    fn except(&mut self) -> bool {
        let config = &self.read.config;
        let Some(entry) = config.named(self.conf, "limit_except").next() else { return false };
        let allows = |method: &str| entry.args().any(|m| m.eq_ignore_ascii_case(method));
        let method = self.method.to_ascii_uppercase();
        let allowed = allows(&method) || (method == "HEAD" && allows("GET"));
        match entry.block {
            Some(block) if !allowed => {
                self.conf = block;
                self.steps.push((block, Step::LimitExcept));
                true
            }
            _ => false,
        }
    }

    fn in_location(&mut self, decisions: &mut Decisions) -> Next {
        let at = self.conf;
        // Without a location the server's own directives have been played.
        if at == self.server {
            return self.content_phases(decisions);
        }
        match self.rewrites(at, decisions) {
            Flow::Status(status, pages) => self.answer(status, pages),
            Flow::Again => self.again(Next::Location),
            Flow::On => self.content_phases(decisions),
        }
    }

    fn again(&mut self, next: Next) -> Next {
        self.changes += 1;
        if self.changes > CHANGES {
            self.notes.push("rewrite or internal redirection cycle".to_owned());
            self.status = Some(500);
            return Next::End;
        }
        next
    }

    fn content_phases(&mut self, decisions: &mut Decisions) -> Next {
        let rules = self.nearest(&["allow", "deny"]);
        let first = rules.first().map(|e| (e.name() == "deny", e.args().next() == Some("all")));
        if first == Some((true, true)) && self.nearest(&["satisfy"]).is_empty() {
            return self.answer(403, true);
        }
        if let Some(next) = self.try_files(decisions) {
            return next;
        }
        if self.handler() {
            return Next::End;
        }
        self.static_files(decisions)
    }

    /// Whether a module takes the request in the configuration at hand.
    fn handler(&self) -> bool {
        let config = &self.read.config;
        let of = |id: BlockId| {
            config.block(id).entries.iter().any(|e| {
                e.row.is_some_and(|r| r.merge == crate::nginx::table::Merge::Handler) || is_foreign_handler(e)
            })
        };
        let inside = matches!(config.block(self.conf).kind, BlockKind::If | BlockKind::LimitExcept);
        of(self.conf) || (inside && config.block(self.conf).parent.is_some_and(of))
    }

    /// `try_files` of the configuration at hand. `None`: the request goes on here.
    fn try_files(&mut self, decisions: &mut Decisions) -> Option<Next> {
        let read = self.read;
        let entry = read.config.named(self.conf, "try_files").next()?;
        if read.config.has_hole(entry) {
            self.unsure.push("the arguments of `try_files` are not known".to_owned());
            return Some(Next::End);
        }
        let args: Vec<&str> = entry.args().collect();
        let (last, files) = args.split_last()?;
        for file in files {
            let name = self.expand(file);
            if self.is_there(name.as_deref(), file.ends_with('/'), decisions) {
                if let (Some(uri), Some(name)) = (&mut self.uri, name) {
                    *uri = name;
                }
                return None;
            }
        }
        if let Some(code) = last.strip_prefix('=').and_then(units::number) {
            return Some(self.answer(u16::try_from(code).unwrap_or_default(), true));
        }
        Some(self.redirect(last))
    }

    /// Whether a file (a directory, for a name with a slash) is there.
    fn is_there(&mut self, name: Option<&str>, dir: bool, decisions: &mut Decisions) -> bool {
        let path = name.and_then(|name| self.file_of(name));
        let there = path.as_deref().and_then(|p| self.there(p));
        match there {
            Some(There::Dir) => dir,
            Some(There::File) => !dir,
            Some(There::Nothing) => false,
            None => {
                let found = decisions.next();
                let word = if found { "is" } else { "is not" };
                self.notes.push(format!("if `{}` {word} there", path.as_deref().unwrap_or("a file")));
                found
            }
        }
    }

    /// A jump to `@name` or to a URI.
    fn redirect(&mut self, target: &str) -> Next {
        self.internal = true;
        if target.starts_with('@') {
            return match find::named(&self.read.config, self.server, target) {
                Some(id) => self.again(Next::Named(id)),
                None => {
                    self.notes.push(format!("there is no location `{target}`"));
                    self.status = Some(500);
                    Next::End
                }
            };
        }
        let (path, args) = target.split_once('?').unwrap_or((target, ""));
        let new_args = self.expand(args);
        self.uri = self.expand(path);
        self.args = new_args;
        self.again(Next::Server)
    }

    /// nginx's own answer, or the error page for it.
    fn answer(&mut self, status: u16, pages: bool) -> Next {
        let target = if pages && status >= 300 { self.page(status) } else { None };
        let Some(target) = target else {
            self.status = Some(status);
            return Next::End;
        };
        self.error_page = true;
        let elsewhere = !target.starts_with(['/', '@']) && !target.starts_with('$');
        if elsewhere {
            self.status = Some(302);
            return Next::End;
        }
        if !target.starts_with('@') && self.method != "HEAD" {
            self.method = "GET".to_owned();
        }
        self.redirect(&target)
    }

    /// The error page for a status: the first one of the innermost level.
    fn page(&self, status: u16) -> Option<String> {
        let recursive = self.nearest(&["recursive_error_pages"]).first().is_some_and(|e| !is_off(e));
        if self.error_page && !recursive {
            return None;
        }
        let code = status.to_string();
        self.nearest(&["error_page"]).iter().find_map(|entry| {
            let args: Vec<&str> = entry.args().collect();
            let (target, codes) = args.split_last()?;
            codes.contains(&code.as_str()).then(|| (*target).to_owned())
        })
    }

    /// The file itself, the index of a directory, or neither.
    fn static_files(&mut self, decisions: &mut Decisions) -> Next {
        let Some(uri) = self.uri.clone() else {
            self.unsure.push("the URI after a rewrite is not known".to_owned());
            return Next::End;
        };
        if !uri.ends_with('/') {
            return match self.file_of(&uri).and_then(|p| self.there(&p)) {
                Some(There::File) => Next::End,
                Some(There::Dir) => {
                    self.status = Some(301);
                    Next::End
                }
                Some(There::Nothing) => self.answer(404, true),
                None if decisions.next() => Next::End,
                None => self.answer(404, true),
            };
        }
        self.index(&uri, decisions)
    }

    fn index(&mut self, uri: &str, decisions: &mut Decisions) -> Next {
        let written: Vec<String> =
            self.nearest(&["index"]).iter().flat_map(|e| e.args()).map(str::to_owned).collect();
        let names = if written.is_empty() { vec!["index.html".to_owned()] } else { written };
        for name in names {
            let Some(name) = self.expand(&name) else {
                self.unsure.push("the name of an index file is not known".to_owned());
                return Next::End;
            };
            if name.starts_with('/') {
                return self.redirect(&name);
            }
            let file = format!("{uri}{name}");
            if self.is_there(Some(&file), false, decisions) {
                return self.redirect(&file);
            }
        }
        if self.nearest(&["autoindex"]).first().is_some_and(|e| !is_off(e)) {
            return Next::End;
        }
        match self.file_of(uri).and_then(|p| self.there(&p)) {
            Some(There::Nothing) => self.answer(404, true),
            _ => self.answer(403, true),
        }
    }
}

fn is_off(entry: &Entry) -> bool {
    entry.args().next().is_some_and(|v| v.eq_ignore_ascii_case("off"))
}

/// Directives of other modules that make the answer.
fn is_foreign_handler(entry: &Entry) -> bool {
    let name = entry.name();
    name.starts_with("content_by_lua")
        || matches!(name, "js_content" | "echo" | "api" | "status" | "nchan_publisher")
}

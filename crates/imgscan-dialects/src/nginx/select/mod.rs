//! Which server and which location take a request, and which settings hold for it.
//!
//! A request is played through nginx's phases (`src/http/ngx_http_core_module.c`): server, rewrites of the server,
//! location, rewrites of the location, `try_files`, content; internal redirects lead back. Where a step hangs on
//! something not known, both ways are played; all outcomes are listed and none is guessed.

mod answer;
mod decisions;
mod files;
mod find;
mod play;
mod rewrites;
mod servers;
mod uri;
mod variables;

use std::net::IpAddr;

use imgscan_model::Server;

use crate::nginx::config::BlockId;
use crate::nginx::reading::Read;
use crate::nginx::scopes::{self, Numbered};
use decisions::Decisions;
use play::Play;

pub use answer::{Answer, explain, setting};

/// A request.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// The host that is asked for (`Host`, or the name of a TLS connection to a stream server); `None` for none.
    pub host: Option<String>,
    /// The address at which the request arrives; `None` where that does not matter.
    pub address: Option<IpAddr>,
    /// The port at which it arrives; `None` for 80, or 443 if nothing listens on 80, or the only port there is.
    pub port: Option<u16>,
    /// The method; `None` for GET.
    pub method: Option<String>,
    /// The URI with its arguments; `None` for `/`.
    pub uri: Option<String>,
    /// Whether a stream server is meant.
    pub stream: bool,
}

/// How a request came to a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A server was chosen.
    Server,
    /// A location was found for the URI. The size of the body is checked here.
    Location,
    /// A jump to a named location. The size of the body is not checked again.
    Named,
    /// An `if` whose condition holds.
    If,
    /// The method is not among those of `limit_except`.
    LimitExcept,
}

/// One way the request may go.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// The scopes on the way, in order: the last one's settings hold in the end.
    pub scopes: Vec<(String, Step)>,
    /// The status that nginx answers by itself, where it does.
    pub status: Option<u16>,
    /// What happened on the way, for people.
    pub notes: Vec<String>,
}

impl Route {
    /// The scope whose settings hold in the end.
    pub fn scope(&self) -> Option<&str> {
        self.scopes.last().map(|(id, _)| id.as_str())
    }
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    /// The ways the request may go; the first is the one where no unknown condition holds. Empty where no server
    /// takes the request.
    pub routes: Vec<Route>,
    /// The server that takes what no server of the same socket claims: it decides until the host is known.
    pub default_server: Option<String>,
    /// Why the request may go other ways than those listed.
    pub unsure: Vec<String>,
}

impl Selection {
    /// The one scope whose settings hold, where that is certain.
    pub fn scope(&self) -> Option<&str> {
        let first = self.routes.first()?.scope()?;
        let all = self.routes.iter().all(|r| r.scope() == Some(first));
        (all && self.unsure.is_empty()).then_some(first)
    }
}

/// Ways that are played at most. More: the selection is unsure.
const ROUTES: usize = 64;

/// Chooses server and location for a request. Empty where the configuration of the process cannot be read.
pub fn select(server: &Server, question: &Question) -> Selection {
    match Read::of(&server.process) {
        Ok(read) => Chooser::new(&read, server).select(question),
        Err(_) => Selection {
            routes: Vec::new(),
            default_server: None,
            unsure: vec!["the configuration cannot be read".to_owned()],
        },
    }
}

/// A configuration with its scopes, ready to be asked.
struct Chooser<'a> {
    read: &'a Read,
    server: &'a Server,
    scopes: Vec<Numbered>,
}

impl<'a> Chooser<'a> {
    fn new(read: &'a Read, server: &'a Server) -> Self {
        let scopes = scopes::list(&read.merger(), read.default_port());
        Chooser { read, server, scopes }
    }

    fn select(&self, question: &Question) -> Selection {
        let mut unsure: Vec<String> = Vec::new();
        let choice = servers::choose(self.read, question, &mut unsure);
        let Some(choice) = choice else {
            return Selection { routes: Vec::new(), default_server: None, unsure };
        };
        let mut routes: Vec<Route> = Vec::new();
        for candidate in &choice.candidates {
            let mut decisions = Decisions::default();
            loop {
                let mut play =
                    Play::new(self.read, &*self.server.process.files, question, &choice, candidate);
                play.run(&mut decisions);
                unsure.append(&mut play.unsure);
                let route = self.route(play);
                if !routes.contains(&route) {
                    routes.push(route);
                }
                if !decisions.advance() {
                    break;
                }
                if routes.len() >= ROUTES || decisions.tried() >= ROUTES * 4 {
                    unsure.push("the request may go more ways than are followed".to_owned());
                    break;
                }
            }
        }
        unsure.dedup();
        let default_server = choice.default.and_then(|id| self.id(id));
        Selection { routes, default_server, unsure }
    }

    fn route(&self, play: Play<'_>) -> Route {
        let scopes = play.steps.iter().filter_map(|(id, step)| Some((self.id(*id)?, *step))).collect();
        Route { scopes, status: play.status, notes: play.notes }
    }

    /// The id of the scope of a block.
    fn id(&self, block: BlockId) -> Option<String> {
        self.scopes.iter().find(|n| n.block == block).map(|n| n.scope.id.clone())
    }
}

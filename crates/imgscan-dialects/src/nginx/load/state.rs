//! What nginx remembers while it reads: names that were given, names that were used.

use std::collections::{HashMap, HashSet};

use crate::nginx::check::listen::Shared;
use crate::nginx::config::BlockId;
use crate::nginx::sockets::Socket;

/// The part of nginx that variables, zones and upstreams belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::nginx) enum Section {
    Http,
    Stream,
}

/// A piece of shared memory.
#[derive(Clone, Debug)]
pub(in crate::nginx) struct Zone {
    /// The directive family it belongs to (`limit_req`, `proxy_cache` …).
    pub(in crate::nginx) tag: &'static str,
    /// Its size in bytes; 0 while nobody has given it.
    pub(in crate::nginx) size: i64,
    /// Whether the directive that defines it was there.
    pub(in crate::nginx) bound: bool,
}

/// An upstream that was named or defined.
#[derive(Clone, Debug)]
pub(in crate::nginx) struct UpstreamUse {
    /// The host part as written.
    pub(in crate::nginx) host: String,
    /// The port, where one is written.
    pub(in crate::nginx) port: Option<u16>,
    /// The port that stands for one that is not written; 0 where one has to be.
    pub(in crate::nginx) default_port: u16,
    /// Whether it is a socket of this machine.
    pub(in crate::nginx) is_socket: bool,
    /// The `upstream` block, for a definition.
    pub(in crate::nginx) block: Option<BlockId>,
    /// The words ` in FILE:LINE`.
    pub(in crate::nginx) whereabouts: String,
}

/// Variables of one section.
#[derive(Default)]
pub(in crate::nginx) struct Variables {
    /// Names that directives define, in lower case.
    pub(in crate::nginx) defined: HashSet<String>,
    /// Names that are used, in lower case, in the order of first use.
    pub(in crate::nginx) used: Vec<String>,
    seen: HashSet<String>,
}

impl Variables {
    /// Notes a use.
    pub(in crate::nginx) fn note(&mut self, name: &str) {
        let name = name.to_ascii_lowercase();
        if self.seen.insert(name.clone()) {
            self.used.push(name);
        }
    }
}

/// What nginx remembers.
#[derive(Default)]
pub(in crate::nginx) struct State {
    /// The first entry of each directive on each level.
    pub(in crate::nginx) set: HashMap<(BlockId, usize), usize>,
    /// The modules that were loaded (`ngx_stream_module`), as named by their files.
    pub(in crate::nginx) loaded: Vec<String>,
    /// Whether a module was loaded of which we do not know the directives.
    pub(in crate::nginx) unknown_modules: bool,
    /// Variables by section.
    pub(in crate::nginx) http: Variables,
    /// Variables by section.
    pub(in crate::nginx) stream: Variables,
    /// Shared memory by name.
    pub(in crate::nginx) zones: HashMap<String, Zone>,
    /// The names that `valid_referers` of a level lists.
    pub(in crate::nginx) referers: HashMap<BlockId, HashSet<String>>,
    /// Directories that nginx makes.
    pub(in crate::nginx) directories: crate::nginx::check::directories::Directories,
    /// Names of log formats.
    pub(in crate::nginx) log_formats: HashSet<(Section, String)>,
    /// Uses and definitions of upstreams, in order.
    pub(in crate::nginx) upstreams: HashMap<Section, Vec<UpstreamUse>>,
    /// The sockets of http servers.
    pub(in crate::nginx) sockets: HashMap<Socket, Shared>,
    /// The sockets of stream servers.
    pub(in crate::nginx) stream_sockets: HashSet<Socket>,
    /// Which stream server listens where.
    pub(in crate::nginx) stream_servers: HashSet<(Socket, BlockId)>,
    /// Arguments with variables that are looked into when levels are merged.
    pub(in crate::nginx) later: Vec<crate::nginx::check::script::Later>,
    /// Thread pools that are named, with the words ` in FILE:LINE`.
    pub(in crate::nginx) thread_pools: Vec<(String, String)>,
    /// Whether there are files whose content is not known: what seems to be missing may stand there.
    pub(in crate::nginx) hidden: bool,
    /// Whether a part of a file is not known where statements stand: what follows may have been read wrongly.
    pub(in crate::nginx) torn: bool,
    /// Whether something was seen that may define variables we do not know of.
    pub(in crate::nginx) foreign_variables: bool,
    /// The extensions that `types` blocks of a level have given.
    pub(in crate::nginx) types: HashMap<BlockId, HashMap<String, String>>,
    /// The pairs of a `types`, `map` … block at hand.
    pub(in crate::nginx) pairs: crate::nginx::check::pairs::Pairs,
}

impl State {
    /// The variables of a section.
    pub(in crate::nginx) fn variables(&mut self, section: Section) -> &mut Variables {
        match section {
            Section::Http => &mut self.http,
            Section::Stream => &mut self.stream,
        }
    }
}

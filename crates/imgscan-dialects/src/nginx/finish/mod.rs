//! What nginx finds out when a whole `http` or `stream` block, or the whole configuration, has been read.

mod buffers;
mod certificates;
mod hashes;
mod locations;
mod names;

use std::net::IpAddr;

use crate::nginx::check::misc::host_keys;
use crate::nginx::check::{script, upstream};
use crate::nginx::config::{BlockId, BlockKind, Config, Weight};
use crate::nginx::installed::Builder;
use crate::nginx::load::Loader;
use crate::nginx::load::state::Section;
use crate::nginx::sockets::Socket;
use crate::nginx::units;
use crate::nginx::version::Version;

/// The end of `http` (`ngx_http_block`): merges, then location trees, variables and server names, in nginx's order.
pub(super) fn http(loader: &mut Loader<'_>, block: BlockId) {
    pools(loader, block);
    upstream::resolve_all(loader, Section::Http);
    hashes::merged(loader, block);
    script::merge(loader, block);
    certificates::merge(loader, block);
    buffers::check(loader, block);
    referers(loader, block);
    caches(loader, block);
    locations::check(loader, block);
    certificates::listeners(loader, block);
    variables(loader, Section::Http);
    hashes::variables(loader, block, Section::Http);
    names::check(loader, block);
}

/// `valid_referers` with nothing but `none` and `blocked` (`ngx_http_referer_merge_conf`).
fn referers(loader: &mut Loader<'_>, http: BlockId) {
    let levels = (http.0..loader.config.blocks.len()).map(BlockId);
    let empty = levels.into_iter().any(|id| {
        let words: Vec<&str> = loader.config.named(id, "valid_referers").flat_map(|e| e.args()).collect();
        let says = |word: &str| matches!(word, "none" | "blocked");
        words.iter().any(|w| says(w)) && words.iter().all(|w| says(w) || w.starts_with('~'))
    });
    if empty {
        let text = "the \"none\" or \"blocked\" referers are specified in the \"valid_referers\" directive \
                    without any valid referer";
        loader.complain_bare(Weight::Fatal, text.to_owned(), None);
    }
    let levels: Vec<BlockId> = loader.state.referers.keys().copied().collect();
    if let Some(name) = levels.into_iter().filter_map(|id| named_twice(loader, id)).min() {
        loader.complain(Weight::Fatal, &format!("conflicting parameter \"{name}\""), None);
    }
}

/// A name of the server that `valid_referers server_names` lists itself, too.
fn named_twice(loader: &Loader<'_>, level: BlockId) -> Option<String> {
    let mut words = loader.config.named(level, "valid_referers").flat_map(|e| e.args());
    if !words.any(|w| w == "server_names") {
        return None;
    }
    let listed = loader.state.referers.get(&level)?;
    let is_server = |id: &BlockId| loader.config.block(*id).kind == BlockKind::Server;
    let server = loader.config.chain(level).find(is_server)?;
    let names = loader.config.named(server, "server_name").flat_map(|e| e.args());
    let mut plain = names.filter(|n| !n.starts_with('~'));
    let taken = |name: &&str| host_keys(name).iter().any(|key| listed.contains(key));
    plain.find(taken).map(str::to_ascii_lowercase)
}

/// A connection's first pool has to fit a header buffer (`ngx_http_core_merge_srv_conf`).
fn pools(loader: &mut Loader<'_>, http: BlockId) {
    let size = |server: BlockId, name: &str, index: usize, default: i64| {
        let entry = loader.config.chain(server).find_map(|id| loader.config.named(id, name).next());
        entry.map_or(Some(default), |e| e.args().nth(index).and_then(units::size))
    };
    let too_large = loader.config.children(http).any(|id| {
        let is_server = loader.config.block(id).kind == BlockKind::Server;
        let pool = size(id, "connection_pool_size", 0, 512);
        let buffer = size(id, "large_client_header_buffers", 1, 8192);
        is_server && matches!((pool, buffer), (Some(pool), Some(buffer)) if buffer < pool)
    });
    if too_large {
        let text = "the \"large_client_header_buffers\" size must be equal to or greater than \"connection_pool_size\"";
        loader.complain(Weight::Fatal, text, None);
    }
}

/// The end of `stream` (`ngx_stream_block`).
pub(super) fn stream(loader: &mut Loader<'_>, block: BlockId) {
    upstream::resolve_all(loader, Section::Stream);
    handlers(loader, block);
    certificates::stream(loader, block);
    variables(loader, Section::Stream);
    hashes::variables(loader, block, Section::Stream);
}

/// Zones of caches that nobody defines (`ngx_http_proxy_merge_loc_conf` and its kin).
fn caches(loader: &mut Loader<'_>, http: BlockId) {
    if !has_server(loader, http) {
        return;
    }
    let mut unknown: Vec<(&'static str, String)> = Vec::new();
    for (name, zone) in &loader.state.zones {
        if matches!(zone.tag, "proxy" | "fastcgi" | "uwsgi" | "scgi") && !zone.bound {
            unknown.push((zone.tag, name.clone()));
        }
    }
    unknown.sort();
    for (family, name) in unknown {
        let text = format!("\"{family}_cache\" zone \"{name}\" is unknown");
        loader.complain(Weight::Fatal, &text, None);
    }
}

/// Whether `http` has a server: without one nothing is merged.
fn has_server(loader: &Loader<'_>, http: BlockId) -> bool {
    loader.config.children(http).any(|id| loader.config.block(id).kind == BlockKind::Server)
}

/// Variables that nobody defines (`ngx_http_variables_init_vars`).
fn variables(loader: &mut Loader<'_>, section: Section) {
    let version = loader.world.installed.version;
    let foreign = loader.state.foreign_variables;
    let variables = loader.state.variables(section);
    let unknown: Vec<String> = variables
        .used
        .iter()
        .filter(|name| !variables.defined.contains(*name) && !script::is_built_in(section, name, version))
        .cloned()
        .collect();
    for name in unknown {
        if foreign {
            let text = format!("whether the variable `{name}` is known is not known");
            loader.complain_bare(Weight::Unsure, text, None);
        } else {
            loader.complain_bare(Weight::Fatal, format!("unknown \"{name}\" variable"), None);
        }
    }
}

/// Before 1.27.1 servers of `stream` have to do something (`ngx_stream_core_merge_srv_conf`).
fn handlers(loader: &mut Loader<'_>, block: BlockId) {
    let weight = match loader.world.installed.version {
        Some(version) if version >= Version(1, 27, 1) => return,
        Some(_) => Weight::Fatal,
        None => Weight::Unsure,
    };
    let servers: Vec<BlockId> = loader.config.children(block).collect();
    for server in servers {
        let entries = &loader.config.block(server).entries;
        let does = |name: &str| matches!(name, "proxy_pass" | "pass" | "return");
        let is_server = loader.config.block(server).kind == BlockKind::StreamServer;
        if is_server && !entries.iter().any(|e| does(e.name()) || e.row.is_none_or(|r| r.foreign)) {
            let text = format!("no handler for server{}", loader.head_line(server));
            loader.complain_bare(weight, text, None);
        }
    }
}

impl Loader<'_> {
    /// The end of the configuration (`ngx_init_cycle`).
    pub(super) fn finish(&mut self) {
        let has = |name: &str| self.config.named(Config::MAIN, name).next().is_some();
        let (events, user) = (has("events"), has("user"));
        if !user && self.world.installed.builder == Builder::Official && self.world.is_root == Some(true) {
            self.default_user();
        }
        self.affinity();
        if !events {
            self.complain_bare(Weight::Fatal, "no \"events\" section in configuration".to_owned(), None);
        }
        self.connections();
        let pools: Vec<&str> =
            self.config.named(Config::MAIN, "thread_pool").filter_map(|e| e.args().next()).collect();
        let unknown = self
            .state
            .thread_pools
            .iter()
            .find(|(name, _)| name != "default" && !pools.contains(&name.as_str()));
        if let Some((name, whereabouts)) = unknown {
            let text = format!("unknown thread pool \"{name}\"{whereabouts}");
            self.complain_bare(Weight::Fatal, text, None);
        }
        let mut empty: Vec<String> =
            self.state.zones.iter().filter(|(_, z)| z.size == 0).map(|(name, _)| name.clone()).collect();
        empty.sort();
        for name in empty {
            self.complain_bare(Weight::Fatal, format!("zero size shared memory zone \"{name}\""), None);
        }
    }

    /// Masks and workers are paired (`ngx_core_module_init_conf`).
    fn affinity(&mut self) {
        let Some(masks) = self.config.named(Config::MAIN, "worker_cpu_affinity").next() else { return };
        let count = masks.args().count();
        let workers = self.config.named(Config::MAIN, "worker_processes").next();
        let workers = workers.map_or(Some(1), |e| e.args().next().and_then(units::number));
        let differs = workers.is_some_and(|workers| i64::try_from(count) != Ok(workers));
        if masks.args().next() != Some("auto") && count != 1 && differs {
            let text = "the number of \"worker_processes\" is not equal to the number of \"worker_cpu_affinity\" masks, \
                        using last mask for remaining worker processes";
            self.complain_bare(Weight::Warning, text.to_owned(), None);
        }
    }

    /// There is a connection for each socket, and one more (`ngx_event_init_conf`).
    fn connections(&mut self) {
        let events =
            self.config.children(Config::MAIN).find(|id| self.config.block(*id).kind == BlockKind::Events);
        let entry = events.and_then(|id| self.config.named(id, "worker_connections").next());
        let Some(connections) = entry.and_then(|e| e.args().next()).and_then(units::number) else { return };
        let sockets = self.listening();
        if usize::try_from(connections).is_ok_and(|n| n < sockets + 1) {
            let text =
                format!("{connections} worker_connections are not enough for {sockets} listening sockets");
            self.complain_bare(Weight::Fatal, text, None);
        }
    }

    /// How many sockets are bound: one for all addresses of a port takes those in that ask for nothing special.
    fn listening(&self) -> usize {
        let covered = |socket: &Socket| match socket {
            Socket::Ip { ip, port, datagrams } => {
                let any = if ip.is_ipv4() { IpAddr::from([0; 4]) } else { IpAddr::from([0; 16]) };
                let all = Socket::Ip { ip: any, port: *port, datagrams: *datagrams };
                !socket.is_wildcard() && self.state.sockets.contains_key(&all)
            }
            Socket::Unix { .. } => false,
        };
        let bound = self.state.sockets.iter().filter(|(socket, known)| known.is_bound() || !covered(socket));
        bound.count() + self.state.stream_sockets.len()
    }

    /// The user that the official build runs its workers as.
    fn default_user(&mut self) {
        let Ok(passwd) = self.world.files.read("/etc/passwd") else { return };
        if passwd.known().is_some() && !passwd.raw().lines().any(|l| l.starts_with("nginx:")) {
            self.complain_bare(Weight::Fatal, "getpwnam(\"nginx\") failed".to_owned(), None);
        }
    }
}

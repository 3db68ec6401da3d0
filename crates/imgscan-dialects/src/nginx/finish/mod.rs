//! What nginx finds out when a whole `http` or `stream` block, or the whole configuration, has been read.

mod buffers;
mod certificates;
mod locations;
mod names;

use crate::nginx::check::{script, upstream};
use crate::nginx::config::{BlockId, Config, Weight};
use crate::nginx::installed::Builder;
use crate::nginx::load::Loader;
use crate::nginx::load::state::Section;

/// The end of `http` (`ngx_http_block`): merges, then location trees, variables and server names, in nginx's order.
pub(super) fn http(loader: &mut Loader<'_>, block: BlockId) {
    upstream::resolve_all(loader, Section::Http);
    certificates::merge(loader, block);
    buffers::check(loader, block);
    caches(loader);
    locations::check(loader, block);
    certificates::listeners(loader, block);
    variables(loader, Section::Http);
    names::check(loader, block);
}

/// The end of `stream` (`ngx_stream_block`).
pub(super) fn stream(loader: &mut Loader<'_>, block: BlockId) {
    upstream::resolve_all(loader, Section::Stream);
    handlers(loader, block);
    variables(loader, Section::Stream);
}

/// Zones of caches that nobody defines (`ngx_http_proxy_merge_loc_conf` and its kin).
fn caches(loader: &mut Loader<'_>) {
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

/// Servers of `stream` have to do something (`ngx_stream_core_merge_srv_conf`).
fn handlers(loader: &mut Loader<'_>, block: BlockId) {
    let servers: Vec<BlockId> = loader.config.children(block).collect();
    for server in servers {
        let entries = &loader.config.block(server).entries;
        let does = |name: &str| matches!(name, "proxy_pass" | "pass" | "return");
        let is_server = loader.config.block(server).kind == crate::nginx::config::BlockKind::StreamServer;
        if is_server && !entries.iter().any(|e| does(e.name()) || e.row.is_none_or(|r| r.foreign)) {
            let text = format!("no handler for server{}", loader.head_line(server));
            loader.complain_bare(Weight::Fatal, text, None);
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
        if !events {
            self.complain_bare(Weight::Fatal, "no \"events\" section in configuration".to_owned(), None);
        }
        let mut empty: Vec<String> =
            self.state.zones.iter().filter(|(_, z)| z.size == 0).map(|(name, _)| name.clone()).collect();
        empty.sort();
        for name in empty {
            self.complain_bare(Weight::Fatal, format!("zero size shared memory zone \"{name}\""), None);
        }
    }

    /// The user that the official build runs its workers as.
    fn default_user(&mut self) {
        let Ok(passwd) = self.world.files.read("/etc/passwd") else { return };
        if passwd.known().is_some() && !passwd.raw().lines().any(|l| l.starts_with("nginx:")) {
            self.complain_bare(Weight::Fatal, "getpwnam(\"nginx\") failed".to_owned(), None);
        }
    }
}

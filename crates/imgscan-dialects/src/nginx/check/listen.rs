//! `listen` of http servers (`ngx_http_core_listen`, `ngx_http_add_listen` …).

use super::{Call, Checked, Refusal, directive, invalid_parameter, message, unsure, warn};
use crate::nginx::address::{self, Address, Host, Want};
use crate::nginx::config::BlockId;
use crate::nginx::load::Loader;
use crate::nginx::sockets::Socket;
use crate::nginx::units::{self, Unit};
use crate::nginx::version::Version;

/// What one `listen` asks for.
#[derive(Clone, Copy, Debug, Default)]
struct Options {
    default_server: bool,
    /// An option of the socket itself is given.
    set: bool,
    ssl: bool,
    quic: bool,
    http2: bool,
    proxy_protocol: bool,
    /// The first option that does not go with `quic`.
    not_with_quic: Option<&'static str>,
}

impl Options {
    fn protocols(self) -> u8 {
        u8::from(self.proxy_protocol) | u8::from(self.ssl) << 1 | u8::from(self.http2) << 2
    }
}

/// From this version on `spdy` is a parameter like any other unknown one.
const WITHOUT_SPDY: Version = Version(1, 19, 7);

/// `ngx_http_core_listen`.
pub(super) fn listen(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let want = Want { listen: true, uri: false, default_port: 80 };
    let address = address::parse(call.arg(0), want).map_err(|words| {
        Refusal::Message(format!("{words} in \"{}\" of the \"listen\" directive", call.arg(0)))
    })?;
    let mut options = Options::default();
    for word in call.args().skip(1) {
        option(loader, call, word, &mut options)?;
    }
    if options.quic
        && let Some(other) = options.not_with_quic
    {
        return directive(format!("\"{other}\" parameter is incompatible with \"quic\""));
    }
    if let Host::Name(name) = &address.host
        && name != "localhost"
    {
        unsure(loader, call, &format!("what `{name}` resolves to is not known"));
        return Ok(());
    }
    add(loader, call, &address, options)
}

fn option(loader: &mut Loader<'_>, call: &Call<'_>, word: &str, options: &mut Options) -> Checked {
    let version = loader.world.installed.version;
    let since = |first: Version| version.is_none_or(|v| v >= first);
    let socket = |options: &mut Options, name: Option<&'static str>| {
        options.set = true;
        options.not_with_quic = options.not_with_quic.or(name);
    };
    match word {
        "default_server" | "default" => options.default_server = true,
        "bind" | "reuseport" => socket(options, None),
        "deferred" => socket(options, Some("deferred")),
        "multipath" if since(Version(1, 29, 7)) => socket(options, Some("multipath")),
        "ssl" => {
            options.ssl = true;
            options.not_with_quic = options.not_with_quic.or(Some("ssl"));
        }
        "http2" => {
            options.http2 = true;
            options.not_with_quic = options.not_with_quic.or(Some("http2"));
            if version.is_some_and(|v| v >= Version(1, 25, 1)) {
                let text =
                    "the \"listen ... http2\" directive is deprecated, use the \"http2\" directive instead";
                warn(loader, call, text);
            }
        }
        "quic" if since(Version(1, 25, 0)) => options.quic = true,
        "spdy" if version.is_none_or(|v| v < WITHOUT_SPDY) => {
            warn(
                loader,
                call,
                "invalid parameter \"spdy\": ngx_http_spdy_module was superseded by ngx_http_v2_module",
            );
        }
        "proxy_protocol" => {
            options.proxy_protocol = true;
            options.not_with_quic = options.not_with_quic.or(Some("proxy_protocol"));
        }
        _ => return socket_option(word, &mut |name| socket(options, name)),
    }
    Ok(())
}

/// The options of the socket that carry a value; http, stream and mail share them.
pub(super) fn socket_option(word: &str, set: &mut dyn FnMut(Option<&'static str>)) -> Checked {
    let (name, value) = word.split_once('=').unwrap_or((word, ""));
    let has_value = word.contains('=');
    let refused = |what: &str| message(format!("invalid {what} \"{word}\""));
    match name {
        "backlog" if has_value => {
            if units::number(value).filter(|n| *n > 0).is_none() {
                return refused("backlog");
            }
            set(Some("backlog"));
        }
        "fastopen" if has_value => {
            if units::number(value).is_none() {
                return refused("fastopen");
            }
            set(Some("fastopen"));
        }
        "rcvbuf" | "sndbuf" if has_value => {
            if units::size(value).is_none() {
                return refused(name);
            }
            set(None);
        }
        "ipv6only" if value.starts_with('o') => {
            if !matches!(value, "on" | "off") {
                return message(format!("invalid ipv6only flags \"{value}\""));
            }
            set(None);
        }
        "so_keepalive" if has_value => {
            if !is_keepalive(value) {
                return message(format!("invalid so_keepalive value: \"{value}\""));
            }
            set(Some("so_keepalive"));
        }
        _ if word.starts_with("accept_filter=") => {}
        _ => return invalid_parameter(word),
    }
    Ok(())
}

/// `on`, `off` or `[idle]:[interval]:[count]`.
fn is_keepalive(value: &str) -> bool {
    if matches!(value, "on" | "off") {
        return true;
    }
    let mut parts = value.splitn(3, ':');
    let mut zero = true;
    for time in [parts.next(), parts.next()].into_iter().flatten().filter(|p| !p.is_empty()) {
        match units::time(time, Unit::Seconds) {
            Some(n) => zero &= n == 0,
            None => return false,
        }
    }
    if let Some(count) = parts.next().filter(|p| !p.is_empty()) {
        match units::number(count) {
            Some(n) => zero &= n == 0,
            None => return false,
        }
    }
    !zero
}

/// Notes the sockets and finds what conflicts (`ngx_http_add_addresses`).
fn add(loader: &mut Loader<'_>, call: &Call<'_>, address: &Address, options: Options) -> Checked {
    let warns = loader.world.installed.version.is_none_or(|v| v >= Version(1, 23, 4));
    for port in address.port..=address.last_port.unwrap_or(address.port) {
        let socket = Socket::new(address, port, options.quic);
        let text = socket.text();
        let Some(known) = loader.state.sockets.get_mut(&socket) else {
            loader.state.sockets.insert(socket, Shared::new(call.block, options));
            continue;
        };
        let redefined = known.join(call.block, options, &text)?;
        if redefined && warns {
            warn(loader, call, &format!("protocol options redefined for {text}"));
        }
    }
    Ok(())
}

/// What is known about a socket that servers share.
#[derive(Clone, Debug)]
pub(in crate::nginx) struct Shared {
    /// The servers, in order.
    pub(in crate::nginx) servers: Vec<BlockId>,
    set: bool,
    default_server: bool,
    /// The protocols asked for by all servers together: `proxy_protocol`, `ssl`, `http2`.
    protocols: u8,
    /// The protocols that servers are compared with, once two have differed.
    agreed: Option<u8>,
    changed: bool,
}

impl Shared {
    fn new(server: BlockId, options: Options) -> Self {
        Shared {
            servers: vec![server],
            set: options.set,
            default_server: options.default_server,
            protocols: options.protocols(),
            agreed: None,
            changed: false,
        }
    }

    /// Adds a server. Whether its protocols differ from those of the servers before, as nginx counts it.
    fn join(&mut self, server: BlockId, options: Options, text: &str) -> Result<bool, Refusal> {
        let refuse = |words: String| Err(Refusal::Message(words));
        if self.servers.contains(&server) {
            return refuse(format!("a duplicate listen {text}"));
        }
        self.servers.push(server);
        let (now, before) = (options.protocols(), self.protocols);
        if options.set && self.set {
            return refuse(format!("duplicate listen options for {text}"));
        }
        if options.default_server && self.default_server {
            return refuse(format!("a duplicate default server for {text}"));
        }
        let set = self.set || options.set;
        self.default_server |= options.default_server;
        let disagrees = self.agreed.is_some_and(|agreed| agreed != now);
        let redefined = if now | before != before {
            let warns = (set && !options.set) || self.changed || now | before != now;
            self.agreed = Some(before);
            self.changed = true;
            warns
        } else if before != now {
            self.agreed = Some(now);
            self.changed = true;
            options.set || disagrees
        } else {
            let warns = (options.set && self.changed) || disagrees;
            self.agreed = Some(now);
            warns
        };
        self.set = set;
        self.protocols |= now;
        Ok(redefined)
    }

    /// Whether an option of the socket itself was given: it is bound for itself.
    pub(in crate::nginx) fn is_bound(&self) -> bool {
        self.set
    }

    /// Whether one of the servers asks for TLS.
    pub(in crate::nginx) fn has_tls(&self) -> bool {
        self.protocols & 0b10 != 0
    }
}

/// A server without `listen` takes `*:80`, or `*:8000` if nginx does not run as root.
pub(super) fn close(loader: &mut Loader<'_>, block: BlockId) {
    if loader.config.block(block).entries.iter().any(|e| e.name() == "listen") {
        return;
    }
    let port = match loader.world.is_root {
        Some(true) => 80,
        Some(false) => 8000,
        None => return,
    };
    let socket = Socket::any(port);
    match loader.state.sockets.get_mut(&socket) {
        Some(known) => known.servers.push(block),
        None => {
            loader.state.sockets.insert(socket, Shared::new(block, Options::default()));
        }
    }
}

//! The stream module where it differs from http (`src/stream/*.c`).

use super::{Call, Check, Checked, Refusal, directive, http_core, limits, listen, location, log};
use super::{message, misc, pairs, pass, script, slots, ssl, unsure, upstream};
use crate::nginx::address::{self, Host, Want};
use crate::nginx::config::{BlockId, Weight};
use crate::nginx::load::Loader;
use crate::nginx::load::state::Section;
use crate::nginx::sockets::Socket;
use crate::nginx::version::Version;

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("listen", listen_),
    ("server_name", server_name),
    ("proxy_pass", proxy_pass),
    ("pass", pass_),
    ("return", text),
    ("set", set),
    ("proxy_bind", pass::bind),
    ("proxy_buffer_size", buffer_size),
    ("proxy_downstream_buffer", buffer_size),
    ("proxy_upstream_buffer", buffer_size),
    ("resolver", http_core::resolver),
    ("upstream", upstream::upstream),
    ("server", upstream::server),
    ("hash", upstream::balancer),
    ("least_conn", upstream::balancer),
    ("least_time", upstream::balancer),
    ("random", upstream::balancer),
    ("zone", upstream::zone),
    ("map", pairs::map),
    ("geo", pairs::geo),
    ("split_clients", pairs::map),
    ("map_hash_max_size", pairs::map_hash),
    ("map_hash_bucket_size", pairs::map_hash),
    ("error_log", log::error_log),
    ("access_log", log::access_log),
    ("log_format", log::log_format),
    ("open_log_file_cache", log::open_log_file_cache),
    ("limit_conn_zone", limits::limit_zone),
    ("limit_conn", limits::limit_conn),
    ("allow", misc::access),
    ("deny", misc::access),
    ("set_real_ip_from", misc::set_real_ip_from),
    ("ssl_session_cache", ssl::session_cache),
    ("ssl_password_file", ssl::file),
    ("proxy_ssl_password_file", ssl::file),
    ("ssl_ocsp_cache", ssl::ocsp_cache),
];

/// Since then servers may share a socket and are told apart by `server_name`.
const WITH_NAMES: Version = Version(1, 25, 5);

/// `ngx_stream_core_listen`.
fn listen_(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let version = loader.world.installed.version;
    let want = Want { listen: true, uri: false, default_port: 0 };
    let url = call.arg(0);
    let address = address::parse(url, want)
        .map_err(|words| Refusal::Message(format!("{words} in \"{url}\" of the \"listen\" directive")))?;
    let (mut udp, mut not_with_udp) = (false, None::<&str>);
    for word in call.args().skip(1) {
        match word {
            "udp" => udp = true,
            "bind" | "reuseport" => {}
            "deferred" => not_with_udp = not_with_udp.or(Some("deferred")),
            "ssl" => not_with_udp = not_with_udp.or(Some("ssl")),
            "proxy_protocol" => not_with_udp = not_with_udp.or(Some("proxy_protocol")),
            "default_server" if version.is_none_or(|v| v >= WITH_NAMES) => {}
            "multipath" if version.is_none_or(|v| v >= Version(1, 29, 7)) => {}
            _ => {
                let old = version.is_some_and(|v| v < WITH_NAMES);
                let option = listen::socket_option(word, &mut |name| not_with_udp = not_with_udp.or(name));
                match option {
                    // The wording of the older versions.
                    Err(Refusal::Message(words)) if old && words.starts_with("invalid parameter") => {
                        return message(format!("the invalid \"{word}\" parameter"));
                    }
                    other => other?,
                }
            }
        }
    }
    if udp && let Some(other) = not_with_udp {
        return directive(format!("\"{other}\" parameter is incompatible with \"udp\""));
    }
    if let Host::Name(name) = &address.host
        && name != "localhost"
    {
        unsure(loader, call, &format!("what `{name}` resolves to is not known"));
        return Ok(());
    }
    for port in address.port..=address.last_port.unwrap_or(address.port) {
        let socket = Socket::new(&address, port, udp);
        let text = socket.text();
        if !loader.state.stream_sockets.insert(socket.clone()) {
            return shared(loader, call, &text, version);
        }
        loader.state.stream_servers.insert((socket, call.block));
    }
    Ok(())
}

/// A socket that another `listen` has taken.
fn shared(loader: &mut Loader<'_>, call: &Call<'_>, text: &str, version: Option<Version>) -> Checked {
    match version {
        Some(version) if version < WITH_NAMES => {
            message(format!("duplicate \"{text}\" address and port pair"))
        }
        Some(_) => {
            let again = loader.state.stream_servers.iter().any(|(s, b)| *b == call.block && s.text() == text);
            if again { message(format!("a duplicate listen {text}")) } else { Ok(()) }
        }
        None => {
            unsure(loader, call, "stream servers may share a socket since nginx 1.25.5 only");
            Ok(())
        }
    }
}

/// `ngx_stream_core_server_name`.
fn server_name(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    call.args().try_for_each(|name| location::check_name(loader, call, name))
}

/// `ngx_stream_proxy_pass`.
fn proxy_pass(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let url = call.arg(0);
    if url.contains('$') {
        return script::compile(loader, Section::Stream, url);
    }
    let want = Want { listen: false, uri: false, default_port: 0 };
    upstream::name(loader, Section::Stream, url, want).map(|_| ())
}

/// `proxy_downstream_buffer` and `proxy_upstream_buffer` are old names of `proxy_buffer_size`.
fn buffer_size(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let names = ["proxy_buffer_size", "proxy_downstream_buffer", "proxy_upstream_buffer"];
    if names.iter().any(|name| loader.config.named(call.block, name).next().is_some()) {
        return directive("is duplicate");
    }
    slots::check(loader, call)?;
    if call.name() != "proxy_buffer_size" {
        let old = call.name();
        let text =
            format!("the \"{old}\" directive is deprecated, use the \"proxy_buffer_size\" directive instead");
        super::warn(loader, call, &text);
    }
    Ok(())
}

/// `ngx_stream_pass`.
fn pass_(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let url = call.arg(0);
    script::compile(loader, Section::Stream, url)?;
    if url.contains('$') {
        return Ok(());
    }
    let want = Want { listen: false, uri: false, default_port: 0 };
    match address::parse(url, want) {
        Err(words) => message(format!("{words} in \"{url}\" of the \"pass\" directive")),
        Ok(address) if !address.has_port && !matches!(address.host, Host::Unix(_)) => {
            directive("has no port")
        }
        Ok(_) => Ok(()),
    }
}

/// Text with variables.
fn text(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    script::compile(loader, Section::Stream, call.arg(0))
}

/// `ngx_stream_set`.
fn set(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    script::define(loader, Section::Stream, call.arg(0))?;
    loader.state.stream.note(script::variable(call.arg(0))?);
    script::compile(loader, Section::Stream, call.arg(1))
}

/// The end of a server: it has to listen.
pub(super) fn close_server(loader: &mut Loader<'_>, block: BlockId) {
    let is_open = |name: &str| loader.config.block(block).entries.iter().any(|e| e.name() == name);
    if is_open("listen") {
        return;
    }
    let whereabouts = loader.head_line(block);
    let text = format!("no \"listen\" is defined for server{whereabouts}");
    loader.complain_bare(Weight::Fatal, text, None);
}

//! Addresses of sockets as nginx reads them (`ngx_parse_url` and what it calls, `src/core/ngx_inet.c`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::nginx::units;

/// What an address is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Want {
    /// For `listen`: a bare port, a range of ports and `*` are right, a URI is not.
    pub listen: bool,
    /// A URI may follow (`proxy_pass`).
    pub uri: bool,
    /// The port where none is written.
    pub default_port: u16,
}

/// Whom an address names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A socket of this machine.
    Unix(String),
    /// A number.
    Ip(IpAddr),
    /// A name that has to be resolved (or that of an `upstream`).
    Name(String),
}

/// An address in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Whom it names.
    pub host: Host,
    /// The port, given or not; 0 for a socket.
    pub port: u16,
    /// The last port of a range.
    pub last_port: Option<u16>,
    /// Whether the port is written.
    pub has_port: bool,
    /// The part that starts with `/` or `?`, or follows the second colon of a socket.
    pub uri: String,
}

impl Address {
    fn new(host: Host, ports: Ports, uri: &str) -> Self {
        Address {
            host,
            port: ports.first,
            last_port: ports.last,
            has_port: ports.written,
            uri: uri.to_owned(),
        }
    }

    /// The host part as nginx writes it: `[::1]`, `127.0.0.1`, `unix:/run/x.sock`, `app`.
    pub fn host_text(&self) -> String {
        match &self.host {
            Host::Unix(path) => format!("unix:{path}"),
            Host::Ip(IpAddr::V6(ip)) => format!("[{ip}]"),
            Host::Ip(ip) => ip.to_string(),
            Host::Name(name) => name.clone(),
        }
    }

    /// The address as nginx writes it.
    pub fn text(&self) -> String {
        match &self.host {
            Host::Unix(_) => self.host_text(),
            _ => format!("{}:{}", self.host_text(), self.port),
        }
    }

    /// Whether it stands for every address of the machine.
    pub fn is_wildcard(&self) -> bool {
        matches!(&self.host, Host::Ip(ip) if ip.is_unspecified())
    }
}

#[derive(Clone, Copy)]
struct Ports {
    first: u16,
    last: Option<u16>,
    written: bool,
}

/// Reads an address.
///
/// # Errors
///
/// nginx's words (`invalid port`, `no host` …).
pub fn parse(url: &str, want: Want) -> Result<Address, &'static str> {
    if url.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("unix:")) {
        return unix(url.get(5..).unwrap_or_default(), want);
    }
    match url.strip_prefix('[') {
        Some(rest) => ipv6(rest, want),
        None => inet(url, want),
    }
}

/// Size in bytes of `sun_path`, with the zero at its end.
const SUN_PATH: usize = 108;

fn unix(rest: &str, want: Want) -> Result<Address, &'static str> {
    let (path, uri) = match rest.split_once(':') {
        Some(parts) if want.uri => parts,
        _ => (rest, ""),
    };
    if path.is_empty() {
        return Err("no path in the unix domain socket");
    }
    if path.len() + 1 > SUN_PATH {
        return Err("too long path in the unix domain socket");
    }
    let ports = Ports { first: 0, last: None, written: false };
    Ok(Address::new(Host::Unix(path.to_owned()), ports, uri))
}

fn ipv6(rest: &str, want: Want) -> Result<Address, &'static str> {
    let (host, after) = rest.split_once(']').ok_or("invalid host")?;
    let (after, uri) = match after.find('/') {
        Some(_) if want.listen || !want.uri => return Err("invalid host"),
        Some(at) => after.split_at(at),
        None => (after, ""),
    };
    let ports = match after.strip_prefix(':') {
        Some(port) => ports(port, want)?,
        None if after.is_empty() => Ports { first: want.default_port, last: None, written: false },
        None => return Err("invalid host"),
    };
    if host.is_empty() {
        return Err("no host");
    }
    let ip: Ipv6Addr = host.parse().map_err(|_| "invalid IPv6 address")?;
    Ok(Address::new(Host::Ip(ip.into()), ports, uri))
}

fn inet(url: &str, want: Want) -> Result<Address, &'static str> {
    let colon = url.find(':');
    let (authority, uri, colon) = match url.find(['/', '?']) {
        Some(_) if want.listen || !want.uri => return Err("invalid host"),
        Some(at) => {
            (url.get(..at).unwrap_or(url), url.get(at..).unwrap_or_default(), colon.filter(|c| *c < at))
        }
        None => (url, "", colon),
    };
    let (host, ports) = match colon {
        Some(at) => (
            authority.get(..at).unwrap_or_default(),
            ports(authority.get(at + 1..).unwrap_or_default(), want)?,
        ),
        None => {
            if want.listen
                && uri.is_empty()
                && let Some(ports) = bare_ports(authority)?
            {
                return Ok(Address::new(Host::Ip(Ipv4Addr::UNSPECIFIED.into()), ports, ""));
            }
            (authority, Ports { first: want.default_port, last: None, written: false })
        }
    };
    if host.is_empty() {
        return Err("no host");
    }
    if want.listen && host == "*" {
        return Ok(Address::new(Host::Ip(Ipv4Addr::UNSPECIFIED.into()), ports, uri));
    }
    let host = match ipv4(host) {
        Some(ip) => Host::Ip(ip.into()),
        None => Host::Name(host.to_owned()),
    };
    Ok(Address::new(host, ports, uri))
}

/// `ngx_inet_addr`: four decimal numbers; leading zeros are nothing special. 255.255.255.255 is taken for a failure.
pub fn ipv4(text: &str) -> Option<Ipv4Addr> {
    let mut octets = [0_u8; 4];
    let mut parts = text.split('.');
    for octet in &mut octets {
        let part = parts.next()?;
        // Nothing between two dots counts as 0 there.
        *octet = if part.is_empty() { 0 } else { u8::try_from(units::number(part)?).ok()? };
    }
    (parts.next().is_none() && octets != [255; 4]).then(|| octets.into())
}

/// A port or, for `listen`, a range of ports.
fn ports(text: &str, want: Want) -> Result<Ports, &'static str> {
    let (first, last) = match text.split_once('-') {
        Some((first, last)) if want.listen => (first, Some(port(units::number(last))?)),
        _ => (text, None),
    };
    in_order(port(units::number(first))?, last)
}

/// `80` or `80-90` alone; `None` where it is no number.
fn bare_ports(text: &str) -> Result<Option<Ports>, &'static str> {
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => match units::number(last) {
            Some(last) => (first, Some(last)),
            None => return Ok(None),
        },
        None => (text, None),
    };
    let Some(first) = units::number(first) else { return Ok(None) };
    let last = last.map(|n| port(Some(n))).transpose()?;
    in_order(port(Some(first))?, last).map(Some)
}

fn port(number: Option<i64>) -> Result<u16, &'static str> {
    number.and_then(|n| u16::try_from(n).ok()).filter(|n| *n > 0).ok_or("invalid port")
}

fn in_order(first: u16, last: Option<u16>) -> Result<Ports, &'static str> {
    if last.is_some_and(|last| first > last) {
        return Err("invalid port range");
    }
    Ok(Ports { first, last, written: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listen(url: &str) -> Result<String, &'static str> {
        parse(url, Want { listen: true, uri: false, default_port: 80 }).map(|a| a.text())
    }

    fn pass(url: &str) -> Result<(String, String), &'static str> {
        parse(url, Want { listen: false, uri: true, default_port: 80 }).map(|a| (a.text(), a.uri))
    }

    #[test]
    fn listening() {
        assert_eq!(listen("8080"), Ok("0.0.0.0:8080".into()));
        assert_eq!(listen("*:81"), Ok("0.0.0.0:81".into()));
        assert_eq!(listen("127.0.0.1"), Ok("127.0.0.1:80".into()));
        assert_eq!(listen("[::]:80"), Ok("[::]:80".into()));
        assert_eq!(listen("[::1]"), Ok("[::1]:80".into()));
        assert_eq!(listen("unix:/run/x"), Ok("unix:/run/x".into()));
        assert_eq!(listen("localhost:8000"), Ok("localhost:8000".into()));
        assert_eq!(listen("80-82"), Ok("0.0.0.0:80".into()));
        for (bad, words) in [
            ("0", "invalid port"),
            ("65536", "invalid port"),
            ("1.2.3.4:x", "invalid port"),
            ("82-80", "invalid port range"),
            ("80/x", "invalid host"),
            (":80", "no host"),
            ("[::x]:80", "invalid IPv6 address"),
            ("[::1", "invalid host"),
            ("unix:", "no path in the unix domain socket"),
        ] {
            assert_eq!(listen(bad), Err(words), "{bad}");
        }
    }

    #[test]
    fn passing() {
        assert_eq!(pass("127.0.0.1:8000/x"), Ok(("127.0.0.1:8000".into(), "/x".into())));
        assert_eq!(pass("app?x"), Ok(("app:80".into(), "?x".into())));
        assert_eq!(pass("unix:/run/g.sock:/base/"), Ok(("unix:/run/g.sock".into(), "/base/".into())));
        assert_eq!(pass("app:80-90"), Err("invalid port"));
        assert_eq!(pass("app/a:1"), Ok(("app:80".into(), "/a:1".into())));
    }
}

//! Addresses: what servers listen on, and what proxies connect to.

use imgscan_model::{Data, Server};

use crate::Facts;
use crate::draft::serving;

/// A place to listen on or to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// A host (lower case, without brackets; empty for all) and a port.
    Tcp(String, u16),
    /// A socket's path.
    Unix(String),
}

impl Address {
    /// `host:port`, `[v6]:port`, `:port`, `port`, `host`, `unix:path`; `default` is the port where none is written.
    pub(crate) fn parse(text: &str, default: u16) -> Option<Address> {
        if let Some(path) = text.strip_prefix("unix:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return (!path.is_empty()).then(|| Address::Unix(path.to_owned()));
        }
        let after_brackets = text.rfind(']').map_or(0, |at| at + 1);
        let (host, port) = match text[after_brackets..].rfind(':') {
            Some(colon) => {
                let colon = after_brackets + colon;
                (&text[..colon], text[colon + 1..].parse().ok()?)
            }
            None => (text, default),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        Some(Address::Tcp(host, port))
    }

    /// Whether it can be reached from inside the container alone.
    pub(crate) fn is_local(&self) -> bool {
        match self {
            Address::Tcp(host, _) => is_loopback(host),
            Address::Unix(_) => true,
        }
    }

    /// Whether a connection to `self` reaches a server that listens on `listener`.
    pub(crate) fn reaches(&self, listener: &Address) -> bool {
        match (self, listener) {
            (Address::Unix(a), Address::Unix(b)) => a == b,
            (Address::Tcp(to, a), Address::Tcp(on, b)) => {
                a == b && (is_everywhere(on) || to == on || (to == "localhost" && is_loopback(on)))
            }
            _ => false,
        }
    }
}

/// As one would write it.
impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Address::Tcp(host, port) if host.contains(':') => write!(f, "[{host}]:{port}"),
            Address::Tcp(host, port) => write!(f, "{host}:{port}"),
            Address::Unix(path) => write!(f, "unix:{path}"),
        }
    }
}

pub(crate) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host == "::1" || host.starts_with("127.")
}

fn is_everywhere(host: &str) -> bool {
    matches!(host, "" | "0.0.0.0" | "::" | "*")
}

/// What a server listens on; `None` where that is not known.
pub(crate) fn listeners(server: &Server) -> Option<Vec<Address>> {
    match server.name.as_str() {
        "gunicorn" => {
            let bind = server.settings.get("bind")?.value().known()?;
            texts(bind)?.into_iter().map(gunicorn_bind).collect()
        }
        "uvicorn" => uvicorn(server),
        "nginx" => {
            let listens = server.scopes.iter().flat_map(|s| &s.listen);
            let mut all: Vec<Address> = Vec::new();
            for listen in listens {
                let address = Address::parse(&listen.address, 80)?;
                if !all.contains(&address) {
                    all.push(address);
                }
            }
            Some(all)
        }
        _ => None,
    }
}

/// gunicorn/util.py, `parse_address`: a scheme, then `host:port`; a bare word is a host on port 8000.
fn gunicorn_bind(bind: &str) -> Option<Address> {
    if bind.starts_with("fd://") {
        return None;
    }
    Address::parse(bind.strip_prefix("tcp://").unwrap_or(bind), 8000)
}

fn uvicorn(server: &Server) -> Option<Vec<Address>> {
    let text = |name: &str| match server.settings.get(name)?.value().known()? {
        Data::Str(text) if !text.is_empty() => Some(text.clone()),
        _ => None,
    };
    if let Some(path) = text("uds") {
        return Some(vec![Address::Unix(path)]);
    }
    let is_given = |s: &imgscan_model::Setting| !matches!(s.value().known(), Some(Data::None) | None);
    if server.settings.get("fd").is_some_and(is_given) {
        return None;
    }
    let port = server.settings.get("port")?.value().known()?.as_int()?;
    Some(vec![Address::Tcp(text("host")?.to_ascii_lowercase(), u16::try_from(port).ok()?)])
}

/// What all servers of the image listen on; `None` where one of them is not known.
pub(crate) fn all_listeners<'a>(facts: &Facts<'a>) -> Option<Vec<(&'a Server, Vec<Address>)>> {
    serving(facts).map(|server| Some((server, listeners(server)?))).collect()
}

/// A text, or a list of nothing but texts.
pub(crate) fn texts(data: &Data) -> Option<Vec<&str>> {
    match data {
        Data::Str(one) => Some(vec![one]),
        Data::List(all) => all.iter().map(Data::as_str).collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> String {
        Address::parse(text, 80).map_or_else(|| "none".into(), |a| a.to_string())
    }

    #[test]
    fn addresses_in_every_form() {
        for (text, read) in [
            ("127.0.0.1:8000", "127.0.0.1:8000"),
            ("[::1]:8000", "[::1]:8000"),
            ("[::]", "[::]:80"),
            (":8000", ":8000"),
            ("App", "app:80"),
            ("unix:/run/g.sock", "unix:/run/g.sock"),
            ("unix:///run/g.sock", "unix:/run/g.sock"),
            ("a:b", "none"),
        ] {
            assert_eq!(address(text), read, "{text}");
        }
    }

    #[test]
    fn a_listener_on_all_addresses_is_reached_by_any() {
        let reaches =
            |a: &str, b: &str| Address::parse(a, 80).unwrap().reaches(&Address::parse(b, 80).unwrap());
        assert!(reaches("127.0.0.1:80", "0.0.0.0:80"));
        assert!(reaches("localhost:80", "127.0.0.1:80"));
        assert!(reaches("localhost:80", "[::]:80"));
        assert!(!reaches("127.0.0.1:80", "127.0.0.1:81"));
        assert!(!reaches("127.0.0.1:80", "10.0.0.1:80"));
        assert!(!reaches("unix:/a", "unix:/b"));
    }
}

//! What servers listen on.

use std::net::{IpAddr, Ipv4Addr};

use crate::nginx::address::{self, Address, Host, Want};

/// A socket. Equal ones are one listener.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Socket {
    /// An address with a port.
    Ip {
        /// The address.
        ip: IpAddr,
        /// The port.
        port: u16,
        /// Whether it is a datagram socket (`quic`, `udp`).
        datagrams: bool,
    },
    /// A path.
    Unix {
        /// The path.
        path: String,
        /// Whether it is a datagram socket.
        datagrams: bool,
    },
}

impl Socket {
    /// The socket of an address with one of its ports. `localhost` is 127.0.0.1.
    pub fn new(address: &Address, port: u16, datagrams: bool) -> Socket {
        match &address.host {
            Host::Unix(path) => Socket::Unix { path: path.clone(), datagrams },
            Host::Ip(ip) => Socket::Ip { ip: *ip, port, datagrams },
            Host::Name(_) => Socket::Ip { ip: Ipv4Addr::LOCALHOST.into(), port, datagrams },
        }
    }

    /// Whether it is a datagram socket.
    pub fn is_udp(&self) -> bool {
        matches!(self, Socket::Ip { datagrams: true, .. } | Socket::Unix { datagrams: true, .. })
    }

    /// `*:port`.
    pub fn any(port: u16) -> Socket {
        Socket::Ip { ip: Ipv4Addr::UNSPECIFIED.into(), port, datagrams: false }
    }

    /// As nginx writes it.
    pub fn text(&self) -> String {
        match self {
            Socket::Ip { ip: IpAddr::V6(ip), port, .. } => format!("[{ip}]:{port}"),
            Socket::Ip { ip, port, .. } => format!("{ip}:{port}"),
            Socket::Unix { path, .. } => format!("unix:{path}"),
        }
    }

    /// Whether it takes connections for every address.
    pub fn is_wildcard(&self) -> bool {
        matches!(self, Socket::Ip { ip, .. } if ip.is_unspecified())
    }
}

/// The sockets that the arguments of a `listen` of an http server ask for. None where the address is not known.
pub fn of_listen(args: &[&str]) -> Vec<Socket> {
    let want = Want { listen: true, uri: false, default_port: 80 };
    let Some(Ok(address)) = args.first().map(|url| address::parse(url, want)) else { return Vec::new() };
    if matches!(&address.host, Host::Name(name) if name != "localhost") {
        return Vec::new();
    }
    let datagrams = args.iter().skip(1).any(|a| matches!(*a, "quic" | "udp"));
    (address.port..=address.last_port.unwrap_or(address.port))
        .map(|port| Socket::new(&address, port, datagrams))
        .collect()
}

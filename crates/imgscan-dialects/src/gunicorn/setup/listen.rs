//! `Config.address` and `gunicorn/sock.py`, `create_sockets`.

use std::net::{Ipv4Addr, Ipv6Addr};

use imgscan_model::{NodeKind, path};
use imgscan_python::PyValue;
use num_bigint::BigInt;

use super::{NO_BYTES, Setup};
use crate::gunicorn::env::inherited_listeners;
use crate::gunicorn::py::text::repr_str;
use crate::gunicorn::validate::address::{Address, AddressError, parse_address};

impl Setup<'_, '_, '_> {
    /// The addresses of `bind`.
    pub(super) fn addresses(&mut self) -> Vec<Address> {
        let old = !self.load.table().at_least(20, 0, 0);
        let (PyValue::List(items) | PyValue::Set(items)) = self.load.stored("bind").clone() else {
            if self.is_open("bind") {
                self.doubt("bind", "`bind` is not known");
            }
            return Vec::new();
        };
        let mut addresses = Vec::new();
        for item in items {
            let text = match item {
                PyValue::Str(text) => text,
                PyValue::None => {
                    self.fail("bind", NO_BYTES);
                    continue;
                }
                _ => {
                    self.doubt("bind", "an address of `bind` is not known");
                    continue;
                }
            };
            match parse_address(&text, "8000", old) {
                Ok(address) => addresses.push(address),
                Err(AddressError::Refused(message)) => self.fail("bind", &format!("Error: {message}")),
                Err(AddressError::Unsure) => self.doubt("bind", &format!("`{text}` may not be an address")),
            }
        }
        addresses
    }

    /// Certificate and key are looked for before any socket is made.
    pub(super) fn tls(&mut self) {
        for setting in ["certfile", "keyfile"] {
            if let Some(file) = self.text(setting).filter(|file| !file.is_empty())
                && !matches!(self.stands(&file), Some(Some(_)))
            {
                self.doubt(setting, &format!("`{file}` (`{setting}`) is not in the image"));
            }
        }
    }

    /// Takes up the listeners.
    pub(super) fn listen(&mut self, addresses: &[Address]) {
        if let Some((name, place)) = inherited_listeners(self.context) {
            let message = format!("`{name}` is set: gunicorn may take over listeners instead of `bind`");
            return self.load.doubt(&message, Some(place.origin));
        }
        if matches!(self.load.stored("backlog"), PyValue::Int(number) if *number > BigInt::from(i32::MAX)) {
            self.fail("backlog", "OverflowError: signed integer is greater than maximum");
        }
        let shared = *self.load.stored("reuse_port") != PyValue::Bool(false);
        for (i, address) in addresses.iter().enumerate() {
            match address {
                Address::Tcp(host, port) => self.tcp(host, port),
                Address::Unix(file) => self.unix(file),
                Address::Descriptor(number) => {
                    self.doubt(
                        "bind",
                        &format!("whether file descriptor {number} is handed over is not known"),
                    );
                }
            }
            match addresses.iter().take(i).map(|earlier| clash(earlier, address)).max() {
                Some(Clash::Certain) if !shared => {
                    self.fail("bind", &format!("Can't connect to {}", shown(address)));
                }
                Some(Clash::Certain | Clash::Possible) => {
                    self.doubt("bind", &format!("{} may be taken up twice", shown(address)));
                }
                Some(Clash::None) | None => {}
            }
        }
    }

    fn tcp(&mut self, host: &str, port: &BigInt) {
        if *port < BigInt::ZERO || *port > BigInt::from(u16::MAX) {
            return self.fail("bind", "OverflowError: bind(): port must be 0-65535.");
        }
        if scope(host) == Scope::Other {
            self.doubt("bind", &format!("whether `{host}` is an address of the container is not known"));
        }
    }

    /// A socket file: what stands there has to be a socket, its directory has to be there.
    fn unix(&mut self, file: &str) {
        if file.is_empty() {
            return self.fail("bind", "Can't connect to ");
        }
        if file.starts_with('\0') {
            return;
        }
        match self.stands(file) {
            Some(Some(NodeKind::File | NodeKind::Dir)) => {
                self.fail("bind", &format!("ValueError: {} is not a socket", repr_str(file)));
            }
            Some(_) => {
                let full = self.context.open_path(file).unwrap_or_default();
                if !matches!(self.stands(path::parent(&full)), Some(Some(NodeKind::Dir))) {
                    self.doubt("bind", &format!("the directory of `{file}` is not in the image"));
                }
            }
            None => self.doubt("bind", &format!("whether `{file}` can be a socket is not known")),
        }
    }
}

/// Which addresses of the container a host stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// All of IPv4.
    Any,
    /// All of IPv6, and perhaps of IPv4.
    Any6,
    /// One that every container has.
    Loopback,
    Other,
}

fn scope(host: &str) -> Scope {
    match (host.parse::<Ipv4Addr>(), host.parse::<Ipv6Addr>()) {
        (Ok(v4), _) if v4.is_unspecified() => Scope::Any,
        (Ok(v4), _) if v4.is_loopback() => Scope::Loopback,
        (_, Ok(v6)) if v6.is_unspecified() => Scope::Any6,
        (_, Ok(v6)) if v6.is_loopback() => Scope::Loopback,
        _ if host.is_empty() => Scope::Any,
        _ if host == "localhost" => Scope::Loopback,
        _ => Scope::Other,
    }
}

/// Whether two addresses cannot be listened at together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Clash {
    None,
    Possible,
    Certain,
}

fn clash(one: &Address, other: &Address) -> Clash {
    let (Address::Tcp(host, port), Address::Tcp(other_host, other_port)) = (one, other) else {
        return if one == other { Clash::Possible } else { Clash::None };
    };
    if port != other_port || *port == BigInt::ZERO {
        return Clash::None;
    }
    let v4 = |host: &str| host.is_empty() || host == "localhost" || host.parse::<Ipv4Addr>().is_ok();
    let either = |wanted: Scope| scope(host) == wanted || scope(other_host) == wanted;
    if host == other_host || v4(host) && v4(other_host) && either(Scope::Any) {
        Clash::Certain
    } else if either(Scope::Any6) || either(Scope::Other) || host == "localhost" || other_host == "localhost"
    {
        Clash::Possible
    } else {
        Clash::None
    }
}

/// As gunicorn's log shows an address.
fn shown(address: &Address) -> String {
    match address {
        Address::Tcp(host, port) => format!("({}, {port})", repr_str(host)),
        Address::Unix(file) => file.clone(),
        Address::Descriptor(number) => number.to_string(),
    }
}

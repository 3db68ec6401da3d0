//! Networks (`ngx_ptocidr`, `src/core/ngx_inet.c`).

use std::net::{IpAddr, Ipv6Addr};

use crate::nginx::address::ipv4;
use crate::nginx::units;

/// An address with the length of its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    /// The address as written.
    pub ip: IpAddr,
    /// Bits of the prefix.
    pub bits: u8,
}

impl Cidr {
    /// Whether bits behind the prefix are set; nginx warns and clears them.
    pub fn has_low_bits(&self) -> bool {
        !self.contains(self.ip) || self.masked(self.ip) != self.number(self.ip)
    }

    /// Whether an address is in the network.
    pub fn contains(&self, ip: IpAddr) -> bool {
        self.ip.is_ipv4() == ip.is_ipv4() && self.masked(ip) == self.masked(self.ip)
    }

    fn number(&self, ip: IpAddr) -> u128 {
        match ip {
            IpAddr::V4(ip) => u128::from(u32::from(ip)),
            IpAddr::V6(ip) => u128::from(ip),
        }
    }

    fn masked(&self, ip: IpAddr) -> u128 {
        let width = if self.ip.is_ipv4() { 32 } else { 128 };
        let low = width - u32::from(self.bits).min(width);
        self.number(ip).checked_shr(low).and_then(|n| n.checked_shl(low)).unwrap_or(0)
    }
}

/// Reads `address` or `address/bits`.
pub fn parse(text: &str) -> Option<Cidr> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(units::number(bits)?)),
        None => (text, None),
    };
    let ip: IpAddr = match ipv4(address) {
        Some(ip) => ip.into(),
        None => address.parse::<Ipv6Addr>().ok()?.into(),
    };
    let width = if ip.is_ipv4() { 32 } else { 128 };
    let bits = bits.unwrap_or(width);
    if bits > width {
        return None;
    }
    Some(Cidr { ip, bits: u8::try_from(bits).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
        let net = parse("10.0.0.0/8").unwrap();
        assert!(net.contains("10.1.2.3".parse().unwrap()) && !net.contains("11.0.0.0".parse().unwrap()));
        assert!(!net.has_low_bits() && parse("10.0.0.1/8").unwrap().has_low_bits());
        assert!(parse("::/0").unwrap().contains("::1".parse().unwrap()));
        assert!(parse("2001:db8::/32").is_some() && parse("0.0.0.0/0").is_some());
        for bad in ["10.0.0.0/33", "x", "10.0.0/8", "", "1.2.3.4/", "1.2.3.4/-1"] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }
}

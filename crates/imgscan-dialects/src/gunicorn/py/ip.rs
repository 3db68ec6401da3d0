//! `ipaddress`: which texts are addresses and networks, and how networks are written.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Why a text is no network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NetworkError {
    /// It has bits set outside the network.
    HostBits,
    /// It is neither an IPv4 nor an IPv6 network.
    NoNetwork,
    /// An octet with a leading zero or an IPv6 zone: Python 3.9 changed its mind about both.
    Unsure,
}

/// A network, as `ipaddress` keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    /// `IPv4Network` or `IPv6Network`.
    pub type_name: &'static str,
    /// `str(network)`.
    pub text: String,
}

/// Whether `ipaddress.ip_address(text)` takes it; `None` where that hangs on the version of Python.
pub(crate) fn is_address(text: &str) -> Option<bool> {
    if text.parse::<Ipv4Addr>().is_ok() || text.parse::<Ipv6Addr>().is_ok() {
        return Some(true);
    }
    if depends_on_python(text) { None } else { Some(false) }
}

/// `ipaddress.ip_network(text, strict)`.
pub(crate) fn network(text: &str, strict: bool) -> Result<Network, NetworkError> {
    let (address, mask) = match text.split_once('/') {
        Some((address, mask)) => (address, Some(mask)),
        None => (text, None),
    };
    if depends_on_python(address) {
        return Err(NetworkError::Unsure);
    }
    if let Ok(address) = address.parse::<Ipv4Addr>() {
        let bits = mask.map_or(Some(32), ipv4_prefix).ok_or(NetworkError::NoNetwork)?;
        let kept = u32::from(address) & u32::MAX.checked_shl(32 - bits).unwrap_or(0);
        let text = format!("{}/{bits}", Ipv4Addr::from(kept));
        return checked(kept == u32::from(address), strict, Network { type_name: "IPv4Network", text });
    }
    let address: Ipv6Addr = address.parse().map_err(|_| NetworkError::NoNetwork)?;
    let bits = mask.map_or(Some(128), |m| prefix(m, 128)).ok_or(NetworkError::NoNetwork)?;
    let kept = u128::from(address) & u128::MAX.checked_shl(128 - bits).unwrap_or(0);
    let text = format!("{}/{bits}", compressed(Ipv6Addr::from(kept)));
    checked(kept == u128::from(address), strict, Network { type_name: "IPv6Network", text })
}

fn checked(clean: bool, strict: bool, network: Network) -> Result<Network, NetworkError> {
    if clean || !strict { Ok(network) } else { Err(NetworkError::HostBits) }
}

/// A prefix length, a netmask or a hostmask.
fn ipv4_prefix(mask: &str) -> Option<u32> {
    if let Some(bits) = prefix(mask, 32) {
        return Some(bits);
    }
    let mask = u32::from(mask.parse::<Ipv4Addr>().ok()?);
    let ones = mask.leading_ones();
    if mask.checked_shl(ones).unwrap_or(0) == 0 {
        return Some(ones);
    }
    let zeros = mask.leading_zeros();
    (mask.checked_shl(zeros).unwrap_or(0).leading_ones() == 32 - zeros).then_some(zeros)
}

fn prefix(mask: &str, most: u32) -> Option<u32> {
    let digits = !mask.is_empty() && mask.bytes().all(|b| b.is_ascii_digit());
    if digits { mask.parse().ok().filter(|bits| *bits <= most) } else { None }
}

/// `str(IPv6Address)` before Python 3.13: hextets throughout, also where IPv4 is mapped.
fn compressed(address: Ipv6Addr) -> String {
    match address.to_ipv4_mapped() {
        Some(_) => {
            let [.., high, low] = address.segments();
            format!("::ffff:{high:x}:{low:x}")
        }
        None => address.to_string(),
    }
}

fn depends_on_python(address: &str) -> bool {
    if let Some((address, zone)) = address.split_once('%') {
        return address.parse::<Ipv6Addr>().is_ok() && !zone.is_empty() && !zone.contains('%');
    }
    let octets: Vec<&str> = address.split('.').collect();
    let octet = |o: &&str| (1..=3).contains(&o.len()) && o.bytes().all(|b| b.is_ascii_digit());
    let padded = octets.iter().any(|o| o.len() > 1 && o.starts_with('0'));
    octets.len() == 4 && octets.iter().all(octet) && padded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str, strict: bool) -> Result<String, NetworkError> {
        network(text, strict).map(|n| n.text)
    }

    #[test]
    fn networks_as_python_reads_them() {
        assert_eq!(written("10.0.0.0/8", true), Ok("10.0.0.0/8".into()));
        assert_eq!(written("10.0.0.1/8", true), Err(NetworkError::HostBits));
        assert_eq!(written("10.0.0.1/8", false), Ok("10.0.0.0/8".into()));
        assert_eq!(written("127.0.0.1", true), Ok("127.0.0.1/32".into()));
        assert_eq!(written("10.0.0.0/255.0.0.0", true), Ok("10.0.0.0/8".into()));
        assert_eq!(written("10.0.0.0/0.255.255.255", true), Ok("10.0.0.0/8".into()));
        assert_eq!(written("0.0.0.0/0", true), Ok("0.0.0.0/0".into()));
        assert_eq!(written("::1", true), Ok("::1/128".into()));
        assert_eq!(written("fd00::/8", true), Ok("fd00::/8".into()));
        for text in [
            "",
            "proxy.local",
            "1.2.3",
            "10.0.0.0/33",
            "10.0.0.0/-1",
            "10.0.0.0/8/8",
            "::/129",
            "1.2.3.256",
            "10.0.0.0/255.0.255.0",
        ] {
            assert_eq!(written(text, true), Err(NetworkError::NoNetwork), "{text}");
        }
        assert_eq!(written("010.0.0.0/8", true), Err(NetworkError::Unsure));
    }

    #[test]
    fn addresses_as_python_reads_them() {
        assert_eq!(is_address("192.168.1.1"), Some(true));
        assert_eq!(is_address("::ffff:1.2.3.4"), Some(true));
        assert_eq!(is_address("10.0.0.0/8"), Some(false));
        assert_eq!(is_address(""), Some(false));
        assert_eq!(is_address("192.168.01.1"), None);
    }
}

//! Proxies as Go's `http.ProxyFromEnvironment` reads them, which is what every other registry client does.

use std::net::IpAddr;

use reqwest::Url;

use crate::environment::Environment;

/// The proxies that the environment names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proxies {
    http: Option<Url>,
    https: Option<Url>,
    not_for: Vec<String>,
}

impl Proxies {
    /// Reads `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in capitals or not.
    pub(crate) fn of(environment: &Environment) -> Self {
        let either =
            |name: &str| environment.get(name).or_else(|| environment.get(&name.to_ascii_lowercase()));
        let all = either("ALL_PROXY");
        let proxy = |name| either(name).or_else(|| all.clone()).and_then(|text| url(&text));
        let not_for = either("NO_PROXY").unwrap_or_default();
        let not_for = not_for.split(',').map(|part| part.trim().to_ascii_lowercase());
        Proxies {
            http: proxy("HTTP_PROXY"),
            https: proxy("HTTPS_PROXY"),
            not_for: not_for.filter(|part| !part.is_empty()).collect(),
        }
    }

    /// The proxy for a URL.
    pub(crate) fn of_url(&self, url: &Url) -> Option<Url> {
        let proxy = if url.scheme() == "https" { &self.https } else { &self.http };
        let host = url.host_str()?.trim_matches(['[', ']']).to_ascii_lowercase();
        let port = url.port_or_known_default();
        if self.not_for.iter().any(|pattern| excludes(pattern, &host, port)) {
            return None;
        }
        proxy.clone()
    }
}

fn url(text: &str) -> Option<Url> {
    match text.contains("://") {
        true => Url::parse(text).ok(),
        false => Url::parse(&format!("http://{text}")).ok(),
    }
}

/// One part of `NO_PROXY`: `*`, a host (and all below it), `.domain`, an address, a range, each maybe with a port.
fn excludes(pattern: &str, host: &str, port: Option<u16>) -> bool {
    if pattern == "*" {
        return true;
    }
    let with_port = pattern.rsplit_once(':').filter(|(left, _)| !left.contains(':') || left.ends_with(']'));
    let (pattern, wanted) = match with_port.and_then(|(left, p)| Some((left, p.parse::<u16>().ok()?))) {
        Some((left, number)) => (left, Some(number)),
        None => (pattern, None),
    };
    if wanted.is_some() && wanted != port {
        return false;
    }
    let pattern = pattern.trim_matches(['[', ']']);
    if let Ok(ip) = host.parse::<IpAddr>() {
        return match pattern.split_once('/') {
            Some((network, bits)) => in_range(ip, network, bits),
            None => pattern.parse() == Ok(ip),
        };
    }
    let domain = pattern.trim_start_matches("*.").trim_start_matches('.');
    let below = host.strip_suffix(domain).is_some_and(|left| left.ends_with('.'));
    below || host == domain && !pattern.starts_with(['.', '*'])
}

fn in_range(ip: IpAddr, network: &str, bits: &str) -> bool {
    let (Ok(network), Ok(bits)) = (network.parse::<IpAddr>(), bits.parse::<u32>()) else { return false };
    match (ip, network) {
        (IpAddr::V4(ip), IpAddr::V4(network)) if bits <= 32 => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            u32::from(ip) & mask == u32::from(network) & mask
        }
        (IpAddr::V6(ip), IpAddr::V6(network)) if bits <= 128 => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            u128::from(ip) & mask == u128::from(network) & mask
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(no_proxy: &str, url: &str) -> Option<String> {
        let proxies =
            Proxies::of(&Environment::of([("HTTPS_PROXY", "proxy.example:3128"), ("no_proxy", no_proxy)]));
        proxies.of_url(&Url::parse(url).unwrap()).map(|u| u.to_string())
    }

    #[test]
    fn proxies_and_their_exceptions() {
        let through = Some("http://proxy.example:3128/".to_owned());
        assert_eq!(proxy("", "https://gcr.io/v2/"), through);
        assert_eq!(proxy("", "http://gcr.io/v2/"), None, "only the https proxy is set");
        for (no_proxy, direct, proxied) in [
            ("*", "https://a.example/", ""),
            ("a.example", "https://a.example/", "https://aa.example/"),
            ("a.example", "https://b.a.example/", "https://example/"),
            (".a.example", "https://b.a.example/", "https://a.example/"),
            ("x, 10.0.0.0/8", "https://10.1.2.3/", "https://11.1.2.3/"),
            ("fd00::/8", "https://[fd00::1]/", "https://[fe00::1]/"),
            ("a.example:8443", "https://a.example:8443/", "https://a.example/"),
            ("[fd00::1]:8443", "https://[fd00::1]:8443/", "https://[fd00::1]/"),
        ] {
            assert_eq!(proxy(no_proxy, direct), None, "{no_proxy} {direct}");
            if !proxied.is_empty() {
                assert_eq!(proxy(no_proxy, proxied), through, "{no_proxy} {proxied}");
            }
        }
    }
}

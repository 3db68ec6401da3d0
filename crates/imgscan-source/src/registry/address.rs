//! Hosts: which may be spoken to in plain http, and where a registry may send us.

use std::net::{IpAddr, Ipv6Addr};

use reqwest::Url;

use crate::error::{SourceError, unauthorized};

/// Docker Hub's registry does not answer under its own name.
const DOCKER_HUB: &str = "registry-1.docker.io";

/// The host and port that a registry name stands for.
pub(crate) fn host_of(registry: &str) -> &str {
    match registry {
        "docker.io" | "index.docker.io" => DOCKER_HUB,
        other => other,
    }
}

/// How public a host is. Only a host at least as close as the one that names it may be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Public,
    Private,
    LinkLocal,
    Loopback,
}

/// Whether a URL's host is this machine: `localhost`, `*.localhost` (RFC 6761), 127.0.0.0/8, `::1`.
pub(crate) fn is_loopback(url: &Url) -> bool {
    reach(url) == Reach::Loopback
}

/// Whether a URL's host is this machine or its own link (a cloud's metadata server): no proxy is asked for those.
pub(crate) fn is_local(url: &Url) -> bool {
    reach(url) >= Reach::LinkLocal
}

fn reach(url: &Url) -> Reach {
    let host = url.host_str().unwrap_or("").trim_end_matches('.');
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    match literal {
        Ok(ip) => reach_of(ip),
        Err(_) if host == "localhost" || host.ends_with(".localhost") => Reach::Loopback,
        Err(_) if host == "metadata.google.internal" || host == "instance-data" => Reach::LinkLocal,
        Err(_) => Reach::Public,
    }
}

fn reach_of(ip: IpAddr) -> Reach {
    match ip {
        IpAddr::V4(ip) if ip.is_loopback() => Reach::Loopback,
        IpAddr::V4(ip) if ip.is_link_local() || ip.is_unspecified() || ip.is_broadcast() => Reach::LinkLocal,
        IpAddr::V4(ip) if ip.is_private() => Reach::Private,
        // Shared address space of carriers and of clouds' inner services (RFC 6598).
        IpAddr::V4(ip) if ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64 => Reach::Private,
        IpAddr::V4(_) => Reach::Public,
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => reach_of(IpAddr::V4(ip)),
            None => reach_of_v6(ip),
        },
    }
}

fn reach_of_v6(ip: Ipv6Addr) -> Reach {
    if ip.is_loopback() {
        Reach::Loopback
    } else if ip.is_unicast_link_local() || ip.is_unspecified() {
        Reach::LinkLocal
    } else if ip.is_unique_local() {
        Reach::Private
    } else {
        Reach::Public
    }
}

/// Whether a registry may send us to another URL (`what`: its token server, a redirect): by https, or by http on
/// loopback or on the registry's own host where the registry itself is spoken to over http; to no host that is closer
/// to us than the registry is.
pub(crate) async fn check_sent_to(what: &str, target: &Url, registry: &Url) -> Result<(), SourceError> {
    let mut why = refusal(target, registry, reach(registry));
    if why == Some(INSIDE) {
        // The registry may be inside too, under a name: Harbor with its storage under an address, say.
        why = refusal(target, registry, resolved(registry).await);
    }
    match why {
        None => Ok(()),
        Some(why) => {
            let shown = crate::shown::text(without_query(target).as_str());
            Err(unauthorized(format!("{what}, `{shown}`, is not followed: {why}")))
        }
    }
}

const INSIDE: &str = "it is inside a network that the registry is outside of";

/// Why a registry, which is as far away as `from`, may not send us there.
fn refusal(target: &Url, registry: &Url, from: Reach) -> Option<&'static str> {
    let (to, own) = (reach(target), target.host() == registry.host());
    match target.scheme() {
        "https" => {}
        "http" if registry.scheme() == "http" && (to == Reach::Loopback || own) => {}
        "http" => return Some("it is plain http"),
        _ => return Some("it is neither https nor http"),
    }
    if target.host_str().is_none() || !target.username().is_empty() || target.password().is_some() {
        return Some("a host is wanted, and no user name in it");
    }
    (to > from && !own).then_some(INSIDE)
}

/// How far away the addresses of a host are: the farthest of them, for a name may have several.
async fn resolved(url: &Url) -> Reach {
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
        return Reach::Public;
    };
    match tokio::net::lookup_host((host, port)).await {
        Ok(addresses) => addresses.map(|address| reach_of(address.ip())).min().unwrap_or(Reach::Public),
        Err(_) => Reach::Public,
    }
}

/// A URL without query and fragment: pre-signed URLs hold credentials there.
pub(crate) fn without_query(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url
}

/// Whether two URLs have the same scheme, host and port: only then credentials go along.
pub(crate) fn same_origin(a: &Url, b: &Url) -> bool {
    a.scheme() == b.scheme() && a.host() == b.host() && a.port_or_known_default() == b.port_or_known_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(registry: &str, target: &str) -> bool {
        let registry = Url::parse(registry).unwrap();
        refusal(&Url::parse(target).unwrap(), &registry, reach(&registry)).is_none()
    }

    #[tokio::test]
    async fn a_registry_with_a_name_may_be_inside() {
        let url = |text: &str| Url::parse(text).unwrap();
        // The only name that every machine resolves without a network.
        assert_eq!(resolved(&url("https://localhost:5000")).await, Reach::Loopback);
        assert_eq!(resolved(&url("https://no-such-host.invalid")).await, Reach::Public);
        let inner = url("https://10.0.0.7:9000/blob");
        assert_eq!(refusal(&inner, &url("https://registry.corp.example"), Reach::Private), None);
        assert!(check_sent_to("x", &inner, &url("https://no-such-host.invalid")).await.is_err());
    }

    #[test]
    fn a_registry_may_send_us_out_but_not_in() {
        let public = "https://registry.example";
        assert!(allowed(public, "https://auth.example/token"));
        assert!(allowed(public, "https://10.1.2.3.example/token"));
        for inner in [
            "http://auth.example/token",
            "https://10.1.2.3/token",
            "https://169.254.169.254/latest",
            "https://[::1]/x",
            "https://[::ffff:127.0.0.1]/x",
            "https://localhost/x",
            "https://2130706433/x",
            "https://a.localhost./x",
            "ftp://auth.example/",
            "https://user:pw@auth.example/",
        ] {
            assert!(!allowed(public, inner), "{inner}");
        }
        assert!(allowed("https://10.1.2.3", "https://10.9.9.9/token"));
        assert!(!allowed("https://10.1.2.3", "https://127.0.0.1/token"));
        assert!(allowed("http://127.0.0.1:5000", "http://127.0.0.1:5001/token"));
        assert!(allowed("http://127.0.0.1:5000", "https://auth.example/token"));
        assert!(!allowed("http://127.0.0.1:5000", "http://auth.example/token"));
        assert!(!allowed("https://127.0.0.1:5000", "http://127.0.0.1:5001/token"));
    }
}

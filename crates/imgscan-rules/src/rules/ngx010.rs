use std::collections::BTreeSet;

use imgscan_model::{Finding, Origin, Server};

use crate::Facts;
use crate::address::{Address, is_loopback};
use crate::nginx::{Target, nginxes, passes, place, rows};

rule! {
    /// ## What it finds
    ///
    /// nginx passes requests to a host by its name and looks the name up once, when it starts.
    ///
    /// ## Why it matters
    ///
    /// When the other container is replaced it has another address, and nginx goes on connecting to the old one: 502
    /// until somebody restarts nginx. When the name is not known at the start, nginx does not start at all (`host not
    /// found in upstream`). A Kubernetes service keeps its address and is not hit, other names are.
    ///
    /// ## Example
    ///
    /// ```nginx
    /// location / { proxy_pass http://app:8000; }
    /// ```
    ///
    /// ## How to fix
    ///
    /// A variable and a resolver, `resolver 127.0.0.11; set $app http://app:8000; proxy_pass $app;`, or (since 1.27.3)
    /// `server app:8000 resolve;` in an upstream with a `zone`.
    ///
    /// ## References
    ///
    /// - langgenius/dify#40448, NginxProxyManager/nginx-proxy-manager#669
    HostnameResolvedOnce = "NGX010", "hostname-resolved-once", Medium, "Upstream host name is looked up only when nginx starts"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for server in nginxes(facts) {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for pass in passes(server) {
            match &pass.to {
                Target::Address(address @ Address::Tcp(host, _)) if is_name(host) => {
                    if seen.insert(host.clone()) {
                        let help = format!(
                            "use a variable and a resolver: set $upstream {address}; proxy_pass http://$upstream;"
                        );
                        findings.push(finding(server, host, &pass.place(), pass.origin, help));
                    }
                }
                Target::Upstream(_, block) => {
                    let Some(lines) = block.settings.get("server") else { continue };
                    for words in lines.value().known().map(rows).unwrap_or_default() {
                        let named = words.first().and_then(|word| Address::parse(word, 80));
                        let Some(address) = named else { continue };
                        let Address::Tcp(host, _) = &address else { continue };
                        if is_name(host) && !words.contains(&"resolve") && seen.insert(host.clone()) {
                            let help = format!(
                                "let nginx look it up again: server {address} resolve; (1.27.3 and later)"
                            );
                            findings.push(finding(
                                server,
                                host,
                                &place(block),
                                lines.winner().origin(),
                                help,
                            ));
                        }
                    }
                }
                Target::Address(_) => {}
            }
        }
    }
    findings
}

fn finding(server: &Server, host: &str, place: &str, origin: &Origin, help: String) -> Finding {
    HostnameResolvedOnce::META
        .finds(format!("{place} passes requests to `{host}`, a name that nginx looks up only when it starts"))
        .about(server)
        .at(origin, "looked up once")
        .help(help)
        .into()
}

/// Whether a host is a name that has to be looked up.
fn is_name(host: &str) -> bool {
    let is_v4 = host.chars().all(|c| c.is_ascii_digit() || c == '.');
    let is_service = host.ends_with(".svc") || host.contains(".svc.");
    !host.is_empty() && !is_v4 && !is_loopback(host) && !host.contains(':') && !is_service
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Image, location, upstream};

    fn image(to: &str) -> Image {
        Image::nginx().with(|i| i.servers[0].scopes.push(location("/", &[("proxy_pass", to.into())])))
    }

    #[test]
    fn a_name_speaks() {
        assert_eq!(
            image("http://app:8000/").says(&HostnameResolvedOnce),
            [
                "`location /` of `server example.com` passes requests to `app`, a name that nginx looks up only when it starts"
            ]
        );
        let block =
            image("http://pool").with(|i| i.servers[0].scopes.push(upstream("pool", &[&["app:8000"]], &[])));
        assert_eq!(
            block.says(&HostnameResolvedOnce),
            ["`upstream pool` passes requests to `app`, a name that nginx looks up only when it starts"]
        );
    }

    #[test]
    fn addresses_variables_services_and_names_that_are_looked_up_again_stay_silent() {
        for to in [
            "http://10.0.0.1:80",
            "http://[fd00::1]:80",
            "http://localhost:80",
            "http://$app",
            "http://unix:/a.sock",
            "http://app.prod.svc.cluster.local",
        ] {
            assert_eq!(image(to).says(&HostnameResolvedOnce), [] as [&str; 0], "{to}");
        }
        let again = image("http://pool")
            .with(|i| i.servers[0].scopes.push(upstream("pool", &[&["app:8000", "resolve"]], &[])));
        assert_eq!(again.says(&HostnameResolvedOnce), [] as [&str; 0]);
    }
}

use imgscan_model::{Confidence, Data, Finding};

use crate::Facts;
use crate::address::{Address, is_loopback, texts};
use crate::link::{Link, grouped, links, places};
use crate::nginx::rows;

rule! {
    /// ## What it finds
    ///
    /// nginx tells the application server in `X-Forwarded-…` headers who the client is, and the application server does
    /// not trust the peer that nginx is.
    ///
    /// ## Why it matters
    ///
    /// The headers are dropped: the application sees `http` and the address of nginx. Redirects lead from https to
    /// http, secure cookies are not set, logs show one client.
    ///
    /// ## Example
    ///
    /// ```nginx
    /// location / { proxy_pass http://127.0.0.1:8000; proxy_set_header X-Forwarded-Proto $scheme; }
    /// ```
    ///
    /// with `gunicorn --forwarded-allow-ips 10.0.0.1 app:application`.
    ///
    /// ## How to fix
    ///
    /// Add the address from which nginx connects, here `127.0.0.1`.
    ///
    /// ## References
    ///
    /// - [gunicorn: `forwarded_allow_ips`](https://docs.gunicorn.org/en/stable/settings.html#forwarded-allow-ips)
    /// - benoitc/gunicorn#571, benoitc/gunicorn#2542
    ForwardedHeadersUntrusted = "XSV005", "forwarded-headers-untrusted", Medium, "Application server does not trust the forwarded headers that nginx sends"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let key = |link: &Link<'_>| finding(link, 0).map(|_| (link.pass.server.id.clone(), link.app.id.clone()));
    grouped(links(facts), key).iter().filter_map(|(link, more)| finding(link, *more)).collect()
}

fn finding(link: &Link<'_>, more: usize) -> Option<Finding> {
    if !matches!(link.app.name.as_str(), "gunicorn" | "uvicorn") || link.pass.directive != "proxy_pass" {
        return None;
    }
    let headers = link.pass.scope.settings.get("proxy_set_header")?;
    let sent = rows(headers.value().known()?);
    let header = sent.iter().find_map(|words| match words[..] {
        // An empty value takes the header away.
        [name, value] if !value.is_empty() && name.to_ascii_lowercase().starts_with("x-forwarded-") => {
            Some(name)
        }
        _ => None,
    })?;
    let trust = link.app.settings.get("forwarded_allow_ips")?;
    let trusted = trusted(trust.value().known()?)?;
    let peer = untrusted_peer(link, &trusted)?;
    let app = &link.app.name;
    let draft = ForwardedHeadersUntrusted::META
        .finds(format!(
            "{} sends `{header}`, but {app} trusts only `{}` and nginx connects from {peer}: the header is dropped",
            places(link, more),
            trusted.join("`, `")
        ))
        .about(link.pass.server)
        .about(link.app)
        .at_most(Confidence::Likely)
        .setting("forwarded_allow_ips")
        .at(trust.winner().origin(), "nginx is not in it")
        .see(headers.winner().origin(), "sent here")
        .help(format!("trust nginx: forwarded_allow_ips = {peer}"));
    Some(draft.into())
}

/// The peers that are trusted, one by one.
fn trusted(data: &Data) -> Option<Vec<&str>> {
    let all = texts(data)?;
    Some(all.into_iter().flat_map(|t| t.split(',')).map(str::trim).filter(|t| !t.is_empty()).collect())
}

/// The peer that nginx is for the application server, where it is not trusted. Networks are not judged.
fn untrusted_peer(link: &Link<'_>, trusted: &[&str]) -> Option<&'static str> {
    if trusted.is_empty() || trusted.iter().any(|t| *t == "*" || t.contains('/')) {
        return None;
    }
    let Address::Tcp(host, _) = &link.address else {
        // gunicorn trusts whoever comes through a socket of the file system.
        return None;
    };
    let peer = match host.as_str() {
        "::1" => "::1",
        // `localhost` may be either.
        "localhost" => {
            return (!trusted.contains(&"127.0.0.1") && !trusted.contains(&"::1")).then_some("127.0.0.1");
        }
        host if is_loopback(host) => "127.0.0.1",
        _ => return None,
    };
    (!trusted.contains(&peer)).then_some(peer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Image, flag, list, location, server};
    use imgscan_model::{Candidate, Setting};

    fn image(to: &str, header: &[&str], trusted: Data) -> Image {
        Image::nginx().with(|i| {
            let header = Data::List(vec![Data::List(header.iter().map(|w| Data::from(*w)).collect())]);
            i.servers[0].scopes =
                vec![location("/", &[("proxy_pass", to.into()), ("proxy_set_header", header)])];
            let mut gunicorn = server("gunicorn", &["gunicorn"]);
            let mut set =
                |name: &str, c: Candidate| gunicorn.settings.insert(name.into(), Setting::new(c, vec![]));
            let binds = Data::List(vec!["0.0.0.0:8000".into(), "[::]:8000".into(), "unix:/g.sock".into()]);
            set("bind", flag(binds, 1));
            set("forwarded_allow_ips", flag(trusted, 2));
            i.servers.push(gunicorn);
        })
    }

    const PROTO: [&str; 2] = ["X-Forwarded-Proto", "$scheme"];

    #[test]
    fn a_peer_that_is_not_trusted_speaks() {
        assert_eq!(
            image("http://127.0.0.1:8000", &PROTO, list("10.0.0.1")).says(&ForwardedHeadersUntrusted),
            [
                "`location /` of `server example.com` sends `X-Forwarded-Proto`, but gunicorn trusts only `10.0.0.1` and nginx \
              connects from 127.0.0.1: the header is dropped"
            ]
        );
        let v6 = image("http://[::1]:8000", &PROTO, "127.0.0.1".into());
        assert_eq!(v6.findings(&ForwardedHeadersUntrusted).len(), 1);
    }

    #[test]
    fn a_trusted_peer_and_what_is_not_sent_stay_silent() {
        for (to, header, trusted) in [
            ("http://127.0.0.1:8000", PROTO, "127.0.0.1,::1"),
            ("http://127.0.0.1:8000", PROTO, "*"),
            ("http://127.0.0.1:8000", PROTO, "127.0.0.0/8"),
            ("http://127.0.0.1:8000", ["Host", "$host"], "10.0.0.1"),
            ("http://127.0.0.1:8000", ["X-Forwarded-For", ""], "10.0.0.1"),
            ("http://unix:/g.sock", PROTO, "10.0.0.1"),
        ] {
            let image = image(to, &header, trusted.into());
            assert_eq!(image.says(&ForwardedHeadersUntrusted), [] as [&str; 0], "{to} {trusted}");
        }
    }
}

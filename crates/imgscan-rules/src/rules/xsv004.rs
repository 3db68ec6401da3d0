use imgscan_model::{Confidence, Data, Finding, Source, Value};

use crate::Facts;
use crate::link::{Link, links};
use crate::nginx::Target;

rule! {
    /// ## What it finds
    ///
    /// nginx keeps idle connections to the application server for longer than the application server does.
    ///
    /// ## Why it matters
    ///
    /// The application server closes a connection at the moment in which nginx sends the next request on it: a 502
    /// now and then, under load, that nobody can reproduce. gunicorn's `keepalive` is 2 seconds, uvicorn's
    /// `timeout_keep_alive` 5; nginx keeps an idle upstream connection for 60. gunicorn's sync worker closes after each
    /// answer and is not meant here.
    ///
    /// ## Example
    ///
    /// ```nginx
    /// upstream app { server 127.0.0.1:8000; keepalive 32; }
    /// ```
    ///
    /// with `gunicorn --worker-class gthread --bind 127.0.0.1:8000 app:application`.
    ///
    /// ## How to fix
    ///
    /// `--keep-alive 75` for gunicorn, or `keepalive_timeout 1s;` in the upstream block.
    ///
    /// ## References
    ///
    /// - benoitc/gunicorn#2064, benoitc/gunicorn#3323, alphagov/notifications-admin#4826
    KeepaliveInversion = "XSV004", "keepalive-inversion", Medium, "Application server closes idle connections before nginx does (502 now and then)"
}

/// How long nginx keeps an idle upstream connection where nobody says it, in milliseconds
/// (`ngx_http_upstream_keepalive_module`, every release since 1.15.3).
const IDLE_MS: i64 = 60_000;

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for link in links(facts) {
        if let Some(finding) = finding(&link).filter(|f| !findings.iter().any(|g| g.labels == f.labels)) {
            findings.push(finding);
        }
    }
    findings
}

fn finding(link: &Link<'_>) -> Option<Finding> {
    let Target::Upstream(_, block) = &link.pass.to else { return None };
    let pool = block.settings.get("keepalive").filter(|s| s.winner().source != Source::Default)?;
    // Older nginx keeps none alive unless it speaks HTTP/1.1 to the upstream.
    let http = link.pass.scope.settings.get("proxy_http_version")?.value().known()?;
    let is_1_1 = http.as_str() == Some("1.1") || *http == Data::Float(1.1);
    if link.pass.directive != "proxy_pass" || !is_1_1 {
        return None;
    }
    let idle_ms = match block.settings.get("keepalive_timeout").map(|s| s.value()) {
        None | Some(Value::Unset) => IDLE_MS,
        Some(value) => value.known()?.as_int()?,
    };
    let (name, inner) = match link.app.name.as_str() {
        "gunicorn" if keeps_alive(link) => ("keepalive", link.app.settings.get("keepalive")?),
        "uvicorn" => ("timeout_keep_alive", link.app.settings.get("timeout_keep_alive")?),
        _ => return None,
    };
    let inner_s = inner.value().known()?.as_int()?;
    // 0 closes after each answer: nothing is kept alive.
    if inner_s == 0 || inner_s.saturating_mul(1000) > idle_ms {
        return None;
    }
    let app = &link.app.name;
    let draft = KeepaliveInversion::META
        .finds(format!(
            "{} keeps idle connections for {} s, but {app} closes them after {inner_s} s (`{name}`): a request in that \
             moment ends with 502",
            crate::nginx::place(block),
            idle_ms / 1000
        ))
        .about(link.pass.server)
        .about(link.app)
        .at_most(Confidence::Likely)
        .setting("keepalive")
        .at(pool.winner().origin(), "kept alive by nginx")
        .see(inner.winner().origin(), "closed sooner")
        .help(format!("let {app} be the one that waits longer: set `{name}` to {}", idle_ms / 1000 + 5));
    Some(draft.into())
}

/// Whether gunicorn's worker keeps connections at all: the sync one does not.
fn keeps_alive(link: &Link<'_>) -> bool {
    let known = |name: &str| link.app.settings.get(name).and_then(|s| s.value().known());
    let class = known("worker_class").and_then(Data::as_str);
    let threads = known("threads").and_then(Data::as_int);
    match class {
        Some(class) if class == "sync" || class.ends_with("SyncWorker") => threads.is_some_and(|n| n > 1),
        Some(_) => true,
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Image, default, flag, list, location, server, upstream};
    use imgscan_model::{Candidate, Setting};

    fn image(version: &str, class: &str, keepalive: i64) -> Image {
        Image::nginx().with(|i| {
            let to = [("proxy_pass", "http://app".into()), ("proxy_http_version", version.into())];
            let pool = [("keepalive", Data::from("32"))];
            i.servers[0].scopes = vec![location("/", &to), upstream("app", &[&["127.0.0.1:8000"]], &pool)];
            let mut gunicorn = server("gunicorn", &["gunicorn"]);
            let mut set =
                |name: &str, c: Candidate| gunicorn.settings.insert(name.into(), Setting::new(c, vec![]));
            set("bind", flag(list("127.0.0.1:8000"), 1));
            set("worker_class", default(class));
            set("threads", default(1));
            set("keepalive", default(keepalive));
            i.servers.push(gunicorn);
        })
    }

    #[test]
    fn a_server_that_closes_first_speaks() {
        assert_eq!(
            image("1.1", "gthread", 2).says(&KeepaliveInversion),
            [
                "`upstream app` keeps idle connections for 60 s, but gunicorn closes them after 2 s (`keepalive`): a request \
              in that moment ends with 502"
            ]
        );
    }

    #[test]
    fn where_nothing_is_kept_alive_or_for_longer_it_stays_silent() {
        for (version, class, keepalive) in
            [("1.1", "sync", 2), ("1.0", "gthread", 2), ("1.1", "gthread", 75), ("1.1", "gthread", 0)]
        {
            assert_eq!(image(version, class, keepalive).says(&KeepaliveInversion), [] as [&str; 0]);
        }
    }
}

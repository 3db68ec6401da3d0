use imgscan_model::{Confidence, Data, Finding, Server, Source};

use crate::Facts;
use crate::link::{Link, grouped, links, places};

rule! {
    /// ## What it finds
    ///
    /// nginx gives up waiting for an answer before gunicorn gives up working on it.
    ///
    /// ## Why it matters
    ///
    /// The client gets 504, while the worker goes on with a request whose answer nobody will read. Somebody has
    /// raised gunicorn's `timeout` for slow requests (or switched it off with 0), and nginx's `proxy_read_timeout` is
    /// 60 seconds unless it is set. Only the sync worker's `timeout` bounds a request; for others this rule is silent.
    ///
    /// ## Example
    ///
    /// ```nginx
    /// location / { proxy_pass http://127.0.0.1:8000; }
    /// ```
    ///
    /// with `gunicorn --timeout 300 --bind 127.0.0.1:8000 app:application`.
    ///
    /// ## How to fix
    ///
    /// Let the outer limit be the longer one: `proxy_read_timeout 310s;`.
    ///
    /// ## References
    ///
    /// - [nginx: proxy_read_timeout](https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout)
    TimeoutInversion = "XSV002", "timeout-inversion", Medium, "nginx gives up before the application server does (504)"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let limit = |link: &Link<'_>| {
        let name = format!("{}_read_timeout", link.pass.family());
        let outer = link.pass.scope.settings.get(&name)?;
        let origin = outer.winner().origin().clone();
        finding(link, 0).map(|_| (link.pass.server.id.clone(), link.app.id.clone(), name, origin))
    };
    grouped(links(facts), limit).iter().filter_map(|(link, more)| finding(link, *more)).collect()
}

fn finding(link: &Link<'_>, more: usize) -> Option<Finding> {
    let app = link.app;
    if app.name != "gunicorn" || !is_sync(app) {
        return None;
    }
    let name = format!("{}_read_timeout", link.pass.family());
    let outer = link.pass.scope.settings.get(&name)?;
    let inner = app.settings.get("timeout")?;
    let outer_ms = outer.value().known()?.as_int()?;
    let inner_s = inner.value().known()?.as_int()?;
    let is_set = inner.winner().source != Source::Default;
    let is_longer = inner_s == 0 || inner_s.saturating_mul(1000) > outer_ms;
    if !is_set || !is_longer {
        return None;
    }
    let works = if inner_s == 0 { "without end".to_owned() } else { format!("for {inner_s} s") };
    let by_default = if outer.winner().source == Source::Default { ", its default" } else { "" };
    let mut draft = TimeoutInversion::META
        .finds(format!(
            "{} waits {} for an answer (`{name}`{by_default}), but gunicorn may work {works} on it (`timeout`): a request in \
             between ends with 504",
            places(link, more),
            seconds(outer_ms)
        ))
        .about(link.pass.server)
        .about(app)
        .at_most(Confidence::Likely)
        .setting(&name)
        .at(link.pass.origin, "passes to gunicorn")
        .see(inner.winner().origin(), "the longer limit");
    if outer.winner().source != Source::Default {
        draft = draft.see(outer.winner().origin(), "the shorter limit");
    }
    let help = if inner_s == 0 {
        format!("set `timeout` of gunicorn to less than `{name}`")
    } else {
        format!("write in the location: {name} {}s;", inner_s.saturating_add(10))
    };
    Some(draft.help(help).into())
}

/// Whether `timeout` bounds a request: the sync worker, and one thread.
fn is_sync(app: &Server) -> bool {
    let known = |name: &str| app.settings.get(name).and_then(|s| s.value().known());
    let class = known("worker_class").and_then(Data::as_str);
    let threads = known("threads").and_then(Data::as_int);
    class.is_some_and(|c| c == "sync" || c.ends_with("SyncWorker")) && threads.is_some_and(|n| n <= 1)
}

/// Milliseconds for people.
fn seconds(ms: i64) -> String {
    if ms % 1000 == 0 { format!("{} s", ms / 1000) } else { format!("{ms} ms") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Image, default, flag, list, location, server};
    use imgscan_model::{Candidate, Setting};

    fn image(outer: i64, inner: Candidate, class: &str) -> Image {
        Image::nginx().with(|i| {
            i.servers[0].scopes.push(location(
                "/",
                &[("proxy_pass", "http://127.0.0.1:8000".into()), ("proxy_read_timeout", outer.into())],
            ));
            let mut gunicorn = server("gunicorn", &["gunicorn"]);
            let mut set =
                |name: &str, c: Candidate| gunicorn.settings.insert(name.into(), Setting::new(c, vec![]));
            set("bind", flag(list("127.0.0.1:8000"), 1));
            set("timeout", inner);
            set("worker_class", default(class));
            set("threads", default(1));
            i.servers.push(gunicorn);
        })
    }

    #[test]
    fn a_shorter_outer_limit_speaks() {
        assert_eq!(
            image(60_000, flag(300, 2), "sync").says(&TimeoutInversion),
            [
                "`location /` of `server example.com` waits 60 s for an answer (`proxy_read_timeout`), but gunicorn may work \
              for 300 s on it (`timeout`): a request in between ends with 504"
            ]
        );
        assert_eq!(image(60_000, flag(0, 2), "sync").findings(&TimeoutInversion).len(), 1);
    }

    #[test]
    fn places_that_share_a_limit_are_one_finding() {
        let image = image(60_000, flag(300, 2), "sync").with(|i| {
            let mut second = i.servers[0].scopes[0].clone();
            second.id = "http/server:0/location:8".into();
            i.servers[0].scopes.push(second);
        });
        let says = image.says(&TimeoutInversion);
        assert_eq!(says.len(), 1);
        assert!(
            says[0].starts_with("`location /` of `server example.com` (and 1 more place) waits 60 s"),
            "{}",
            says[0]
        );
    }

    #[test]
    fn a_longer_outer_limit_the_default_and_other_workers_stay_silent() {
        assert_eq!(image(310_000, flag(300, 2), "sync").says(&TimeoutInversion), [] as [&str; 0]);
        assert_eq!(image(10_000, default(30), "sync").says(&TimeoutInversion), [] as [&str; 0]);
        assert_eq!(image(60_000, flag(300, 2), "gevent").says(&TimeoutInversion), [] as [&str; 0]);
        let elsewhere = image(60_000, flag(300, 2), "sync").with(|i| {
            i.servers[1]
                .settings
                .insert("bind".into(), Setting::new(flag(list("127.0.0.1:9000"), 1), vec![]));
        });
        assert_eq!(elsewhere.says(&TimeoutInversion), [] as [&str; 0]);
    }
}

use imgscan_model::{Confidence, Data, Finding, Scope, Setting, Source};

use crate::Facts;
use crate::link::{Link, grouped, links, places};
use crate::nginx::{is_own, place, rows};

rule! {
    /// ## What it finds
    ///
    /// nginx refuses request bodies that the application behind it would take: nobody has set `client_max_body_size`,
    /// or it is set where nginx does not look.
    ///
    /// ## Why it matters
    ///
    /// Without the directive a body over 1 MiB is answered with 413, and uploads fail in production that worked
    /// without nginx. nginx compares the size in the location that the URI leads to, and never in a named one: a
    /// `client_max_body_size` in `location @app`, reached by `try_files`, has no effect on a request that says its length.
    ///
    /// ## Example
    ///
    /// ```nginx
    /// location / { try_files $uri @app; }
    /// location @app { client_max_body_size 50m; proxy_pass http://127.0.0.1:8000; }
    /// ```
    ///
    /// A POST of 2 MB is refused.
    ///
    /// ## How to fix
    ///
    /// Set it on the server, or in the location that the URI leads to.
    ///
    /// ## References
    ///
    /// - [nginx: client_max_body_size](https://nginx.org/en/docs/http/ngx_http_core_module.html#client_max_body_size)
    /// - nginx-proxy/nginx-proxy#2424, tiangolo/uwsgi-nginx-docker#95
    BodyLimitInversion = "XSV003", "body-limit-inversion", Medium, "nginx refuses bodies that the application behind it would take (413)"
}

const LIMIT: &str = "client_max_body_size";

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let (named, others): (Vec<Link<'_>>, Vec<Link<'_>>) = links(facts)
        .into_iter()
        .partition(|l| l.pass.scope.location.as_ref().is_some_and(|l| l.modifier == "@"));
    let mut findings: Vec<Finding> = Vec::new();
    for link in &named {
        findings.extend(unseen(link).filter(|f| !findings.contains(f)));
    }
    let key = |link: &Link<'_>| unset(link, 0).map(|_| (link.pass.server.id.clone(), link.app.id.clone()));
    findings.extend(grouped(others, key).iter().filter_map(|(link, more)| unset(link, *more)));
    findings
}

/// A limit in a named location, at which nginx does not look.
fn unseen(link: &Link<'_>) -> Option<Finding> {
    let (nginx, named) = (link.pass.server, link.pass.scope);
    let setting = named.settings.get(LIMIT)?;
    let wanted = limit(setting)?;
    if !is_own(nginx, named, LIMIT, setting) {
        return None;
    }
    let target = format!("@{}", named.location.as_ref()?.pattern.trim_start_matches('@'));
    let same_server = named.id.rsplit_once('/').map(|(above, _)| format!("{above}/"))?;
    let entry = nginx.scopes.iter().find(|scope| {
        scope.id.starts_with(&same_server)
            && leads_to(scope, &target)
            && scope
                .settings
                .get(LIMIT)
                .and_then(limit)
                .is_some_and(|n| n != 0 && (wanted == 0 || n < wanted))
    })?;
    let allowed = entry.settings.get(LIMIT)?;
    let draft = BodyLimitInversion::META
        .finds(format!(
            "`{LIMIT}` in {} has no effect: nginx compares the size in {}, where the limit is {}, and answers with 413",
            place(named),
            place(entry),
            bytes(limit(allowed)?)
        ))
        .about(nginx)
        .setting(LIMIT)
        .at(setting.winner().origin(), "not looked at")
        .see(&entry.origin, "the size is compared here")
        .help(format!("move it into {}: {LIMIT} {};", place(entry), setting.text()));
    Some(draft.into())
}

/// Whether a scope hands requests on to a named location.
fn leads_to(scope: &Scope, target: &str) -> bool {
    ["try_files", "error_page"].iter().any(|name| {
        let known = scope.settings.get(*name).and_then(|s| s.value().known());
        known.map(rows).unwrap_or_default().iter().any(|words| words.last() == Some(&target))
    })
}

/// The default limit, which nobody has raised.
fn unset(link: &Link<'_>, more: usize) -> Option<Finding> {
    let setting = link.pass.scope.settings.get(LIMIT)?;
    if setting.winner().source != Source::Default {
        return None;
    }
    let draft = BodyLimitInversion::META
        .finds(format!(
            "{} takes bodies of at most {} (nobody sets `{LIMIT}`): a larger one ends with 413 before it reaches {}",
            places(link, more),
            bytes(limit(setting)?),
            link.app.name
        ))
        .about(link.pass.server)
        // The application may be content with that.
        .at_most(Confidence::Possible)
        .setting(LIMIT)
        .at(link.pass.origin, format!("passes to {}", link.app.name))
        .help(format!("say what the application takes: {LIMIT} 10m;"));
    Some(draft.into())
}

fn limit(setting: &Setting) -> Option<i64> {
    setting.value().known().and_then(Data::as_int)
}

/// A size for people.
fn bytes(n: i64) -> String {
    match n {
        0 => "unlimited".to_owned(),
        n if n % (1 << 20) == 0 => format!("{} MiB", n >> 20),
        n if n % (1 << 10) == 0 => format!("{} KiB", n >> 10),
        n => format!("{n} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Image, default, flag, list, location, ngx, server};

    fn image(scopes: Vec<Scope>) -> Image {
        Image::nginx().with(|i| {
            i.servers[0].scopes = scopes;
            let mut gunicorn = server("gunicorn", &["gunicorn"]);
            gunicorn.settings.insert("bind".into(), Setting::new(flag(list("127.0.0.1:8000"), 1), vec![]));
            i.servers.push(gunicorn);
        })
    }

    fn with_default(mut scope: Scope) -> Scope {
        scope.settings.insert(LIMIT.into(), Setting::new(default(1 << 20), vec![]));
        scope
    }

    fn named(limit: Option<i64>) -> Scope {
        let mut scope = with_default(location("@app", &[("proxy_pass", "http://127.0.0.1:8000".into())]));
        if let Some(limit) = limit {
            scope.settings.insert(LIMIT.into(), Setting::new(ngx(limit, 9), vec![]));
        }
        scope
    }

    fn entry() -> Scope {
        let words = Data::List(vec!["$uri".into(), "@app".into()]);
        let mut scope = with_default(location("/", &[("try_files", words)]));
        scope.id = "http/server:0/location:7".into();
        scope
    }

    #[test]
    fn a_limit_that_nobody_sets_is_possible() {
        let scope = with_default(location("/", &[("proxy_pass", "http://127.0.0.1:8000".into())]));
        let findings = image(vec![scope]).findings(&BodyLimitInversion);
        assert_eq!(
            findings[0].message,
            "`location /` of `server example.com` takes bodies of at most 1 MiB (nobody sets `client_max_body_size`): a \
             larger one ends with 413 before it reaches gunicorn"
        );
        assert_eq!(findings[0].confidence, Confidence::Possible);
    }

    #[test]
    fn a_limit_in_a_named_location_speaks() {
        assert_eq!(
            image(vec![entry(), named(Some(50 << 20))]).says(&BodyLimitInversion),
            [
                "`client_max_body_size` in `location @app` of `server example.com` has no effect: nginx compares the size in \
              `location /` of `server example.com`, where the limit is 1 MiB, and answers with 413"
            ]
        );
    }

    #[test]
    fn a_limit_that_is_set_where_it_counts_stays_silent() {
        let scope =
            location("/", &[("proxy_pass", "http://127.0.0.1:8000".into()), (LIMIT, Data::Int(1 << 10))]);
        assert_eq!(image(vec![scope]).says(&BodyLimitInversion), [] as [&str; 0]);
        let mut raised = entry();
        raised.settings.insert(LIMIT.into(), Setting::new(ngx(50 << 20, 4), vec![]));
        assert_eq!(image(vec![raised, named(Some(50 << 20))]).says(&BodyLimitInversion), [] as [&str; 0]);
        assert_eq!(image(vec![entry(), named(None)]).says(&BodyLimitInversion), [] as [&str; 0]);
    }

    #[test]
    fn what_leads_elsewhere_stays_silent() {
        let scope = with_default(location("/", &[("proxy_pass", "http://other:8000".into())]));
        assert_eq!(image(vec![scope]).says(&BodyLimitInversion), [] as [&str; 0]);
    }
}

use imgscan_model::{Finding, Scope, Server};

use crate::Facts;
use crate::draft::listed;
use crate::nginx::{is_own, nginxes, parent, place, rows};

rule! {
    /// ## What it finds
    ///
    /// `add_header` or `proxy_set_header` in an inner block discards those of the outer block.
    ///
    /// ## Why it matters
    ///
    /// nginx inherits these lists only where the inner level has none of its own. One `add_header Cache-Control` in a
    /// location takes the server's security headers away there; one `proxy_set_header` takes `Host` and
    /// `X-Forwarded-For` away.
    ///
    /// ## Example
    ///
    /// ```nginx
    /// add_header X-Frame-Options DENY;
    /// location /static/ { add_header Cache-Control "max-age=3600"; }
    /// ```
    ///
    /// ## How to fix
    ///
    /// Repeat the outer lines in the inner block (an `include` of a common file), or, since 1.29.3,
    /// `add_header_inherit merge;`.
    ///
    /// ## References
    ///
    /// - nystudio107/nginx-craft#20, getodk/central#303
    /// - [nginx: add_header](https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header)
    InheritedListDropped = "NGX011", "inherited-list-dropped", Medium, "An inner add_header or proxy_set_header discards the outer ones"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for server in nginxes(facts) {
        for scope in &server.scopes {
            for name in ["add_header", "proxy_set_header"] {
                findings.extend(finding(server, scope, name));
            }
        }
    }
    findings
}

fn finding(server: &Server, scope: &Scope, name: &str) -> Option<Finding> {
    let inner = scope.settings.get(name)?;
    let above = parent(server, scope)?;
    let outer = above.settings.get(name)?;
    if !is_own(server, scope, name, inner) {
        return None;
    }
    let header = |words: &Vec<&str>| words.first().map(|h| h.to_ascii_lowercase());
    let kept: Vec<String> = rows(inner.value().known()?).iter().filter_map(header).collect();
    let of_outer = rows(outer.value().known()?);
    let dropped: Vec<String> = of_outer
        .iter()
        .filter(|words| header(words).is_some_and(|h| !kept.contains(&h)))
        .filter_map(|words| Some(format!("`{}`", words.first()?)))
        .collect();
    if dropped.is_empty() {
        return None;
    }
    let draft = InheritedListDropped::META
        .finds(format!(
            "`{name}` in {} discards those of {}: {} {} missing there",
            place(scope),
            if place(above).is_empty() { "`http`".to_owned() } else { place(above) },
            listed(&dropped),
            if dropped.len() == 1 { "is" } else { "are" }
        ))
        .about(server)
        .setting(name)
        .at(inner.winner().origin(), "these replace the outer ones")
        .see(outer.winner().origin(), "discarded in the inner block")
        .help(format!("repeat {} in {}", listed(&dropped), place(scope)));
    Some(draft.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Image, location, ngx};
    use imgscan_model::{Data, Setting};

    fn lines(headers: &[&str]) -> Data {
        Data::List(headers.iter().map(|h| Data::List(vec![Data::from(*h), "x".into()])).collect())
    }

    fn image(outer: &[&str], inner: &[&str], inner_line: u32) -> Image {
        Image::nginx().with(|i| {
            let mut server = location("/", &[]);
            server.id = "http/server:0".into();
            server.path.pop();
            server.location = None;
            server.settings.insert("add_header".into(), Setting::new(ngx(lines(outer), 3), vec![]));
            let mut location = location("/static/", &[]);
            location
                .settings
                .insert("add_header".into(), Setting::new(ngx(lines(inner), inner_line), vec![]));
            i.servers[0].scopes = vec![server, location];
        })
    }

    #[test]
    fn headers_that_an_inner_list_discards_speak() {
        assert_eq!(
            image(&["X-Frame-Options", "Vary"], &["Cache-Control", "vary"], 7).says(&InheritedListDropped),
            [
                "`add_header` in `location /static/` of `server example.com` discards those of `server example.com`: \
              `X-Frame-Options` is missing there"
            ]
        );
    }

    #[test]
    fn an_inherited_list_and_one_that_repeats_all_stay_silent() {
        assert_eq!(image(&["Vary"], &["Vary"], 3).says(&InheritedListDropped), [] as [&str; 0]);
        assert_eq!(image(&["Vary"], &["Vary", "X-A"], 7).says(&InheritedListDropped), [] as [&str; 0]);
    }
}

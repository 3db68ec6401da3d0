use imgscan_model::{Confidence, Finding};

use crate::Facts;
use crate::address::{Address, all_listeners};
use crate::draft::listed;
use crate::nginx::{Pass, nginxes, passes};

rule! {
    /// ## What it finds
    ///
    /// nginx passes requests to an address inside the container on which no server of the image listens.
    ///
    /// ## Why it matters
    ///
    /// Every such request is answered with 502. The port was changed on one side, the socket's path differs, or the
    /// application server's `--bind` is replaced by a variable.
    ///
    /// ## Example
    ///
    /// ```nginx
    /// location / { proxy_pass http://127.0.0.1:8000; }
    /// ```
    ///
    /// with `gunicorn --bind 127.0.0.1:9000 app:application` beside it.
    ///
    /// ## How to fix
    ///
    /// Write the same address on both sides.
    ///
    /// ## References
    ///
    /// - [nginx: proxy_pass](https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass)
    UpstreamNobodyListens = "XSV001", "upstream-nobody-listens", High, "nginx passes requests to an address on which nobody in the image listens (502)"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    // A server of which nothing is known may be the one that listens.
    let Some(all) = all_listeners(facts) else { return Vec::new() };
    let mut findings: Vec<Finding> = Vec::new();
    for nginx in nginxes(facts) {
        for pass in passes(nginx) {
            let is_met = |to: &Address| all.iter().flat_map(|(_, on)| on).any(|on| to.reaches(on));
            let is_dead = !pass.addresses().is_empty()
                && pass.addresses().iter().all(|to| to.is_local() && !is_met(to));
            if is_dead {
                let finding = finding(&pass, &all);
                // A location and the `if` in it share one line.
                if !findings.iter().any(|f| f.labels.first() == finding.labels.first()) {
                    findings.push(finding);
                }
            }
        }
    }
    findings
}

fn finding(pass: &Pass<'_>, all: &[(&imgscan_model::Server, Vec<Address>)]) -> Finding {
    let others: Vec<_> = all.iter().filter(|(server, _)| server.name != "nginx").collect();
    let to: Vec<String> = pass.addresses().iter().map(|a| format!("`{a}`")).collect();
    let on: Vec<String> = others
        .iter()
        .flat_map(|(server, on)| on.iter().map(|a| format!("{} listens on `{a}`", server.name)))
        .collect();
    let but = if on.is_empty() {
        "and nobody in the image listens there".to_owned()
    } else {
        format!("but {}", listed(&on))
    };
    let mut draft = UpstreamNobodyListens::META
        .finds(format!("{} passes requests to {}, {but}: they end with 502", pass.place(), listed(&to)))
        .about(pass.server)
        .setting(pass.directive)
        .at(pass.origin, "nobody listens there");
    for (server, _) in &others {
        draft = draft.about(server);
        if let Some(bind) = server.settings.get("bind") {
            draft = draft.see(bind.winner().origin(), "listens here");
        }
    }
    // Containers of one pod share the loopback address; a socket may be mounted.
    let sure = if others.is_empty() { Confidence::Possible } else { Confidence::Likely };
    draft.at_most(sure).help("write the same address on both sides").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Image, flag, list, location, server, upstream};
    use imgscan_model::{Server, Setting};

    fn gunicorn(bind: &str) -> Server {
        let mut gunicorn = server("gunicorn", &["gunicorn"]);
        gunicorn.settings.insert("bind".into(), Setting::new(flag(list(bind), 1), vec![]));
        gunicorn
    }

    fn image(to: &str, bind: &str) -> Image {
        Image::nginx().with(|i| {
            i.servers[0].scopes.push(location("/", &[("proxy_pass", to.into())]));
            i.servers.push(gunicorn(bind));
        })
    }

    #[test]
    fn another_port_or_socket_speaks() {
        assert_eq!(
            image("http://127.0.0.1:8000", "127.0.0.1:9000").says(&UpstreamNobodyListens),
            [
                "`location /` of `server example.com` passes requests to `127.0.0.1:8000`, but gunicorn listens on \
              `127.0.0.1:9000`: they end with 502"
            ]
        );
        assert_eq!(image("http://unix:/a.sock:/x", "unix:/b.sock").findings(&UpstreamNobodyListens).len(), 1);
    }

    #[test]
    fn an_upstream_block_is_followed() {
        let mut dead = image("http://app/api/", "0.0.0.0:9000");
        dead.servers[0].scopes.push(upstream("app", &[&["127.0.0.1:8000", "weight=2"]], &[]));
        assert_eq!(dead.findings(&UpstreamNobodyListens).len(), 1);
        let mut half = image("http://app/api/", "0.0.0.0:9000");
        half.servers[0].scopes.push(upstream("app", &[&["127.0.0.1:8000"], &["127.0.0.1:9000"]], &[]));
        assert_eq!(half.says(&UpstreamNobodyListens), [] as [&str; 0]);
    }

    #[test]
    fn the_same_address_and_other_hosts_stay_silent() {
        for (to, bind) in [
            ("http://127.0.0.1:8000", "0.0.0.0:8000"),
            ("http://localhost:8000/", "127.0.0.1:8000"),
            ("http://unix:/a.sock", "unix:/a.sock"),
            ("http://api.example.com", "127.0.0.1:8000"),
            ("http://$backend", "127.0.0.1:8000"),
        ] {
            assert_eq!(image(to, bind).says(&UpstreamNobodyListens), [] as [&str; 0], "{to}");
        }
    }

    #[test]
    fn beside_a_server_of_which_nothing_is_known_it_stays_silent() {
        let image = image("http://127.0.0.1:8000", "127.0.0.1:9000")
            .with(|i| i.servers.push(server("unknown", &["x"])));
        assert_eq!(image.says(&UpstreamNobodyListens), [] as [&str; 0]);
    }

    #[test]
    fn with_nginx_alone_it_is_possible_only() {
        let image = image("http://127.0.0.1:8000", "x").with(|i| i.servers.truncate(1));
        assert_eq!(image.findings(&UpstreamNobodyListens)[0].confidence, Confidence::Possible);
    }
}

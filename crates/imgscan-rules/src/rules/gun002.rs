use imgscan_model::{Confidence, Data, Finding, Server, Source};

use crate::Facts;
use crate::draft::{gunicorns, refuses, serving, started_at, who};

rule! {
    /// ## What it finds
    ///
    /// gunicorn listens on the loopback address alone, in an image that exposes a port.
    ///
    /// ## Why it matters
    ///
    /// `127.0.0.1` in a container is the container itself: nothing outside reaches the server, and a published port
    /// answers with a reset. gunicorn's own default is `127.0.0.1:8000`, so that forgetting `--bind` is enough.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// EXPOSE 8000
    /// CMD ["gunicorn", "app:application"]
    /// ```
    ///
    /// ## How to fix
    ///
    /// `--bind 0.0.0.0:8000`.
    ///
    /// ## References
    ///
    /// - [gunicorn: `bind`](https://docs.gunicorn.org/en/stable/settings.html#bind)
    LoopbackBind = "GUN002", "loopback-bind", High, "gunicorn listens on the loopback address only in an image that exposes a port"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    // Another server in front of it may be the one that is exposed.
    let is_alone = serving(facts).all(|s| s.name == "gunicorn");
    if facts.config.exposed_ports.is_empty() || !is_alone || gunicorns(facts).any(refuses) {
        return Vec::new();
    }
    // One of several gunicorns that listens to the outside is the one that is exposed.
    let all: Vec<(&Server, Vec<&str>)> = gunicorns(facts).filter_map(|s| Some((s, binds(s)?))).collect();
    if all.len() != gunicorns(facts).count()
        || !all.iter().flat_map(|(_, binds)| binds).all(|b| is_loopback(b))
    {
        return Vec::new();
    }
    all.into_iter().filter_map(|(server, binds)| finding(facts, server, &binds)).collect()
}

fn finding(facts: &Facts<'_>, server: &Server, binds: &[&str]) -> Option<Finding> {
    let setting = server.settings.get("bind")?;
    let winner = setting.winner();
    let address = binds.first()?;
    let port = address.rsplit_once(':').map_or("8000", |(_, port)| port);
    let exposed = facts.config.exposed_ports.join(", ");
    let by_default = winner.source == Source::Default;
    let whose = if by_default { "nobody sets `bind`".to_owned() } else { format!("{} sets it", who(winner)) };
    let draft = LoopbackBind::META
        .finds(format!(
            "gunicorn listens on `{}` ({whose}), but the image exposes {exposed}",
            binds.join("`, `")
        ))
        .about(server)
        .setting("bind");
    let draft = match started_at(server).filter(|_| by_default) {
        Some(start) => draft.at(&start, "no `--bind` here"),
        None => draft.at(winner.origin(), "reaches nobody outside the container"),
    };
    let mut draft = draft
        .see(&facts.config.field("ExposedPorts", "EXPOSE"), "exposed here")
        .help(format!("bind to all addresses: --bind 0.0.0.0:{port}"));
    if by_default {
        // A platform that sets `PORT` moves the default to all addresses.
        draft = draft.at_most(Confidence::Likely);
    }
    Some(draft.into())
}

/// The addresses, if all are known and there are any.
fn binds(server: &Server) -> Option<Vec<&str>> {
    let binds: Vec<&str> = match server.settings.get("bind")?.value().known()? {
        Data::Str(one) => vec![one],
        Data::List(all) => all.iter().map(Data::as_str).collect::<Option<_>>()?,
        _ => return None,
    };
    (!binds.is_empty()).then_some(binds)
}

fn is_loopback(bind: &str) -> bool {
    let bind = bind.strip_prefix("tcp://").unwrap_or(bind);
    let host = bind.rsplit_once(':').map_or(bind, |(host, _)| host).trim_matches(['[', ']']);
    host.eq_ignore_ascii_case("localhost") || host == "::1" || host.starts_with("127.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Image, data, default, flag, in_file, list, server};

    fn exposed() -> Image {
        Image::gunicorn().with(|i| i.config.exposed_ports.push("8000/tcp".into()))
    }

    #[test]
    fn the_default_in_an_image_that_exposes_a_port_speaks() {
        let image = exposed().set("bind", default(list("127.0.0.1:8000")), vec![]);
        let findings = image.findings(&LoopbackBind);
        assert_eq!(
            findings[0].message,
            "gunicorn listens on `127.0.0.1:8000` (nobody sets `bind`), but the image exposes 8000/tcp"
        );
        assert_eq!(findings[0].help.as_deref(), Some("bind to all addresses: --bind 0.0.0.0:8000"));
        assert_eq!(findings[0].confidence, Confidence::Likely);
    }

    #[test]
    fn every_way_to_write_loopback_speaks() {
        for bind in ["localhost:80", "127.0.1.1:80", "[::1]:80", "tcp://127.0.0.1:80"] {
            let image = exposed().set("bind", flag(list(bind), 2), vec![]);
            assert_eq!(image.findings(&LoopbackBind).len(), 1, "{bind}");
        }
    }

    #[test]
    fn other_addresses_stay_silent() {
        for bind in ["0.0.0.0:80", ":80", "[::]:80", "unix:/run/g.sock", "10.0.0.1:80", "fd://3", "app:80"] {
            let image = exposed().set("bind", flag(list(bind), 2), vec![]);
            assert_eq!(image.says(&LoopbackBind), [] as [&str; 0], "{bind}");
        }
        let both = Data::List(vec!["127.0.0.1:80".into(), "0.0.0.0:81".into()]);
        assert_eq!(exposed().set("bind", flag(both, 2), vec![]).says(&LoopbackBind), [] as [&str; 0]);
    }

    #[test]
    fn behind_another_server_and_without_an_exposed_port_it_stays_silent() {
        let behind = exposed()
            .set("bind", data(Source::File, list("127.0.0.1:80"), in_file("/g.py", Some(1))), vec![])
            .with(|i| i.servers.push(server("nginx", &["nginx"])));
        assert_eq!(behind.says(&LoopbackBind), [] as [&str; 0]);
        let hidden = Image::gunicorn().set("bind", default(list("127.0.0.1:8000")), vec![]);
        assert_eq!(hidden.says(&LoopbackBind), [] as [&str; 0]);
    }
}

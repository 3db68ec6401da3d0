use imgscan_model::Finding;

use crate::Facts;
use crate::address::{Address, all_listeners};
use crate::draft::listed;

rule! {
    /// ## What it finds
    ///
    /// `EXPOSE` names no port on which a server of the image listens.
    ///
    /// ## Why it matters
    ///
    /// `EXPOSE` opens nothing, but people and tools take the port from it (`docker run -P`, platforms, service
    /// definitions). Often it comes from a base image whose server is not the one that runs.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// EXPOSE 80
    /// CMD ["gunicorn", "--bind", "0.0.0.0:8000", "app:application"]
    /// ```
    ///
    /// ## How to fix
    ///
    /// Expose the port that is listened on.
    ///
    /// ## References
    ///
    /// - [Dockerfile: EXPOSE](https://docs.docker.com/reference/dockerfile/#expose)
    ExposeMismatch = "IMG007", "expose-mismatch", Low, "EXPOSE names no port that a process listens on"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let exposed: Vec<(u16, u16)> = facts.config.exposed_ports.iter().filter_map(|e| ports(e)).collect();
    let Some(all) = all_listeners(facts) else { return Vec::new() };
    let open = |address: &Address| match address {
        Address::Tcp(_, port) => Some(*port),
        Address::Unix(_) => None,
    };
    let listening: Vec<u16> = all.iter().flat_map(|(_, addresses)| addresses).filter_map(open).collect();
    let is_met = |(from, to): &(u16, u16)| listening.iter().any(|port| (from..=to).contains(&port));
    if exposed.is_empty()
        || exposed.len() < facts.config.exposed_ports.len()
        || listening.is_empty()
        || exposed.iter().any(is_met)
    {
        return Vec::new();
    }
    let names: Vec<String> = all
        .iter()
        .flat_map(|(server, addresses)| addresses.iter().map(|a| format!("{} on `{a}`", server.name)))
        .collect();
    let first = listening.first().copied().unwrap_or_default();
    let exposed = facts.config.exposed_ports.join(", ");
    let draft = ExposeMismatch::META
        .finds(format!("the image exposes {exposed}, but its servers listen elsewhere: {}", listed(&names)))
        .at(&facts.config.field("ExposedPorts", "EXPOSE"), "nobody listens there")
        .help(format!("write in the Dockerfile: EXPOSE {first}"));
    let draft = all.iter().fold(draft, |draft, (server, _)| draft.about(server));
    vec![draft.into()]
}

/// The TCP ports of an entry such as `8000/tcp`, `80`, `3000-3010/tcp`; `None` for other protocols.
fn ports(entry: &str) -> Option<(u16, u16)> {
    let (ports, protocol) = entry.split_once('/').unwrap_or((entry, "tcp"));
    let (from, to) = ports.split_once('-').unwrap_or((ports, ports));
    (protocol == "tcp").then_some((from.parse().ok()?, to.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Image, flag, list, server};

    fn image(exposed: &[&str], bind: &str) -> Image {
        Image::gunicorn()
            .set("bind", flag(list(bind), 2), vec![])
            .with(|i| i.config.exposed_ports = exposed.iter().map(|e| (*e).to_owned()).collect())
    }

    #[test]
    fn a_port_on_which_nobody_listens_speaks() {
        assert_eq!(
            image(&["80/tcp"], "0.0.0.0:8000").says(&ExposeMismatch),
            ["the image exposes 80/tcp, but its servers listen elsewhere: gunicorn on `0.0.0.0:8000`"]
        );
    }

    #[test]
    fn one_port_that_is_met_is_enough() {
        for exposed in [&["80/tcp", "8000/tcp"][..], &["7000-9000/tcp"], &["8000"], &[]] {
            assert_eq!(image(exposed, "0.0.0.0:8000").says(&ExposeMismatch), [] as [&str; 0], "{exposed:?}");
        }
    }

    #[test]
    fn what_is_not_known_stays_silent() {
        let other = image(&["80/tcp"], "0.0.0.0:8000").with(|i| i.servers.push(server("unknown", &["x"])));
        assert_eq!(other.says(&ExposeMismatch), [] as [&str; 0]);
        assert_eq!(image(&["80/tcp"], "unix:/run/g.sock").says(&ExposeMismatch), [] as [&str; 0]);
        assert_eq!(image(&["80/udp"], "0.0.0.0:8000").says(&ExposeMismatch), [] as [&str; 0]);
        assert_eq!(image(&["80/tcp"], "fd://3").says(&ExposeMismatch), [] as [&str; 0]);
    }
}

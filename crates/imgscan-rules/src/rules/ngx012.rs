use imgscan_model::{Data, Finding, Pid1Role, Server, Source};

use crate::Facts;
use crate::nginx::nginxes;

rule! {
    /// ## What it finds
    ///
    /// nginx is what the container waits for, and it would put itself into the background.
    ///
    /// ## Why it matters
    ///
    /// With `daemon on`, the default, nginx forks and its first process ends: the container ends with it, at once and
    /// with status 0.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// CMD ["nginx"]
    /// ```
    ///
    /// ## How to fix
    ///
    /// `CMD ["nginx", "-g", "daemon off;"]`, or `daemon off;` in `nginx.conf` (not both: that is a duplicate).
    ///
    /// ## References
    ///
    /// - [nginx: daemon](https://nginx.org/en/docs/ngx_core_module.html#daemon)
    Daemonizes = "NGX012", "daemonizes", High, "nginx goes into the background, and the container ends"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    nginxes(facts).filter_map(finding).collect()
}

fn finding(server: &Server) -> Option<Finding> {
    let setting = server.settings.get("daemon")?;
    let is_waited_for = matches!(server.process.pid1.role, Pid1Role::Server | Pid1Role::Init);
    if !is_waited_for || setting.value().known() != Some(&Data::Bool(true)) {
        return None;
    }
    let by_default = setting.winner().source == Source::Default;
    let who = if by_default { "nobody sets `daemon off`" } else { "`daemon` is on" };
    let mut draft = Daemonizes::META
        .finds(format!("nginx goes into the background ({who}), and the container ends with it"))
        .about(server)
        .setting("daemon");
    if !by_default {
        draft = draft.at(setting.winner().origin(), "goes into the background");
    }
    if let Some(place) = server.process.argv.first().and_then(|word| word.whole()) {
        draft = if by_default {
            draft.at(&place.origin, "started here")
        } else {
            draft.see(&place.origin, "started here")
        };
    }
    let help = if by_default { "start it with: nginx -g 'daemon off;'" } else { "write `daemon off;` there" };
    Some(draft.help(help).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Image, default, ngx};

    #[test]
    fn the_default_and_daemon_on_speak() {
        assert_eq!(
            Image::nginx().set("daemon", default(true), vec![]).says(&Daemonizes),
            ["nginx goes into the background (nobody sets `daemon off`), and the container ends with it"]
        );
        assert_eq!(
            Image::nginx().set("daemon", ngx(true, 1), vec![]).says(&Daemonizes),
            ["nginx goes into the background (`daemon` is on), and the container ends with it"]
        );
    }

    #[test]
    fn in_the_foreground_and_below_a_script_that_goes_on_it_stays_silent() {
        assert_eq!(Image::nginx().set("daemon", ngx(false, 1), vec![]).says(&Daemonizes), [] as [&str; 0]);
        let script = Image::nginx()
            .set("daemon", default(true), vec![])
            .with(|i| i.servers[0].process.pid1.role = Pid1Role::Shell);
        assert_eq!(script.says(&Daemonizes), [] as [&str; 0]);
        assert_eq!(Image::nginx().says(&Daemonizes), [] as [&str; 0]);
    }
}

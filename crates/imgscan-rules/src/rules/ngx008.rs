use imgscan_model::{ConfigFileStatus, Finding, Server, StartStatus};

use crate::Facts;
use crate::nginx::nginxes;

rule! {
    /// ## What it finds
    ///
    /// A directive stands where nginx does not allow it, most often because its file is included at another level than
    /// was thought.
    ///
    /// ## Why it matters
    ///
    /// nginx refuses to start. Files in `conf.d` are included inside `http`: a `stream` or `events` block there, or a
    /// bare `location`, is an error.
    ///
    /// ## Example
    ///
    /// ```nginx
    /// # /etc/nginx/conf.d/app.conf
    /// location / { proxy_pass http://127.0.0.1:8000; }
    /// ```
    ///
    /// `"location" directive is not allowed here`
    ///
    /// ## How to fix
    ///
    /// Put the directive into the block that it belongs to, here a `server`, or include the file there.
    ///
    /// ## References
    ///
    /// - XTLS/Xray-examples#70, linuxserver/docker-nginx#87
    DirectiveWrongContext = "NGX008", "directive-wrong-context", High, "A directive stands where nginx does not allow it"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    nginxes(facts).filter_map(finding).collect()
}

fn finding(server: &Server) -> Option<Finding> {
    let message = server.start.message.as_deref().filter(|_| server.start.status == StartStatus::Fails)?;
    let (before, _) = message.split_once("\" directive is not allowed here")?;
    let directive = before.rsplit('"').next()?;
    let origin = server.start.origin.as_ref()?;
    let path = origin.path().unwrap_or("the command line");
    let loaded =
        server.config_files.iter().find(|f| &*f.path == path && f.status == ConfigFileStatus::Loaded);
    let by = loaded
        .and_then(|f| f.asked.as_deref())
        .map(|word| format!(", which `include {word}` brings in"))
        .unwrap_or_default();
    let draft = DirectiveWrongContext::META
        .finds(format!(
            "nginx refuses to start: `{directive}` is not allowed where it stands in `{path}`{by}"
        ))
        .about(server)
        .at(origin, "not allowed here")
        .help(format!("put `{directive}` into the block that it belongs to, or include the file there"));
    Some(draft.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Image, in_file};
    use imgscan_model::Start;

    const PATH: &str = "/etc/nginx/conf.d/app.conf";

    #[test]
    fn a_directive_at_the_wrong_level_speaks() {
        let image = Image::nginx()
            .config_file(PATH, ConfigFileStatus::Loaded, Some("/etc/nginx/conf.d/*.conf"))
            .with(|i| {
                let message = "\"location\" directive is not allowed here in /etc/nginx/conf.d/app.conf:1";
                i.servers[0].start = Start::fails(message, Some(in_file(PATH, Some(1))));
            });
        assert_eq!(
            image.says(&DirectiveWrongContext),
            [
                "nginx refuses to start: `location` is not allowed where it stands in `/etc/nginx/conf.d/app.conf`, which \
              `include /etc/nginx/conf.d/*.conf` brings in"
            ]
        );
    }

    #[test]
    fn another_complaint_stays_silent() {
        let image = Image::nginx().with(|i| {
            i.servers[0].start =
                Start::fails("\"daemon\" directive is duplicate", Some(in_file(PATH, Some(1))));
        });
        assert_eq!(image.says(&DirectiveWrongContext), [] as [&str; 0]);
    }
}

use imgscan_model::{Confidence, ConfigFileStatus, Finding, Node, Server, path};

use crate::Facts;
use crate::nginx::{Template, is_written, nginxes, templates};

rule! {
    /// ## What it finds
    ///
    /// What the start renders from templates goes to a directory that nginx does not include, or that the container's
    /// user may not write to.
    ///
    /// ## Why it matters
    ///
    /// The official image's script says so on standard error and ends well: nginx starts with the files that are in
    /// the image.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// ENV NGINX_ENVSUBST_OUTPUT_DIR=/etc/nginx/rendered
    /// COPY app.conf.template /etc/nginx/templates/
    /// ```
    ///
    /// ## How to fix
    ///
    /// Include the directory in `nginx.conf`, or render to `/etc/nginx/conf.d`; give it to the user:
    /// `RUN chown -R 101 /etc/nginx/conf.d`.
    ///
    /// ## References
    ///
    /// - nginx/docker-nginx-unprivileged#76, nginx/docker-nginx-unprivileged#88, nginx/docker-nginx#745
    TemplateOutputUnusable = "NGX005", "template-output-unusable", High, "Rendered templates go where nginx does not read, or where they cannot be written"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for server in nginxes(facts) {
        let templates = templates(facts, server);
        let rendered = templates.iter().any(|t| is_written(server, &t.output));
        if rendered {
            findings.extend(templates.iter().filter_map(|t| not_included(facts, server, t)));
        } else {
            findings.extend(templates.first().and_then(|t| not_writable(facts, server, t)));
        }
    }
    findings
}

fn not_included(facts: &Facts<'_>, server: &Server, template: &Template) -> Option<Finding> {
    let output = server.process.files.resolve(&template.output).ok()?.path;
    let is_loaded =
        server.config_files.iter().any(|f| f.path == output && f.status == ConfigFileStatus::Loaded);
    if !is_written(server, &template.output) || is_loaded || server.config_files.is_empty() {
        return None;
    }
    let source = facts.files.entry(&template.path)?;
    let draft = TemplateOutputUnusable::META
        .finds(format!(
            "`{}` is rendered to `{}`, which nginx does not include",
            template.path, template.output
        ))
        .about(server)
        .at(&source.origin, "rendered for nobody")
        .help(format!("include it in `nginx.conf`: include {}/*.conf;", path::parent(&template.output)));
    Some(draft.into())
}

fn not_writable(facts: &Facts<'_>, server: &Server, template: &Template) -> Option<Finding> {
    let uid: u32 = server.process.user.known()?.split(':').next()?.parse().ok()?;
    let dir = facts.files.resolve(path::parent(&template.output)).ok()?;
    if uid == 0 || may_write(&dir, uid) {
        return None;
    }
    let draft = TemplateOutputUnusable::META
        .finds(format!(
            "user {uid} may not write to `{}` (mode {:o}, owner {}), so that `{}` is not rendered",
            dir.path, dir.mode, dir.uid, template.path
        ))
        .about(server)
        // The user's groups are not looked at.
        .at_most(Confidence::Likely)
        .at(&dir.origin, "not writable")
        .help(format!("give it to the user: RUN chown -R {uid} {}", dir.path));
    Some(draft.into())
}

fn may_write(dir: &Node, uid: u32) -> bool {
    let by_owner = dir.uid == uid && dir.mode & 0o200 != 0;
    let by_group = dir.mode & 0o020 != 0;
    by_owner || by_group || dir.mode & 0o002 != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Image, cmd, in_file};
    use crate::nginx::RENDERER;
    use imgscan_model::testing::MemoryFiles;
    use imgscan_model::{StartFiles, Text};

    fn image(written: bool) -> Image {
        let files = MemoryFiles::new()
            .executable(RENDERER, "#!/bin/sh\n")
            .dir("/etc/nginx/conf.d")
            .file("/etc/nginx/templates/app.conf.template", "");
        let mut started = StartFiles::over(files.clone().shared());
        if written {
            let by = in_file(RENDERER, None);
            started.write("/etc/nginx/conf.d/app.conf", Text::new("", by.clone()), 0o644, by);
        }
        let mut image = Image::nginx().config_file("/etc/nginx/nginx.conf", ConfigFileStatus::Loaded, None);
        image.files = files;
        image.servers[0].process.files = std::sync::Arc::new(started);
        image
    }

    #[test]
    fn an_output_that_is_not_included_speaks() {
        assert_eq!(
            image(true).says(&TemplateOutputUnusable),
            [
                "`/etc/nginx/templates/app.conf.template` is rendered to `/etc/nginx/conf.d/app.conf`, which nginx does not \
              include"
            ]
        );
        let included = image(true).config_file(
            "/etc/nginx/conf.d/app.conf",
            ConfigFileStatus::Loaded,
            Some("conf.d/*.conf"),
        );
        assert_eq!(included.says(&TemplateOutputUnusable), [] as [&str; 0]);
    }

    #[test]
    fn a_directory_that_may_not_be_written_speaks() {
        let by = |user: &str, owner: u32| {
            let mut image = image(false);
            image.files = image.files.owned_by("/etc/nginx/conf.d", owner, owner);
            image.servers[0].process.user = Text::new(user, cmd(0));
            image.says(&TemplateOutputUnusable)
        };
        assert_eq!(
            by("101", 0),
            ["user 101 may not write to `/etc/nginx/conf.d` (mode 755, owner 0), so that \
              `/etc/nginx/templates/app.conf.template` is not rendered"]
        );
        assert_eq!(by("101", 101), [] as [&str; 0]);
        assert_eq!(by("", 0), [] as [&str; 0]);
        assert_eq!(by("nginx", 0), [] as [&str; 0]);
    }
}

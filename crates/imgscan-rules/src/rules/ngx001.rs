use imgscan_model::{Finding, Origin, Server, path};

use crate::Facts;
use crate::command;
use crate::nginx::{RENDERER, is_written, nginxes, templates};

rule! {
    /// ## What it finds
    ///
    /// Templates stand where the official image's start-up renders them, and this start renders none.
    ///
    /// ## Why it matters
    ///
    /// The entrypoint of the official image runs its scripts only when the command is literally `nginx` or
    /// `nginx-debug`. With `sh -c …`, `/usr/sbin/nginx` or an `ENTRYPOINT` of one's own nginx starts with the packaged
    /// files, and says nothing.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// FROM nginx
    /// COPY default.conf.template /etc/nginx/templates/
    /// CMD ["sh", "-c", "nginx -g 'daemon off;'"]
    /// ```
    ///
    /// ## How to fix
    ///
    /// Leave `ENTRYPOINT` alone and let `CMD` begin with `nginx`: `CMD ["nginx", "-g", "daemon off;"]`.
    ///
    /// ## References
    ///
    /// - nginx/docker-nginx#887, nginx/docker-nginx#796
    TemplatesSkipped = "NGX001", "templates-skipped", High, "Templates exist but the start does not render them"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    nginxes(facts).filter_map(|server| finding(facts, server)).collect()
}

fn finding(facts: &Facts<'_>, server: &Server) -> Option<Finding> {
    let templates = templates(facts, server);
    let first = templates.first()?;
    if templates.iter().any(|t| is_written(server, &t.output)) {
        return None;
    }
    let why = why(facts)?;
    let others = match templates.len() - 1 {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    let index = facts.config.entrypoint.as_ref().map_or(0, Vec::len);
    let command: Origin = match facts.argv.get(index).and_then(|word| word.whole()) {
        Some(place) => place.origin,
        None => Origin::ImageCmd { index: 0, chars: None, instruction: facts.config.cmd_instruction.clone() },
    };
    let node = facts.files.entry(&first.path)?;
    let draft = TemplatesSkipped::META
        .finds(format!("`{}`{others} is not rendered: {why}", first.path))
        .about(server)
        .at(&node.origin, "not rendered")
        .see(&command, "started here")
        .help("leave ENTRYPOINT alone and begin CMD with `nginx`: CMD [\"nginx\", \"-g\", \"daemon off;\"]");
    Some(draft.into())
}

/// Why the official image's script does not render; `None` where no cause is seen.
fn why(facts: &Facts<'_>) -> Option<String> {
    let words: Vec<&str> = match facts.argv {
        [] => command::words(facts.config).collect(),
        given => given.iter().map(|word| word.raw()).collect(),
    };
    let entrypoint = words.first().copied().unwrap_or_default();
    if path::name(entrypoint) != "docker-entrypoint.sh" {
        return Some(format!(
            "the container starts with `{entrypoint}`, not with the image's `/docker-entrypoint.sh`"
        ));
    }
    match words.get(1).copied() {
        Some("nginx" | "nginx-debug") => {}
        Some(word) => {
            return Some(format!("the entrypoint renders only for the command `nginx`, and it is `{word}`"));
        }
        None => {
            return Some("the entrypoint renders only for the command `nginx`, and there is none".to_owned());
        }
    }
    if facts.files.entry(RENDERER).is_some_and(|node| !node.is_executable()) {
        return Some(format!("`{RENDERER}` is not executable"));
    }
    let has_envsubst = command::search_path(facts.config)
        .iter()
        .any(|dir| !command::is_absent(facts.files, &path::join(dir, "envsubst")));
    (!has_envsubst).then(|| "the image has no `envsubst`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Image;
    use imgscan_model::testing::MemoryFiles;
    use imgscan_model::{StartFiles, Text};

    fn image(entrypoint: &str, cmd: &[&str]) -> Image {
        let mut image = Image::nginx();
        image.files = MemoryFiles::new()
            .executable(RENDERER, "#!/bin/sh\n")
            .program("/usr/bin/envsubst")
            .file("/etc/nginx/templates/default.conf.template", "server {}");
        image.config.entrypoint = Some(vec![entrypoint.to_owned()]);
        image.config.cmd = Some(cmd.iter().map(|w| (*w).to_owned()).collect());
        image
    }

    #[test]
    fn a_command_that_is_not_nginx_speaks() {
        assert_eq!(
            image("/docker-entrypoint.sh", &["sh", "-c", "nginx"]).says(&TemplatesSkipped),
            [
                "`/etc/nginx/templates/default.conf.template` is not rendered: the entrypoint renders only for the command \
              `nginx`, and it is `sh`"
            ]
        );
    }

    #[test]
    fn another_entrypoint_speaks() {
        assert_eq!(
            image("nginx", &["-g", "daemon off;"]).says(&TemplatesSkipped),
            [
                "`/etc/nginx/templates/default.conf.template` is not rendered: the container starts with `nginx`, not with the \
              image's `/docker-entrypoint.sh`"
            ]
        );
    }

    #[test]
    fn a_missing_envsubst_speaks() {
        let mut image = image("/docker-entrypoint.sh", &["nginx"]);
        image.files = MemoryFiles::new()
            .executable(RENDERER, "#!/bin/sh\n")
            .file("/etc/nginx/templates/a.template", "");
        assert_eq!(
            image.says(&TemplatesSkipped),
            ["`/etc/nginx/templates/a.template` is not rendered: the image has no `envsubst`"]
        );
    }

    #[test]
    fn what_is_rendered_and_an_image_without_the_script_stay_silent() {
        let mut rendered = image("/docker-entrypoint.sh", &["sh", "-c", "nginx"]);
        let mut files = StartFiles::over(rendered.files.clone().shared());
        let origin = crate::fixture::in_file("/docker-entrypoint.sh", None);
        files.write("/etc/nginx/conf.d/default.conf", Text::new("", origin.clone()), 0o644, origin);
        rendered.servers[0].process.files = std::sync::Arc::new(files);
        assert_eq!(rendered.says(&TemplatesSkipped), [] as [&str; 0]);
        let mut other = image("/docker-entrypoint.sh", &["sh"]);
        other.files = MemoryFiles::new().file("/etc/nginx/templates/default.conf.template", "");
        assert_eq!(other.says(&TemplatesSkipped), [] as [&str; 0]);
    }
}

use imgscan_model::{Finding, Magic, Node, path};

use crate::Facts;
use crate::command;
use crate::nginx::nginxes;

rule! {
    /// ## What it finds
    ///
    /// A file in `/docker-entrypoint.d` is passed over by the official image's entrypoint: it is not executable, or its
    /// name ends with neither `.sh` nor `.envsh`.
    ///
    /// ## Why it matters
    ///
    /// What the script was to prepare is not there, and the entrypoint says so in one line of a log that nobody reads.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// COPY 40-certificates.sh /docker-entrypoint.d/
    /// ```
    ///
    /// with a file of mode 644.
    ///
    /// ## How to fix
    ///
    /// `COPY --chmod=755 40-certificates.sh /docker-entrypoint.d/`.
    ///
    /// ## References
    ///
    /// - nginx/docker-nginx, `entrypoint/docker-entrypoint.sh`
    EntrypointScriptIgnored = "NGX013", "entrypoint-script-ignored", Medium, "A file in docker-entrypoint.d is passed over"
}

const DIR: &str = "/docker-entrypoint.d";

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let Some(server) = nginxes(facts).next() else { return Vec::new() };
    let first = match facts.argv.first() {
        Some(word) => Some(word.raw()),
        None => command::words(facts.config).next(),
    };
    if first.map(path::name) != Some("docker-entrypoint.sh") {
        return Vec::new();
    }
    let names = facts.files.list(DIR).unwrap_or_default();
    let nodes = names.iter().filter_map(|name| facts.files.resolve(&path::join(DIR, name)).ok());
    nodes
        .filter_map(|node| Some((fault(&node)?, node)))
        .map(|((why, help), node)| {
            EntrypointScriptIgnored::META
                .finds(format!("`{}` is passed over: {why}", node.path))
                .about(server)
                .at(&node.origin, "never run")
                .help(help)
                .into()
        })
        .collect()
}

/// Why the entrypoint passes a file over, and what to do; `None` where it does not, or where it is no script.
fn fault(node: &Node) -> Option<(String, String)> {
    let name = path::name(&node.path);
    let is_hook = name.ends_with(".sh") || name.ends_with(".envsh");
    if !node.is_file() || name.starts_with('.') {
        return None;
    }
    if is_hook {
        let why = format!("it is not executable (mode {:o})", node.mode);
        return (!node.is_executable())
            .then(|| (why, format!("make it executable: RUN chmod +x {}", node.path)));
    }
    let is_script = matches!(node.magic, Magic::Script(_));
    is_script.then(|| {
        let why = "its name ends with neither `.sh` nor `.envsh`".to_owned();
        (why, format!("rename it to `{name}.sh`"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Image;
    use imgscan_model::testing::MemoryFiles;

    fn image(entrypoint: &str, files: MemoryFiles) -> Image {
        let mut image = Image::nginx().with(|i| i.config.entrypoint = Some(vec![entrypoint.to_owned()]));
        image.files = files;
        image
    }

    #[test]
    fn scripts_that_are_passed_over_speak() {
        let files = MemoryFiles::new()
            .file("/docker-entrypoint.d/40-certs.sh", "#!/bin/sh\n")
            .executable("/docker-entrypoint.d/50-more", "#!/bin/sh\n");
        assert_eq!(
            image("/docker-entrypoint.sh", files).says(&EntrypointScriptIgnored),
            [
                "`/docker-entrypoint.d/40-certs.sh` is passed over: it is not executable (mode 644)",
                "`/docker-entrypoint.d/50-more` is passed over: its name ends with neither `.sh` nor `.envsh`",
            ]
        );
    }

    #[test]
    fn what_is_run_what_is_no_script_and_another_entrypoint_stay_silent() {
        let files = || {
            MemoryFiles::new()
                .executable("/docker-entrypoint.d/10.sh", "#!/bin/sh\n")
                .executable("/docker-entrypoint.d/15.envsh", "#!/bin/sh\n")
                .file("/docker-entrypoint.d/README", "read me")
                .file("/docker-entrypoint.d/.keep", "")
        };
        assert_eq!(image("/docker-entrypoint.sh", files()).says(&EntrypointScriptIgnored), [] as [&str; 0]);
        let other = image("/start.sh", files().file("/docker-entrypoint.d/x.sh", "#!/bin/sh\n"));
        assert_eq!(other.says(&EntrypointScriptIgnored), [] as [&str; 0]);
    }
}

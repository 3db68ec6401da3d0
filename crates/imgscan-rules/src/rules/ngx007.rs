use imgscan_model::{ConfigFileStatus, Finding};

use crate::Facts;
use crate::nginx::{is_glob, is_stock, nginxes};

rule! {
    /// ## What it finds
    ///
    /// An `include` with a pattern matches no file of the image.
    ///
    /// ## Why it matters
    ///
    /// nginx says nothing when a pattern matches nothing, so that a slip in a path goes unseen. Patterns of the
    /// packaged `nginx.conf` are no finding: they are there for whoever needs them.
    ///
    /// ## Example
    ///
    /// ```nginx
    /// include /etc/nginx/site-enabled/*.conf;
    /// ```
    ///
    /// ## How to fix
    ///
    /// Correct the path; if a mount brings the files, say so by giving the deployment file with `-f`.
    ///
    /// ## References
    ///
    /// - [nginx: include](https://nginx.org/en/docs/ngx_core_module.html#include)
    IncludeMatchesNothing = "NGX007", "include-matches-nothing", Low, "An include pattern matches no file of the image"
}

/// Patterns of packaged main files, which people copy with the rest: they are there for whoever needs them.
const PACKAGED: &[&str] = &[
    "/etc/nginx/modules-enabled/*.conf",
    "/etc/nginx/modules/*.conf",
    "/usr/share/nginx/modules/*.conf",
    "/etc/nginx/default.d/*.conf",
];

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for server in nginxes(facts) {
        for file in server.config_files.iter().filter(|f| f.status == ConfigFileStatus::Missing) {
            let Some(asked) = file.asked.as_deref().filter(|word| is_glob(word)) else { continue };
            let by = file.origin.as_ref().and_then(|o| o.path());
            if PACKAGED.contains(&asked) || by.is_some_and(|path| is_stock(facts.files, path)) {
                continue;
            }
            let mut draft = IncludeMatchesNothing::META
                .finds(format!("`include {asked}` matches no file of the image"))
                .about(server)
                .help("correct the path, or give the deployment file that mounts the files with `-f`");
            if let Some(origin) = &file.origin {
                draft = draft.at(origin, "matches nothing");
            }
            findings.push(draft.into());
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Image, in_file};
    use imgscan_model::testing::MemoryFiles;

    fn image(asked: &str, layer: u32) -> Image {
        let mut image = Image::nginx().config_file(asked, ConfigFileStatus::Missing, Some(asked));
        image.servers[0].config_files[0].origin = Some(in_file("/etc/nginx/nginx.conf", Some(30)));
        image.files = MemoryFiles::new()
            .layer(1, "RUN apt-get install nginx")
            .file("/etc/nginx/mime.types", "")
            .layer(layer, "COPY nginx.conf /etc/nginx/")
            .file("/etc/nginx/nginx.conf", "");
        image
    }

    #[test]
    fn a_pattern_of_ones_own_speaks() {
        assert_eq!(
            image("/etc/nginx/site-enabled/*.conf", 4).says(&IncludeMatchesNothing),
            ["`include /etc/nginx/site-enabled/*.conf` matches no file of the image"]
        );
    }

    #[test]
    fn a_packaged_pattern_and_a_plain_name_stay_silent() {
        assert_eq!(
            image("/etc/nginx/modules-enabled/*.conf", 1).says(&IncludeMatchesNothing),
            [] as [&str; 0]
        );
        assert_eq!(
            image("/etc/nginx/modules-enabled/*.conf", 4).says(&IncludeMatchesNothing),
            [] as [&str; 0]
        );
        assert_eq!(image("/etc/nginx/extra.conf", 4).says(&IncludeMatchesNothing), [] as [&str; 0]);
    }
}

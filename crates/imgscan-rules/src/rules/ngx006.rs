use imgscan_model::{ConfigFile, ConfigFileStatus, Finding, Server, path};

use crate::Facts;
use crate::nginx::{is_stock, nginxes};

rule! {
    /// ## What it finds
    ///
    /// A config file for nginx stands in the image, and no `include` that starts at `nginx.conf` reaches it.
    ///
    /// ## Why it matters
    ///
    /// Its servers and limits do not exist. The packaged `nginx.conf` includes `conf.d/*.conf`; a file without that
    /// ending, in a sub-directory, or in `sites-available` without a link is never read. A `nginx.conf` of one's own may
    /// include nothing at all.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// FROM nginx
    /// COPY app.conf /etc/nginx/sites-available/
    /// ```
    ///
    /// ## How to fix
    ///
    /// Move it to `/etc/nginx/conf.d/` with the ending `.conf`, or include it.
    ///
    /// ## References
    ///
    /// - nginx/docker-nginx#422, nginx/docker-nginx#580, nginx/docker-nginx#784
    FileNotIncluded = "NGX006", "file-not-included", High, "A config file of nginx is not reached from nginx.conf"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let is_loaded = |path: &str| {
        let files = facts.servers.iter().flat_map(|s| &s.config_files);
        files.into_iter().any(|f| &*f.path == path && f.status == ConfigFileStatus::Loaded)
    };
    let mut findings = Vec::new();
    for server in nginxes(facts) {
        let unread = server.config_files.iter().filter(|f| f.status == ConfigFileStatus::NotLoaded);
        // What came with the package and is not included is there to be taken.
        let unread = unread.filter(|f| !is_loaded(&f.path) && !is_stock(facts.files, &f.path));
        findings.extend(unread.map(|file| finding(server, file)));
    }
    findings
}

fn finding(server: &Server, file: &ConfigFile) -> Finding {
    let why = file.reason.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
    let mut asked: Vec<&str> = server
        .config_files
        .iter()
        .filter(|f| f.status == ConfigFileStatus::Loaded)
        .filter_map(|f| f.asked.as_deref())
        .filter(|word| word.contains('*'))
        .collect();
    asked.dedup();
    let includes = if asked.is_empty() || file.reason.is_some() {
        String::new()
    } else {
        format!(", which includes `{}`", asked.join("`, `"))
    };
    let mut draft = FileNotIncluded::META
        .finds(format!("`{}` is not read by nginx{includes}{why}", file.path))
        .about(server)
        .help(help(server, &file.path));
    if let Some(origin) = &file.origin {
        draft = draft.at(origin, "never read");
    }
    draft.into()
}

fn help(server: &Server, file: &str) -> String {
    let glob =
        server.config_files.iter().filter_map(|f| f.asked.as_deref()).find(|word| word.ends_with("/*.conf"));
    match glob.map(path::parent) {
        Some(dir) if path::parent(file).ends_with(dir) => {
            format!("give it the ending `.conf`: {}.conf", file.trim_end_matches(".conf"))
        }
        Some(dir) => format!("move it into `{dir}/`, or include it: include {file};"),
        None => format!("include it in `nginx.conf`: include {file};"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Image;
    use imgscan_model::testing::MemoryFiles;

    fn image(layer: u32) -> Image {
        let mut image = Image::nginx()
            .config_file("/etc/nginx/nginx.conf", ConfigFileStatus::Loaded, None)
            .config_file(
                "/etc/nginx/conf.d/a.conf",
                ConfigFileStatus::Loaded,
                Some("/etc/nginx/conf.d/*.conf"),
            )
            .config_file("/etc/nginx/sites-available/app", ConfigFileStatus::NotLoaded, None);
        image.files = MemoryFiles::new()
            .layer(1, "RUN apt-get install nginx")
            .file("/etc/nginx/mime.types", "")
            .layer(layer, "COPY app /etc/nginx/sites-available/")
            .file("/etc/nginx/sites-available/app", "");
        image
    }

    #[test]
    fn a_file_that_nothing_includes_speaks() {
        let findings = image(4).findings(&FileNotIncluded);
        assert_eq!(
            findings[0].message,
            "`/etc/nginx/sites-available/app` is not read by nginx, which includes `/etc/nginx/conf.d/*.conf`"
        );
        assert_eq!(
            findings[0].help.as_deref(),
            Some("move it into `/etc/nginx/conf.d/`, or include it: include /etc/nginx/sites-available/app;")
        );
    }

    #[test]
    fn a_packaged_file_of_a_tree_without_layers_stays_silent() {
        let list = "/.\n/etc/nginx/sites-available\n/etc/nginx/sites-available/app\n";
        let tree = |list: &str| {
            let mut image = image(4);
            image.files = MemoryFiles::new()
                .no_layer()
                .file("/etc/nginx/mime.types", "")
                .file("/etc/nginx/sites-available/app", "")
                .file("/var/lib/dpkg/info/nginx-common.list", list);
            image.says(&FileNotIncluded)
        };
        assert_eq!(tree(list), [] as [&str; 0]);
        assert_eq!(tree("/etc/nginx/sites-available\n").len(), 1);
    }

    #[test]
    fn a_packaged_file_stays_silent() {
        assert_eq!(image(1).says(&FileNotIncluded), [] as [&str; 0]);
    }
}

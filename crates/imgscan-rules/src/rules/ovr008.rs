use imgscan_model::{Confidence, ConfigFile, ConfigFileStatus, Finding, Server};

use crate::Facts;
use crate::command::volume;
use crate::draft::serving;

rule! {
    /// ## What it finds
    ///
    /// A config file of a server lies under a `VOLUME` of the image, or a mount hides it.
    ///
    /// ## Why it matters
    ///
    /// A volume that is kept from an earlier run hides what the new image has there, so that a change of the file does
    /// not arrive. In Kubernetes a mount on a directory hides all its files, not just those that it brings.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// COPY app.conf /etc/nginx/conf.d/
    /// VOLUME /etc/nginx/conf.d
    /// ```
    ///
    /// ## How to fix
    ///
    /// Keep config files out of volumes; mount a single file with `subPath`.
    ///
    /// ## References
    ///
    /// - [Docker: volumes](https://docs.docker.com/engine/storage/volumes/), [Kubernetes: subPath](https://kubernetes.io/docs/concepts/storage/volumes/#using-subpath)
    ConfigUnderMount = "OVR008", "config-under-mount", Medium, "Config file lies under a VOLUME or a mount"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for server in serving(facts) {
        findings.extend(server.config_files.iter().filter_map(|file| finding(facts, server, file)));
    }
    findings
}

fn finding(facts: &Facts<'_>, server: &Server, file: &ConfigFile) -> Option<Finding> {
    let path = &file.path;
    let draft = match file.status {
        ConfigFileStatus::Shadowed => ConfigUnderMount::META
            .finds(match &file.reason {
                Some(reason) => format!("`{path}` of the image is hidden: {reason}"),
                None => format!("`{path}` of the image is hidden by a mount"),
            })
            .about(server)
            .help("mount the single file with `subPath`, or put this file into what is mounted"),
        // What the start writes is written anew in the volume.
        ConfigFileStatus::Loaded if !file.generated => {
            let volume = volume(facts.config, path)?;
            ConfigUnderMount::META
                .finds(format!(
                    "`{path}` lies under `VOLUME {volume}`: a volume kept from an earlier run hides it"
                ))
                .about(server)
                .at_most(Confidence::Possible)
                .help(format!("put the file outside of `{volume}`"))
        }
        _ => return None,
    };
    Some(match &file.origin {
        Some(origin) => draft.at(origin, "may be hidden").into(),
        None => draft.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Image;

    fn image(status: ConfigFileStatus, volume: &str) -> Image {
        Image::gunicorn()
            .config_file("/app/conf/g.py", status, Some("g.py"))
            .with(|i| i.config.volumes.push(volume.to_owned()))
    }

    #[test]
    fn a_file_under_a_volume_or_a_mount_speaks() {
        assert_eq!(
            image(ConfigFileStatus::Loaded, "/app/conf").says(&ConfigUnderMount),
            ["`/app/conf/g.py` lies under `VOLUME /app/conf`: a volume kept from an earlier run hides it"]
        );
        assert_eq!(
            image(ConfigFileStatus::Shadowed, "/data").says(&ConfigUnderMount),
            ["`/app/conf/g.py` of the image is hidden by a mount"]
        );
    }

    #[test]
    fn beside_a_volume_unread_or_generated_it_stays_silent() {
        assert_eq!(image(ConfigFileStatus::Loaded, "/app/con").says(&ConfigUnderMount), [] as [&str; 0]);
        assert_eq!(image(ConfigFileStatus::NotLoaded, "/app").says(&ConfigUnderMount), [] as [&str; 0]);
        let written =
            image(ConfigFileStatus::Loaded, "/app").with(|i| i.servers[0].config_files[0].generated = true);
        assert_eq!(written.says(&ConfigUnderMount), [] as [&str; 0]);
    }
}

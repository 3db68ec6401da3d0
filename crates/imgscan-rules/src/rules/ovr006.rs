use imgscan_model::{Confidence, ConfigFile, ConfigFileStatus, Finding, Server, path};

use crate::Facts;
use crate::command::volume;
use crate::draft::{Draft, serving};
use crate::nginx::is_glob;

rule! {
    /// ## What it finds
    ///
    /// A process names a config file that the image does not have.
    ///
    /// ## Why it matters
    ///
    /// The server refuses to start (gunicorn: `Error: '/app/g.py' doesn't exist`), or starts without what the file
    /// was to say. Often the path is relative and `WORKDIR` is another than was thought, or a later layer has
    /// deleted the file.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// WORKDIR /app
    /// COPY conf /opt/conf
    /// CMD ["gunicorn", "-c", "conf/gunicorn.conf.py", "app:application"]
    /// ```
    ///
    /// gunicorn looks for `/app/conf/gunicorn.conf.py`.
    ///
    /// ## How to fix
    ///
    /// Copy the file to where it is named, or name it where it is. If a mount brings it, say so by giving the
    /// deployment file with `-f`.
    ///
    /// ## References
    ///
    /// - DiceNameIsMy/DRF-template#1
    ConfigMissing = "OVR006", "config-missing", High, "A process names a config file that the image lacks"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for server in serving(facts) {
        let missing = server.config_files.iter().filter(|f| f.status == ConfigFileStatus::Missing);
        // A pattern that matches nothing has a rule of its own.
        for file in missing.filter(|f| !f.asked.as_deref().is_some_and(is_glob)) {
            findings.push(finding(facts, server, file).into());
        }
    }
    findings
}

fn finding(facts: &Facts<'_>, server: &Server, file: &ConfigFile) -> Draft {
    let wanted = &*file.path;
    let named = match file.asked.as_deref() {
        Some(asked) if asked != wanted => format!("`{asked}`, which is `{wanted}`"),
        _ => format!("`{wanted}`"),
    };
    let deleted = deleted_by(facts, wanted);
    let fate = match &deleted {
        Some((layer, Some(instruction))) => format!("layer {layer} (`{instruction}`) deletes it"),
        Some((layer, None)) => format!("layer {layer} deletes it"),
        None => "the image has no such file".to_owned(),
    };
    let mut draft = ConfigMissing::META
        .finds(format!("{} is told to read {named}, but {fate}", server.name))
        .about(server);
    if let Some(origin) = &file.origin {
        draft = draft.at(origin, "named here");
    }
    if volume(facts.config, wanted).is_some() {
        // A volume may bring it.
        draft = draft.at_most(Confidence::Possible);
    }
    match twin(facts, wanted) {
        _ if deleted.is_some() => draft.help(format!("keep `{wanted}` in the image")),
        Some(twin) => draft.help(format!("did you mean `{twin}`?")),
        None => draft.help(format!("copy the file to `{wanted}`, or name it where it is")),
    }
}

/// The layer that deleted the file, with its instruction, where one did.
fn deleted_by(facts: &Facts<'_>, wanted: &str) -> Option<(u32, Option<String>)> {
    let versions = facts.files.versions(wanted);
    let last = versions.last().filter(|v| v.node.is_none())?;
    versions
        .iter()
        .any(|v| v.node.is_some())
        .then(|| (last.layer, last.instruction.as_deref().map(str::to_owned)))
}

/// The one file of the same name that stands elsewhere, where there is just one.
fn twin(facts: &Facts<'_>, wanted: &str) -> Option<String> {
    let mut twins = Vec::new();
    facts.files.for_each_named(&|name| name == path::name(wanted), &mut |node| {
        if node.is_file() {
            twins.push(node.path.to_string());
        }
    });
    match <[String; 1]>::try_from(twins) {
        Ok([twin]) => Some(twin),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Image;
    use imgscan_model::testing::MemoryFiles;

    fn missing() -> Image {
        Image::gunicorn().config_file("/app/conf/g.py", ConfigFileStatus::Missing, Some("conf/g.py"))
    }

    #[test]
    fn a_missing_file_speaks_and_its_twin_is_offered() {
        let mut image = missing();
        image.files = MemoryFiles::new().file("/opt/conf/g.py", "");
        let findings = image.findings(&ConfigMissing);
        assert_eq!(
            findings[0].message,
            "gunicorn is told to read `conf/g.py`, which is `/app/conf/g.py`, but the image has no such file"
        );
        assert_eq!(findings[0].help.as_deref(), Some("did you mean `/opt/conf/g.py`?"));
        assert_eq!(findings[0].confidence, Confidence::Certain);
    }

    #[test]
    fn under_a_volume_it_is_possible_only() {
        let image = missing().with(|i| i.config.volumes.push("/app/conf/".into()));
        assert_eq!(image.findings(&ConfigMissing)[0].confidence, Confidence::Possible);
        let image = missing().with(|i| i.config.volumes.push("/app/con".into()));
        assert_eq!(image.findings(&ConfigMissing)[0].confidence, Confidence::Certain);
    }

    #[test]
    fn a_file_that_is_there_stays_silent() {
        let image = Image::gunicorn()
            .config_file("/app/g.py", ConfigFileStatus::Loaded, Some("g.py"))
            .config_file("/opt/g.py", ConfigFileStatus::NotLoaded, None);
        assert_eq!(image.says(&ConfigMissing), [] as [&str; 0]);
    }
}

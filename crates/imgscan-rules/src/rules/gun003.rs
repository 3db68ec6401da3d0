use imgscan_model::{ConfigFileStatus, Finding};

use crate::Facts;
use crate::draft::gunicorns;

rule! {
    /// ## What it finds
    ///
    /// gunicorn loads `./gunicorn.conf.py` though nothing names it, because it stands in the working directory.
    ///
    /// ## Why it matters
    ///
    /// A file gets power over the server by its place alone. Another `WORKDIR`, or a `cd` in a start script, takes
    /// it away without a word; `--chdir` does not move the look-up, whatever it seems to say.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// WORKDIR /app
    /// COPY . .
    /// CMD ["gunicorn", "app:application"]
    /// ```
    ///
    /// with a `gunicorn.conf.py` in what is copied.
    ///
    /// ## How to fix
    ///
    /// Name it: `gunicorn -c /app/gunicorn.conf.py app:application`.
    ///
    /// ## References
    ///
    /// - benoitc/gunicorn#2408, benoitc/gunicorn#3237
    ConfigAutoloaded = "GUN003", "config-autoloaded", Info, "`./gunicorn.conf.py` is loaded though nobody asked"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for server in gunicorns(facts) {
        let unasked =
            |f: &&imgscan_model::ConfigFile| f.status == ConfigFileStatus::Loaded && f.asked.is_none();
        for file in server.config_files.iter().filter(unasked) {
            let path = &file.path;
            let message = match server.process.cwd_known() {
                Some(cwd) => format!("`{path}` is loaded only because gunicorn is started in `{cwd}`"),
                None => format!("`{path}` is loaded only because gunicorn is started in its directory"),
            };
            let mut draft = ConfigAutoloaded::META
                .finds(message)
                .about(server)
                .help(format!("name it: gunicorn -c {path}"));
            if let Some(origin) = &file.origin {
                draft = draft.at(origin, "nothing names it");
            }
            findings.push(draft.into());
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Image;

    #[test]
    fn a_file_that_nothing_names_speaks() {
        let image = Image::gunicorn().config_file("/app/gunicorn.conf.py", ConfigFileStatus::Loaded, None);
        assert_eq!(
            image.says(&ConfigAutoloaded),
            ["`/app/gunicorn.conf.py` is loaded only because gunicorn is started in `/app`"]
        );
    }

    #[test]
    fn a_file_that_is_named_stays_silent() {
        let image = Image::gunicorn()
            .config_file("/app/gunicorn.conf.py", ConfigFileStatus::Loaded, Some("gunicorn.conf.py"))
            .config_file("/opt/gunicorn.conf.py", ConfigFileStatus::NotLoaded, None);
        assert_eq!(image.says(&ConfigAutoloaded), [] as [&str; 0]);
    }
}

use imgscan_model::{Confidence, Finding, Origin, Server, Source};

use crate::Facts;
use crate::draft::gunicorns;
use crate::gunicorn::alias;
use crate::nearest::nearest;

rule! {
    /// ## What it finds
    ///
    /// A name in gunicorn's config file is nearly the name of a setting (another case, a flag's spelling, a slip of
    /// the pen, a setting of uvicorn) and is none.
    ///
    /// ## Why it matters
    ///
    /// gunicorn passes over names that it does not know without a word, in every version, and the test is made
    /// before the name is lowered: `WORKERS = 4` does nothing.
    ///
    /// ## Example
    ///
    /// ```python
    /// log_level = "debug"      # the setting is loglevel
    /// preload = True           # the setting is preload_app
    /// ```
    ///
    /// ## How to fix
    ///
    /// Rename it to the setting.
    ///
    /// ## References
    ///
    /// - gunicorn/app/base.py, `load_config_from_module_name_or_filename`: `if k not in self.cfg.settings: continue`
    /// - [gunicorn: settings](https://docs.gunicorn.org/en/stable/settings.html)
    UnknownSetting = "GUN001", "unknown-setting", High, "Name in the config file is no gunicorn setting and is ignored"
}

/// Names shorter than this are too near to too many others.
const LEAST: usize = 6;

/// What the dialect lists is no helper of the file: it looks like a setting and nothing else in the file uses it.
fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for server in gunicorns(facts) {
        for (name, origin) in &server.ignored_names {
            let meant = meant(server, name);
            if meant.is_some_and(|(setting, _)| is_set_in_file(server, setting, origin)) {
                // A variable on the way to the setting.
                continue;
            }
            let file = origin.path().unwrap_or("the config file");
            let version = server.version.as_deref().map(|v| format!(" {v}")).unwrap_or_default();
            let draft = UnknownSetting::META
                .finds(format!("`{name}` in `{file}` is no setting of gunicorn{version} and is ignored"))
                .about(server)
                .at(origin, "ignored");
            let draft = match meant {
                Some((setting, confidence)) => draft
                    .setting(setting)
                    .at_most(confidence)
                    .help(format!("the setting is called `{setting}`")),
                None => draft.at_most(Confidence::Likely).help(format!("take `{name}` out: it does nothing")),
            };
            findings.push(draft.into());
        }
    }
    findings
}

/// The setting that a name was meant to be, and how sure that is.
fn meant<'a>(server: &'a Server, name: &str) -> Option<(&'a str, Confidence)> {
    let known = || server.settings.keys().map(String::as_str);
    let lower = name.to_ascii_lowercase();
    if let Some(setting) = known().find(|k| *k == lower || Some(*k) == alias(&lower)) {
        return Some((setting, Confidence::Certain));
    }
    let reach = if lower.len() > 9 { 2 } else { 1 };
    let near = (lower.len() >= LEAST).then(|| nearest(&lower, known(), reach)).flatten()?;
    Some((near, Confidence::Likely))
}

/// Whether the file that holds `origin` sets the setting as well.
fn is_set_in_file(server: &Server, setting: &str, origin: &Origin) -> bool {
    let candidates = server.settings.get(setting).into_iter().flat_map(imgscan_model::Setting::candidates);
    candidates.into_iter().any(|c| c.source == Source::File && c.origin().path() == origin.path())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Image, default, file, in_file};

    fn ignoring(name: &str) -> Image {
        Image::gunicorn()
            .set("workers", default(1), vec![])
            .set("loglevel", default("info"), vec![])
            .set("keepalive", default(2), vec![])
            .set("graceful_timeout", default(30), vec![])
            .set("bind", default("127.0.0.1:8000"), vec![])
            .with(|i| {
                i.servers[0].ignored_names.push((name.into(), in_file("/app/gunicorn.conf.py", Some(4))))
            })
    }

    #[test]
    fn names_that_were_meant_to_be_settings_speak() {
        for (name, setting) in [
            ("WORKERS", "workers"),
            ("log_level", "loglevel"),
            ("timeout_keep_alive", "keepalive"),
            ("gracefull_timeout", "graceful_timeout"),
            ("worekrs", "workers"),
            ("port", "bind"),
        ] {
            let findings = ignoring(name).findings(&UnknownSetting);
            assert_eq!(findings.len(), 1, "{name}");
            assert_eq!(findings[0].setting.as_deref(), Some(setting), "{name}");
        }
        assert_eq!(
            ignoring("WORKERS").says(&UnknownSetting),
            ["`WORKERS` in `/app/gunicorn.conf.py` is no setting of gunicorn 20.1.0 and is ignored"]
        );
    }

    #[test]
    fn a_slip_of_the_pen_is_likely_only() {
        assert_eq!(ignoring("WORKERS").findings(&UnknownSetting)[0].confidence, Confidence::Certain);
        assert_eq!(ignoring("worekrs").findings(&UnknownSetting)[0].confidence, Confidence::Likely);
    }

    #[test]
    fn a_setting_of_another_server_or_version_speaks_without_a_name_to_use() {
        let findings = ignoring("proxy_headers").findings(&UnknownSetting);
        assert_eq!((findings[0].setting.as_deref(), findings[0].confidence), (None, Confidence::Likely));
        assert_eq!(findings[0].help.as_deref(), Some("take `proxy_headers` out: it does nothing"));
    }

    #[test]
    fn a_variable_on_the_way_to_the_setting_stays_silent() {
        let image = ignoring("log_level").set("loglevel", file("debug", 5), vec![default("info")]);
        assert_eq!(image.says(&UnknownSetting), [] as [&str; 0]);
    }
}

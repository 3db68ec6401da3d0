use std::collections::BTreeSet;

use imgscan_model::{Confidence, EnvVar, Finding, Launcher, Server};

use crate::Facts;
use crate::draft::{given_env, is_read, serving};
use crate::gunicorn::{alias, flag};
use crate::nearest::nearest;

rule! {
    /// ## What it finds
    ///
    /// A variable has a name of a family that servers know (`GUNICORN_…`, `UVICORN_…`, or nearly `WEB_CONCURRENCY`),
    /// and nothing that starts in this image reads it.
    ///
    /// ## Why it matters
    ///
    /// `GUNICORN_TIMEOUT=120` reads as if it set a timeout. gunicorn reads `GUNICORN_CMD_ARGS` and no other of the
    /// family; some images have a config file or a start script that reads more, and the habit travels to images
    /// that have none.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// ENV GUNICORN_TIMEOUT=120
    /// CMD ["gunicorn", "app:application"]
    /// ```
    ///
    /// The timeout is 30.
    ///
    /// ## How to fix
    ///
    /// Use the name that is read, here `ENV GUNICORN_CMD_ARGS="--timeout 120"`, or let the config file read it.
    ///
    /// ## References
    ///
    /// - [gunicorn: environment variables](https://docs.gunicorn.org/en/stable/configure.html)
    /// - tiangolo/uvicorn-gunicorn-machine-learning-docker#6
    EnvUnread = "OVR010", "env-unread", Medium, "Environment variable of a known family that nothing in the image reads"
}

/// Variables that gunicorn itself reads, any version (gunicorn/config.py, gunicorn/arbiter.py).
const OF_GUNICORN: [&str; 6] = [
    "GUNICORN_CMD_ARGS",
    "GUNICORN_FD",
    "GUNICORN_PID",
    "WEB_CONCURRENCY",
    "FORWARDED_ALLOW_IPS",
    "SENDFILE",
];

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let mut findings = Vec::new();
    for server in serving(facts) {
        for var in given_env(server).filter(|v| !is_read(facts, &v.name)) {
            let Some(help) = advice(server, var) else { continue };
            if !seen.insert(&var.name) {
                continue;
            }
            let readers = server.config_files.iter().map(|f| f.path.as_ref());
            let searched: Vec<&str> = std::iter::once(server.name.as_str()).chain(readers).collect();
            let mut draft = EnvUnread::META
                .finds(format!("`{}` is set and nothing reads it (asked: {})", var.name, searched.join(", ")))
                .about(server)
                .at_most(confidence(server))
                .help(help);
            if let Some(place) = var.value.whole() {
                draft = draft.at(&place.origin, "nothing reads this");
            }
            findings.push(draft.into());
        }
    }
    findings
}

/// The application may always read a variable; a script in between is one more reader that may have been missed.
fn confidence(server: &Server) -> Confidence {
    let through_script = server
        .process
        .launched_by
        .iter()
        .any(|s| matches!(s.launcher, Launcher::Script | Launcher::Supervisor));
    if through_script { Confidence::Possible } else { Confidence::Likely }
}

/// What to write instead, where the variable is of a family that this server knows.
fn advice(server: &Server, var: &EnvVar) -> Option<String> {
    let name = var.name.as_str();
    match server.name.as_str() {
        "gunicorn" if OF_GUNICORN.contains(&name) => None,
        "gunicorn" => gunicorn_advice(server, var),
        "uvicorn" => {
            let option = name.strip_prefix("UVICORN_")?.to_ascii_lowercase();
            let known = nearest(&option, server.settings.keys().map(String::as_str), 3)?;
            Some(format!("uvicorn reads `UVICORN_{}`", known.to_ascii_uppercase()))
        }
        _ => None,
    }
}

fn gunicorn_advice(server: &Server, var: &EnvVar) -> Option<String> {
    let name = var.name.as_str();
    if let Some(rest) = name.strip_prefix("GUNICORN_") {
        if let Some(real) = nearest(name, OF_GUNICORN.into_iter(), 2) {
            return Some(format!("did you mean `{real}`?"));
        }
        let rest = rest.to_ascii_lowercase();
        let setting = if server.settings.contains_key(&rest) { Some(rest.as_str()) } else { alias(&rest) };
        return Some(match (setting.and_then(flag), setting) {
            (Some(flag), _) => match var.value.known().filter(|_| !var.value.is_secret()) {
                Some(value) => format!("write it as: GUNICORN_CMD_ARGS=\"{flag} {value}\""),
                None => format!("put `{flag}` into `GUNICORN_CMD_ARGS`"),
            },
            (None, Some(setting)) => format!("set `{setting}` in the config file"),
            (None, None) => {
                "gunicorn reads `GUNICORN_CMD_ARGS` and no other variable of this family".to_owned()
            }
        });
    }
    let near = nearest(name, OF_GUNICORN.into_iter().filter(|n| n.len() > 12), 2)?;
    Some(format!("did you mean `{near}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Image, default, file, server};
    use imgscan_model::{LaunchStep, Origin};

    #[test]
    fn a_variable_that_looks_like_a_setting_speaks() {
        let image = Image::gunicorn().set("timeout", default(30), vec![]).env("GUNICORN_TIMEOUT", "120");
        let findings = image.findings(&EnvUnread);
        assert_eq!(findings[0].message, "`GUNICORN_TIMEOUT` is set and nothing reads it (asked: gunicorn)");
        assert_eq!(findings[0].help.as_deref(), Some("write it as: GUNICORN_CMD_ARGS=\"--timeout 120\""));
    }

    #[test]
    fn a_slip_of_the_pen_speaks() {
        let image = Image::gunicorn().env("WEB_CONCURENCY", "4").env("GUNICORN_CMD_ARG", "-w 4");
        let help: Vec<_> = image.findings(&EnvUnread).into_iter().filter_map(|f| f.help).collect();
        assert_eq!(help, ["did you mean `GUNICORN_CMD_ARGS`?", "did you mean `WEB_CONCURRENCY`?"]);
    }

    #[test]
    fn an_option_that_uvicorn_does_not_know_speaks() {
        let mut image = Image::empty();
        let mut uvicorn = server("uvicorn", &["uvicorn", "app:app"]);
        uvicorn.settings.insert("log_level".into(), imgscan_model::Setting::new(default("info"), vec![]));
        image.servers.push(uvicorn);
        let findings = image.env("UVICORN_LOGLEVEL", "debug").findings(&EnvUnread);
        assert_eq!(findings[0].help.as_deref(), Some("uvicorn reads `UVICORN_LOG_LEVEL`"));
    }

    #[test]
    fn a_variable_that_a_config_file_or_a_script_reads_stays_silent() {
        let mut computed = file(120, 3);
        computed.place.via.push(Origin::image_env("GUNICORN_TIMEOUT", "120", None));
        let image = Image::gunicorn()
            .set("timeout", computed, vec![])
            .env("GUNICORN_TIMEOUT", "120")
            .env("GUNICORN_WORKERS", "3")
            .env("GUNICORN_BIND", ":80")
            .with(|i| i.reads_env.push("GUNICORN_WORKERS".into()))
            .with(|i| i.servers[0].reads_env.push("GUNICORN_BIND".into()));
        assert_eq!(image.says(&EnvUnread), [] as [&str; 0]);
    }

    #[test]
    fn other_names_and_real_ones_stay_silent() {
        let image = Image::gunicorn()
            .env("TIMEOUT", "1")
            .env("WORKERS", "2")
            .env("GUNICORN_CMD_ARGS", "")
            .env("GUNICORN_FD", "3")
            .env("UVICORN_PORT", "80");
        assert_eq!(image.says(&EnvUnread), [] as [&str; 0]);
    }

    #[test]
    fn through_a_script_it_is_possible_only() {
        let mut image = Image::gunicorn().env("GUNICORN_TIMEOUT", "120");
        let step = LaunchStep {
            what: "exec gunicorn".into(),
            launcher: Launcher::Script,
            origin: crate::fixture::in_file("/entrypoint.sh", Some(3)),
        };
        image.servers[0].process.launched_by.push(step);
        assert_eq!(image.findings(&EnvUnread)[0].confidence, Confidence::Possible);
    }
}

use imgscan_model::{Data, Finding, Server, Source};

use crate::Facts;
use crate::draft::who;

rule! {
    /// ## What it finds
    ///
    /// An option of gunicorn that is for development is in effect: `reload`, `loglevel = "debug"`, `spew`,
    /// `check_config`, `print_config`.
    ///
    /// ## Why it matters
    ///
    /// `reload` watches every file of the application and restarts workers at a touch; `debug` writes
    /// the whole configuration to the log, `raw_env` with its credentials included; `check_config` and `print_config` end the container.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// ENV GUNICORN_CMD_ARGS="--reload"
    /// ```
    ///
    /// ## How to fix
    ///
    /// Give it in the development set-up only.
    ///
    /// ## References
    ///
    /// - [gunicorn: debugging](https://docs.gunicorn.org/en/stable/settings.html#debugging)
    DevelopmentOption = "GUN007", "development-option", Medium, "An option that is for development is in effect"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    // `check_config` ends the server, so those that end are looked at as well.
    for server in facts.servers.iter().filter(|s| s.name == "gunicorn") {
        for (name, value, does) in [
            ("check_config", Data::Bool(true), "checks its configuration and ends"),
            (
                "loglevel",
                Data::from("debug"),
                "writes its whole configuration to the log, `raw_env` included",
            ),
            ("print_config", Data::Bool(true), "prints its configuration and ends"),
            ("reload", Data::Bool(true), "watches the application's files and restarts workers"),
            ("spew", Data::Bool(true), "prints every line that it executes"),
        ] {
            findings.extend(finding(server, name, &value, does));
        }
    }
    findings
}

fn finding(server: &Server, name: &str, value: &Data, does: &str) -> Option<Finding> {
    let setting = server.settings.get(name)?;
    let winner = setting.winner();
    let is_it = match (setting.value().known()?, value) {
        (Data::Str(is), Data::Str(wanted)) => is.eq_ignore_ascii_case(wanted),
        (is, wanted) => is == wanted,
    };
    if !is_it || winner.source == Source::Default {
        return None;
    }
    let draft = DevelopmentOption::META
        .finds(format!("{} sets `{name}` to `{value}`: gunicorn {does}", who(winner)))
        .about(server)
        .setting(name)
        .at(winner.origin(), "for development")
        .help(format!("take `{name}` out of {}", who(winner)));
    Some(draft.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Image, args, default, file};

    #[test]
    fn options_for_development_speak() {
        let image =
            Image::gunicorn().set("reload", args(true), vec![]).set("loglevel", file("DEBUG", 3), vec![]);
        assert_eq!(
            image.says(&DevelopmentOption),
            [
                "`/app/gunicorn.conf.py` sets `loglevel` to `debug`: gunicorn writes its whole configuration to the log, \
                 `raw_env` included",
                "`GUNICORN_CMD_ARGS` sets `reload` to `True`: gunicorn watches the application's files and restarts \
                 workers",
            ]
        );
    }

    #[test]
    fn the_same_options_switched_off_stay_silent() {
        let image = Image::gunicorn()
            .set("reload", args(false), vec![])
            .set("loglevel", file("info", 3), vec![])
            .set("spew", default(false), vec![]);
        assert_eq!(image.says(&DevelopmentOption), [] as [&str; 0]);
    }
}

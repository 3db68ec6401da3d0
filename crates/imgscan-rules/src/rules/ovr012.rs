use imgscan_model::{Confidence, EnvVar, Finding, Server, Source, StartStatus};

use crate::Facts;
use crate::draft::{given_env, is_env, serving, shown, variable, variable_of};

rule! {
    /// ## What it finds
    ///
    /// An environment variable is set to the empty text, and the server takes that as a value.
    ///
    /// ## Why it matters
    ///
    /// `ENV X=`, or `X=${X}` in a deployment where `X` is not set, does not unset a variable. gunicorn evaluates
    /// `int(os.environ.get("WEB_CONCURRENCY", 1))` when it is imported: an empty `WEB_CONCURRENCY` ends every start
    /// with `ValueError: invalid literal for int() with base 10: ''`, even with `--workers` on the command line.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// ENV WEB_CONCURRENCY=
    /// CMD ["gunicorn", "-w", "2", "app:application"]
    /// ```
    ///
    /// ## How to fix
    ///
    /// Delete the variable, or give it a value.
    ///
    /// ## References
    ///
    /// - gunicorn/config.py, class `Workers`
    EmptyEnvIsSet = "OVR012", "empty-env-is-set", High, "Environment variable is empty and the server takes that as a value"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for server in serving(facts) {
        for var in given_env(server).filter(|v| v.value.known() == Some("")) {
            let Some((harm, confidence)) = harm(server, var) else { continue };
            let mut draft = EmptyEnvIsSet::META
                .finds(format!("`{}` is set to the empty text, and {harm}", var.name))
                .about(server)
                .at_most(confidence)
                .help(format!("delete `{}`, or give it a value", var.name));
            if let Some(place) = var.value.whole() {
                draft = draft.at(&place.origin, "set, and empty");
            }
            if let Some(origin) = server.start.origin.as_ref().filter(|o| variable_of(o).is_none()) {
                draft = draft.see(origin, "this fails");
            }
            findings.push(draft.into());
        }
    }
    findings
}

/// What the empty text does to the server, and how sure that is.
fn harm(server: &Server, var: &EnvVar) -> Option<(String, Confidence)> {
    let name = var.name.as_str();
    let fails = server.start.status == StartStatus::Fails;
    let complaint = server.start.message.as_deref().unwrap_or_default();
    if fails && server.start.origin.as_ref().and_then(variable_of) == Some(name) {
        return Some((format!("{} refuses to start: {complaint}", server.name), Confidence::Certain));
    }
    let takes = server.settings.iter().find(|(_, setting)| {
        let winner = setting.winner();
        let from_env = is_env(winner) || winner.source == Source::EnvDefault;
        from_env && variable(winner) == Some(name) && winner.source != Source::EnvArgs
    });
    if let Some((setting, winner)) = takes {
        let value = shown(winner.winner());
        return Some((format!("{} makes `{setting}` `{value}` of it", server.name), Confidence::Certain));
    }
    // A conversion in the config file: the complaint shows the empty text, not whose it is.
    let is_read = server.reads_env.iter().any(|n| n == name);
    (fails && is_read && complaint.ends_with("''"))
        .then(|| (format!("{} refuses to start: {complaint}", server.name), Confidence::Likely))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Image, data, in_file, list};
    use imgscan_model::{Origin, Start};

    const COMPLAINT: &str = "ValueError: invalid literal for int() with base 10: ''";

    #[test]
    fn an_empty_number_that_ends_the_start_speaks() {
        let image = Image::gunicorn().env("WEB_CONCURRENCY", "").with(|i| {
            i.servers[0].start = Start::fails(COMPLAINT, Some(Origin::image_env("WEB_CONCURRENCY", "", None)))
        });
        assert_eq!(
            image.says(&EmptyEnvIsSet),
            [
                "`WEB_CONCURRENCY` is set to the empty text, and gunicorn refuses to start: ValueError: invalid literal \
              for int() with base 10: ''"
            ]
        );
    }

    #[test]
    fn an_empty_port_that_is_taken_speaks() {
        let origin = Origin::image_env("PORT", "", None);
        let image = Image::gunicorn().env("PORT", "").set(
            "bind",
            data(Source::EnvDefault, list("0.0.0.0:"), origin),
            vec![],
        );
        assert_eq!(
            image.says(&EmptyEnvIsSet),
            ["`PORT` is set to the empty text, and gunicorn makes `bind` `['0.0.0.0:']` of it"]
        );
    }

    #[test]
    fn a_config_file_that_dies_of_it_is_likely() {
        let image = Image::gunicorn().env("TIMEOUT", "").with(|i| {
            i.servers[0].reads_env.push("TIMEOUT".into());
            i.servers[0].start = Start::fails(COMPLAINT, Some(in_file("/app/gunicorn.conf.py", Some(3))));
        });
        assert_eq!(image.findings(&EmptyEnvIsSet)[0].confidence, Confidence::Likely);
    }

    #[test]
    fn an_empty_variable_that_does_nothing_stays_silent() {
        let image = Image::gunicorn().env("GUNICORN_CMD_ARGS", "").env("PORT", "").set(
            "bind",
            crate::fixture::flag(list("0.0.0.0:80"), 1),
            vec![],
        );
        assert_eq!(image.says(&EmptyEnvIsSet), [] as [&str; 0]);
    }

    #[test]
    fn a_start_that_fails_of_something_else_stays_silent() {
        let image = Image::gunicorn()
            .env("TIMEOUT", "")
            .with(|i| i.servers[0].start = Start::fails("Error: No application module specified.", None));
        assert_eq!(image.says(&EmptyEnvIsSet), [] as [&str; 0]);
    }
}

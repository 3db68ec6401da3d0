use imgscan_model::{Finding, Source, Status};

use crate::Facts;
use crate::draft::{defeats, serving, shown, variable, who};

rule! {
    /// ## What it finds
    ///
    /// A variable such as `WEB_CONCURRENCY` or `PORT` is set, the server takes it as nothing but a default, and the
    /// config file or a flag sets the value.
    ///
    /// ## Why it matters
    ///
    /// Platforms document these variables as the way to size a server. With the value fixed elsewhere they do
    /// nothing, and nothing says so.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// ENV WEB_CONCURRENCY=8
    /// CMD ["gunicorn", "-c", "gunicorn.conf.py", "app:application"]
    /// ```
    ///
    /// with `workers = 4` in the file: gunicorn starts four workers.
    ///
    /// ## How to fix
    ///
    /// Let the file read the variable, `workers = int(os.environ.get("WEB_CONCURRENCY", 4))`, or drop the variable.
    ///
    /// ## References
    ///
    /// - benoitc/gunicorn#686, Kludex/uvicorn#466, IBM/mcp-context-forge#5947
    EnvDefaultIsDead = "OVR004", "env-default-is-dead", Medium, "Environment only supplies a default, and the value is set elsewhere"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for server in serving(facts) {
        for (name, setting) in &server.settings {
            let winner = setting.winner();
            let dead = setting
                .losers()
                .iter()
                .find(|c| c.source == Source::EnvDefault && c.status != Status::Invalid);
            let beaten = |dead: &&_| winner.source > Source::EnvDefault && defeats(winner, dead);
            let Some(dead) = dead.filter(beaten) else { continue };
            let Some(variable) = variable(dead) else { continue };
            let message = format!(
                "`{variable}` would set `{name}` to `{}`, but only as a default: {} sets it to `{}`",
                shown(dead),
                who(winner),
                shown(winner)
            );
            let help = match winner.source {
                Source::File => format!(
                    "read it in {}: `{name} = os.environ.get(\"{variable}\", …)`, or delete it",
                    who(winner)
                ),
                _ => format!(
                    "take `{name}` out of {} so that `{variable}` decides, or delete `{variable}`",
                    who(winner)
                ),
            };
            findings.push(
                EnvDefaultIsDead::META
                    .finds(message)
                    .about(server)
                    .setting(name)
                    .at(dead.origin(), "this has no effect")
                    .see(winner.origin(), "this wins")
                    .help(help)
                    .into(),
            );
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Image, data, default, env_default, file, flag, list};
    use imgscan_model::Origin;

    #[test]
    fn a_default_from_the_environment_under_a_file_speaks() {
        let image =
            Image::gunicorn().set("workers", file(4, 2), vec![env_default("WEB_CONCURRENCY", 8), default(1)]);
        assert_eq!(
            image.says(&EnvDefaultIsDead),
            [
                "`WEB_CONCURRENCY` would set `workers` to `8`, but only as a default: `/app/gunicorn.conf.py` sets it to `4`"
            ]
        );
    }

    #[test]
    fn a_file_or_a_flag_that_reads_the_variable_stays_silent() {
        let mut computed = file(2, 2);
        computed.place.via.push(Origin::image_env("WEB_CONCURRENCY", "8", None));
        let mut spliced = flag(list("0.0.0.0:80"), 2);
        spliced.place.via.push(Origin::image_env("PORT", "80", None));
        let image = Image::gunicorn().set("workers", computed, vec![env_default("WEB_CONCURRENCY", 8)]).set(
            "bind",
            spliced,
            vec![env_default("PORT", list("0.0.0.0:8080"))],
        );
        assert_eq!(image.says(&EnvDefaultIsDead), [] as [&str; 0]);
    }

    #[test]
    fn a_value_that_is_refused_is_left_to_its_own_rule() {
        let refused = env_default("WEB_CONCURRENCY", "").status(Status::Invalid);
        let image = Image::gunicorn().set("workers", flag(2, 1), vec![refused]);
        assert_eq!(image.says(&EnvDefaultIsDead), [] as [&str; 0]);
    }

    #[test]
    fn a_default_that_is_in_effect_stays_silent() {
        let origin = Origin::image_env("WEB_CONCURRENCY", "8", None);
        let live = data(Source::EnvDefault, 8, origin).status(Status::Effective);
        let image = Image::gunicorn().set("workers", live, vec![default(1)]);
        assert_eq!(image.says(&EnvDefaultIsDead), [] as [&str; 0]);
    }
}

use imgscan_model::{Finding, Source, Status};

use crate::Facts;
use crate::draft::{defeats, is_env, serving, shown, who};

rule! {
    /// ## What it finds
    ///
    /// An environment variable gives a setting a value, and a flag on the command line has already fixed it: the
    /// variable cannot take effect.
    ///
    /// ## Why it matters
    ///
    /// Variables are what people change when they deploy. Here they turn a knob that is not connected. The belief
    /// that `GUNICORN_CMD_ARGS` has the last word is wide-spread and wrong: gunicorn applies its command line after it.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// ENV GUNICORN_CMD_ARGS="--timeout 120"
    /// CMD ["gunicorn", "--timeout", "60", "app:application"]
    /// ```
    ///
    /// The timeout is 60, whatever the variable says.
    ///
    /// ## How to fix
    ///
    /// Take the flag out, so that the variable decides; or delete the variable.
    ///
    /// ## References
    ///
    /// - getredash/redash#4928
    /// - gunicorn/app/base.py, `Application.load_config`: "Lastly, update the configuration with any command line settings"
    FlagDefeatsEnv = "OVR003", "flag-defeats-env", Medium, "Environment setting cannot take effect, a flag already fixes it"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for server in serving(facts) {
        for (name, setting) in &server.settings {
            let winner = setting.winner();
            let env = setting.losers().iter().find(|c| is_env(c) && c.status == Status::Overridden);
            let Some(env) = env.filter(|env| winner.source == Source::Flag && defeats(winner, env)) else {
                continue;
            };
            let message = format!(
                "{} sets `{name}` to `{}`, which cannot take effect: a flag in {} sets it to `{}`",
                who(env),
                shown(env),
                who(winner),
                shown(winner)
            );
            findings.push(
                FlagDefeatsEnv::META
                    .finds(message)
                    .about(server)
                    .setting(name)
                    .at(env.origin(), "this has no effect")
                    .see(winner.origin(), "this wins")
                    .help(format!("take the flag out of {} so that {} decides", who(winner), who(env)))
                    .into(),
            );
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Image, args, default, file, flag};
    use imgscan_model::{Need, Origin, Value};

    #[test]
    fn a_flag_over_an_env_speaks() {
        let image = Image::gunicorn().set("timeout", flag(60, 2), vec![args(120), file(1, 1), default(30)]);
        assert_eq!(
            image.says(&FlagDefeatsEnv),
            [
                "`GUNICORN_CMD_ARGS` sets `timeout` to `120`, which cannot take effect: a flag in `CMD` sets it to `60`"
            ]
        );
    }

    #[test]
    fn a_flag_that_waits_for_the_run_time_defeats_the_env_as_well() {
        let mut nproc = flag(0, 2);
        nproc.value = Value::Symbolic { text: "$(nproc)".into(), needs: vec![Need::CpuCount] };
        let image = Image::gunicorn().set("workers", nproc, vec![args(3)]);
        assert_eq!(image.findings(&FlagDefeatsEnv).len(), 1);
    }

    #[test]
    fn equal_values_and_a_flag_that_takes_the_variable_stay_silent() {
        let mut spliced = flag(60, 2);
        spliced.place.via.push(Origin::image_env("GUNICORN_CMD_ARGS", "", None));
        let image = Image::gunicorn().set("timeout", flag(60, 2), vec![args(60)]).set(
            "workers",
            spliced,
            vec![args(61)],
        );
        assert_eq!(image.says(&FlagDefeatsEnv), [] as [&str; 0]);
    }
}

use imgscan_model::{Finding, Source, Status};

use crate::Facts;
use crate::draft::{defeats, is_env, serving, shown, who};

rule! {
    /// ## What it finds
    ///
    /// An environment variable gives a setting one value, the config file that the server loads gives it another,
    /// and the environment wins.
    ///
    /// ## Why it matters
    ///
    /// Who reads the file believes it. The variable stands elsewhere (in the Dockerfile, a platform's settings, a
    /// deployment), often written by somebody else, and a change of the file has no effect.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// ENV GUNICORN_CMD_ARGS="--workers=3"
    /// CMD ["gunicorn", "-c", "/app/gunicorn.conf.py", "app:application"]
    /// ```
    ///
    /// with `workers = 4` in the file: gunicorn starts three workers.
    ///
    /// ## How to fix
    ///
    /// Keep one of the two and delete the other. If the variable is meant to be a knob, let the file read it:
    /// `workers = int(os.environ.get("WORKERS", 4))`.
    ///
    /// ## References
    ///
    /// - [gunicorn: configuration overview](https://docs.gunicorn.org/en/stable/configure.html)
    /// - cloudfoundry/python-buildpack#114, apache/airflow#25665, Kong/kong#8419
    EnvOverridesFile = "OVR001", "env-overrides-file", Medium, "Environment replaces a value set in the config file"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for server in serving(facts) {
        for (name, setting) in &server.settings {
            let winner = setting.winner();
            let file =
                setting.losers().iter().find(|c| c.source == Source::File && c.status == Status::Overridden);
            let Some(file) = file.filter(|file| is_env(winner) && defeats(winner, file)) else { continue };
            let message = format!(
                "{} sets `{name}` to `{}`, but {} sets it to `{}` and wins",
                who(file),
                shown(file),
                who(winner),
                shown(winner)
            );
            findings.push(
                EnvOverridesFile::META
                    .finds(message)
                    .about(server)
                    .setting(name)
                    .at(winner.origin(), "this wins")
                    .see(file.origin(), "this has no effect")
                    .help(format!(
                        "keep one of the two: delete `{name}` from {} or from {}",
                        who(winner),
                        who(file)
                    ))
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

    #[test]
    fn an_env_over_a_file_speaks() {
        let image = Image::gunicorn().set("workers", args(3), vec![file(4, 2), default(1)]);
        assert_eq!(
            image.says(&EnvOverridesFile),
            [
                "`/app/gunicorn.conf.py` sets `workers` to `4`, but `GUNICORN_CMD_ARGS` sets it to `3` and wins"
            ]
        );
    }

    #[test]
    fn equal_values_stay_silent() {
        let image = Image::gunicorn().set("workers", args(4), vec![file(4, 2)]);
        assert_eq!(image.says(&EnvOverridesFile), [] as [&str; 0]);
    }

    #[test]
    fn a_flag_over_a_file_and_a_file_that_is_not_loaded_stay_silent() {
        let unread = file(4, 2).status(Status::NotLoaded);
        let image = Image::gunicorn().set("workers", flag(3, 1), vec![file(4, 2)]).set(
            "timeout",
            args(3),
            vec![unread],
        );
        assert_eq!(image.says(&EnvOverridesFile), [] as [&str; 0]);
    }
}

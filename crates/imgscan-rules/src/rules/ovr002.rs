use imgscan_model::{Finding, Source, Status};

use crate::Facts;
use crate::draft::{defeats, serving, shown, who};

rule! {
    /// ## What it finds
    ///
    /// A flag on the command line gives a setting one value, the config file that the server loads gives it another,
    /// and the flag wins.
    ///
    /// ## Why it matters
    ///
    /// Two places say different things about one setting. Who edits the file later sees no effect.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// CMD ["gunicorn", "-c", "gunicorn.conf.py", "--timeout", "60", "app:application"]
    /// ```
    ///
    /// with `timeout = 120` in the file: the timeout is 60.
    ///
    /// ## How to fix
    ///
    /// Move the flag's value into the file and take the flag out.
    ///
    /// ## References
    ///
    /// - [gunicorn: configuration overview](https://docs.gunicorn.org/en/stable/configure.html)
    FlagOverridesFile = "OVR002", "flag-overrides-file", Low, "Command-line flag replaces a value set in the config file"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for server in serving(facts) {
        for (name, setting) in &server.settings {
            let winner = setting.winner();
            let file =
                setting.losers().iter().find(|c| c.source == Source::File && c.status == Status::Overridden);
            let Some(file) = file.filter(|file| winner.source == Source::Flag && defeats(winner, file))
            else {
                continue;
            };
            let message = format!(
                "{} sets `{name}` to `{}`, but a flag in {} sets it to `{}` and wins",
                who(file),
                shown(file),
                who(winner),
                shown(winner)
            );
            findings.push(
                FlagOverridesFile::META
                    .finds(message)
                    .about(server)
                    .setting(name)
                    .at(winner.origin(), "this wins")
                    .see(file.origin(), "this has no effect")
                    .help(format!(
                        "set `{name}` in {} alone and take the flag out of {}",
                        who(file),
                        who(winner)
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
    fn a_flag_over_a_file_speaks() {
        let image = Image::gunicorn().set("timeout", flag(60, 3), vec![file(120, 2), default(30)]);
        assert_eq!(
            image.says(&FlagOverridesFile),
            ["`/app/gunicorn.conf.py` sets `timeout` to `120`, but a flag in `CMD` sets it to `60` and wins"]
        );
    }

    #[test]
    fn equal_values_and_an_env_over_a_file_stay_silent() {
        let image = Image::gunicorn().set("timeout", flag(60, 3), vec![file(60, 2)]).set(
            "workers",
            args(3),
            vec![file(4, 2)],
        );
        assert_eq!(image.says(&FlagOverridesFile), [] as [&str; 0]);
    }
}

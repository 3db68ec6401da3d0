use imgscan_model::{Finding, Origin};

use crate::Facts;
use crate::signals::deaf;

rule! {
    /// ## What it finds
    ///
    /// An entrypoint script starts the server as a child instead of replacing itself by it with `exec`.
    ///
    /// ## Why it matters
    ///
    /// The script's shell is the one that gets the stop signal, and it passes none on. The grace period runs out and
    /// the server is killed in the middle of its requests. A large project has had this bug twice, seven years apart.
    ///
    /// ## Example
    ///
    /// ```sh
    /// #!/bin/sh
    /// python manage.py migrate
    /// gunicorn app:application
    /// ```
    ///
    /// ## How to fix
    ///
    /// `exec gunicorn app:application` (or `exec "$@"`) as the last line.
    ///
    /// ## References
    ///
    /// - apache/superset#41172, apache/superset#8156, geopython/pygeoapi#544, alphagov/notifications-api#3996
    ScriptWithoutExec = "IMG002", "script-without-exec", High, "Entrypoint script starts the server without `exec`"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let scripts = deaf(facts).filter_map(|deaf| match deaf.origin {
        Origin::LayerFile { path, .. } => Some((path, deaf)),
        _ => None,
    });
    scripts
        .map(|(path, deaf)| {
            ScriptWithoutExec::META
                .finds(format!(
                    "a stop signal does not reach {}: in `{path}`, {}",
                    deaf.server.name, deaf.why
                ))
                .about(deaf.server)
                .at(deaf.origin, "started as a child")
                .help(help(facts))
                .into()
        })
        .collect()
}

fn help(facts: &Facts<'_>) -> &'static str {
    if facts.servers.len() > 1 {
        // One script can become one server alone.
        "start each in a container of its own, or let a supervisor start them that passes signals on"
    } else {
        "write `exec` in front of it"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Image, in_file};
    use imgscan_model::{LaunchStep, Launcher, Pid1, Pid1Role};

    fn through_a_script(role: Pid1Role, steps: &[Launcher]) -> Image {
        Image::gunicorn().with(|i| {
            let origin = in_file("/entrypoint.sh", Some(3));
            let process = &mut i.servers[0].process;
            process.pid1 = Pid1 {
                role,
                program: "/bin/sh".into(),
                signals_reach_server: Some(false),
                because: Some((
                    "`/bin/sh` starts `gunicorn` as a child and passes no signal on".into(),
                    origin.clone(),
                )),
            };
            process.launched_by.extend(steps.iter().map(|launcher| LaunchStep {
                what: "/entrypoint.sh".into(),
                launcher: *launcher,
                origin: origin.clone(),
            }));
        })
    }

    #[test]
    fn a_script_that_stays_speaks() {
        assert_eq!(
            through_a_script(Pid1Role::Shell, &[Launcher::Script]).says(&ScriptWithoutExec),
            [
                "a stop signal does not reach gunicorn: in `/entrypoint.sh`, `/bin/sh` starts `gunicorn` as a child and \
              passes no signal on"
            ]
        );
    }

    #[test]
    fn a_script_below_an_init_speaks_as_well() {
        let image = through_a_script(Pid1Role::Init, &[Launcher::Init, Launcher::Script, Launcher::Wrapper]);
        assert_eq!(image.findings(&ScriptWithoutExec).len(), 1);
    }

    #[test]
    fn an_init_that_drops_the_signal_itself_and_a_supervisor_stay_silent() {
        let init = through_a_script(Pid1Role::Init, &[Launcher::Script, Launcher::Init]);
        assert_eq!(init.says(&ScriptWithoutExec), [] as [&str; 0]);
        let supervisor = through_a_script(Pid1Role::Supervisor, &[Launcher::Script]);
        assert_eq!(supervisor.says(&ScriptWithoutExec), [] as [&str; 0]);
    }

    #[test]
    fn two_servers_of_one_line_are_one_finding() {
        let image = through_a_script(Pid1Role::Shell, &[Launcher::Script])
            .with(|i| i.servers.push(i.servers[0].clone()));
        let findings = image.findings(&ScriptWithoutExec);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].help.as_deref().is_some_and(|help| help.contains("supervisor")));
    }
}

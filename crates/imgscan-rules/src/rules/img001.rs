use imgscan_model::{Finding, Origin};

use crate::Facts;
use crate::signals::deaf;

rule! {
    /// ## What it finds
    ///
    /// The shell form of `CMD` or `ENTRYPOINT` (or `sh -c …`) leaves a shell as PID 1, with the server as its child: a
    /// stop signal reaches the shell and goes no further.
    ///
    /// ## Why it matters
    ///
    /// `docker stop` and Kubernetes send the signal to PID 1. The shell does nothing with it, the grace period runs
    /// out, and the server is killed in the middle of its requests. Whether the shell stays depends on which one
    /// `/bin/sh` is: dash (Debian, Ubuntu) stays, bash and busybox replace themselves by a last simple command. imgscan
    /// looks at the one in the image.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// CMD gunicorn --bind 0.0.0.0:$PORT app:application
    /// ```
    ///
    /// ## How to fix
    ///
    /// `CMD exec gunicorn --bind 0.0.0.0:$PORT app:application`, or the JSON form where no variable is needed.
    ///
    /// ## References
    ///
    /// - barrucadu/bookdb#61, steamcmd/api#50, mozilla/gcp-ingestion#164
    /// - [Dockerfile: shell and exec form](https://docs.docker.com/reference/dockerfile/#shell-and-exec-form)
    ShellKeepsPid1 = "IMG001", "shell-keeps-pid1", High, "Shell form keeps a shell as PID 1, signals do not reach the server"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    deaf(facts)
        .filter(|deaf| !matches!(deaf.origin, Origin::LayerFile { .. }))
        .map(|deaf| {
            let keyword = match deaf.origin {
                Origin::ImageEntrypoint { .. } => "ENTRYPOINT",
                _ => "CMD",
            };
            let mut draft = ShellKeepsPid1::META
                .finds(format!("a stop signal does not reach {}: {}", deaf.server.name, deaf.why))
                .about(deaf.server)
                .at(deaf.origin, "this shell stays");
            if let Some(text) = shell_text(facts, keyword) {
                draft = draft.help(format!("put `exec` in front of it: {keyword} exec {text}"));
            } else {
                draft = draft.help("put `exec` in front of the command");
            }
            draft.into()
        })
        .collect()
}

/// The text of a shell form, where it is one simple command on one line.
fn shell_text<'a>(facts: &Facts<'a>, keyword: &str) -> Option<&'a str> {
    let words = if keyword == "CMD" { &facts.config.cmd } else { &facts.config.entrypoint };
    let [_, _, text] = words.as_deref()? else { return None };
    (!text.contains(['\n', ';', '&', '|']) && !text.starts_with(['(', '{'])).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Image, cmd, in_file};
    use imgscan_model::{Pid1, Pid1Role};

    fn under_a_shell(signals: Option<bool>, origin: Origin) -> Image {
        Image::gunicorn().with(|i| {
            i.config.cmd = Some(
                ["/bin/sh", "-c", "gunicorn -b :${PORT:-80} app:application"].map(str::to_owned).to_vec(),
            );
            let why = "`/bin/sh` (dash) starts `gunicorn app:application` as a child and passes no signal on";
            i.servers[0].process.pid1 = Pid1 {
                role: Pid1Role::Shell,
                program: "/bin/sh".into(),
                signals_reach_server: signals,
                because: Some((why.into(), origin)),
            };
        })
    }

    #[test]
    fn a_shell_form_under_dash_speaks() {
        let findings = under_a_shell(Some(false), cmd(0)).findings(&ShellKeepsPid1);
        assert_eq!(
            findings[0].message,
            "a stop signal does not reach gunicorn: `/bin/sh` (dash) starts `gunicorn app:application` as a child and \
             passes no signal on"
        );
        assert_eq!(
            findings[0].help.as_deref(),
            Some("put `exec` in front of it: CMD exec gunicorn -b :${PORT:-80} app:application")
        );
    }

    #[test]
    fn what_cannot_be_told_stays_silent() {
        assert_eq!(under_a_shell(None, cmd(0)).says(&ShellKeepsPid1), [] as [&str; 0]);
    }

    #[test]
    fn a_script_is_left_to_its_own_rule_and_the_server_as_pid_1_stays_silent() {
        let script = under_a_shell(Some(false), in_file("/entrypoint.sh", Some(3)));
        assert_eq!(script.says(&ShellKeepsPid1), [] as [&str; 0]);
        assert_eq!(Image::gunicorn().says(&ShellKeepsPid1), [] as [&str; 0]);
    }
}

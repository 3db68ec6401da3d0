use imgscan_model::{Finding, Need, Server, Setting, Value};

use crate::Facts;
use crate::draft::{listed, refuses, serving};

rule! {
    /// ## What it finds
    ///
    /// The effective value of a setting that somebody has set depends on something that only the run time knows: the
    /// number of processors, a variable, a file.
    ///
    /// ## Why it matters
    ///
    /// Nothing is wrong with it as such. But `workers = cpu_count() * 2 + 1` counts the processors of the machine, not
    /// those that the container may use: on a node with 64 it starts 129 workers in a container that has two.
    ///
    /// ## Example
    ///
    /// ```python
    /// workers = multiprocessing.cpu_count() * 2 + 1
    /// ```
    ///
    /// ## How to fix
    ///
    /// State a value, or read it from a variable; for a scan, give what the run time knows: `--cpus 2`, `--env NAME=…`.
    ///
    /// ## References
    ///
    /// - benoitc/gunicorn#2028, tiangolo/uvicorn-gunicorn-docker#43, python/cpython#80235
    ValueNotStatic = "OVR011", "value-not-static", Info, "Effective value depends on the run time"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for server in serving(facts).filter(|s| !refuses(s)) {
        let scoped = server.scopes.iter().flat_map(|s| &s.settings);
        for (name, setting) in server.settings.iter().chain(scoped) {
            // What a scope inherits is said once.
            findings.extend(finding(server, name, setting).filter(|f| !findings.contains(f)));
        }
    }
    findings
}

fn finding(server: &Server, name: &str, setting: &Setting) -> Option<Finding> {
    let needs = setting.value().needs();
    if needs.is_empty() || !setting.is_touched() || setting.winner().secret {
        return None;
    }
    let on: Vec<String> = needs.iter().map(words).collect();
    let message = match setting.value() {
        Value::Symbolic { text, .. } => format!("`{name}` is `{text}`, which depends on {}", listed(&on)),
        Value::Unknown { reason, .. } => format!("`{name}` depends on {}: {reason}", listed(&on)),
        Value::Known(_) | Value::Unset => return None,
    };
    let options: Vec<String> = needs.iter().filter_map(option).collect();
    let help = if options.is_empty() {
        "state a value".to_owned()
    } else {
        format!("state a value, or tell the scan with {}", listed(&options))
    };
    let draft = ValueNotStatic::META
        .finds(message)
        .about(server)
        .setting(name)
        .at(setting.winner().origin(), "decided at the start")
        .help(help);
    Some(draft.into())
}

/// A need for a person.
fn words(need: &Need) -> String {
    match need {
        Need::CpuCount => "the number of processors".to_owned(),
        Need::Env(name) => format!("the variable `{name}`"),
        Need::Hostname => "the host's name".to_owned(),
        Need::Time => "the time".to_owned(),
        Need::Pid => "the process number".to_owned(),
        Need::File(path) => format!("the file `{path}`"),
        Need::Other(what) => what.clone(),
    }
}

/// The option of imgscan that gives it.
fn option(need: &Need) -> Option<String> {
    match need {
        Need::CpuCount => Some("`--cpus N`".to_owned()),
        Need::Env(name) => Some(format!("`--env {name}=…`")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Image, default, file};

    fn symbolic(needs: Vec<Need>) -> Image {
        let mut winner = file(0, 3);
        winner.value = Value::Symbolic { text: "cpu_count() * 2 + 1".into(), needs };
        Image::gunicorn().set("workers", winner, vec![default(1)])
    }

    #[test]
    fn an_expression_over_the_run_time_speaks() {
        let findings = symbolic(vec![Need::CpuCount, Need::Env("SCALE".into())]).findings(&ValueNotStatic);
        assert_eq!(
            findings[0].message,
            "`workers` is `cpu_count() * 2 + 1`, which depends on the number of processors and the variable `SCALE`"
        );
        assert_eq!(
            findings[0].help.as_deref(),
            Some("state a value, or tell the scan with `--cpus N` and `--env SCALE=…`")
        );
    }

    #[test]
    fn a_known_value_and_one_that_cannot_be_told_stay_silent() {
        let mut winner = file(0, 3);
        winner.value = Value::unknown("the module raises");
        let image = Image::gunicorn().set("timeout", winner, vec![]).set("workers", file(4, 2), vec![]);
        assert_eq!(image.says(&ValueNotStatic), [] as [&str; 0]);
        assert_eq!(symbolic(vec![]).says(&ValueNotStatic), [] as [&str; 0]);
    }

    #[test]
    fn a_default_that_depends_on_the_run_time_stays_silent() {
        let mut chdir = default("");
        chdir.value = Value::Symbolic { text: "getcwd()".into(), needs: vec![Need::Other("cwd".into())] };
        assert_eq!(Image::gunicorn().set("chdir", chdir, vec![]).says(&ValueNotStatic), [] as [&str; 0]);
    }
}

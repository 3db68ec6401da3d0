//! The platforms of one index, side by side.

use imgscan_model::{Finding, ImageReport, ReportedFinding, Server, Setting, Value};

use crate::Facts;
use crate::draft::{Draft, effective, listed, started_at};

/// Settings that are told of one server; the rest are counted.
const MOST: usize = 8;

rule! {
    /// ## What it finds
    ///
    /// The platforms of one index (`linux/amd64`, `linux/arm64` …) start another server, or the same server with other
    /// effective settings. Found only with `--platform all`.
    ///
    /// ## Why it matters
    ///
    /// A tag is taken for one image. Where its platforms were built at different times or from different files, a
    /// deployment changes its behaviour with the kind of machine it lands on.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// ARG TARGETARCH
    /// COPY conf/gunicorn.$TARGETARCH.py /app/gunicorn.conf.py
    /// ```
    ///
    /// `timeout` is 300 on `linux/amd64` and 30 on `linux/arm64`.
    ///
    /// ## How to fix
    ///
    /// Build all platforms from one source in one build; `imgscan diff IMAGE --platform A --other-platform B` shows
    /// every difference with its place.
    ///
    /// ## References
    ///
    /// - [OCI image index](https://github.com/opencontainers/image-spec/blob/main/image-index.md)
    PlatformsDisagree = "IMG008", "platforms-disagree", Medium, "Effective configuration differs among the platforms of an index"
}

/// One image cannot disagree with itself: [`compare_platforms`] speaks under this code.
fn check(_: &Facts<'_>) -> Vec<Finding> {
    Vec::new()
}

/// Compares the platforms of one index with the first of them, and adds a finding to each that differs.
pub fn compare_platforms(reports: &mut [ImageReport]) {
    let Some((first, others)) = reports.split_first_mut() else { return };
    for report in others {
        let found = differences(first, report);
        if found.is_empty() {
            continue;
        }
        report.findings.extend(found.into_iter().map(ReportedFinding::from));
        report.findings.sort_by(|a, b| crate::order(&a.finding, &b.finding));
    }
}

fn differences(first: &ImageReport, report: &ImageReport) -> Vec<Finding> {
    let name =
        |r: &ImageReport| r.platform.as_ref().map_or_else(|| "another".to_owned(), ToString::to_string);
    let (there, here) = (name(first), name(report));
    let mut found = Vec::new();
    for server in &report.servers {
        match first.servers.iter().find(|s| s.id == server.id) {
            Some(other) => found.extend(settings(server, other, &here, &there)),
            None => {
                let message = format!("{} starts on {here} and not on {there}", server.id);
                found.push(placed(PlatformsDisagree::META.finds(message).about(server), server));
            }
        }
    }
    for other in first.servers.iter().filter(|o| !report.servers.iter().any(|s| s.id == o.id)) {
        let message = format!("{} starts on {there} and not on {here}", other.id);
        found.push(PlatformsDisagree::META.finds(message).about(other).into());
    }
    found
}

fn placed(draft: Draft, server: &Server) -> Finding {
    match started_at(server) {
        Some(origin) => draft.at(&origin, "started here").into(),
        None => draft.into(),
    }
}

/// One finding for all settings of a server that differ.
fn settings(server: &Server, other: &Server, here: &str, there: &str) -> Option<Finding> {
    let mut told: Vec<(String, &str, &Setting, &Setting)> = Vec::new();
    for (name, setting) in &server.settings {
        let of_other = other.settings.get(name);
        told.extend(
            of_other.filter(|o| differ(setting, o)).map(|o| (format!("`{name}`"), name.as_str(), setting, o)),
        );
    }
    for scope in &server.scopes {
        let Some(same) = other.scopes.iter().find(|s| s.id == scope.id) else { continue };
        for (name, setting) in &scope.settings {
            // What a scope only inherits is told where it stands.
            let known = told
                .iter()
                .any(|(_, n, s, _)| *n == name && s.winner().origin() == setting.winner().origin());
            let of_other = same.settings.get(name).filter(|o| !known && differ(setting, o));
            told.extend(
                of_other
                    .map(|o| (format!("`{name}` in {}", scope.path.join(" > ")), name.as_str(), setting, o)),
            );
        }
    }
    let [(_, name, first, _), rest @ ..] = told.as_slice() else { return None };
    let mut words: Vec<String> = told
        .iter()
        .take(MOST)
        .map(|(what, _, a, b)| format!("{what} is {}, not {}", effective(a), effective(b)))
        .collect();
    if told.len() > MOST {
        words.push(format!("{} more settings differ", told.len() - MOST));
    }
    let message = format!("{} starts otherwise on {here} than on {there}: {}", server.id, listed(&words));
    let mut draft = PlatformsDisagree::META
        .finds(message)
        .about(server)
        .at(first.winner().origin(), "only on this platform")
        .help(format!("see all of it: imgscan diff IMAGE --platform {there} --other-platform {here}"));
    if rest.is_empty() {
        draft = draft.setting(name);
    }
    Some(draft.into())
}

/// Whether two settings are known to differ: what is unknown on one side is not.
fn differ(a: &Setting, b: &Setting) -> bool {
    let unknown = |value: &Value| matches!(value, Value::Unknown { .. });
    a.value() != b.value() && !unknown(a.value()) && !unknown(b.value())
}

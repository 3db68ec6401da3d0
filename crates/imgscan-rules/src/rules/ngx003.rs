use std::collections::BTreeSet;

use imgscan_model::{Candidate, Finding, Origin, Setting};

use crate::Facts;
use crate::draft::variable_of;
use crate::nginx::nginxes;

rule! {
    /// ## What it finds
    ///
    /// A variable of the environment has the name of one of nginx's own (`host`, `uri`, `args` …), and a template that
    /// uses nginx's got the environment's value instead.
    ///
    /// ## Why it matters
    ///
    /// `envsubst` replaces every name that is defined: `proxy_set_header Host $host;` becomes the same fixed text for
    /// every request.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// ENV host=db.internal
    /// COPY default.conf.template /etc/nginx/templates/
    /// ```
    ///
    /// ## How to fix
    ///
    /// Rename the variable, or name those that are meant: `ENV NGINX_ENVSUBST_FILTER=^APP_`.
    ///
    /// ## References
    ///
    /// - docker-library/docs#496, nginx/docker-nginx#416
    EnvCapturesNginxVariable = "NGX003", "env-captures-nginx-variable", High, "Environment variable replaces a variable of nginx in a template"
}

/// Variables of nginx's http modules that a name in the environment may well have.
const VARIABLES: [&str; 33] = [
    "args",
    "arg",
    "body_bytes_sent",
    "bytes_sent",
    "connection",
    "content_length",
    "content_type",
    "document_root",
    "document_uri",
    "host",
    "hostname",
    "https",
    "is_args",
    "limit_rate",
    "msec",
    "pid",
    "query_string",
    "remote_addr",
    "remote_port",
    "remote_user",
    "request",
    "request_filename",
    "request_id",
    "request_method",
    "request_time",
    "request_uri",
    "scheme",
    "server_addr",
    "server_name",
    "server_port",
    "server_protocol",
    "status",
    "uri",
];

/// Beginnings of variables that nginx makes of requests and answers.
const PREFIXES: [&str; 6] = ["http_", "arg_", "cookie_", "sent_http_", "upstream_", "proxy_add_"];

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for server in nginxes(facts) {
        let mut seen = BTreeSet::new();
        let scoped = server.scopes.iter().flat_map(|s| s.settings.values());
        for candidate in server.settings.values().chain(scoped).map(Setting::winner) {
            let Some((name, env)) = captured(candidate).filter(|(name, _)| seen.insert(name.to_string()))
            else {
                continue;
            };
            findings.push(
                EnvCapturesNginxVariable::META
                    .finds(format!("the variable `{name}` of the environment has replaced nginx's `${name}` in a template"))
                    .about(server)
                    .at(candidate.origin(), "replaced here")
                    .see(env, "by this")
                    .help(format!("rename `{name}`, or keep it out with NGINX_ENVSUBST_FILTER"))
                    .into(),
            );
        }
    }
    findings
}

/// The variable of the environment behind a value that has the name of one of nginx's.
fn captured(candidate: &Candidate) -> Option<(&str, &Origin)> {
    let named = candidate.place.via.iter().filter_map(|o| Some((variable_of(o)?, o)));
    named
        .into_iter()
        .find(|(name, _)| VARIABLES.contains(name) || PREFIXES.iter().any(|p| name.starts_with(p)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Image, location, ngx};

    fn through(variable: &str) -> Image {
        Image::nginx().with(|i| {
            let mut header = ngx("db.internal", 7);
            header.place.via.push(Origin::image_env(variable, "db.internal", None));
            let mut scope = location("/", &[]);
            scope.settings.insert("proxy_set_header".into(), Setting::new(header, vec![]));
            i.servers[0].scopes.push(scope);
        })
    }

    #[test]
    fn a_captured_variable_speaks() {
        assert_eq!(
            through("host").says(&EnvCapturesNginxVariable),
            ["the variable `host` of the environment has replaced nginx's `$host` in a template"]
        );
        assert_eq!(through("http_host").findings(&EnvCapturesNginxVariable).len(), 1);
    }

    #[test]
    fn a_variable_that_is_meant_stays_silent() {
        assert_eq!(through("API_HOST").says(&EnvCapturesNginxVariable), [] as [&str; 0]);
        assert_eq!(through("HOST").says(&EnvCapturesNginxVariable), [] as [&str; 0]);
    }
}

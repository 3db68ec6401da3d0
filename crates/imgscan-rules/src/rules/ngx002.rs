use std::collections::BTreeSet;

use imgscan_model::{Data, Finding, Origin, Server, StartStatus};

use crate::Facts;
use crate::nginx::nginxes;

rule! {
    /// ## What it finds
    ///
    /// A file that the start renders from a template still holds `${NAME}`: the variable is not defined, is filtered
    /// out, or is written with a default (`${NAME:-x}`), which `envsubst` does not know.
    ///
    /// ## Why it matters
    ///
    /// nginx takes what is left for a variable of its own and refuses to start, or, where any text is allowed, uses it
    /// as it stands.
    ///
    /// ## Example
    ///
    /// ```nginx
    /// proxy_read_timeout ${READ_TIMEOUT:-60s};
    /// ```
    ///
    /// ## How to fix
    ///
    /// Give the default in the Dockerfile, `ENV READ_TIMEOUT=60s`, and write `${READ_TIMEOUT}` in the template.
    ///
    /// ## References
    ///
    /// - nginx/docker-nginx#938
    TemplateVariableLeft = "NGX002", "template-variable-left", High, "A rendered file still holds the name of a variable"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for server in nginxes(facts) {
        let mut seen = BTreeSet::new();
        for (name, text, origin) in left(server) {
            if !seen.insert(name.clone()) {
                continue;
            }
            let cause = if text.contains(":-") || text.contains(":=") {
                "a default in the name is not known to `envsubst`"
            } else if server.process.env.get(&name).is_some() {
                "it is set, but the filter leaves it out"
            } else {
                "it is not set"
            };
            let path = origin.path().unwrap_or("the rendered file").to_owned();
            findings.push(
                TemplateVariableLeft::META
                    .finds(format!("`{text}` is left in `{path}`: {cause}"))
                    .about(server)
                    .at(&origin, "left as it stands")
                    .help(format!("define it in the Dockerfile: ENV {name}=…, and write `${{{name}}}`"))
                    .into(),
            );
        }
    }
    findings
}

/// Variables left in generated files: in what nginx complains of, and in values of settings.
fn left(server: &Server) -> Vec<(String, String, Origin)> {
    let is_generated = |origin: &Origin| {
        let path = origin.path();
        server.config_files.iter().any(|f| f.generated && Some(&*f.path) == path)
    };
    let mut found = Vec::new();
    if let (StartStatus::Fails, Some(message), Some(origin)) =
        (server.start.status, &server.start.message, &server.start.origin)
    {
        let unknown = message.split_once("unknown \"").and_then(|(_, rest)| rest.split_once("\" variable"));
        let of_unknown =
            unknown.filter(|(name, _)| is_env_name(name)).map(|(n, _)| (n.to_owned(), format!("${{{n}}}")));
        found.extend(
            of_unknown
                .into_iter()
                .chain(names(message))
                .filter(|_| is_generated(origin))
                .map(|(n, t)| (n, t, origin.clone())),
        );
    }
    let scoped = server.scopes.iter().flat_map(|s| s.settings.values());
    for setting in server.settings.values().chain(scoped) {
        let winner = setting.winner();
        if is_generated(winner.origin()) {
            let texts = winner.value.known().map(texts).unwrap_or_default();
            found.extend(texts.iter().flat_map(|t| names(t)).map(|(n, t)| (n, t, winner.origin().clone())));
        }
    }
    found
}

/// Every `${NAME…}` with a name that variables of the environment have, with its text.
fn names(text: &str) -> Vec<(String, String)> {
    let inner = text.match_indices("${").filter_map(|(at, _)| text[at + 2..].split('}').next());
    inner
        .filter_map(|inner| {
            let name = inner.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next()?;
            is_env_name(name).then(|| (name.to_owned(), format!("${{{inner}}}")))
        })
        .collect()
}

/// nginx's own variables are in lower case; those of the environment, by custom, are not.
fn is_env_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

fn texts(data: &Data) -> Vec<&str> {
    match data {
        Data::Str(text) => vec![text],
        Data::List(items) => items.iter().flat_map(texts).collect(),
        Data::Map(pairs) => {
            pairs.iter().flat_map(|(key, value)| std::iter::once(key.as_str()).chain(texts(value))).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Image, in_file, location};
    use imgscan_model::{ConfigFileStatus, Start};

    const PATH: &str = "/etc/nginx/conf.d/app.conf";

    fn generated() -> Image {
        Image::nginx()
            .config_file(PATH, ConfigFileStatus::Loaded, Some("conf.d/*.conf"))
            .with(|i| i.servers[0].config_files[0].generated = true)
    }

    #[test]
    fn what_nginx_complains_of_speaks() {
        let image = generated().with(|i| {
            let message = "invalid value \"${READ_TIMEOUT:-60s}\" in \"proxy_read_timeout\" directive";
            i.servers[0].start = Start::fails(message, Some(in_file(PATH, Some(7))));
        });
        assert_eq!(
            image.says(&TemplateVariableLeft),
            [
                "`${READ_TIMEOUT:-60s}` is left in `/etc/nginx/conf.d/app.conf`: a default in the name is not known to `envsubst`"
            ]
        );
        let unknown = generated().with(|i| {
            i.servers[0].start = Start::fails("unknown \"API_HOST\" variable", Some(in_file(PATH, Some(7))));
        });
        assert_eq!(
            unknown.says(&TemplateVariableLeft),
            ["`${API_HOST}` is left in `/etc/nginx/conf.d/app.conf`: it is not set"]
        );
    }

    #[test]
    fn a_value_that_keeps_the_name_speaks() {
        let image = generated().with(|i| {
            i.servers[0].scopes.push(location("/", &[("root", "/srv/${SITE}".into())]));
        });
        assert_eq!(image.says(&TemplateVariableLeft).len(), 1);
    }

    #[test]
    fn variables_of_nginx_and_files_that_nobody_renders_stay_silent() {
        let own = generated().with(|i| {
            i.servers[0].scopes.push(location("/", &[("root", "/srv/${host}".into())]));
        });
        assert_eq!(own.says(&TemplateVariableLeft), [] as [&str; 0]);
        let plain = generated().with(|i| {
            i.servers[0].config_files[0].generated = false;
            i.servers[0].scopes.push(location("/", &[("root", "/srv/${SITE}".into())]));
        });
        assert_eq!(plain.says(&TemplateVariableLeft), [] as [&str; 0]);
    }
}

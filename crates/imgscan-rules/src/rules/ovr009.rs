use std::collections::BTreeSet;

use imgscan_model::{Confidence, EnvVar, Finding};

use crate::Facts;
use crate::draft::{given_env, is_read, serving};

rule! {
    /// ## What it finds
    ///
    /// The value of an environment variable that a server reads holds quotes around it, or a comment behind it, that
    /// an env file or a list in a compose file has left in.
    ///
    /// ## Why it matters
    ///
    /// Docker's env files and the list form of `environment:` in compose take everything behind `=` literally. The
    /// server gets `'4'` with its quotes: gunicorn dies of `int("'4'")`, and a `GUNICORN_CMD_ARGS` that is quoted as
    /// a whole is one word with blanks in it, which gunicorn drops without a word.
    ///
    /// ## Example
    ///
    /// ```yaml
    /// environment:
    ///   - GUNICORN_CMD_ARGS="--workers 4 --timeout 120"
    /// ```
    ///
    /// ## How to fix
    ///
    /// Take the quotes (the comment) out, or use the map form: `GUNICORN_CMD_ARGS: "--workers 4 --timeout 120"`.
    ///
    /// ## References
    ///
    /// - tiangolo/meinheld-gunicorn-flask-docker#16, tiangolo/uvicorn-gunicorn-fastapi-docker#91, wger-project/docker#97
    LiteralQuotesInEnv = "OVR009", "literal-quotes-in-env", Medium, "Environment value holds quotes or a comment that were not meant to be in it"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let mut findings = Vec::new();
    for server in serving(facts) {
        for var in given_env(server).filter(|v| is_read(facts, &v.name)) {
            let Some(fault) = var.value.known().and_then(|value| fault(var, value)) else { continue };
            if !seen.insert(&var.name) {
                continue;
            }
            let mut draft = LiteralQuotesInEnv::META
                .finds(fault.message(var))
                .about(server)
                // Whoever reads it may take the quotes off.
                .at_most(Confidence::Likely)
                .help(fault.help(var));
            if let Some(place) = var.value.whole() {
                draft = draft.at(&place.origin, fault.label());
            }
            findings.push(draft.into());
        }
    }
    findings
}

/// What is wrong with a value.
enum Fault<'a> {
    /// Quotes around the whole of it; what stands inside.
    Quotes(&'a str),
    /// A comment behind it; what stands before.
    Comment(&'a str),
}

fn fault<'a>(var: &EnvVar, value: &'a str) -> Option<Fault<'a>> {
    let value = value.trim();
    let quoted = ['"', '\'']
        .into_iter()
        .find_map(|q| value.strip_prefix(q)?.strip_suffix(q).filter(|s| !s.contains(q)));
    let is_split_like_a_shell = var.name == "GUNICORN_CMD_ARGS";
    if let Some(inner) = quoted {
        // Where the server itself takes quotes off, only a blank inside makes them harmful.
        let harmless = is_split_like_a_shell && !inner.contains(char::is_whitespace);
        return (!harmless).then_some(Fault::Quotes(inner));
    }
    let (before, _) = value.split_once(" # ")?;
    // A `#` inside quotes belongs to the value.
    let is_open = |q: char| before.matches(q).count() % 2 == 1;
    (!is_open('"') && !is_open('\'') && !before.trim().is_empty()).then(|| Fault::Comment(before.trim_end()))
}

impl Fault<'_> {
    fn message(&self, var: &EnvVar) -> String {
        let name = &var.name;
        let shown =
            |text: &str| if var.value.is_secret() { "[redacted]".to_owned() } else { text.to_owned() };
        match self {
            Fault::Quotes(inner) if name == "GUNICORN_CMD_ARGS" => format!(
                "the value of `{name}` is quoted as a whole: gunicorn reads `{}` as one word and drops it",
                shown(inner)
            ),
            Fault::Quotes(_) => {
                format!("the quotes belong to the value of `{name}`: it is `{}`", shown(&var.value.display()))
            }
            Fault::Comment(_) => {
                format!(
                    "the comment belongs to the value of `{name}`: it is `{}`",
                    shown(&var.value.display())
                )
            }
        }
    }

    fn label(&self) -> &'static str {
        match self {
            Fault::Quotes(_) => "these quotes are part of the value",
            Fault::Comment(_) => "this comment is part of the value",
        }
    }

    fn help(&self, var: &EnvVar) -> String {
        let (Fault::Quotes(clean) | Fault::Comment(clean)) = self;
        if var.value.is_secret() {
            return format!("leave them out of the value of `{}`", var.name);
        }
        format!("let the value of `{}` be: {clean}", var.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Image;

    #[test]
    fn quotes_around_a_number_speak() {
        let image = Image::gunicorn().env("WEB_CONCURRENCY", "'4'");
        let findings = image.findings(&LiteralQuotesInEnv);
        assert_eq!(findings[0].message, "the quotes belong to the value of `WEB_CONCURRENCY`: it is `'4'`");
        assert_eq!(findings[0].help.as_deref(), Some("let the value of `WEB_CONCURRENCY` be: 4"));
    }

    #[test]
    fn arguments_quoted_as_a_whole_speak() {
        let image = Image::gunicorn().env("GUNICORN_CMD_ARGS", "\"--workers 4 --timeout 120\"");
        assert_eq!(
            image.says(&LiteralQuotesInEnv),
            [
                "the value of `GUNICORN_CMD_ARGS` is quoted as a whole: gunicorn reads `--workers 4 --timeout 120` as one \
              word and drops it"
            ]
        );
    }

    #[test]
    fn a_comment_behind_a_value_speaks() {
        let image = Image::gunicorn().env("PORT", "8000 # the port");
        assert_eq!(
            image.says(&LiteralQuotesInEnv),
            ["the comment belongs to the value of `PORT`: it is `8000 # the port`"]
        );
    }

    #[test]
    fn quotes_that_the_server_takes_off_stay_silent() {
        for value in [
            "--access-logformat '%(h)s # %(l)s' --workers 4",
            "\"--workers=4\"",
            "'--workers' '4'",
            "--bind 0.0.0.0:80#x",
        ] {
            let image = Image::gunicorn().env("GUNICORN_CMD_ARGS", value);
            assert_eq!(image.says(&LiteralQuotesInEnv), [] as [&str; 0], "{value}");
        }
    }

    #[test]
    fn a_variable_that_no_server_reads_stays_silent() {
        let image = Image::gunicorn().env("MOTTO", "'quoted'").env("PATTERN", "a # b");
        assert_eq!(image.says(&LiteralQuotesInEnv), [] as [&str; 0]);
    }
}

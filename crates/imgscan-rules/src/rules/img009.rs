use imgscan_model::secret::is_secret_value;
use imgscan_model::{Confidence, Finding, ImageEnv};

use crate::Facts;

rule! {
    /// ## What it finds
    ///
    /// An `ENV` of the image holds something like a credential.
    ///
    /// ## Why it matters
    ///
    /// `ENV` is part of the image config: everybody who may pull the image can read it, in every copy, and deleting
    /// it in a later layer does not take it out of the earlier one.
    ///
    /// ## Example
    ///
    /// ```dockerfile
    /// ENV DATABASE_URL=postgres://app:hunter2@db/app
    /// ```
    ///
    /// ## How to fix
    ///
    /// Give it when the container starts (a secret of the platform, a file under `/run/secrets`), use
    /// `RUN --mount=type=secret` where the build needs it, and change the credential: it is known.
    ///
    /// ## References
    ///
    /// - [Docker: build secrets](https://docs.docker.com/build/building/secrets/)
    SecretInEnv = "IMG009", "secret-in-env", High, "ENV of the image holds something like a credential"
}

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let held = facts.config.env.iter().filter(|v| v.value.is_secret());
    held.filter_map(|var| Some((var, confidence(var)?)))
        .map(|(var, confidence)| {
            let mut draft = SecretInEnv::META
                .finds(format!(
                    "`ENV {}` holds something like a credential, in every copy of the image",
                    var.name
                ))
                .at_most(confidence)
                .help(format!("give `{}` when the container starts, and change the credential", var.name));
            if let Some(place) = var.value.whole() {
                draft = draft.at(&place.origin, "a credential");
            }
            draft.into()
        })
        .collect()
}

/// How sure it is that a value is a credential; `None` where it is a switch, a path or a placeholder.
fn confidence(var: &ImageEnv) -> Option<Confidence> {
    let value = var.value.raw();
    if is_secret_value(value) {
        return Some(Confidence::Certain);
    }
    let is_switch = ["true", "false", "yes", "no", "on", "off", "none", "null"]
        .iter()
        .any(|s| value.eq_ignore_ascii_case(s));
    let is_short_number = value.len() < 4 && value.chars().all(|c| c.is_ascii_digit());
    let is_elsewhere = value.starts_with('/') || value.starts_with('$') || value.starts_with("file:");
    let is_placeholder = value.starts_with('<') || value.chars().all(|c| "*xX.".contains(c));
    (!is_switch && !is_short_number && !is_elsewhere && !is_placeholder).then_some(Confidence::Likely)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Image;

    #[test]
    fn credentials_speak_and_are_not_shown() {
        let image = Image::gunicorn()
            .env("API_TOKEN", "0123456789abcdef")
            .env("DATABASE_URL", "postgres://app:hunter2correct@db/app");
        let findings = image.findings(&SecretInEnv);
        let sure: Vec<_> = findings.iter().map(|f| f.confidence).collect();
        assert_eq!(sure, [Confidence::Likely, Confidence::Certain]);
        assert_eq!(
            findings[0].message,
            "`ENV API_TOKEN` holds something like a credential, in every copy of the image"
        );
        let said: String =
            findings.iter().map(|f| format!("{} {:?} {}", f.message, f.help, f.labels[0].text)).collect();
        assert!(!said.contains("hunter2") && !said.contains("abcdef"), "{said}");
    }

    #[test]
    fn switches_paths_and_placeholders_stay_silent() {
        for (name, value) in [
            ("ALLOW_EMPTY_PASSWORD", "yes"),
            ("JWT_SECRET", "/run/secrets/jwt"),
            ("DB_PASSWORD", ""),
            ("DB_PASSWORD", "${DB_PASSWORD}"),
            ("API_KEY", "<your key>"),
            ("PASSWORD", "xxxx"),
            ("GPG_KEY", "E3FF2839C048B25C084DEBE9B26995E310250568"),
            ("TOKEN_TTL", "3600"),
        ] {
            assert_eq!(Image::gunicorn().env(name, value).says(&SecretInEnv), [] as [&str; 0], "{name}");
        }
    }
}

//! What looks like a credential, by its name or by its form.

const NAME_WORDS: [&str; 15] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "apikey",
    "api_key",
    "accesskey",
    "access_key",
    "private_key",
    "privatekey",
    "credential",
    "credentials",
    "auth_key",
];

/// Names that hold one of the words above and say where or whether, not what.
const HARMLESS_ENDINGS: [&str; 14] = [
    "_file",
    "_path",
    "_dir",
    "_url",
    "_name",
    "_ttl",
    "_expiry",
    "_length",
    "_timeout",
    "_enabled",
    "_type",
    "_header",
    "_algorithm",
    "_id",
];

/// Whether a variable of this name usually holds a credential (`DB_PASSWORD`, `SECRET_KEY`, `GITHUB_TOKEN`), rather
/// than a path or a switch about one (`TOKEN_FILE`, `PASSWORD_LENGTH`).
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    // The shell's working directory.
    if name == "pwd" || name == "oldpwd" {
        return false;
    }
    if HARMLESS_ENDINGS.iter().any(|ending| name.ends_with(ending)) {
        return false;
    }
    NAME_WORDS.iter().any(|word| {
        name.match_indices(word).any(|(at, _)| {
            let before = name[..at].chars().next_back();
            let after = name[at + word.len()..].chars().next();
            let edge = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphabetic());
            edge(before) && edge(after) || word.len() > 5 && edge(after)
        })
    })
}

/// Whether a value has the form of a credential: a private key, a well-known token, a URL with a password in it.
pub fn is_secret_value(value: &str) -> bool {
    let token = |prefix: &str, least: usize| {
        value.strip_prefix(prefix).is_some_and(|rest| {
            rest.len() >= least && rest.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
        })
    };
    value.contains("-----BEGIN ") && value.contains("PRIVATE KEY-----")
        || ["ghp_", "gho_", "ghs_", "ghu_"].iter().any(|p| token(p, 30))
        || token("github_pat_", 40)
        || token("glpat-", 16)
        || token("xoxb-", 20)
        || token("sk_live_", 16)
        || (token("AKIA", 16) && value.len() == 20)
        || token("AIza", 30)
        || password_in_url(value)
}

/// `scheme://user:password@host` with a password that is not a placeholder.
fn password_in_url(value: &str) -> bool {
    value.match_indices("://").any(|(at, _)| {
        let rest = &value[at + 3..];
        let authority = rest.split(['/', '?', '#', ' ']).next().unwrap_or("");
        authority.rsplit_once('@').and_then(|(user, _)| user.split_once(':')).is_some_and(|(_, password)| {
            !password.is_empty() && !password.starts_with("${") && !password.starts_with("$(")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_hold_a_credential() {
        for name in
            ["DB_PASSWORD", "SECRET_KEY", "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD", "API_KEY"]
        {
            assert!(is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn names_that_only_speak_of_one() {
        for name in
            ["TOKEN_FILE", "PASSWORD_LENGTH", "TOKENIZERS_PARALLELISM", "PWD", "SECRETARY", "AUTH_TOKEN_URL"]
        {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn values_with_the_form_of_a_credential() {
        assert!(is_secret_value("postgres://app:hunter2@db:5432/app"));
        assert!(!is_secret_value("postgres://app@db/app"));
        assert!(!is_secret_value("http://a.example/?x=a:b@c"));
        assert!(!is_secret_value("--bind 0.0.0.0:8000"));
    }
}

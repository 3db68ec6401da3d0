//! `WWW-Authenticate` (RFC 9110, 11.6.1): several challenges in one or in several headers, quoted strings in them.

use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

/// How a registry wants us to prove who we are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Challenge {
    Basic,
    Bearer { realm: String, service: Option<String>, scope: Option<String> },
}

/// The challenge of an answer that imgscan can meet; a token before a password.
pub(crate) fn of(headers: &HeaderMap) -> Option<Challenge> {
    let texts = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|v| v.to_str().ok());
    let all: Vec<Challenge> = texts.flat_map(parse).collect();
    let bearer = all.iter().find(|c| matches!(c, Challenge::Bearer { .. }));
    bearer.or(all.first()).cloned()
}

fn parse(text: &str) -> Vec<Challenge> {
    let mut found: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for item in items(text) {
        let (head, value) = match item.split_once('=') {
            Some((head, value)) => (head.trim(), Some(value.trim())),
            None => (item.trim(), None),
        };
        // `Bearer realm="…"`: a scheme and the first of its parameters.
        let (scheme, key) = match head.split_once(char::is_whitespace) {
            Some((scheme, key)) => (Some(scheme), key.trim()),
            None if value.is_none() => (Some(head), ""),
            None => (None, head),
        };
        if let Some(scheme) = scheme {
            found.push((scheme.to_ascii_lowercase(), Vec::new()));
        }
        if let (Some((_, params)), Some(value)) = (found.last_mut(), value) {
            params.push((key.to_ascii_lowercase(), unquote(value)));
        }
    }
    found.into_iter().filter_map(|(scheme, params)| challenge(&scheme, &params)).collect()
}

fn challenge(scheme: &str, params: &[(String, String)]) -> Option<Challenge> {
    let param = |name: &str| params.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    match scheme {
        "basic" => Some(Challenge::Basic),
        "bearer" => {
            let filled = |name| param(name).filter(|v: &String| !v.is_empty());
            Some(Challenge::Bearer {
                realm: param("realm")?,
                service: filled("service"),
                scope: filled("scope"),
            })
        }
        _ => None,
    }
}

/// The parts between commas that stand outside of quotes.
fn items(text: &str) -> Vec<&str> {
    let (mut items, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                items.extend(text.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    items.extend(text.get(start..));
    items.retain(|item| !item.trim().is_empty());
    items
}

fn unquote(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"') else { return value.to_owned() };
    let (mut out, mut chars) = (String::new(), inner.chars());
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => out.extend(chars.next()),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Challenge {
        let owned = |t: Option<&str>| t.map(str::to_owned);
        Challenge::Bearer { realm: realm.into(), service: owned(service), scope: owned(scope) }
    }

    #[test]
    fn challenges_are_read_as_registries_write_them() {
        for (text, want) in [
            (
                r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/nginx:pull""#,
                vec![bearer(
                    "https://auth.docker.io/token",
                    Some("registry.docker.io"),
                    Some("repository:library/nginx:pull"),
                )],
            ),
            (
                r#"bearer realm="https://a/t?x=1,2", scope="repository:a:pull,push""#,
                vec![bearer("https://a/t?x=1,2", None, Some("repository:a:pull,push"))],
            ),
            (
                r#"Basic realm="Registry \"R\"", Bearer realm=https://a/t"#,
                vec![Challenge::Basic, bearer("https://a/t", None, None)],
            ),
            ("Basic", vec![Challenge::Basic]),
            ("Negotiate", vec![]),
            ("Negotiate, Basic realm=x", vec![Challenge::Basic]),
            ("Bearer", vec![]),
            ("", vec![]),
            (r#"Bearer realm="unclosed"#, vec![bearer("unclosed", None, None)]),
        ] {
            assert_eq!(parse(text), want, "{text}");
        }
    }
}

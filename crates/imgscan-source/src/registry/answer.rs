//! Answers of registries: bodies are bounded, errors are put into words.

use reqwest::{Response, StatusCode};
use serde::Deserialize;

use super::failure::{Failure, chain};
use crate::error::{ErrorKind, SourceError, damaged, network, over_limit};

/// Most bytes read of an answer that is an error.
pub(crate) const ERROR_BYTES: u64 = 16 << 10;

/// The body of an answer, whole. `what` says in an error what it is.
pub(crate) async fn body(mut response: Response, most: u64, what: &str) -> Result<Vec<u8>, Failure> {
    let too_large = || Failure::lasting(over_limit(format!("{what} is larger than {most} bytes")));
    if response.content_length().is_some_and(|length| length > most) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return Ok(bytes),
            Err(error) => {
                let count = bytes.len();
                let cause = chain(&error);
                return Err(Failure::passing(network(format!(
                    "{what} breaks off after {count} bytes: {cause}"
                ))));
            }
        }
        if bytes.len() as u64 > most {
            return Err(too_large());
        }
    }
}

/// A registry's errors (OCI distribution specification, "Error Codes").
#[derive(Deserialize)]
struct Errors {
    errors: Vec<OneError>,
}

#[derive(Deserialize)]
struct OneError {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: Option<String>,
}

/// A token server's error (RFC 6749, 5.2), or what others write in its place.
#[derive(Deserialize)]
struct OtherError {
    #[serde(alias = "error_description", alias = "message", alias = "details")]
    error: String,
}

/// A status and what the body says of it: `404 MANIFEST_UNKNOWN: manifest unknown`.
pub(crate) fn status(status: StatusCode, body: &[u8]) -> String {
    let code = status.as_u16();
    let said = said(body);
    match (said, status.canonical_reason()) {
        (Some(said), _) => format!("{code} {said}"),
        (None, Some(reason)) => format!("{code} {reason}"),
        (None, None) => code.to_string(),
    }
}

fn said(body: &[u8]) -> Option<String> {
    if let Ok(Errors { errors }) = serde_json::from_slice(body) {
        let first = errors.into_iter().next()?;
        let message = first.message.unwrap_or_default();
        let joined = if message.is_empty() { first.code } else { format!("{}: {message}", first.code) };
        return Some(crate::shown::text(joined.trim_start_matches(": ")));
    }
    if let Ok(OtherError { error }) = serde_json::from_slice(body) {
        return Some(crate::shown::text(&error));
    }
    // A page of HTML says nothing in one line.
    let text = crate::shown::bytes(body);
    (!text.is_empty() && text.chars().count() <= 120 && !text.starts_with('<')).then_some(text)
}

/// What an answer that is an error says.
pub(crate) async fn refusal(response: Response) -> String {
    let code = response.status();
    let body = body(response, ERROR_BYTES, "the answer").await.unwrap_or_default();
    status(code, &body)
}

/// An answer that is not the one wanted, as an error. `what` is what was asked for, `host` who was asked.
pub(crate) async fn error(response: Response, what: &str, host: &str) -> SourceError {
    let code = response.status();
    let said = refusal(response).await;
    let error = |kind, message| SourceError::new(kind, message);
    match code.as_u16() {
        404 => error(ErrorKind::NotFound, format!("{what} is not in `{host}`: {said}")),
        401 | 403 => error(ErrorKind::Unauthorized, format!("`{host}` refuses {what}: {said}"))
            .with_help(format!("may this user read it? log in (`docker login {host}`), or give `--username` and `--password-stdin`")),
        429 => error(ErrorKind::Network, format!("`{host}` answers {said} for {what}: too many requests"))
            .with_help("wait, or log in: users with an account may ask more often"),
        200..=299 => damaged(format!("`{host}` answers {said} for {what}, which is no answer to that")),
        _ => error(ErrorKind::Network, format!("`{host}` answers {said} for {what}")),
    }
}

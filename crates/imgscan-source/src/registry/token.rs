//! Token servers (distribution, "Token Authentication Specification" and "Oauth2 Token Authentication").

use std::time::{Duration, Instant};

use imgscan_model::limits;
use reqwest::header::HeaderValue;
use reqwest::{StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::address::check_sent_to;
use super::answer;
use super::auth::{basic, bearer};
use super::failure::{Tries, may_pass, of_url, retry_after};
use super::http::{Call, Http};
use crate::credentials::{Credential, Secret};
use crate::error::{SourceError, damaged, network, unauthorized};

/// A token is not used in the last seconds of its time: the request would arrive too late.
const MARGIN: Duration = Duration::from_secs(10);
/// How long a token holds when its server does not say, in seconds.
const DEFAULT_LIFE: f64 = 60.0;
/// A longer life than this, in seconds, is no number to reckon with.
const LONGEST_LIFE: f64 = 1e7;

/// A token.
pub(super) struct Token {
    header: HeaderValue,
    until: Instant,
}

impl Token {
    /// Whether its time is not over yet.
    pub(super) fn holds(&self) -> bool {
        Instant::now() < self.until
    }

    /// The header that it is sent in.
    pub(super) fn header(&self) -> HeaderValue {
        self.header.clone()
    }
}

/// The token server that a registry at `base` names, if it may be asked.
pub(super) async fn checked_realm(realm: &str, base: &Url) -> Result<Url, SourceError> {
    let shown = crate::shown::text(realm);
    let realm = Url::parse(realm)
        .map_err(|e| unauthorized(format!("the registry's token server, `{shown}`, is no URL: {e}")))?;
    check_sent_to("the registry's token server", &realm, base).await?;
    Ok(realm)
}

/// A request to a token server.
pub(super) struct Request<'a> {
    pub(super) http: &'a Http,
    pub(super) realm: Url,
    pub(super) service: Option<&'a str>,
    pub(super) scopes: Vec<&'a str>,
}

/// What a token server answers. Some say `token`, some `access_token`, some both.
#[derive(Deserialize)]
struct Answer {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<f64>,
}

impl Request<'_> {
    /// Fetches a token.
    pub(super) async fn send(&self, credential: Option<&Credential>) -> Result<Token, SourceError> {
        let Some(Credential::Identity(identity)) = credential else {
            return self.by_get(credential).await;
        };
        let scopes = self.scopes.join(" ");
        let fields = [
            ("grant_type", "refresh_token"),
            ("service", self.service.unwrap_or("")),
            ("client_id", "imgscan"),
            ("scope", &scopes),
            ("refresh_token", identity.expose()),
        ];
        let call = Call { form: Some(form(&fields)), ..Call::get(self.realm.clone()) };
        let (status, body) = small(self.http, &call).await?;
        // Servers without OAuth2 know GET only, and take the token as the password of `<token>`.
        if matches!(status.as_u16(), 404 | 405) {
            let credential = Credential::Basic { username: "<token>".to_owned(), password: identity.clone() };
            return self.by_get(Some(&credential)).await;
        }
        self.read(status, &body)
    }

    async fn by_get(&self, credential: Option<&Credential>) -> Result<Token, SourceError> {
        let mut call = Call::get(self.realm.clone());
        {
            let mut query = call.url.query_pairs_mut();
            self.service.map(|service| query.append_pair("service", service));
            for scope in &self.scopes {
                query.append_pair("scope", scope);
            }
        }
        if let Some(Credential::Basic { username, password }) = credential {
            call.authorization = Some(basic(username, password)?);
        }
        let (status, body) = small(self.http, &call).await?;
        self.read(status, &body)
    }

    fn read(&self, status: StatusCode, body: &[u8]) -> Result<Token, SourceError> {
        let realm = of_url(&self.realm);
        if !status.is_success() {
            return Err(refused(&self.realm, status, body));
        }
        let answer: Answer = serde_json::from_slice(body)
            .map_err(|e| damaged(format!("the token server `{realm}` answers no token: {e}")))?;
        let token = answer.token.or(answer.access_token).filter(|t| !t.is_empty());
        let token = token.ok_or_else(|| damaged(format!("the token server `{realm}` answers no token")))?;
        let life = answer.expires_in.filter(|l| l.is_finite() && *l > 0.0).unwrap_or(DEFAULT_LIFE);
        let life = Duration::from_secs_f64(life.min(LONGEST_LIFE));
        let until = Instant::now() + life.saturating_sub(MARGIN.min(life / 2));
        Ok(Token { header: bearer(&Secret::new(token))?, until })
    }
}

/// The error for an answer that holds no token.
fn refused(url: &Url, status: StatusCode, body: &[u8]) -> SourceError {
    let (server, said) = (of_url(url), answer::status(status, body));
    match status.as_u16() {
        400 | 401 | 403 => unauthorized(format!("the token server `{server}` refuses: {said}")),
        _ => network(format!("the token server `{server}` answers {said}")),
    }
}

/// A small answer of any status; tried again where that can help.
async fn small(http: &Http, call: &Call) -> Result<(StatusCode, Vec<u8>), SourceError> {
    let mut tries = Tries::at_most(http, call.tries);
    loop {
        let (error, asked) = match http.send(call).await {
            Ok(response) => {
                let (status, asked) = (response.status(), retry_after(response.headers()));
                match answer::body(response, limits::TOKEN_BYTES, "the token server's answer").await {
                    Ok(body) if may_pass(status) => (refused(&call.url, status, &body), asked),
                    Ok(body) => return Ok((status, body)),
                    Err(failure) if failure.passing => (failure.error, None),
                    Err(failure) => return Err(failure.error),
                }
            }
            Err(failure) if failure.passing => (failure.error.about("the token server"), None),
            Err(failure) => return Err(failure.error.about("the token server")),
        };
        tries.again(error, asked).await?;
    }
}

/// A small answer of JSON.
pub(crate) async fn small_json<T: DeserializeOwned>(http: &Http, call: &Call) -> Result<T, SourceError> {
    let (status, body) = small(http, call).await?;
    if !status.is_success() {
        return Err(refused(&call.url, status, &body));
    }
    serde_json::from_slice(&body).map_err(|_| damaged(format!("`{}` answers no token", of_url(&call.url))))
}

/// Fields as a form is posted.
pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    let Ok(mut url) = Url::parse("http://form.invalid/") else { return String::new() };
    url.query_pairs_mut().extend_pairs(fields);
    url.query().unwrap_or("").to_owned()
}

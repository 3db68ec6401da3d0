//! How a registry is told who we are: its challenge is learned once, tokens are kept for as long as they hold.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Response, StatusCode, Url};
use serde::Deserialize;

use super::address::check_sent_to;
use super::answer;
use super::challenge::{self, Challenge};
use super::failure::{Tries, may_pass, of_url, retry_after};
use super::http::{Call, Http, Trust};
use crate::credentials::{Credential, Secret};
use crate::error::{SourceError, damaged, network, unauthorized};
use imgscan_model::limits;

/// A token is not used in the last seconds of its time: the request would arrive too late.
const MARGIN: Duration = Duration::from_secs(10);
/// How long a token holds when its server does not say (distribution, token authentication specification).
const DEFAULT_LIFE: u64 = 60;

/// Finds credentials for a repository; asked only when a registry wants some.
pub(crate) type LookUp = dyn Fn(&str) -> Result<Option<Credential>, SourceError> + Send + Sync;

/// What was learned of how a registry wants to be spoken to.
pub(crate) struct Auth {
    http: Arc<Http>,
    look_up: Box<LookUp>,
    /// Held while a token is fetched: whoever else needs one waits for it instead of fetching its own.
    state: tokio::sync::Mutex<State>,
}

#[derive(Default)]
struct State {
    challenge: Option<Challenge>,
    credentials: HashMap<String, Option<Credential>>,
    tokens: HashMap<String, Token>,
}

struct Token {
    header: HeaderValue,
    until: Option<Instant>,
}

/// What a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    /// The repository, for the choice of credentials; empty for the catalog.
    pub(crate) repository: String,
    /// The scope as a token server wants it.
    pub(crate) text: String,
}

impl Scope {
    /// Reading a repository.
    pub(crate) fn pull(repository: &str) -> Self {
        Scope { repository: repository.to_owned(), text: format!("repository:{repository}:pull") }
    }
}

impl Auth {
    pub(crate) fn new(http: Arc<Http>, look_up: Box<LookUp>) -> Self {
        Auth { http, look_up, state: tokio::sync::Mutex::default() }
    }

    /// What to send along, as far as it is known; nothing before the registry asked.
    pub(crate) async fn header(
        &self,
        scope: &Scope,
        registry: &Url,
    ) -> Result<Option<HeaderValue>, SourceError> {
        let mut state = self.state.lock().await;
        match state.challenge.clone() {
            None => Ok(None),
            Some(challenge) => self.meet(&mut state, &challenge, scope, registry).await,
        }
    }

    /// What to send along after the registry refused what was sent (`None`: nothing). An error where there is nothing
    /// better to send.
    pub(crate) async fn renewed(
        &self,
        headers: &HeaderMap,
        sent: Option<&HeaderValue>,
        scope: &Scope,
        registry: &Url,
    ) -> Result<Option<HeaderValue>, SourceError> {
        let host = registry.host_str().unwrap_or("");
        let Some(challenge) = challenge::of(headers) else {
            return Err(unauthorized(format!("`{host}` refuses and does not say how it wants to be asked")));
        };
        let mut state = self.state.lock().await;
        // Somebody else may have fetched a newer token meanwhile.
        let current = state.tokens.get(&scope.text).map(|t| t.header.clone());
        if current.as_ref() == sent {
            state.tokens.remove(&scope.text);
        }
        state.challenge = Some(challenge.clone());
        let header = self.meet(&mut state, &challenge, scope, registry).await?;
        match header {
            Some(header) if Some(&header) != sent => Ok(Some(header)),
            Some(_) => Err(unauthorized(format!("`{host}` does not accept the credentials for it"))),
            None => Err(unauthorized(format!("`{host}` wants credentials, and there are none for it"))
                .with_help(format!(
                    "log in (`docker login {host}`), or give them: `--username`, `--password-stdin`"
                ))),
        }
    }

    /// The error where what we have is not enough.
    pub(crate) async fn not_accepted(&self, response: Response, scope: &Scope, host: &str) -> SourceError {
        let state = self.state.lock().await;
        let ours = matches!(state.credentials.get(&scope.repository), Some(Some(_)));
        let what = if ours { "the credentials for it" } else { "readers without credentials" };
        let said = answer::refusal(response).await;
        unauthorized(format!("`{host}` does not accept {what}: {said}")).with_help(format!(
            "log in (`docker login {host}`), or give them: `--username`, `--password-stdin`"
        ))
    }

    async fn meet(
        &self,
        state: &mut State,
        challenge: &Challenge,
        scope: &Scope,
        registry: &Url,
    ) -> Result<Option<HeaderValue>, SourceError> {
        let credential = match state.credentials.get(&scope.repository) {
            Some(known) => known.clone(),
            None => {
                // Helpers are programs that may take seconds.
                let found = tokio::task::block_in_place(|| (self.look_up)(&scope.repository))?;
                state.credentials.insert(scope.repository.clone(), found.clone());
                found
            }
        };
        match (challenge, &credential) {
            (_, Some(Credential::Bearer(token))) => bearer(token).map(Some),
            (Challenge::Basic, Some(Credential::Basic { username, password })) => {
                basic(username, password).map(Some)
            }
            (Challenge::Basic, Some(Credential::Identity(_))) => {
                Err(unauthorized("the registry wants a password, and there is only an identity token for it"))
            }
            (Challenge::Basic, None) => Ok(None),
            (Challenge::Bearer { .. }, _) => {
                if let Some(token) =
                    state.tokens.get(&scope.text).filter(|t| t.until.is_none_or(|u| Instant::now() < u))
                {
                    return Ok(Some(token.header.clone()));
                }
                let token = self.token(challenge, credential.as_ref(), scope, registry).await?;
                let header = token.header.clone();
                state.tokens.insert(scope.text.clone(), token);
                Ok(Some(header))
            }
        }
    }

    /// Fetches a token (distribution, "Token Authentication Specification" and "Oauth2 Token Authentication").
    async fn token(
        &self,
        challenge: &Challenge,
        credential: Option<&Credential>,
        scope: &Scope,
        registry: &Url,
    ) -> Result<Token, SourceError> {
        let Challenge::Bearer { realm, service, scope: asked } = challenge else {
            return Err(unauthorized("the registry wants no token"));
        };
        let shown = crate::shown::text(realm);
        let realm = Url::parse(realm)
            .map_err(|e| unauthorized(format!("the registry's token server, `{shown}`, is no URL: {e}")))?;
        check_sent_to("the registry's token server", &realm, registry)?;
        // The registry knows best which scope it wants, unless it asked for another repository's.
        let mut scopes = vec![scope.text.as_str()];
        let named = |s: &&str| s.starts_with("repository:") == scope.text.starts_with("repository:");
        if let Some(asked) = asked.as_deref().filter(|a| !a.is_empty() && a != &scope.text).filter(named)
            && asked.contains(&scope.repository)
        {
            scopes = asked.split(' ').collect();
        }
        let request = TokenRequest { http: &self.http, realm, service: service.as_deref(), scopes, registry };
        if let Some(Credential::Identity(token)) = credential {
            return request.by_identity(token).await;
        }
        request.by_get(credential).await
    }
}

/// A request to a token server.
struct TokenRequest<'a> {
    http: &'a Http,
    realm: Url,
    service: Option<&'a str>,
    scopes: Vec<&'a str>,
    registry: &'a Url,
}

/// What a token server answers. Some say `token`, some `access_token`, some both.
#[derive(Deserialize)]
struct TokenAnswer {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<f64>,
}

impl TokenRequest<'_> {
    async fn by_get(&self, credential: Option<&Credential>) -> Result<Token, SourceError> {
        let mut url = self.realm.clone();
        {
            let mut query = url.query_pairs_mut();
            self.service.map(|service| query.append_pair("service", service));
            for scope in &self.scopes {
                query.append_pair("scope", scope);
            }
        }
        let mut call = Call::get(url, self.trust());
        if let Some(Credential::Basic { username, password }) = credential {
            call.authorization = Some(basic(username, password)?);
        }
        let (status, body) = self.send(&call).await?;
        self.read(status, &body, credential.is_some())
    }

    async fn by_identity(&self, identity: &Secret) -> Result<Token, SourceError> {
        let mut form = Url::parse("http://form.invalid/").map_err(|e| network(e.to_string()))?;
        form.query_pairs_mut()
            .append_pair("grant_type", "refresh_token")
            .append_pair("service", self.service.unwrap_or(""))
            .append_pair("client_id", "imgscan")
            .append_pair("scope", &self.scopes.join(" "))
            .append_pair("refresh_token", identity.expose());
        let form = form.query().unwrap_or("").to_owned();
        let call = Call { form: Some(form), ..Call::get(self.realm.clone(), self.trust()) };
        let (status, body) = self.send(&call).await?;
        // Servers without OAuth2 know GET only, and take the token as the password of `<token>`.
        if matches!(status.as_u16(), 404 | 405) {
            let username = "<token>".to_owned();
            return self.by_get(Some(&Credential::Basic { username, password: identity.clone() })).await;
        }
        self.read(status, &body, true)
    }

    fn trust(&self) -> Trust {
        Trust::Checked
    }

    async fn send(&self, call: &Call) -> Result<(StatusCode, Vec<u8>), SourceError> {
        let mut tries = Tries::new(self.http);
        loop {
            let (error, asked) = match self.http.send(call).await {
                Ok(response) => {
                    let (status, asked) = (response.status(), retry_after(response.headers()));
                    match answer::body(response, limits::TOKEN_BYTES, "the token server's answer").await {
                        Ok(body) if may_pass(status) => (self.refused(status, &body), asked),
                        Ok(body) => return Ok((status, body)),
                        Err(failure) if failure.passing => (failure.error, None),
                        Err(failure) => return Err(failure.error),
                    }
                }
                Err(failure) if failure.passing => (failure.error, None),
                Err(failure) => return Err(failure.error.about("the token server")),
            };
            tries.again(error, asked).await?;
        }
    }

    fn refused(&self, status: StatusCode, body: &[u8]) -> SourceError {
        network(format!(
            "the token server `{}` answers {}",
            of_url(&self.realm),
            answer::status(status, body)
        ))
    }

    fn read(&self, status: StatusCode, body: &[u8], with_credentials: bool) -> Result<Token, SourceError> {
        let host = self.registry.host_str().unwrap_or("");
        if matches!(status.as_u16(), 400 | 401 | 403) {
            let said = answer::status(status, body);
            let realm = of_url(&self.realm);
            return Err(if with_credentials {
                unauthorized(format!(
                    "the token server `{realm}` does not accept the credentials for `{host}`: {said}"
                ))
            } else {
                unauthorized(format!("the token server `{realm}` wants credentials for `{host}`: {said}"))
                    .with_help(format!(
                        "log in (`docker login {host}`), or give them: `--username`, `--password-stdin`"
                    ))
            });
        }
        if !status.is_success() {
            return Err(self.refused(status, body));
        }
        let realm = of_url(&self.realm);
        let answer: TokenAnswer = serde_json::from_slice(body)
            .map_err(|e| damaged(format!("the token server `{realm}` answers no token: {e}")))?;
        let token = answer.token.or(answer.access_token).filter(|t| !t.is_empty());
        let token = token.ok_or_else(|| damaged(format!("the token server `{realm}` answers no token")))?;
        let life = answer.expires_in.filter(|l| l.is_finite() && *l > 0.0).unwrap_or(DEFAULT_LIFE as f64);
        let life = Duration::from_secs_f64(life.min(1e6));
        let until = Instant::now() + life.saturating_sub(MARGIN.min(life / 2));
        Ok(Token { header: bearer(&Secret::new(token))?, until: Some(until) })
    }
}

fn bearer(token: &Secret) -> Result<HeaderValue, SourceError> {
    header(format!("Bearer {}", token.expose().trim()))
}

fn basic(username: &str, password: &Secret) -> Result<HeaderValue, SourceError> {
    header(format!("Basic {}", STANDARD.encode(format!("{username}:{}", password.expose()))))
}

fn header(text: String) -> Result<HeaderValue, SourceError> {
    let mut value = HeaderValue::from_str(&text)
        .map_err(|_| unauthorized("a token holds characters that no header may have"))?;
    value.set_sensitive(true);
    Ok(value)
}

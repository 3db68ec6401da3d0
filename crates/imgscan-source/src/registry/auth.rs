//! How a registry is told who we are: its challenge is learned once, tokens are kept for as long as they hold.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Response, Url};

use super::answer;
use super::challenge::{self, Challenge};
use super::http::Http;
use super::token::{self, Token};
use crate::credentials::{Credential, Found, Keychain, Secret};
use crate::error::{SourceError, unauthorized};

/// What was learned of how a registry wants to be spoken to.
pub(crate) struct Auth {
    http: Arc<Http>,
    keychain: Keychain,
    /// The registry's name, for messages.
    registry: String,
    /// Held while a token is fetched: whoever else needs one waits for it instead of fetching its own.
    state: tokio::sync::Mutex<State>,
}

#[derive(Default)]
struct State {
    challenge: Option<Challenge>,
    /// By repository.
    credentials: HashMap<String, Found>,
    /// By scope.
    tokens: HashMap<String, Token>,
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

    /// Listing a registry's repositories.
    pub(crate) fn catalog() -> Self {
        Scope { repository: String::new(), text: "registry:catalog:*".to_owned() }
    }
}

impl Auth {
    pub(crate) fn new(http: Arc<Http>, registry: &str, keychain: Keychain) -> Self {
        Auth { http, keychain, registry: registry.to_owned(), state: tokio::sync::Mutex::default() }
    }

    /// What to send along, as far as it is known; nothing before the registry asked. `base` is its URL.
    pub(crate) async fn header(&self, scope: &Scope, base: &Url) -> Result<Option<HeaderValue>, SourceError> {
        let mut state = self.state.lock().await;
        match state.challenge.clone() {
            None => Ok(None),
            Some(challenge) => self.meet(&mut state, &challenge, scope, base).await,
        }
    }

    /// What to send along after the registry refused what was sent (`None`: nothing). An error where there is nothing
    /// better to send.
    pub(crate) async fn renewed(
        &self,
        headers: &HeaderMap,
        sent: Option<&HeaderValue>,
        scope: &Scope,
        base: &Url,
    ) -> Result<Option<HeaderValue>, SourceError> {
        let registry = &self.registry;
        let challenge = challenge::of(headers).ok_or_else(|| {
            unauthorized(format!("`{registry}` refuses and does not say how it wants to be asked"))
        })?;
        let mut state = self.state.lock().await;
        // Somebody else may have fetched a newer token meanwhile.
        if state.tokens.get(&scope.text).map(Token::header).as_ref() == sent {
            state.tokens.remove(&scope.text);
        }
        state.challenge = Some(challenge.clone());
        match self.meet(&mut state, &challenge, scope, base).await? {
            Some(header) if Some(&header) != sent => Ok(Some(header)),
            Some(_) => Err(self.advice(
                &state,
                scope,
                format!("`{registry}` does not accept the credentials for it"),
            )),
            None => Err(self.advice(
                &state,
                scope,
                format!("`{registry}` wants credentials, and there are none for it"),
            )),
        }
    }

    /// The error where what we have is not enough.
    pub(crate) async fn not_accepted(&self, response: Response, scope: &Scope) -> SourceError {
        let state = self.state.lock().await;
        let ours = state.credentials.get(&scope.repository).is_some_and(|found| found.credential.is_some());
        let what = if ours { "the credentials for it" } else { "readers without credentials" };
        let said = answer::refusal(response).await;
        self.advice(&state, scope, format!("`{}` does not accept {what}: {said}", self.registry))
    }

    /// An error with what failed while credentials were looked up, and with what the user can do.
    fn advice(&self, state: &State, scope: &Scope, message: String) -> SourceError {
        let registry = &self.registry;
        let failed = state.credentials.get(&scope.repository).map(|found| found.failed.join("; "));
        let message = match failed.filter(|f| !f.is_empty()) {
            Some(failed) => format!("{message} ({failed})"),
            None => message,
        };
        unauthorized(message).with_help(format!(
            "log in (`docker login {registry}`), or give them: `--username` and `--password-stdin`"
        ))
    }

    async fn meet(
        &self,
        state: &mut State,
        challenge: &Challenge,
        scope: &Scope,
        base: &Url,
    ) -> Result<Option<HeaderValue>, SourceError> {
        if !state.credentials.contains_key(&scope.repository) {
            let found = self.keychain.find(&self.http, &scope.repository).await;
            state.credentials.insert(scope.repository.clone(), found);
        }
        let credential = state.credentials.get(&scope.repository).and_then(|found| found.credential.clone());
        match (challenge, &credential) {
            (_, Some(Credential::Bearer(token))) => bearer(token).map(Some),
            (Challenge::Basic, Some(Credential::Basic { username, password })) => {
                basic(username, password).map(Some)
            }
            (Challenge::Basic, Some(Credential::Identity(_))) => {
                let registry = &self.registry;
                Err(unauthorized(format!(
                    "`{registry}` wants a password, and there is only an identity token for it"
                )))
            }
            (Challenge::Basic, None) => Ok(None),
            (Challenge::Bearer { realm, service, scope: asked }, _) => {
                if let Some(token) = state.tokens.get(&scope.text).filter(|token| token.holds()) {
                    return Ok(Some(token.header()));
                }
                let realm = token::checked_realm(realm, base).await?;
                // The registry knows best which scope it wants.
                let asked =
                    asked.as_deref().filter(|asked| asked.contains(&scope.text)).unwrap_or(&scope.text);
                let request = token::Request {
                    http: &self.http,
                    realm,
                    service: service.as_deref(),
                    scopes: asked.split_whitespace().collect(),
                };
                let token = request.send(credential.as_ref()).await;
                let token = token.map_err(|error| match error.kind {
                    crate::ErrorKind::Unauthorized => self.advice(state, scope, error.message),
                    _ => error,
                })?;
                let header = token.header();
                state.tokens.insert(scope.text.clone(), token);
                Ok(Some(header))
            }
        }
    }
}

/// `Authorization: Bearer`.
pub(super) fn bearer(token: &Secret) -> Result<HeaderValue, SourceError> {
    header(format!("Bearer {}", token.expose().trim()))
}

/// `Authorization: Basic`.
pub(super) fn basic(username: &str, password: &Secret) -> Result<HeaderValue, SourceError> {
    header(format!("Basic {}", STANDARD.encode(format!("{username}:{}", password.expose()))))
}

fn header(text: String) -> Result<HeaderValue, SourceError> {
    let mut value = HeaderValue::from_str(&text)
        .map_err(|_| unauthorized("a token holds characters that no header may have"))?;
    value.set_sensitive(true);
    Ok(value)
}

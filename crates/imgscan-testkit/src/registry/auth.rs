//! Who may read: anybody, who knows a password, or who brings a token of the token server that lives at `/token`.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::http::{Answer, Request};
use super::{Shared, lock};

/// Where the token server lives.
pub(super) const TOKEN_PATH: &str = "/token";
/// The name that the registry gives itself towards the token server.
const SERVICE: &str = "test-registry";

/// Who may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Anybody,
    /// Who knows user name and password (HTTP Basic).
    Basic {
        /// User name.
        username: String,
        /// Password.
        password: String,
    },
    /// Who brings a token for the repository.
    Token(Tokens),
}

/// A token server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// User name and password that it wants; `None`: it gives a token to anybody.
    pub login: Option<(String, String)>,
    /// A refresh token that it takes instead (OAuth2, by POST).
    pub identity: Option<String>,
    /// Whether it knows OAuth2 at all; without it a POST is answered with 404.
    pub oauth2: bool,
    /// How long its tokens hold.
    pub life: Duration,
    /// `expires_in` as it is told; the life in seconds where it is `None`.
    pub told: Option<u64>,
    /// The realm that the registry names; its own token server where it is `None`.
    pub realm: Option<String>,
    /// Whether the answer says `access_token` in place of `token`.
    pub access_token: bool,
}

impl Default for Tokens {
    fn default() -> Self {
        Tokens {
            login: None,
            identity: None,
            oauth2: true,
            life: Duration::from_secs(300),
            told: None,
            realm: None,
            access_token: false,
        }
    }
}

/// A token that was given out.
pub(super) struct Issued {
    token: String,
    scope: String,
    until: Instant,
}

/// Why a request is refused; `None`: it is not.
pub(super) fn refusal(shared: &Shared, request: &Request, scope: &str) -> Option<Answer> {
    let sent = request.headers.get("authorization").map_or("", String::as_str);
    match &shared.access {
        Access::Anybody => None,
        Access::Basic { username, password } => (basic(sent) != Some((username.clone(), password.clone())))
            .then(|| {
                Answer::error(401, "UNAUTHORIZED", "authentication required")
                    .with("WWW-Authenticate", r#"Basic realm="test""#)
            }),
        Access::Token(tokens) => {
            let token = sent.strip_prefix("Bearer ").unwrap_or("");
            let issued = lock(&shared.issued);
            let good =
                issued.iter().any(|i| i.token == token && i.scope == scope && Instant::now() < i.until);
            if good {
                return None;
            }
            let scheme = if shared.tls.is_some() { "https" } else { "http" };
            let own = format!("{scheme}://{}{TOKEN_PATH}", shared.address);
            let realm = tokens.realm.clone().unwrap_or(own);
            let error = if token.is_empty() { "" } else { r#",error="invalid_token""# };
            let challenge = format!(r#"Bearer realm="{realm}",service="{SERVICE}",scope="{scope}"{error}"#);
            Some(
                Answer::error(401, "UNAUTHORIZED", "authentication required")
                    .with("WWW-Authenticate", challenge),
            )
        }
    }
}

/// Answers as a token server.
pub(super) fn token(shared: &Shared, request: &Request) -> Answer {
    let Access::Token(tokens) = &shared.access else {
        return Answer::error(404, "UNKNOWN", "no token server");
    };
    if request.method == "POST" {
        return oauth2(shared, tokens, request);
    }
    if request.query("service").as_deref() != Some(SERVICE) {
        return Answer::error(400, "UNKNOWN", "another service");
    }
    if let Some(login) = &tokens.login {
        let sent = request.headers.get("authorization").and_then(|sent| basic(sent));
        let identity = tokens.identity.clone().map(|token| ("<token>".to_owned(), token));
        if sent.as_ref() != Some(login) && (identity.is_none() || sent != identity) {
            let body = json!({ "details": "incorrect username or password" }).to_string();
            return Answer::new(401, body).with("WWW-Authenticate", r#"Basic realm="tokens""#);
        }
    }
    let scopes: Vec<String> = request.query_all("scope");
    issue(shared, tokens, &scopes)
}

/// OAuth2 (RFC 6749, 6): a refresh token for an access token.
fn oauth2(shared: &Shared, tokens: &Tokens, request: &Request) -> Answer {
    if !tokens.oauth2 {
        return Answer::error(404, "UNSUPPORTED", "no OAuth2 here");
    }
    let form = request.form();
    let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let known = tokens.identity.as_deref().is_some_and(|identity| field("refresh_token") == Some(identity));
    if field("grant_type") != Some("refresh_token")
        || field("service") != Some(SERVICE)
        || field("client_id").is_none()
    {
        return Answer::new(400, json!({ "error": "invalid_request" }).to_string());
    }
    if !known {
        return Answer::new(
            401,
            json!({ "error": "invalid_grant", "error_description": "unknown token" }).to_string(),
        );
    }
    let scopes: Vec<String> = field("scope").unwrap_or("").split(' ').map(str::to_owned).collect();
    issue(shared, tokens, &scopes)
}

fn issue(shared: &Shared, tokens: &Tokens, scopes: &[String]) -> Answer {
    let mut issued = lock(&shared.issued);
    let token = format!("token-{}-{}", shared.address.port(), shared.tokens.fetch_add(1, Ordering::SeqCst));
    let until = Instant::now() + tokens.life;
    issued.extend(scopes.iter().map(|scope| Issued { token: token.clone(), scope: scope.clone(), until }));
    let name = if tokens.access_token { "access_token" } else { "token" };
    let told = tokens.told.unwrap_or(tokens.life.as_secs());
    Answer::new(200, json!({ name: token, "expires_in": told }).to_string())
        .with("Content-Type", "application/json")
}

fn basic(sent: &str) -> Option<(String, String)> {
    let decoded = STANDARD.decode(sent.strip_prefix("Basic ")?).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    text.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
}

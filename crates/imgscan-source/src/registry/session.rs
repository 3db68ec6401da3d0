//! One registry: its address, its challenge, its tokens; requests that are tried again where that can help.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Response, Url};

use super::address::{check_sent_to, host_of, is_loopback};
use super::answer;
use super::auth::{Auth, Scope};
use super::failure::{Tries, may_pass, retry_after};
use super::http::{Call, Http, Trust};
use crate::credentials::Keychain;
use crate::error::{SourceError, network, unsupported};

/// A registry.
pub(crate) struct Session {
    pub(crate) http: Arc<Http>,
    auth: Auth,
    /// Ways to speak to it, the likeliest first; more than one only where plain http is allowed.
    endpoints: Vec<Endpoint>,
    /// The one that works.
    current: AtomicUsize,
    /// Its name, for messages.
    name: String,
}

#[derive(Clone, Debug)]
struct Endpoint {
    base: Url,
    trust: Trust,
}

/// A request to a registry.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// Path behind `/v2/`, with its query.
    pub(crate) path: String,
    pub(crate) accept: Option<String>,
    pub(crate) range: Option<(u64, u64)>,
    /// Whether only the head of the answer is wanted.
    pub(crate) head: bool,
    pub(crate) scope: Scope,
}

impl Session {
    /// A registry of this name (`docker.io`, `localhost:5000`). No request is sent.
    pub(crate) fn new(
        http: Arc<Http>,
        registry: &str,
        keychain: Keychain,
        insecure: bool,
    ) -> Result<Self, SourceError> {
        let host = host_of(registry).to_owned();
        let url = |scheme: &str| {
            Url::parse(&format!("{scheme}://{host}/v2/"))
                .map_err(|e| unsupported(format!("`{}` is no host: {e}", crate::shown::text(registry))))
        };
        let (https, plain) = (url("https")?, url("http")?);
        let insecure =
            insecure || http.options.insecure.iter().any(|name| name == registry || host_of(name) == host);
        let endpoints = match (is_loopback(&plain), insecure) {
            (true, _) => vec![
                Endpoint { base: plain, trust: Trust::Checked },
                Endpoint { base: https, trust: if insecure { Trust::Anything } else { Trust::Checked } },
            ],
            (false, true) => vec![
                Endpoint { base: https, trust: Trust::Anything },
                Endpoint { base: plain, trust: Trust::Checked },
            ],
            (false, false) => vec![Endpoint { base: https, trust: Trust::Checked }],
        };
        let auth = Auth::new(Arc::clone(&http), registry, keychain);
        Ok(Session { http, auth, endpoints, current: AtomicUsize::new(0), name: registry.to_owned() })
    }

    /// Its name, as in a reference.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The URL of a path of the registry.
    pub(crate) fn url(&self, path: &str) -> Result<Url, SourceError> {
        let endpoint = self.endpoint()?;
        endpoint
            .base
            .join(path)
            .map_err(|e| network(format!("`{}` is no URL: {e}", crate::shown::text(path))))
    }

    fn endpoint(&self) -> Result<&Endpoint, SourceError> {
        let found = self.endpoints.get(self.current.load(Ordering::Relaxed)).or(self.endpoints.first());
        found.ok_or_else(|| network(format!("`{}` has no address", self.name)))
    }

    /// Goes over to the next way of speaking to it, if there is one behind the one that was used.
    fn next_endpoint(&self, used: usize) -> bool {
        let next = used + 1;
        next < self.endpoints.len()
            && (self.current.compare_exchange(used, next, Ordering::Relaxed, Ordering::Relaxed).is_ok()
                || self.current.load(Ordering::Relaxed) != used)
    }

    /// Sends a request to a URL elsewhere that a manifest names (`urls`), without credentials.
    pub(crate) async fn send_elsewhere(
        &self,
        url: &Url,
        range: Option<(u64, u64)>,
        tries: &mut Tries<'_>,
    ) -> Result<Response, SourceError> {
        check_sent_to("the URL of a foreign layer", url, &self.endpoint()?.base).await?;
        let call = Call { range, ..Call::get(url.clone()) };
        loop {
            match self.http.send(&call).await {
                Ok(response) if may_pass(response.status()) => {
                    let asked = retry_after(response.headers());
                    let error =
                        answer::error(response, "a foreign layer", url.host_str().unwrap_or("")).await;
                    tries.again(error, asked).await?;
                }
                Ok(response) => return Ok(response),
                Err(failure) if failure.passing => tries.again(failure.error, None).await?,
                Err(failure) => return Err(failure.error),
            }
        }
    }

    /// Sends a request until there is an answer that trying again would not change. Its status may be any but 401.
    pub(crate) async fn send(&self, ask: &Ask, tries: &mut Tries<'_>) -> Result<Response, SourceError> {
        let mut refused: Option<(HeaderMap, Option<HeaderValue>)> = None;
        loop {
            let used = self.current.load(Ordering::Relaxed);
            let endpoint = self.endpoint()?;
            let url = self.url(&ask.path)?;
            let authorization = match &refused {
                None => self.auth.header(&ask.scope, &endpoint.base).await?,
                Some((headers, sent)) => {
                    self.auth.renewed(headers, sent.as_ref(), &ask.scope, &endpoint.base).await?
                }
            };
            let call = Call {
                accept: ask.accept.clone(),
                range: ask.range,
                head: ask.head,
                authorization: authorization.clone(),
                trust: endpoint.trust,
                ..Call::get(url)
            };
            match self.http.send(&call).await {
                Ok(response) if response.status() == 401 && refused.is_none() => {
                    refused = Some((response.headers().clone(), authorization));
                }
                Ok(response) if response.status() == 401 => {
                    return Err(self.auth.not_accepted(response, &ask.scope).await);
                }
                Ok(response) if response.status() == 400 && used + 1 < self.endpoints.len() => {
                    self.speaks_tls(response, used).await?;
                }
                Ok(response) if may_pass(response.status()) => {
                    let asked = retry_after(response.headers());
                    let what = format!("`{}`", crate::shown::text(&ask.path));
                    let error = answer::error(response, &what, &self.name).await;
                    tries.again(error, asked).await?;
                    refused = None;
                }
                Ok(response) => return Ok(response),
                Err(failure) if failure.wrong_scheme && self.next_endpoint(used) => {}
                Err(failure) if failure.passing => tries.again(failure.error, None).await?,
                Err(failure) => return Err(failure.error),
            }
        }
    }

    /// A server that speaks TLS answers plain http with 400 and words about it (Go's net/http, nginx); it is then asked
    /// again by TLS. Any other 400 is an error.
    async fn speaks_tls(&self, response: Response, used: usize) -> Result<(), SourceError> {
        let status = response.status();
        let body = answer::body(response, answer::ERROR_BYTES, "the answer").await.unwrap_or_default();
        let lower = String::from_utf8_lossy(&body).to_ascii_lowercase();
        let tls = lower.contains("http request to an https server")
            || lower.contains("http request was sent to https port");
        if tls && self.next_endpoint(used) {
            return Ok(());
        }
        Err(network(format!("`{}` answers {}", self.name, answer::status(status, &body))))
    }

    /// A small answer, whole, with its headers. `what` says in an error what was asked for.
    pub(crate) async fn small(
        &self,
        ask: &Ask,
        what: &str,
        most: u64,
    ) -> Result<(HeaderMap, Vec<u8>), SourceError> {
        let mut tries = Tries::new(&self.http);
        loop {
            let response = self.send(ask, &mut tries).await?;
            if response.status() != 200 {
                return Err(answer::error(response, what, &self.name).await);
            }
            let headers = response.headers().clone();
            match answer::body(response, most, what).await {
                Ok(body) => return Ok((headers, body)),
                Err(failure) if failure.passing => tries.again(failure.error, None).await?,
                Err(failure) => return Err(failure.error),
            }
        }
    }
}

//! HTTP: one runtime, few clients, redirects followed by our own rules. Everything here is bounded by the deadline.

use std::collections::HashMap;
use std::future::Future;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use imgscan_model::limits;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION, RANGE};
use reqwest::{Client, Response, StatusCode, Url};
use tokio::runtime::Runtime;
use tokio::time::Instant;

use super::address::{self, check_sent_to, same_origin, without_query};
use super::failure::{self, Failure};
use super::{certs_d, proxy, tls};
use crate::error::{SourceError, network};
use crate::options::{Event, Options, TlsOptions};

/// Most redirects followed for one request.
const REDIRECTS: usize = 5;

/// Whether the certificate of a host is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    Checked,
    /// The user named the host as insecure.
    Anything,
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) url: Url,
    pub(crate) trust: Trust,
    pub(crate) accept: Option<String>,
    pub(crate) authorization: Option<HeaderValue>,
    /// First byte wanted and the last.
    pub(crate) range: Option<(u64, u64)>,
    /// A form that is posted; without it the request is a GET.
    pub(crate) form: Option<String>,
    /// Whether only the head of the answer is wanted.
    pub(crate) head: bool,
    /// One header field more.
    pub(crate) header: Option<(&'static str, &'static str)>,
    /// How often it is tried, where somebody tries again.
    pub(crate) tries: u32,
}

impl Call {
    /// A GET.
    pub(crate) fn get(url: Url) -> Self {
        let (trust, tries) = (Trust::Checked, limits::TRIES);
        Call {
            url,
            trust,
            accept: None,
            authorization: None,
            range: None,
            form: None,
            head: false,
            header: None,
            tries,
        }
    }
}

/// An engine on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    /// By its socket.
    Socket(PathBuf),
    /// By its address, on loopback.
    Address(Url),
}

impl Engine {
    /// As it stands in messages.
    pub(crate) fn shown(&self) -> String {
        match self {
            Engine::Socket(path) => crate::shown::path(path),
            Engine::Address(url) => crate::shown::text(url.as_str()),
        }
    }
}

/// The HTTP clients of a run. Connections are kept and used again.
pub(crate) struct Http {
    /// Always there; taken out only to be dropped without waiting.
    runtime: Option<Runtime>,
    /// By what they are for.
    clients: Mutex<HashMap<String, Client>>,
    pub(crate) options: Arc<Options>,
    deadline: Instant,
}

impl Http {
    /// The runtime and its one thread. `started` is when the run began.
    pub(crate) fn new(options: Arc<Options>, started: std::time::Instant) -> Result<Self, SourceError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(4)
            .thread_name("imgscan-net")
            .enable_all()
            .build()
            .map_err(|e| network(format!("no network runtime can be started: {e}")))?;
        let deadline = Instant::from_std(started) + options.deadline;
        Ok(Http { runtime: Some(runtime), clients: Mutex::default(), options, deadline })
    }

    /// Waits on the caller's own thread, at most until the deadline.
    pub(crate) fn wait<T>(
        &self,
        work: impl Future<Output = Result<T, SourceError>>,
    ) -> Result<T, SourceError> {
        let Some(runtime) = &self.runtime else { return Err(network("the run is over")) };
        let bounded = async {
            match tokio::time::timeout_at(self.deadline, work).await {
                Ok(result) => result,
                Err(_) => Err(self.late()),
            }
        };
        runtime.block_on(bounded)
    }

    /// Sleeps, unless the deadline comes first.
    pub(crate) async fn sleep(&self, time: Duration) -> Result<(), SourceError> {
        if Instant::now() + time >= self.deadline {
            return Err(self.late());
        }
        tokio::time::sleep(time).await;
        Ok(())
    }

    fn late(&self) -> SourceError {
        let seconds = self.options.deadline.as_secs_f32();
        network(format!("the {seconds} s that the whole run may take are over"))
            .with_help("give it more: `--timeout`")
    }

    /// Sends a request once and follows redirects. Any status is an answer.
    pub(crate) async fn send(&self, call: &Call) -> Result<Response, Failure> {
        let mut url = call.url.clone();
        for _ in 0..=REDIRECTS {
            let response = self.send_one(call, &url).await?;
            if !is_redirect(response.status()) {
                return Ok(response);
            }
            let target = response.headers().get(LOCATION).and_then(|l| l.to_str().ok());
            let target = target.and_then(|l| url.join(l).ok()).ok_or_else(|| {
                Failure::lasting(network(format!("`{}` redirects to nowhere", without_query(&url))))
            })?;
            check_sent_to("a redirect", &target, &call.url).await.map_err(Failure::lasting)?;
            url = target;
        }
        Err(Failure::lasting(network(format!(
            "`{}` redirects more than {REDIRECTS} times",
            without_query(&call.url)
        ))))
    }

    async fn send_one(&self, call: &Call, url: &Url) -> Result<Response, Failure> {
        let client = self.client(url, call.trust).map_err(Failure::lasting)?;
        let mut request = match &call.form {
            Some(form) => client
                .post(url.clone())
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form.clone()),
            None if call.head => client.head(url.clone()),
            None => client.get(url.clone()),
        };
        // A body that was packed on the way has another digest than the one that is checked.
        request = request.header(ACCEPT_ENCODING, "identity");
        if let Some(accept) = &call.accept {
            request = request.header(ACCEPT, accept);
        }
        if let Some((name, value)) = call.header {
            request = request.header(name, value);
        }
        if let Some((first, last)) = call.range {
            request = request.header(RANGE, format!("bytes={first}-{last}"));
        }
        if let Some(authorization) = call.authorization.as_ref().filter(|_| same_origin(url, &call.url)) {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        self.options.progress.tell(|| Event::Request { url: without_query(url).to_string() });
        request.send().await.map_err(|error| failure::of_reqwest(&error, url))
    }

    /// Asks an engine on this machine for a path of its API.
    pub(crate) async fn engine(&self, engine: &Engine, path: &str) -> Result<Response, Failure> {
        let nowhere = |e: &dyn std::fmt::Display| Failure::lasting(network(format!("no engine: {e}")));
        let mut url = match engine {
            Engine::Socket(_) => Url::parse("http://engine/").map_err(|e| nowhere(&e))?,
            Engine::Address(url) => url.clone(),
        };
        url.set_path(path);
        let builder = Client::builder().no_proxy().tls_backend_preconfigured(
            tls::config(tls::Roots::None, &self.options.tls).map_err(Failure::lasting)?,
        );
        let builder = match engine {
            Engine::Socket(path) => builder.unix_socket(path.clone()),
            Engine::Address(_) => builder,
        };
        let client = builder.redirect(reqwest::redirect::Policy::none()).build().map_err(|e| nowhere(&e))?;
        client.get(url).send().await.map_err(|error| {
            let (shown, cause) = (engine.shown(), failure::chain(&error));
            Failure::lasting(network(format!("the engine at `{shown}` cannot be asked: {cause}")))
        })
    }

    /// The client for a URL: one for plain http, one for TLS, and one for each host with certificates of its own.
    fn client(&self, url: &Url, trust: Trust) -> Result<Client, SourceError> {
        let options = &self.options;
        let (key, roots) = match (url.scheme(), trust) {
            ("http", _) => ("http".to_owned(), tls::Roots::None),
            (_, Trust::Anything) => ("insecure".to_owned(), tls::Roots::Anything),
            (_, Trust::Checked) => ("https".to_owned(), tls::Roots::Trusted),
        };
        let own = match roots {
            tls::Roots::None => None,
            _ => certs_d::options(&options.environment, url, &options.tls),
        };
        let key = if own.is_some() { format!("{key} {}", url.authority()) } else { key };
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&key) {
            return Ok(client.clone());
        }
        let client = self.build(roots, own.as_ref().unwrap_or(&options.tls))?;
        clients.insert(key, client.clone());
        Ok(client)
    }

    fn build(&self, roots: tls::Roots, options: &TlsOptions) -> Result<Client, SourceError> {
        let proxies = proxy::Proxies::of(&self.options.environment);
        let chosen = reqwest::Proxy::custom(
            move |url| {
                if address::is_local(url) { None } else { proxies.of_url(url) }
            },
        );
        Client::builder()
            .user_agent(concat!("imgscan/", env!("CARGO_PKG_VERSION")))
            .tls_backend_preconfigured(tls::config(roots, options)?)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .proxy(chosen)
            .connect_timeout(limits::CONNECT)
            .read_timeout(limits::STALL)
            .build()
            .map_err(|e| network(format!("no HTTP client can be made: {}", failure::chain(&e))))
    }
}

impl Drop for Http {
    fn drop(&mut self) {
        // Dropping a runtime waits for its threads, and panics inside of another runtime.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

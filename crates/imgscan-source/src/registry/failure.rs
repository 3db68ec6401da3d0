//! What a failed request means: may it pass, and in which words.

use std::error::Error;
use std::time::{Duration, SystemTime};

use imgscan_model::limits;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{StatusCode, Url};

use super::address::without_query;
use super::http::Http;
use crate::error::{SourceError, network};
use crate::options::Event;

/// Why a request got no answer.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) error: SourceError,
    /// Whether it may go better the next time.
    pub(crate) passing: bool,
    /// Whether the other side may speak TLS where we spoke plain http, or the other way round.
    pub(crate) wrong_scheme: bool,
}

impl Failure {
    /// One that trying again does not cure.
    pub(crate) fn lasting(error: SourceError) -> Self {
        Failure { error, passing: false, wrong_scheme: false }
    }

    /// One that may pass.
    pub(crate) fn passing(error: SourceError) -> Self {
        Failure { error, passing: true, wrong_scheme: false }
    }
}

/// The messages of an error and of all that caused it: without repetitions, and without the sentences of the HTTP
/// libraries that say nothing their causes do not say better.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    const EMPTY: [&str; 5] = [
        "client error (",
        "error sending request",
        "error decoding response body",
        "request or response body error",
        "error reading a body from connection",
    ];
    let mut parts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        next = error.source();
        let empty = next.is_some() && EMPTY.iter().any(|start| text.starts_with(start));
        if !empty && !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
    }
    crate::shown::text(&parts.join(": "))
}

fn find<T: Error + 'static>(error: &reqwest::Error) -> Option<&T> {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        // An `io::Error` made of another error hides it from `source`.
        let inner = error.downcast_ref::<std::io::Error>().and_then(|e| e.get_ref());
        next = inner.map(|e| e as &(dyn Error + 'static)).or_else(|| error.source());
    }
    None
}

/// What an error of the client means.
pub(crate) fn of_reqwest(error: &reqwest::Error, url: &Url) -> Failure {
    let host = url.host_str().unwrap_or("?");
    let host =
        crate::shown::text(&url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")));
    let causes = chain_below(error);
    if let Some(tls) = find::<rustls::Error>(error) {
        return of_tls(tls, &host);
    }
    if error.is_timeout() {
        let what = if error.is_connect() { "takes no connection" } else { "sends nothing" };
        let seconds = if error.is_connect() { limits::CONNECT } else { limits::STALL }.as_secs();
        return Failure::passing(network(format!("`{host}` {what} for {seconds} s")));
    }
    if error.is_connect() {
        if causes.contains("dns error") || causes.contains("lookup address") {
            let passing = causes.contains("Temporary failure") || causes.contains("Try again");
            let error = network(format!("the host `{host}` cannot be found: {causes}"))
                .with_help("is the name of the registry right, and is there a network?");
            return Failure { error, passing, wrong_scheme: false };
        }
        let refused =
            find::<std::io::Error>(error).is_some_and(|e| e.kind() == std::io::ErrorKind::ConnectionRefused);
        return Failure {
            error: network(format!("`{host}` cannot be reached: {causes}")),
            passing: !refused && !causes.contains("unreachable"),
            // A name without a port means another port for each scheme.
            wrong_scheme: refused && url.port().is_none(),
        };
    }
    Failure {
        // A server of TLS answers plain http with an alert, which is no HTTP.
        wrong_scheme: url.scheme() == "http" && causes.contains("invalid HTTP"),
        error: network(format!("the connection to `{host}` broke: {causes}")),
        passing: true,
    }
}

/// The causes of an error of the client, without its own sentence, which repeats the whole URL.
fn chain_below(error: &reqwest::Error) -> String {
    error.source().map_or_else(|| crate::shown::text(&error.to_string()), chain)
}

fn of_tls(error: &rustls::Error, host: &str) -> Failure {
    let text = crate::shown::text(&error.to_string());
    match error {
        rustls::Error::InvalidCertificate(_) => Failure::lasting(
            network(format!("the certificate of `{host}` is not trusted: {text}")).with_help(format!(
                "give its authority with `--ca-file`, or type `--insecure {host}` if you must"
            )),
        ),
        // Plain http on the other side: its answer is no TLS record.
        rustls::Error::InvalidMessage(_) => Failure {
            error: network(format!("`{host}` does not speak TLS: {text}"))
                .with_help(format!("if it speaks plain http only, type `--insecure {host}`")),
            passing: false,
            wrong_scheme: true,
        },
        _ => Failure::lasting(network(format!("TLS with `{host}` fails: {text}"))),
    }
}

/// Whether an answer of this status may be another one soon.
pub(crate) fn may_pass(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 425 | 429 | 499 | 500 | 502 | 503 | 504 | 522)
}

/// Tries of one piece of work. Waits between them, longer each time.
pub(crate) struct Tries<'a> {
    http: &'a Http,
    count: u32,
    most: u32,
}

impl<'a> Tries<'a> {
    pub(crate) fn new(http: &'a Http) -> Self {
        Tries::at_most(http, limits::TRIES)
    }

    /// So many tries at most, and one at least.
    pub(crate) fn at_most(http: &'a Http, most: u32) -> Self {
        Tries { http, count: 1, most }
    }

    /// Waits before the next try. When there is none left, the error is the answer.
    pub(crate) async fn again(
        &mut self,
        error: SourceError,
        asked: Option<Duration>,
    ) -> Result<(), SourceError> {
        if self.count >= self.most {
            let message = match self.count {
                1 => error.message,
                tries => format!("{} (tried {tries} times)", error.message),
            };
            return Err(SourceError { message, ..error });
        }
        if let Some(asked) = asked.filter(|a| *a > limits::RETRY_AFTER) {
            let message = format!("{}; it asks us to come back in {} s", error.message, asked.as_secs());
            return Err(SourceError { message, ..error });
        }
        // Trebles each time; a tenth up or down, so that many clients do not come back at once.
        let base = self.http.options.backoff.saturating_mul(3u32.saturating_pow(self.count - 1));
        let wait = asked.unwrap_or_else(|| base.mul_f64(jitter()));
        self.count += 1;
        self.http.options.progress.tell(|| Event::Retry { reason: error.message.clone(), wait });
        self.http.sleep(wait).await
    }
}

/// Between 0.9 and 1.1.
fn jitter() -> f64 {
    use std::hash::{BuildHasher as _, Hasher as _};
    let random = std::collections::hash_map::RandomState::new().build_hasher().finish();
    0.9 + (random % 1000) as f64 / 5000.0
}

/// `Retry-After` (RFC 9110, 10.2.3): seconds, or a date.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = Duration::from_secs(http_date(text)?);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(at.saturating_sub(now))
}

/// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT`.
fn http_date(text: &str) -> Option<u64> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let words: Vec<&str> = text.split_whitespace().collect();
    let [_, day, month, year, time, "GMT"] = *words.as_slice() else { return None };
    let (day, year): (u64, u64) = (day.parse().ok()?, year.parse().ok()?);
    let month = MONTHS.iter().position(|m| *m == month)? as u64;
    let parts: Vec<u64> = time.split(':').filter_map(|p| p.parse().ok()).collect();
    let [hour, minute, second] = *parts.as_slice() else { return None };
    if !(1970..=9999).contains(&year) || !(1..=31).contains(&day) || hour > 24 || minute > 60 || second > 61 {
        return None;
    }
    // Days of the civil calendar, years counted from March (Howard Hinnant, "chrono-compatible low-level date algorithms").
    let (y, m) = if month < 2 { (year - 1, month + 10) } else { (year, month - 2) };
    let (era, of_era) = (y / 400, y % 400);
    let of_year = (153 * m + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second)
}

/// An answer that is not the one wanted, as an error. `what` is what was asked for.
pub(crate) fn of_url(url: &Url) -> String {
    crate::shown::text(without_query(url).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_seconds() {
        assert_eq!(http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(http_date("Thu, 29 Feb 2024 00:00:00 GMT"), Some(1_709_164_800));
        assert_eq!(http_date("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(http_date("yesterday"), None);
        let mut headers = HeaderMap::new();
        assert_eq!(retry_after(&headers), None);
        headers.insert(RETRY_AFTER, "7".parse().unwrap());
        assert_eq!(retry_after(&headers), Some(Duration::from_secs(7)));
        headers.insert(RETRY_AFTER, "Thu, 01 Jan 1970 00:00:00 GMT".parse().unwrap());
        assert_eq!(retry_after(&headers), Some(Duration::ZERO));
    }
}

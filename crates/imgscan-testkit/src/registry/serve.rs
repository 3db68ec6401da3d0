//! One connection: requests in, answers out, faults between.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use serde_json::{Value, json};

use super::fault::{self, Fault};
use super::http::{Answer, Request};
use super::{Content, Seen, Shared, auth, lock};

/// Answers until the other side is done, or a fault ends it.
pub(super) fn connection(shared: &Shared, stream: TcpStream) {
    // Head and body are written one after the other: held back until the head is acknowledged, a body takes 40 ms.
    drop(stream.set_nodelay(true));
    // Whatever goes wrong with a connection is the other side's to see.
    let _ = match &shared.tls {
        Some(config) => encrypted(shared, config, stream),
        None => talk(shared, BufReader::new(stream)),
    };
}

fn encrypted(shared: &Shared, config: &Arc<rustls::ServerConfig>, stream: TcpStream) -> io::Result<()> {
    let mut first = [0u8; 1];
    // As Go's server: plain http on a TLS port is answered with words.
    if stream.peek(&mut first)? == 1 && first[0] != 0x16 {
        let mut stream = BufReader::new(stream);
        Request::read(&mut stream)?;
        let words = b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
        return stream.get_mut().write_all(words);
    }
    let connection = rustls::ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
    talk(shared, BufReader::new(rustls::StreamOwned::new(connection, stream)))
}

fn talk<S: Read + Write>(shared: &Shared, mut stream: BufReader<S>) -> io::Result<()> {
    while !stream.fill_buf()?.is_empty() {
        let Some(request) = Request::read(&mut stream)? else { return Ok(()) };
        let struck = {
            let mut faults = lock(&shared.faults);
            faults.iter_mut().find_map(|armed| armed.strikes(&request).then(|| armed.fault.clone()))
        };
        let answer = answer(shared, &request, struck.as_ref());
        let status = match &struck {
            Some(Fault::Status(status) | Fault::Answer { status, .. }) => *status,
            Some(Fault::Reset | Fault::Silence(_)) => 0,
            Some(Fault::Redirect(_)) => 307,
            _ => answer.status,
        };
        let head_only = request.method == "HEAD";
        lock(&shared.seen).push(Seen {
            method: request.method,
            target: request.target,
            headers: request.headers,
            body: request.body,
            status,
        });
        match struck {
            None if head_only => {
                stream.get_mut().write_all(answer.head(Some(answer.body.len() as u64)).as_bytes())?;
                stream.get_mut().flush()?;
            }
            None => answer.write(stream.get_mut())?,
            Some(fault) if fault::write(&fault, answer, stream.get_mut())? => {}
            Some(_) => return Ok(()),
        }
    }
    Ok(())
}

fn answer(shared: &Shared, request: &Request, struck: Option<&Fault>) -> Answer {
    let path = request.path();
    if path == auth::TOKEN_PATH {
        return auth::token(shared, request);
    }
    let Some(path) = path.strip_prefix("/v2/") else { return Answer::error(404, "UNKNOWN", "no such page") };
    let scope = match path {
        "" => return auth::refusal(shared, request, "").unwrap_or_else(|| Answer::new(200, "{}")),
        "_catalog" => "registry:catalog:*".to_owned(),
        _ => format!("repository:{}:pull", repository(path)),
    };
    if let Some(refusal) = auth::refusal(shared, request, &scope) {
        return refusal;
    }
    let content = lock(&shared.content);
    if path == "_catalog" {
        return catalog(&content, request);
    }
    let parts: Vec<&str> = path.rsplitn(3, '/').collect();
    match *parts.as_slice() {
        [version, "manifests", repository] => manifest(&content, repository, version),
        [digest, "blobs", _] => blob(&content, digest, request, struck),
        ["list", "tags", repository] => tags(&content, repository, request),
        [digest, "referrers", repository] => referrers(&content, repository, digest, request),
        _ => Answer::error(404, "UNKNOWN", "no such page"),
    }
}

fn repository(path: &str) -> &str {
    let ends = ["/manifests/", "/blobs/", "/tags/", "/referrers/"];
    ends.iter().find_map(|end| path.split_once(end)).map_or(path, |(repository, _)| repository)
}

fn manifest(content: &Content, repository: &str, version: &str) -> Answer {
    match content.manifests.get(&(repository.to_owned(), version.to_owned())) {
        Some((media_type, bytes)) => Answer::new(200, bytes.clone())
            .with("Content-Type", media_type)
            .with("Docker-Content-Digest", crate::layout::digest(bytes)),
        None => Answer::error(404, "MANIFEST_UNKNOWN", "manifest unknown"),
    }
}

fn blob(content: &Content, digest: &str, request: &Request, struck: Option<&Fault>) -> Answer {
    let Some(bytes) = content.blobs.get(digest) else {
        return Answer::error(404, "BLOB_UNKNOWN", "blob unknown to registry");
    };
    let whole = Answer::new(200, bytes.clone()).with("Content-Type", "application/octet-stream");
    let Some(range) = request.headers.get("range").and_then(|r| r.strip_prefix("bytes=")) else {
        return whole;
    };
    let (first, last) = range.split_once('-').unwrap_or((range, ""));
    let Ok(mut first) = first.parse::<usize>() else { return whole };
    let last = last.parse::<usize>().unwrap_or(usize::MAX).min(bytes.len().saturating_sub(1));
    match struck {
        Some(Fault::IgnoreRange) => return whole,
        Some(Fault::WrongRange) => first = 0,
        _ => {}
    }
    match bytes.get(first..=last) {
        Some(part) => Answer::new(206, part.to_vec())
            .with("Content-Range", format!("bytes {first}-{last}/{}", bytes.len())),
        None => Answer::error(416, "RANGE_INVALID", "no such range"),
    }
}

/// A page of a list, with the `Link` to the next one.
fn page(all: Vec<String>, name: &str, base: Value, request: &Request) -> Answer {
    let after = request.query("last").unwrap_or_default();
    let size = request.query("n").and_then(|n| n.parse().ok()).unwrap_or(2usize).min(2);
    let mut left: Vec<String> = all.into_iter().filter(|item| *item > after).collect();
    let more = left.len() > size;
    left.truncate(size);
    let mut body = base;
    body[name] = json!(left);
    let answer = Answer::new(200, body.to_string()).with("Content-Type", "application/json");
    match (more, left.last()) {
        (true, Some(last)) => {
            let link = format!("<{}?n={size}&last={last}>; rel=\"next\"", request.path());
            answer.with("Link", link)
        }
        _ => answer,
    }
}

fn tags(content: &Content, repository: &str, request: &Request) -> Answer {
    let all: Vec<String> = content
        .manifests
        .keys()
        .filter(|(name, version)| name == repository && !version.contains(':'))
        .map(|(_, version)| version.clone())
        .collect();
    if all.is_empty() {
        return Answer::error(404, "NAME_UNKNOWN", "repository name not known to registry");
    }
    page(all, "tags", json!({ "name": repository }), request)
}

fn catalog(content: &Content, request: &Request) -> Answer {
    let mut all: Vec<String> = content.manifests.keys().map(|(name, _)| name.clone()).collect();
    all.dedup();
    page(all, "repositories", json!({}), request)
}

fn referrers(content: &Content, repository: &str, digest: &str, request: &Request) -> Answer {
    if !content.referrers_api {
        return Answer::error(404, "UNKNOWN", "no such page");
    }
    let key = (repository.to_owned(), digest.to_owned());
    let wanted = request.query("artifactType");
    let fits =
        |d: &&Value| wanted.is_none() || d.get("artifactType").and_then(Value::as_str) == wanted.as_deref();
    let found: Vec<&Value> = content.referrers.get(&key).into_iter().flatten().filter(fits).collect();
    let media_type = "application/vnd.oci.image.index.v1+json";
    let body = json!({ "schemaVersion": 2, "mediaType": media_type, "manifests": found });
    let answer = Answer::new(200, body.to_string()).with("Content-Type", media_type);
    match wanted {
        Some(_) => answer.with("OCI-Filters-Applied", "artifactType"),
        None => answer,
    }
}

//! Images that a Docker or Podman engine on this machine holds, by the engine's own API over its socket: it answers
//! with what `docker save` writes, which is read as any other archive.

use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

use reqwest::Url;

use crate::environment::Environment;
use crate::error::{ErrorKind, SourceError, network, not_found, unsupported};
use crate::image::Image;
use crate::local::Request;
use crate::registry::{Engine, Http, answer_error, is_loopback};

/// The images of that name, from the first engine that has it.
pub(crate) fn open(http: &Arc<Http>, name: &str, request: &Request<'_>) -> Result<Vec<Image>, SourceError> {
    let shown = crate::shown::text(name);
    check_name(name)?;
    let mut last: Option<SourceError> = None;
    for engine in engines(&http.options.environment)? {
        match ask(http, &engine, name) {
            Ok(stream) => return request.stream(stream, &format!("docker-daemon:{shown}")),
            // That it is not there says more than that another engine does not answer.
            Err(error) if last.as_ref().is_some_and(|l| l.kind == ErrorKind::NotFound) => drop(error),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| {
        network(format!("no engine to ask for `{shown}`: there is no socket of Docker or Podman"))
            .with_help(format!("start one, or name it in `DOCKER_HOST`; or give the image itself: `docker save {shown} | imgscan -`"))
    }))
}

/// A name or an ID, and nothing that would ask for something else of the engine.
fn check_name(name: &str) -> Result<(), SourceError> {
    let known = |c: char| c.is_ascii_alphanumeric() || "._-/:@[]".contains(c);
    if name.chars().all(known) && !name.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Ok(());
    }
    Err(not_found(format!("`{}` is no name of an image", crate::shown::text(name))))
}

/// The engines that may have it: the one that is named, else every one whose socket is there.
fn engines(environment: &Environment) -> Result<Vec<Engine>, SourceError> {
    if let Some(host) = environment.get("DOCKER_HOST").or_else(|| environment.get("CONTAINER_HOST")) {
        return engine(&host).map(|engine| vec![engine]);
    }
    let run = environment.get("XDG_RUNTIME_DIR").map(PathBuf::from);
    let of_user = ["docker.sock", "podman/podman.sock"];
    let of_user = run.iter().flat_map(|run| of_user.map(|name| run.join(name)));
    let of_desktop = environment.home().map(|home| home.join(".docker/run/docker.sock"));
    let of_system = ["/var/run/docker.sock", "/run/podman/podman.sock"].map(|path| environment.system(path));
    let all = of_system.into_iter().flatten().chain(of_user).chain(of_desktop);
    Ok(all.filter(|path| path.exists()).map(Engine::Socket).collect())
}

/// `unix:///path` or `tcp://host:port`.
fn engine(host: &str) -> Result<Engine, SourceError> {
    if let Some(path) = host.strip_prefix("unix://") {
        return Ok(Engine::Socket(PathBuf::from(path)));
    }
    let url = host.strip_prefix("tcp://").and_then(|rest| Url::parse(&format!("http://{rest}/")).ok());
    match url {
        Some(url) if is_loopback(&url) => Ok(Engine::Address(url)),
        _ => {
            let host = crate::shown::text(host);
            Err(unsupported(format!("`{host}`, which `DOCKER_HOST` names, is no engine on this machine"))
                .with_help("save the image there: `docker save IMAGE | imgscan -`"))
        }
    }
}

fn ask(http: &Arc<Http>, engine: &Engine, name: &str) -> Result<Stream, SourceError> {
    let response = http.wait(async {
        let response = http.engine(engine, &format!("/images/{name}/get")).await.map_err(|f| f.error)?;
        match response.status().as_u16() {
            200 => Ok(response),
            _ => Err(answer_error(
                response,
                &format!("the image `{}`", crate::shown::text(name)),
                &engine.shown(),
            )
            .await),
        }
    })?;
    Ok(Stream { http: Arc::clone(http), response, chunk: bytes::Bytes::new() })
}

/// An archive as it comes from the engine. Nothing tells its size; a break in the middle shows in the archive itself.
struct Stream {
    http: Arc<Http>,
    response: reqwest::Response,
    chunk: bytes::Bytes,
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        use bytes::Buf as _;
        if self.chunk.is_empty() {
            let next = self.response.chunk();
            let next = async { next.await.map_err(|e| network(format!("the engine breaks off: {e}"))) };
            self.chunk = self.http.wait(next)?.unwrap_or_default();
        }
        let count = self.chunk.len().min(buffer.len());
        if let Some(into) = buffer.get_mut(..count) {
            self.chunk.copy_to_slice(into);
        }
        Ok(count)
    }
}

//! Engines on this machine, played by a socket that answers as they do.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixListener;
use std::path::Path;

use imgscan_source::{ErrorKind, SourceKind};

use crate::common::{layers, open_with, with_environment};
use crate::local::{old, saved};

/// An engine that holds `shop/app:1`, for one request.
fn engine(socket: &Path, archive: Vec<u8>) {
    let listener = UnixListener::bind(socket).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut line = String::new();
            stream.read_line(&mut line).unwrap();
            let mut rest = String::new();
            while stream.read_line(&mut rest).unwrap() > 2 {}
            let mut stream = stream.into_inner();
            if line.starts_with("GET /images/shop/app:1/get HTTP/1.1") {
                stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
                for part in archive.chunks(1000) {
                    write!(stream, "{:x}\r\n", part.len()).unwrap();
                    stream.write_all(part).unwrap();
                    stream.write_all(b"\r\n").unwrap();
                }
                stream.write_all(b"0\r\n\r\n").unwrap();
            } else {
                let body = r#"{"message":"No such image: shop/app:2"}"#;
                write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: {}\r\n\r\n{body}", body.len())
                    .unwrap();
            }
        }
    });
}

#[test]
fn an_engine_is_asked_over_its_socket() {
    let folder = tempfile::tempdir().unwrap();
    let image = saved("amd64", &[1, 2]);
    let run = folder.path().join("run");
    std::fs::create_dir_all(run.join("podman")).unwrap();
    let socket = run.join("podman/podman.sock");
    engine(&socket, old(&[(&image, &["shop/app:1"])], <[u8]>::to_vec));
    let named = format!("unix://{}", socket.display());
    for variable in [("DOCKER_HOST", named.as_str()), ("XDG_RUNTIME_DIR", run.to_str().unwrap())] {
        let got = open_with(with_environment(&[variable]), "docker-daemon:shop/app:1").unwrap();
        assert_eq!(
            (got.source, got.reference.as_str()),
            (SourceKind::DockerArchive, "docker-daemon:shop/app:1")
        );
        assert_eq!(layers(&got).unwrap(), image.layers);
        let error = open_with(with_environment(&[variable]), "docker-daemon:shop/app:2").unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotFound);
        assert!(error.message.contains("No such image"), "{error}");
    }
}

#[test]
fn no_engine_is_told() {
    let error = open_with(with_environment(&[("A", "b")]), "docker-daemon:a").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Network);
    assert!(error.message.contains("no socket") && error.help.unwrap().contains("docker save"));
    for (host, kind) in [
        ("unix:///nonexistent", ErrorKind::Network),
        ("ssh://host", ErrorKind::Unsupported),
        ("tcp://engine.example:2375", ErrorKind::Unsupported),
        ("tcp://127.0.0.1:1", ErrorKind::Network),
    ] {
        let error = open_with(with_environment(&[("DOCKER_HOST", host)]), "docker-daemon:a").unwrap_err();
        assert_eq!(error.kind, kind, "{host}: {error}");
    }
    let error = open_with(with_environment(&[("DOCKER_HOST", "unix:///x")]), "docker-daemon:a/../../info")
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
}

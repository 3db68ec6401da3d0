//! Against the registry of the distribution project itself, where its program is installed (`docker-registry` in
//! Debian): with nobody asked, with a password, with a token server as strict as it wants it, over TLS, and over a
//! connection that is cut. Without the program these tests say so and pass.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use imgscan_source::{ErrorKind, Options, RegistryName, Sources, TlsOptions};
use imgscan_testkit::layout::{self, Blob, BuiltImage};
use imgscan_testkit::registry::tls_authority;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::json;

use crate::common::{image, layer, layers, open_all, open_with, options, with_login};

const KEY: &str = include_str!("../data/rsa.key");
const CERTIFICATE: &str = include_str!("../data/rsa.pem");
/// `user` with the password `pa:ss`.
const PASSWORDS: &str = include_str!("../data/htpasswd");

/// The registry's program, running.
struct Real {
    child: Child,
    folder: tempfile::TempDir,
    port: u16,
}

impl Drop for Real {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let names = ["docker-registry", "registry"];
    let all = std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name)));
    let found = all.into_iter().find(|file| file.is_file());
    if found.is_none() {
        println!("skipped: `docker-registry` is not installed");
    }
    found
}

impl Real {
    /// Starts it with more lines of configuration; `http` are more lines of its `http` part.
    fn start(auth: &str, http: &str) -> Option<Self> {
        let program = program()?;
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let root = folder.path().join("data");
        fs::create_dir(&root).unwrap();
        fs::write(folder.path().join("htpasswd"), PASSWORDS).unwrap();
        fs::write(folder.path().join("rsa.pem"), CERTIFICATE).unwrap();
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../imgscan-testkit/data/tls");
        let text = format!(
            "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n\
             storage: {{filesystem: {{rootdirectory: {}}}}}\nhttp:\n  addr: 127.0.0.1:{port}\n{http}\n{auth}\n",
            root.display()
        );
        let text = text.replace("FOLDER", &folder.path().display().to_string());
        let text = text.replace("TLS", &data.display().to_string());
        let config = folder.path().join("config.yml");
        fs::write(&config, text).unwrap();
        let child = Command::new(program)
            .arg("serve")
            .arg(&config)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let real = Real { child, folder, port };
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "the registry does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(real)
    }

    fn reference(&self, rest: &str) -> String {
        format!("127.0.0.1:{}/{rest}", self.port)
    }

    /// Lays an image down where the registry keeps its files.
    fn put(&self, repository: &str, tag: &str, images: &[BuiltImage]) -> String {
        let root = self.folder.path().join("data/docker/registry/v2");
        let write = |path: PathBuf, bytes: &[u8]| {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        };
        let of = root.join("repositories").join(repository);
        let save = |blob: &Blob, kind: &str| {
            let hex = blob.digest.trim_start_matches("sha256:");
            write(root.join("blobs/sha256").join(&hex[..2]).join(hex).join("data"), &blob.bytes);
            write(of.join(kind).join("sha256").join(hex).join("link"), blob.digest.as_bytes());
        };
        for image in images {
            image.layers.iter().chain([&image.config]).for_each(|blob| save(blob, "_layers"));
            save(&image.manifest, "_manifests/revisions");
        }
        let top = match images {
            [one] => one.manifest.clone(),
            several => layout::index(several).unwrap(),
        };
        save(&top, "_manifests/revisions");
        save(&top, &format!("_manifests/tags/{tag}/index"));
        write(of.join("_manifests/tags").join(tag).join("current/link"), top.digest.as_bytes());
        top.digest
    }
}

#[test]
fn anybody() {
    let Some(real) = Real::start("", "") else { return };
    let built = image("linux/amd64", &[10, 300_000]);
    let digest = real.put("shop/app", "1", std::slice::from_ref(&built));
    real.put("shop/many", "1", &[built.clone(), image("linux/arm64", &[5])]);
    let got = open_with(options(), &real.reference("shop/app:1")).unwrap();
    assert_eq!(layers(&got).unwrap(), built.layers.iter().map(|l| l.bytes.clone()).collect::<Vec<_>>());
    assert!(open_with(options(), &real.reference(&format!("shop/app@{digest}"))).is_ok());
    let both = open_all(options(), &real.reference("shop/many:1"), "all").unwrap();
    assert_eq!(
        both.iter().map(|i| i.platform.to_string()).collect::<Vec<_>>(),
        ["linux/amd64", "linux/arm64"]
    );
    let gone = open_with(options(), &real.reference("shop/gone:1")).unwrap_err();
    assert_eq!(gone.kind, ErrorKind::NotFound);
    assert!(gone.message.contains("MANIFEST_UNKNOWN"), "{gone}");
    let sources = Sources::new(options());
    let name = RegistryName::parse(&real.reference("shop/app")).unwrap();
    assert_eq!(sources.tags(&name).unwrap(), ["1"]);
    assert_eq!(
        sources.catalog(&real.reference("")[..real.reference("").len() - 1]).unwrap(),
        ["shop/app", "shop/many"]
    );
    assert_eq!(sources.referrers(&name, &digest.parse().unwrap(), None).unwrap(), []);
}

#[test]
fn a_password() {
    let auth = "auth: {htpasswd: {realm: test, path: FOLDER/htpasswd}}";
    let Some(real) = Real::start(auth, "") else { return };
    real.put("shop/app", "1", &[image("linux/amd64", &[10])]);
    let reference = real.reference("shop/app:1");
    layers(&open_with(with_login("user", "pa:ss"), &reference).unwrap()).unwrap();
    for options in [with_login("user", "wrong"), options()] {
        assert_eq!(open_with(options, &reference).unwrap_err().kind, ErrorKind::Unauthorized);
    }
}

#[test]
fn tls_and_a_password() {
    let auth = "auth: {htpasswd: {realm: test, path: FOLDER/htpasswd}}";
    let Some(real) = Real::start(auth, "  tls: {certificate: TLS/server.pem, key: TLS/server.key}") else {
        return;
    };
    real.put("shop/app", "1", &[image("linux/amd64", &[10])]);
    let authority = real.folder.path().join("ca.pem");
    fs::write(&authority, tls_authority()).unwrap();
    let tls = TlsOptions { ca_files: vec![authority], client: None };
    let options = Options { tls, ..with_login("user", "pa:ss") };
    layers(&open_with(options, &real.reference("shop/app:1")).unwrap()).unwrap();
    let error = open_with(with_login("user", "pa:ss"), &real.reference("shop/app:1")).unwrap_err();
    assert!(error.message.contains("certificate"), "{error}");
}

/// A token server that signs as the registry wants it (distribution, "Token Authentication Implementation").
fn token_server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            let mut byte = [0u8; 1];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
                head.push(byte[0]);
            }
            let head = String::from_utf8(head).unwrap();
            let login = format!("Basic {}", STANDARD.encode("user:pa:ss"));
            let scope = head.split("scope=repository%3A").nth(1).and_then(|s| s.split([' ', '&']).next());
            let (status, body) = match scope {
                Some(scope) if head.contains(&login) => {
                    (200, json!({"token": signed(scope), "expires_in": 300}))
                }
                _ => (401, json!({"details": "no"})),
            };
            let body = body.to_string();
            write!(
                stream,
                "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .unwrap();
        }
    });
    port
}

/// A token for a scope, as it stands encoded in a query: `shop%2Fapp%3Apull`.
fn signed(scope: &str) -> String {
    let scope = scope.replace("%2F", "/").replace("%3A", ":");
    let (name, action) = scope.split_once(':').unwrap();
    let der: String = CERTIFICATE.lines().filter(|line| !line.starts_with('-')).collect();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let header = json!({"typ": "JWT", "alg": "RS256", "x5c": [der]});
    let access = json!([{"type": "repository", "name": name, "actions": [action]}]);
    let claims = json!({"iss": "issuer", "aud": "the service", "sub": "user", "jti": "1", "iat": now, "nbf": now - 5,
        "exp": now + 300, "access": access});
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    let key = rustls::crypto::ring::sign::any_supported_type(&key).unwrap();
    let signer = key.choose_scheme(&[rustls::SignatureScheme::RSA_PKCS1_SHA256]).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signer.sign(message.as_bytes()).unwrap()))
}

#[test]
fn a_token_server() {
    let port = token_server();
    let auth = format!(
        "auth: {{token: {{realm: 'http://127.0.0.1:{port}/token', service: 'the service', issuer: issuer, rootcertbundle: FOLDER/rsa.pem}}}}"
    );
    let Some(real) = Real::start(&auth, "") else { return };
    let built = image("linux/amd64", &[10, 20]);
    real.put("shop/app", "1", std::slice::from_ref(&built));
    let reference = real.reference("shop/app:1");
    let (progress, events) = crate::common::listener();
    let got = open_with(Options { progress, ..with_login("user", "pa:ss") }, &reference).unwrap();
    layers(&got).unwrap();
    let requests =
        events.lock().unwrap().iter().filter(|e| matches!(e, imgscan_source::Event::Request { .. })).count();
    assert_eq!(requests, 2 + 2 + built.layers.len(), "one refused, one for the token");
    for options in [with_login("user", "wrong"), options()] {
        assert_eq!(open_with(options, &reference).unwrap_err().kind, ErrorKind::Unauthorized);
    }
}

/// Passes bytes on to a registry; of the first answer that is longer than `most`, only so many.
fn cutting(to: u16, most: usize) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let cut = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let mut server = TcpStream::connect(("127.0.0.1", to)).unwrap();
            let (mut from, mut into) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut from, &mut into));
            let cut = std::sync::Arc::clone(&cut);
            std::thread::spawn(move || {
                let (mut buffer, mut total) = ([0u8; 4096], 0);
                while let Ok(count @ 1..) = server.read(&mut buffer) {
                    total += count;
                    if total > most && !cut.swap(true, std::sync::atomic::Ordering::SeqCst) {
                        break;
                    }
                    if client.write_all(&buffer[..count]).is_err() {
                        break;
                    }
                }
                let _ = client.shutdown(std::net::Shutdown::Both);
                let _ = server.shutdown(std::net::Shutdown::Both);
            });
        }
    });
    port
}

#[test]
fn a_connection_that_is_cut() {
    let Some(real) = Real::start("", "") else { return };
    let built = image("linux/amd64", &[2_000_000]);
    real.put("shop/app", "1", std::slice::from_ref(&built));
    let port = cutting(real.port, 1_000_000);
    let (progress, events) = crate::common::listener();
    let got = open_with(Options { progress, ..options() }, &format!("127.0.0.1:{port}/shop/app:1")).unwrap();
    assert_eq!(layer(&got, 0).unwrap(), built.layers[0].bytes);
    let events = events.lock().unwrap();
    let retries = events.iter().filter(|e| matches!(e, imgscan_source::Event::Retry { .. })).count();
    let received: u64 = events
        .iter()
        .map(|e| match e {
            imgscan_source::Event::BlobBytes { blob, bytes } if *blob == built.layers[0].digest => *bytes,
            _ => 0,
        })
        .sum();
    assert_eq!((retries, received), (1, 2_000_000), "no byte twice");
}

//! Which server and location answer, with which headers, and how large a body may be: real requests.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use imgscan_dialects::Dialect;
use imgscan_dialects::nginx::Nginx;
use imgscan_dialects::nginx::select::{Question, explain, select};
use imgscan_model::{Data, Server};

use super::random::Random;
use super::{files, number, real};

/// The ports of the servers; two, so that a request can miss those of the other.
const PORTS: [u16; 2] = [18_861, 18_862];
const HOSTS: &[&str] = &[
    "a.example",
    "b.example",
    "x.a.example",
    "www.b.example",
    "c.test",
    "www.c.test",
    "d.x.net",
    "12.y.net",
    "A.Example.",
    "none",
];
const NAMES: &[&str] = &[
    "a.example",
    "b.example",
    "*.a.example",
    ".b.example",
    "www.*",
    "c.*",
    "~^\\d+\\.y\\.net$",
    "~net$",
    "_",
    "\"\"",
    "*.example",
    "www.c.test",
];
const URIS: &[&str] = &[
    "/",
    "/a",
    "/a/",
    "/a/b",
    "/a/b/c.php",
    "/x.php",
    "/b",
    "/b/x.PNG",
    "/%61/b",
    "//a//b",
    "/a/../b",
    "/c/d?x=/a",
    "/a/b.php/",
    "/e.txt",
];
const LOCATIONS: &[&str] = &[
    "/",
    "/a",
    "/a/",
    "= /a",
    "^~ /a/b",
    "~ \\.php$",
    "~* \\.png$",
    "/b",
    "= /",
    "~ ^/a",
    "^~ /b/",
    "/a/b/",
    "= /e.txt",
    "~ ^/(a|b)/",
];
/// Limits of bodies in bytes, as written and as numbers.
const LIMITS: &[&str] = &["1k", "2k", "3000", "0", "4K", "10"];

/// One configuration of servers that say which of their locations answered.
struct Site {
    random: Random,
    text: String,
}

impl Site {
    fn text(seed: u64) -> String {
        let mut site = Site { random: Random::new(seed), text: String::new() };
        site.line("worker_processes 1;\nevents { worker_connections 64; }\nhttp {\naccess_log off;");
        site.limit(50);
        site.header("http", 50);
        for server in 0..2 + site.random.below(4) {
            site.server(server);
        }
        site.line("}");
        site.text
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn limit(&mut self, chance: usize) {
        if self.random.chance(chance) {
            let limit = self.random.pick(LIMITS);
            self.line(&format!("client_max_body_size {limit};"));
        }
    }

    fn header(&mut self, level: &str, chance: usize) {
        for name in ["X-One", "X-Two"] {
            if self.random.chance(chance) {
                self.line(&format!("add_header {name} {level} always;"));
            }
        }
    }

    fn server(&mut self, server: usize) {
        self.line("server {");
        let mut defaults = String::new();
        if server == 0 && self.random.chance(30) {
            defaults.push_str(" default_server");
        }
        let port = PORTS[self.random.below(2)];
        self.line(&format!("listen 127.0.0.1:{port}{defaults};"));
        for _ in 0..self.random.below(3) {
            let name = self.random.pick(NAMES);
            self.line(&format!("server_name {name};"));
        }
        self.limit(40);
        self.header(&format!("s{server}"), 30);
        if self.random.chance(15) {
            self.line("rewrite ^/c/(.*) /a/$1;");
        }
        let mut heads: Vec<&str> = Vec::new();
        for index in 0..self.random.below(6) {
            let head = self.random.pick(LOCATIONS);
            let key = head.trim_start_matches("^~ ");
            if heads.contains(&key) {
                continue;
            }
            heads.push(key);
            self.location(head, &format!("s{server}l{index}"));
        }
        self.line(&format!("location @named {{ client_max_body_size 5; return 200 s{server}named; }}"));
        self.line("}");
    }

    fn location(&mut self, head: &str, id: &str) {
        self.line(&format!("location {head} {{"));
        self.limit(40);
        self.header(id, 25);
        match self.random.below(10) {
            0 => self.line("try_files /nosuch @named;"),
            1 => self.line("rewrite ^ /b break;\nreturn 200 broken;"),
            2 if !head.contains("/b") => self.line("rewrite ^ /b/last last;"),
            3 => self
                .line(&format!("if ($request_method = POST) {{ return 200 {id}post; }}\nreturn 200 {id};")),
            4 => self.line(&format!(
                "if ($arg_x) {{ add_header X-Two if always; return 200 {id}if; }}\nreturn 200 {id};"
            )),
            5 if !head.starts_with('~') && !head.starts_with('=') && !head.starts_with('^') => {
                self.line(&format!(
                    "location ~ \\.php$ {{ client_max_body_size 7; return 200 {id}inner; }}\nreturn 200 {id};"
                ));
            }
            6 => self.line(&format!("limit_except GET HEAD {{ deny all; }}\ntry_files /nosuch /{id};")),
            _ => self.line(&format!("return 200 {id};")),
        }
        self.line("}");
    }
}

/// What came back.
#[derive(Debug, PartialEq)]
struct Reply {
    status: u16,
    one: Option<String>,
    two: Option<String>,
}

fn ask(method: &str, host: &str, port: u16, uri: &str, length: i64) -> Option<Reply> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(5)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let length = if length > 0 { format!("Content-Length: {length}\r\n") } else { String::new() };
    // The body is never sent: its announced length is what nginx compares.
    write!(stream, "{method} {uri} HTTP/1.1\r\nHost: {host}\r\n{length}Connection: close\r\n\r\n").ok()?;
    let mut said = Vec::new();
    let mut chunk = [0; 4096];
    while !said.windows(4).any(|w| w == b"\r\n\r\n") {
        match stream.read(&mut chunk).ok()? {
            0 => break,
            n => said.extend_from_slice(&chunk[..n]),
        }
    }
    let said = String::from_utf8_lossy(&said).into_owned();
    let header = |name: &str| {
        let prefix = format!("{name}: ");
        said.lines().find_map(|l| l.strip_prefix(prefix.as_str())).map(str::to_owned)
    };
    let status = said.split(' ').nth(1)?.parse().ok()?;
    Some(Reply { status, one: header("X-One"), two: header("X-Two") })
}

/// The values of `add_header` by name, as we answer it for a request.
fn headers(server: &Server, question: &Question) -> Option<[Option<String>; 2]> {
    let found = explain(server, question, "add_header")?.setting;
    let list = match found.value().known() {
        Some(Data::List(list)) => list.clone(),
        Some(_) => return None,
        None => return (*found.value() == imgscan_model::Value::Unset).then_some([None, None]),
    };
    let get = |name: &str| {
        list.iter().find_map(|item| match item {
            Data::List(words) if words.first().and_then(Data::as_str) == Some(name) => {
                words.get(1).and_then(Data::as_str).map(str::to_owned)
            }
            _ => None,
        })
    };
    Some([get("X-One"), get("X-Two")])
}

#[test]
fn random_requests_are_answered_where_nginx_answers_them() {
    let Some(real) = real() else { return };
    let (seed, count) = (number("IMGSCAN_SEED", 1), number("IMGSCAN_COUNT", 2000) / 20);
    let (mut asked, mut unknown, mut faults) = (0, 0, 0);
    for seed in seed..seed + count {
        let text = Site::text(seed);
        let files = files(&text, "");
        real.lay(&files);
        let verdict = real.test(&[]);
        if let Some(refusal) = verdict.refusal {
            eprintln!("seed {seed}: nginx refuses: {refusal}");
            continue;
        }
        let ours = Nginx.read(&real.process(&files, &[])).server;
        let mut nginx = real.start();
        wait_for(&text);
        let mut random = Random::new(seed);
        for _ in 0..40 {
            let (host, uri) = (random.pick(HOSTS), random.pick(URIS));
            let port = PORTS[random.below(2)];
            let method = random.pick(&["GET", "GET", "POST"]);
            if !text.contains(&format!(":{port}")) {
                continue;
            }
            let question = Question {
                host: Some(host.to_owned()),
                address: None,
                port: Some(port),
                method: Some(method.to_owned()),
                uri: Some(uri.to_owned()),
                stream: false,
            };
            asked += 1;
            match differs(&ours, &question) {
                Ok(true) => {}
                Ok(false) => unknown += 1,
                Err(words) => {
                    faults += 1;
                    eprintln!("seed {seed}: {method} {host}:{port}{uri}: {words}");
                }
            }
        }
        let _ = nginx.kill();
        let _ = nginx.wait();
    }
    eprintln!("{asked} requests to nginx {}: {unknown} not known, {faults} faults", real.version);
    assert_eq!(faults, 0);
}

/// Waits until nginx listens.
fn wait_for(text: &str) {
    let until = Instant::now() + Duration::from_secs(10);
    for port in PORTS.iter().filter(|p| text.contains(&format!(":{p}"))) {
        while TcpStream::connect(("127.0.0.1", *port)).is_err() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Compares the answers to one request: `Ok(false)` where ours is not known.
fn differs(ours: &Server, question: &Question) -> Result<bool, String> {
    let (method, host) = (question.method.as_deref().unwrap(), question.host.as_deref().unwrap());
    let (port, uri) = (question.port.unwrap(), question.uri.as_deref().unwrap());
    let Some(reply) = ask(method, host, port, uri, 0) else { return Err("nginx does not answer".to_owned()) };
    let Some(limit) = explain(ours, question, "client_max_body_size") else {
        return Err(format!("no server of ours, nginx {reply:?}"));
    };
    if limit.selection.scope().is_none() {
        return Ok(false);
    }
    // A page of nginx's own (404, 403, a redirect to a slash) has the headers of its location, too.
    if let Some([one, two]) = headers(ours, question)
        && (&reply.one, &reply.two) != (&one, &two)
    {
        let routes = select(ours, question).routes;
        return Err(format!("headers {one:?} {two:?} on {routes:?}, nginx {reply:?}"));
    }
    let Some(bytes) = limit.setting.value().known().and_then(Data::as_int) else { return Ok(false) };
    let beyond = if bytes == 0 { 50_000_000 } else { bytes + 1 };
    let over = ask("POST", host, port, uri, beyond).map(|r| r.status);
    let within = (bytes > 0).then(|| ask("POST", host, port, uri, bytes).map(|r| r.status));
    // The limit was asked for with the method of the question.
    if method == "POST" && ((bytes == 0) == (over == Some(413)) || within == Some(Some(413))) {
        return Err(format!(
            "limit {bytes} in {:?}, nginx {over:?} beyond it, {within:?} within",
            limit.scope
        ));
    }
    Ok(true)
}

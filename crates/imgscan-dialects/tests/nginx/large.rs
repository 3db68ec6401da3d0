//! How long a large configuration takes. Prints a time and asserts none: `cargo test --release … -- --ignored large`.

use std::time::Instant;

use imgscan_dialects::Dialect;
use imgscan_dialects::nginx::Nginx;
use imgscan_dialects::nginx::select::{Question, explain};
use imgscan_model::testing::MemoryFiles;
use imgscan_model::{Env, Origin, Process, StartStatus, Text};

use crate::case::process;

/// Ten thousand lines with this many servers.
fn image(servers: usize) -> Process {
    let mut text = "events {}\nhttp {\nclient_max_body_size 10m;\nproxy_read_timeout 30s;\n".to_owned();
    for n in 0..servers {
        text.push_str(&format!(
            "server {{\nlisten 80;\nserver_name s{n}.example www.s{n}.example;\nclient_max_body_size 20m;\n\
             location / {{\nproxy_pass http://127.0.0.1:8000;\nproxy_set_header Host $host;\n\
             proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\nproxy_read_timeout 60s;\n}}\n\
             location /static/ {{\nalias /srv/static/;\nexpires 30d;\nadd_header Cache-Control public;\n}}\n\
             location ~ \\.php$ {{\nreturn 404;\n}}\nerror_page 500 502 /50x.html;\n}}\n"
        ));
    }
    text.push_str("}\n");
    let files = MemoryFiles::new().file("/etc/nginx/nginx.conf", &text);
    let word = Text::new("nginx", Origin::ImageCmd { index: 0, chars: None, instruction: None });
    process(vec![word], Env::default(), files)
}

fn question(host: &str) -> Question {
    Question { host: Some(host.to_owned()), uri: Some("/a".to_owned()), ..Question::default() }
}

#[test]
fn each_of_many_servers_is_found() {
    let server = Nginx.read(&image(20)).server;
    assert_eq!(server.start.status, StartStatus::Ok);
    let found = explain(&server, &question("www.s17.example"), "proxy_read_timeout").unwrap();
    assert_eq!(found.scope.as_deref(), Some("http/server:17/location:0"));
}

#[test]
#[ignore = "prints a time"]
fn a_large_configuration_takes() {
    let image = image(500);
    for _ in 0..5 {
        let start = Instant::now();
        let server = Nginx.read(&image).server;
        let resolved = start.elapsed();
        let found = explain(&server, &question("s400.example"), "proxy_read_timeout");
        eprintln!(
            "{} scopes resolved in {resolved:?}, one question {:?}",
            server.scopes.len(),
            start.elapsed() - resolved
        );
        assert!(found.is_some());
    }
}

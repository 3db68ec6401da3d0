//! Texts that nobody would write: whatever stands in them, an answer comes.

use std::sync::Arc;

use imgscan_dialects::Dialect;
use imgscan_dialects::nginx::Nginx;
use imgscan_model::testing::MemoryFiles;
use imgscan_model::{Env, FileView, Origin, StartFiles, Text};

use crate::case::process;

const PIECES: &[&str] = &[
    "http",
    "server",
    "location",
    "{",
    "}",
    ";",
    " ",
    "\n",
    "\"",
    "'",
    "\\",
    "$",
    "${",
    "#",
    "é",
    "\u{feff}",
    "if",
    "(",
    ")",
    "listen",
    "80",
    "127.0.0.1:",
    "[::1]",
    "unix:",
    "server_name",
    "~",
    "^~",
    "*",
    "=",
    "@a",
    "/",
    "upstream u",
    "proxy_pass http://u",
    "map $uri $x",
    "default",
    "geo $g",
    "10.0.0.0/8",
    "1k",
    "99999999999999999999",
    "include",
    "/etc/nginx/*",
    "/etc/nginx/nginx.conf",
    "types",
    "rewrite ^(",
    "last",
    "return 200",
    "events",
    "stream",
    "client_max_body_size",
    "add_header",
    "error_page 404 =",
    "try_files",
    "content_by_lua_block",
    "--[[",
    "set $",
    "log_format",
    "limit_req_zone $x zone=a:",
    "split_clients $a $b",
    "%",
    "load_module",
    "worker_processes",
    "root",
    "\0",
    "\r",
    "\t",
    "${a b}",
    "ssl_certificate",
    "valid_referers",
    "none",
    "[",
    "]",
    "(?<n>",
    "charset_map a b",
];

/// Words in an order that a seed decides.
fn text(seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut out = String::new();
    for _ in 0..seed % 150 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        out.push_str(PIECES[usize::try_from(state >> 33).unwrap() % PIECES.len()]);
        if state >> 62 != 0 {
            out.push(' ');
        }
    }
    out
}

#[test]
fn nothing_that_is_written_stops_the_reader() {
    let count = std::env::var("IMGSCAN_COUNT").ok().and_then(|n| n.parse().ok()).unwrap_or(300);
    for seed in 0..count {
        let inner = text(seed);
        let main = match seed % 3 {
            0 => inner,
            1 => format!("events {{}}\nhttp {{\n{inner}\n}}\n"),
            _ => format!("events {{}}\nhttp {{\nserver {{\nlocation / {{\n{inner}\n}}\n}}\n}}\n"),
        };
        let files = MemoryFiles::new().file("/etc/nginx/nginx.conf", &main);
        let word = Text::new("nginx", Origin::ImageCmd { index: 0, chars: None, instruction: None });
        let read = Nginx.read(&process(vec![word], Env::default(), files));
        assert_eq!(read.server.name, "nginx", "seed {seed}");
    }
}

#[test]
fn what_is_not_known_may_hold_what_is_missing() {
    let origin = Origin::Runtime { what: "test".into() };
    let hole = Text::unknown("a command wrote it", Vec::new(), origin.clone());
    let text =
        Text::concat([&hole, &Text::new("\nevents {}\nhttp { server { listen 80; } }\n", origin.clone())]);
    let mut whole = StartFiles::over(MemoryFiles::new().dir("/etc/nginx").shared());
    whole.write("/etc/nginx/nginx.conf", text, 0o644, origin);
    let elsewhere = MemoryFiles::new()
        .file("/etc/nginx/nginx.conf", "include more.conf;\nhttp { access_log /var/log/nginx/a.log own; }\n")
        .not_loaded("/etc/nginx/more.conf");
    let views: [Arc<dyn FileView>; 2] = [Arc::new(whole), elsewhere.shared()];
    for files in views {
        let word = Text::new("nginx", Origin::ImageCmd { index: 0, chars: None, instruction: None });
        let mut process = process(vec![word], Env::default(), MemoryFiles::new());
        process.files = files;
        let server = Nginx.read(&process).server;
        assert_eq!(server.start.status, imgscan_model::StartStatus::Unknown, "{:?}", server.start.message);
    }
}
